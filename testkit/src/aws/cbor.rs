//! CloudWatch's binary protocol (Smithy RPC v2 CBOR), translated to the JSON that the emulator speaks.

use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value as Json};

/// CBOR's tag for seconds since 1970.
const SECONDS: u64 = 1;

/// The operation's name of a path such as `/service/GraniteServiceVersion20100801/operation/DescribeAlarms`.
pub(crate) fn operation(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/service/")?;
    rest.split_once("/operation/")
}

pub(crate) fn to_json(bytes: &[u8]) -> Json {
    if bytes.is_empty() {
        return Json::Object(Map::new());
    }
    let value: Cbor = ciborium::from_reader(bytes).expect("a client sends CBOR");
    json(value)
}

pub(crate) fn from_json(text: &[u8]) -> Vec<u8> {
    let value: Json = serde_json::from_slice(text).expect("the emulator answers JSON");
    let mut bytes = Vec::new();
    ciborium::into_writer(&cbor("", value), &mut bytes).expect("a value that was JSON");
    bytes
}

fn json(value: Cbor) -> Json {
    match value {
        Cbor::Integer(number) => Json::from(i64::try_from(number).expect("a number of CloudWatch's")),
        Cbor::Float(number) => Number::from_f64(number).map_or(Json::Null, Json::Number),
        Cbor::Text(text) => Json::String(text),
        Cbor::Bool(flag) => Json::Bool(flag),
        Cbor::Array(items) => items.into_iter().map(json).collect(),
        Cbor::Map(entries) => {
            entries.into_iter().map(|(key, value)| (key.into_text().expect("names are texts"), json(value))).collect::<Map<_, _>>().into()
        }
        Cbor::Tag(_, inner) => json(*inner),
        Cbor::Null => Json::Null,
        other => panic!("CloudWatch has no {other:?}"),
    }
}

/// `name`: of the member that holds the value, as only names tell a moment from a number.
fn cbor(name: &str, value: Json) -> Cbor {
    match value {
        Json::Null => Cbor::Null,
        Json::Bool(flag) => Cbor::Bool(flag),
        Json::Number(number) if name.contains("Timestamp") => Cbor::Tag(SECONDS, Box::new(Cbor::Float(number.as_f64().expect("a moment")))),
        Json::Number(number) => match number.as_i64() {
            Some(whole) if name != "Values" && name != "Threshold" => Cbor::Integer(whole.into()),
            _ => Cbor::Float(number.as_f64().expect("a number")),
        },
        Json::String(text) => Cbor::Text(text),
        Json::Array(items) => Cbor::Array(items.into_iter().map(|item| cbor(name, item)).collect()),
        Json::Object(members) => Cbor::Map(members.into_iter().map(|(key, value)| (Cbor::Text(key.clone()), cbor(&key, value))).collect()),
    }
}
