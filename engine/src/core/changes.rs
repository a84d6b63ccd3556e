use super::effect::Effect;
use super::event::Event;
use super::row::Row;

/// What one input did. Saved in one transaction, or not at all (ID4).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Each row at most once, in its final state.
    pub rows: Vec<Row>,
    /// Facts in the order in which they became true.
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
}

impl Changes {
    /// Nothing changed: a stale or repeated input.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.events.is_empty() && self.effects.is_empty()
    }
}
