//! The house rules of ARCHITECTURE.md that neither the compiler nor clippy can see.
//!
//! A finding names the file, the line and the rule, so that the failure alone is enough to mend it.
#![expect(clippy::expect_used, reason = "helpers of tests fail like tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// Every file below `folder` with one of these endings, in order, by path relative to the root.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    fn walk(at: &Path, out: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(at) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", "node_modules", ".git", "dist"].contains(&name.as_str()) {
                    walk(&path, out);
                }
            } else {
                out.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter(|path| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)))
        .filter_map(|path| {
            let text = std::fs::read_to_string(&path).ok()?;
            Some((path.strip_prefix(root()).ok()?.to_string_lossy().into_owned(), text))
        })
        .collect()
}

/// The lines of production code: what stands before a `mod tests`, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.trim_start().starts_with("mod tests"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number + 1, line))
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.starts_with("testkit/")
}

fn report(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n  {}", findings.join("\n  "));
}

fn forbid(rule: &str, files: &[(String, String)], words: &[&str]) {
    let mut findings = Vec::new();
    for (path, text) in files {
        for (number, line) in code(text) {
            for word in words {
                if line.contains(word) {
                    findings.push(format!("{path}:{number}: `{word}` in `{}`", line.trim()));
                }
            }
        }
    }
    report(rule, &findings);
}

const IMPURE: [&str; 17] = [
    "async fn",
    "async move",
    "tokio",
    "sqlx",
    "reqwest",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "HashMap",
    "HashSet",
    "rand::",
];

/// Where a library's own type asks for a hash map, which is filled and handed over, never iterated.
const FILLED_ONLY: [&str; 1] = ["pipelines/src/expression/evaluate.rs"];

#[test]
fn pipelines_is_pure() {
    let files: Vec<_> = files("pipelines/src", &[".rs"]).into_iter().filter(|(path, _)| !is_test(path)).collect();
    assert!(files.len() > 5, "the rule looks at the wrong folder");
    let (filled, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| FILLED_ONLY.contains(&path.as_str()));
    forbid("pipelines is a pure function of its arguments (architecture.md)", &files, &IMPURE);
    let but_maps: Vec<_> = IMPURE.into_iter().filter(|word| *word != "HashMap").collect();
    forbid("pipelines is a pure function of its arguments (architecture.md)", &filled, &but_maps);
}

#[test]
fn the_core_is_pure() {
    let files: Vec<_> = files("engine/src/core", &[".rs"]).into_iter().filter(|(path, _)| !is_test(path)).collect();
    assert!(files.len() > 5, "the rule looks at the wrong folder");
    forbid("engine::core is a pure function of state, input and time (R1)", &files, &IMPURE);
}

fn rust_outside(allowed: &str) -> Vec<(String, String)> {
    files("", &[".rs"]).into_iter().filter(|(path, _)| !path.starts_with(allowed) && !is_test(path)).collect()
}

#[test]
fn sql_lives_in_the_store() {
    let files = rust_outside("engine/src/store");
    forbid("SQL stands only under engine/src/store", &files, &["sqlx::", "INSERT INTO", "DELETE FROM", "SELECT * FROM"]);
}

#[test]
fn each_outside_system_is_known_by_one_place() {
    forbid("AWS and GitHub are known by adapters only", &rust_outside("adapters"), &["aws_sdk", "aws_config", "octocrab"]);
    forbid("petgraph is known by one file", &rust_outside("pipelines/src/graph.rs"), &["petgraph::"]);
}

/// The `[dependencies]` of a member, by crate name.
fn dependencies(member: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(member).join("Cargo.toml")).expect("a manifest");
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line.trim() == "[dependencies]";
        } else if inside && let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty() && !name.starts_with('#')) {
            names.insert(name.to_owned());
        }
    }
    names
}

#[test]
fn imports_run_one_way() {
    let may: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("pipelines", &[][..]),
        ("protocol", &[]),
        ("engine", &["pipelines", "protocol"]),
        ("adapters", &["engine", "pipelines", "protocol"]),
        ("api", &["engine", "pipelines", "protocol"]),
        ("runner", &["protocol"]),
        ("cli", &["adapters", "api", "engine", "pipelines", "protocol", "runner"]),
        ("testkit", &["adapters", "api", "engine", "pipelines", "protocol", "runner"]),
    ]);
    let ours: BTreeSet<&str> = may.keys().copied().collect();
    let mut findings = Vec::new();
    for (member, allowed) in &may {
        for name in dependencies(member) {
            if ours.contains(name.as_str()) && !allowed.contains(&name.as_str()) {
                findings.push(format!("{member}/Cargo.toml: {member} may not import {name}"));
            }
        }
    }
    report("imports run pipelines, protocol <- engine <- adapters, api <- cli; protocol <- runner <- cli", &findings);
}

#[test]
fn the_runner_stays_small() {
    let names = dependencies("runner");
    let findings: Vec<_> = ["sqlx", "axum", "petgraph", "engine", "pipelines"]
        .iter()
        .filter(|name| names.contains(**name))
        .map(|name| format!("runner/Cargo.toml: {name}"))
        .collect();
    report("the runner links neither sqlx nor axum nor petgraph", &findings);
}

#[test]
fn nothing_is_left_for_later_or_silenced() {
    let mut findings = Vec::new();
    let words = [
        concat!("todo", "!("),
        concat!("unimpl", "emented!("),
        concat!("#[", "ignore"),
        concat!("#[", "allow("),
        concat!("#![", "allow("),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
    ];
    for (path, text) in files("", &[".rs", ".sh", ".ts", ".tsx", ".sql"]) {
        for (number, line) in text.lines().enumerate() {
            for word in words {
                if stands_alone(line, word) {
                    findings.push(format!("{path}:{}: `{word}`", number + 1));
                }
            }
        }
    }
    report("say it with #[expect(…, reason)], an issue, or do it now", &findings);
}

/// Not as the end of a longer word, such as a component of a calendar.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|before: char| before.is_ascii_alphanumeric()))
}

#[test]
fn rooms_have_names() {
    let refused = ["utils", "util", "common", "helpers", "helper", "manager", "misc"];
    let findings: Vec<_> = files("", &[".rs", ".ts", ".tsx"])
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| {
            Path::new(path).with_extension("").components().any(|part| refused.contains(&part.as_os_str().to_string_lossy().as_ref()))
        })
        .collect();
    report("name a module after what it holds", &findings);
}

#[test]
fn no_file_is_two_rooms() {
    const LINES: usize = 520;
    let findings: Vec<_> = files("", &[".rs", ".ts", ".tsx"])
        .into_iter()
        .filter(|(path, _)| !is_test(path) && path != "ui/src/api/schema.ts") // generated from docs/openapi.json
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, _)| *lines > LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    report("a file beyond 520 lines is two rooms", &findings);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> Vec<String> {
        files(folder, &[".sql"]).into_iter().filter_map(|(path, _)| path.rsplit('/').next().map(str::to_owned)).collect()
    };
    let sqlite = names("migrations/sqlite");
    assert!(!sqlite.is_empty(), "migrations/sqlite is empty");
    assert_eq!(sqlite, names("migrations/postgres"), "migrations/sqlite and migrations/postgres must hold the same names");
}

/// The crates that deny.toml refuses, checked here too so that every test run sees a new one.
#[test]
fn refused_crates_are_not_linked() {
    let deny = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml");
    let refused: BTreeSet<String> =
        deny.lines().filter_map(|line| line.trim().strip_prefix("{ crate = \"")?.split('"').next().map(str::to_owned)).collect();
    assert!(refused.len() > 5, "deny.toml lists refused crates in another form than this test reads");
    let output = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo tree");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout).into_owned();
    let findings: BTreeSet<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| refused.contains(*name))
        .map(|name| format!("{name}: see deny.toml; `cargo tree -i {name}` says who brings it"))
        .collect();
    report("a refused crate is linked", &findings.into_iter().collect::<Vec<_>>());
}

/// The families of rules that the language and the core decide. S is the pages'.
const FAMILIES: [char; 8] = ['P', 'L', 'G', 'W', 'B', 'X', 'A', 'D'];

#[test]
fn every_rule_of_the_model_has_a_test_that_bears_its_number() {
    let model = std::fs::read_to_string(root().join("docs/model.md")).expect("docs/model.md");
    let is_rule = |rule: &&str| {
        let mut letters = rule.chars();
        letters.next().is_some_and(|family| FAMILIES.contains(&family)) && letters.all(|digit| digit.is_ascii_digit())
    };
    let named = model.lines().filter_map(|line| line.trim_start().strip_prefix("- **")?.split("**").next());
    let rules: BTreeSet<&str> = named.filter(is_rule).collect();
    assert!(rules.len() > 50, "docs/model.md lists its rules in another form than this test reads: {rules:?}");
    let mut tested: BTreeSet<String> = BTreeSet::new();
    for (_, text) in files("", &[".rs"]) {
        let names = text.lines().filter_map(|line| line.trim_start().trim_start_matches("async ").strip_prefix("fn "));
        tested.extend(names.filter_map(|name| name.split_once('_')).map(|(rule, _)| rule.to_uppercase()));
    }
    let untested: Vec<String> = rules
        .iter()
        .filter(|rule| !tested.contains(**rule))
        .map(|rule| format!("{rule}: no test is called `{}_…`", rule.to_lowercase()))
        .collect();
    report("every rule of docs/model.md has a test named after it", &untested);
}
