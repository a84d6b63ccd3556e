use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use engine::core::id::ReleaseNumber;
use engine::core::{Actor, Time};
use engine::store::EventFilter;

use crate::auth::{Allowed, Viewer};
use crate::events::feed_event;
use crate::extract::Query;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{AuditExportQuery, ExportFormat, FeedEvent};

/// Rows of one piece of the answer.
const PIECE: u32 = 500;

/// The audit trail as a file, newest first, whole: CSV, or one JSON object a line.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(AuditExportQuery), responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Query(query): Query<AuditExportQuery>,
) -> Result<Response, Problem> {
    let pipeline = super::pipeline(&state, query.pipeline.as_deref(), query.release).await?;
    let filter = EventFilter {
        pipeline,
        release: query.release.map(ReleaseNumber),
        kind: query.kind,
        actor: query.actor,
        target: query.target,
        since: query.since.map(Time),
        until: query.until.map(Time),
    };
    let (kind, name) = match query.format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        ExportFormat::Jsonl => ("application/jsonl; charset=utf-8", "attachment; filename=\"audit.jsonl\""),
    };
    let export = Export { state, filter, format: query.format, before: Some(u64::MAX), is_first: true };
    let pieces = futures::stream::unfold(export, |mut export| async move {
        let piece = export.next().await.transpose()?;
        Some((piece, export))
    });
    let mut response = Body::from_stream(pieces).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(response)
}

/// Where the export stands; nothing is kept but a page.
struct Export {
    state: ApiState,
    filter: EventFilter,
    format: ExportFormat,
    /// None: everything has been sent.
    before: Option<u64>,
    is_first: bool,
}

impl Export {
    async fn next(&mut self) -> Result<Option<Bytes>, engine::store::Error> {
        let Some(before) = self.before else { return Ok(None) };
        let mut text = String::new();
        if std::mem::take(&mut self.is_first) && self.format == ExportFormat::Csv {
            text.push_str("seq,at,pipeline,type,actor,release,place,target,node,reason\r\n");
        }
        let stored = self.state.store().events_before(before, &self.filter, PIECE).await?;
        self.before = stored.last().map(|last| last.seq).filter(|_| stored.len() == PIECE as usize);
        for one in &stored {
            let event = feed_event(one, &self.state.names().of(self.state.store(), &one.pipeline).await?);
            match self.format {
                ExportFormat::Csv => csv(&event, &mut text),
                ExportFormat::Jsonl => {
                    text.push_str(&serde_json::to_string(&event).unwrap_or_default());
                    text.push('\n');
                }
            }
        }
        Ok(Some(Bytes::from(text)))
    }
}

fn csv(event: &FeedEvent, text: &mut String) {
    let actor = match &event.actor {
        Actor::Person { name, .. } => name.clone(),
        Actor::Token { name, .. } => format!("token {name}"),
        Actor::Runner { id } => format!("runner {id}"),
        Actor::Trigger { source } => source.clone(),
        Actor::Engine => "the engine".to_owned(),
    };
    let kind = serde_json::to_value(event.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
    let cells = [
        event.seq.to_string(),
        event.at.to_string(),
        event.pipeline.clone(),
        kind,
        actor,
        event.release.map(|release| release.0.to_string()).unwrap_or_default(),
        event.place.clone().unwrap_or_default(),
        event.target.as_ref().map(ToString::to_string).unwrap_or_default(),
        event.node.clone().unwrap_or_default(),
        event.reason.clone(),
    ];
    text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
    text.push_str("\r\n");
}

/// RFC 4180, and nothing that a spreadsheet takes for a formula.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_no_formula_and_keeps_its_quotes() {
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted("a, b\nc"), "\"a, b\nc\"");
    }
}
