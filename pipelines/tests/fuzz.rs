//! The fuzz targets of `fuzz/`, driven without a nightly compiler: seeded mutations of the fixtures and of what attackers write
//! (docs/decisions/0021). An input is held to its time and the process to its memory; both are promised for an optimised build.

#![expect(clippy::panic, reason = "a test says what is wrong by failing")]

use std::fs;
use std::path::Path;

#[path = "attacks/measure.rs"]
mod measure;
#[path = "../../fuzz/src/targets.rs"]
mod targets;

use measure::{MOST_MB, MOST_MS, peak_mb, processor_ms};

const RUNS: u64 = 4_000;

#[test]
fn a_file_of_any_bytes_is_a_pipeline_or_says_why_not() {
    drive(
        targets::file,
        &corpus(&[
            "tests/fixtures/good",
            "tests/fixtures/bad",
            "examples/local/.tidegate",
            "examples/monorepo/.tidegate",
            "examples/orders/.tidegate",
        ]),
        1,
    );
}

#[test]
fn an_expression_of_any_bytes_has_a_value_or_says_why_not() {
    let texts = [
        "release.branch == 'main' && target.region.startsWith('eu-')",
        "[1, 2, 3].all(x, x < 10) || target.name in ['a', 'b']",
        "echo ${{ release.number + 1 }} and ${{ secrets.TOKEN }}",
        "'a'.matches('(a+)+$') ? 1 : -9223372036854775808 / -1",
        "{'a': [1u, 2.5e300, b'x', null]}['a'][0] % 0",
        "duration('1h') + timestamp('2026-01-01T00:00:00Z')",
    ];
    drive(targets::expression, &texts.map(|text| text.as_bytes().to_vec()), 2);
}

#[test]
fn an_upload_of_any_bytes_is_a_fragment_or_says_why_not() {
    drive(targets::upload, &corpus(&["tests/fixtures/fragments", "tests/fixtures/good", "examples/generators/.tidegate"]), 3);
}

/// Every input of the corpus as it is, then mutations of it and texts of nothing but pieces; the same in every run.
fn drive(target: fn(&[u8]), corpus: &[Vec<u8>], seed: u64) {
    assert!(corpus.len() >= 4, "the corpus is not where it was");
    corpus.iter().for_each(|bytes| target(bytes));
    let mut slowest = (0.0, Vec::new());
    for run in 0..RUNS {
        let mut random = Random(seed << 32 | run);
        let mut bytes = match random.below(8) {
            0 => (0..random.below(60)).flat_map(|_| random.pick(PIECES).bytes()).collect(),
            1 => (0..random.below(400)).map(|_| random.below(256) as u8).collect(),
            _ => random.pick(corpus).clone(),
        };
        for _ in 0..=random.below(6) {
            mutate(&mut bytes, corpus, &mut random);
        }
        bytes.truncate(256 * 1024);
        let start_ms = processor_ms();
        target(&bytes);
        let took_ms = processor_ms() - start_ms;
        if took_ms > slowest.0 {
            slowest = (took_ms, bytes);
        }
    }
    let (took_ms, bytes) = slowest;
    println!("slowest input: {took_ms:.1} ms of processor; peak memory {:.0} MB", peak_mb());
    assert!(took_ms <= MOST_MS, "{took_ms} ms for\n{}", String::from_utf8_lossy(&bytes));
    assert!(peak_mb() <= MOST_MB, "{} MB", peak_mb());
}

fn mutate(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() as u64 + 1) as usize;
    let end = (at + random.below(64) as usize).min(bytes.len());
    match random.below(11) {
        0 => drop(bytes.drain(at..end)),
        1 => {
            let piece = bytes.get(at..end).unwrap_or_default().repeat(1 + random.below(40) as usize);
            bytes.splice(at..at, piece);
        }
        2 => {
            let other = random.pick(corpus);
            let from = random.below(other.len() as u64 + 1) as usize;
            let to = (from + random.below(200) as usize).min(other.len());
            let piece = other.get(from..to).unwrap_or_default().to_vec();
            bytes.splice(at..at, piece);
        }
        3 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.below(256) as u8;
            }
        }
        4 => {
            let (open, close) = *random.pick(&[("[", "]"), ("{a: ", "}"), ("(", ")"), ("- ", ""), ("!", ""), ("- - ", "")]);
            let times = 1 + random.below(300) as usize;
            bytes.splice(end..end, close.repeat(times).into_bytes());
            bytes.splice(at..at, open.repeat(times).into_bytes());
        }
        // A file cut anywhere.
        5 => bytes.truncate(at),
        6 => {
            let other = random.below(bytes.len().max(1) as u64) as usize;
            if at < bytes.len() {
                bytes.swap(at, other);
            }
        }
        7 => {
            let number = *random.pick(&["0", "-1", "256", "257", "4001", "99999999999999999999", "1e999", "0x7f", "007", ".inf", "1_000"]);
            bytes.splice(at..end.min(at + 2), number.bytes());
        }
        _ => {
            let piece = *random.pick(PIECES);
            bytes.splice(at..at, piece.bytes());
        }
    }
}

const PIECES: &[&str] = &[
    ":",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "\n      ",
    "\t",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!!binary ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "#",
    "---\n",
    "...\n",
    "? ",
    "~",
    "${{ ",
    " }}",
    "${{ secrets.A }}",
    "${{ matrix.a }}",
    "\u{feff}",
    "\u{0}",
    "\u{202e}",
    "\r",
    "é",
    "name: x\n",
    "extends: ./shapes/service\n",
    "stages:\n",
    "jobs: [",
    "needs: [a]",
    "matrix: {a: [1, 2], b: [1, 2]}",
    "max_parallel: 0",
    "waves: {by: amazon, scale: large}",
    "targets: {inventory: targets.yaml}",
    "generate: {run: x}",
    "uses: ./blocks/mine",
    "uses: git::https://h/o/r//f@v1",
    "if: \"target.region == 'a'\"",
    "100%",
    "5m",
    "1h",
];

fn corpus(folders: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(root.join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}")));
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "yaml" || end == "json"));
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).collect()
}

/// SplitMix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len() as u64) as usize]
    }
}
