import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { Schemas } from "../../api/client";
import { ApproveDialog } from "./GateDialogs";

const gate: Schemas["GateView"] = {
  key: "prod/gates/approval",
  kind: "approval",
  name: "approval",
  state: "closed",
  reason: "",
  approvals: [],
  can_act: true,
  from: [],
  needed: 1,
  overridden: false,
};
const facts: Schemas["Evidence"] = {
  alarms_bad: 0,
  alarms_ok: 2,
  alarms_unread: 0,
  baked_ms: 60_000,
  bakes_not_passed: 0,
  bakes_passed: 1,
  jobs_failed: 0,
  jobs_passed: 4,
  jobs_retried: 0,
  overrides: 0,
};
function waiting(release: number, more: Partial<Schemas["ApprovalView"]> = {}): Schemas["ApprovalView"] {
  return {
    pipeline: "orders",
    release,
    gate,
    digest: `digest-${release}`,
    sha: `${release}abcdef0123`,
    title: `Change ${release}`,
    author: "Mira",
    arrived_at: 0,
    change: release,
    live: 5,
    production: true,
    stage: "prod",
    wave: "wave-1",
    commits: 2,
    evidence: facts,
    ...more,
  };
}
const changes = [7, 6].map((n) => ({
  n,
  release: n,
  sha: `${n}abcdef0123`,
  title: `Change ${n}`,
  author: "Mira",
  at: 0,
  source: "",
}));

let approvals: Schemas["ApprovalView"][];
let posted: { url: string; body: unknown; key: string | null }[];
let answer: () => Response;

beforeEach(() => {
  approvals = [waiting(7)];
  posted = [];
  answer = () => Response.json({ events: [], version: 1 });
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "POST") {
      posted.push({ url: request.url, body: await request.json(), key: request.headers.get("idempotency-key") });
      return answer();
    }
    if (request.url.endsWith("/approvals")) return Response.json({ items: approvals, seq: 1 });
    if (request.url.endsWith("/releases/7")) return Response.json({ gates: [], overrides: [], superseded_by: 8 });
    return Response.json({
      approval: approvals[0],
      authors: ["Mira"],
      commits: changes,
      involved_yourself: true,
      is_cut: false,
      may_act: ["Ana"],
      now: 0,
      seq: 1,
    });
  });
});

function show(onClose = () => {}) {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <ApproveDialog pipeline="orders" release={7} gate={gate.key} digest="digest-7" onClose={onClose} />
    </QueryClientProvider>,
  );
}

test("the button names the commit and how many go out, and the request is bound to that content", async () => {
  const closed = vi.fn();
  show(closed);
  const button = await screen.findByRole("button", { name: "Approve 7abcdef · 2 commits", hidden: true });
  await screen.findByText("Change 6");
  await screen.findByText("4 jobs passed");
  await screen.findByText("made or started one of these commits");
  await userEvent.click(button);
  await waitFor(() => expect(closed).toHaveBeenCalled());
  expect(posted[0]?.url).toContain("/pipelines/orders/releases/7/approve");
  expect(posted[0]?.body).toEqual({ gate: gate.key, digest: "digest-7" });
});

test("a newer release that waits beside it is offered, and then it is that one which is approved", async () => {
  approvals = [waiting(7, { newer: 8 }), waiting(8)];
  show();
  await userEvent.click(await screen.findByRole("button", { name: "Approve newest instead", hidden: true }));
  await userEvent.click(await screen.findByRole("button", { name: /^Approve 8abcdef/, hidden: true }));
  await waitFor(() => expect(posted.length).toBe(1));
  expect(posted[0]?.url).toContain("/releases/8/approve");
  expect(posted[0]?.body).toEqual({ gate: gate.key, digest: "digest-8" });
});

test("who was second reads who was first, and sends the same key when asking again", async () => {
  answer = () =>
    Response.json({ code: "already_decided", detail: "approved at 10:00", by: "Ana", status: 409, title: "", type: "" }, { status: 409 });
  show();
  await userEvent.click(await screen.findByRole("button", { name: /^Approve 7abcdef/, hidden: true }));
  expect((await screen.findByRole("alert", { hidden: true })).textContent).toContain("Ana decided already");
  await userEvent.click(screen.getByRole("button", { name: /^Approve 7abcdef/, hidden: true }));
  await waitFor(() => expect(posted.length).toBe(2));
  expect(posted[0]?.key).toBe(posted[1]?.key);
});

test("what is not asked for any more cannot be approved, and the newest can be", async () => {
  approvals = [waiting(8)];
  show();
  await screen.findByText(/not asked for any more: #8 took its place/);
  expect(screen.getByRole("button", { name: "Approve #7", hidden: true })).toHaveProperty("disabled", true);
  await userEvent.click(screen.getByRole("button", { name: "Approve newest instead", hidden: true }));
  await userEvent.click(await screen.findByRole("button", { name: /^Approve 8abcdef/, hidden: true }));
  await waitFor(() => expect(posted.length).toBe(1));
  expect(posted[0]?.url).toContain("/releases/8/approve");
  expect(posted[0]?.body).toEqual({ gate: gate.key, digest: "digest-8" });
});
