//! Pinned versions of shared blocks, and the upgrades that set them.

use std::collections::BTreeMap;

use pipelines::Pin;
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::{PipelineId, ReleaseNumber};

use super::audit::AuditNote;
use super::value::{Record, json, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[PIN, UNPIN, PINS, INSERT, PAGE, OPEN, ONE, UPDATE];

const PIN: &str = "INSERT INTO pins (pipeline_id, written, body) VALUES ($1, $2, $3) \
    ON CONFLICT (pipeline_id, written) DO UPDATE SET body = excluded.body";
const UNPIN: &str = "DELETE FROM pins WHERE pipeline_id = $1 AND written = $2";
const PINS: &str = "SELECT written, body FROM pins WHERE pipeline_id = $1 ORDER BY written";
const INSERT: &str = "INSERT INTO upgrades (id, is_over, version, created_at, body) VALUES ($1, $2, 1, $3, $4)";
const PAGE: &str = "SELECT version, body FROM upgrades ORDER BY created_at DESC, id DESC LIMIT $1";
const OPEN: &str = "SELECT version, body FROM upgrades WHERE is_over = FALSE ORDER BY created_at, id";
const ONE: &str = "SELECT version, body FROM upgrades WHERE id = $1";
const UPDATE: &str = "UPDATE upgrades SET is_over = $3, version = version + 1, body = $4 WHERE id = $1 AND version = $2";

/// A shared block goes to another version, pipeline after pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeRow {
    pub id: String,
    pub to: Pin,
    pub state: UpgradeState,
    /// Why it is in that state, in words.
    pub reason: String,
    /// One after the other; a wave begins when every pipeline of the one before has released the new version well.
    pub waves: Vec<Vec<UpgradeMember>>,
    pub created_by: String,
    pub created_at: Time,
    /// Of the row, for whoever changes it.
    #[serde(skip)]
    pub version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeMember {
    pub pipeline: PipelineId,
    /// The pipeline's.
    pub name: String,
    /// What its file says.
    pub written: String,
    /// What it used when the upgrade began.
    pub from: String,
    pub state: MemberState,
    /// How often it was begun.
    pub tries: u32,
    /// The release that brings the new version, or the old one back.
    pub release: Option<ReleaseNumber>,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpgradeState {
    Rolling,
    /// Nothing further begins, until a person resumes it or rolls it back.
    Held,
    RollingBack,
    Done,
    RolledBack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    Waiting,
    /// It is pinned, and its release is on its way.
    Moving,
    Done,
    Failed,
    /// Its pin is what it was before.
    Back,
}

impl UpgradeState {
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::RolledBack)
    }
}

impl Store {
    /// Which versions go over those of a pipeline's file, by the name as the file has it.
    pub async fn pins(&self, pipeline: &PipelineId) -> Result<BTreeMap<String, Pin>, Error> {
        let records = self.db().all(PINS, values![pipeline]).await?;
        records.iter().map(|record| Ok((record.text("written")?, record.json("body")?))).collect()
    }

    pub async fn pin(&self, pipeline: &PipelineId, written: &str, pin: &Pin, note: impl Into<Option<AuditNote>>) -> Result<(), Error> {
        self.execute_audited(PIN, values![pipeline, written, json(pin)?], note.into()).await.map(drop)
    }

    /// Whether there was one.
    pub async fn unpin(&self, pipeline: &PipelineId, written: &str, note: impl Into<Option<AuditNote>>) -> Result<bool, Error> {
        Ok(self.execute_audited(UNPIN, values![pipeline, written], note.into()).await? > 0)
    }

    pub async fn add_upgrade(&self, upgrade: &UpgradeRow, note: impl Into<Option<AuditNote>>) -> Result<(), Error> {
        let values = values![&upgrade.id, upgrade.state.is_end(), upgrade.created_at, json(upgrade)?];
        self.execute_audited(INSERT, values, note.into()).await.map(drop)
    }

    /// Newest first.
    pub async fn upgrades(&self, limit: u32) -> Result<Vec<UpgradeRow>, Error> {
        self.db().all(PAGE, values![limit]).await?.iter().map(upgrade).collect()
    }

    /// Those that have not come to their end, oldest first.
    pub async fn open_upgrades(&self) -> Result<Vec<UpgradeRow>, Error> {
        self.db().all(OPEN, Vec::new()).await?.iter().map(upgrade).collect()
    }

    pub async fn upgrade(&self, id: &str) -> Result<Option<UpgradeRow>, Error> {
        self.db().optional(ONE, values![id]).await?.as_ref().map(upgrade).transpose()
    }

    /// False when somebody else has changed it since it was read.
    pub async fn change_upgrade(&self, upgrade: &UpgradeRow, note: impl Into<Option<AuditNote>>) -> Result<bool, Error> {
        let values = values![&upgrade.id, upgrade.version, upgrade.state.is_end(), json(upgrade)?];
        Ok(self.execute_audited(UPDATE, values, note.into()).await? > 0)
    }
}

fn upgrade(record: &Record) -> Result<UpgradeRow, Error> {
    Ok(UpgradeRow { version: record.count("version")?, ..record.json("body")? })
}
