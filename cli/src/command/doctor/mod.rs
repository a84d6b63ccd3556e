//! `tidegate doctor`: is everything there that a server, a runner and a client need, and is the data whole?

mod database;
mod machine;
mod server;

use serde::Serialize;

use super::Context;
use crate::config;
use crate::exit::{Exit, Result};
use crate::output::{Style, plain};

/// Looks at the configuration, this machine, the server's data and the server itself, and says what to do.
/// Nothing is changed, and it may be asked while the server runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: config::Flags,
}

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    subject: &'static str,
    grade: Grade,
    found: String,
    /// What to do about it; nothing when all is well.
    next_step: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Grade {
    Ok,
    /// It works, with less; or nobody can tell yet.
    Warn,
    /// Something does not work, or data is not what was written.
    Bad,
}

impl Finding {
    fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self { subject, grade: Grade::Ok, found: found.into(), next_step: None }
    }

    fn warn(subject: &'static str, found: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self { subject, grade: Grade::Warn, found: found.into(), next_step: Some(next_step.into()) }
    }

    fn bad(subject: &'static str, found: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self { subject, grade: Grade::Bad, found: found.into(), next_step: Some(next_step.into()) }
    }
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let (settings, mut findings) = machine::configuration(&arguments.flags, context);
    findings.extend(machine::tools());
    if let Some(settings) = &settings {
        findings.extend(machine::data(settings));
        findings.extend(machine::bucket(settings).await);
        findings.extend(database::examine(settings).await);
    }
    findings.extend(server::examine(settings.as_ref(), context).await);
    let worst = findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Ok);
    print(&findings, worst, context)?;
    Ok(if worst == Grade::Bad { Exit::Failed } else { Exit::Ok })
}

fn print(findings: &[Finding], worst: Grade, context: &Context) -> Result<()> {
    let output = &context.output;
    if output.json {
        output.json(&serde_json::json!({ "worst": worst, "findings": findings }))?;
        return Ok(());
    }
    for finding in findings {
        let (word, style) = match finding.grade {
            Grade::Ok => ("ok  ", Style::Good),
            Grade::Warn => ("warn", Style::Waiting),
            Grade::Bad => ("bad ", Style::Bad),
        };
        output.line(format!("{} {:<14} {}", output.paint(style, word), finding.subject, plain(&finding.found)))?;
        if let Some(step) = &finding.next_step {
            output.line(format!("     {:<14} {}", "", output.paint(Style::Active, &format!("→ {}", plain(step)))))?;
        }
    }
    let count = |grade| findings.iter().filter(|finding| finding.grade == grade).count();
    output.talk(format!("{} ok, {} warn, {} bad", count(Grade::Ok), count(Grade::Warn), count(Grade::Bad)));
    Ok(())
}
