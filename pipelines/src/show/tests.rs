use insta::assert_snapshot;

use super::sample::{HOUR_MS, StageSample, approval_gate, orders, plan, window_gate};
use super::*;
use crate::plan::{GateCondition, LanePolicy, Milestone, NodeKind};

#[test]
fn text_shows_the_whole_path() {
    assert_snapshot!(text(&plan(orders())), @r"
    pipeline orders
      starts on a push to main that touches services/orders/**
      starts on the schedule 0 6 * * MON-FRI (Europe/Athens)
      account prod: 222222222222, role tidegate-deploy

    stage build
      lane build: one release at a time, the newest ready one
      job package: 1 step, makes orders, at most 30m
      job lint: 1 step, at most 30m, after package

    stage beta
      rollback: the wave, by itself on an alarm or a failed job, up to 20m after the stage; newer releases go on
      lane beta: one release at a time, the newest ready one
      target beta/us-east-1
        deploy: 1 step, touches the target, at most 30m
        verify: 1 step, touches the target, at most 30m

    stage prod (production)
      gate window: within MON-THU 09:00-16:00, never during 2026-12-20..2027-01-03 (Europe/Athens)
      gate approval: 2 people of oncall, not one's own release, asked again after 7d
      rollback: the wave, by itself on an alarm or a failed job, up to 20m after the stage; newer releases go on
      wave wave-1
        lane prod/wave-1: one release at a time, the newest ready one
        alarm errors: Prometheus `rate(http_5xx[1m])` > 5 for 3m, read every 15s
        target prod/us-west-2
          deploy: 1 step, touches the target, at most 30m
          verify: 1 step, touches the target, at most 30m
          bake 12h, watching errors
      wave wave-2
        lane prod/wave-2: one release at a time, the newest ready one
        alarm errors: Prometheus `rate(http_5xx[1m])` > 5 for 3m, read every 15s
        2 targets, all at once
        target prod/eu-west-1, prod/ap-south-1
          deploy: 1 step, touches the target, at most 30m
          verify: 1 step, touches the target, at most 30m
          bake 2h, watching errors
    ");
}

#[test]
fn text_says_what_is_unusual() {
    let mut plan = plan(orders());
    let stage = &mut plan.stages[2];
    stage.rollback.on_alarm = false;
    stage.rollback.on_failure = false;
    stage.waves[1].max_parallel = 1;
    stage.waves[1].at_least = Some(1);
    stage.waves[1].lane.policy = LanePolicy::Queue;
    let text = text(&plan);
    for expected in [
        "  rollback: only when a person asks for it\n",
        "    lane prod/wave-2: one release at a time, every one, oldest first\n",
        "    2 targets, 1 at once\n    complete when 1 of 2 are\n",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}

#[test]
fn json_reads_back_as_the_same_plan() {
    let plan = plan(orders());
    let shown = json(&plan);
    let back: crate::plan::Plan = serde_json::from_str(&shown).unwrap();
    assert_eq!(back, plan);
    assert_eq!(json(&back), shown);
}

#[test]
fn mermaid_groups_by_stage_wave_and_target() {
    assert_snapshot!(mermaid(&plan(small())), @r#"
    flowchart LR
      subgraph g0["build"]
        n0(("start"))
        n1(("start"))
        n2["package"]
        n3["lint"]
        n4(("end"))
        n5(("end"))
      end
      subgraph g1["prod"]
        n6{"gate approval"}
        n7(("start"))
        n17(("end"))
        subgraph g2["wave-1"]
          n8(("start"))
          n16(("end"))
          subgraph g3["prod/a"]
            n9(("start"))
            n10["deploy"]
            n11["verify"]
            n12("bake 1h")
            n13(("end"))
            n14["rollback"]
            n15["inspect"]
          end
        end
      end
      n0 --> n1
      n1 --> n2
      n2 --> n3
      n3 --> n4
      n4 --> n5
      n5 --> n7
      n7 --> n8
      n8 --> n9
      n9 --> n10
      n10 --> n11
      n11 --> n12
      n12 --> n13
      n13 --> n16
      n16 --> n17
      n6 -.-> n8
    "#);
}

#[test]
fn dot_quotes_what_graphviz_would_read_otherwise() {
    let mut plan = plan(vec![small().remove(0)]);
    if let NodeKind::Job(job) = &mut plan.nodes[2].kind {
        job.name = "say \"hi\"\\n".to_owned();
    }
    assert_snapshot!(dot(&plan), @r#"
    digraph "orders" {
      rankdir=LR;
      node [fontname="sans-serif" fontsize=10];
      subgraph "cluster/build" {
        label="build";
        "build/start" [label="start" shape=circle];
        "build/wave-start" [label="start" shape=circle];
        "build/package" [label="say \"hi\"\\n" shape=box];
        "build/lint" [label="lint" shape=box];
        "build/wave-end" [label="end" shape=circle];
        "build/end" [label="end" shape=circle];
      }
      "build/start" -> "build/wave-start";
      "build/wave-start" -> "build/package";
      "build/package" -> "build/lint";
      "build/lint" -> "build/wave-end";
      "build/wave-end" -> "build/end";
    }
    "#);
}

#[test]
fn equal_plans_have_no_difference() {
    let difference = Difference::between(&plan(orders()), &plan(orders()));
    assert!(difference.is_empty());
    assert_eq!(difference.text(), "pipeline orders: the plan is the same\n");
}

#[test]
fn moving_nodes_about_is_no_difference() {
    let old = plan(orders());
    let mut new = plan(orders());
    // One more node at the end of the list changes no name.
    let mut milestone = new.nodes[0].clone();
    milestone.key = "build/again".to_owned();
    milestone.kind = NodeKind::Milestone(Milestone::StageStart);
    new.nodes.push(milestone);
    assert_eq!(Difference::between(&old, &new).changes, []);
}

#[test]
fn a_difference_names_what_changed_where_and_what_is_a_risk() {
    let mut stages = orders();
    stages[2].gates = vec![window_gate()];
    stages[2].alarms.clear();
    stages[2].waves = vec![("wave-1", vec!["prod/us-west-2", "prod/eu-west-1"], HOUR_MS), ("wave-2", vec!["prod/sa-east-1"], HOUR_MS)];
    assert_snapshot!(Difference::between(&plan(orders()), &plan(stages)).text(), @r"
    pipeline orders: 7 changes, 5 to look at twice (!)
    !~ target prod/eu-west-1 in prod: wave-2 → wave-1 [target moved to an earlier wave]
    !~ bake bake in prod (prod/eu-west-1) [alarm removed, bake shortened]
         alarms: errors → none
         duration: 2h → 1h
    !- gate approval in prod (prod/eu-west-1, prod/us-west-2) [gate removed]
    !- alarm errors in prod (prod/eu-west-1, prod/us-west-2) [alarm removed]
     + target prod/sa-east-1 in prod
    !~ bake bake in prod (prod/us-west-2) [alarm removed, bake shortened]
         alarms: errors → none
         duration: 12h → 1h
     - target prod/ap-south-1 in prod
    ");
}

#[test]
fn a_difference_flags_weaker_gates_rollbacks_and_stages() {
    let old = plan(orders());
    let mut stages = orders();
    stages.remove(1);
    stages[1].waves.remove(0);
    stages[1].production = false;
    if let GateCondition::Approval(approval) = &mut stages[1].gates[1].condition {
        approval.no_self_approval = false;
        approval.count = 1;
    }
    let mut new = plan(stages);
    new.stages[1].rollback.on_alarm = false;
    new.stages[1].waves[0].name = "wave-2".to_owned();
    let difference = Difference::between(&old, &new);
    assert_snapshot!(difference.text(), @r"
    pipeline orders: 5 changes, 4 to look at twice (!)
    !~ stage prod [no rollback by itself, no longer marked as production]
         production: true → false
         rollback.on_alarm: true → false
    !- wave wave-1 in prod [wave removed]
    !~ gate approval in prod (prod/ap-south-1, prod/eu-west-1) [people may approve their own release, fewer approvals]
         approval.count: 2 → 1
         approval.no_self_approval: true → false
     - target prod/us-west-2 in prod
    !- stage beta [stage removed]
    ");
    assert!(difference.risks().contains(&Risk::StageRemoved));
}

#[test]
fn a_difference_shows_old_and_new_values_of_jobs_and_waves() {
    let old = plan(orders());
    let mut new = plan(orders());
    for node in &mut new.nodes {
        if let NodeKind::Job(job) = &mut node.kind
            && job.name == "verify"
        {
            job.timeout_ms = HOUR_MS;
            job.steps[0].run = "./verify.sh --all".to_owned();
            job.env.insert("LEVEL".to_owned(), "2".to_owned());
        }
    }
    new.stages[2].waves[1].max_parallel = 1;
    new.stages[0].waves[0].lane.policy = LanePolicy::Parallel;
    new.pipeline = "orders".to_owned();
    new.triggers.pop();
    assert_snapshot!(Difference::between(&old, &new).text(), @r"
    pipeline orders: 5 changes
     ~ pipeline orders
         triggers.2.schedule.cron: 0 6 * * MON-FRI → none
         triggers.2.schedule.timezone: Europe/Athens → none
     ~ stage build
         lane_policy: supersede → parallel
     ~ job verify in beta (beta/us-east-1)
         env.LEVEL: none → 2
         steps.1.run: ./verify.sh → ./verify.sh --all
         timeout: 30m → 1h
     ~ wave wave-2 in prod
         max_parallel: 0 → 1
     ~ job verify in prod (prod/ap-south-1, prod/eu-west-1, prod/us-west-2)
         env.LEVEL: none → 2
         steps.1.run: ./verify.sh → ./verify.sh --all
         timeout: 30m → 1h
    ");
}

#[test]
fn a_difference_is_data_too() {
    let mut stages = orders();
    stages[2].gates.pop();
    let difference = Difference::between(&plan(orders()), &plan(stages));
    let expected = serde_json::json!({
        "pipeline": "orders",
        "changes": [{
            "subject": "gate", "name": "approval", "stage": "prod",
            "targets": ["prod/ap-south-1", "prod/eu-west-1", "prod/us-west-2"],
            "kind": "removed", "risks": ["gate_removed"],
        }],
    });
    assert_eq!(serde_json::to_value(&difference).unwrap(), expected);
}

#[test]
fn a_stage_that_gets_waves_keeps_its_targets() {
    let mut stages = orders();
    stages[1].waves = vec![("one", vec!["beta/us-east-1"], 0), ("two", vec!["beta/eu-west-1"], 0)];
    assert_snapshot!(Difference::between(&plan(orders()), &plan(stages)).text(), @r"
    pipeline orders: 3 changes
     + wave one in beta
     + wave two in beta
     + target beta/eu-west-1 in beta
    ");
}

fn small() -> Vec<StageSample> {
    vec![
        orders().remove(0),
        StageSample {
            name: "prod",
            production: true,
            gates: vec![approval_gate()],
            alarms: vec![],
            waves: vec![("wave-1", vec!["prod/a"], HOUR_MS)],
        },
    ]
}
