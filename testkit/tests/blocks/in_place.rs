//! `process/in-place` in both of its modes.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::blocks::{ARTIFACT, Condition, Running, Subject, kill_all, until};

mod handover {
    use super::Service;

    conforms!(Service::new("handover"));

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Service::new("handover")).an_older_fence();
    }

    #[test]
    fn a_preview_stands_beside_the_service_and_goes_alone() {
        super::a_preview_comes_and_goes(&crate::suite(Service::new("handover")), |service| service);
    }

    #[test]
    fn a_client_sees_no_failed_request() {
        let suite = crate::suite(Service::new("handover"));
        suite.deploy(1);
        let seen = suite.subject.watched(|| {
            suite.deploy(2);
            suite.roll_back_to(1);
        });
        assert!(seen.requests > 10, "{seen:?}");
        assert_eq!(seen.failures, Vec::<String>::new(), "{seen:?}");
    }
}

mod restart {
    use std::time::Duration;

    use super::Service;

    conforms!(Service::new("restart"));

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Service::new("restart")).an_older_fence();
    }

    #[test]
    fn a_client_waits_at_most_a_second() {
        let suite = crate::suite(Service::new("restart"));
        suite.deploy(1);
        let seen = suite.subject.watched(|| suite.deploy(2));
        assert!(seen.requests > 5, "{seen:?}");
        assert!(seen.gap <= Duration::from_secs(1), "{seen:?}");
    }
}

/// Made beside the service, moved on by the next push, and taken away: the service is the same all the time.
pub(crate) fn a_preview_comes_and_goes<S: Subject>(suite: &testkit::blocks::Suite<S>, service: impl Fn(&S) -> &Service) {
    let service = service(&suite.subject);
    suite.deploy(1);
    let number = service.free_pull_request();
    for release in [2, 3] {
        suite.make_preview(number, release);
        assert_eq!(service.preview(number), Some(release));
        suite.expect_running(1);
    }
    // Twice, as after an answer that was lost.
    for _ in 0..2 {
        suite.remove_preview(number);
        assert_eq!(service.preview(number), None, "nobody listens there any more");
        suite.expect_running(1);
    }
}

/// A web service on a free port, kept by the block.
#[derive(Debug)]
pub(crate) struct Service {
    root: TempDir,
    port: u16,
    mode: &'static str,
}

/// What a client saw that asked every 5 ms.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) requests: u32,
    pub(crate) failures: Vec<String>,
    /// The longest time without a good answer.
    gap: Duration,
}

impl Service {
    pub(crate) fn new(mode: &'static str) -> Self {
        Self { root: tempfile::tempdir().expect("a temporary folder"), port: testkit::port::free(), mode }
    }

    /// The number of a pull request whose preview finds its port free: that of the service and its number. No other test is given that port.
    pub(crate) fn free_pull_request(&self) -> u64 {
        let above = || testkit::port::free().checked_sub(self.port).map(u64::from);
        std::iter::repeat_with(above).flatten().find(|number| *number > 0).expect("a port above the service's")
    }

    /// Which release serves as the preview of a pull request; none: nothing listens there.
    pub(crate) fn preview(&self, number: u64) -> Option<u64> {
        let port = u16::try_from(u64::from(self.port) + number).expect("a port");
        let (_, body) = ask(port, "/").ok()?;
        body.split(' ').next()?.parse().ok()
    }

    /// Status line and body.
    fn ask(&self, path: &str) -> std::io::Result<(String, String)> {
        ask(self.port, path)
    }

    #[expect(clippy::disallowed_methods, reason = "the figures are about real time, as a client sees it")]
    pub(crate) fn watched(&self, work: impl FnOnce()) -> Seen {
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let client = scope.spawn(|| {
                let mut seen = Seen { requests: 0, failures: Vec::new(), gap: Duration::ZERO };
                let mut last_good = Instant::now();
                while !is_done.load(Ordering::Relaxed) {
                    seen.requests += 1;
                    match self.ask("/") {
                        Ok((status, _)) if status.contains(" 200 ") => {
                            seen.gap = seen.gap.max(last_good.elapsed());
                            last_good = Instant::now();
                        }
                        Ok((status, _)) => seen.failures.push(status),
                        Err(error) => seen.failures.push(error.to_string()),
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                seen.gap = seen.gap.max(last_good.elapsed());
                seen
            });
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            is_done.store(true, Ordering::Relaxed);
            let seen = client.join().expect("the client");
            worked.map(|()| seen).unwrap_or_else(|failure| std::panic::resume_unwind(failure))
        })
    }
}

/// Status line and body.
fn ask(port: u16, path: &str) -> std::io::Result<(String, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| std::io::Error::other(format!("answered {answer:?}")))?;
    Ok((head.lines().next().unwrap_or_default().to_owned(), body.to_owned()))
}

impl Subject for Service {
    fn deploy(&self) -> Value {
        json!({
            "uses": "process/in-place",
            "with": {
                "artifact": ARTIFACT,
                // Debian's own, without what only people at a prompt need: a quick start keeps the figures about us.
                "command": "/usr/bin/python3 -SE service.py",
                "port": self.port,
                "health": "/health",
                "mode": self.mode,
                "root": self.root.path(),
                "env": {"COLOUR": "green"},
            },
        })
    }

    fn artifact(&self, condition: Condition) -> BTreeMap<String, Vec<u8>> {
        let marker = match condition {
            Condition::Well => ("VERSION", "1.0"),
            Condition::Slow => ("slow", "0.4"),
            // Dies at its start: what is sick for long is waited for as long.
            Condition::Sick => ("service.py", "raise SystemExit('no such luck')"),
        };
        [("service.py", include_str!("service.py")), marker].map(|(path, text)| (path.to_owned(), text.into())).into()
    }

    fn observe(&self) -> Option<Running> {
        let running = || {
            let (_, body) = self.ask("/").ok()?;
            let release = body.split(' ').next()?.parse().ok()?;
            assert!(body.ends_with("green"), "the block's `env` reaches the service: {body:?}");
            let (status, _) = self.ask("/health").ok()?;
            Some(Running { release, is_healthy: status.contains(" 200 ") })
        };
        running()
    }

    fn is_changing(&self) -> bool {
        let kept = std::fs::read(self.root.path().join("conformance-local-one/keeper.json")).unwrap_or_default();
        let kept: Value = serde_json::from_slice(&kept).unwrap_or_default();
        !kept["candidate"].is_null()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let own = self.root.path().display().to_string();
        if std::thread::panicking() {
            let place = self.root.path().join("conformance-local-one");
            for file in ["keeper.json", "keeper.log", "service.log"] {
                eprintln!("--- {file}\n{}", std::fs::read_to_string(place.join(file)).unwrap_or_default());
            }
        }
        // A keeper ends its service with it.
        kill_all(Signal::TERM, |process| process.line.contains(&own));
        until("the keeper's end", || {
            (kill_all(Signal::CONT, |process| process.line.contains(&own) || process.environment.contains(&own)) == 0).then_some(())
        });
    }
}
