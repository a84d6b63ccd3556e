use std::time::Duration;

use super::distribution::{Distribution, readable};
use super::server::Server;
use super::stopwatch::{Stopwatch, pause};
use super::{Figure, Result, floor};
use crate::repository::GitRepository;

const HAND_OVERS: usize = 400;
/// The idle runner's long poll has arrived by then; the time is not measured.
const SETTLED: Duration = Duration::from_millis(20);

/// One runner reports, the other one, idle in its long poll, is handed the next job of the chain; then they change roles.
pub(super) async fn measure() -> Result<Vec<Figure>> {
    let handed_over = Distribution::new(hand_over().await?);
    let folder = tempfile::tempdir()?;
    let commits = Distribution::new(floor::pairs_of_commits(folder.path(), HAND_OVERS).await?);
    let syncs = Distribution::new(floor::syncs(&folder.path().join("sync"), HAND_OVERS)?);
    let met = handed_over.percentile(50) <= Duration::from_millis(3) && handed_over.percentile(99) <= Duration::from_millis(15);
    let figure = Figure::new(
        "hand-over of a job",
        handed_over.text(),
        &format!(
            "{} jobs in a chain; from sending the report of one over loopback HTTP until the answer to an idle runner's long poll \
             holds the next; SQLite in WAL mode, synchronous=FULL, on this disk. Floor: two single-row commits with the same driver and \
             pragmas, and 4 KiB written in place with fdatasync",
            handed_over.count()
        ),
    );
    Ok(vec![figure.goal("p50 ≤ 3 ms, p99 ≤ 15 ms", met).floor(format!(
        "2 commits {}; fdatasync {} / {}",
        commits.text(),
        readable(syncs.percentile(50)),
        readable(syncs.percentile(99))
    ))])
}

async fn hand_over() -> Result<Vec<Duration>> {
    let server = Server::start().await?;
    let (mut busy, mut idle) = (server.runner().await?, server.runner().await?);
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", &chain(HAND_OVERS + 1));
    repository.commit("a chain");
    server.world.connect(&repository).await;
    let mut lease = busy.lease().await?;
    let mut took = Vec::with_capacity(HAND_OVERS);
    for _ in 0..HAND_OVERS {
        let waiting = tokio::spawn({
            let idle = idle.clone();
            async move { idle.lease().await.map(|lease| (lease, Stopwatch::start())) }
        });
        pause(SETTLED).await;
        let sent = Stopwatch::start();
        let (reported, next) = tokio::join!(busy.succeed(&lease), waiting);
        reported?;
        let (next, leased) = next??;
        took.push(sent.until(leased));
        lease = next;
        std::mem::swap(&mut busy, &mut idle);
    }
    Ok(took)
}

fn chain(length: usize) -> String {
    let mut text = "name: chain\nstages:\n  - name: build\n    jobs:\n".to_owned();
    for job in 0..length {
        let needs = job.checked_sub(1).map(|before| format!(", needs: [j{before}]")).unwrap_or_default();
        text.push_str(&format!("      - {{name: j{job}{needs}, checkout: false, steps: [\"true\"]}}\n"));
    }
    text
}
