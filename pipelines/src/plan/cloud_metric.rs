use std::collections::BTreeMap;

use super::Comparison;

/// A metric of CloudWatch, as pipeline files write it: `sum(AWS/Lambda:Errors{FunctionName=orders}[5m])`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudMetric {
    /// `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p99`.
    pub statistic: String,
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    /// 60 s or a multiple of it.
    pub period_s: u32,
}

const EXPECTED: &str = "a statistic of a metric, such as `sum(AWS/Lambda:Errors{FunctionName=orders}[5m])`";
const STATISTICS: [(&str, &str); 5] =
    [("sum", "Sum"), ("average", "Average"), ("minimum", "Minimum"), ("maximum", "Maximum"), ("count", "SampleCount")];
/// AWS takes no more.
const MOST_DIMENSIONS: usize = 30;

impl CloudMetric {
    /// # Errors
    /// In words, what was expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (statistic, rest) = text.split_once('(').ok_or(EXPECTED)?;
        let inner = rest.strip_suffix(')').ok_or(EXPECTED)?.trim();
        let statistic = statistic.trim();
        let statistic = match STATISTICS.iter().find(|(word, _)| *word == statistic) {
            Some((_, name)) => (*name).to_owned(),
            None if is_percentile(statistic) => statistic.to_owned(),
            None => return Err("`sum`, `average`, `minimum`, `maximum`, `count` or a percentile such as `p99`".to_owned()),
        };
        let (inner, period_s) = match inner.strip_suffix(']').map(|inner| inner.rsplit_once('[').ok_or(EXPECTED)) {
            Some(parts) => {
                let (inner, period) = parts?;
                (inner.trim_end(), minutes(period).ok_or("a period of whole minutes such as `[5m]`, at most a day")?)
            }
            None => (inner, 60),
        };
        let (inner, dimensions) = match inner.strip_suffix('}').map(|inner| inner.split_once('{').ok_or(EXPECTED)) {
            Some(parts) => {
                let (inner, dimensions) = parts?;
                (inner.trim_end(), read_dimensions(dimensions)?)
            }
            None => (inner, BTreeMap::new()),
        };
        let (namespace, name) = inner.rsplit_once(':').ok_or(EXPECTED)?;
        if namespace.is_empty() || name.is_empty() || [namespace, name].iter().any(|part| part.len() > 255 || part.contains(['{', '}'])) {
            return Err(EXPECTED.to_owned());
        }
        Ok(Self { statistic, namespace: namespace.to_owned(), name: name.to_owned(), dimensions, period_s })
    }
}

/// A metric, and the bound that makes a reading bad where the text has one: `… > 5`.
///
/// # Errors
/// In words, what was expected instead.
pub fn bounded(text: &str) -> Result<(CloudMetric, Option<(Comparison, f64)>), String> {
    const SIGNS: [(&str, Comparison); 5] = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("==", Comparison::Equal),
        ("<", Comparison::Below),
        (">", Comparison::Above),
    ];
    let end = text.rfind(')').map_or(text.len(), |at| at + 1);
    let (metric, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let (metric, rest) = (CloudMetric::parse(metric)?, rest.trim());
    if rest.is_empty() {
        return Ok((metric, None));
    }
    let sign = SIGNS.iter().find_map(|(sign, comparison)| Some((*comparison, rest.strip_prefix(sign)?.trim().parse().ok()?)));
    sign.map(|bound| (metric, Some(bound))).ok_or_else(|| "one of `<`, `<=`, `==`, `>=`, `>`, and a number".to_owned())
}

impl Comparison {
    /// Whether `value` compares so with `bound`.
    #[must_use]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Below => value < bound,
            Self::AtMost => value <= bound,
            Self::Equal => (value - bound).abs() <= f64::EPSILON,
            Self::AtLeast => value >= bound,
            Self::Above => value > bound,
        }
    }
}

fn is_percentile(statistic: &str) -> bool {
    let number = statistic.strip_prefix('p').and_then(|number| number.parse::<f64>().ok());
    number.is_some_and(|number| (0.0..=100.0).contains(&number))
}

fn minutes(period: &str) -> Option<u32> {
    let count = |unit: char, minutes: u32| period.strip_suffix(unit)?.parse::<u32>().ok()?.checked_mul(minutes);
    count('m', 1).or_else(|| count('h', 60)).filter(|minutes| (1..=1440).contains(minutes)).map(|minutes| minutes * 60)
}

fn read_dimensions(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').ok_or("dimensions such as `{FunctionName=orders, Resource=live}`")?;
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        found.insert(name.trim().to_owned(), value.to_owned());
    }
    if found.len() > MOST_DIMENSIONS {
        return Err(format!("at most {MOST_DIMENSIONS} dimensions"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_read_with_its_statistic_dimensions_and_period() {
        let metric = CloudMetric::parse("sum(AWS/Lambda:Errors{FunctionName=orders, Resource=\"orders:live\"}[5m])").expect("a metric");
        assert_eq!((metric.statistic.as_str(), metric.namespace.as_str(), metric.name.as_str()), ("Sum", "AWS/Lambda", "Errors"));
        assert_eq!(
            metric.dimensions.into_iter().collect::<Vec<_>>(),
            [("FunctionName".to_owned(), "orders".to_owned()), ("Resource".to_owned(), "orders:live".to_owned())]
        );
        assert_eq!(metric.period_s, 300);
        let plain = CloudMetric::parse("p99.9(Shop:Latency)").expect("a metric");
        assert_eq!((plain.statistic.as_str(), plain.period_s, plain.dimensions.len()), ("p99.9", 60, 0));
        assert_eq!(CloudMetric::parse("count(Shop:Orders[1h])").expect("a metric").period_s, 3600);
    }

    #[test]
    fn a_bound_may_follow() {
        let (metric, bound) = bounded("average(Shop:Latency{Page=\"a>b\"}[2m]) >= 0.5").expect("a metric");
        assert_eq!((metric.period_s, bound), (120, Some((Comparison::AtLeast, 0.5))));
        assert_eq!(bounded("sum(A:B)").expect("a metric").1, None);
        assert!(bounded("sum(A:B) != 3").is_err() && bounded("sum(A:B) > many").is_err());
    }

    #[test]
    fn what_is_no_metric_says_what_was_expected() {
        for text in
            ["", "sum", "sum(", "sum()", "sum(Errors)", "sum(:Errors)", "sum(A:)", "sum(A:B}", "sum(A:B])", "sum(A:B})", "é(é:é{é}[é])"]
        {
            assert!(CloudMetric::parse(text).is_err(), "{text}");
        }
        assert!(CloudMetric::parse("median(A:B)").is_err_and(|words| words.contains("p99")));
        assert!(CloudMetric::parse("sum(A:B[90s])").is_err_and(|words| words.contains("minutes")));
        assert!(CloudMetric::parse("sum(A:B{C}[1m])").is_err_and(|words| words.contains("FunctionName=")));
    }
}
