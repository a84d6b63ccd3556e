use std::sync::Arc;
use std::time::Duration;

use engine::core::id::PipelineId;
use serde_json::json;

use super::distribution::{Distribution, readable};
use super::stopwatch::{Stopwatch, pause};
use super::{Figure, Result, floor};
use crate::forge::{Sender, Served};
use crate::repository::GitRepository;
use crate::world::{Outside, World};

const A_SECOND: u32 = 200;
const SECONDS: u32 = 15;
const SECRET: &str = "the secret of the benchmark";
/// As large as what GitHub sends for a push.
const BODY_BYTES: usize = 12_000;

/// Deliveries at a fixed rate, each at its own time whatever became of those before it; and whether all were dealt with.
pub(super) async fn measure() -> Result<Vec<Figure>> {
    let world = World::sqlite_with(Outside::with_hook_secrets(&[SECRET])).await;
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", "name: hooks\nstages:\n  - name: build\n    jobs: [{name: a, steps: [\"true\"]}]\n");
    repository.commit("the first");
    let pipeline = world.connect_and_poll(&repository, 3_600_000).await;
    let served = Served::of(&world).await;
    let sender = Arc::new(Sender::new(&served.url, SECRET));
    let filling = "x".repeat(BODY_BYTES);
    let body =
        json!({"ref": "refs/heads/main", "repository": {"clone_url": repository.url()}, "commits": [{"message": filling}]}).to_string();
    let body = Arc::new(body.into_bytes());
    let newest = repository.commit("the head that all deliveries speak of");
    let mut waiting = Vec::new();
    let began = Stopwatch::start();
    for number in 0..A_SECOND * SECONDS {
        let due = Duration::from_secs(1) * number / A_SECOND;
        pause(due.saturating_sub(began.elapsed())).await;
        let (sender, body) = (Arc::clone(&sender), Arc::clone(&body));
        waiting.push(tokio::spawn(async move {
            let sent = Stopwatch::start();
            let response = sender.github("push", &format!("bench-{number}"), &body).await;
            (response.status().as_u16(), sent.elapsed())
        }));
    }
    let mut took = Vec::with_capacity(waiting.len());
    let mut refused = 0;
    for answer in waiting {
        let (status, elapsed) = answer.await?;
        refused += usize::from(status != 202);
        took.push(elapsed);
    }
    let rate = f64::from(A_SECOND * SECONDS) / began.elapsed().as_secs_f64();
    let caught_up = until_empty(&world, &pipeline, &newest).await;
    let took = Distribution::new(took);
    let folder = tempfile::tempdir()?;
    let syncs = Distribution::new(floor::syncs(&folder.path().join("sync"), 400)?);
    let met = took.percentile(99) <= Duration::from_millis(250) && refused == 0 && rate >= 0.95 * f64::from(A_SECOND);
    let figure = Figure::new(
        "answer to a web hook",
        format!("{} at {rate:.0}/s, {refused} refused", took.text()),
        &format!(
            "{} signed pushes of {BODY_BYTES} bytes over loopback HTTP for {SECONDS} s, each sent at its time; the answer comes after the commit to \
             the inbox; all were dealt with {} after the last answer",
            took.count(),
            readable(caught_up)
        ),
    );
    Ok(vec![figure.goal("p99 ≤ 250 ms at 200/s", met).floor(format!(
        "fdatasync {} / {}",
        readable(syncs.percentile(50)),
        readable(syncs.percentile(99))
    ))])
}

/// Until nothing is left in the inbox and the head is a release; nothing was lost then.
async fn until_empty(world: &World, pipeline: &PipelineId, newest: &str) -> Duration {
    let began = Stopwatch::start();
    world
        .until(pipeline, "the inbox to be empty and the head to be released", async || {
            let store = world.engine.store();
            let left = store.next_inbox_at(world.engine.clock().now() + 3_600_000).await.expect("the inbox");
            let released =
                world.engine.view(pipeline, |state| state.releases().any(|release| release.row.revisions[0].commit == newest)).await;
            (left.is_none() && released.expect("the pipeline")).then_some(())
        })
        .await;
    began.elapsed()
}
