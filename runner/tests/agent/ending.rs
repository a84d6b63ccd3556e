use std::time::{Duration, Instant};

use protocol::{AttemptId, Outcome};

use crate::machine::{Machine, eventually, job, mentioning, step};

/// Starts processes that try to get away: in a session of their own, by a double fork, with an empty
/// environment, and deaf to SIGTERM. Each carries the marker in its command line.
const ESCAPE: &str = r#"
setsid bash -c "trap '' TERM; exec -a $MARK-session sleep 300" &
(setsid bash -c "(exec -a $MARK-double sleep 300 &)" &)
env -i setsid bash -c "trap '' TERM; (exec -a $MARK-bare sleep 300 &)" 
bash -c "trap '' TERM; exec -a $MARK-deaf sleep 300" &
"#;

fn escaping(machine: &Machine, attempt: &str, mark: &str, rest: &str) -> AttemptId {
    let mut wanted = job(attempt, &[&format!("{ESCAPE}\n{rest}")]);
    wanted.env.insert("MARK".to_owned(), mark.to_owned());
    wanted.on_failure = vec![step("tell", "echo told")];
    wanted.finally = vec![step("clean", "echo cleaned")];
    machine.server.queue(wanted)
}

fn all_escaped(mark: &str) {
    let kinds = ["session", "double", "bare", "deaf"];
    eventually("all escapees", || kinds.iter().all(|kind| !mentioning(&format!("{mark}-{kind}\0")).is_empty()).then_some(()));
}

fn none_left(mark: &str) -> Vec<u32> {
    ["session", "double", "bare", "deaf"].iter().flat_map(|kind| mentioning(&format!("{mark}-{kind}\0"))).collect()
}

#[expect(clippy::disallowed_methods, reason = "the figure CANCEL is about real time")]
fn cancelled_within_its_bound(isolation: &str, mark: &str) {
    let machine = Machine::start(&["--isolation", isolation]);
    let attempt = escaping(&machine, "p.7.build.1", mark, "echo ready; sleep 300");
    machine.server.wait_for_log(&attempt, "ready");
    all_escaped(mark);
    let asked = Instant::now();
    machine.server.stop(&attempt, 500);
    let gone = eventually("the tree's end", || none_left(mark).is_empty().then(|| asked.elapsed()));
    // One heartbeat (300 ms) to hear of it, the grace, and a second.
    assert!(gone < Duration::from_millis(300 + 500 + 1_000), "{gone:?}");
    let report = machine.server.report_of(&attempt);
    assert_eq!(report.outcome, Outcome::Cancelled { reason: "a person asked".to_owned() });
    let log = machine.server.log_of(&attempt);
    assert!(log.contains("cleaned") && !log.contains("told"), "the finally step ran, and a cancel is no failure: {log}");
    machine.wait_until_forgotten(&attempt);
}

#[test]
fn a7_cancel_ends_the_whole_tree_in_a_pid_namespace() {
    cancelled_within_its_bound("auto", "tg-cancel-ns");
}

#[test]
fn a7_cancel_ends_the_whole_tree_without_a_pid_namespace() {
    cancelled_within_its_bound("process-tree", "tg-cancel-tree");
}

#[test]
fn the_end_of_a_job_is_the_end_of_what_it_left_running() {
    for isolation in ["auto", "process-tree"] {
        let machine = Machine::start(&["--isolation", isolation]);
        let mark = format!("tg-left-{isolation}");
        let attempt = escaping(&machine, "p.7.build.1", &mark, "sleep 0.3");
        assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::Succeeded);
        assert_eq!(none_left(&mark), Vec::<u32>::new(), "{isolation}");
    }
}

#[test]
fn a7_a_polite_process_uses_its_grace() {
    let machine = Machine::start(&[]);
    let attempt = machine
        .server
        .queue(job("p.7.build.1", &["trap 'sleep 0.2; echo polite; exit 0' TERM; echo ready; while true; do sleep 0.05; done"]));
    machine.server.wait_for_log(&attempt, "ready");
    machine.server.stop(&attempt, 20_000);
    assert!(matches!(machine.server.report_of(&attempt).outcome, Outcome::Cancelled { .. }));
    assert!(machine.server.log_of(&attempt).contains("polite"));
}

#[test]
fn a_step_and_a_job_end_at_their_timeouts_and_the_steps_for_that_run() {
    let machine = Machine::start(&["--slots", "2"]);
    let mut of_step = job("p.7.step.1", &["echo ready; sleep 300"]);
    of_step.steps[0].timeout_ms = Some(300);
    of_step.grace_ms = 200;
    of_step.on_failure = vec![step("tell", "echo told")];
    of_step.finally = vec![step("clean", "echo cleaned")];
    let mut of_job = of_step.clone();
    of_job.attempt = "p.7.job.1".parse().expect("an id");
    of_job.steps[0].timeout_ms = None;
    of_job.timeout_ms = 400;
    let (of_step, of_job) = (machine.server.queue(of_step), machine.server.queue(of_job));
    assert_eq!(machine.server.report_of(&of_step).outcome, Outcome::TimedOut { step: "step-0".to_owned(), timeout_ms: 300 });
    assert_eq!(machine.server.report_of(&of_job).outcome, Outcome::TimedOut { step: "step-0".to_owned(), timeout_ms: 400 });
    for attempt in [of_step, of_job] {
        let log = machine.server.log_of(&attempt);
        assert!(log.find("told") < log.find("cleaned") && log.contains("told"), "{log}");
    }
}

#[test]
fn a_finally_step_that_never_ends_is_ended() {
    let machine = Machine::start(&[]);
    let mut wanted = job("p.7.build.1", &["true"]);
    wanted.finally = vec![step("hangs", "sleep 300"), step("after", "echo after")];
    wanted.finally[0].timeout_ms = Some(200);
    wanted.grace_ms = 100;
    let attempt = machine.server.queue(wanted);
    assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::TimedOut { step: "hangs".to_owned(), timeout_ms: 200 });
    assert!(machine.server.log_of(&attempt).contains("after\n"));
}

#[test]
fn a_step_that_a_signal_ended_says_which() {
    let machine = Machine::start(&[]);
    let attempt = machine.server.queue(job("p.7.build.1", &["kill -SEGV $$"]));
    assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::Signalled { signal: 11, step: "step-0".to_owned() });
}

#[test]
fn ia6_a_refused_copy_is_stopped_and_forgotten() {
    let machine = Machine::start(&[]);
    let mut wanted = job("p.7.deploy.1", &["echo ready; exec -a tg-refused sleep 300"]);
    wanted.target = Some("local/a".to_owned());
    let attempt = machine.server.queue(wanted);
    machine.server.wait_for_log(&attempt, "ready");
    machine.server.refuse(&attempt, "stale_fence");
    machine.wait_until_forgotten(&attempt);
    assert!(mentioning("tg-refused").is_empty());
    let world = machine.server.world.lock();
    assert!(world.attempts[&attempt].reports.is_empty(), "nothing is reported after a refusal");
    assert!(world.attempts[&attempt].refused_calls <= 2, "{} calls after a definitive answer", world.attempts[&attempt].refused_calls);
}
