//! Stored log = chunks without overlap; each missing range is a recorded gap (R10, ID9).

use bytes::Bytes;
use engine::core::id::PipelineId;
use engine::core::row::{AttemptState, ReleaseState, Row};
use engine::store::Save;
use engine::store::{LogChunkRow, LogEnd, LogPlace, NewLogChunk, SealedLog, Store, WholeLog};
use protocol::AttemptId;

use crate::support::{Database, NOW, after, on_both, sample};

on_both!(
    id9_chunks_neither_overlap_nor_leave_an_unrecorded_gap,
    a_reader_starts_at_any_line,
    a_sealed_log_takes_nothing_more_and_gives_its_chunks_free,
    a_log_of_one_row_is_sealed_by_the_commit_that_ends_it,
    a_log_that_comes_with_its_end_counts_only_where_nothing_was_stored,
    a_log_that_differs_from_its_runners_waits_to_be_looked_at,
    a_log_goes_when_nothing_can_be_added_to_it_any_more,
    two_servers_append_the_same_chunk_once,
);

fn chunk(offset: u64, length: u64, lines: u64, gap: bool) -> NewLogChunk {
    NewLogChunk {
        attempt: attempt(),
        offset,
        length,
        digest: format!("digest-{offset}"),
        place: LogPlace::Blob { key: format!("blob-{offset}") },
        line_count: lines,
        line_times: None,
        gap,
    }
}

fn attempt() -> AttemptId {
    sample::attempt_id("p-1.1.4.1")
}

async fn append(store: &Store, offset: u64, length: u64, lines: u64, gap: bool) -> u64 {
    store.append_log(chunk(offset, length, lines, gap), NOW).await.unwrap().stored_bytes
}

async fn id9_chunks_neither_overlap_nor_leave_an_unrecorded_gap(database: &Database) {
    let store = database.open().await;
    assert_eq!(append(&store, 5, 5, 0, false).await, 0, "bytes before it are missing and not declared lost");
    assert_eq!(append(&store, 0, 10, 2, false).await, 10);
    assert_eq!(append(&store, 0, 10, 2, false).await, 10, "a repeated chunk is acknowledged again");
    assert_eq!(append(&store, 4, 10, 2, false).await, 10, "one that overlaps is not stored; the runner goes on from 10");
    assert_eq!(append(&store, 10, 0, 0, false).await, 10);
    assert_eq!(append(&store, 10, 5, 1, false).await, 15);
    assert_eq!(append(&store, 40, 2, 1, true).await, 42);
    let chunks = store.log_chunks_from_byte(&attempt(), 0, 10).await.unwrap();
    let shape: Vec<_> =
        chunks.iter().map(|chunk| (chunk.start_byte, chunk.length, chunk.first_line, chunk.line_count, chunk.is_gap())).collect();
    assert_eq!(shape, [(0, 10, 0, 2, false), (10, 5, 2, 1, false), (15, 25, 3, 0, true), (40, 2, 3, 1, false)]);
    let tail = store.log_chunks_from_byte(&attempt(), 14, 1).await.unwrap();
    assert_eq!(tail[0].start_byte, 10);
    let head = store.log_head(&attempt()).await.unwrap().unwrap();
    assert_eq!((head.stored_bytes, head.lines), (42, 4));
}

async fn a_reader_starts_at_any_line(database: &Database) {
    let store = database.open().await;
    // Bytes, with `|` for a line end: `aa|bb|c` `c|` `dd` `d|e`
    for (offset, length, lines) in [(0, 7, 2), (7, 2, 1), (9, 2, 0), (11, 3, 1)] {
        append(&store, offset, length, lines, false).await;
    }
    let starts = async |line| {
        let chunks: Vec<LogChunkRow> = store.log_chunks_from_line(&attempt(), line, 1).await.unwrap();
        chunks.first().map(|chunk| (chunk.start_byte, line - chunk.first_line))
    };
    // The first chunk in which the line begins, and how many line ends to skip in it.
    assert_eq!(starts(0).await, Some((0, 0)));
    assert_eq!(starts(1).await, Some((0, 1)));
    assert_eq!(starts(2).await, Some((0, 2)));
    assert_eq!(starts(3).await, Some((7, 1)));
    assert_eq!(starts(4).await, Some((11, 1)));
    assert_eq!(starts(5).await, None);
}

async fn a_sealed_log_takes_nothing_more_and_gives_its_chunks_free(database: &Database) {
    let store = database.open().await;
    append(&store, 0, 10, 2, false).await;
    append(&store, 10, 5, 1, false).await;
    assert!(store.seal_log(sealed("sealed-1"), after(1)).await.unwrap());
    assert!(!store.seal_log(sealed("sealed-2"), after(2)).await.unwrap(), "another server was quicker");
    assert_eq!(append(&store, 15, 5, 1, false).await, 15);
    let head = store.log_head(&attempt()).await.unwrap().unwrap();
    assert_eq!((head.sealed_blob.as_deref(), head.sealed_at, head.digest.as_deref()), (Some("sealed-1"), Some(after(1)), Some("whole")));
    assert_eq!(store.log_chunks_from_byte(&attempt(), 0, 10).await.unwrap(), sealed("sealed-1").chunks);
    assert_eq!(store.oldest_dead_blob().await.unwrap(), Some(after(1)));
    assert_eq!(store.dead_blobs(after(2), 10).await.unwrap(), ["blob-0", "blob-10", "sealed-2"]);
    store.blob_removed("blob-0").await.unwrap();
    assert_eq!(store.forget_logs(after(1), 10, after(3)).await.unwrap(), 1);
    assert_eq!(store.log_chunks_from_byte(&attempt(), 0, 10).await.unwrap(), []);
    assert_eq!(store.dead_blobs(after(3), 10).await.unwrap(), ["blob-10", "sealed-2", "sealed-1"]);
}

fn sealed(blob: &str) -> SealedLog {
    let frame = |start_byte, length, first_line, line_count, start| LogChunkRow {
        start_byte,
        length,
        digest: None,
        place: Some(LogPlace::Frame { key: blob.to_owned(), start, length: 4 }),
        first_line,
        line_count,
        line_times: None,
    };
    let chunks = vec![frame(0, 8, 0, 2, 0), frame(8, 7, 2, 1, 4)];
    SealedLog { attempt: attempt(), digest: "whole".to_owned(), blob: Some(blob.to_owned()), chunks }
}

fn end(bytes: u64, digest: &str) -> LogEnd {
    LogEnd { attempt: attempt(), bytes, digest: digest.to_owned(), whole: None }
}

async fn append_row(store: &Store, offset: u64, bytes: &'static [u8]) {
    let place = LogPlace::Row { bytes: Bytes::from_static(bytes), is_compressed: false };
    let length = bytes.len() as u64;
    store.append_log(NewLogChunk { place, length, ..chunk(offset, length, 1, false) }, NOW).await.unwrap();
}

async fn a_log_of_one_row_is_sealed_by_the_commit_that_ends_it(database: &Database) {
    let store = database.open().await;
    append_row(&store, 0, b"a line\0\xff\n").await;
    store.end_log(end(9, "digest-0"), after(1)).await.unwrap();
    let head = store.log_head(&attempt()).await.unwrap().unwrap();
    assert_eq!((head.ended_at, head.sealed_at, head.digest.as_deref()), (Some(after(1)), Some(after(1)), Some("digest-0")));
    assert_eq!(store.next_unsealed_log_at().await.unwrap(), None);
    let chunks = store.log_chunks_from_byte(&attempt(), 0, 10).await.unwrap();
    let place = LogPlace::Row { bytes: Bytes::from_static(b"a line\0\xff\n"), is_compressed: false };
    assert_eq!(chunks.into_iter().map(|chunk| chunk.place).collect::<Vec<_>>(), [Some(place)]);
}

async fn a_log_that_comes_with_its_end_counts_only_where_nothing_was_stored(database: &Database) {
    let store = database.open().await;
    let whole = |bytes: &'static [u8], digest: &str| LogEnd {
        whole: Some(WholeLog { bytes: Bytes::from_static(bytes), line_count: 1, line_times: None }),
        ..end(bytes.len() as u64, digest)
    };
    store.end_log(whole(b"all of it\n", "digest-0"), after(1)).await.unwrap();
    store.end_log(whole(b"a repeated report changes nothing\n", "another"), after(2)).await.unwrap();
    let head = store.log_head(&attempt()).await.unwrap().unwrap();
    assert_eq!((head.stored_bytes, head.lines, head.sealed_at), (10, 1, Some(after(1))), "sealed by the commit that ended it");
    let chunks = store.log_chunks_from_byte(&attempt(), 0, 10).await.unwrap();
    let place = LogPlace::Row { bytes: Bytes::from_static(b"all of it\n"), is_compressed: false };
    assert_eq!(chunks.into_iter().map(|chunk| chunk.place).collect::<Vec<_>>(), [Some(place)]);

    let other = sample::attempt_id("p-1.1.5.1");
    store.append_log(NewLogChunk { attempt: other.clone(), ..chunk(0, 10, 1, false) }, NOW).await.unwrap();
    store.end_log(LogEnd { attempt: other.clone(), ..whole(b"something else, and longer\n", "else") }, after(1)).await.unwrap();
    let head = store.log_head(&other).await.unwrap().unwrap();
    assert_eq!(
        (head.stored_bytes, head.ended_at, head.sealed_at),
        (10, Some(after(1)), None),
        "what was there first stays, to be looked at"
    );
    assert_eq!(store.log_chunks_from_byte(&other, 0, 10).await.unwrap().len(), 1);
}

async fn a_log_that_differs_from_its_runners_waits_to_be_looked_at(database: &Database) {
    let store = database.open().await;
    append_row(&store, 0, b"one\n").await;
    append_row(&store, 4, b"two\n").await;
    store.end_log(end(8, "both"), after(1)).await.unwrap();
    store.end_log(end(7, "a repeated report changes nothing"), after(2)).await.unwrap();
    assert_eq!(append(&store, 8, 5, 1, false).await, 8, "it may be being sealed: nothing comes to it any more");
    assert_eq!(store.next_unsealed_log_at().await.unwrap(), Some(after(1)));
    assert_eq!(store.claim_unsealed_logs(after(3), after(10), 5).await.unwrap(), [end(8, "both")]);
    assert_eq!(store.claim_unsealed_logs(after(4), after(10), 5).await.unwrap(), [], "it is claimed");
    assert_eq!(store.next_unsealed_log_at().await.unwrap(), Some(after(10)));
    assert_eq!(store.claim_unsealed_logs(after(10), after(20), 5).await.unwrap(), [end(8, "both")], "whoever had it is gone");
}

async fn a_log_goes_when_nothing_can_be_added_to_it_any_more(database: &Database) {
    let store = database.open().await;
    let id = PipelineId::from("p-1");
    let version = store.register_pipeline(&sample::pipeline("p-1", "shop"), NOW).await.unwrap();
    let mut rows = sample::admitted(1, ReleaseState::Moving);
    rows.push(Row::Attempt(Box::new(sample::attempt("p-1", 1, 4, AttemptState::Leased))));
    let saved = store.save(Save::new(&id, &version, &sample::rows(rows), NOW)).await.unwrap();
    append(&store, 0, 10, 2, false).await;
    assert_eq!(store.forget_logs(after(1), 10, after(2)).await.unwrap(), 0, "its attempt is still running");
    // It never reported: contact was lost for good.
    let ended = vec![Row::Attempt(Box::new(sample::attempt("p-1", 1, 4, AttemptState::Ended)))];
    store.save(Save::new(&id, &saved.version, &sample::rows(ended), NOW)).await.unwrap();
    assert_eq!(store.forget_logs(NOW, 10, after(2)).await.unwrap(), 0, "it is too young");
    assert_eq!(store.forget_logs(after(1), 10, after(2)).await.unwrap(), 1);
    assert_eq!(store.dead_blobs(after(2), 10).await.unwrap(), ["blob-0"]);
}

async fn two_servers_append_the_same_chunk_once(database: &Database) {
    let store = database.open().await;
    let appends: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.append_log(chunk(0, 10, 1, false), NOW).await.unwrap().stored_bytes })
        })
        .collect();
    for append in appends {
        assert_eq!(append.await.unwrap(), 10);
    }
    assert_eq!(store.log_chunks_from_byte(&attempt(), 0, 10).await.unwrap().len(), 1);
}
