use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::tree::{PlainKind, plain_kind};
use super::{Node, Problem, Read, Reader, Value};
use crate::diagnostic::Code;

/// A string. A number or boolean without quotes is refused: `1.10` would be read as `1.1` by other tools.
impl Read for String {
    const WHAT: &'static str = "a string";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Scalar { text, plain } if !*plain || plain_kind(text) == PlainKind::String => Some(text.clone()),
            Value::Scalar { .. } if node.is_null() => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
            Value::Scalar { text, .. } => {
                reader.report(
                    Problem::error(Code::Unquoted, node.span, format!("this is {}, and a string is needed", node.describe()))
                        .expected(Self::WHAT)
                        .help(format!("write it in quotes: \"{text}\"")),
                );
                None
            }
            _ => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

/// A string, number or boolean, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl Read for Text {
    const WHAT: &'static str = "a string, number or boolean";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Scalar { text, .. } if !node.is_null() => Some(Self(text.clone())),
            _ => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl Read for bool {
    const WHAT: &'static str = "`true` or `false`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Scalar { text, plain: true } if plain_kind(text) == PlainKind::Boolean => Some(text.eq_ignore_ascii_case("true")),
            Value::Scalar { text, .. } if matches!(text.to_ascii_lowercase().as_str(), "yes" | "on" | "no" | "off" | "true" | "false") => {
                let meant = matches!(text.to_ascii_lowercase().as_str(), "yes" | "on" | "true");
                reader.report(
                    Problem::error(Code::WrongType, node.span, "this is a string").expected(Self::WHAT).help(format!("write `{meant}`")),
                );
                None
            }
            _ => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

macro_rules! whole_number {
    ($($type:ty),+) => {$(
        impl Read for $type {
            const WHAT: &'static str = "a whole number";

            fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
                match &node.value {
                    Value::Scalar { text, plain: true } if plain_kind(text) == PlainKind::Number => match text.parse() {
                        Ok(number) => Some(number),
                        Err(_) => {
                            let problem = Problem::error(Code::OutOfRange, node.span, format!("`{}` is not a whole number in range", super::read::shortened(text)));
                            reader.report(problem.expected(format!("a whole number from {} to {}", Self::MIN, Self::MAX)));
                            None
                        }
                    },
                    _ => {
                        reader.wrong_type(node, Self::WHAT);
                        None
                    }
                }
            }
        }
    )+};
}

whole_number!(u16, u32, i32);

/// Time in milliseconds, written as `500ms`, `90s`, `30m`, `12h`, `3d`, or several in falling order: `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Duration {
    pub(crate) ms: u64,
}

/// Nothing in a pipeline waits longer than a year.
const LONGEST_MS: u64 = 366 * 24 * 60 * 60 * 1000;

impl Duration {
    fn parse(text: &str) -> Option<Self> {
        const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
        let mut rest = text;
        let mut allowed = &UNITS[..];
        let mut ms: u64 = 0;
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let digits = rest.find(|character: char| !character.is_ascii_digit())?;
            let (number, after) = rest.split_at(digits);
            let length = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
            let (unit, after) = after.split_at(length);
            let at = allowed.iter().position(|(name, _)| *name == unit)?;
            let (_, factor) = allowed.get(at)?;
            ms = ms.checked_add(number.parse::<u64>().ok()?.checked_mul(*factor)?)?;
            allowed = allowed.get(at + 1..)?;
            rest = after;
        }
        Some(Self { ms })
    }
}

impl Read for Duration {
    const WHAT: &'static str = "a duration such as `90s`, `30m`, `12h` or `3d`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        let Value::Scalar { text, .. } = &node.value else {
            reader.wrong_type(node, Self::WHAT);
            return None;
        };
        let shown = super::read::shortened(text);
        let problem = match Self::parse(text) {
            Some(duration) if duration.ms <= LONGEST_MS => return Some(duration),
            Some(_) => Problem::error(Code::OutOfRange, node.span, format!("`{shown}` is too long")).expected("at most 366 days"),
            None => {
                let problem = Problem::error(Code::BadFormat, node.span, format!("`{shown}` is not a duration")).expected(Self::WHAT);
                if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
                    problem.help(format!("add a unit: `{shown}s` or `{shown}m`"))
                } else {
                    problem
                }
            }
        };
        reader.report(problem);
        None
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Time with its unit: 500ms, 90s, 30m, 12h, 3d, or several: 1h30m.",
            "type": "string",
            "pattern": "^(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?$",
            "minLength": 2
        })
    }
}

/// For the schema: `true` or no value at all.
pub(crate) struct Bare;

impl JsonSchema for Bare {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bare".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [true, null] })
    }
}

/// A part of a target, 1 to 100, written as `10%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Percent(pub(crate) u8);

impl Read for Percent {
    const WHAT: &'static str = "a percentage such as `10%`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        let Value::Scalar { text, .. } = &node.value else {
            reader.wrong_type(node, Self::WHAT);
            return None;
        };
        let shown = super::read::shortened(text);
        let number = text.strip_suffix('%').map(str::parse::<u8>);
        let problem = match number {
            Some(Ok(percent @ 1..=100)) => return Some(Self(percent)),
            Some(_) => Problem::error(Code::OutOfRange, node.span, format!("`{shown}` is out of range")).expected("`1%` to `100%`"),
            None => {
                let problem = Problem::error(Code::BadFormat, node.span, format!("`{shown}` is not a percentage")).expected(Self::WHAT);
                if text.parse::<u8>().is_ok() { problem.help(format!("write `{shown}%`")) } else { problem }
            }
        };
        reader.report(problem);
        None
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A part of a target: 10%.", "type": "string", "pattern": "^([1-9][0-9]?|100)%$" })
    }
}
