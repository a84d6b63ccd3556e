use axum::extract::{Request, State};
use axum::http::StatusCode;
use engine::ports::Pushed;

use crate::auth::{Allowed, Anyone};
use crate::extract::{Address, Json, Path};
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{HookOutcome, HookTaken};

/// SNS and EventBridge send 256 KiB at most, which SNS wraps once more as a text of JSON.
const BODY_BYTES: usize = 1024 * 1024;
/// As metrics name the sender.
const SENDER: &str = "aws";

/// AWS says that an alarm may have changed: an HTTPS subscription of SNS, or an API destination of EventBridge. It is a hint: whoever watches
/// that alarm reads it at once. `secret` is one of `aws.webhook_secrets`.
#[utoipa::path(post, path = "/webhooks/aws/{secret}", tag = "webhooks", params(("secret" = String, Path)), responses((status = 202, body = HookTaken)))]
pub(crate) async fn handle(
    _: Allowed<Anyone>,
    State(state): State<ApiState>,
    Address(address): Address,
    Path(secret): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<HookTaken>), Problem> {
    let none = || Problem::new(Code::ForgeNotConfigured, "this server takes nothing from AWS; docs/aws/README.md says how to set it up");
    let push = state.engine().alarm_push().ok_or_else(none)?;
    state.hook_limit().check(&address, state.now())?;
    push.prove(&secret).map_err(|refused| {
        state.hook_limit().forged(&address, 0, state.now());
        super::problem(SENDER, refused)
    })?;
    let body = super::body(&state, request, BODY_BYTES).await?;
    let (outcome, reason) = match push.read(&body).map_err(|refused| super::problem(SENDER, refused))? {
        Pushed::Changed { signal } => match state.engine().alarm_pushed(&signal).await? {
            0 => (HookOutcome::Ignored, Some("nobody watches that alarm now".to_owned())),
            _ => (HookOutcome::Accepted, None),
        },
        Pushed::Asked(confirmation) => {
            push.confirm(&confirmation).await.map_err(|detail| {
                tracing::warn!(topic = confirmation.topic, detail, "a subscription could not be confirmed");
                Problem::new(Code::NotConfirmed, format!("the subscription could not be confirmed: {detail}")).retry_after_ms(10_000)
            })?;
            tracing::info!(topic = confirmation.topic, "a subscription was confirmed: that topic now pushes about alarms");
            (HookOutcome::Accepted, None)
        }
        Pushed::Ignored(reason) => (HookOutcome::Ignored, Some(reason)),
    };
    super::count(SENDER, outcome.name());
    Ok((StatusCode::ACCEPTED, Json(HookTaken { outcome, reason })))
}
