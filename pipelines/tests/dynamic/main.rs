//! Rules D1 to D6 as far as they are about values: what a job prints or uploads, and what a plan becomes by it.
//!
//! `tests/fixtures/fragments/base.yaml` is the pipeline; its job `build/generate` adds what the other files of that folder hold.
//! `UPDATE=1 cargo test` writes the expected files beside them anew.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod any_order;
mod growth;
mod joining;
mod limits;
mod release;
mod replacing;
mod same_key;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use pipelines::show;

use crate::release::{Release, folder, fragment, needs};

#[test]
fn every_fragment_makes_what_stands_beside_it() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    let mut paths: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "yaml") && !path.ends_with("base.yaml")) {
        seen += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut release = Release::new();
        let found = match fragment(&release.plan, "build/generate", &fs::read_to_string(path).unwrap()) {
            Ok(fragment) => {
                assert!(!name.starts_with("bad"), "{name} compiles");
                release.add_compiled("build/generate", 1, &fragment).unwrap();
                let mut out = show::text(&release.plan);
                out.push_str("\nneeds\n");
                for node in &release.plan.nodes {
                    writeln!(out, "  {} <- {}", node.key, needs(&release.plan, &node.key).join(", ")).unwrap();
                }
                out
            }
            Err(rendered) => {
                assert!(name.starts_with("bad"), "{name}:\n{rendered}");
                rendered
            }
        };
        let expected = path.with_extension("txt");
        #[expect(clippy::disallowed_methods, reason = "the switch that writes expected files anew")]
        if std::env::var("UPDATE").is_ok() {
            fs::write(&expected, &found).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{} is another one (UPDATE=1 writes it anew):\n{found}", expected.display()));
        }
    }
    assert!(seen >= 6 && wrong.is_empty(), "{seen} fragments\n{}", wrong.join("\n"));
}
