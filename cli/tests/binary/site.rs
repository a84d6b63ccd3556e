//! A real server with a built-in runner and a real repository, as processes, and Olga, its admin.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Program, Ran};

pub(crate) const PASSWORD: &str = "a long password of Olga";
const PATIENCE: Duration = Duration::from_secs(120);

/// A build that waits for the file `go`, one target, and production behind an approval.
const PIPELINE: &str = r#"name: shop
stages:
  - name: build
    jobs:
      - name: package
        steps:
          - run: 'echo "line one of $TIDEGATE_RELEASE"; until test -e @FOLDER@/go; do sleep 0.05; done; echo went on; cp app.txt out.txt'
        artifacts: {app: out.txt}
  - name: beta
    targets: [local/beta]
    deploy: {uses: shell/run, with: {artifact: app, run: 'grep -q good app.txt && cp "$TIDEGATE_ARTIFACTS/app" @FOLDER@/beta.txt'}}
  - name: prod
    production: true
    gates: [{approval: {count: 1}}]
    targets: [local/a]
    deploy: {uses: shell/run, with: {artifact: app, run: 'cp "$TIDEGATE_ARTIFACTS/app" @FOLDER@/a.txt'}}
"#;

#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) program: Program,
    pub(crate) port: u16,
    /// The data folder is a disk of its own of this size (`48m`), which ends with the server.
    pub(crate) disk: Option<&'static str>,
    /// More for the server's environment.
    pub(crate) environment: Vec<(&'static str, String)>,
    server: Option<(Child, ChildStdin)>,
}

impl Site {
    /// A server, and Olga signed in as its admin from its first-start link.
    pub(crate) fn start() -> Self {
        Self::start_with(&[], &[])
    }

    /// The same with these files in its folder and these arguments.
    pub(crate) fn start_with(files: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut site = Self::new();
        for (name, text) in files {
            site.program.write(name, text);
        }
        site.sign_in_first(arguments);
        site
    }

    /// A folder and a port; no server yet.
    pub(crate) fn new() -> Self {
        Self { program: Program::new(), port: crate::port::free(), disk: None, environment: Vec::new(), server: None }
    }

    /// The first start of the server, and its first admin.
    pub(crate) fn sign_in_first(&mut self, arguments: &[&str]) {
        let link = self.start_server(arguments).expect("the first start prints a link");
        let ran = self.program.run_telling(&["login", "--link", &link, "--name", "Olga"], PASSWORD);
        assert!(ran.code == 0 && ran.stdout.contains("signed in to"), "{ran:?}");
    }

    /// Whoever is signed in at the other server is at this one, which has the same database.
    pub(crate) fn sign_in_as_at(&self, other: &Self) {
        let place = "home/.config/tidegate/config.toml";
        let known = std::fs::read_to_string(other.program.folder().join(place)).expect("somebody is signed in");
        self.program.write(place, &known.replace(&format!(":{}", other.port), &format!(":{}", self.port)));
    }

    /// Starts the server and answers the first-start link, if it printed one. Ready when it answers.
    pub(crate) fn start_server(&mut self, more: &[&str]) -> Option<String> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.program.folder().join("server.log")).expect("a log");
        let program = env!("CARGO_BIN_EXE_tidegate");
        let mut command = match self.disk {
            None => self.program.command(program.as_ref()),
            Some(size) => {
                std::fs::create_dir_all(self.program.folder().join("data")).expect("a folder");
                let mut command = self.program.command("unshare".as_ref());
                let mount = format!("mount -t tmpfs -o size={size},mode=700 tmpfs data && exec \"$0\" \"$@\"");
                command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount, program]);
                command
            }
        };
        command.envs(self.environment.iter().cloned());
        let listen = format!("127.0.0.1:{}", self.port);
        command.args(["server", "--runner", "--until-stdin-ends", "--listen", &listen, "--data", "data"]).args(more);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().expect("the server starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = child.stdout.take().expect("a pipe");
        self.server = Some((child, stdin));
        let has_users = self.program.folder().join("home/.config/tidegate/config.toml").exists();
        let link = (!has_users).then(|| {
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            let line = lines.find(|line| line.contains("first-start")).expect("a line with the link");
            line.split_whitespace().find(|word| word.starts_with("http")).expect("a link").to_owned()
        });
        self.until("the server is ready", |site| {
            site.program.run_with(&["doctor"], &site.named()).stdout.contains("is ready").then_some(())
        });
        link
    }

    /// As a power failure would.
    pub(crate) fn kill_server(&mut self) {
        let (mut child, _stdin) = self.server.take().expect("a server");
        child.kill().expect("killed");
        child.wait().expect("reaped");
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop_server(&mut self) {
        let (mut child, stdin) = self.server.take().expect("a server");
        drop(stdin);
        assert!(child.wait().expect("ends").success(), "{}", self.log());
    }

    /// The data folder as the server sees it.
    pub(crate) fn data_of_server(&self) -> std::path::PathBuf {
        let (child, _) = self.server.as_ref().expect("a server");
        let seen = self.program.folder().join("data");
        format!("/proc/{}/root{}", child.id(), seen.display()).into()
    }

    fn named(&self) -> [(&'static str, String); 1] {
        [("TIDEGATE_SERVER", format!("http://127.0.0.1:{}", self.port))]
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.program.folder().join("server.log")).unwrap_or_default()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.program.run(arguments)
    }

    /// Runs a command that must succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}\n{}", self.log());
        ran
    }

    /// A token of somebody else.
    pub(crate) fn person(&self, name: &str, role: &str) -> String {
        let made = self.program.run_telling(&["user", "create", name, "--role", role], "another long password");
        assert_eq!(made.code, 0, "{made:?}");
        // In a home of their own, so that Olga stays signed in here.
        let home = self.program.folder().join(format!("home-of-{name}")).display().to_string();
        let server = format!("http://127.0.0.1:{}", self.port);
        let variables = [("HOME", home.as_str())];
        let ran = self.program.run_telling_with(&["login", "--server", &server, "--name", name], "another long password", &variables);
        assert_eq!(ran.code, 0, "{ran:?}");
        let kept = std::fs::read_to_string(format!("{home}/.config/tidegate/config.toml")).expect("a remembered token");
        let token = kept.lines().find_map(|line| line.strip_prefix("token = ")).expect("a token");
        token.trim_matches('"').to_owned()
    }

    /// A runner of three slots that joins as a unit file or a container says it, with the label `gpu`.
    pub(crate) fn join_runner(&self, name: &str) -> Child {
        self.join_runner_with(name, &[])
    }

    pub(crate) fn join_runner_with(&self, name: &str, environment: &[(&'static str, String)]) -> Child {
        let token = self.ok(&["runner", "token"]).stdout;
        self.program.write("token", &token);
        let mut command = self.program.command(env!("CARGO_BIN_EXE_tidegate").as_ref());
        command.args(["runner", "run", "--until-stdin-ends"]).stdin(Stdio::piped()).envs(environment.iter().cloned());
        for (variable, value) in [
            ("TIDEGATE_SERVER", format!("http://127.0.0.1:{}", self.port).as_str()),
            ("TIDEGATE_TOKEN_FILE", "token"),
            ("TIDEGATE_RUNNER_NAME", name),
            ("TIDEGATE_RUNNER_LABELS", "gpu=yes, disk=big"),
            ("TIDEGATE_RUNNER_SLOTS", "3"),
            ("TIDEGATE_RUNNER_WORKDIR", "second-runner"),
        ] {
            command.env(variable, value);
        }
        let log = std::fs::File::create(self.program.folder().join("runner.log")).expect("a file");
        command.stderr(log).spawn().expect("it starts")
    }

    /// The repository with its first commit, connected.
    pub(crate) fn connect(&self) {
        self.connect_as("repository", PIPELINE);
    }

    /// A repository in this folder with this pipeline file, connected under the pipeline's name.
    pub(crate) fn connect_as(&self, folder: &str, pipeline: &str) {
        let root = self.program.folder().display().to_string();
        self.program.write(&format!("{folder}/.tidegate/pipeline.yaml"), &pipeline.replace("@FOLDER@", &root));
        self.git(folder, &["init", "--quiet", "--initial-branch=main", "."]);
        self.commit_in(folder, "good one");
        let ran = self.ok(&["connect", folder, "--poll", "1s"]);
        let name = pipeline.lines().find_map(|line| line.strip_prefix("name: ")).expect("a name");
        assert!(ran.stdout.contains(&format!("connected as {name}")), "{ran:?}");
    }

    pub(crate) fn commit(&self, text: &str) {
        self.commit_in("repository", text);
    }

    pub(crate) fn commit_in(&self, folder: &str, text: &str) {
        self.program.write(&format!("{folder}/app.txt"), text);
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "--quiet", "--allow-empty", "-m", text]);
    }

    fn git(&self, folder: &str, arguments: &[&str]) {
        let folder = self.program.folder().join(folder).display().to_string();
        self.program.git(&[&["-C", &folder], arguments].concat());
    }

    /// Builds may go on.
    pub(crate) fn go(&self) {
        self.program.write("go", "");
    }

    /// What the board says of this release, once it says it.
    pub(crate) fn until_status(&self, text: &str) {
        self.until(&format!("the status says {text:?}"), |site| site.run(&["status", "shop"]).stdout.contains(text).then_some(()));
    }

    pub(crate) fn until_release(&self, number: u64, state: &str) {
        self.until_release_of("shop", number, state);
    }

    pub(crate) fn until_release_of(&self, pipeline: &str, number: u64, state: &str) {
        self.until(&format!("release {number} of {pipeline} is {state}"), |site| {
            let ran = site.run(&["releases", pipeline, "--json"]);
            let page: serde_json::Value = serde_json::from_str(&ran.stdout).ok()?;
            let release = page["items"].as_array()?.iter().find(|release| release["number"] == number)?.clone();
            (release["state"] == state).then_some(())
        });
    }

    /// Looks again and again, with a deadline.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "processes are watched from outside; this is the one place that polls")]
    pub(crate) fn until<T>(&self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain: {what}\n{:?}\n{}", self.run(&["status", "shop"]), self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A command that goes on until it ends by itself, its output to a file.
    pub(crate) fn begin(&self, arguments: &[&str], output: &str) -> Child {
        let file = std::fs::File::create(self.program.folder().join(output)).expect("a file");
        let mut command: Command = self.program.command(env!("CARGO_BIN_EXE_tidegate").as_ref());
        command.args(arguments).stdout(file.try_clone().expect("the same file")).stderr(file).spawn().expect("it starts")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some((mut child, stdin)) = self.server.take() {
            drop(stdin);
            // Ends by itself; a server that does not is not worth waiting for.
            let _killed = child.kill();
            let _reaped = child.wait();
        }
    }
}
