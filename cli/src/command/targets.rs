use api::types::{Page, TargetView};

use super::{Context, of_pipeline};
use crate::client::segment;
use crate::exit::{Exit, Result};
use crate::narrator::who;
use crate::output::{Style, Table, ago, cut};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    /// One target, with its history
    target: Option<String>,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let name = arguments.target.as_deref().map(|target| format!("?name={}", segment(target))).unwrap_or_default();
    let page: Page<TargetView> = context.client()?.get(&format!("{}/targets{name}", of_pipeline(&arguments.pipeline))).await?;
    let output = &context.output;
    if output.json {
        output.json(&page)?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["TARGET", "STAGE", "STATE", "RUNS", "COMMIT", "SINCE", "NOTE"]);
    for target in &page.items {
        let (state, style) = super::status::target_state(target.front.state);
        table.row([
            (target.front.name.clone(), Some(Style::Strong)),
            (if target.wave.is_empty() { target.stage.clone() } else { format!("{}/{}", target.stage, target.wave) }, None),
            (state.to_owned(), Some(style)),
            (target.front.release.map(|release| release.to_string()).unwrap_or_else(|| "-".to_owned()), None),
            (target.sha.as_deref().map(|sha| sha.chars().take(8).collect()).unwrap_or_default(), Some(Style::Quiet)),
            (target.live_since.map(|since| ago(context.now_ms(), since.0)).unwrap_or_default(), Some(Style::Quiet)),
            (note(target), Some(Style::Waiting)),
        ]);
    }
    table.print(output)?;
    if arguments.target.is_some() {
        for target in &page.items {
            output.line("")?;
            history(target, context)?;
        }
    }
    Ok(Exit::Ok)
}

fn note(target: &TargetView) -> String {
    let differs = target.neighbours_run.map(|release| format!("its neighbours run {release}"));
    let asked = target.glass.as_ref().map(|asked| format!("{} asks to break the glass until {}", who(&asked.by), asked.until));
    asked.or_else(|| target.flag.clone()).or_else(|| target.front.reason.clone()).or(differs).map(|text| cut(&text, 80)).unwrap_or_default()
}

fn history(target: &TargetView, context: &Context) -> Result<()> {
    let mut table = Table::new(&["ROLLOUT", "RELEASE", "WAY", "STATE", "STARTED", "WHY"]);
    for rollout in &target.history {
        let way = match &rollout.direction {
            engine::core::row::Direction::Forward => "forward".to_owned(),
            engine::core::row::Direction::Back { from } => format!("back from {from}"),
        };
        table.row([
            (rollout.number.to_string(), Some(Style::Quiet)),
            (rollout.release.to_string(), Some(Style::Strong)),
            (way, None),
            (crate::output::word(&rollout.state), None),
            (ago(context.now_ms(), rollout.started_at.0), Some(Style::Quiet)),
            (rollout.reason.clone(), Some(Style::Quiet)),
        ]);
    }
    Ok(table.print(&context.output)?)
}
