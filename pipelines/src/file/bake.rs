use std::sync::Arc;

use crate::file::words;
use crate::text::{Duration, Node, Read, Reader, Spanned, Value, record};

/// A duration, or a map that says more.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum BakeForm {
    Duration(Spanned<Duration>),
    Bake(Box<Bake>),
}

impl Read for BakeForm {
    const WHAT: &'static str = "a duration, or a map with `duration`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Read::read(node, reader).map(Self::Bake),
            _ => Spanned::read(node, reader).map(Self::Duration),
        }
    }
}

record! {
    /// The watched time after a rollout.
    Bake: "a bake" {
        duration = "duration": Spanned<Duration>,
        /// How many readings each alarm must have had; without it, none are asked for.
        min_data_points = "min_data_points": Option<Spanned<u32>>,
        /// A longer gap in watching is an error; without it, 5 minutes.
        tolerance = "tolerance": Option<Spanned<Duration>>,
        /// How long to wait for missing data points; without it, 15 minutes.
        patience = "patience": Option<Spanned<Duration>>,
        /// When the alarms cannot be read; without it, stop.
        on_error = "on_error": Option<Unclear>,
        /// When there is too little data; without it, stop.
        on_inconclusive = "on_inconclusive": Option<Unclear>,
    }
}

words! {
    Unclear: "what follows an unclear bake" {
        /// Stop and tell a person.
        Stop = "stop",
        Rollback = "rollback",
        /// Go on as if it had passed.
        Pass = "pass",
    }
}
