use protocol::Generation;

/// What the server's configuration says about every pipeline. Not stored with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Of the data: +1 at each restore (R2).
    pub generation: Generation,
    /// After the last credentials of a lost attempt have ended (or its lease, if none were issued),
    /// how long until `inspect` may run (IA4). Default 30 s.
    pub unknown_margin_ms: u64,
    /// A job that touches a target is called unknown this long after its lease ended at the latest. Default 0:
    /// a lease is at most 60 s, so contact is shown as lost within 60 s (R5).
    pub contact_lost_ms: u64,
    /// A build job goes out again this long after its lease ended. Default 0 (R5: within 120 s of the last contact).
    pub build_again_ms: u64,
    /// How many times a lost build job goes out again by itself, beside its own retry rules. Default 3.
    pub build_again_limit: u32,
    /// How many inspections of an unknown target may fail before only a person can end it. Default 3.
    pub inspection_limit: u32,
    /// How long to wait before another inspection. Default 30 s.
    pub inspection_backoff_ms: u64,
    /// How long the first of two people who break the glass waits for the second. Default 15 minutes (IF12).
    pub glass_ms: u64,
    /// The grace between asking a job to stop and killing it, where the job names none. Default 10 s (A7).
    pub grace_ms: u64,
    /// Nodes of one plan. Default 4,000 (D4).
    pub node_limit: u32,
    /// Holds that are in force at once. Default 1,000.
    pub hold_limit: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            generation: Generation(1),
            unknown_margin_ms: 30_000,
            contact_lost_ms: 0,
            build_again_ms: 0,
            build_again_limit: 3,
            inspection_limit: 3,
            inspection_backoff_ms: 30_000,
            glass_ms: 900_000,
            grace_ms: 10_000,
            node_limit: 4_000,
            hold_limit: 1_000,
        }
    }
}
