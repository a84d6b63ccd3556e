//! Slices of credentials for running attempts (A8, R4, IA8).
//!
//! Invariant: the end of a slice is committed under the attempt's fences before the cloud is asked for it, so that what
//! the engine knows of an attempt that was lost is never earlier than what its credentials can still do (IA4).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::{AttemptId, Credentials, CredentialsRequest, Fences, LeaseToken, RunnerId};
use tracing::warn;

use super::entering::Errand;
use super::id_tokens;
use super::payload::{Order, order, region_of};
use super::{Engine, Error};
use crate::core::Input;
use crate::core::Time;
use crate::core::id::PipelineId;
use crate::core::row::{AttemptRow, AttemptState};
use crate::ports::{Entry, IdentityError, Partition, RoleRequest, Slice};
use crate::store::{AccountRow, EnteredBy, RegionHealth};

/// Beyond the life of a slice: how long an adapter may take to get one.
const ASSUME_WITHIN_MS: u64 = 30_000;
/// A slice that was given out before is given again until a third of its life is over: what asks often (every call of a
/// command line) costs no call of its own, and what it gets lives for ten minutes at least.
const GIVEN_AGAIN: (u64, u64) = (2, 3);
/// How exact the times in an account's health are.
const HEALTH_EVERY_MS: u64 = 60_000;

/// What was given out, by attempt. Nothing of it is stored.
#[derive(Debug, Default)]
pub(crate) struct Slices(Mutex<HashMap<AttemptId, Held>>);

/// Whoever asks for the same attempt meanwhile waits for the same answer.
type Held = Arc<tokio::sync::Mutex<Option<Given>>>;

#[derive(Debug)]
struct Given {
    token: LeaseToken,
    slice: Slice,
}

impl Slices {
    fn of(&self, attempt: &AttemptId, now: Time) -> Held {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, held| held.try_lock().map_or(true, |given| given.as_ref().is_some_and(|given| given.slice.until > now)));
        Arc::clone(all.entry(attempt.clone()).or_default())
    }
}

impl Engine {
    /// A slice for the one account and role of an attempt that is leased to this runner.
    ///
    /// # Errors
    /// [`Error::Refused`] when a fence is not current or the attempt is to stop: definitive. [`Error::UnknownAccount`] when
    /// the account is not registered, [`Error::Identity`] when its role cannot be assumed.
    pub async fn credentials(self: &Arc<Self>, runner: &RunnerId, request: CredentialsRequest) -> Result<Credentials, Error> {
        let fences = request.fences;
        let pipeline = self.check_fences(runner, &fences).await?;
        // A client that waits two seconds and asks again meets the answer to its first question.
        let issuing = tokio::spawn(Arc::clone(self).issue(pipeline, runner.clone(), fences));
        issuing.await.unwrap_or(Err(Error::ShuttingDown))
    }

    async fn issue(self: Arc<Self>, pipeline: PipelineId, runner: RunnerId, fences: Fences) -> Result<Credentials, Error> {
        let held = self.slices.of(&fences.attempt, self.clock().now());
        let mut given = held.lock().await;
        let known = self.view(&pipeline, |state| order(state, &fences.attempt)).await?;
        let order = known.ok_or_else(|| Error::refused("attempt_ended", "the attempt has ended"))?;
        order.may_show_itself()?;
        let account = self.account_of(&order).await?;
        let now = self.clock().now();
        let lives_ms = self.settings.slice_ms;
        if let Some(known) = given.as_ref()
            && known.token == fences.lease_token
            && is_current(&order.attempt, &fences)
            && known.slice.until > now + lives_ms * GIVEN_AGAIN.0 / GIVEN_AGAIN.1
        {
            return Ok(answer(&known.slice, &account.id, now));
        }
        let region = region_in(&order, &account)?;
        let issued = Input::Issued { fences: fences.clone(), until: now + lives_ms + ASSUME_WITHIN_MS };
        self.from_runner(&pipeline, &runner, issued, None).await?;
        let identity =
            self.ports.identity.as_ref().ok_or_else(|| IdentityError::NoPrincipal { detail: "none is configured".to_owned() })?;
        let errand = Errand::Attempt { subject: subject(&pipeline, &order) };
        let tags = tags_of(&order);
        let assumed = match self.account_registry().entry(&account, &errand, &tags).await {
            Ok(entry) => identity.assume(&role_of(&order, &account, region.clone(), entry, tags, lives_ms)).await,
            Err(error) => Err(error),
        };
        let problem = assumed.as_ref().err().map(ToString::to_string);
        if let Some(problem) = &problem {
            warn!(attempt.id = %fences.attempt, account.id, problem, "no credentials for a job");
        }
        self.note_health(&account.id, &region, problem).await;
        let slice = assumed?;
        let credentials = answer(&slice, &account.id, self.clock().now());
        *given = Some(Given { token: fences.lease_token, slice });
        Ok(credentials)
    }

    /// The registered account of a job; whoever writes a pipeline file cannot bring one of their own (abuse case 9).
    async fn account_of(&self, order: &Order) -> Result<AccountRow, Error> {
        let Some(named) = &order.account else {
            return Err(Error::Invalid { what: "account", detail: format!("{} belongs to no account, so it has no identity", order.key) });
        };
        let Some((account, health)) = self.store.account(&named.id).await? else { return Err(Error::UnknownAccount(named.id.clone())) };
        if !account.roles.contains(&named.role) {
            let detail = format!(
                "the role {:?} may not be assumed in account {}; its roles are {}",
                named.role,
                account.name,
                account.roles.join(", ")
            );
            return Err(Error::Invalid { what: "role", detail });
        }
        if health.is_open {
            let without = match account.entered_by {
                EnteredBy::Principal => "without its external id",
                EnteredBy::WebIdentity => "with a token of any subject",
            };
            let detail = format!(
                "the role of account {} can be assumed {without}, so nothing is deployed there; mend its trust policy \
                 (`tidegate accounts policy {}`) and check it again",
                account.name, account.name
            );
            return Err(Error::Invalid { what: "trust policy", detail });
        }
        Ok(account)
    }

    /// Keeps how it went, where that is news.
    pub(super) async fn note_health(&self, account: &str, region: &str, problem: Option<String>) {
        let now = self.clock().now();
        let noted = async {
            let Some((_, mut health)) = self.store.account(account).await? else { return Ok(()) };
            let before = health.regions.get(region);
            if before.is_some_and(|before| before.problem == problem && now.since_ms(before.at) < HEALTH_EVERY_MS) {
                return Ok(());
            }
            let last_assumed_at = if problem.is_none() { Some(now) } else { before.and_then(|before| before.last_assumed_at) };
            health.regions.insert(region.to_owned(), RegionHealth { at: now, problem, last_assumed_at });
            self.store.set_account_health(account, &health).await
        };
        if let Err(error) = noted.await {
            warn!(account.id = account, %error, "the health of an account could not be kept");
        }
    }
}

/// The attempt holds these fences now, and nobody wants it to end.
fn is_current(attempt: &AttemptRow, fences: &Fences) -> bool {
    attempt.state == AttemptState::Leased
        && attempt.token.as_ref() == Some(&fences.lease_token)
        && attempt.fence == fences.fence
        && attempt.stop.is_none()
}

fn answer(slice: &Slice, account: &str, now: Time) -> Credentials {
    Credentials {
        access_key_id: slice.access_key_id.clone(),
        secret_access_key: slice.secret_access_key.reveal().to_owned(),
        session_token: slice.session_token.reveal().to_owned(),
        account: account.to_owned(),
        valid_for_ms: slice.until.since_ms(now),
    }
}

fn subject(pipeline: &PipelineId, order: &Order) -> String {
    let target = order.attempt.target.as_ref().map(|target| target.as_str());
    id_tokens::subject(pipeline, &order.stage, target, order.release.trust.name())
}

fn region_in(order: &Order, account: &AccountRow) -> Result<String, Error> {
    let target = order.attempt.target.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut region = region_of(&target).to_owned();
    if region.is_empty() {
        account.partition.first_region().clone_into(&mut region);
    }
    if Partition::of_region(&region) != account.partition {
        let detail = format!("{region} is not in the partition {} of account {}", account.partition.name(), account.name);
        return Err(Error::Invalid { what: "region", detail });
    }
    Ok(region)
}

/// What the session says of itself.
fn tags_of(order: &Order) -> Vec<(String, String)> {
    let tags = [
        ("pipeline", order.pipeline.clone()),
        ("stage", order.stage.clone()),
        ("target", order.attempt.target.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("release", order.release.number.0.to_string()),
        ("attempt", order.attempt.id.to_string()),
        ("fence", fence_of(order)),
        // Injective by trust, too: what comes from a pull request is never taken for the branch (IF6).
        ("trust", order.release.trust.name().to_owned()),
    ];
    let said = tags.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(key, value)| (format!("tidegate:{key}"), tag_value(&value))).collect()
}

fn fence_of(order: &Order) -> String {
    order.attempt.fence.map(|fence| fence.0.to_string()).unwrap_or_default()
}

fn role_of(
    order: &Order,
    account: &AccountRow,
    region: String,
    entry: Entry,
    tags: Vec<(String, String)>,
    duration_ms: u64,
) -> RoleRequest {
    RoleRequest {
        account: account.id.clone(),
        role: order.account.as_ref().map(|named| named.role.clone()).unwrap_or_default(),
        region,
        partition: account.partition,
        entry,
        session_name: session_name(&order.pipeline, order.release.number.0, &fence_of(order)),
        tags,
        session_policy: None,
        duration_ms,
    }
}

/// What STS allows in the name of a session, with the end kept where it is too long: `tidegate-orders-412-f17`.
fn session_name(pipeline: &str, release: u64, fence: &str) -> String {
    const MOST: usize = 64;
    let end = format!("-{release}-f{fence}");
    let room = MOST.saturating_sub("tidegate-".len() + end.len());
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "+=,.@_-".contains(c) { c } else { '-' };
    let pipeline: String = pipeline.chars().map(allowed).take(room).collect();
    format!("tidegate-{pipeline}{end}")
}

/// Tags hold letters, digits, spaces and `_.:/=+-@`, 256 of them at most.
fn tag_value(text: &str) -> String {
    let allowed = |c: char| if c.is_alphanumeric() || " _.:/=+-@".contains(c) { c } else { '_' };
    text.chars().map(allowed).take(256).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_tags_of_a_session_hold_only_what_sts_allows() {
        assert_eq!(session_name("orders", 412, "17"), "tidegate-orders-412-f17");
        let long = session_name(&"größe/".repeat(40), 412, "17");
        assert!(long.len() <= 64 && long.ends_with("-412-f17"), "{long}");
        assert!(long.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c)), "{long}");
        assert_eq!(tag_value("prod/us-east-1 (größe*)"), "prod/us-east-1 _größe__");
    }
}
