//! The registry of accounts: what targets may live in, and who may be assumed there.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use pipelines::inventory::{Inventory, Place};
use serde_json::json;

use super::entering::Errand;
use super::{Engine, Error, Trusted};
use crate::core::Actor;
use crate::ports::{Entry, Identity, IdentityError, Partition, RoleRequest};
use crate::store::{AccountHealth, AccountRow, AuditNote, EnteredBy, EventFilter};

/// Regions that are tried at the same time.
const AT_ONCE: usize = 8;
const CHECK_MS: u64 = 900_000;

/// An account to register.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewAccount {
    pub id: String,
    pub name: String,
    pub roles: Vec<String>,
    pub labels: BTreeMap<String, String>,
    pub regions: BTreeMap<String, BTreeMap<String, String>>,
    /// None: as this server enters accounts ([`crate::Settings::enters_by`]).
    pub entered_by: Option<EnteredBy>,
}

impl Engine {
    /// Registers an account and makes its external id.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what was expected; the store's when the id or the name is taken.
    pub async fn add_account(&self, actor: &Actor, new: NewAccount) -> Result<AccountRow, Error> {
        let partition = checked(&new)?;
        let now = self.clock().now();
        let account = AccountRow {
            id: new.id,
            name: new.name,
            partition,
            roles: new.roles,
            labels: new.labels,
            regions: new.regions,
            entered_by: new.entered_by.unwrap_or(self.settings.enters_by),
            external_id: format!("tidegate-{}", self.ids().token()),
            created_at: now,
            created_by: EventFilter::actor_key(actor),
        };
        let regions: Vec<&String> = account.regions.keys().collect();
        let detail = json!({"name": account.name, "roles": account.roles, "regions": regions, "entered_by": account.entered_by});
        let note = AuditNote::new(actor.clone(), "account.add", &account.id, detail, now);
        self.store.add_account(&account, note).await?;
        Ok(account)
    }

    /// The account with this id or name.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`].
    pub async fn account(&self, id_or_name: &str) -> Result<(AccountRow, AccountHealth), Error> {
        let all = self.store.accounts().await?;
        let found = all.into_iter().find(|(account, _)| account.id == id_or_name || account.name == id_or_name);
        found.ok_or_else(|| Error::UnknownAccount(id_or_name.to_owned()))
    }

    /// From now on nobody gets credentials for it; slices that were given end by themselves.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`].
    pub async fn remove_account(&self, actor: &Actor, id_or_name: &str) -> Result<(), Error> {
        let (account, _) = self.account(id_or_name).await?;
        let note = AuditNote::new(actor.clone(), "account.remove", &account.id, json!({"name": account.name}), self.clock().now());
        if self.store.remove_account(&account.id, note).await? { Ok(()) } else { Err(Error::UnknownAccount(id_or_name.to_owned())) }
    }

    /// Whom the account's trust policy has to name.
    ///
    /// # Errors
    /// [`Error::Identity`] when that is the server's principal and it has none in the account's partition.
    pub async fn trusted_by(&self, account: &AccountRow) -> Result<Trusted, Error> {
        Ok(match account.entered_by {
            EnteredBy::Principal => Trusted::Principal(self.identity()?.principal(account.partition).await?),
            EnteredBy::WebIdentity => Trusted::Issuer(self.settings.public_url.clone()),
        })
    }

    /// Assumes the account's first role in every region, and keeps how it went. A role that can be assumed with another
    /// external id, or with a token of another subject, is as bad as one that cannot be assumed: from then on no job gets its
    /// credentials.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], and the store's.
    pub async fn check_account(&self, id_or_name: &str) -> Result<(AccountRow, AccountHealth), Error> {
        let (account, mut health) = self.account(id_or_name).await?;
        let identity = self.identity()?;
        let now = self.clock().now();
        let entry = self.account_registry().entry(&account, &Errand::Check, &check_tags()).await;
        let mut trials = Vec::new();
        for region in account.regions.keys().cloned() {
            let (identity, role) = (Arc::clone(&identity), entry.clone().map(|entry| probe(&account, &region, entry)));
            trials.push(async move {
                let tried = match role {
                    Ok(role) => identity.assume(&role).await.map(drop),
                    Err(error) => Err(error),
                };
                (region, tried)
            });
        }
        let tried: Vec<(String, Result<(), IdentityError>)> = stream::iter(trials).buffer_unordered(AT_ONCE).collect().await;
        let works = tried.iter().find(|(_, outcome)| outcome.is_ok()).map(|(region, _)| region.clone());
        let mut opened = None;
        if let Some(region) = works {
            let stranger = self.stranger(&account).await?;
            opened = Some(identity.assume(&probe(&account, &region, stranger)).await.is_ok());
        }
        if let Some(is_open) = opened {
            health.is_open = is_open;
        }
        for (region, outcome) in tried {
            let before = health.regions.get(&region).and_then(|before| before.last_assumed_at);
            let last_assumed_at = if outcome.is_ok() { Some(now) } else { before };
            let problem = match outcome {
                Err(error) => Some(error.to_string()),
                Ok(()) if health.is_open => Some(open_words(account.entered_by).to_owned()),
                Ok(()) => None,
            };
            health.regions.insert(region, crate::store::RegionHealth { at: now, problem, last_assumed_at });
        }
        health.regions.retain(|region, _| account.regions.contains_key(region));
        self.store.set_account_health(&account.id, &health).await?;
        Ok((account, health))
    }

    /// What must not open the account.
    async fn stranger(&self, account: &AccountRow) -> Result<Entry, Error> {
        let token = self.ids().token();
        Ok(match account.entered_by {
            EnteredBy::Principal => Entry::Principal { external_id: format!("tidegate-probe-{token}") },
            EnteredBy::WebIdentity => self.account_registry().entry(account, &Errand::Stranger { token }, &check_tags()).await?,
        })
    }

    fn identity(&self) -> Result<Arc<dyn Identity>, Error> {
        let none = || IdentityError::NoPrincipal { detail: "this server was started without one".to_owned() };
        Ok(self.ports.identity.clone().ok_or_else(none)?)
    }
}

/// Every region of every account as a target with its labels: `targets: {inventory: registry}`. A region's own label wins over
/// its account's.
#[must_use]
pub fn inventory(accounts: &[AccountRow]) -> Inventory {
    let mut places = Vec::new();
    for account in accounts {
        for (region, own) in &account.regions {
            let mut place = Place::new(format!("{}/{region}", account.name));
            let named = [("account", account.name.as_str()), ("region", region.as_str()), ("partition", account.partition.name())];
            place.labels.extend(named.map(|(key, value)| (key.to_owned(), value.into())));
            let labels = account.labels.iter().chain(own);
            place.labels.extend(labels.map(|(key, value)| (key.clone(), value.as_str().into())));
            places.push(place);
        }
    }
    Inventory::new(places)
}

fn open_words(entered_by: EnteredBy) -> &'static str {
    match entered_by {
        EnteredBy::Principal => {
            "the role can also be assumed with another external id: its trust policy does not ask for sts:ExternalId, so whoever may use \
             this server could enter the account; `tidegate accounts policy` prints the right one"
        }
        EnteredBy::WebIdentity => {
            "the role can also be assumed with a token of another subject: its trust policy has no condition on sub that tells this server \
             from its jobs, so any job with an identity token could enter the account; `tidegate accounts policy` prints the right one"
        }
    }
}

fn check_tags() -> Vec<(String, String)> {
    vec![("tidegate:check".to_owned(), "true".to_owned())]
}

fn probe(account: &AccountRow, region: &str, entry: Entry) -> RoleRequest {
    RoleRequest {
        account: account.id.clone(),
        role: account.roles.first().cloned().unwrap_or_default(),
        region: region.to_owned(),
        partition: account.partition,
        entry,
        session_name: "tidegate-check".to_owned(),
        tags: check_tags(),
        // The credentials of a check are thrown away, and could do nothing.
        session_policy: Some(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#.to_owned()),
        duration_ms: CHECK_MS,
    }
}

/// Checks what people write; answers the one partition of its regions.
fn checked(new: &NewAccount) -> Result<Partition, Error> {
    let invalid = |what: &'static str, detail: String| Err(Error::Invalid { what, detail });
    if new.id.len() != 12 || !new.id.bytes().all(|byte| byte.is_ascii_digit()) {
        return invalid("id", format!("expected the twelve digits of an account, not {:?}", new.id));
    }
    let is_name = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !is_name(&new.name, 40) {
        return invalid("name", format!("expected 1 to 40 characters of a-z, 0-9 and -, as targets begin with it, not {:?}", new.name));
    }
    if new.roles.is_empty() || new.roles.len() > 20 {
        return invalid("roles", "expected 1 to 20 names of roles, such as tidegate-deploy".to_owned());
    }
    let in_role = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c);
    if let Some(bad) = new.roles.iter().find(|role| role.is_empty() || role.len() > 512 || !role.chars().all(in_role)) {
        return invalid("roles", format!("expected the name of a role such as tidegate-deploy, not {bad:?}"));
    }
    if new.regions.is_empty() || new.regions.len() > 100 {
        return invalid("regions", "expected 1 to 100 regions such as eu-west-1".to_owned());
    }
    if let Some(bad) = new.regions.keys().find(|region| !is_name(region, 40) || region.split('-').count() < 3) {
        return invalid("regions", format!("expected a region such as eu-west-1, not {bad:?}"));
    }
    let labels = new.regions.values().chain([&new.labels]).flatten();
    for (key, value) in labels {
        let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if key.is_empty()
            || key.len() > 60
            || !key.chars().all(is_key)
            || key.starts_with(|c: char| c.is_ascii_digit())
            || value.len() > 200
        {
            return invalid(
                "labels",
                format!("expected a name of letters, digits and _ with a text of 200 characters at most, not {key:?}"),
            );
        }
    }
    let partitions: std::collections::BTreeSet<_> = new.regions.keys().map(|region| Partition::of_region(region)).collect();
    match partitions.into_iter().collect::<Vec<_>>()[..] {
        [partition] => Ok(partition),
        _ => invalid(
            "regions",
            "an account lives in one partition: regions of China (cn-…), of GovCloud (us-gov-…) and others do not mix".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, regions: &[&str]) -> NewAccount {
        NewAccount {
            id: id.to_owned(),
            name: "prod".to_owned(),
            roles: vec!["tidegate-deploy".to_owned()],
            labels: BTreeMap::new(),
            regions: regions.iter().map(|region| ((*region).to_owned(), BTreeMap::new())).collect(),
            entered_by: None,
        }
    }

    #[test]
    fn regions_say_which_partition_an_account_is_in() {
        assert!(matches!(checked(&account("111111111111", &["eu-west-1", "us-east-1"])), Ok(Partition::Aws)));
        assert!(matches!(checked(&account("111111111111", &["cn-north-1"])), Ok(Partition::China)));
        let mixed = checked(&account("111111111111", &["cn-north-1", "us-gov-west-1"])).expect_err("mixed");
        assert!(mixed.to_string().contains("do not mix"), "{mixed}");
    }

    #[test]
    fn every_region_is_a_target_whose_own_labels_win() {
        let row = AccountRow {
            id: "111111111111".to_owned(),
            name: "prod".to_owned(),
            partition: Partition::Aws,
            roles: vec!["tidegate-deploy".to_owned()],
            labels: BTreeMap::from([("tier".to_owned(), "prod".to_owned()), ("size".to_owned(), "large".to_owned())]),
            regions: BTreeMap::from([
                ("eu-west-1".to_owned(), BTreeMap::from([("size".to_owned(), "small".to_owned())])),
                ("us-east-1".to_owned(), BTreeMap::new()),
            ]),
            entered_by: EnteredBy::Principal,
            external_id: String::new(),
            created_at: crate::core::Time(0),
            created_by: String::new(),
        };
        let inventory = inventory(&[row]);
        let shown = |at: usize| {
            let place = &inventory.places()[at];
            format!("{} {}", place.target, serde_json::to_string(&place.labels).expect("JSON"))
        };
        let expected = r#"prod/eu-west-1 {"account":"prod","partition":"aws","region":"eu-west-1","size":"small","tier":"prod"}"#;
        assert_eq!(shown(0), expected);
        assert_eq!(shown(1), expected.replace("eu-west-1", "us-east-1").replace("small", "large"));
    }

    #[test]
    fn what_is_no_account_is_refused_with_what_was_expected() {
        for (bad, expected) in [
            (account("1111", &["eu-west-1"]), "twelve digits"),
            (account("111111111111", &[]), "1 to 100 regions"),
            (account("111111111111", &["Europe"]), "such as eu-west-1"),
            (NewAccount { name: "Prod!".to_owned(), ..account("111111111111", &["eu-west-1"]) }, "targets begin with it"),
            (NewAccount { roles: vec!["a b".to_owned()], ..account("111111111111", &["eu-west-1"]) }, "name of a role"),
        ] {
            let error = checked(&bad).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
