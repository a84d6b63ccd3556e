use std::collections::BTreeSet;

use protocol::{Job, Outcome};

use crate::machine::{Machine, eventually, job, mentioning, secret};

/// Tells by which process 1 it was executed, after it looked for what others left behind; leaves something itself.
const LOOK: &str = r#"
echo "supervisor=$(readlink /proc/self/ns/pid) $(cut -d' ' -f22 /proc/1/stat)" >> "$TIDEGATE_OUTPUT"
echo "left=$(grep -lsz '^sleep$' /proc/[0-9]*/cmdline | wc -l)" >> "$TIDEGATE_OUTPUT"
setsid sleep 1000 &
"#;

fn machine() -> Machine {
    Machine::start(&["--slots", "1", "--isolation", "pid-namespace"])
}

fn looking(number: usize) -> Job {
    job(&format!("p.7.job-{number}.1"), &[LOOK])
}

/// Which supervisor executed it.
fn supervisor_of(machine: &Machine, job: Job) -> String {
    let attempt = machine.server.queue(job);
    let report = machine.server.report_of(&attempt);
    assert_eq!(report.outcome, Outcome::Succeeded, "{}", machine.server.log_of(&attempt));
    assert_eq!(report.outputs["left"], "0", "a process of an attempt before is still there");
    report.outputs["supervisor"].clone()
}

#[test]
fn short_jobs_of_one_release_share_supervisors_and_find_nothing_of_each_other() {
    const JOBS: usize = 12;
    let mut machine = machine();
    let seen: BTreeSet<_> = (0..JOBS).map(|number| supervisor_of(&machine, looking(number))).collect();
    assert!(seen.len() < JOBS, "each had a supervisor of its own: {seen:?}");
    let workdir = machine.workdir().display().to_string();
    machine.kill_agent();
    eventually("the end of the supervisor that waits", || mentioning(&workdir).is_empty().then_some(()));
}

#[test]
fn a_job_with_secrets_or_a_target_or_of_another_release_has_a_supervisor_to_itself() {
    let machine = machine();
    let mut seen = BTreeSet::new();
    let mut number = 0;
    for change in [
        |job: &mut Job| job.secrets.push(secret("PASSWORD", "sesame-open")),
        |job: &mut Job| job.target = Some("prod".to_owned()),
        |job: &mut Job| job.release = 8,
        |job: &mut Job| job.pipeline = "payments".to_owned(),
    ] {
        seen.insert(supervisor_of(&machine, looking(number)));
        let mut other = looking(number + 1);
        change(&mut other);
        assert!(seen.insert(supervisor_of(&machine, other.clone())), "{other:?} was executed by one that had served another");
        number += 2;
    }
}

#[test]
fn what_a_job_mounts_is_gone_with_its_supervisor() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let machine = machine();
    let mounting = format!("{LOOK}\nmkdir here; mount -t tmpfs none here; touch here/file");
    let first = supervisor_of(&machine, job("p.7.mounting.1", &[&mounting]));
    assert_ne!(supervisor_of(&machine, looking(1)), first);
    assert!(!machine.workdir().join("work/p.7.mounting.1").exists());
}

#[test]
fn a_cancelled_job_leaves_no_supervisor_for_another() {
    let machine = machine();
    let waiting = format!("{LOOK}\necho ready; sleep 1000");
    let attempt = machine.server.queue(job("p.7.waiting.1", &[&waiting]));
    machine.server.wait_for_log(&attempt, "ready");
    machine.server.stop(&attempt, 100);
    let report = machine.server.report_of(&attempt);
    assert!(matches!(report.outcome, Outcome::Cancelled { .. }), "{report:?}");
    assert_ne!(supervisor_of(&machine, looking(1)), report.outputs.get("supervisor").cloned().unwrap_or_default());
}
