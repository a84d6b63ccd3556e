use serde::{Deserialize, Serialize};

/// What a person or token may do. Each role may do all that those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Starts, retries and cancels releases of their own, places holds.
    Developer,
    /// Says yes or no at gates.
    Approver,
    /// Rolls back, overrides, lifts, resolves, looks after runners.
    Operator,
    /// Users, tokens of others, disconnecting pipelines.
    Admin,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Developer, Self::Approver, Self::Operator, Self::Admin];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Developer => "developer",
            Self::Approver => "approver",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// This role and all below it, for gates that name a role as approver.
    pub fn and_below(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |role| *role <= self)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| UnknownRole(text.chars().take(80).collect()))
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no role {0:?}; there are viewer, developer, approver, operator and admin")]
pub struct UnknownRole(pub String);

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No authentication: the answer is the same for everybody, or the request carries its own proof.
    Anyone,
    /// A person or an API token with at least this role.
    AtLeast(Role),
    /// A registered runner, by its own token.
    Runner,
}

/// A permission as a type, so that a route cannot exist without one; see [`crate::route::Routes::add`].
pub trait Permission: Send + Sync + 'static {
    const ACCESS: Access;
}

/// Declares the permissions that routes can name.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $access:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl Permission for $name {
            const ACCESS: Access = $access;
        }
    )+};
}

permissions! {
    /// [`Access::Anyone`].
    Anyone = Access::Anyone;
    /// At least [`Role::Viewer`].
    Viewer = Access::AtLeast(Role::Viewer);
    /// At least [`Role::Developer`].
    Developer = Access::AtLeast(Role::Developer);
    /// At least [`Role::Approver`].
    Approver = Access::AtLeast(Role::Approver);
    /// At least [`Role::Operator`].
    Operator = Access::AtLeast(Role::Operator);
    /// At least [`Role::Admin`].
    Admin = Access::AtLeast(Role::Admin);
    /// [`Access::Runner`].
    Runner = Access::Runner;
}
