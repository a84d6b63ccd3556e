//! `forge` is the tests' stand-in for GitHub as a process of its own: public repositories that are pushed to by git, forks, pull requests, and
//! web hooks. It prints where it is and with what one speaks to it as one line of JSON. Each line of its standard input is the address of a server
//! to which web hooks go from then on. It ends with its standard input: with 1 when something was asked or answered that GitHub's own description of
//! its API does not know.

use std::io::{self, BufRead as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use testkit::forge::{APP_ID, FakeForge, Person, Sender};

/// Stands in for GitHub.
#[derive(Debug, Parser)]
struct Arguments {
    /// What web hooks are signed with that go to the servers of the standard input
    #[arg(long, default_value = "a secret of the fake forge")]
    secret: String,
    /// Where the App's private key is written; left out: the App is yet to be made and installed
    #[arg(long)]
    key_file: Option<PathBuf>,
    /// Under which name of this machine it is reached
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
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
    let forge = FakeForge::start_as(&arguments.host).await;
    match &arguments.key_file {
        Some(file) => {
            if let Err(error) = write_key(file, forge.app_key().reveal()) {
                eprintln!("forge: {}: {error}", file.display());
                return ExitCode::FAILURE;
            }
        }
        None => forge.state().revoked = true,
    }
    let repositories: Vec<_> = arguments.repositories.iter().map(|name| forge.repository(name).url).collect();
    let teams = [(&arguments.members, vec!["acme/everybody".to_owned()]), (&arguments.strangers, Vec::new())];
    let people = teams.iter().flat_map(|(logins, teams)| logins.iter().map(move |login| (login, teams)));
    let tokens: serde_json::Map<String, serde_json::Value> = people
        .zip(7_001..)
        .map(|((login, teams), id)| (login.clone(), forge.person_token(Person { id, login: login.clone(), teams: teams.clone() }).into()))
        .collect();
    forge.state().is_public = true;
    println!("{}", serde_json::json!({"url": forge.url, "app_id": APP_ID, "repositories": repositories, "tokens": tokens}));
    let forge = Arc::new(forge);
    let told = tokio::task::spawn_blocking({
        let forge = Arc::clone(&forge);
        move || listen(&forge, &arguments.secret)
    });
    if let Err(error) = told.await {
        eprintln!("forge: {error}");
    }
    let violations = std::mem::take(&mut forge.state().violations);
    for violation in &violations {
        eprintln!("forge: {violation}");
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn write_key(path: &Path, key: &str) -> io::Result<()> {
    std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?.write_all(key.as_bytes())
}

/// Until the end of the standard input.
fn listen(forge: &FakeForge, secret: &str) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.trim().parse() {
            Ok(server) => forge.state().sender = Some(Arc::new(Sender::new(&server, secret))),
            Err(error) => eprintln!("forge: {line:?} is no address: {error}"),
        }
    }
}
