//! Pull requests, comments, branches and the people behind commits, as GitHub's API shows them.

use std::path::Path;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::fake::{ForgeRepository, ForgeState, Shared};
use super::git;
use super::people::Person;

/// A pull request to be opened.
#[derive(Debug, Clone)]
pub struct NewPull<'n> {
    pub title: &'n str,
    pub commit: &'n str,
    /// The number of whoever opens it.
    pub author: u64,
    pub is_fork: bool,
}

/// What is asked, and of which repository.
pub(super) struct Asked<'a> {
    /// Its state is with whoever asks.
    pub(super) forge: &'a Shared,
    /// Whose token it was, unless it was an installation's.
    pub(super) person: Option<Person>,
    /// Of the repository, which is `acme/<name>`.
    pub(super) name: &'a str,
    pub(super) method: &'a str,
    pub(super) rest: &'a [&'a str],
    pub(super) query: &'a [(String, String)],
    pub(super) body: &'a Value,
    pub(super) folder: &'a Path,
}

impl Asked<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The part of a list that was asked for.
    fn page(&self, all: Vec<Value>) -> Vec<Value> {
        let number = |name: &str, usual: usize| self.value(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
        let (size, page) = (number("per_page", 30).clamp(1, 100), number("page", 1).max(1));
        all.into_iter().skip(size * (page - 1)).take(size).collect()
    }
}

/// None: nothing of this file's.
pub(super) fn answer(state: &mut ForgeState, asked: &Asked<'_>) -> Option<(StatusCode, Value)> {
    let found = match (asked.method, asked.rest) {
        ("GET", ["pulls"]) => {
            let is_asked = |pull: &&Value| {
                pull["state"] == asked.value("state").unwrap_or("open")
                    && asked.value("base").is_none_or(|base| pull["base"]["ref"] == base)
            };
            json!(asked.page(state.pulls.values().filter(is_asked).cloned().collect()))
        }
        ("POST", ["forks"]) => return Some((StatusCode::ACCEPTED, fork(asked)?)),
        ("POST", ["pulls"]) => return Some((StatusCode::CREATED, open(state, asked)?)),
        ("PATCH", ["pulls", number]) => {
            let number = number.parse().ok()?;
            close(state, asked, number)?
        }
        ("GET", ["pulls", number]) => state.pulls.get(&number.parse().ok()?)?.clone(),
        ("GET", ["commits", commit, "pulls"]) => {
            let is_of = |pull: &&Value| pull["head"]["sha"] == *commit || pull["merge_commit_sha"] == *commit;
            json!(state.pulls.values().filter(is_of).cloned().collect::<Vec<_>>())
        }
        ("GET", ["commits", commit]) => commits(state, asked.folder, &format!("{commit}^!"))?.pop()?,
        ("GET", ["compare", range]) => {
            let all = commits(state, asked.folder, &range.replace("...", ".."))?;
            json!({"total_commits": all.len(), "commits": asked.page(all)})
        }
        ("GET", ["branches", branch]) => json!({"name": branch, "protected": state.protected.contains(*branch)}),
        ("GET", ["issues", number, "comments"]) => {
            let number: u64 = number.parse().ok()?;
            let all = state.comments.values().filter(|comment| comment["issue"] == number).cloned().collect();
            json!(asked.page(all))
        }
        ("POST", ["issues", number, "comments"]) => {
            let number: u64 = number.parse().ok().filter(|number| state.pulls.contains_key(number))?;
            let id = state.id();
            let comment = json!({"id": id, "issue": number, "body": asked.body["body"], "user": {"id": 41, "type": "Bot"}});
            state.comments.insert(id, comment.clone());
            return Some((StatusCode::CREATED, comment));
        }
        ("PATCH", ["issues", "comments", id]) => {
            let comment = state.comments.get_mut(&id.parse().ok()?)?;
            comment["body"] = asked.body["body"].clone();
            comment.clone()
        }
        _ => return None,
    };
    Some((StatusCode::OK, found))
}

/// A copy of the repository that belongs to the person.
fn fork(asked: &Asked<'_>) -> Option<Value> {
    let (forge, name) = (asked.forge, asked.name);
    let login = &asked.person.as_ref()?.login;
    let folder = forge.folder.path().join(login);
    std::fs::create_dir_all(&folder).expect("a folder");
    git::run(&folder, &["clone", "-q", "--bare", &asked.folder.display().to_string(), &format!("{name}.git")]);
    let full_name = format!("{login}/{name}");
    Some(json!({"id": 2, "name": name, "full_name": full_name, "fork": true, "clone_url": format!("{}{full_name}.git", forge.url)}))
}

/// From `branch` of the repository itself, or from `login:branch` of somebody's fork of it.
fn open(state: &mut ForgeState, asked: &Asked<'_>) -> Option<Value> {
    let person = asked.person.as_ref()?;
    let head = asked.body["head"].as_str()?;
    let (owner, branch) = head.split_once(':').unwrap_or(("acme", head));
    let from = format!("{owner}/{}", asked.name);
    let folder = asked.forge.folder.path().join(format!("{from}.git"));
    let commit = git::run(&folder, &["rev-parse", &format!("refs/heads/{branch}")]).trim().to_owned();
    let number = state.pulls.len() as u64 + 1;
    let pull = json!({
        "number": number,
        "state": "open",
        "title": asked.body["title"],
        "user": {"id": person.id, "login": person.login},
        "head": {"sha": commit, "ref": branch, "label": format!("{owner}:{branch}"), "repo": {"id": if owner == "acme" { 1 } else { 2 }, "full_name": from}},
        "base": {"ref": asked.body["base"], "repo": {"id": 1}},
        "merged_at": null,
        "merged_by": null,
    });
    state.pulls.insert(number, pull.clone());
    fetch(asked.folder, &folder, &commit, number);
    tell(state, asked, "opened");
    Some(pull)
}

fn close(state: &mut ForgeState, asked: &Asked<'_>, number: u64) -> Option<Value> {
    asked.person.as_ref()?;
    let pull = state.pulls.get_mut(&number)?;
    pull["state"] = asked.body["state"].clone();
    let pull = pull.clone();
    tell(state, asked, if pull["state"] == "closed" { "closed" } else { "reopened" });
    Some(pull)
}

fn tell(state: &mut ForgeState, asked: &Asked<'_>, action: &str) {
    let url = format!("{}acme/{}.git", asked.forge.url, asked.name);
    state.hooks.push(("pull_request", json!({"action": action, "repository": {"clone_url": url}})));
}

/// The pull requests that come from this branch of `owner/name` have another head now.
pub(super) fn branch_moved(forge: &Shared, repository: &str, branch: &str, commit: &str) {
    let mut state = forge.state();
    let Some((_, name)) = repository.split_once('/') else { return };
    let is_of = |pull: &Value| pull["state"] == "open" && pull["head"]["ref"] == branch && pull["head"]["repo"]["full_name"] == repository;
    let numbers: Vec<u64> = state.pulls.iter().filter(|(_, pull)| is_of(pull)).map(|(number, _)| *number).collect();
    for number in numbers {
        let [to, from] = [&format!("acme/{name}"), repository].map(|repository| forge.folder.path().join(format!("{repository}.git")));
        fetch(&to, &from, commit, number);
        if let Some(pull) = state.pulls.get_mut(&number) {
            pull["head"]["sha"] = json!(commit);
        }
        let url = format!("{}acme/{name}.git", forge.url);
        state.hooks.push(("pull_request", json!({"action": "synchronize", "repository": {"clone_url": url}})));
    }
}

/// As GitHub keeps it: also after the branch or the fork is gone.
fn fetch(to: &Path, from: &Path, commit: &str, number: u64) {
    git::run(to, &["fetch", "-q", &from.display().to_string(), &format!("+{commit}:refs/pull/{number}/head")]);
}

/// Oldest first. GitHub finds people by the addresses in commits, which anybody may write.
fn commits(state: &ForgeState, folder: &Path, range: &str) -> Option<Vec<Value>> {
    let arguments = ["log", "--reverse", "--format=%H%x09%P%x09%ae%x09%ce", "--end-of-options", range];
    let output = std::process::Command::new("git").args(arguments).current_dir(folder).output().expect("git runs");
    if !output.status.success() {
        return None;
    }
    let person = |address: &str| state.people.get(address).map_or(Value::Null, |id| json!({"id": id, "login": format!("user-{id}")}));
    let commit = |line: &str| {
        let mut parts = line.split('\t');
        let (id, parents) = (parts.next()?, parts.next()?);
        let parents: Vec<Value> = parents.split_whitespace().map(|id| json!({"sha": id})).collect();
        Some(json!({"sha": id, "parents": parents, "author": person(parts.next()?), "committer": person(parts.next()?)}))
    };
    String::from_utf8_lossy(&output.stdout).lines().map(commit).collect()
}

impl super::FakeForge {
    /// Opens a pull request to `main`, whose head the repository has already, and answers its number.
    pub fn open_pull(&self, at: &ForgeRepository, new: &NewPull<'_>) -> u64 {
        let mut state = self.state();
        let number = state.pulls.len() as u64 + 1;
        let head = if new.is_fork { 2 } else { 1 };
        let pull = json!({
            "number": number,
            "state": "open",
            "title": new.title,
            "user": {"id": new.author, "login": format!("user-{}", new.author)},
            "head": {"sha": new.commit, "ref": "change", "repo": {"id": head}},
            "base": {"ref": "main", "repo": {"id": 1}},
            "merged_at": null,
            "merged_by": null,
        });
        state.pulls.insert(number, pull);
        drop(state);
        set_head(at, number, new.commit);
        number
    }

    /// Its head is another commit now.
    pub fn push_to_pull(&self, at: &ForgeRepository, number: u64, commit: &str) {
        set_head(at, number, commit);
        if let Some(pull) = self.state().pulls.get_mut(&number) {
            pull["head"]["sha"] = json!(commit);
        }
    }

    /// Closed, and merged as this commit by this person, or not.
    pub fn close_pull(&self, number: u64, merged: Option<(&str, u64)>) {
        if let Some(pull) = self.state().pulls.get_mut(&number) {
            pull["state"] = json!("closed");
            if let Some((commit, by)) = merged {
                pull["merge_commit_sha"] = json!(commit);
                pull["merged_at"] = json!("2026-06-01T00:00:00Z");
                pull["merged_by"] = json!({"id": by, "login": format!("user-{by}")});
            }
        }
    }
}

/// As GitHub keeps it: also after the branch is gone.
fn set_head(at: &ForgeRepository, number: u64, commit: &str) {
    git::run(&at.folder, &["update-ref", &format!("refs/pull/{number}/head"), commit]);
}
