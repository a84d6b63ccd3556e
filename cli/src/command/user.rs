use api::auth::Role;
use api::types::{CreateUser, Page, User};

use super::{Context, login};
use crate::exit::{Exit, Result};
use crate::output::{Style, Table};

/// People who can sign in.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Add a person; the password is asked for, or read from standard input
    Create {
        name: String,
        /// viewer, developer, approver, operator or admin
        #[arg(long, default_value_t = Role::Developer)]
        role: Role,
        /// A group, as gates name them (`approval: {from: [oncall]}`); may be repeated
        #[arg(long = "group")]
        groups: Vec<String>,
    },
    /// List people
    List,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let output = &context.output;
    match &arguments.action {
        Action::Create { name, role, groups } => {
            let body = CreateUser { name: name.clone(), password: login::new_password()?, role: *role, groups: groups.clone() };
            let created: User = client.post("/api/v1/users", &Context::key(), &body).await?;
            if output.json {
                output.json(&created)?;
            } else {
                output.line(format!("{} can sign in as {}", crate::output::plain(&created.name), created.role))?;
            }
        }
        Action::List => {
            let page: Page<User> = client.get("/api/v1/users").await?;
            if output.json {
                output.json(&page)?;
                return Ok(Exit::Ok);
            }
            let mut table = Table::new(&["NAME", "ROLE", "GROUPS", "STATE"]);
            for user in &page.items {
                let state = if user.disabled_at.is_some() { ("disabled", Style::Quiet) } else { ("active", Style::Good) };
                table.row([
                    (user.name.clone(), Some(Style::Strong)),
                    (user.role.to_string(), None),
                    (user.groups.join(" "), None),
                    (state.0.to_owned(), Some(state.1)),
                ]);
            }
            table.print(output)?;
        }
    }
    Ok(Exit::Ok)
}
