use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;

use super::distribution::{Distribution, readable};
use super::server::Server;
use super::stopwatch::{Stopwatch, pause};
use super::{Figure, Result};
use crate::repository::GitRepository;

/// With the nodes of the file itself, the plan has 4,000: as many as a release may have (D4).
const GENERATED: usize = 3_995;
const OF_THE_FILE: usize = 5;
/// As many as one upload may add.
const AN_UPLOAD: usize = 500;
/// The idle runner's long poll has arrived by then; the time is not measured.
const SETTLED: Duration = Duration::from_millis(3);

/// A job uploads a chain of jobs; two runners hand it over to each other until its end.
pub(super) async fn measure() -> Result<Vec<Figure>> {
    let server = Server::start().await?;
    let (mut busy, mut idle) = (server.runner().await?, server.runner().await?);
    let repository = GitRepository::new();
    repository.write(
        ".tidegate/pipeline.yaml",
        "name: generated\nstages:\n  - {name: build, jobs: [{name: plan, checkout: false, steps: [\"true\"]}]}\n",
    );
    repository.commit("a job that adds the others");
    let pipeline = server.world.connect(&repository).await;
    let whole = Stopwatch::start();
    let mut lease = busy.lease().await?;
    let mut uploads = Vec::new();
    for from in (0..GENERATED).step_by(AN_UPLOAD) {
        let sent = Stopwatch::start();
        let answer = busy.upload(&lease, jobs(from..(from + AN_UPLOAD).min(GENERATED))).await?;
        uploads.push(sent.elapsed());
        if !answer.accepted {
            return Err(answer.message.into());
        }
    }
    let mut hand_overs = Vec::with_capacity(GENERATED);
    for _ in 0..GENERATED {
        let waiting = tokio::spawn({
            let idle = idle.clone();
            async move { idle.lease().await.map(|lease| (lease, Stopwatch::start())) }
        });
        pause(SETTLED).await;
        let sent = Stopwatch::start();
        let (reported, next) = tokio::join!(busy.succeed(&lease), waiting);
        reported?;
        let (next, leased) = next??;
        hand_overs.push(sent.until(leased));
        lease = next;
        std::mem::swap(&mut busy, &mut idle);
    }
    busy.succeed(&lease).await?;
    let took = whole.elapsed();
    let detail = server.world.engine.store().release(&pipeline, ReleaseNumber(1)).await?.ok_or("the release is gone")?;
    if detail.release.state != ReleaseState::Completed || detail.plan.nodes.len() != GENERATED + OF_THE_FILE {
        return Err(format!("{:?} with {} nodes", detail.release.state, detail.plan.nodes.len()).into());
    }
    let (hand_overs, uploads) = (Distribution::new(hand_overs), Distribution::new(uploads));
    let met = hand_overs.percentile(50) <= Duration::from_millis(3) && hand_overs.percentile(99) <= Duration::from_millis(15);
    let how = format!(
        "a job uploads {GENERATED} jobs in a chain, {AN_UPLOAD} at a time; each is handed over as in the first figure, with {} ms of rest \
         before each; whole: from the lease of the first job to the end of the release",
        SETTLED.as_millis()
    );
    let handed = Figure::new("hand-over in a generated release of 4,000 nodes", hand_overs.text(), &how);
    let uploaded = Figure::new("upload of 500 jobs into it", uploads.text(), "over loopback HTTP, until the plan has grown and is stored");
    let whole = Figure::new("the whole of it", readable(took), "of which a rest of 3 ms before each job");
    Ok(vec![handed.goal("p50 ≤ 3 ms, p99 ≤ 15 ms", met), uploaded, whole])
}

fn jobs(numbers: Range<usize>) -> String {
    let mut text = "jobs:\n".to_owned();
    for number in numbers {
        let needs = number.checked_sub(1).map(|before| format!(", needs: [j{before}]")).unwrap_or_default();
        // Writing to a text cannot fail.
        let _written = writeln!(text, "  - {{name: j{number}{needs}, checkout: false, steps: [\"true\"]}}");
    }
    text
}
