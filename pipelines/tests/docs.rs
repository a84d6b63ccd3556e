//! Every example in `docs/pipelines` compiles, as whoever reads it would expect; `cli/tests/binary/pages.rs` does what the pages show.
//!
//! A block marked `yaml` is a pipeline file; `yaml dynamic` needs a server that can add to a plan, and `yaml adds` is what a job of it adds.
//! `yaml part` goes over the page's first pipeline file, key by key. Other blocks are not pipeline files: `yaml file=targets.yaml` is a file of
//! the repository of the pipelines of its page.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pipelines::dynamic::{Joining, compile_fragment};
use pipelines::plan::{NodeIx, Plan};
use pipelines::policy::{Policy, Subject};
use pipelines::{Aspect, Blocks, Diagnostic, Environment, ExpandInput, SourceFile, compile_in, expand};

/// What people look for, and the page that has it.
const FEATURES: [(&str, &str); 10] = [
    ("Generate and upload", "generate.md"),
    ("Matrix", "matrix.md"),
    ("Inventory and derived waves", "inventory.md"),
    ("Per-target differences", "differences.md"),
    ("Shared blocks and shapes", "shared.md"),
    ("Fleet", "fleet.md"),
    ("Identity tokens", "identity.md"),
    ("Policy and aspects", "owner.md"),
    ("Several sources", "sources.md"),
    ("Changes in two phases", "two-phases.md"),
];

#[test]
fn every_feature_has_a_page_and_every_page_a_tested_example() {
    let index = fs::read_to_string(folder().join("README.md")).unwrap();
    for (feature, page) in FEATURES {
        assert!(index.contains(&format!("]({page})")), "{feature}: README.md does not lead to {page}");
        let text = fs::read_to_string(folder().join(page)).unwrap();
        let is_tested = |info: &str| info == "yaml" || info == "yaml dynamic" || (page == "fleet.md" && info == "sh");
        assert!(blocks(&text).iter().any(|(info, _)| is_tested(info)), "{page} has no example that is tested");
    }
    let mut pages: Vec<String> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    pages.retain(|page| page != "README.md" && !FEATURES.iter().any(|(_, known)| known == page));
    assert!(pages.is_empty(), "pages of no feature: {pages:?}");
}

#[test]
fn every_example_of_the_pages_compiles() {
    let mut examples = 0;
    for (_, page) in FEATURES {
        let path = folder().join(page);
        let blocks = blocks(&fs::read_to_string(&path).unwrap());
        let named = |info: &str| info.strip_prefix("yaml file=").map(str::to_owned);
        let files: BTreeMap<String, String> = blocks.iter().filter_map(|(info, text)| Some((named(info)?, text.clone()))).collect();
        let whole = blocks.iter().find(|(info, _)| info == "yaml").map(|(_, text)| text.as_str()).unwrap_or_default();
        let mut growing = None;
        for (info, text) in &blocks {
            let environment = Environment {
                splices: info.starts_with("yaml dynamic") || info == "yaml adds",
                aspects: files.get("aspect.yaml").map(|text| aspect(text)).into_iter().collect(),
                policy: files.get("policy.yaml").map(|text| (policy(text), subject())),
                ..Environment::of_blocks(&Blocks::built_in())
            };
            let source = |text: &str| SourceFile::new(page, text).with_files(files.clone());
            match info.as_str() {
                "yaml" => drop(plan(&source(text), &environment)),
                "yaml dynamic" => growing = Some(plan(&source(text), &environment)),
                "yaml part" => drop(plan(&source(&laid_over(whole, text)), &environment)),
                "yaml adds" => adds(&source(text), growing.as_ref().unwrap(), &environment),
                other => {
                    assert!(!other.starts_with("yaml") || named(other).is_some(), "{page}: nobody tests a block {other:?}");
                    assert!(!other.is_empty(), "{page}: a block without a word behind its fence");
                    continue;
                }
            }
            examples += 1;
        }
    }
    assert!(examples >= 12, "only {examples} examples");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pipelines")
}

fn plan(source: &SourceFile, environment: &Environment) -> Plan {
    let (pipeline, diagnostics) = compile_in(source, environment);
    assert_eq!(rendered(&diagnostics, source), "");
    expand(&pipeline.unwrap(), &ExpandInput::default()).unwrap()
}

/// What its first generator would print.
fn adds(source: &SourceFile, plan: &Plan, environment: &Environment) {
    let by = plan.nodes.iter().position(|node| node.key.ends_with("/generate")).unwrap();
    let joining = Joining { plan, by: NodeIx(u32::try_from(by).unwrap()) };
    let (fragment, diagnostics) = compile_fragment(source, &joining, environment);
    assert_eq!(rendered(&diagnostics, source), "");
    assert!(fragment.is_some_and(|fragment| !fragment.jobs.is_empty()));
}

/// The keys of the whole file that the part has not, and the part.
fn laid_over(whole: &str, part: &str) -> String {
    let keys: Vec<&str> = part.lines().filter_map(|line| line.split_once(':')).map(|(key, _)| key).collect();
    let kept = whole.lines().filter(|line| !line.split_once(':').is_some_and(|(key, _)| keys.contains(&key)));
    kept.chain(part.lines()).map(|line| format!("{line}\n")).collect()
}

fn rendered(diagnostics: &[Diagnostic], source: &SourceFile) -> String {
    diagnostics.iter().map(|diagnostic| diagnostic.render(source)).collect()
}

/// A page with a policy or an aspect shows pipelines that live under it.
fn policy(text: &str) -> Policy {
    let (policy, found) = Policy::read("policy.yaml", text);
    policy.ok_or(found).unwrap()
}

fn aspect(text: &str) -> Aspect {
    let (aspect, found) = Aspect::read("aspect.yaml", text);
    aspect.ok_or(found).unwrap()
}

fn subject() -> Subject {
    Subject { repository: "https://github.com/acme/orders".to_owned(), branch: "main".to_owned(), pipeline: "orders".to_owned() }
}

/// Fenced blocks: what stands behind the fence, and the text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}
