//! `tidegate run --local`: a checkout through its pipeline without a server elsewhere.

use std::process::Stdio;

use crate::program::{Program, Ran};

/// A folder with a repository of one commit, which holds this pipeline file. `@FOLDER@` is the folder.
fn checkout(pipeline: &str) -> Program {
    let program = Program::new();
    let folder = program.folder().display().to_string();
    program.write(".tidegate/pipeline.yaml", &pipeline.replace("@FOLDER@", &folder));
    program.git(&["init", "--quiet", "--initial-branch=main", "."]);
    program.git(&["add", ".tidegate"]);
    program.git(&["commit", "--quiet", "-m", "the pipeline"]);
    program
}

fn text(program: &Program, name: &str) -> Option<String> {
    std::fs::read_to_string(program.folder().join(name)).ok()
}

const GATED: &str = "name: gated
stages:
  - name: build
    jobs:
      - {name: pack, steps: [{run: echo made of $TIDEGATE_RELEASE > app.txt}], artifacts: {app: app.txt}}
  - name: live
    gates: [{approval: {count: 1}}]
    targets: [local/one]
    deploy: {uses: shell/run, with: {artifact: app, run: 'cp \"$TIDEGATE_ARTIFACTS/app\" @FOLDER@/live.txt'}}
";

/// What a person types at a terminal of their own.
fn on_a_terminal(program: &Program, typed: &str) -> Ran {
    program.shell(&format!("printf '{typed}\\n' | script --quiet --return --command '\"$TIDEGATE\" run --local --color never' /dev/null"))
}

#[test]
fn a_gate_of_a_local_run_asks_on_the_terminal_and_silence_is_no_yes() {
    let program = checkout(GATED);
    let silent = program.run(&["run", "--local"]);
    assert!(silent.code == 4 && silent.stderr.contains("There is no terminal to answer on"), "{silent:?}");
    assert!(silent.stderr.contains("next: use --yes") && text(&program, "live.txt").is_none(), "{silent:?}");

    let no = on_a_terminal(&program, "n");
    assert!(no.code == 1 && no.stdout.contains("not approved for live"), "it ends: {no:?}");
    assert_eq!(text(&program, "live.txt"), None, "{no:?}");

    let yes = on_a_terminal(&program, "y");
    assert!(yes.code == 0 && yes.stdout.contains("approve release #1 for live? [y/N]"), "{yes:?}");
    assert_eq!(text(&program, "live.txt").as_deref(), Some("made of 1\n"));

    std::fs::remove_file(program.folder().join("live.txt")).expect("removed");
    let ran = program.run(&["run", "--local", "--stage", "build"]);
    assert!(ran.code == 0 && text(&program, "live.txt").is_none(), "it ends after the stage: {ran:?}");
    let ran = program.run(&["run", "--local", "--yes", "--json"]);
    let lines: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    assert!(ran.code == 0 && lines.last().is_some_and(|last| last["kind"] == "release_completed"), "{ran:?}");
    assert!(text(&program, "live.txt").is_some());
    assert_eq!(program.run(&["run", "--local", "--stage", "lice"]).code, 3, "there is no such stage");
}

#[test]
fn a_step_that_fails_ends_a_local_run_with_1_after_its_finally_steps_and_with_the_end_of_its_log() {
    let program = checkout(
        "name: failing
stages:
  - name: build
    jobs:
      - name: test
        steps: [{run: 'for n in $(seq 30); do echo case $n; done; exit 3'}]
        on_failure: [{run: 'echo told > @FOLDER@/told'}]
        finally: [{run: 'echo tidied > @FOLDER@/tidied'}]
  - name: live
    targets: [local/one]
    deploy: {uses: shell/run, with: {run: 'touch @FOLDER@/live.txt'}}
",
    );
    let ran = program.run(&["run", "--local"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("ended with exit code 3") && ran.stdout.contains("│ case 30"), "{ran:?}");
    assert!(!ran.stdout.contains("│ case 2\n"), "only the end: {ran:?}");
    assert_eq!(text(&program, "told").as_deref(), Some("told\n"));
    assert_eq!(text(&program, "tidied").as_deref(), Some("tidied\n"));
    assert_eq!(text(&program, "live.txt"), None, "nothing went further");
}

/// Whether a process of this machine sleeps for exactly so long.
fn sleeps(seconds: &str) -> bool {
    let line = format!("sleep\0{seconds}\0");
    let mut processes = std::fs::read_dir("/proc").expect("proc").flatten();
    processes.any(|entry| std::fs::read(entry.path().join("cmdline")).is_ok_and(|found| found == line.as_bytes()))
}

#[expect(clippy::disallowed_methods, reason = "processes are watched from outside")]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed().as_secs() < 120, "waited in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn ctrl_c_cancels_a_local_run_lets_its_finally_steps_run_and_leaves_nothing() {
    // Nobody else sleeps for so long.
    let seconds = format!("1{}", std::process::id());
    let program = checkout(
        &"name: slow
stages:
  - name: build
    jobs:
      - name: test
        steps: [{run: 'touch @FOLDER@/begun; sleep @SECONDS@'}]
        finally: [{run: 'echo tidied > @FOLDER@/tidied'}]
"
        .replace("@SECONDS@", &seconds),
    );
    let mut command = program.command(env!("CARGO_BIN_EXE_tidegate").as_ref());
    let child = command.args(["run", "--local"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    until("the step runs", || text(&program, "begun").is_some() && sleeps(&seconds));
    let told = program.shell(&format!("kill -INT {}", child.id()));
    assert_eq!(told.code, 0, "{told:?}");
    let ended = child.wait_with_output().expect("it ends by itself");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("cancelling; again Ctrl-C ends at once"), "{said}");
    assert_eq!(text(&program, "tidied").as_deref(), Some("tidied\n"));
    assert!(!sleeps(&seconds), "the step is gone with all that it started");
}
