//! Every statement of the store, so that a database can be asked whether it understands them all.

use super::db::Insert;
use super::{
    Error, Store, accounts, additions, artifacts, attempts, audit, commits, due, events, fleet, idempotency, inbox, load, logs, marks,
    meta, metrics, outbox, pipelines, plans, releases, retention, rows, runners, save, schedules, signing_keys, sources, tokens, users,
    values, watches,
};

const STATEMENTS: &[(&str, &[&str])] = &[
    ("accounts", accounts::STATEMENTS),
    ("additions", additions::STATEMENTS),
    ("artifacts", artifacts::STATEMENTS),
    ("attempts", attempts::STATEMENTS),
    ("audit", audit::STATEMENTS),
    ("commits", commits::STATEMENTS),
    ("due", due::STATEMENTS),
    ("events", events::STATEMENTS),
    ("fleet", fleet::STATEMENTS),
    ("idempotency", idempotency::STATEMENTS),
    ("inbox", inbox::STATEMENTS),
    ("load", load::STATEMENTS),
    ("logs", logs::STATEMENTS),
    ("logs::ending", logs::ENDING_STATEMENTS),
    ("marks", marks::STATEMENTS),
    ("meta", meta::STATEMENTS),
    ("metrics", metrics::STATEMENTS),
    ("outbox", outbox::STATEMENTS),
    ("pipelines", pipelines::STATEMENTS),
    ("plans", plans::STATEMENTS),
    ("releases", releases::STATEMENTS),
    ("retention", retention::STATEMENTS),
    ("runners", runners::STATEMENTS),
    ("save", save::STATEMENTS),
    ("schedules", schedules::STATEMENTS),
    ("signing_keys", signing_keys::STATEMENTS),
    ("sources", sources::STATEMENTS),
    ("tokens", tokens::STATEMENTS),
    ("users", users::STATEMENTS),
    ("values", values::STATEMENTS),
    ("watches", watches::STATEMENTS),
];

const INSERTS: &[(&str, &[&Insert])] = &[
    ("additions", &[&additions::ADDITIONS]),
    ("commits", &[&commits::COMMITS]),
    ("events", &[&events::EVENTS]),
    ("logs", logs::INSERTS),
    ("plans", &[&plans::PLANS]),
    ("rows", rows::INSERTS),
];

/// A statement that the database does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misunderstood {
    pub module: &'static str,
    pub sql: String,
    pub error: Error,
}

impl Store {
    /// Prepares every statement; answers how many there are, or those that the database refuses.
    pub async fn prepare_all(&self) -> Result<Result<usize, Vec<Misunderstood>>, Error> {
        // Outside a transaction, because PostgreSQL gives one up at its first error, which would hide the others.
        self.db()
            .outside((), |tx, ()| {
                Box::pin(async move {
                    let mut refused = Vec::new();
                    let all = all();
                    let count = all.len();
                    for (module, sql) in all {
                        if let Err(error) = tx.prepare(sql.clone()).await {
                            refused.push(Misunderstood { module, sql, error });
                        }
                    }
                    Ok(if refused.is_empty() { Ok(count) } else { Err(refused) })
                })
            })
            .await
    }
}

/// Each insert with one row and with several.
fn all() -> Vec<(&'static str, String)> {
    let plain = STATEMENTS.iter().flat_map(|(module, list)| list.iter().map(|sql| (*module, (*sql).to_owned())));
    let inserts = INSERTS.iter().flat_map(|(module, list)| list.iter().map(|insert| (*module, *insert)));
    plain.chain(inserts.flat_map(|(module, insert)| [1, 4].map(|rows| (module, insert.sql(rows))))).collect()
}
