//! Users of each role with a password and a token, and machines that run jobs.

use std::collections::BTreeMap;

use api::auth::secret::{Kind, mint};
use api::auth::{Passwords, Role};
use engine::core::Actor;
use engine::core::id::PersonId;
use engine::ports::Ids as _;
use engine::store::{JoinToken, RunnerRow, TokenRow, UserRow};
use protocol::RunnerId;
use serde::Serialize;
use serde_json::json;

use super::{Place, Result};

/// Everybody's; the data are nobody's secret.
const PASSWORD: &str = "tidegate-seed-password";
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

const PEOPLE: [(&str, Role, &[&str]); 7] = [
    ("ada", Role::Admin, &["leads"]),
    ("olga", Role::Operator, &["oncall", "leads"]),
    ("pavel", Role::Operator, &["oncall"]),
    ("ben", Role::Approver, &["oncall"]),
    ("yuki", Role::Approver, &["leads"]),
    ("maya", Role::Developer, &["payments"]),
    ("vic", Role::Viewer, &[]),
];

/// How to sign in.
#[derive(Debug, Clone, Serialize)]
pub struct Credentials {
    /// Of all users.
    pub password: String,
    pub users: Vec<Login>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Login {
    pub name: String,
    pub role: String,
    /// An API token that acts as the person.
    pub token: String,
}

pub(super) async fn add(place: &Place) -> Result<Credentials> {
    let passwords = Passwords::new(&place.ids);
    let hash = passwords.hash(PASSWORD, &place.ids).await.map_err(|problem| problem.to_string())?;
    let created_at = place.end - 120 * DAY_MS;
    let mut users = Vec::new();
    for (name, role, groups) in PEOPLE {
        let user = UserRow {
            id: id_of(name),
            name: name.to_owned(),
            password_hash: Some(hash.clone()),
            role: role.name().to_owned(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            created_at,
            disabled_at: None,
        };
        place.store.add_user(&user, None).await?;
        let minted = mint(Kind::Api, &place.ids);
        let token = TokenRow {
            id: minted.id,
            name: format!("{name}'s seed token"),
            role: role.name().to_owned(),
            scope: "personal".to_owned(),
            created_by: user.id.to_string(),
            created_at,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        };
        place.store.add_token(&token, &minted.hash, None).await?;
        let detail = json!({"role": role.name()});
        place.store.append_audit(&actor("ada"), "create_user", name, detail, created_at).await?;
        users.push(Login { name: name.to_owned(), role: role.name().to_owned(), token: minted.text });
    }
    Ok(Credentials { password: PASSWORD.to_owned(), users })
}

fn id_of(name: &str) -> PersonId {
    PersonId(format!("seed-{name}"))
}

/// A person as the shell hands them to the core.
pub(super) fn actor(name: &str) -> Actor {
    let found = PEOPLE.iter().find(|(known, ..)| *known == name);
    let role = found.map(|(_, role, _)| role.name().to_owned());
    let groups = found.into_iter().flat_map(|(.., groups)| groups.iter().map(|&group| group.to_owned()));
    Actor::Person { id: id_of(name), name: name.to_owned(), groups: groups.chain(role).collect() }
}

/// Those who may approve, in the order in which they are asked.
pub(super) fn approvers() -> Vec<Actor> {
    ["ben", "olga", "pavel", "yuki", "ada"].map(actor).to_vec()
}

pub(super) async fn runners(place: &Place) -> Result<Vec<RunnerId>> {
    const HOUR_MS: u64 = 60 * 60 * 1_000;
    let mut ids = Vec::new();
    for number in 0..14_u64 {
        let pool = if number < 11 { "default" } else { "arm" };
        let minted = mint(Kind::Api, &place.ids);
        let registered_at = place.end - 90 * DAY_MS;
        let join = JoinToken {
            pool: pool.to_owned(),
            created_by: "seed-ada".to_owned(),
            created_at: registered_at,
            expires_at: registered_at + HOUR_MS,
            used_by: None,
            used_at: None,
        };
        place.store.add_join_token(&join, &minted.hash, None).await?;
        let arch = if pool == "arm" { "arm64" } else { "x86_64" };
        let row = RunnerRow {
            id: RunnerId::try_from(place.ids.uuid())?,
            name: if number == 9 {
                "a-runner-with-a-name-that-somebody-derived-from-a-whole-cluster-node-9".to_owned()
            } else {
                format!("{pool}-{number:02}")
            },
            pool: pool.to_owned(),
            labels: BTreeMap::from([("os".to_owned(), "linux".to_owned()), ("arch".to_owned(), arch.to_owned())]),
            slots: 4,
            version: if number == 3 { "0.0.9".to_owned() } else { "0.1.0".to_owned() },
            token_expires_at: place.end + 30 * DAY_MS,
            registered_at,
            last_seen_at: registered_at,
            draining: false,
            revoked_at: None,
        };
        let hash = mint(Kind::Api, &place.ids).hash;
        let Some(row) = place.store.register_runner(&minted.hash, row, &hash).await? else {
            return Err("a new join token was refused".into());
        };
        // One has not been heard of for days, one for minutes.
        let seen = match number {
            7 => place.end - 3 * DAY_MS,
            5 => place.end - 4 * 60_000,
            _ => place.end,
        };
        place.store.runner_seen(&row, seen).await?;
        if number == 6 {
            place.store.set_draining(&row.id, true, None).await?;
        }
        if pool == "default" && !matches!(number, 5 | 7) {
            ids.push(row.id);
        }
    }
    Ok(ids)
}
