//! Stored log = chunks without overlap; each missing range is a recorded gap (R10, ID9).

use engine::store::{LogChunkRow, NewLogChunk, Store};
use protocol::AttemptId;

use crate::support::{Database, NOW, after, on_both, sample};

on_both!(
    id9_chunks_neither_overlap_nor_leave_an_unrecorded_gap,
    a_reader_starts_at_any_line,
    a_sealed_log_takes_nothing_more_and_gives_its_chunks_free,
    two_servers_append_the_same_chunk_once,
);

fn chunk(offset: u64, length: u64, lines: u64, gap: bool) -> NewLogChunk {
    NewLogChunk {
        attempt: attempt(),
        offset,
        length,
        digest: format!("digest-{offset}"),
        blob_key: format!("blob-{offset}"),
        line_count: lines,
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
    assert_eq!(store.seal_log(&attempt(), "whole", Some("sealed"), after(1)).await.unwrap(), ["blob-0", "blob-10"]);
    assert_eq!(store.seal_log(&attempt(), "whole", Some("sealed"), after(2)).await.unwrap(), Vec::<String>::new());
    assert_eq!(append(&store, 15, 5, 1, false).await, 15);
    let head = store.log_head(&attempt()).await.unwrap().unwrap();
    assert_eq!((head.sealed_blob.as_deref(), head.sealed_at, head.digest.as_deref()), (Some("sealed"), Some(after(1)), Some("whole")));
    let chunks = store.log_chunks_from_byte(&attempt(), 0, 10).await.unwrap();
    assert!(chunks.iter().all(|chunk| chunk.blob_key.is_none() && !chunk.is_gap()), "{chunks:?}");
    let forgotten = store.forget_logs(after(1), 10).await.unwrap();
    assert_eq!((forgotten.blobs, forgotten.removed), (vec!["sealed".to_owned()], 1));
    assert_eq!(store.log_chunks_from_byte(&attempt(), 0, 10).await.unwrap(), []);
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
