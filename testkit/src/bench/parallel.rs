use std::sync::Arc;
use std::time::Duration;

use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::row::ReleaseState;
use engine::core::{Actor, EventKind};
use engine::{Engine, Start};
use tokio_util::sync::CancellationToken;

use super::distribution::readable;
use super::server::Server;
use super::stopwatch::{Stopwatch, pause};
use super::{Figure, Result, Setup, floor};
use crate::repository::GitRepository;

const JOBS: usize = 1_000;
const SLOTS: u32 = 8;
/// Beyond this the release is given up.
const PATIENCE: Duration = Duration::from_secs(100);
/// The runner has registered and waits in its long poll by then; the time is not measured.
const SETTLED: Duration = Duration::from_secs(2);

pub(super) async fn measure(setup: &Setup) -> Result<Vec<Figure>> {
    let took = release(setup).await?;
    let folder = tempfile::tempdir()?;
    let ninja = floor::ninja(folder.path(), JOBS)?;
    let make = floor::make(folder.path(), JOBS)?;
    let spawns = floor::spawns(JOBS, 8)?;
    let isolated = floor::isolated_spawns(&setup.runner_program, JOBS, 8);
    let ratio = took.as_secs_f64() / ninja.as_secs_f64();
    let isolated = match isolated {
        Ok(floor) => format!(
            "{} ({:.1} × ninja; ours is {:.1} × it)",
            readable(floor),
            floor.as_secs_f64() / ninja.as_secs_f64(),
            took.as_secs_f64() / floor.as_secs_f64()
        ),
        Err(error) => format!("not measured: {error}"),
    };
    let per_job = took / u32::try_from(JOBS)?;
    let figure = Figure::new(
        "1,000 no-op jobs, 8 slots",
        format!("{} ({ratio:.1} × ninja, {} a job)", readable(took), readable(per_job)),
        "from starting a release of 1,000 independent jobs, each one step `true` without a checkout, until it has completed; the real runner \
         with 8 slots and the process executor (a supervisor process for each attempt) over loopback HTTP. Floor: the same graph by \
         `ninja -j8` and `make -j8`, 8 threads that spawn `true` and wait, and 8 threads that spawn what the runner has to: its \
         program as process 1 of a PID namespace, and a shell",
    );
    Ok(vec![figure.goal("≤ 3 × ninja", ratio <= 3.0).floor(format!(
        "ninja {}, make {}, spawn loop {}, isolated spawn loop {isolated}",
        readable(ninja),
        readable(make),
        readable(spawns)
    ))])
}

async fn release(setup: &Setup) -> Result<Duration> {
    let server = Server::start().await?;
    let repository = GitRepository::new();
    let file = repository.write(".tidegate/pipeline.yaml", &jobs(1));
    repository.commit("one job, to warm up");
    // Asked seldom: it is started by hand.
    let pipeline = server.world.connect_and_poll(&repository, 600_000).await;
    let workdir = tempfile::tempdir()?;
    let shutdown = CancellationToken::new();
    let runner = server.real_runner(&setup.runner_program, workdir.path(), SLOTS, shutdown.clone()).await?;
    let engine = &server.world.engine;
    // A push makes no release of such a file, so the first one is started by hand as well.
    let start = |key: &str| Start { key: key.to_owned(), commit: None, inputs: Default::default(), trigger: "manual".to_owned() };
    let number = engine.start(&pipeline, Actor::Engine, start("warm up")).await?;
    completed(engine, &pipeline, number).await?;

    std::fs::write(file, jobs(JOBS))?;
    repository.commit("all jobs");
    pause(SETTLED).await;
    let watch = Stopwatch::start();
    let number = engine.start(&pipeline, Actor::Engine, start("bench")).await?;
    completed(engine, &pipeline, number).await?;
    let took = watch.elapsed();
    shutdown.cancel();
    runner.await??;
    Ok(took)
}

/// Waits until a release has ended, which must be well.
async fn completed(engine: &Arc<Engine>, pipeline: &PipelineId, number: ReleaseNumber) -> Result<()> {
    let mut events = engine.events();
    let wait = async {
        loop {
            let state = engine.store().release(pipeline, number).await?.map(|found| found.release.state);
            match state {
                Some(ReleaseState::Completed) => return Ok(()),
                Some(ReleaseState::Moving) | None => {}
                Some(state) => return Err(format!("release {number} ended as {state:?}").into()),
            }
            // A lagging listener looks at the store again as well.
            while let Ok(stored) = events.recv().await {
                if matches!(stored.event.kind, EventKind::ReleaseCompleted | EventKind::ReleaseFailed | EventKind::ReleaseCancelled) {
                    break;
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.map_err(|_| format!("release {number} did not end within {PATIENCE:?}"))?
}

/// Released by hand, so that the moment of the start is known.
fn jobs(count: usize) -> String {
    let jobs: String =
        (0..count).map(|job| format!("      - {{name: j{job}, checkout: false, steps: [{{run: \"true\", shell: sh}}]}}\n")).collect();
    format!("name: wide\ntriggers: {{manual: }}\nstages:\n  - name: build\n    jobs:\n{jobs}")
}
