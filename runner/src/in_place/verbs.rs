use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::control::{self, Answer, Request};
use super::layout::{Layout, Spec, State};
use super::{Error, Options, host, probe, releases};
use crate::{clock, files};

pub(super) async fn prepare(options: &Options) -> Result<(), Error> {
    let service = Service::open(options).await?;
    let folder = releases::unpack(&service.layout, release(options)?, artifact(options)?)?;
    println!("prepared {}", service.layout.release(&folder).display());
    Ok(())
}

pub(super) async fn shift(options: &Options) -> Result<(), Error> {
    require_whole(&options.percent)?;
    let mut service = Service::open(options).await?;
    let release = release(options)?;
    let folder = match &options.artifact {
        Some(artifact) if artifact.exists() => releases::unpack(&service.layout, release, artifact)?,
        _ => service.prepared(release)?,
    };
    service.switch_to(options, release, folder).await
}

pub(super) async fn rollback(options: &Options) -> Result<(), Error> {
    let mut service = Service::open(options).await?;
    let release = release(options)?;
    let folder = match service.prepared(release) {
        Ok(folder) => folder,
        Err(Error::NotPrepared { .. }) => releases::unpack(&service.layout, release, artifact(options)?)?,
        Err(error) => return Err(error),
    };
    service.switch_to(options, release, folder).await
}

pub(super) async fn health(options: &Options) -> Result<(), Error> {
    let layout = Layout::of(&options.place);
    let kept = layout.kept().map_err(Error::file(&layout.folder))?;
    let Some(mut spec) = kept.spec else { return Err(Error::Unhealthy("nothing has been shifted here yet".to_owned())) };
    spec.timeout_ms = options.timeout_seconds.saturating_mul(1_000);
    if !options.health.is_empty() {
        spec.health.clone_from(&options.health);
    }
    if spec.port == 0 {
        require_running(&layout)?;
    } else {
        probe::answers(&spec).await.map_err(Error::Unhealthy)?;
    }
    println!("healthy: release {} ({}) answers at port {}{}", spec.release, version(&layout, &spec.folder), spec.port, spec.health);
    Ok(())
}

pub(super) async fn finish(options: &Options) -> Result<(), Error> {
    let mut service = Service::open(options).await?;
    let kept = service.layout.kept().map_err(Error::file(&service.layout.folder))?;
    let in_use: Vec<_> = kept.spec.map(|spec| spec.folder).into_iter().collect();
    releases::prune(&service.layout, &mut service.state, options.keep, &in_use)?;
    service.layout.write_state(&service.state)
}

/// What serves at this place, as `inspect` prints it.
#[derive(Debug, Serialize)]
struct Inspection {
    release: Option<u64>,
    version: Option<String>,
    /// `healthy`, `unhealthy` or `stopped`.
    health: &'static str,
    in_progress: bool,
    port: Option<u16>,
    restarts: u64,
    detail: Option<String>,
}

pub(super) async fn inspect(options: &Options) -> Result<(), Error> {
    let layout = Layout::of(&options.place);
    let kept = layout.kept().map_err(Error::file(&layout.folder))?;
    let asked = match &kept.spec {
        None => Ok(()),
        Some(spec) if spec.port == 0 => require_running(&layout).map_err(|error| error.to_string()),
        Some(spec) => probe::once(spec).await,
    };
    let inspection = Inspection {
        release: kept.spec.as_ref().map(|spec| spec.release),
        version: kept.spec.as_ref().map(|spec| version(&layout, &spec.folder)),
        health: match (&kept.spec, &asked) {
            (None, _) => "stopped",
            (Some(_), Ok(())) => "healthy",
            (Some(_), Err(_)) => "unhealthy",
        },
        in_progress: layout.is_locked() || kept.is_changing || kept.candidate.is_some(),
        port: kept.spec.as_ref().map(|spec| spec.port),
        restarts: kept.restarts,
        detail: asked.err(),
    };
    println!("{}", serde_json::to_string(&inspection).map_err(|error| Error::Switch(error.to_string()))?);
    options.output.as_deref().map_or(Ok(()), |path| inspection.write_outputs(path).map_err(Error::file(path)))
}

pub(super) async fn destroy(options: &Options) -> Result<(), Error> {
    let service = Service::open(options).await?;
    let layout = &service.layout;
    if layout.try_keeper_lock().map_err(Error::file(&layout.folder))?.is_none() {
        let stop = Request::Stop { fence: service.fence, grace_ms: options.grace_seconds.saturating_mul(1_000) };
        service.ask(&stop, Duration::from_secs(options.grace_seconds + 30)).await?;
    }
    // The fence and the lock stay: an older deployment must be refused here also later.
    for file in ["current", "keeper.json", "keeper.sock", "keeper.log", "service.log", "service.log.1"] {
        match std::fs::remove_file(layout.folder.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file(&layout.folder.join(file))(error)),
            _ => {}
        }
    }
    files::remove_tree(&layout.releases()).map_err(Error::file(&layout.releases()))?;
    layout.write_state(&State { history: Vec::new(), ..service.state })?;
    println!("destroyed {}", layout.folder.display());
    Ok(())
}

/// The right to change a service: its lock is held and the fence is current (A4).
struct Service<'a> {
    layout: Layout,
    options: &'a Options,
    state: State,
    fence: u64,
    _lock: File,
}

impl<'a> Service<'a> {
    async fn open(options: &'a Options) -> Result<Self, Error> {
        let layout = Layout::of(&options.place);
        let lock = layout.lock().await?;
        let mut state = layout.state()?;
        let fence = match options.fence.trim() {
            // A person at the machine, outside any deployment.
            "" => state.fence,
            text => text.parse().map_err(|_| Error::Usage(format!("{text:?} is not a fence: it is a whole number")))?,
        };
        if fence < state.fence {
            return Err(Error::StaleFence { given: fence, seen: state.fence });
        }
        if fence > state.fence {
            state.fence = fence;
            layout.write_state(&state)?;
        }
        Ok(Self { layout, options, state, fence, _lock: lock })
    }

    fn prepared(&self, release: u64) -> Result<String, Error> {
        releases::find(&self.layout, &self.state, release).ok_or_else(|| Error::NotPrepared { release, folder: self.layout.releases() })
    }

    async fn switch_to(&mut self, options: &Options, release: u64, folder: String) -> Result<(), Error> {
        let command = match options.command.trim() {
            "" => releases::default_command(&self.layout, &folder)?,
            command => command.to_owned(),
        };
        let spec = Spec {
            release,
            folder: folder.clone(),
            command,
            address: options.address,
            port: options.port,
            health: options.health.clone(),
            mode: options.mode,
            environment: environment(options),
            timeout_ms: options.timeout_seconds.saturating_mul(1_000),
            grace_ms: options.grace_seconds.saturating_mul(1_000),
            fence: self.fence,
        };
        // A verb that was killed after its switch has not written it down.
        if let Some(serves) = self.layout.kept().map_err(Error::file(&self.layout.folder))?.spec {
            self.served(serves.folder);
        }
        let patience = Duration::from_secs(options.timeout_seconds + 3 * options.grace_seconds + 30);
        self.ask(&Request::Switch { spec: Box::new(spec) }, patience).await?;
        self.served(folder.clone());
        self.layout.write_state(&self.state)?;
        println!("release {release} serves from {}", self.layout.release(&folder).display());
        Ok(())
    }

    fn served(&mut self, folder: String) {
        self.state.history.retain(|served| *served != folder);
        self.state.history.push(folder);
    }

    async fn ask(&self, request: &Request, patience: Duration) -> Result<(), Error> {
        let access = self.options.host.as_deref().filter(|path| !path.as_os_str().is_empty()).zip(self.options.host_key.as_deref());
        let ensure = async || host::ensure_keeper(&self.layout, &self.options.place, access).await.map_err(Error::Keeper);
        ensure().await?;
        let socket = self.layout.folder.join("keeper.sock");
        let begins = clock::now().plus(Duration::from_secs(10));
        let asked = async {
            loop {
                match control::ask::<Answer>(&socket, request).await {
                    // It holds its lock and does not listen yet; or it was one that ended, or whoever only looked whether it lives.
                    Err(error) if is_not_listening(&error) && !begins.remaining().is_zero() => {
                        clock::sleep(Duration::from_millis(10)).await;
                        ensure().await?;
                    }
                    other => return other.map_err(|error| Error::Keeper(error.to_string())),
                }
            }
        };
        match tokio::time::timeout(patience, asked).await {
            Ok(Ok(Answer { error: None })) => Ok(()),
            Ok(Ok(Answer { error: Some(error) })) => Err(Error::Switch(error)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::Switch(format!("the keeper did not answer within {} s", patience.as_secs()))),
        }
    }
}

impl Inspection {
    fn write_outputs(&self, path: &Path) -> io::Result<()> {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        let release = self.release.map(|release| release.to_string()).unwrap_or_default();
        let version = self.version.as_deref().unwrap_or_default().lines().next().unwrap_or_default();
        write!(file, "release={release}\nversion={version}\nhealth={}\nin_progress={}\n", self.health, self.in_progress)
    }
}

fn is_not_listening(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// Whole shifts only: `100`, or nothing said.
fn require_whole(percent: &str) -> Result<(), Error> {
    match percent.trim().trim_end_matches('%') {
        "" | "100" => Ok(()),
        other => Err(Error::Share { percent: other.to_owned() }),
    }
}

fn require_running(layout: &Layout) -> Result<(), Error> {
    let is_kept = layout.try_keeper_lock().map_err(Error::file(&layout.folder))?.is_none();
    let kept = layout.kept().map_err(Error::file(&layout.folder))?;
    if is_kept && kept.process.is_some() { Ok(()) } else { Err(Error::Unhealthy("it does not run".to_owned())) }
}

fn release(options: &Options) -> Result<u64, Error> {
    let text = options.release.trim();
    text.parse().map_err(|_| Error::Usage(format!("{text:?} is not a release's number; give --release, or TIDEGATE_RELEASE")))
}

fn artifact(options: &Options) -> Result<&Path, Error> {
    options.artifact.as_deref().ok_or_else(|| Error::Usage("--artifact is missing: what is to be unpacked?".to_owned()))
}

/// What a release calls itself in its file `VERSION`; else its folder's name.
fn version(layout: &Layout, folder: &str) -> String {
    let own = std::fs::read_to_string(layout.release(folder).join("VERSION")).unwrap_or_default();
    own.lines().next().map(str::trim).filter(|line| !line.is_empty() && line.len() <= 200).unwrap_or(folder).to_owned()
}

/// The service learns which release it is, and where; never the job's secrets.
fn environment(options: &Options) -> BTreeMap<String, String> {
    let told = ["TIDEGATE_COMMIT", "TIDEGATE_PIPELINE", "TIDEGATE_STAGE", "TIDEGATE_TARGET"];
    let told = told.into_iter().filter_map(|name| Some((name.to_owned(), std::env::var_os(name)?.into_string().ok()?)));
    told.chain(options.environment.iter().cloned()).collect()
}
