//! Versions of the tables. A migration that was released never changes.

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{PgConnection, SqlStr, SqliteConnection};

use super::Error;

/// Version, name, the text for SQLite and for PostgreSQL.
type Texts = (i64, &'static str, &'static str, &'static str);

macro_rules! migration {
    ($version:literal, $name:literal) => {
        (
            $version,
            $name,
            include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
            include_str!(concat!("../../../migrations/postgres/", $name, ".sql")),
        )
    };
}

/// In order. The test `every_migration_file_is_listed` compares it with the folders.
const MIGRATIONS: &[Texts] = &[
    migration!(1, "0001_initial"),
    migration!(2, "0002_sealed_logs"),
    migration!(3, "0003_forges"),
    migration!(4, "0004_forge_marks"),
    migration!(5, "0005_runner_tokens"),
    migration!(6, "0006_accounts"),
    migration!(7, "0007_additions"),
    migration!(10, "0010_events_by_kind"),
    migration!(11, "0011_fleet"),
    migration!(12, "0012_line_times"),
    migration!(13, "0013_signing_keys"),
    migration!(14, "0014_watched_signals"),
];

/// The version that this program reads and writes.
#[must_use]
pub fn newest_version() -> i64 {
    MIGRATIONS.last().map_or(0, |(version, ..)| *version)
}

/// Names of the migration files, without their ending.
#[must_use]
pub fn names() -> Vec<&'static str> {
    MIGRATIONS.iter().map(|(_, name, ..)| *name).collect()
}

pub(super) async fn run_sqlite(connection: &mut SqliteConnection, migrate: bool) -> Result<(), Error> {
    run(connection, migrate, |(_, _, sqlite, _)| sqlite).await
}

pub(super) async fn run_postgres(connection: &mut PgConnection, migrate: bool) -> Result<(), Error> {
    run(connection, migrate, |(_, _, _, postgres)| postgres).await
}

async fn run<C: Migrate>(connection: &mut C, migrate: bool, text: fn(&Texts) -> &'static str) -> Result<(), Error> {
    connection.ensure_migrations_table(&Migrator::DEFAULT.table_name).await.map_err(failed)?;
    let applied = connection.list_applied_migrations(&Migrator::DEFAULT.table_name).await.map_err(failed)?;
    let found = applied.iter().map(|migration| migration.version).max().unwrap_or(0);
    let known = newest_version();
    if found > known {
        return Err(Error::Refused(format!(
            "the database has version {found}, but this program knows only {known}: a newer program has used it; use that one"
        )));
    }
    if found < known && !migrate {
        return Err(Error::Refused(format!(
            "the database has version {found}, but this program needs {known}; make a backup, then start it with migrations allowed"
        )));
    }
    let migrations = MIGRATIONS.iter().map(|texts| {
        let (version, name, ..) = *texts;
        Migration::new(version, name.into(), MigrationType::Simple, SqlStr::from_static(text(texts)), false)
    });
    Migrator::with_migrations(migrations.collect()).run_direct(None, connection, false).await.map_err(failed)
}

fn failed(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) => Error::from(error),
        MigrateError::VersionMismatch(version) => Error::Refused(format!(
            "migration {version} was applied to this database with another text than this program has; use the program that made it"
        )),
        other => Error::Refused(format!("the database cannot be brought to version {}: {other}", newest_version())),
    }
}
