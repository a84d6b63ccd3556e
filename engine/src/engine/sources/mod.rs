//! From a repository to a release: connecting, looking for what is new, making releases.
//!
//! A push or a poll is only a hint (R8): what is admitted is what the source answers when asked.

mod gathering;
mod looking;
mod people;
mod pulls;
mod releasing;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use tracing::info;

use super::{Engine, Error, paths};
use crate::core::id::PipelineId;
use crate::core::{Actor, Pipeline};
use crate::ports::{Previous, Repository};
use crate::store::{self, AuditNote, SourceRow};

pub use looking::Checked;
pub(super) use releasing::FilePlace;
pub use releasing::Start;

/// A source is not polled more often.
const MIN_POLL_MS: u64 = 200;

/// A repository, and where its pipeline file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// None: the name in the file.
    pub name: Option<String>,
    /// A path or URL that git understands.
    pub repository: String,
    pub branch: String,
    /// Relative to the repository's root, such as `.tidegate/pipeline.yaml`.
    pub file: String,
    pub poll_ms: u64,
}

impl Engine {
    /// Connects a repository: reads its pipeline file, makes the pipeline and admits the head.
    ///
    /// # Errors
    /// When the source cannot be read, the file has errors, or the name is taken. Nothing is stored then.
    pub async fn connect(self: &Arc<Self>, actor: Actor, connection: Connection) -> Result<PipelineId, Error> {
        let repository = Repository { url: connection.repository.clone() };
        let head = self.ports.source.head(&repository, &connection.branch, None).await?;
        let place = FilePlace {
            repository: &repository,
            branch: &connection.branch,
            commit: &head.revision.commit,
            file: &connection.file,
            pins: &BTreeMap::new(),
        };
        let compiled = self.compile_at(&place, connection.name.as_deref(), crate::core::Trust::Branch).await?;
        let name = connection.name.clone().unwrap_or_else(|| compiled.name().to_owned());
        if self.store.pipeline_by_name(&name).await?.is_some() {
            return Err(Error::NameTaken(name));
        }
        let id = PipelineId(self.ports.ids.uuid());
        let row = Pipeline::new(id.clone(), name.clone(), self.settings.core).row().clone();
        let now = self.clock().now();
        let source = SourceRow {
            id: self.ports.ids.uuid(),
            pipeline: id.clone(),
            url: connection.repository,
            branch: connection.branch,
            path: connection.file,
            poll_interval_ms: connection.poll_ms.max(MIN_POLL_MS),
            head: None,
            next_poll_at: now + connection.poll_ms.max(MIN_POLL_MS),
            pokes: 0,
            last_polled_at: None,
            last_error: None,
            detail: serde_json::Value::Null,
        };
        let detail = json!({"repository": source.url, "branch": source.branch, "file": source.path});
        match self.store.connect_pipeline(&row, &source, AuditNote::new(actor, "connect", &name, detail, now)).await {
            Ok(()) => {}
            Err(store::Error::Exists(_)) => return Err(Error::NameTaken(name)),
            Err(error) => return Err(error.into()),
        }
        info!(pipeline.id = %id, pipeline.name = name, "connected");
        self.check_head(&id).await?;
        self.hints.sources.notify_one();
        Ok(id)
    }

    /// Takes a pipeline off this server's list. Its history stays.
    ///
    /// # Errors
    /// When it is unknown.
    pub async fn disconnect(&self, actor: &Actor, pipeline: &PipelineId) -> Result<(), Error> {
        let note = AuditNote::new(actor.clone(), "disconnect", pipeline.as_str(), json!({}), self.clock().now());
        if !self.store.disconnect_pipeline(pipeline, note).await? {
            return Err(Error::UnknownPipeline(pipeline.to_string()));
        }
        self.forget(pipeline);
        Ok(())
    }

    /// Its sources are looked at soon: something that they depend on is new.
    pub(crate) async fn poke_sources(&self, pipeline: &PipelineId) -> Result<(), Error> {
        let sources = self.store.sources_of(pipeline).await?.into_iter().map(|source| source.id).collect();
        self.store.inbox_pokes(Vec::new(), sources, self.clock().now()).await?;
        self.hints.sources.notify_one();
        Ok(())
    }

    pub(super) async fn source_of(&self, pipeline: &PipelineId) -> Result<SourceRow, Error> {
        self.store.sources_of(pipeline).await?.into_iter().next().ok_or_else(|| Error::UnknownPipeline(pipeline.to_string()))
    }
}

fn previous(source: &SourceRow) -> Option<Previous> {
    source.head.as_ref().map(|head| Previous { commit: head.commit.clone(), order: head.order })
}

fn short(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}
