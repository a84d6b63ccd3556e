use std::fmt::Write as _;

use super::Block;
use super::block::Verb;
use super::input::Input;

impl Block {
    /// What `tidegate blocks doc` prints: Markdown with every input, its type, its default and what it is for.
    #[must_use]
    pub fn doc(&self) -> String {
        let mut text = format!("# {}\n\n{}\n", self.name(), self.description().trim());
        text.push_str(&inputs_doc(self.inputs()));
        let strategies: Vec<String> = self.strategies().iter().map(|name| format!("`{}`", name.as_str())).collect();
        let _ = writeln!(text, "\nStrategies: {}.", strategies.join(", "));
        let verbs: Vec<String> = self.declared_verbs().map(|verb| format!("`{}`", verb_name(verb))).collect();
        let _ = writeln!(text, "Verbs: {}.", verbs.join(", "));
        if !self.parts().is_empty() {
            let parts: Vec<String> = self.parts().keys().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(text, "Made of: {}.", parts.join(", "));
        }
        text
    }
}

/// A table of inputs, or that there are none; with an empty line before it.
pub(crate) fn inputs_doc(inputs: &[Input]) -> String {
    if inputs.is_empty() {
        return "\nIt takes no inputs.\n".to_owned();
    }
    let mut text = String::from("\n| input | type | default | |\n|---|---|---|---|\n");
    for input in inputs {
        let _ = writeln!(text, "| `{}` | {} | {} | {} |", input.name, kind(input), default(input), cell(&description(input)));
    }
    text
}

fn kind(input: &Input) -> String {
    let words: Vec<String> = input.one_of.iter().map(|word| format!("`{}`", cell(word))).collect();
    if words.is_empty() { input.kind.as_str().to_owned() } else { words.join(", ") }
}

fn default(input: &Input) -> String {
    match input.default.as_ref().and_then(|given| given.text_for(None)) {
        _ if input.required => "required".to_owned(),
        None | Some("") => String::new(),
        Some(text) => format!("`{}`", cell(text)),
    }
}

fn description(input: &Input) -> String {
    let mut text = input.description.trim().to_owned();
    if input.per_target {
        text.push_str(" May be a map from each target to its value.");
    }
    if let Some(alias) = &input.alias {
        let _ = write!(text, " Also called `{alias}`.");
    }
    text
}

/// A line of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn verb_name(verb: Verb) -> &'static str {
    match verb {
        Verb::Inspect => "inspect",
        Verb::Prepare => "prepare",
        Verb::Shift => "shift",
        Verb::Health => "health",
        Verb::Finish => "finish",
        Verb::Rollback => "rollback",
        Verb::Destroy => "destroy",
    }
}
