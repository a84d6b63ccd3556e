use std::path::Path;

use engine::core::{self, Pipeline, audit};
use engine::store::{self, ListedPipeline, Store};

use super::Finding;
use crate::config::Settings;

const PAGE: u32 = 500;
const FROM_BACKUP: &str = "stop the server, keep a copy of the file, and bring a backup back with `tidegate restore`";
const TELL: &str = "hold the pipeline (`tidegate hold`), keep a copy of the database, and report it with this text";

/// The database as a server would meet it, its pipelines against the invariants, and every chain of hashes.
pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    const SUBJECT: &str = "database";
    let path = settings.database_url.strip_prefix("sqlite:").map(Path::new);
    if let Some(path) = path.filter(|path| !path.exists()) {
        return vec![Finding::ok(SUBJECT, format!("{} is not there yet; the first start makes it", path.display()))];
    }
    let store = match Store::look(&store::Settings::new(&settings.database_url, "doctor")).await {
        Ok(store) => store,
        Err(error) => {
            let next = match path {
                Some(_) => FROM_BACKUP,
                None => "check that PostgreSQL runs, that database.url is right, and that its user may use the database",
            };
            return vec![Finding::bad(SUBJECT, error.to_string(), next)];
        }
    };
    let named = path.map_or_else(|| "PostgreSQL".to_owned(), |path| path.display().to_string());
    let mut findings = vec![integrity(&store, &named).await];
    findings.extend(restored(&store).await);
    findings.extend(match pipelines(&store).await {
        Ok(listed) => examine_all(&store, &listed).await,
        Err(error) => vec![Finding::bad("pipelines", error.to_string(), FROM_BACKUP)],
    });
    findings.push(trail(&store).await);
    store.close().await;
    findings
}

async fn integrity(store: &Store, named: &str) -> Finding {
    match store.check_integrity().await {
        Ok(found) if found.is_empty() => {
            Finding::ok("database", format!("{named} opens at version {} and is whole", store::newest_version()))
        }
        Ok(found) => Finding::bad("database", format!("{named} is damaged: {}", found.join("; ")), FROM_BACKUP),
        Err(error) => Finding::bad("database", format!("{named} cannot be read: {error}"), FROM_BACKUP),
    }
}

async fn restored(store: &Store) -> Option<Finding> {
    match store.meta().await {
        Ok(store::Meta { restored_at: None, .. }) => None,
        Ok(store::Meta { restored_at: Some(at), generation, .. }) => Some(Finding::warn(
            "restore",
            format!("the data came from a backup at {at} (generation {}), and pipelines wait for a person", generation.0),
            "look at each with `tidegate targets PIPELINE`, then lift its hold with `tidegate release PIPELINE`",
        )),
        Err(error) => Some(Finding::bad("restore", error.to_string(), FROM_BACKUP)),
    }
}

async fn pipelines(store: &Store) -> Result<Vec<ListedPipeline>, store::Error> {
    let mut all: Vec<ListedPipeline> = Vec::new();
    loop {
        let page = store.pipelines(all.last().map_or("", |last| last.name.as_str()), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

async fn examine_all(store: &Store, listed: &[ListedPipeline]) -> Vec<Finding> {
    let (mut findings, mut events) = (Vec::new(), 0);
    for pipeline in listed {
        if let Some(parked) = &pipeline.parked {
            let told = format!("{} is parked since {}: {}", pipeline.name, parked.since, parked.reason);
            findings.push(Finding::bad("pipelines", told, "mend the cause; the server's log has the whole error"));
        }
        findings.extend(invariants(store, pipeline).await);
        match store.verify_chain(&pipeline.id).await {
            Ok(Ok(count)) => events += count,
            Ok(Err(first)) => findings.push(Finding::bad("events", format!("{}: {first}", pipeline.name), CHANGED)),
            Err(error) => findings.push(Finding::bad("events", format!("{}: {error}", pipeline.name), FROM_BACKUP)),
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok("pipelines", format!("{} keep every invariant", listed.len())));
        findings.push(Finding::ok("events", format!("{events} verify")));
    }
    findings
}

const CHANGED: &str = "somebody or something has changed the database by hand: find out who, and compare with a backup";

async fn invariants(store: &Store, listed: &ListedPipeline) -> Vec<Finding> {
    let core = match store.meta().await {
        Ok(meta) => core::Settings { generation: meta.generation, ..core::Settings::default() },
        Err(error) => return vec![Finding::bad("pipelines", error.to_string(), FROM_BACKUP)],
    };
    let loaded = match store.load(&listed.id).await {
        Ok((loaded, _)) => loaded,
        Err(error) => return vec![Finding::bad("pipelines", format!("{} cannot be loaded: {error}", listed.name), TELL)],
    };
    match Pipeline::load(loaded, core) {
        Ok(pipeline) => audit::check(&pipeline)
            .into_iter()
            .map(|broken| Finding::bad("pipelines", format!("{} breaks {}: {}", listed.name, broken.invariant, broken.detail), TELL))
            .collect(),
        Err(error) => vec![Finding::bad("pipelines", format!("{} cannot be loaded: {error}", listed.name), TELL)],
    }
}

async fn trail(store: &Store) -> Finding {
    match store.verify_audit().await {
        Ok(Ok(count)) => Finding::ok("audit trail", format!("{count} entries verify")),
        Ok(Err(seq)) => Finding::bad("audit trail", format!("entry {seq} is missing or is not what was once written"), CHANGED),
        Err(error) => Finding::bad("audit trail", error.to_string(), FROM_BACKUP),
    }
}
