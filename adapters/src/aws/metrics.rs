use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode};
use engine::core::input::Reading;
use pipelines::plan::{CloudMetric, Comparison, bounded_metric};

use super::cloudwatch::{Inner, Place, unreadable};
use super::failure;

/// GetMetricData takes so many metrics at once.
pub(super) const METRICS: usize = 500;
const PAGES: usize = 8;
/// Metrics arrive late; what is older than this many periods and minutes says nothing about now.
const PERIODS: u64 = 3;
const LATE_S: u64 = 180;

/// A text, and what it asks: a metric, and the bound that it shall keep.
type Asked<'t> = (&'t String, CloudMetric, Option<(Comparison, f64)>);

impl Inner {
    /// A reading for each of these texts; in words why none can be read.
    pub(super) async fn measure(&self, place: &Place, texts: &[String]) -> Result<BTreeMap<String, Reading>, String> {
        let mut readings = BTreeMap::new();
        let mut asked: Vec<Asked<'_>> = Vec::new();
        for text in texts {
            match bounded_metric(text) {
                Ok((metric, bound)) => asked.push((text, metric, bound)),
                Err(expected) => {
                    readings.insert(text.clone(), unreadable(&format!("{text:?} is no metric of CloudWatch; expected {expected}")));
                }
            }
        }
        // One call has one span of time, so each length of period has its own.
        let mut periods: Vec<u32> = asked.iter().map(|(_, metric, _)| metric.period_s).collect();
        periods.sort_unstable();
        periods.dedup();
        for period_s in periods {
            let same: Vec<_> = asked.iter().filter(|(_, metric, _)| metric.period_s == period_s).collect();
            let queries: Vec<MetricDataQuery> = same.iter().enumerate().map(|(at, (_, metric, _))| query(at, metric)).collect();
            let found = self.newest(place, queries, u64::from(period_s)).await?;
            for (at, (text, _, bound)) in same.into_iter().enumerate() {
                readings.insert((*text).clone(), reading(found.get(&id(at)), *bound, period_s));
            }
        }
        Ok(readings)
    }

    /// The newest whole period of each query that has one, by the query's id.
    async fn newest(&self, place: &Place, queries: Vec<MetricDataQuery>, period_s: u64) -> Result<BTreeMap<String, Series>, String> {
        let now_s = u64::try_from(self.clock.now().0).unwrap_or_default() / 1_000;
        // A period that is not over holds less than it will: it would make traffic look thin.
        let end_s = now_s - now_s % period_s;
        self.series(place, queries, end_s.saturating_sub(PERIODS * period_s + LATE_S), end_s).await
    }

    /// What there is of each query from one moment to another, by the query's id.
    pub(super) async fn series(
        &self,
        place: &Place,
        queries: Vec<MetricDataQuery>,
        from_s: u64,
        to_s: u64,
    ) -> Result<BTreeMap<String, Series>, String> {
        let client = self.client(place).await?;
        let moment = |seconds: u64| DateTime::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let mut found: BTreeMap<String, Series> = BTreeMap::new();
        let mut next = None;
        for _ in 0..PAGES {
            let request = client
                .get_metric_data()
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(moment(from_s))
                .end_time(moment(to_s))
                .scan_by(ScanBy::TimestampDescending)
                .set_next_token(next);
            self.spend("GetMetricData", queries.len() as u64);
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) => {
                    self.failed.fetch_add(1, Ordering::Relaxed);
                    return Err(self.unread(place, &failure::of(&error), "cloudwatch:GetMetricData"));
                }
            };
            for result in answer.metric_data_results() {
                found.entry(result.id().unwrap_or_default().to_owned()).or_default().add(result);
            }
            next = answer.next_token;
            if next.is_none() {
                return Ok(found);
            }
        }
        Err(format!("CloudWatch in {}/{} answers with more than {PAGES} pages for {} metrics", place.account, place.region, queries.len()))
    }
}

/// What is known of one query after some pages.
#[derive(Debug, Clone, Default)]
pub(super) struct Series {
    /// By the second at which a period begins.
    pub(super) points: BTreeMap<i64, f64>,
    pub(super) trouble: Option<String>,
}

impl Series {
    pub(super) fn values(&self) -> Vec<f64> {
        self.points.values().copied().collect()
    }

    fn add(&mut self, result: &MetricDataResult) {
        self.points.extend(result.timestamps().iter().map(DateTime::secs).zip(result.values().iter().copied()));
        if matches!(result.status_code(), Some(StatusCode::InternalError | StatusCode::Forbidden)) {
            let messages = result.messages().iter().filter_map(|message| message.value()).collect::<Vec<_>>().join("; ");
            self.trouble = Some(format!("{}: {messages}", result.status_code().map(StatusCode::as_str).unwrap_or_default()));
        }
    }
}

fn reading(newest: Option<&Series>, bound: Option<(Comparison, f64)>, period_s: u32) -> Reading {
    let Some(newest) = newest else { return unreadable("CloudWatch left the metric out of its answer") };
    if let Some(trouble) = &newest.trouble {
        return unreadable(&format!("CloudWatch could not read the metric: {trouble}"));
    }
    let Some(value) = newest.points.values().next_back().copied() else {
        return Reading::NoData { detail: format!("no data in the last {PERIODS} periods of {period_s} s and {LATE_S} s before") };
    };
    match bound {
        Some((comparison, bound)) if comparison.holds(value, bound) => {
            Reading::Bad { value: Some(value), detail: format!("{value} in {period_s} s") }
        }
        _ => Reading::Ok { value: Some(value), detail: format!("{value} in {period_s} s") },
    }
}

/// Ids begin with a small letter.
pub(super) fn id(at: usize) -> String {
    format!("m{at}")
}

pub(super) fn query(at: usize, metric: &CloudMetric) -> MetricDataQuery {
    let dimension = |(name, value): (&String, &String)| Dimension::builder().name(name).value(value).build();
    let of = Metric::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.name)
        .set_dimensions(Some(metric.dimensions.iter().map(dimension).collect()))
        .build();
    let period = i32::try_from(metric.period_s).unwrap_or(i32::MAX);
    let statistic = MetricStat::builder().metric(of).period(period).stat(&metric.statistic).build();
    MetricDataQuery::builder().id(id(at)).metric_stat(statistic).return_data(true).build()
}
