use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::history::{Told, play};
use super::mutant::Mutant;
use super::reached::ReachedSet;
use super::world::START;

/// What came of many histories.
#[derive(Debug, Default)]
pub struct Outcome {
    pub histories: u64,
    pub inputs: u64,
    pub reached: ReachedSet,
    /// Over the hashes of all histories, in any order.
    pub hash: u64,
    /// The failing history with the smallest seed that was met.
    pub failure: Option<Told>,
    /// Every failing seed that was met, with what it breaks.
    pub failures: BTreeMap<u64, &'static str>,
}

/// Which histories are played, and how.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    pub first_seed: u64,
    pub histories: u64,
    pub threads: usize,
    pub mutant: Option<Mutant>,
    /// After a failure, the other histories are played all the same.
    pub keeps_going: bool,
}

/// Plays the seeds from the first on, until one fails.
#[must_use]
pub fn run(campaign: Campaign) -> Outcome {
    let Campaign { first_seed, histories, threads, mutant, keeps_going } = campaign;
    let (next, stop) = (AtomicU64::new(first_seed), AtomicBool::new(false));
    let outcome = Mutex::new(Outcome::default());
    let last = first_seed.saturating_add(histories);
    let work = || {
        let mut mine = Outcome::default();
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= last {
                break;
            }
            let told = play(seed, mutant);
            mine.histories += 1;
            mine.inputs += told.inputs;
            mine.hash ^= told.hash;
            mine.reached.join(&told.reached);
            if let Some(violation) = &told.violation {
                stop.store(!keeps_going, Ordering::Relaxed);
                mine.failures.insert(seed, violation.invariant);
                if mine.failure.is_none() {
                    mine.failure = Some(told);
                }
            }
        }
        // A thread that panicked has poisoned nothing that this one needs.
        let mut all = outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.join(mine);
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    outcome.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Outcome {
    fn join(&mut self, other: Self) {
        self.histories += other.histories;
        self.inputs += other.inputs;
        self.hash ^= other.hash;
        self.reached.join(&other.reached);
        self.failures.extend(other.failures);
        let smaller = |a: &Told, b: &Option<Told>| b.as_ref().is_none_or(|b| a.seed < b.seed);
        if let Some(failure) = other.failure.filter(|f| smaller(f, &self.failure)) {
            self.failure = Some(failure);
        }
    }
}

/// A failure for people: what is broken, and the last steps that led there.
#[must_use]
pub fn in_words(told: &Told, last: usize) -> String {
    let Some(violation) = &told.violation else { return format!("seed {}: nothing is broken", told.seed) };
    let from = told.steps.len().saturating_sub(last);
    let steps: Vec<String> = told.steps.iter().skip(from).map(|step| step.in_words(START)).collect();
    format!(
        "seed {} breaks {} ({})\n  {}\nsteps {from} to {}:\n{}",
        told.seed,
        violation.invariant,
        super::says(violation.invariant),
        violation.detail,
        told.steps.len(),
        steps.join("\n")
    )
}
