use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use protocol::{Artifact, ArtifactDigest, ArtifactInput, ArtifactOutput};
use sha2::{Digest as _, Sha256};

use super::environment::Places;
use crate::archive;
use crate::journal::Folder;

/// Why an artifact could not be laid out or taken. The text is for the person who reads the attempt.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the artifact {name:?}: its path {path:?} leads outside the workspace")]
    Outside { name: String, path: String },
    #[error("the artifact {name:?} is missing: the job was to leave {path:?} in its workspace, and nothing is there")]
    Missing { name: String, path: String },
    #[error("the artifact {name:?}: {path:?} is neither a file nor a folder")]
    Kind { name: String, path: String },
    #[error("the artifact {name:?} could not be unpacked: {source}")]
    Unpack { name: String, source: archive::Error },
    #[error("the artifact {name:?}: {source}")]
    File { name: String, source: io::Error },
}

/// Lays an artifact, which the agent has fetched and checked, where the job expects it, and links it
/// into `$TIDEGATE_ARTIFACTS` under its name.
pub(super) fn lay_out(folder: &Folder, places: &Places, input: &ArtifactInput) -> Result<(), Error> {
    let (name, path) = (&input.name, &input.path);
    let outside = || Error::Outside { name: name.clone(), path: path.clone() };
    let file_error = |source| Error::File { name: name.clone(), source };
    let alias = archive::inside(Path::new(name)).filter(|name| !name.as_os_str().is_empty()).ok_or_else(outside)?;
    let (root, relative) = match archive::inside(Path::new(path)).ok_or_else(outside)? {
        empty if empty.as_os_str().is_empty() => (&places.artifacts, alias.clone()),
        relative => (&places.workspace, relative),
    };
    let place = archive::make_parents(root, &relative)
        .map_err(|error| error.map_or_else(outside, |error| Error::Unpack { name: name.clone(), source: error }))?;
    let fetched = File::open(folder.input(&input.digest)).map_err(file_error)?;
    if input.is_folder {
        archive::make_folder(&place)
            .map_err(|error| error.map_or_else(outside, |error| Error::Unpack { name: name.clone(), source: error }))?;
        archive::unpack(io::BufReader::with_capacity(256 * 1024, fetched), &place, archive::Limits::DEFAULT)
            .map_err(|source| Error::Unpack { name: name.clone(), source })?;
    } else {
        copy_file(fetched, &place, input.mode).map_err(file_error)?;
    }
    let link = archive::make_parents(&places.artifacts, &alias).map_err(|_| outside())?;
    if link != place {
        std::os::unix::fs::symlink(&place, link).map_err(file_error)?;
    }
    Ok(())
}

/// Copies what the job left behind out of the workspace, hashing it on the way.
pub(super) fn take(folder: &Folder, workspace: &Path, output: &ArtifactOutput) -> Result<Artifact, Error> {
    let (name, path) = (&output.name, &output.path);
    let file_error = |source| Error::File { name: name.clone(), source };
    let place = match workspace.join(path).canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::Missing { name: name.clone(), path: path.clone() }),
        other => other.map_err(file_error)?,
    };
    if !place.starts_with(workspace.canonicalize().map_err(file_error)?) {
        return Err(Error::Outside { name: name.clone(), path: path.clone() });
    }
    let metadata = std::fs::metadata(&place).map_err(file_error)?;
    let copy = folder.artifact(name);
    std::fs::create_dir_all(copy.parent().unwrap_or(folder.path())).map_err(file_error)?;
    let mut sink = Sink::create(&copy).map_err(file_error)?;
    let is_folder = metadata.is_dir();
    if is_folder {
        archive::pack(&place, &mut sink).map_err(file_error)?;
    } else if metadata.is_file() {
        io::copy(&mut File::open(&place).map_err(file_error)?, &mut sink).map_err(file_error)?;
    } else {
        return Err(Error::Kind { name: name.clone(), path: path.clone() });
    }
    let (size_bytes, digest) = sink.finish().map_err(file_error)?;
    let mode = if is_folder { 0o755 } else { metadata.permissions().mode() & 0o777 };
    Ok(Artifact { name: name.clone(), digest, size_bytes, is_folder, mode })
}

/// Places a step's own file into the workspace.
pub(super) fn lay_file(workspace: &Path, path: &str, content: &str) -> Result<(), String> {
    let refuse = || format!("the file {path:?} leads outside the workspace");
    let relative = archive::inside(Path::new(path)).filter(|path| !path.as_os_str().is_empty()).ok_or_else(refuse)?;
    let place: PathBuf = archive::make_parents(workspace, &relative).map_err(|_| refuse())?;
    copy_file(content.as_bytes(), &place, 0o755).map_err(|error| format!("the file {path:?} could not be written: {error}"))
}

fn copy_file(mut from: impl Read, to: &Path, mode: u32) -> io::Result<()> {
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut from, &mut file)?;
    file.set_permissions(Permissions::from_mode((mode & 0o777) | 0o400))
}

/// A file that is hashed while it is written.
struct Sink {
    file: File,
    hasher: Sha256,
    bytes: u64,
}

impl Sink {
    fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
        Ok(Self { file, hasher: Sha256::new(), bytes: 0 })
    }

    fn finish(self) -> io::Result<(u64, ArtifactDigest)> {
        self.file.sync_all()?;
        let digest = hex::encode(self.hasher.finalize());
        Ok((self.bytes, digest.parse().map_err(io::Error::other)?))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
