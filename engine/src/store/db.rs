//! The one place that knows that there are two databases.
//!
//! Everything else writes one SQL text, binds [`Value`]s and reads [`Record`]s.

use futures::TryStreamExt as _;
use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, Either, Executor as _, PgConnection, PgPool, SqlSafeStr, SqliteConnection, SqlitePool};

use super::script::{Outcome, Ran, Script};
use super::value::{Record, Value};
use super::{Error, sqlite};
use crate::core::Time;

/// What is written in one transaction. Called again after a deadlock or in a new group, so it keeps nothing of its own.
pub(super) type Apply<A, T> = for<'a> fn(&'a mut Tx<'_>, &'a A) -> BoxFuture<'a, Result<T, Error>>;

#[derive(Debug, Clone)]
pub(super) enum Db {
    Sqlite { readers: SqlitePool, writer: sqlite::Writer },
    Postgres { pool: PgPool },
}

/// A connection inside a transaction, or for one reading statement.
#[derive(Debug)]
pub(super) enum Tx<'c> {
    Sqlite(&'c mut SqliteConnection),
    /// The connection that writes.
    Writing(&'c mut sqlite::Writing),
    Postgres(&'c mut PgConnection),
}

macro_rules! on {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            Tx::Sqlite(connection) => {
                let $connection = &mut **connection;
                $body
            }
            Tx::Writing(writing) => {
                let $connection = writing.ready().await?;
                $body
            }
            Tx::Postgres(connection) => {
                let $connection = &mut **connection;
                $body
            }
        }
    };
}

macro_rules! bind {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Integer(number) => query.bind(number),
                Value::Boolean(flag) => query.bind(flag),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

impl Tx<'_> {
    /// How many rows it touched.
    pub(super) async fn execute(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64, Error> {
        on!(self, connection => Ok(bind!(sql, values).execute(connection).await?.rows_affected()))
    }

    pub(super) async fn all(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Record>, Error> {
        on!(self, connection => {
            let rows = bind!(sql, values).fetch_all(connection).await?;
            Ok(rows.into_iter().map(Record::from).collect())
        })
    }

    pub(super) async fn optional(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Option<Record>, Error> {
        on!(self, connection => {
            Ok(bind!(sql, values).fetch_optional(connection).await?.map(Record::from))
        })
    }

    pub(super) async fn one(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Record, Error> {
        self.optional(sql, values).await?.ok_or_else(|| Error::Statement("a statement that answers one row answered none".to_owned()))
    }

    /// All statements of a script, in their order.
    pub(super) async fn run(&mut self, script: Script) -> Result<Ran, Error> {
        if script.is_empty() {
            return Ok(Ran::All(Vec::new()));
        }
        match self {
            Self::Sqlite(connection) => run_together(connection, script, "").await,
            Self::Writing(writing) => {
                let opened = writing.opened().await?;
                run_together(opened.connection, script, opened.begin).await
            }
            Self::Postgres(connection) => run_each(connection, script).await,
        }
    }

    /// Many rows in few statements.
    pub(super) async fn insert_all(&mut self, insert: &Insert, rows: Vec<Vec<Value>>) -> Result<(), Error> {
        let mut script = Script::default();
        script.insert_all(insert, rows);
        self.run(script).await.map(drop)
    }

    /// Asks the database whether it understands a statement.
    pub(super) async fn prepare(&mut self, sql: String) -> Result<(), Error> {
        let sql = AssertSqlSafe(sql).into_sql_str();
        on!(self, connection => connection.prepare(sql).await.map(drop).map_err(Error::from))
    }

    /// Wakes the other servers when this transaction commits (R7). On SQLite there are none.
    pub(super) async fn notify(&mut self, hint: String) -> Result<(), Error> {
        match self {
            Tx::Sqlite(_) | Tx::Writing(_) => Ok(()),
            Tx::Postgres(_) => self.execute(NOTIFY, vec![Value::from(hint)]).await.map(drop),
        }
    }
}

/// `begin` is empty, or one statement without an outcome that goes before the script.
async fn run_together(connection: &mut SqliteConnection, script: Script, begin: &str) -> Result<Ran, Error> {
    let required: Vec<bool> = script.statements.iter().map(|statement| statement.must_touch).collect();
    let (text, values) = script.joined(begin);
    let mut results = connection.fetch_many(bind!(AssertSqlSafe(text), values));
    if !begin.is_empty() {
        results.try_next().await?;
    }
    let mut outcomes = Vec::with_capacity(required.len());
    let mut records = Vec::new();
    let mut is_met = true;
    while is_met && let Some(result) = results.try_next().await? {
        match result {
            Either::Right(row) => records.push(Record::from(row)),
            Either::Left(done) => {
                let touched = done.rows_affected();
                is_met = touched > 0 || !required.get(outcomes.len()).copied().unwrap_or_default();
                outcomes.push(Outcome { touched, records: std::mem::take(&mut records) });
            }
        }
    }
    Ok(if is_met { Ran::All(outcomes) } else { Ran::Unmet })
}

async fn run_each(connection: &mut PgConnection, script: Script) -> Result<Ran, Error> {
    let mut outcomes = Vec::with_capacity(script.statements.len());
    for statement in script.statements {
        let mut outcome = Outcome::default();
        let mut results = connection.fetch_many(bind!(AssertSqlSafe(statement.sql.into_owned()), statement.values));
        while let Some(result) = results.try_next().await? {
            match result {
                Either::Right(row) => outcome.records.push(Record::from(row)),
                Either::Left(done) => outcome.touched += done.rows_affected(),
            }
        }
        if statement.must_touch && outcome.touched == 0 {
            return Ok(Ran::Unmet);
        }
        outcomes.push(outcome);
    }
    Ok(Ran::All(outcomes))
}

/// PostgreSQL only; milliseconds since 1970.
const CLOCK: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now";

/// PostgreSQL only; a hint, never the truth.
const NOTIFY: &str = "SELECT pg_notify('tidegate', $1)";

/// An `INSERT` of any number of rows, kept apart from its `VALUES`.
#[derive(Debug)]
pub(super) struct Insert {
    /// `INSERT INTO lanes (pipeline_id, key, body)`
    pub into: &'static str,
    pub columns: usize,
    /// What stands before the first column's parameter: `(SELECT …) - `, or nothing.
    pub before_first: &'static str,
    /// `ON CONFLICT …`, or empty.
    pub conflict: &'static str,
}

impl Insert {
    /// Keeps the parameters of the widest table far below SQLite's 32,766.
    pub(super) const MOST_ROWS: usize = 32;

    pub(super) fn sql(&self, rows: usize) -> String {
        let tuples: Vec<String> = (0..rows)
            .map(|row| {
                let parameters: Vec<String> = (1..=self.columns).map(|column| format!("${}", row * self.columns + column)).collect();
                format!("({}{})", self.before_first, parameters.join(", "))
            })
            .collect();
        format!("{} VALUES {} {}", self.into, tuples.join(", "), self.conflict)
    }
}

impl Db {
    /// Runs `apply` in a transaction and answers after the commit.
    pub(super) async fn write<A, T>(&self, input: A, apply: Apply<A, T>) -> Result<T, Error>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        match self {
            Self::Sqlite { writer, .. } => writer.write(input, apply).await,
            Self::Postgres { pool } => postgres_write(pool, &input, apply).await,
        }
    }

    /// Runs `query` on one snapshot of the data.
    pub(super) async fn read<A, T>(&self, input: A, query: Apply<A, T>) -> Result<T, Error> {
        match self {
            Self::Sqlite { readers, .. } => {
                let mut transaction = readers.begin().await?;
                query(&mut Tx::Sqlite(&mut transaction), &input).await
            }
            Self::Postgres { pool } => {
                let mut transaction = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                query(&mut Tx::Postgres(&mut transaction), &input).await
            }
        }
    }

    /// Runs `query` on a connection without a transaction.
    pub(super) async fn outside<A, T>(&self, input: A, query: Apply<A, T>) -> Result<T, Error> {
        match self {
            Self::Sqlite { readers, .. } => query(&mut Tx::Sqlite(&mut *readers.acquire().await?), &input).await,
            Self::Postgres { pool } => query(&mut Tx::Postgres(&mut *pool.acquire().await?), &input).await,
        }
    }

    /// The database's own clock, where several servers share it.
    pub(super) async fn clock(&self) -> Result<Option<Time>, Error> {
        match self {
            Self::Sqlite { .. } => Ok(None),
            Self::Postgres { .. } => self.optional(CLOCK, Vec::new()).await?.map(|record| record.time("now")).transpose(),
        }
    }

    /// One reading statement.
    pub(super) async fn all(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Record>, Error> {
        match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(&mut *readers.acquire().await?).all(sql, values).await,
            Self::Postgres { pool } => Tx::Postgres(&mut *pool.acquire().await?).all(sql, values).await,
        }
    }

    /// One reading statement that answers at most one row.
    pub(super) async fn optional(&self, sql: &'static str, values: Vec<Value>) -> Result<Option<Record>, Error> {
        Ok(self.all(sql, values).await?.into_iter().next())
    }

    /// One writing statement; answers how many rows it touched.
    pub(super) async fn execute(&self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        self.write((sql, values), |tx, (sql, values)| Box::pin(async move { tx.execute(*sql, values.clone()).await })).await
    }

    /// One writing statement with `RETURNING`.
    pub(super) async fn execute_returning(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Record>, Error> {
        self.write((sql, values), |tx, (sql, values)| Box::pin(async move { tx.all(*sql, values.clone()).await })).await
    }
}

/// How often a transaction is tried that lost against another (R7).
const MOST_TRIES: u32 = 10;

async fn postgres_write<A: Sync, T>(pool: &PgPool, input: &A, apply: Apply<A, T>) -> Result<T, Error> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut transaction = pool.begin().await?;
        let outcome = match apply(&mut Tx::Postgres(&mut transaction), input).await {
            Ok(output) => match transaction.commit().await {
                Ok(()) => return Ok(output),
                Err(error) if is_lost(&error) => return Err(Error::CommitUnknown(error.to_string())),
                Err(refused) => Error::from(refused),
            },
            Err(error) => error,
        };
        match outcome {
            Error::Contended(_) if tries < MOST_TRIES => tokio::task::yield_now().await,
            other => return Err(other),
        }
    }
}

/// The connection went, or the database was stopped, between COMMIT and its answer (ID11).
fn is_lost(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().map(|error| error.code().unwrap_or_default().into_owned());
    code.is_none_or(|code| code.starts_with("57") || code.starts_with("08"))
}
