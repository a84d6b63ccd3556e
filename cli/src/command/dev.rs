use std::path::PathBuf;

use tokio::sync::broadcast::error::RecvError;

use super::Context;
use crate::config::LogFormat;
use crate::exit::{Exit, Failure, Result};
use crate::narrator;
use crate::output::Style;
use crate::serve::signals::Signals;
use crate::serve::{local, logging};

const POLL_MS: u64 = 1_000;

/// A server on a loopback port with a built-in runner and this repository connected; every commit becomes a release.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pipeline file [default: .tidegate/pipeline.yaml]
    file: Option<PathBuf>,
    /// The server's port [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Where its state is kept [default: .tidegate/dev]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// How many jobs run at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    slots: u32,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let output = &context.output;
    let checkout = local::Checkout::find(&super::here()?, arguments.file.as_deref())?;
    let data = match &arguments.data {
        Some(data) => data.clone(),
        None => ignored_folder(&checkout.root.join(".tidegate/dev"))?,
    };
    logging::start(LogFormat::Auto, "warn")?;
    let signals = Signals::listen()?;
    let server = local::open(&data, arguments.port, arguments.slots, context.clock.clone()).await?;
    let engine = server.engine.clone();
    let mut feed = engine.events();
    let first_start = server.first_start().await?;
    output
        .talk(output.paint_talk(Style::Strong, &format!("{} of {} at {}", checkout.pipeline, checkout.root.display(), server.public_url)));
    if let Some(link) = first_start {
        output.talk(format!("make an admin: {}", link.url));
    }
    output.talk("commit, and follow it here; Ctrl-C ends");
    let serve = tokio::spawn(server.run(signals.first.clone()));
    local::connect(&engine, &checkout, POLL_MS).await?;
    loop {
        let event = tokio::select! {
            received = feed.recv() => received,
            () = signals.first.cancelled() => break,
        };
        match event {
            Ok(stored) if output.json => output.json_line(&stored.event)?,
            Ok(stored) => {
                if let Some(line) = narrator::line(&stored.event, output) {
                    output.line(line)?;
                }
            }
            Err(RecvError::Lagged(missed)) => output.talk(format!("{missed} events were too fast for this terminal")),
            Err(RecvError::Closed) => break,
        }
    }
    tokio::select! {
        served = serve => served.unwrap_or_else(|error| Err(Failure::failed(format!("the server failed: {error}")))).map(|()| Exit::Ok),
        () = signals.second.cancelled() => Err(Failure::new(Exit::Interrupted, "ended at once by the second signal")),
    }
}

/// A folder in the repository that git does not see.
fn ignored_folder(folder: &std::path::Path) -> Result<PathBuf> {
    let ignore = folder.join(".gitignore");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&ignore, "*\n"))
        .map_err(|error| Failure::file(&ignore, "write", &error))?;
    Ok(folder.to_owned())
}
