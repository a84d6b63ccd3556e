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
    /// Secrets by name: in a file a table of strings, elsewhere `NAME=VALUE` parted by commas. Only names are shown.
    SecretTable,
}

impl Key {
    /// `log.level` is `TIDEGATE_LOG_LEVEL`.
    pub(crate) fn variable(&self) -> String {
        format!("TIDEGATE_{}", self.name.to_ascii_uppercase().replace('.', "_"))
    }
}

pub(crate) const KEYS: &[Key] = &[
    key("listen", Kind::Address, Some("127.0.0.1:7070"), "where the server listens; put a TLS proxy in front of anything but loopback"),
    key("public_url", Kind::Url, None, "the address that people and runners use; http://<listen> when not set"),
    key("data", Kind::Path, None, "the folder of the database, logs and artifacts"),
    key("database.url", Kind::Database, None, "sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME; sqlite:<data>/tidegate.db when not set"),
    key("runner.built_in", Kind::Flag, Some("false"), "also run jobs in this process"),
    key("runner.slots", Kind::Count { least: 1, most: 256 }, Some("4"), "how many jobs the built-in runner executes at once"),
    key(
        "runner.token_valid",
        Kind::Duration { least_ms: 2_000, most_ms: 3650 * DAY_MS },
        Some("30d"),
        "how long the token of a runner counts; it renews it by itself after half of that",
    ),
    key("log.format", Kind::OneOf(&["auto", "human", "json"]), Some("auto"), "auto: human on a terminal, json otherwise"),
    key("log.level", Kind::Text, Some("info"), "a tracing filter such as info or info,engine=debug"),
    key("egress.allow_loopback", Kind::Flag, Some("false"), "monitors and notifications may reach addresses of this machine"),
    key("egress.allow_private", Kind::Flag, Some("true"), "they may reach private networks (RFC 1918, RFC 4193)"),
    key("monitors.allow_commands", Kind::Flag, Some("false"), "pipeline files may name commands that run on this machine"),
    key("retention.logs", RETENTION, Some("90d"), "how long logs of ended attempts are kept"),
    key("retention.releases", RETENTION, Some("400d"), "how long releases are kept that run nowhere and that no rollback may go back to"),
    key(
        "retention.releases_at_least",
        Kind::Count { least: 1, most: 100_000 },
        Some("50"),
        "how many releases of a pipeline stay whatever their age",
    ),
    key("retention.events", RETENTION, Some("400d"), "how long events are kept"),
    key("retention.artifacts", RETENTION, Some("7d"), "how long artifacts are kept that no release uses"),
    key("retention.messages", RETENTION, Some("7d"), "how long delivered messages are kept"),
    key(
        "blobs.s3.bucket",
        Kind::Text,
        None,
        "keeps logs and artifacts in this bucket instead of the data folder; needed by several servers",
    ),
    key("blobs.s3.region", Kind::Text, Some("us-east-1"), "the bucket's region"),
    key("blobs.s3.endpoint", Kind::Url, None, "the address of S3-compatible storage; AWS when not set"),
    key("blobs.s3.access_key_id", Kind::Text, None, "without it the machine's own identity is used"),
    key("blobs.s3.secret_access_key", Kind::Secret, None, "the other half of the access key"),
    key("notify.slack", Kind::SecretTable, None, "the address of the incoming web hook of each Slack channel"),
    key("notify.webhook_secret", Kind::Secret, None, "signs messages to web hooks (HMAC-SHA256)"),
    key("notify.email.host", Kind::Text, None, "the mail relay; without it no messages by e-mail"),
    key("notify.email.port", Kind::Count { least: 1, most: 65_535 }, Some("587"), "the relay's port"),
    key("notify.email.encryption", Kind::OneOf(&["start_tls", "tls", "none"]), Some("start_tls"), "how the relay is spoken to"),
    key("notify.email.from", Kind::Text, None, "the sender, such as Tidegate <tidegate@example.org>"),
    key("notify.email.user", Kind::Text, None, "the name that signs in to the relay"),
    key("notify.email.password", Kind::Secret, None, "and its password"),
    key("github.url", Kind::Url, Some("https://github.com"), "where people see GitHub; the address of a GitHub Enterprise Server"),
    key("github.app_id", Kind::Text, None, "the number of the GitHub App that this server is"),
    key("github.app_key_file", Kind::Path, None, "its private key in PEM; readable by its owner only"),
    key("github.token", Kind::Secret, None, "instead of an App: a person's token, which sets statuses and deployments but no checks"),
    key(
        "github.require_protected_branch",
        Kind::Flag,
        Some("false"),
        "releases with a production stage come only from branches that GitHub protects",
    ),
    key(
        "github.approve_at_checks",
        Kind::Flag,
        Some("false"),
        "gates may be opened by a button beside GitHub's check; whoever knows a web hook's secret can then say who pressed it",
    ),
    key("github.sign_in.client_id", Kind::Text, None, "the client id of the App or OAuth app with which people sign in"),
    key("github.sign_in.client_secret", Kind::Secret, None, "and its client secret"),
    key(
        "github.sign_in.teams",
        Kind::Text,
        None,
        "roles by team, such as acme/platform=operator, acme/*=viewer; whoever is in none may not in",
    ),
    key("github.webhook_secrets", Kind::SecretTable, None, "secrets of GitHub's web hooks by any name; several while one is replaced"),
    key("gitea.webhook_secrets", Kind::SecretTable, None, "the same for Gitea and Forgejo"),
    key("gitlab.webhook_secrets", Kind::SecretTable, None, "secret tokens or signing tokens of GitLab's web hooks"),
    key("webhooks.secrets", Kind::SecretTable, None, "secrets of other senders that sign as the Standard Webhooks do"),
    key(
        "aws.endpoint",
        Kind::Url,
        None,
        "every call to AWS goes there instead, and jobs see it as AWS_ENDPOINT_URL: an emulator or a private endpoint",
    ),
    key(
        "aws.profile",
        Kind::Text,
        None,
        "the profile with the server's own principal; the SDK's usual sources (environment, container, instance) when not set",
    ),
    key("aws.profile_china", Kind::Text, None, "the profile for accounts of the partition aws-cn, which no other principal can enter"),
    key("aws.profile_govcloud", Kind::Text, None, "the profile for accounts of the partition aws-us-gov"),
    key(
        "aws.web_identity",
        Kind::Flag,
        Some("false"),
        "enter accounts that are registered from now on with tokens that this server signs, so that it needs no principal at AWS",
    ),
    key(
        "aws.webhook_secrets",
        Kind::SecretTable,
        None,
        "what addresses end with at which SNS or EventBridge may say that an alarm has changed, by any name",
    ),
    key("datadog.url", Kind::Url, Some("https://api.datadoghq.com"), "the API of your site, such as https://api.datadoghq.eu"),
    key("datadog.api_key", Kind::Secret, None, "lets this server read monitors of Datadog; with datadog.application_key"),
    key("datadog.application_key", Kind::Secret, None, "an application key with the scope monitors_read"),
    key("policy.file", Kind::Path, None, "a YAML file that says what the pipelines of each repository may touch; without it, everything"),
    key("aspects.folder", Kind::Path, None, "a folder of YAML files, each an aspect: what this server adds to every stage that it fits"),
    key("secrets.file", Kind::Path, None, "a TOML file with the values that jobs may name; readable by its owner only"),
];

const RETENTION: Kind = Kind::Duration { least_ms: DAY_MS, most_ms: 3650 * DAY_MS };
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

const fn key(name: &'static str, kind: Kind, default: Option<&'static str>, what: &'static str) -> Key {
    Key { name, kind, default, what }
}

/// A checked value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Flag(bool),
    Count(u64),
    DurationMs(u64),
    Secrets(BTreeMap<String, String>),
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
