//! Databases of one test's own, and a pipeline to save.

use std::sync::atomic::{AtomicU64, Ordering};

use engine::core::Time;
use engine::store::{Settings, Store};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tempfile::TempDir;

pub(crate) mod sample;

/// Runs each test on a fresh SQLite database and on a fresh PostgreSQL database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let database = crate::support::Database::sqlite();
                super::$name(&database).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let database = crate::support::Database::postgres().await;
                super::$name(&database).await;
            })+
        }
    };
}
pub(crate) use on_both;

/// A database that goes with the test.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) folder: TempDir,
}

static SERVERS: AtomicU64 = AtomicU64::new(0);

impl Database {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { url: format!("sqlite:{}", folder.path().join("tidegate.db").display()), folder }
    }

    pub(crate) async fn postgres() -> Self {
        let cluster = cluster();
        let name = format!("test_{}_{}", std::process::id(), SERVERS.fetch_add(1, Ordering::Relaxed));
        let options: sqlx::postgres::PgConnectOptions = cluster.parse().expect("TIDEGATE_TEST_POSTGRES is a PostgreSQL address");
        let mut connection = options.connect().await.expect("the cluster that TIDEGATE_TEST_POSTGRES names answers");
        // `template0` has no connections that could stand in the way.
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"))).await.expect("a database for the test");
        connection.close().await.expect("the connection closes");
        let mut url = url::Url::parse(&cluster).expect("TIDEGATE_TEST_POSTGRES is a URL");
        url.set_path(&name);
        Self { url: url.to_string(), folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn settings(&self) -> Settings {
        let server = format!("server-{}-{}", std::process::id(), SERVERS.fetch_add(1, Ordering::Relaxed));
        Settings { ballast_bytes: 64 * 1024, ..Settings::new(&self.url, server) }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.settings()).await.expect("the database opens")
    }

    /// Statements from outside, as of somebody who tampers.
    pub(crate) async fn tamper(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.url.starts_with("sqlite:") {
            let options: sqlx::sqlite::SqliteConnectOptions = self.url.parse().unwrap();
            let mut connection = options.foreign_keys(false).connect().await.unwrap();
            connection.execute(sql).await.unwrap().rows_affected()
        } else {
            let options: sqlx::postgres::PgConnectOptions = self.url.parse().unwrap();
            let mut connection = options.connect().await.unwrap();
            connection.execute(sql).await.unwrap().rows_affected()
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the script that makes the cluster hands its address over so")]
fn cluster() -> String {
    std::env::var("TIDEGATE_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "TIDEGATE_TEST_POSTGRES is not set: run the tests as `scripts/with-postgres cargo test …` (it makes a temporary cluster; \
             `scripts/install postgres` installs it where it is missing)"
        )
    })
}

/// A fixed day, so that nothing depends on today.
pub(crate) const NOW: Time = Time(1_780_000_000_000);

pub(crate) fn after(ms: u64) -> Time {
    NOW + ms
}
