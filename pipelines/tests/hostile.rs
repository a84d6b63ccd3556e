//! Whatever the text: no panic, no flood of findings, places inside the text.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pipelines::{Blocks, Diagnostic, ExpandInput, SourceFile, compile, expand, names_files};
use proptest::prelude::*;

fn check(text: &str) -> Vec<Diagnostic> {
    let source =
        SourceFile::new("pipeline.yaml", text).with_files(BTreeMap::from([("blocks/mine/block.yaml".to_owned(), text.to_owned())]));
    let (pipeline, diagnostics) = compile(&source, &Blocks::built_in());
    assert!(pipeline.is_some() || !diagnostics.is_empty(), "no pipeline and no reason");
    for diagnostic in &diagnostics {
        let place = diagnostic.place;
        assert!(place.start <= place.end && place.end as usize <= text.len(), "{diagnostic:?} lies outside of the text");
        assert!(place.line >= 1 && place.column >= 1, "{diagnostic:?}");
        assert!(diagnostic.render(&source).len() < 4000, "{diagnostic:?} floods the screen");
    }
    if let Some(pipeline) = pipeline {
        let inputs = pipeline.inputs().keys().map(|name| ((*name).to_owned(), String::new())).collect();
        let plan = expand(&pipeline, &ExpandInput { inputs, ..ExpandInput::default() }).unwrap();
        assert!(plan.nodes.iter().enumerate().all(|(ix, node)| node.needs.iter().all(|need| (need.0 as usize) < ix)));
    }
    assert!(names_files(text).iter().all(|name| !name.starts_with('/') && name.split('/').all(|part| part != "..")));
    diagnostics
}

fn corpus() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/fixtures/good", "tests/fixtures/bad", "examples"];
    let paths = folders.iter().flat_map(|folder| fs::read_dir(root.join(folder)).unwrap()).map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// One change of a text.
#[derive(Debug, Clone)]
enum Mutation {
    Remove { at: usize, length: usize },
    Repeat { at: usize, length: usize },
    Insert { at: usize, text: String },
    Swap { at: usize, with: usize },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let pieces = prop::sample::select(vec![
        "[",
        "]",
        "{",
        "}",
        ":",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\t",
        "&a ",
        "*a",
        "<<: *a",
        "!!str ",
        "|",
        ">",
        "'",
        "\"",
        "#",
        "---\n",
        "${{ ",
        " }}",
        "~",
        "0",
        "-1",
        "99999999999999999999",
        "1e999",
        "é",
        "\u{0}",
        "\u{feff}",
        "\u{202e}",
        "target.name",
        "secrets.A",
        "100%",
        "5m",
        "name: x",
        "needs: [a]",
        "? ",
    ]);
    prop_oneof![
        (any::<usize>(), 1usize..40).prop_map(|(at, length)| Mutation::Remove { at, length }),
        (any::<usize>(), 1usize..200).prop_map(|(at, length)| Mutation::Repeat { at, length }),
        (any::<usize>(), pieces).prop_map(|(at, text)| Mutation::Insert { at, text: text.to_owned() }),
        (any::<usize>(), any::<usize>()).prop_map(|(at, with)| Mutation::Swap { at, with }),
    ]
}

fn mutate(text: &str, mutation: &Mutation) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let count = characters.len().max(1);
    match mutation {
        Mutation::Remove { at, length } => {
            let at = at % count;
            characters.drain(at.min(characters.len())..(at + length).min(characters.len()));
        }
        Mutation::Repeat { at, length } => {
            let at = at % count;
            let piece: Vec<char> = characters.iter().skip(at).take(*length).copied().collect();
            let at = at.min(characters.len());
            characters.splice(at..at, piece);
        }
        Mutation::Insert { at, text } => {
            let at = (at % count).min(characters.len());
            characters.splice(at..at, text.chars());
        }
        Mutation::Swap { at, with } => {
            if !characters.is_empty() {
                characters.swap(at % count, with % count);
            }
        }
    }
    characters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_yaml_like_text_never_panics(text in "([a-z]{1,6}: |- |\\[|\\]|\\{|\\}|, |\n {0,6}|\"|'|&a|\\*a|<<: |[0-9]{1,3}[smhd%]?|\\$\\{\\{ |\\}\\}|#|\\||>){0,60}") {
        check(&text);
    }

    #[test]
    fn mutated_fixtures_never_panic(pick in any::<prop::sample::Index>(), mutations in prop::collection::vec(mutation(), 1..8)) {
        let corpus = corpus();
        let mut text = corpus[pick.index(corpus.len())].clone();
        for mutation in &mutations {
            text = mutate(&text, mutation);
        }
        check(&text);
    }

    #[test]
    fn a_file_cut_anywhere_never_panics(pick in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>()) {
        let corpus = corpus();
        let text = &corpus[pick.index(corpus.len())];
        let end = (0..=text.len()).rev().find(|end| text.is_char_boundary(*end) && *end <= cut.index(text.len() + 1)).unwrap();
        check(&text[..end]);
    }
}

fn codes(text: &str) -> Vec<&'static str> {
    check(text).iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

#[test]
fn a_file_beyond_its_budgets_gives_one_finding() {
    let large = format!("name: x # {}", "x".repeat(1024 * 1024));
    assert_eq!(codes(&large), ["too_large"]);
    let wide = format!("name: x\nstages: [{}]", "a, ".repeat(60_000));
    assert_eq!(codes(&wide), ["too_large"]);
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        assert_eq!(codes(&format!("{}x{}", open.repeat(200), close.repeat(200))), ["too_deep"], "{open}");
    }
    let block = (0..200).fold(String::new(), |text, depth| format!("{text}{}a:\n", " ".repeat(depth)));
    assert_eq!(codes(&block), ["too_deep"]);
    let chain = (1..100).fold("a0: &a0 [x]\n".to_owned(), |text, at| format!("{text}a{at}: &a{at} [*a{}]\n", at - 1));
    assert_eq!(codes(&chain), ["too_deep"]);
}

#[test]
fn a_thousand_mistakes_are_cut_off_and_counted() {
    let keys = (0..1000).fold(String::from("name: x\nstages: []\n"), |text, at| format!("{text}key{at}: 1\n"));
    let diagnostics = check(&keys);
    assert_eq!(diagnostics.len(), 201);
    let last = diagnostics.last().unwrap();
    assert_eq!((last.code.as_str(), last.message.as_str()), ("too_many_findings", "801 more findings are not shown"));
}

#[test]
fn long_names_are_shortened_in_messages() {
    let name = "x".repeat(500_000);
    let diagnostics = check(&format!("{name}: 1\nname: x\nstages: [{{name: a, jobs: [{{steps: [make], needs: [{name}]}}]}}]\n"));
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.message.len() < 300), "{diagnostics:?}");
}
