//! A small campaign in the ordinary tests; `make sim` runs the large one.

use testkit::sim::campaign::{Campaign, in_words, run};
use testkit::sim::history::{play, replay};
use testkit::sim::mutant::Mutant;
use testkit::sim::reached::ReachedSet;
use testkit::sim::shrink::shrink;

const HISTORIES: u64 = 60;

#[test]
fn a_small_campaign_breaks_no_invariant() {
    let outcome = run(Campaign { first_seed: 1, histories: HISTORIES, threads: 2, mutant: None, keeps_going: false });
    if let Some(failure) = outcome.failure {
        let shrunk = shrink(failure, None);
        panic!("{}", in_words(&shrunk, 30));
    }
    assert_eq!(outcome.histories, HISTORIES);
    assert!(outcome.inputs >= 200 * HISTORIES, "{} inputs are too few to say anything", outcome.inputs);
}

#[test]
fn r1_equal_seeds_give_equal_traces() {
    for seed in [3, 11, 19] {
        let (first, second) = (play(seed, None), play(seed, None));
        assert_eq!((first.hash, first.inputs), (second.hash, second.inputs), "seed {seed} is told in two ways");
        assert_ne!(first.hash, play(seed + 1, None).hash);
    }
}

#[test]
fn a_recorded_history_replays_without_its_world() {
    let told = play(5, None);
    let again = replay(5, &told.steps, None);
    assert_eq!(again.hash, told.hash);
    assert_eq!(again.violation, None);
}

/// Plays seeds until every rare state was met, or the bound is reached.
const RARE_WITHIN: u64 = 1_200;

#[test]
fn the_rare_states_are_met() {
    let mut reached = ReachedSet::default();
    let mut played = 0;
    while !reached.missing().is_empty() && played < RARE_WITHIN {
        let part = Campaign { first_seed: 1_000 + played, histories: 100, threads: 2, mutant: None, keeps_going: true };
        reached.join(&run(part).reached);
        played += part.histories;
    }
    let missing: Vec<&str> = reached.missing().into_iter().map(|rare| rare.in_words()).collect();
    assert!(missing.is_empty(), "{played} histories never met:\n  {}", missing.join("\n  "));
}

/// Each planted bug is found within this many histories.
const FOUND_WITHIN: u64 = 100;

/// What takes many histories is looked for by `sim --mutants 2000`, optimised.
const RARELY_FOUND: [Mutant; 5] =
    [Mutant::ForgetsRollback, Mutant::LeavesEarly, Mutant::IgnoresBarrier, Mutant::IgnoresAggregate, Mutant::OnePersonBreaksGlass];

#[test]
fn every_planted_bug_is_found() {
    let find = |mutant: &Mutant| {
        let campaign = Campaign { first_seed: 1, histories: FOUND_WITHIN, threads: 2, mutant: Some(*mutant), keeps_going: false };
        run(campaign).failure.is_some()
    };
    let escaped: Vec<String> = Mutant::ALL
        .iter()
        .filter(|mutant| !RARELY_FOUND.contains(mutant) && !find(mutant))
        .map(|m| format!("{m:?}: it {}", m.in_words()))
        .collect();
    assert!(escaped.is_empty(), "{FOUND_WITHIN} histories do not find:\n  {}", escaped.join("\n  "));
}
