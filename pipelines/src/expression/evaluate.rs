use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use cel::objects::{Key, Map};
use cel::{Env, ExecutionError, IdedExpr};
use serde_json::Value;

use super::{Context, Error, budget, references};

static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

pub(super) fn value(expression: &IdedExpr, context: &Context) -> Result<Value, Error> {
    budget::check(expression, context)?;
    let mut variables = cel::Context::with_env(Arc::clone(&STANDARD));
    for reference in references::of(expression) {
        let root = reference.split('.').next().unwrap_or(&reference);
        match context.get(root) {
            Some(value) if variables.get_variable(root).is_none() => variables.add_variable_from_value(root, from_json(value)),
            Some(_) => {}
            None => return Err(unknown_root(root, context)),
        }
    }
    let value = cel::Value::resolve(expression, &variables).map_err(|error| Error::new(0, message(&error)))?;
    to_json(&value)
}

/// What a value is, in words, without the value.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

fn unknown_root(root: &str, context: &Context) -> Error {
    let known: Vec<&str> = context.roots().collect();
    let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
    Error::new(0, format!("`{root}` is not known here; known here: {known}"))
}

fn from_json(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => cel::Value::Int(value),
            (None, Some(value)) => cel::Value::UInt(value),
            (None, None) => cel::Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => cel::Value::String(Arc::new(text.clone())),
        Value::Array(items) => cel::Value::List(Arc::new(items.iter().map(from_json).collect())),
        Value::Object(entries) => {
            let entries: HashMap<Key, cel::Value> =
                entries.iter().map(|(key, value)| (Key::String(Arc::new(key.clone())), from_json(value))).collect();
            cel::Value::Map(Map::from(entries))
        }
    }
}

fn to_json(value: &cel::Value) -> Result<Value, Error> {
    Ok(match value {
        cel::Value::Null => Value::Null,
        cel::Value::Bool(value) => Value::Bool(*value),
        cel::Value::Int(value) => Value::from(*value),
        cel::Value::UInt(value) => Value::from(*value),
        cel::Value::Float(value) => {
            serde_json::Number::from_f64(*value).map(Value::Number).ok_or_else(|| Error::new(0, "the number is not finite"))?
        }
        cel::Value::String(text) => Value::String(text.as_str().to_owned()),
        cel::Value::List(items) => Value::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        // serde_json's map is ordered by key, whatever the order of the hash map.
        cel::Value::Map(map) => {
            Value::Object(map.map.iter().map(|(key, value)| Ok((key.to_string(), to_json(value)?))).collect::<Result<_, Error>>()?)
        }
        _ => return Err(Error::new(0, "the value is neither a text, a number, true or false, null, a list nor a map")),
    })
}

/// Says what is wrong without showing a value: it may be a secret.
fn message(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("there is no `{key}`"),
        ExecutionError::UndeclaredReference(name) => format!("`{name}` is not known here"),
        ExecutionError::NoSuchOverload(overload) => {
            format!("`{}` does not work on ({})", operator_text(overload.function()), overload.argument_types().join(", "))
        }
        ExecutionError::InvalidArgumentCount { expected, actual } => format!("expected {expected} arguments, got {actual}"),
        ExecutionError::NotSupportedAsMethod { method, .. } => format!("`{method}` does not work on this value"),
        ExecutionError::UnsupportedBinaryOperator(operator, ..) => {
            format!("`{}` does not work on these values", operator_text(operator))
        }
        ExecutionError::Overflow(operator, ..) => format!("`{}` leaves the range of numbers", operator_text(operator)),
        ExecutionError::FunctionError { function, .. } => format!("`{}` does not work on these values", operator_text(function)),
        ExecutionError::ValuesNotComparable(..) => "these values cannot be compared".to_owned(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "the index is outside the list".to_owned(),
        ExecutionError::UnsupportedIndex(..) | ExecutionError::UnsupportedKeyType(_) => "a value of this type is no index".to_owned(),
        ExecutionError::DuplicateKey(_) => "the map has one key twice".to_owned(),
        _ => "a value has the wrong type".to_owned(),
    }
}

/// `_+_` as people write it.
fn operator_text(function: &str) -> &str {
    match function {
        "@in" => "in",
        "_?_:_" => "?:",
        "_[_]" => "[]",
        "add" => "+",
        "sub" | "negate" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        _ => function.trim_matches('_'),
    }
}
