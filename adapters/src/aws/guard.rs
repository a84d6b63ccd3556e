//! A target against itself: its requests, faults and latency now, and before it was changed.
//!
//! Nobody chose bounds, so only what is far off counts, and only where there was enough before to compare with. What is missing
//! is no data, neither good nor bad; but where there was steady traffic, none at all is what is looked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::core::Time;
use engine::core::input::Reading;
use pipelines::plan::Guard;

use super::cloudwatch::{Inner, Place, unreadable};
use super::metrics::{METRICS, Series, id, query};

const MINUTE_S: u64 = 60;
/// How long before the watch began is looked at.
const BEFORE_MINUTES: u64 = 180;
/// How many minutes are looked at now, and how long after its end a minute is whole: metrics arrive late.
const NOW_MINUTES: u64 = 3;
const LATE_S: u64 = 120;
/// Less says too little about what is usual.
const LEAST_MINUTES: usize = 30;
/// Requests in a usual minute; where there are fewer, a few minutes without one are nothing special.
const LEAST_REQUESTS: f64 = 5.0;
/// Requests before and now of which faults are counted.
const LEAST_BEFORE: f64 = 100.0;
const LEAST_NOW: f64 = 20.0;
/// Far more faults: so many times as often, and of so many more of a hundred requests.
const FAULTS_TIMES: f64 = 3.0;
const FAULTS_MORE: f64 = 0.05;
/// Far longer: so many times what nineteen of twenty minutes kept to.
const LATENCY_TIMES: f64 = 2.0;
/// Kept for as long as something is watched; all are forgotten when there are more.
const REMEMBERED: usize = 10_000;

/// What was before: by place and by what is asked. It does not change any more.
pub(super) type Before = BTreeMap<(Place, String), Arc<Vec<Series>>>;

/// A guard and since when it is watched, as one asks for it.
pub(super) fn asked(since: Time, text: &str) -> String {
    format!("{} {text}", since.0)
}

impl Inner {
    /// A reading for each of these (as [`asked`] makes them); in words why none can be read.
    pub(super) async fn guard(&self, place: &Place, asked: &[String]) -> Result<BTreeMap<String, Reading>, String> {
        let mut readings = BTreeMap::new();
        let now_s = u64::try_from(self.clock.now().0).unwrap_or_default() / 1_000;
        let to_s = now_s.saturating_sub(LATE_S) / MINUTE_S * MINUTE_S;
        let from_s = to_s.saturating_sub(NOW_MINUTES * MINUTE_S);
        for name in asked {
            let Some((since, guard)) =
                name.split_once(' ').and_then(|(since, text)| Some((since.parse::<u64>().ok()?, Guard::parse(text).ok()?)))
            else {
                readings.insert(name.clone(), unreadable("this is no guard that this server knows"));
                continue;
            };
            let since_s = since / 1_000;
            if from_s < since_s {
                let detail = "too little time since it is watched".to_owned();
                readings.insert(name.clone(), Reading::NoData { detail });
                continue;
            }
            let before = self.before(place, name, &guard, since_s / MINUTE_S * MINUTE_S).await?;
            let now = self.of_guard(place, &guard, from_s, to_s).await?;
            readings.insert(name.clone(), judge(&guard, &before, &now));
        }
        Ok(readings)
    }

    async fn before(&self, place: &Place, name: &str, guard: &Guard, until_s: u64) -> Result<Arc<Vec<Series>>, String> {
        let key = (place.clone(), name.to_owned());
        if let Some(known) = self.before.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let found = self.of_guard(place, guard, until_s.saturating_sub(BEFORE_MINUTES * MINUTE_S), until_s).await?;
        let found = Arc::new(found);
        // What could not be read is asked again.
        if found.iter().all(|series| series.trouble.is_none()) {
            let mut all = self.before.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if all.len() >= REMEMBERED {
                all.clear();
            }
            all.insert(key, Arc::clone(&found));
        }
        Ok(found)
    }

    /// Its metrics from one moment to another, in its order.
    async fn of_guard(&self, place: &Place, guard: &Guard, from_s: u64, to_s: u64) -> Result<Vec<Series>, String> {
        let metrics = guard.metrics();
        debug_assert!(metrics.len() <= METRICS);
        let queries = metrics.iter().enumerate().map(|(at, metric)| query(at, metric)).collect();
        let mut found = self.series(place, queries, from_s, to_s).await?;
        Ok((0..metrics.len()).map(|at| found.remove(&id(at)).unwrap_or_default()).collect())
    }
}

fn judge(guard: &Guard, before: &[Series], now: &[Series]) -> Reading {
    if let Some(trouble) = before.iter().chain(now).find_map(|series| series.trouble.as_ref()) {
        return unreadable(&format!("CloudWatch could not read the metric: {trouble}"));
    }
    match (guard, before, now) {
        (Guard::Traffic { .. }, [before], [now]) => traffic(before, now),
        (Guard::Faults { .. }, [faults_before, requests_before], [faults, requests]) => {
            share(sum(faults_before), sum(requests_before), sum(faults), sum(requests))
        }
        (Guard::Latency { .. }, [before], [now]) => latency(before, now),
        _ => unreadable("CloudWatch left a metric out of its answer"),
    }
}

fn traffic(before: &Series, now: &Series) -> Reading {
    let mut minutes: Vec<f64> = before.values();
    if minutes.len() < LEAST_MINUTES {
        return silent(&format!("{} minutes with requests before", minutes.len()));
    }
    // A minute without a request is not published.
    minutes.resize(minutes.len().max(usize::try_from(BEFORE_MINUTES).unwrap_or(usize::MAX)), 0.0);
    let usual = percentile(&mut minutes, 50);
    if usual < LEAST_REQUESTS {
        return silent(&format!("{usual} requests in a usual minute before"));
    }
    let requests = sum(now);
    let detail = format!("{requests} requests in {NOW_MINUTES} minutes; {usual} in a usual minute before");
    if requests > 0.0 { well(requests, detail) } else { bad(requests, format!("traffic fell to zero: {detail}")) }
}

fn share(faults_before: f64, requests_before: f64, faults: f64, requests: f64) -> Reading {
    if requests_before < LEAST_BEFORE || requests < LEAST_NOW {
        return silent(&format!("{requests_before} requests before, {requests} now"));
    }
    let (before, now) = (faults_before / requests_before, faults / requests);
    let detail = format!("{:.1} % of {requests} requests fail; {:.1} % before", now * 100.0, before * 100.0);
    if now >= before * FAULTS_TIMES && now >= before + FAULTS_MORE {
        bad(now, format!("far more faults than before: {detail}"))
    } else {
        well(now, detail)
    }
}

fn latency(before: &Series, now: &Series) -> Reading {
    let (mut before, mut now) = (before.values(), now.values());
    if before.len() < LEAST_MINUTES || now.len() < 2 {
        return silent(&format!("{} minutes with answers before, {} now", before.len(), now.len()));
    }
    let (usual, current) = (percentile(&mut before, 95), percentile(&mut now, 50));
    let detail = format!("{current:.3} now; 95 of 100 minutes before kept to {usual:.3}");
    if current > usual * LATENCY_TIMES { bad(current, format!("far slower than before: {detail}")) } else { well(current, detail) }
}

fn well(value: f64, detail: String) -> Reading {
    Reading::Ok { value: Some(value), detail }
}

fn bad(value: f64, detail: String) -> Reading {
    Reading::Bad { value: Some(value), detail }
}

fn silent(detail: &str) -> Reading {
    Reading::NoData { detail: format!("too little to compare with: {detail}") }
}

fn sum(series: &Series) -> f64 {
    series.points.values().sum()
}

/// The smallest value that so many of a hundred keep to.
fn percentile(values: &mut [f64], hundredths: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() * hundredths).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: impl IntoIterator<Item = f64>) -> Series {
        Series { points: values.into_iter().enumerate().map(|(at, value)| (at as i64 * 60, value)).collect(), trouble: None }
    }

    fn steady(value: f64) -> Series {
        series(std::iter::repeat_n(value, 180))
    }

    fn told(reading: &Reading) -> &'static str {
        match reading {
            Reading::Ok { .. } => "ok",
            Reading::Bad { .. } => "bad",
            Reading::NoData { .. } => "no data",
            Reading::Unreadable { .. } => "unreadable",
        }
    }

    #[test]
    fn traffic_that_falls_to_zero_is_bad_only_where_there_was_steady_traffic() {
        let of = |before: &Series, now: &[f64]| told(&traffic(before, &series(now.iter().copied())));
        assert_eq!(of(&steady(40.0), &[]), "bad");
        assert_eq!(of(&steady(40.0), &[0.0, 0.0, 0.0]), "bad");
        assert_eq!(of(&steady(40.0), &[1.0]), "ok", "less is not none");
        assert_eq!(of(&steady(2.0), &[]), "no data", "a few requests now and then");
        assert_eq!(of(&series([]), &[]), "no data", "never any");
        assert_eq!(of(&series(std::iter::repeat_n(500.0, 40)), &[]), "no data", "bursts: most minutes have none");
    }

    #[test]
    fn faults_count_against_what_is_usual_there() {
        let of = |before: (f64, f64), now: (f64, f64)| told(&share(before.0, before.1, now.0, now.1));
        assert_eq!(of((0.0, 1_000.0), (6.0, 100.0)), "bad");
        assert_eq!(of((0.0, 1_000.0), (4.0, 100.0)), "ok", "four of a hundred may be chance");
        assert_eq!(of((100.0, 1_000.0), (20.0, 100.0)), "ok", "twice as many are not far more");
        assert_eq!(of((100.0, 1_000.0), (31.0, 100.0)), "bad");
        assert_eq!(of((0.0, 50.0), (100.0, 100.0)), "no data", "nothing to compare with");
        assert_eq!(of((0.0, 1_000.0), (10.0, 10.0)), "no data", "too few now");
    }

    #[test]
    fn latency_counts_against_the_slow_minutes_of_before() {
        let of = |before: &Series, now: &[f64]| told(&latency(before, &series(now.iter().copied())));
        assert_eq!(of(&steady(0.1), &[0.21, 0.25, 0.22]), "bad");
        assert_eq!(of(&steady(0.1), &[0.19, 0.19, 9.0]), "ok", "one slow minute is not the middle one");
        assert_eq!(of(&series([0.1; 20]), &[9.0, 9.0, 9.0]), "no data");
        assert_eq!(of(&steady(0.1), &[9.0]), "no data");
        let noisy = series((0..180).map(|at| if at % 10 == 0 { 1.0 } else { 0.1 }));
        assert_eq!(of(&noisy, &[1.5, 1.5, 1.5]), "ok", "it has such minutes anyway");
    }

    #[test]
    fn what_cannot_be_read_is_neither_good_nor_bad() {
        let guard = Guard::parse("traffic sum(Shop:Requests)").expect("a guard");
        let dark = Series { trouble: Some("Forbidden".to_owned()), ..Series::default() };
        assert_eq!(told(&judge(&guard, &[steady(40.0)], &[dark])), "unreadable");
    }
}
