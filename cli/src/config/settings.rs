use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::Retention;

use super::environment::Environment;
use super::key::{KEYS, Origin, Value, Values};
use super::problem::Problem;
use super::value;

/// The effective configuration of a server.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) listen: String,
    pub(crate) public_url: String,
    pub(crate) data: PathBuf,
    pub(crate) database_url: String,
    /// How many jobs the built-in runner executes at once; none: there is no built-in runner.
    pub(crate) runner_slots: Option<u32>,
    pub(crate) runner_token_ms: u64,
    pub(crate) log_format: LogFormat,
    pub(crate) log_level: String,
    pub(crate) allow_loopback: bool,
    pub(crate) allow_private: bool,
    pub(crate) allow_command_monitors: bool,
    pub(crate) retention: Retention,
    /// Where logs and artifacts are; none: in the data folder.
    pub(crate) blobs: Option<Bucket>,
    /// The address of the incoming web hook of each channel.
    pub(crate) slack: BTreeMap<String, String>,
    pub(crate) webhook_secret: Option<String>,
    pub(crate) email: Option<Email>,
    pub(crate) secrets_file: Option<PathBuf>,
    pub(crate) policy_file: Option<PathBuf>,
    pub(crate) aspects_folder: Option<PathBuf>,
    pub(crate) aws: Aws,
    /// Address, API key and application key.
    pub(crate) datadog: Option<(String, String, String)>,
    pub(crate) forges: Forges,
}

/// Where repositories live beside git.
#[derive(Clone, Default)]
pub(crate) struct Forges {
    /// Where people see GitHub; empty: no forge at all.
    pub(crate) github_url: String,
    /// The App's number and the file of its key.
    pub(crate) github_app: Option<(String, PathBuf)>,
    pub(crate) github_token: Option<String>,
    pub(crate) requires_protected_branch: bool,
    pub(crate) approves_at_checks: bool,
    pub(crate) sign_in: Option<SignIn>,
    /// By the forge's name in the address of its web hooks: their secrets.
    pub(crate) hook_secrets: BTreeMap<&'static str, Vec<String>>,
}

/// How people sign in with GitHub.
#[derive(Clone)]
pub(crate) struct SignIn {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// As configured: `acme/platform=operator, acme/*=viewer`.
    pub(crate) teams: String,
}

/// How the cloud is reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Aws {
    pub(crate) endpoint: Option<String>,
    /// The profile of each partition's principal, by the partition's name.
    pub(crate) profiles: BTreeMap<&'static str, String>,
    /// Accounts that are registered from now on are entered with tokens of this server.
    pub(crate) web_identity: bool,
}

/// A bucket of S3 or what speaks like it.
#[derive(Clone)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) endpoint: Option<String>,
    /// Key id and secret key.
    pub(crate) access_key: Option<(String, String)>,
}

/// The relay for messages by e-mail.
#[derive(Clone)]
pub(crate) struct Email {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// `start_tls`, `tls` or `none`.
    pub(crate) encryption: String,
    pub(crate) from: String,
    /// Name and password.
    pub(crate) login: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Human on a terminal, JSON otherwise.
    Auto,
    Human,
    Json,
}

impl Settings {
    /// `values` hold a value of the right kind for every key that has a default; [`super::load`] sees to it.
    pub(super) fn from_values(values: &Values) -> Self {
        let text = |name: &str| match values.get(name) {
            Some((Value::Text(text), _)) => Some(text.clone()),
            _ => None,
        };
        let flag = |name: &str| matches!(values.get(name), Some((Value::Flag(true), _)));
        let number = |name: &str| match values.get(name) {
            Some((Value::Count(number) | Value::DurationMs(number), _)) => *number,
            _ => 0,
        };
        Self {
            listen: text("listen").unwrap_or_default(),
            public_url: text("public_url").unwrap_or_default(),
            data: text("data").map(PathBuf::from).unwrap_or_default(),
            database_url: text("database.url").unwrap_or_default(),
            runner_slots: flag("runner.built_in").then(|| u32::try_from(number("runner.slots")).unwrap_or(1)),
            runner_token_ms: number("runner.token_valid"),
            log_format: match text("log.format").as_deref() {
                Some("human") => LogFormat::Human,
                Some("json") => LogFormat::Json,
                _ => LogFormat::Auto,
            },
            log_level: text("log.level").unwrap_or_default(),
            allow_loopback: flag("egress.allow_loopback"),
            allow_private: flag("egress.allow_private"),
            allow_command_monitors: flag("monitors.allow_commands"),
            retention: Retention {
                logs_ms: number("retention.logs"),
                releases_ms: number("retention.releases"),
                releases_at_least: u32::try_from(number("retention.releases_at_least")).unwrap_or(u32::MAX),
                events_ms: number("retention.events"),
                artifacts_ms: number("retention.artifacts"),
                done_ms: number("retention.messages"),
            },
            blobs: text("blobs.s3.bucket").map(|name| Bucket {
                name,
                region: text("blobs.s3.region").unwrap_or_default(),
                endpoint: text("blobs.s3.endpoint"),
                access_key: text("blobs.s3.access_key_id").zip(text("blobs.s3.secret_access_key")),
            }),
            slack: match values.get("notify.slack") {
                Some((Value::Secrets(secrets), _)) => secrets.clone(),
                _ => BTreeMap::new(),
            },
            webhook_secret: text("notify.webhook_secret"),
            email: text("notify.email.host").map(|host| Email {
                host,
                port: u16::try_from(number("notify.email.port")).unwrap_or(587),
                encryption: text("notify.email.encryption").unwrap_or_default(),
                from: text("notify.email.from").unwrap_or_default(),
                login: text("notify.email.user").zip(text("notify.email.password")),
            }),
            secrets_file: text("secrets.file").map(PathBuf::from),
            policy_file: text("policy.file").map(PathBuf::from),
            aspects_folder: text("aspects.folder").map(PathBuf::from),
            forges: Forges {
                github_url: text("github.url").unwrap_or_default(),
                github_app: text("github.app_id").zip(text("github.app_key_file").map(PathBuf::from)),
                github_token: text("github.token"),
                requires_protected_branch: flag("github.require_protected_branch"),
                approves_at_checks: flag("github.approve_at_checks"),
                sign_in: text("github.sign_in.client_id").zip(text("github.sign_in.client_secret")).map(|(client_id, client_secret)| {
                    SignIn { client_id, client_secret, teams: text("github.sign_in.teams").unwrap_or_default() }
                }),
                hook_secrets: [
                    ("github", "github.webhook_secrets"),
                    ("gitea", "gitea.webhook_secrets"),
                    ("gitlab", "gitlab.webhook_secrets"),
                    ("signed", "webhooks.secrets"),
                    ("aws", "aws.webhook_secrets"),
                ]
                .into_iter()
                .map(|(forge, key)| match values.get(key) {
                    Some((Value::Secrets(secrets), _)) => (forge, secrets.values().cloned().collect()),
                    _ => (forge, Vec::new()),
                })
                .collect(),
            },
            datadog: text("datadog.url")
                .zip(text("datadog.api_key"))
                .zip(text("datadog.application_key"))
                .map(|((url, api_key), application_key)| (url, api_key, application_key)),
            aws: Aws {
                endpoint: text("aws.endpoint"),
                profiles: [("aws", "aws.profile"), ("aws-cn", "aws.profile_china"), ("aws-us-gov", "aws.profile_govcloud")]
                    .into_iter()
                    .filter_map(|(partition, key)| Some((partition, text(key)?)))
                    .collect(),
                web_identity: flag("aws.web_identity"),
            },
        }
    }
}

/// Shows nothing that could be a secret.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("listen", &self.listen).field("data", &self.data).finish_non_exhaustive()
    }
}

/// Fills in what nobody said, also what follows from other values.
pub(super) fn add_defaults(values: &mut Values, environment: &Environment) {
    for key in KEYS {
        if let (false, Some(Ok(checked))) = (values.contains_key(key.name), key.default.map(|text| value::parse(key.kind, text))) {
            values.insert(key.name, (checked, Origin::Default));
        }
    }
    let text = |values: &Values, name: &str| match values.get(name) {
        Some((Value::Text(text), _)) => text.clone(),
        _ => String::new(),
    };
    let data = if rustix::process::geteuid().is_root() {
        PathBuf::from("/var/lib/tidegate")
    } else {
        environment.state_folder().unwrap_or_else(|| PathBuf::from("tidegate-data"))
    };
    values.entry("data").or_insert_with(|| (Value::Text(data.display().to_string()), Origin::Default));
    let database = format!("sqlite:{}/tidegate.db", text(values, "data").trim_end_matches('/'));
    values.entry("database.url").or_insert((Value::Text(database), Origin::Default));
    let url = format!("http://{}", text(values, "listen"));
    values.entry("public_url").or_insert((Value::Text(url), Origin::Default));
}

/// What is right alone and wrong together.
pub(super) fn check_together(values: &Values, problems: &mut Vec<Problem>) {
    if let Some((Value::Text(level), origin)) = values.get("log.level")
        && let Err(error) = level.parse::<tracing_subscriber::filter::EnvFilter>()
    {
        problems.push(Problem {
            origin: origin.clone(),
            message: format!("log.level: {level:?} is no filter: {error}"),
            next_step: Some("write error, warn, info, debug or trace, or a list such as info,engine=debug".to_owned()),
        });
    }
    let mut needs = |given: &str, needed: &str, why: &str| {
        if let (Some((_, origin)), None) = (values.get(given), values.get(needed)) {
            let message = format!("{given}: {why}");
            problems.push(Problem { origin: origin.clone(), message, next_step: Some(format!("set {needed}")) });
        }
    };
    needs("github.app_id", "github.app_key_file", "an App speaks by its key");
    needs("github.app_key_file", "github.app_id", "a key is that of an App");
    needs("notify.email.host", "notify.email.from", "messages by e-mail need a sender");
    needs("blobs.s3.endpoint", "blobs.s3.bucket", "an address without a bucket holds nothing");
    needs("blobs.s3.access_key_id", "blobs.s3.secret_access_key", "the id of a key needs its secret half");
    needs("blobs.s3.secret_access_key", "blobs.s3.access_key_id", "a secret key needs its id");
    needs("notify.email.user", "notify.email.password", "a name needs a password");
    needs("notify.email.password", "notify.email.user", "a password needs a name");
}
