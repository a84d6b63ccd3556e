//! A small campaign in the ordinary tests; `make sim` runs the large one.

use testkit::sim::campaign::{Campaign, in_words, run};
use testkit::sim::history::{play, replay};
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
