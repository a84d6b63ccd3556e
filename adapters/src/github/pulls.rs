//! Pull requests, the people behind commits, and comments.

use std::collections::BTreeSet;

use engine::core::id::PersonId;
use engine::ports::forge::{Comment, ForgeError, Mark, PullRequest};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::http::{Answer, later};
use super::publish::{made, refused};
use super::{GitHub, Name};

const PER_PAGE: usize = 100;
/// So many pages are read of anything: 1,000 pull requests or comments.
const MOST_PAGES: usize = 10;
/// Pull requests that brought one commit, as a rule one.
const MOST_OF_COMMIT: usize = 10;

/// <https://docs.github.com/en/rest/pulls/pulls#list-pull-requests>
pub(super) async fn open(github: &GitHub, name: &Name, base: &str) -> Result<Vec<PullRequest>, ForgeError> {
    let query = query(&[("state", "open"), ("base", base), ("sort", "created"), ("direction", "asc")]);
    let all = pages(github, name, &format!("/pulls?{query}"), "the pull requests", |page| page.as_array().cloned()).await?;
    let read = |pull: &Value| {
        let number = pull["number"].as_u64()?;
        let base = &pull["base"]["repo"]["id"];
        Some(PullRequest {
            number,
            title: pull["title"].as_str().unwrap_or_default().to_owned(),
            reference: format!("refs/pull/{number}/head"),
            commit: pull["head"]["sha"].as_str()?.to_owned(),
            author: person(&pull["user"])?,
            // A fork that was deleted has no repository any more.
            is_fork: !base.is_u64() || pull["head"]["repo"]["id"] != *base,
        })
    };
    Ok(all.iter().filter_map(read).collect())
}

/// <https://docs.github.com/en/rest/commits/commits#compare-two-commits>
pub(super) async fn involved(github: &GitHub, name: &Name, from: Option<&str>, to: &str) -> Result<BTreeSet<PersonId>, ForgeError> {
    let commits = match from {
        None => vec![one(github, name, &format!("/commits/{to}"), "the commit").await?],
        Some(from) => {
            let list = |page: &Value| page["commits"].as_array().cloned();
            pages(github, name, &format!("/compare/{from}...{to}?"), "the commits", list).await?
        }
    };
    let mut people = BTreeSet::new();
    let mut brought = BTreeSet::new();
    for commit in &commits {
        people.extend([&commit["author"], &commit["committer"]].into_iter().filter_map(person));
        // A merge names its pull request in GitHub's own records, whatever its message says.
        if let Some(id) = commit["sha"].as_str().filter(|_| commit["parents"].as_array().is_some_and(|parents| parents.len() > 1)) {
            brought.insert(id.to_owned());
        }
    }
    brought.insert(to.to_owned());
    for commit in brought {
        let pulls = one(github, name, &format!("/commits/{commit}/pulls?per_page={MOST_OF_COMMIT}"), "the commit's pull requests").await?;
        for pull in pulls.as_array().into_iter().flatten() {
            people.extend(person(&pull["user"]));
            if let Some(number) = pull["number"].as_u64().filter(|_| pull["merged_at"].is_string()) {
                let whole = one(github, name, &format!("/pulls/{number}"), "the pull request").await?;
                people.extend(person(&whole["merged_by"]));
            }
        }
    }
    Ok(people)
}

/// <https://docs.github.com/en/rest/branches/branches#get-a-branch>
pub(super) async fn is_protected(github: &GitHub, name: &Name, branch: &str) -> Result<bool, ForgeError> {
    let branch: String = url::form_urlencoded::byte_serialize(branch.as_bytes()).collect();
    let value = one(github, name, &format!("/branches/{}", branch.replace('+', "%20")), "the branch").await?;
    Ok(value["protected"].as_bool() == Some(true))
}

/// <https://docs.github.com/en/rest/issues/comments>
pub(super) async fn comment(github: &GitHub, name: &Name, comment: &Comment, mark: &mut Mark) -> Result<(), ForgeError> {
    let hidden = format!("<!-- {} -->", comment.mark);
    let body = json!({"body": format!("{}\n\n{hidden}", comment.text)});
    if mark.comment.is_none() {
        // Made before, and the answer was lost.
        mark.comment = find(github, name, comment.pull_request, &hidden).await?;
    }
    if let Some(id) = mark.comment {
        let answer = github.ask(name, Method::PATCH, &format!("/issues/comments/{id}"), Some(&body)).await?;
        match answer.status {
            StatusCode::OK => return Ok(()),
            // Somebody removed it.
            StatusCode::NOT_FOUND => mark.comment = None,
            _ => return Err(refused("the comment", &answer)),
        }
    }
    let answer = github.ask(name, Method::POST, &format!("/issues/{}/comments", comment.pull_request), Some(&body)).await?;
    mark.comment = Some(made("the comment", &answer)?);
    Ok(())
}

async fn find(github: &GitHub, name: &Name, number: u64, hidden: &str) -> Result<Option<u64>, ForgeError> {
    let all = pages(github, name, &format!("/issues/{number}/comments?"), "the comments", |page| page.as_array().cloned()).await?;
    // Only an App's own words are edited: anybody may write the mark.
    let is_own = |comment: &Value| comment["user"]["type"] == "Bot" || !github.is_app();
    let found = all.iter().find(|comment| is_own(comment) && comment["body"].as_str().is_some_and(|body| body.contains(hidden)));
    Ok(found.and_then(|comment| comment["id"].as_u64()))
}

/// By the number that never changes, whatever the login is called by then.
fn person(user: &Value) -> Option<PersonId> {
    user["id"].as_u64().map(|id| PersonId(format!("github:{id}")))
}

async fn one(github: &GitHub, name: &Name, path: &str, what: &str) -> Result<Value, ForgeError> {
    let answer = github.ask(name, Method::GET, path, None).await?;
    read(&answer, what)?.map_or_else(|| Err(refused(what, &answer)), Ok)
}

/// Every page of a list; `path` ends in `?` or holds a query.
async fn pages(
    github: &GitHub,
    name: &Name,
    path: &str,
    what: &str,
    list: impl Fn(&Value) -> Option<Vec<Value>>,
) -> Result<Vec<Value>, ForgeError> {
    let mut all = Vec::new();
    for page in 1..=MOST_PAGES {
        let path = format!("{path}&per_page={PER_PAGE}&page={page}").replace("?&", "?");
        let answer = github.ask(name, Method::GET, &path, None).await?;
        let value = read(&answer, what)?.ok_or_else(|| refused(what, &answer))?;
        let found = list(&value).ok_or_else(|| later(format!("GitHub's answer is no list of {what}")))?;
        let is_last = found.len() < PER_PAGE;
        all.extend(found);
        if is_last {
            return Ok(all);
        }
    }
    tracing::warn!(repository = %name, what, "only the first {} are read", PER_PAGE * MOST_PAGES);
    Ok(all)
}

fn read(answer: &Answer, what: &str) -> Result<Option<Value>, ForgeError> {
    if answer.status != StatusCode::OK {
        return Ok(None);
    }
    answer.json().map(Some).map_err(|_| later(format!("GitHub's answer holds no {what}")))
}

fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    pairs.iter().for_each(|(name, value)| _ = query.append_pair(name, value));
    query.finish()
}
