//! Pipeline files of the seeded pipelines.

use std::fmt::Write as _;
use std::sync::Arc;

use engine::core::Time;
use pipelines::plan::Plan;
use pipelines::{Blocks, ExpandInput, SourceFile, compile, expand};

use super::Result;

pub(super) const FILE: &str = ".tidegate/pipeline.yaml";

/// Regions as AWS names them.
const REGIONS: [&str; 29] = [
    "us-east-1",
    "us-west-2",
    "us-east-2",
    "us-west-1",
    "ca-central-1",
    "ca-west-1",
    "mx-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-south-1",
    "ap-south-2",
    "ap-east-1",
    "me-central-1",
    "af-south-1",
    "il-central-1",
];

/// The plan that a text leads to.
pub(super) fn plan(text: &str) -> Result<Arc<Plan>> {
    let (pipeline, diagnostics) = compile(&SourceFile::new(FILE, text), &Blocks::built_in());
    let pipeline = pipeline.ok_or_else(|| format!("the seeded pipeline file has errors: {diagnostics:?}"))?;
    Ok(Arc::new(expand(&pipeline, &ExpandInput::default())?))
}

/// Eight production waves over 8 accounts × 29 regions, with beta and gamma 240 targets in all.
pub(super) fn large(now: Time) -> String {
    let accounts = ["core", "retail", "travel", "markets", "public", "partners", "internal", "sandbox"];
    let all: Vec<String> = REGIONS.iter().flat_map(|region| accounts.iter().map(move |account| format!("{account}/{region}"))).collect();
    let sizes = [1, 3, 8, 20, 30, 40, 60, 70];
    let mut waves = Vec::new();
    let mut rest = all.as_slice();
    for size in sizes {
        let (wave, after) = rest.split_at(size.min(rest.len()));
        waves.push(wave.to_vec());
        rest = after;
    }
    let gamma = ["gamma/us-west-2", "gamma/eu-west-1", "gamma/ap-northeast-1", "gamma/us-east-1", "gamma/sa-east-1", "gamma/ap-south-1"];
    payments("payments-api", now, &["beta/us-west-2", "beta/eu-west-1"], &gamma, &accounts, &waves)
}

/// 32 targets, as on the design's pictures.
pub(super) fn busy(now: Time) -> String {
    let waves = [1, 1, 3, 8, 14].into_iter().scan(0, |at, size| {
        let wave: Vec<String> = REGIONS.iter().skip(*at).take(size).map(|region| format!("prod/{region}")).collect();
        *at += size;
        Some(wave)
    });
    let gamma = ["gamma/us-west-2", "gamma/eu-west-1", "gamma/ap-northeast-1"];
    payments("payments-api", now, &["beta/us-west-2", "beta/eu-west-1"], &gamma, &["prod"], &waves.collect::<Vec<_>>())
}

fn payments(name: &str, now: Time, beta: &[&str], gamma: &[&str], accounts: &[&str], waves: &[Vec<String>]) -> String {
    let mut text = format!("name: {name}\ntriggers:\n  push: {{branch: main}}\naccounts:\n");
    for (account, number) in ["beta", "gamma"].iter().chain(accounts).zip(447_100_000_001_u64..) {
        let _ = writeln!(text, "  {account}: {{id: \"{number}\", role: tidegate-deploy}}");
    }
    text.push_str(
        r#"stages:
  - name: build
    jobs:
      - name: build-image
        steps:
          - {name: compile, run: cargo build --release --locked}
          - {name: unit-tests, run: cargo test --locked}
        artifacts: {image: dist/image.tar}
        retry: 1
        timeout: 30m
      - {name: lint, steps: [cargo clippy]}
      - {name: licences-and-advisories-of-every-dependency, steps: [cargo deny check]}
  - name: beta
"#,
    );
    let deploy = r#"    deploy: {uses: shell/run, with: {artifact: image, run: ./deploy.sh, health: ./health.sh, inspect: ./inspect.sh}}
    rollback: {scope: wave, on: [alarm], after: next}
"#;
    let _ = writeln!(
        text,
        "    targets: [{}]\n{deploy}    verify: {{steps: [{{name: integration, run: ./integration.sh}}], retry: 1}}",
        beta.join(", ")
    );
    let _ = writeln!(
        text,
        "  - name: gamma\n    targets: [{}]\n{deploy}    verify: {{steps: [{{name: smoke, run: ./smoke.sh}}], retry: 1}}\n    bake: {{duration: 12m, tolerance: 30d, patience: 30d}}",
        gamma.join(", ")
    );
    let _ = writeln!(
        text,
        "    alarms:\n      - {{name: error-rate, prometheus: 'error_rate{{service=\"payments\",stage=\"gamma\",region=\"${{{{ target.region }}}}\"}} > 0.01', every: 12h}}"
    );
    let _ = writeln!(text, "  - name: prod\n    production: true\n{deploy}    max_parallel: 12\n    alarms:");
    let _ = writeln!(
        text,
        "      - {{name: error-rate, prometheus: 'error_rate{{service=\"payments\",target=\"${{{{ target.name }}}}\"}} > 0.01', every: 12h}}"
    );
    text.push_str("    waves:\n");
    for (targets, at) in waves.iter().zip(0..) {
        let name = if at == 0 { "one-box".to_owned() } else { format!("wave-{at}") };
        let _ = writeln!(
            text,
            "      - name: {name}\n        targets: [{}]\n        bake: {{duration: 45m, tolerance: 30d, patience: 30d}}",
            targets.join(", ")
        );
        match at {
            1 => text.push_str("        gates: [{approval: {from: [oncall], count: 2}}]\n"),
            2 => {
                let _ = writeln!(text, "        gates: [{{window: {{allow: [{}], timezone: UTC}}}}]", closed_now(now));
            }
            3 => text.push_str("        gates: [{name: p99-latency, alarms: [{name: p99-latency, prometheus: 'p99_latency_ms{service=\"payments\",quantile=\"0.99\"} > 400', every: 12h}]}]\n"),
            _ => {}
        }
    }
    text
}

/// Rules that have been closed for 90 minutes and open again in more than six hours.
fn closed_now(now: Time) -> String {
    const DAY: i64 = 24 * 60;
    let minute = now.0 / 60_000 % DAY;
    let text = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let (opens, closes) = ((minute + 400) % DAY, (minute + DAY - 90) % DAY);
    if opens < closes {
        format!("\"{}-{}\"", text(opens), text(closes))
    } else {
        format!("\"00:00-{}\", \"{}-24:00\"", text(closes), text(opens))
    }
}

/// A short path with one gate in front of production. `gate` is one entry of `gates`.
pub(super) fn short(name: &str, gate: &str, targets: &[&str]) -> String {
    let gates = if gate.is_empty() { String::new() } else { format!("    gates: [{gate}]\n") };
    let target = targets.join(", ");
    format!(
        r#"name: {name}
triggers:
  push: {{branch: main}}
accounts:
  prod: {{id: "447100000009", role: tidegate-deploy}}
stages:
  - name: build
    jobs:
      - {{name: package, steps: [make package], artifacts: {{app: dist/app}}, retry: 1}}
  - name: staging
    targets: [local/staging]
    deploy: {{uses: shell/run, with: {{artifact: app, run: ./deploy.sh, inspect: ./inspect.sh}}}}
    verify: [{{name: acceptance, run: ./acceptance.sh}}]
    rollback: {{scope: wave, on: [alarm], after: next}}
  - name: prod
    production: true
{gates}    targets: [{target}]
    deploy: {{uses: shell/run, with: {{artifact: app, run: ./deploy.sh, inspect: ./inspect.sh}}}}
    rollback: {{scope: wave, on: [alarm], after: next}}
    alarms: [{{name: errors, prometheus: 'errors{{service="{name}",target="${{{{ target.name }}}}"}} > 5', every: 12h}}]
    bake: {{duration: 10m, tolerance: 30d, patience: 30d}}
"#
    )
}
