//! `forge` is the tests' stand-in for GitHub as a process of its own: public repositories that are pushed to by git, forks, pull requests, and
//! web hooks to one server. It prints where it is and with what one speaks to it as one line of JSON, and ends with its standard input: with 1
//! when something was asked or answered that GitHub's own description of its API does not know.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use testkit::forge::{APP_ID, FakeForge, Person, Sender};

/// Stands in for GitHub.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server that web hooks go to
    #[arg(long)]
    hooks_to: url::Url,
    /// What they are signed with
    #[arg(long)]
    secret: String,
    /// Where the App's private key is written
    #[arg(long)]
    key_file: PathBuf,
    /// Empty repositories of `acme`, by their names
    #[arg(long = "repository")]
    repositories: Vec<String>,
    /// People of `acme`, by their logins
    #[arg(long = "member")]
    members: Vec<String>,
    /// People from elsewhere
    #[arg(long = "stranger")]
    strangers: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let forge = FakeForge::start().await;
    if let Err(error) = std::fs::write(&arguments.key_file, forge.app_key().reveal()) {
        eprintln!("forge: {}: {error}", arguments.key_file.display());
        return ExitCode::FAILURE;
    }
    let repositories: Vec<_> = arguments.repositories.iter().map(|name| forge.repository(name).url).collect();
    let teams = [(&arguments.members, vec!["acme/everybody".to_owned()]), (&arguments.strangers, Vec::new())];
    let people = teams.iter().flat_map(|(logins, teams)| logins.iter().map(move |login| (login, teams)));
    let tokens: serde_json::Map<String, serde_json::Value> = people
        .zip(7_001..)
        .map(|((login, teams), id)| (login.clone(), forge.person_token(Person { id, login: login.clone(), teams: teams.clone() }).into()))
        .collect();
    {
        let mut state = forge.state();
        state.is_public = true;
        state.sender = Some(Arc::new(Sender::new(&arguments.hooks_to, &arguments.secret)));
    }
    println!("{}", serde_json::json!({"url": forge.url, "app_id": APP_ID, "repositories": repositories, "tokens": tokens}));
    let over = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
    if !matches!(over, Ok(Ok(_))) {
        eprintln!("forge: its standard input cannot be read: {over:?}");
    }
    let violations = std::mem::take(&mut forge.state().violations);
    for violation in &violations {
        eprintln!("forge: {violation}");
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
