import { expect, test } from "vitest";
import { ProblemError, problemFrom } from "../../api/problem";
import { refusal } from "./refusal";

const problem = (code: string, detail: string, by?: string) =>
  new ProblemError(problemFrom(409, { code, detail, by, status: 409, title: "", type: "" }, "/x"));

test("two people decide at once: the second reads who was first", () => {
  expect(refusal(problem("already_decided", "approved at 10:00", "S. Carter"))).toBe("S. Carter decided already: approved at 10:00");
});

test("whoever else is named by the server is named", () => {
  expect(refusal(problem("parked", "the pipeline is parked", "the engine"))).toBe("the pipeline is parked (the engine)");
});
