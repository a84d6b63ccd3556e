//! The built-in blocks as they lie in the repository: what is tried is what stands there now, without building anything anew.

use std::collections::BTreeMap;
use std::path::Path;

use pipelines::Blocks;

/// Every block below `pipelines/blocks`. Files of a group's own folder, such as `aws/client.py`, belong to each of its blocks.
#[must_use]
pub fn library() -> Blocks {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/blocks");
    let mut blocks = Blocks::default();
    for group in folders(&root) {
        for folder in folders(&group) {
            let mut files = texts(&group);
            files.extend(texts(&folder));
            let text = files.remove("block.yaml").unwrap_or_else(|| panic!("{} has no block.yaml", folder.display()));
            let name = folder.strip_prefix(&root).ok().and_then(Path::to_str).expect("a name");
            if let Err(wrong) = blocks.add(name, &text, files) {
                panic!("{name}: {wrong:#?}");
            }
        }
    }
    blocks
}

fn folders(at: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(at).unwrap_or_else(|error| panic!("{}: {error}", at.display())).flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir() && !path.ends_with("__pycache__")).collect()
}

fn texts(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten().filter(|entry| entry.path().is_file());
    let named = |entry: &std::fs::DirEntry| entry.file_name().to_str().expect("a name").to_owned();
    entries.map(|entry| (named(&entry), std::fs::read_to_string(entry.path()).expect("a text"))).collect()
}
