use std::path::{Path, PathBuf};

use engine::store::{self, Store};

use super::Context;
use crate::config;
use crate::exit::{Exit, Failure, Result};

/// The name of the database in a backup's folder.
pub(super) const DATABASE: &str = "tidegate.db";
/// The folder of logs and artifacts in a backup's folder.
pub(super) const BLOBS: &str = "blobs";

/// Copies the database, logs and artifacts of an SQLite server into a new folder, also while the server runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A folder that does not exist yet
    to: PathBuf,
    #[command(flatten)]
    flags: config::Flags,
}

pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let settings = config::load(&arguments.flags, &context.environment)?.settings()?;
    let to = std::path::absolute(&arguments.to).map_err(|error| Failure::file(&arguments.to, "find", &error))?;
    if to.exists() {
        return Err(Failure::new(Exit::Refused, format!("{} exists already", to.display())).next("name a folder that does not exist yet"));
    }
    let failed = |error: store::Error| Failure::failed(format!("the backup failed: {error}"));
    let store = Store::look(&store::Settings::new(&settings.database_url, "backup")).await.map_err(failed)?;
    // Whole or not there: it gets its name when everything is on the disk.
    let unfinished = to.with_extension("unfinished");
    clear(&unfinished)?;
    crate::serve::make_folder(&unfinished)?;
    // The database first: what it names is in the folder of blobs by then.
    store.backup(&unfinished.join(DATABASE)).await.map_err(failed)?;
    store.close().await;
    let blobs = settings.data.join(BLOBS);
    let files = if blobs.is_dir() { copy(&blobs, &unfinished.join(BLOBS))? } else { 0 };
    std::fs::rename(&unfinished, &to).map_err(|error| Failure::file(&to, "make", &error))?;
    let output = &context.output;
    if output.json {
        output.json(&serde_json::json!({ "backup": to, "files": files }))?;
    } else {
        output.line(format!("backed up to {}: the database and {files} files of logs and artifacts", to.display()))?;
        if settings.blobs.is_some() {
            output.talk("logs and artifacts are in object storage and are not part of it: keep versions there");
        }
    }
    Ok(Exit::Ok)
}

pub(super) fn clear(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::file(folder, "remove", &error)),
        _ => Ok(()),
    }
}

/// Copies a folder with everything in it; answers how many files. What is removed meanwhile was past its time.
pub(super) fn copy(from: &Path, to: &Path) -> Result<u64> {
    crate::serve::make_folder(to)?;
    let mut files = 0;
    for entry in std::fs::read_dir(from).map_err(|error| Failure::file(from, "read", &error))? {
        let entry = entry.map_err(|error| Failure::file(from, "read", &error))?;
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(|error| Failure::file(&path, "read", &error))?;
        if kind.is_dir() {
            files += copy(&path, &place)?;
            continue;
        }
        match std::fs::copy(&path, &place) {
            Ok(_) => files += 1,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Failure::file(&path, "copy", &error)),
        }
        let synced = std::fs::File::open(&place).and_then(|file| file.sync_all());
        synced.map_err(|error| Failure::file(&place, "write", &error))?;
    }
    std::fs::File::open(to).and_then(|folder| folder.sync_all()).map_err(|error| Failure::file(to, "write", &error))?;
    Ok(files)
}
