//! What changes in the plan when a line of a real pipeline file changes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

use std::fs;

use pipelines::plan::Plan;
use pipelines::show::{Difference, Risk};
use pipelines::{Blocks, ExpandInput, SourceFile, compile, expand};

fn plan_of(text: &str) -> Plan {
    let holidays = fs::read_to_string("examples/orders/holidays.ics").unwrap();
    let files = [("holidays.ics".to_owned(), holidays.clone()), (".tidegate/holidays.ics".to_owned(), holidays)];
    let source = SourceFile::new(".tidegate/pipeline.yaml", text).with_files(files.into_iter().collect());
    let (pipeline, diagnostics) = compile(&source, &Blocks::built_in());
    let pipeline = pipeline.unwrap_or_else(|| panic!("{diagnostics:#?}"));
    expand(&pipeline, &ExpandInput::default()).unwrap()
}

fn difference(from: &str, to: &str) -> Difference {
    let text = fs::read_to_string("examples/orders/.tidegate/pipeline.yaml").unwrap();
    assert!(text.contains(from), "{from} is not in the example");
    Difference::between(&plan_of(&text), &plan_of(&text.replacen(from, to, 1)))
}

#[test]
fn a_shorter_bake_of_one_wave_is_one_risky_change() {
    insta::assert_snapshot!(difference("bake: 12h", "bake: 10m").text(), @r"
    pipeline orders: 1 change, 1 to look at twice (!)
    !~ bake bake in prod (prod/us-west-2) [bake shortened]
         duration: 12h → 10m
    ");
}

#[test]
fn a_target_that_moves_to_the_first_wave_is_a_risk() {
    let moved = "{targets: [prod/us-west-2, prod/ap-south-1], bake: 12h}";
    let text = fs::read_to_string("examples/orders/.tidegate/pipeline.yaml").unwrap();
    let new = text.replacen("{targets: [prod/us-west-2], bake: 12h}", moved, 1).replacen(
        "[prod/eu-west-1, prod/ap-south-1]",
        "[prod/eu-west-1]",
        1,
    );
    insta::assert_snapshot!(Difference::between(&plan_of(&text), &plan_of(&new)).text(), @r"
    pipeline orders: 2 changes, 1 to look at twice (!)
    !~ target prod/ap-south-1 in prod: wave-3 → wave-1 [target moved to an earlier wave]
     ~ bake bake in prod (prod/ap-south-1)
         duration: 2h → 12h
    ");
}

#[test]
fn an_alarm_that_goes_is_one_change_for_all_targets() {
    let difference = difference("      - {cloudwatch: orders-high-severity}\n", "");
    insta::assert_snapshot!(difference.text(), @r"
    pipeline orders: 3 changes, 3 to look at twice (!)
    !~ bake bake in prod (prod/ap-south-1, prod/eu-west-1, prod/us-east-1, prod/us-west-2) [alarm removed]
         alarms: prometheus, orders-high-severity → prometheus
    !~ bake bake-10 in prod (prod/ap-south-1, prod/eu-west-1, prod/us-east-1, prod/us-west-2) [alarm removed]
         alarms: prometheus, orders-high-severity → prometheus
    !- alarm orders-high-severity in prod (prod/ap-south-1, prod/eu-west-1, prod/us-east-1, prod/us-west-2) [alarm removed]
    ");
    assert!(difference.risks().contains(&Risk::AlarmRemoved));
}

#[test]
fn another_command_is_one_change_for_all_targets() {
    insta::assert_snapshot!(difference("./smoke.sh", "./smoke.sh --quick").text(), @r"
    pipeline orders: 1 change
     ~ job verify in prod (prod/ap-south-1, prod/eu-west-1, prod/us-east-1, prod/us-west-2)
         steps.1.run: ./smoke.sh → ./smoke.sh --quick
    ");
}
