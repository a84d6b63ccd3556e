//! What an attacker or an accident may hand in: one clear finding, within 50 ms and 64 MB.
//!
//! `fuzz.rs` looks for what nobody thought of; here is what attackers are known to send.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod attacks;

use attacks::measure::{MOST_MB, MOST_MS, peak_mb, processor_ms};
use pipelines::dynamic::{Joining, compile_fragment};
use pipelines::inventory::Inventory;
use pipelines::lock::Lock;
use pipelines::plan::{NodeIx, Plan};
use pipelines::policy::Policy;
use pipelines::{Aspect, Blocks, Diagnostic, Environment, ExpandInput, SourceFile, compile_in, expand};
use proptest::prelude::*;

fn environment() -> Environment {
    Environment { splices: true, ..Environment::of_blocks(&Blocks::built_in()) }
}

/// One of three times: the kernel brings a thread's time up to date every few milliseconds only.
fn in_time<T>(what: &str, work: impl Fn() -> T) -> T {
    let mut took_ms = Vec::new();
    for _ in 0..3 {
        let start_ms = processor_ms();
        let answer = work();
        took_ms.push(processor_ms() - start_ms);
        if took_ms.last().is_some_and(|took| *took <= MOST_MS) {
            return answer;
        }
    }
    unreachable!("{what} took {took_ms:?} ms of {MOST_MS}")
}

fn compile(text: &str) -> Vec<Diagnostic> {
    let source = SourceFile::new("pipeline.yaml", text);
    let (pipeline, diagnostics) = compile_in(&source, &environment());
    assert!(pipeline.is_some() || !diagnostics.is_empty());
    diagnostics
}

fn base() -> Plan {
    let source = SourceFile::new("pipeline.yaml", "name: x\nstages: [{name: build, generate: {run: x}}]");
    let (pipeline, _) = compile_in(&source, &environment());
    expand(&pipeline.unwrap(), &ExpandInput::default()).unwrap()
}

fn upload(plan: &Plan, text: &str) -> Vec<Diagnostic> {
    let by = plan.nodes.iter().position(|node| node.key == "build/generate").unwrap();
    let joining = Joining { plan, by: NodeIx(u32::try_from(by).unwrap()) };
    compile_fragment(&SourceFile::new("uploaded", text), &joining, &environment()).1
}

#[test]
fn every_attack_on_a_file_is_one_clear_finding_in_time() {
    for (what, text, code) in attacks::all() {
        let diagnostics = in_time(what, || compile(&text));
        assert!(diagnostics.iter().any(|diagnostic| diagnostic.code.as_str() == code), "{what}: {diagnostics:#?}");
        assert!(diagnostics.len() <= 201 && diagnostics.iter().all(|diagnostic| diagnostic.message.len() < 400), "{what}");
    }
    assert!(peak_mb() <= MOST_MB, "{} MB", peak_mb());
}

#[test]
fn every_attack_on_an_upload_is_one_clear_finding_in_time() {
    let plan = base();
    for (what, text, _) in attacks::all() {
        // The same text where the keys of a fragment are: what is a stage there is one here.
        let diagnostics = in_time(what, || upload(&plan, &text));
        assert!(!diagnostics.is_empty() && diagnostics.len() <= 201, "{what}");
    }
}

#[test]
fn an_upload_of_100_mb_is_refused_without_being_read() {
    let bytes = vec![b'a'; 100 * 1024 * 1024];
    let finding = in_time("100 MB", || SourceFile::of_bytes("uploaded", &bytes).unwrap_err());
    assert_eq!((finding.code.as_str(), finding.message.as_str()), ("too_large", "the file has 104857600 bytes"));
    let text = String::from_utf8(bytes).unwrap();
    let diagnostics = in_time("100 MB of text", || upload(&base(), &text));
    assert_eq!(diagnostics[0].code.as_str(), "too_large");
}

#[test]
fn other_encodings_are_named_with_what_converts_them_and_a_byte_order_mark_is_no_error() {
    let finding = |bytes: &[u8]| SourceFile::of_bytes("f.yaml", bytes).unwrap_err();
    let utf16 = |marked: bool, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        marked.then_some(0xfeff_u16).into_iter().chain("name: café\n".encode_utf16()).flat_map(bytes).collect()
    };
    for (bytes, message, from) in [
        (utf16(true, u16::to_le_bytes), "the file is UTF-16 (little-endian), by its byte order mark FF FE", "UTF-16"),
        (utf16(true, u16::to_be_bytes), "the file is UTF-16 (big-endian), by its byte order mark FE FF", "UTF-16"),
        (utf16(false, u16::to_le_bytes), "the file is UTF-16 (little-endian) without a byte order mark, by its zero bytes", "UTF-16LE"),
        (utf16(false, u16::to_be_bytes), "the file is UTF-16 (big-endian) without a byte order mark, by its zero bytes", "UTF-16BE"),
    ] {
        let found = finding(&bytes);
        let line = format!("{message}; expected UTF-8 (save the file as UTF-8, or convert it: `iconv -f {from} -t UTF-8`)");
        assert_eq!((found.in_a_line(), found.place.line, found.place.column), (line, 1, 1));
        assert!(found.render(&SourceFile::shown("f.yaml", &bytes)).contains("1 | name: café"), "what it says is shown all the same");
    }
    assert_eq!(finding(&[0xff, 0xfe, 0, 0, b'n', 0, 0, 0]).message, "the file is UTF-32, by its byte order mark");
    assert_eq!(finding(b"n\0\0\0a\0\0\0").message, "the file is UTF-32 (little-endian) without a byte order mark, by its zero bytes");
    assert_eq!(finding(b"name: x\nstages: \0").message, "a zero byte at line 2, column 9");
    assert_eq!(finding(&[0; 64]).message, "a zero byte at line 1, column 1");
    let latin1 = b"\xef\xbb\xbfname: x\n# \xc3\xa9t\xc3\xa9 caf\xe9\n";
    insta::assert_snapshot!(finding(latin1).render(&SourceFile::shown("f.yaml", latin1)), @r"
    error[encoding]: the byte 0xE9 at line 2, column 10 is not UTF-8; in Latin-1 it would be `é`
     --> f.yaml:2:10
      |
    2 | # été caf�
      |          ^
      = expected: UTF-8
      = help: save the file as UTF-8, or convert it: `iconv -f WINDOWS-1252 -t UTF-8`
    ");
    assert_eq!(finding(b"a: \x80").message, "the byte 0x80 at line 1, column 4 is not UTF-8");
    let marked = SourceFile::of_bytes("f", b"\xef\xbb\xbfname: x\nstages: [{name: s, jobs: [{steps: [make]}]}]").unwrap();
    assert!(compile_in(&marked, &environment()).0.is_some());
    // A mark inside of a text that was decoded elsewhere is no reason to fail either.
    assert!(compile("\u{feff}name: x\nstages: [{name: s, jobs: [{steps: [make]}]}]").is_empty());
}

fn codes(text: &str) -> Vec<&'static str> {
    compile(text).iter().map(|diagnostic| diagnostic.code.as_str()).collect()
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
    let diagnostics = compile(&keys);
    assert_eq!(diagnostics.len(), 201);
    let last = diagnostics.last().unwrap();
    assert_eq!((last.code.as_str(), last.message.as_str()), ("too_many_findings", "801 more findings are not shown"));
}

#[test]
fn long_names_are_shortened_in_messages() {
    let name = "x".repeat(500_000);
    let diagnostics = compile(&format!("{name}: 1\nname: x\nstages: [{{name: a, jobs: [{{steps: [make], needs: [{name}]}}]}}]\n"));
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.message.len() < 300), "{diagnostics:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_text_or_a_finding(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        match SourceFile::of_bytes("f", &bytes) {
            Ok(source) => _ = compile_in(&source, &environment()),
            Err(finding) => prop_assert!(!finding.message.is_empty()),
        }
    }

    #[test]
    fn no_reader_panics(
        text in "(jobs: |stages: |targets: |rules: |blocks: |version: 1|name: |needs: |generate: |matrix: |extends: |waves: |by: amazon|overrides: |allow: |where: |- |\\[|\\]|\\{|\\}|, |\n {0,6}|a|\\$\\{\\{ |\\}\\}|\"){0,40}",
    ) {
        let _ = upload(&base(), &text);
        let _ = Inventory::read("f", &text);
        let _ = Lock::read(&text);
        let _ = Policy::read("f", &text);
        let _ = Aspect::read("f", &text);
        let _ = compile(&text);
    }
}
