//! A mark on a release that went bad: it may enter no further target (X6).

use super::event::EventKind;
use super::id::{ReleaseNumber, TargetName};
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::row::{FailureCause, Quarantine, WaveState};
use super::turn::{Fact, Turn};
use super::{Actor, needs_reason};

impl Pipeline {
    /// A person finds a release bad: it goes no further. What runs it is flagged, and not touched.
    pub(crate) fn quarantine(&mut self, turn: &mut Turn, number: ReleaseNumber, reason: String) -> Result<(), Rejected> {
        needs_reason(&reason)?;
        let release = self.release(number).ok_or(Rejected::UnknownRelease(number))?;
        if release.row.quarantine.is_some() {
            return Ok(());
        }
        let under_way = release.waves.values().find(|row| matches!(row.state, WaveState::Entered | WaveState::Waiting)).map(|row| row.wave);
        let by = turn.actor.clone();
        self.mark_bad(turn, number, by, &reason);
        if let Some(wave) = under_way {
            self.fail_wave(turn, number, wave, FailureCause::Person, format!("quarantined: {reason}"), None);
        }
        Ok(())
    }

    /// It may go on, by hand: retried, or rolled back to.
    pub(crate) fn lift_quarantine(&mut self, turn: &mut Turn, number: ReleaseNumber, reason: String) -> Result<(), Rejected> {
        super::person(&turn.actor)?;
        needs_reason(&reason)?;
        let release = self.release(number).ok_or(Rejected::UnknownRelease(number))?;
        if release.row.quarantine.is_none() {
            return Err(Rejected::NotQuarantined(number));
        }
        let targets: Vec<TargetName> =
            release.shape.rollouts.keys().filter(|t| self.target(t).is_some_and(|row| row.bad.contains(&number))).cloned().collect();
        self.edit_release(turn, number, |row| row.quarantine = None);
        self.emit(turn, Fact::new(EventKind::QuarantineLifted, reason).release(number));
        for target in targets {
            self.edit_target(turn, &target, |row| row.bad.retain(|bad| *bad != number));
        }
        let flagged: Vec<TargetName> = self.runs_at(number).into_iter().flatten().cloned().collect();
        for target in flagged {
            self.edit_target(turn, &target, |row| row.flag = None);
        }
        Ok(())
    }

    /// Marks a release and flags the targets that run it.
    pub(crate) fn mark_bad(&mut self, turn: &mut Turn, number: ReleaseNumber, by: Actor, reason: &str) {
        if self.release(number).is_none_or(|r| r.row.quarantine.is_some()) {
            return;
        }
        let mark = Quarantine { since: turn.now, by: by.clone(), reason: reason.to_owned() };
        self.edit_release(turn, number, |row| row.quarantine = Some(mark));
        let mut fact = Fact::new(EventKind::ReleaseQuarantined, reason).release(number);
        fact.actor = Some(by);
        self.emit(turn, fact);
        let running: Vec<TargetName> = self.runs_at(number).into_iter().flatten().cloned().collect();
        for target in running {
            self.flag(turn, number, &target, format!("runs release {number}, which is quarantined"));
        }
        let waves: Vec<_> = self.waves(number).map(|row| (number, row.wave)).collect();
        turn.watches.extend(waves);
    }

    pub(crate) fn flag(&mut self, turn: &mut Turn, number: ReleaseNumber, target: &TargetName, words: String) {
        if self.target(target).is_some_and(|row| row.flag.as_ref() == Some(&words)) {
            return;
        }
        self.edit_target(turn, target, |row| row.flag = Some(words.clone()));
        self.emit(turn, Fact::new(EventKind::TargetFlagged, words).release(number).target(Some(target.clone())));
    }
}
