use serde_json::json;

use super::Context;
use crate::config::{self, KEYS, Kind, Value, duration_text};
use crate::exit::{Exit, Result};
use crate::output::{Style, Table};

/// Every problem is reported at once; secrets are never shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: config::Flags,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let loaded = config::load(&arguments.flags, &context.environment)?;
    let output = &context.output;
    if output.json {
        let values: serde_json::Map<String, serde_json::Value> = loaded
            .values
            .iter()
            .map(|(name, (value, origin))| {
                ((*name).to_owned(), json!({ "value": shown(name, value), "origin": origin.to_string(), "meaning": meaning(name) }))
            })
            .collect();
        let problems: Vec<_> = loaded
            .problems
            .iter()
            .map(|p| json!({ "origin": p.origin.to_string(), "message": p.message, "next_step": p.next_step }))
            .collect();
        output.json(&json!({ "file": loaded.file, "values": values, "problems": problems }))?;
        return Ok(if problems.is_empty() { Exit::Ok } else { Exit::Usage });
    }
    let mut table = Table::new(&["KEY", "VALUE", "FROM"]);
    for key in KEYS {
        let (text, origin) = match loaded.values.get(key.name) {
            Some((value, origin)) => (shown(key.name, value), origin.to_string()),
            None => ("-".to_owned(), String::new()),
        };
        table.row([(key.name.to_owned(), None), (text, Some(Style::Strong)), (origin, Some(Style::Quiet))]);
    }
    table.print(output)?;
    crate::serve::owner::open(&loaded.settings()?)?;
    output.talk(output.paint_talk(Style::Good, "the configuration is valid"));
    Ok(Exit::Ok)
}

fn meaning(name: &str) -> &'static str {
    KEYS.iter().find(|key| key.name == name).map_or("", |key| key.what)
}

/// As environment and flags would write it, with secrets and passwords hidden.
fn shown(name: &str, value: &Value) -> String {
    let kind = KEYS.iter().find(|key| key.name == name).map(|key| key.kind);
    match (kind, value) {
        (Some(Kind::Secret), _) => "(hidden)".to_owned(),
        (Some(Kind::Database), Value::Text(text)) => without_password(text),
        (_, Value::Text(text)) => text.clone(),
        (_, Value::Flag(flag)) => flag.to_string(),
        (_, Value::Count(count)) => count.to_string(),
        (_, Value::DurationMs(ms)) => duration_text(*ms),
        (_, Value::Secrets(secrets)) => secrets.keys().map(|name| format!("{name}=(hidden)")).collect::<Vec<_>>().join(","),
    }
}

/// A password may stand before the `@` or in the query; both are hidden.
fn without_password(text: &str) -> String {
    if text.starts_with("sqlite:") {
        return text.to_owned();
    }
    match url::Url::parse(text) {
        Ok(mut url) => {
            if url.password().is_some() && url.set_password(Some("hidden")).is_err() {
                return "(hidden)".to_owned();
            }
            let asks = url.query().is_some();
            url.set_query(asks.then_some("hidden"));
            url.to_string()
        }
        Err(_) => "(hidden)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_hidden_wherever_a_database_url_may_hold_it() {
        assert_eq!(without_password("postgres://me:hunter2@db/x"), "postgres://me:hidden@db/x");
        assert_eq!(without_password("postgres://db/x?password=hunter2"), "postgres://db/x?hidden");
        assert_eq!(without_password("sqlite:/data/tidegate.db"), "sqlite:/data/tidegate.db");
    }
}
