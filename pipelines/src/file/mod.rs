//! The pipeline file as it is written: its keys and the forms that their values may take.
//!
//! The JSON Schema is generated from these types. What the values mean is decided in [`crate::lower`].

mod alarm;
mod bake;
mod block;
mod deploy;
mod gate;
mod job;
mod matrix;
mod pipeline;
mod stage;
mod step;

pub(crate) use alarm::{Aggregate, Alarm};
pub(crate) use bake::{BakeForm, Unclear};
pub(crate) use block::{Block, BlockInput, InputType, PreviewChange, Signals, StrategyName};
pub(crate) use deploy::{Deploy, Override, RollingForm, Strategy, StrategyForm};
pub(crate) use gate::{ApprovalForm, CheckForm, Deny, DependsOnForm, Gate, Metric, Window};
pub(crate) use job::{Generate, GenerateForm, IdTokenForm, Job, JobPer, Retry, RetryEvent, RetryForm, RunsOn, UsesArtifacts};
pub(crate) use matrix::{AxisForm, Matrix, MatrixForm};
pub(crate) use pipeline::{Account, InputForm, Manual, Notify, Pipeline, Preview, SourceForm, Triggers};
pub(crate) use stage::{
    AfterRollback, DerivedWaves, Fragment, LaneForm, LanePer, LanePolicy, Picked, Rollback, RollbackCause, RollbackScope, Scale, Stage,
    Targets, Wave, Waves, WavesBy,
};
pub(crate) use step::{Shell, Step, StepForm, Task, TaskForm};

/// The words that a key takes, as an enum with a JSON Schema.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident: $what:literal { $($(#[$word_meta:meta])* $variant:ident = $word:tt,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, schemars::JsonSchema)]
        pub(crate) enum $name {
            $($(#[$word_meta])* #[schemars(rename = $word)] $variant,)+
        }

        impl $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant),)+];
        }

        impl $crate::text::Read for $name {
            const WHAT: &'static str = $what;

            fn read(node: &std::sync::Arc<$crate::text::Node>, reader: &mut $crate::text::Reader) -> Option<Self> {
                $crate::file::word(node, $what, Self::WORDS, reader)
            }
        }
    };
}
pub(crate) use words;

pub(crate) fn word<T: Copy>(
    node: &std::sync::Arc<crate::text::Node>,
    what: &'static str,
    words: &[(&'static str, T)],
    reader: &mut crate::text::Reader,
) -> Option<T> {
    let crate::text::Value::Scalar { text, .. } = &node.value else {
        reader.wrong_type(node, what);
        return None;
    };
    if let Some((_, value)) = words.iter().find(|(word, _)| word == text) {
        return Some(*value);
    }
    if reader.skips() {
        return None;
    }
    let known = words.iter().map(|(word, _)| *word);
    let listed = known.clone().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    reader.report(
        crate::text::Problem::error(
            crate::diagnostic::Code::UnknownValue,
            node.span,
            format!("`{}` is not {what}", crate::text::shortened(text)),
        )
        .expected(format!("one of {listed}"))
        .suggest(text, known),
    );
    None
}
