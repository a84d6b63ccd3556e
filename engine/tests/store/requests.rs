//! Same key, one effect (ID2); commits; the data's own facts.

use engine::core::id::{PipelineId, SourceOrder};
use engine::store::{Answer, Begun, Hint, Save, SourceCommit, StoredAnswer};
use protocol::Generation;

use crate::support::{Database, NOW, after, on_both, sample};

on_both!(
    id2_the_same_key_gets_the_first_answer_and_another_body_is_refused,
    commits_are_paged_newest_first_and_compared,
    r12_a_restore_makes_a_new_generation,
    a_commit_is_hinted_where_other_servers_are,
);

async fn id2_the_same_key_gets_the_first_answer_and_another_body_is_refused(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let begin = async |digest: &str, now| store.begin_request("token-1 key-1", digest, now, after(1000)).await.unwrap();
    assert_eq!(begin("a", NOW).await, Begun::New);
    assert_eq!(begin("a", NOW).await, Begun::Unfinished);
    let answer = Answer { key: "token-1 key-1".to_owned(), status: 201, body: "{\"release\":1}".to_owned() };
    let changes = sample::only(vec![sample::created(1)]);
    store.save(Save { answer: Some(answer.clone()), ..Save::new(&id, &version, &changes, NOW) }).await.unwrap();
    let kept = Begun::Answered(StoredAnswer { status: 201, body: "{\"release\":1}".to_owned() });
    assert_eq!(begin("a", NOW).await, kept);
    store.finish_request(Answer { status: 500, ..answer }).await.unwrap();
    assert_eq!(begin("a", NOW).await, kept, "the first answer stays");
    assert_eq!(begin("b", NOW).await, Begun::OtherRequest);
    assert_eq!(begin("b", after(1000)).await, Begun::New, "its time is over");
    store.forget_request("token-1 key-1").await.unwrap();
    assert_eq!(begin("c", after(999)).await, Begun::New);
}

async fn commits_are_paged_newest_first_and_compared(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let commit = |epoch, position| SourceCommit {
        source: "app".to_owned(),
        id: format!("c-{epoch}-{position}"),
        order: SourceOrder { epoch, position },
        title: format!("commit {position}"),
        author: "Ada".to_owned(),
        author_email: "ada@example.test".to_owned(),
        committed_at: NOW,
    };
    let all: Vec<_> = (1..=5).map(|position| commit(0, position)).chain((1..=2).map(|position| commit(1, position))).collect();
    store.put_commits(&id, &all).await.unwrap();
    store.put_commits(&id, &all[..2]).await.unwrap();
    let first = store.commits(&id, "app", None, 3).await.unwrap();
    assert_eq!(first.commits, [commit(1, 2), commit(1, 1), commit(0, 5)]);
    let second = store.commits(&id, "app", first.next, 10).await.unwrap();
    assert_eq!(second.commits, [commit(0, 4), commit(0, 3), commit(0, 2), commit(0, 1)]);
    assert_eq!(second.next, None);
    let (from, to) = (SourceOrder { epoch: 0, position: 4 }, SourceOrder { epoch: 1, position: 1 });
    assert_eq!(store.commits_between(&id, "app", from, to, 10).await.unwrap(), [commit(1, 1), commit(0, 5)]);
    assert_eq!(store.commit(&id, "app", "c-0-3").await.unwrap(), Some(commit(0, 3)));
    assert_eq!(store.commits(&id, "other", None, 10).await.unwrap().commits, []);
}

async fn r12_a_restore_makes_a_new_generation(database: &Database) {
    let store = database.open().await;
    let fresh = store.meta().await.unwrap();
    assert_eq!((fresh.generation, fresh.restored_at), (Generation(1), None));
    assert_eq!(store.mark_restored(after(5)).await.unwrap(), Generation(2));
    let restored = store.meta().await.unwrap();
    assert_eq!((restored.generation, restored.restored_at, &restored.instance), (Generation(2), Some(after(5)), &fresh.instance));
    store.release_restored().await.unwrap();
    store.close().await;
    let again = database.open().await.meta().await.unwrap();
    assert_eq!((again.generation, again.restored_at, again.instance), (Generation(2), None, fresh.instance), "a restart changes nothing");
}

async fn a_commit_is_hinted_where_other_servers_are(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let mut hints = store.hints();
    let mut version = version;
    // A listener of PostgreSQL may still be connecting: what is missed is said as `Everything`, what comes after as it is.
    for number in 1.. {
        version = store.save(Save::new(&id, &version, &sample::only(vec![sample::created(number)]), NOW)).await.unwrap().version;
        let mut is_hinted = false;
        while let Ok(hint) = hints.try_recv() {
            is_hinted |= hint == Hint::Pipeline(id.clone());
        }
        if !store.is_shared() {
            assert!(!is_hinted, "whoever saves wakes whom it concerns; there is no other server");
            return;
        }
        if is_hinted {
            return;
        }
        assert!(number < 5_000, "no hint came");
        tokio::task::yield_now().await;
    }
}
