//! Web hooks of forges: proving who sent one, and reading where it says to look. Pure; the answer of the forge itself is
//! asked for elsewhere (R8).

mod gitea;
mod github;
mod gitlab;
mod payload;
mod signature;
mod standard;

pub use gitea::Gitea;
pub use github::GitHub;
pub use gitlab::GitLab;
pub use signature::{HookSecrets, WeakSecret};
pub use standard::Signed;

use engine::ports::forge::{Headers, HookRefused};

/// A header that every delivery of this forge has.
fn header<'a>(headers: &'a Headers, name: &str) -> Result<&'a str, HookRefused> {
    let value = headers.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| HookRefused::Header(format!("the header {name} is missing")))
}

/// Forms are what forges send when nobody chose JSON.
fn json_only(headers: &Headers) -> Result<(), HookRefused> {
    match headers.get("content-type").map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()) {
        None => Ok(()),
        Some(kind) if kind == "application/json" || kind.ends_with("+json") => Ok(()),
        Some(kind) => Err(HookRefused::MediaType(format!(
            "the content type is {:?}; choose application/json in the web hook's settings at the forge",
            kind.chars().take(80).collect::<String>()
        ))),
    }
}
