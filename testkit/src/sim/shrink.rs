use super::history::{Told, replay};
use super::mutant::Mutant;
use super::step::Step;

/// Steps that a shrinking may replay.
const BUDGET: usize = 300_000;

/// Drops steps for as long as the same invariant is still broken, the larger pieces first.
#[must_use]
pub fn shrink(told: Told, mutant: Option<Mutant>) -> Told {
    let Some(violation) = told.violation.clone() else { return told };
    let mut best = told;
    let mut budget = BUDGET;
    let mut size = best.steps.len() / 2;
    while size > 0 && budget > 0 {
        let mut at = 0;
        let mut dropped = false;
        while at < best.steps.len() && budget > 0 {
            budget = budget.saturating_sub(best.steps.len());
            let end = (at + size).min(best.steps.len());
            let steps: Vec<Step> = best.steps.iter().take(at).chain(best.steps.iter().skip(end)).cloned().collect();
            let again = replay(best.seed, &steps, mutant);
            if again.violation.as_ref().is_some_and(|v| v.invariant == violation.invariant) {
                best = again;
                dropped = true;
            } else {
                at += size;
            }
        }
        if !dropped || size > 1 {
            size /= 2;
        }
    }
    best
}
