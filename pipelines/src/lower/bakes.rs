use super::Lower;
use crate::diagnostic::Code;
use crate::file::{BakeForm, Strategy, Unclear};
use crate::plan;
use crate::text::{Placed as _, Problem, Spanned};

const TOLERANCE_MS: u64 = 5 * 60 * 1000;
const PATIENCE_MS: u64 = 15 * 60 * 1000;

impl Lower<'_> {
    /// Without its alarms: those are a target's own.
    pub(super) fn bake(&mut self, form: &BakeForm, has_alarms: bool) -> plan::Bake {
        let bake = match form {
            BakeForm::Duration(duration) => blank(duration.value.ms),
            BakeForm::Bake(bake) => {
                self.data_points(bake.min_data_points.as_ref(), has_alarms);
                plan::Bake {
                    min_data_points: bake.min_data_points.as_ref().map_or(0, |points| points.value),
                    tolerance_ms: bake.tolerance.as_ref().map_or(TOLERANCE_MS, |tolerance| tolerance.value.ms),
                    patience_ms: bake.patience.as_ref().map_or(PATIENCE_MS, |patience| patience.value.ms),
                    on_error: unclear(bake.on_error),
                    on_inconclusive: unclear(bake.on_inconclusive),
                    ..blank(bake.duration.value.ms)
                }
            }
        };
        if let BakeForm::Bake(form) = form
            && form.tolerance.as_ref().is_some_and(|tolerance| tolerance.value.ms == 0)
        {
            self.report(
                Problem::error(Code::OutOfRange, form.span(), "a tolerance of nothing makes every bake an error").expected("more than 0"),
            );
        }
        bake
    }

    /// The bake between the increments of a strategy; its settings may stand beside `bake`.
    pub(super) fn bake_between(&mut self, form: &Strategy, has_alarms: bool) -> Option<plan::Bake> {
        let beside = form.min_data_points.is_some() || form.tolerance.is_some() || form.patience.is_some() || form.on_error.is_some();
        let Some(bake) = &form.bake else {
            if beside || form.on_inconclusive.is_some() {
                let problem = Problem::error(Code::ConflictingKeys, form.span(), "the strategy says how to bake, and not how long");
                self.report(problem.expected("`bake:` a duration"));
            }
            return None;
        };
        let mut lowered = self.bake(bake, has_alarms);
        self.data_points(form.min_data_points.as_ref(), has_alarms);
        if let Some(points) = &form.min_data_points {
            lowered.min_data_points = points.value;
        }
        if let Some(tolerance) = &form.tolerance {
            lowered.tolerance_ms = tolerance.value.ms;
        }
        if let Some(patience) = &form.patience {
            lowered.patience_ms = patience.value.ms;
        }
        if form.on_error.is_some() {
            lowered.on_error = unclear(form.on_error);
        }
        if form.on_inconclusive.is_some() {
            lowered.on_inconclusive = unclear(form.on_inconclusive);
        }
        Some(lowered)
    }

    fn data_points(&mut self, points: Option<&Spanned<u32>>, has_alarms: bool) {
        if let Some(points) = points.filter(|points| points.value > 0 && !has_alarms) {
            let problem = Problem::error(Code::DataPointsWithoutAlarms, points.span, "data points are asked for, and no alarm reads any");
            self.report(problem.help("add `alarms` to the stage or the wave"));
        }
    }
}

pub(super) fn blank(duration_ms: u64) -> plan::Bake {
    plan::Bake {
        duration_ms,
        min_data_points: 0,
        patience_ms: PATIENCE_MS,
        tolerance_ms: TOLERANCE_MS,
        alarms: Vec::new(),
        on_error: plan::WhenUnclear::Stop,
        on_inconclusive: plan::WhenUnclear::Stop,
    }
}

fn unclear(form: Option<Unclear>) -> plan::WhenUnclear {
    match form {
        None | Some(Unclear::Stop) => plan::WhenUnclear::Stop,
        Some(Unclear::Rollback) => plan::WhenUnclear::Rollback,
        Some(Unclear::Pass) => plan::WhenUnclear::Pass,
    }
}
