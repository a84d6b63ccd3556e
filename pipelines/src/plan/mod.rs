//! The plan: the DAG of nodes that one release goes through, and nothing else (P1).
//!
//! A plan is data. It is stored with its release for ever, so that a rollback years later runs the
//! very steps that were used then (X3). Node ids are positions in [`Plan::nodes`].

mod bake;
mod cloud_metric;
mod dynamic;
mod gate;
mod guard;
mod job;
mod monitor;
mod structure;

pub use bake::{Bake, WhenUnclear};
pub use cloud_metric::{CloudMetric, bounded as bounded_metric};
pub use dynamic::{Addition, Adds, AppliedAspect, AxisValues, DeferredMatrix, Derivation, MatrixAxis, Parallel};
pub use gate::{Approval, Calendar, Check, DependsOn, Gate, GateCondition, Metric, Window, WindowRule};
pub use guard::Guard;
pub use job::{ArtifactIn, ArtifactOut, Class, IdToken, Job, Purpose, RetryOn, RetryRule, RunsOn, Step};
pub use monitor::{
    Aggregate, Alarm, CLOUD_ALARM, CLOUD_GUARD, CLOUD_METRIC, Comparison, DATADOG, Monitor, MonitorKind, Pace, alarm_signal,
};
pub use structure::{
    Account, AfterRollback, Lane, LanePolicy, Milestone, Node, NodeIx, NodeKind, Notify, NotifyTo, Plan, Preview, PreviewSettings,
    PullRequests, RollbackPolicy, RollbackScope, Rollout, Source, Stage, StageIx, Trigger, Wave, WaveIx,
};
