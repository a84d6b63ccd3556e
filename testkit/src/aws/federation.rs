//! AssumeRoleWithWebIdentity as AWS documents it: the provider that the account knows, the signature by the keys that the provider
//! publishes, the audience, and the conditions of the role's trust policy.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// An OpenID provider that an account knows.
#[derive(Debug, Clone)]
pub struct Provider {
    pub audiences: Vec<String>,
    /// Where its documents are really fetched, in the place of the issuer's https address; none: nobody answers there.
    pub keys_at: Option<String>,
}

/// The trust policy of a role that trusts a provider.
#[derive(Debug, Clone)]
pub struct Federation {
    pub issuer: String,
    /// The condition on `aud`.
    pub audience: String,
    /// The condition on `sub`, as `StringLike`; empty: none.
    pub subjects: Vec<String>,
    /// Whether it allows `sts:TagSession`.
    pub allows_tags: bool,
}

impl Federation {
    /// What a trust policy of one statement says.
    #[must_use]
    pub fn of(policy: &str) -> Self {
        let policy: Value = serde_json::from_str(policy).expect("JSON");
        let statement = &policy["Statement"][0];
        let host = statement["Principal"]["Federated"].as_str().and_then(|arn| arn.split_once(":oidc-provider/")).expect("a provider").1;
        let condition = |test: &str, name: &str| statement["Condition"][test][format!("{host}:{name}")].as_str().map(str::to_owned);
        let actions = statement["Action"].as_array().expect("actions");
        assert!(actions.contains(&"sts:AssumeRoleWithWebIdentity".into()), "{statement}");
        Self {
            issuer: format!("https://{host}"),
            audience: condition("StringEquals", "aud").expect("a condition on aud"),
            subjects: condition("StringLike", "sub").into_iter().collect(),
            allows_tags: actions.contains(&"sts:TagSession".into()),
        }
    }
}

/// Status, code and message.
pub(super) type Refused = (StatusCode, &'static str, String);

/// By account and issuer.
pub(super) type Providers = BTreeMap<(String, String), Provider>;

pub(super) async fn check(
    client: &reqwest::Client,
    form: &BTreeMap<String, String>,
    providers: &Providers,
    trust: Option<&Federation>,
) -> Result<(), Refused> {
    let role = form.get("RoleArn").cloned().unwrap_or_default();
    let account = role.split(':').nth(4).unwrap_or_default().to_owned();
    let claims = verified(client, form.get("WebIdentityToken").map(String::as_str).unwrap_or_default(), &account, providers).await?;
    let denied = || (StatusCode::FORBIDDEN, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned());
    let trust = trust.ok_or_else(denied)?;
    let said = |name: &str| claims[name].as_str().unwrap_or_default();
    let fits = trust.subjects.is_empty() || trust.subjects.iter().any(|pattern| is_like(pattern, said("sub")));
    let brings_tags = claims["https://aws.amazon.com/tags"]["principal_tags"].as_object().is_some_and(|tags| !tags.is_empty());
    if trust.issuer != said("iss") || trust.audience != said("aud") || !fits || brings_tags && !trust.allows_tags {
        return Err(denied());
    }
    Ok(())
}

/// The claims of a token that a provider of the account has signed, for an audience that it has.
async fn verified(client: &reqwest::Client, token: &str, account: &str, providers: &Providers) -> Result<Value, Refused> {
    let invalid = |message: String| (StatusCode::BAD_REQUEST, "InvalidIdentityToken", message);
    let malformed = || invalid("The ID Token provided is not a valid JWT.".to_owned());
    let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
    let (head, body) = signed.split_once('.').ok_or_else(malformed)?;
    let part = |text: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok() };
    let (head, claims) = (part(head).ok_or_else(malformed)?, part(body).ok_or_else(malformed)?);
    let issuer = claims["iss"].as_str().unwrap_or_default().to_owned();
    let provider = providers.get(&(account.to_owned(), issuer.clone()));
    let provider = provider.ok_or_else(|| invalid(format!("No OpenIDConnect provider found in your account for {issuer}")))?;
    let unreachable = || invalid("Couldn't retrieve verification key from your identity provider".to_owned());
    let key = key(client, provider, &issuer, head["kid"].as_str().unwrap_or_default()).await.ok_or_else(unreachable)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed())?;
    let is_signed = key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok();
    if head["alg"] != "RS256" || !is_signed {
        return Err(invalid("The signature of the token is not valid".to_owned()));
    }
    if !provider.audiences.iter().any(|audience| claims["aud"] == *audience) {
        return Err(invalid("Incorrect token audience".to_owned()));
    }
    #[expect(clippy::disallowed_methods, reason = "AWS goes by its own clock")]
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map(|time| time.as_secs()).unwrap_or_default();
    let moment = |name: &str| claims[name].as_u64();
    if moment("exp").is_none_or(|exp| exp <= now_s) || moment("nbf").is_some_and(|nbf| nbf > now_s) || moment("iat").is_none() {
        return Err((StatusCode::BAD_REQUEST, "ExpiredTokenException", "Token expired".to_owned()));
    }
    Ok(claims)
}

/// By the discovery document, as a relying party finds it.
async fn key(client: &reqwest::Client, provider: &Provider, issuer: &str, id: &str) -> Option<RsaPublicKeyComponents<Vec<u8>>> {
    let at = provider.keys_at.as_ref()?;
    let get = async |url: String| -> Option<Value> { client.get(url).send().await.ok()?.error_for_status().ok()?.json().await.ok() };
    let document = get(format!("{at}/.well-known/openid-configuration")).await?;
    if document["issuer"] != issuer {
        return None;
    }
    let keys = get(document["jwks_uri"].as_str()?.replacen(issuer, at, 1)).await?;
    let key = keys["keys"].as_array()?.iter().find(|key| key["kid"] == id)?;
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
    Some(RsaPublicKeyComponents { n: number("n")?, e: number("e")? })
}

/// `*` for any characters, `?` for one (IAM User Guide, string condition operators).
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| is_like(&pattern[1..], &text[at..])),
        Some(wanted) => {
            let mut rest = text.chars();
            let fits = rest.next().is_some_and(|found| wanted == '?' || wanted == found);
            fits && is_like(&pattern[wanted.len_utf8()..], rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_like_a_pattern_with_wildcards() {
        for (pattern, text, is) in [
            ("server:*", "server:check", true),
            ("server:*", "pipeline:a", false),
            ("server:pipeline:*:stage:prod:*", "server:pipeline:1:stage:prod:target:x:trust:branch", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
        ] {
            assert_eq!(is_like(pattern, text), is, "{pattern} {text}");
        }
    }
}
