//! Folders as tar archives, both ways. What is unpacked may come from anyone.

use std::cell::Cell;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use tar::{Archive, Builder, EntryType, Header, HeaderMode};

/// Bounds of one archive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) bytes: u64,
    pub(crate) entries: u64,
}

impl Limits {
    pub(crate) const DEFAULT: Self = Self { bytes: 32 * 1024 * 1024 * 1024, entries: 1_000_000 };
    /// How much larger than its compressed form an archive may be, once it is beyond 64 MiB.
    const RATIO: u64 = 200;
    const RATIO_FREE_BYTES: u64 = 64 * 1024 * 1024;

    /// The limits for a compressed archive of this size.
    pub(crate) fn for_compressed(compressed_bytes: u64) -> Self {
        let by_ratio = compressed_bytes.saturating_mul(Self::RATIO).max(Self::RATIO_FREE_BYTES);
        Self { bytes: Self::DEFAULT.bytes.min(by_ratio), ..Self::DEFAULT }
    }
}

/// Why an archive was refused or could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the archive is refused: {path:?} {reason}")]
    Unsafe { path: String, reason: &'static str },
    #[error("the archive is refused: it holds more than {limit} {what}")]
    TooLarge { limit: u64, what: &'static str },
    #[error("{0}")]
    File(#[from] io::Error),
}

/// Writes a folder as tar. The same content gives the same bytes: sorted, without times and owners.
pub(crate) fn pack(folder: &Path, out: impl Write) -> io::Result<()> {
    let mut builder = Builder::new(out);
    builder.mode(HeaderMode::Deterministic);
    builder.follow_symlinks(false);
    append(&mut builder, folder, Path::new(""))?;
    builder.into_inner()?.flush()
}

fn append(builder: &mut Builder<impl Write>, folder: &Path, name: &Path) -> io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), name.join(entry.file_name()));
        let metadata = entry.metadata()?;
        let mode = metadata.permissions().mode() & 0o777;
        let mut header = Header::new_gnu();
        header.set_mtime(0);
        header.set_mode(mode);
        if metadata.is_dir() {
            header.set_entry_type(EntryType::Directory);
            header.set_size(0);
            builder.append_data(&mut header, &name, io::empty())?;
            append(builder, &path, &name)?;
        } else if metadata.is_symlink() {
            header.set_entry_type(EntryType::Symlink);
            header.set_size(0);
            builder.append_link(&mut header, &name, std::fs::read_link(&path)?)?;
        } else if metadata.is_file() {
            header.set_entry_type(EntryType::Regular);
            header.set_size(metadata.len());
            // A file that grows meanwhile must not shift what follows it.
            builder.append_data(&mut header, &name, File::open(&path)?.take(metadata.len()))?;
        } else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} is neither file, folder nor link", path.display())));
        }
    }
    Ok(())
}

/// Unpacks into a folder that exists. Refused are absolute names, `..`, links that lead outside, names
/// that go through a link, hard links, devices, and whatever exceeds the limits. Set-id bits are dropped.
pub(crate) fn unpack(archive: impl Read, into: &Path, limits: Limits) -> Result<(), Error> {
    let meter = Rc::new(Cell::new(0));
    let mut archive = Archive::new(Metered { archive, left: Rc::clone(&meter) });
    let (mut bytes, mut entries) = (0_u64, 0_u64);
    let mut folder_modes = Vec::new();
    let mut iterator = archive.entries()?;
    loop {
        meter.set(MAX_HEADER_BYTES);
        let Some(entry) = iterator.next() else { break };
        let mut entry = entry?;
        meter.set(u64::MAX);
        entries += 1;
        bytes = bytes.saturating_add(entry.size());
        if entries > limits.entries {
            return Err(Error::TooLarge { limit: limits.entries, what: "entries" });
        }
        if bytes > limits.bytes {
            return Err(Error::TooLarge { limit: limits.bytes, what: "bytes" });
        }
        let name = entry.path()?.into_owned();
        let refuse = |reason| Error::Unsafe { path: name.display().to_string(), reason };
        let relative = inside(&name).ok_or_else(|| refuse("leads outside the folder"))?;
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader) {
            continue;
        }
        let path = make_parents(into, &relative).map_err(|error| error.unwrap_or_else(|| refuse("goes through a link or a file")))?;
        let mode = entry.header().mode().unwrap_or(0o644) & 0o777;
        match kind {
            EntryType::Directory => {
                make_folder(&path).map_err(|error| error.unwrap_or_else(|| refuse("is a link or a file already")))?;
                folder_modes.push((path, mode));
            }
            EntryType::Regular | EntryType::Continuous => write_file(&mut entry, &path, mode)?,
            EntryType::Symlink => {
                let target = entry.link_name()?.ok_or_else(|| refuse("is a link to nothing"))?.into_owned();
                if !stays_inside(&relative, &target) {
                    return Err(refuse("is a link that leads outside the folder"));
                }
                remove_file(&path)?;
                std::os::unix::fs::symlink(&target, &path)?;
            }
            _ => return Err(refuse("is neither file, folder nor symbolic link")),
        }
    }
    // Last and innermost first: a folder may be read-only and still has to be filled.
    for (path, mode) in folder_modes.into_iter().rev() {
        std::fs::set_permissions(path, Permissions::from_mode(mode | 0o700))?;
    }
    Ok(())
}

/// Names and links beyond this are refused: the tar reader keeps them in memory.
const MAX_HEADER_BYTES: u64 = 1024 * 1024;

/// Bounds what the tar reader may read between two files, for a header that claims to be endless.
struct Metered<R> {
    archive: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the archive is refused: a name in it is too long"));
        }
        let count = self.archive.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(count as u64));
        Ok(count)
    }
}

/// The name without `.`; none when it is absolute or holds `..`.
pub(crate) fn inside(name: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => out.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(out)
}

/// Follows a link's target by its text: entries never lie behind links, so the text is the truth.
fn stays_inside(link: &Path, target: &Path) -> bool {
    let mut depth = link.components().count().saturating_sub(1);
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// Makes the folders that lead to `relative`, and returns its path. `Err(None)` when a link, or
/// something else that is no folder, stands in the way.
pub(crate) fn make_parents(root: &Path, relative: &Path) -> Result<PathBuf, Option<Error>> {
    let mut path = root.to_owned();
    for part in relative.parent().into_iter().flat_map(Path::components) {
        path.push(part);
        make_folder(&path)?;
    }
    Ok(root.join(relative))
}

/// `Err(None)` when something else is there.
pub(crate) fn make_folder(path: &Path) -> Result<(), Option<Error>> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::create_dir(path).map_err(|error| Some(error.into())),
        Err(error) => Err(Some(error.into())),
    }
}

fn write_file(from: &mut impl Read, path: &Path, mode: u32) -> io::Result<()> {
    remove_file(path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    io::copy(from, &mut file)?;
    file.set_permissions(Permissions::from_mode(mode))
}

fn remove_file(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (kind, name, content) in entries {
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
            header.set_size(if is_link { 0 } else { content.len() as u64 });
            // Written by hand: the builder refuses the names that we want to see refused.
            header.as_gnu_mut().expect("gnu").name[..name.len()].copy_from_slice(name.as_bytes());
            if is_link {
                header.as_gnu_mut().expect("gnu").linkname[..content.len()].copy_from_slice(content.as_bytes());
            }
            header.set_cksum();
            builder.append(&header, if is_link { "" } else { content }.as_bytes()).expect("in memory");
        }
        builder.into_inner().expect("in memory")
    }

    #[test]
    fn a_folder_comes_back_with_its_modes_and_links_and_packs_to_the_same_bytes() {
        let (from, to) = (tempfile::tempdir().expect("temp"), tempfile::tempdir().expect("temp"));
        std::fs::create_dir_all(from.path().join("bin/deep")).expect("folders");
        std::fs::write(from.path().join("bin/run"), "#!/bin/sh\n").expect("file");
        std::fs::set_permissions(from.path().join("bin/run"), Permissions::from_mode(0o755)).expect("mode");
        std::os::unix::fs::symlink("../bin/run", from.path().join("bin/again")).expect("link");
        std::fs::write(from.path().join("bin").join("long".repeat(60)), "x").expect("file");
        let mut packed = Vec::new();
        pack(from.path(), &mut packed).expect("pack");
        unpack(&packed[..], to.path(), Limits::DEFAULT).expect("unpack");
        assert_eq!(std::fs::metadata(to.path().join("bin/run")).expect("there").permissions().mode() & 0o777, 0o755);
        assert_eq!(std::fs::read_to_string(to.path().join("bin/again")).expect("link"), "#!/bin/sh\n");
        let mut again = Vec::new();
        pack(to.path(), &mut again).expect("pack");
        assert!(packed == again, "packing what was unpacked gave other bytes");
    }

    #[test]
    fn what_leads_outside_or_is_no_plain_thing_is_refused() {
        use EntryType as E;
        for (entries, reason) in [
            (vec![(E::Regular, "/etc/x", "")], "leads outside"),
            (vec![(E::Regular, "a/../../x", "")], "leads outside"),
            (vec![(E::Symlink, "a", "/etc")], "link that leads outside"),
            (vec![(E::Symlink, "a/b", "../../x")], "link that leads outside"),
            (vec![(E::Symlink, "a", "b"), (E::Directory, "b", ""), (E::Regular, "a/x", "")], "goes through a link"),
            (vec![(E::Symlink, "a", "b"), (E::Directory, "a", "")], "link or a file already"),
            (vec![(E::Link, "a", "/etc/passwd")], "neither file"),
            (vec![(E::Char, "tty", "")], "neither file"),
            (vec![(E::Fifo, "pipe", "")], "neither file"),
        ] {
            let folder = tempfile::tempdir().expect("temp");
            let error = unpack(&archive(&entries)[..], folder.path(), Limits::DEFAULT).expect_err(reason).to_string();
            assert!(error.contains(reason), "{entries:?}: {error}");
        }
    }

    #[test]
    fn an_archive_beyond_its_limits_is_refused_before_it_is_written() {
        let folder = tempfile::tempdir().expect("temp");
        let two = archive(&[(EntryType::Regular, "a", "12345"), (EntryType::Regular, "b", "12345")]);
        let error = unpack(&two[..], folder.path(), Limits { bytes: 8, entries: 10 }).expect_err("too large").to_string();
        assert_eq!(error, "the archive is refused: it holds more than 8 bytes");
        let error = unpack(&two[..], folder.path(), Limits { bytes: 80, entries: 1 }).expect_err("too many").to_string();
        assert_eq!(error, "the archive is refused: it holds more than 1 entries");
    }

    proptest::proptest! {
        #[test]
        fn rubbish_is_an_error_and_never_a_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..4096)) {
            let folder = tempfile::tempdir().expect("temp");
            let _either = unpack(&bytes[..], folder.path(), Limits::DEFAULT);
        }
    }
}
