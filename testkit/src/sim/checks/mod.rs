//! The invariants of reliability.md and the rules of model.md that need to see what happens, not only
//! what is: one file each, each with its own memory and without a line of the core's own reasoning.

mod aggregate_reaches;
mod always_room;
mod attempts_are_final;
mod bad_stays_bad;
mod bake_is_real_time;
mod barriers_hold;
mod bounded_retry;
mod conditions_hold;
mod door;
mod effects_are_rows;
mod events_explain;
mod fan_in;
mod fences_grow;
mod frozen_plan;
mod gates_hold;
mod grant_precondition;
mod held;
mod no_accidental_regress;
mod no_ping_pong;
mod no_second_success;
mod nobody_waits_for_nothing;
mod once_per_cause;
mod only_own_alarms;
mod people_are_told;
mod proven_destination;
mod rare;
mod sets_are_consistent;
mod single_writer;
mod slots_have_owners;
mod stale_is_refused;
mod superseded_never_starts;
mod unknown_is_not_repeated;
mod waves_in_order;
mod work_is_bounded;

use engine::core::audit::Violation;
use engine::core::id::ReleaseNumber;
use engine::core::row::Row;
use engine::core::{Changes, Event, EventKind, Input, Pipeline, Rejected, Time};
use pipelines::plan::{NodeKind, Plan, Purpose, WaveIx};

use super::reached::{Reached, ReachedSet};
use super::rows::Rows;
use super::step::Act;

/// One input and all that is known around it.
pub(crate) struct Seen<'a> {
    pub(crate) at: Time,
    pub(crate) input: &'a Input,
    pub(crate) outcome: Result<&'a Changes, &'a Rejected>,
    /// What was committed before.
    pub(crate) before: &'a Rows,
    /// The core afterwards.
    pub(crate) after: &'a Pipeline,
}

impl Seen<'_> {
    pub(crate) fn rows(&self) -> &[Row] {
        self.outcome.map_or(&[], |changes| changes.rows.as_slice())
    }

    pub(crate) fn events(&self) -> &[Event] {
        self.outcome.map_or(&[], |changes| changes.events.as_slice())
    }

    pub(crate) fn events_of(&self, kind: EventKind) -> impl Iterator<Item = &Event> {
        self.events().iter().filter(move |event| event.kind == kind)
    }

    /// The plan of a release as it was committed, or as it is committed with this input.
    pub(crate) fn plan(&self, number: ReleaseNumber) -> Option<&Plan> {
        let written = || {
            self.rows().iter().find_map(|row| match row {
                Row::Plan(written, plan) if *written == number => Some(plan),
                _ => None,
            })
        };
        let grows = self.rows().iter().any(|row| matches!(row, Row::Addition(added) if added.release == number));
        self.before.plan(number).filter(|_| !grows).or_else(written).or_else(|| self.after.plan(number)).map(|plan| &**plan)
    }

    /// The release and wave that an event is about.
    pub(crate) fn wave_of(&self, event: &Event) -> Option<(ReleaseNumber, WaveIx)> {
        let (release, place) = (event.release?, event.place.as_deref()?);
        let (wave, _, _) = self.plan(release)?.waves().find(|(_, s, w)| is_place(place, &s.name, &w.name))?;
        Some((release, wave))
    }
}

fn is_place(place: &str, stage: &str, wave: &str) -> bool {
    match place.split_once('/') {
        Some((s, w)) => s == stage && w == wave,
        None => place == stage && wave.is_empty(),
    }
}

/// Whether a job is outside the DAG: a hook, a rollback or an inspection.
pub(crate) fn is_detached(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Job(job) => matches!(job.purpose, Purpose::OnFailure | Purpose::Finally | Purpose::Rollback | Purpose::Inspect),
        NodeKind::Gate(_) => true,
        NodeKind::Bake(_) | NodeKind::Milestone(_) => false,
    }
}

/// What the checks find, and which rare states they have seen.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) violations: Vec<Violation>,
    pub(crate) reached: ReachedSet,
}

impl Findings {
    pub(crate) fn broken(&mut self, invariant: &'static str, detail: String) {
        self.violations.push(Violation { invariant, detail });
    }

    pub(crate) fn reach(&mut self, what: Reached) {
        self.reached.insert(what);
    }
}

/// A named invariant with its memory.
pub(crate) trait Invariant {
    /// Its name in reliability.md or model.md.
    fn name(&self) -> &'static str;

    /// What must hold, in one sentence.
    fn says(&self) -> &'static str;

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings);

    /// Somebody begins (or has ended) a change of a target in the world.
    fn act(&mut self, _at: Time, _act: &Act, _begins: bool, _found: &mut Findings) {}
}

/// All of them, in the order of their names.
pub(crate) fn all() -> Vec<Box<dyn Invariant>> {
    vec![
        Box::new(single_writer::SingleWriter::default()),
        Box::new(fences_grow::FencesGrow),
        Box::new(grant_precondition::GrantPrecondition::default()),
        Box::new(stale_is_refused::StaleIsRefused),
        Box::new(attempts_are_final::AttemptsAreFinal::default()),
        Box::new(gates_hold::GatesHold),
        Box::new(superseded_never_starts::SupersededNeverStarts),
        Box::new(no_accidental_regress::NoAccidentalRegress),
        Box::new(waves_in_order::WavesInOrder),
        Box::new(frozen_plan::FrozenPlan),
        Box::new(held::Held),
        Box::new(bake_is_real_time::BakeIsRealTime::default()),
        Box::new(fan_in::FanIn),
        Box::new(no_second_success::NoSecondSuccess::default()),
        Box::new(once_per_cause::OncePerCause::default()),
        Box::new(bad_stays_bad::BadStaysBad::default()),
        Box::new(no_ping_pong::NoPingPong::default()),
        Box::new(only_own_alarms::OnlyOwnAlarms::default()),
        Box::new(proven_destination::ProvenDestination::default()),
        Box::new(effects_are_rows::EffectsAreRows),
        Box::new(events_explain::EventsExplain),
        Box::new(nobody_waits_for_nothing::NobodyWaitsForNothing),
        Box::new(bounded_retry::BoundedRetry::default()),
        Box::new(unknown_is_not_repeated::UnknownIsNotRepeated::default()),
        Box::new(work_is_bounded::WorkIsBounded),
        Box::new(slots_have_owners::SlotsHaveOwners),
        Box::new(always_room::AlwaysRoom::default()),
        Box::new(people_are_told::PeopleAreTold),
        Box::new(barriers_hold::BarriersHold::default()),
        Box::new(aggregate_reaches::AggregateReaches::default()),
        Box::new(conditions_hold::ConditionsHold),
        Box::new(sets_are_consistent::SetsAreConsistent),
        Box::new(rare::Rare::default()),
    ]
}
