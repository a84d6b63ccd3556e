use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::inventory::Inventory;
use crate::lock::{Folder, Locked, SharedName};
use crate::policy::{Policy, Subject};
use crate::{Aspect, Blocks};

/// What surrounds a pipeline file where it is compiled: what the server offers, and what it demands.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The built-in blocks.
    pub blocks: Blocks,
    /// Whoever runs the plan can add to it while its release is on its way (D1). Where it cannot, a file that asks for
    /// it is refused rather than run without its additions.
    pub splices: bool,
    /// The server's registry of targets: `targets: {inventory: registry}`.
    pub registry: Option<Inventory>,
    /// What is added to every stage that it fits.
    pub aspects: Vec<Aspect>,
    /// What the pipeline may touch, and whose it is.
    pub policy: Option<(Policy, Subject)>,
    /// What was fetched of shared blocks and shapes, by the name in `uses` or `extends`.
    pub fetched: BTreeMap<String, Folder>,
    /// What is compiled comes from a fork or from a pull request that nobody approved: it gets no identity and no secrets (D6).
    pub is_untrusted: bool,
    /// Versions of shared blocks and shapes that go over those of the file, by the name as the file has it.
    pub pins: BTreeMap<String, Pin>,
}

/// A version that takes the place of the one that a file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    pub name: SharedName,
    pub locked: Locked,
}

impl Environment {
    /// The blocks alone: nothing is demanded, and no plan grows.
    #[must_use]
    pub fn of_blocks(blocks: &Blocks) -> Self {
        Self { blocks: blocks.clone(), ..Self::default() }
    }

    /// The name whose content is used where a file says `name`.
    #[must_use]
    pub fn pinned<'n>(&self, name: &'n str) -> Cow<'n, str> {
        self.pins.get(name).map_or(Cow::Borrowed(name), |pin| Cow::Owned(pin.name.to_string()))
    }
}
