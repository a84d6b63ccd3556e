use axum::extract::State;
use protocol::{LeaseAnswer, LeaseRequest};

use crate::auth::{Allowed, Runner};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;

const MOST_WAIT_MS: u64 = 30_000;
const MOST_HOLDING: usize = 1_000;

/// Asks for work and waits for it.
#[utoipa::path(post, path = "/runner/v1/lease", tag = "runner", responses((status = 200, body = Object)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Json(body): Json<LeaseRequest>,
) -> Result<Json<LeaseAnswer>, Problem> {
    let runner = super::runner(&allowed.caller)?;
    // A runner whose slots are all taken still asks for what its reserved slot may do (R13).
    if body.slots > 64 || body.reserved > 1 || body.wait_ms > MOST_WAIT_MS || body.holding.len() > MOST_HOLDING {
        return Err(Problem::new(
            Code::Invalid,
            format!("slots must be 0 to 64, reserved 0 or 1, wait_ms at most {MOST_WAIT_MS}, holding at most {MOST_HOLDING} attempts"),
        ));
    }
    Ok(Json(state.engine().lease(runner, body).await?))
}
