//! `id-token` inside a job: prints a new identity token of the job.

use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;

/// Where a job asks for its identity token, with the next one's value in `Authorization`.
pub(crate) const URL_VARIABLE: &str = "TIDEGATE_ID_TOKEN_URL";
pub(crate) const AUTHORIZATION_VARIABLE: &str = "TIDEGATE_ID_TOKEN_AUTHORIZATION";
/// The server may have to make a key first, and to be asked again.
const WITHIN: Duration = Duration::from_secs(90);

#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Command {}

#[derive(Deserialize)]
struct Given {
    value: String,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
    message: String,
}

impl Command {
    /// 0 with the token on standard output; 2 outside a job that may have one, 4 when it is refused, 5 when there was no answer.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match ask() {
            Ok(token) => {
                println!("{token}");
                ExitCode::SUCCESS
            }
            Err((code, error)) => {
                eprintln!("{error}");
                ExitCode::from(code)
            }
        }
    }
}

fn ask() -> Result<String, (u8, String)> {
    let (url, authorization) = (given(URL_VARIABLE)?, given(AUTHORIZATION_VARIABLE)?);
    let silent = |error: &dyn std::fmt::Display| (5, format!("the runner did not answer: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| silent(&error))?;
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().timeout(WITHIN).build().map_err(|error| silent(&error))?;
        let answer = client.get(url).header("authorization", authorization).send().await.map_err(|error| silent(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| silent(&error))?;
        if status.is_success() {
            return serde_json::from_slice::<Given>(&body).map(|given| given.value).map_err(|error| silent(&error));
        }
        let said = serde_json::from_slice::<Refused>(&body).map(|refused| format!("{}: {}", refused.code, refused.message));
        let code = if status.is_client_error() { 4 } else { 5 };
        Err((code, said.unwrap_or_else(|_| format!("the runner answered {status}"))))
    })
}

#[expect(clippy::disallowed_methods, reason = "what the runner tells its job stands in the job's environment")]
fn given(name: &str) -> Result<String, (u8, String)> {
    let missing = || (2, format!("{name} is not set: this works inside a job that says `id_token: {{audience: …}}`"));
    std::env::var(name).map_err(|_| missing())
}
