use std::collections::BTreeMap;

use crate::lock::{self, Folder, Lock, SharedName};
use crate::{Pin, SourceFile, names_shared};

/// How many shared folders one file may reach.
const MOST_SHARED: usize = 64;

/// What a file reaches in other repositories: whoever can fetch asks for the next until there is none. What is not locked
/// is not asked for, and whether it is what was locked is checked later: the compiler says both.
#[derive(Debug, Default)]
pub struct Fetching {
    lock: Lock,
    pins: BTreeMap<String, Pin>,
    wanted: Vec<String>,
    fetched: BTreeMap<String, Folder>,
}

/// A folder at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub name: SharedName,
    pub commit: String,
}

impl Fetching {
    /// `pins` go over what the file and its lock file say; see [`crate::Environment::pins`].
    #[must_use]
    pub fn of(source: &SourceFile, pins: &BTreeMap<String, Pin>) -> Self {
        let lock = source.files.get(lock::PATH).and_then(|text| Lock::read(text).0).unwrap_or_default();
        let mut own = Self { lock, pins: pins.clone(), ..Self::default() };
        for pin in pins.values() {
            own.lock.entries.insert(pin.name.to_string(), pin.locked.clone());
        }
        own.want(&source.text);
        for (path, text) in &source.files {
            if path.ends_with("block.yaml") || path.ends_with("shape.yaml") {
                own.want(text);
            } else if path.ends_with("/lock.yaml") && path != lock::PATH {
                own.locked_by(text);
            }
        }
        own
    }

    /// What is to be fetched now.
    pub fn next_wanted(&mut self) -> Option<Wanted> {
        while let Some(name) = self.wanted.pop() {
            if self.fetched.contains_key(&name) || self.fetched.len() >= MOST_SHARED {
                continue;
            }
            if let (Some(locked), Ok(parsed)) = (self.lock.entries.get(&name), SharedName::parse(&name)) {
                return Some(Wanted { name: parsed, commit: locked.commit.clone() });
            }
        }
        None
    }

    pub fn put(&mut self, name: &SharedName, folder: Folder) {
        if let Some(text) = folder.get("lock.yaml") {
            self.locked_by(text);
        }
        for file in ["block.yaml", "shape.yaml"] {
            if let Some(text) = folder.get(file) {
                self.want(text);
            }
        }
        self.fetched.insert(name.to_string(), folder);
    }

    /// For [`crate::Environment::fetched`].
    #[must_use]
    pub fn finish(self) -> BTreeMap<String, Folder> {
        self.fetched
    }

    fn want(&mut self, text: &str) {
        for name in names_shared(text) {
            let pinned = self.pins.get(&name).map(|pin| pin.name.to_string());
            self.wanted.push(pinned.unwrap_or(name));
        }
    }

    /// What the repository itself locks stays.
    fn locked_by(&mut self, text: &str) {
        for (name, locked) in Lock::read(text).0.unwrap_or_default().entries {
            self.lock.entries.entry(name).or_insert(locked);
        }
    }
}
