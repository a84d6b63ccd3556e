//! The sample repository: a small web service in Perl, which every Debian machine has, and its pipeline.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::exit::{Failure, Result};

/// The targets of production, wave by wave.
pub(super) const WAVES: [&[&str]; 3] = [&["local/a"], &["local/b", "local/c"], &["local/d", "local/e", "local/f"]];
pub(super) const BETA: &str = "local/beta";

/// Every target in the order of the path.
pub(super) fn targets() -> impl Iterator<Item = &'static str> {
    [BETA].into_iter().chain(WAVES.into_iter().flatten().copied())
}

/// Who writes commits. Nobody of them approves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Author {
    name: &'static str,
    email: &'static str,
}

pub(super) const ANDREI: Author = Author { name: "Andrei", email: "andrei@shop.example" };
pub(super) const MIRA: Author = Author { name: "Mira", email: "mira@shop.example" };

/// What a commit changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) message: &'static str,
    pub(super) author: Author,
    /// What the page says.
    pub(super) title: &'static str,
    /// Few visitors never notice; under load it runs out of connections.
    pub(super) keeps_connections: bool,
}

/// How long things are watched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bakes {
    pub(super) beta: &'static str,
    pub(super) production: &'static str,
}

/// The repository on this machine's disk.
#[derive(Debug, Clone)]
pub(super) struct Repository {
    folder: PathBuf,
}

impl Repository {
    /// Makes it, or opens what an earlier run left; the pipeline file is written in any case, because
    /// it holds paths and ports of this machine.
    pub(super) async fn make(folder: &Path, ports: &BTreeMap<&str, u16>, apps: &Path, bakes: Bakes) -> Result<Self> {
        let repository = Self { folder: folder.to_owned() };
        let files = [
            ("service.pl", include_str!("sample/service.pl")),
            ("build.sh", include_str!("sample/build.sh")),
            ("acceptance.pl", include_str!("sample/acceptance.pl")),
            ("README.md", include_str!("sample/README.md")),
            (".gitignore", "dist/\n"),
            (".tidegate/pipeline.yaml", &pipeline(ports, apps, bakes)),
        ];
        for (name, text) in files {
            repository.write(name, text)?;
        }
        let script = repository.folder.join("build.sh");
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&script, executable).map_err(|error| Failure::file(&script, "make executable", &error))?;
        repository.git(&["init", "--quiet", "--initial-branch=main", "."], ANDREI).await?;
        Ok(repository)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Commits to `main`, where the server sees it, and answers the full commit id.
    pub(super) async fn commit(&self, change: &Change) -> Result<String> {
        let connections = if change.keeps_connections { "keep" } else { "give back" };
        let conf = include_str!("sample/shop.conf")
            .replace("title = Welcome to the shop", &format!("title = {}", change.title))
            .replace("connections = give back", &format!("connections = {connections}"));
        self.write("shop.conf", &conf)?;
        self.git(&["add", "--all"], change.author).await?;
        self.git(&["commit", "--quiet", "--allow-empty", "-m", change.message], change.author).await?;
        Ok(self.git(&["rev-parse", "HEAD"], change.author).await?.trim().to_owned())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.join(name);
        let folder = path.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text)).map_err(|error| Failure::file(&path, "write", &error))
    }

    async fn git(&self, arguments: &[&str], author: Author) -> Result<String> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.folder);
        // Nothing of the person's own configuration: no signing, no hooks, no template.
        for (name, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_TEMPLATE_DIR", ""),
            ("GIT_AUTHOR_NAME", author.name),
            ("GIT_AUTHOR_EMAIL", author.email),
            ("GIT_COMMITTER_NAME", author.name),
            ("GIT_COMMITTER_EMAIL", author.email),
        ] {
            command.env(name, value);
        }
        let output = command.args(arguments).kill_on_drop(true).output().await.map_err(|error| {
            Failure::failed(format!("git cannot be started: {error}")).next("install git, which the demo and the server need")
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::failed(format!("git {} in {}: {}", arguments.join(" "), self.folder.display(), crate::output::plain(said.trim()))))
    }
}

/// The pipeline file with the ports and paths of this run.
fn pipeline(ports: &BTreeMap<&str, u16>, apps: &Path, bakes: Bakes) -> String {
    let listed = |of_beta: bool| {
        let those = ports.iter().filter(|(target, _)| (**target == BETA) == of_beta);
        those.map(|(target, port)| format!("{target}: {port}")).collect::<Vec<_>>().join(", ")
    };
    let pairs: Vec<String> = ports.iter().map(|(target, port)| format!("'{target}': {port}")).collect();
    include_str!("sample/pipeline.yaml")
        .replace("@ROOT@", &apps.display().to_string())
        .replace("@BETA_PORT@", &listed(true))
        .replace("@PRODUCTION_PORTS@", &listed(false))
        .replace("@PORT_OF_TARGET@", &format!("${{{{ {{{}}}[target.name] }}}}", pairs.join(", ")))
        .replace("@BETA_BAKE@", bakes.beta)
        .replace("@BAKE@", bakes.production)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::OwnedFd;
    use std::process::{Child, Command as Process};

    use super::*;

    const GOOD: Change = Change { message: "Open the shop", author: ANDREI, title: "Open", keeps_connections: false };
    const BAD: Change = Change { message: "Save the trip back", author: MIRA, title: "Fast", keeps_connections: true };

    /// Commits the change, builds it as the pipeline does, and starts what was built on a handed-over socket.
    async fn start(folder: &Path, change: &Change, listener: &TcpListener) -> (String, Child) {
        let ports = targets().map(|target| (target, 1)).collect();
        let bakes = Bakes { beta: "1s", production: "1s" };
        let repository = Repository::make(folder, &ports, Path::new("/apps"), bakes).await.expect("a repository");
        let commit = repository.commit(change).await.expect("a commit");
        let built = Process::new("./build.sh").current_dir(folder).output().expect("sh");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let socket = OwnedFd::from(listener.try_clone().expect("the same socket"));
        let child = Process::new("sh")
            .args(["-c", "exec 3<&0 </dev/null; LISTEN_FDS=1 exec ./run"])
            .current_dir(folder.join("dist"))
            .stdin(socket)
            .spawn()
            .expect("sh");
        (commit[..8].to_owned(), child)
    }

    #[test]
    fn its_pipeline_file_is_valid_and_each_alarm_watches_its_own_target() {
        let ports = targets().zip(7001..).collect();
        let text = pipeline(&ports, Path::new("/apps"), Bakes { beta: "2s", production: "5s" });
        let source = pipelines::SourceFile::new("pipeline.yaml", text);
        let (pipeline, diagnostics) = pipelines::compile(&source, &pipelines::Blocks::built_in());
        let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
        let plan = pipelines::expand(&pipeline.expect(&rendered), &pipelines::ExpandInput::default()).expect("a plan");
        assert_eq!(rendered, "");
        let text = pipelines::show::json(&plan);
        for (target, port) in ports {
            assert!(text.contains(&format!("http://127.0.0.1:{port}/")), "nothing watches {target}");
        }
        let waves: Vec<Vec<&str>> =
            plan.stages[2].waves.iter().map(|wave| wave.rollouts.iter().map(|rollout| rollout.target.as_str()).collect()).collect();
        assert_eq!(waves, WAVES);
    }

    fn end(child: &mut Child) {
        let pid = rustix::process::Pid::from_child(child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        let status = child.wait().expect("it ends");
        assert!(status.success(), "asked to end, it ended with {status}");
    }

    fn visitor() -> reqwest::Client {
        reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(std::time::Duration::from_secs(20))
            .build()
            .expect("a client")
    }

    async fn ask(visitor: &reqwest::Client, listener: &TcpListener, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", listener.local_addr().expect("an address"));
        let response = visitor.get(url).header("cookie", "basket=1").send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a body"))
    }

    #[tokio::test]
    async fn the_shop_takes_a_socket_over_and_a_visitor_notices_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let visitor = visitor();
        let (old_version, mut old) = start(folder.path(), &GOOD, &listener).await;
        assert_eq!(ask(&visitor, &listener, "/version").await, (200, format!("{old_version} Open\n")));
        let (new_version, mut new) = start(folder.path(), &Change { title: "Newer", ..GOOD }, &listener).await;
        end(&mut old);
        for _ in 0..50 {
            assert_eq!(ask(&visitor, &listener, "/").await.0, 200);
        }
        assert_eq!(ask(&visitor, &listener, "/version").await, (200, format!("{new_version} Newer\n")));
        end(&mut new);
    }

    #[tokio::test]
    async fn the_fault_shows_under_load_only_and_never_in_the_health_check() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let visitor = visitor();
        let (_, mut shop) = start(folder.path(), &BAD, &listener).await;
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        for _ in 0..100 {
            let seen = visitor.get(&url).send().await.expect("an answer").status();
            assert_eq!(seen.as_u16(), 200, "whoever has no basket, as checks and alarms, never uses connections up");
        }
        for _ in 0..12 {
            assert_eq!(ask(&visitor, &listener, "/").await.0, 200, "few visitors notice nothing");
        }
        assert_eq!(ask(&visitor, &listener, "/").await.0, 503, "there is no connection left");
        assert_eq!(visitor.get(&url).send().await.expect("an answer").status().as_u16(), 503, "now an alarm sees it too");
        assert_eq!(ask(&visitor, &listener, "/healthz").await.0, 200);
        assert_eq!(ask(&visitor, &listener, "/nothing").await.0, 404);
        end(&mut shop);
    }
}
