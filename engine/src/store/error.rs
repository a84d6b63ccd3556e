use thiserror::Error;

/// Why the store could not do what was asked. Cloneable, because one failed commit answers a whole group.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Somebody else has changed it since it was read: load again and decide again (IA9).
    #[error("it was changed by somebody else meanwhile")]
    Conflict,
    /// Another row has that name or key already.
    #[error("{0} exists already")]
    Exists(String),
    #[error("there is no {what} {key:?}")]
    NotFound { what: &'static str, key: String },
    /// A stored row does not decode (R11).
    #[error("table {table}, row {key}: {detail}")]
    Malformed { table: String, key: String, detail: String },
    /// The database may not be used as it is; the text says how to mend it.
    #[error("{0}")]
    Refused(String),
    /// The disk is full. Nothing was written; what is acknowledged is safe (ID12).
    #[error("the disk that holds the database is full: {0}")]
    Full(String),
    /// A write to the disk failed, so that what the disk holds is not known: the process must end (R6).
    #[error("the disk failed while writing, so the process has to end: {0}")]
    Fatal(String),
    /// Other transactions came first, again and again (PostgreSQL 40001, 40P01; R7).
    #[error("other transactions came first: {0}")]
    Contended(String),
    /// Not reachable now; may work later.
    #[error("the database cannot be used now: {0}")]
    Unavailable(String),
    /// The answer to COMMIT was lost and could not be found out: load again (ID11).
    #[error("whether the change was stored is not known: {0}")]
    CommitUnknown(String),
    /// The database refused a statement: a defect of this program.
    #[error("the database refused a statement: {0}")]
    Statement(String),
}

impl Error {
    /// The whole transaction has to be given up, not only one part of its group.
    pub(super) fn ends_transaction(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Fatal(_) | Self::Unavailable(_) | Self::CommitUnknown(_))
    }

    pub(super) fn malformed(table: &str, key: impl Into<String>, detail: impl ToString) -> Self {
        Self::Malformed { table: table.to_owned(), key: key.into(), detail: detail.to_string() }
    }
}

/// SQLite's primary result codes (<https://www.sqlite.org/rescode.html>).
mod sqlite_code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const NOMEM: i32 = 7;
    pub(super) const INTERRUPT: i32 = 9;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const NOTADB: i32 = 26;
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                if database.is_unique_violation() {
                    return Self::Exists(unique_subject(database.as_ref()));
                }
                let code = database.code().unwrap_or_default().into_owned();
                match code.parse::<i32>() {
                    // PostgreSQL's codes have five characters, SQLite's at most four.
                    Ok(number) if code.len() < 5 => sqlite_error(number, database.message()),
                    _ => postgres_error(&code, database.message()),
                }
            }
            sqlx::Error::ColumnDecode { index, source } => Self::malformed("", index.clone(), source),
            sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) | sqlx::Error::Encode(_) | sqlx::Error::TypeNotFound { .. } => {
                Self::Statement(error.to_string())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

fn unique_subject(error: &dyn sqlx::error::DatabaseError) -> String {
    error.constraint().or(error.table()).map_or_else(|| error.message().to_owned(), str::to_owned)
}

fn sqlite_error(code: i32, message: &str) -> Error {
    let text = format!("{message} (SQLite code {code})");
    match code & 0xff {
        sqlite_code::FULL => Error::Full(text),
        sqlite_code::IOERR | sqlite_code::CORRUPT | sqlite_code::NOTADB => Error::Fatal(text),
        sqlite_code::BUSY | sqlite_code::NOMEM | sqlite_code::INTERRUPT => Error::Unavailable(text),
        _ => Error::Statement(text),
    }
}

fn postgres_error(code: &str, message: &str) -> Error {
    let text = format!("{message} (PostgreSQL code {code})");
    match code {
        "40001" | "40P01" => Error::Contended(text),
        "53100" => Error::Full(text),
        "25006" => Error::Unavailable(format!("this PostgreSQL does not accept writes: {text}")),
        // Connection, resources, operator's intervention.
        _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => Error::Unavailable(text),
        _ => Error::Statement(text),
    }
}
