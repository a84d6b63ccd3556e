//! The same tables on both databases; older data is carried on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use engine::core::Time;
use engine::core::id::{PipelineId, ReleaseNumber};
use engine::store::{EventFilter, Store};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use crate::support::{Database, on_both};

on_both!(data_of_every_older_version_is_carried_on);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(name)
}

fn files(name: &str) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder(name))
        .unwrap_or_else(|error| panic!("migrations/{name}: {error}"))
        .filter_map(|entry| entry.unwrap().file_name().into_string().unwrap().strip_suffix(".sql").map(str::to_owned))
        .collect();
    names.sort();
    names
}

#[test]
fn every_migration_file_is_listed() {
    for database in ["sqlite", "postgres"] {
        assert_eq!(
            files(database),
            engine::store::migration_names(),
            "migrations/{database} and MIGRATIONS in engine/src/store/migrations.rs"
        );
    }
    assert_eq!(files("sample"), engine::store::migration_names(), "each version has sample data, so that the next one is tested on it");
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let sqlite = Database::sqlite();
    sqlite.open().await.close().await;
    let options: sqlx::sqlite::SqliteConnectOptions = sqlite.url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let sql = "SELECT m.name, c.name, replace(upper(c.type), 'BLOB', 'BYTEA'), c.\"notnull\" <> 0 FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
        WHERE m.type = 'table' AND m.name NOT LIKE '\\_%' ESCAPE '\\'";
    let on_sqlite: BTreeSet<(String, String, String, bool)> =
        sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap().into_iter().collect();

    let postgres = Database::postgres().await;
    postgres.open().await.close().await;
    let options: sqlx::postgres::PgConnectOptions = postgres.url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let sql = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), upper(data_type), is_nullable = 'NO' \
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'";
    let on_postgres: BTreeSet<_> = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap().into_iter().collect();

    assert!(on_sqlite.len() > 150, "only {} columns were found", on_sqlite.len());
    assert_eq!(on_sqlite.difference(&on_postgres).collect::<Vec<_>>(), Vec::<&_>::new(), "only on SQLite");
    assert_eq!(on_postgres.difference(&on_sqlite).collect::<Vec<_>>(), Vec::<&_>::new(), "only on PostgreSQL");
}

/// Data as each version wrote it, brought to the newest version and read by this program.
async fn data_of_every_older_version_is_carried_on(database: &Database) {
    for name in engine::store::migration_names() {
        let version = name[..4].parse().unwrap();
        let sample = std::fs::read_to_string(folder("sample").join(format!("{name}.sql"))).unwrap();
        if database.url.starts_with("sqlite:") {
            let older = Database::sqlite();
            let options: sqlx::sqlite::SqliteConnectOptions = older.url.parse().unwrap();
            let mut connection = options.create_if_missing(true).connect().await.unwrap();
            Migrator::new(folder("sqlite")).await.unwrap().run_direct(Some(version), &mut connection, false).await.unwrap();
            connection.execute(AssertSqlSafe(sample)).await.unwrap();
            drop(connection);
            reads_the_sample(&older.open().await, name).await;
        } else {
            let older = Database::postgres().await;
            let options: sqlx::postgres::PgConnectOptions = older.url.parse().unwrap();
            let mut connection = options.connect().await.unwrap();
            Migrator::new(folder("postgres")).await.unwrap().run_direct(Some(version), &mut connection, false).await.unwrap();
            connection.execute(AssertSqlSafe(sample)).await.unwrap();
            drop(connection);
            reads_the_sample(&older.open().await, name).await;
        }
    }
}

async fn reads_the_sample(store: &Store, written_by: &str) {
    let id = PipelineId::from("p-1");
    let (loaded, version) = store.load(&id).await.unwrap();
    assert_eq!((loaded.releases.len(), loaded.targets.len(), loaded.lanes.len(), version.number), (1, 1, 1, 1));
    assert_eq!((loaded.attempts.len(), loaded.nodes.len(), loaded.gates.len(), loaded.waves.len()), (1, 1, 1, 1));
    assert_eq!((loaded.rollouts.len(), loaded.watches.len(), loaded.holds.len()), (1, 1, 1));
    assert!(store.release(&id, ReleaseNumber(1)).await.unwrap().is_some());
    assert_eq!(store.events_after(0, &EventFilter::default(), 10).await.unwrap().len(), 2);
    assert_eq!(store.verify_chain(&id).await.unwrap(), Ok(2));
    assert_eq!(store.queued(10).await.unwrap().0.len(), 1);
    let attempt = protocol::AttemptId::try_from("p-1.1.4.1".to_owned()).unwrap();
    let chunks = store.log_chunks_from_byte(&attempt, 0, 10).await.unwrap();
    assert_eq!(chunks.iter().map(|chunk| (chunk.length, chunk.is_gap())).collect::<Vec<_>>(), [(4, false), (8, true)]);
    assert!(store.log_head(&attempt).await.unwrap().unwrap().sealed_at.is_some());
    if written_by >= "0013" {
        let keys = store.signing_keys(Time(1_780_000_000_001)).await.unwrap();
        assert_eq!(keys.iter().map(|key| key["kid"].as_str()).collect::<Vec<_>>(), [Some("k-1")]);
        assert_eq!(store.signing_keys(Time(1_780_087_060_000)).await.unwrap().len(), 0, "nothing that it has signed is valid any more");
    }
    if written_by >= "0011" {
        let grown = store.release(&id, ReleaseNumber(1)).await.unwrap().unwrap();
        assert_eq!((grown.additions.len(), grown.plan.added.len()), (1, 1), "its plan is shown as it has grown");
        assert!(grown.plan.nodes.iter().any(|node| node.key == "build/unit"));
        assert_eq!(store.pins(&id).await.unwrap().len(), 1);
        assert_eq!(store.open_upgrades().await.unwrap().len(), 1);
    }
}
