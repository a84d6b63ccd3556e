use engine::ports::SourceError;
use sha2::{Digest, Sha256};
use url::Url;

const SCHEMES: [&str; 5] = ["https", "http", "ssh", "git", "file"];
const LONGEST: usize = 2048;

/// A path or URL that may be handed to git.
#[derive(Debug, Clone)]
pub(super) struct Address {
    text: String,
    shown: String,
}

impl Address {
    /// Refuses what git would take for an option or a helper program.
    pub(super) fn parse(text: &str) -> Result<Self, SourceError> {
        let shown = without_credentials(text);
        let refuse = |detail: &str| Err(SourceError::Refused { url: shown.clone(), detail: detail.to_owned() });
        if text.is_empty() || text.len() > LONGEST {
            return refuse("a repository is a path or URL of 1 to 2048 bytes");
        }
        if text.starts_with('-') {
            return refuse("it would be read as an option; write ./ before a path that begins with a dash");
        }
        if text.chars().any(char::is_control) {
            return refuse("it holds a control character");
        }
        if let Some((transport, _)) = text.split_once("::")
            && transport.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        {
            return refuse("helper transports (such as ext::) run programs; use a path, https:// or ssh://");
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            if !SCHEMES.contains(&scheme) {
                return refuse("the scheme must be one of https, http, ssh, git and file");
            }
            let host = rest.split('/').next().unwrap_or_default();
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            if host.starts_with('-') {
                return refuse("the host begins with a dash");
            }
        }
        Ok(Self { text: text.to_owned(), shown })
    }

    /// For git only.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// For people: without a password.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Names the mirror's folder.
    pub(super) fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.text.as_bytes()))
    }

    /// What git said, without the address's password.
    pub(super) fn clean(&self, message: &str) -> String {
        let mut message = message.replace(&self.text, &self.shown);
        if let Ok(url) = Url::parse(&self.text) {
            for part in [url.password().unwrap_or_default(), url.username()] {
                if part.len() > 3 && !self.shown.contains(part) {
                    message = message.replace(part, "…");
                }
            }
        }
        message
    }
}

/// A user name may be a token, too; only ssh's is none.
fn without_credentials(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    let secret = url.password().is_some() || (matches!(url.scheme(), "http" | "https") && !url.username().is_empty());
    if !secret {
        return text.to_owned();
    }
    // Both fail only for URLs that cannot have credentials, which this one has.
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    cleared.map_or_else(|()| String::from("(an address with credentials)"), |()| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_paths_and_urls() {
        for text in
            ["/srv/git/orders.git", "../orders", "https://git.example/o/r.git", "ssh://git@host:22/r", "git@host:o/r.git", "file:///srv/x"]
        {
            assert!(Address::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_options_and_helper_programs() {
        for text in [
            "",
            "-u",
            "--upload-pack=touch /tmp/x",
            "ext::sh -c id",
            "fd::17",
            "ftp://host/r",
            "ssh://-oProxyCommand=id/r",
            "ssh://u@-oX/r",
            "a\nb",
        ] {
            let error = Address::parse(text).expect_err(text);
            assert!(matches!(error, SourceError::Refused { .. }), "{text}: {error:?}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let address = Address::parse("https://bot:hunter22@git.example/r.git").unwrap();
        assert_eq!(address.shown(), "https://git.example/r.git");
        let said = address.clean("fatal: unable to access 'https://bot:hunter22@git.example/r.git/': hunter22 refused");
        assert_eq!(said, "fatal: unable to access 'https://git.example/r.git/': … refused");
        assert!(Address::parse("https://ghp_token@git.example/r.git").unwrap().shown().starts_with("https://git.example"));
    }
}
