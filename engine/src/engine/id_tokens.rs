//! What a job may show others to prove what it is: ID tokens of OpenID Connect, for the audience that the job names.

use std::sync::Arc;

use protocol::{IdToken, IdTokenRequest, RunnerId};
use serde_json::{Value, json};

use super::keys::{BEFORE_MS, VALID_MS};
use super::payload::{Order, order};
use super::{Engine, Error};
use crate::core::id::PipelineId;
use crate::core::{Input, Time};
use crate::ports::IdentityError;

/// What a cloud gives for a token lasts an hour unless the job asks for something else; the engine cannot know, and so it takes
/// an attempt that was lost for one that may act as long (IA4).
const EXCHANGED_MS: u64 = 60 * 60_000;

impl Engine {
    /// A token for an attempt that is leased to this runner, and whose job may ask for one.
    ///
    /// # Errors
    /// [`Error::Refused`] when a fence is not current, the attempt is to stop, or the release has no identity: definitive.
    pub async fn id_token(self: &Arc<Self>, runner: &RunnerId, request: IdTokenRequest) -> Result<IdToken, Error> {
        let fences = request.fences;
        let pipeline = self.check_fences(runner, &fences).await?;
        let known = self.view(&pipeline, |state| order(state, &fences.attempt)).await?;
        let order = known.ok_or_else(|| Error::refused("attempt_ended", "the attempt has ended"))?;
        order.may_show_itself()?;
        let audience = audience(&order)?;
        let now = self.clock().now();
        let issued = Input::Issued { fences, until: now + VALID_MS + EXCHANGED_MS };
        self.from_runner(&pipeline, runner, issued, None).await?;
        let key = self.ports.keys.current(&self.store, now).await?;
        let claims = claims(&self.settings.public_url, &pipeline, &order, &audience, &self.ids().uuid(), now);
        let token = key.sign(&claims).map_err(|detail| IdentityError::NoKey { detail })?;
        Ok(IdToken { token: token.reveal().to_owned(), valid_for_ms: VALID_MS })
    }

    /// The public halves of all keys whose tokens may still be valid, on any server of this database, as JSON Web Keys.
    ///
    /// # Errors
    /// The store's.
    pub async fn public_keys(&self) -> Result<Vec<Value>, Error> {
        Ok(self.store.signing_keys(self.clock().now()).await?)
    }
}

fn audience(order: &Order) -> Result<String, Error> {
    let wanted = order.job().id_token.as_ref().map(|token| token.audience.clone());
    wanted.ok_or_else(|| {
        let detail = format!("{} may not ask for an identity token: its job does not say `id_token: {{audience: …}}`", order.key);
        Error::refused("no_id_token", detail)
    })
}

fn claims(issuer: &str, pipeline: &PipelineId, order: &Order, audience: &str, id: &str, now: Time) -> Value {
    let target = order.attempt.target.as_ref().map(|target| target.as_str());
    let revision = order.release.revisions.first();
    let seconds = |at: Time| at.0 / 1_000;
    json!({
        "iss": issuer,
        "sub": subject(pipeline, &order.stage, target, order.release.trust.name()),
        "aud": audience,
        "iat": seconds(now),
        "nbf": seconds(Time(now.0 - i64::try_from(BEFORE_MS).unwrap_or_default())),
        "exp": seconds(now + VALID_MS),
        "jti": id,
        "pipeline": order.pipeline,
        "pipeline_id": pipeline.as_str(),
        "stage": order.stage,
        "target": target,
        "job": order.key,
        "release": order.release.number.0,
        "attempt": order.attempt.id.as_str(),
        "trust": order.release.trust.name(),
        "repository": revision.map(|revision| revision.source.as_str()),
        "ref": revision.map(|revision| revision.reference.as_str()),
        "commit": revision.map(|revision| revision.commit.as_str()),
    })
}

/// Different in one of them, different as text (IF6): the pipeline by its id, which it keeps when it is renamed; what people have
/// written is escaped, so that nothing of it can stand for a separator or for a wildcard of a trust policy.
pub(super) fn subject(pipeline: &PipelineId, stage: &str, target: Option<&str>, trust: &str) -> String {
    let [pipeline, stage, target] = [pipeline.as_str(), stage, target.unwrap_or_default()].map(escaped);
    format!("pipeline:{pipeline}:stage:{stage}:target:{target}:trust:{trust}")
}

/// Percent-encoded (RFC 3986), but for what separates nothing.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_subject_says_what_a_job_is() {
        let of = |stage, target| subject(&PipelineId("01a2".to_owned()), stage, target, "branch");
        assert_eq!(of("prod", Some("prod/eu-west-1")), "pipeline:01a2:stage:prod:target:prod/eu-west-1:trust:branch");
        assert_eq!(of("build", None), "pipeline:01a2:stage:build:target::trust:branch");
        assert_eq!(of("a:target:b*?", None), "pipeline:01a2:stage:a%3Atarget%3Ab%2A%3F:target::trust:branch");
    }

    proptest! {
        /// Different in anything, different as text.
        #[test]
        fn if6_subjects_are_injective(all in proptest::collection::vec(("[a-z:%*/ü]{0,4}", "[a-z:%*/ü]{1,4}", "[a-z:%*/ü]{0,4}", 0..3_usize), 1..40)) {
            let mut known = BTreeMap::new();
            for (pipeline, stage, target, trust) in all {
                let target = Some(target.as_str()).filter(|target| !target.is_empty()).map(str::to_owned);
                let text = subject(&PipelineId(pipeline.clone()), &stage, target.as_deref(), ["branch", "pull_request", "fork"][trust]);
                let what = (pipeline, stage, target, trust);
                prop_assert_eq!(known.entry(text).or_insert_with(|| what.clone()), &what);
            }
        }
    }
}
