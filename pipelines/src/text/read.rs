use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{Node, Span, Value};
use crate::diagnostic::{Code, Diagnostic, Lines, Severity};

/// Nobody reads more than this at once.
const FINDINGS: usize = 200;
/// Before those that say the same are taken out.
const KEPT: usize = FINDINGS + 56;
/// How many names a message lists.
const LISTED: usize = 24;
/// How many names are compared for a suggestion: all time zones, and no list that an attacker made long.
const COMPARED: usize = 640;

/// A finding before its place is known in lines and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    code: Code,
    severity: Severity,
    span: Span,
    message: String,
    expected: Option<String>,
    help: Option<String>,
}

impl Problem {
    pub(crate) fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, span, message: message.into(), expected: None, help: None }
    }

    pub(crate) fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds `did you mean …` where a candidate is near enough to `given`.
    pub(crate) fn suggest<'a>(self, given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(given, candidates) {
            Some(candidate) => self.help(format!("did you mean `{candidate}`?")),
            None => self,
        }
    }
}

/// The candidate that a person most likely meant.
pub(crate) fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if given.chars().count() > 64 {
        return None;
    }
    let allowed = |candidate: &str| (given.len().max(candidate.len()) / 3).max(1);
    // A slip rarely changes both ends of a word; comparing whole words is what costs.
    let ends = |text: &str| (text.chars().next(), text.chars().next_back());
    let (first, last) = ends(given);
    let shares_an_end = |candidate: &str| ends(candidate).0 == first || ends(candidate).1 == last;
    let near = candidates
        .into_iter()
        .take(COMPARED)
        .filter(|candidate| shares_an_end(candidate) && given.len().abs_diff(candidate.len()) <= allowed(candidate));
    let scored = near.map(|candidate| (strsim::osa_distance(given, candidate), candidate));
    let (distance, candidate) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= allowed(candidate) && distance > 0).then_some(candidate)
}

/// ``one of `a`, `b` ``, cut off where nobody reads on.
pub(crate) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let listed: Vec<String> = names.by_ref().take(LISTED).map(|name| format!("`{}`", shortened(name))).collect();
    let more = names.count();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("one of {}{more}", listed.join(", "))
}

/// Collects what is wrong in one text.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    problems: Vec<Problem>,
    /// All that were reported, those that are not kept included.
    reported: usize,
    has_errors: bool,
    incomplete: bool,
    /// Names and texts of the files that parts of what is read come from.
    files: Vec<(String, String)>,
}

impl Reader {
    /// An alias is read at every place that uses it, and reports the same each time: once is enough.
    pub(crate) fn report(&mut self, problem: Problem) {
        self.has_errors |= problem.severity == Severity::Error;
        if self.problems.last() != Some(&problem) {
            self.reported += 1;
            if self.problems.len() < KEPT {
                self.problems.push(problem);
            }
        }
    }

    /// True when an error that is costly to describe would not be kept. It is counted, and need not be described.
    pub(crate) fn skips(&mut self) -> bool {
        let is_full = self.problems.len() >= KEPT;
        if is_full {
            self.reported += 1;
            self.has_errors = true;
        }
        is_full
    }

    /// A further file that spans may lie in.
    pub(crate) fn add_file(&mut self, name: &str, text: &str) -> u16 {
        self.files.push((name.to_owned(), text.to_owned()));
        u16::try_from(self.files.len()).unwrap_or(u16::MAX)
    }

    /// The text of a file that was added.
    pub(crate) fn text_of(&self, file: u16) -> Option<&str> {
        let at = usize::from(file).checked_sub(1)?;
        self.files.get(at).map(|(_, text)| text.as_str())
    }

    /// How many findings there were so far.
    pub(crate) fn reported(&self) -> usize {
        self.reported
    }

    /// An item of some list could not be read, so that a name which is missing may be that item's.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, expected: &str) {
        let message = if node.is_null() { "there is no value here".to_owned() } else { format!("this is {}", node.describe()) };
        self.report(Problem::error(Code::WrongType, node.span, message).expected(expected));
    }

    /// In the order of the text, each once.
    pub(crate) fn finish(mut self, file: &str, text: &str) -> Vec<Diagnostic> {
        let dropped = self.reported - self.problems.len();
        self.problems.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
        self.problems.dedup();
        let left = self.problems.len().saturating_sub(FINDINGS) + dropped;
        if left > 0 {
            self.problems.sort_by_key(|problem| problem.severity);
            self.problems.truncate(FINDINGS);
            self.problems.sort_by_key(|problem| (problem.span, problem.code));
            let end = Span::new(text.len(), text.len());
            self.problems.push(Problem::error(Code::TooManyFindings, end, format!("{left} more findings are not shown")));
        }
        let all = std::iter::once((file, text)).chain(self.files.iter().map(|(file, text)| (file.as_str(), text.as_str())));
        let all: Vec<(&str, Lines<'_>)> = all.map(|(file, text)| (file, Lines::of(text))).collect();
        let place = |problem: Problem| {
            let (file, lines) = all.get(usize::from(problem.span.file)).or_else(|| all.first())?;
            Some(Diagnostic {
                place: lines.place(problem.span.start, problem.span.end),
                code: problem.code,
                severity: problem.severity,
                message: problem.message,
                file: (*file).to_owned(),
                expected: problem.expected,
                help: problem.help,
            })
        };
        self.problems.into_iter().filter_map(place).collect()
    }
}

/// A value that can be read from a node. What is wrong is reported; none means that nothing usable was there.
pub(crate) trait Read: Sized {
    /// What a person would call it: `a duration such as 30m`.
    const WHAT: &'static str;

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self>;

    /// What it is when its key is left out; none: the key is needed.
    fn absent() -> Option<Self> {
        None
    }
}

/// A map that knows where it stands.
pub(crate) trait Placed {
    fn span(&self) -> Span;

    /// Every key that it has could be read: one that seems to be left out is left out.
    fn is_whole(&self) -> bool;
}

impl<T: Read> Read for Option<T> {
    const WHAT: &'static str = T::WHAT;

    /// What cannot be read counts as left out, so that the rest of its map is still looked at.
    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        Some(T::read(node, reader))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Read> Read for Vec<T> {
    const WHAT: &'static str = "a list";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        let Value::Sequence(items) = &node.value else {
            reader.wrong_type(node, &format!("a list, each item {}", T::WHAT));
            return None;
        };
        // What can be read of a list is kept, so that the rest is checked too; the report already stands.
        let read: Vec<T> = items.iter().filter_map(|item| T::read(item, reader)).collect();
        reader.incomplete |= read.len() < items.len();
        Some(read)
    }
}

impl<T: Read> Read for Box<T> {
    const WHAT: &'static str = T::WHAT;

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        T::read(node, reader).map(Box::new)
    }
}

/// The node itself, for values whose type is known only later.
impl Read for Arc<Node> {
    const WHAT: &'static str = "a value";

    fn read(node: &Arc<Node>, _: &mut Reader) -> Option<Self> {
        Some(Self::clone(node))
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T: Read> Read for Spanned<T> {
    const WHAT: &'static str = T::WHAT;

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        T::read(node, reader).map(|value| Self { value, span: node.span })
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A map with names of the writer's choice, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Map<T> {
    pub(crate) entries: Vec<(Spanned<String>, T)>,
}

impl<T: Read> Read for Map<T> {
    const WHAT: &'static str = "a map";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        let Value::Mapping(entries) = &node.value else {
            reader.wrong_type(node, &format!("a map from a name to {}", T::WHAT));
            return None;
        };
        let read = |(key, value): &(super::tree::Key, Arc<Node>)| {
            let name = Spanned { value: key.text.clone(), span: key.span };
            T::read(value, reader).map(|value| (name, value))
        };
        let read: Vec<_> = entries.iter().filter_map(read).collect();
        reader.incomplete |= read.len() < entries.len();
        Some(Self { entries: read })
    }
}

impl<T: JsonSchema> JsonSchema for Map<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("MapOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        std::collections::BTreeMap::<String, T>::json_schema(generator)
    }
}

/// In a list of [`Later`] keys: keys that begin with `x-` are the writer's own, for anchors.
const FREE: &str = "x-*";

fn is_free(name: &str, later: Later) -> bool {
    name.starts_with("x-") && later.iter().any(|(key, _)| *key == FREE)
}

/// Keys that the language has and this version does not: name, and what it will be.
pub(crate) type Later = &'static [(&'static str, &'static str)];

/// The keys of one map, taken one by one.
pub(crate) struct Fields<'a> {
    node: &'a Node,
    what: &'static str,
    whole: bool,
}

impl<'a> Fields<'a> {
    /// Reports what is not a map and every key that is not one of `known`.
    pub(crate) fn of(node: &'a Node, what: &'static str, known: &[&'static str], later: Later, reader: &mut Reader) -> Option<Self> {
        let Value::Mapping(entries) = &node.value else {
            let some = known.iter().take(3).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            let more = if known.len() > 3 { ", …" } else { "" };
            reader.wrong_type(node, &format!("{what}: a map with {some}{more}"));
            return None;
        };
        let mut whole = true;
        for (key, _) in entries {
            let name = key.text.as_str();
            if known.contains(&name) || is_free(name, later) {
                continue;
            }
            whole = false;
            if let Some((_, meaning)) = later.iter().find(|(later, _)| *later == name) {
                reader.report(
                    Problem::error(Code::NotAvailable, key.span, format!("not available yet: {meaning}"))
                        .help("this version of Tidegate knows the key and cannot act on it"),
                );
                continue;
            }
            if reader.skips() {
                continue;
            }
            let names: BTreeSet<&str> = known.iter().copied().collect();
            reader.report(
                Problem::error(Code::UnknownKey, key.span, format!("{what} has no key `{}`", shortened(name)))
                    .expected(one_of(names.iter().copied()))
                    .suggest(name, names),
            );
        }
        Some(Self { node, what, whole })
    }

    pub(crate) fn are_whole(&self) -> bool {
        self.whole
    }

    pub(crate) fn take<T: Read>(&mut self, key: &str, reader: &mut Reader) -> Option<T> {
        match self.node.get(key) {
            Some(node) => {
                let before = reader.reported;
                let read = T::read(node, reader);
                self.whole &= reader.reported == before;
                read
            }
            None => T::absent().or_else(|| {
                let span = self.node.span.part(0, first_line(self.node));
                reader.report(
                    Problem::error(Code::MissingKey, span, format!("{} needs the key `{key}`", self.what))
                        .expected(format!("`{key}:` {}", T::WHAT)),
                );
                None
            }),
        }
    }
}

/// A missing key has no place of its own: the first key of its map stands for it.
fn first_line(node: &Node) -> usize {
    match &node.value {
        Value::Mapping(entries) => entries.first().map_or(1, |(key, _)| (key.span.end.saturating_sub(node.span.start)) as usize),
        _ => 1,
    }
}

/// A name of a hostile length does not fill the screen.
pub(crate) fn shortened(text: &str) -> String {
    if text.chars().count() <= 64 { text.to_owned() } else { text.chars().take(60).chain("…".chars()).collect() }
}

/// A struct of the file's language: fields, how they are read, and their JSON Schema, from one text.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $name:ident: $what:literal {
            $($(#[$field_meta:meta])* $field:ident = $key:tt: $type:ty,)*
        }
        $(later { $($later:literal: $meaning:literal,)* })?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        pub(crate) struct $name {
            #[schemars(skip)]
            span: $crate::text::Span,
            #[schemars(skip)]
            whole: bool,
            $($(#[$field_meta])* #[schemars(rename = $key)] pub(crate) $field: $type,)*
        }

        impl $crate::text::Placed for $name {
            fn span(&self) -> $crate::text::Span {
                self.span
            }

            fn is_whole(&self) -> bool {
                self.whole
            }
        }

        impl $crate::text::Read for $name {
            const WHAT: &'static str = $what;

            fn read(node: &std::sync::Arc<$crate::text::Node>, reader: &mut $crate::text::Reader) -> Option<Self> {
                const KNOWN: &[&str] = &[$($key,)*];
                const LATER: $crate::text::Later = &[$($(($later, $meaning),)*)?];
                let mut fields = $crate::text::Fields::of(node, $what, KNOWN, LATER, reader)?;
                // Every field is read before any is missed, so that all are checked.
                $(let $field = fields.take::<$type>($key, reader);)*
                Some(Self { span: node.span, whole: fields.are_whole(), $($field: $field?,)* })
            }
        }
    };
}

pub(crate) use record;
