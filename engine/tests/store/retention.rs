//! What may be forgotten, and what may not.

use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::row::{AttemptState, ReleaseState, Row};
use engine::store::{Answer, Save, StoredArtifact};

use crate::support::{Database, NOW, after, on_both, sample};

on_both!(
    releases_that_something_names_are_kept,
    artifacts_without_a_release_go,
    an_artifact_that_is_being_removed_is_not_stored_again_before_it_is_gone,
    what_is_done_goes,
);

async fn releases_that_something_names_are_kept(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    // 1 is good at a target, 2 is in a lane, 3 moves, 4 has an attempt that is alive, 5 and 6 have ended; then 50 newer ones.
    let mut rows: Vec<Row> = (1..=56)
        .flat_map(|number| sample::admitted(number, if number == 3 { ReleaseState::Moving } else { ReleaseState::Completed }))
        .collect();
    rows.push(Row::Target(sample::target("local/a")));
    rows.push(Row::Lane(sample::lane("prod", &[2])));
    rows.push(Row::Attempt(Box::new(sample::attempt("p-1", 4, 1, AttemptState::Unknown))));
    rows.push(Row::Attempt(Box::new(sample::attempt("p-1", 5, 1, AttemptState::Ended))));
    rows.push(Row::Node(sample::node(5, 1)));
    store.save(Save::new(&id, &version, &sample::rows(rows), NOW)).await.unwrap();
    assert_eq!(store.forget_releases(&id, NOW, 50, 10).await.unwrap(), 0, "none is older");
    assert_eq!(store.forget_releases(&id, after(1), 50, 1).await.unwrap(), 1);
    assert_eq!(store.forget_releases(&id, after(1), 50, 10).await.unwrap(), 1);
    let mut left: Vec<_> = store.releases(&id, None, 100).await.unwrap().iter().map(|release| release.number.0).collect();
    left.sort_unstable();
    assert_eq!(left, [1, 2, 3, 4].into_iter().chain(7..=56).collect::<Vec<_>>());
    assert_eq!(store.attempt(&sample::attempt_id("p-1.5.1.1")).await.unwrap(), None, "its rows went with it");
    let detail = store.release(&id, ReleaseNumber(56)).await.unwrap().unwrap();
    assert_eq!(detail.plan, sample::plan("shop"), "a plan that others use stays");
    assert_eq!(store.release(&id, ReleaseNumber(5)).await.unwrap(), None);
}

async fn artifacts_without_a_release_go(database: &Database) {
    let store = database.open().await;
    let digest = sample::artifact();
    store.put_artifact(&digest, 12, NOW).await.unwrap();
    assert_eq!(store.artifact_size(&digest).await.unwrap(), Some(12));
    assert_eq!(store.unused_artifacts(NOW, 10).await.unwrap(), [], "it is too young");
    assert_eq!(store.unused_artifacts(after(1), 10).await.unwrap(), std::slice::from_ref(&digest));

    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let mut rows = sample::admitted(1, ReleaseState::Moving);
    rows.push(Row::Attempt(Box::new(sample::attempt("p-1", 1, 1, AttemptState::Ended))));
    store.save(Save::new(&id, &version, &sample::rows(rows), NOW)).await.unwrap();
    assert_eq!(store.unused_artifacts(after(1), 10).await.unwrap(), []);
    assert!(!store.close_artifact(&digest, after(1), NOW).await.unwrap(), "a release uses it");
    assert_eq!(store.artifact_of(&id, ReleaseNumber(1), "app").await.unwrap().map(|used| used.digest), Some(digest));
}

async fn an_artifact_that_is_being_removed_is_not_stored_again_before_it_is_gone(database: &Database) {
    let store = database.open().await;
    let digest = sample::artifact();
    assert_eq!(store.artifact(&digest).await.unwrap(), StoredArtifact::Missing);
    assert!(store.put_artifact(&digest, 12, NOW).await.unwrap());
    assert!(store.put_artifact(&digest, 12, after(5)).await.unwrap(), "the same bytes again make it young");
    assert!(!store.close_artifact(&digest, after(1), after(6)).await.unwrap(), "it is too young");
    assert!(store.close_artifact(&digest, after(6), after(7)).await.unwrap());
    assert_eq!(store.artifact(&digest).await.unwrap(), StoredArtifact::Closed);
    assert!(!store.put_artifact(&digest, 12, after(8)).await.unwrap());
    assert!(store.close_artifact(&digest, after(6), after(9)).await.unwrap(), "after a crash the removal goes on");
    store.artifact_removed(&digest).await.unwrap();
    assert_eq!(store.artifact(&digest).await.unwrap(), StoredArtifact::Missing);
    assert!(store.put_artifact(&digest, 12, after(10)).await.unwrap());
}

async fn what_is_done_goes(database: &Database) {
    let store = database.open().await;
    store.receive("done", "push", "{}", NOW).await.unwrap();
    store.receive("waits", "push", "{}", NOW).await.unwrap();
    store.inbox_done("done", after(1)).await.unwrap();
    store.begin_request("key", "digest", NOW, after(10)).await.unwrap();
    store.finish_request(Answer { key: "key".to_owned(), status: 200, body: String::new() }).await.unwrap();
    assert_eq!(store.forget_done(after(1), after(5)).await.unwrap(), 0);
    assert_eq!(store.forget_done(after(2), after(11)).await.unwrap(), 2);
    assert_eq!(store.claim_inbox(NOW, after(1), 10).await.unwrap().len(), 1);
}
