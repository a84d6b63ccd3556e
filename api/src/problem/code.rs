use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// Declares the closed list of problem codes: name, status, title.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:ident, $title:literal;)+) => {
        /// What went wrong, as a stable name: callers branch on this and on nothing else.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name that travels.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// One line that is the same for every occurrence (RFC 9457, 3.1.3).
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

codes! {
    // The request itself
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not JSON";
    InvalidBody = "invalid_body", UNPROCESSABLE_ENTITY, "The body does not have the expected shape";
    InvalidQuery = "invalid_query", BAD_REQUEST, "The query string does not have the expected shape";
    InvalidPath = "invalid_path", BAD_REQUEST, "A part of the path is not what it should be";
    InvalidHeader = "invalid_header", BAD_REQUEST, "A header is missing or not what it should be";
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "A value cannot be accepted";
    ReasonNeeded = "reason_needed", UNPROCESSABLE_ENTITY, "A reason is needed";
    InvalidPipelineFile = "invalid_pipeline_file", UNPROCESSABLE_ENTITY, "The pipeline file has errors";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body has the wrong content type";
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The address exists, but not for this method";
    KeyReused = "key_reused", CONFLICT, "The idempotency key was used before with another request";
    KeyInUse = "key_in_use", CONFLICT, "A request with this idempotency key is still being answered";

    // Who asks
    NotSignedIn = "not_signed_in", UNAUTHORIZED, "Nobody is signed in";
    WrongCredentials = "wrong_credentials", UNAUTHORIZED, "The name or the password is wrong";
    Forbidden = "forbidden", FORBIDDEN, "Not allowed for this role";
    CrossSite = "cross_site", FORBIDDEN, "The request came from another site";
    SelfApproval = "self_approval", FORBIDDEN, "Who made or started a release cannot approve it here";
    NotAnApprover = "not_an_approver", FORBIDDEN, "Not one of the approvers of this gate";
    PersonNeeded = "person_needed", FORBIDDEN, "Only a person can do this";
    TooManyLogins = "too_many_logins", TOO_MANY_REQUESTS, "Too many attempts to sign in";
    WrongSignature = "wrong_signature", UNAUTHORIZED, "The sender of the web hook is not proven";
    TooManyForged = "too_many_forged", TOO_MANY_REQUESTS, "Too much was sent whose signature was wrong";
    LinkUsed = "link_used", GONE, "The link was used or has expired";

    // What is not there
    ForgeNotConfigured = "forge_not_configured", NOT_FOUND, "This server takes no web hooks of that kind";
    UnknownRoute = "unknown_route", NOT_FOUND, "There is nothing at this address";
    UnknownPipeline = "unknown_pipeline", NOT_FOUND, "There is no such pipeline";
    UnknownRelease = "unknown_release", NOT_FOUND, "There is no such release";
    UnknownGate = "unknown_gate", NOT_FOUND, "There is no such gate";
    UnknownPlace = "unknown_place", NOT_FOUND, "There is no such stage, wave or target";
    UnknownJob = "unknown_job", NOT_FOUND, "There is no such job";
    UnknownHold = "unknown_hold", NOT_FOUND, "There is no such hold";
    UnknownAttempt = "unknown_attempt", NOT_FOUND, "There is no such attempt";
    UnknownCommit = "unknown_commit", NOT_FOUND, "The repository has no such commit";
    UnknownAccount = "unknown_account", NOT_FOUND, "There is no such account";
    UnknownArtifact = "unknown_artifact", NOT_FOUND, "There is no such artifact";
    UnknownRunner = "unknown_runner", NOT_FOUND, "There is no such runner";
    UnknownUser = "unknown_user", NOT_FOUND, "There is no such user";
    UnknownToken = "unknown_token", NOT_FOUND, "There is no such token";
    Gone = "gone", GONE, "It was here once and is no longer kept";

    // What the rules do not allow now
    AlreadyDecided = "already_decided", CONFLICT, "Somebody decided already";
    SecondPersonNeeded = "second_person_needed", CONFLICT, "Another person has to say the same";
    AlreadyConfigured = "already_configured", CONFLICT, "The server's configuration says it";
    AlreadyExists = "already_exists", CONFLICT, "There is one with that name already";
    NotWaiting = "not_waiting", CONFLICT, "The gate does not wait for an answer";
    DigestMismatch = "digest_mismatch", CONFLICT, "The approval is for another content";
    Superseded = "superseded", CONFLICT, "A newer release carries its commits";
    Outdated = "outdated", CONFLICT, "A newer release has entered";
    Quarantined = "quarantined", CONFLICT, "The release is quarantined";
    NotQuarantined = "not_quarantined", CONFLICT, "The release is not quarantined";
    ReleaseEnded = "release_ended", CONFLICT, "The release has ended";
    NothingToRetry = "nothing_to_retry", CONFLICT, "There is nothing to retry";
    NoDestination = "no_destination", CONFLICT, "There is nothing to go back to";
    NotADestination = "not_a_destination", CONFLICT, "That release cannot be gone back to";
    RollbackUnderWay = "rollback_under_way", CONFLICT, "A rollback is under way";
    NotUnknown = "not_unknown", CONFLICT, "The state of the target is known";
    StillFenced = "still_fenced", CONFLICT, "An attempt may still act on the target";
    LastAdmin = "last_admin", CONFLICT, "The last admin cannot be removed";
    Limit = "limit", UNPROCESSABLE_ENTITY, "A limit is reached";
    Conflict = "conflict", CONFLICT, "Too many changes at once";
    Parked = "parked", CONFLICT, "The pipeline is parked";

    // Runners
    StaleGeneration = "stale_generation", CONFLICT, "The server was restored since";
    StaleLease = "stale_lease", CONFLICT, "The lease is not current";
    StaleFence = "stale_fence", CONFLICT, "The fence is not current";
    AttemptEnded = "attempt_ended", GONE, "The attempt has ended";
    AttemptStopped = "attempt_stopped", CONFLICT, "The attempt was told to stop";
    NotQueued = "not_queued", CONFLICT, "The attempt does not wait for a runner";
    DigestWrong = "digest_wrong", UNPROCESSABLE_ENTITY, "The bytes do not have the digest that was announced";
    LogGap = "log_gap", CONFLICT, "The piece of log does not follow what is stored";

    // The server
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The server has too much to do";
    Draining = "draining", SERVICE_UNAVAILABLE, "The server is stopping";
    TimedOut = "timed_out", SERVICE_UNAVAILABLE, "The answer took too long";
    StoreUnavailable = "store_unavailable", SERVICE_UNAVAILABLE, "The database cannot be used now";
    Unhealthy = "unhealthy", SERVICE_UNAVAILABLE, "A part of the server does not do its work";
    IdentityRefused = "identity_refused", UNPROCESSABLE_ENTITY, "A role could not be assumed, and trying again changes nothing";
    IdentityUnavailable = "identity_unavailable", SERVICE_UNAVAILABLE, "A role cannot be assumed now";
    ForgeRefused = "forge_refused", UNPROCESSABLE_ENTITY, "The forge says no, and asking again changes nothing";
    ForgeUnavailable = "forge_unavailable", SERVICE_UNAVAILABLE, "The forge cannot be asked now";
    NotKept = "not_kept", INSUFFICIENT_STORAGE, "What a forge gave could not be written down";
    SignInUnavailable = "sign_in_unavailable", SERVICE_UNAVAILABLE, "The place where people sign in does not answer now";
    BlobsUnavailable = "blobs_unavailable", SERVICE_UNAVAILABLE, "The store of logs and artifacts cannot be used now";
    NotConfirmed = "not_confirmed", BAD_GATEWAY, "A subscription could not be confirmed";
    SourceUnreachable = "source_unreachable", BAD_GATEWAY, "The source cannot be read";
    Internal = "internal", INTERNAL_SERVER_ERROR, "The server has a fault";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_the_status_of_an_error() {
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert_eq!(serde_json::to_value(code).expect("a code"), code.name());
        }
    }
}
