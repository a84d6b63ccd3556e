//! The built binary in a folder of its own, with an environment of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Debug)]
pub(crate) struct Program {
    folder: tempfile::TempDir,
}

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("written");
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with::<&str>(arguments, &[])
    }

    pub(crate) fn run_with<V: AsRef<std::ffi::OsStr>>(&self, arguments: &[&str], variables: &[(&str, V)]) -> Ran {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_tidegate")));
        finish(command.args(arguments).envs(variables.iter().map(|(name, value)| (name, value))))
    }

    /// Runs a command that reads one line from standard input, as a password.
    pub(crate) fn run_telling(&self, arguments: &[&str], line: &str) -> Ran {
        self.run_telling_with(arguments, line, &[])
    }

    pub(crate) fn run_telling_with(&self, arguments: &[&str], line: &str, variables: &[(&str, &str)]) -> Ran {
        let place = self.folder().join("line");
        std::fs::write(&place, format!("{line}\n")).expect("written");
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_tidegate")));
        command.args(arguments).envs(variables.iter().copied()).stdin(std::fs::File::open(place).expect("readable"));
        finish(&mut command)
    }

    /// Runs a bash text that finds the binary as `$TIDEGATE`.
    pub(crate) fn shell(&self, text: &str) -> Ran {
        finish(self.command(Path::new("bash")).args(["-c", text]).env("TIDEGATE", env!("CARGO_BIN_EXE_tidegate")))
    }

    pub(crate) fn git(&self, arguments: &[&str]) {
        let ran =
            finish(self.command(Path::new("git")).args(["-c", "user.name=Andrei", "-c", "user.email=andrei@shop.example"]).args(arguments));
        assert_eq!(ran.code, 0, "git {arguments:?}: {ran:?}");
    }

    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let home: PathBuf = self.folder().join("home");
        command.current_dir(self.folder()).env_clear().env("PATH", env!("PATH")).env("HOME", home).stdin(Stdio::null());
        command
    }
}

fn finish(command: &mut Command) -> Ran {
    let output = command.output().expect("it can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}
