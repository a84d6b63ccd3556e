//! Texts that attackers are known to send; `tests/robustness.rs` wants one clear finding of each, `examples/attacks.rs` measures them.

pub(crate) mod measure;

use std::fmt::Write as _;

/// Name, text, and the code of the finding.
pub(crate) fn all() -> Vec<(&'static str, String, &'static str)> {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (level, name) in "bcdefghi".chars().enumerate() {
        let before = "abcdefgh".chars().nth(level).unwrap();
        writeln!(bomb, "{name}: &{name} [{}]", vec![format!("*{before}"); 9].join(", ")).unwrap();
    }
    let axis = format!("[{}]", (0..1000).map(|value| value.to_string()).collect::<Vec<_>>().join(", "));
    let steps = "steps: [make]";
    let circle = (0..2000).fold(String::from("name: x\nstages:\n  - name: s\n    jobs:\n"), |text, at| {
        format!("{text}      - {{name: j{at}, needs: [j{}], {steps}}}\n", (at + 1) % 2000)
    });
    let keys = |count: usize| (0..count).map(|at| format!("key{at}: 1\n")).collect::<String>();
    vec![
        ("a bomb of aliases", bomb, "too_large"),
        (
            "a matrix of a million",
            format!("name: x\nstages: [{{name: s, jobs: [{{name: j, matrix: {{a: {axis}, b: {axis}}}, {steps}}}]}}]"),
            "matrix_too_large",
        ),
        (
            "300 matrices of 256",
            format!(
                "name: x\nstages:\n  - name: s\n    jobs:\n{}",
                (0..300)
                    .map(|at| format!(
                        "      - {{name: j{at}, matrix: {{a: &a{at} [{}], b: *a{at}}}, {steps}}}\n",
                        "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15"
                    ))
                    .collect::<String>()
            ),
            "too_many_nodes",
        ),
        ("a circle of 2,000", circle, "needs_cycle"),
        ("deep nesting", format!("name: {}x{}", "[".repeat(10_000), "]".repeat(10_000)), "too_deep"),
        ("one key twice", "name: x\nname: y\nstages: []".to_owned(), "duplicate_key"),
        ("unknown keys", format!("name: x\nstages: []\n{}", keys(20_000)), "unknown_key"),
        ("a wide list", format!("name: x\nstages: [{}]", "a, ".repeat(200_000)), "too_large"),
        ("one long line", format!("name: {}\nstages: []", "x".repeat(1_000_000)), "bad_name"),
        (
            "a deep expression",
            format!("name: x\nstages: [{{name: s, jobs: [{{if: '{}1', {steps}}}]}}]", "(".repeat(3000)),
            "bad_expression",
        ),
    ]
}
