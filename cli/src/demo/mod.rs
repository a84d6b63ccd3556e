//! The tour of the product, and its acceptance test: a real server, a real runner, six targets of
//! production that run a real service, real commits, and visitors who notice when something goes wrong.
//!
//! Server and runner are children, so that a script can kill them (`--chaos-pid-file`); what the tour
//! promises must come true all the same.

mod keeper;
mod narration;
mod patience;
mod people;
mod places;
mod promises;
mod sample;
mod tour;
mod visitors;

use std::path::PathBuf;
use std::sync::Arc;

use crate::client::Client;
use crate::command::Context;
use crate::config::client::Access;
use crate::exit::{Exit, Failure, Result};
use crate::output::Style;
use crate::serve::signals::Signals;

use keeper::{Keeper, Program};
use people::People;
use places::Places;
use tour::{Pace, Tour};
use visitors::Visitors;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Goes through the whole tour in less than 90 seconds, checks every promise and ends: 0 when all came true
    #[arg(long)]
    fast: bool,
    /// The server's port [default: a free one]
    #[arg(long)]
    port: Option<u16>,
    /// Keeps everything in this folder, and goes on with what lies there [default: a temporary one]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Writes the process ids of server and runner there once the tour begins, for scripts that kill them
    #[arg(long, value_name = "FILE")]
    chaos_pid_file: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let signals = Signals::listen()?;
    let places = Places::choose(arguments.data.as_deref(), arguments.port)?;
    let mut keeper = Keeper::new(Arc::clone(&context.clock));
    let toured = tokio::select! {
        toured = show(arguments, &places, &mut keeper, context) => toured,
        () = signals.first.cancelled() => {
            context.output.talk("ending; again Ctrl-C ends at once");
            if arguments.fast { Err(Failure::new(Exit::Interrupted, "ended before the tour was over")) } else { Ok(Exit::Ok) }
        }
    };
    tokio::select! {
        () = end(&places, keeper) => toured,
        () = signals.second.cancelled() => Err(Failure::new(Exit::Interrupted, "ended at once; services of the demo may still run")),
    }
}

async fn show(arguments: &Arguments, places: &Places, keeper: &mut Keeper, context: &Context) -> Result<Exit> {
    let output = &context.output;
    let pace = if arguments.fast { Pace::FAST } else { Pace::LEISURELY };
    let repository = sample::Repository::make(&places.repository, &places.ports, &places.services, pace.bakes).await?;
    keeper.keep(server(places)?)?;
    let client = Client::new(Access { server: places.server(), token: None, origin: "the demo".to_owned(), is_default: false })?;
    let people = People::arrive(client, places, &context.clock).await?;
    keeper.keep(runner(places)?)?;
    output.talk(
        output.paint_talk(Style::Strong, &format!("tidegate demo at {} · everything is in {}", places.server(), places.folder.display())),
    );
    if let Some(password) = &people.password {
        let board = format!("{}/p/{}", places.server(), tour::PIPELINE);
        output.talk(format!("  open {board} and sign in as Olga, who may do everything, with the password {password}"));
    }
    output.talk(format!(
        "  or look: TIDEGATE_SERVER={} TIDEGATE_TOKEN={} tidegate status shop --watch",
        places.server(),
        people.reader_token
    ));
    if let Some(file) = &arguments.chaos_pid_file {
        keeper.announce(file)?;
    }
    let visitors =
        Visitors::new(Arc::clone(&context.clock)).map_err(|error| Failure::failed(format!("visitors cannot set out: {error}")))?;
    let mut tour = Tour::new(pace, places, people, repository, visitors, context);
    let kept = tour.go().await?;
    promises::print(&kept, output)?;
    output.talk(tour.farewell(&keeper.restarts()));
    let all_kept = kept.iter().all(promises::Promise::is_kept);
    if arguments.fast || !all_kept {
        return Ok(if all_kept { Exit::Ok } else { Exit::Failed });
    }
    tour.go_on().await.map(|()| Exit::Ok)
}

fn server(places: &Places) -> Result<Program> {
    let arguments = [
        "server",
        "--until-stdin-ends",
        "--listen",
        &format!("127.0.0.1:{}", places.server_port),
        "--data",
        &places.server_data.display().to_string(),
        "--set",
        "egress.allow_loopback=true",
        "--set",
        "log.format=human",
    ];
    program("server", &arguments, places)
}

fn runner(places: &Places) -> Result<Program> {
    let arguments = [
        "runner",
        "run",
        "--until-stdin-ends",
        "--server",
        &places.server(),
        "--name",
        "demo",
        "--slots",
        "6",
        "--workdir",
        &places.runner_data.display().to_string(),
        "--token-file",
        &places.runner_token.display().to_string(),
        "--drain",
        "2s",
    ];
    program("runner", &arguments, places)
}

fn program(name: &'static str, arguments: &[&str], places: &Places) -> Result<Program> {
    Ok(Program {
        name,
        executable: places::own_executable()?,
        arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
        log: places.log(name),
    })
}

/// Ends server, runner and every service, and removes the folder unless it is to be kept.
async fn end(places: &Places, keeper: Keeper) {
    keeper.stop().await;
    places.stop_services().await;
}
