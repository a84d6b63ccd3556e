//! A copy of the data that is consistent while the server goes on.

use std::fs::File;
use std::path::Path;

use sqlx::{ConnectOptions as _, Connection as _};

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
        // A reader of the pool may not write anywhere.
        let options = readers.connect_options().as_ref().clone().pragma("query_only", "OFF");
        let mut connection = options.connect().await?;
        Tx::Sqlite(&mut connection).execute(COPY, values![path]).await?;
        connection.close().await?;
        sync(to).map_err(|error| Error::Unavailable(format!("{} cannot be written to the disk: {error}", to.display())))
    }
}

/// The copy and its name are on the disk.
fn sync(file: &Path) -> std::io::Result<()> {
    File::open(file)?.sync_all()?;
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
