import type { Schemas } from "../../api/client";
import type { GlyphName } from "../../design/glyphs";
import { gateGlyph, type Tone } from "../../design/state";

type Wave = Schemas["BoardWave"];

/** What stands between a wave and the one before it. */
export type Connector = {
  glyph: GlyphName;
  tone: Tone;
  /** Nothing waits and there is no gate: only an arrow. */
  isThin: boolean;
  title: string;
  detail: string;
  since: number | undefined;
  until: number | undefined;
  /** Who waits here, newest first. */
  waiting: Schemas["Waiting"] | undefined;
  gate: Schemas["GateView"] | undefined;
  act: "review" | "override" | "monitors" | "lift" | undefined;
  /** The hold to lift. */
  hold: string | undefined;
  /** Other things that it waits for as well. */
  more: readonly Schemas["WaitReason"][];
};

/** `before`: the wave that a release comes from; while it bakes there, nothing can wait here yet. */
export function connector(wave: Wave, before?: Wave): Connector {
  const waiting = wave.waiting[0];
  const idle = wave.gates.find((gate) => gate.state !== "idle") ?? wave.gates[0];
  if (waiting === undefined) {
    const baking = before?.targets.filter((front) => front.state === "baking" && front.until != null) ?? [];
    if (baking.length > 0) {
      const until = Math.max(...baking.map((front) => front.until ?? 0));
      const since = Math.min(...baking.map((front) => front.since ?? until));
      return { ...thin(), isThin: false, glyph: "bake", tone: "wait", title: "Bakes", detail: "the wave before is watched", since, until };
    }
    if (idle === undefined) return thin();
    return { ...thin(), isThin: false, glyph: gateGlyph(idle.kind), title: gateTitle(idle), gate: idle };
  }
  const [first, ...more] = [...waiting.waits_for].sort((one, other) => urgency(one) - urgency(other));
  if (first === undefined) {
    return { ...thin(), isThin: false, glyph: "queued", tone: "run", title: "Goes in next", detail: "", waiting };
  }
  const gate = wave.gates.find(
    (each) => each.kind === first.kind && (first.subject == null || each.key === first.subject || each.name === first.subject),
  );
  const base = {
    isThin: false,
    detail: first.detail,
    since: first.since,
    until: first.until ?? undefined,
    waiting,
    gate,
    more,
    hold: undefined,
  };
  switch (first.kind) {
    case "approval": {
      const needed = gate?.needed ?? 1;
      const given = gate?.approvals.length ?? 0;
      const rejected = gate?.state === "rejected";
      return {
        ...base,
        glyph: "approval",
        tone: rejected ? "idle" : "wait",
        title: rejected ? "Rejected" : gate?.state === "expired" ? "Expired" : needed > 1 ? `Approval ${given}/${needed}` : "Approval",
        act: "review",
      };
    }
    case "window":
      return { ...base, glyph: "window", tone: "wait", title: "Window closed", act: "override" };
    case "alarms":
      return { ...base, glyph: "alarm", tone: "bad", title: gate?.state === "unreadable" ? "Cannot be read" : "In alarm", act: "monitors" };
    case "metric":
    case "check":
    case "depends_on":
      return {
        ...base,
        glyph: gateGlyph(first.kind),
        tone: gate?.state === "unreadable" ? "bad" : "wait",
        title: gate ? gateTitle(gate) : first.kind,
        act: "override",
      };
    case "hold":
      return { ...base, glyph: "hold", tone: "idle", title: "Held", act: "lift", hold: first.subject ?? undefined };
    case "quarantine":
      return { ...base, glyph: "flag", tone: "bad", title: "Quarantined", act: undefined };
    case "lane":
      return { ...base, glyph: "queued", tone: "idle", title: "Next in line", act: undefined };
    default:
      return { ...base, glyph: "queued", tone: "idle", title: "Waits", act: undefined };
  }
}

export function gateTitle(gate: { kind: string; name: string; needed?: number | null }): string {
  const titles: Record<string, string> = {
    approval: "Approval",
    window: "Window",
    alarms: "Alarms",
    metric: "Metric",
    check: "Check",
    depends_on: "Depends on",
  };
  const title = titles[gate.kind] ?? gate.kind;
  return gate.name !== "" && gate.name.toLowerCase() !== title.toLowerCase() && gate.name !== gate.kind ? `${title} ${gate.name}` : title;
}

/** What only a person can end comes first; the lane comes last, because it ends by itself. */
function urgency(reason: Schemas["WaitReason"]): number {
  const order = ["quarantine", "hold", "alarms", "approval", "check", "metric", "depends_on", "window", "max_parallel", "lane"];
  const place = order.indexOf(reason.kind);
  return place < 0 ? order.length : place;
}

function thin(): Connector {
  return {
    glyph: "next",
    tone: "idle",
    isThin: true,
    title: "",
    detail: "",
    since: undefined,
    until: undefined,
    waiting: undefined,
    gate: undefined,
    act: undefined,
    hold: undefined,
    more: [],
  };
}
