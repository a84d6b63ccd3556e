import { ApproveManyDialog } from "./ApproveManyDialog";
import { ApproveDialog, OverrideDialog, RejectDialog } from "./GateDialogs";
import { HoldDialog, LiftDialog } from "./HoldDialogs";
import type { Action } from "./open";
import { CancelDialog, LiftQuarantineDialog, QuarantineDialog, RetryDialog, StartDialog, TrustDialog } from "./ReleaseDialogs";
import { RollbackDialog } from "./RollbackDialog";
import { RollbackStagesDialog } from "./RollbackStagesDialog";
import { BreakGlassDialog, ResolveDialog } from "./TargetDialogs";

export function ActionDialog({ action, onClose }: { action: Action; onClose: () => void }) {
  switch (action.kind) {
    case "rollback":
      return <RollbackDialog {...action} onClose={onClose} />;
    case "rollback-stages":
      return <RollbackStagesDialog {...action} onClose={onClose} />;
    case "hold":
      return <HoldDialog {...action} onClose={onClose} />;
    case "lift":
      return <LiftDialog {...action} onClose={onClose} />;
    case "approve":
      return <ApproveDialog {...action} onClose={onClose} />;
    case "approve-many":
      return <ApproveManyDialog {...action} onClose={onClose} />;
    case "reject":
      return <RejectDialog {...action} onClose={onClose} />;
    case "override":
      return <OverrideDialog {...action} onClose={onClose} />;
    case "retry":
      return <RetryDialog {...action} onClose={onClose} />;
    case "cancel":
      return <CancelDialog {...action} onClose={onClose} />;
    case "quarantine":
      return <QuarantineDialog {...action} onClose={onClose} />;
    case "lift-quarantine":
      return <LiftQuarantineDialog {...action} onClose={onClose} />;
    case "resolve":
      return <ResolveDialog {...action} onClose={onClose} />;
    case "trust":
      return <TrustDialog {...action} onClose={onClose} />;
    case "break-glass":
      return <BreakGlassDialog {...action} onClose={onClose} />;
    case "start":
      return <StartDialog {...action} onClose={onClose} />;
  }
}
