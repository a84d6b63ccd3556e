import { expect, test } from "vitest";
import { changeLines } from "./changes";

test("a difference keeps what each line means", () => {
  expect(changeLines("+ prod/wave-4: new\n\n  ~ gate bake: 1h to 2h\n- alarm p95\nnote").map((line) => line.sign)).toEqual([
    "+",
    "~",
    "-",
    " ",
  ]);
});
