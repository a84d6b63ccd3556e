//! How many saves a second SQLite takes with `synchronous=FULL`: one at a time, and many at once in groups.
//!
//! `cargo run --release -p tidegate-engine --example store_rate -- [folder] [seconds]`; beside each figure
//! stands the floor: how often this disk can `fdatasync` one small write.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::core::id::PipelineId;
use engine::core::row::{HoldRow, PipelineRow, Row};
use engine::core::{Actor, Changes, Event, EventKind, Time, input::HoldScope};
use engine::store::{Save, Settings, Store};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from).join(format!("store-rate-{}", std::process::id()));
    let time = Duration::from_secs(arguments.next().map_or(Ok(3), |seconds| seconds.parse())?);
    std::fs::create_dir_all(&folder)?;
    println!("floor: {:.0} fdatasync a second", floor(&folder, time)?);
    let store = Store::open(&Settings::new(format!("sqlite:{}", folder.join("rate.db").display()), "rate")).await?;
    for (round, writers) in [1, 8, 64, 256].into_iter().enumerate() {
        println!("{writers:>3} pipelines at once: {:.0} saves a second", rate(&store, round, writers, time).await?);
    }
    store.close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn floor(folder: &Path, time: Duration) -> Outcome<f64> {
    let mut file = File::create(folder.join("floor"))?;
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < time {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// Each save is one row, two events and the version of its pipeline.
async fn rate(store: &Store, round: usize, writers: usize, time: Duration) -> Outcome<f64> {
    let count = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let (store, count) = (store.clone(), count.clone());
            tokio::spawn(async move {
                let id = PipelineId(format!("p-{round}-{writer}"));
                let row = PipelineRow {
                    id: id.clone(),
                    name: id.0.clone(),
                    next_release: 1,
                    keys: Vec::new(),
                    upstream: Vec::new(),
                    pull_request: None,
                };
                let mut version = store.register_pipeline(&row, Time(0)).await?;
                let changes = changes();
                while start.elapsed() < time {
                    version = store.save(Save::new(&id, &version, &changes, Time(0))).await?.version;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64())
}

fn changes() -> Changes {
    let event = Event {
        at: Time(0),
        kind: EventKind::HoldPlaced,
        actor: Actor::Engine,
        reason: "a measurement".to_owned(),
        release: None,
        place: Some("prod".to_owned()),
        target: None,
        node: None,
        attempt: None,
        data: std::collections::BTreeMap::new(),
    };
    let hold = HoldRow {
        id: "hold".into(),
        scope: HoldScope::Pipeline,
        by: Actor::Engine,
        since: Time(0),
        reason: "a measurement".to_owned(),
        lifted: None,
    };
    Changes { rows: vec![Row::Hold(hold)], events: vec![event.clone(), event], effects: Vec::new() }
}
