use api::types::{AttemptView, LogTail, NodeView, ReleaseAnswer, ReleaseNumber};

use super::{Context, of_release};
use crate::client::{Client, segment};
use crate::exit::{Exit, Failure, Result};
use crate::output::Output;

/// Prints the log of a job: the named one, or the one that failed, runs, or ran last.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    #[arg(value_parser = super::release_number)]
    release: ReleaseNumber,
    /// The job's key or the end of it: prod/wave-1/local/a/deploy, or local/a/deploy, or package
    job: Option<String>,
    /// Go on until the job has ended
    #[arg(long, short)]
    follow: bool,
    /// An earlier attempt, counted from 1 [default: the newest]
    #[arg(long)]
    attempt: Option<u32>,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let seen: ReleaseAnswer = client.get(&of_release(&arguments.pipeline, arguments.release)).await?;
    let node = choose(&seen.release.nodes, arguments)?;
    let attempt = attempt_of(node, arguments.attempt)?;
    let output = &context.output;
    if arguments.job.is_none() {
        output.talk(format!("the log of {} (attempt {})", node.key, attempt.number));
    }
    let path = format!("/api/v1/attempts/{}/log", segment(attempt.id.as_str()));
    if arguments.follow {
        follow(&client, &path, context).await?;
    } else if output.json {
        let page: api::types::LogPage = client.get(&format!("{path}?count=10000")).await?;
        output.json(&page)?;
    } else {
        client.download(&format!("{path}/raw"), |piece| Ok(output.bytes(piece)?)).await?;
    }
    if !output.json && !arguments.follow {
        why(node, attempt).iter().for_each(|line| output.talk(line));
    }
    Ok(Exit::Ok)
}

/// What the log itself does not know: why the server says that the newest attempt has failed.
fn why(node: &NodeView, attempt: &AttemptView) -> Vec<String> {
    let is_newest = node.attempts.last().is_some_and(|newest| newest.number == attempt.number);
    if !is_newest || crate::output::word(&node.state) != "failed" || node.reason.is_empty() {
        return Vec::new();
    }
    format!("{} has failed: {}", node.key, node.reason).lines().map(crate::output::plain).collect()
}

/// How long a server may be away, and how often is looked whether it is back.
const AWAY_MS: u64 = 300_000;
const PAUSE_MS: u64 = 200;

/// A broken connection is taken up again where it broke, also after a restart of the server: lines have numbers.
async fn follow(client: &Client, path: &str, context: &Context) -> Result<()> {
    let output = &context.output;
    let mut next_line = 0;
    let mut away_since = None;
    loop {
        let now = context.clock.now();
        if away_since.is_some() {
            context.clock.sleep_until(now + PAUSE_MS).await;
        }
        let is_patient = away_since.is_some_and(|since| now.since_ms(since) < AWAY_MS);
        let mut events = match client.events(&format!("{path}/follow?from={next_line}")).await {
            Ok(events) => events,
            Err(failure) if is_patient && super::is_away(&failure) => continue,
            Err(failure) => return Err(failure),
        };
        loop {
            match events.next().await {
                Ok(Some(event)) if event.name == "end" || event.name == "complete" => return Ok(()),
                Ok(Some(event)) => {
                    let Ok(tail) = serde_json::from_str::<LogTail>(&event.data) else { continue };
                    print_tail(&tail, next_line, output)?;
                    next_line = next_line.max(tail.from + tail.lines.len() as u64);
                    away_since = None;
                }
                // Only `end` says that the log is whole: the server stops, or the connection broke.
                Ok(None) | Err(_) => break,
            }
        }
        away_since = away_since.or(Some(context.clock.now()));
    }
}

/// Lines that were printed already are left out.
fn print_tail(tail: &LogTail, next_line: u64, output: &Output) -> Result<()> {
    let known = usize::try_from(next_line.saturating_sub(tail.from)).unwrap_or(usize::MAX);
    for (number, line) in (tail.from..).zip(&tail.lines).skip(known) {
        if output.json {
            output.json_line(&serde_json::json!({ "line": number, "text": line }))?;
        } else {
            output.line(line)?;
        }
    }
    Ok(())
}

fn choose<'n>(nodes: &'n [NodeView], arguments: &Arguments) -> Result<&'n NodeView> {
    let jobs = || nodes.iter().filter(|node| node.kind == "job");
    let release = arguments.release;
    if let Some(name) = &arguments.job {
        let named: Vec<&NodeView> = match jobs().find(|node| node.key == *name) {
            Some(exact) => vec![exact],
            None => jobs().filter(|node| node.key.ends_with(&format!("/{name}"))).collect(),
        };
        return match named.as_slice() {
            [one] => Ok(one),
            [] => Err(Failure::new(Exit::NotFound, format!("release {release} has no job {name:?}"))
                .next(format!("its jobs are:\n{}", list(jobs())))),
            several => {
                Err(Failure::usage(format!("several jobs of release {release} end in {name:?}:\n{}", list(several.iter().copied())))
                    .next("name one of them"))
            }
        };
    }
    let newest =
        |wanted: &dyn Fn(&NodeView) -> bool| jobs().filter(|node| !node.attempts.is_empty() && wanted(node)).max_by_key(|node| node.since);
    let in_state = |names: &'static [&'static str]| move |node: &NodeView| names.contains(&crate::output::word(&node.state).as_str());
    newest(&in_state(&["failed"])).or_else(|| newest(&in_state(&["running", "unknown"]))).or_else(|| newest(&|_| true)).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("no job of release {release} has run yet"))
            .next("`tidegate status PIPELINE` shows what it waits for")
    })
}

fn list<'n>(nodes: impl Iterator<Item = &'n NodeView>) -> String {
    let lines: Vec<String> = nodes
        .map(|node| {
            format!("  {} ({})", node.key, if node.state.is_some() { crate::output::word(&node.state) } else { "not begun".to_owned() })
        })
        .collect();
    lines.join("\n")
}

fn attempt_of(node: &NodeView, number: Option<u32>) -> Result<&AttemptView> {
    let found = match number {
        Some(number) => node.attempts.iter().find(|attempt| attempt.number == number),
        None => node.attempts.last(),
    };
    found.ok_or_else(|| {
        let message = match number {
            Some(number) => format!("{} has no attempt {number}; it has {}", node.key, node.attempts.len()),
            None => format!("{} has not begun", node.key),
        };
        Failure::new(Exit::NotFound, message)
    })
}
