use api::auth::Role;
use api::types::{CreateToken, Page, Token, TokenCreated};

use super::Context;
use crate::client::segment;
use crate::exit::{Exit, Result};
use crate::output::{Style, Table, ago};

/// API tokens: for scripts, and for the command line of people.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a token; it is shown once
    Create {
        /// What it is for
        name: String,
        /// viewer, developer, approver, operator or admin; at most your own
        #[arg(long, default_value_t = Role::Viewer)]
        role: Role,
        /// How long it is valid, such as 30d [default: 90d]
        #[arg(long, value_parser = super::duration)]
        valid: Option<u64>,
        /// It acts for itself instead of for you, and cannot approve
        #[arg(long)]
        service: bool,
    },
    /// List tokens, without their secrets
    List,
    /// Make a token useless, now and for ever
    Revoke {
        /// Its id, from `tidegate token list`
        id: String,
    },
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let output = &context.output;
    match &arguments.action {
        Action::Create { name, role, valid, service } => {
            let body = CreateToken { name: name.clone(), role: *role, valid_ms: *valid, is_service: *service };
            let created: TokenCreated = client.post("/api/v1/tokens", &Context::key(), &body).await?;
            if output.json {
                output.json(&created)?;
            } else {
                output.line(&created.secret)?;
                output.talk("keep it: it is not shown again");
            }
        }
        Action::List => {
            let page: Page<Token> = client.get("/api/v1/tokens").await?;
            if output.json {
                output.json(&page)?;
            } else {
                print_list(&page, context)?;
            }
        }
        Action::Revoke { id } => {
            client.delete(&format!("/api/v1/tokens/{}", segment(id))).await?;
            if output.json {
                output.json(&serde_json::json!({ "revoked": id }))?;
            } else {
                output.line(format!("{id} is revoked"))?;
            }
        }
    }
    Ok(Exit::Ok)
}

fn print_list(page: &Page<Token>, context: &Context) -> Result<()> {
    let now_ms = context.now_ms();
    let mut table = Table::new(&["ID", "NAME", "ROLE", "ACTS FOR", "STATE", "LAST USED"]);
    for token in &page.items {
        let (state, style) = match (token.revoked_at, token.expires_at) {
            (Some(_), _) => ("revoked".to_owned(), Style::Quiet),
            (None, Some(expires)) if expires.0 <= now_ms => ("expired".to_owned(), Style::Quiet),
            (None, Some(expires)) => {
                let left = u64::try_from(expires.0 - now_ms).unwrap_or(0);
                (format!("valid for {}", crate::output::for_people(left)), Style::Good)
            }
            (None, None) => ("valid".to_owned(), Style::Good),
        };
        table.row([
            (token.id.clone(), Some(Style::Quiet)),
            (token.name.clone(), Some(Style::Strong)),
            (crate::output::word(&token.role), None),
            (if token.is_personal { "a person" } else { "itself" }.to_owned(), None),
            (state, Some(style)),
            (token.last_used_at.map_or_else(|| "never".to_owned(), |at| ago(now_ms, at.0)), Some(Style::Quiet)),
        ]);
    }
    Ok(table.print(&context.output)?)
}
