//! One folder per noun, one file per verb.

mod accounts;
mod approvals;
mod artifacts;
mod attempts;
mod audit;
mod events;
mod files;
mod first_start;
mod fleet;
mod forges;
mod holds;
mod metrics;
mod monitors;
mod openid;
mod pipelines;
mod releases;
mod runners;
mod server;
mod session;
mod sign_in;
mod targets;
mod tokens;
mod users;
mod webhooks;

use engine::core::Pipeline;
use engine::store::{AuditNote, ListedPipeline};

use crate::auth::Caller;
use crate::problem::Problem;
use crate::route;
use crate::route::{Limits, Routes};
use crate::state::ApiState;

pub(crate) fn add(routes: Routes) -> Routes {
    let routes = across(of_releases(of_pipelines(routes)));
    of_forges(of_accounts(of_server(routes)))
}

fn of_pipelines(routes: Routes) -> Routes {
    let routes = route!(routes, pipelines::list);
    // Cloning a repository for the first time takes its time.
    let routes = route!(routes, pipelines::connect, Limits::default().answer_within_s(120));
    let routes = route!(routes, pipelines::show);
    let routes = route!(routes, pipelines::disconnect);
    let routes = route!(routes, pipelines::check, Limits::default().answer_within_s(120));
    let routes = route!(routes, pipelines::start, Limits::default().answer_within_s(120));
    let routes = route!(routes, pipelines::board);
    let routes = route!(routes, pipelines::progress);
    let routes = route!(routes, pipelines::compare);
    let routes = route!(routes, pipelines::approve_pull_request);
    let routes = route!(routes, pipelines::rollback);
    let routes = route!(routes, pipelines::rollback_preview);
    let routes = route!(routes, targets::list);
    let routes = route!(routes, targets::history);
    let routes = route!(routes, targets::resolve);
    let routes = route!(routes, targets::break_glass);
    let routes = route!(routes, holds::list);
    let routes = route!(routes, holds::place);
    route!(routes, holds::lift)
}

fn of_releases(routes: Routes) -> Routes {
    let routes = route!(routes, releases::list);
    let routes = route!(routes, releases::show);
    let routes = route!(routes, releases::plan);
    let routes = route!(routes, releases::additions);
    let routes = route!(routes, releases::evidence);
    let routes = route!(routes, releases::approve);
    let routes = route!(routes, releases::reject);
    let routes = route!(routes, releases::override_gate);
    let routes = route!(routes, releases::answer);
    let routes = route!(routes, releases::retry);
    let routes = route!(routes, releases::cancel);
    let routes = route!(routes, releases::quarantine);
    let routes = route!(routes, releases::lift_quarantine);
    let routes = route!(routes, attempts::show);
    let routes = route!(routes, attempts::log);
    let routes = route!(routes, attempts::log_search);
    let routes = route!(routes, attempts::log_times);
    let routes = route!(routes, attempts::log_raw, Limits::streaming());
    let routes = route!(routes, attempts::log_follow, Limits::streaming());
    route!(routes, artifacts::download, Limits::streaming())
}

fn across(routes: Routes) -> Routes {
    let routes = route!(routes, approvals::list);
    let routes = route!(routes, metrics::show);
    let routes = route!(routes, monitors::list);
    let routes = route!(routes, events::follow, Limits::streaming());
    let routes = route!(routes, audit::list);
    let routes = route!(routes, audit::export, Limits::streaming());
    let routes = route!(routes, audit::server);
    let routes = route!(routes, audit::verify, Limits::default().answer_within_s(600));
    let routes = route!(routes, files::validate, Limits::default().body_bytes(files::BODY_BYTES));
    route!(routes, files::plan, Limits::default().body_bytes(files::BODY_BYTES))
}

fn of_server(routes: Routes) -> Routes {
    let routes = route!(routes, runners::list);
    let routes = route!(routes, runners::issue_token);
    let routes = route!(routes, runners::drain);
    let routes = route!(routes, runners::revoke);
    let routes = route!(routes, runners::queue);
    let routes = route!(routes, accounts::list);
    let routes = route!(routes, accounts::add);
    let routes = route!(routes, accounts::check, Limits::default().answer_within_s(120));
    let routes = route!(routes, accounts::policy, Limits::default().answer_within_s(60));
    let routes = route!(routes, accounts::remove);
    let routes = route!(routes, fleet::show);
    let routes = route!(routes, fleet::preview, Limits::default().answer_within_s(600));
    let routes = route!(routes, fleet::begin, Limits::default().answer_within_s(120));
    let routes = route!(routes, fleet::change);
    let routes = route!(routes, forges::show);
    let routes = route!(routes, forges::app);
    let routes = route!(routes, forges::order_app);
    let routes = route!(routes, forges::app_back);
    let routes = route!(routes, server::show);
    let routes = route!(routes, openid::discover);
    let routes = route!(routes, openid::keys);
    let routes = route!(routes, server::live);
    let routes = route!(routes, server::ready);
    let routes = route!(routes, server::metrics);
    let routes = route!(routes, server::openapi);
    route!(routes, server::problem)
}

fn of_accounts(routes: Routes) -> Routes {
    let routes = route!(routes, tokens::list);
    let routes = route!(routes, tokens::create);
    let routes = route!(routes, tokens::revoke);
    let routes = route!(routes, users::list);
    let routes = route!(routes, users::create);
    let routes = route!(routes, users::change);
    let routes = route!(routes, session::sign_in);
    let routes = route!(routes, session::show);
    let routes = route!(routes, session::sign_out);
    let routes = route!(routes, sign_in::begin);
    let routes = route!(routes, sign_in::back);
    route!(routes, first_start::finish)
}

fn of_forges(routes: Routes) -> Routes {
    let routes = route!(routes, webhooks::take);
    route!(routes, webhooks::alarm)
}

/// Every connected pipeline, by name.
async fn all_pipelines(state: &ApiState) -> Result<Vec<ListedPipeline>, Problem> {
    const PAGE: u32 = 500;
    let mut all: Vec<ListedPipeline> = Vec::new();
    loop {
        let page = state.store().pipelines(all.last().map(|last| last.name.as_str()).unwrap_or_default(), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// Looks at every pipeline that can be read; one that is parked does not hide the others (R11).
async fn each_pipeline(state: &ApiState, mut look: impl FnMut(&Pipeline)) -> Result<(), Problem> {
    for listed in all_pipelines(state).await? {
        if let Err(error) = state.engine().view(&listed.id, &mut look).await {
            tracing::debug!(pipeline = listed.name, %error, "a pipeline is left out of a list");
        }
    }
    Ok(())
}

/// What the audit trail says of something that is done to the server itself; the store writes both in one transaction (IF10).
fn note(state: &ApiState, caller: &Caller, action: &str, subject: &str, detail: serde_json::Value) -> AuditNote {
    AuditNote::new(caller.actor(), action, subject, detail, state.now())
}
