//! The block conformance suite on every built-in block.
#![cfg(feature = "server")]
#![expect(clippy::expect_used, reason = "helpers of tests fail like tests")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

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

mod clusters;
mod ec2;
mod in_place;
mod lambda;
mod scripted;
mod shell_run;
mod site;
mod ssh;
mod terraform;

#[test]
fn the_binary_holds_each_block_as_the_repository_has_it() {
    let (embedded, lying) = (pipelines::Blocks::built_in(), testkit::blocks::library());
    let digests = |blocks: &pipelines::Blocks| -> Vec<(String, String)> {
        let digest = |name: &str| blocks.get(name).map(|block| block.digest().to_owned()).unwrap_or_default();
        blocks.names().map(|name| (name.to_owned(), digest(name))).collect()
    };
    assert_eq!(digests(&embedded), digests(&lying), "list every block and its files in pipelines/src/blocks/built_in.rs");
}

fn suite<S: Subject>(subject: S) -> Suite<S> {
    Suite::new(subject, program())
}

/// The runner without its symbols, as one is released: `ssh` and `ec2` bring the whole file to each new target.
fn program() -> &'static Path {
    static STRIPPED: OnceLock<PathBuf> = OnceLock::new();
    STRIPPED.get_or_init(|| {
        let stripped = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("block-runner-{}", std::process::id()));
        let status = Command::new("strip").arg("-o").arg(&stripped).arg(env!("CARGO_BIN_EXE_block-runner")).status();
        assert!(status.expect("strip, which comes with the linker").success());
        let place = stripped.with_file_name("block-runner");
        std::fs::rename(stripped, &place).expect("renamed");
        place
    })
}
