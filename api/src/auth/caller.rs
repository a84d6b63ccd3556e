use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use engine::core::Actor;
use engine::core::id::PersonId;
use engine::core::view::Viewer;
use protocol::RunnerId;

use super::accounts;
use super::permission::{Access, Permission, Role};
use super::{cookie, origin};
use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    Nobody,
    /// A person, by session or by a token of their own.
    Person(Person),
    /// An API token that acts for itself.
    Token {
        id: String,
        name: String,
        role: Role,
    },
    Runner(RunnerId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub name: String,
    /// By a token: at most the token's.
    pub role: Role,
    pub groups: Vec<String>,
    /// The hash under which the session is stored; none when a token was used.
    pub session: Option<String>,
}

impl Caller {
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Person(person) => Some(person.role),
            Self::Token { role, .. } => Some(*role),
            Self::Nobody | Self::Runner(_) => None,
        }
    }

    /// Scopes idempotency keys and names the caller in derived ids.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Nobody => "nobody".to_owned(),
            Self::Person(person) => format!("person:{}", person.id),
            Self::Token { id, .. } => format!("token:{id}"),
            Self::Runner(id) => format!("runner:{id}"),
        }
    }

    /// As events name it. A person's roles and own name count as groups, so that a gate can name either.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Person(person) => {
                Actor::Person { id: PersonId(person.id.clone()), name: person.name.clone(), groups: person.counting_groups() }
            }
            Self::Token { id, name, .. } => Actor::Token { id: id.clone(), name: name.clone() },
            Self::Runner(id) => Actor::Runner { id: id.to_string() },
            Self::Nobody => Actor::Trigger { source: "nobody".to_owned() },
        }
    }

    #[must_use]
    pub fn viewer(&self) -> Viewer {
        Viewer {
            person: match self {
                Self::Person(person) => Some(PersonId(person.id.clone())),
                Self::Nobody | Self::Token { .. } | Self::Runner(_) => None,
            },
            groups: match self {
                Self::Person(person) => person.counting_groups(),
                Self::Nobody | Self::Token { .. } | Self::Runner(_) => Vec::new(),
            },
            may_approve: self.role() >= Some(Role::Approver),
        }
    }
}

impl Person {
    fn counting_groups(&self) -> Vec<String> {
        let mut groups = self.groups.clone();
        groups.extend(self.role.and_below().map(|role| role.name().to_owned()));
        groups.push(self.name.clone());
        groups
    }
}

/// The proof that the caller holds permission `P`. Only its extraction makes one.
#[derive(Debug, Clone)]
pub struct Allowed<P> {
    pub caller: Caller,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> FromRequestParts<ApiState> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let caller = authorise(parts, state, P::ACCESS).await?;
        Ok(Self { caller, permission: PhantomData })
    }
}

/// Finds out who asks and whether they may. Nothing of the body or path has been looked at before.
pub(crate) async fn authorise(parts: &Parts, state: &ApiState, access: Access) -> Result<Caller, Problem> {
    let headers = &parts.headers;
    match access {
        Access::Anyone => {
            origin::check(&parts.method, headers, &state.settings().public_url, false)?;
            Ok(Caller::Nobody)
        }
        Access::Runner => {
            let token = bearer(headers)?.ok_or_else(|| Problem::new(Code::NotSignedIn, "send the runner's own token as bearer"))?;
            Ok(Caller::Runner(state.engine().runner_by_token(token).await?))
        }
        Access::AtLeast(least) => {
            let caller = match bearer(headers)? {
                Some(token) => accounts::by_token(state, token).await?,
                None => {
                    let session = cookie::read(headers, state.settings()).ok_or_else(not_signed_in)?;
                    origin::check(&parts.method, headers, &state.settings().public_url, true)?;
                    accounts::by_session(state, session).await?
                }
            };
            match caller.role() {
                Some(role) if role >= least => Ok(caller),
                Some(role) => Err(Problem::new(Code::Forbidden, format!("this needs the role {least} or a higher one; yours is {role}"))),
                None => Err(not_signed_in()),
            }
        }
    }
}

/// The token of an `authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.map(|(_, token)| token.trim()).filter(|token| !token.is_empty());
    token.map(Some).ok_or_else(|| Problem::new(Code::NotSignedIn, "the header `authorization` must be `Bearer <token>`"))
}

fn not_signed_in() -> Problem {
    Problem::new(Code::NotSignedIn, "send `authorization: Bearer tg_…` with an API token, or sign in")
}
