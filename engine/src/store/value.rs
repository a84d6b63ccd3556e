use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};

use super::Error;
use crate::core::Time;
use crate::core::id::{HoldId, LaneKey, MonitorId, PipelineId, ReleaseNumber, TargetName};

/// What a column can hold, on both databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Boolean(bool),
    Bytes(Option<Vec<u8>>),
}

/// The arguments of a statement, in the order of `$1`, `$2`, ….
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::value::Value::from($value)),*] };
}
pub(super) use values;

impl From<&str> for Value {
    /// PostgreSQL cannot store U+0000 in a text, so nobody may.
    fn from(text: &str) -> Self {
        Self::Text(Some(if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        if text.contains('\0') { Self::from(text.as_str()) } else { Self::Text(Some(text)) }
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Text(None), Self::from)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Text(None), Self::from)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(Some(i64::from(number)))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Option<u64>> for Value {
    fn from(number: Option<u64>) -> Self {
        number.map_or(Self::Integer(None), Self::from)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Self::Integer(Some(time.0))
    }
}

impl From<Option<Time>> for Value {
    fn from(time: Option<Time>) -> Self {
        Self::Integer(time.map(|time| time.0))
    }
}

impl From<ReleaseNumber> for Value {
    fn from(number: ReleaseNumber) -> Self {
        Self::from(number.0)
    }
}

impl From<Option<ReleaseNumber>> for Value {
    fn from(number: Option<ReleaseNumber>) -> Self {
        number.map_or(Self::Integer(None), Self::from)
    }
}

macro_rules! from_id {
    ($($id:ty),+) => {$(
        impl From<&$id> for Value {
            fn from(id: &$id) -> Self {
                Self::from(id.as_str())
            }
        }
    )+};
}

from_id!(PipelineId, TargetName, LaneKey, HoldId, MonitorId, protocol::AttemptId, protocol::RunnerId, protocol::ArtifactDigest);

/// One row of an answer.
#[derive(Debug)]
pub(super) enum Record {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl From<SqliteRow> for Record {
    fn from(row: SqliteRow) -> Self {
        Self::Sqlite(row)
    }
}

impl From<PgRow> for Record {
    fn from(row: PgRow) -> Self {
        Self::Postgres(row)
    }
}

macro_rules! get {
    ($record:expr, $column:expr) => {
        match $record {
            Record::Sqlite(row) => row.try_get($column).map_err(Error::from),
            Record::Postgres(row) => row.try_get($column).map_err(Error::from),
        }
    };
}

impl Record {
    pub(super) fn text(&self, column: &str) -> Result<String, Error> {
        get!(self, column)
    }

    pub(super) fn optional_text(&self, column: &str) -> Result<Option<String>, Error> {
        get!(self, column)
    }

    pub(super) fn integer(&self, column: &str) -> Result<i64, Error> {
        get!(self, column)
    }

    pub(super) fn optional_integer(&self, column: &str) -> Result<Option<i64>, Error> {
        get!(self, column)
    }

    pub(super) fn boolean(&self, column: &str) -> Result<bool, Error> {
        get!(self, column)
    }

    pub(super) fn optional_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, Error> {
        get!(self, column)
    }

    /// A number that is never negative.
    pub(super) fn count(&self, column: &str) -> Result<u64, Error> {
        let number = self.integer(column)?;
        u64::try_from(number).map_err(|_| Error::malformed("", column, format!("{number} is negative")))
    }

    pub(super) fn optional_count(&self, column: &str) -> Result<Option<u64>, Error> {
        let number = self.optional_integer(column)?;
        number.map(|number| u64::try_from(number).map_err(|_| Error::malformed("", column, format!("{number} is negative")))).transpose()
    }

    pub(super) fn time(&self, column: &str) -> Result<Time, Error> {
        self.integer(column).map(Time)
    }

    pub(super) fn optional_time(&self, column: &str) -> Result<Option<Time>, Error> {
        Ok(self.optional_integer(column)?.map(Time))
    }

    pub(super) fn release(&self, column: &str) -> Result<ReleaseNumber, Error> {
        self.count(column).map(ReleaseNumber)
    }

    /// The JSON in a column.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, Error> {
        serde_json::from_str(&self.text(column)?).map_err(|error| Error::malformed("", column, error))
    }

    /// The whole row from its body; what does not decode names the table and the row (R11).
    pub(super) fn body<T: serde::de::DeserializeOwned>(&self, table: &str, key_column: &str) -> Result<T, Error> {
        self.json("body").map_err(|error| match error {
            Error::Malformed { detail, .. } => {
                let key = self.text(key_column).or_else(|_| self.integer(key_column).map(|number| number.to_string()));
                Error::malformed(table, key.unwrap_or_default(), detail)
            }
            other => other,
        })
    }
}

/// JSON text of a row. Rows hold nothing that JSON cannot express, so a failure is a defect.
pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Statement(format!("a row cannot be written as JSON: {error}")))
}

/// The state behind a name that [`word`] wrote, for states that are nothing but a name.
pub(super) fn unword<T: serde::de::DeserializeOwned>(table: &str, word: &str) -> Result<T, Error> {
    serde_json::from_value(serde_json::Value::from(word)).map_err(|error| Error::malformed(table, word.to_owned(), error))
}

/// The name under which serde writes a state: `moving`.
pub(super) fn word<T: serde::Serialize>(state: &T) -> Result<String, Error> {
    match serde_json::to_value(state) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(serde_json::Value::Object(object)) => match object.get("kind") {
            Some(serde_json::Value::String(word)) => Ok(word.clone()),
            _ => Err(Error::Statement("a state without a name".to_owned())),
        },
        _ => Err(Error::Statement("a state without a name".to_owned())),
    }
}
