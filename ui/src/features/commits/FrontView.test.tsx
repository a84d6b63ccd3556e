import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { patchStaged } from "../../live/patch";
import { FrontView } from "./Front";
import { large, medium } from "./front.fixture";
import { type Level, layoutOf } from "./layout";
import { modelOf } from "./model";
import { Picture } from "./Picture";
import { partsOf } from "./shapes";

vi.mock("@tanstack/react-router", () => ({ Link: ({ children }: { children: React.ReactNode }) => <a href="/">{children}</a> }));

vi.mock("./shapes", async (original) => {
  const real = await original<typeof import("./shapes")>();
  return { ...real, partsOf: vi.fn(real.partsOf) };
});

const NODES_MOST = 1_500;

function front(data: ReturnType<typeof medium>, more: { level?: Level; density?: "comfortable" | "dense"; width?: number } = {}) {
  const model = modelOf(data, new Set(), more.density ?? "comfortable");
  const layout = layoutOf(data.stages, more.level ?? "targets", more.density ?? "comfortable", more.width ?? 900);
  const on = { onRow: vi.fn(), onPin: vi.fn(), onGate: vi.fn(), onMark: vi.fn(), onMove: vi.fn(), onOpen: vi.fn() };
  const view = (
    <FrontView
      pipeline="payments-api"
      model={model}
      layout={layout}
      listWidth={330}
      cardRoom={900}
      selected={7}
      pinned={undefined}
      shown={undefined}
      range={undefined}
      gate={undefined}
      marked={[]}
      more={{ text: "", onMore: undefined, isLoading: false }}
      {...on}
    />
  );
  return { view, on, model, layout };
}

beforeEach(() => {
  vi.mocked(partsOf).mockClear();
});

test("240 targets and 50 commits are at most 1,500 elements", () => {
  const data = large();
  const { view } = front(data, { density: "dense", width: 1_060 });
  const { container } = render(view);
  const count = container.querySelectorAll("*").length;
  // Every target has a body and a cap at the least.
  const drawn = [...container.querySelectorAll("path")].map((path) => path.getAttribute("d") ?? "").join("");
  expect(drawn.match(/M[\d.]+ [\d.]+h/g)?.length).toBeGreaterThan(480);
  expect(count, `${count} elements`).toBeLessThanOrEqual(NODES_MOST);
});

test("comfortable and with every label 32 targets stay far below that", () => {
  const { container } = render(front(medium()).view);
  expect(container.querySelectorAll("*").length).toBeLessThanOrEqual(800);
});

test("a change of one target draws its column again, and no other", () => {
  const data = large();
  const { model, layout } = front(data, { density: "dense", width: 1_060 });
  const { rerender } = render(<Picture layout={layout} scale={model.scale} selected={undefined} range={undefined} />);
  expect(vi.mocked(partsOf).mock.calls.length).toBe(240);
  vi.mocked(partsOf).mockClear();
  const changed = patchStaged(
    data,
    {
      seq: 10,
      topic: "p/payments-api",
      type: "bake_started",
      pipeline: "payments-api",
      at: 5,
      actor: { kind: "engine" },
      reason: "",
      target: data.stages[3]?.waves[3]?.targets[0]?.name ?? "",
    },
    () => undefined,
  );
  rerender(
    <Picture layout={layoutOf(changed.stages, "targets", "dense", 1_060)} scale={model.scale} selected={undefined} range={undefined} />,
  );
  expect(vi.mocked(partsOf).mock.calls.map(([span]) => span.state)).toEqual(["baking"]);
});

test("the picture is hidden from screen readers; the list says everything in sentences", () => {
  render(front(medium()).view);
  const list = screen.getByRole("listbox", { name: "Commits, newest first" });
  const options = within(list).getAllByRole("option");
  expect(options.length).toBe(27);
  expect(options[7]?.getAttribute("aria-selected")).toBe("true");
  expect(list.getAttribute("aria-activedescendant")).toBe(options[7]?.id);
  expect(within(list).getByRole("option", { name: /waits before prod · wave-1: waits for the approval/, selected: true })).toBe(options[7]);
});

test("gates where something waits are buttons after the list, with their reason; idle ones are not", async () => {
  const { view, on } = front(medium());
  render(view);
  const gates = within(screen.getByRole("group", { name: "Gates where commits wait" })).getAllByRole("button");
  expect(gates.length).toBe(4);
  const list = screen.getByRole("listbox");
  expect((list.compareDocumentPosition(gates[0] as Node) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0).toBe(true);
  await userEvent.click(screen.getByRole("button", { name: /Before prod · wave-1: waits for the approval, 3 commits held, you can act/ }));
  expect(on.onGate).toHaveBeenCalledWith("prod/wave-1");
});

test("arrows move, Enter opens, a click selects", async () => {
  const { view, on } = front(medium());
  render(view);
  screen.getByRole("listbox").focus();
  await userEvent.keyboard("{ArrowDown}{ArrowUp}{ArrowRight}{Home}{Enter}");
  expect(on.onMove.mock.calls.flat()).toEqual(["down", "up", "right", "first"]);
  expect(on.onOpen).toHaveBeenCalledTimes(1);
  await userEvent.click(screen.getByRole("option", { name: /Commit number 998/ }));
  expect(on.onRow).toHaveBeenCalledWith(2);
});

test("titles of commits are text, whatever they contain", () => {
  const data = medium();
  const [first] = data.changes;
  if (first !== undefined) first.title = "<img src=x onerror=alert(1)>";
  const { container } = render(front(data).view);
  expect(container.querySelector("img")).toBeNull();
  expect(screen.getAllByText("<img src=x onerror=alert(1)>").length).toBe(1);
});
