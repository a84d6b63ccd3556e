use std::path::{Path, PathBuf};

use engine::Owner;
use pipelines::policy::Policy;
use pipelines::{Aspect, Diagnostic, SourceFile};

use crate::config::Settings;
use crate::exit::{Failure, Result};

/// What the owner of this server demands. A mistake in it is a reason not to start: without its policy a server would allow
/// what it must not.
pub(crate) fn open(settings: &Settings) -> Result<Owner> {
    let policy = settings.policy_file.as_deref().map(|path| read(path, "policy.file", Policy::read)).transpose()?;
    let mut aspects: Vec<Aspect> = Vec::new();
    for path in settings.aspects_folder.as_deref().map(files).transpose()?.into_iter().flatten() {
        let aspect = read(&path, "aspects.folder", Aspect::read)?;
        if aspects.iter().any(|other| other.name() == aspect.name()) {
            return Err(Failure::usage(format!("aspects.folder: two aspects are called {}", aspect.name()))
                .next(format!("give the one in {} another name: plans tell them apart by it", path.display())));
        }
        aspects.push(aspect);
    }
    Ok(Owner { policy, aspects })
}

/// What was read, unless it has errors, and what there is to say of it.
type Parsed<T> = (Option<T>, Vec<Diagnostic>);

fn read<T>(path: &Path, key: &str, parse: fn(&str, &str) -> Parsed<T>) -> Result<T> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| unreadable(key, path, &error))?;
    let source =
        SourceFile::of_bytes(name.as_str(), &bytes).map_err(|found| Failure::usage(format!("{key}: {name}: {}", found.in_a_line())))?;
    let (parsed, found) = parse(&name, &source.text);
    let rendered: Vec<String> = found.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    parsed.ok_or_else(|| Failure::usage(format!("{key}: {name} has errors:\n\n{}", rendered.join("\n"))).code("invalid_configuration"))
}

/// Every aspect of the folder, in the order of their names: plans hold them in that order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable("aspects.folder", folder, &error))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "yaml" || end == "yml")).collect();
    found.sort();
    Ok(found)
}

fn unreadable(key: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{key}: cannot read {}: {error}", path.display()))
        .next("mend the path, or take the key out of the configuration")
}
