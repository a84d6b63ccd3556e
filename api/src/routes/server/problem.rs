use crate::auth::{Allowed, Anyone};
use crate::extract::Path;
use crate::problem::{Code, Problem};

/// What an error code means.
#[utoipa::path(get, path = "/problems/{code}", tag = "server", params(("code" = String, Path)), responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn handle(_: Allowed<Anyone>, Path(code): Path<String>) -> Result<String, Problem> {
    let found = Code::ALL.iter().find(|known| known.name() == code);
    let code = found.ok_or_else(|| Problem::new(Code::UnknownRoute, "there is no such code; docs/api.md lists them all"))?;
    Ok(format!("{}\n\n{}.\nStatus: {}\n", code.name(), code.title(), code.status()))
}
