//! Whatever is uploaded in whatever order.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use crate::release::{Release, fragment};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_uploaded_in_whatever_order_the_plan_stays_sound(
        uploads in prop::collection::vec((1_u32..3, prop::collection::vec((0_u8..5, prop::collection::vec(0_u8..7, 0..3), any::<bool>(), 0_u8..2), 1..4)), 1..5),
        begun in prop::sample::select(vec!["", "build/package"]),
    ) {
        let mut release = Release::new();
        if !begun.is_empty() {
            release.begin(begun);
        }
        for (attempt, jobs) in uploads {
            let mut text = String::from("jobs:\n");
            let names: BTreeSet<u8> = jobs.iter().map(|job| job.0).collect();
            for (name, needs, replace, content) in &jobs {
                let needs: Vec<String> = needs.iter().map(|need| match need {
                    5 => "report".to_owned(),
                    6 => "package".to_owned(),
                    need => format!("j{need}"),
                }).collect();
                writeln!(text, "  - {{name: j{name}, needs: [{}], replace: {replace}, steps: ['{content}']}}", needs.join(", ")).unwrap();
            }
            if names.len() == jobs.len()
                && let Ok(fragment) = fragment(&release.plan, "build/generate", &text)
            {
                // `add_compiled` checks that the plan is sound, and unchanged by what is refused.
                let first = release.add_compiled("build/generate", attempt, &fragment);
                if first.is_ok() {
                    prop_assert!(release.add_compiled("build/generate", attempt, &fragment).unwrap().is_empty(), "the same twice");
                }
            }
        }
    }
}
