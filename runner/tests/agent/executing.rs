use protocol::Outcome;

use crate::machine::{Machine, belongs_to, job, mentioning, secret, step};

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
fn a_failing_step_ends_the_job_and_what_follows_a_failure_and_finally_steps_run_all_the_same() {
    let machine = Machine::start(&[]);
    let mut wanted = job("p.7.build.1", &["exit 3", "echo never"]);
    wanted.on_failure = vec![step("tell", "echo told"), step("fails too", "exit 4")];
    wanted.finally = vec![step("clean", "echo cleaned"), step("worse", "exit 9")];
    let attempt = machine.server.queue(wanted);
    let report = machine.server.report_of(&attempt);
    assert_eq!(report.outcome, Outcome::Failed { exit_code: 3, step: "step-0".to_owned() });
    let log = machine.server.log_of(&attempt);
    assert!(log.contains("told") && log.contains("cleaned") && !log.contains("never"), "{log}");
    assert!(log.contains("--- step 3 of 6: tell"), "{log}");
    assert_eq!(
        report.steps.iter().map(|step| (step.index, step.exit_code)).collect::<Vec<_>>(),
        [(0, Some(3)), (2, Some(0)), (3, Some(4)), (4, Some(0)), (5, Some(9))]
    );
}

#[test]
fn steps_for_a_failure_do_not_run_when_there_is_none() {
    let machine = Machine::start(&[]);
    let mut wanted = job("p.7.build.1", &["echo well"]);
    wanted.on_failure = vec![step("tell", "echo told")];
    wanted.finally = vec![step("clean", "echo cleaned")];
    let attempt = machine.server.queue(wanted);
    let report = machine.server.report_of(&attempt);
    assert_eq!(report.outcome, Outcome::Succeeded);
    let log = machine.server.log_of(&attempt);
    assert!(log.contains("cleaned") && !log.contains("told"), "{log}");
    assert_eq!(report.steps.iter().map(|step| step.index).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn a_step_sees_the_documented_environment_and_nothing_of_the_runner() {
    let machine = Machine::start(&[]);
    let mut wanted = job("p.7.deploy.2", &["env | sort"]);
    wanted.target = Some("local/a".to_owned());
    wanted.secrets = vec![secret("API_KEY", "sesame-open-up")];
    let attempt = machine.server.queue(wanted);
    assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::Succeeded);
    let log = machine.server.log_of(&attempt);
    let known = ["API_KEY", "CI", "FROM_JOB", "HOME", "LANG", "PATH", "PWD", "SHLVL", "TMPDIR", "_"];
    let strange: Vec<_> = log
        .lines()
        .filter(|line| !line.starts_with("---"))
        .map(|line| line.split('=').next().expect("first"))
        .filter(|name| !known.contains(name) && !name.starts_with("TIDEGATE_"))
        .collect();
    assert!(strange.is_empty(), "{strange:?} in {log}");
    for line in [
        "TIDEGATE_ATTEMPT=p.7.deploy.2",
        "TIDEGATE_PIPELINE=orders",
        "TIDEGATE_TARGET=local/a",
        "TIDEGATE_FENCE=1",
        "CI=true",
        "API_KEY=***",
    ] {
        assert!(log.lines().any(|found| found == line), "{line} is missing in {log}");
    }
}

#[test]
fn a9_secrets_never_leave_the_runner_in_logs_outputs_or_summary() {
    let machine = Machine::start(&[]);
    let mut wanted = job(
        "p.7.build.1",
        &[
            "for part in ses ame -open -up; do printf %s \"$part\"; sleep 0.05; done; echo; printf %s \"$KEY\" | base64; printf %s \"$KEY\" | od -An -tx1 | tr -d ' \\n'; echo",
            "echo \"token=x-$KEY-y\" >> \"$TIDEGATE_OUTPUT\"; echo \"# $KEY\" >> \"$TIDEGATE_SUMMARY\"",
        ],
    );
    wanted.secrets = vec![secret("KEY", "sesame-open-up")];
    let attempt = machine.server.queue(wanted);
    let report = machine.server.report_of(&attempt);
    let log = machine.server.log_of(&attempt);
    let steady: Vec<_> = log.lines().filter(|line| !line.starts_with("---")).collect();
    assert_eq!(steady, ["***", "***", "***"], "{log}");
    assert_eq!(report.outputs, [("token".to_owned(), "x-***-y".to_owned())].into());
    assert_eq!(report.summary, "# ***\n");
}

#[test]
fn outputs_summary_and_files_of_a_step_work_and_bad_outputs_fail_it() {
    let machine = Machine::start(&[]);
    let mut wanted = job("p.7.build.1", &["scripts/say.sh", "echo two >> \"$TIDEGATE_SUMMARY\"; pwd"]);
    wanted.steps[0].files.insert(
        "scripts/say.sh".to_owned(),
        "#!/bin/sh\nprintf 'a=1\\nb<<E\\nx\\ny\\nE\\n' >> $TIDEGATE_OUTPUT\necho one >> $TIDEGATE_SUMMARY\n".to_owned(),
    );
    wanted.steps[1].working_directory = "scripts".to_owned();
    let good = machine.server.queue(wanted);
    let report = machine.server.report_of(&good);
    assert_eq!(report.outcome, Outcome::Succeeded, "{}", machine.server.log_of(&good));
    assert_eq!(report.outputs, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "x\ny".to_owned())].into());
    assert_eq!(report.summary, "one\ntwo\n");
    assert!(machine.server.log_of(&good).contains("/workspace/scripts\n"));

    let bad = machine.server.queue(job("p.7.build.2", &["echo rubbish >> \"$TIDEGATE_OUTPUT\""]));
    let detail = "the step \"step-0\": line 1 of $TIDEGATE_OUTPUT is neither `key=value` nor `key<<END`".to_owned();
    assert_eq!(machine.server.report_of(&bad).outcome, Outcome::Error { detail });
}

#[test]
fn what_cannot_be_executed_says_what_to_mend() {
    let machine = Machine::start(&["--slots", "4"]);
    let mut container = job("p.7.container.1", &["true"]);
    container.container = Some("rust:1.95".to_owned());
    let mut shell = job("p.7.shell.1", &["true"]);
    shell.steps[0].shell = vec!["no-such-shell".to_owned(), "-c".to_owned()];
    let mut folder = job("p.7.folder.1", &["true"]);
    folder.steps[0].working_directory = "../..".to_owned();
    let mut variable = job("p.7.variable.1", &["true"]);
    variable.env.insert("A=B".to_owned(), "x".to_owned());
    for (wanted, text) in [
        (container, "no container executor"),
        (shell, "\"no-such-shell\" was not found on this runner"),
        (folder, "leads outside the workspace"),
        (variable, "\"A=B\" cannot be set"),
    ] {
        let attempt = machine.server.queue(wanted);
        let outcome = machine.server.report_of(&attempt).outcome;
        assert!(matches!(&outcome, Outcome::Error { detail } if detail.contains(text)), "{outcome:?}");
        assert!(machine.server.log_of(&attempt).contains("--- error: "), "{}", machine.server.log_of(&attempt));
    }
}

#[test]
fn a_process_left_in_the_background_serves_later_steps_and_ends_with_the_job() {
    let machine = Machine::start(&[]);
    let attempt = machine.server.queue(job(
        "p.7.build.1",
        &[
            "(while true; do sleep 0.01; echo tick > $TMPDIR/tick; done) & echo started",
            "until test -e $TMPDIR/tick; do sleep 0.01; done; echo seen",
        ],
    ));
    assert_eq!(machine.server.report_of(&attempt).outcome, Outcome::Succeeded);
    assert!(machine.server.log_of(&attempt).contains("seen"));
    machine.wait_until_forgotten(&attempt);
    assert_eq!(
        mentioning("TIDEGATE_ATTEMPT=p.7.build.1\0").into_iter().filter(|pid| belongs_to(*pid, &machine)).collect::<Vec<_>>(),
        Vec::<u32>::new()
    );
}

#[test]
fn a_log_beyond_its_limit_and_one_of_many_chunks_arrive_whole() {
    let machine = Machine::start(&[]);
    let attempt = machine.server.queue(job("p.7.build.1", &["seq 1 600000"]));
    let report = machine.server.report_of(&attempt);
    assert_eq!(report.outcome, Outcome::Succeeded);
    let log = machine.server.log_of(&attempt);
    assert_eq!(report.log_bytes, log.len() as u64);
    let numbers = log.lines().filter(|line| !line.starts_with("---"));
    assert!(numbers.eq((1..=600_000).map(|number| number.to_string())), "the log is not what the step wrote");
}
