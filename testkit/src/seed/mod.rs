//! A data folder with a life behind it: what a server looks like after months, for looking at pages and for measuring.
//!
//! Invariant: every state is one that the real core came to from real inputs under a clock that this module moves, and the core's
//! own check finds nothing wrong with it. Only the mass of monitor readings is written without asking the core.

mod commits;
mod driver;
mod logs;
mod mass;
mod path;
mod people;
mod story;

use std::path::Path;
use std::sync::Arc;

use adapters::blobs::FolderBlobs;
use adapters::clock::SystemClock;
use adapters::ids::SystemIds;
use engine::core::Time;
use engine::ports::{Blobs, Clock as _};
use engine::store::{self, Store};

pub use people::{Credentials, Login};
pub use story::Profile;

/// Whatever went wrong, in words.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What was written.
#[derive(Debug)]
pub struct Seeded {
    pub credentials: Credentials,
    /// Names of the pipelines; the busiest first.
    pub pipelines: Vec<String>,
    pub releases: u64,
    pub events: u64,
}

/// Where everything goes.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) store: Store,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) ids: SystemIds,
    /// The moment at which all stories end.
    pub(crate) end: Time,
}

/// Fills an empty database. Blobs go below `folder`, where `tidegate server --data` looks for them; without a `database` that is
/// `sqlite:<folder>/tidegate.db`.
///
/// # Errors
/// When the database holds pipelines already, or cannot be written.
pub async fn seed(folder: &Path, database: Option<&str>, profile: Profile) -> Result<Seeded> {
    std::fs::create_dir_all(folder)?;
    let url = database.map_or_else(|| format!("sqlite:{}", folder.join("tidegate.db").display()), str::to_owned);
    let store = Store::open(&store::Settings::new(url.clone(), "seed")).await?;
    if !store.pipelines("", 1).await?.is_empty() {
        return Err(format!("{url} holds pipelines already; give an empty folder or database").into());
    }
    let blobs = Arc::new(FolderBlobs::new(&folder.join("blobs"))?);
    let place = Place { store, blobs, ids: SystemIds, end: SystemClock::new().now() };
    let credentials = people::add(&place).await?;
    let runners = people::runners(&place).await?;
    let mut seeded = Seeded { credentials, pipelines: Vec::new(), releases: 0, events: 0 };
    for story in story::of(profile, place.end) {
        let name = story.name.clone();
        let told = driver::tell(&place, story, runners.clone()).await?;
        seeded.releases += told.releases;
        seeded.pipelines.push(name);
    }
    rest(&place).await?;
    seeded.events = place.store.last_seq().await?;
    place.store.close().await;
    Ok(seeded)
}

/// A server that is started on the data leaves monitors alone for a while, since the systems behind them do not exist.
async fn rest(place: &Place) -> Result<()> {
    const MINUTE_MS: u64 = 60_000;
    const REST_MS: u64 = 7 * 24 * 60 * MINUTE_MS;
    loop {
        let (due, _) = place.store.claim_watches(place.end, place.end + MINUTE_MS, 500).await?;
        if due.is_empty() {
            return Ok(());
        }
        for watch in due {
            place.store.watch_polled(&watch.id, place.end + REST_MS).await?;
        }
    }
}
