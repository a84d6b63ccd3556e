//! Who takes part: an admin who sets the server up, and Ana, who approves. The authors of commits never sign in.

use std::sync::Arc;

use api::auth::Role;
use api::types::{CreateToken, CreateUser, FirstStart, IssueRunnerToken, RunnerTokenIssued, SignIn, Token, TokenCreated, User};
use engine::ports::Clock;
use serde::{Deserialize, Serialize};

use super::patience::Patience;
use super::places::Places;
use crate::client::Client;
use crate::command::Context;
use crate::config::client::Access;
use crate::exit::{Failure, Result};

/// How long the server may take to start.
const START_WITHIN_MS: u64 = 30_000;
const VALID_MS: u64 = 30 * 24 * 60 * 60 * 1000;

#[derive(Debug)]
pub(super) struct People {
    /// Connects, pushes, looks.
    pub(super) admin: Client,
    /// Approves.
    pub(super) ana: Client,
    /// For the person who watches the demo.
    pub(super) reader_token: String,
    /// With which the person who watches signs in as Olga; absent in a folder of a demo that kept none.
    pub(super) password: Option<String>,
}

/// In a folder that is kept; readable by its owner only.
#[derive(Serialize, Deserialize)]
struct Tokens {
    admin: String,
    ana: String,
    /// Olga's.
    #[serde(default)]
    password: Option<String>,
}

impl People {
    /// Waits for the server, and sets it up unless an earlier run did.
    pub(super) async fn arrive(client: Client, places: &Places, clock: &Arc<dyn Clock>) -> Result<Self> {
        let patience = Patience::new(Arc::clone(clock));
        let tokens = match std::fs::read(&places.people).ok().and_then(|bytes| serde_json::from_slice::<Tokens>(&bytes).ok()) {
            Some(tokens) => tokens,
            None => set_up(&client, places, &patience).await?,
        };
        let as_person = |token: &str| {
            Client::new(Access { server: places.server(), token: Some(token.to_owned()), origin: "the demo".to_owned(), is_default: false })
        };
        let people =
            Self { admin: as_person(&tokens.admin)?, ana: as_person(&tokens.ana)?, reader_token: tokens.ana, password: tokens.password };
        people.let_runner_join(places, &patience).await?;
        Ok(people)
    }

    async fn let_runner_join(&self, places: &Places, patience: &Patience) -> Result<()> {
        let key = Context::key();
        let body = IssueRunnerToken { pool: "default".to_owned(), valid_ms: None };
        let issued: RunnerTokenIssued = patience.ask(|| self.admin.post("/api/v1/runners/tokens", &key, &body)).await?;
        write_private(&places.runner_token, issued.token.as_bytes())
    }
}

async fn set_up(client: &Client, places: &Places, patience: &Patience) -> Result<Tokens> {
    let log = places.log("server");
    let link = patience.until("the server starts and prints its first-start link", START_WITHIN_MS, || async { Ok(link_in(&log)) }).await?;
    let (_, token) = crate::command::login::parse_link(&link)?;
    let (admin_password, ana_password) = (Context::key(), Context::key());
    let first = FirstStart { token, name: "Olga".to_owned(), password: admin_password.clone() };
    let admin = patience.ask(|| client.sign_in("/api/v1/first-start", &first)).await?;
    let ana =
        CreateUser { name: "Ana".to_owned(), password: ana_password.clone(), role: Role::Approver, groups: vec!["oncall".to_owned()] };
    let _: User = admin.post("/api/v1/users", &Context::key(), &ana).await?;
    let ana = client.sign_in("/api/v1/session", &SignIn { name: "Ana".to_owned(), password: ana_password }).await?;
    let tokens =
        Tokens { admin: token_of(&admin, Role::Admin).await?, ana: token_of(&ana, Role::Approver).await?, password: Some(admin_password) };
    let text = serde_json::to_vec(&tokens).map_err(|error| Failure::failed(error.to_string()))?;
    write_private(&places.people, &text)?;
    Ok(tokens)
}

async fn token_of(person: &Client, role: Role) -> Result<String> {
    let body = CreateToken { name: "the demo".to_owned(), role, valid_ms: Some(VALID_MS), is_service: false };
    let created: TokenCreated = person.post("/api/v1/tokens", &Context::key(), &body).await?;
    let TokenCreated { secret, token: Token { .. } } = created;
    Ok(secret)
}

/// The newest link that the server printed: each start makes the ones before useless.
fn link_in(log: &std::path::Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("/first-start")).collect();
    lines.last()?.split_whitespace().find(|word| word.starts_with("http")).map(str::to_owned)
}

fn write_private(path: &std::path::Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let written = std::fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| Failure::file(path, "write", &error))
}
