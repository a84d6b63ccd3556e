//! Web hooks that were acknowledged: each is a hint where to look (R8).
//!
//! A burst is one look at each source that it concerns; what is admitted is what the source answers then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tracing::{debug, warn};

use crate::engine::{Engine, Error};
use crate::ports::forge::{Hint, RepositoryNames, place};
use crate::store::InboxMessage;

/// Their kind in the inbox.
pub(super) const KIND: &str = "hook";

/// Deals with all of them in one transaction.
pub(super) async fn deal_with(engine: &Arc<Engine>, messages: Vec<InboxMessage>) -> Result<(), Error> {
    let sources = places(engine).await?;
    let mut poked = BTreeSet::new();
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
        let concerned = concerned(&hint, &sources);
        if concerned.is_empty() {
            debug!(inbox.key = message.key, "no source of this server is of that repository");
        }
        poked.extend(concerned);
        keys.push(message.key);
    }
    let any = !poked.is_empty();
    engine.store().inbox_pokes(keys, poked.into_iter().collect(), engine.clock().now()).await?;
    if any {
        engine.hints().sources.notify_one();
    }
    Ok(())
}

/// The ids of the sources at each place.
async fn places(engine: &Arc<Engine>) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in engine.store().sources().await? {
        places.entry(place(&source.url)).or_default().push(source.id);
    }
    Ok(places)
}

fn concerned(hint: &Hint, sources: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let repositories: &[RepositoryNames] = match hint {
        Hint::Heads { repository } => std::slice::from_ref(repository),
        Hint::Grants { repositories } => repositories,
    };
    repositories.iter().flat_map(|names| &names.urls).filter_map(|url| sources.get(&place(url))).flatten().cloned().collect()
}
