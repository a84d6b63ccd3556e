//! Systems Manager: its parameters, and the door to its commands.

use serde_json::{Value, json};

use super::{Answer, Known, Refused, unknown};

pub(super) fn call(known: &mut Known, operation: &str, asked: &Value) -> Answer {
    let name = asked["Name"].as_str().unwrap_or_default().to_owned();
    match operation {
        "SendCommand" => known.commands.send(asked),
        "GetCommandInvocation" => known.commands.invocation(asked),
        "PutParameter" => {
            known.parameters.insert(name, asked["Value"].as_str().expect("a value").to_owned());
            Ok(json!({"Version": 1}))
        }
        "GetParameter" => match known.parameters.get(&name) {
            Some(value) => Ok(json!({"Parameter": {"Name": name, "Value": value}})),
            None => Err(Refused("ParameterNotFound", String::new())),
        },
        "DeleteParameter" => match known.parameters.remove(&name) {
            Some(_) => Ok(json!({})),
            None => Err(Refused("ParameterNotFound", String::new())),
        },
        _ => unknown("AmazonSSM", operation),
    }
}
