use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::permission::{Access, Permission, Role};
use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    Nobody,
}

impl Caller {
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Nobody => None,
        }
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

    async fn from_request_parts(_parts: &mut Parts, _state: &ApiState) -> Result<Self, Problem> {
        match P::ACCESS {
            Access::Anyone => Ok(Self { caller: Caller::Nobody, permission: PhantomData }),
            Access::AtLeast(_) | Access::Runner => Err(not_signed_in()),
        }
    }
}

fn not_signed_in() -> Problem {
    Problem::new(Code::NotSignedIn, "send `authorization: Bearer tg_…` with an API token, or sign in")
}
