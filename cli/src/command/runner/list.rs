use api::types::{Page, RunnerState, RunnerView};

use crate::command::Context;
use crate::exit::{Exit, Result};
use crate::output::{Style, Table, ago};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

pub(super) async fn run(_: &Arguments, context: &Context) -> Result<Exit> {
    let page: Page<RunnerView> = context.client()?.get("/api/v1/runners").await?;
    let output = &context.output;
    if output.json {
        output.json(&page)?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["ID", "NAME", "POOL", "STATE", "BUSY", "LABELS", "LAST SEEN"]);
    for runner in &page.items {
        let style = match runner.state {
            RunnerState::Online => Style::Good,
            RunnerState::Lost => Style::Bad,
            RunnerState::Draining => Style::Waiting,
            RunnerState::Revoked => Style::Quiet,
        };
        let labels: Vec<String> = runner.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        table.row([
            (runner.id.to_string(), Some(Style::Quiet)),
            (runner.name.clone(), Some(Style::Strong)),
            (runner.pool.clone(), None),
            (crate::output::word(&runner.state), Some(style)),
            (format!("{}/{}", runner.busy, runner.slots), None),
            (labels.join(" "), None),
            (ago(context.clock.now().0, runner.last_seen_at.0), Some(Style::Quiet)),
        ]);
    }
    table.print(output)?;
    Ok(Exit::Ok)
}
