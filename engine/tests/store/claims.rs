//! What is due is shared by short leases; what leaves or comes in is kept until it is dealt with.

use engine::core::effect::Delivery;
use engine::core::id::{MonitorId, PipelineId, SourceOrder};
use engine::core::row::Row;
use engine::core::{Changes, Time};
use engine::store::{Error, OutboxMessage, Received, Save, ScheduleRow, SourceHead, SourceRow, Store};
use pipelines::plan::{CLOUD_ALARM, Monitor, MonitorKind, alarm_signal};

use crate::support::{Database, NOW, after, on_both, sample};

on_both!(
    id5_an_outbox_message_is_claimed_by_one_until_its_claim_ends,
    id5_a_newer_message_of_a_key_takes_the_place_of_the_older,
    id5_the_same_key_is_sent_once,
    r8_a_replay_of_an_inbox_message_is_harmless,
    a_saved_change_finishes_its_inbox_message,
    equal_monitors_of_two_pipelines_are_claimed_as_one,
    a_pushed_signal_is_read_at_once_by_all_who_watch_it,
    a_due_pipeline_is_claimed_once_and_a_save_ends_the_claim,
    r11_a_parked_pipeline_has_no_deadline_and_starts_nothing,
    a_source_is_claimed_polled_and_poked,
    ie12_a_slot_of_a_schedule_fires_at_most_once,
);

fn message(key: &str, delivery: Delivery, body: &str) -> OutboxMessage {
    OutboxMessage { key: key.to_owned(), kind: "notify".to_owned(), delivery, due_at: NOW, body: body.to_owned() }
}

async fn registered(store: &Store, id: &str) -> PipelineId {
    store.register_pipeline(&sample::pipeline(id, id), NOW).await.unwrap();
    PipelineId::from(id)
}

async fn id5_an_outbox_message_is_claimed_by_one_until_its_claim_ends(database: &Database) {
    let store = database.open().await;
    for key in ["a", "b"] {
        store.put_outbox(message(key, Delivery::AtLeastOnce, key), NOW).await.unwrap();
    }
    let claims: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn({
                let store = store.clone();
                async move { store.claim_outbox(NOW, after(100), 1).await.unwrap() }
            })
        })
        .collect();
    let mut claimed = Vec::new();
    for claim in claims {
        claimed.extend(claim.await.unwrap().into_iter().map(|message| message.key));
    }
    claimed.sort();
    assert!(claimed == ["a", "b"] || claimed == ["a"] || claimed == ["b"], "nobody gets what another has: {claimed:?}");
    store.claim_outbox(NOW, after(100), 10).await.unwrap();
    assert_eq!(store.claim_outbox(after(99), after(199), 10).await.unwrap(), []);
    let again = store.claim_outbox(after(100), after(200), 10).await.unwrap();
    assert_eq!(again.iter().map(|message| (message.key.as_str(), message.tries)).collect::<Vec<_>>(), [("a", 2), ("b", 2)]);
    assert!(store.outbox_done(&again[0], after(101)).await.unwrap());
    store.outbox_again(&again[1], after(500), "503").await.unwrap();
    assert_eq!(store.claim_outbox(after(499), after(600), 10).await.unwrap(), []);
    let last = store.claim_outbox(after(500), after(600), 10).await.unwrap();
    assert_eq!(last.len(), 1);
    store.outbox_give_up(&last[0], after(501), "404").await.unwrap();
    assert_eq!(store.claim_outbox(after(9999), after(99999), 10).await.unwrap(), []);
    assert_eq!(store.outbox_waiting().await.unwrap(), (0, None));
}

async fn id5_a_newer_message_of_a_key_takes_the_place_of_the_older(database: &Database) {
    let store = database.open().await;
    store.put_outbox(message("status", Delivery::NewestWins, "pending"), NOW).await.unwrap();
    let old = store.claim_outbox(NOW, after(100), 10).await.unwrap().remove(0);
    store.put_outbox(message("status", Delivery::NewestWins, "success"), NOW).await.unwrap();
    assert_eq!(store.claim_outbox(NOW, after(100), 10).await.unwrap(), [], "two of one key never leave at the same time");
    assert!(!store.outbox_done(&old, NOW).await.unwrap(), "whoever sent the older one cannot mark the newer one done");
    let new = store.claim_outbox(NOW, after(100), 10).await.unwrap().remove(0);
    assert_eq!((new.body.as_str(), new.revision), ("success", 2));
    assert!(store.outbox_done(&new, NOW).await.unwrap());
    // However the older one ended, the newer one may leave at once.
    for body in ["again", "given up"] {
        store.put_outbox(message("status", Delivery::NewestWins, "pending"), NOW).await.unwrap();
        let old = store.claim_outbox(NOW, after(100), 10).await.unwrap().remove(0);
        store.put_outbox(message("status", Delivery::NewestWins, body), NOW).await.unwrap();
        match body {
            "again" => store.outbox_again(&old, after(50), "503").await.unwrap(),
            _ => store.outbox_give_up(&old, NOW, "404").await.unwrap(),
        }
        let new = store.claim_outbox(NOW, after(100), 10).await.unwrap().remove(0);
        assert_eq!(new.body, body);
        store.outbox_done(&new, NOW).await.unwrap();
    }
}

async fn id5_the_same_key_is_sent_once(database: &Database) {
    let store = database.open().await;
    store.put_outbox(message("tell", Delivery::AtLeastOnce, "first"), NOW).await.unwrap();
    let sent = store.claim_outbox(NOW, after(100), 10).await.unwrap().remove(0);
    store.outbox_done(&sent, NOW).await.unwrap();
    store.put_outbox(message("tell", Delivery::AtLeastOnce, "second"), NOW).await.unwrap();
    assert_eq!(store.claim_outbox(after(1000), after(2000), 10).await.unwrap(), []);
}

async fn r8_a_replay_of_an_inbox_message_is_harmless(database: &Database) {
    let store = database.open().await;
    assert_eq!(store.receive("delivery-1", "github_push", "{}", NOW).await.unwrap(), Received::New);
    assert_eq!(store.receive("delivery-1", "github_push", "{}", after(1)).await.unwrap(), Received::Again);
    let due = store.claim_inbox(NOW, after(100), 10).await.unwrap();
    assert_eq!(due.iter().map(|message| (message.key.as_str(), message.received_at)).collect::<Vec<_>>(), [("delivery-1", NOW)]);
    store.inbox_again("delivery-1", after(50), "the forge did not answer").await.unwrap();
    assert_eq!(store.claim_inbox(after(50), after(100), 10).await.unwrap()[0].tries, 2);
    store.inbox_done("delivery-1", after(60)).await.unwrap();
    assert_eq!(store.receive("delivery-1", "github_push", "{}", after(70)).await.unwrap(), Received::Again);
    assert_eq!(store.claim_inbox(after(5000), after(6000), 10).await.unwrap(), []);
}

async fn a_saved_change_finishes_its_inbox_message(database: &Database) {
    let store = database.open().await;
    let id = registered(&store, "p-1").await;
    store.receive("slot-1", "schedule", "{}", NOW).await.unwrap();
    let stale = store.version(&id).await.unwrap();
    let changes = sample::only(vec![sample::created(1)]);
    let done = |version| Save { inbox_done: Some("slot-1".to_owned()), ..Save::new(&id, version, &changes, NOW) };
    store.save(Save::new(&id, &stale, &changes, NOW)).await.unwrap();
    assert_eq!(store.save(done(&stale)).await, Err(Error::Conflict));
    assert_eq!(store.claim_inbox(NOW, after(1), 10).await.unwrap().len(), 1, "a refused save finishes nothing");
    store.save(done(&store.version(&id).await.unwrap())).await.unwrap();
    assert_eq!(store.claim_inbox(after(100), after(200), 10).await.unwrap(), []);
}

async fn equal_monitors_of_two_pipelines_are_claimed_as_one(database: &Database) {
    let store = database.open().await;
    for id in ["p-1", "p-2"] {
        let pipeline = registered(&store, id).await;
        let version = store.version(&pipeline).await.unwrap();
        let watches = vec![Row::Watch(Box::new(sample::watch("m-1", NOW))), Row::Watch(Box::new(sample::watch(id, after(50))))];
        store.save(Save::new(&pipeline, &version, &sample::rows(watches), NOW)).await.unwrap();
    }
    let (due, malformed) = store.claim_watches(NOW, after(100), 10).await.unwrap();
    assert_eq!(malformed, []);
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].id.as_str(), &due[0].monitor), ("m-1", &sample::monitor("m-1")));
    assert_eq!(due[0].pipelines, [PipelineId::from("p-1"), PipelineId::from("p-2")]);
    assert_eq!(store.claim_watches(after(49), after(100), 10).await.unwrap().0, []);
    store.watch_polled(&MonitorId::from("m-1"), after(60)).await.unwrap();
    assert_eq!(store.next_watch_at(NOW).await.unwrap(), Some(after(50)));
    let (due, _) = store.claim_watches(after(60), after(200), 10).await.unwrap();
    assert_eq!(due.iter().map(|watch| watch.id.as_str()).collect::<Vec<_>>(), ["m-1", "p-1", "p-2"]);

    // A save of the row leaves the poll alone.
    let pipeline = PipelineId::from("p-1");
    let version = store.version(&pipeline).await.unwrap();
    let changes = sample::rows(vec![Row::Watch(Box::new(sample::watch("m-1", NOW)))]);
    store.save(Save::new(&pipeline, &version, &changes, NOW)).await.unwrap();
    assert_eq!(store.claim_watches(after(199), after(300), 10).await.unwrap().0, []);
}

async fn a_pushed_signal_is_read_at_once_by_all_who_watch_it(database: &Database) {
    let store = database.open().await;
    let kind = MonitorKind::External {
        system: CLOUD_ALARM.to_owned(),
        name: "errors".to_owned(),
        account: Some("222222222222".to_owned()),
        region: Some("eu-west-1".to_owned()),
    };
    let signal = alarm_signal("222222222222", "eu-west-1", "errors");
    for (id, interval_ms) in [("p-1", 60_000), ("p-2", 15_000)] {
        let pipeline = registered(&store, id).await;
        let version = store.version(&pipeline).await.unwrap();
        let mut watch = sample::watch(id, NOW);
        watch.monitor = Monitor { kind: kind.clone(), interval_ms, timeout_ms: 5_000 };
        let watches = vec![Row::Watch(Box::new(watch)), Row::Watch(Box::new(sample::watch("another", NOW)))];
        store.save(Save::new(&pipeline, &version, &sample::rows(watches), NOW)).await.unwrap();
    }
    assert_eq!(store.claim_watches(NOW, after(100), 10).await.unwrap().0.len(), 3);
    for id in ["p-1", "p-2", "another"] {
        store.watch_polled(&MonitorId::from(id), after(60_000)).await.unwrap();
    }
    assert_eq!(store.watch_pushed("cloudwatch 222222222222/eu-west-1/other", after(10)).await.unwrap(), 0);
    assert_eq!(store.watch_pushed(&signal, after(10)).await.unwrap(), 2);
    let (due, _) = store.claim_watches(after(10), after(100), 10).await.unwrap();
    assert_eq!(due.iter().map(|watch| watch.id.as_str()).collect::<Vec<_>>(), ["p-1", "p-2"]);

    // A reading that began before the push does not put off the one that the push wants.
    assert_eq!(store.watch_pushed(&signal, after(20)).await.unwrap(), 2);
    store.watch_polled(&MonitorId::from("p-1"), after(60_000)).await.unwrap();
    let (due, _) = store.claim_watches(after(20), after(120), 10).await.unwrap();
    assert_eq!(due.len(), 2, "{due:?}");
}

async fn a_due_pipeline_is_claimed_once_and_a_save_ends_the_claim(database: &Database) {
    let store = database.open().await;
    let id = registered(&store, "p-1").await;
    let version = store.version(&id).await.unwrap();
    let changes = Changes::default();
    let due_at = |at: Time| Save { next_deadline: Some(at), ..Save::new(&id, &version, &changes, NOW) };
    let saved = store.save(due_at(after(10))).await.unwrap();
    assert_eq!(store.claim_due_pipelines(after(10), after(40), 10).await.unwrap(), std::slice::from_ref(&id));
    assert_eq!(store.claim_due_pipelines(after(20), after(50), 10).await.unwrap(), []);
    assert_eq!(store.claim_due_pipelines(after(40), after(70), 10).await.unwrap(), std::slice::from_ref(&id), "whoever claimed it died");
    let saved = store.save(Save { expected: &saved.version, ..due_at(after(45)) }).await.unwrap();
    assert_eq!(store.claim_due_pipelines(after(45), after(70), 10).await.unwrap(), std::slice::from_ref(&id));
    assert!(!store.set_deadline(&id, &version, None).await.unwrap(), "the version has moved on");
    assert!(store.set_deadline(&id, &saved.version, None).await.unwrap());
    assert_eq!(store.claim_due_pipelines(after(9999), after(99999), 10).await.unwrap(), []);
}

async fn r11_a_parked_pipeline_has_no_deadline_and_starts_nothing(database: &Database) {
    let store = database.open().await;
    let id = registered(&store, "p-1").await;
    let version = store.version(&id).await.unwrap();
    let changes = sample::everything();
    store.save(Save { next_deadline: Some(NOW), ..Save::new(&id, &version, &changes, NOW) }).await.unwrap();
    assert_eq!(store.queued(10).await.unwrap().0.len(), 1);
    store.park(&id, "row does not decode", NOW).await.unwrap();
    store.park(&id, "another reason", after(5)).await.unwrap();
    let parked = store.parked().await.unwrap();
    assert_eq!((parked[0].reason.as_str(), parked[0].since), ("row does not decode", NOW));
    assert_eq!(store.queued(10).await.unwrap().0, []);
    assert_eq!(store.claim_due_pipelines(after(1), after(2), 10).await.unwrap(), []);
    store.unpark(&id).await.unwrap();
    assert_eq!(store.parked().await.unwrap(), []);
    assert_eq!(store.claim_due_pipelines(after(1), after(2), 10).await.unwrap(), [id]);
}

async fn a_source_is_claimed_polled_and_poked(database: &Database) {
    let store = database.open().await;
    let id = registered(&store, "p-1").await;
    let mut source = SourceRow {
        id: "s-1".to_owned(),
        pipeline: id.clone(),
        url: "https://example.test/shop.git".to_owned(),
        branch: "main".to_owned(),
        path: "pipeline.yaml".to_owned(),
        poll_interval_ms: 60_000,
        head: None,
        next_poll_at: NOW,
        pokes: 0,
        last_polled_at: None,
        last_error: None,
        detail: serde_json::json!({"name": "app"}),
    };
    store.put_source(&source).await.unwrap();
    assert_eq!(store.claim_sources(NOW, after(10), 10).await.unwrap(), std::slice::from_ref(&source));
    assert_eq!(store.claim_sources(after(9), after(20), 10).await.unwrap(), []);
    let head = SourceHead { commit: "c1".to_owned(), order: SourceOrder { epoch: 0, position: 3 } };
    store.source_polled(&source, &head, after(60_000), after(5)).await.unwrap();
    source.branch = "release".to_owned();
    source.next_poll_at = after(60_000);
    store.put_source(&source).await.unwrap();
    assert_eq!(store.claim_sources(after(100), after(200), 10).await.unwrap(), [], "not due yet");
    store.inbox_pokes(Vec::new(), vec!["s-1".to_owned()], after(100)).await.unwrap();
    let polled = store.claim_sources(after(100), after(200), 10).await.unwrap().remove(0);
    assert_eq!((&polled.head, polled.branch.as_str(), polled.last_polled_at), (&Some(head.clone()), "release", Some(after(5))));
    store.source_failed(&polled, "no network", after(300), after(101)).await.unwrap();
    assert_eq!(store.sources_of(&id).await.unwrap()[0].last_error.as_deref(), Some("no network"));
    assert_eq!(store.claim_sources(after(299), after(310), 10).await.unwrap(), []);
    let looked = store.claim_sources(after(300), after(400), 10).await.unwrap().remove(0);
    // News that come during a look are looked at after it, whether it succeeds or fails.
    store.inbox_pokes(Vec::new(), vec!["s-1".to_owned()], after(301)).await.unwrap();
    store.source_polled(&looked, &head, after(9_000), after(302)).await.unwrap();
    let again = store.claim_sources(after(302), after(400), 10).await.unwrap().remove(0);
    store.inbox_pokes(Vec::new(), vec!["s-1".to_owned()], after(303)).await.unwrap();
    store.source_failed(&again, "no network", after(9_000), after(304)).await.unwrap();
    assert_eq!(store.claim_sources(after(304), after(400), 10).await.unwrap().len(), 1);
    store.remove_pipeline(&id, NOW).await.unwrap();
    assert_eq!(store.claim_sources(after(1000), after(2000), 10).await.unwrap(), [], "a removed pipeline is not looked at");
}

async fn ie12_a_slot_of_a_schedule_fires_at_most_once(database: &Database) {
    let store = database.open().await;
    let id = registered(&store, "p-1").await;
    let schedule = |cron: &str, next_at| ScheduleRow {
        pipeline: id.clone(),
        cron: cron.to_owned(),
        timezone: "Europe/Athens".to_owned(),
        next_at,
        last_fired_at: None,
    };
    store.set_schedules(&id, &[schedule("0 9 * * *", after(10)), schedule("0 12 * * *", after(99))]).await.unwrap();
    let due = store.due_schedules(after(10), 10).await.unwrap();
    assert_eq!(due, [schedule("0 9 * * *", after(10))]);
    assert!(store.fire_schedule(&due[0], after(1000), "{}", after(10)).await.unwrap());
    assert!(!store.fire_schedule(&due[0], after(1000), "{}", after(10)).await.unwrap(), "another server was quicker");
    assert_eq!(store.claim_inbox(after(10), after(20), 10).await.unwrap().len(), 1);
    assert_eq!(store.due_schedules(after(11), 10).await.unwrap(), []);
    // The file names other schedules now; the one that stays keeps its slot.
    store.set_schedules(&id, &[schedule("0 9 * * *", after(5))]).await.unwrap();
    let left = store.schedules_of(&id).await.unwrap();
    assert_eq!(left.iter().map(|left| (left.next_at, left.last_fired_at)).collect::<Vec<_>>(), [(after(1000), Some(after(10)))]);
}
