use std::path::{Path, PathBuf};

use adapters::ids::SystemIds;
use engine::Engine;
use engine::ports::Ids as _;
use engine::store::{self, Store};

use super::Context;
use super::backup::{BLOBS, DATABASE};
use crate::config::{self, Settings};
use crate::exit::{Exit, Failure, Result};

/// Brings a backup back, on a server that does not run.
///
/// What runs at the targets may be newer than what the backup knows. So nothing goes out by itself: a new generation
/// begins, no token, session or lease from before is accepted, what was in flight is unknown, and every pipeline is held,
/// for rollbacks too, until a person has looked and lifted its hold.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder that `tidegate backup` made; left out when the database has been put in place by other means, such as
    /// pg_restore
    from: Option<PathBuf>,
    /// Moves data that is there already aside, to FOLDER.before-restore
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    flags: config::Flags,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let settings = config::load(&arguments.flags, &context.environment)?.settings()?;
    if let Some(from) = &arguments.from {
        put_back(from, &settings, arguments.replace).await?;
    }
    let restored = begin(&settings, context).await;
    let (generation, held, parked) = match (restored, &arguments.from) {
        (Ok(restored), _) => restored,
        // What is half done must not be served: without a database in its place nothing is.
        (Err(failure), Some(_)) => {
            let half = sqlite_path(&settings)?;
            std::fs::rename(&half, half.with_extension("half-restored")).map_err(|error| Failure::file(&half, "move aside", &error))?;
            return Err(failure);
        }
        (Err(failure), None) => return Err(failure),
    };
    let output = &context.output;
    if output.json {
        output.json(&serde_json::json!({ "generation": generation, "held": held, "parked": parked }))?;
        return Ok(Exit::Ok);
    }
    output.line(format!("restored as generation {generation}; {held} pipelines are held"))?;
    for name in &parked {
        output.line(format!("{name} is parked, as it was"))?;
    }
    output.talk(NEXT);
    Ok(Exit::Ok)
}

const NEXT: &str = "now: start the server, sign in anew (`tidegate login --name …`), register every runner anew (`tidegate runner token`),\n\
    look at what each target runs (`tidegate targets PIPELINE`), say so where it is unknown (`tidegate resolve`),\n\
    and lift each pipeline's hold (`tidegate release PIPELINE`)";

/// Copies the backup into place. Nothing that is there is overwritten.
async fn put_back(from: &Path, settings: &Settings, replace: bool) -> Result<()> {
    let database = from.join(DATABASE);
    if !database.is_file() {
        let told = format!("{} is no backup: it holds no {DATABASE}", from.display());
        return Err(Failure::new(Exit::NotFound, told).next("name the folder that `tidegate backup` made"));
    }
    let place = sqlite_path(settings)?;
    // A damaged copy is refused before anything is moved.
    let look = Store::look(&store::Settings::new(format!("sqlite:{}", database.display()), "restore")).await;
    let whole = look.map_err(|error| Failure::failed(format!("the backup cannot be used: {error}")))?;
    whole.close().await;
    let blobs = settings.data.join(BLOBS);
    if place.exists() || blobs.exists() {
        if !replace {
            let told = format!("there is data at {} already", settings.data.display());
            return Err(Failure::new(Exit::Refused, told).next("add --replace to move it aside, or name another folder with --data"));
        }
        move_aside(&place, &blobs).await?;
    }
    crate::serve::make_folder(&settings.data)?;
    if from.join(BLOBS).is_dir() {
        super::backup::copy(&from.join(BLOBS), &blobs)?;
    }
    if let Some(folder) = place.parent() {
        crate::serve::make_folder(folder)?;
    }
    // The name of the database comes last, so that a copy that broke off is never served.
    let unfinished = place.with_extension("unfinished");
    std::fs::copy(&database, &unfinished)
        .and_then(|_| std::fs::File::open(&unfinished)?.sync_all())
        .and_then(|()| std::fs::rename(&unfinished, &place))
        .map_err(|error| Failure::file(&place, "write", &error))
}

async fn move_aside(place: &Path, blobs: &Path) -> Result<()> {
    if place.exists() {
        // Refused while a server uses it; whatever its log still held is in the file afterwards.
        let url = format!("sqlite:{}", place.display());
        match Store::open(&store::Settings { ballast_bytes: 0, ..store::Settings::new(url, "restore") }).await {
            Ok(store) => store.close().await,
            Err(store::Error::Refused(told)) if told.contains("another server") => {
                return Err(Failure::new(Exit::Refused, told).next("stop the server first"));
            }
            // A damaged database is why one restores.
            Err(_) => {}
        }
    }
    let companions = ["-wal", "-shm"].map(|ending| PathBuf::from(format!("{}{ending}", place.display())));
    for path in [place, blobs].into_iter().chain(companions.iter().map(PathBuf::as_path)).filter(|path| path.exists()) {
        let aside = PathBuf::from(format!("{}.before-restore", path.display()));
        if aside.exists() {
            let told = format!("{} is there from an earlier restore", aside.display());
            return Err(Failure::new(Exit::Refused, told).next("remove it, or keep it elsewhere"));
        }
        std::fs::rename(path, &aside).map_err(|error| Failure::file(path, "move aside", &error))?;
    }
    Ok(())
}

/// The new generation, and a hold on every pipeline.
async fn begin(settings: &Settings, context: &Context) -> Result<(u64, usize, Vec<String>)> {
    let failed = |what: &str, error: &dyn std::fmt::Display| Failure::failed(format!("{what}: {error}"));
    let name = SystemIds.uuid();
    // A server that goes on meanwhile would write under the generation that ends here.
    let store = Store::open(&store::Settings { alone: true, ..store::Settings::new(&settings.database_url, &name) }).await;
    let store = store.map_err(|error| match error {
        store::Error::Refused(told) if told.contains("another server") => Failure::new(Exit::Refused, told).next("stop the server first"),
        error => failed("the database cannot be opened", &error),
    })?;
    let generation = Engine::begin_generation(&store, context.clock.now()).await;
    let generation = generation.map_err(|error| failed("the new generation cannot begin", &error))?;
    let public_url = url::Url::parse(&settings.public_url).map_err(|error| failed("public_url", &error))?;
    let forges = crate::serve::Forges::open(settings, &public_url, &context.clock)?;
    let engine = crate::serve::open_engine(settings, name, settings.public_url.clone(), store, &forges, context.clock.clone()).await?;
    let reason = format!("restored from a backup at {}: look at what runs, then lift this", context.clock.now());
    let held = engine.hold_restored(&reason).await;
    let (held, parked) = held.map_err(|error| failed("a pipeline cannot be held", &error))?;
    engine.store().close().await;
    // The server's own runner is one of those that have to join anew; it does so by itself.
    let identity = settings.data.join("runner/identity.json");
    match std::fs::remove_file(&identity) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Failure::file(&identity, "remove", &error)),
        _ => {}
    }
    Ok((generation.0, held, parked))
}

fn sqlite_path(settings: &Settings) -> Result<PathBuf> {
    match settings.database_url.strip_prefix("sqlite:") {
        Some(path) => Ok(PathBuf::from(path)),
        None => {
            Err(Failure::usage("PostgreSQL brings its own backups back").next("use pg_restore, then `tidegate restore` without a folder"))
        }
    }
}
