use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle};

use super::{Problem, Reader, Span};
use crate::diagnostic::Code;

/// No pipeline file needs more; past it lies only an attack or an accident.
pub(crate) const BYTES: usize = 1024 * 1024;
const DEPTH: usize = 64;
/// Counted after aliases are followed, so that a short text cannot stand for a huge tree.
const NODES: usize = 50_000;

/// A value and where it stands. An alias shares the node that it names.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
    /// How many nodes this one stands for once aliases are followed.
    weight: usize,
    depth: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar {
        text: String,
        /// Written without quotes, so that `12` is a number and `true` a boolean.
        plain: bool,
    },
    Sequence(Vec<Arc<Node>>),
    Mapping(Vec<(Key, Arc<Node>)>),
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Node {
    /// What it is, for a message: `a list`.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.value {
            Value::Mapping(_) => "a map",
            Value::Sequence(_) => "a list",
            Value::Scalar { plain: false, .. } => "a string",
            Value::Scalar { text, .. } => match plain_kind(text) {
                PlainKind::Null => "nothing",
                PlainKind::Boolean => "a boolean",
                PlainKind::Number => "a number",
                PlainKind::String => "a string",
            },
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if plain_kind(text) == PlainKind::Null)
    }

    /// A scalar without quotes.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(&self.value, Value::Scalar { plain: true, .. })
    }

    /// This node at another place, with another value.
    pub(crate) fn with(&self, span: Span, value: Value) -> Self {
        Self { span, value, weight: self.weight, depth: self.depth }
    }

    /// The map `base` with the keys of the map `own` in place of its own.
    pub(crate) fn overlaid(base: &Self, own: &Self) -> Self {
        let (Value::Mapping(under), Value::Mapping(over)) = (&base.value, &own.value) else {
            return Self { span: own.span, value: own.value.clone(), weight: own.weight, depth: own.depth };
        };
        let kept = under.iter().filter(|(key, _)| own.get(&key.text).is_none());
        let entries: Vec<(Key, Arc<Self>)> = kept.chain(over).cloned().collect();
        Self { span: own.span, value: Value::Mapping(entries), weight: base.weight + own.weight, depth: base.depth.max(own.depth) }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Self>> {
        match &self.value {
            Value::Mapping(entries) => entries.iter().find(|(name, _)| name.text == key).map(|(_, node)| node),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlainKind {
    Null,
    Boolean,
    Number,
    String,
}

/// What a plain scalar means in the core schema of YAML 1.2 (section 10.3.2).
pub(crate) fn plain_kind(text: &str) -> PlainKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => PlainKind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => PlainKind::Boolean,
        _ if is_number(text) => PlainKind::Number,
        _ => PlainKind::String,
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some_digit = !whole.is_empty() || !fraction.is_empty();
    some_digit && all_digits(whole) && all_digits(fraction) && exponent.is_none_or(|digits| !digits.is_empty() && all_digits(digits))
}

/// Reads one document. A text that is not YAML, or too large, answers none and one problem; what can be
/// read in spite of a problem (a key given twice) is read.
pub(crate) fn parse(text: &str, reader: &mut Reader) -> Option<Arc<Node>> {
    parse_unless_empty(text, reader, |problem| problem.expected("a map of keys and values"))
}

/// As [`parse`]; `mended` says what is expected of a text that holds nothing.
pub(crate) fn parse_unless_empty(text: &str, reader: &mut Reader, mended: fn(Problem) -> Problem) -> Option<Arc<Node>> {
    if text.len() > BYTES {
        reader.report(
            Problem::error(Code::TooLarge, Span::new(0, 0), format!("the file has {} bytes", text.len()))
                .expected("at most 1 MiB")
                .help("split it into several pipelines under `.tidegate/`"),
        );
        return None;
    }
    match build(text, reader) {
        Ok(root) => root.or_else(|| {
            reader.report(mended(Problem::error(Code::EmptyFile, Span::new(0, 0), "the file is empty")));
            None
        }),
        Err(problem) => {
            reader.report(problem);
            None
        }
    }
}

/// What is open around the event that is being read.
enum Open {
    Sequence {
        span: Span,
        anchor: usize,
        items: Vec<Arc<Node>>,
    },
    Mapping {
        span: Span,
        anchor: usize,
        entries: Vec<(Key, Arc<Node>)>,
        known: BTreeSet<String>,
        merges: Vec<(Span, Arc<Node>)>,
        key: Option<Key>,
    },
}

fn build(text: &str, reader: &mut Reader) -> Result<Option<Arc<Node>>, Problem> {
    // The parser's own limits stand a little above ours, so that our message is the one that is seen.
    let options = granit_parser::options! {
        emit_comments: false,
        block_nesting_limit: DEPTH * 2,
        flow_nesting_limit: DEPTH * 2,
    };
    let mut builder = Builder { text, reader, anchors: BTreeMap::new(), open: Vec::new(), root: None, seen: 0 };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| not_yaml(text, &error))?;
        let span = span.byte_range().map_or_else(Span::default, |range| Span::new(range.start, range.end));
        builder.event(event, span)?;
    }
    Ok(builder.root)
}

fn not_yaml(text: &str, error: &granit_parser::ScanError) -> Problem {
    let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(Span::new(at, at));
    }
    let length = text.get(at..).and_then(|rest| rest.chars().next()).filter(|first| *first != '\n').map_or(0, char::len_utf8);
    let tab =
        text.get(..at).and_then(|before| before.lines().next_back()).is_some_and(|line| line.trim_start_matches(' ').starts_with('\t'))
            || text.get(at..).is_some_and(|rest| rest.starts_with('\t'));
    let problem = Problem::error(Code::Syntax, Span::new(at, at + length), format!("this is not YAML: {}", error.kind()));
    if tab { problem.help("indent with spaces: YAML does not allow tabs there") } else { problem }
}

struct Builder<'a> {
    text: &'a str,
    reader: &'a mut Reader,
    anchors: BTreeMap<usize, Arc<Node>>,
    open: Vec<Open>,
    root: Option<Arc<Node>>,
    seen: usize,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                if let Some(tag) = tag
                    && !tag.is_yaml_core_schema_tag("str")
                {
                    return Err(Problem::error(Code::Tag, span, format!("the tag `{tag}` is not known here")).help("leave the tag out"));
                }
                let plain = style == ScalarStyle::Plain;
                let node = Node { span, value: Value::Scalar { text: value.into_owned(), plain }, weight: 1, depth: 1 };
                self.close(node, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.enter(span, Open::Sequence { span, anchor, items: Vec::new() }),
            Event::MappingStart(_, anchor, _) => {
                self.enter(span, Open::Mapping { span, anchor, entries: Vec::new(), known: BTreeSet::new(), merges: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::Sequence { span: start, anchor, items }) => {
                    let weight = 1 + items.iter().fold(0, |sum: usize, item| sum.saturating_add(item.weight));
                    let depth = 1 + items.iter().map(|item| item.depth).max().unwrap_or(0);
                    self.close(Node { span: self.extent(start, span), value: Value::Sequence(items), weight, depth }, anchor)
                }
                Some(Open::Mapping { span: start, anchor, entries, known, merges, .. }) => {
                    let entries = self.merged(entries, known, merges);
                    let weight = 1 + entries.iter().fold(0, |sum: usize, (_, node)| sum.saturating_add(node.weight));
                    let depth = 1 + entries.iter().map(|(_, node)| node.depth).max().unwrap_or(0);
                    self.close(Node { span: self.extent(start, span), value: Value::Mapping(entries), weight, depth }, anchor)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => {
                    let node = Arc::clone(node);
                    self.place(node, span)
                }
                None => {
                    Err(Problem::error(Code::Alias, span, "an alias stands inside the value that it names").help("write the value out"))
                }
            },
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(Problem::error(Code::Syntax, span, "a second document begins here").expected("one pipeline in a file"))
            }
            _ => Ok(()),
        }
    }

    /// From where a collection begins to where its text ends, without the blanks that follow.
    fn extent(&self, start: Span, end: Span) -> Span {
        let written = self.text.get(start.start as usize..end.end as usize).unwrap_or("");
        Span::new(start.start as usize, start.start as usize + written.trim_end().len())
    }

    fn enter(&mut self, span: Span, open: Open) -> Result<(), Problem> {
        if self.open.len() >= DEPTH {
            return Err(too_deep(span));
        }
        self.count(1, span)?;
        self.open.push(open);
        Ok(())
    }

    fn count(&mut self, more: usize, span: Span) -> Result<(), Problem> {
        self.seen = self.seen.saturating_add(more);
        if self.seen > NODES {
            return Err(Problem::error(Code::TooLarge, span, "the file stands for too many values, aliases included")
                .expected("at most 50,000 values"));
        }
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        let span = node.span;
        let is_scalar = matches!(node.value, Value::Scalar { .. });
        let node = Arc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        if is_scalar {
            self.count(1, span)?;
        }
        self.put(node, span)
    }

    fn place(&mut self, node: Arc<Node>, span: Span) -> Result<(), Problem> {
        if self.open.len() + node.depth > DEPTH {
            return Err(too_deep(span));
        }
        self.count(node.weight, span)?;
        self.put(node, span)
    }

    fn put(&mut self, node: Arc<Node>, span: Span) -> Result<(), Problem> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { entries, known, merges, key, .. }) => match key.take() {
                None => match &node.value {
                    Value::Scalar { text, .. } => *key = Some(Key { text: text.clone(), span }),
                    _ => return Err(Problem::error(Code::Syntax, span, format!("{} stands where a key is expected", node.describe()))),
                },
                Some(name) if name.text == "<<" => merges.push((name.span, node)),
                Some(name) => {
                    if !known.insert(name.text.clone()) {
                        let twice = format!("the key `{}` is given twice", name.text);
                        self.reader.report(Problem::error(Code::DuplicateKey, name.span, twice).help("remove one of them"));
                    } else {
                        entries.push((name, node));
                    }
                }
            },
        }
        Ok(())
    }

    /// `<<` adds what is not given itself; of several, the earlier wins (https://yaml.org/type/merge.html).
    fn merged(
        &mut self,
        mut entries: Vec<(Key, Arc<Node>)>,
        mut known: BTreeSet<String>,
        merges: Vec<(Span, Arc<Node>)>,
    ) -> Vec<(Key, Arc<Node>)> {
        for (span, node) in merges {
            let sources = match &node.value {
                Value::Sequence(items) => items.clone(),
                _ => vec![Arc::clone(&node)],
            };
            for source in sources {
                let Value::Mapping(more) = &source.value else {
                    let message = format!("`<<` merges maps, and this is {}", source.describe());
                    self.reader.report(Problem::error(Code::WrongType, span, message).expected("an alias of a map, or a list of such"));
                    continue;
                };
                for (key, value) in more {
                    if known.insert(key.text.clone()) {
                        entries.push((key.clone(), Arc::clone(value)));
                    }
                }
            }
        }
        entries
    }
}

fn too_deep(span: Span) -> Problem {
    Problem::error(Code::TooDeep, span, "values are nested too deeply").expected("at most 64 levels")
}
