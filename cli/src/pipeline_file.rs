//! Finds and reads pipeline files with everything of their repository that they name: from the disk,
//! from standard input, or as they were at a revision.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use pipelines::lock::Folder;
use pipelines::{Blocks, Diagnostic, Environment, ExpandInput, Fetching, Pipeline, SourceFile};

use crate::exit::{Exit, Failure, Result};
use crate::shared::Shared;

/// A pipeline file and what it names may have this many bytes each, and this many together.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
const MAX_NAMED_FILES: usize = 1000;

/// Where `.tidegate` is: the nearest folder upwards from `from`, or the git repository's root.
pub(crate) fn root(from: &Path) -> PathBuf {
    let above = || from.ancestors();
    above()
        .find(|folder| folder.join(".tidegate").is_dir())
        .or_else(|| above().find(|folder| folder.join(".git").exists()))
        .unwrap_or(from)
        .to_owned()
}

/// Every pipeline file of the repository around `from`, in alphabetical order.
pub(crate) fn find_all(from: &Path) -> Result<Vec<PathBuf>> {
    let folder = root(from).join(".tidegate");
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(&folder).map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect()).unwrap_or_default();
    // `lock.yaml` pins blocks; it is no pipeline.
    found.retain(|path| {
        let is_pipeline = path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
        is_pipeline && path.is_file() && path.file_stem().is_some_and(|stem| stem != "lock")
    });
    found.sort();
    if found.is_empty() {
        return Err(Failure::new(Exit::NotFound, format!("there is no pipeline file in {}", folder.display()))
            .next("write .tidegate/pipeline.yaml (docs/quick-start.md has one to start from), or name a file"));
    }
    Ok(found)
}

/// The one that a command without a file name means.
pub(crate) fn find_one(from: &Path) -> Result<PathBuf> {
    let mut found = find_all(from)?;
    let usual = found.iter().position(|path| path.file_stem().is_some_and(|stem| stem == "pipeline"));
    match (usual, found.len()) {
        (Some(position), _) => Ok(found.swap_remove(position)),
        (None, 1) => Ok(found.swap_remove(0)),
        (None, _) => {
            let names: Vec<String> = found.iter().map(|path| format!("  {}", path.display())).collect();
            Err(Failure::usage(format!("there are several pipeline files:\n{}", names.join("\n"))).next("name one of them"))
        }
    }
}

/// Reads from the disk; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<SourceFile> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::failed(format!("cannot read standard input: {error}")))?;
        let here = std::env::current_dir().unwrap_or_default();
        return with_named_files(SourceFile::read("standard input", &bytes), &Disk(root(&here)));
    }
    let bytes = bytes_of(path).map_err(|error| Failure::file(path, "read", &error))?;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let root = root(absolute.parent().unwrap_or(&absolute));
    with_named_files(SourceFile::read(path.display().to_string(), &bytes), &Disk(root))
}

/// Reads what `path` held at a git revision.
pub(crate) fn read_at(path: &Path, revision: &str) -> Result<SourceFile> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let root = root(absolute.parent().unwrap_or(&absolute));
    let below = absolute.strip_prefix(&root).unwrap_or(path).display().to_string();
    let past = Revision { root, revision: revision.to_owned() };
    let bytes = past.file(&below).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("{below} cannot be read at {revision}: no such revision, or no such file there"))
            .next("name a pipeline file or a git revision, such as main or HEAD~1")
    })?;
    with_named_files(SourceFile::read(format!("{below} at {revision}"), &bytes), &past)
}

/// What a server would make of it, as far as a file alone can tell: plans grow, and nobody demands anything.
pub(crate) fn check(source: &SourceFile) -> Result<(Option<Pipeline>, Vec<Diagnostic>)> {
    let environment = Environment { splices: true, fetched: fetched(source)?, ..Environment::of_blocks(&Blocks::built_in()) };
    Ok(pipelines::compile_in(source, &environment))
}

/// What the file reaches in other repositories, at the commits that are locked.
fn fetched(source: &SourceFile) -> Result<BTreeMap<String, Folder>> {
    let mut fetching = Fetching::of(source, &BTreeMap::new());
    let mut shared = None;
    while let Some(wanted) = fetching.next_wanted() {
        let here = std::env::current_dir().unwrap_or_default();
        let shared = match &mut shared {
            Some(shared) => shared,
            none => none.insert(Shared::of(&root(&here))?),
        };
        let folder = shared.folder(&wanted.name, &wanted.commit)?;
        fetching.put(&wanted.name, folder);
    }
    Ok(fetching.finish())
}

/// The files of a block of the repository, by their path below its folder.
pub(crate) fn local_folder(root: &Path, name: &str) -> Folder {
    let disk = Disk(root.to_owned());
    let name = name.trim_start_matches("./");
    let files = disk.below(name).into_iter().filter_map(|path| {
        let text = String::from_utf8(disk.file(&path)?).ok()?;
        Some((path.strip_prefix(name)?.trim_start_matches('/').to_owned(), text))
    });
    files.collect()
}

/// A pipeline, or the failure that shows every diagnostic.
pub(crate) fn compile(source: &SourceFile) -> Result<(Pipeline, Vec<Diagnostic>)> {
    let (pipeline, diagnostics) = check(source)?;
    match pipeline {
        Some(pipeline) => Ok((pipeline, diagnostics)),
        None => {
            let rendered: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.render(source)).collect();
            Err(Failure::failed(format!("{} makes no pipeline:\n\n{}", source.name, rendered.join("\n")))
                .code("invalid_pipeline")
                .next("mend these and run `tidegate validate`"))
        }
    }
}

/// The plan with the given inputs of the manual trigger, each `NAME=VALUE`.
pub(crate) fn expand(pipeline: &Pipeline, inputs: &[String]) -> Result<pipelines::plan::Plan> {
    let input = ExpandInput { inputs: pairs(inputs)?, ..ExpandInput::default() };
    pipelines::expand(pipeline, &input).map_err(|error| {
        Failure::failed(error.to_string()).next("give inputs as `--input NAME=VALUE`; `tidegate plan` shows what there is")
    })
}

/// `NAME=VALUE` each.
pub(crate) fn pairs(texts: &[String]) -> Result<BTreeMap<String, String>> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(Failure::usage(format!("expected NAME=VALUE, not {text:?}"))),
        })
        .collect()
}

/// Where named files come from. Paths are relative to the repository's root and stay inside it.
trait Tree {
    fn file(&self, path: &str) -> Option<Vec<u8>>;
    fn below(&self, folder: &str) -> Vec<String>;
}

fn with_named_files(mut source: SourceFile, tree: &dyn Tree) -> Result<SourceFile> {
    let mut wanted = pipelines::names_files(&source.text);
    while let Some(named) = wanted.pop() {
        let is_folder = named.ends_with('/');
        let paths = if is_folder { tree.below(&named) } else { vec![named] };
        for path in paths {
            // What is not there is reported by `compile`, at the place that names it.
            if !source.files.contains_key(&path)
                && let Some(content) = tree.file(&path)
            {
                // Beside a block there may be a picture for its readers.
                if is_folder && !path.ends_with(".yaml") {
                    source.files.insert(path.clone(), String::from_utf8_lossy(&content).into_owned());
                } else {
                    source.add_file(&path, &content);
                }
                // A shape names files as the pipeline file does that extends it.
                if let Some(text) = source.files.get(&path).filter(|_| path.ends_with("/shape.yaml")) {
                    wanted.extend(pipelines::names_files(text));
                }
            }
            if source.files.len() > MAX_NAMED_FILES {
                return Err(Failure::failed(format!("{} names more than {MAX_NAMED_FILES} files", source.name)));
            }
        }
    }
    Ok(source)
}

struct Disk(PathBuf);

impl Tree for Disk {
    fn file(&self, path: &str) -> Option<Vec<u8>> {
        bytes_of(&self.0.join(path)).ok()
    }

    fn below(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.0.join(folder)];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                // Links are not followed: they could lead out of the repository.
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => open.push(entry.path()),
                    Ok(kind) if kind.is_file() => {
                        found.extend(entry.path().strip_prefix(&self.0).ok().and_then(Path::to_str).map(str::to_owned));
                    }
                    _ => {}
                }
                if found.len() > MAX_NAMED_FILES {
                    return found;
                }
            }
        }
        found.sort();
        found
    }
}

struct Revision {
    root: PathBuf,
    revision: String,
}

impl Revision {
    fn git(&self, arguments: &[&str]) -> Option<Vec<u8>> {
        let output = Command::new("git").arg("-C").arg(&self.root).args(arguments).output().ok()?;
        output.status.success().then_some(output.stdout)
    }
}

impl Tree for Revision {
    fn file(&self, path: &str) -> Option<Vec<u8>> {
        // `--end-of-options` keeps a revision that begins with `-` from being an option.
        self.git(&["show", "--end-of-options", &format!("{}:./{path}", self.revision)])
    }

    fn below(&self, folder: &str) -> Vec<String> {
        let listed = self.git(&["ls-tree", "-r", "-z", "--name-only", "--end-of-options", &self.revision, folder]).unwrap_or_default();
        String::from_utf8_lossy(&listed).split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
    }
}

fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.len() > MAX_FILE_BYTES {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is larger than 4 MiB"));
    }
    std::fs::read(path)
}
