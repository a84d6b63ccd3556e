//! A copy of the data that is consistent while the server goes on.

use std::path::Path;

use super::db::{Db, Tx};
use super::value::values;
use super::{Error, Store};

/// SQLite only. Refuses a file that exists.
const COPY: &str = "VACUUM INTO $1";

impl Store {
    /// Writes a copy of an SQLite database to a new file. PostgreSQL has its own tools for that.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        let Db::Sqlite { readers, .. } = self.db() else {
            return Err(Error::Refused("make a backup of PostgreSQL with pg_dump or pg_basebackup".to_owned()));
        };
        if to.exists() {
            return Err(Error::Refused(format!("{} exists already; a backup goes to a new file", to.display())));
        }
        let path = to.to_str().ok_or_else(|| Error::Refused(format!("{} is no UTF-8 path", to.display())))?;
        let mut connection = readers.acquire().await?;
        Tx::Sqlite(&mut connection).execute(COPY, values![path]).await.map(drop)
    }
}
