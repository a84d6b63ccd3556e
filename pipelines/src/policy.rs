//! What the pipelines of a repository may touch: decided by the owner of the server, asked when a file is compiled, when a
//! job uploads something, and when a job is leased.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic};
use crate::file::words;
use crate::lower::matches;
use crate::plan::{Node, NodeKind, Plan};
use crate::text::{Placed as _, Problem, Read as _, Reader, Spanned, parse, record};

/// Rules in order; the first that speaks of a thing decides, else the default does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<Rule>,
    default: Verdict,
}

/// Whose pipeline it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// As the source is configured: `https://github.com/acme/orders`.
    pub repository: String,
    pub branch: String,
    pub pipeline: String,
}

/// A kind of thing that a pipeline touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By its id, whatever the file calls it.
    Account,
    Role,
    Pool,
    /// `prod/wave-1`, or `prod` for a stage without waves.
    Lane,
    /// By the name in `uses`.
    Block,
    Secret,
}

/// What may not be touched, and which rule says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("the policy does not allow the {} `{value}`: {}", kind.as_str(), rule_text(rule))]
pub struct Refusal {
    pub kind: Kind,
    pub value: String,
    /// The rule's name; none: no rule speaks of it, and the default is to deny.
    pub rule: Option<String>,
}

fn rule_text(rule: &Option<String>) -> String {
    rule.as_ref().map_or_else(|| "no rule does".to_owned(), |rule| format!("rule `{rule}`"))
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    name: String,
    /// Patterns; empty: all.
    repositories: Vec<String>,
    branches: Vec<String>,
    pipelines: Vec<String>,
    verdict: Verdict,
    things: Vec<(Kind, Vec<String>)>,
}

words! {
    /// What a rule says.
    Verdict: "a verdict" { Allow = "allow", Deny = "deny", }
}

record! {
    /// A policy.
    PolicyFile: "a policy" {
        /// What holds for whatever no rule speaks of.
        default = "default": Verdict,
        /// The first that speaks of a thing decides.
        rules = "rules": Vec<RuleForm>,
    }
}

record! {
    /// A rule; one of `allow` and `deny`.
    RuleForm: "a rule" {
        /// Refusals name it.
        name = "name": Spanned<String>,
        repositories = "repositories": Option<Vec<String>>,
        branches = "branches": Option<Vec<String>>,
        pipelines = "pipelines": Option<Vec<String>>,
        allow = "allow": Option<Things>,
        deny = "deny": Option<Things>,
    }
}

record! {
    /// Names, or patterns in which `*` stands for any part.
    Things: "what a rule speaks of" {
        accounts = "accounts": Option<Vec<String>>,
        roles = "roles": Option<Vec<String>>,
        pools = "pools": Option<Vec<String>>,
        lanes = "lanes": Option<Vec<String>>,
        blocks = "blocks": Option<Vec<String>>,
        secrets = "secrets": Option<Vec<String>>,
    }
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Role => "role",
            Self::Pool => "pool",
            Self::Lane => "lane",
            Self::Block => "block",
            Self::Secret => "secret",
        }
    }
}

impl Policy {
    /// Reads a policy; never fails and never panics.
    #[must_use]
    pub fn read(name: &str, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let mut reader = Reader::default();
        let form = parse(text, &mut reader).and_then(|node| PolicyFile::read(&node, &mut reader));
        let policy = form.map(|form| {
            let mut names = std::collections::BTreeSet::new();
            let rules = form.rules.iter().filter_map(|rule| {
                if !names.insert(rule.name.value.clone()) {
                    let twice = format!("two rules are called `{}`", rule.name.value);
                    reader.report(Problem::error(Code::DuplicateName, rule.name.span, twice).help("a refusal names its rule"));
                }
                read_rule(rule, &mut reader)
            });
            Self { rules: rules.collect(), default: form.default }
        });
        let policy = policy.filter(|_| !reader.has_errors());
        (policy, reader.finish(name, text))
    }

    /// Whether `subject` may touch `value`.
    ///
    /// # Errors
    /// The rule that says no.
    pub fn check(&self, subject: &Subject, kind: Kind, value: &str) -> Result<(), Refusal> {
        let decides = |rule: &&Rule| {
            let speaks_of = rule.things.iter().any(|(of, patterns)| *of == kind && any(patterns, value));
            let all_or = |patterns: &[String], text: &str| patterns.is_empty() || any(patterns, text);
            speaks_of
                && all_or(&rule.repositories, &subject.repository)
                && all_or(&rule.branches, &subject.branch)
                && all_or(&rule.pipelines, &subject.pipeline)
        };
        let rule = self.rules.iter().find(decides);
        match rule.map_or(self.default, |rule| rule.verdict) {
            Verdict::Allow => Ok(()),
            Verdict::Deny => Err(Refusal { kind, value: value.to_owned(), rule: rule.map(|rule| rule.name.clone()) }),
        }
    }

    /// Everything in a plan that may not be touched, each once.
    #[must_use]
    pub fn review(&self, subject: &Subject, plan: &Plan) -> Vec<Refusal> {
        let lanes = plan.waves().map(|(_, _, wave)| (Kind::Lane, wave.lane.key.as_str()));
        let blocks = plan.blocks.keys().map(|block| (Kind::Block, block.as_str()));
        let accounts =
            plan.accounts.values().flat_map(|account| [(Kind::Account, account.id.as_str()), (Kind::Role, account.role.as_str())]);
        let touched: std::collections::BTreeSet<(Kind, &str)> =
            lanes.chain(blocks).chain(accounts).chain(plan.nodes.iter().flat_map(|node| touched_by(plan, node))).collect();
        touched.into_iter().filter_map(|(kind, value)| self.check(subject, kind, value).err()).collect()
    }

    /// Whether a job may still be leased: the policy may have changed since its plan was made.
    ///
    /// # Errors
    /// The first thing that it may not touch.
    pub fn review_job(&self, subject: &Subject, plan: &Plan, node: &Node) -> Result<(), Refusal> {
        let lane = node.wave.and_then(|ix| plan.wave(ix)).map(|wave| (Kind::Lane, wave.lane.key.as_str()));
        lane.into_iter().chain(touched_by(plan, node)).try_for_each(|(kind, value)| self.check(subject, kind, value))
    }
}

fn touched_by<'p>(plan: &'p Plan, node: &'p Node) -> Vec<(Kind, &'p str)> {
    let NodeKind::Job(job) = &node.kind else { return Vec::new() };
    let account = job.account.as_ref().and_then(|name| plan.accounts.get(name));
    let of_account = account.into_iter().flat_map(|account| [(Kind::Account, account.id.as_str()), (Kind::Role, account.role.as_str())]);
    let secrets = job.secrets.iter().map(|secret| (Kind::Secret, secret.as_str()));
    of_account.chain(secrets).chain([(Kind::Pool, job.runs_on.pool.as_str())]).collect()
}

fn any(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, text))
}

fn read_rule(form: &RuleForm, reader: &mut Reader) -> Option<Rule> {
    let (verdict, things) = match (&form.allow, &form.deny) {
        (Some(things), None) => (Verdict::Allow, things),
        (None, Some(things)) => (Verdict::Deny, things),
        _ => {
            if form.is_whole() {
                let problem = Problem::error(Code::ConflictingKeys, form.name.span, "a rule says one thing");
                reader.report(problem.expected("exactly one of `allow` and `deny`"));
            }
            return None;
        }
    };
    let kinds = [
        (Kind::Account, &things.accounts),
        (Kind::Role, &things.roles),
        (Kind::Pool, &things.pools),
        (Kind::Lane, &things.lanes),
        (Kind::Block, &things.blocks),
        (Kind::Secret, &things.secrets),
    ];
    Some(Rule {
        name: form.name.value.clone(),
        repositories: form.repositories.clone().unwrap_or_default(),
        branches: form.branches.clone().unwrap_or_default(),
        pipelines: form.pipelines.clone().unwrap_or_default(),
        verdict,
        things: kinds.into_iter().filter_map(|(kind, patterns)| Some((kind, patterns.clone()?))).collect(),
    })
}
