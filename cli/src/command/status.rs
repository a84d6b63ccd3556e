use api::types::{BoardAnswer, BoardWave, Page, PipelineSummary, PipelineView, TargetFront, TargetState, Waiting};

use super::{Context, of_pipeline};
use crate::client::Client;
use crate::exit::{Exit, Result};
use crate::output::{Live, Output, Style, Table, ago, cut, for_people, plain};

/// Between two looks while nothing is known to have happened; durations on the screen go on meanwhile.
const REDRAW_MS: u64 = 1000;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One pipeline with its stages, waves and targets [default: all pipelines, a line each]
    pipeline: Option<String>,
    /// Go on, drawing in place on a terminal
    #[arg(long, short)]
    watch: bool,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    if !arguments.watch {
        return once(arguments, &client, context).await;
    }
    let mut live = Live::new(&context.output);
    let mut has_begun = false;
    loop {
        match draw(arguments, &client, &mut live, context).await {
            Ok(()) => has_begun = true,
            // What was seen last stays on the screen until the server is back.
            Err(failure) if has_begun && super::is_away(&failure) => {}
            Err(failure) => return Err(failure),
        }
        context.clock.sleep_until(context.clock.now() + REDRAW_MS).await;
    }
}

async fn draw(arguments: &Arguments, client: &Client, live: &mut Live, context: &Context) -> Result<()> {
    match &arguments.pipeline {
        Some(pipeline) => {
            let board: BoardAnswer = client.get(&format!("{}/board", of_pipeline(pipeline))).await?;
            if context.output.json {
                context.output.json_line(&board)?;
            } else {
                let mut lines = board_lines(&board, &context.output);
                lines.extend(source_lines(&client.get(&of_pipeline(pipeline)).await?, &context.output));
                live.draw(lines)?;
            }
        }
        None => {
            let page: Page<PipelineSummary> = client.get("/api/v1/pipelines?limit=200").await?;
            if context.output.json {
                context.output.json_line(&page)?;
            } else {
                live.draw(list_lines(&page, context))?;
            }
        }
    }
    Ok(())
}

async fn once(arguments: &Arguments, client: &Client, context: &Context) -> Result<Exit> {
    let output = &context.output;
    let lines = match &arguments.pipeline {
        Some(pipeline) => {
            let board: BoardAnswer = client.get(&format!("{}/board", of_pipeline(pipeline))).await?;
            if output.json {
                output.json(&board)?;
                return Ok(Exit::Ok);
            }
            let mut lines = board_lines(&board, output);
            lines.extend(source_lines(&client.get(&of_pipeline(pipeline)).await?, output));
            lines
        }
        None => {
            let page: Page<PipelineSummary> = client.get("/api/v1/pipelines?limit=200").await?;
            if output.json {
                output.json(&page)?;
                return Ok(Exit::Ok);
            }
            if page.items.is_empty() {
                output.talk("no pipeline is connected; `tidegate connect REPOSITORY` connects one");
                return Ok(Exit::Ok);
            }
            list_lines(&page, context)
        }
    };
    for line in lines {
        output.line(line)?;
    }
    Ok(Exit::Ok)
}

fn list_lines(page: &Page<PipelineSummary>, context: &Context) -> Vec<String> {
    let mut table = Table::new(&["PIPELINE", "HEAD", "TITLE", "MOVING", "ATTENTION"]);
    for pipeline in &page.items {
        let now = pipeline.now.as_ref();
        let (attention, style) = match (&pipeline.parked, now.and_then(|now| now.worst.as_ref())) {
            (Some(reason), _) => (format!("parked: {reason}"), Style::Bad),
            (None, Some(worst)) => (worst.clone(), Style::Waiting),
            (None, None) => ("-".to_owned(), Style::Quiet),
        };
        let oldest = now.and_then(|now| now.oldest_since).map(|since| format!(", the oldest since {}", ago(context.now_ms(), since.0)));
        table.row([
            (pipeline.name.clone(), Some(Style::Strong)),
            (now.and_then(|now| now.head).map(|head| head.to_string()).unwrap_or_default(), None),
            (now.and_then(|now| now.head_title.as_deref()).map(|title| cut(title, 40)).unwrap_or_default(), None),
            (now.map(|now| format!("{}{}", now.moving, oldest.unwrap_or_default())).unwrap_or_default(), Some(Style::Active)),
            (attention, Some(style)),
        ]);
    }
    table.lines(&context.output)
}

fn board_lines(answer: &BoardAnswer, output: &Output) -> Vec<String> {
    let board = &answer.board;
    let now_ms = board.now.0;
    let head = board.head.map(|head| format!(" · newest release {head}")).unwrap_or_default();
    let mut lines = vec![format!("{}{head}", output.paint(Style::Strong, &plain(&board.pipeline)))];
    for stage in &board.stages {
        for wave in &stage.waves {
            let name = if wave.name.is_empty() { stage.name.clone() } else { format!("{}/{}", stage.name, wave.name) };
            lines.push(wave_line(&name, wave, output));
            lines.extend(wave.targets.iter().map(|target| target_line(target, now_ms, output)));
            lines.extend(wave.waiting.iter().map(|waiting| waiting_line(waiting, now_ms, output)));
        }
    }
    for held in &board.holds {
        let text = format!("‖ held by {} {}: {} ({})", held.by, ago(now_ms, held.since.0), held.reason, held.id);
        lines.push(output.paint(Style::Waiting, &plain(&text)));
    }
    for attention in &board.attention {
        let marks = std::iter::once("!").chain(std::iter::repeat(" "));
        lines.extend(marks.zip(attention.text.lines()).map(|(mark, line)| output.paint(Style::Bad, &format!("{mark} {}", plain(line)))));
    }
    lines
}

/// Why the newest commit has made no release: its file has errors, no consistent set of sources is there (P5), or nobody could look.
fn source_lines(pipeline: &PipelineView, output: &Output) -> Vec<String> {
    let troubled = pipeline.sources.iter().filter_map(|source| Some((source, source.last_error.as_ref()?)));
    let lines = troubled.flat_map(|(source, error)| {
        let text = format!("{} of {}: {error}", source.branch, source.repository);
        let marks = std::iter::once("!").chain(std::iter::repeat(" "));
        marks.zip(text.lines()).map(|(mark, line)| output.paint(Style::Waiting, &format!("{mark} {}", plain(line)))).collect::<Vec<_>>()
    });
    lines.collect()
}

fn wave_line(name: &str, wave: &BoardWave, output: &Output) -> String {
    let inside = match (wave.lane.inside.as_slice(), wave.lane.rollback_of) {
        (_, Some(of)) => output.paint(Style::Waiting, &format!("rolls {of} back")),
        ([], None) => output.paint(Style::Quiet, "free"),
        (releases, None) => {
            let releases: Vec<String> = releases.iter().map(ToString::to_string).collect();
            output.paint(Style::Active, &format!("{} inside", releases.join(", ")))
        }
    };
    let jobs = wave.jobs.as_ref().map(|jobs| {
        let failed = if jobs.failed > 0 { format!(", {} failed", jobs.failed) } else { String::new() };
        format!(" · jobs of {}: {}/{}{failed}", jobs.release, jobs.done, jobs.total)
    });
    format!("{} {inside}{}", output.paint(Style::Strong, &plain(name)), output.paint(Style::Quiet, &jobs.unwrap_or_default()))
}

fn target_line(target: &TargetFront, now_ms: i64, output: &Output) -> String {
    let (state, style) = target_state(target.state);
    let runs = target.release.map(|release| release.to_string()).unwrap_or_else(|| "-".to_owned());
    let since = target.since.map(|since| format!(" {}", ago(now_ms, since.0))).unwrap_or_default();
    let reason = target.reason.as_deref().map(|reason| format!(" · {}", cut(&plain(reason), 60))).unwrap_or_default();
    let name = format!("{:<24}", plain(&target.name));
    format!(
        "  {name} {runs:<6} {}{}",
        output.paint(style, &format!("{state:<13}")),
        output.paint(Style::Quiet, &format!("{since}{reason}"))
    )
}

fn waiting_line(waiting: &Waiting, now_ms: i64, output: &Output) -> String {
    let reasons: Vec<String> = waiting
        .waits_for
        .iter()
        .map(|reason| {
            let until = reason.until.and_then(|until| u64::try_from(until.0 - now_ms).ok()).map(|ms| format!(", in {}", for_people(ms)));
            let text = if reason.detail.is_empty() { reason.kind.clone() } else { reason.detail.clone() };
            format!("{}{}", plain(&text), until.unwrap_or_default())
        })
        .collect();
    let text = format!(
        "  … {} {} came {} and waits: {}",
        waiting.release,
        cut(&plain(&waiting.title), 40),
        ago(now_ms, waiting.arrived_at.0),
        reasons.join("; ")
    );
    output.paint(Style::Waiting, &text)
}

/// The state in words, and what it means.
pub(super) fn target_state(state: TargetState) -> (&'static str, Style) {
    match state {
        TargetState::Empty => ("empty", Style::Quiet),
        TargetState::Live => ("live", Style::Good),
        TargetState::Deploying => ("deploying", Style::Active),
        TargetState::Baking => ("baking", Style::Active),
        TargetState::RollingBack => ("rolling back", Style::Waiting),
        TargetState::RolledBack => ("rolled back", Style::Waiting),
        TargetState::Failed => ("failed", Style::Bad),
        TargetState::Unknown => ("unknown", Style::Bad),
        TargetState::Held => ("held", Style::Waiting),
    }
}
