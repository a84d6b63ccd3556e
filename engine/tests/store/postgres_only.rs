//! Several servers on one database, and answers that get lost (R7).

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use engine::core::effect::Delivery;
use engine::core::id::PipelineId;
use engine::core::row::Row;
use engine::store::{Error, Hint, OutboxMessage, Save, Settings, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Database, NOW, after, sample};

#[tokio::test]
async fn r7_asynchronous_commits_are_refused() {
    let database = Database::postgres().await;
    let name = database.url.rsplit('/').next().unwrap().to_owned();
    database.tamper(&format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
    let Err(Error::Refused(reason)) = Store::open(&database.settings()).await else { panic!("it was opened") };
    assert!(reason.contains("synchronous_commit is \"off\""), "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_watches_and_meet_by_version() {
    let database = Database::postgres().await;
    let (one, two) = (database.open().await, database.open().await);
    let id = PipelineId::from("p-1");
    let version = one.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let watches = (0..40).map(|number| Row::Watch(Box::new(sample::watch(&format!("m-{number:02}"), NOW)))).collect();
    one.save(Save::new(&id, &version, &sample::rows(watches), NOW)).await.unwrap();
    let lost = two.save(Save::new(&id, &version, &sample::only(vec![sample::created(1)]), NOW)).await;
    assert_eq!(lost, Err(Error::Conflict), "two servers never both win");

    let claim = async |store: Store| {
        let mut claimed = Vec::new();
        for _ in 0..20 {
            claimed.extend(store.claim_watches(NOW, after(100), 3).await.unwrap().0.into_iter().map(|watch| watch.id.0));
        }
        claimed
    };
    let (first, second) = tokio::join!(tokio::spawn(claim(one.clone())), tokio::spawn(claim(two.clone())));
    let mut all = [first.unwrap(), second.unwrap()].concat();
    all.sort();
    assert_eq!(all, (0..40).map(|number| format!("m-{number:02}")).collect::<Vec<_>>(), "each is claimed exactly once");
    // A claim that has passed to the other server ends nothing.
    let (again, _) = two.claim_watches(after(100), after(200), 1).await.unwrap();
    one.watch_polled(&again[0].id, after(1_000)).await.unwrap();
    two.watch_polled(&again[0].id, after(2_000)).await.unwrap();
    let left = one.claim_watches(after(1_999), after(3_000), 100).await.unwrap().0;
    assert_eq!(left.len(), 39);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r7_a_server_hears_what_another_has_committed() {
    let database = Database::postgres().await;
    let (one, two) = (database.open().await, database.open().await);
    let id = PipelineId::from("p-1");
    let mut version = one.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let mut hints = two.hints();
    for number in 1.. {
        version = one.save(Save::new(&id, &version, &sample::only(vec![sample::created(number)]), NOW)).await.unwrap().version;
        while let Ok(hint) = hints.try_recv() {
            if hint == Hint::Pipeline(id.clone()) {
                return;
            }
        }
        assert!(number < 5_000, "no hint came");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r7_a_deadlock_is_tried_again() {
    let database = Database::postgres().await;
    let store = database.open().await;
    let save = async |store: Store, id: &'static str, keys: [&'static str; 40]| {
        let id = PipelineId::from(id);
        let mut version = store.register_pipeline(&sample::pipeline(id.as_str(), id.as_str()), NOW).await.unwrap();
        for _ in 0..3 {
            let outbox = keys.map(|key| OutboxMessage {
                key: key.to_owned(),
                kind: "status".to_owned(),
                delivery: Delivery::NewestWins,
                due_at: NOW,
                body: id.to_string(),
            });
            let changes = sample::only(vec![sample::created(1)]);
            version = store.save(Save { outbox: outbox.to_vec(), ..Save::new(&id, &version, &changes, NOW) }).await.unwrap().version;
        }
        version.number
    };
    // Two transactions that take the same rows in opposite order, many times over.
    let there = std::array::from_fn(|place| KEYS[place % KEYS.len()]);
    let back = std::array::from_fn(|place| KEYS[KEYS.len() - 1 - place % KEYS.len()]);
    let (one, two) = tokio::join!(tokio::spawn(save(store.clone(), "p-1", there)), tokio::spawn(save(store.clone(), "p-2", back)));
    assert_eq!((one.unwrap(), two.unwrap()), (3, 3));
    assert_eq!(store.last_seq().await.unwrap(), 6);
}

const KEYS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// What the proxy does with the next COMMIT.
const PASS: u8 = 0;
/// Hands it over, and cuts the connection instead of handing the answer back.
const LOSE_ANSWER: u8 = 1;
/// Cuts the connection before it arrives.
const LOSE_COMMIT: u8 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn id11_a_commit_whose_answer_is_lost_is_found_by_its_key() {
    let database = Database::postgres().await;
    let fault = Arc::new(AtomicU8::new(PASS));
    let store = through_a_proxy(&database, fault.clone()).await;
    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let changes = sample::only(vec![sample::created(1), sample::created(2)]);

    fault.store(LOSE_ANSWER, Ordering::SeqCst);
    let saved = store.save(Save::new(&id, &version, &changes, NOW)).await.expect("it was committed, and that was found out");
    assert_eq!(fault.load(Ordering::SeqCst), PASS, "the fault has happened");
    assert_eq!((saved.version.number, saved.first_seq), (1, Some(1)));
    assert_eq!(store.version(&id).await.unwrap(), saved.version);

    fault.store(LOSE_COMMIT, Ordering::SeqCst);
    let lost = store.save(Save::new(&id, &saved.version, &changes, NOW)).await;
    assert_eq!(fault.load(Ordering::SeqCst), PASS, "the fault has happened");
    assert!(matches!(lost, Err(Error::Unavailable(_))), "it was not committed, and that was found out: {lost:?}");
    assert_eq!(store.version(&id).await.unwrap(), saved.version);
    let again = store.save(Save::new(&id, &saved.version, &changes, NOW)).await.unwrap();
    assert_eq!((again.version.number, again.first_seq), (2, Some(3)));
    assert_eq!(store.verify_chain(&id).await.unwrap(), Ok(4));
}

async fn through_a_proxy(database: &Database, fault: Arc<AtomicU8>) -> Store {
    let mut url = url::Url::parse(&database.url).unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
    // Otherwise the bytes cannot be read.
    url.set_query(Some("sslmode=disable"));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (server, fault) = (server.clone(), fault.clone());
            tokio::spawn(async move { relay(client, TcpStream::connect(server).await.unwrap(), &fault).await });
        }
    });
    Store::open(&Settings::new(url.as_str(), "behind-a-proxy")).await.expect("the database opens through the proxy")
}

/// Relays until one side ends, or until the fault has cut both.
async fn relay(mut client: TcpStream, mut server: TcpStream, fault: &AtomicU8) {
    let (mut sent, mut answered) = (vec![0; 16_384], vec![0; 16_384]);
    loop {
        tokio::select! {
            read = client.read(&mut sent) => {
                let Ok(count @ 1..) = read else { return };
                let is_commit = sent[..count].windows(6).any(|window| window == b"COMMIT");
                let now = if is_commit { fault.swap(PASS, Ordering::SeqCst) } else { PASS };
                if now == LOSE_COMMIT {
                    return;
                }
                server.write_all(&sent[..count]).await.unwrap();
                if now == LOSE_ANSWER {
                    // PostgreSQL has committed once it answers.
                    assert!(server.read(&mut answered).await.unwrap() > 0);
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                if client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}
