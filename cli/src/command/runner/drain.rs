use crate::client::segment;
use crate::command::Context;
use crate::exit::{Exit, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Its id, from `tidegate runner list`
    id: String,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let path = format!("/api/v1/runners/{}/drain", segment(&arguments.id));
    let _: serde_json::Value = context.client()?.post(&path, &Context::key(), &serde_json::json!({})).await?;
    let output = &context.output;
    if output.json {
        output.json(&serde_json::json!({ "draining": arguments.id }))?;
    } else {
        output.line(format!("{} takes nothing new", arguments.id))?;
    }
    Ok(Exit::Ok)
}
