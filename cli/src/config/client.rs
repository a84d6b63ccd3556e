//! Which server the client commands speak to: flags, then environment, then the file that `login` writes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::value;
use crate::exit::{Failure, Result};

/// Where `tidegate server` listens unless told otherwise.
pub(crate) const DEFAULT_SERVER: &str = "http://127.0.0.1:7070";

#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Flags {
    /// The server's address [env: TIDEGATE_SERVER]
    #[arg(long, global = true, value_name = "URL", help_heading = "Server")]
    pub(crate) server: Option<String>,
    /// An API token [env: TIDEGATE_TOKEN]; prefer the environment or `tidegate login`
    #[arg(long, global = true, value_name = "TOKEN", help_heading = "Server", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

/// An address and the right to speak to it.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) server: String,
    pub(crate) token: Option<String>,
    /// For messages: where the address came from.
    pub(crate) origin: String,
    /// Nobody named a server.
    pub(crate) is_default: bool,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("server", &self.server).field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// `~/.config/tidegate/config.toml`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    server: Option<String>,
    token: Option<String>,
}

pub(crate) fn access(flags: &Flags, environment: &Environment) -> Result<Access> {
    let remembered = match file(environment) {
        Some(path) => read(&path)?,
        None => Remembered::default(),
    };
    let choices = [
        (flags.server.clone(), "--server".to_owned()),
        (environment.get("TIDEGATE_SERVER").map(str::to_owned), "TIDEGATE_SERVER".to_owned()),
        (remembered.server.clone(), file(environment).map(|path| path.display().to_string()).unwrap_or_default()),
    ];
    let chosen = choices.into_iter().find_map(|(server, origin)| Some((server?, origin)));
    let is_default = chosen.is_none();
    let (server, origin) = chosen.unwrap_or_else(|| (DEFAULT_SERVER.to_owned(), "the default".to_owned()));
    let server = check_server(&server, &origin)?;
    let token = flags.token.clone().or_else(|| environment.get("TIDEGATE_TOKEN").map(str::to_owned)).or_else(|| {
        // A remembered token belongs to the remembered server only: it is never sent anywhere else.
        let same = remembered.server.as_deref().map(|known| known.trim_end_matches('/')) == Some(server.as_str());
        remembered.token.filter(|_| same)
    });
    if token.as_deref().is_some_and(|token| token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(
            Failure::usage("the token is empty or holds characters that no token has").next("copy it again from `tidegate token create`")
        );
    }
    Ok(Access { server, token, origin, is_default })
}

/// Remembers a server and its token, readable by this person only. Answers where.
pub(crate) fn remember(environment: &Environment, server: &str, token: &str) -> Result<PathBuf> {
    let path = file(environment).ok_or_else(|| {
        Failure::failed("there is no home folder to remember the token in")
            .next("set HOME or XDG_CONFIG_HOME, or use TIDEGATE_SERVER and TIDEGATE_TOKEN")
    })?;
    let remembered = Remembered { server: Some(server.to_owned()), token: Some(token.to_owned()) };
    let text = toml::to_string(&remembered).map_err(|error| Failure::failed(format!("the token cannot be written as TOML: {error}")))?;
    write_private(&path, &text).map_err(|error| Failure::file(&path, "write", &error))?;
    Ok(path)
}

pub(crate) fn check_server(text: &str, origin: &str) -> Result<String> {
    match value::base_url(text) {
        Ok(super::Value::Text(server)) => Ok(server),
        Ok(_) => Ok(text.to_owned()),
        Err(message) => {
            Err(Failure::usage(format!("{origin}: {message}")).next("give the server's address, such as http://127.0.0.1:7070"))
        }
    }
}

fn file(environment: &Environment) -> Option<PathBuf> {
    Some(environment.config_folder()?.join("config.toml"))
}

fn read(path: &Path) -> Result<Remembered> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            // The rendered error repeats the line, which may be the token: only its message is shown.
            Failure::usage(format!("{}: {}", path.display(), error.message()))
                .next("mend the file, or run `tidegate login` again after removing it")
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Remembered::default()),
        Err(error) => Err(Failure::file(path, "read", &error)),
    }
}

/// Through a temporary file, so that a crash leaves the old one whole; mode 0600 from its first byte.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let folder = path.parent().ok_or_else(|| std::io::Error::other("it has no folder"))?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
