//! Where in the sources a failed job says that something is wrong.

use std::sync::Arc;

use super::Engine;
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::row::AttemptState;
use crate::ports::forge::Annotation;
use protocol::{AttemptId, Outcome};

/// Of the end of each log.
const LINES: u64 = 400;
const MOST_JOBS: usize = 5;
const MOST: usize = 20;
const MESSAGE_CHARS: usize = 500;

impl Engine {
    /// What the logs of a release's failed jobs point at, in their order. A log that cannot be read points at nothing.
    pub(crate) async fn annotations(self: &Arc<Self>, pipeline: &PipelineId, release: ReleaseNumber) -> Vec<Annotation> {
        let failed = self.view(pipeline, |state| {
            let plan = state.plan(release)?;
            let failed = state.attempts_of(release).filter(|attempt| {
                attempt.state == AttemptState::Ended && matches!(attempt.outcome, Some(Outcome::Failed { .. } | Outcome::Signalled { .. }))
            });
            let named = failed.filter_map(|attempt| Some((attempt.id.clone(), plan.node(attempt.node)?.key.clone())));
            Some(named.take(MOST_JOBS).collect::<Vec<(AttemptId, String)>>())
        });
        let mut found: Vec<Annotation> = Vec::new();
        for (attempt, key) in failed.await.ok().flatten().unwrap_or_default() {
            let total = self.log(&attempt, 0, 1).await.map_or(0, |page| page.total_lines);
            let Ok(page) = self.log(&attempt, total.saturating_sub(LINES), LINES).await else { continue };
            found.extend(read(&key, &page.lines));
        }
        found.dedup();
        found.truncate(MOST);
        found
    }
}

fn read(key: &str, lines: &[String]) -> Vec<Annotation> {
    let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        // rustc puts the place below the message.
        let arrow = line.trim_start().strip_prefix("--> ");
        let Some((path, number, rest)) = place(arrow.unwrap_or(line.trim())) else { continue };
        let above = at.checked_sub(1).and_then(|above| lines.get(above)).map(|above| above.trim());
        let message = if arrow.is_some() { above.unwrap_or_default() } else { rest };
        if message.is_empty() || (arrow.is_none() && message.starts_with("warning")) {
            continue;
        }
        found.push(Annotation { path, line: number, title: key.to_owned(), message: message.chars().take(MESSAGE_CHARS).collect() });
    }
    found
}

/// `path:line[:column]: message` with a path of the repository, as compilers and linters write it.
fn place(text: &str) -> Option<(String, u64, &str)> {
    let (path, rest) = text.split_once(':')?;
    let path = path.strip_prefix("./").unwrap_or(path);
    let (_, extension) = path.rsplit_once('.')?;
    let is_path = !path.starts_with('/')
        && path.len() <= 300
        && !path.split('/').any(|part| part.is_empty() || part == "..")
        && !path.contains([' ', '\\', '(', '"'])
        && (1..=5).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphabetic());
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let line = rest[..digits].parse::<u64>().ok().filter(|line| is_path && (1..10_000_000).contains(line))?;
    let mut rest = &rest[digits..];
    if let Some(column) = rest.strip_prefix(':') {
        let digits = column.bytes().take_while(u8::is_ascii_digit).count();
        rest = if digits > 0 { &column[digits..] } else { rest };
    }
    Some((path.to_owned(), line, rest.trim_start_matches(':').trim()))
}

/// Without colours and other controls.
fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => _ = letters.by_ref().find(|letter| letter.is_ascii_alphabetic()),
            letter if letter.is_control() && letter != '\t' => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_and_linters_are_understood_and_everything_else_is_left_alone() {
        let lines = [
            "\u{1b}[1;31merror\u{1b}[0m[E0308]: mismatched types",
            "  --> src/main.rs:3:5",
            "./cmd/main.go:12:4: undefined: x",
            "web/app.ts:7: Unexpected token",
            "lib/x.c:9:1: warning: unused",
            "12:30:01 connecting to 127.0.0.1:8080: refused",
            "http://example.org:80/x: no",
            "/etc/passwd:1:1: root",
            "../outside.rs:1:1: no",
            "src/..:1: no",
            "src/main.rs:0:1: no",
            "src/main.rs:99999999999999999999:1: no",
            "ä.rs:1:",
        ];
        let found = read("build/test", &lines.map(str::to_owned));
        let seen: Vec<_> = found.iter().map(|found| format!("{}:{} {}", found.path, found.line, found.message)).collect();
        assert_eq!(seen, ["src/main.rs:3 error[E0308]: mismatched types", "cmd/main.go:12 undefined: x", "web/app.ts:7 Unexpected token"]);
    }
}
