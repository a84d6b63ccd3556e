use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::types::Me;

/// Who is asking.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", responses((status = 200, body = Me)))]
pub(crate) async fn handle(allowed: Allowed<Viewer>) -> Result<Json<Me>, Problem> {
    super::me(&allowed.caller).map(Json)
}
