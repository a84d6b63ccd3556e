//! Whether the database itself is whole, beyond what each start checks (ID7).

use super::db::{Db, Tx};
use super::{Error, Store};

/// SQLite only: a page, index or reference that is wrong.
const INTEGRITY: &str = "SELECT integrity_check AS finding FROM pragma_integrity_check LIMIT 20";
const FOREIGN_KEYS: &str = "SELECT \"table\" AS finding FROM pragma_foreign_key_check LIMIT 20";

impl Store {
    /// What is wrong with the file, in SQLite's words; empty when nothing is. Reads everything.
    ///
    /// PostgreSQL checks itself, with `amcheck` and its checksums.
    pub async fn check_integrity(&self) -> Result<Vec<String>, Error> {
        let Db::Sqlite { readers, .. } = self.db() else { return Ok(Vec::new()) };
        let mut connection = readers.acquire().await?;
        let mut tx = Tx::Sqlite(&mut connection);
        let mut findings = Vec::new();
        for record in tx.all(INTEGRITY, Vec::new()).await? {
            findings.extend(Some(record.text("finding")?).filter(|finding| finding != "ok"));
        }
        for record in tx.all(FOREIGN_KEYS, Vec::new()).await? {
            findings.push(format!("a row of {} refers to one that is not there", record.text("finding")?));
        }
        Ok(findings)
    }
}
