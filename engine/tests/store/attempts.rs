//! Attempts across pipelines, and rows that do not decode.

use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::row::{AttemptKind, AttemptRow, AttemptState, ReleaseState, RolloutState, Row};
use engine::store::{Error, Save, Store};

use crate::support::{Database, NOW, after, on_both, sample};

on_both!(
    urgent_attempts_come_first_and_then_the_oldest_of_all_pipelines,
    what_a_runner_has_is_found_and_counted,
    r11_a_row_that_does_not_decode_names_its_table_and_harms_nobody_else,
    old_releases_are_loaded_as_far_as_something_names_them,
);

async fn save(store: &Store, id: &str, rows: Vec<Row>) {
    let id = PipelineId::from(id);
    if store.version(&id).await.is_err() {
        store.register_pipeline(&sample::pipeline(id.as_str(), id.as_str()), NOW).await.unwrap();
    }
    let version = store.version(&id).await.unwrap();
    store.save(Save::new(&id, &version, &sample::rows(rows), NOW)).await.unwrap();
}

fn queued(pipeline: &str, node: u32, at: u64, urgent: bool) -> Row {
    Row::Attempt(Box::new(AttemptRow { queued_at: after(at), urgent, ..sample::attempt(pipeline, 1, node, AttemptState::Queued) }))
}

async fn urgent_attempts_come_first_and_then_the_oldest_of_all_pipelines(database: &Database) {
    let store = database.open().await;
    for (pipeline, nodes) in [("p-1", [(1, 30, false), (2, 10, false)]), ("p-2", [(1, 20, false), (2, 40, true)])] {
        let mut rows = sample::admitted(1, ReleaseState::Moving);
        rows.extend(nodes.map(|(node, at, urgent)| queued(pipeline, node, at, urgent)));
        save(&store, pipeline, rows).await;
    }
    let (waiting, malformed) = store.queued(3).await.unwrap();
    assert_eq!(malformed, []);
    let ids: Vec<_> = waiting.iter().map(|queued| queued.attempt.as_str()).collect();
    assert_eq!(ids, ["p-2.1.2.1", "p-1.1.2.1", "p-2.1.1.1"]);
    assert_eq!((waiting[0].urgent, waiting[0].pipeline.as_str(), waiting[0].runs_on.pool.as_str()), (true, "p-2", "default"));
}

async fn what_a_runner_has_is_found_and_counted(database: &Database) {
    let store = database.open().await;
    let runner = "runner-1".parse().unwrap();
    let mut rows = sample::admitted(1, ReleaseState::Moving);
    let leased = sample::attempt("p-1", 1, 1, AttemptState::Leased);
    let unknown = sample::attempt("p-1", 1, 2, AttemptState::Unknown);
    rows.extend(
        [leased.clone(), unknown.clone(), sample::attempt("p-1", 1, 3, AttemptState::Ended)].map(|row| Row::Attempt(Box::new(row))),
    );
    save(&store, "p-1", rows).await;
    let has = store.attempts_of_runner(&runner).await.unwrap();
    assert_eq!(has.iter().map(|has| has.attempt.clone()).collect::<Vec<_>>(), [leased.clone(), unknown]);
    assert_eq!(store.attempt(&leased.id).await.unwrap().unwrap().pipeline, PipelineId::from("p-1"));
    let busy = store.busy_runners().await.unwrap();
    assert_eq!(busy[&runner].ordinary.iter().map(|(id, count)| (id.as_str(), *count)).collect::<Vec<_>>(), [("p-1", 1)]);
}

async fn r11_a_row_that_does_not_decode_names_its_table_and_harms_nobody_else(database: &Database) {
    let store = database.open().await;
    for pipeline in ["p-1", "p-2"] {
        let mut rows = sample::admitted(1, ReleaseState::Moving);
        rows.push(queued(pipeline, 1, 0, false));
        save(&store, pipeline, rows).await;
    }
    assert_eq!(database.tamper("UPDATE attempts SET body = '{\"id\": 5}' WHERE pipeline_id = 'p-1'").await, 1);
    let broken = store.load(&PipelineId::from("p-1")).await.unwrap_err();
    let Error::Malformed { table, key, .. } = &broken else { panic!("{broken:?}") };
    assert_eq!((table.as_str(), key.as_str()), ("attempts", "p-1.1.1.1"));
    assert!(store.load(&PipelineId::from("p-2")).await.is_ok());
    let (waiting, malformed) = store.queued(10).await.unwrap();
    assert_eq!(waiting.iter().map(|queued| queued.pipeline.as_str()).collect::<Vec<_>>(), ["p-2"]);
    assert_eq!(malformed.iter().map(|(pipeline, _)| pipeline.as_str()).collect::<Vec<_>>(), ["p-1"]);
}

async fn old_releases_are_loaded_as_far_as_something_names_them(database: &Database) {
    let store = database.open().await;
    let mut rows: Vec<Row> = (1..=120)
        .flat_map(|number| sample::admitted(number, if number == 7 { ReleaseState::Failed } else { ReleaseState::Completed }))
        .collect();
    // Release 1 is where target local/a could go back to; a rollback to it has run once.
    rows.push(Row::Target(sample::target("local/a")));
    rows.push(Row::Lane(sample::lane("prod", &[9])));
    let back = AttemptRow { kind: AttemptKind::Rollback { of: ReleaseNumber(5) }, ..sample::attempt("p-1", 1, 30, AttemptState::Ended) };
    rows.push(Row::Attempt(Box::new(back.clone())));
    rows.push(Row::Node(sample::node(1, 30)));
    rows.push(Row::Node(sample::node(1, 4)));
    rows.push(Row::Node(sample::node(7, 4)));
    rows.push(Row::Node(sample::node(9, 4)));
    rows.push(Row::Node(sample::node(20, 4)));
    rows.extend((1..=9).map(|number| Row::Rollout(sample::rollout(number, "local/a", number + 70, RolloutState::Succeeded))));
    save(&store, "p-1", rows).await;
    let (loaded, _) = store.load(&PipelineId::from("p-1")).await.unwrap();
    let numbers: Vec<_> = loaded.releases.iter().map(|(release, _)| release.number.0).collect();
    assert_eq!(numbers, [1, 7, 9].into_iter().chain(71..=120).collect::<Vec<_>>());
    let nodes: Vec<_> = loaded.nodes.iter().map(|node| (node.release.0, node.node.0)).collect();
    assert_eq!(nodes, [(1, 30), (7, 4), (9, 4)], "what failed or is in a lane whole; of the others only what went on aside");
    assert_eq!(loaded.attempts, [back]);
    assert_eq!(loaded.rollouts.iter().map(|rollout| rollout.number).collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
}
