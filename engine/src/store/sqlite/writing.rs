use sqlx::{AssertSqlSafe, Executor as _, SqliteConnection};

use crate::store::Error;

/// The connection that writes. SQLite runs on a thread of its own, and waking it costs more than most statements: what begins and ends
/// transactions goes along with the next statement.
#[derive(Debug)]
pub(in crate::store) struct Writing {
    connection: SqliteConnection,
    /// What SQLite has not heard of yet.
    pending: Vec<&'static str>,
    /// Why the transaction cannot go on.
    failure: Option<Error>,
}

/// For a script: `begin` goes before it, in the same message.
#[derive(Debug)]
pub(in crate::store) struct Opened<'c> {
    pub(in crate::store) connection: &'c mut SqliteConnection,
    pub(in crate::store) begin: &'static str,
}

impl Writing {
    pub(super) fn new(connection: SqliteConnection) -> Self {
        Self { connection, pending: Vec::new(), failure: None }
    }

    pub(super) fn into_connection(self) -> SqliteConnection {
        self.connection
    }

    pub(super) fn begin(&mut self) {
        self.pending = vec![BEGIN];
        self.failure = None;
    }

    /// What began or ended a transaction within the transaction failed: nothing of it may stand.
    pub(super) fn failure(&self) -> Result<(), Error> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// A transaction within the transaction.
    pub(super) fn begin_job(&mut self) {
        self.pending.push(SAVEPOINT);
    }

    pub(super) fn end_job(&mut self, is_kept: bool) {
        if !is_kept {
            self.pending.push(ROLLBACK_TO);
        }
        self.pending.push(RELEASE);
    }

    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        self.pending.push(COMMIT);
        self.ready().await.map(drop)
    }

    /// Fails quietly when SQLite has rolled back by itself, as on a full disk.
    pub(super) async fn roll_back(&mut self) {
        let is_begun = self.pending.first() != Some(&BEGIN);
        self.pending.clear();
        if is_begun {
            drop(self.connection.execute(ROLLBACK).await);
        }
    }

    /// For one statement.
    pub(in crate::store) async fn ready(&mut self) -> Result<&mut SqliteConnection, Error> {
        if !self.pending.is_empty() {
            let text: String = self.pending.drain(..).collect();
            if let Err(error) = self.connection.execute(AssertSqlSafe(text)).await {
                let error = Error::from(error);
                self.failure = Some(error.clone());
                return Err(error);
            }
        }
        Ok(&mut self.connection)
    }

    /// For a script. Only a lone BEGIN goes with it: each way to begin it is another text to keep prepared.
    pub(in crate::store) async fn opened(&mut self) -> Result<Opened<'_>, Error> {
        if self.pending == [BEGIN] {
            self.pending.clear();
            return Ok(Opened { connection: &mut self.connection, begin: BEGIN });
        }
        Ok(Opened { connection: self.ready().await?, begin: "" })
    }
}

const BEGIN: &str = "BEGIN IMMEDIATE;\n";
const COMMIT: &str = "COMMIT;\n";
const ROLLBACK: &str = "ROLLBACK;\n";
const SAVEPOINT: &str = "SAVEPOINT job;\n";
const ROLLBACK_TO: &str = "ROLLBACK TO job;\n";
const RELEASE: &str = "RELEASE job;\n";
