//! Logs through the runner's door: the same lines whether they grow or are sealed (R10, A9).

use bytes::Bytes;
use engine::{Engine, LogPage};
use futures::TryStreamExt as _;
use protocol::{AttemptId, Lease, LogChunk, LogTime, Outcome};
use sha2::Digest as _;
use testkit::repository::GitRepository;
use testkit::world::{ScriptedRunner, World};

const FILE: &str = "name: talk\nstages:\n  - name: build\n    jobs:\n      - {name: talk, checkout: false, steps: [\"true\"]}\n";

async fn talking(world: &World) -> (ScriptedRunner, Lease) {
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", FILE);
    repository.commit("a job that talks");
    world.connect(&repository).await;
    let runner = world.runner().await;
    let lease = runner.lease().await;
    (runner, lease)
}

async fn send(world: &World, runner: &ScriptedRunner, lease: &Lease, offset: u64, bytes: &[u8], gap: bool) -> u64 {
    send_timed(world, runner, lease, (offset, bytes, gap), Vec::new()).await
}

async fn send_timed(
    world: &World,
    runner: &ScriptedRunner,
    lease: &Lease,
    (offset, bytes, gap): (u64, &[u8], bool),
    times: Vec<LogTime>,
) -> u64 {
    let chunk = LogChunk { fences: lease.fences.clone(), offset, digest: hex::encode(sha2::Sha256::digest(bytes)), gap, times };
    world.engine.append_log(&runner.id, chunk, Bytes::copy_from_slice(bytes)).await.expect("the chunk is taken").stored_bytes
}

async fn whole(engine: &std::sync::Arc<Engine>, attempt: &AttemptId) -> Vec<u8> {
    let parts: Vec<Bytes> = engine.log_raw(attempt).await.expect("the log").try_collect().await.expect("its bytes");
    parts.concat()
}

/// What a person can ask of a log.
async fn seen(engine: &std::sync::Arc<Engine>, attempt: &AttemptId) -> (Vec<LogPage>, Vec<(u64, Vec<u64>)>) {
    let mut pages = Vec::new();
    for (from, count) in [(0, 3), (998, 5), (40_000, 2), (59_998, 10), (70_000, 1)] {
        // Whether it has ended is not what is compared.
        pages.push(LogPage { complete: true, ..engine.log(attempt, from, count).await.expect("a page") });
    }
    let mut hits = Vec::new();
    for needle in ["line 4", "line 40000 ", "nowhere"] {
        let found = engine.log_search(attempt, needle).await.expect("hits");
        hits.push((found.total, found.lines.into_iter().take(3).collect()));
    }
    (pages, hits)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_sealed_log_reads_like_the_growing_one() {
    let world = World::sqlite().await;
    let (runner, lease) = talking(&world).await;
    let attempt = lease.fences.attempt.clone();
    let text: String = (0..60_000).map(|line| format!("line {line} of a build that says the same again and again\n")).collect();
    // Small pieces stand in rows, large ones in blobs; they end anywhere.
    let mut sent = 0;
    for size in [10, 5_000, 300_000, 16_384, 16_385, 1_000_000].into_iter().cycle() {
        let end = (sent + size).min(text.len());
        let piece = text.as_bytes().get(sent..end).expect("within the text");
        assert_eq!(send(&world, &runner, &lease, sent as u64, piece, false).await, end as u64);
        sent = end;
        if sent == text.len() {
            break;
        }
    }
    let growing = seen(&world.engine, &attempt).await;
    assert_eq!(growing.0[1].lines[2], "line 1000 of a build that says the same again and again");
    assert_eq!(growing.1, [(11_111, vec![4, 40, 41]), (1, vec![40_000]), (0, vec![])]);

    runner.report_log(&lease, Outcome::Succeeded, text.as_bytes()).await;
    world.until_sealed(&attempt).await;
    assert_eq!(seen(&world.engine, &attempt).await, growing);
    assert_eq!(whole(&world.engine, &attempt).await, text.as_bytes());
    let head = world.engine.store().log_head(&attempt).await.expect("the store").expect("the log");
    assert_eq!(head.digest, Some(hex::encode(sha2::Sha256::digest(&text))), "what is stored is what the runner had");
    assert!(head.sealed_blob.is_some(), "a log of this size is one blob");

    let world = world.restart().await;
    assert_eq!(seen(&world.engine, &attempt).await, growing, "and after a restart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_gap_stays_a_gap_when_the_log_is_sealed() {
    let world = World::sqlite().await;
    let (runner, lease) = talking(&world).await;
    let attempt = lease.fences.attempt.clone();
    send(&world, &runner, &lease, 0, b"before\nhalf ", false).await;
    send(&world, &runner, &lease, 100, b"of it\nafter", true).await;
    let growing = world.engine.log(&attempt, 0, 10).await.expect("a page");
    runner.report_log(&lease, Outcome::Succeeded, b"the runner had more").await;
    world.until_sealed(&attempt).await;
    let sealed = world.engine.log(&attempt, 0, 10).await.expect("a page");
    assert_eq!((&sealed.lines, sealed.lost_bytes, sealed.complete), (&growing.lines, 88, true));
    assert_eq!(sealed.lines, ["before", "half of it", "after"]);
    assert_eq!(whole(&world.engine, &attempt).await, b"before\nhalf of it\nafter");
}

/// Marks travel with the pieces, however these are cut; they are the same before and after the log is sealed, and its text stays untouched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_line_has_its_time_while_the_log_grows_and_when_it_is_sealed() {
    let world = World::sqlite().await;
    let (runner, lease) = talking(&world).await;
    let attempt = lease.fences.attempt.clone();
    // Four lines of 16 bytes a tenth of a second.
    let text: String = (0..30_000).map(|line| format!("line {line:>8} .\n")).collect();
    let at = |byte: u64| byte / 64 * 100;
    let mut sent = 0;
    for size in [10, 5_000, 300_000, 16_384].into_iter().cycle() {
        let end = (sent + size).min(text.len());
        let (from, until) = (sent as u64, end as u64);
        let starts = (from.div_ceil(64)..).map(|number| number * 64).take_while(|byte| *byte < until);
        // That of the line which goes on there, then those of lines that start in it.
        let times = [from].into_iter().chain(starts).map(|byte| LogTime { byte, after_ms: at(byte) }).collect();
        let piece = text.as_bytes().get(sent..end).expect("within the text");
        assert_eq!(send_timed(&world, &runner, &lease, (from, piece, false), times).await, until);
        sent = end;
        if sent == text.len() {
            break;
        }
    }
    let shown = async || {
        let engine = &world.engine;
        let page = engine.log(&attempt, 1_001, 6).await.expect("a page");
        let times: Vec<_> = page.times.iter().map(|time| (time.line, time.after_ms)).collect();
        assert_eq!(times, [(1_001, 25_000), (1_004, 25_100)], "lines 1,001 to 1,006: {:?}", page.lines);
        let all = engine.log_times(&attempt, 0).await.expect("the times");
        assert_eq!((all.times.len(), all.next), (7_500, None));
        assert!(all.times.iter().enumerate().all(|(number, time)| (time.line, time.after_ms) == (4 * number as u64, 100 * number as u64)));
        let rest = engine.log_times(&attempt, 29_998).await.expect("the times").times;
        assert_eq!(rest.iter().map(|time| (time.line, time.after_ms)).collect::<Vec<_>>(), [(29_998, 749_900)]);
    };
    shown().await;
    runner.report_log(&lease, Outcome::Succeeded, text.as_bytes()).await;
    world.until_sealed(&attempt).await;
    shown().await;
    assert_eq!(whole(&world.engine, &attempt).await, text.as_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_log_is_sealed_by_the_report_itself() {
    let world = World::sqlite().await;
    let (runner, lease) = talking(&world).await;
    let attempt = lease.fences.attempt.clone();
    send(&world, &runner, &lease, 0, b"short\n", false).await;
    runner.report_log(&lease, Outcome::Succeeded, b"short\n").await;
    let head = world.engine.store().log_head(&attempt).await.expect("the store").expect("the log");
    assert!(head.sealed_at.is_some(), "{head:?}");
    assert_eq!(world.engine.log(&attempt, 0, 10).await.expect("a page").lines, ["short"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_log_may_come_with_the_report_if_it_is_what_the_report_says() {
    let world = World::sqlite().await;
    let (runner, lease) = talking(&world).await;
    let attempt = lease.fences.attempt.clone();
    let long = "x".repeat(protocol::MAX_WHOLE_LOG_BYTES + 1);
    for (said, log) in [("step 1\n", "step 2\n"), ("step 1\n", "step 1"), (long.as_str(), long.as_str())] {
        let refused = runner.report_with_whole_log(&lease, Outcome::Succeeded, said.as_bytes(), log).await;
        assert!(matches!(refused, Err(engine::Error::Invalid { what: "log", .. })), "{refused:?}");
    }
    runner.report_with_whole_log(&lease, Outcome::Succeeded, "step 1: ä\n".as_bytes(), "step 1: ä\n").await.expect("it is taken");
    let page = world.engine.log(&attempt, 0, 10).await.expect("a page");
    assert_eq!((page.lines, page.complete), (vec!["step 1: ä".to_owned()], true));
    let head = world.engine.store().log_head(&attempt).await.expect("the store").expect("the log");
    assert!(head.sealed_at.is_some(), "{head:?}");
}
