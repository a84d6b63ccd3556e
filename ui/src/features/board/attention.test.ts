import { expect, test } from "vitest";
import { attentionRow, grouped } from "./attention";

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

test("many targets that run the same bad release are one thing to look at", () => {
  const flagged = (target: string, release: number) => ({
    kind: "flagged" as const,
    text: `${target}: runs release #${release}, which is quarantined`,
    target,
    release,
    can_act: false,
  });
  const groups = grouped([flagged("eu/a", 61), flagged("us/a", 61), flagged("us/b", 61), flagged("us/c", 60)]);
  expect(groups.map(({ item, others }) => attentionRow(item, others).title)).toEqual([
    "eu/a and 2 others run what went bad elsewhere",
    "us/c runs what went bad elsewhere",
  ]);
});
