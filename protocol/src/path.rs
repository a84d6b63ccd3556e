/// The paths of the runner API, relative to the server's address.
///
/// All are `POST` with a JSON body and a JSON answer, except: `LOG` has bytes as its body and
/// [`crate::LogAck`] as its answer; `ARTIFACT_UP` is `PUT` with bytes and any 2xx as its answer;
/// `ARTIFACT_DOWN` is `GET` and answers bytes. These three carry their fences in a header.
/// The bearer is the runner's own token, except for `REGISTER`.
pub mod paths {
    pub const REGISTER: &str = "/runner/v1/register";
    pub const RENEW_TOKEN: &str = "/runner/v1/token";
    pub const LEASE: &str = "/runner/v1/lease";
    pub const HEARTBEAT: &str = "/runner/v1/attempts/{attempt}/heartbeat";
    pub const LOG: &str = "/runner/v1/attempts/{attempt}/log";
    pub const ARTIFACT_UP: &str = "/runner/v1/attempts/{attempt}/artifacts/{name}";
    pub const ARTIFACT_DOWN: &str = "/runner/v1/attempts/{attempt}/inputs/{digest}";
    pub const CREDENTIALS: &str = "/runner/v1/attempts/{attempt}/credentials";
    pub const ID_TOKEN: &str = "/runner/v1/attempts/{attempt}/id-token";
    pub const UPLOAD: &str = "/runner/v1/attempts/{attempt}/upload";
    pub const COMPLETE: &str = "/runner/v1/attempts/{attempt}/complete";

    /// Fills `{attempt}` into one of the paths above.
    #[must_use]
    pub fn for_attempt(path: &str, attempt: &crate::AttemptId) -> String {
        path.replace("{attempt}", &attempt.as_str().replace('/', "%2F"))
    }
}

/// Headers of requests whose body is bytes.
pub mod headers {
    /// The JSON of [`crate::Fences`].
    pub const FENCES: &str = "tidegate-fences";
    /// Where a log chunk starts, in bytes.
    pub const OFFSET: &str = "tidegate-offset";
    /// SHA-256 of the body in hexadecimal.
    pub const DIGEST: &str = "tidegate-digest";
    /// `1` when the bytes before the offset are lost.
    pub const GAP: &str = "tidegate-gap";
    /// When the lines of a log chunk were written: `<bytes>:<ms>,…`, each the difference to the mark before, of which the first counts
    /// from the chunk's start and from the attempt's beginning. May be missing.
    pub const TIMES: &str = "tidegate-times";
    /// `1` when the artifact is a folder sent as tar.
    pub const FOLDER: &str = "tidegate-folder";
    /// The Unix mode of an artifact file, octal.
    pub const MODE: &str = "tidegate-mode";
}
