use api::types::Me;

use super::Finding;
use crate::client::Client;
use crate::command::Context;
use crate::config::{Settings, client};
use crate::exit::Exit;

/// Two clocks that differ by more than this make reading a timeline hard. Nothing is decided by comparing them (IG1).
const APART_MS: i64 = 5_000;

/// The server that this client would speak to; when nobody named one, the one that is configured here.
pub(super) async fn examine(settings: Option<&Settings>, context: &Context) -> Vec<Finding> {
    const SUBJECT: &str = "server";
    let access = match client::access(&context.access, &context.environment) {
        Ok(access) => access,
        Err(failure) => return vec![Finding::bad(SUBJECT, failure.message, failure.next_step.unwrap_or_default())],
    };
    let is_named = !access.is_default;
    let access = match settings.filter(|_| !is_named) {
        Some(settings) => client::Access { server: settings.public_url.clone(), origin: "public_url".to_owned(), ..access },
        None => access,
    };
    let has_token = access.token.is_some();
    let (server, origin) = (access.server.clone(), access.origin.clone());
    let client = match Client::new(access) {
        Ok(client) => client,
        Err(failure) => return vec![Finding::bad(SUBJECT, failure.message, failure.next_step.unwrap_or_default())],
    };
    let date = match client.ready().await {
        Ok(date) => date,
        Err(failure) if failure.exit == Exit::Unreachable && !is_named => {
            return vec![Finding::warn(SUBJECT, failure.message, "start it with `tidegate server` if it should run")];
        }
        Err(failure) => return vec![Finding::bad(SUBJECT, failure.message, failure.next_step.unwrap_or_default())],
    };
    let mut findings = vec![Finding::ok(SUBJECT, format!("{server} (from {origin}) is ready"))];
    findings.push(clocks(date, context));
    findings.push(if has_token { who(&client).await } else { Finding::warn("sign-in", "no token", "sign in with `tidegate login`") });
    findings
}

fn clocks(server_ms: Option<i64>, context: &Context) -> Finding {
    const SUBJECT: &str = "clocks";
    let Some(server_ms) = server_ms else {
        return Finding::warn(SUBJECT, "the server does not say what time it is", "look for a proxy that takes the header `date` away");
    };
    // The header counts whole seconds.
    let apart_ms = context.now_ms() - server_ms;
    if (-APART_MS..=APART_MS + 1_000).contains(&apart_ms) {
        return Finding::ok(SUBJECT, "this machine and the server agree");
    }
    let side = if apart_ms > 0 { "ahead of" } else { "behind" };
    let by = crate::output::for_people(apart_ms.unsigned_abs());
    let told = format!("this machine is {by} {side} the server; nothing is decided by that, but times in logs will not fit together");
    Finding::warn(SUBJECT, told, "start a time service on both, such as chrony")
}

async fn who(client: &Client) -> Finding {
    match client.get::<Me>("/api/v1/session").await {
        Ok(me) => Finding::ok("sign-in", format!("{} ({})", me.name, crate::output::word(&me.role))),
        Err(failure) => Finding::bad("sign-in", failure.message, failure.next_step.unwrap_or_default()),
    }
}
