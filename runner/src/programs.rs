//! Finding programs before they are started.
//!
//! The standard library starts a program that is named by its path, without a change of user, by `posix_spawn`, which
//! copies nothing. For one that has to be looked up in a `PATH` of its own it forks, which copies the page tables of the
//! whole process: many times dearer in a server with the runner in it.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The path of a program as the kernel would find it in `path`; the name itself where it is a path already, or nowhere.
pub(crate) fn find(name: &OsStr, path: Option<&OsStr>) -> PathBuf {
    let as_named = PathBuf::from(name);
    if name.as_encoded_bytes().contains(&b'/') {
        return as_named;
    }
    let folders = path.map(std::env::split_paths).into_iter().flatten();
    // A relative folder counts from the folder of the new process, which is not ours.
    folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(|found| may_run(found)).unwrap_or(as_named)
}

fn may_run(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_in_the_first_folder_that_has_it() {
        let folder = tempfile::tempdir().expect("temp");
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        for (place, mode) in [(&first, 0o644), (&second, 0o755)] {
            std::fs::create_dir(place).expect("folder");
            std::fs::write(place.join("tool"), "").expect("file");
            std::fs::set_permissions(place.join("tool"), std::fs::Permissions::from_mode(mode)).expect("mode");
        }
        let path = std::env::join_paths([Path::new("."), &first, &second]).expect("a path");
        assert_eq!(find(OsStr::new("tool"), Some(&path)), second.join("tool"), "the one that may be executed");
        assert_eq!(find(OsStr::new("./tool"), Some(&path)), Path::new("./tool"));
        assert_eq!(find(OsStr::new("nowhere"), Some(&path)), Path::new("nowhere"), "so that the error names what was asked for");
        assert_eq!(find(OsStr::new("tool"), None), Path::new("tool"));
    }
}
