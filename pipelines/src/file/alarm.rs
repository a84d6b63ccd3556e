use crate::file::words;
use crate::text::{Duration, Map, Spanned, record};

record! {
    /// A signal that says a target is unwell; one of `prometheus`, `http`, `command`, `cloudwatch`, `cloudwatch_metric` and `datadog`.
    Alarm: "an alarm" {
        name = "name": Option<Spanned<String>>,
        /// A query, a comparison and a number: `sum(rate(errors[1m])) > 5`.
        prometheus = "prometheus": Option<Spanned<String>>,
        /// The address of Prometheus; without it, that of the server's configuration.
        server = "server": Option<Spanned<String>>,
        /// An address that must answer well.
        http = "http": Option<Spanned<String>>,
        method = "method": Option<Spanned<String>>,
        headers = "headers": Option<Map<Spanned<String>>>,
        /// The good answers; without it, 200 to 299.
        status = "status": Option<Spanned<OneOrMany>>,
        max_latency = "max_latency": Option<Spanned<Duration>>,
        body_contains = "body_contains": Option<Spanned<String>>,
        /// How often to ask for one reading; without it, once.
        samples = "samples": Option<Spanned<u32>>,
        /// How many bad answers of those a good reading may have; without it, none.
        max_failures = "max_failures": Option<Spanned<u32>>,
        /// A command on the server's machine: exit 0 is good, 1 bad, 2 no data.
        command = "command": Option<Spanned<String>>,
        /// The name of an alarm in the account and region of each target.
        cloudwatch = "cloudwatch": Option<Spanned<String>>,
        /// A statistic of a metric there, a comparison and a number: `sum(AWS/Lambda:Errors{FunctionName=orders}[5m]) > 5`.
        cloudwatch_metric = "cloudwatch_metric": Option<Spanned<String>>,
        /// The number of a monitor of Datadog's.
        datadog = "datadog": Option<Spanned<String>>,
        account = "account": Option<Spanned<String>>,
        region = "region": Option<Spanned<String>>,
        /// How long it must be bad before it fires; without it, one reading does.
        for_ = "for": Option<Spanned<Duration>>,
        /// It speaks of all that the team runs: when it fires, every rollout of the region goes back, or every one.
        aggregate = "aggregate": Option<Spanned<Aggregate>>,
        /// How often it is read; without it, every 15 seconds.
        every = "every": Option<Spanned<Duration>>,
        /// How long one reading may take; without it, 5 seconds.
        timeout = "timeout": Option<Spanned<Duration>>,
    }
}

words! {
    /// How far an aggregate alarm reaches.
    Aggregate: "how far an aggregate alarm reaches" {
        /// Other regions go on.
        Region = "region",
        Everywhere = "everywhere",
    }
}

/// One status or several.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum OneOrMany {
    One(u16),
    Many(Vec<u16>),
}

impl crate::text::Read for OneOrMany {
    const WHAT: &'static str = "a status, or a list of statuses";

    fn read(node: &std::sync::Arc<crate::text::Node>, reader: &mut crate::text::Reader) -> Option<Self> {
        match &node.value {
            crate::text::Value::Sequence(_) => Vec::read(node, reader).map(Self::Many),
            _ => u16::read(node, reader).map(Self::One),
        }
    }
}

impl OneOrMany {
    pub(crate) fn list(&self) -> Vec<u16> {
        match self {
            Self::One(one) => vec![*one],
            Self::Many(many) => many.clone(),
        }
    }
}
