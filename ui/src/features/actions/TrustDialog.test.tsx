import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { TrustDialog } from "./ReleaseDialogs";

const commit = "7abcdef0123456789abcdef0123456789abcdef0";

test("a fork's commit is trusted by its full id and with a reason", async () => {
  const posted: { url: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    posted.push({ url: request.url, body: await request.json() });
    return Response.json({ release: 8 });
  });
  const closed = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TrustDialog pipeline="orders~pr-7" commit={commit} onClose={closed} />
    </QueryClientProvider>,
  );
  const button = screen.getByRole<HTMLButtonElement>("button", { name: "Trust 7abcdef", hidden: true });
  expect(button.disabled).toBe(true);
  await userEvent.type(screen.getByLabelText("Reason"), "read every line");
  await userEvent.click(button);
  await waitFor(() => expect(closed).toHaveBeenCalled());
  expect(posted[0]?.url).toContain("/pipelines/orders~pr-7/approve_pull_request");
  expect(posted[0]?.body).toEqual({ commit, reason: "read every line" });
});
