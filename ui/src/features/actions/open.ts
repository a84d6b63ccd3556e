import { useSyncExternalStore } from "react";
import type { Schemas } from "../../api/client";

/**
 * The dialogs in which people act on what runs. A page calls `openRollback(…)` and so on; `ActionHost` in the shell shows the dialog. Whether a
 * person is offered the button is the page's part (`useMay`), what the act does and to how much is the dialog's.
 */
export type Action =
  | { kind: "rollback"; pipeline: string; place: Schemas["Place"]; to?: number }
  | { kind: "rollback-stages"; pipeline: string; stages: readonly string[] }
  | { kind: "hold"; pipeline: string; scope: Schemas["HoldScope"] }
  | { kind: "lift"; pipeline: string; hold: Schemas["Held"] }
  | { kind: "approve"; pipeline: string; release: number; gate: string; digest: string }
  | { kind: "approve-many"; items: readonly Schemas["ApprovalView"][]; onDone: () => void }
  | { kind: "reject"; pipeline: string; release: number; gate: string }
  | { kind: "override"; pipeline: string; release: number; gate: string }
  | { kind: "retry"; pipeline: string; release: number; what: Schemas["Retry"] }
  | { kind: "cancel"; pipeline: string; release: number }
  | { kind: "quarantine"; pipeline: string; release: number }
  | { kind: "lift-quarantine"; pipeline: string; release: number }
  | { kind: "resolve"; pipeline: string; target: string }
  | { kind: "trust"; pipeline: string; commit: string }
  | { kind: "break-glass"; pipeline: string; target: string }
  | { kind: "start"; pipeline: string };

type Of<Kind extends Action["kind"]> = Omit<Extract<Action, { kind: Kind }>, "kind">;

export const openRollback = (action: Of<"rollback">) => show({ kind: "rollback", ...action });
export const openRollbackStages = (action: Of<"rollback-stages">) => show({ kind: "rollback-stages", ...action });
export const openHold = (action: Of<"hold">) => show({ kind: "hold", ...action });
export const openLift = (action: Of<"lift">) => show({ kind: "lift", ...action });
export const openApprove = (action: Of<"approve">) => show({ kind: "approve", ...action });
export const openApproveMany = (action: Of<"approve-many">) => show({ kind: "approve-many", ...action });
export const openReject = (action: Of<"reject">) => show({ kind: "reject", ...action });
export const openOverride = (action: Of<"override">) => show({ kind: "override", ...action });
/** Retry of one failed job needs no dialog (see `useRetry`); this one is for a stage from its start. */
export const openRetry = (action: Of<"retry">) => show({ kind: "retry", ...action });
export const openCancel = (action: Of<"cancel">) => show({ kind: "cancel", ...action });
export const openQuarantine = (action: Of<"quarantine">) => show({ kind: "quarantine", ...action });
export const openLiftQuarantine = (action: Of<"lift-quarantine">) => show({ kind: "lift-quarantine", ...action });
export const openResolve = (action: Of<"resolve">) => show({ kind: "resolve", ...action });
export const openBreakGlass = (action: Of<"break-glass">) => show({ kind: "break-glass", ...action });
export const openTrust = (action: Of<"trust">) => show({ kind: "trust", ...action });
export const openStart = (action: Of<"start">) => show({ kind: "start", ...action });

let current: Action | null = null;
const listeners = new Set<() => void>();

export function closeAction(): void {
  show(null);
}

export function useAction(): Action | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

function show(action: Action | null): void {
  current = action;
  for (const each of listeners) each();
}
