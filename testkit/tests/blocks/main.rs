//! The block conformance suite on every built-in block.
#![cfg(feature = "server")]
#![expect(clippy::expect_used, reason = "helpers of tests fail like tests")]

use testkit::blocks::{Subject, Suite};

/// Every check that each block must pass; `$subject` makes a new, empty target.
macro_rules! conforms {
    ($subject:expr) => {
        #[test]
        fn verbs_in_order() {
            crate::suite($subject).verbs_in_order();
        }

        #[test]
        fn verbs_repeated() {
            crate::suite($subject).verbs_repeated();
        }

        #[test]
        fn deployments_interrupted() {
            crate::suite($subject).deployments_interrupted();
        }

        #[test]
        fn an_unhealthy_release() {
            crate::suite($subject).an_unhealthy_release();
        }
    };
}

mod in_place;
mod shell_run;

fn suite<S: Subject>(subject: S) -> Suite<S> {
    Suite::new(subject, env!("CARGO_BIN_EXE_block-runner").as_ref())
}
