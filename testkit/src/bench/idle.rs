//! A server that nobody asks anything of, seen from outside by `/proc`.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::distribution::readable;
use super::stopwatch::{Stopwatch, pause};
use super::{Figure, Result, Setup};

const STARTS: usize = 5;
const SETTLED: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(20);
/// A server that is not ready by then does not start.
const PATIENCE: Duration = Duration::from_secs(30);

const MEMORY_GOAL_MB: f64 = 40.0;
const CPU_GOAL_PERCENT: f64 = 0.2;
const START_GOAL: Duration = Duration::from_millis(300);

pub(super) async fn measure(setup: &Setup) -> Result<Vec<Figure>> {
    let program = Program::of(setup).await?;
    let folder = tempfile::tempdir()?;
    let mut fresh = Vec::new();
    for start in 0..STARTS {
        fresh.push(program.start(&folder.path().join(format!("fresh-{start}"))).await?.took);
    }
    let data = folder.path().join("data");
    let mut again = Vec::new();
    drop(program.start(&data).await?);
    for _ in 0..STARTS {
        again.push(program.start(&data).await?.took);
    }
    let running = program.start(&data).await?;
    pause(SETTLED).await;
    let before = running.cpu()?;
    let watch = Stopwatch::start();
    pause(WATCHED).await;
    let share = 100.0 * (running.cpu()? - before).as_secs_f64() / watch.elapsed().as_secs_f64();
    let memory = running.memory_mb()?;
    Ok(figures(&program.what, memory, share, worst(&fresh), worst(&again)))
}

fn figures(what: &str, (resident, anonymous): (f64, f64), share: f64, fresh: Duration, again: Duration) -> Vec<Figure> {
    let start = |name: &str, took: Duration, which: &str| {
        let how = format!("{what}: from the spawn until GET /readyz answers 200, {which}; the slowest of {STARTS}");
        Figure::new(name, readable(took), &how).goal("≤ 300 ms", took <= START_GOAL)
    };
    vec![
        Figure::new(
            "idle: resident memory",
            format!("{resident:.1} MB ({anonymous:.1} MB of it anonymous)"),
            &format!("{what}, with one idle runner in a long poll, 25 s after its start: VmRSS and RssAnon of /proc/<pid>/status"),
        )
        .goal("≤ 40 MB", resident <= MEMORY_GOAL_MB),
        Figure::new(
            "idle: share of a core",
            format!("{share:.2} %"),
            &format!("the same process over {} s: nanoseconds on a CPU by /proc/<pid>/task/*/schedstat", WATCHED.as_secs()),
        )
        .goal("≤ 0.2 %", share <= CPU_GOAL_PERCENT),
        start("start to ready, first start", fresh, "on an empty folder, with all migrations"),
        start("start to ready, restart", again, "on existing data"),
    ]
}

fn worst(starts: &[Duration]) -> Duration {
    starts.iter().max().copied().unwrap_or_default()
}

/// What serves, and how it is started.
struct Program {
    path: PathBuf,
    /// Serves by itself; otherwise this benchmark does for it.
    is_tidegate: bool,
    runner_program: PathBuf,
    what: String,
}

impl Program {
    async fn of(setup: &Setup) -> Result<Self> {
        if let Some(path) = &setup.server_program {
            let probe = Command::new(path).args(["server", "--help"]).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
            if probe.is_ok_and(|status| status.success()) {
                let what = "`tidegate server --runner` (the runner in the same process)".to_owned();
                return Ok(Self { path: path.clone(), is_tidegate: true, runner_program: setup.runner_program.clone(), what });
            }
        }
        let what = "`bench serve` (engine, API and runner in one process; `tidegate server` was not built)".to_owned();
        Ok(Self { path: std::env::current_exe()?, is_tidegate: false, runner_program: setup.runner_program.clone(), what })
    }

    async fn start(&self, data: &Path) -> Result<Running> {
        fs::create_dir_all(data)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, crate::port::free()));
        let mut command = Command::new(&self.path);
        if self.is_tidegate {
            command.args(["server", "--runner", "--listen", &address.to_string(), "--data"]).arg(data);
        } else {
            command.arg("serve").arg(data).arg(address.to_string()).arg(&self.runner_program);
        }
        let errors = fs::File::create(data.join("stderr"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).kill_on_drop(true);
        let watch = Stopwatch::start();
        let mut child = command.spawn()?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(1)).build()?;
        while watch.elapsed() < PATIENCE {
            if http.get(format!("http://{address}/readyz")).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(Running { took: watch.elapsed(), child });
            }
            if let Some(status) = child.try_wait()? {
                let said = fs::read_to_string(data.join("stderr")).unwrap_or_default();
                return Err(format!("the server ended with {status}: {}", said.trim()).into());
            }
            pause(Duration::from_millis(1)).await;
        }
        Err(format!("the server was not ready within {PATIENCE:?}").into())
    }
}

/// A server process; killed when it is dropped.
struct Running {
    took: Duration,
    child: Child,
}

impl Running {
    fn proc(&self) -> Result<PathBuf> {
        let id = self.child.id().ok_or("the server has ended")?;
        Ok(PathBuf::from(format!("/proc/{id}")))
    }

    /// Time that all its threads have spent on a CPU.
    fn cpu(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(self.proc()?.join("task"))? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanoseconds += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Resident and of that anonymous, in millions of bytes.
    fn memory_mb(&self) -> Result<(f64, f64)> {
        let status = fs::read_to_string(self.proc()?.join("status"))?;
        let value = |name: &str| -> Result<f64> {
            let line = status.lines().find(|line| line.starts_with(name)).ok_or_else(|| format!("no {name} in /proc"))?;
            let kib: f64 = line.split_whitespace().nth(1).unwrap_or_default().parse()?;
            Ok(kib * 1024.0 / 1_000_000.0)
        };
        Ok((value("VmRSS:")?, value("RssAnon:")?))
    }
}
