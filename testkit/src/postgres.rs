//! Databases on the cluster that `scripts/with-postgres` has started.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

/// A new, empty database; answers its address.
pub async fn create_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    #[expect(clippy::disallowed_methods, reason = "the script that makes the cluster hands its address over so")]
    let cluster = std::env::var("TIDEGATE_TEST_POSTGRES")
        .expect("TIDEGATE_TEST_POSTGRES is not set: run the tests as `scripts/with-postgres cargo test …`, as make test does");
    let name = format!("world_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let options: sqlx::postgres::PgConnectOptions = cluster.parse().expect("TIDEGATE_TEST_POSTGRES is a PostgreSQL address");
    let mut connection = options.connect().await.expect("the cluster that TIDEGATE_TEST_POSTGRES names answers");
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"))).await.expect("a database for the test");
    connection.close().await.expect("the connection closes");
    let (server, _) = cluster.rsplit_once('/').expect("TIDEGATE_TEST_POSTGRES names a database");
    format!("{server}/{name}")
}
