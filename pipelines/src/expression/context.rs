use std::collections::BTreeMap;

use serde_json::Value;

/// The values that an expression can see, by their first name: `release`, `stage`, `wave`, `target`,
/// `needs`, `vars`, `secrets`, `inputs`, `env`, `artifacts`.
#[derive(Clone, Default, PartialEq)]
pub struct Context {
    roots: BTreeMap<String, Value>,
}

impl Context {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same context that also knows `root`.
    #[must_use]
    pub fn with(mut self, root: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(root, value);
        self
    }

    /// Makes `root` known, in place of what it was before.
    pub fn set(&mut self, root: impl Into<String>, value: impl Into<Value>) {
        self.roots.insert(root.into(), value.into());
    }

    #[must_use]
    pub fn get(&self, root: &str) -> Option<&Value> {
        self.roots.get(root)
    }

    /// Whether the first name of `reference` is known, so that `inputs.x` can be decided now.
    #[must_use]
    pub fn knows(&self, reference: &str) -> bool {
        let root = reference.split('.').next().unwrap_or(reference);
        self.roots.contains_key(root)
    }

    /// The first names, in alphabetical order.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.roots.keys().map(String::as_str)
    }
}

/// Names only: the values may be secrets.
impl std::fmt::Debug for Context {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.roots.keys()).finish()
    }
}
