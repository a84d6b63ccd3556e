use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Code;
use crate::file::{InputType, PreviewChange};
use crate::text::{Map, Node, Problem, Read, Reader, Spanned, Text, Value, shortened};

/// What a block wants to know.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) alias: Option<String>,
    pub(crate) kind: InputType,
    pub(crate) required: bool,
    pub(crate) default: Option<Given>,
    pub(crate) one_of: Vec<String>,
    pub(crate) per_target: bool,
    /// How it differs in a preview.
    pub(crate) preview: Option<PreviewChange>,
}

/// What a pipeline says to one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    /// May hold `${{ … }}`.
    Text(String),
    Env {
        values: BTreeMap<String, String>,
        /// Its names with blanks between: what `${{ inputs.… }}` inserts.
        names: String,
    },
    /// By target.
    PerTarget(BTreeMap<String, String>),
}

impl Given {
    pub(crate) fn text_for(&self, target: Option<&str>) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::PerTarget(values) => target.and_then(|target| values.get(target)).map(String::as_str),
            Self::Env { names, .. } => Some(names),
        }
    }

    /// Everything that it says.
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::Env { values, .. } | Self::PerTarget(values) => values.values().map(String::as_str).collect(),
        }
    }
}

impl Input {
    /// Reads a value, and reports one of another type.
    pub(crate) fn read(&self, node: &Arc<Node>, reader: &mut Reader) -> Option<Given> {
        if self.kind == InputType::Env {
            let map = Map::<Text>::read(node, reader)?;
            let values: BTreeMap<String, String> = map.entries.into_iter().map(|(name, value)| (name.value, value.0)).collect();
            let names = values.keys().map(String::as_str).collect::<Vec<_>>().join(" ");
            return Some(Given::Env { values, names });
        }
        if self.per_target && matches!(node.value, Value::Mapping(_)) {
            let map = Map::<Arc<Node>>::read(node, reader)?;
            let mut values = BTreeMap::new();
            for (target, value) in map.entries {
                if let Some(text) = self.text(&value, reader) {
                    values.insert(target.value, text);
                }
            }
            return Some(Given::PerTarget(values));
        }
        self.text(node, reader).map(Given::Text)
    }

    fn text(&self, node: &Arc<Node>, reader: &mut Reader) -> Option<String> {
        if self.kind == InputType::Commands && matches!(node.value, Value::Sequence(_)) {
            return Vec::<String>::read(node, reader).map(|commands| commands.join("\n"));
        }
        let Value::Scalar { text, .. } = &node.value else {
            reader.report(self.wrong(node, format!("this is {}", node.describe())));
            return None;
        };
        let is_inserted = text.contains("${{");
        let problem = match self.kind {
            _ if is_inserted => None,
            InputType::Integer => {
                (text.parse::<i64>().is_err() || !node.is_plain()).then(|| self.wrong(node, format!("this is {}", node.describe())))
            }
            InputType::Boolean => {
                (!matches!(text.as_str(), "true" | "false")).then(|| self.wrong(node, format!("this is {}", node.describe())))
            }
            _ => return self.word(String::read(node, reader)?, node, reader),
        };
        match problem {
            Some(problem) => {
                reader.report(problem);
                None
            }
            None => Some(text.clone()),
        }
    }

    fn word(&self, text: String, node: &Node, reader: &mut Reader) -> Option<String> {
        if self.one_of.is_empty() || self.one_of.contains(&text) {
            return Some(text);
        }
        let words = self.one_of.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        reader.report(
            Problem::error(Code::WrongInput, node.span, format!("the input `{}` does not take `{}`", self.name, shortened(&text)))
                .expected(format!("one of {words}"))
                .suggest(&text, self.one_of.iter().map(String::as_str)),
        );
        None
    }

    fn wrong(&self, node: &Node, what: String) -> Problem {
        let expected = match self.kind {
            InputType::Integer => "a whole number",
            InputType::Boolean => "`true` or `false`",
            InputType::Artifact => "the name of an artifact",
            InputType::Commands => "a command, or a list of commands",
            InputType::String | InputType::Env => "a string",
        };
        let expected = if self.per_target { format!("{expected}, or a map from each target to one") } else { expected.to_owned() };
        Problem::error(Code::WrongInput, node.span, format!("{what}, and the input `{}` takes something else", self.name))
            .expected(expected)
    }
}

/// The values of `with` for the inputs of one block or shape, defaults included; `whose` names it: ``the block `mine` ``.
pub(crate) fn read_all(
    whose: &str,
    inputs: &[Input],
    with: Option<&Arc<Node>>,
    at: crate::text::Span,
    reader: &mut Reader,
) -> BTreeMap<String, Given> {
    let mut values = BTreeMap::new();
    let mut wrong = std::collections::BTreeSet::new();
    if let Some(node) = with {
        match Map::<Arc<Node>>::read(node, reader) {
            Some(map) => {
                for (key, value) in map.entries {
                    let Some(input) = inputs.iter().find(|input| input.name == key.value || input.alias.as_ref() == Some(&key.value))
                    else {
                        reader.report(unknown(whose, inputs, &key));
                        continue;
                    };
                    match input.read(&value, reader) {
                        Some(given) => {
                            if values.insert(input.name.clone(), given).is_some() {
                                let twice = format!("the input `{}` is given twice", input.name);
                                reader.report(Problem::error(Code::ConflictingKeys, key.span, twice).help("remove one of them"));
                            }
                        }
                        None => {
                            wrong.insert(input.name.clone());
                        }
                    }
                }
            }
            None => return values,
        }
    }
    for input in inputs {
        if values.contains_key(&input.name) || wrong.contains(&input.name) {
            continue;
        }
        if let Some(default) = &input.default {
            values.insert(input.name.clone(), default.clone());
        } else if input.required {
            let span = with.map_or(at, |node| node.span);
            reader.report(
                Problem::error(Code::MissingInput, span, format!("{whose} needs the input `{}`", input.name))
                    .help(format!("add it under `with`: {{{}: …}}", input.name)),
            );
        }
    }
    values
}

fn unknown(whose: &str, inputs: &[Input], key: &Spanned<String>) -> Problem {
    let names = inputs.iter().map(|input| input.name.as_str());
    let listed = names.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Problem::error(Code::UnknownInput, key.span, format!("{whose} has no input `{}`", shortened(&key.value)))
        .expected(format!("one of {listed}"))
        .suggest(&key.value, names)
}
