//! Asks a URL, several times if wanted, and judges status, latency and body.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use engine::core::input::Reading;
use engine::ports::MonitorReader;
use futures::StreamExt;
use pipelines::plan::{Monitor, MonitorKind};
use reqwest::{Method, RequestBuilder};

use crate::clock::Stopwatch;
use crate::egress::{self, Client, Failure};

/// What is read of a body, and searched for `body_contains`.
const BODY_BYTES: usize = 1024 * 1024;
const SAMPLES_AT_ONCE: usize = 32;
const MOST_SAMPLES: u32 = 1000;

/// The monitor `http`.
///
/// A service that refuses, breaks off or answers too late is *bad*; what this server could not send, was not permitted
/// to send or could not look up is *unreadable*. A redirect is an answer with its own status. Latency runs from the
/// connection to the end of the body, or of its first MiB.
#[derive(Debug, Clone)]
pub struct HttpMonitor {
    client: Client,
}

impl HttpMonitor {
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl MonitorReader for HttpMonitor {
    fn knows(&self, monitor: &Monitor) -> bool {
        matches!(monitor.kind, MonitorKind::Http { .. })
    }

    async fn read(&self, monitor: &Monitor) -> Reading {
        let MonitorKind::Http { url, method, headers, status, max_latency_ms, body_contains, samples, max_failures } = &monitor.kind else {
            return Reading::Unreadable { detail: "this is no http monitor".to_owned() };
        };
        if *samples > MOST_SAMPLES {
            return Reading::Unreadable { detail: format!("{samples} samples are too many; at most {MOST_SAMPLES} are asked") };
        }
        let expected = Expected { status, max_latency_ms: *max_latency_ms, body_contains: body_contains.as_deref() };
        let timeout = Duration::from_millis(monitor.timeout_ms);
        let started = Stopwatch::start();
        // One budget for all: those that wait for their turn have less of it.
        let asked = (0..(*samples).max(1)).map(|_| async {
            let request = match request(&self.client, method, url, headers) {
                Ok(request) => request,
                Err(failure) => return Sample::of(failure, None),
            };
            let left = timeout.saturating_sub(started.elapsed());
            match tokio::time::timeout(left, ask(request, &expected)).await {
                Ok(sample) => sample,
                Err(_) => Sample::Bad { latency_ms: None, detail: format!("no answer within {} ms", monitor.timeout_ms) },
            }
        });
        let samples: Vec<Sample> = futures::stream::iter(asked).buffer_unordered(SAMPLES_AT_ONCE).collect().await;
        judge(&samples, *max_failures)
    }
}

struct Expected<'a> {
    status: &'a [u16],
    max_latency_ms: Option<u64>,
    body_contains: Option<&'a str>,
}

enum Sample {
    Good { latency_ms: u64 },
    Bad { latency_ms: Option<u64>, detail: String },
    Unreadable { detail: String },
}

impl Sample {
    fn of(failure: Failure, latency_ms: Option<u64>) -> Self {
        match failure {
            Failure::Here(detail) => Self::Unreadable { detail },
            Failure::There(detail) => Self::Bad { latency_ms, detail },
        }
    }
}

fn request(client: &Client, method: &str, url: &str, headers: &BTreeMap<String, String>) -> Result<RequestBuilder, Failure> {
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| Failure::Here(format!("{method:?} is no HTTP method")))?;
    let request = client.request(method, url)?;
    Ok(headers.iter().fold(request, |request, (name, value)| request.header(name, value)))
}

async fn ask(request: RequestBuilder, expected: &Expected<'_>) -> Sample {
    let started = Stopwatch::start();
    let answer = async {
        let response = request.send().await.map_err(egress::failure)?;
        let status = response.status();
        Ok((status, egress::body(response, BODY_BYTES).await?))
    };
    let answer: Result<_, Failure> = answer.await;
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (status, body) = match answer {
        Ok(answer) => answer,
        Err(failure) => return Sample::of(failure, Some(latency_ms)),
    };
    let right = if expected.status.is_empty() { status.is_success() } else { expected.status.contains(&status.as_u16()) };
    let bad = |detail| Sample::Bad { latency_ms: Some(latency_ms), detail };
    if !right {
        return bad(format!("status {} in {latency_ms} ms", status.as_u16()));
    }
    if let Some(limit) = expected.max_latency_ms.filter(|limit| latency_ms > *limit) {
        return bad(format!("status {} took {latency_ms} ms, longer than {limit} ms", status.as_u16()));
    }
    match expected.body_contains {
        Some(text) if !body.windows(text.len().max(1)).any(|window| window == text.as_bytes()) && !text.is_empty() => {
            bad(format!("status {}, but the body does not contain {text:?}", status.as_u16()))
        }
        _ => Sample::Good { latency_ms },
    }
}

/// Enough bad answers are bad whatever else could not be read; otherwise a gap in the evidence passes nothing (IC5).
fn judge(samples: &[Sample], max_failures: u32) -> Reading {
    let latencies = samples.iter().filter_map(|sample| match sample {
        Sample::Good { latency_ms } => Some(*latency_ms),
        Sample::Bad { latency_ms, .. } => *latency_ms,
        Sample::Unreadable { .. } => None,
    });
    let slowest_ms = latencies.max();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds, for people")]
    let value = slowest_ms.map(|ms| ms as f64);
    let bad: Vec<&str> =
        samples.iter().filter_map(|sample| if let Sample::Bad { detail, .. } = sample { Some(detail.as_str()) } else { None }).collect();
    let count = samples.len();
    if let Some(first) = bad.first().filter(|_| bad.len() > max_failures as usize) {
        let detail = if count == 1 {
            (*first).to_owned()
        } else {
            format!("{} of {count} requests failed (at most {max_failures} may): {first}", bad.len())
        };
        return Reading::Bad { value, detail };
    }
    let unreadable = samples.iter().find_map(|sample| if let Sample::Unreadable { detail } = sample { Some(detail) } else { None });
    if let Some(detail) = unreadable {
        return Reading::Unreadable { detail: detail.clone() };
    }
    let slowest = slowest_ms.map_or_else(String::new, |ms| format!(", the slowest in {ms} ms"));
    Reading::Ok { value, detail: format!("{} of {count} requests answered as expected{slowest}", count - bad.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(good: usize, bad: usize, unreadable: usize) -> Vec<Sample> {
        let good = (0..good).map(|_| Sample::Good { latency_ms: 7 });
        let bad = (0..bad).map(|_| Sample::Bad { latency_ms: Some(9), detail: "status 500".to_owned() });
        let unreadable = (0..unreadable).map(|_| Sample::Unreadable { detail: "no route".to_owned() });
        good.chain(bad).chain(unreadable).collect()
    }

    #[test]
    fn enough_bad_answers_are_bad_whatever_could_not_be_read() {
        let Reading::Bad { detail, value } = judge(&samples(1, 3, 2), 2) else { panic!("three of at most two failed") };
        assert_eq!(detail, "3 of 6 requests failed (at most 2 may): status 500");
        assert_eq!(value, Some(9.0));
    }

    #[test]
    fn a_gap_in_the_evidence_passes_nothing() {
        assert_eq!(judge(&samples(5, 2, 1), 2), Reading::Unreadable { detail: "no route".to_owned() });
    }
}
