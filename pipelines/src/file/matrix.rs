use std::sync::Arc;

use crate::diagnostic::Code;
use crate::text::{Map, Node, Problem, Read, Reader, Spanned, Text, Value};

/// Axes with their values, or a text whose value is such a map as JSON.
#[derive(Debug, Clone)]
pub(crate) enum MatrixForm {
    Axes(Matrix),
    From(Spanned<String>),
}

/// One job for each combination of the values.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    /// In the order of the file.
    pub(crate) axes: Vec<(Spanned<String>, AxisForm)>,
    pub(crate) include: Vec<Map<Text>>,
    pub(crate) exclude: Vec<Spanned<Map<Text>>>,
    /// Every axis could be read.
    pub(crate) whole: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum AxisForm {
    Listed(Spanned<Vec<Spanned<Text>>>),
    /// A text whose value is a list as JSON.
    From(Spanned<String>),
}

impl Read for MatrixForm {
    const WHAT: &'static str = "a map from an axis to its values, such as `os: [linux, macos]`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(entries) => {
                let mut matrix = Matrix { axes: Vec::new(), include: Vec::new(), exclude: Vec::new(), whole: true };
                for (key, value) in entries {
                    match key.text.as_str() {
                        "include" => matrix.include = Vec::read(value, reader)?,
                        "exclude" => matrix.exclude = Vec::read(value, reader)?,
                        name => {
                            let name = Spanned { value: name.to_owned(), span: key.span };
                            match AxisForm::read(value, reader) {
                                Some(values) => matrix.axes.push((name, values)),
                                None => matrix.whole = false,
                            }
                        }
                    }
                }
                Some(Self::Axes(matrix))
            }
            Value::Scalar { text, .. } if text.contains("${{") => Spanned::read(node, reader).map(Self::From),
            _ => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

impl Read for AxisForm {
    const WHAT: &'static str = "a list of values";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Sequence(_) => Spanned::read(node, reader).map(Self::Listed),
            Value::Scalar { text, .. } if text.contains("${{") => Spanned::read(node, reader).map(Self::From),
            Value::Scalar { text, .. } if !node.is_null() => {
                let problem = Problem::error(Code::WrongType, node.span, format!("this is {}", node.describe())).expected(Self::WHAT);
                reader.report(problem.help(format!("write it as a list: [{}]", crate::text::shortened(text))));
                None
            }
            _ => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

impl schemars::JsonSchema for MatrixForm {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Matrix".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = serde_json::json!({ "type": ["string", "number", "boolean"] });
        let output = serde_json::json!({ "type": "string", "pattern": "\\$\\{\\{" });
        let combination = serde_json::json!({ "type": "object", "additionalProperties": value });
        schemars::json_schema!({
            "description": "One job for each combination of the values, at most 256; their names are `matrix.<axis>` in its texts.",
            "anyOf": [
                output,
                {
                    "type": "object",
                    "properties": {
                        "include": { "description": "Further combinations, or further values for some.", "type": "array", "items": combination },
                        "exclude": { "description": "Combinations that are left out.", "type": "array", "items": combination },
                    },
                    "additionalProperties": { "anyOf": [{ "type": "array", "items": value, "minItems": 1 }, output] },
                },
            ],
        })
    }
}
