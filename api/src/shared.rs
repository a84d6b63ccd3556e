//! One answer for everybody who asks the same at the same moment: when something happens, every open browser asks anew.
//!
//! Invariant: an answer is given again only while no event has been committed since it was made, and for a second at the most, since
//! readings of monitors and heartbeats are no events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use engine::core::Time;
use engine::core::view::Viewer;
use serde::Serialize;

use crate::pack::{self, Packed};
use crate::problem::{Code, Problem};
use crate::state::ApiState;

const FRESH_MS: u64 = 1_000;
/// Answers that are kept; beyond that all are forgotten, since the next second makes them anew in any case.
const MOST: usize = 512;

#[derive(Default)]
pub(crate) struct Shared {
    slots: Mutex<HashMap<String, Slot>>,
}

/// Whoever comes second waits for whoever came first.
type Slot = Arc<tokio::sync::Mutex<Option<Made>>>;

struct Made {
    seq: u64,
    at: Time,
    json: Bytes,
    packed: Option<Packed>,
}

impl Shared {
    /// The answer under `key`, made by `make` when there is none that still holds. It gets the number up to which it must have every event.
    pub(crate) async fn answer<T, F>(&self, state: &ApiState, key: String, make: impl FnOnce(u64) -> F + Send) -> Result<Response, Problem>
    where
        T: Serialize,
        F: Future<Output = Result<T, Problem>> + Send,
    {
        let slot = self.slot(key);
        let mut made = slot.lock().await;
        let seq = state.store().last_seq().await?;
        if let Some(known) = made.as_ref().filter(|known| known.seq == seq && state.now().since_ms(known.at) < FRESH_MS) {
            return Ok(known.response());
        }
        let value = make(seq).await?;
        let json = serde_json::to_vec(&value).map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
        let fresh = Made { seq, at: state.now(), packed: pack::packed(&json), json: json.into() };
        let response = fresh.response();
        *made = Some(fresh);
        Ok(response)
    }

    fn slot(&self, key: String) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(&key) {
            slots.clear();
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

impl Made {
    fn response(&self) -> Response {
        let mut response = Body::from(self.json.clone()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(packed) = self.packed.clone() {
            response.extensions_mut().insert(packed);
        }
        response
    }
}

/// Who gets the same answers as this viewer: all who may not approve, and each who may for themselves.
pub(crate) fn alike(viewer: &Viewer) -> String {
    match &viewer.person {
        Some(person) if viewer.may_approve => format!("{person} {}", viewer.groups.join(" ")),
        Some(_) => "person".to_owned(),
        None if viewer.may_approve => "token that may approve".to_owned(),
        None => "token".to_owned(),
    }
}
