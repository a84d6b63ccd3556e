use std::collections::BTreeMap;

use engine::core::input::Reading;
use pipelines::plan::Comparison;
use serde::Deserialize;

use super::Bound;

/// Of many bad series these are named.
const NAMED: usize = 3;
const DETAIL_CHARS: usize = 1000;

/// <https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview>
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(super) enum Answer {
    Success {
        data: Data,
        #[serde(default)]
        warnings: Vec<String>,
    },
    #[serde(rename_all = "camelCase")]
    Error { error_type: String, error: String },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "snake_case")]
pub(super) enum Data {
    Vector(Vec<Series>),
    Scalar(Point),
    Matrix(serde::de::IgnoredAny),
    String(serde::de::IgnoredAny),
}

#[derive(Debug, Deserialize)]
pub(super) struct Series {
    metric: BTreeMap<String, String>,
    /// None for a native histogram.
    value: Option<Point>,
}

/// The time in seconds, and the value as Prometheus writes numbers: `1.5`, `NaN`, `+Inf`.
#[derive(Debug, Deserialize)]
pub(super) struct Point(#[expect(dead_code, reason = "part of the format")] f64, String);

pub(super) fn parse(body: &[u8]) -> Result<Answer, serde_json::Error> {
    serde_json::from_slice(body)
}

/// The error says why the answer is no reading.
pub(super) fn judge(answer: Answer, bound: Bound) -> Result<Reading, String> {
    let (data, warnings) = match answer {
        Answer::Success { data, warnings } => (data, warnings),
        Answer::Error { error_type, error } => return Err(format!("Prometheus refused the query ({error_type}): {error}")),
    };
    let series = match data {
        Data::Vector(series) => series.into_iter().map(named).collect::<Result<Vec<_>, _>>()?,
        Data::Scalar(point) => vec![(String::from("the query"), number(&point)?)],
        Data::Matrix(_) => return Err("the query answers a range; an instant vector or a scalar is needed".to_owned()),
        Data::String(_) => return Err("the query answers a string; an instant vector or a scalar is needed".to_owned()),
    };
    let bad: Vec<&(String, f64)> = series.iter().filter(|(_, value)| bound.holds(*value)).collect();
    if let Some(worst) = bound.worst(bad.iter().map(|(_, value)| *value)) {
        let mut names: Vec<String> =
            bad.iter().take(NAMED).map(|(name, value)| format!("{name} is {value}, {} {}", bound.words(), bound.threshold)).collect();
        if bad.len() > NAMED {
            names.push(format!("{} more series", bad.len() - NAMED));
        }
        return Ok(Reading::Bad { value: Some(worst), detail: short(&names.join("; ")) });
    }
    if !warnings.is_empty() {
        return Err(short(&format!("Prometheus answered in part: {}", warnings.join("; "))));
    }
    if let Some((name, _)) = series.iter().find(|(_, value)| value.is_nan()) {
        return Ok(Reading::NoData { detail: short(&format!("{name} is NaN, which is no number to compare")) });
    }
    match bound.worst(series.iter().map(|(_, value)| *value)) {
        None => Ok(Reading::NoData { detail: "the query answers no series".to_owned() }),
        Some(value) => {
            let detail = format!("none of {} series is {} {}; the nearest is {value}", series.len(), bound.words(), bound.threshold);
            Ok(Reading::Ok { value: Some(value), detail })
        }
    }
}

impl Bound {
    /// Whether the value is bad. NaN never is.
    #[expect(clippy::float_cmp, reason = "the person who wrote `equal` means the very number")]
    fn holds(self, value: f64) -> bool {
        match self.comparison {
            Comparison::Below => value < self.threshold,
            Comparison::AtMost => value <= self.threshold,
            Comparison::Equal => value == self.threshold,
            Comparison::AtLeast => value >= self.threshold,
            Comparison::Above => value > self.threshold,
        }
    }

    /// The value that is deepest in the bad, or nearest to it.
    fn worst(self, values: impl Iterator<Item = f64>) -> Option<f64> {
        let distance = |value: &f64| match self.comparison {
            Comparison::Below | Comparison::AtMost => *value,
            Comparison::Equal => (*value - self.threshold).abs(),
            Comparison::AtLeast | Comparison::Above => -*value,
        };
        values.min_by(|one, other| distance(one).total_cmp(&distance(other)))
    }

    fn words(self) -> &'static str {
        match self.comparison {
            Comparison::Below => "below",
            Comparison::AtMost => "at most",
            Comparison::Equal => "equal to",
            Comparison::AtLeast => "at least",
            Comparison::Above => "above",
        }
    }
}

/// `up{instance="a",job="b"}`, as Prometheus writes it.
fn named(series: Series) -> Result<(String, f64), String> {
    let Series { mut metric, value } = series;
    let name = metric.remove("__name__").unwrap_or_default();
    let labels: Vec<String> = metric.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
    let name = match (name.is_empty(), labels.is_empty()) {
        (true, true) => "the query".to_owned(),
        (false, true) => name,
        _ => format!("{name}{{{}}}", labels.join(",")),
    };
    match value {
        Some(point) => Ok((name, number(&point)?)),
        None => Err(short(&format!("{name} is a histogram, which cannot be compared; take histogram_quantile() or histogram_count()"))),
    }
}

fn number(Point(_, text): &Point) -> Result<f64, String> {
    text.parse().map_err(|_| short(&format!("Prometheus answered {text:?}, which is no number")))
}

fn short(text: &str) -> String {
    text.chars().take(DETAIL_CHARS).collect()
}
