import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams, useRouter } from "@tanstack/react-router";
import type { Schemas } from "../api/client";
import { board } from "../api/queries";
import { Button } from "../design/Button";
import { Glyph, type GlyphName } from "../design/glyphs";
import { useKeys } from "../design/keys";
import { Chip } from "../design/Status";
import type { Tone } from "../design/state";
import { openHold, openLift } from "../features/actions/open";
import { useLive } from "../live/use-live";
import { Announcer } from "./Announcer";
import { useMay } from "./access";
import { Header } from "./Header";
import styles from "./Header.module.css";
import { PaletteButton } from "./PaletteButton";
import { type Mark, useMark } from "./title";

const tabs = [
  { to: "/p/$pipeline", name: "Board", keys: "g b", exact: true },
  { to: "/p/$pipeline/commits", name: "Commits", keys: "g c", exact: false },
  { to: "/p/$pipeline/releases", name: "Releases", keys: "g r", exact: false },
  { to: "/p/$pipeline/targets", name: "Targets", keys: "g t", exact: false },
  { to: "/p/$pipeline/metrics", name: "Metrics", keys: "g m", exact: false },
  { to: "/p/$pipeline/config", name: "Config", keys: "g f", exact: false },
] as const;

/** What every page of one pipeline shares: its name, always in sight, what is remarkable, its tabs, and the stop for everything. */
export function PipelineFrame() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline" });
  const router = useRouter();
  useLive(`p/${pipeline}`);
  const data = useQuery(board(pipeline)).data;
  useMark(data === undefined ? undefined : markOf(data.attention));
  const go = (to: (typeof tabs)[number]["to"]) => void router.navigate({ to, params: { pipeline } });
  useKeys(tabs.map((tab) => ({ keys: tab.keys, does: `go to ${tab.name}`, group: "Pipeline", act: () => go(tab.to) })));
  return (
    <>
      <Header
        title={pipeline}
        before={
          <>
            <Link to="/">Pipelines</Link>
            <span aria-hidden="true">/</span>
          </>
        }
        chips={data && <Chips attention={data.attention} />}
      >
        <PaletteButton />
        {data && <HoldButton pipeline={pipeline} holds={data.holds} />}
      </Header>
      <nav className={styles.tabs} aria-label="Pipeline">
        {tabs.map(({ to, name, exact }) => (
          <Link key={to} to={to} params={{ pipeline }} activeOptions={{ exact, includeSearch: false }}>
            {name}
          </Link>
        ))}
      </nav>
      <Outlet />
      <Announcer pipeline={pipeline} />
    </>
  );
}

function markOf(attention: readonly Schemas["Attention"][]): Mark {
  if (attention.some(({ kind }) => kind === "failed" || kind === "rollback_failed" || kind === "alarm")) return "bad";
  return attention.some(({ kind, can_act }) => kind === "approval" && can_act) ? "wait" : undefined;
}

const chipKinds: readonly { kinds: readonly Schemas["AttentionKind"][]; glyph: GlyphName; tone: Tone; one: string; many: string }[] = [
  { kinds: ["unknown"], glyph: "unknown", tone: "wait", one: "unknown target", many: "unknown targets" },
  { kinds: ["failed", "rollback_failed"], glyph: "bad", tone: "bad", one: "failure", many: "failures" },
  { kinds: ["alarm", "unreadable"], glyph: "alarm", tone: "bad", one: "alarm", many: "alarms" },
  { kinds: ["approval"], glyph: "approval", tone: "wait", one: "approval", many: "approvals" },
  { kinds: ["held"], glyph: "hold", tone: "idle", one: "hold", many: "holds" },
];

function Chips({ attention }: { attention: readonly Schemas["Attention"][] }) {
  return (
    <>
      {chipKinds.map(({ kinds, glyph, tone, one, many }) => {
        const count = attention.filter((item) => kinds.includes(item.kind)).length;
        return (
          count > 0 && (
            <Chip key={one} look={{ glyph, tone }}>
              {count} {count === 1 ? one : many}
            </Chip>
          )
        );
      })}
    </>
  );
}

function HoldButton({ pipeline, holds }: { pipeline: string; holds: readonly Schemas["Held"][] }) {
  const mayHold = useMay("hold");
  const mayLift = useMay("lift");
  const hold = holds.find((each) => each.scope.kind === "pipeline" || each.scope.kind === "everywhere");
  if (hold !== undefined) {
    return mayLift ? <Button onClick={() => openLift({ pipeline, hold })}>Lift the hold…</Button> : null;
  }
  if (!mayHold) return null;
  return (
    <Button onClick={() => openHold({ pipeline, scope: { kind: "pipeline" } })}>
      <Glyph name="hold" size={14} />
      Hold pipeline…
    </Button>
  );
}
