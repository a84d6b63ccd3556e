use std::collections::BTreeSet;

use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use cel::parser::PrattParser;
use serde_json::Value;

use super::{Context, Error, evaluate, references};

/// Longer texts are refused.
pub const MAX_TEXT_BYTES: usize = 4096;

/// Deeper nested expressions are refused; a chain such as `a + b + c` or `a.b.c` nests too, `&&` and `||` hardly do.
pub const MAX_DEPTH: usize = 32;

/// How deep the parser itself may recurse: brackets, `?:` and unary operators.
const MAX_RECURSION: u16 = 32;

/// A parsed CEL expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    text: String,
    root: IdedExpr,
}

impl Expression {
    /// # Errors
    /// The first syntax error, a text beyond [`MAX_TEXT_BYTES`], nesting beyond [`MAX_DEPTH`], or a
    /// CEL feature that makes no sense here (messages, types of optionals).
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(Error::new(MAX_TEXT_BYTES, format!("the expression is longer than {MAX_TEXT_BYTES} bytes")));
        }
        if text.trim().is_empty() {
            return Err(Error::new(0, "the expression is empty: write one such as release.branch == 'main'"));
        }
        let root = PrattParser::new()
            .max_recursion_depth(MAX_RECURSION)
            .max_expression_node_count(MAX_TEXT_BYTES)
            .parse(text)
            .map_err(|errors| first_error(text, &errors))?;
        check(&root, MAX_DEPTH)?;
        Ok(Self { text: text.to_owned(), root })
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every value from outside that the expression reads, as a path: `secrets.NAME`, `needs.job.outputs.k`,
    /// also when written `secrets['NAME']`. A path ends where the name is not fixed: `vars[inputs.x]` reads `vars`.
    #[must_use]
    pub fn references(&self) -> BTreeSet<String> {
        references::of(&self.root)
    }

    /// # Errors
    /// An unknown name, a type that does not fit, arithmetic out of bounds, or an evaluation that would
    /// take too long or grow too large. The message never holds a value.
    pub fn evaluate(&self, context: &Context) -> Result<Value, Error> {
        evaluate::value(&self.root, context)
    }

    /// Like [`Self::evaluate`], for conditions.
    ///
    /// # Errors
    /// As [`Self::evaluate`], and when the value is neither `true` nor `false`.
    pub fn evaluate_bool(&self, context: &Context) -> Result<bool, Error> {
        match self.evaluate(context)? {
            Value::Bool(value) => Ok(value),
            other => Err(Error::new(0, format!("the condition must be true or false, but it is {}", evaluate::kind_of(&other)))),
        }
    }
}

/// The parser counts columns in bytes or characters and lines from 1; a position beyond the text is moved to its end.
fn first_error(text: &str, errors: &cel::ParseErrors) -> Error {
    let Some(error) = errors.errors.first() else { return Error::new(0, "this is not an expression") };
    let line_index = usize::try_from(error.pos.0).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(error.pos.1).unwrap_or(1).saturating_sub(1);
    let line_start: usize = text.split_inclusive('\n').take(line_index).map(str::len).sum();
    let mut offset = (line_start + column).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    Error::new(offset, plain_message(&error.msg))
}

fn plain_message(message: &str) -> String {
    if message.contains("recursion limit") {
        return format!("the expression nests deeper than {MAX_RECURSION} levels");
    }
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    message
        .replace("mismatched input", "unexpected")
        .replace("'<EOF>'", "the end")
        .replace(" expecting <EOF>", ", expected an operator or the end")
        .replace(" expecting ", ", expected ")
}

/// Refuses what is too deep and what we do not offer. Returns early, so that its own recursion is bounded.
fn check(expression: &IdedExpr, levels_left: usize) -> Result<(), Error> {
    let Some(levels_left) = levels_left.checked_sub(1) else {
        return Err(Error::new(0, format!("the expression nests deeper than {MAX_DEPTH} levels")));
    };
    let all = |expressions: &[&IdedExpr]| expressions.iter().try_for_each(|part| check(part, levels_left));
    match &expression.expr {
        Expr::Unspecified => Err(Error::new(0, "this is not an expression")),
        Expr::Struct(message) => {
            Err(Error::new(0, format!("`{}{{…}}`: messages do not exist here, write a map such as {{'key': value}}", message.type_name)))
        }
        Expr::Ident(_) | Expr::Literal(_) => Ok(()),
        Expr::Select(select) => check(&select.operand, levels_left),
        Expr::Call(call) => {
            call.target.iter().try_for_each(|target| check(target, levels_left))?;
            call.args.iter().try_for_each(|part| check(part, levels_left))
        }
        Expr::List(list) => list.elements.iter().try_for_each(|part| check(part, levels_left)),
        Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => all(&[&entry.key, &entry.value]),
            EntryExpr::StructField(_) => Err(Error::new(0, "a map needs keys such as {'key': value}")),
        }),
        Expr::Comprehension(loops) => all(&[&loops.iter_range, &loops.accu_init, &loops.loop_cond, &loops.loop_step, &loops.result]),
    }
}
