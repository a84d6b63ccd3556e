use std::sync::Arc;

use crate::file::Alarm;
use crate::text::{Duration, Node, Read, Reader, Spanned, Value, record};

record! {
    /// A condition in front of a stage or a wave; one of its six kinds.
    Gate: "a gate" {
        /// Unique in its stage; without it, the kind.
        name = "name": Option<Spanned<String>>,
        /// People say yes.
        approval = "approval": Option<ApprovalForm>,
        /// A calendar.
        window = "window": Option<Window>,
        /// Must be OK at entry.
        alarms = "alarms": Option<Vec<Alarm>>,
        /// A query within bounds.
        metric = "metric": Option<Metric>,
        /// An outside system answers by API.
        check = "check": Option<CheckForm>,
        /// Another pipeline's release.
        depends_on = "depends_on": Option<DependsOnForm>,
    }
}

/// `true` for anybody who may approve, or a map that says more.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum ApprovalForm {
    Approval(Approval),
    #[schemars(with = "crate::text::Bare")]
    Anybody,
}

impl Read for ApprovalForm {
    const WHAT: &'static str = "`true`, or a map with `from` and `count`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Approval::read(node, reader).map(Self::Approval),
            Value::Scalar { text, .. } if node.is_null() || text == "true" => Some(Self::Anybody),
            _ => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// Who must say yes.
    Approval: "an approval" {
        /// Groups, roles or users; without it, anybody who may approve.
        from = "from": Option<Vec<Spanned<String>>>,
        /// How many people, 1 to 10.
        count = "count": Option<Spanned<u32>>,
        /// Whoever started or wrote the release may not; the default where `production: true`.
        no_self_approval = "no_self_approval": Option<bool>,
        /// Without it, 7 days.
        expires = "expires": Option<Spanned<Duration>>,
    }
}

record! {
    /// When a release may enter.
    Window: "a window" {
        /// Such as `MON-THU 09:00-16:00`; where there are any, one must hold.
        allow = "allow": Option<Vec<Spanned<String>>>,
        /// Rules, dates or calendars of which none may hold.
        deny = "deny": Option<DenyForm>,
        /// An IANA name; without it, UTC.
        timezone = "timezone": Option<Spanned<String>>,
    }
}

/// One deny rule or several.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum DenyForm {
    One(Deny),
    Many(Vec<Deny>),
}

impl Read for DenyForm {
    const WHAT: &'static str = "a rule, a map with `calendar` or `dates`, or a list of those";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Sequence(_) => Vec::read(node, reader).map(Self::Many),
            _ => Deny::read(node, reader).map(Self::One),
        }
    }
}

impl DenyForm {
    pub(crate) fn list(&self) -> Vec<&Deny> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many.iter().collect(),
        }
    }
}

#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Deny {
    Rule(Spanned<String>),
    Dated(Dated),
}

impl Read for Deny {
    const WHAT: &'static str = "a rule such as `FRI 12:00-24:00`, or a map with `calendar` or `dates`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Dated::read(node, reader).map(Self::Dated),
            Value::Scalar { .. } => Spanned::read(node, reader).map(Self::Rule),
            Value::Sequence(_) => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// Days on which nothing enters.
    Dated: "a deny rule" {
        /// An iCalendar file of the repository.
        calendar = "calendar": Option<Spanned<String>>,
        /// Days `2026-12-24`, or from the first to the last: `2026-12-24..2027-01-06`.
        dates = "dates": Option<Vec<Spanned<String>>>,
    }
}

record! {
    /// A query that must hold at entry: `sum(queue_length) < 100`; one of `prometheus` and `cloudwatch_metric`.
    Metric: "a metric" {
        prometheus = "prometheus": Option<Spanned<String>>,
        server = "server": Option<Spanned<String>>,
        /// A statistic of a metric, a comparison and a number: `sum(AWS/SQS:ApproximateNumberOfMessagesVisible{QueueName=orders}) < 100`.
        cloudwatch_metric = "cloudwatch_metric": Option<Spanned<String>>,
        /// The account of `cloudwatch_metric`: a name under `accounts`, or an id.
        account = "account": Option<Spanned<String>>,
        region = "region": Option<Spanned<String>>,
        timeout = "timeout": Option<Spanned<Duration>>,
    }
}

/// What is asked, or a map that says more.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum CheckForm {
    Description(Spanned<String>),
    Check(Check),
}

impl Read for CheckForm {
    const WHAT: &'static str = "what is asked, or a map with `description`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Check::read(node, reader).map(Self::Check),
            _ => Spanned::read(node, reader).map(Self::Description),
        }
    }
}

record! {
    /// An outside system answers through the API.
    Check: "a check" {
        description = "description": Spanned<String>,
        /// An older answer does not count; without it, answers do not get old.
        expires = "expires": Option<Spanned<Duration>>,
    }
}

/// A pipeline, or a map that names its stage too.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum DependsOnForm {
    Pipeline(Spanned<String>),
    DependsOn(DependsOn),
}

impl Read for DependsOnForm {
    const WHAT: &'static str = "a pipeline, or a map with `pipeline` and `stage`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => DependsOn::read(node, reader).map(Self::DependsOn),
            _ => Spanned::read(node, reader).map(Self::Pipeline),
        }
    }
}

record! {
    /// Another pipeline's release.
    DependsOn: "a dependency" {
        pipeline = "pipeline": Spanned<String>,
        /// Without it, its whole path.
        stage = "stage": Option<Spanned<String>>,
    }
}
