use bytes::Bytes;
use engine::ports::SourceError;

use super::mirror::Mirror;

impl Mirror {
    /// A file's bytes, through links that stay inside the repository.
    pub(super) async fn file(&self, commit: &str, path: &str) -> Result<Option<Bytes>, SourceError> {
        let Some(path) = inside(path).filter(|path| !path.is_empty()) else { return Ok(None) };
        let asked = format!("{commit}:{path}\0");
        let printed = self.question(&["cat-file", "-z", "--batch", "--follow-symlinks"], asked.as_bytes()).await?;
        let Some(end) = printed.iter().position(|byte| *byte == b'\n') else {
            return Err(self.malformed_text("git cat-file printed nothing"));
        };
        let head = String::from_utf8_lossy(&printed[..end]).into_owned();
        let body = Bytes::from(printed).slice(end + 1..);
        // `<id> blob <size>`; a name that is not there is repeated and may hold any words.
        let words: Vec<&str> = head.split(' ').collect();
        match words[..] {
            [id, "blob", size] if super::mirror::is_full_id(id) => {
                let size: usize = size.parse().map_err(|_| self.malformed_text(format!("{path} has no size")))?;
                if body.len() < size {
                    return Err(self.malformed_text(format!("{path} is cut")));
                }
                Ok(Some(body.slice(..size)))
            }
            ["symlink", _] => Err(self.malformed_text(format!("{path} is a link that leaves the repository"))),
            ["loop", _] => Err(self.malformed_text(format!("{path} is a link to itself"))),
            _ => Ok(None),
        }
    }

    /// Full paths of the files and links below `folder` (empty: all), in git's order.
    pub(super) async fn files(&self, commit: &str, folder: &str) -> Result<Vec<String>, SourceError> {
        let Some(folder) = inside(folder) else { return Ok(Vec::new()) };
        let below = format!("{folder}/");
        let mut arguments = vec!["ls-tree", "-r", "-z", "--full-tree", commit];
        if !folder.is_empty() {
            arguments.extend(["--", &below]);
        }
        let printed = self.question(&arguments, b"").await?;
        // `<mode> <type> <id>\t<path>`; a commit is a submodule, not a file.
        let entries = printed.split(|byte| *byte == 0).filter_map(|entry| {
            let tab = entry.iter().position(|byte| *byte == b'\t')?;
            let is_file = entry[..tab].split(|byte| *byte == b' ').nth(1) == Some(b"blob");
            is_file.then(|| String::from_utf8_lossy(&entry[tab + 1..]).into_owned())
        });
        Ok(entries.collect())
    }

    /// Paths that differ; a renamed file is two.
    pub(super) async fn changed_paths(&self, from: &str, to: &str) -> Result<Vec<String>, SourceError> {
        let arguments = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", from, to, "--"];
        let printed = self.question(&arguments, b"").await?;
        let paths = printed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        Ok(paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect())
    }
}

/// A path from the repository's root, without `./` and doubled or trailing slashes; none when it leads elsewhere.
fn inside(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (!parts.contains(&"..")).then(|| parts.join("/"))
}
