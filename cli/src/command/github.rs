use std::path::PathBuf;

use adapters::egress::{Client, Egress};
use adapters::github::{Connecting, Wanted, keep};
use adapters::ids::SystemIds;
use engine::ports::Ids as _;
use url::Url;

use super::Context;
use crate::exit::{Exit, Failure, Result};

/// GitHub: make the App that the server is.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a GitHub App in the browser, and write down its key and secret
    Connect(Connect),
}

#[derive(Debug, clap::Args)]
struct Connect {
    /// Where GitHub reaches the server
    #[arg(long, value_name = "URL")]
    public_url: Url,
    /// The organisation that the App belongs to [default: whoever is signed in at GitHub]
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// The App's name, one of its kind at GitHub
    #[arg(long, default_value = "Tidegate")]
    name: String,
    /// The address of a GitHub Enterprise Server
    #[arg(long, value_name = "URL", default_value = "https://github.com")]
    url: Url,
    /// Where key and settings are written, for their owner only
    #[arg(long, value_name = "FOLDER", default_value = "/etc/tidegate")]
    folder: PathBuf,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let Action::Connect(connect) = &arguments.action;
    let output = &context.output;
    std::fs::create_dir_all(&connect.folder).map_err(|error| Failure::file(&connect.folder, "make", &error))?;
    let wanted = Wanted {
        web_url: connect.url.clone(),
        public_url: connect.public_url.clone(),
        organisation: connect.organisation.clone(),
        name: connect.name.clone(),
    };
    // A person gave the address, on their own machine.
    let client = Client::new(Egress { allow_loopback: true, allow_private: true }).map_err(|error| Failure::failed(error.to_string()))?;
    let hears = wanted.hears();
    let connecting = Connecting::listen(&wanted, SystemIds.token(), client).await.map_err(|error| Failure::failed(error.to_string()))?;
    if output.json {
        output.json_line(&serde_json::json!({"page": connecting.page}))?;
    } else {
        output.line(format!("open {} in a browser on this machine; from elsewhere, forward that port by ssh", connecting.page))?;
    }
    let app = connecting.made().await.map_err(|error| Failure::failed(error.to_string()).next("begin again"))?;
    let settings = keep(&connect.folder, &connect.url, &app).map_err(|error| Failure::failed(error.to_string()))?;
    let install = format!("{}/installations/new", app.html_url);
    if output.json {
        output.json_line(&serde_json::json!({"app_id": app.id, "settings": settings, "install": install}))?;
    } else {
        output.line(format!("made the App {}", app.id))?;
        if !hears {
            output.line(format!(
                "it gets no web hooks, since GitHub cannot reach {}: repositories are asked at intervals",
                connect.public_url
            ))?;
        }
        output.line(format!("1. add the lines of {} to the server's configuration, and restart it", settings.display()))?;
        output.line(format!("2. install the App at {install}, for the repositories that it shall see"))?;
        output.line("3. tidegate connect <address of the repository> --branch main")?;
    }
    Ok(Exit::Ok)
}
