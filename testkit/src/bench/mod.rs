//! The benchmark: every figure that the project promises, beside a floor that was measured in the same run.
//!
//! Invariant: a figure is taken through the doors that users have (HTTP, processes, files on a disk), and one that
//! was not reached is printed as such. Nothing here fails because of a slow machine.

mod alarms;
pub mod distribution;
mod floor;
mod generated;
mod hand_over;
mod hooks;
pub mod idle;
mod log_ingest;
mod machine;
mod parallel;
mod plan;
mod runner_client;
mod server;
mod stopwatch;
pub mod table;

use std::path::PathBuf;

pub use machine::Machine;
pub use server::serve;

/// Whatever hinders a measurement; shown to a person and acted on by nobody.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T> = std::result::Result<T, Failure>;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub name: String,
    pub measured: String,
    /// What was promised; none for figures that only explain another one.
    pub goal: Option<Goal>,
    /// What the machine itself needs for the like, measured in the same run.
    pub floor: String,
    /// How it was measured, in one line.
    pub how: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    pub text: String,
    pub met: bool,
}

impl Figure {
    fn new(name: &str, measured: String, how: &str) -> Self {
        Self { name: name.to_owned(), measured, goal: None, floor: String::new(), how: how.to_owned() }
    }

    fn goal(mut self, text: &str, met: bool) -> Self {
        self.goal = Some(Goal { text: text.to_owned(), met });
        self
    }

    fn floor(mut self, floor: String) -> Self {
        self.floor = floor;
        self
    }
}

/// What is measured and with which programs.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The program that executes attempts for the runner under test.
    pub runner_program: PathBuf,
    /// `tidegate`, where it was built; otherwise this program serves for it.
    pub server_program: Option<PathBuf>,
    /// Names of the parts to measure; empty for all.
    pub only: Vec<String>,
}

/// The parts, in the order in which they are measured.
pub const PARTS: [&str; 8] = ["hand-over", "generated", "plan", "parallel", "idle", "log", "hooks", "alarms"];

/// Measures every part of the setup, one after the other.
///
/// # Errors
/// When a part could not be measured at all.
pub async fn run(setup: &Setup) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for part in PARTS {
        if !setup.only.is_empty() && !setup.only.iter().any(|wanted| wanted == part) {
            continue;
        }
        eprintln!("bench: measuring {part} …");
        let measured = match part {
            "hand-over" => hand_over::measure().await,
            "generated" => generated::measure().await,
            "plan" => tokio::task::spawn_blocking(plan::measure).await?,
            "parallel" => parallel::measure(setup).await,
            "idle" => idle::measure(setup).await,
            "log" => log_ingest::measure().await,
            "hooks" => hooks::measure().await,
            _ => alarms::measure().await,
        };
        figures.extend(measured.map_err(|error| format!("{part}: {error}"))?);
    }
    Ok(figures)
}
