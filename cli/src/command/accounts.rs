use std::collections::BTreeMap;

use api::types::{AccountPolicy, AddCloudAccount, CloudAccount, EnteredBy, Page};

use super::Context;
use crate::client::segment;
use crate::exit::{Exit, Result};
use crate::output::{Style, Table, ago};

/// Accounts of a cloud that targets live in.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Register an account; the server makes its external id
    Add {
        /// As targets begin: prod of prod/eu-west-1
        name: String,
        /// The account's twelve digits
        #[arg(long)]
        id: String,
        /// A region with its labels, such as eu-west-1 or eu-west-1:tier=quiet,size=small; may be repeated
        #[arg(long = "region", required = true, value_parser = region)]
        regions: Vec<(String, BTreeMap<String, String>)>,
        /// A role that may be assumed there; may be repeated [default: tidegate-deploy]
        #[arg(long = "role")]
        roles: Vec<String>,
        /// A label of the whole account, such as stage=prod; may be repeated
        #[arg(long = "label", value_parser = label)]
        labels: Vec<(String, String)>,
        /// Enter it with tokens that the server signs, without any principal of its own; =false: with its principal and an external id
        /// [default: as the server's aws.web_identity says]
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        web_identity: Option<bool>,
    },
    /// List accounts with their regions and how assuming their role went last
    List,
    /// Assume the account's role in each region and say what is wrong
    Check {
        /// Its name or id
        account: String,
    },
    /// Print what the account's owner applies there, so that this server may assume its role
    Policy {
        /// Its name or id
        account: String,
        #[arg(long, default_value = "cloudformation")]
        format: Format,
    },
    /// Forget an account: no job gets its credentials any more
    Remove {
        /// Its name or id
        account: String,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Cloudformation,
    Terraform,
    /// The trust policy alone
    Json,
}

const PATH: &str = "/api/v1/accounts";

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let output = &context.output;
    match &arguments.action {
        Action::Add { name, id, regions, roles, labels, web_identity } => {
            let body = AddCloudAccount {
                id: id.clone(),
                name: name.clone(),
                roles: roles.clone(),
                labels: labels.iter().cloned().collect(),
                regions: regions.iter().cloned().collect(),
                entered_by: web_identity.map(|by_token| if by_token { EnteredBy::WebIdentity } else { EnteredBy::Principal }),
            };
            let added: CloudAccount = client.post(PATH, &Context::key(), &body).await?;
            if output.json {
                output.json(&added)?;
            } else {
                let by = match added.entered_by {
                    EnteredBy::Principal => "by its own principal",
                    EnteredBy::WebIdentity => "with tokens that it signs",
                };
                output.line(format!(
                    "registered {} ({}) in {}; the server enters it {by}",
                    added.name,
                    added.id,
                    added.partition.name()
                ))?;
                output
                    .talk(format!("apply what `tidegate accounts policy {name}` prints there, then run `tidegate accounts check {name}`"));
            }
        }
        Action::List => {
            let page: Page<CloudAccount> = client.get(PATH).await?;
            if output.json {
                output.json(&page)?;
            } else {
                table(&page.items, context).print(output)?;
            }
        }
        Action::Check { account } => {
            let path = format!("{PATH}/{}/check", segment(account));
            let checked: CloudAccount = client.post(&path, &Context::key(), &serde_json::json!({})).await?;
            let is_well = checked.regions.iter().all(|region| region.health.as_ref().is_some_and(|health| health.problem.is_none()));
            if output.json {
                output.json(&checked)?;
            } else {
                table(std::slice::from_ref(&checked), context).print(output)?;
            }
            return Ok(if is_well { Exit::Ok } else { Exit::Failed });
        }
        Action::Policy { account, format } => {
            let policy: AccountPolicy = client.get(&format!("{PATH}/{}/policy", segment(account))).await?;
            if output.json {
                output.json(&policy)?;
            } else {
                let text = match format {
                    Format::Cloudformation => policy.cloudformation,
                    Format::Terraform => policy.terraform,
                    Format::Json => policy.trust,
                };
                output.line(text.trim_end())?;
            }
        }
        Action::Remove { account } => {
            client.delete(&format!("{PATH}/{}", segment(account))).await?;
            output.line(format!("removed {}", crate::output::plain(account)))?;
        }
    }
    Ok(Exit::Ok)
}

/// A line for each region.
fn table(accounts: &[CloudAccount], context: &Context) -> Table {
    let mut table = Table::new(&["ACCOUNT", "ID", "REGION", "LABELS", "CHECKED", "STATE"]);
    let now = context.clock.now().0;
    for account in accounts {
        for region in &account.regions {
            let labels = account.labels.iter().chain(&region.labels).map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>();
            let (checked, state, style) = match &region.health {
                None => (String::new(), "never checked".to_owned(), Style::Waiting),
                Some(health) => match &health.problem {
                    None => (ago(now, health.at.0), "well".to_owned(), Style::Good),
                    Some(problem) => (ago(now, health.at.0), problem.clone(), Style::Bad),
                },
            };
            table.row([
                (account.name.clone(), Some(Style::Strong)),
                (account.id.clone(), None),
                (region.name.clone(), None),
                (labels.join(" "), None),
                (checked, Some(Style::Quiet)),
                (state, Some(style)),
            ]);
        }
    }
    table
}

/// `eu-west-1` or `eu-west-1:tier=quiet,size=small`.
fn region(text: &str) -> Result<(String, BTreeMap<String, String>), String> {
    let (name, labels) = text.split_once(':').unwrap_or((text, ""));
    let labels = labels.split(',').filter(|pair| !pair.is_empty()).map(label).collect::<Result<_, _>>()?;
    Ok((name.to_owned(), labels))
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("expected KEY=VALUE, not {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_may_bring_its_labels() {
        let labels = BTreeMap::from([("tier".to_owned(), "quiet".to_owned()), ("size".to_owned(), "small".to_owned())]);
        assert_eq!(region("eu-west-1:tier=quiet,size=small"), Ok(("eu-west-1".to_owned(), labels)));
        assert_eq!(region("eu-west-1"), Ok(("eu-west-1".to_owned(), BTreeMap::new())));
        assert!(region("eu-west-1:tier").is_err_and(|error| error.contains("KEY=VALUE")));
    }
}
