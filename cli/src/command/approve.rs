use api::types::{Applied, Approve, GateKind, ReleaseAnswer, ReleaseNumber};

use super::{Context, of_release};
use crate::exit::{Exit, Failure, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    pipeline: String,
    #[arg(value_parser = super::release_number)]
    release: ReleaseNumber,
    /// The gate, where several wait for an approval
    #[arg(long)]
    gate: Option<String>,
    /// Why, for those who come after you
    #[arg(long, default_value = "")]
    reason: String,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let client = context.client()?;
    let path = of_release(&arguments.pipeline, arguments.release);
    let seen: ReleaseAnswer = client.get(&path).await?;
    let gate = waiting_gate(&seen, arguments.gate.as_deref())?;
    // Bound to what was seen: when the release is another by now, the server refuses (G5).
    let body = Approve { gate, digest: seen.release.summary.digest, reason: arguments.reason.clone() };
    let applied: Applied = client.post(&format!("{path}/approve"), &Context::key(), &body).await?;
    super::print_applied(&applied, context)
}

/// The key of the approval that waits; `named` chooses where there are several.
pub(super) fn waiting_gate(seen: &ReleaseAnswer, named: Option<&str>) -> Result<String> {
    let approvals = || seen.release.gates.iter().filter(|gate| gate.kind == GateKind::Approval);
    if let Some(name) = named {
        return match approvals().find(|gate| gate.key == name || gate.name == name) {
            Some(gate) => Ok(gate.key.clone()),
            None => {
                let known: Vec<&str> = approvals().map(|gate| gate.key.as_str()).collect();
                let next = if known.is_empty() { "it has no approval gate".to_owned() } else { format!("it has: {}", known.join(", ")) };
                Err(Failure::new(Exit::NotFound, format!("release {} has no approval gate {name:?}", seen.release.summary.number))
                    .next(next))
            }
        };
    }
    let waiting: Vec<&str> = approvals().filter(|gate| gate.asked_at.is_some() && gate.opens_now()).map(|gate| gate.key.as_str()).collect();
    match waiting.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => {
            Err(Failure::new(Exit::Refused, format!("release {} waits for no approval now{}", seen.release.summary.number, decided(seen)))
                .code("not_waiting")
                .next("`tidegate status PIPELINE` shows what each release waits for"))
        }
        several => Err(Failure::usage(format!("several gates of release {} wait: {}", seen.release.summary.number, several.join(", ")))
            .next("choose one with --gate")),
    }
}

/// Who was faster, and with what.
fn decided(seen: &ReleaseAnswer) -> String {
    let approvals = seen.release.gates.iter().filter(|gate| gate.kind == GateKind::Approval);
    let said = approvals.filter_map(|gate| {
        let (word, given) = match (&gate.rejected, gate.approvals.last()) {
            (Some(rejected), _) => ("rejected", rejected),
            (None, Some(approved)) => ("approved", approved),
            (None, None) => return None,
        };
        let reason = if given.reason.is_empty() { String::new() } else { format!(" ({})", crate::output::plain(&given.reason)) };
        Some(format!("{} was {word} by {}{reason}", gate.key, crate::narrator::who(&given.by)))
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

/// Whether an approval would change anything.
trait OpensNow {
    fn opens_now(&self) -> bool;
}

impl OpensNow for api::types::GateView {
    fn opens_now(&self) -> bool {
        let given = u32::try_from(self.approvals.len()).unwrap_or(u32::MAX);
        self.rejected.is_none() && !self.overridden && self.needed.is_none_or(|needed| given < needed)
    }
}
