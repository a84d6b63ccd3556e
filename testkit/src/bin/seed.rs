//! `seed small|busy|wide|deep|large FOLDER [--database URL] [--json]` fills an empty data folder; `tidegate server --data FOLDER` then serves it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use testkit::seed::{Profile, Seeded, seed};

/// Fills an empty database with pipelines in every state, for looking at pages and for measuring.
#[derive(Debug, Parser)]
struct Arguments {
    /// How much: small, busy, wide, deep or large
    profile: Profile,
    /// The data folder; `tidegate server --data FOLDER` serves it
    folder: PathBuf,
    /// A PostgreSQL address, instead of SQLite in the folder
    #[arg(long)]
    database: Option<String>,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match seed(&arguments.folder, arguments.database.as_deref(), arguments.profile).await {
        Ok(seeded) => {
            print(&seeded, arguments.json);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("seed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print(seeded: &Seeded, json: bool) {
    let credentials = &seeded.credentials;
    if json {
        let pipelines = &seeded.pipelines;
        let value = serde_json::json!({
            "pipelines": pipelines, "releases": seeded.releases, "events": seeded.events,
            "password": credentials.password, "users": credentials.users,
        });
        println!("{value}");
        return;
    }
    println!("{} releases of {} pipelines, {} events", seeded.releases, seeded.pipelines.len(), seeded.events);
    println!("everybody's password: {}", credentials.password);
    for user in &credentials.users {
        println!("{:<10} {:<10} {}", user.role, user.name, user.token);
    }
}
