//! Asks Prometheus, or what speaks its HTTP API, an instant query.

mod answer;

use std::time::Duration;

use async_trait::async_trait;
use engine::core::input::Reading;
use engine::ports::MonitorReader;
use pipelines::plan::{Comparison, Monitor, MonitorKind};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

use crate::egress::{self, Client};

/// An instant query that answers more is no alarm.
const BODY_BYTES: usize = 8 * 1024 * 1024;

/// The monitor `prometheus`.
///
/// Bad when any series satisfies the comparison. No series, or one that is not a number, is no data; an answer with
/// warnings is not whole, and reads as unreadable unless it is bad anyway (IC5).
#[derive(Debug, Clone)]
pub struct Prometheus {
    client: Client,
}

impl Prometheus {
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl MonitorReader for Prometheus {
    fn knows(&self, monitor: &Monitor) -> bool {
        matches!(monitor.kind, MonitorKind::Prometheus { .. })
    }

    async fn read(&self, monitor: &Monitor) -> Reading {
        let MonitorKind::Prometheus { server, query, comparison, threshold } = &monitor.kind else {
            return Reading::Unreadable { detail: "this is no prometheus monitor".to_owned() };
        };
        let timeout = Duration::from_millis(monitor.timeout_ms);
        let read = self.ask(server, query, monitor.timeout_ms, Bound { comparison: *comparison, threshold: *threshold });
        match tokio::time::timeout(timeout, read).await {
            Ok(Ok(reading)) => reading,
            Ok(Err(detail)) => Reading::Unreadable { detail },
            Err(_) => Reading::Unreadable { detail: format!("Prometheus did not answer within {} ms", monitor.timeout_ms) },
        }
    }
}

/// What is bad.
#[derive(Debug, Clone, Copy)]
struct Bound {
    comparison: Comparison,
    threshold: f64,
}

impl Prometheus {
    async fn ask(&self, server: &str, query: &str, timeout_ms: u64, bound: Bound) -> Result<Reading, String> {
        let url = format!("{}/api/v1/query", server.trim_end_matches('/'));
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("query", query)
            .append_pair("timeout", &format!("{timeout_ms}ms"))
            .finish();
        let request = self.client.request(Method::POST, &url).map_err(|failure| failure.to_string())?;
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let response = request.send().await.map_err(|error| format!("Prometheus cannot be asked: {}", egress::failure(error)))?;
        let status = response.status();
        let body = egress::body(response, BODY_BYTES).await.map_err(|failure| format!("Prometheus broke off: {failure}"))?;
        if body.len() == BODY_BYTES {
            return Err(format!("the answer is longer than {BODY_BYTES} bytes; let the query aggregate"));
        }
        match answer::parse(&body) {
            Ok(answer) => answer::judge(answer, bound),
            // Something in between answers in its own words.
            Err(_) if !status.is_success() => Err(format!("Prometheus answered status {}", status.as_u16())),
            Err(error) => Err(format!("Prometheus answered what cannot be read: {error}")),
        }
    }
}
