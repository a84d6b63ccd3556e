import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Schemas } from "../../api/client";
import { ApproveManyDialog } from "./ApproveManyDialog";

const evidence = { alarms_bad: 0, alarms_ok: 0, alarms_unread: 0, baked_ms: 0, bakes_not_passed: 0, bakes_passed: 0 };
const item = (pipeline: string): Schemas["ApprovalView"] => ({
  pipeline,
  release: 7,
  gate: {
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
  },
  digest: `digest of ${pipeline}`,
  sha: "7abcdef0123",
  title: "Change 7",
  author: "Mira",
  arrived_at: 0,
  change: 7,
  live: 5,
  production: true,
  stage: "prod",
  wave: "wave-1",
  commits: 2,
  evidence: { ...evidence, jobs_failed: 0, jobs_passed: 4, jobs_retried: 0, overrides: 0 },
});

test("nothing is ticked beforehand, only what is ticked is approved, and each answer stands beside its release", async () => {
  const posted: { url: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    posted.push({ url: request.url, body: await request.json() });
    if (request.url.includes("/ledger/"))
      return Response.json(
        { code: "already_decided", detail: "a minute ago", by: "Ben", status: 409, title: "", type: "" },
        { status: 409 },
      );
    return Response.json({ events: [], version: 1 });
  });
  const done = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ApproveManyDialog items={[item("orders"), item("ledger"), item("billing")]} onDone={done} onClose={() => {}} />
    </QueryClientProvider>,
  );
  expect(screen.getByRole("button", { name: "Approve 0 releases", hidden: true })).toHaveProperty("disabled", true);
  const [orders, ledger] = screen.getAllByRole("checkbox", { hidden: true });
  await userEvent.click(orders as HTMLElement);
  await userEvent.click(ledger as HTMLElement);
  await userEvent.click(screen.getByRole("button", { name: "Approve 2 releases", hidden: true }));
  await waitFor(() => expect(done).toHaveBeenCalled());
  expect(posted.map(({ body }) => body)).toEqual([
    { gate: "prod/gates/approval", digest: "digest of orders", reason: "" },
    { gate: "prod/gates/approval", digest: "digest of ledger", reason: "" },
  ]);
  await screen.findByText("approved");
  await screen.findByText(/Ben decided already/);
});
