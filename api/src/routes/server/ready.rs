use axum::extract::State;
use std::time::Duration;

use crate::auth::{Allowed, Anyone};
use crate::problem::{Code, Problem};
use crate::state::ApiState;

const PATIENCE: Duration = Duration::from_secs(2);

/// The server takes work: its database answers and can be written, its tasks are alive, and it is not stopping.
#[utoipa::path(get, path = "/readyz", tag = "server", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn handle(_: Allowed<Anyone>, State(state): State<ApiState>) -> Result<&'static str, Problem> {
    if state.draining().is_cancelled() {
        return Err(Problem::new(Code::Draining, "the server is stopping").retry_after_ms(5_000));
    }
    if let Some(detail) = state.store().failure() {
        let detail = format!("the disk that holds the database failed, and the server ends: {detail}");
        return Err(Problem::new(Code::StoreUnavailable, detail).retry_after_ms(30_000));
    }
    let answer = tokio::time::timeout(PATIENCE, state.store().last_seq()).await;
    let slow = |_| Problem::new(Code::StoreUnavailable, "the database does not answer within 2 s").retry_after_ms(5_000);
    answer.map_err(slow)??;
    if state.store().is_full() {
        return Err(Problem::new(Code::StoreUnavailable, "the disk that holds the database is full").retry_after_ms(30_000));
    }
    let ailing = state.engine().ailing_tasks();
    if !ailing.is_empty() {
        let named: Vec<_> = ailing.iter().map(|ailing| format!("{}: {}", ailing.task, ailing.detail)).collect();
        return Err(Problem::new(Code::Unhealthy, named.join("; ")).retry_after_ms(30_000));
    }
    Ok("ready\n")
}
