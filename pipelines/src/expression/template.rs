use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::{Context, Error, Expression};

const OPEN: &str = "${{";
const CLOSE: &str = "}}";
const ESCAPED: &str = "$${{";
/// What a lone `$` becomes in front of a `${{` that stays, so that the two are not read as an escape.
const DOLLAR: &str = "${{ '$' }}";

/// A text with CEL expressions as `${{ … }}`; `$${{` stands for `${{` itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a [`Template`], in the order of the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text that stays as it is, escapes resolved.
    Text(String),
    Expression {
        expression: Box<Expression>,
        /// Where it stands in the text, in bytes, with its `${{` and `}}`.
        span: Range<usize>,
        /// With its `${{` and `}}`, as written.
        written: String,
    },
}

impl Template {
    /// # Errors
    /// A `${{` without its `}}`, or an expression that does not parse; the offset counts from the start of `text`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut position = 0;
        while let Some(found) = text[position..].find(OPEN) {
            let open = position + found;
            let before = &text[position..open];
            if let Some(before) = before.strip_suffix('$') {
                literal.push_str(before);
                literal.push_str(OPEN);
                position = open + OPEN.len();
                continue;
            }
            literal.push_str(before);
            let inside = open + OPEN.len();
            let length = expression_length(&text[inside..])
                .ok_or_else(|| Error::new(open, format!("`{OPEN}` has no `{CLOSE}`; for the characters themselves write `{ESCAPED}`")))?;
            let expression =
                Expression::parse(&text[inside..inside + length]).map_err(|error| Error { offset: error.offset + inside, ..error })?;
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            let span = open..inside + length + CLOSE.len();
            parts.push(Part::Expression { expression: Box::new(expression), written: text[span.clone()].to_owned(), span: span.clone() });
            position = span.end;
        }
        literal.push_str(&text[position..]);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }

    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// True when there is nothing to insert.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// As [`Expression::references`], of all parts together.
    #[must_use]
    pub fn references(&self) -> BTreeSet<String> {
        self.expressions().flat_map(|(expression, _)| expression.references()).collect()
    }

    /// The expressions and where they stand.
    pub fn expressions(&self) -> impl Iterator<Item = (&Expression, Range<usize>)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Expression { expression, span, .. } => Some((expression.as_ref(), span.clone())),
        })
    }

    /// The text with every value inserted: texts as they are, `null` as nothing, lists and maps as JSON.
    ///
    /// # Errors
    /// The first expression that cannot be evaluated, with its place in the text.
    pub fn render(&self, context: &Context) -> Result<String, Error> {
        let mut rendered = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => rendered.push_str(text),
                Part::Expression { expression, span, .. } => {
                    let value = expression.evaluate(context).map_err(|error| Error { offset: span.start, ..error })?;
                    rendered.push_str(&text_of(&value));
                }
            }
        }
        Ok(rendered)
    }

    /// The text with the values inserted that the context knows, as a template again: an expression that
    /// reads a root that `context` lacks, or that fails, stays as written and speaks up at [`Self::render`].
    ///
    /// An inserted value never becomes an expression: what looks like one in it is escaped.
    #[must_use]
    pub fn render_known(&self, context: &Context) -> String {
        let mut rendered = String::new();
        let mut literal = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => literal.push_str(text),
                Part::Expression { expression, written, .. } => match known_value(expression, context) {
                    Some(value) => literal.push_str(&text_of(&value)),
                    None => {
                        push_escaped(&mut rendered, &literal, true);
                        literal.clear();
                        rendered.push_str(written);
                    }
                },
            }
        }
        push_escaped(&mut rendered, &literal, false);
        rendered
    }
}

fn known_value(expression: &Expression, context: &Context) -> Option<Value> {
    let known = expression.references().iter().all(|reference| context.knows(reference));
    if known { expression.evaluate(context).ok() } else { None }
}

fn push_escaped(rendered: &mut String, literal: &str, expression_follows: bool) {
    let escaped = literal.replace(OPEN, ESCAPED);
    match escaped.strip_suffix('$') {
        Some(before) if expression_follows => {
            // `$` + `${{ … }}` would read as an escape; so would a second `$` before the replacement.
            let dollars = 1 + before.len() - before.trim_end_matches('$').len();
            rendered.push_str(before.trim_end_matches('$'));
            rendered.push_str(&DOLLAR.repeat(dollars));
        }
        _ => rendered.push_str(&escaped),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How many bytes stand before the `}}` that closes the expression: one outside quotes and braces.
fn expression_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut braces = 0usize;
    let mut position = 0;
    while position < bytes.len() {
        match bytes[position] {
            b'\'' | b'"' => {
                position = after_quoted(bytes, position)?;
                continue;
            }
            b'{' => braces += 1,
            b'}' if braces > 0 => braces -= 1,
            b'}' if bytes.get(position + 1) == Some(&b'}') => return Some(position),
            _ => {}
        }
        position += 1;
    }
    None
}

/// The position after the literal whose quote stands at `start`; one or three quotes, raw with an `r` before.
fn after_quoted(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let triple = bytes.len() >= start + 3 && bytes[start + 1] == quote && bytes[start + 2] == quote;
    let raw = start > 0 && matches!(bytes[start - 1], b'r' | b'R');
    let width = if triple { 3 } else { 1 };
    let mut position = start + width;
    while position < bytes.len() {
        if bytes[position] == b'\\' && !raw {
            position += 2;
            continue;
        }
        let closes = (0..width).all(|ahead| bytes.get(position + ahead) == Some(&quote));
        if closes {
            return Some(position + width);
        }
        position += 1;
    }
    None
}
