use crate::core::id::PipelineId;

/// Something may have changed. Never the truth: whoever hears it looks, whoever misses it looks later (R7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Rows of this pipeline were committed.
    Pipeline(PipelineId),
    /// The log of this attempt has grown.
    Log(String),
    /// A runner came, went or drains, or an attempt may be stopped.
    Runners,
    /// The inbox has something.
    Inbox,
    /// The outbox has something.
    Outbox,
    /// Hints may have been missed.
    Everything,
}

impl Hint {
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Pipeline(id) => format!("pipeline {id}"),
            Self::Log(attempt) => format!("log {attempt}"),
            Self::Runners => "runners".to_owned(),
            Self::Inbox => "inbox".to_owned(),
            Self::Outbox => "outbox".to_owned(),
            Self::Everything => "everything".to_owned(),
        }
    }

    /// An unknown text, as of a newer server, means that anything may have changed.
    pub(super) fn from_text(text: &str) -> Self {
        match text.split_once(' ') {
            Some(("pipeline", id)) => Self::Pipeline(PipelineId(id.to_owned())),
            Some(("log", attempt)) => Self::Log(attempt.to_owned()),
            _ => match text {
                "runners" => Self::Runners,
                "inbox" => Self::Inbox,
                "outbox" => Self::Outbox,
                _ => Self::Everything,
            },
        }
    }
}
