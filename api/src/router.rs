//! Every address of the server.

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::problem::{Code, Problem};
use crate::route::{Description, Route, Routes};
use crate::state::ApiState;
use crate::{edge, routes, runner_api, ui};

/// The whole server: API, runner API, health and UI.
pub fn router(state: ApiState) -> Router {
    all(Routes::served())
        .into_router()
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(edge::caught))
        .layer(axum::middleware::from_fn_with_state(state.clone(), edge::edge))
        .with_state(state)
}

/// Every route as declared, for documents and for the test that tries each with each role.
#[must_use]
pub fn table() -> Vec<Route> {
    all(Routes::served()).into_table()
}

/// What all routes say of themselves.
pub(crate) fn description() -> Description {
    all(Routes::described()).into_description()
}

fn all(routes: Routes) -> Routes {
    runner_api::add(routes::add(routes))
}

/// The UI's addresses are its own business; below the API's prefixes nothing is guessed.
async fn unknown(request: Request) -> Response {
    let path = request.uri().path();
    let api = ["/api", "/runner", "/healthz", "/readyz", "/metrics", "/problems", "/webhooks", "/.well-known"]
        .iter()
        .any(|prefix| path == *prefix || path.starts_with(&format!("{prefix}/")));
    if api || !matches!(*request.method(), Method::GET | Method::HEAD) {
        let shown: String = path.chars().take(200).collect();
        return Problem::new(
            Code::UnknownRoute,
            format!("there is nothing at {} {shown}; GET /api/v1/openapi.json lists what there is", request.method()),
        )
        .into_response();
    }
    ui::serve(path, request.headers())
}

async fn wrong_method(request: Request) -> Problem {
    let shown: String = request.uri().path().chars().take(200).collect();
    Problem::new(
        Code::MethodNotAllowed,
        format!("{shown} does not answer to {}; the header `allow` lists what it answers to", request.method()),
    )
}
