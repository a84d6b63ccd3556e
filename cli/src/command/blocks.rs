use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pipelines::lock::{self, Folder, Lock, Locked, SharedName};
use pipelines::{Blocks, Environment, Fetching, SourceFile};
use serde_json::json;

use super::Context;
use crate::exit::{Exit, Failure, Result};
use crate::output::Table;
use crate::pipeline_file;
use crate::shared::Shared;

/// Blocks and shapes that pipelines share.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Lock a shared block or shape to the commit and the content that its tag has now
    Add {
        /// Such as git::https://host/org/blocks//cache@v3
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Take newer versions: the lock file and the pipeline files that name them
    Update {
        /// What to update [default: everything that is locked]
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// This version instead of the newest one
        #[arg(long, value_name = "TAG")]
        to: Option<String>,
    },
    /// List what is locked of which there is a newer version; ends with 1 when there is any
    Outdated,
    /// Show what a newer version changes
    Diff {
        name: String,
        /// This version instead of the newest one
        #[arg(long, value_name = "TAG")]
        to: Option<String>,
    },
    /// Print what a block or shape takes
    Doc {
        /// Built in, ./blocks/mine, or shared
        name: String,
    },
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let root = pipeline_file::root(&super::here()?);
    match &arguments.action {
        Action::Add { names } => add(&root, names, context),
        Action::Update { names, to } => update(&root, names, to.as_deref(), context),
        Action::Outdated => outdated(&root, context),
        Action::Diff { name, to } => diff(&root, name, to.as_deref(), context),
        Action::Doc { name } => doc(&root, name, context),
    }
}

fn add(root: &Path, names: &[String], context: &Context) -> Result<Exit> {
    let shared = Shared::of(root)?;
    let mut lock = read(root)?;
    let mut added = Vec::new();
    for name in names {
        let name = parsed(name)?;
        added.push(take(&shared, &mut lock, &name)?);
    }
    write(root, &lock)?;
    say(&added, context)
}

fn update(root: &Path, names: &[String], to: Option<&str>, context: &Context) -> Result<Exit> {
    let shared = Shared::of(root)?;
    let mut lock = read(root)?;
    let mut updated = Vec::new();
    for old in chosen(&lock, names)? {
        let Some(version) = wanted(&shared, &old, to)? else { continue };
        let new = SharedName { version, ..old.clone() };
        updated.push(take(&shared, &mut lock, &new)?);
        for file in pipeline_file::find_all(root).unwrap_or_default() {
            let text = std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, "read", &error))?;
            let renamed = renamed(&text, &old.to_string(), &new.to_string());
            if renamed != text {
                std::fs::write(&file, renamed).map_err(|error| Failure::file(&file, "write", &error))?;
                context.output.talk(format!("{} names {new} now", file.display()));
            }
        }
    }
    write(root, &lock)?;
    if updated.is_empty() && !context.output.json {
        context.output.line("everything is of its newest version")?;
        return Ok(Exit::Ok);
    }
    say(&updated, context)
}

fn outdated(root: &Path, context: &Context) -> Result<Exit> {
    let shared = Shared::of(root)?;
    let lock = read(root)?;
    let mut tags = BTreeMap::new();
    for name in chosen(&lock, &[])? {
        tags.insert(name.base(), shared.tags(&name.repository)?.into_iter().map(|(tag, _)| tag).collect());
    }
    let newer = lock.outdated(&tags);
    if context.output.json {
        let rows: Vec<_> =
            newer.iter().map(|(name, newest)| json!({"name": name.base(), "locked": name.version, "newest": newest})).collect();
        context.output.json(&json!({ "outdated": rows }))?;
    } else if newer.is_empty() {
        context.output.line("everything is of its newest version")?;
    } else {
        let mut table = Table::new(&["block", "locked", "newest"]);
        for (name, newest) in &newer {
            table.row([(name.base(), None), (name.version.clone(), None), (newest.clone(), None)]);
        }
        table.print(&context.output)?;
    }
    Ok(if newer.is_empty() { Exit::Ok } else { Exit::Failed })
}

fn diff(root: &Path, name: &str, to: Option<&str>, context: &Context) -> Result<Exit> {
    let shared = Shared::of(root)?;
    let lock = read(root)?;
    for old in chosen(&lock, &[name.to_owned()])? {
        let Some(version) = wanted(&shared, &old, to)? else {
            context.output.line(format!("{old} is the newest version"))?;
            continue;
        };
        let new = SharedName { version, ..old.clone() };
        let commit = shared.commit_of(&new)?;
        let locked = lock.entries.get(&old.to_string()).map(|locked| locked.commit.clone()).unwrap_or_default();
        let text = shared.difference((&old, &locked), (&new, &commit))?;
        if context.output.json {
            context.output.json(&json!({ "from": old.to_string(), "to": new.to_string(), "commit": commit, "difference": text }))?;
        } else if text.is_empty() {
            context.output.line(format!("{new} is the same as {old}"))?;
        } else {
            context.output.line(text.trim_end())?;
        }
    }
    Ok(Exit::Ok)
}

fn doc(root: &Path, name: &str, context: &Context) -> Result<Exit> {
    let library = Blocks::built_in();
    let described = if let Some(block) = library.get(name) {
        block.doc()
    } else {
        let (folder, fetched) = if name.starts_with("git::") {
            let shared = Shared::of(root)?;
            let name = parsed(name)?;
            let lock = read(root)?;
            let commit = match lock.entries.get(&name.to_string()) {
                Some(locked) => locked.commit.clone(),
                None => shared.commit_of(&name)?,
            };
            let folder = shared.folder(&name, &commit)?;
            let fetched = parts(&shared, &folder)?;
            (folder, fetched)
        } else if name.starts_with("./") {
            (pipeline_file::local_folder(root, name), BTreeMap::new())
        } else {
            let names: Vec<&str> = library.names().collect();
            return Err(Failure::new(Exit::NotFound, format!("there is no block {name}"))
                .next(format!("name one of {}, ./a/folder, or git::https://host/org/blocks//cache@v3", names.join(", "))));
        };
        let environment = Environment { fetched, ..Environment::of_blocks(&library) };
        pipelines::describe(name, &folder, &environment).map_err(|found| wrong(name, &folder, found))?.doc
    };
    if context.output.json {
        context.output.json(&json!({ "name": name, "doc": described }))?;
    } else {
        context.output.line(described.trim_end())?;
    }
    Ok(Exit::Ok)
}

/// Locks what the tag of a name is now, if it is a block or a shape without errors.
fn take(shared: &Shared, lock: &mut Lock, name: &SharedName) -> Result<(SharedName, Locked)> {
    let commit = shared.commit_of(name)?;
    let folder = shared.folder(name, &commit)?;
    if let Some(locked) = lock.entries.get(&name.to_string())
        && locked.commit != commit
    {
        return Err(Failure::new(
            Exit::Refused,
            format!("{name} was {} when it was locked, and its tag is {commit} now: it was moved", locked.commit),
        )
        .next("find out who moved it and why; to take it all the same, remove the entry from .tidegate/lock.yaml first"));
    }
    let environment = Environment { fetched: parts(shared, &folder)?, ..Environment::of_blocks(&Blocks::built_in()) };
    let written = name.to_string();
    pipelines::describe(&written, &folder, &environment).map_err(|found| wrong(&written, &folder, found))?;
    lock.add(name, &commit, &folder);
    let locked = Locked { commit, digest: lock::digest_of(&folder) };
    Ok((name.clone(), locked))
}

/// What a block is made of, at the commits that its own lock file gives.
fn parts(shared: &Shared, folder: &Folder) -> Result<BTreeMap<String, Folder>> {
    let files = folder.iter().map(|(path, text)| (format!("block/{path}"), text.clone())).collect();
    let mut fetching = Fetching::of(&SourceFile::new("block", "").with_files(files), &BTreeMap::new());
    while let Some(wanted) = fetching.next_wanted() {
        let folder = shared.folder(&wanted.name, &wanted.commit)?;
        fetching.put(&wanted.name, folder);
    }
    Ok(fetching.finish())
}

fn wrong(name: &str, folder: &Folder, (reason, found): (String, Vec<pipelines::Diagnostic>)) -> Failure {
    let files = folder.iter().map(|(path, text)| (format!("{name}/{path}"), text.clone())).collect();
    let source = SourceFile::new("", "").with_files(files);
    let rendered: Vec<String> = found.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    Failure::failed(format!("{reason}\n\n{}", rendered.join("\n")).trim_end().to_owned()).code("invalid_block")
}

/// The version to go to; none: it is there already.
fn wanted(shared: &Shared, name: &SharedName, to: Option<&str>) -> Result<Option<String>> {
    if let Some(version) = to {
        return Ok((version != name.version).then(|| version.to_owned()));
    }
    let tags: Vec<String> = shared.tags(&name.repository)?.into_iter().map(|(tag, _)| tag).collect();
    let known = Lock { entries: BTreeMap::from([(name.to_string(), Locked { commit: String::new(), digest: String::new() })]) };
    Ok(known.outdated(&BTreeMap::from([(name.base(), tags)])).into_iter().next().map(|(_, newest)| newest))
}

/// The locked names that a person means, with or without their versions; all without any.
fn chosen(lock: &Lock, names: &[String]) -> Result<Vec<SharedName>> {
    let locked: Vec<SharedName> = lock.entries.keys().filter_map(|name| SharedName::parse(name).ok()).collect();
    if names.is_empty() {
        return Ok(locked);
    }
    let one = |name: &String| {
        let found = locked.iter().find(|locked| locked.to_string() == *name || locked.base() == *name);
        found.cloned().ok_or_else(|| {
            let listed: Vec<String> = locked.iter().map(ToString::to_string).collect();
            Failure::new(Exit::NotFound, format!("{name} is not locked")).next(if listed.is_empty() {
                "nothing is: `tidegate blocks add` locks a block".to_owned()
            } else {
                format!("locked are {}", listed.join(", "))
            })
        })
    };
    names.iter().map(one).collect()
}

/// Whole names alone: `…@v1` is not the beginning of `…@v10`.
fn renamed(text: &str, old: &str, new: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let (before, after) = rest.split_at(at);
        let after = after.get(old.len()..).unwrap_or_default();
        let is_whole = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '/'));
        out.push_str(before);
        out.push_str(if is_whole { new } else { old });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn parsed(name: &str) -> Result<SharedName> {
    SharedName::parse(name).map_err(|reason| Failure::usage(format!("{name} is not the name of a shared block: {reason}")))
}

fn place(root: &Path) -> PathBuf {
    root.join(lock::PATH)
}

fn read(root: &Path) -> Result<Lock> {
    let path = place(root);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Lock::default()),
        Err(error) => return Err(Failure::file(&path, "read", &error)),
    };
    let (read, found) = Lock::read(&text);
    let source = SourceFile::new(lock::PATH, text);
    let rendered = || found.iter().map(|diagnostic| diagnostic.render(&source)).collect::<String>();
    read.ok_or_else(|| Failure::failed(format!("the lock file has errors:\n\n{}", rendered())).next("mend it, or take it from git"))
}

/// Whole or not at all.
fn write(root: &Path, lock: &Lock) -> Result<()> {
    let path = place(root);
    let new = path.with_extension("yaml.new");
    let failed = |error: std::io::Error| Failure::file(&path, "write", &error);
    std::fs::create_dir_all(path.parent().unwrap_or(root)).map_err(failed)?;
    std::fs::write(&new, lock.text()).map_err(failed)?;
    std::fs::rename(&new, &path).map_err(failed)
}

fn say(locked: &[(SharedName, Locked)], context: &Context) -> Result<Exit> {
    if context.output.json {
        let rows: Vec<_> = locked
            .iter()
            .map(|(name, locked)| json!({ "name": name.to_string(), "commit": locked.commit, "digest": locked.digest }))
            .collect();
        context.output.json(&json!({ "locked": rows }))?;
        return Ok(Exit::Ok);
    }
    for (name, locked) in locked {
        let commit = locked.commit.get(..12).unwrap_or(&locked.commit);
        context.output.line(format!("{name} is locked to {commit} ({})", locked.digest.get(..19).unwrap_or(&locked.digest)))?;
    }
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_renamed_only_where_it_ends() {
        let text = "uses: git::https://h/b//c@v1\nuses: git::https://h/b//c@v1.2\nuses: \"git::https://h/b//c@v1\"\n";
        let renamed = renamed(text, "git::https://h/b//c@v1", "git::https://h/b//c@v2");
        assert_eq!(renamed, "uses: git::https://h/b//c@v2\nuses: git::https://h/b//c@v1.2\nuses: \"git::https://h/b//c@v2\"\n");
    }
}
