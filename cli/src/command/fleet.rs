use api::types::{
    BeginUpgrade, BlockVersion, ChangeUpgrade, Fleet, MemberState, Page, Upgrade, UpgradeChange, UpgradePreview, UpgradeState,
};
use pipelines::lock::{SharedName, digest_of};

use super::Context;
use crate::client::{Client, segment};
use crate::exit::{Exit, Failure, Result};
use crate::output::{Output, Style, Table};
use crate::shared::Shared;

/// Shared blocks over all pipelines of a server.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// List only blocks whose name holds this
    #[arg(long, value_name = "TEXT")]
    block: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show what a version would change in the plan of every pipeline that uses another one
    Preview {
        /// Such as git::https://host/org/blocks//cache@v4
        #[arg(value_name = "NAME")]
        to: String,
    },
    /// Bring a version to every pipeline that uses another one, wave after wave
    Upgrade {
        #[arg(value_name = "NAME")]
        to: String,
        /// How many pipelines each wave has; the last size repeats [default: 1,4,16]
        #[arg(long, value_delimiter = ',', value_name = "SIZES")]
        sizes: Vec<u32>,
    },
    /// Show an upgrade with its pipelines [default: the newest]
    Status { upgrade: Option<String> },
    /// Let nothing further of an upgrade begin
    Hold {
        upgrade: String,
        #[arg(long)]
        reason: String,
    },
    /// Let an upgrade go on; what failed is tried again
    Resume {
        upgrade: String,
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Pin every pipeline to what it used before, and release that
    RollBack {
        upgrade: String,
        #[arg(long)]
        reason: String,
    },
}

const PATH: &str = "/api/v1/fleet";

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let output = &context.output;
    match &arguments.action {
        None => list(&client.get(PATH).await?, arguments.block.as_deref(), output),
        Some(Action::Preview { to }) => {
            let page: Page<UpgradePreview> = client.post(&format!("{PATH}/preview"), &Context::key(), &version(to, context)?).await?;
            preview(&page, output)
        }
        Some(Action::Upgrade { to, sizes }) => {
            let body = BeginUpgrade { to: version(to, context)?, sizes: sizes.clone() };
            let begun: Upgrade = client.post(&format!("{PATH}/upgrades"), &Context::key(), &body).await?;
            show(&begun, output)
        }
        Some(Action::Status { upgrade }) => {
            let fleet: Fleet = client.get(PATH).await?;
            show(find(&fleet, upgrade.as_deref())?, output)
        }
        Some(Action::Hold { upgrade, reason }) => change(&client, upgrade, UpgradeChange::Hold, reason, output).await,
        Some(Action::Resume { upgrade, reason }) => change(&client, upgrade, UpgradeChange::Resume, reason, output).await,
        Some(Action::RollBack { upgrade, reason }) => change(&client, upgrade, UpgradeChange::RollBack, reason, output).await,
    }
}

async fn change(client: &Client, id: &str, what: UpgradeChange, reason: &str, output: &Output) -> Result<Exit> {
    find(&client.get(PATH).await?, Some(id))?;
    let body = ChangeUpgrade { what, reason: reason.to_owned() };
    let changed: Upgrade = client.post(&format!("{PATH}/upgrades/{}", segment(id)), &Context::key(), &body).await?;
    show(&changed, output)
}

/// The newest without an id.
fn find<'f>(fleet: &'f Fleet, id: Option<&str>) -> Result<&'f Upgrade> {
    fleet.upgrades.iter().find(|known| id.is_none_or(|id| known.id == id)).ok_or_else(|| {
        let (message, next) = match (id, fleet.upgrades.first()) {
            (Some(id), Some(newest)) => (format!("there is no upgrade {id}"), format!("the newest is {}", newest.id)),
            (Some(id), None) => (format!("there is no upgrade {id}"), "`tidegate fleet upgrade NAME` begins one".to_owned()),
            (None, _) => ("there has been no upgrade".to_owned(), "`tidegate fleet upgrade NAME` begins one".to_owned()),
        };
        Failure::new(Exit::NotFound, message).next(next)
    })
}

/// What the tag is now. The server takes nothing else than what is named here.
fn version(name: &str, context: &Context) -> Result<BlockVersion> {
    let name = SharedName::parse(name).map_err(|reason| Failure::usage(format!("{name} is not the name of a shared block: {reason}")))?;
    let folder = context.environment.state_folder().ok_or_else(|| Failure::usage("HOME is not set").next("set HOME or XDG_STATE_HOME"))?;
    let shared = Shared::at(folder.join("shared"))?;
    let commit = shared.commit_of(&name)?;
    let digest = digest_of(&shared.folder(&name, &commit)?);
    Ok(BlockVersion { name: name.to_string(), commit, digest })
}

fn list(fleet: &Fleet, block: Option<&str>, output: &Output) -> Result<Exit> {
    let mut uses: Vec<_> = fleet.uses.iter().filter(|used| block.is_none_or(|part| used.block.contains(part))).collect();
    if output.json {
        output.json(&Fleet { uses: uses.into_iter().cloned().collect(), upgrades: fleet.upgrades.clone() })?;
        return Ok(Exit::Ok);
    }
    uses.sort_by(|one, other| (&one.block, &one.pipeline).cmp(&(&other.block, &other.pipeline)));
    let mut table = Table::new(&["BLOCK", "PIPELINE", "RELEASE", "CONTENT", ""]);
    for used in uses {
        let pinned = used.pinned_over.as_ref().map(|written| format!("pinned over {written}")).unwrap_or_default();
        table.row([
            (used.block.clone(), Some(Style::Strong)),
            (used.pipeline.clone(), None),
            (used.release.to_string(), None),
            (short(&used.digest), Some(Style::Quiet)),
            (pinned, Some(Style::Waiting)),
        ]);
    }
    if table.is_empty() {
        let what = block.map_or_else(|| "a block or shape".to_owned(), |part| format!("a block or shape whose name holds {part:?}"));
        output.line(format!("no pipeline uses {what}"))?;
    } else {
        table.print(output)?;
    }
    for upgrade in fleet.upgrades.iter().filter(|upgrade| !upgrade.state.is_end()) {
        output.line("")?;
        show(upgrade, output)?;
    }
    Ok(Exit::Ok)
}

fn preview(page: &Page<UpgradePreview>, output: &Output) -> Result<Exit> {
    let is_well = page.items.iter().all(|preview| preview.problem.is_none());
    if output.json {
        output.json(page)?;
        return Ok(if is_well { Exit::Ok } else { Exit::Failed });
    }
    if page.items.is_empty() {
        output.line("no pipeline uses another version of it")?;
    }
    for preview in &page.items {
        output.line(output.paint(Style::Strong, &format!("{} (now {})", preview.pipeline, preview.from)))?;
        let text = match &preview.problem {
            Some(problem) => output.paint(Style::Bad, &format!("it would have no plan: {problem}")),
            None if preview.difference.is_empty() => "nothing changes in its plan".to_owned(),
            None => preview.difference.trim_end().to_owned(),
        };
        for line in text.lines() {
            output.line(format!("  {line}"))?;
        }
    }
    Ok(if is_well { Exit::Ok } else { Exit::Failed })
}

fn show(upgrade: &Upgrade, output: &Output) -> Result<Exit> {
    if output.json {
        output.json(upgrade)?;
        return Ok(Exit::Ok);
    }
    let (style, state) = match upgrade.state {
        UpgradeState::Rolling => (Style::Active, "rolling"),
        UpgradeState::Held => (Style::Waiting, "held"),
        UpgradeState::RollingBack => (Style::Waiting, "rolling back"),
        UpgradeState::Done => (Style::Good, "done"),
        UpgradeState::RolledBack => (Style::Quiet, "rolled back"),
    };
    let reason = if upgrade.reason.is_empty() { String::new() } else { format!(": {}", upgrade.reason) };
    output.line(format!("upgrade {} to {}: {}{reason}", upgrade.id, upgrade.to.name, output.paint(style, state)))?;
    let mut table = Table::new(&["WAVE", "PIPELINE", "FROM", "STATE", ""]);
    for (number, wave) in upgrade.waves.iter().enumerate() {
        for member in wave {
            let (style, state) = match member.state {
                MemberState::Waiting => (Style::Quiet, "waiting"),
                MemberState::Moving => (Style::Active, "moving"),
                MemberState::Done => (Style::Good, "done"),
                MemberState::Failed => (Style::Bad, "failed"),
                MemberState::Back => (Style::Quiet, "back"),
            };
            table.row([
                ((number + 1).to_string(), None),
                (member.pipeline.clone(), Some(Style::Strong)),
                (member.from.clone(), None),
                (state.to_owned(), Some(style)),
                (member.detail.clone(), None),
            ]);
        }
    }
    table.print(output)?;
    Ok(Exit::Ok)
}

fn short(digest: &str) -> String {
    digest.strip_prefix("sha256:").unwrap_or(digest).chars().take(12).collect()
}
