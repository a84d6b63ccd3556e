//! What STS means when it does not take a token.

use engine::ports::{IdentityError, RoleRequest};

use super::failure::Failure;
use super::identity::general;

/// By AWS's code and, where one code stands for several things, by its words (STS API reference, AssumeRoleWithWebIdentity). What the
/// words do not tell is shown as it came.
pub(super) fn refused(role: &RoleRequest, issuer: &str, failure: Failure) -> IdentityError {
    let Failure { kind, code, detail } = failure;
    let issuer = issuer.to_owned();
    let account = role.account.clone();
    match code.as_str() {
        "AccessDenied" | "AccessDeniedException" => IdentityError::TokenDenied { arn: role.arn(), issuer, detail },
        "IDPCommunicationError" => IdentityError::IssuerUnreachable { issuer, detail },
        "InvalidIdentityToken" if detail.contains("No OpenIDConnect provider found") => {
            IdentityError::NoProvider { account, issuer, detail }
        }
        "InvalidIdentityToken" if detail.contains("Incorrect token audience") => {
            IdentityError::Audience { account, issuer, audience: engine::AUDIENCE.to_owned(), detail }
        }
        "InvalidIdentityToken" if detail.contains("retrieve verification key") => IdentityError::IssuerUnreachable { issuer, detail },
        "InvalidIdentityToken" | "IDPRejectedClaim" | "ExpiredToken" | "ExpiredTokenException" => {
            IdentityError::TokenRefused { issuer, detail }
        }
        _ => general(kind, code, detail),
    }
}

#[cfg(test)]
mod tests {
    use engine::ports::{Entry, Partition, SecretValue};

    use super::super::failure::Kind;
    use super::*;

    #[test]
    fn each_refusal_of_a_token_says_what_mends_it() {
        let issuer = "https://tidegate.example.org";
        let role = RoleRequest {
            account: "222222222222".to_owned(),
            role: "tidegate-deploy".to_owned(),
            region: "eu-west-1".to_owned(),
            partition: Partition::Aws,
            entry: Entry::WebIdentity { issuer: issuer.to_owned(), token: SecretValue::new("canary".to_owned()) },
            session_name: "tidegate-test".to_owned(),
            tags: Vec::new(),
            session_policy: None,
            duration_ms: 900_000,
        };
        assert!(!format!("{role:?}").contains("canary"), "{role:?}");
        for (code, detail, words) in [
            ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "conditions on sub or aud"),
            ("InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://x", "has no identity provider"),
            ("InvalidIdentityToken", "Incorrect token audience", "audience sts.amazonaws.com"),
            ("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider", "reachable from the internet"),
            ("IDPCommunicationError", "timed out", "reachable from the internet"),
            ("InvalidIdentityToken", "The ID Token provided is not a valid JWT", "not a valid JWT"),
            ("IDPRejectedClaim", "it was revoked", "does not take the token"),
        ] {
            let failure = Failure { kind: Kind::Other, code: code.to_owned(), detail: detail.to_owned() };
            let error = refused(&role, issuer, failure).to_string();
            assert!(error.contains(words), "{code}, {detail}: {error}");
        }
    }
}
