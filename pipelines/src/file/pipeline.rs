use std::sync::Arc;

use crate::file::{RunsOn, Stage, words};
use crate::text::{Duration, Map, Node, Read, Reader, Spanned, Text, Value, record};

record! {
    /// A pipeline: the path from source to production.
    Pipeline: "a pipeline" {
        /// What people call it.
        name = "name": Spanned<String>,
        /// A shape that supplies stages and defaults; what stands here goes over it, stages and jobs by their names.
        #[expect(dead_code, reason = "it is read before the file is, and stands here for the schema and for the list of keys")]
        extends = "extends": Option<crate::lower::ExtendsForm>,
        /// What starts a release; without it, every push to `main`.
        triggers = "triggers": Option<Triggers>,
        /// Where revisions come from besides this repository, by name.
        sources = "sources": Option<Map<SourceForm>>,
        /// The accounts that targets `account/region` live in, by name.
        accounts = "accounts": Option<Map<Account>>,
        /// Environment variables of every step.
        env = "env": Option<Map<Text>>,
        /// Where `targets: {where: …}` are looked up that do not say so themselves: a file of the repository, or `registry`.
        inventory = "inventory": Option<Spanned<String>>,
        /// Where jobs run that do not say so themselves.
        runs_on = "runs_on": Option<RunsOn>,
        /// What each pull request gets where `triggers` say `pull_request: {preview: true}`.
        preview = "preview": Option<Preview>,
        /// Who is told of what.
        notify = "notify": Option<Vec<Notify>>,
        /// Names of steps of a change in two phases that commits of this file carry: no rollback goes behind them.
        barriers = "barriers": Option<Vec<Spanned<String>>>,
        /// Names of barriers that must have been good at a target before this commit may enter it.
        needs_barriers = "needs_barriers": Option<Vec<Spanned<String>>>,
        /// The path, in order.
        stages = "stages": Spanned<Vec<Stage>>,
    }
    later {
        "x-*": "the writer's own keys, for anchors",
        "aspects": "organisation-wide additions (`aspects`)",
    }
}

record! {
    /// A source: one of `repository` and `pipeline`.
    SourceForm: "a source" {
        /// An address that git understands.
        repository = "repository": Option<Spanned<String>>,
        /// Of the repository; without it, `main`.
        branch = "branch": Option<Spanned<String>>,
        /// Releases of another pipeline of the server, once they have completed.
        pipeline = "pipeline": Option<Spanned<String>>,
        /// They need have completed this stage only.
        stage = "stage": Option<Spanned<String>>,
    }
}

record! {
    /// What starts a release.
    Triggers: "triggers" {
        push = "push": Option<Push>,
        /// Pull requests to that branch: the stages that deploy nowhere, as checks, and a preview where it says so.
        pull_request = "pull_request": Option<PullRequest>,
        /// By the clock.
        schedule = "schedule": Option<Vec<Schedule>>,
        /// By a person or the API.
        manual = "manual": Option<Manual>,
    }
    later {
        "pipeline": "releases of another pipeline as a trigger of their own (`pipeline`); `sources` takes them as inputs",
        "image": "an image tag as a source (`image`)",
        "tag": "git tags as a source (`tag`)",
    }
}

record! {
    /// New commits on a branch.
    Push: "a push trigger" {
        branch = "branch": Spanned<String>,
        /// Only commits that touch one of these, as globs: `services/orders/**`.
        paths = "paths": Option<Vec<Spanned<String>>>,
    }
}

record! {
    /// Pull requests to the branch that is followed.
    PullRequest: "a pull request trigger" {
        /// Each gets an environment of its own.
        preview = "preview": Option<bool>,
        /// Only pull requests that touch one of these, as globs.
        paths = "paths": Option<Vec<Spanned<String>>>,
    }
}

record! {
    /// The environment that each pull request gets.
    Preview: "the preview of pull requests" {
        /// The stage whose deploy block makes it; without it, the first that deploys.
        stage = "stage": Option<Spanned<String>>,
        /// The one target beside which it stands; without it, the first of that stage.
        targets = "targets": Option<Spanned<Vec<Spanned<String>>>>,
        /// Inputs of the block that are other than the stage's; `{number}` stands for the pull request's.
        with = "with": Option<Map<Text>>,
        /// Where people see it, with `{number}`; without it, as the block says.
        address = "address": Option<Spanned<String>>,
        /// Without a push for so long it is put to sleep; without it, after 8 hours.
        idle_sleep = "idle_sleep": Option<Spanned<Duration>>,
        /// Without a push for so long it is removed; without it, after 7 days.
        delete_after = "delete_after": Option<Spanned<Duration>>,
    }
}

record! {
    /// A time at which a release starts.
    Schedule: "a schedule" {
        /// Minute, hour, day of month, month, day of week.
        cron = "cron": Spanned<String>,
        /// An IANA name; without it, UTC.
        timezone = "timezone": Option<Spanned<String>>,
    }
}

/// Started by hand, with or without inputs.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Manual {
    Inputs(ManualInputs),
    /// `manual:` with nothing after it, or `manual: true`.
    #[schemars(with = "crate::text::Bare")]
    Bare,
}

impl Read for Manual {
    const WHAT: &'static str = "`true`, or a map with `inputs`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Scalar { text, .. } if node.is_null() || text == "true" => Some(Self::Bare),
            Value::Mapping(_) => ManualInputs::read(node, reader).map(Self::Inputs),
            _ => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// What a person is asked for.
    ManualInputs: "a manual trigger" {
        inputs = "inputs": Option<Map<InputForm>>,
    }
}

/// A default value, or nothing, or a description of the input.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum InputForm {
    Default(Text),
    Described(ManualInput),
    #[schemars(with = "crate::text::Bare")]
    Required,
}

impl Read for InputForm {
    const WHAT: &'static str = "a default value, or a map with `default` and `description`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            _ if node.is_null() => Some(Self::Required),
            Value::Mapping(_) => ManualInput::read(node, reader).map(Self::Described),
            Value::Scalar { .. } => Text::read(node, reader).map(Self::Default),
            Value::Sequence(_) => {
                reader.wrong_type(node, Self::WHAT);
                None
            }
        }
    }
}

record! {
    /// One thing that a person is asked for.
    ManualInput: "an input" {
        description = "description": Option<String>,
        /// Without it, the input must be given.
        default = "default": Option<Text>,
    }
}

record! {
    /// An account that targets live in.
    Account: "an account" {
        /// In quotes: leading zeros count.
        id = "id": Spanned<String>,
        /// The role that jobs take there.
        role = "role": Spanned<String>,
        external_id = "external_id": Option<Spanned<String>>,
    }
}

record! {
    /// Who is told of what; one of `slack`, `email` and `webhook`.
    Notify: "a notification" {
        /// A channel: `"#orders"`.
        slack = "slack": Option<Spanned<String>>,
        email = "email": Option<Spanned<String>>,
        /// CloudEvents by HTTP POST to this address.
        webhook = "webhook": Option<Spanned<String>>,
        /// Without it: failed, rolled_back and waiting_approval.
        on = "on": Option<Vec<NotifyOn>>,
    }
}

words! {
    /// What somebody is told of.
    NotifyOn: "something to be told of" {
        Started = "started",
        Completed = "completed",
        Failed = "failed",
        RolledBack = "rolled_back",
        Superseded = "superseded",
        WaitingApproval = "waiting_approval",
        Held = "held",
        Unclear = "unclear",
    }
}

impl NotifyOn {
    pub(crate) fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}
