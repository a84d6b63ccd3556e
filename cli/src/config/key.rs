use std::collections::BTreeMap;

/// One setting of the server. The table below is the whole configuration: files, environment, flags,
/// `check-config` and docs/configuration.md all follow it.
#[derive(Debug)]
pub(crate) struct Key {
    /// As written in the file, with its table: `log.level`.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// None: no value, or one that depends on others (see the documentation of the key).
    pub(crate) default: Option<&'static str>,
    pub(crate) what: &'static str,
}

/// What a value may be. `text` is how environment and flags write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `host:port`.
    Address,
    /// `http://…` or `https://…` without a path.
    Url,
    /// `sqlite:PATH` or `postgres://…`; a password in it is never shown.
    Database,
    Path,
    Flag,
    /// Between both, inclusive.
    Count {
        least: u64,
        most: u64,
    },
    /// `500ms`, `30s`, `15m`, `12h`, `30d`.
    Duration {
        least_ms: u64,
        most_ms: u64,
    },
    OneOf(&'static [&'static str]),
    /// Never shown.
    Secret,
    Text,
    /// In a file a list of strings; elsewhere parted by commas.
    Texts,
}

impl Key {
    /// `log.level` is `TIDEGATE_LOG_LEVEL`.
    pub(crate) fn variable(&self) -> String {
        format!("TIDEGATE_{}", self.name.to_ascii_uppercase().replace('.', "_"))
    }
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "listen",
        kind: Kind::Address,
        default: Some("127.0.0.1:7070"),
        what: "where the server listens; put a TLS proxy in front of anything but loopback",
    },
    Key {
        name: "public_url",
        kind: Kind::Url,
        default: None,
        what: "the address that people and runners use; http://<listen> when not set",
    },
    Key {
        name: "data",
        kind: Kind::Path,
        default: None,
        what: "the folder of the database, logs and artifacts; /var/lib/tidegate for root, ~/.local/state/tidegate otherwise",
    },
    Key {
        name: "database.url",
        kind: Kind::Database,
        default: None,
        what: "sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME; sqlite:<data>/tidegate.db when not set",
    },
    Key { name: "runner.built_in", kind: Kind::Flag, default: Some("false"), what: "also run jobs in this process" },
    Key {
        name: "runner.slots",
        kind: Kind::Count { least: 1, most: 256 },
        default: Some("4"),
        what: "how many jobs the built-in runner executes at once",
    },
    Key {
        name: "log.format",
        kind: Kind::OneOf(&["auto", "human", "json"]),
        default: Some("auto"),
        what: "auto: human on a terminal, json otherwise",
    },
    Key { name: "log.level", kind: Kind::Text, default: Some("info"), what: "a tracing filter such as info or info,engine=debug" },
    Key {
        name: "egress.allow_loopback",
        kind: Kind::Flag,
        default: Some("false"),
        what: "monitors and notifications may reach addresses of this machine",
    },
    Key {
        name: "egress.allow_private",
        kind: Kind::Flag,
        default: Some("true"),
        what: "monitors and notifications may reach private networks (RFC 1918, RFC 4193)",
    },
    Key {
        name: "monitors.allow_commands",
        kind: Kind::Flag,
        default: Some("false"),
        what: "pipeline files may name commands that run on this machine as monitors",
    },
    Key {
        name: "poll.interval",
        kind: Kind::Duration { least_ms: 200, most_ms: DAY_MS },
        default: Some("30s"),
        what: "how often a connected repository is asked for its head, unless its connection says otherwise",
    },
    Key {
        name: "retention.logs",
        kind: Kind::Duration { least_ms: DAY_MS, most_ms: 3650 * DAY_MS },
        default: Some("90d"),
        what: "how long logs of ended attempts are kept",
    },
    Key {
        name: "retention.artifacts",
        kind: Kind::Duration { least_ms: DAY_MS, most_ms: 3650 * DAY_MS },
        default: Some("365d"),
        what: "how long artifacts are kept that no target runs and no rollback could need",
    },
    Key { name: "notify.slack_token", kind: Kind::Secret, default: None, what: "the bot token (xoxb-…) for messages to Slack channels" },
    Key { name: "notify.smtp_url", kind: Kind::Secret, default: None, what: "smtps://USER:PASSWORD@HOST for messages by e-mail" },
    Key { name: "notify.email_from", kind: Kind::Text, default: None, what: "the sender of messages by e-mail" },
    Key { name: "notify.webhook_secret", kind: Kind::Secret, default: None, what: "signs messages to web hooks (HMAC-SHA256)" },
    Key {
        name: "secrets.file",
        kind: Kind::Path,
        default: None,
        what: "a TOML file with the values that jobs may name; readable by its owner only",
    },
    Key { name: "web.origins", kind: Kind::Texts, default: None, what: "further origins that may call the API from a browser" },
];

/// A checked value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Flag(bool),
    Count(u64),
    DurationMs(u64),
    Texts(Vec<String>),
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File { path: String, line: usize },
    Variable(String),
    Flag(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// Every key that has a value, by name.
pub(crate) type Values = BTreeMap<&'static str, (Value, Origin)>;

pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The nearest key that a person may have meant.
pub(crate) fn nearest<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    among
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min()
        .map(|(_, known)| known)
}
