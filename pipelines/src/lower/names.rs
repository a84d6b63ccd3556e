use std::collections::BTreeSet;

use super::Lower;
use crate::diagnostic::Code;
use crate::text::{Placed, Problem, Span, Spanned, shortened};

/// Keys of nodes that a stage has beside those of its jobs.
pub(super) const BESIDE_JOBS: &[&str] = &["start", "end", "before", "after", "on_failure", "finally"];
/// Prefixes of keys of nodes that a stage has beside those of its waves and targets.
pub(super) const BESIDE_WAVES: &[&str] = &["gates", "wave"];

const LONGEST: usize = 64;

impl Lower<'_> {
    /// Checks what people call something.
    pub(super) fn name(&mut self, what: &str, name: &Spanned<String>) {
        if !is_name(&name.value) {
            self.report(
                Problem::error(Code::BadName, name.span, format!("`{}` cannot be the name of {what}", shortened(&name.value)))
                    .expected("letters, digits, `.`, `_` and `-`, at most 64, the first a letter or digit"),
            );
        }
    }

    /// As [`Self::name`], for a name that becomes part of a key in the plan beside `reserved` ones.
    pub(super) fn key_name(&mut self, what: &str, name: &Spanned<String>, reserved: &[&str]) {
        self.name(what, name);
        if reserved.contains(&name.value.as_str()) {
            self.report(
                Problem::error(Code::BadName, name.span, format!("`{}` cannot be the name of {what}", name.value)).expected(format!(
                    "another name than {}",
                    reserved.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                )),
            );
        }
    }

    pub(super) fn target_name(&mut self, name: &Spanned<String>) {
        let parts: Vec<&str> = name.value.split('/').collect();
        let is_reserved = parts.first().is_some_and(|part| BESIDE_WAVES.contains(part));
        if parts.len() > 3 || is_reserved || !parts.iter().all(|part| is_name(part)) {
            self.report(
                Problem::error(Code::BadName, name.span, format!("`{}` cannot be the name of a target", shortened(&name.value)))
                    .expected("`account/region`, `account/region/unit` or a plain name such as `local/a`"),
            );
        }
    }

    /// Reports a name that is already in `seen`.
    pub(super) fn unique(&mut self, seen: &mut BTreeSet<String>, what: &str, name: &Spanned<String>) {
        if !seen.insert(name.value.clone()) {
            let problem = Problem::error(Code::DuplicateName, name.span, format!("two {what} are called `{}`", shortened(&name.value)));
            self.report(problem.help("give one of them another name"));
        }
    }

    /// The first `most` of `forms`; more are reported.
    pub(super) fn at_most<'f, T: Placed>(&mut self, most: usize, forms: &'f [T], what: &str) -> &'f [T] {
        if let Some(first) = forms.get(most) {
            let problem = Problem::error(Code::OutOfRange, first.span().part(0, 1), format!("there are {} {what} here", forms.len()));
            self.report(problem.expected(format!("at most {most}")));
        }
        forms.get(..most).unwrap_or(forms)
    }

    /// A path inside the workspace.
    pub(super) fn workspace_path(&mut self, path: &Spanned<String>) {
        let leaves = path.value.starts_with('/') || path.value.split('/').any(|part| part == "..") || path.value.contains('\0');
        if leaves || path.value.is_empty() {
            self.report(
                Problem::error(Code::BadPath, path.span, format!("`{}` is not a path inside the workspace", shortened(&path.value)))
                    .expected("a relative path without `..`"),
            );
        }
    }

    pub(super) fn address(&mut self, text: &str, span: Span) {
        let is_address = text.starts_with("https://") || text.starts_with("http://") || text.starts_with("${{");
        if !is_address || text.len() > 2048 {
            let problem = Problem::error(Code::BadFormat, span, format!("`{}` is not an address", shortened(text)));
            self.report(problem.expected("an address that begins with `https://` or `http://`"));
        }
    }
}

pub(crate) fn is_name(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    first && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}
