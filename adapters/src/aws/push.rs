//! What CloudWatch pushes when an alarm changes: through SNS to an HTTPS subscription, or through an API destination of EventBridge.
//!
//! The proof is a secret in the address (docs/decisions/0027). What is proven is read leniently and believed in one thing only: which alarm
//! is worth a look now.

use std::time::Duration;

use async_trait::async_trait;
use engine::ports::forge::HookRefused;
use engine::ports::{AlarmPush, Confirmation, Pushed};
use pipelines::plan::alarm_signal;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::egress::{self, Client};
use crate::hooks::HookSecrets;

const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// What an answer to a confirmation may have.
const ANSWER_BYTES: usize = 64 * 1024;
/// What of a text from outside stands in an error.
const SHOWN_CHARS: usize = 120;

/// The subscriber to SNS topics and the API destination of EventBridge.
#[derive(Debug)]
pub struct AwsPush {
    secrets: HookSecrets,
    client: Client,
    /// In the place of every address of AWS.
    endpoint: Option<String>,
}

impl AwsPush {
    #[must_use]
    pub fn new(secrets: HookSecrets, client: Client, endpoint: Option<String>) -> Self {
        Self { secrets, client, endpoint }
    }
}

#[async_trait]
impl AlarmPush for AwsPush {
    fn prove(&self, secret: &str) -> Result<(), HookRefused> {
        if self.secrets.is_empty() {
            return Err(HookRefused::NotConfigured { forge: "AWS".to_owned(), next_step: "set aws.webhook_secrets".to_owned() });
        }
        if self.secrets.holds(secret) {
            return Ok(());
        }
        Err(HookRefused::Unproven("what the address ends with is none of the secrets of aws.webhook_secrets".to_owned()))
    }

    fn read(&self, body: &[u8]) -> Result<Pushed, HookRefused> {
        read(body)
    }

    async fn confirm(&self, confirmation: &Confirmation) -> Result<(), String> {
        let url = match &self.endpoint {
            Some(endpoint) => elsewhere(&confirmation.url, endpoint)?,
            None => confirmation.url.clone(),
        };
        let request = self.client.request(Method::GET, &url).map_err(|failure| failure.to_string())?;
        let sent = request.timeout(ANSWER_WITHIN).send().await.map_err(|error| egress::failure(error).to_string())?;
        let status = sent.status();
        drop(egress::body(sent, ANSWER_BYTES).await);
        if status.is_success() { Ok(()) } else { Err(format!("SNS answers {status} to the confirmation of {}", confirmation.topic)) }
    }
}

/// Of an SNS message (Amazon SNS Developer Guide, "HTTP/HTTPS notification JSON format"), of an event of EventBridge, or of an alarm that SNS
/// delivers raw.
fn read(body: &[u8]) -> Result<Pushed, HookRefused> {
    let message = json(body)?;
    match text(&message, "Type") {
        Some("Notification") => {
            let said = text(&message, "Message").ok_or_else(|| malformed("a notification of SNS has a text `Message`"))?;
            match json(said.as_bytes()) {
                Ok(inner) => alarm(&inner, text(&message, "TopicArn")),
                Err(_) => Ok(Pushed::Ignored("the notification does not speak of an alarm".to_owned())),
            }
        }
        Some("SubscriptionConfirmation") => {
            let topic = text(&message, "TopicArn").ok_or_else(|| malformed("a confirmation of SNS has a `TopicArn`"))?;
            let url = text(&message, "SubscribeURL").ok_or_else(|| malformed("a confirmation of SNS has a `SubscribeURL`"))?;
            Ok(Pushed::Asked(Confirmation { url: of_sns(url, topic)?, topic: shown(topic) }))
        }
        Some("UnsubscribeConfirmation") => Ok(Pushed::Ignored("the subscription has ended; polling goes on".to_owned())),
        Some(other) => Err(malformed(&format!("the `Type` of a message of SNS is none of those that it documents: {:?}", shown(other)))),
        None => alarm(&message, None),
    }
}

/// Account, region and name stand in the alarm's ARN, `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`; an event names it among its resources.
fn alarm(said: &Value, topic: Option<&str>) -> Result<Pushed, HookRefused> {
    if let Some(kind) = text(said, "detail-type") {
        if kind != "CloudWatch Alarm State Change" {
            return Ok(Pushed::Ignored(format!("an event of another kind: {:?}", shown(kind))));
        }
        let named = text(said, "account").zip(text(said, "region")).zip(text(&said["detail"], "alarmName"));
        let ((account, region), name) =
            named.ok_or_else(|| malformed("an event of EventBridge has account, region and detail.alarmName"))?;
        return changed(account, region, name);
    }
    if let Some(arn) = text(said, "AlarmArn") {
        let parts: Vec<&str> = arn.splitn(7, ':').collect();
        if let ["arn", _, "cloudwatch", region, account, "alarm", name] = parts[..] {
            return changed(account, region, name);
        }
        return Err(malformed("`AlarmArn` is no ARN of an alarm"));
    }
    let region = topic.and_then(|topic| topic.split(':').nth(3));
    match (text(said, "AlarmName"), text(said, "AWSAccountId"), region) {
        (Some(name), Some(account), Some(region)) => changed(account, region, name),
        _ => Ok(Pushed::Ignored("it does not speak of an alarm".to_owned())),
    }
}

fn changed(account: &str, region: &str, name: &str) -> Result<Pushed, HookRefused> {
    if account.is_empty() || region.is_empty() || name.is_empty() || account.len() + region.len() + name.len() > 1_024 {
        return Err(malformed("an alarm has an account, a region and a name of 255 characters at most"));
    }
    Ok(Pushed::Changed { signal: alarm_signal(account, region, name) })
}

/// Only ever SNS itself, in the region of the topic: whoever sends a message chooses this address, and the server follows it.
fn of_sns(url: &str, topic: &str) -> Result<String, HookRefused> {
    let refuse = |why: &str| malformed(&format!("`SubscribeURL` is not followed: {why}"));
    let url = Url::parse(url).map_err(|_| refuse("it is no URL"))?;
    let parts: Vec<&str> = topic.splitn(6, ':').collect();
    let ["arn", partition, "sns", region, _, _] = parts[..] else { return Err(malformed("`TopicArn` is no ARN of a topic")) };
    let is_region = !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    if !is_region || url.host_str() != Some(format!("sns.{region}.{suffix}").as_str()) {
        return Err(refuse("its host is not that of SNS in the topic's region"));
    }
    if url.scheme() != "https" || url.port().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it is not https without port and credentials"));
    }
    let is_confirmation = url.query_pairs().any(|(key, value)| key == "Action" && value == "ConfirmSubscription");
    if url.path() != "/" || !is_confirmation {
        return Err(refuse("it does not confirm a subscription"));
    }
    Ok(url.into())
}

/// The same request to an emulator.
fn elsewhere(url: &str, endpoint: &str) -> Result<String, String> {
    let asked = Url::parse(url).map_err(|error| error.to_string())?;
    let mut there = Url::parse(endpoint).map_err(|error| error.to_string())?;
    there.set_path("/");
    there.set_query(asked.query());
    Ok(there.into())
}

fn json(body: &[u8]) -> Result<Value, HookRefused> {
    let value: Value = serde_json::from_slice(body).map_err(|error| malformed(&format!("it is no JSON: {error}")))?;
    if value.is_object() { Ok(value) } else { Err(malformed("expected an object")) }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn malformed(detail: &str) -> HookRefused {
    HookRefused::Malformed(detail.to_owned())
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:222222222222:alarms";

    fn signal(of: Value) -> Pushed {
        read(of.to_string().as_bytes()).expect("it is understood")
    }

    #[test]
    fn an_alarm_is_found_in_each_shape_in_which_it_is_sent() {
        let expected = Pushed::Changed { signal: "cloudwatch 222222222222/eu-west-1/cart: errors".to_owned() };
        let arn = "arn:aws:cloudwatch:eu-west-1:222222222222:alarm:cart: errors";
        let alarm = json!({"AlarmName": "cart: errors", "AWSAccountId": "222222222222", "Region": "EU (Ireland)", "AlarmArn": arn, "NewStateValue": "ALARM"});
        let event = json!({
            "version": "0", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "account": "222222222222",
            "region": "eu-west-1", "resources": [arn], "detail": {"alarmName": "cart: errors", "state": {"value": "ALARM"}},
        });
        let older = json!({"AlarmName": "cart: errors", "AWSAccountId": "222222222222", "Region": "EU (Ireland)"});
        let wrapped = |of: &Value| json!({"Type": "Notification", "TopicArn": TOPIC, "Message": of.to_string()});
        for said in [wrapped(&alarm), wrapped(&event), wrapped(&older), alarm, event] {
            assert_eq!(signal(said.clone()), expected, "{said}");
        }
    }

    #[test]
    fn what_speaks_of_no_alarm_is_ignored_and_rubbish_is_refused() {
        for ignored in [
            json!({"Type": "Notification", "TopicArn": TOPIC, "Message": "hello"}),
            json!({"Type": "Notification", "TopicArn": TOPIC, "Message": "{\"budget\": 1}"}),
            json!({"Type": "UnsubscribeConfirmation", "TopicArn": TOPIC, "SubscribeURL": "https://evil.example"}),
            json!({"detail-type": "EC2 Instance State-change Notification"}),
        ] {
            assert!(matches!(signal(ignored.clone()), Pushed::Ignored(_)), "{ignored}");
        }
        for rubbish in [
            "",
            "[]",
            "7",
            "{\"Type\": \"Other\"}",
            "{\"Type\": \"Notification\"}",
            "{\"AlarmArn\": \"x\"}",
            "\u{0}",
            "{\"Type\": \"SubscriptionConfirmation\"}",
            "{\"detail-type\": \"CloudWatch Alarm State Change\"}",
        ] {
            assert!(matches!(read(rubbish.as_bytes()), Err(HookRefused::Malformed(_))), "{rubbish:?}");
        }
    }

    #[test]
    fn only_sns_in_the_region_of_the_topic_is_ever_asked() {
        let query = "?Action=ConfirmSubscription&TopicArn=x&Token=y";
        let right = format!("https://sns.eu-west-1.amazonaws.com/{query}");
        assert_eq!(of_sns(&right, TOPIC).expect("SNS itself"), right);
        let china = "arn:aws-cn:sns:cn-north-1:222222222222:alarms";
        of_sns(&format!("https://sns.cn-north-1.amazonaws.com.cn/{query}"), china).expect("SNS in China");
        for wrong in [
            format!("http://sns.eu-west-1.amazonaws.com/{query}"),
            format!("https://sns.us-east-1.amazonaws.com/{query}"),
            format!("https://sns.eu-west-1.amazonaws.com.evil.example/{query}"),
            format!("https://sns.eu-west-1.amazonaws.com@evil.example/{query}"),
            format!("https://user@sns.eu-west-1.amazonaws.com/{query}"),
            format!("https://sns.eu-west-1.amazonaws.com:8443/{query}"),
            format!("https://sns.eu-west-1.amazonaws.com/elsewhere{query}"),
            "https://sns.eu-west-1.amazonaws.com/?Action=Publish".to_owned(),
            format!("https://169.254.169.254/{query}"),
            "nothing".to_owned(),
        ] {
            assert!(of_sns(&wrong, TOPIC).is_err(), "{wrong}");
        }
        assert!(of_sns("https://sns.evil/../.amazonaws.com/?Action=ConfirmSubscription", "arn:aws:sns:evil/..:1:t").is_err());
    }
}
