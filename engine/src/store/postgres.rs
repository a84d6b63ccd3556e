//! PostgreSQL: any number of servers, no leader (R7).

use std::convert::Infallible;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgExecutor, PgPool};
use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;

use super::hint::Hint;
use super::{Error, Settings, migrations};

/// 14, as `server_version_num` says it: the oldest that PostgreSQL's own project still mends.
const OLDEST_VERSION: i32 = 140_000;

/// How long a caller waits for a connection before it is told that the database cannot be used.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Prepared statements that a connection keeps.
const STATEMENT_CACHE: usize = 512;

/// Between two tries to listen again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Checks and migrates the database, then opens the pool.
pub(super) async fn open(settings: &Settings, hints: broadcast::Sender<Hint>) -> Result<(PgPool, AbortOnDropHandle<()>), Error> {
    let options = PgConnectOptions::from_str(&settings.url)
        .map_err(|error| Error::Refused(format!("not a PostgreSQL address: {error}; expected postgres://user@host/database")))?
        .application_name("tidegate")
        .statement_cache_capacity(STATEMENT_CACHE);
    let mut connection = options.connect().await.map_err(|error| Error::Unavailable(error.to_string()))?;
    if settings.alone && !lock(&mut connection, ALONE).await? {
        return Err(Error::Refused(IS_USED.to_owned()));
    }
    check(&mut connection).await?;
    migrations::run_postgres(&mut connection, settings.migrate).await?;
    let alone = if settings.alone {
        Some(connection)
    } else {
        drop(connection.close().await);
        None
    };
    // A statement that hangs must not hold a row for ever; migrations above are free of that bound.
    let bounded = options.options([("statement_timeout", "30s"), ("idle_in_transaction_session_timeout", "60s")]);
    let pool = PgPoolOptions::new()
        .max_connections(settings.readers.max(2))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(bounded.clone())
        .await
        .map_err(|error| Error::Unavailable(error.to_string()))?;
    let listening = PgPoolOptions::new().max_connections(1).connect_lazy_with(bounded);
    if alone.is_none() {
        let mut first = listen(&listening).await?;
        // Refused here and not when it listens: whoever begins now would serve what is being put back.
        if !lock(&mut first, BESIDE_OTHERS).await? {
            return Err(Error::Refused(IS_PUT_BACK.to_owned()));
        }
        return Ok((pool, AbortOnDropHandle::new(tokio::spawn(pass_on(listening, Some(first), hints)))));
    }
    Ok((pool, AbortOnDropHandle::new(tokio::spawn(keep(alone)))))
}

/// A lock of this database that ends with the connection: every server has it beside the others, `restore` alone. False: it cannot be had now.
async fn lock<'c>(connection: impl PgExecutor<'c>, statement: &'static str) -> Result<bool, Error> {
    Ok(sqlx::query_scalar(statement).fetch_one(connection).await?)
}

const ALONE: &str = "SELECT pg_try_advisory_lock(7303014)";
const BESIDE_OTHERS: &str = "SELECT pg_try_advisory_lock_shared(7303014)";
const IS_USED: &str = "another server uses this database; stop it first \
    (SELECT pid, client_addr FROM pg_stat_activity WHERE application_name = 'tidegate' shows who is connected)";
const IS_PUT_BACK: &str = "this database is just being put back by `tidegate restore`; start the server when that has ended";

async fn keep(connection: Option<PgConnection>) {
    let _locked = connection;
    std::future::pending().await
}

async fn check(connection: &mut PgConnection) -> Result<(), Error> {
    let (is_replica, synchronous_commit, version, fsync): (bool, String, i32, String) =
        sqlx::query_as(SETTINGS).fetch_one(&mut *connection).await?;
    if is_replica {
        return Err(Error::Refused("this PostgreSQL is a replica and accepts no writes; name the primary".to_owned()));
    }
    if version < OLDEST_VERSION {
        return Err(Error::Refused(format!("PostgreSQL {} is too old; 14 or newer is needed", version / 10_000)));
    }
    if !["on", "remote_apply"].contains(&synchronous_commit.as_str()) {
        return Err(Error::Refused(format!(
            "synchronous_commit is {synchronous_commit:?}: PostgreSQL would forget what it has acknowledged; set it to on for this database or role"
        )));
    }
    if fsync != "on" {
        tracing::warn!("fsync is off in this PostgreSQL: a power failure destroys the database");
    }
    Ok(())
}

const SETTINGS: &str = "SELECT pg_is_in_recovery(), current_setting('synchronous_commit'), \
    CAST(current_setting('server_version_num') AS INTEGER), current_setting('fsync')";

async fn listen(pool: &PgPool) -> Result<PgListener, Error> {
    let mut listener = PgListener::connect_with(pool).await.map_err(|error| Error::Unavailable(error.to_string()))?;
    listener.listen("tidegate").await?;
    Ok(listener)
}

/// Passes on what other servers say. After a break nobody knows what was missed, so it says that.
async fn pass_on(pool: PgPool, mut first: Option<PgListener>, hints: broadcast::Sender<Hint>) {
    loop {
        let Err(error) = pass_on_until_it_breaks(&pool, first.take(), &hints).await;
        tracing::warn!(%error, "hints of other servers are not heard");
        #[expect(clippy::disallowed_methods, reason = "a pause between connections decides nothing; tests do not wait for it")]
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn pass_on_until_it_breaks(pool: &PgPool, first: Option<PgListener>, hints: &broadcast::Sender<Hint>) -> Result<Infallible, Error> {
    let mut listener = match first {
        Some(first) => first,
        None => {
            let mut again = listen(pool).await?;
            lock_again(&mut again).await?;
            again
        }
    };
    drop(hints.send(Hint::Everything));
    loop {
        let hint = match listener.try_recv().await? {
            Some(notification) => Hint::from_text(notification.payload()),
            // The connection broke and was made anew.
            None => {
                lock_again(&mut listener).await?;
                Hint::Everything
            }
        };
        // An error says that nobody listens at the moment.
        drop(hints.send(hint));
    }
}

/// The lock went with the connection.
async fn lock_again(listener: &mut PgListener) -> Result<(), Error> {
    if lock(&mut *listener, BESIDE_OTHERS).await? { Ok(()) } else { Err(Error::Refused(IS_PUT_BACK.to_owned())) }
}
