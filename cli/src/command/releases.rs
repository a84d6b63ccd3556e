use api::types::{Page, ReleaseNumber, ReleaseSummary};

use super::{Context, of_pipeline};
use crate::exit::{Exit, Result};
use crate::output::{Style, Table, ago, cut};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    /// How many, newest first
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let path = format!("{}/releases?limit={}", of_pipeline(&arguments.pipeline), arguments.limit);
    let page: Page<ReleaseSummary> = context.client()?.get(&path).await?;
    let output = &context.output;
    if output.json {
        output.json(&page)?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["RELEASE", "STATE", "COMMIT", "TITLE", "CREATED", "WHY"]);
    for release in &page.items {
        let (state, style) = state(release);
        let revision = release.revisions.first();
        table.row([
            (release.number.to_string(), Some(Style::Strong)),
            (state, style),
            (revision.map(|revision| revision.commit.chars().take(8).collect()).unwrap_or_default(), Some(Style::Quiet)),
            (revision.map(|revision| cut(&revision.title, 50)).unwrap_or_default(), None),
            (ago(context.now_ms(), release.created_at.0), Some(Style::Quiet)),
            (why(release), Some(Style::Quiet)),
        ]);
    }
    table.print(output)?;
    if page.next_cursor.is_some() {
        output.talk(format!("there are more; `--limit {}` shows more", arguments.limit.saturating_mul(2).min(200)));
    }
    Ok(Exit::Ok)
}

fn state(release: &ReleaseSummary) -> (String, Option<Style>) {
    let name = crate::output::word(&release.state);
    match (&release.quarantine, name.as_str()) {
        (Some(_), _) => (format!("{name}, quarantined"), Some(Style::Bad)),
        (None, "completed") => (name, Some(Style::Good)),
        (None, "failed") => (name, Some(Style::Bad)),
        (None, "moving") => (name, Some(Style::Active)),
        (None, _) => (name, Some(Style::Quiet)),
    }
}

fn why(release: &ReleaseSummary) -> String {
    let by = release.superseded_by.map(|ReleaseNumber(by)| format!("carried by #{by}"));
    by.or_else(|| release.quarantine.as_ref().map(|quarantine| quarantine.reason.clone())).unwrap_or_else(|| release.reason.clone())
}
