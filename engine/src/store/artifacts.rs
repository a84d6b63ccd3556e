//! Artifacts by digest, and who uses them (P2, ID10).

use protocol::ArtifactDigest;

use crate::core::Time;
use crate::core::id::{PipelineId, ReleaseNumber};

use super::value::{Record, values};
use super::{Error, Store};

pub(super) const STATEMENTS: &[&str] = &[PUT, SIZE, OF_RELEASE, BY_NAME];

const PUT: &str = "INSERT INTO artifacts (digest, size_bytes, created_at) VALUES ($1, $2, $3) \
    ON CONFLICT (digest) DO UPDATE SET created_at = excluded.created_at WHERE artifacts.removing_at IS NULL";
const SIZE: &str = "SELECT size_bytes, removing_at FROM artifacts WHERE digest = $1";
const OF_RELEASE: &str = "SELECT name, digest, attempt FROM artifact_uses WHERE pipeline_id = $1 AND release = $2 ORDER BY name";
const BY_NAME: &str = "SELECT name, digest, attempt FROM artifact_uses WHERE pipeline_id = $1 AND release = $2 AND name = $3";

/// An artifact of a release, under the name that it has there. Written by the save that ends its attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactUse {
    pub name: String,
    pub digest: ArtifactDigest,
    /// The attempt that made it.
    pub attempt: String,
}

/// What is known of an artifact's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredArtifact {
    Missing,
    /// Nobody used it; its bytes are being removed.
    Closed,
    Stored {
        size_bytes: u64,
    },
}

impl Store {
    /// Its bytes are stored. Again for one that is there: it is as young as now, so that retention leaves it.
    /// False when it is closed meanwhile: then its bytes have to be stored again, later.
    pub async fn put_artifact(&self, digest: &ArtifactDigest, size_bytes: u64, now: Time) -> Result<bool, Error> {
        Ok(self.db().execute(PUT, values![digest, size_bytes, now]).await? > 0)
    }

    pub async fn artifact(&self, digest: &ArtifactDigest) -> Result<StoredArtifact, Error> {
        let Some(record) = self.db().optional(SIZE, values![digest]).await? else { return Ok(StoredArtifact::Missing) };
        Ok(match record.optional_time("removing_at")? {
            Some(_) => StoredArtifact::Closed,
            None => StoredArtifact::Stored { size_bytes: record.count("size_bytes")? },
        })
    }

    /// Its size in bytes, when it is stored.
    pub async fn artifact_size(&self, digest: &ArtifactDigest) -> Result<Option<u64>, Error> {
        Ok(match self.artifact(digest).await? {
            StoredArtifact::Stored { size_bytes } => Some(size_bytes),
            StoredArtifact::Missing | StoredArtifact::Closed => None,
        })
    }

    pub async fn artifacts_of(&self, pipeline: &PipelineId, release: ReleaseNumber) -> Result<Vec<ArtifactUse>, Error> {
        self.db().all(OF_RELEASE, values![pipeline, release]).await?.iter().map(used).collect()
    }

    pub async fn artifact_of(&self, pipeline: &PipelineId, release: ReleaseNumber, name: &str) -> Result<Option<ArtifactUse>, Error> {
        self.db().optional(BY_NAME, values![pipeline, release, name]).await?.as_ref().map(used).transpose()
    }
}

fn used(record: &Record) -> Result<ArtifactUse, Error> {
    let digest = record.text("digest")?;
    Ok(ArtifactUse {
        name: record.text("name")?,
        digest: ArtifactDigest::try_from(digest.clone()).map_err(|error| Error::malformed("artifact_uses", digest, error))?,
        attempt: record.text("attempt")?,
    })
}
