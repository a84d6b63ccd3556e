use super::CloudMetric;

/// What a guard compares with the time before: a target against itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Requests in each minute: bad when none come any more.
    Traffic { requests: CloudMetric },
    /// Faults among requests: bad when there are far more than before.
    Faults { faults: CloudMetric, requests: CloudMetric },
    /// How long an answer takes: bad when it is far longer than before.
    Latency { latency: CloudMetric },
}

const EXPECTED: &str = "`traffic`, `faults … of …` or `latency`, and a metric for each";

impl Guard {
    /// Of `traffic METRIC`, `faults METRIC of METRIC` or `latency METRIC`; every metric in periods of a minute.
    ///
    /// # Errors
    /// In words, what was expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (what, metrics) = text.trim().split_once(' ').ok_or(EXPECTED)?;
        match what {
            "traffic" => Ok(Self::Traffic { requests: whole(metrics)? }),
            "faults" => {
                let (faults, requests) = metrics.split_once(" of ").ok_or(EXPECTED)?;
                Ok(Self::Faults { faults: whole(faults)?, requests: whole(requests)? })
            }
            "latency" => Ok(Self::Latency { latency: whole(metrics)? }),
            _ => Err(EXPECTED.to_owned()),
        }
    }

    /// In the order in which it names them.
    #[must_use]
    pub fn metrics(&self) -> Vec<&CloudMetric> {
        match self {
            Self::Traffic { requests } => vec![requests],
            Self::Faults { faults, requests } => vec![faults, requests],
            Self::Latency { latency } => vec![latency],
        }
    }
}

/// A metric by the minute, of which nothing is left out.
fn whole(text: &str) -> Result<CloudMetric, String> {
    let metric = CloudMetric::parse(text)?;
    if metric.period_s != 60 {
        return Err("a metric in periods of a minute".to_owned());
    }
    match metric.dimensions.iter().find(|(_, value)| value.is_empty()) {
        Some((name, _)) => Err(format!("a value for the dimension {name}")),
        None => Ok(metric),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_names_what_it_compares() {
        let guard =
            Guard::parse("faults sum(AWS/Lambda:Errors{FunctionName=f}) of sum(AWS/Lambda:Invocations{FunctionName=f})").expect("a guard");
        let names: Vec<&str> = guard.metrics().into_iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(names, ["Errors", "Invocations"]);
        for wrong in
            ["traffic", "peace sum(A:B)", "faults sum(A:B)", "traffic sum(A:B[5m])", "latency p99(A:B{LoadBalancer=})", "traffic B"]
        {
            assert!(Guard::parse(wrong).is_err(), "{wrong}");
        }
    }
}
