use std::error::Error;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};

/// What a call came to, told apart by what a person or the caller does differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    /// As AWS names it; empty when no answer came.
    pub(super) code: String,
    /// Without secrets: AWS puts none in its messages.
    pub(super) detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Denied,
    /// The credentials that signed the call are not good.
    Credentials,
    Throttled,
    ClockSkew,
    Invalid,
    RegionDisabled,
    /// No answer, no answer in time, or one that may be better later.
    Unavailable,
    Other,
}

pub(super) fn of<E, R>(error: &SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or_default().to_owned();
            let detail = answer.err().message().unwrap_or("AWS gave no reason").to_owned();
            Failure { kind: kind(&code, &detail), code, detail }
        }
        SdkError::TimeoutError(_) => unanswered("no answer came in time".to_owned()),
        other => unanswered(chain(other)),
    }
}

/// A chain without a working source of credentials fails before anything is sent.
fn unanswered(detail: String) -> Failure {
    let lower = detail.to_ascii_lowercase();
    let is_credentials = lower.contains("credential") || lower.contains("no providers in chain");
    let kind = if is_credentials { Kind::Credentials } else { Kind::Unavailable };
    Failure { kind, code: String::new(), detail }
}

/// The innermost two causes: the outer ones only say that something failed.
fn chain<E: Error + 'static, R: std::fmt::Debug>(error: &SdkError<E, R>) -> String {
    let mut causes = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    causes.dedup();
    let from = causes.len().saturating_sub(2);
    causes.split_off(from).join(": ").chars().take(400).collect()
}

fn kind(code: &str, detail: &str) -> Kind {
    let is_about_time = detail.contains("expired:") || detail.contains("not yet current") || detail.contains("Signature expired");
    match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Kind::Denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown"
        | "LimitExceededException" => Kind::Throttled,
        "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => Kind::ClockSkew,
        "SignatureDoesNotMatch" | "InvalidSignatureException" if is_about_time => Kind::ClockSkew,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "InvalidAccessKeyId" => Kind::Credentials,
        "RegionDisabledException" | "RegionDisabled" | "OptInRequired" => Kind::RegionDisabled,
        "ValidationError"
        | "ValidationException"
        | "MalformedPolicyDocument"
        | "PackedPolicyTooLarge"
        | "InvalidParameterValue"
        | "PackedPolicyTooLargeException"
        | "MalformedPolicyDocumentException" => Kind::Invalid,
        "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "InternalFailure"
        | "InternalError"
        | "InternalServiceError"
        | "InternalServiceFault" => Kind::Unavailable,
        // What an emulator or something in between answers without a code.
        "" => Kind::Unavailable,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart_by_what_mends_them() {
        let expired = "Signature expired: 20261121T140000Z is now earlier than 20261121T150000Z";
        for (code, detail, expected) in [
            ("AccessDenied", "", Kind::Denied),
            ("Throttling", "Rate exceeded", Kind::Throttled),
            ("SignatureDoesNotMatch", expired, Kind::ClockSkew),
            ("SignatureDoesNotMatch", "The request signature we calculated does not match", Kind::Credentials),
            ("ExpiredToken", "", Kind::Credentials),
            ("RegionDisabledException", "", Kind::RegionDisabled),
            ("PackedPolicyTooLarge", "", Kind::Invalid),
            ("SomethingNew", "", Kind::Other),
        ] {
            assert_eq!(kind(code, detail), expected, "{code}");
        }
    }
}
