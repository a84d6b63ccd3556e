import { expect, test } from "vitest";
import { attentionRow } from "./attention";

test("an approval says for what, and why it waits", () => {
  const row = attentionRow({
    kind: "approval",
    text: "prod/gates/approval of #32: waits for an approval",
    release: 32,
    subject: "prod/gates/approval",
    can_act: true,
  });
  expect([row.title, row.detail, row.act]).toEqual(["Approve #32 for prod", "waits for an approval", "review"]);
});

test("a failure names the job, the release and the target", () => {
  const row = attentionRow({
    kind: "failed",
    text: "gamma/apne1/smoke of #7: exit 1 after 2m 44s",
    release: 7,
    subject: "gamma/apne1/smoke",
    target: "gamma/apne1",
    can_act: true,
  });
  expect([row.title, row.detail, row.act]).toEqual(["smoke of #7 failed at gamma/apne1", "exit 1 after 2m 44s", "open"]);
});
