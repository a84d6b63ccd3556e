//! Asks Datadog for the state of a monitor.

use std::time::Duration;

use async_trait::async_trait;
use engine::core::input::Reading;
use engine::ports::{MonitorReader, SecretValue};
use pipelines::plan::{DATADOG, Monitor, MonitorKind};
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use crate::egress::{self, Client};

const BODY_BYTES: usize = 1024 * 1024;

/// The monitor `datadog`, by the number of a monitor there.
///
/// `Alert` is bad; `OK` and `Warn` are good; `No Data` and whatever else Datadog does not judge by is no data (G9, IC5).
#[derive(Debug, Clone)]
pub struct Datadog {
    client: Client,
    access: Option<Access>,
}

/// Where Datadog is and what lets us in.
#[derive(Debug, Clone)]
pub struct Access {
    /// Of the organisation's site, such as `https://api.datadoghq.eu`.
    pub url: Url,
    pub api_key: SecretValue,
    pub application_key: SecretValue,
}

/// What counts of Datadog's answer.
#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    name: String,
    overall_state: Option<String>,
}

impl Datadog {
    /// Without access every reading says how to configure it.
    #[must_use]
    pub fn new(client: Client, access: Option<Access>) -> Self {
        Self { client, access }
    }

    async fn ask(&self, number: &str) -> Result<Reading, String> {
        let Some(access) = &self.access else {
            return Err(
                "this server has no access to Datadog: set datadog.api_key and datadog.application_key in its configuration".to_owned()
            );
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("{number:?} is no number of a monitor"));
        }
        let url = format!("{}/api/v1/monitor/{number}", access.url.as_str().trim_end_matches('/'));
        let request = self.client.request(Method::GET, &url).map_err(|failure| failure.to_string())?;
        let request = request.header("dd-api-key", access.api_key.reveal()).header("dd-application-key", access.application_key.reveal());
        let response = request.send().await.map_err(|error| format!("Datadog cannot be asked: {}", egress::failure(error)))?;
        let status = response.status().as_u16();
        let body = egress::body(response, BODY_BYTES).await.map_err(|failure| format!("Datadog broke off: {failure}"))?;
        match status {
            200 => {}
            401 | 403 => {
                return Err("Datadog refuses the server's keys: they are wrong, or may not read monitors (monitors_read)".to_owned());
            }
            404 => return Err(format!("Datadog has no monitor {number}; was it deleted?")),
            429 => return Err("Datadog answers that there are too many requests".to_owned()),
            other => return Err(format!("Datadog answered status {other}")),
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| format!("Datadog answered what cannot be read: {error}"))?;
        let state = answer.overall_state.unwrap_or_default();
        let detail = format!("{state}: {}", answer.name);
        Ok(match state.as_str() {
            "OK" | "Warn" => Reading::Ok { value: None, detail },
            "Alert" => Reading::Bad { value: None, detail },
            "No Data" | "Ignored" | "Skipped" | "Unknown" | "" => Reading::NoData { detail },
            _ => return Err(format!("Datadog answers a state that is not known here: {state}")),
        })
    }
}

#[async_trait]
impl MonitorReader for Datadog {
    fn knows(&self, monitor: &Monitor) -> bool {
        matches!(&monitor.kind, MonitorKind::External { system, .. } if system == DATADOG)
    }

    async fn read(&self, monitor: &Monitor) -> Reading {
        let MonitorKind::External { name, .. } = &monitor.kind else {
            return Reading::Unreadable { detail: "this is no monitor of Datadog's".to_owned() };
        };
        match tokio::time::timeout(Duration::from_millis(monitor.timeout_ms), self.ask(name)).await {
            Ok(Ok(reading)) => reading,
            Ok(Err(detail)) => Reading::Unreadable { detail },
            Err(_) => Reading::Unreadable { detail: format!("Datadog did not answer within {} ms", monitor.timeout_ms) },
        }
    }
}
