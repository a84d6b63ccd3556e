use engine::core::Time;
use serde::{Deserialize, Serialize};

use crate::auth::Role;

/// Signs in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub name: String,
    pub password: String,
}

/// Sets up the first admin by the one-time link that the server printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstStart {
    /// From the link.
    pub token: String,
    pub name: String,
    /// 12 characters or more.
    pub password: String,
}

/// How signing in at a forge begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SignInBegin {
    /// An id that the browser made and keeps the meaning of, handed back as `/?then=…`; letters, digits, `-` and `_`, 64 at most.
    pub then: Option<String>,
}

/// What GitHub adds when it leads back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SignInBack {
    pub code: Option<String>,
    pub state: Option<String>,
    /// Instead of a code, when the person said no.
    pub error: Option<String>,
}

/// A person lets what a fork brings do what the repository's own pull requests may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovePullRequest {
    /// The full commit id, as it was looked at.
    pub commit: String,
    pub reason: String,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Me {
    /// A user's id, or a token's.
    pub id: String,
    pub name: String,
    pub role: Role,
    pub groups: Vec<String>,
    /// `person` or `token`.
    pub kind: String,
}

/// A person who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct User {
    pub id: String,
    pub name: String,
    pub role: Role,
    pub groups: Vec<String>,
    pub created_at: Time,
    pub disabled_at: Option<Time>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    pub name: String,
    /// 12 characters or more.
    pub password: String,
    pub role: Role,
    #[serde(default)]
    pub groups: Vec<String>,
}

/// What is given is changed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// A disabled user is signed out everywhere, and their tokens stop working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// An API token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Token {
    pub id: String,
    pub name: String,
    pub role: Role,
    /// It acts as the person who made it; otherwise for itself, and cannot approve.
    pub is_personal: bool,
    /// A user's id.
    pub created_by: String,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub revoked_at: Option<Time>,
    pub last_used_at: Option<Time>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    pub name: String,
    /// At most the caller's own.
    pub role: Role,
    /// At most 366 days; 90 days when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_ms: Option<u64>,
    /// It acts for itself instead of for the caller; admins only.
    #[serde(default)]
    pub is_service: bool,
}

/// Shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenCreated {
    #[serde(flatten)]
    pub token: Token,
    /// `tg_<id>_<secret>`.
    pub secret: String,
}

/// Secrets stay out of debug output.
macro_rules! debug_without {
    ($($name:ident { $($shown:ident),* })+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($shown), &self.$shown))*.finish_non_exhaustive()
            }
        }
    )+};
}

debug_without! {
    SignIn { name }
    FirstStart { name }
    CreateUser { name, role, groups }
    ChangeUser { role, groups, disabled }
    TokenCreated { token }
}
