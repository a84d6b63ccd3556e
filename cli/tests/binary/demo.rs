//! The tour is the acceptance test: real processes, a real repository, real services, every promise checked.

use crate::program::Program;

#[test]
fn every_promise_of_the_fast_tour_comes_true() {
    let program = Program::new();
    let ran = program.run(&["demo", "--fast"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    for promise in ["✓ the bad commit was rolled back", "✓ no visitor was let down", "✓ no deployment was lost or doubled"] {
        assert!(ran.stdout.contains(promise), "{promise:?} is missing in\n{}", ran.stdout);
    }
    let broken: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with('✗')).collect();
    assert!(broken.is_empty(), "{broken:?}\n{}", ran.stdout);
}
