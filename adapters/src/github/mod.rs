//! GitHub and GitHub Enterprise Server: access for git, and what people see beside a commit.
//!
//! One identity for all repositories: a GitHub App with short tokens that reach one repository each, or a person's token.

mod access;
mod connect;
mod http;
mod kept;
mod key;
mod manifest;
mod own_app;
mod publish;
mod pulls;
mod sign_in;

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::core::id::PersonId;
use engine::ports::forge::{Comment, Forge, ForgeError, Mark, PullRequest, Report};
use engine::ports::{Clock, SecretValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

pub use access::Identity;
pub use connect::{ConnectError, Connecting};
pub use kept::{KeepError, KeptApp, keep, kept, make_folder};
pub use key::{AppKey, NoKey};
pub use manifest::{ExchangeError, MadeApp, Unfit, Wanted};
pub use own_app::OwnApp;
pub use sign_in::{SignIn, Teams};

use access::Access;
use http::{Answer, Http};

use crate::egress::Client;

/// GitHub under one identity.
#[derive(Debug)]
pub struct GitHub {
    /// Host and port of the addresses of its repositories.
    authority: String,
    scheme: String,
    /// Changes when this server is made an App while it runs.
    identity: RwLock<Arc<Identity>>,
    access: Access,
    http: Http,
}

/// `owner/repository`, as in every path of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    owner: String,
    repository: String,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.repository)
    }
}

impl GitHub {
    /// `web_url` is where people see it: `https://github.com`, or the address of an Enterprise Server, whose API is below
    /// `/api/v3` there.
    #[must_use]
    pub fn new(web_url: &Url, identity: Identity, client: Client, clock: Arc<dyn Clock>) -> Self {
        let authority = authority(web_url);
        let base = api_base(web_url);
        let identity = RwLock::new(Arc::new(identity));
        Self { authority, scheme: web_url.scheme().to_owned(), identity, access: Access::default(), http: Http::new(client, clock, base) }
    }

    /// The same where an answer may take so long; 20 s unless said otherwise.
    #[must_use]
    pub fn answering_within(self, timeout: Duration) -> Self {
        Self { http: self.http.answering_within(timeout), ..self }
    }

    /// From now on this server is that App.
    pub fn become_app(&self, id: String, key: AppKey) {
        *self.identity.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Identity::App { id, key });
        self.access.forget_all();
    }

    fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The repository at this address, if it is one of this GitHub's: by the very host and port, never by a likeness,
    /// because a token follows from it.
    fn name(&self, repository: &str) -> Option<Name> {
        let path = match Url::parse(repository) {
            Ok(url) if url.scheme() == self.scheme => (authority(&url) == self.authority).then(|| url.path().to_owned())?,
            Ok(url) if url.scheme() == "ssh" => (url.host_str() == self.host()).then(|| url.path().to_owned())?,
            Ok(_) => return None,
            Err(_) => {
                let (host, path) = repository.split_once(':')?;
                let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
                (Some(host) == self.host()).then(|| path.to_owned())?
            }
        };
        let path = path.trim_matches('/');
        let (owner, repository) = path.strip_suffix(".git").unwrap_or(path).split_once('/')?;
        let is_name = |text: &str| {
            !text.is_empty()
                && text != "."
                && text != ".."
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        (is_name(owner) && is_name(repository)).then(|| Name { owner: owner.to_owned(), repository: repository.to_owned() })
    }

    fn own(&self, repository: &str) -> Result<Name, ForgeError> {
        self.name(repository).ok_or_else(|| ForgeError::Never(format!("{repository} is not of this GitHub")))
    }

    fn is_app(&self) -> bool {
        matches!(*self.identity(), Identity::App { .. })
    }

    fn host(&self) -> Option<&str> {
        self.authority.split(':').next()
    }

    /// Asks something about the App itself.
    async fn ask_as_app(&self, path: &str) -> Result<Answer, ForgeError> {
        let Identity::App { id, key } = &*self.identity() else {
            return Err(ForgeError::Never("this server is no App at GitHub".to_owned()));
        };
        let token = key.token(id, self.http.their_now_s()).ok_or_else(|| http::later("the App's key cannot sign"))?;
        self.http.send(Method::GET, path, &token, None).await
    }

    /// One request about one repository. A token that GitHub does not know any more is asked for anew, once.
    async fn ask(&self, name: &Name, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, ForgeError> {
        let path = format!("/repos/{name}{path}");
        for _ in 0..2 {
            let Some(token) = self.access.token(&self.http, &self.identity(), name).await? else {
                return Err(ForgeError::Never("this server is nobody at GitHub; Settings → GitHub changes that".to_owned()));
            };
            let answer = self.http.send(method.clone(), &path, &token, body).await?;
            if answer.status != StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            self.access.forget(name);
        }
        Err(ForgeError::Never("GitHub does not take the token of this server; renew it, or check the App's installation".to_owned()))
    }
}

#[async_trait]
impl Forge for GitHub {
    fn knows(&self, repository: &str) -> bool {
        // Who is nobody there can ask for nothing and tell nothing.
        !matches!(*self.identity(), Identity::Nobody) && self.name(repository).is_some()
    }

    async fn git_authorization(&self, repository: &str) -> Result<Option<SecretValue>, ForgeError> {
        // Never to another host, and never beside credentials of the address's own.
        let Some(url) = Url::parse(repository).ok().filter(|url| url.scheme() == self.scheme) else { return Ok(None) };
        let Some(name) = self.name(repository).filter(|_| url.username().is_empty() && url.password().is_none()) else { return Ok(None) };
        let token = self.access.token(&self.http, &self.identity(), &name).await?;
        Ok(token.map(|token| SecretValue::new(format!("Basic {}", STANDARD.encode(format!("x-access-token:{}", token.reveal()))))))
    }

    async fn publish(&self, report: &Report, mark: &mut Mark) -> Result<(), ForgeError> {
        let name = self.own(&report.repository)?;
        publish::publish(self, &name, report, mark).await
    }

    async fn pull_requests(&self, repository: &str, base: &str) -> Result<Vec<PullRequest>, ForgeError> {
        pulls::open(self, &self.own(repository)?, base).await
    }

    async fn involved(&self, repository: &str, from: Option<&str>, to: &str) -> Result<BTreeSet<PersonId>, ForgeError> {
        pulls::involved(self, &self.own(repository)?, from, to).await
    }

    async fn is_protected(&self, repository: &str, branch: &str) -> Result<bool, ForgeError> {
        pulls::is_protected(self, &self.own(repository)?, branch).await
    }

    async fn comment(&self, repository: &str, comment: &Comment, mark: &mut Mark) -> Result<(), ForgeError> {
        pulls::comment(self, &self.own(repository)?, comment, mark).await
    }

    fn forget(&self, repository: &str) {
        if let Some(name) = self.name(repository) {
            self.access.forget(&name);
        }
    }
}

/// Below which the API is, without a slash at the end.
fn api_base(web_url: &Url) -> String {
    match authority(web_url).as_str() {
        "github.com" => "https://api.github.com".to_owned(),
        authority => format!("{}://{authority}/api/v3", web_url.scheme()),
    }
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_lowercase();
    url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::egress::Egress;

    fn github(web_url: &str) -> GitHub {
        let client = Client::new(Egress::default()).unwrap();
        let identity = Identity::Token(SecretValue::new("a token".to_owned()));
        GitHub::new(&Url::parse(web_url).unwrap(), identity, client, Arc::new(SystemClock::new()))
    }

    #[tokio::test]
    async fn a_token_goes_to_repositories_of_this_github_only() {
        let github = github("https://github.com");
        for url in ["https://github.com/acme/orders", "https://GitHub.com/acme/orders.git"] {
            assert!(github.knows(url), "{url}");
            let value = github.git_authorization(url).await.unwrap().unwrap();
            assert_eq!(value.reveal(), "Basic eC1hY2Nlc3MtdG9rZW46YSB0b2tlbg==", "{url}");
        }
        for url in ["git@github.com:acme/orders.git", "ssh://git@github.com/acme/orders.git", "https://me:mine@github.com/acme/orders"] {
            assert!(github.knows(url), "{url}");
            assert_eq!(github.git_authorization(url).await.unwrap(), None, "{url}");
        }
        for url in [
            "https://github.com.evil.example/acme/orders",
            "https://github.com@evil.example/acme/orders",
            "https://github.com:8443/acme/orders",
            "http://github.com/acme/orders",
            "https://evil.example/github.com/acme",
            "https://github.com/acme",
            "https://github.com/acme/orders/tree/main",
            "https://github.com/acme/..",
            "git@gitlab.com:acme/orders.git",
            "/srv/git/github.com/acme/orders",
        ] {
            assert!(!github.knows(url), "{url}");
            assert_eq!(github.git_authorization(url).await.unwrap(), None, "{url}");
        }
    }

    #[test]
    fn an_enterprise_server_has_its_own_host() {
        let github = github("https://git.corp.example:8443");
        assert!(github.knows("https://git.corp.example:8443/acme/orders") && github.knows("git@git.corp.example:acme/orders"));
        assert!(!github.knows("https://github.com/acme/orders") && !github.knows("https://git.corp.example/acme/orders"));
    }
}
