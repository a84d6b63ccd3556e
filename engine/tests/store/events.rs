//! Numbers without gaps in the order of commits, and a chain that shows who tampered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::{Actor, EventKind};
use engine::store::{Broken, Error, EventFilter, Save, Store, Version};

use crate::support::{Database, NOW, after, on_both, sample};

on_both!(
    id7_eight_writers_leave_no_gap_and_a_reader_misses_nothing,
    writers_of_one_pipeline_meet_by_version_and_lose_nothing,
    events_are_found_by_pipeline_release_kind_and_actor,
    id7_a_changed_event_is_found,
    id7_a_removed_event_is_found,
    id7_a_removed_last_event_is_found,
    id7_a_changed_column_is_found,
    the_chain_holds_after_its_beginning_is_forgotten,
    the_servers_own_audit_trail_shows_who_tampered,
);

const WRITERS: u64 = 8;
const SAVES: u64 = 12;

async fn id7_eight_writers_leave_no_gap_and_a_reader_misses_nothing(database: &Database) {
    let store = database.open().await;
    let over = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(follow(store.clone(), over.clone()));
    let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(write(store.clone(), writer))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    over.store(true, Ordering::SeqCst);
    let seen = reader.await.unwrap();
    // Each save has 1 to 3 events.
    let expected = WRITERS * (0..SAVES).map(|save| save % 3 + 1).sum::<u64>();
    assert_eq!(seen, (1..=expected).collect::<Vec<_>>(), "a reader that goes on from the last number sees each exactly once");
    for writer in 0..WRITERS {
        store.verify_chain(&PipelineId(format!("p-{writer}"))).await.unwrap().expect("the chain of each pipeline holds");
    }
}

async fn write(store: Store, writer: u64) {
    let id = PipelineId(format!("p-{writer}"));
    let mut version = store.register_pipeline(&sample::pipeline(id.as_str(), id.as_str()), NOW).await.unwrap();
    for save in 0..SAVES {
        let changes = sample::only((0..=save % 3).map(sample::created).collect());
        version = store.save(Save::new(&id, &version, &changes, NOW)).await.unwrap().version;
    }
}

/// Reads like the feed of the screens, while others write.
async fn follow(store: Store, over: Arc<AtomicBool>) -> Vec<u64> {
    let mut seen = Vec::new();
    loop {
        let is_last = over.load(Ordering::SeqCst);
        let page = store.events_after(seen.last().copied().unwrap_or(0), &EventFilter::default(), 7).await.unwrap();
        seen.extend(page.iter().map(|event| event.seq));
        if is_last && page.is_empty() {
            return seen;
        }
        tokio::task::yield_now().await;
    }
}

async fn writers_of_one_pipeline_meet_by_version_and_lose_nothing(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move {
                let mut conflicts = 0_u32;
                for save in 0..SAVES {
                    let changes = sample::only(vec![sample::created(writer * SAVES + save)]);
                    while let Err(error) = store.save(Save::new(&id, &store.version(&id).await.unwrap(), &changes, NOW)).await {
                        assert_eq!(error, Error::Conflict);
                        conflicts += 1;
                    }
                }
                conflicts
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(store.version(&id).await.unwrap().number, WRITERS * SAVES);
    let mut releases: Vec<_> =
        store.events_after(0, &EventFilter::default(), 1000).await.unwrap().iter().map(|event| event.event.release.unwrap().0).collect();
    releases.sort_unstable();
    assert_eq!(releases, (0..WRITERS * SAVES).collect::<Vec<_>>());
    assert_eq!(store.verify_chain(&id).await.unwrap(), Ok(WRITERS * SAVES));
}

/// Two pipelines with three events each.
async fn two_pipelines(store: &Store) -> (PipelineId, Version) {
    for id in ["p-1", "p-2"] {
        let version = store.register_pipeline(&sample::pipeline(id, id), NOW).await.unwrap();
        let events = vec![
            sample::created(1),
            sample::event(EventKind::ApprovalGiven, Some(1), sample::person("ada")),
            sample::event(EventKind::HoldPlaced, None, Actor::Engine),
        ];
        store.save(Save::new(&PipelineId::from(id), &version, &sample::only(events), NOW)).await.unwrap();
    }
    let id = PipelineId::from("p-1");
    let version = store.version(&id).await.unwrap();
    (id, version)
}

async fn events_are_found_by_pipeline_release_kind_and_actor(database: &Database) {
    let store = database.open().await;
    let (id, _) = two_pipelines(&store).await;
    let seqs = async |filter: EventFilter, backwards: bool| {
        let events = if backwards { store.events_before(u64::MAX, &filter, 10).await } else { store.events_after(0, &filter, 10).await };
        events.unwrap().iter().map(|event| event.seq).collect::<Vec<_>>()
    };
    let of_pipeline = EventFilter { pipeline: Some(id.clone()), ..EventFilter::default() };
    let of_release = EventFilter { release: Some(ReleaseNumber(1)), ..of_pipeline.clone() };
    let approvals = EventFilter { kind: Some(EventKind::ApprovalGiven), ..EventFilter::default() };
    let by_ada = EventFilter { actor: Some(EventFilter::actor_key(&sample::person("ada"))), ..of_pipeline.clone() };
    assert_eq!(seqs(EventFilter::default(), true).await, [6, 5, 4, 3, 2, 1]);
    assert_eq!(seqs(of_pipeline.clone(), false).await, [1, 2, 3]);
    assert_eq!(seqs(of_pipeline, true).await, [3, 2, 1]);
    assert_eq!(seqs(of_release.clone(), false).await, [1, 2]);
    assert_eq!(seqs(of_release, true).await, [2, 1]);
    assert_eq!(seqs(approvals, false).await, [2, 5]);
    assert_eq!(seqs(by_ada, false).await, [2]);
}

async fn first_bad(database: &Database, sql: &str) -> (u64, Broken) {
    let store = database.open().await;
    let (id, _) = two_pipelines(&store).await;
    assert_eq!(store.verify_chain(&id).await.unwrap(), Ok(3), "untouched, the chain holds");
    assert_eq!(database.tamper(sql).await, 1);
    let bad = store.verify_chain(&id).await.unwrap().expect_err("the chain is broken");
    assert!(store.verify_chain(&PipelineId::from("p-2")).await.unwrap().is_ok(), "the other pipeline's chain holds");
    (bad.number, bad.broken)
}

async fn id7_a_changed_event_is_found(database: &Database) {
    let sql = "UPDATE events SET body = REPLACE(body, 'because', 'no reason') WHERE pipeline_id = 'p-1' AND number = 2";
    assert_eq!(first_bad(database, sql).await, (2, Broken::Hash));
}

async fn id7_a_removed_event_is_found(database: &Database) {
    assert_eq!(first_bad(database, "DELETE FROM events WHERE pipeline_id = 'p-1' AND number = 2").await, (2, Broken::Missing));
}

async fn id7_a_removed_last_event_is_found(database: &Database) {
    assert_eq!(first_bad(database, "DELETE FROM events WHERE pipeline_id = 'p-1' AND number = 3").await, (3, Broken::Missing));
}

async fn id7_a_changed_column_is_found(database: &Database) {
    let sql = "UPDATE events SET actor = 'person:local:mallory' WHERE pipeline_id = 'p-1' AND number = 2";
    assert_eq!(first_bad(database, sql).await, (2, Broken::Column("actor")));
}

async fn the_chain_holds_after_its_beginning_is_forgotten(database: &Database) {
    let store = database.open().await;
    let (id, version) = two_pipelines(&store).await;
    assert_eq!(store.forget_events(&id, NOW, 10).await.unwrap(), 0, "nothing is older");
    assert_eq!(store.forget_events(&id, after(1), 2).await.unwrap(), 2);
    assert_eq!(store.verify_chain(&id).await.unwrap(), Ok(3));
    store.save(Save::new(&id, &version, &sample::only(vec![sample::created(2)]), NOW)).await.unwrap();
    assert_eq!(store.verify_chain(&id).await.unwrap(), Ok(4));
    assert_eq!(store.forget_events(&id, after(1), 10).await.unwrap(), 2);
    assert_eq!(store.verify_chain(&id).await.unwrap(), Ok(4));
}

async fn the_servers_own_audit_trail_shows_who_tampered(database: &Database) {
    let store = database.open().await;
    for subject in ["token-1", "token-2", "token-3"] {
        store.append_audit(&sample::person("ada"), "token.revoke", subject, serde_json::json!({"why": "lost"}), NOW).await.unwrap();
    }
    assert_eq!(store.verify_audit().await.unwrap(), Ok(3));
    let entries = store.audit_before(u64::MAX, 2).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.subject.as_str()).collect::<Vec<_>>(), ["token-3", "token-2"]);
    assert_eq!(entries[0].actor, sample::person("ada"));
    assert_eq!(database.tamper("UPDATE audit SET subject = 'token-9' WHERE seq = 2").await, 1);
    assert_eq!(store.verify_audit().await.unwrap(), Err(2));
}
