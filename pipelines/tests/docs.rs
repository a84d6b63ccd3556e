//! Every example in `docs/pipelines` compiles, as whoever reads it would expect.
//!
//! A block marked `yaml` is a pipeline file; `yaml dynamic` needs a server that can add to a plan. Other blocks are not pipeline files:
//! `yaml file=targets.yaml` is a file of the repository of the pipelines of its page.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pipelines::policy::{Policy, Subject};
use pipelines::{Aspect, Blocks, Environment, ExpandInput, SourceFile, compile_in, expand};

#[test]
fn every_example_of_the_pages_compiles() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pipelines");
    let mut examples = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let page = fs::read_to_string(&path).unwrap();
        let blocks = blocks(&page);
        let named = |info: &str| info.strip_prefix("yaml file=").map(str::to_owned);
        let files: BTreeMap<String, String> = blocks.iter().filter_map(|(info, text)| Some((named(info)?, text.clone()))).collect();
        for (info, text) in blocks.iter().filter(|(info, _)| info == "yaml" || info == "yaml dynamic") {
            let environment = Environment {
                splices: info == "yaml dynamic",
                aspects: files.get("aspect.yaml").map(|text| aspect(text)).into_iter().collect(),
                policy: files.get("policy.yaml").map(|text| (policy(text), subject())),
                ..Environment::of_blocks(&Blocks::built_in())
            };
            let source = SourceFile::new(path.file_name().unwrap().to_string_lossy(), text).with_files(files.clone());
            let (pipeline, diagnostics) = compile_in(&source, &environment);
            let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
            assert!(rendered.is_empty(), "{}:\n{rendered}", path.display());
            assert!(expand(&pipeline.unwrap(), &ExpandInput::default()).is_ok(), "{}", path.display());
            examples += 1;
        }
    }
    assert!(examples >= 2, "only {examples} examples");
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
