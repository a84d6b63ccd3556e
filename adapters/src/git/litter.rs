//! What a killed git leaves in a mirror: half a pack for each fetch that took too long, and locks that would stop every
//! later one.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Removes locks and unfinished packs that were last written more than `age` ago.
pub(super) async fn sweep(mirror: PathBuf, age: Duration) -> io::Result<()> {
    tokio::task::spawn_blocking(move || {
        sweep_folder(&mirror, age, false)?;
        sweep_folder(&mirror.join("refs"), age, true)?;
        sweep_folder(&mirror.join("objects/pack"), age, false)
    })
    .await
    .map_err(io::Error::other)?
}

fn sweep_folder(folder: &Path, age: Duration, deep: bool) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && deep {
            sweep_folder(&entry.path(), age, deep)?;
        } else if kind.is_file() && is_litter(&entry.file_name().to_string_lossy()) && is_older(&entry.path(), age) {
            tracing::info!(file = %entry.path().display(), "removes what a killed git left behind");
            // Its owner may have come to an end meanwhile.
            drop(std::fs::remove_file(entry.path()));
        }
    }
    Ok(())
}

fn is_litter(name: &str) -> bool {
    name.ends_with(".lock") || name.starts_with("tmp_") || name.starts_with(".tmp-")
}

/// The file system's time against the system's, both of one machine; a file from the future is young.
fn is_older(file: &Path, age: Duration) -> bool {
    let modified = file.metadata().and_then(|about| about.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|elapsed| elapsed > age))
}
