use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::Path;

/// Limits of what steps may report: the protocol's [`protocol::Report`].
const MAX_KEYS: usize = 64;
const MAX_VALUE_BYTES: usize = 16 * 1024;
const MAX_SUMMARY_BYTES: usize = 256 * 1024;
/// What is read of a file that a step wrote; beyond it is beyond every limit.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;
const MAX_KEY_BYTES: usize = 128;

/// Why a step's `$TIDEGATE_OUTPUT` was not taken. Names the line, never a value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    #[error("line {line} of $TIDEGATE_OUTPUT is neither `key=value` nor `key<<END`")]
    Shape { line: usize },
    #[error(
        "line {line} of $TIDEGATE_OUTPUT: {key:?} is not a name of an output (letters, digits, `_`, `-`, `.`; at most {MAX_KEY_BYTES})"
    )]
    Key { line: usize, key: String },
    #[error("the output {key:?} began in line {line} is never closed by a line {end:?}")]
    Unclosed { line: usize, key: String, end: String },
    #[error("the output {key:?} is longer than {MAX_VALUE_BYTES} bytes; leave large things as an artifact")]
    TooLong { key: String },
    #[error("more than {MAX_KEYS} outputs; leave large things as an artifact")]
    TooMany,
    #[error("$TIDEGATE_OUTPUT is larger than {MAX_FILE_BYTES} bytes; leave large things as an artifact")]
    FileTooLarge,
}

/// Reads `key=value` lines and `key<<END` … `END` blocks into `outputs`; a later key wins.
pub(super) fn merge(text: &str, outputs: &mut BTreeMap<String, String>) -> Result<(), Error> {
    if text.len() as u64 >= MAX_FILE_BYTES {
        return Err(Error::FileTooLarge);
    }
    let mut lines = (1..).zip(text.lines());
    while let Some((line, content)) = lines.next() {
        if content.trim().is_empty() {
            continue;
        }
        let heredoc = content.find("<<").filter(|at| content.find('=').is_none_or(|equals| *at < equals));
        let (key, value) = match (heredoc, content.split_once('=')) {
            (Some(at), _) => {
                let (key, end) = (content.get(..at).unwrap_or_default(), content.get(at + 2..).unwrap_or_default().trim());
                (key, block(&mut lines, end).ok_or_else(|| Error::Unclosed { line, key: key.to_owned(), end: end.to_owned() })?)
            }
            (None, Some((key, value))) => (key, value.to_owned()),
            (None, None) => return Err(Error::Shape { line }),
        };
        if key.is_empty() || key.len() > MAX_KEY_BYTES || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b)) {
            return Err(Error::Key { line, key: key.chars().take(40).collect() });
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(Error::TooLong { key: key.to_owned() });
        }
        outputs.insert(key.to_owned(), value);
    }
    within_limits(outputs)
}

/// All steps of a job share one limit.
pub(super) fn within_limits(outputs: &BTreeMap<String, String>) -> Result<(), Error> {
    if outputs.len() > MAX_KEYS { Err(Error::TooMany) } else { Ok(()) }
}

/// Reads what a step wrote, as far as any limit allows; empty when it wrote nothing.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    match std::fs::File::open(path) {
        Ok(file) => file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Cuts a masked summary to its limit, with a line that says so.
pub(super) fn cut_summary(mut summary: String) -> String {
    const NOTICE: &str = "\n\n*The summary was cut here: it is longer than 256 KiB.*\n";
    if summary.len() > MAX_SUMMARY_BYTES {
        summary.truncate(summary.floor_char_boundary(MAX_SUMMARY_BYTES - NOTICE.len()));
        summary.push_str(NOTICE);
    }
    summary
}

fn block<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>, end: &str) -> Option<String> {
    let mut value = Vec::new();
    for (_, content) in lines {
        if content == end && !end.is_empty() {
            return Some(value.join("\n"));
        }
        value.push(content);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(text: &str) -> Result<BTreeMap<String, String>, Error> {
        let mut outputs = BTreeMap::new();
        merge(text, &mut outputs).map(|()| outputs)
    }

    #[test]
    fn lines_and_blocks_are_read_and_a_later_key_wins() {
        let outputs = merged("a=1\n\nb.c=x=y<<z\nnotes<<END\nfirst\n\nlast\nEND\na=2\nempty=\n").expect("well formed");
        let expected = [("a", "2"), ("b.c", "x=y<<z"), ("empty", ""), ("notes", "first\n\nlast")];
        assert_eq!(outputs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn what_is_malformed_is_named_by_its_line() {
        assert_eq!(merged("a=1\nrubbish\n"), Err(Error::Shape { line: 2 }));
        assert_eq!(merged("a b=1"), Err(Error::Key { line: 1, key: "a b".to_owned() }));
        assert_eq!(merged("a<<END\nx"), Err(Error::Unclosed { line: 1, key: "a".to_owned(), end: "END".to_owned() }));
        assert_eq!(merged("a<<\n\n"), Err(Error::Unclosed { line: 1, key: "a".to_owned(), end: String::new() }));
        assert_eq!(merged(&format!("a={}", "x".repeat(MAX_VALUE_BYTES + 1))), Err(Error::TooLong { key: "a".to_owned() }));
        let many: String = (0..=MAX_KEYS).map(|key| format!("k{key}=1\n")).collect();
        assert_eq!(merged(&many), Err(Error::TooMany));
    }

    #[test]
    fn a_long_summary_is_cut_at_a_character() {
        let cut = cut_summary("ä".repeat(MAX_SUMMARY_BYTES));
        assert!(cut.len() <= MAX_SUMMARY_BYTES && cut.ends_with("256 KiB.*\n"), "{}", cut.len());
    }

    proptest::proptest! {
        #[test]
        fn rubbish_is_an_error_and_never_a_panic(text in "[a-c=<\nEND ]{0,200}|.{0,200}") {
            let _either = merged(&text);
        }
    }
}
