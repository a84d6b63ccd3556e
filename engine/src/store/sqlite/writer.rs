use std::fs::File;
use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{Ballast, Writing};
use crate::store::Error;
use crate::store::db::{Apply, Tx};

/// How many transactions share one commit.
const LARGEST_GROUP: usize = 128;

/// How many transactions may wait; beyond that callers wait to hand theirs over.
const LONGEST_QUEUE: usize = 1024;

/// The hand to the only connection that writes.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    closing: CancellationToken,
    closed: CancellationToken,
    failure: Failure,
}

/// Why nothing is written any more, once a write to the disk has failed (R6).
#[derive(Debug, Clone, Default)]
pub(crate) struct Failure {
    detail: Arc<OnceLock<String>>,
    happened: CancellationToken,
}

impl Failure {
    pub(crate) fn detail(&self) -> Option<&str> {
        self.detail.get().map(String::as_str)
    }

    /// Returns when it has happened, which may be never.
    pub(crate) async fn happened(&self) {
        self.happened.cancelled().await;
    }

    fn happens(&self, error: &Error) {
        // The first one is the cause.
        drop(self.detail.set(if let Error::Fatal(detail) = error { detail.clone() } else { error.to_string() }));
        self.happened.cancel();
    }
}

impl Writer {
    /// The lock and the connection live as long as the last hand.
    pub(super) fn start(connection: SqliteConnection, ballast: Ballast, lock: File) -> Self {
        let (queue, mut jobs) = mpsc::channel(LONGEST_QUEUE);
        let writer = Self { queue, closing: CancellationToken::new(), closed: CancellationToken::new(), failure: Failure::default() };
        let (closing, closed, failure) = (writer.closing.clone(), writer.closed.clone(), writer.failure.clone());
        tokio::spawn(async move {
            let mut writing = Writing::new(connection);
            work(&mut writing, &ballast, &mut jobs, &closing, &failure).await;
            if let Err(error) = writing.into_connection().close().await {
                tracing::warn!(%error, "the database was not closed cleanly; the next start repairs it");
            }
            drop(lock);
            closed.cancel();
        });
        writer
    }

    /// Finishes what waits, refuses what comes, gives the file free.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.closed.cancelled().await;
    }

    /// Answers after the commit. Dropping the future does not take the write back.
    pub(crate) async fn write<A, T>(&self, input: A, apply: Apply<A, T>) -> Result<T, Error>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Write { input, apply, output: None, reply });
        self.queue.send(job).await.map_err(|_| self.ended())?;
        answer.await.unwrap_or_else(|_| Err(self.ended()))
    }

    pub(crate) fn failure(&self) -> &Failure {
        &self.failure
    }

    fn ended(&self) -> Error {
        self.failure.detail().map_or_else(ended, |detail| Error::Fatal(detail.to_owned()))
    }
}

fn ended() -> Error {
    Error::Unavailable("the writer of the database has ended".to_owned())
}

/// One transaction of somebody, whatever it answers.
trait Job: Send {
    fn apply<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, Result<(), Error>>;

    /// Tells the caller how it ended.
    fn answer(self: Box<Self>, outcome: Result<(), Error>);
}

struct Write<A, T> {
    input: A,
    apply: Apply<A, T>,
    output: Option<T>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<A: Send + Sync, T: Send> Job for Write<A, T> {
    fn apply<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, Result<(), Error>> {
        let output = (self.apply)(tx, &self.input);
        let place = &mut self.output;
        Box::pin(async move {
            *place = Some(output.await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, outcome: Result<(), Error>) {
        let Self { output, reply, .. } = *self;
        let answer = outcome.and_then(|()| output.ok_or_else(ended));
        // Nobody waits any more: the write stands all the same.
        drop(reply.send(answer));
    }
}

async fn work(
    writing: &mut Writing,
    ballast: &Ballast,
    jobs: &mut mpsc::Receiver<Box<dyn Job>>,
    closing: &CancellationToken,
    failure: &Failure,
) {
    let mut group = Vec::with_capacity(LARGEST_GROUP);
    loop {
        tokio::select! {
            count = jobs.recv_many(&mut group, LARGEST_GROUP) => if count == 0 { return },
            () = closing.cancelled(), if !jobs.is_closed() => {
                jobs.close();
                continue;
            }
        }
        if let Err(error) = write_group(writing, ballast, failure, &mut group).await {
            // After a failed write or fsync nobody knows what the disk holds: nothing is written any more.
            tracing::error!(%error, "the writer of the database ends; nothing is accepted any more");
            jobs.close();
            while let Some(job) = jobs.recv().await {
                job.answer(Err(error.clone()));
            }
            return;
        }
    }
}

/// Answers everybody in the group. The error is one after which nothing may be written.
async fn write_group(writing: &mut Writing, ballast: &Ballast, failure: &Failure, group: &mut Vec<Box<dyn Job>>) -> Result<(), Error> {
    let mut outcomes = commit_group(writing, group).await;
    if matches!(outcomes, Err(Error::Full(_))) && ballast.drop_it() {
        tracing::error!("the disk is full: the ballast was given up; new work is refused until there is room again");
        outcomes = commit_group(writing, group).await;
    }
    match outcomes {
        Ok(outcomes) => {
            group.drain(..).zip(outcomes).for_each(|(job, outcome)| job.answer(outcome));
            Ok(())
        }
        Err(error) => {
            if matches!(error, Error::Fatal(_)) {
                // Said before anybody hears of it, so that whoever asks why finds the answer.
                failure.happens(&error);
            }
            group.drain(..).for_each(|job| job.answer(Err(error.clone())));
            if matches!(error, Error::Fatal(_)) { Err(error) } else { Ok(()) }
        }
    }
}

/// One `BEGIN … COMMIT`; each job in a savepoint of its own, so that one that fails takes nobody with it.
async fn commit_group(writing: &mut Writing, group: &mut [Box<dyn Job>]) -> Result<Vec<Result<(), Error>>, Error> {
    writing.begin();
    let finished = match group {
        [alone] => commit_one(writing, alone.as_mut()).await.map(|outcome| vec![outcome]),
        all => commit_all(writing, all).await,
    };
    if finished.is_err() {
        writing.roll_back().await;
    }
    finished
}

async fn commit_one(writing: &mut Writing, job: &mut dyn Job) -> Result<Result<(), Error>, Error> {
    match job.apply(&mut Tx::Writing(writing)).await {
        Err(error) if error.ends_transaction() => Err(error),
        Err(error) => {
            writing.roll_back().await;
            Ok(Err(error))
        }
        Ok(()) => writing.commit().await.map(Ok),
    }
}

async fn commit_all(writing: &mut Writing, group: &mut [Box<dyn Job>]) -> Result<Vec<Result<(), Error>>, Error> {
    let mut outcomes = Vec::with_capacity(group.len());
    for job in group {
        writing.begin_job();
        let outcome = job.apply(&mut Tx::Writing(writing)).await;
        if let Err(error) = &outcome
            && error.ends_transaction()
        {
            return Err(error.clone());
        }
        writing.failure()?;
        writing.end_job(outcome.is_ok());
        outcomes.push(outcome);
    }
    writing.commit().await.map(|()| outcomes)
}
