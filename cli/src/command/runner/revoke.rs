use crate::client::segment;
use crate::command::Context;
use crate::exit::{Exit, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Its id, from `tidegate runner list`
    id: String,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let path = format!("/api/v1/runners/{}/revoke", segment(&arguments.id));
    let _: serde_json::Value = context.client()?.post(&path, &Context::key(), &serde_json::json!({})).await?;
    let output = &context.output;
    if output.json {
        output.json(&serde_json::json!({ "revoked": arguments.id }))?;
    } else {
        output.line(format!("{} is revoked: its token is refused from now on", arguments.id))?;
    }
    Ok(Exit::Ok)
}
