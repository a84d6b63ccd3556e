use protocol::Outcome;

use crate::machine::{Machine, eventually, job, mentioning, signal};
use crate::server::Fault;

/// A job that says `ready`, waits until its file `go` appears in the machine's folder, and says `went on`.
fn waiting(machine: &Machine, attempt: &str) -> protocol::Job {
    let mut wanted =
        job(attempt, &["echo ready; until test -e $GO; do sleep 0.02; done; echo went on; echo answer=42 >> $TIDEGATE_OUTPUT"]);
    wanted.env.insert("GO".to_owned(), machine.folder.path().join("go").display().to_string());
    wanted
}

fn go(machine: &Machine) {
    std::fs::write(machine.folder.path().join("go"), "").expect("written");
}

fn went_on(machine: &Machine, attempt: &protocol::AttemptId) {
    let report = machine.server.report_of(attempt);
    let log = machine.server.log_of(attempt);
    assert_eq!(report.outcome, Outcome::Succeeded, "{log}");
    assert_eq!(report.outputs["answer"], "42");
    assert_eq!(log.matches("ready").count(), 1, "it ran once: {log}");
    assert!(log.contains("went on"), "{log}");
    machine.wait_until_forgotten(attempt);
    assert_eq!(machine.server.world.lock().attempts[attempt].reports.len(), 1);
}

#[test]
fn a_job_goes_on_when_its_agent_is_killed_and_the_next_agent_delivers() {
    let mut machine = Machine::without_agent(&[]);
    machine.start_agent();
    let attempt = machine.server.queue(waiting(&machine, "p.7.build.1"));
    machine.server.wait_for_log(&attempt, "ready");
    machine.kill_agent();
    machine.start_agent();
    go(&machine);
    went_on(&machine, &attempt);
    assert_eq!(machine.server.world.lock().registered.len(), 1, "a second start uses the identity of the first");
}

#[test]
fn a_result_of_a_time_without_agent_and_server_is_delivered_later() {
    let mut machine = Machine::without_agent(&[]);
    machine.start_agent();
    let mut wanted = waiting(&machine, "p.7.deploy.1");
    wanted.target = Some("local/a".to_owned());
    let attempt = machine.server.queue(wanted);
    machine.server.wait_for_log(&attempt, "ready");
    machine.server.go_away();
    machine.kill_agent();
    go(&machine);
    let result = machine.attempt_folder(&attempt).join("result.json");
    eventually("the result on the disk", || result.exists().then_some(()));
    machine.start_agent();
    machine.server.come_back();
    went_on(&machine, &attempt);
}

#[test]
fn a_restart_of_the_server_in_the_middle_of_a_job_changes_nothing() {
    let mut machine = Machine::start(&[]);
    let attempt = machine.server.queue(waiting(&machine, "p.7.build.1"));
    machine.server.wait_for_log(&attempt, "ready");
    machine.server.go_away();
    go(&machine);
    let result = machine.attempt_folder(&attempt).join("result.json");
    eventually("the result on the disk", || result.exists().then_some(()));
    machine.server.come_back();
    went_on(&machine, &attempt);
}

#[test]
fn r3_a_build_stops_when_its_lease_ran_out_and_a_deployment_goes_on() {
    let mut machine = Machine::without_agent(&["--slots", "2"]);
    machine.server.world.lock().lease_ms = 900;
    machine.start_agent();
    let build = machine.server.queue(waiting(&machine, "p.7.build.1"));
    let mut deploy = waiting(&machine, "p.7.deploy.1");
    deploy.target = Some("local/a".to_owned());
    let deploy = machine.server.queue(deploy);
    machine.server.wait_for_log(&build, "ready");
    machine.server.wait_for_log(&deploy, "ready");
    machine.server.go_away();
    let result = machine.attempt_folder(&build).join("result.json");
    eventually("the end of the build", || result.exists().then_some(()));
    assert!(!machine.attempt_folder(&deploy).join("result.json").exists(), "the deployment goes on");
    go(&machine);
    machine.server.come_back();
    went_on(&machine, &deploy);
    let outcome = machine.server.report_of(&build).outcome;
    assert!(matches!(&outcome, Outcome::Cancelled { reason } if reason.contains("lease ran out")), "{outcome:?}");
}

#[test]
fn r3_the_lease_of_a_build_ends_also_without_an_agent() {
    let mut machine = Machine::without_agent(&[]);
    machine.server.world.lock().lease_ms = 900;
    machine.start_agent();
    let build = machine.server.queue(waiting(&machine, "p.7.build.1"));
    machine.server.wait_for_log(&build, "ready");
    machine.kill_agent();
    let result = machine.attempt_folder(&build).join("result.json");
    eventually("the end of the build", || result.exists().then_some(()));
}

fn supervisor_killed(isolation: &str, mark: &str) {
    let mut machine = Machine::without_agent(&["--isolation", isolation]);
    machine.start_agent();
    let attempt =
        machine.server.queue(job("p.7.build.1", &[&format!("setsid bash -c 'exec -a {mark} sleep 300' & echo ready; sleep 300")]));
    machine.server.wait_for_log(&attempt, "ready");
    eventually("the job's process", || (!mentioning(mark).is_empty()).then_some(()));
    machine.kill_agent();
    for process in mentioning(&machine.workdir().display().to_string()) {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains("\0attempt\0") {
            signal(process, rustix::process::Signal::KILL);
        }
    }
    machine.start_agent();
    assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::RunnerRestarted);
    eventually("the end of the job's processes", || mentioning(mark).is_empty().then_some(()));
    assert!(machine.server.log_of(&attempt).contains("ready"), "what was logged is kept");
    machine.wait_until_forgotten(&attempt);
}

#[test]
fn a_killed_supervisor_takes_its_job_along_and_says_so() {
    supervisor_killed("auto", "tg-orphan-ns");
}

#[test]
fn a_killed_supervisor_without_namespace_is_swept_and_says_so() {
    supervisor_killed("process-tree", "tg-orphan-tree");
}

#[test]
fn faults_of_every_kind_delay_a_result_and_lose_nothing() {
    let machine = Machine::without_agent(&[]);
    for word in ["register", "lease", "log", "heartbeat", "artifacts", "complete"] {
        machine.server.fault(word, Fault::Status(500, "broken"));
        machine.server.fault(word, Fault::RetryAfter(429, 0));
        machine.server.fault(word, Fault::Status(502, "<html>bad gateway</html>"));
    }
    for word in ["lease", "log", "heartbeat"] {
        machine.server.fault(word, Fault::Status(200, "<html>sign in to this network</html>"));
    }
    for word in ["log", "artifacts", "complete"] {
        machine.server.fault(word, Fault::Status(409, "a proxy's idea of a conflict"));
        machine.server.fault(word, Fault::AnswerLost);
    }
    let mut machine = machine;
    machine.start_agent();
    // More than may come along with the report.
    let mut wanted = job("p.7.build.1", &["echo hello; seq 3000; echo content > app"]);
    wanted.artifacts_out = vec![protocol::ArtifactOutput { name: "app".to_owned(), path: "app".to_owned() }];
    let attempt = machine.server.queue(wanted);
    machine.wait_until_done(&attempt);
    let world = machine.server.world.lock();
    let known = &world.attempts[&attempt];
    assert_eq!(known.report().outcome, Outcome::Succeeded);
    assert_eq!(known.log_text().matches("hello").count(), 1, "{}", known.log_text());
    assert_eq!(known.artifacts["app"].bytes, b"content\n");
    assert!(known.reports.windows(2).all(|pair| pair[0] == pair[1]), "a repeated report says the same");
    assert!(world.faults.iter().all(|(word, left)| left.is_empty() || *word == "heartbeat"), "{:?}", world.faults);
}

#[test]
fn a_lease_of_a_lost_answer_is_given_again_and_a_rubbish_one_is_not_started() {
    let mut machine = Machine::without_agent(&[]);
    machine.server.fault("lease", Fault::AnswerLost);
    machine.server.fault("lease", Fault::Status(200, r#"{"leases":[{"fences":{}}],"stop":[]}"#));
    machine.server.fault("lease", Fault::Status(200, r#"{"leases":"none"}"#));
    let lost = machine.server.queue(job("p.7.lost.1", &["echo once"]));
    machine.start_agent();
    assert_eq!(machine.server.report_of(&lost).outcome, Outcome::Succeeded);
    assert_eq!(machine.server.log_of(&lost).matches("once").count(), 1);
}

#[test]
fn ie11_a_draining_runner_takes_nothing_new_and_finishes_what_it_has() {
    let mut machine = Machine::start(&["--slots", "2"]);
    let attempt = machine.server.queue(waiting(&machine, "p.7.build.1"));
    machine.server.wait_for_log(&attempt, "ready");
    let (path, log) = (machine.folder.path().join("go"), machine.folder.path().join("agent.log"));
    let opener = std::thread::spawn(move || {
        let drains = || std::fs::read_to_string(&log).expect("log").contains("waiting for what runs").then_some(());
        eventually("the drain", drains);
        std::fs::write(path, "").expect("written");
    });
    assert!(machine.stop_agent(), "{}", machine.agent_log());
    opener.join().expect("joined");
    assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::Succeeded);
    let later = machine.server.queue(job("p.7.later.1", &["true"]));
    machine.start_agent();
    assert_eq!(machine.server.report_of(&later).outcome, Outcome::Succeeded);
}

#[test]
fn ie11_a_runner_that_may_not_wait_hands_its_jobs_to_the_next_start() {
    let mut machine = Machine::start(&["--drain-seconds", "0"]);
    let attempt = machine.server.queue(waiting(&machine, "p.7.build.1"));
    machine.server.wait_for_log(&attempt, "ready");
    assert!(machine.stop_agent(), "{}", machine.agent_log());
    machine.start_agent();
    go(&machine);
    went_on(&machine, &attempt);
}

#[test]
fn a_second_runner_in_the_same_folder_is_refused_and_a_revoked_one_says_what_to_do() {
    let mut machine = Machine::start(&[]);
    machine.server.world.wait_for("the registration", |world| world.registered.first().map(|_| ()));
    let first = machine.take_agent();
    machine.start_agent();
    assert!(!machine.wait_for_agent(), "{}", machine.agent_log());
    assert!(machine.agent_log().contains("another runner already works in"), "{}", machine.agent_log());
    machine.put_agent(first);
    machine.server.fault("lease", Fault::Status(401, "revoked"));
    assert!(!machine.wait_for_agent());
    assert!(machine.agent_log().contains("register it anew"), "{}", machine.agent_log());
}

#[test]
fn a_job_whose_supervisor_cannot_start_says_why() {
    let mut machine = Machine::without_agent(&[]);
    let program = machine.folder.path().join("tidegate-runner");
    std::fs::copy(&machine.program, &program).expect("copied");
    machine.program = program.clone();
    machine.start_agent();
    machine.server.world.wait_for("the registration", |world| world.registered.first().map(|_| ()));
    let broken = machine.folder.path().join("broken");
    std::fs::write(&broken, "#!/bin/sh\necho no namespace is left >&2\nexit 1\n").expect("written");
    std::fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("mode");
    std::fs::rename(&broken, &program).expect("renamed");
    let attempt = machine.server.queue(job("p.7.build.1", &["true"]));
    let detail = "the job could not be started on this runner: no namespace is left".to_owned();
    assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::Error { detail });
    assert!(machine.server.log_of(&attempt).contains("no namespace is left"));
}

#[test]
fn r13_a_full_runner_still_takes_a_rollback_and_nothing_else() {
    let machine = Machine::start(&["--slots", "1"]);
    let long = machine.server.queue(waiting(&machine, "p.7.build.1"));
    machine.server.wait_for_log(&long, "ready");
    let ordinary = machine.server.queue(job("p.8.build.1", &["true"]));
    let mut rollback = job("p.8.rollback.1", &["true"]);
    rollback.key = "prod/rollback".to_owned();
    let rollback = machine.server.queue(rollback);
    assert_eq!(machine.server.report_of(&rollback).outcome, Outcome::Succeeded);
    assert!(!machine.server.world.lock().attempts.contains_key(&ordinary), "the reserved slot is not for builds");
    go(&machine);
    went_on(&machine, &long);
    assert_eq!(machine.server.report_of(&ordinary).outcome, Outcome::Succeeded);
}

#[test]
fn an_agent_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    const JOBS: usize = 24;
    let mut machine = Machine::without_agent(&["--slots", "4"]);
    let ran = machine.folder.path().join("ran");
    let attempts: Vec<_> = (0..JOBS)
        .map(|number| {
            let mut wanted = job(&format!("p.{number}.build.1"), &["echo $TIDEGATE_ATTEMPT >> $RAN; sleep 0.05; echo done"]);
            wanted.env.insert("RAN".to_owned(), ran.display().to_string());
            wanted.target = (number % 2 == 0).then(|| format!("local/{number}"));
            machine.server.queue(wanted)
        })
        .collect();
    // Each time at another point of the work: after so many more results, or right after the start.
    for kill in 0..10 {
        machine.start_agent();
        let wanted = kill * 2;
        machine.server.world.wait_for("some results", |world| {
            let reported = world.attempts.values().filter(|attempt| !attempt.reports.is_empty()).count();
            (reported >= wanted).then_some(())
        });
        machine.kill_agent();
    }
    machine.start_agent();
    for attempt in &attempts {
        assert_eq!(machine.server.report_of(attempt).outcome, Outcome::Succeeded, "{}", machine.server.log_of(attempt));
        machine.wait_until_forgotten(attempt);
    }
    let mut lines: Vec<_> = std::fs::read_to_string(&ran).expect("they ran").lines().map(str::to_owned).collect();
    lines.sort();
    let mut expected: Vec<_> = attempts.iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(lines, expected, "each job ran exactly once");
}

#[test]
fn an_agent_that_is_killed_while_it_joins_joins_as_the_same_runner() {
    let mut machine = Machine::without_agent(&[]);
    machine.server.fault("register", Fault::AnswerLost);
    machine.server.fault("register", Fault::RetryAfter(503, 30));
    machine.start_agent();
    // The token is used up, and nobody has heard who the runner is.
    machine.server.world.wait_for("the request to join", |world| (world.registered.len() == 1).then_some(()));
    machine.kill_agent();
    machine.server.world.lock().faults.clear();
    machine.start_agent();
    let attempt = machine.server.queue(job("p.7.build.1", &["echo hello"]));
    assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::Succeeded);
    let world = machine.server.world.lock();
    let hashes: std::collections::BTreeSet<_> = world.registered.iter().map(|request| request.token_hash.clone()).collect();
    assert!(world.registered.len() > 1 && hashes.len() == 1 && !hashes.contains(&None), "{hashes:?}");
    assert!(!machine.workdir().join("joining.json").exists(), "what was needed to join is gone");
}

#[test]
fn ia7_a_result_is_delivered_although_a_heartbeat_hears_that_the_attempt_has_ended() {
    let machine = Machine::start(&[]);
    let attempt = machine.server.queue(waiting(&machine, "p.7.build.1"));
    machine.server.wait_for_log(&attempt, "ready");
    // The server has taken the report and could not say so; what comes next is a heartbeat.
    machine.server.fault("complete", Fault::RetryAfter(503, 2));
    go(&machine);
    let result = machine.attempt_folder(&attempt).join("result.json");
    eventually("the result on the disk", || result.exists().then_some(()));
    for _ in 0..50 {
        machine.server.fault("heartbeat", Fault::Status(409, r#"{"code":"attempt_ended","detail":"the attempt has ended already"}"#));
    }
    went_on(&machine, &attempt);
    assert!(machine.server.world.lock().faults["heartbeat"].len() < 50, "no heartbeat came meanwhile, so nothing was proved");
}

#[test]
fn a_runner_takes_a_new_token_when_told_and_keeps_the_same_one_when_the_answer_is_lost() {
    let mut machine = Machine::without_agent(&[]);
    {
        let mut world = machine.server.world.lock();
        world.wants_new_token = true;
        world.faults.entry("token").or_default().push_back(Fault::AnswerLost);
    }
    machine.start_agent();
    // The server took the first offer and does not know that its answer was lost.
    machine.server.world.wait_for("the first offer", |world| {
        let taken = world.offered.len() == 1;
        if taken {
            world.wants_new_token = true;
        }
        taken.then_some(())
    });
    machine.server.world.wait_for("the second offer", |world| (world.offered.len() == 2).then_some(()));
    let next = machine.server.world.wait_for("the new token's use", |world| {
        let next = world.offered.last().cloned()?;
        (world.used_tokens.last() == Some(&next)).then_some(next)
    });
    assert_eq!(machine.server.world.lock().offered, [next.clone(), next.clone()], "the same one again");
    machine.kill_agent();
    machine.server.world.lock().used_tokens.clear();
    machine.start_agent();
    machine.server.world.wait_for("the restarted agent", |world| world.used_tokens.last().cloned());
    assert_eq!(machine.server.world.lock().used_tokens, [next], "what it has kept");
    assert!(!machine.workdir().join("renewing.json").exists());
}
