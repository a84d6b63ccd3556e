use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use engine::LogPage;
use protocol::AttemptId;
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::auth::{Allowed, Viewer};
use crate::events;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::streams;
use crate::types::{LogFollow, LogTail};

/// Lines of one frame at the most.
const LINES: u64 = 1_000;

/// A log as it grows, as server-sent events: `lines` with {from, lines}, then `complete`.
#[utoipa::path(get, path = "/api/v1/attempts/{attempt}/log/follow", tag = "attempts", params(("attempt" = String, Path), LogFollow), responses((status = 200, body = LogTail, content_type = "text/event-stream")))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    Query(query): Query<LogFollow>,
) -> Result<Response, Problem> {
    let attempt = super::id(&attempt)?;
    let permit = streams::permit(&state)?;
    // The first page is read before the answer begins, so that an unknown attempt is a 404 and no empty stream.
    let growth = state.engine().log_growth();
    let first = page(&state, &attempt, query.from).await?;
    let follower = Follower { state, attempt, next: query.from, growth, page: Some(first), is_complete: false, _permit: permit };
    Ok(events::response(futures::stream::unfold(follower, |mut follower| async move {
        let frame = follower.next().await?;
        Some((frame, follower))
    })))
}

/// The next lines that are whole: what stands after the last line end is held back until the log has ended.
async fn page(state: &ApiState, attempt: &AttemptId, from: u64) -> Result<LogPage, Problem> {
    let whole = state.store().log_head(attempt).await?.map_or(0, |head| head.lines);
    let mut page = state.engine().log(attempt, from, LINES).await?;
    if !page.complete {
        page.lines.truncate(usize::try_from(whole.saturating_sub(page.first_line)).unwrap_or(usize::MAX));
    }
    Ok(page)
}

/// Where one reader stands. Nothing is kept for it but a page.
struct Follower {
    state: ApiState,
    attempt: AttemptId,
    /// The next line to send.
    next: u64,
    growth: watch::Receiver<u64>,
    page: Option<LogPage>,
    is_complete: bool,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_complete {
            return None;
        }
        loop {
            let page = match self.page.take() {
                Some(page) => page,
                None => {
                    self.growth.mark_unchanged();
                    page(&self.state, &self.attempt, self.next).await.ok()?
                }
            };
            if !page.lines.is_empty() {
                let tail = LogTail { from: page.first_line, lines: page.lines, times: super::pairs(&page.times) };
                self.next = tail.from + tail.lines.len() as u64;
                return Some(events::frame("lines", Some(self.next), &tail));
            }
            if page.complete {
                self.is_complete = true;
                return Some(events::frame("complete", Some(self.next), &serde_json::json!({ "total_lines": page.total_lines })));
            }
            let engine = std::sync::Arc::clone(self.state.engine());
            let quiet_until = self.state.now() + events::HEARTBEAT_MS;
            tokio::select! {
                () = self.state.draining().cancelled() => return None,
                grown = self.growth.changed() => grown.ok()?,
                () = engine.clock().sleep_until(quiet_until) => return Some(events::comment(None)),
            }
        }
    }
}
