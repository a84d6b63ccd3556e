use axum::extract::State;

use crate::auth::{Admin, Allowed};
use crate::extract::{Json, Query};
use crate::paging;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{AuditRow, Page, PageQuery};

/// Who did what to the server: users, tokens, runners, newest first.
#[utoipa::path(get, path = "/api/v1/audit/server", tag = "audit", params(PageQuery), responses((status = 200, body = Page<AuditRow>)))]
pub(crate) async fn handle(
    _: Allowed<Admin>,
    State(state): State<ApiState>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AuditRow>>, Problem> {
    let seq = state.store().last_seq().await?;
    let limit = paging::limit(page.limit);
    let before = paging::cursor(page.cursor.as_deref())?.unwrap_or(u64::MAX);
    let rows = state.store().audit_before(before, limit + 1).await?;
    let rows = rows.into_iter().map(|row| AuditRow {
        seq: row.seq,
        at: row.at,
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        detail: row.detail,
    });
    Ok(Json(paging::page(rows.collect(), limit, seq, |last: &AuditRow| last.seq)))
}
