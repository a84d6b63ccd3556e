//! What is saved is loaded again; a decision on an old version is refused.

use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::row::{AttemptState, ReleaseState, RolloutState, Row};
use engine::core::{Changes, EventKind};
use engine::store::{Error, EventFilter, Save};

use crate::support::{Database, NOW, after, on_both, sample};

on_both!(
    every_row_is_loaded_as_it_was_saved,
    a_later_save_replaces_rows_and_removes_ended_watches,
    ia9_a_decision_on_an_old_version_is_refused_and_changes_nothing,
    a_save_that_fails_half_way_leaves_nothing,
    a_pipeline_that_does_not_exist_is_named,
    a_name_is_taken_once_and_free_after_removal,
);

async fn every_row_is_loaded_as_it_was_saved(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let changes = sample::everything();
    let saved = store.save(Save { next_deadline: Some(after(5)), ..Save::new(&id, &version, &changes, NOW) }).await.unwrap();
    assert_eq!((saved.version.number, saved.first_seq), (1, Some(1)));

    let (loaded, version) = store.load(&id).await.unwrap();
    assert_eq!(version, saved.version);
    assert_eq!(store.version(&id).await.unwrap(), saved.version);
    assert_eq!(loaded.releases, [(sample::release(1, ReleaseState::Moving), sample::plan("shop"))]);
    assert_eq!(loaded.pipeline.next_release, 2);
    assert_eq!(loaded.waves, [sample::wave(1)]);
    assert_eq!(loaded.nodes, [sample::node(1, 4)]);
    assert_eq!(loaded.attempts, [sample::attempt("p-1", 1, 4, AttemptState::Queued)]);
    assert_eq!(loaded.gates, [sample::gate(1, 2)]);
    assert_eq!(loaded.lanes, [sample::lane("prod", &[1])]);
    assert_eq!(loaded.targets, [sample::target("local/a")]);
    assert_eq!(loaded.rollouts, [sample::rollout(1, "local/a", 1, RolloutState::Running)]);
    assert_eq!(loaded.watches, [sample::watch("m-1", NOW)]);
    assert_eq!(loaded.holds, [sample::hold("h-1")]);

    let events = store.events_after(0, &EventFilter::default(), 10).await.unwrap();
    assert_eq!(events.iter().map(|event| event.event.clone()).collect::<Vec<_>>(), changes.events);
    assert_eq!(store.claim_due_pipelines(after(4), after(9), 10).await.unwrap(), []);
    assert_eq!(store.claim_due_pipelines(after(5), after(9), 10).await.unwrap(), [id]);
}

async fn a_later_save_replaces_rows_and_removes_ended_watches(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let first = store.save(Save::new(&id, &version, &sample::everything(), NOW)).await.unwrap();
    let mut attempt = sample::attempt("p-1", 1, 4, AttemptState::Ended);
    attempt.urgent = true;
    let changes = sample::rows(vec![
        Row::Release(Box::new(sample::release(1, ReleaseState::Failed))),
        Row::Attempt(Box::new(attempt.clone())),
        Row::WatchEnded("m-1".into()),
    ]);
    let second = store.save(Save::new(&id, &first.version, &changes, NOW)).await.unwrap();
    assert_eq!(second.first_seq, None);
    let (loaded, _) = store.load(&id).await.unwrap();
    assert_eq!(loaded.releases, [(sample::release(1, ReleaseState::Failed), sample::plan("shop"))], "the plan stays with its release");
    assert_eq!(loaded.attempts, [attempt]);
    assert_eq!(loaded.watches, []);
    let uses = store.artifacts_of(&id, ReleaseNumber(1)).await.unwrap();
    assert_eq!(uses.iter().map(|used| (used.name.as_str(), &used.digest)).collect::<Vec<_>>(), [("app", &sample::artifact())]);
}

async fn ia9_a_decision_on_an_old_version_is_refused_and_changes_nothing(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    store.save(Save::new(&id, &version, &sample::everything(), NOW)).await.unwrap();
    let before = store.load(&id).await.unwrap();
    let late = Changes { rows: vec![Row::Lane(sample::lane("prod", &[9]))], ..sample::only(vec![sample::created(9)]) };
    assert_eq!(store.save(Save::new(&id, &version, &late, NOW)).await, Err(Error::Conflict));
    assert_eq!(store.load(&id).await.unwrap(), before);
    assert_eq!(store.last_seq().await.unwrap(), 2, "a refused save takes no number");
}

async fn a_save_that_fails_half_way_leaves_nothing(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    // A node of a release that does not exist: the database refuses it after the lane was written.
    let orphan = Changes {
        rows: vec![Row::Lane(sample::lane("prod", &[])), Row::Node(sample::node(77, 1))],
        ..sample::only(vec![sample::created(77)])
    };
    let refused = store.save(Save::new(&id, &version, &orphan, NOW)).await;
    assert!(matches!(refused, Err(Error::Statement(_))), "{refused:?}");
    let (loaded, now) = store.load(&id).await.unwrap();
    assert_eq!((loaded.lanes, now), (Vec::new(), version));
    assert_eq!(store.last_seq().await.unwrap(), 0);
}

async fn a_pipeline_that_does_not_exist_is_named(database: &Database) {
    let store = database.open().await;
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let id = PipelineId::from("p-2");
    let missing = Error::NotFound { what: "pipeline", key: "p-2".to_owned() };
    assert_eq!(store.load(&id).await.unwrap_err(), missing);
    assert_eq!(store.version(&id).await.unwrap_err(), missing);
    let changes = sample::only(vec![sample::event(EventKind::HoldPlaced, None, sample::person("ada"))]);
    assert_eq!(store.save(Save::new(&id, &version, &changes, NOW)).await.unwrap_err(), missing);
}

async fn a_name_is_taken_once_and_free_after_removal(database: &Database) {
    let store = database.open().await;
    let first = sample::pipeline("p-1", "shop");
    store.register_pipeline(&first, NOW).await.unwrap();
    let second = sample::pipeline("p-2", "shop");
    assert!(matches!(store.register_pipeline(&second, NOW).await, Err(Error::Exists(_))));
    assert!(store.remove_pipeline(&first.id, NOW).await.unwrap());
    store.register_pipeline(&second, NOW).await.unwrap();
    assert_eq!(store.pipeline_by_name("shop").await.unwrap(), Some(second.id));
    let listed = store.pipelines("", 10).await.unwrap();
    assert_eq!(listed.iter().map(|pipeline| pipeline.id.as_str()).collect::<Vec<_>>(), ["p-2"]);
}
