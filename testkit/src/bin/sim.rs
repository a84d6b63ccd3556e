//! `sim --histories N [--first-seed N] [--threads N] [--keep-going]` plays seeded histories over the core;
//! `sim --seed N` tells one of them step by step; `sim --mutants N` shows that planted bugs are found.

use std::process::ExitCode;

use testkit::sim::campaign::{Campaign, in_words, run};
use testkit::sim::history::{Told, play, tell};
use testkit::sim::mutant::Mutant;
use testkit::sim::shrink::shrink;

/// A campaign of this size must have met every rare state.
const LARGE: u64 = 2_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).and_then(|text| text.parse::<u64>().ok())
    };
    match (value("--seed"), value("--mutants")) {
        (Some(seed), _) => one(seed),
        (None, Some(histories)) => mutants(histories),
        (None, None) => {
            let threads = usize::try_from(value("--threads").unwrap_or(2)).unwrap_or(2);
            campaign(Campaign {
                first_seed: value("--first-seed").unwrap_or(1),
                histories: value("--histories").unwrap_or(1_000),
                threads,
                mutant: None,
                keeps_going: arguments.iter().any(|a| a == "--keep-going"),
            })
        }
    }
}

fn one(seed: u64) -> ExitCode {
    let told = play(seed, None);
    if told.violation.is_none() {
        println!("{}\n{} inputs, trace {:016x}", tell(&told.steps, None).join("\n"), told.inputs, told.hash);
        return ExitCode::SUCCESS;
    }
    shrunk(told);
    ExitCode::FAILURE
}

fn shrunk(told: Told) {
    println!("{}", in_words(&told, 30));
    let told = shrink(told, None);
    println!("\nshrunk: {}\n{}", in_words(&told, 0), tell(&told.steps, None).join("\n"));
}

#[expect(clippy::disallowed_methods, reason = "how long the campaign took is printed and decides nothing")]
fn campaign(campaign: Campaign) -> ExitCode {
    let began = std::time::Instant::now();
    let Campaign { histories, threads, .. } = campaign;
    let outcome = run(campaign);
    let seconds = began.elapsed().as_secs_f64();
    let (played, inputs) = (outcome.histories, outcome.inputs);
    println!("{played} histories, {inputs} inputs in {seconds:.1} s on {threads} threads, trace {:016x}", outcome.hash);
    if campaign.keeps_going {
        for (seed, invariant) in &outcome.failures {
            println!("seed {seed} breaks {invariant}");
        }
    }
    if let Some(failure) = outcome.failure {
        let seed = failure.seed;
        shrunk(failure);
        println!("\nagain: sim --seed {seed}");
        return ExitCode::FAILURE;
    }
    let missing = outcome.reached.missing();
    for rare in &missing {
        println!("never met: {}", rare.in_words());
    }
    if missing.is_empty() || histories < LARGE { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn mutants(histories: u64) -> ExitCode {
    let mut escaped = false;
    for mutant in Mutant::ALL {
        let outcome = run(Campaign { first_seed: 1, histories, threads: 2, mutant: Some(*mutant), keeps_going: false });
        match outcome.failure {
            Some(told) => {
                let invariant = told.violation.map_or("", |v| v.invariant);
                println!("{mutant:?}: {invariant} after {} histories", outcome.histories);
            }
            None => {
                escaped = true;
                println!("{mutant:?} ({}) ESCAPED {} histories", mutant.in_words(), outcome.histories);
            }
        }
    }
    if escaped { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
