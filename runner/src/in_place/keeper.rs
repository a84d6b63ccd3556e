use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};

use super::control::{self, Answer, Request};
use super::layout::{Kept, Layout, Spec};
use super::service::{self, Service};
use super::{Error, Mode, Place, probe};
use crate::backoff::Backoff;
use crate::clock::{self, Moment};

/// Keeps one service until it is told to stop. There is one keeper per service; a second one ends at once.
pub(super) async fn keep(place: &Place) -> Result<(), Error> {
    let layout = Layout::of(place);
    let _leads_already = rustix::process::setsid();
    let Some(_lock) = own_lock(&layout).await.map_err(Error::file(&layout.folder))? else { return Ok(()) };
    let socket = layout.folder.join("keeper.sock");
    let listener = control::listen(&socket).map_err(Error::file(&socket))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::file(&layout.folder))?;
    let mut keeper = Keeper::resume(layout).await.map_err(Error::file(&place.root))?;
    loop {
        tokio::select! {
            connection = listener.accept() => match connection {
                Ok((stream, _)) => if keeper.serve(stream).await == Next::End { return Ok(()) },
                Err(error) => {
                    keeper.say(&format!("a connection could not be taken: {error}"));
                    clock::sleep(Duration::from_millis(100)).await;
                }
            },
            end = service::end_of(keeper.service.as_ref()) => keeper.crashed(&end),
            () = clock::sleep_until(keeper.start_at) => keeper.start_again(),
            () = clock::sleep(LOG_INTERVAL) => drop(service::bound_log(&keeper.layout)),
            _ = terminate.recv() => {
                // The machine goes down: the next start of the runner finds what should run.
                keeper.stop_service().await;
                return Ok(());
            }
        }
    }
}

/// None when another keeper lives. Whoever only looks whether one lives has the lock too, but for a moment.
async fn own_lock(layout: &Layout) -> io::Result<Option<File>> {
    let deadline = clock::now().plus(LOOK);
    loop {
        match layout.try_keeper_lock()? {
            None if !deadline.remaining().is_zero() => clock::sleep(Duration::from_millis(10)).await,
            lock => return Ok(lock),
        }
    }
}

const LOOK: Duration = Duration::from_secs(1);
const LOG_INTERVAL: Duration = Duration::from_secs(10);
/// A service that lived this long starts again without a pause.
const STEADY_MS: u64 = 10_000;
const BACKLOG: i32 = 1024;
const SHOWN_LOG_BYTES: usize = 1_500;

#[derive(Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    End,
}

struct Keeper {
    layout: Layout,
    kept: Kept,
    service: Option<Service>,
    /// The listening socket in handover mode; it outlives the services that it is given to.
    socket: Option<OwnedFd>,
    backoff: Backoff,
    started: Moment,
    start_at: Option<Moment>,
}

impl Keeper {
    /// Takes up what an earlier keeper left: a service that still runs is adopted with its socket.
    async fn resume(layout: Layout) -> io::Result<Self> {
        let kept = layout.kept()?;
        let mut keeper = Self {
            layout,
            kept,
            service: None,
            socket: None,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(10)),
            started: clock::now(),
            start_at: None,
        };
        // The switch that was under way is over, and nothing of it stays.
        keeper.kept.is_changing = false;
        if let Some(left) = keeper.kept.candidate.take().and_then(|process| Service::adopt(&process)) {
            left.stop(0).await;
        }
        let Some(spec) = keeper.kept.spec.clone() else {
            keeper.write()?;
            return Ok(keeper);
        };
        if let Some(service) = keeper.kept.process.as_ref().and_then(Service::adopt) {
            match spec.mode {
                Mode::Restart => keeper.service = Some(service),
                Mode::Handover => match service.socket() {
                    Ok(socket) => {
                        keeper.socket = Some(socket);
                        keeper.service = Some(service);
                    }
                    Err(error) => {
                        keeper.say(&format!("the socket cannot be taken over from the running service ({error}); it is started again"));
                        service.stop(spec.grace_ms).await;
                    }
                },
            }
        }
        if keeper.service.is_none() {
            keeper.start_at = Some(clock::now());
        }
        keeper.layout.flip(&spec.folder)?;
        keeper.write()?;
        Ok(keeper)
    }

    async fn serve(&mut self, mut stream: UnixStream) -> Next {
        let request = match tokio::time::timeout(Duration::from_secs(5), control::read(&mut stream)).await {
            Ok(Ok(request)) => request,
            Ok(Err(_)) | Err(_) => return Next::GoOn,
        };
        let (done, next) = match request {
            Request::Switch { spec } => (self.switch(*spec).await, Next::GoOn),
            Request::Stop { fence, .. } if self.is_stale(fence) => (Err(self.stale(fence)), Next::GoOn),
            Request::Stop { grace_ms, .. } => {
                let begun = self.changing(true);
                if let Some(service) = self.service.take() {
                    service.stop(grace_ms).await;
                }
                self.kept = Kept::default();
                (begun.and_then(|()| self.write().map_err(|error| error.to_string())), Next::End)
            }
        };
        // A tool that was killed meanwhile does not hear it; what was done stays done.
        let _heard = control::write(&mut stream, &Answer { error: done.err() }).await;
        next
    }

    async fn switch(&mut self, spec: Spec) -> Result<(), String> {
        if self.is_stale(spec.fence) {
            return Err(self.stale(spec.fence));
        }
        if self.service.is_some() && self.kept.spec.as_ref().is_some_and(|current| current.is_same_service(&spec)) {
            self.kept.spec = Some(spec.clone());
            self.write().map_err(|error| error.to_string())?;
            return if spec.port == 0 { Ok(()) } else { probe::answers(&spec).await };
        }
        self.changing(true)?;
        let switched = self.change(&spec).await;
        let ended = self.changing(false);
        switched.map_err(|error| format!("release {} does not serve: {error}{}", spec.release, self.end_of_log())).and(ended)
    }

    /// Before anything changes, so that nobody takes what `inspect` says meanwhile for what will stay (A3).
    fn changing(&mut self, is_changing: bool) -> Result<(), String> {
        self.kept.is_changing = is_changing;
        self.write().map_err(|error| format!("the keeper's state could not be written: {error}"))
    }

    async fn change(&mut self, spec: &Spec) -> Result<(), String> {
        self.start_at = None;
        let is_beside = match &self.kept.spec {
            Some(current) => {
                let place = |spec: &Spec| (spec.mode, spec.address, spec.port);
                self.socket.is_some() && place(current) == place(spec)
            }
            None => true,
        };
        if is_beside { self.hand_over(spec).await } else { self.replace(spec).await }
    }

    /// Starts the new one beside the old one; the old one ends only when the new one answers.
    async fn hand_over(&mut self, spec: &Spec) -> Result<(), String> {
        self.open_socket(spec)?;
        let candidate = match self.try_out(spec).await {
            Ok(candidate) => candidate,
            Err(error) => {
                match (&self.kept.spec, &self.service) {
                    // Nobody would answer who is let in.
                    (None, _) => self.socket = None,
                    (Some(_), None) => self.start_at = Some(clock::now()),
                    (Some(_), Some(_)) => {}
                }
                return Err(error);
            }
        };
        let old = self.service.replace(candidate);
        let grace_ms = self.kept.spec.as_ref().map_or(spec.grace_ms, |old| old.grace_ms);
        let committed = self.commit(spec);
        if let Some(old) = old {
            old.stop(grace_ms).await;
        }
        committed
    }

    /// Stops the old one, starts the new one; the old one comes back when the new one does not answer.
    async fn replace(&mut self, spec: &Spec) -> Result<(), String> {
        self.stop_service().await;
        self.socket = None;
        let tried = match self.open_socket(spec) {
            Ok(()) => self.try_out(spec).await,
            Err(error) => Err(error),
        };
        match tried {
            Ok(candidate) => {
                self.service = Some(candidate);
                self.commit(spec)
            }
            Err(error) => {
                self.socket = None;
                self.start_again();
                Err(error)
            }
        }
    }

    async fn try_out(&mut self, spec: &Spec) -> Result<Service, String> {
        let mut candidate =
            Service::start(&self.layout, spec, self.socket.as_ref()).map_err(|error| format!("it could not be started: {error}"))?;
        self.kept.candidate = Some(candidate.process.clone());
        let answered = match self.write().and_then(|()| candidate.go()) {
            Ok(()) => probe::answers_itself(spec, &candidate).await,
            Err(error) => Err(format!("the keeper's state could not be written: {error}")),
        };
        self.kept.candidate = None;
        if let Err(error) = answered {
            candidate.stop(spec.grace_ms.min(2_000)).await;
            let _told = self.write();
            return Err(error);
        }
        Ok(candidate)
    }

    /// From here on this release is what serves, also after a crash.
    fn commit(&mut self, spec: &Spec) -> Result<(), String> {
        self.kept.spec = Some(spec.clone());
        self.kept.restarts = 0;
        self.started = clock::now();
        self.backoff.reset();
        self.write()
            .and_then(|()| self.layout.flip(&spec.folder))
            .map_err(|error| format!("it serves, but that could not be written down: {error}"))
    }

    fn crashed(&mut self, end: &str) {
        self.say(&format!("the service ended ({end}); it is started again"));
        self.service = None;
        self.kept.restarts += 1;
        if clock::now().since_ms(self.started) >= STEADY_MS {
            self.backoff.reset();
        }
        self.start_at = Some(clock::now().plus(self.backoff.next(None)));
    }

    fn start_again(&mut self) {
        self.start_at = None;
        let Some(spec) = self.kept.spec.clone() else { return };
        let started = self
            .open_socket(&spec)
            .and_then(|()| Service::start(&self.layout, &spec, self.socket.as_ref()).map_err(|error| error.to_string()));
        match started {
            Ok(service) => {
                self.started = clock::now();
                self.service = Some(service);
                let written = self.write();
                if let Err(error) = written.and_then(|()| self.service.as_mut().map_or(Ok(()), Service::go)) {
                    self.say(&format!("the keeper's state could not be written: {error}"));
                }
            }
            Err(error) => {
                self.say(&format!("the service could not be started: {error}"));
                self.start_at = Some(clock::now().plus(self.backoff.next(None)));
            }
        }
    }

    async fn stop_service(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop(self.kept.spec.as_ref().map_or(0, |spec| spec.grace_ms)).await;
        }
    }

    fn open_socket(&mut self, spec: &Spec) -> Result<(), String> {
        if spec.mode == Mode::Restart || spec.port == 0 || self.socket.is_some() {
            return Ok(());
        }
        self.socket = Some(bind(spec).map_err(|error| format!("the socket {}:{} could not be opened: {error}", spec.address, spec.port))?);
        Ok(())
    }

    fn is_stale(&self, fence: u64) -> bool {
        self.kept.spec.as_ref().is_some_and(|current| fence < current.fence)
    }

    fn stale(&self, given: u64) -> String {
        Error::StaleFence { given, seen: self.kept.spec.as_ref().map_or(0, |spec| spec.fence) }.to_string()
    }

    fn write(&mut self) -> io::Result<()> {
        self.kept.process = self.service.as_ref().map(|service| service.process.clone());
        self.layout.write_kept(&self.kept)
    }

    /// To `keeper.log`.
    fn say(&self, line: &str) {
        eprintln!("{}: {line}", self.layout.name);
    }

    fn end_of_log(&self) -> String {
        let bytes = std::fs::read(self.layout.log()).unwrap_or_default();
        let end = String::from_utf8_lossy(bytes.get(bytes.len().saturating_sub(SHOWN_LOG_BYTES)..).unwrap_or_default()).trim().to_owned();
        if end.is_empty() { String::new() } else { format!("\n--- the end of {}\n{end}", self.layout.log().display()) }
    }
}

fn bind(spec: &Spec) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &std::net::SocketAddrV4::new(spec.address, spec.port))?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}
