use super::Lower;
use crate::diagnostic::Code;
use crate::plan::{CloudMetric, Comparison};
use crate::text::{Problem, Spanned, shortened};

/// A query, and what its value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub(super) query: String,
    pub(super) comparison: Comparison,
    pub(super) bound: f64,
}

impl Lower<'_> {
    /// Checks a metric of CloudWatch; one that holds insertions is checked when it is read.
    pub(super) fn cloud_metric(&mut self, text: &Spanned<String>, query: &str) {
        if query.contains("${{") {
            return;
        }
        if let Err(expected) = CloudMetric::parse(query) {
            let problem = Problem::error(Code::BadFormat, text.span, format!("`{}` is no metric of CloudWatch", shortened(query)));
            self.report(problem.expected(expected));
        }
    }

    /// Splits `sum(rate(errors[1m])) > 5` at its last comparison.
    pub(super) fn query(&mut self, text: &Spanned<String>) -> Option<Query> {
        let query = split(&text.value);
        if query.is_none() {
            let problem = Problem::error(Code::BadFormat, text.span, format!("`{}` compares with no number", shortened(&text.value)));
            self.report(problem.expected("a query, one of `<`, `<=`, `==`, `>=`, `>`, and a number: `sum(rate(errors[1m])) > 5`"));
        }
        query
    }
}

fn split(text: &str) -> Option<Query> {
    let (at, length) = last_comparison(text)?;
    let query = text.get(..at)?.trim();
    let comparison = match text.get(at..at + length)? {
        "<" => Comparison::Below,
        "<=" => Comparison::AtMost,
        "==" => Comparison::Equal,
        ">=" => Comparison::AtLeast,
        ">" => Comparison::Above,
        _ => return None,
    };
    let bound: f64 = text.get(at + length..)?.trim().parse().ok()?;
    (!query.is_empty() && bound.is_finite()).then(|| Query { query: query.to_owned(), comparison, bound })
}

/// Position and length of the last comparison outside of brackets and quotes.
fn last_comparison(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut quote = None;
    let mut found = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let next = bytes.get(at + 1).copied();
        let mut length = 1;
        match (quote, byte) {
            (Some(_), b'\\') => length = 2,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'' | b'`') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (None, b'<' | b'>' | b'=' | b'!') if depth == 0 => {
                length = if next == Some(b'=') { 2 } else { 1 };
                found = Some((at, length));
            }
            (None, _) => {}
        }
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_split_at_its_last_comparison_outside_of_brackets_and_quotes() {
        let query = |text: &str| split(text).map(|query| (query.query, query.comparison, query.bound));
        assert_eq!(
            query("sum(rate(x{a=\"<1\"}[1m])) by (region) > 5"),
            Some(("sum(rate(x{a=\"<1\"}[1m])) by (region)".into(), Comparison::Above, 5.0))
        );
        assert_eq!(query("up==0"), Some(("up".into(), Comparison::Equal, 0.0)));
        assert_eq!(query("a > 1 <= 2e3"), Some(("a > 1".into(), Comparison::AtMost, 2000.0)));
        assert_eq!(query("a >= -0.5"), Some(("a".into(), Comparison::AtLeast, -0.5)));
        for text in ["", "up", "> 5", "up > ", "up > five", "up != 5", "up > inf", "(up > 5)", "up = 5", "é<é"] {
            assert_eq!(query(text), None, "{text}");
        }
    }
}
