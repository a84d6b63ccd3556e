//! Web hooks that were acknowledged: each is a hint where to look (R8).
//!
//! A burst is one look at each source that it concerns; what is admitted is what the source answers then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tracing::{debug, warn};

use super::buttons;
use crate::core::id::PipelineId;
use crate::engine::{Engine, Error};
use crate::ports::forge::{Hint, RepositoryNames, place};
use crate::store::InboxMessage;
use crate::tasks::outbox;

/// Their kind in the inbox.
pub(super) const KIND: &str = "hook";

/// So many of a pipeline's newest releases are shown anew where this server may write again.
const SHOWN_ANEW: usize = 20;

/// Deals with all of them in one transaction.
pub(super) async fn deal_with(engine: &Arc<Engine>, messages: Vec<InboxMessage>) -> Result<(), Error> {
    let sources = places(engine).await?;
    let (mut poked, mut granted) = (BTreeSet::new(), BTreeSet::new());
    let mut keys = Vec::with_capacity(messages.len());
    for message in messages {
        let hint: Hint = match serde_json::from_str(&message.body) {
            Ok(hint) => hint,
            Err(error) => {
                warn!(inbox.key = message.key, %error, "a stored web hook cannot be read and is passed over");
                engine.store().inbox_give_up(&message.key, engine.clock().now(), &error.to_string()).await?;
                continue;
            }
        };
        if let Hint::Grants { repositories } = &hint {
            for url in repositories.iter().flat_map(|names| &names.urls) {
                engine.ports().forges.iter().for_each(|forge| forge.forget(url));
            }
        }
        if let Hint::Pressed(pressed) = &hint {
            let near = near(engine, &pressed.repository).await?;
            buttons::pressed(engine, &near, pressed).await?;
            keys.push(message.key);
            continue;
        }
        let concerned = concerned(&hint, &sources);
        if concerned.is_empty() {
            debug!(inbox.key = message.key, "no source of this server is of that repository");
        }
        if matches!(hint, Hint::Grants { .. }) {
            granted.extend(concerned.iter().map(|(_, pipeline)| pipeline.clone()));
        }
        poked.extend(concerned.into_iter().map(|(source, _)| source));
        keys.push(message.key);
    }
    show_anew(engine, granted).await?;
    let any = !poked.is_empty();
    engine.store().inbox_pokes(keys, poked.into_iter().collect(), engine.clock().now()).await?;
    if any {
        engine.hints().sources.notify_one();
    }
    Ok(())
}

/// What was given up while the forge refused this server is said now. Where nothing changed, nothing is written.
async fn show_anew(engine: &Arc<Engine>, pipelines: BTreeSet<PipelineId>) -> Result<(), Error> {
    for id in pipelines {
        let newest =
            engine.view(&id, |pipeline| pipeline.releases().rev().take(SHOWN_ANEW).map(|release| release.row.number).collect::<Vec<_>>());
        // A parked pipeline has nothing to say.
        let Ok(newest) = newest.await else { continue };
        let now = engine.clock().now();
        for message in newest.into_iter().filter_map(|release| outbox::forges::message(&id, release, now)) {
            engine.store().put_outbox(message, now).await?;
        }
    }
    Ok(())
}

/// The pipelines of a repository, those of its pull requests among them.
async fn near(engine: &Arc<Engine>, repository: &RepositoryNames) -> Result<BTreeSet<PipelineId>, Error> {
    let places: BTreeSet<String> = repository.urls.iter().map(|url| place(url)).collect();
    let all = engine.store().sources().await?;
    Ok(all.into_iter().filter(|source| places.contains(&place(&source.url))).map(|source| source.pipeline).collect())
}

/// The sources at each place, with their pipelines.
async fn places(engine: &Arc<Engine>) -> Result<Places, Error> {
    let mut places = Places::new();
    // A pull request is looked at by the branch that it goes to.
    for source in engine.store().sources().await?.into_iter().filter(|source| source.pull_request().is_none()) {
        places.entry(place(&source.url)).or_default().push((source.id, source.pipeline));
    }
    Ok(places)
}

type Places = BTreeMap<String, Vec<(String, PipelineId)>>;

fn concerned(hint: &Hint, sources: &Places) -> BTreeSet<(String, PipelineId)> {
    let repositories: &[RepositoryNames] = match hint {
        Hint::Heads { repository } => std::slice::from_ref(repository),
        Hint::Grants { repositories } => repositories,
        Hint::Pressed(pressed) => std::slice::from_ref(&pressed.repository),
    };
    repositories.iter().flat_map(|names| &names.urls).filter_map(|url| sources.get(&place(url))).flatten().cloned().collect()
}
