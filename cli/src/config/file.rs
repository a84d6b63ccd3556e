use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{self, KEYS, Key, Kind, Origin, Value, Values};
use super::problem::Problem;
use super::value;

/// Reads a configuration file into `values`. Every problem is reported, none stops the others.
pub(crate) fn read(path: &Path, text: &str, values: &mut Values, problems: &mut Vec<Problem>) {
    let name = path.display().to_string();
    let at = |span: Range<usize>| Origin::File { path: name.clone(), line: line_of(text, span.start) };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        problems.push(Problem { origin: at(error.span().unwrap_or(0..0)), message: error.message().to_owned(), next_step: None });
    }
    let mut entries = Vec::new();
    flatten("", table.get_ref(), &mut entries);
    for (name, span, value) in entries {
        match key::find(&name) {
            None => problems.push(unknown(&name, at(span))),
            Some(key) => match typed(key, value.get_ref()) {
                Ok(checked) => {
                    values.insert(key.name, (checked, at(span)));
                }
                Err(message) => problems.push(Problem { origin: at(span), message: format!("{}: {message}", key.name), next_step: None }),
            },
        }
    }
}

/// Dotted names with the place of the key and its value; a table that is no group of ours is one entry.
fn flatten<'t, 'i>(prefix: &str, table: &'t DeTable<'i>, into: &mut Vec<(String, Range<usize>, &'t Spanned<DeValue<'i>>)>) {
    for (name, value) in table {
        let dotted = format!("{prefix}{}", name.get_ref());
        let group = format!("{dotted}.");
        match value.get_ref().as_table() {
            Some(inner) if KEYS.iter().any(|key| key.name.starts_with(&group)) => flatten(&group, inner, into),
            _ => into.push((dotted, name.span(), value)),
        }
    }
}

fn unknown(name: &str, origin: Origin) -> Problem {
    // A key in the wrong table is as likely as a slip of the finger.
    let last = name.rsplit('.').next().unwrap_or(name);
    let same_word = KEYS.iter().map(|key| key.name).find(|known| known.rsplit('.').next() == Some(last));
    let near = same_word.or_else(|| key::nearest(name, KEYS.iter().map(|key| key.name)));
    Problem {
        origin,
        message: format!("there is no setting {name:?}"),
        next_step: near
            .map(|near| format!("did you mean {near:?}?"))
            .or_else(|| Some("docs/configuration.md lists all settings".to_owned())),
    }
}

fn typed(key: &Key, value: &DeValue<'_>) -> Result<Value, String> {
    let wrong = |expected: &str| Err(format!("expected {expected}, not a TOML {}", value.type_str()));
    match key.kind {
        Kind::Flag => value.as_bool().map(Value::Flag).map_or_else(|| wrong("true or false"), Ok),
        Kind::Count { .. } => match value.as_integer() {
            Some(integer) => value::parse(key.kind, integer.as_str()),
            None => wrong("a number"),
        },
        Kind::SecretTable => match value.as_table() {
            Some(table) => {
                let text = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                    let name: &std::borrow::Cow<'_, str> = name.get_ref();
                    Some((name.to_string(), value.get_ref().as_str()?.to_owned()))
                };
                table
                    .iter()
                    .map(text)
                    .collect::<Option<_>>()
                    .map(Value::Secrets)
                    .ok_or_else(|| "expected a table of strings only".to_owned())
            }
            None => wrong("a table of strings"),
        },
        Kind::Address | Kind::Url | Kind::Database | Kind::Path | Kind::Duration { .. } | Kind::OneOf(_) | Kind::Secret | Kind::Text => {
            match value.as_str() {
                Some(text) => value::parse(key.kind, text),
                None => wrong("a string in quotes"),
            }
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}
