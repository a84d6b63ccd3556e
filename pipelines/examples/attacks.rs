//! How long the compiler takes for what attackers are known to send, and how much memory: `cargo run --profile sim -p tidegate-pipelines
//! --example attacks`. Each is compiled in a process of its own, so that one does not pay for another.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement that cannot be made ends the program")]

#[path = "../tests/attacks/mod.rs"]
mod attacks;

use std::fs;
use std::process::{Command, ExitCode};

use attacks::measure::{MOST_MB, MOST_MS, peak_mb, processor_ms};
use pipelines::dynamic::{Joining, compile_fragment};
use pipelines::plan::{NodeIx, Plan};
use pipelines::{Blocks, Diagnostic, Environment, ExpandInput, SourceFile, compile_in, expand};

/// The kernel brings a thread's time up to date every few milliseconds: so much is measured of each at the least.
const MEASURED_MS: f64 = 150.0;

struct Attack {
    what: &'static str,
    bytes: Vec<u8>,
    /// What a job uploads, instead of a file of a repository.
    is_uploaded: bool,
}

fn main() -> ExitCode {
    if let Some(at) = std::env::args().nth(1) {
        let attack = all().into_iter().nth(at.parse().unwrap()).unwrap();
        println!("{}", measured(&attack));
        return ExitCode::SUCCESS;
    }
    println!("| what | as | finding | processor time | memory |\n| --- | --- | --- | --- | --- |");
    let mut is_good = true;
    for (at, attack) in all().iter().enumerate() {
        let output = Command::new(std::env::current_exe().unwrap()).arg(at.to_string()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let [ms, mb, finding] = said.trim_end().splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{}: {said}", attack.what) };
        let is_within = ms.parse::<f64>().unwrap() <= MOST_MS && mb.parse::<f64>().unwrap() <= MOST_MB && finding != "nothing";
        is_good &= is_within;
        let (kind, fails) = (if attack.is_uploaded { "an upload" } else { "a file" }, if is_within { "" } else { " **FAIL**" });
        println!("| {} | {kind} | {finding} | {ms} ms{fails} | {mb} MB |", attack.what);
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all() -> Vec<Attack> {
    let utf16: Vec<u8> = std::iter::once(0xfeff_u16).chain("name: x".encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut attacks: Vec<(&str, Vec<u8>)> = attacks::all().into_iter().map(|(what, text, _)| (what, text.into_bytes())).collect();
    attacks.extend([
        ("100 MB", vec![b'a'; 100 * 1024 * 1024]),
        ("UTF-16", utf16),
        ("Latin-1", b"name: x\n# caf\xe9\n".to_vec()),
        ("a zero byte", b"name: x\nstages: \0".to_vec()),
    ]);
    let both = |(what, bytes): (&'static str, Vec<u8>)| {
        // What a job adds has no name of its own.
        let uploaded = bytes.strip_prefix(b"name: x\n").unwrap_or(&bytes).to_vec();
        [Attack { what, bytes, is_uploaded: false }, Attack { what, bytes: uploaded, is_uploaded: true }]
    };
    attacks.into_iter().flat_map(both).collect()
}

fn measured(attack: &Attack) -> String {
    let environment = Environment { splices: true, ..Environment::of_blocks(&Blocks::built_in()) };
    let plan = base(&environment);
    // What making the text took is not counted.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let start = processor_ms();
    let mut rounds = 1.0;
    let mut finding = found(attack, &plan, &environment).into_iter().next();
    while processor_ms() - start < MEASURED_MS {
        finding = found(attack, &plan, &environment).into_iter().next();
        rounds += 1.0;
    }
    let took_ms = (processor_ms() - start) / rounds;
    // Everything that the process has, but for the text itself where that alone is more.
    let given_mb = if attack.bytes.len() > 10_000_000 { attack.bytes.len() as f64 / 1_048_576.0 } else { 0.0 };
    let said = finding.map_or_else(|| "nothing".to_owned(), |found| format!("`{}`: {}", found.code.as_str(), found.message));
    format!("{took_ms:.2} {:.0} {said}", peak_mb() - given_mb)
}

fn found(attack: &Attack, plan: &Plan, environment: &Environment) -> Vec<Diagnostic> {
    let source = match SourceFile::of_bytes("attack.yaml", &attack.bytes) {
        Ok(source) => source,
        Err(finding) => return vec![*finding],
    };
    if !attack.is_uploaded {
        return compile_in(&source, environment).1;
    }
    let by = plan.nodes.iter().position(|node| node.key == "build/generate").unwrap();
    compile_fragment(&source, &Joining { plan, by: NodeIx(u32::try_from(by).unwrap()) }, environment).1
}

fn base(environment: &Environment) -> Plan {
    let source = SourceFile::new("pipeline.yaml", "name: x\nstages: [{name: build, generate: {run: x}}]");
    expand(&compile_in(&source, environment).0.unwrap(), &ExpandInput::default()).unwrap()
}
