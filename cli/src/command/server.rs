use super::Context;
use crate::config;
use crate::exit::{Exit, Failure, Result};
use crate::output::Style;
use crate::serve::signals::{self, Signals};
use crate::serve::{Server, logging};

/// Needs no configuration; docs/configuration.md lists what can be set.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: config::Flags,
    /// End when standard input ends, as a child does whose parent holds the other end
    #[arg(long, hide = true)]
    until_stdin_ends: bool,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let settings = config::load(&arguments.flags, &context.environment)?.settings()?;
    logging::start(settings.log_format, &settings.log_level)?;
    let signals = Signals::listen()?;
    if arguments.until_stdin_ends {
        signals::end_with_parent(signals.first.clone());
    }
    let serve = async {
        let server = Server::open(&settings, context.clock.clone()).await?;
        say_hello(&server, context).await?;
        server.run(signals.first.clone()).await
    };
    tokio::select! {
        served = serve => served.map(|()| Exit::Ok),
        () = signals.second.cancelled() => Err(Failure::new(Exit::Interrupted, "ended at once by the second signal")),
    }
}

/// The link is the result of the command and goes to stdout; it is never logged.
async fn say_hello(server: &Server, context: &Context) -> Result<()> {
    let output = &context.output;
    tracing::info!(address = %server.address, public_url = %server.public_url, version = env!("CARGO_PKG_VERSION"), "the server is ready");
    if let Some(link) = server.first_start().await? {
        if output.json {
            output.json_line(&serde_json::json!({ "first_start": link.url }))?;
        } else {
            output.line(format!("{} {}", output.paint(Style::Strong, "first start: make the first admin at"), link.url))?;
            output.talk(
                "or with `tidegate login --link …`; the link works once, for a day, and is printed anew at each start until it was used",
            );
        }
    }
    Ok(())
}
