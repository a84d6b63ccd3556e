use serde::{Deserialize, Serialize};

/// What became of a web hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HookTaken {
    pub outcome: HookOutcome,
    /// Why nothing follows from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HookOutcome {
    /// It is written down; the repository is asked for its heads.
    Accepted,
    /// The same delivery came before.
    Again,
    /// It was proven and nothing follows from it.
    Ignored,
}

impl HookOutcome {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Again => "again",
            Self::Ignored => "ignored",
        }
    }
}
