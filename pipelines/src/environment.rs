use crate::Blocks;
use crate::inventory::Inventory;

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
}

impl Environment {
    /// The blocks alone: nothing is demanded, and no plan grows.
    #[must_use]
    pub fn of_blocks(blocks: &Blocks) -> Self {
        Self { blocks: blocks.clone(), ..Self::default() }
    }
}
