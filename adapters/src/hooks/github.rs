use engine::core::id::PersonId;
use engine::ports::forge::{Delivery, Headers, Hint, Hook, HookReader, HookRefused, Meaning, Pressed, RepositoryNames};
use serde::Deserialize;

use super::payload::{self, Lenient, Number, Text, Texts};
use super::signature::HookSecrets;
use super::{header, json_only};

const SIGNATURE: &str = "x-hub-signature-256";
const EVENT: &str = "x-github-event";
const DELIVERY: &str = "x-github-delivery";
/// Of a repository.
const ADDRESSES: [&str; 4] = ["clone_url", "ssh_url", "git_url", "html_url"];

/// GitHub and GitHub Enterprise Server.
///
/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
#[derive(Debug, Clone)]
pub struct GitHub {
    /// Where people see it, such as `https://github.com`; some events name repositories without an address.
    web_url: String,
    secrets: HookSecrets,
}

impl GitHub {
    #[must_use]
    pub fn new(web_url: String, secrets: HookSecrets) -> Self {
        Self { web_url, secrets }
    }

    fn meaning(&self, event: &str, body: &[u8]) -> Result<Meaning, HookRefused> {
        match event {
            "push" | "create" | "delete" => payload::moved(body, &ADDRESSES),
            "pull_request" | "release" => heads(&payload::read::<About>(body)?.repository),
            "installation" | "installation_repositories" => {
                let grants: Grants = payload::read(body)?;
                let repositories = grants.all().map(|full_name| self.named(full_name)).collect();
                Ok(Meaning::Hint(Hint::Grants { repositories }))
            }
            "ping" => {
                payload::is_json(body)?;
                ignored("pong: the address, the secret and the content type are right")
            }
            "check_run" | "check_suite" => payload::read::<Check>(body)?.meaning(),
            "deployment_status" => {
                payload::is_json(body)?;
                ignored("deployments of others are not waited for")
            }
            _ => {
                payload::is_json(body)?;
                ignored("this server does nothing with events of that name")
            }
        }
    }

    fn named(&self, full_name: &str) -> RepositoryNames {
        RepositoryNames { urls: vec![format!("{}/{full_name}", self.web_url.trim_end_matches('/'))] }
    }
}

impl HookReader for GitHub {
    fn forge(&self) -> &str {
        "github"
    }

    fn expects(&self, headers: &Headers) -> Result<(), HookRefused> {
        if self.secrets.is_empty() {
            return Err(HookRefused::NotConfigured {
                forge: "github".to_owned(),
                next_step: "set github.webhook_secrets, or run `tidegate github connect`".to_owned(),
            });
        }
        if header(headers, SIGNATURE).is_err() {
            return Err(HookRefused::Unproven(format!("there is no header {SIGNATURE}; give the web hook a secret at GitHub")));
        }
        header(headers, EVENT)?;
        header(headers, DELIVERY).map(drop)
    }

    fn read(&self, delivery: &Delivery) -> Result<Hook, HookRefused> {
        self.expects(&delivery.headers)?;
        let presented = header(&delivery.headers, SIGNATURE)?.strip_prefix("sha256=").and_then(|text| hex::decode(text).ok());
        if !presented.is_some_and(|mac| self.secrets.signed(&[&delivery.body], &mac)) {
            return Err(HookRefused::Unproven(format!("{SIGNATURE} is not that of this body under any configured secret")));
        }
        json_only(&delivery.headers)?;
        let event = header(&delivery.headers, EVENT)?;
        Ok(Hook {
            delivery: Some(header(&delivery.headers, DELIVERY)?.to_owned()),
            event: event.to_owned(),
            meaning: self.meaning(event, &delivery.body)?,
        })
    }
}

#[derive(Deserialize)]
struct About {
    #[serde(default)]
    repository: Texts,
}

/// Of a check, or of all checks of a commit.
#[derive(Deserialize)]
struct Check {
    #[serde(default)]
    action: Text,
    #[serde(default, alias = "check_suite")]
    check_run: Lenient<OneCheck>,
    #[serde(default)]
    requested_action: Texts,
    #[serde(default)]
    sender: Lenient<Sender>,
    #[serde(default)]
    repository: Texts,
}

#[derive(Deserialize, Default)]
struct OneCheck {
    #[serde(default)]
    id: Number,
    #[serde(default)]
    external_id: Text,
    #[serde(default)]
    head_sha: Text,
}

#[derive(Deserialize, Default)]
struct Sender {
    #[serde(default)]
    id: Number,
}

impl Check {
    fn meaning(self) -> Result<Meaning, HookRefused> {
        let is_run = self.check_run.0.external_id.0.is_some();
        let button = match self.action.as_str() {
            "rerequested" => "retry",
            "requested_action" => self.requested_action.get("identifier").unwrap_or_default(),
            _ => return ignored("nothing follows from how a check is; what is pressed beside it counts"),
        };
        let repository = self.repository.names(&ADDRESSES);
        let (Some(person), false) = (self.sender.0.id.0, repository.urls.is_empty()) else {
            return Err(HookRefused::Malformed("`sender` has no id, or `repository` no address".to_owned()));
        };
        Ok(Meaning::Hint(Hint::Pressed(Pressed {
            repository,
            check: self.check_run.0.id.0.filter(|_| is_run),
            check_name: self.check_run.0.external_id.0.filter(|name| name.len() <= 300),
            commit: self.check_run.0.head_sha.0.unwrap_or_default().chars().take(64).collect(),
            button: button.chars().take(40).collect(),
            person: PersonId(format!("github:{person}")),
        })))
    }
}

#[derive(Deserialize)]
struct Grants {
    #[serde(default)]
    repositories: Vec<Texts>,
    #[serde(default)]
    repositories_added: Vec<Texts>,
    #[serde(default)]
    repositories_removed: Vec<Texts>,
}

impl Grants {
    fn all(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.repositories, &self.repositories_added, &self.repositories_removed];
        lists.into_iter().flatten().filter_map(|repository| repository.get("full_name"))
    }
}

fn heads(repository: &Texts) -> Result<Meaning, HookRefused> {
    payload::heads("repository", repository.names(&ADDRESSES))
}

#[expect(clippy::unnecessary_wraps, reason = "every arm of the table above answers alike")]
fn ignored(why: &str) -> Result<Meaning, HookRefused> {
    Ok(Meaning::Ignored(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use engine::ports::SecretValue;

    use super::*;

    fn reader(secrets: &[&str]) -> GitHub {
        let secrets = secrets.iter().map(|secret| SecretValue::new((*secret).to_owned())).collect();
        GitHub::new("https://github.com".to_owned(), HookSecrets::new(secrets).unwrap())
    }

    fn delivery(event: &str, signature: &str, body: &[u8]) -> Delivery {
        let headers = [(EVENT, event), (DELIVERY, "d-1"), (SIGNATURE, signature), ("content-type", "application/json")];
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Delivery { headers, body: Bytes::copy_from_slice(body) }
    }

    /// The example of GitHub's page on validating deliveries. Its body is no JSON, so a proven one gets as far as that.
    #[test]
    fn the_published_vector_is_proven_and_one_bit_less_is_not() {
        let github = reader(&["another secret of one's own", "It's a Secret to Everybody"]);
        let good = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(matches!(github.read(&delivery("push", good, b"Hello, World!")), Err(HookRefused::Malformed(_))));
        let bad = [
            (good, &b"Hello, World?"[..]),
            ("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e16", b"Hello, World!"),
            ("sha256=757107ea", b"Hello, World!"),
            ("sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", b"Hello, World!"),
            ("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", b"Hello, World!"),
            ("sha256=", b"Hello, World!"),
            ("sha256=\u{00e9}", b"Hello, World!"),
        ];
        for (signature, body) in bad {
            assert!(matches!(github.read(&delivery("push", signature, body)), Err(HookRefused::Unproven(_))), "{signature}");
        }
        let other = reader(&["another secret of one's own"]);
        assert!(matches!(other.read(&delivery("push", good, b"Hello, World!")), Err(HookRefused::Unproven(_))));
    }

    #[test]
    fn without_a_secret_nothing_is_taken() {
        let error = reader(&[]).read(&delivery("push", "sha256=00", b"{}")).unwrap_err();
        assert!(matches!(error, HookRefused::NotConfigured { .. }) && error.to_string().contains("github.webhook_secrets"), "{error}");
    }

    #[test]
    fn a_header_that_every_delivery_has_may_not_be_missing() {
        let github = reader(&["0123456789abcdef"]);
        for name in [EVENT, DELIVERY, SIGNATURE] {
            let mut delivery = delivery("push", "sha256=00", b"{}");
            delivery.headers.remove(name);
            let error = github.expects(&delivery.headers).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
