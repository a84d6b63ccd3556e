use std::str;

use engine::core::Time;
use engine::ports::{Commit, SourceError};

use super::mirror::Mirror;

/// Fields end with NUL; so does the last one, by `-z`.
const FORMAT: &str = "--format=tformat:%H%x00%ct%x00%an%x00%ae%x00%s";
const FIELDS: usize = 5;

/// What people see in one line.
const LONGEST_TITLE: usize = 500;

impl Mirror {
    /// One commit that the mirror holds.
    pub(super) async fn read_commit(&self, commit: &str) -> Result<Commit, SourceError> {
        if let Some(known) = self.remembered(commit) {
            return Ok(known);
        }
        let read = self.commits(None, commit, 1).await?.pop().ok_or_else(|| self.no_commit(commit))?;
        self.remember(&read);
        Ok(read)
    }

    /// Newest first, and none before what it was made from.
    pub(super) async fn commits(&self, from: Option<&str>, to: &str, limit: usize) -> Result<Vec<Commit>, SourceError> {
        let count = format!("--max-count={limit}");
        let without = from.map(|from| format!("^{from}"));
        let mut arguments = vec!["log", "-z", FORMAT, "--encoding=UTF-8", "--no-color", &count];
        if let Some(without) = &without {
            arguments.extend(["--topo-order", "--end-of-options", to, without]);
        } else {
            arguments.extend(["--end-of-options", to]);
        }
        arguments.push("--");
        let printed = self.question(&arguments, b"").await?;
        parse(&printed).map_err(|detail| self.malformed_text(detail))
    }

    /// The number of commits on the first-parent line up to `to` that are not in the history of `from`.
    pub(super) async fn first_parents(&self, from: Option<&str>, to: &str) -> Result<u64, SourceError> {
        let without = from.map(|from| format!("^{from}"));
        let mut arguments = vec!["rev-list", "--count", "--first-parent", "--end-of-options", to];
        arguments.extend(without.as_deref());
        let printed = self.question(&arguments, b"").await?;
        let count = str::from_utf8(&printed).ok().and_then(|text| text.trim().parse().ok());
        count.ok_or_else(|| self.malformed_text("git rev-list printed no number"))
    }
}

fn parse(printed: &[u8]) -> Result<Vec<Commit>, String> {
    let Some(printed) = printed.strip_suffix(b"\0") else {
        return if printed.is_empty() { Ok(Vec::new()) } else { Err("git log ended in the middle of a commit".to_owned()) };
    };
    let fields: Vec<&[u8]> = printed.split(|byte| *byte == 0).collect();
    let commits = fields.chunks(FIELDS).map(|fields| {
        let &[id, at, author, author_email, title] = fields else {
            return Err("git log printed half a commit".to_owned());
        };
        let seconds: i64 = text(at).parse().map_err(|_| format!("commit {} has no time", text(id)))?;
        Ok(Commit {
            id: text(id),
            title: text(title).chars().take(LONGEST_TITLE).collect(),
            author: text(author),
            author_email: text(author_email),
            committed_at: Time(seconds.saturating_mul(1000)),
        })
    });
    commits.collect()
}

/// Bytes that are no UTF-8 are shown as `\u{fffd}`.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
