use pipelines::plan::Notify;

use super::event::EventKind;

/// Whether somebody asked to be told of events of this kind: by its own name, or by one of the short names of the
/// pipeline file.
pub(crate) fn wants(notify: &Notify, kind: EventKind) -> bool {
    notify.on.iter().any(|name| match name.as_str() {
        "started" => kind == EventKind::ReleaseCreated,
        "superseded" => matches!(kind, EventKind::ReleaseSuperseded | EventKind::ReleaseOutdated),
        "held" => kind == EventKind::HoldPlaced,
        "unclear" => matches!(kind, EventKind::BakeErrored | EventKind::BakeInconclusive | EventKind::TargetUnknown),
        "failed" => matches!(kind, EventKind::ReleaseFailed | EventKind::RollbackFailed | EventKind::RollbackImpossible),
        "rolled_back" => kind == EventKind::RollbackSucceeded,
        "waiting_approval" => kind == EventKind::ApprovalAsked,
        "completed" => kind == EventKind::ReleaseCompleted,
        other => serde_json::to_value(kind).is_ok_and(|value| value == other),
    })
}
