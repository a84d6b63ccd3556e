use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use protocol::{ArtifactInput, Outcome};
use tempfile::TempDir;

use crate::machine::{Machine, eventually, job, mentioning, signal};

/// Debian's own Python, without what only people at a prompt need: a quick start keeps the figures about us.
const PYTHON_SERVICE: &str = "/usr/bin/python3 -SE service.py";

/// A machine with one service on it, deployed by hand.
struct Place {
    folder: TempDir,
    port: u16,
    mode: &'static str,
}

impl Place {
    fn new(mode: &'static str) -> Self {
        Self { folder: TempDir::new().expect("temp"), port: crate::port::free(), mode }
    }

    fn service(&self) -> PathBuf {
        self.folder.path().join("apps/shop")
    }

    /// An artifact: the service with extra files, by name and content.
    fn artifact(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).expect("folder");
        std::fs::write(folder.join("service.py"), include_str!("service.py")).expect("written");
        std::fs::write(folder.join("name"), name).expect("written");
        for (file, content) in files {
            std::fs::write(folder.join(file), content).expect("written");
        }
        folder
    }

    fn run(&self, verb: &str, release: u64, more: &[&str]) -> Output {
        self.command(verb, release, more).output().expect("the tool runs")
    }

    fn command(&self, verb: &str, release: u64, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate-runner"));
        command
            .args(["in-place", verb, "--root"])
            .arg(self.folder.path().join("apps"))
            .args(["--name", "shop", "--health", "/health", "--mode", self.mode])
            .args(if more.contains(&"--command") { [].as_slice() } else { ["--command", PYTHON_SERVICE].as_slice() })
            .args(["--port", &self.port.to_string(), "--release", &release.to_string()])
            .args(more);
        command
    }

    #[track_caller]
    fn succeed(&self, verb: &str, release: u64, more: &[&str]) -> String {
        let output = self.run(verb, release, more);
        assert!(output.status.success(), "{verb} of {release}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[track_caller]
    fn fail(&self, verb: &str, release: u64, more: &[&str]) -> (Option<i32>, String) {
        let output = self.run(verb, release, more);
        assert!(!output.status.success(), "{verb} of {release} should have failed: {}", String::from_utf8_lossy(&output.stdout));
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    #[track_caller]
    fn deploy(&self, release: u64, files: &[(&str, &str)]) {
        let artifact = self.artifact(&format!("artifact-{release}"), files);
        let artifact = artifact.to_str().expect("text");
        self.succeed("prepare", release, &["--artifact", artifact]);
        self.succeed("shift", release, &["--artifact", artifact]);
    }

    fn ask(&self) -> Result<String, std::io::Error> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.contains(" 200 ") => Ok(body.to_owned()),
            _ => Err(std::io::Error::other(format!("answered {answer:?}"))),
        }
    }

    #[track_caller]
    fn serving(&self) -> (String, u32) {
        let answer = self.ask().expect("it serves");
        let mut words = answer.split(' ').map(str::to_owned);
        (words.next().expect("release"), words.next().expect("pid").parse().expect("a pid"))
    }

    fn inspect(&self) -> serde_json::Value {
        serde_json::from_str(&self.succeed("inspect", 0, &[])).expect("JSON")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let keepers = mentioning(&self.folder.path().display().to_string());
        for pid in keepers {
            signal(pid, rustix::process::Signal::TERM);
        }
        let own = self.folder.path().display().to_string();
        eventually("the keeper's end", || mentioning(&own).is_empty().then_some(()));
        if std::thread::panicking() {
            eprintln!("--- keeper\n{}", std::fs::read_to_string(self.service().join("keeper.log")).unwrap_or_default());
            eprintln!("--- service\n{}", std::fs::read_to_string(self.service().join("service.log")).unwrap_or_default());
        }
    }
}

/// What a client saw that asked every 5 ms.
#[derive(Debug, Default)]
struct Seen {
    requests: u32,
    failures: Vec<String>,
    /// The longest time without a good answer.
    gap: Duration,
}

#[expect(clippy::disallowed_methods, reason = "the figures are about real time, as a client sees it")]
fn watched(place: &Place, work: impl FnOnce()) -> Seen {
    let done = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut seen = Seen::default();
            let mut last_good = Instant::now();
            while !done.load(Ordering::Relaxed) {
                seen.requests += 1;
                match place.ask() {
                    Ok(_) => {
                        seen.gap = seen.gap.max(last_good.elapsed());
                        last_good = Instant::now();
                    }
                    Err(error) => seen.failures.push(error.to_string()),
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            seen
        });
        work();
        done.store(true, Ordering::Relaxed);
        client.join().expect("the client")
    })
}

#[test]
fn a_handover_fails_no_request_though_the_new_release_starts_slowly() {
    let place = Place::new("handover");
    place.deploy(1, &[]);
    assert_eq!(place.serving().0, "1");
    let seen = watched(&place, || {
        for release in 2..=4 {
            place.deploy(release, &[("slow", "0.5")]);
            assert_eq!(place.serving().0, release.to_string());
        }
    });
    assert!(seen.requests > 100, "{seen:?}");
    assert_eq!(seen.failures, Vec::<String>::new(), "{seen:?}");
    eprintln!("handover: {} requests, no failure, longest gap {:?}", seen.requests, seen.gap);
}

#[test]
fn a_restart_is_at_most_a_second_of_downtime() {
    let place = Place::new("restart");
    place.deploy(1, &[]);
    let seen = watched(&place, || {
        place.deploy(2, &[]);
        assert_eq!(place.serving().0, "2");
    });
    assert!(seen.gap < Duration::from_secs(1), "{seen:?}");
    eprintln!("restart: {} requests, {} failures, longest gap {:?}", seen.requests, seen.failures.len(), seen.gap);
}

#[test]
fn a_release_that_never_becomes_healthy_leaves_the_old_one_serving() {
    for mode in ["handover", "restart"] {
        let place = Place::new(mode);
        place.deploy(1, &[]);
        let before = place.serving();
        let sick = place.artifact("sick", &[("sick", "")]);
        let (_, error) = place.fail("shift", 2, &["--artifact", sick.to_str().expect("text"), "--timeout-seconds", "4"]);
        assert!(error.contains("release 2 does not serve: /health answered") && error.contains("500"), "{error}");
        assert!(error.contains("serving 2"), "the end of the service's log is shown: {error}");
        eventually("the old release", || place.ask().ok());
        assert_eq!(place.serving().0, "1");
        assert_eq!(mode == "handover", place.serving() == before, "in a handover it is even the same process");
        assert_eq!(place.inspect()["release"], 1);
        assert!(std::fs::read_link(place.service().join("current")).expect("link").display().to_string().contains("releases/1-"));
        let broken = place.artifact("broken", &[("service.py", "raise SystemExit('no such luck')")]);
        let (_, error) = place.fail("shift", 3, &["--artifact", broken.to_str().expect("text")]);
        assert!(error.contains("it ended before it answered: exit code 1") && error.contains("no such luck"), "{error}");
        eventually("the old release", || place.ask().ok());
        assert_eq!(place.serving().0, "1");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "an instant rollback is a figure about real time")]
fn a_rollback_is_a_flip_back_and_needs_no_artifact() {
    let place = Place::new("handover");
    place.deploy(1, &[]);
    place.deploy(2, &[]);
    let begun = Instant::now();
    let seen = watched(&place, || drop(place.succeed("rollback", 1, &[])));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!((place.serving().0.as_str(), seen.failures), ("1", Vec::new()));
    let (_, error) = place.fail("rollback", 9, &[]);
    assert!(error.contains("--artifact is missing"), "{error}");
}

#[test]
fn a_service_that_is_killed_comes_back_by_itself() {
    let place = Place::new("handover");
    place.deploy(1, &[]);
    let (_, pid) = place.serving();
    signal(pid, rustix::process::Signal::KILL);
    // The keeper holds the socket: a client waits instead of failing.
    let (release, again) = place.serving();
    assert_eq!(release, "1");
    assert_ne!(pid, again);
    assert_eq!(place.inspect()["restarts"], 1);
}

/// Kills the keeper, and only it.
fn kill_keeper(place: &Place) {
    for pid in mentioning(&place.folder.path().display().to_string()) {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains("\0supervise\0") {
            signal(pid, rustix::process::Signal::KILL);
        }
    }
}

#[test]
fn a_keeper_that_is_killed_in_the_middle_of_a_switch_leaves_the_old_release_and_nothing_half() {
    for mode in ["handover", "restart"] {
        let place = Place::new(mode);
        place.deploy(1, &[]);
        let slow = place.artifact("slow", &[("slow", "60")]);
        std::thread::scope(|scope| {
            let switch = scope.spawn(|| place.run("shift", 2, &["--artifact", slow.to_str().expect("text")]));
            eventually("the candidate", || {
                let kept = std::fs::read_to_string(place.service().join("keeper.json")).ok()?;
                let kept: serde_json::Value = serde_json::from_str(&kept).ok()?;
                kept["candidate"].is_object().then_some(())
            });
            kill_keeper(&place);
            assert!(!switch.join().expect("the tool ends").status.success(), "{mode}");
        });
        assert_eq!(place.inspect()["in_progress"], true, "{mode}: nobody has looked after it yet");
        // As the host of a runner does it after a while.
        let mut next = Command::new(env!("CARGO_BIN_EXE_tidegate-runner"))
            .args(["in-place", "supervise", "--name", "shop", "--root"])
            .arg(place.folder.path().join("apps"))
            .spawn()
            .expect("the next keeper starts");
        eventually("the next keeper has looked after it", || (place.inspect()["in_progress"] == false).then_some(()));
        eventually("the old release", || place.ask().ok());
        assert_eq!((place.serving().0.as_str(), &place.inspect()["release"]), ("1", &1.into()), "{mode}");
        let own = place.folder.path().display().to_string();
        let services = mentioning(&own).into_iter().filter(|pid| {
            std::fs::read(format!("/proc/{pid}/environ")).is_ok_and(|all| String::from_utf8_lossy(&all).contains("TIDEGATE_RELEASE=2"))
        });
        assert_eq!(services.collect::<Vec<_>>(), Vec::<u32>::new(), "{mode}: the candidate is gone");
        signal(next.id(), rustix::process::Signal::TERM);
        assert!(next.wait().expect("reaped").success(), "{mode}");
    }
}

#[test]
fn a_switch_goes_on_when_its_tool_is_killed_and_is_in_progress_until_it_is_over() {
    for mode in ["restart", "handover"] {
        let place = Place::new(mode);
        place.deploy(1, &[("stubborn", "2")]);
        let next = place.artifact("next", &[]);
        let mut tool = place.command("shift", 2, &["--artifact", next.to_str().expect("text")]).spawn().expect("the tool runs");
        eventually("the switch begins", || {
            let kept = std::fs::read(place.service().join("keeper.json")).ok()?;
            let kept: serde_json::Value = serde_json::from_slice(&kept).ok()?;
            (kept["is_changing"] == true).then_some(())
        });
        tool.kill().expect("killed");
        tool.wait().expect("reaped");
        // The old one takes its time to end: whoever looks now must not take it for what will stay.
        assert_eq!(place.inspect()["in_progress"], true, "{mode}");
        let after = eventually("the end of the switch", || Some(place.inspect()).filter(|found| found["in_progress"] == false));
        assert_eq!((&after["release"], place.serving().0.as_str()), (&2.into(), "2"), "{mode}: {after}");
    }
}

#[test]
fn a_service_that_was_destroyed_can_be_deployed_again_at_once() {
    let place = Place::new("handover");
    for release in 1..=5 {
        place.deploy(release, &[]);
        assert_eq!(place.serving().0, release.to_string());
        place.succeed("destroy", release, &[]);
    }
}

#[test]
fn a_verb_that_was_killed_after_its_switch_leaves_no_gap_in_the_history() {
    let place = Place::new("restart");
    place.deploy(1, &[]);
    let state = place.service().join("state.json");
    let before = std::fs::read(&state).expect("the history of the first");
    place.deploy(2, &[]);
    // As it stands when the tool dies between the keeper's answer and its own last write.
    std::fs::write(&state, before).expect("written");
    place.deploy(3, &[]);
    place.succeed("finish", 3, &["--keep", "3"]);
    place.succeed("rollback", 2, &[]);
    assert_eq!(place.serving().0, "2");
}

#[test]
fn a4_an_older_fence_is_refused_for_every_verb_that_changes_something() {
    let place = Place::new("handover");
    let artifact = place.artifact("a", &[]);
    let artifact = artifact.to_str().expect("text");
    place.succeed("shift", 1, &["--artifact", artifact, "--fence", "7"]);
    for verb in ["prepare", "shift", "rollback", "finish", "destroy"] {
        let (code, error) = place.fail(verb, 2, &["--artifact", artifact, "--fence", "6"]);
        assert_eq!(code, Some(2));
        assert!(error.contains("the fence 6 is older than 7"), "{verb}: {error}");
    }
    assert_eq!(place.serving().0, "1");
    place.succeed("shift", 2, &["--artifact", artifact, "--fence", "8"]);
    place.succeed("destroy", 2, &["--fence", "8"]);
    assert_eq!(place.inspect()["health"], "stopped");
    let (code, _) = place.fail("shift", 1, &["--artifact", artifact, "--fence", "7"]);
    assert_eq!(code, Some(2), "the fence outlives what it guarded");
}

#[test]
fn verbs_may_be_repeated_and_a_share_of_one_instance_is_refused() {
    let place = Place::new("handover");
    place.deploy(1, &[]);
    let before = place.serving();
    place.deploy(1, &[]);
    assert_eq!(place.serving(), before, "the same again changes nothing");
    let (code, error) = place.fail("shift", 2, &["--percent", "10"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("10 % of it cannot be shifted"), "{error}");
    assert!(place.succeed("health", 1, &[]).starts_with("healthy: release 1 (1-"));
    let inspected = place.inspect();
    assert_eq!((&inspected["release"], &inspected["health"], &inspected["in_progress"]), (&1.into(), &"healthy".into(), &false.into()));
}

#[test]
fn finish_keeps_the_last_releases_and_the_one_that_serves() {
    let place = Place::new("restart");
    for release in 1..=4 {
        place.deploy(release, &[]);
    }
    place.succeed("rollback", 1, &[]);
    place.succeed("finish", 1, &["--keep", "2"]);
    let mut left: Vec<_> = std::fs::read_dir(place.service().join("releases"))
        .expect("folder")
        .map(|entry| entry.expect("entry").file_name().into_string().expect("text"))
        .collect();
    left.sort();
    let numbers: Vec<_> = left.iter().map(|name| name.split('-').next().expect("number")).collect();
    assert_eq!(numbers, ["1", "4"], "{left:?}");
}

#[test]
fn archives_single_programs_and_environment_arrive_at_the_service() {
    let place = Place::new("restart");
    let source = place.artifact("source", &[("VERSION", "v1.2.3\n")]);
    let archive = place.folder.path().join("app.tgz");
    let packed = Command::new("tar").arg("czf").arg(&archive).arg("-C").arg(&source).arg(".").status().expect("tar");
    assert!(packed.success());
    place.succeed("shift", 1, &["--artifact", archive.to_str().expect("text"), "--env", "COLOUR=green"]);
    assert!(place.ask().expect("serves").ends_with("green"));
    assert_eq!(place.inspect()["version"], "v1.2.3");
    let program = place.folder.path().join("program");
    std::fs::write(&program, format!("#!/usr/bin/python3\n{}", include_str!("service.py"))).expect("written");
    place.succeed("shift", 2, &["--artifact", program.to_str().expect("text"), "--command", ""]);
    assert_eq!(place.serving().0, "2");
}

/// A job that deploys, as the block does it.
fn deployment(machine: &Machine, place: &Place, attempt: &str) -> protocol::Job {
    let tool = format!(
        "\"$TIDEGATE_BIN\" in-place shift --root {} --name shop --artifact \"$TIDEGATE_ARTIFACTS/app\" --command '{PYTHON_SERVICE}' --port {} --health /health --mode handover",
        place.folder.path().join("apps").display(),
        place.port
    );
    let mut wanted = job(attempt, &[&tool]);
    wanted.target = Some("local/a".to_owned());
    let mut packed = tar::Builder::new(Vec::new());
    packed.append_path_with_name(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agent/service.py"), "service.py").expect("packed");
    let packed = packed.into_inner().expect("packed");
    let (digest, size_bytes) = (machine.server.store(&packed), packed.len() as u64);
    wanted.artifacts_in =
        vec![ArtifactInput { name: "app".to_owned(), digest, size_bytes, path: "app".to_owned(), is_folder: true, mode: 0o755 }];
    wanted
}

#[test]
fn a_service_outlives_its_deployment_the_agent_and_its_keeper() {
    let place = Place::new("handover");
    let mut machine = Machine::without_agent(&[]);
    machine.start_agent();
    let attempt = machine.server.queue(deployment(&machine, &place, "p.7.deploy.1"));
    let report = machine.server.report_of(&attempt);
    assert_eq!(report.outcome, Outcome::Succeeded, "{}", machine.server.log_of(&attempt));
    machine.wait_until_forgotten(&attempt);
    let before = place.serving();
    assert_eq!(before.0, "7", "it outlives its deployment");
    machine.kill_agent();
    assert_eq!(place.serving(), before, "it outlives the agent");
    kill_keeper(&place);
    machine.start_agent();
    eventually("a new keeper", || {
        let known =
            mentioning("\0supervise\0").into_iter().any(|pid| mentioning(&place.folder.path().display().to_string()).contains(&pid));
        known.then_some(())
    });
    assert_eq!(place.serving(), before, "it outlives its keeper, and the next keeper finds it");
    let attempt = machine.server.queue(deployment(&machine, &place, "p.7.deploy.2"));
    let seen = watched(&place, || {
        assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::Succeeded, "{}", machine.server.log_of(&attempt))
    });
    assert_eq!(seen.failures, Vec::<String>::new());
    assert_eq!(place.serving().0, "7");
}

#[test]
fn a_job_without_a_target_cannot_leave_a_service_behind() {
    let place = Place::new("handover");
    let machine = Machine::start(&[]);
    let mut wanted = deployment(&machine, &place, "p.7.build.1");
    wanted.target = None;
    let attempt = machine.server.queue(wanted);
    assert!(matches!(machine.server.report_of(&attempt).outcome, Outcome::Failed { .. } | Outcome::Succeeded));
    machine.wait_until_forgotten(&attempt);
    assert!(place.ask().is_err(), "what it started ended with it");
}
