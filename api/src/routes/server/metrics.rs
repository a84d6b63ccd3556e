use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::auth::{Allowed, Viewer};
use crate::problem::Problem;
use crate::state::ApiState;

/// A runner that has not been seen for so long counts as away: contact is lost within 60 s (R5).
const AWAY_MS: u64 = 60_000;

/// The metrics of this process and the state of the work, as Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Response, Problem> {
    let mut text = state.metrics().map(|render| render()).unwrap_or_default();
    work(&state, &mut text).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// What the database says at this moment: every server of an installation answers the same, whichever is asked.
async fn work(state: &ApiState, text: &mut String) -> Result<(), Problem> {
    let (store, now) = (state.store(), state.engine().clock().now());
    let attempts = store.attempts_alive().await?;
    let attempts = ["queued", "leased", "unknown"].map(|name| (name, attempts.get(name).copied().unwrap_or_default()));
    gauge(text, "tidegate_jobs", "Jobs that have not ended.", "state", &attempts);

    let (mut online, mut draining, mut away) = (0, 0, 0);
    for runner in store.runners().await?.iter().filter(|runner| runner.revoked_at.is_none()) {
        let is_away = now.since_ms(runner.last_seen_at) > AWAY_MS;
        *(if is_away {
            &mut away
        } else if runner.draining {
            &mut draining
        } else {
            &mut online
        }) += 1;
    }
    gauge(text, "tidegate_runners", "Runners that are registered.", "state", &[("online", online), ("draining", draining), ("away", away)]);

    let parked = store.parked().await?.len() as u64;
    single(text, "tidegate_pipelines_parked", "Pipelines that nothing happens to until a person has looked.", parked);
    let (waiting, oldest) = store.outbox_waiting().await?;
    single(text, "tidegate_outbox_waiting", "Messages that have not been delivered yet.", waiting);
    let late_s = oldest.map_or(0, |oldest| now.since_ms(oldest) / 1_000);
    single(text, "tidegate_outbox_late_seconds", "For how long the oldest of them has been due.", late_s);
    single(text, "tidegate_events", "The number of the newest event.", store.last_seq().await?);
    single(text, "tidegate_disk_full", "1 while new work is refused because the disk of the database is full.", store.is_full().into());
    single(
        text,
        "tidegate_clock_behind_seconds",
        "By how much the system's clock was set forward and not followed yet.",
        state.engine().clock().behind_ms() / 1_000,
    );
    let ailing = state.engine().ailing_tasks().len() as u64;
    single(text, "tidegate_tasks_ailing", "Background tasks that do not do their work; /readyz names them.", ailing);
    Ok(())
}

fn gauge(text: &mut String, name: &str, help: &str, label: &str, values: &[(&str, u64)]) {
    head(text, name, help);
    for (value, count) in values {
        // Writing to a text never fails.
        let _written = writeln!(text, "{name}{{{label}=\"{value}\"}} {count}");
    }
}

fn single(text: &mut String, name: &str, help: &str, value: u64) {
    head(text, name, help);
    let _written = writeln!(text, "{name} {value}");
}

fn head(text: &mut String, name: &str, help: &str) {
    let _written = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
}
