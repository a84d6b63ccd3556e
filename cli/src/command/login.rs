use std::io::{BufRead as _, IsTerminal as _, Write as _};

use api::types::{CreateToken, FirstStart, Me, SignIn, TokenCreated};

use super::Context;
use crate::client::Client;
use crate::config::client::{self, Access};
use crate::exit::{Exit, Failure, Result};

/// How long the token is valid that a login makes.
const VALID_MS: u64 = 90 * 24 * 60 * 60 * 1000;

/// Makes an API token and remembers it with the server's address, readable by you only.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The one-time link that a new server printed: makes the first admin
    #[arg(long, value_name = "URL", conflicts_with = "with_token")]
    link: Option<String>,
    /// Your name on the server
    #[arg(long)]
    name: Option<String>,
    /// Remember a token that is read from standard input, instead of making one
    #[arg(long)]
    with_token: bool,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let mut access = client::access(&context.access, &context.environment)?;
    access.token = None;
    if arguments.with_token {
        let token = read_line("token: ", true)?;
        return finish(access, token, context).await;
    }
    let session = match &arguments.link {
        Some(link) => {
            let (server, token) = parse_link(link)?;
            access.server = server;
            let name = name(arguments)?;
            let password = new_password()?;
            Client::new(access.clone())?.sign_in("/api/v1/first-start", &FirstStart { token, name, password }).await?
        }
        None => {
            let name = name(arguments)?;
            let password = read_line("password: ", true)?;
            Client::new(access.clone())?.sign_in("/api/v1/session", &SignIn { name, password }).await?
        }
    };
    let me: Me = session.get("/api/v1/session").await?;
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let body = CreateToken { name: format!("tidegate on {host}"), role: me.role, valid_ms: Some(VALID_MS), is_service: false };
    let created: TokenCreated = session.post("/api/v1/tokens", &Context::key(), &body).await?;
    // Only the token is kept; a session that cannot be ended now ends by itself.
    drop(session.delete("/api/v1/session").await);
    finish(access, created.secret, context).await
}

/// Tries the token before it is remembered.
async fn finish(access: Access, token: String, context: &Context) -> Result<Exit> {
    let server = access.server.clone();
    let me: Me = Client::new(Access { token: Some(token.clone()), ..access })?.get("/api/v1/session").await?;
    let path = client::remember(&context.environment, &server, &token)?;
    let output = &context.output;
    if output.json {
        output.json(&serde_json::json!({ "server": server, "name": me.name, "role": me.role, "file": path }))?;
    } else {
        output.line(format!(
            "signed in to {server} as {} ({}); remembered in {}",
            crate::output::plain(&me.name),
            me.role,
            path.display()
        ))?;
    }
    Ok(Exit::Ok)
}

fn name(arguments: &Arguments) -> Result<String> {
    match &arguments.name {
        Some(name) => Ok(name.clone()),
        None => read_line("name: ", false),
    }
}

pub(super) fn new_password() -> Result<String> {
    let password = read_line("new password (12 characters or more): ", true)?;
    if std::io::stdin().is_terminal() && read_line("the same again: ", true)? != password {
        return Err(Failure::usage("the two passwords differ").next("run the command again; nothing was changed"));
    }
    Ok(password)
}

/// The server and the one-time token: `http://host:port/first-start?token=…`, `…#token=…` or `…/first-start/…`.
pub(crate) fn parse_link(link: &str) -> Result<(String, String)> {
    let wrong = || Failure::usage("that is no first-start link").next("copy the whole line that the server printed at its first start");
    let url = url::Url::parse(link.trim()).map_err(|_| wrong())?;
    let in_query = url.query_pairs().find(|(key, _)| key == "token").map(|(_, token)| token.into_owned());
    let in_fragment = url.fragment().map(|fragment| fragment.strip_prefix("token=").unwrap_or(fragment).to_owned());
    let in_path = || url.path().strip_prefix("/first-start/").map(str::to_owned);
    let token = in_query.or(in_fragment).or_else(in_path).filter(|token| !token.is_empty()).ok_or_else(wrong)?;
    let server = client::check_server(&url.origin().ascii_serialization(), "the link")?;
    Ok((server, token))
}

/// One line from the person at the terminal, or from whatever standard input is.
fn read_line(prompt: &str, is_secret: bool) -> Result<String> {
    let stdin = std::io::stdin();
    let _quiet = if stdin.is_terminal() {
        let mut stderr = std::io::stderr();
        // Whoever answers sees the prompt; nobody else misses it.
        drop(write!(stderr, "{prompt}").and_then(|()| stderr.flush()));
        is_secret.then(WithoutEcho::begin).flatten()
    } else {
        None
    };
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line).map_err(|error| Failure::failed(format!("cannot read standard input: {error}")))?;
    let line = line.trim_end_matches(['\r', '\n']);
    if read == 0 || line.is_empty() {
        return Err(Failure::usage(format!("nothing was given for {:?}", prompt.trim_end_matches([':', ' '])))
            .next("run the command again on a terminal, or write it to standard input"));
    }
    Ok(line.to_owned())
}

/// The terminal shows nothing of what is typed until this is dropped.
struct WithoutEcho(rustix::termios::Termios);

impl WithoutEcho {
    fn begin() -> Option<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &quiet).ok()?;
        Some(Self(before))
    }
}

impl Drop for WithoutEcho {
    fn drop(&mut self) {
        // A terminal that has gone needs no echo.
        let _gone = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_start_link_is_understood_in_its_usual_forms_and_nothing_else() {
        for link in
            ["http://127.0.0.1:7070/first-start?token=abc", " https://d.example.org/#token=abc\n", "http://127.0.0.1:7070/first-start/abc"]
        {
            let (server, token) = parse_link(link).expect(link);
            assert!(!server.ends_with('/') && token == "abc", "{server} {token}");
        }
        for bad in ["", "abc", "http://127.0.0.1:7070/", "http://127.0.0.1:7070/first-start?token=", "file:///first-start/abc"] {
            assert_eq!(parse_link(bad).expect_err(bad).exit, Exit::Usage);
        }
    }
}
