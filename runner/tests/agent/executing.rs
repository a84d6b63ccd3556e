use protocol::Outcome;

use crate::machine::{Machine, job, step};

#[test]
fn a_job_runs_its_steps_in_order_and_everything_is_delivered() {
    let machine = Machine::start(&[]);
    let mut wanted = job("p.7.build/package.1", &["echo one >&2; echo two", "echo \"$FROM_JOB $FROM_STEP $TIDEGATE_RELEASE\"; pwd"]);
    wanted.steps[1].env.insert("FROM_STEP".to_owned(), "step".to_owned());
    let attempt = machine.server.queue(wanted);
    let report = machine.server.report_of(&attempt);
    let log = machine.server.log_of(&attempt);
    assert_eq!(report.outcome, Outcome::Succeeded, "{log}");
    let workspace = machine.workdir().join("work/p.7.build+package.1/workspace");
    let steady = log.lines().map(|line| line.split(" after ").next().expect("first")).collect::<Vec<_>>().join("\n");
    assert_eq!(
        steady,
        format!(
            "--- step 1 of 2: step-0\none\ntwo\n--- exit code 0\n--- step 2 of 2: step-1\njob step 7\n{}\n--- exit code 0",
            workspace.display()
        )
    );
    assert_eq!(report.steps.iter().map(|step| (step.index, step.exit_code)).collect::<Vec<_>>(), [(0, Some(0)), (1, Some(0))]);
    let offset = usize::try_from(report.steps[1].log_offset).expect("small");
    assert!(log[offset..].starts_with("--- step 2 of 2"), "{}", &log[offset..]);
    machine.wait_until_forgotten(&attempt);
}

#[test]
fn a_failing_step_ends_the_job_and_finally_steps_run_all_the_same() {
    let machine = Machine::start(&[]);
    let mut wanted = job("p.7.build.1", &["exit 3", "echo never"]);
    wanted.finally = vec![step("clean", "echo cleaned"), step("worse", "exit 9")];
    let attempt = machine.server.queue(wanted);
    let report = machine.server.report_of(&attempt);
    assert_eq!(report.outcome, Outcome::Failed { exit_code: 3, step: "step-0".to_owned() });
    let log = machine.server.log_of(&attempt);
    assert!(log.contains("cleaned") && !log.contains("never"), "{log}");
    assert_eq!(
        report.steps.iter().map(|step| (step.index, step.exit_code)).collect::<Vec<_>>(),
        [(0, Some(3)), (2, Some(0)), (3, Some(9))]
    );
}
