//! How an upgrade goes on: pins, releases, and what became of them.

use std::sync::Arc;

use pipelines::Pin;

use super::fleet::in_words;
use super::{Engine, Error, Start};
use crate::core::Actor;
use crate::core::id::ReleaseNumber;
use crate::core::row::ReleaseState;
use crate::store::{MemberState, UpgradeMember, UpgradeRow, UpgradeState};

impl Engine {
    /// Takes every upgrade as far as it goes now; answers whether any is on its way.
    pub(crate) async fn advance_upgrades(self: &Arc<Self>) -> Result<bool, Error> {
        let mut is_any_moving = false;
        for upgrade in self.store.open_upgrades().await? {
            let mut next = upgrade.clone();
            match next.state {
                UpgradeState::Rolling => self.roll(&mut next).await?,
                UpgradeState::RollingBack => self.roll_back(&mut next).await?,
                UpgradeState::Held | UpgradeState::Done | UpgradeState::RolledBack => {}
            }
            is_any_moving |= matches!(next.state, UpgradeState::Rolling | UpgradeState::RollingBack);
            // Whoever was faster has the newer version; the next round goes on from it.
            if next != upgrade && !self.store.change_upgrade(&next, None).await? {
                is_any_moving = true;
            }
        }
        Ok(is_any_moving)
    }

    async fn roll(self: &Arc<Self>, upgrade: &mut UpgradeRow) -> Result<(), Error> {
        let (id, to) = (upgrade.id.clone(), upgrade.to.clone());
        for wave in &mut upgrade.waves {
            for member in &mut *wave {
                match member.state {
                    MemberState::Waiting => self.begin_member(&id, &to, member).await?,
                    MemberState::Moving => self.watch_member(&to, member).await?,
                    MemberState::Done | MemberState::Failed | MemberState::Back => {}
                }
            }
            let failed: Vec<String> = wave
                .iter()
                .filter(|member| member.state == MemberState::Failed)
                .map(|member| format!("{}: {}", member.name, member.detail))
                .collect();
            if !failed.is_empty() {
                upgrade.state = UpgradeState::Held;
                upgrade.reason = failed.join("; ");
                return Ok(());
            }
            if wave.iter().any(|member| member.state != MemberState::Done) {
                return Ok(());
            }
        }
        upgrade.state = UpgradeState::Done;
        Ok(())
    }

    async fn begin_member(self: &Arc<Self>, upgrade: &str, to: &Pin, member: &mut UpgradeMember) -> Result<(), Error> {
        self.store.pin(&member.pipeline, &member.written, to, None).await?;
        let key = format!("upgrade:{upgrade}:{}", member.tries);
        match self.release_for(member, key).await {
            Ok(release) => {
                member.state = MemberState::Moving;
                member.release = Some(release);
                member.detail = format!("release {release} brings it");
            }
            Err(error) if is_passing(&error) => return Err(error),
            Err(error) => {
                member.state = MemberState::Failed;
                member.detail = in_words(error);
            }
        }
        Ok(())
    }

    /// A newer release takes the place of one that it superseded, if it is of the same version.
    async fn watch_member(&self, to: &Pin, member: &mut UpgradeMember) -> Result<(), Error> {
        let Some(number) = member.release else { return Ok(()) };
        let Some(detail) = self.store.release(&member.pipeline, number).await? else { return Ok(()) };
        let row = detail.release;
        match row.state {
            ReleaseState::Completed if row.quarantine.is_none() => {
                member.state = MemberState::Done;
                member.detail = format!("release {number} has completed");
            }
            ReleaseState::Moving if row.quarantine.is_none() => {}
            ReleaseState::Superseded | ReleaseState::Outdated => {
                if let Some((newest, plan)) = self.newest(&member.pipeline).await?
                    && newest.number > number
                {
                    if plan.blocks.contains_key(&to.name.to_string()) {
                        member.release = Some(newest.number);
                        member.detail = format!("release {} carries it", newest.number);
                    } else {
                        member.state = MemberState::Failed;
                        member.detail = format!("release {} uses another version: its file says so", newest.number);
                    }
                }
            }
            ReleaseState::Completed | ReleaseState::Moving | ReleaseState::Failed | ReleaseState::Cancelled => {
                member.state = MemberState::Failed;
                member.detail = match &row.quarantine {
                    Some(quarantine) => format!("release {number} is quarantined: {}", quarantine.reason),
                    None => format!("release {number} has not completed: {}", row.reason),
                };
            }
        }
        Ok(())
    }

    async fn roll_back(self: &Arc<Self>, upgrade: &mut UpgradeRow) -> Result<(), Error> {
        let (id, to) = (upgrade.id.clone(), upgrade.to.clone());
        // The last one that was reached goes first.
        for member in upgrade.waves.iter_mut().rev().flatten() {
            match member.state {
                MemberState::Back => continue,
                MemberState::Waiting => {
                    member.state = MemberState::Back;
                    member.detail = "it was not reached".to_owned();
                    // It may have been pinned by a round that did not live to say so.
                }
                MemberState::Moving | MemberState::Done | MemberState::Failed => {}
            }
            let was_reached = member.state != MemberState::Back;
            let is_ours = self.store.pins(&member.pipeline).await?.get(&member.written) == Some(&to);
            if is_ours {
                self.unpin_member(member).await?;
            }
            if was_reached {
                let detail = match self.release_for(member, format!("upgrade:{id}:back")).await {
                    Ok(release) => {
                        member.release = Some(release);
                        format!("release {release} brings {} back", member.from)
                    }
                    Err(error) if is_passing(&error) => return Err(error),
                    Err(error) => format!("its pin is what it was, and no release brings it back: {}", in_words(error)),
                };
                member.detail = detail;
            }
            member.state = MemberState::Back;
        }
        upgrade.state = UpgradeState::RolledBack;
        Ok(())
    }

    /// To what it was before: another pin, or what the file says.
    async fn unpin_member(&self, member: &UpgradeMember) -> Result<(), Error> {
        if member.from == member.written {
            self.store.unpin(&member.pipeline, &member.written, None).await?;
            return Ok(());
        }
        let earlier = self.store.upgrades(u32::MAX).await?.into_iter().find(|earlier| earlier.to.name.to_string() == member.from);
        match earlier {
            Some(earlier) => self.store.pin(&member.pipeline, &member.written, &earlier.to, None).await?,
            None => _ = self.store.unpin(&member.pipeline, &member.written, None).await?,
        }
        Ok(())
    }

    async fn release_for(self: &Arc<Self>, member: &UpgradeMember, key: String) -> Result<ReleaseNumber, Error> {
        let start = Start { key, commit: None, inputs: std::collections::BTreeMap::new(), trigger: "upgrade".to_owned() };
        self.start(&member.pipeline, Actor::Trigger { source: "fleet".to_owned() }, start).await
    }
}

/// It may work in a moment: nothing is decided by it.
fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Store(_) | Error::Source(_) | Error::Conflict | Error::Overloaded { .. } | Error::ShuttingDown)
}
