use std::collections::BTreeMap;

use super::{Blocks, of_folder};

/// Name, `block.yaml`, and the other files of the block by path below its folder.
type Embedded = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const EMBEDDED: &[Embedded] = &[
    ("process/in-place", include_str!("../../blocks/process/in-place/block.yaml"), &[]),
    ("shell/run", include_str!("../../blocks/shell/run/block.yaml"), &[]),
];

/// What a text says that is built in is proved by the tests; one that were wrong would be left out here.
pub(super) fn load() -> Blocks {
    let mut blocks = Blocks::default();
    for (name, text, files) in EMBEDDED {
        let files: BTreeMap<String, String> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        if let (Some(block), _) = of_folder(name, &format!("blocks/{name}/block.yaml"), text, files) {
            blocks.insert(block);
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_block_is_valid() {
        for (name, text, _) in EMBEDDED {
            let file = format!("blocks/{name}/block.yaml");
            let (block, diagnostics) = of_folder(name, &file, text, BTreeMap::new());
            let source = crate::SourceFile::new(file, *text);
            let rendered: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
            assert!(block.is_some() && rendered.is_empty(), "{name}:\n{}", rendered.join("\n"));
        }
        assert_eq!(load().names().collect::<Vec<_>>(), ["process/in-place", "shell/run"]);
    }
}
