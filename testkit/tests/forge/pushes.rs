//! From a push to a release, whatever happens to its web hooks.

use futures::future::join_all;

use crate::support::{Place, answer};

#[tokio::test(flavor = "multi_thread")]
async fn a_push_becomes_a_release_by_its_web_hook_alone() {
    let place = Place::open().await;
    let commit = place.repository.commit("the second");
    let (status, body) = answer(place.sender.push(&place.repository.url(), "main").await).await;
    assert_eq!((status, body["outcome"].as_str()), (202, Some("accepted")), "{body}");
    place.until_released(&commit).await;
}

/// Fifty pushes at once: the newest head is released, older ones that were never seen as heads are carried by it (L9), and
/// no commit is released twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_fifty_pushes_ends_at_the_newest_head() {
    let place = Place::open().await;
    let mut commits = place.commits().await;
    let url = place.repository.url();
    let mut waiting = Vec::new();
    for number in 0..50 {
        commits.push(place.repository.commit(&format!("burst {number}")));
        waiting.push(place.sender.push(&url, "main"));
    }
    for response in join_all(waiting).await {
        assert_eq!(response.status(), 202);
    }
    place.until_released(&commits[50]).await;
    place.until_quiet().await;
    let released = place.commits().await;
    let positions: Vec<_> =
        released.iter().map(|commit| commits.iter().position(|known| known == commit).expect("a known commit")).collect();
    assert!(positions.is_sorted() && positions.windows(2).all(|pair| pair[0] < pair[1]), "{positions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_comes_twice_is_taken_once() {
    let place = Place::open().await;
    let commit = place.repository.commit("the second");
    let body = format!("{{\"ref\":\"refs/heads/main\",\"repository\":{{\"clone_url\":\"{}\"}}}}", place.repository.url());
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        outcomes.push(answer(place.sender.github("push", "the-same", body.as_bytes()).await).await.1["outcome"].clone());
    }
    assert_eq!(outcomes, ["accepted", "again", "again"]);
    place.until_released(&commit).await;
    place.until_quiet().await;
    assert_eq!(place.commits().await.len(), 2);
}

/// Each says what was true when it was sent; only what is true now becomes a release.
#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_come_late_in_another_order_and_under_other_ids_release_the_head_once() {
    let place = Place::open().await;
    let url = place.repository.url();
    let body = |after: &str| format!("{{\"ref\":\"refs/heads/main\",\"after\":\"{after}\",\"repository\":{{\"clone_url\":\"{url}\"}}}}");
    let older = place.repository.commit("older");
    let newer = place.repository.commit("newer");
    for (delivery, after) in [("d-2", &newer), ("d-1", &older), ("d-1-replayed", &older), ("d-1-again", &older)] {
        assert_eq!(answer(place.sender.github("push", delivery, body(after).as_bytes()).await).await.0, 202);
    }
    place.until_released(&newer).await;
    place.until_quiet().await;
    assert_eq!(place.commits().await.len(), 2, "the older commit never was a head that anybody saw");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_push_is_a_newer_release_though_its_commit_is_older() {
    let place = Place::open().await;
    let first = place.commits().await[0].clone();
    let second = place.repository.commit("to be dropped");
    place.sender.push(&place.repository.url(), "main").await;
    place.until_released(&second).await;
    place.repository.git(&["reset", "-q", "--hard", &first]);
    let other = place.repository.commit("instead");
    place.sender.push(&place.repository.url(), "main").await;
    place.until_released(&other).await;
    let orders = place.world.engine.view(&place.pipeline, |pipeline| {
        pipeline.releases().map(|release| (release.row.order, release.row.revisions[0].commit.clone())).max()
    });
    assert_eq!(orders.await.expect("the pipeline").expect("releases").1, other, "P4: the rewritten history is the newer one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_is_deleted_in_flight_is_said_so_and_followed_again_when_it_comes_back() {
    let place = Place::open().await;
    place.repository.git(&["checkout", "-q", "-b", "other"]);
    place.repository.git(&["branch", "-q", "-D", "main"]);
    let url = place.repository.url();
    let deleted = format!("{{\"ref\":\"main\",\"ref_type\":\"branch\",\"repository\":{{\"clone_url\":\"{url}\"}}}}");
    assert_eq!(answer(place.sender.github("delete", "deleted", deleted.as_bytes()).await).await.1["outcome"], "accepted");
    let error = place
        .world
        .until(&place.pipeline, "the source to say that its branch is gone", async || {
            place.world.engine.store().sources_of(&place.pipeline).await.expect("the sources").remove(0).last_error
        })
        .await;
    assert!(error.contains("no branch"), "{error}");
    place.repository.git(&["checkout", "-q", "-b", "main"]);
    let commit = place.repository.commit("back again");
    place.sender.github("create", "created", deleted.as_bytes()).await;
    place.until_released(&commit).await;
}

/// What was accepted before the server went is dealt with by the next one (ID1).
#[tokio::test(flavor = "multi_thread")]
async fn id1_a_delivery_that_was_acknowledged_survives_a_restart() {
    let place = Place::open().await;
    let commit = place.repository.commit("just before the end");
    assert_eq!(place.sender.push(&place.repository.url(), "main").await.status(), 202);
    let place = place.with_secrets(&[crate::support::SECRET]).await;
    place.until_released(&commit).await;
}
