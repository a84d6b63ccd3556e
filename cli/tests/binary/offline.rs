//! What needs no server, through the built binary.

use crate::program::Program;

const HELLO: &str = "name: hello
stages:
  - name: build
    jobs:
      - steps: [{run: make test package}]
        artifacts: {app: dist/app}
  - name: live
    targets: [local/one]
    deploy: {uses: process/in-place, with: {artifact: app, port: 8080, health: /healthz}}
";

#[test]
fn validate_accepts_the_smallest_file_and_finds_it_by_itself() {
    let program = Program::new();
    program.write(".tidegate/pipeline.yaml", HELLO);
    let ran = program.run(&["validate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("pipeline hello is valid"), "{ran:?}");
}

#[test]
fn the_pipelines_of_the_quick_start_are_valid() {
    let page = include_str!("../../../docs/quick-start.md");
    let first = page.split("<<'YAML'\n").nth(1).and_then(|rest| rest.split("YAML\n").next()).expect("the first pipeline");
    let more = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the production stage");
    let program = Program::new();
    program.write("first.yaml", first);
    program.write("both.yaml", &format!("{first}{more}"));
    let ran = program.run(&["validate", "--strict", "first.yaml", "both.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn validate_reports_every_error_at_once_and_ends_with_1() {
    let program = Program::new();
    program.write("bad.yaml", &HELLO.replace("name: build", "nam: build").replace("health: /healthz", "helth: /healthz"));
    let ran = program.run(&["validate", "bad.yaml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for expected in ["no key `nam`", "bad.yaml:3:", "helth", "bad.yaml:9:", "did you mean", "not valid"] {
        assert!(ran.stdout.contains(expected), "{expected:?} is missing in {ran:?}");
    }
    let json = program.run(&["validate", "bad.yaml", "--json"]).json();
    assert_eq!(json["valid"], false);
    assert!(json["files"][0]["diagnostics"].as_array().is_some_and(|found| found.len() >= 2), "{json}");
}

#[test]
fn validate_says_where_to_begin_when_there_is_no_file() {
    let program = Program::new();
    let ran = program.run(&["validate"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("there is no pipeline file in") && ran.stderr.contains("next:"), "{ran:?}");
}

#[test]
fn plan_prints_text_json_dot_and_mermaid() {
    let program = Program::new();
    program.write("p.yaml", HELLO);
    let text = program.run(&["plan", "p.yaml"]);
    assert!(text.code == 0 && text.stdout.contains("stage build") && text.stdout.contains("target local/one"), "{text:?}");
    assert_eq!(program.run(&["plan", "p.yaml", "--json"]).json()["pipeline"], "hello");
    assert!(program.run(&["plan", "p.yaml", "--dot"]).stdout.starts_with("digraph"), "DOT");
    assert!(program.run(&["plan", "p.yaml", "--mermaid"]).stdout.starts_with("flowchart"), "Mermaid");
}

#[test]
fn plan_against_shows_the_difference_from_a_file_and_from_a_revision() {
    let program = Program::new();
    program.write(".tidegate/pipeline.yaml", HELLO);
    program.git(&["init", "--quiet", "."]);
    program.git(&["add", "--all"]);
    program.git(&["commit", "--quiet", "-m", "one"]);
    program.write("old.yaml", HELLO);
    assert!(program.run(&["plan", "--against", "HEAD"]).stdout.contains("no difference"), "same text");
    program.write(".tidegate/pipeline.yaml", &HELLO.replace("local/one", "local/two"));
    for against in ["HEAD", "old.yaml"] {
        let ran = program.run(&["plan", "--against", against]);
        assert!(ran.code == 0 && ran.stdout.contains("local/two") && ran.stdout.contains("local/one"), "{against}: {ran:?}");
    }
    let ran = program.run(&["plan", "--against", "no-such-revision"]);
    assert!(ran.code == 3 && ran.stderr.contains("no such revision"), "{ran:?}");
}

#[test]
fn check_config_shows_where_each_value_came_from_and_hides_secrets() {
    let program = Program::new();
    program.write(
        "server.toml",
        "data = \"/srv/tidegate\"\n[notify]\nwebhook_secret = \"hunter2\"\nslack = {\"#orders\" = \"https://hooks.slack.com/hunter2\"}\n",
    );
    let variables = [("TIDEGATE_DATABASE_URL", "postgres://me:hunter2@db/x"), ("TIDEGATE_LOG_LEVEL", "debug")];
    for form in [&[][..], &["--json"]] {
        let ran = program.run_with(&[&["check-config", "--config", "server.toml", "--listen", "127.0.0.1:1"], form].concat(), &variables);
        assert_eq!(ran.code, 0, "{ran:?}");
        for expected in
            ["server.toml:1", "environment TIDEGATE_LOG_LEVEL", "flag --listen", "default", "postgres://me:hidden@db/x", "#orders=(hidden)"]
        {
            assert!(ran.stdout.contains(expected), "{expected:?} is missing in {ran:?}");
        }
        assert!(!format!("{ran:?}").contains("hunter2"), "a secret is shown: {ran:?}");
    }
}

#[test]
fn check_config_reports_all_problems_and_ends_with_2() {
    let program = Program::new();
    program.write("server.toml", "listn = \"x\"\n[log]\nformat = \"xml\"\n");
    let ran = program.run_with(&["check-config", "--config", "server.toml", "--set", "runner.slots=0"], &[("TIDEGATE_DAT", "/x")]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for expected in [
        "4 problems",
        "server.toml:1: there is no setting \"listn\"; did you mean \"listen\"?",
        "server.toml:3: log.format",
        "TIDEGATE_DAT:",
        "runner.slots",
        "next:",
    ] {
        assert!(ran.stderr.contains(expected), "{expected:?} is missing in {ran:?}");
    }
    let absent = program.run(&["check-config", "--config", "absent.toml"]);
    assert!(absent.code == 2 && absent.stderr.contains("absent.toml"), "{absent:?}");
}

#[test]
fn completion_is_generated_for_every_shell() {
    let program = Program::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = program.run(&["completion", shell]);
        assert!(ran.code == 0 && ran.stdout.contains("validate") && ran.stdout.contains("check-config"), "{shell}: {ran:?}");
    }
    assert_eq!(program.run(&["completion", "tcsh"]).code, 2);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let program = Program::new();
    assert_eq!(program.shell("\"$TIDEGATE\" completion zsh | head -c 1 >/dev/null; echo \"${PIPESTATUS[0]}\"").stdout.trim(), "0");
}

#[test]
fn rubbish_on_the_command_line_is_usage_and_help_is_a_result() {
    let program = Program::new();
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["plan", "--dot", "--mermaid"],
        &["validate", "--no-such-flag"],
        &["completion"],
        &["--color", "pink", "validate"],
    ] {
        let ran = program.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{arguments:?}: {ran:?}");
    }
    let help = program.run(&["--help"]);
    assert!(help.code == 0 && help.stdout.contains("Exit codes:") && help.stderr.is_empty(), "{help:?}");
    assert!(program.run(&["--version"]).stdout.starts_with("tidegate "), "a version");
}

#[test]
fn rubbish_in_files_is_an_error_and_never_a_panic() {
    let program = Program::new();
    program.write_bytes("binary.yaml", &[0, 159, 146, 150, 255, 10, 13]);
    program.write("empty.yaml", "");
    program.write("list.yaml", "- 1\n- 2\n");
    program.write("deep.yaml", &"[".repeat(100_000));
    program.write("bomb.yaml", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n");
    for file in ["binary.yaml", "empty.yaml", "list.yaml", "deep.yaml", "bomb.yaml", ".", "/dev/null"] {
        for command in ["validate", "plan"] {
            let ran = program.run(&[command, file]);
            assert!(ran.code == 1, "{command} {file}: {ran:?}");
            assert!(!ran.stderr.contains("panicked"), "{command} {file}: {ran:?}");
        }
    }
    assert_eq!(program.run(&["plan", "absent.yaml"]).code, 3);
}
