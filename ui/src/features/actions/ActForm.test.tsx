import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { ProblemError, problemFrom } from "../../api/problem";
import { ActForm } from "./ActForm";

const idle = { isPending: false, error: null, isSuccess: false };

function button() {
  return screen.getByRole<HTMLButtonElement>("button", { name: "Hold everything", hidden: true });
}

test("an act on all of a pipeline needs a reason and the typed name, and is sent with both", async () => {
  const user = userEvent.setup();
  const submit = vi.fn();
  render(<ActForm title="Hold" verb="Hold everything" typed="orders" act={idle} onSubmit={submit} onClose={() => {}} />);
  expect(button().disabled).toBe(true);
  await user.type(screen.getByLabelText("Reason"), "  stocktaking ");
  expect(button().disabled).toBe(true);
  await user.type(screen.getByLabelText(/Type orders to confirm/), "order");
  expect(button().disabled).toBe(true);
  await user.type(screen.getByLabelText(/Type orders to confirm/), "s");
  await user.click(button());
  expect(submit).toHaveBeenCalledExactlyOnceWith("stocktaking");
});

test("while it is sent the button says so and cannot be pressed again", () => {
  render(
    <ActForm title="Hold" verb="Hold everything" reason="none" act={{ ...idle, isPending: true }} onSubmit={() => {}} onClose={() => {}} />,
  );
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Sending…", hidden: true }).disabled).toBe(true);
});

test("a refusal is told in the dialog, as who did what", () => {
  const error = new ProblemError(
    problemFrom(409, { code: "already_decided", detail: "approved", by: "Ana", status: 409, title: "", type: "" }, "/"),
  );
  render(<ActForm title="Hold" verb="Hold everything" act={{ ...idle, error }} onSubmit={() => {}} onClose={() => {}} />);
  expect(screen.getByRole("alert", { hidden: true }).textContent).toContain("Ana decided already: approved");
});
