//! Statements that go to the database together.
//!
//! SQLite runs on a thread of its own, and waking it costs more than most statements: it gets the whole script in one
//! message. PostgreSQL prepares single statements only and gets them one after the other.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::db::Insert;
use super::value::{Record, Value};

/// Statements in the order in which they run.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    pub(super) statements: Vec<Statement>,
}

#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value>,
    /// When it touches no row, nothing of the script may stand.
    pub(super) must_touch: bool,
}

/// What one statement did.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// How many rows it wrote.
    pub(super) touched: u64,
    /// What it answered.
    pub(super) records: Vec<Record>,
}

/// How a script ended.
#[derive(Debug)]
pub(super) enum Ran {
    /// One outcome for each statement.
    All(Vec<Outcome>),
    /// A statement that must touch a row touched none. Others may have run: the caller's transaction has to fail.
    Unmet,
}

impl Script {
    pub(super) fn add(&mut self, sql: impl Into<Cow<'static, str>>, values: Vec<Value>) {
        self.statements.push(Statement { sql: sql.into(), values, must_touch: false });
    }

    /// Without a row to write to, the script fails as a whole.
    pub(super) fn require(&mut self, sql: &'static str, values: Vec<Value>) {
        self.statements.push(Statement { sql: sql.into(), values, must_touch: true });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.statements.len()
    }

    /// Many rows in few statements.
    pub(super) fn insert_all(&mut self, insert: &Insert, mut rows: Vec<Vec<Value>>) {
        while !rows.is_empty() {
            // Powers of two, so that few statements stay prepared.
            let size = 1 << rows.len().min(Insert::MOST_ROWS).ilog2();
            let rest = rows.split_off(size);
            self.add(insert.sql(size), rows.into_iter().flatten().collect());
            rows = rest;
        }
    }

    /// One text with all statements, `begin` before them, and one list with all of their values.
    pub(super) fn joined(self, begin: &str) -> (String, Vec<Value>) {
        let mut text = String::with_capacity(begin.len() + self.statements.iter().map(|statement| statement.sql.len() + 16).sum::<usize>());
        text.push_str(begin);
        let mut all = Vec::new();
        for statement in self.statements {
            renumber(&statement.sql, all.len(), &mut text);
            text.push_str(";\n");
            all.extend(statement.values);
        }
        (text, all)
    }
}

/// Writes `$1` as `$<1 + before>`, and so on. No statement of ours has a dollar sign for anything else.
fn renumber(sql: &str, before: usize, text: &mut String) {
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(digits);
        match number.parse::<usize>() {
            Ok(number) => drop(write!(text, "${}", number + before)),
            Err(_) => text.push('$'),
        }
        text.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::values;
    use super::*;

    #[test]
    fn parameters_count_over_the_whole_script() {
        let mut script = Script::default();
        script.add("UPDATE a SET x = $2 WHERE y = $1 AND z = $1", values!["y", 2_u64]);
        script.add("INSERT INTO b VALUES ($1, $2), ($3, $4)", values![1_u64, 2_u64, 3_u64, 4_u64]);
        script.add("DELETE FROM c", Vec::new());
        script.add("SELECT $1", values![5_u64]);
        let (text, all) = script.joined("BEGIN;\n");
        assert_eq!(
            text,
            "BEGIN;\nUPDATE a SET x = $2 WHERE y = $1 AND z = $1;\nINSERT INTO b VALUES ($3, $4), ($5, $6);\nDELETE FROM c;\nSELECT $7;\n"
        );
        assert_eq!(all.len(), 7);
    }
}
