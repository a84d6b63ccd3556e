use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::{Actor, Event, EventKind, Input};
use engine::{Engine, Start};
use protocol::AttemptId;
use tokio::sync::broadcast::error::RecvError;

use super::Context;
use crate::config::LogFormat;
use crate::exit::{Exit, Failure, Result};
use crate::narrator;
use crate::output::{Style, plain};
use crate::serve::signals::Signals;
use crate::serve::{local, logging};

/// Takes the newest commit of this checkout through its pipeline on this machine, without a server elsewhere.
///
/// The same engine decides as on a server, on a state of its own that is forgotten afterwards: jobs run in their
/// order, local targets really are deployed, bakes watch their alarms, and gates ask on the terminal.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pipeline file [default: .tidegate/pipeline.yaml]
    file: Option<PathBuf>,
    /// On this machine; the only way there is, and said aloud because targets are really changed
    #[arg(long, required = true)]
    local: bool,
    /// End when this stage is complete
    #[arg(long)]
    stage: Option<String>,
    /// Say yes at every approval
    #[arg(long)]
    yes: bool,
    /// An input of the manual trigger; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    /// How many jobs run at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    slots: u32,
}

/// Longer than any run: the head is taken once.
const POLL_MS: u64 = 24 * 60 * 60 * 1000;
/// Shown of the log of a job that failed.
const LAST_LINES: u64 = 20;
/// How long the end of a log may take to arrive from the runner beside us.
const LOG_WITHIN_MS: u64 = 5_000;

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let output = &context.output;
    let checkout = local::Checkout::find(&super::here()?, arguments.file.as_deref())?;
    if let Some(stage) = &arguments.stage {
        check_stage(stage, &checkout)?;
    }
    if checkout.is_dirty {
        output.talk("what is changed and not committed takes no part: releases are made from commits");
    }
    logging::start(LogFormat::Auto, "warn")?;
    let signals = Signals::listen()?;
    let folder = tempfile::tempdir().map_err(|error| Failure::failed(format!("no temporary folder can be made: {error}")))?;
    let server = local::open(folder.path(), 0, arguments.slots, context.clock.clone()).await?;
    let engine = server.engine.clone();
    let mut feed = engine.events();
    let serving = tokio_util::sync::CancellationToken::new();
    let serve = tokio::spawn(server.run(serving.clone()));
    let pipeline = local::connect(&engine, &checkout, POLL_MS).await?;
    let mut journey = Journey { engine: Arc::clone(&engine), pipeline, arguments, context, release: None };
    let outcome = tokio::select! {
        outcome = journey.go(&checkout, &mut feed) => outcome,
        () = signals.first.cancelled() => journey.cancel(&mut feed, &signals).await,
    };
    serving.cancel();
    tokio::select! {
        served = serve => served.unwrap_or_else(|error| Err(Failure::failed(format!("the engine failed: {error}"))))?,
        () = signals.second.cancelled() => return Err(Failure::new(Exit::Interrupted, "ended at once by the second signal")),
    }
    outcome
}

type Feed = tokio::sync::broadcast::Receiver<Arc<engine::store::StoredEvent>>;

struct Journey<'a> {
    engine: Arc<Engine>,
    pipeline: PipelineId,
    arguments: &'a Arguments,
    context: &'a Context,
    release: Option<ReleaseNumber>,
}

impl Journey<'_> {
    /// Follows the release to its end.
    async fn go(&mut self, checkout: &local::Checkout, feed: &mut Feed) -> Result<Exit> {
        let release = self.start(checkout).await?;
        self.release = Some(release);
        loop {
            let event = next(feed).await?;
            if event.release != Some(release) {
                continue;
            }
            self.show(&event)?;
            if let (EventKind::JobFailed, Some(attempt), false) = (event.kind, &event.attempt, self.context.output.json) {
                self.show_end_of_log(attempt).await?;
            }
            if let Some(exit) = self.end_of(&event) {
                return Ok(exit);
            }
            if event.kind == EventKind::ApprovalAsked {
                self.ask(release, &event).await?;
            }
        }
    }

    /// The release that connecting made, when its triggers wanted the commit; otherwise one by hand.
    async fn start(&self, checkout: &local::Checkout) -> Result<ReleaseNumber> {
        let inputs = crate::pipeline_file::pairs(&self.arguments.inputs)?;
        let newest = self
            .engine
            .view(&self.pipeline, |state| state.releases().next_back().map(|release| release.row.number))
            .await
            .map_err(|error| failed(&error))?;
        match newest {
            Some(release) if inputs.is_empty() => Ok(release),
            _ => {
                // Not by the person: who starts a release may not approve it where four eyes are asked for.
                let actor = Actor::Trigger { source: "tidegate run".to_owned() };
                let start = Start { key: Context::key(), commit: Some(checkout.commit.clone()), inputs, trigger: "run --local".to_owned() };
                self.engine.start(&self.pipeline, actor, start).await.map_err(|error| failed(&error))
            }
        }
    }

    fn show(&self, event: &Event) -> Result<()> {
        let output = &self.context.output;
        if output.json {
            output.json_line(event)?;
        } else if let Some(line) = narrator::line(event, output) {
            output.line(line)?;
        }
        Ok(())
    }

    /// The last lines of a job that failed: its whole log is forgotten with everything else.
    async fn show_end_of_log(&self, attempt: &AttemptId) -> Result<()> {
        let mut growth = self.engine.log_growth();
        let total_lines = async {
            loop {
                let page = self.engine.log(attempt, 0, 0).await.map_err(|error| failed(&error))?;
                if page.complete {
                    return Ok::<_, Failure>(page.total_lines);
                }
                drop(growth.changed().await);
            }
        };
        let deadline = self.context.clock.now() + LOG_WITHIN_MS;
        let total_lines = tokio::select! {
            total_lines = total_lines => total_lines?,
            () = self.context.clock.sleep_until(deadline) => return Ok(()),
        };
        let page = self.engine.log(attempt, total_lines.saturating_sub(LAST_LINES), LAST_LINES).await.map_err(|error| failed(&error))?;
        let output = &self.context.output;
        for line in page.lines {
            output.line(output.paint(Style::Quiet, &format!("  │ {}", plain(&line))))?;
        }
        Ok(())
    }

    fn end_of(&self, event: &Event) -> Option<Exit> {
        let stage_is_over =
            event.kind == EventKind::StageCompleted && self.arguments.stage.is_some() && event.place == self.arguments.stage;
        match event.kind {
            _ if stage_is_over => Some(Exit::Ok),
            EventKind::ReleaseCompleted => Some(Exit::Ok),
            EventKind::ReleaseFailed | EventKind::ReleaseCancelled | EventKind::ReleaseOutdated | EventKind::ReleaseSuperseded => {
                Some(Exit::Failed)
            }
            _ => None,
        }
    }

    async fn ask(&self, release: ReleaseNumber, event: &Event) -> Result<()> {
        let gate =
            event.node.clone().or_else(|| event.data.get("gate").and_then(|gate| gate.as_str()).map(str::to_owned)).unwrap_or_default();
        let place = event.place.clone().unwrap_or_else(|| gate.clone());
        let digest = self.engine.view(&self.pipeline, |state| state.release(release).map(engine::core::Release::seen_digest)).await;
        let digest = digest.map_err(|error| failed(&error))?.unwrap_or_default();
        let yes = self.arguments.yes || asked_on_terminal(&format!("approve release {release} for {place}?")).await?;
        let input = if yes {
            Input::Approve { release, gate, digest, reason: "at the terminal".to_owned() }
        } else {
            Input::Reject { release, gate, reason: "at the terminal".to_owned() }
        };
        self.engine.input(&self.pipeline, local::person(), input).await.map_err(|error| failed(&error))?;
        if yes {
            return Ok(());
        }
        // Nobody else will say yes: without this it would wait for ever.
        let cancel = Input::Cancel { release, reason: format!("not approved for {place}") };
        self.engine.input(&self.pipeline, local::person(), cancel).await.map(drop).map_err(|error| failed(&error))
    }

    /// Ctrl-C: jobs are asked to end and their `finally` steps run; a second one ends at once.
    async fn cancel(&self, feed: &mut Feed, signals: &Signals) -> Result<Exit> {
        let Some(release) = self.release else { return Ok(Exit::Interrupted) };
        self.context.output.talk("cancelling; again Ctrl-C ends at once");
        let cancel = Input::Cancel { release, reason: "Ctrl-C".to_owned() };
        if self.engine.input(&self.pipeline, local::person(), cancel).await.is_err() {
            return Ok(Exit::Interrupted);
        }
        loop {
            let event = tokio::select! {
                event = next(feed) => event?,
                () = signals.second.cancelled() => return Ok(Exit::Interrupted),
            };
            self.show(&event)?;
            if event.release == Some(release) && self.end_of(&event).is_some() {
                return Ok(Exit::Interrupted);
            }
        }
    }
}

async fn next(feed: &mut Feed) -> Result<Event> {
    match feed.recv().await {
        Ok(stored) => Ok(stored.event.clone()),
        Err(RecvError::Lagged(missed)) => Err(Failure::failed(format!("{missed} events were missed"))),
        Err(RecvError::Closed) => Err(Failure::failed("the engine has ended")),
    }
}

fn failed(error: &engine::Error) -> Failure {
    Failure::failed(error.to_string())
}

fn check_stage(stage: &str, checkout: &local::Checkout) -> Result<()> {
    let source = crate::pipeline_file::read_at(&checkout.root.join(&checkout.file), "HEAD")?;
    let (pipeline, _) = crate::pipeline_file::compile(&source)?;
    let plan = crate::pipeline_file::expand(&pipeline, &[]).ok();
    let known: Vec<&str> = plan.iter().flat_map(|plan| &plan.stages).map(|stage| stage.name.as_str()).collect();
    // A plan that needs inputs cannot be listed here; the engine says what is wrong with them.
    if known.is_empty() || known.contains(&stage) {
        return Ok(());
    }
    Err(Failure::new(Exit::NotFound, format!("there is no stage {stage:?}")).next(format!("its stages are {}", known.join(", "))))
}

/// Without a terminal nobody can say yes, and silence is none.
async fn asked_on_terminal(question: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(
            Failure::new(Exit::Refused, format!("{question} There is no terminal to answer on")).next("use --yes, or run it on a terminal")
        );
    }
    let question = question.to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stderr = std::io::stderr();
        write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush())?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        Ok::<_, std::io::Error>(line)
    });
    let line = answer.await.map_err(|error| Failure::failed(error.to_string()))?.map_err(|error| Failure::failed(error.to_string()))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
