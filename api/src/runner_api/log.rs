use axum::extract::State;
use axum::http::HeaderMap;
use protocol::{LogAck, LogChunk, LogTime, MAX_LOG_TIMES, headers};

use crate::auth::{Allowed, Runner};
use crate::extract::{Json, Path, Raw};
use crate::problem::Problem;
use crate::state::ApiState;

/// A piece of log (R10). Fences, offset and digest come in headers.
#[utoipa::path(post, path = "/runner/v1/attempts/{attempt}/log", tag = "runner", request_body(content = Vec<u8>, content_type = "application/octet-stream"), params(("attempt" = String, Path)), responses((status = 200, body = LogAck)))]
pub(crate) async fn handle(
    allowed: Allowed<Runner>,
    State(state): State<ApiState>,
    Path(attempt): Path<String>,
    headers: HeaderMap,
    Raw(bytes): Raw,
) -> Result<Json<LogAck>, Problem> {
    let runner = super::runner(&allowed.caller)?;
    let chunk = LogChunk {
        fences: super::fences(&attempt, &headers)?,
        offset: super::number(&headers, headers::OFFSET)?,
        digest: super::text(&headers, headers::DIGEST)?.to_owned(),
        gap: headers.get(headers::GAP).is_some_and(|value| value == "1"),
        times: Vec::new(),
    };
    let chunk = LogChunk { times: times(&headers, chunk.offset)?, ..chunk };
    Ok(Json(state.engine().append_log(runner, chunk, bytes).await?))
}

/// None from a runner that does not note them.
fn times(headers: &HeaderMap, offset: u64) -> Result<Vec<LogTime>, Problem> {
    if !headers.contains_key(headers::TIMES) {
        return Ok(Vec::new());
    }
    let text = super::text(headers, headers::TIMES)?;
    let mut before = LogTime { byte: offset, after_ms: 0 };
    let read = |mark: &str| {
        let (bytes, ms) = mark.split_once(':')?;
        before = LogTime { byte: before.byte.checked_add(bytes.parse().ok()?)?, after_ms: before.after_ms.checked_add(ms.parse().ok()?)? };
        Some(before)
    };
    let marks: Option<Vec<LogTime>> = text.split(',').take(MAX_LOG_TIMES).map(read).collect();
    marks.ok_or_else(|| super::bad_header(headers::TIMES, &"expected `<bytes>:<ms>,…`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(u64, u64)>, String> {
        let headers = HeaderMap::from_iter([(headers::TIMES.parse().expect("a name"), text.parse().expect("a value"))]);
        let times = times(&headers, 100).map_err(|problem| format!("{problem:?}"))?;
        Ok(times.iter().map(|time| (time.byte, time.after_ms)).collect())
    }

    #[test]
    fn times_are_differences_and_what_is_none_is_refused_with_what_was_expected() {
        assert_eq!(read("0:7,16:0,4:90000"), Ok(vec![(100, 7), (116, 7), (120, 90_007)]));
        assert_eq!(times(&HeaderMap::new(), 0).expect("an older runner"), []);
        for wrong in ["", "1", "1:", "-1:4", "1:2,", "18446744073709551615:1", "1:2;3:4"] {
            let problem = read(wrong).expect_err(wrong);
            assert!(problem.contains("tidegate-times") && problem.contains("<bytes>:<ms>"), "{wrong}: {problem}");
        }
        assert_eq!(read(&vec!["1:1"; 5_000].join(",")).expect("cut").len(), MAX_LOG_TIMES);
    }
}
