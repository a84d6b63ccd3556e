use std::time::Duration;

use bytes::Bytes;
use protocol::{Lease, MAX_LOG_CHUNK_BYTES};
use sha2::Digest as _;

use super::runner_client::RunnerClient;
use super::server::Server;
use super::stopwatch::Stopwatch;
use super::{Figure, Result, floor};
use crate::repository::GitRepository;

const CHUNKS: usize = 192;
const AT_ONCE: usize = 4;
const GOAL_MB_PER_S: f64 = 50.0;

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let server = Server::start().await?;
    let repository = GitRepository::new();
    let jobs: String = (0..=AT_ONCE).map(|job| format!("      - {{name: j{job}, steps: [\"true\"]}}\n")).collect();
    repository.write(".tidegate/pipeline.yaml", &format!("name: talkative\nstages:\n  - name: build\n    jobs:\n{jobs}"));
    repository.commit("jobs that talk");
    server.world.connect(&repository).await;
    let body = body();
    let digest = hex::encode(sha2::Sha256::digest(&body));

    let runner = server.runner().await?;
    let lease = runner.lease().await?;
    let watch = Stopwatch::start();
    send(runner, lease, body.clone(), digest.clone(), CHUNKS).await?;
    let alone = watch.elapsed();

    let mut talking = Vec::new();
    for _ in 0..AT_ONCE {
        let runner = server.runner().await?;
        let lease = runner.lease().await?;
        talking.push((runner, lease));
    }
    let watch = Stopwatch::start();
    let sending = talking.into_iter().map(|(runner, lease)| send(runner, lease, body.clone(), digest.clone(), CHUNKS / AT_ONCE));
    futures::future::try_join_all(sending).await?;
    let together = watch.elapsed();

    let folder = tempfile::tempdir()?;
    let floor = format!("{:.0} MB/s", rate(&body, floor::digest_and_write(folder.path(), &body, CHUNKS)?));
    let figure = |name: &str, took: Duration, how: &str| {
        let reached = rate(&body, took);
        Figure::new(name, format!("{reached:.0} MB/s"), how).goal("≥ 50 MB/s", reached >= GOAL_MB_PER_S).floor(floor.clone())
    };
    Ok(vec![
        figure(
            "log ingest, one job",
            alone,
            &format!(
                "{CHUNKS} chunks of 1 MiB (a MB is 1,000,000 bytes) one after the other through POST …/log, each acknowledged when it is \
                 on disk. Floor: SHA-256, a new file and fdatasync for each of the same chunks"
            ),
        ),
        figure("log ingest, four jobs", together, &format!("the same {CHUNKS} chunks by {AT_ONCE} jobs at once")),
    ])
}

async fn send(runner: RunnerClient, lease: Lease, body: Bytes, digest: String, chunks: usize) -> Result<()> {
    let mut stored = 0;
    for chunk in 1..=chunks {
        stored = runner.log(&lease, stored, &digest, body.clone()).await?.stored_bytes;
        if stored != (chunk * body.len()) as u64 {
            return Err(format!("{chunk} chunks were sent, and {stored} bytes are stored").into());
        }
    }
    Ok(())
}

/// A full chunk of lines as a build prints them.
fn body() -> Bytes {
    let mut text = String::with_capacity(MAX_LOG_CHUNK_BYTES + 200);
    let mut line = 0;
    while text.len() < MAX_LOG_CHUNK_BYTES {
        line += 1;
        text.push_str(&format!("[{line:>8}] Compiling something-of-a-usual-length v1.{line}.0 (registry+https://example.org/index)\n"));
    }
    text.truncate(MAX_LOG_CHUNK_BYTES);
    Bytes::from(text)
}

/// Millions of bytes in a second.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(body: &Bytes, took: Duration) -> f64 {
    (body.len() * CHUNKS) as f64 / 1_000_000.0 / took.as_secs_f64()
}
