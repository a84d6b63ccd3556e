use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Seek as _, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};

use super::Error;
use super::layout::{Layout, State};
use crate::{archive, files};

/// Unpacks an artifact beside what serves and returns its folder's name, `<release>-<digest>`. The same
/// artifact again is found as it is.
pub(super) fn unpack(layout: &Layout, release: u64, artifact: &Path) -> Result<String, Error> {
    let releases = layout.releases();
    std::fs::create_dir_all(&releases).map_err(Error::file(&releases))?;
    remove_unfinished(&releases).map_err(Error::file(&releases))?;
    let wrong = |detail: String| Error::Artifact { path: artifact.to_owned(), detail };
    let real = artifact.canonicalize().map_err(|error| wrong(format!("{error}; does the job take this artifact?")))?;
    let incoming = releases.join(".incoming");
    let source = if real.is_dir() {
        let packed = File::create(&incoming).map_err(Error::file(&incoming))?;
        archive::pack(&real, io::BufWriter::new(packed)).map_err(|error| wrong(error.to_string()))?;
        incoming.clone()
    } else {
        real.clone()
    };
    let digest = digest(&source).map_err(|error| wrong(error.to_string()))?;
    let folder = format!("{release}-{}", digest.get(..12).unwrap_or(&digest));
    let place = releases.join(&folder);
    if !place.exists() {
        let beside = releases.join(".unpacking");
        std::fs::create_dir(&beside).map_err(Error::file(&beside))?;
        fill(&source, artifact, &beside).map_err(|error| wrong(error.to_string()))?;
        std::fs::rename(&beside, &place).map_err(Error::file(&place))?;
        File::open(&releases).and_then(|folder| folder.sync_all()).map_err(Error::file(&releases))?;
    }
    remove_unfinished(&releases).map_err(Error::file(&releases))?;
    Ok(folder)
}

/// The folder of a release that lies on the disk; the one that served last when there are several.
pub(super) fn find(layout: &Layout, state: &State, release: u64) -> Option<String> {
    let prefix = format!("{release}-");
    let served = state.history.iter().rev().find(|folder| folder.starts_with(&prefix) && layout.release(folder).is_dir());
    served.cloned().or_else(|| all(layout).into_iter().find(|folder| folder.starts_with(&prefix)))
}

/// Removes all but the newest `keep` of those that served, and those named.
pub(super) fn prune(layout: &Layout, state: &mut State, keep: usize, in_use: &[String]) -> Result<(), Error> {
    let first_kept = state.history.len().saturating_sub(keep.max(1));
    let kept: Vec<_> = state.history.split_off(first_kept);
    for folder in all(layout) {
        if !kept.contains(&folder) && !in_use.contains(&folder) {
            let path = layout.release(&folder);
            files::remove_tree(&path).map_err(Error::file(&path))?;
        }
    }
    state.history = kept;
    Ok(())
}

/// What to start when nobody said: `./run`, or the only file there is.
pub(super) fn default_command(layout: &Layout, folder: &str) -> Result<String, Error> {
    let path = layout.release(folder);
    if path.join("run").is_file() {
        return Ok("./run".to_owned());
    }
    let entries = std::fs::read_dir(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(Error::file(&path))?;
    match entries.as_slice() {
        [only] if only.path().is_file() => Ok(format!("./{}", quoted(&only.file_name().to_string_lossy()))),
        _ => Err(Error::Usage(format!(
            "nothing says what to start: give --command, or put a program named `run` at the top of the artifact ({})",
            path.display()
        ))),
    }
}

fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', r"'\''"))
}

fn all(layout: &Layout) -> Vec<String> {
    let entries = std::fs::read_dir(layout.releases()).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

fn remove_unfinished(releases: &Path) -> io::Result<()> {
    files::remove_tree(&releases.join(".unpacking"))?;
    match std::fs::remove_file(releases.join(".incoming")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn fill(source: &Path, artifact: &Path, into: &Path) -> Result<(), archive::Error> {
    let mut file = File::open(source)?;
    if is_tar(&mut file)? {
        file.rewind()?;
        return archive::unpack(io::BufReader::new(file), into, archive::Limits::DEFAULT);
    }
    file.rewind()?;
    if is_tar(GzDecoder::new(&mut file)).unwrap_or(false) {
        file.rewind()?;
        let limits = archive::Limits::for_compressed(file.metadata()?.len());
        return archive::unpack(GzDecoder::new(io::BufReader::new(file)), into, limits);
    }
    file.rewind()?;
    let place = into.join(artifact.file_name().unwrap_or_else(|| "run".as_ref()));
    let mut program = OpenOptions::new().create_new(true).write(true).mode(0o700).open(place)?;
    io::copy(&mut file, &mut program)?;
    program.set_permissions(Permissions::from_mode(0o755))?;
    Ok(program.sync_all()?)
}

/// POSIX and GNU archives carry this mark in their first header; a program never does at that place.
fn is_tar(mut from: impl Read) -> io::Result<bool> {
    let mut header = Vec::new();
    from.by_ref().take(512).read_to_end(&mut header)?;
    Ok(header.get(257..262) == Some(b"ustar"))
}

fn digest(path: &Path) -> io::Result<String> {
    struct Hash(Sha256);
    impl Write for Hash {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hash = Hash(Sha256::new());
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hex::encode(hash.0.finalize()))
}
