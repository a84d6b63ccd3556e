use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use adapters::blobs::{FolderBlobs, ObjectBlobs, S3, s3};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::ports::{BlobError, Blobs, SecretValue};
use futures::TryStreamExt;
use object_store::memory::InMemory;

use crate::server::Server;

/// What every store must do.
async fn behaves(blobs: &dyn Blobs) {
    let text = Bytes::from_static(b"0123456789");
    assert!(!blobs.exists("logs/a/1").await.unwrap());
    assert!(matches!(blobs.get("logs/a/1").await, Err(BlobError::NotFound(key)) if key == "logs/a/1"));
    assert!(matches!(blobs.get_range("logs/a/1", 0, 1).await, Err(BlobError::NotFound(_))));
    assert!(matches!(blobs.stream("logs/a/1").await.err(), Some(BlobError::NotFound(_))));

    blobs.put("logs/a/1", text.clone()).await.unwrap();
    assert!(blobs.exists("logs/a/1").await.unwrap());
    assert_eq!(blobs.get("logs/a/1").await.unwrap(), text);
    blobs.put("logs/a/1", text.clone()).await.unwrap();
    for (start, end, expected) in [(2, 5, "234"), (0, 10, "0123456789"), (8, 100, "89"), (10, 20, ""), (50, 60, ""), (3, 3, ""), (5, 3, "")]
    {
        let range = blobs.get_range("logs/a/1", start, end).await.unwrap();
        assert_eq!(range, expected, "{start}..{end}");
    }
    blobs.put("empty", Bytes::new()).await.unwrap();
    assert_eq!(blobs.get("empty").await.unwrap(), "");
    assert!(matches!(blobs.put("../outside", text.clone()).await, Err(BlobError::Unavailable(_))));

    blobs.remove("logs/a/1").await.unwrap();
    assert!(!blobs.exists("logs/a/1").await.unwrap());
    blobs.remove("logs/a/1").await.unwrap();
}

/// A file larger than one part of an upload, moved in and streamed out.
async fn moves_a_file(blobs: &dyn Blobs, folder: &Path) {
    let source = folder.join("upload");
    let content: Vec<u8> = (0..20_000_003_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&source, &content).unwrap();
    blobs.put_file("artifacts/ab/cd", source.clone()).await.unwrap();
    assert!(!source.exists(), "the file has moved");
    let mut pieces = blobs.stream("artifacts/ab/cd").await.unwrap();
    let mut read = Vec::new();
    while let Some(piece) = pieces.try_next().await.unwrap() {
        read.extend_from_slice(&piece);
    }
    assert!(read == content, "{} bytes came back of {}", read.len(), content.len());
    let missing = blobs.put_file("artifacts/none", folder.join("missing")).await;
    assert!(matches!(missing, Err(BlobError::Unavailable(_))), "{missing:?}");
    assert!(!blobs.exists("artifacts/none").await.unwrap());
}

#[tokio::test]
async fn a_folder_keeps_blobs() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data/blobs");
    let blobs = FolderBlobs::new(&root).unwrap();
    behaves(&blobs).await;
    moves_a_file(&blobs, folder.path()).await;
    // From another file system, where there is one.
    let elsewhere = tempfile::tempdir_in("/dev/shm").unwrap();
    moves_a_file(&blobs, elsewhere.path()).await;
    assert!(!folder.path().join("outside").exists());
    // Another process finds them.
    assert!(FolderBlobs::new(&root).unwrap().exists("artifacts/ab/cd").await.unwrap());
}

#[tokio::test]
async fn any_object_store_keeps_blobs() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = ObjectBlobs::new(Arc::new(InMemory::new()));
    behaves(&blobs).await;
    moves_a_file(&blobs, folder.path()).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = FolderBlobs::new(&file.join("below")).unwrap_err().to_string();
    assert!(error.contains("file/below"), "{error}");
}

/// ID1. That the switch does what it says is object_store's promise, read in its source; that it is on is ours.
#[test]
fn a_put_into_a_folder_is_synced_before_it_returns() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FolderBlobs::new(folder.path()).unwrap();
    assert!(format!("{blobs:?}").contains("fsync: true"), "{blobs:?}");
}

/// A stand-in for S3 that knows objects, ranges and nothing else; it refuses what is not signed.
async fn stand_in() -> Server {
    let objects: Arc<Mutex<BTreeMap<String, Bytes>>> = Arc::default();
    let handler = async move |request: Request<Body>| -> Response {
        let (parts, body) = request.into_parts();
        if !parts.headers.get("authorization").is_some_and(|value| value.to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=AKID/"))
        {
            return StatusCode::FORBIDDEN.into_response();
        }
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let mut objects = objects.lock().unwrap();
        let key = parts.uri.path().to_owned();
        let last_modified = ("last-modified", "Tue, 14 Nov 2023 22:13:20 GMT");
        match parts.method {
            Method::PUT => {
                objects.insert(key, body);
                [("etag", "\"1\"")].into_response()
            }
            Method::DELETE => {
                objects.remove(&key);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => match objects.get(&key) {
                Some(bytes) => ([("etag", "\"1\""), last_modified], bytes.clone()).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            },
        }
    };
    Server::start(Router::new().fallback(handler)).await
}

#[tokio::test]
async fn s3_is_spoken_signed() {
    let server = stand_in().await;
    let place = S3 {
        bucket: "tidegate".to_owned(),
        region: "eu-west-1".to_owned(),
        endpoint: Some(server.url("")),
        access_key: Some(("AKID".to_owned(), SecretValue::new("secret".to_owned()))),
        allow_http: true,
    };
    let blobs = s3(place).unwrap();
    blobs.put("logs/a", Bytes::from_static(b"text")).await.unwrap();
    assert!(blobs.exists("logs/a").await.unwrap());
    assert_eq!(blobs.get("logs/a").await.unwrap(), "text");
    assert!(matches!(blobs.get("logs/b").await, Err(BlobError::NotFound(_))));
}
