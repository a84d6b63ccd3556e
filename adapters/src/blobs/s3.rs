use std::sync::Arc;
use std::time::Duration;

use engine::ports::BlobError;
use object_store::ObjectStoreExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use thiserror::Error;

use super::ObjectBlobs;

/// Where a bucket is. Without `access_key` the machine's own identity is used: container or instance credentials.
#[derive(Debug, Clone, Default)]
pub struct S3 {
    pub bucket: String,
    pub region: String,
    /// For S3-compatible storage; none: AWS.
    pub endpoint: Option<String>,
    /// Key id and secret key.
    pub access_key: Option<(String, engine::ports::SecretValue)>,
    /// Storage inside one's own network, or a test.
    pub allow_http: bool,
}

/// Blobs in an S3 bucket.
///
/// # Errors
/// When the description is not whole. Nothing is asked of the bucket yet.
pub fn s3(place: S3) -> Result<ObjectBlobs, BlobError> {
    Ok(ObjectBlobs::new(Arc::new(open(place)?)))
}

/// What a bucket said to a first object.
#[derive(Debug, Error)]
pub enum BucketError {
    #[error("there is no bucket {0:?}")]
    Missing(String),
    #[error("the bucket {bucket:?} refuses to {what} objects with this access key: {told}")]
    Refused { bucket: String, what: &'static str, told: String },
    #[error("the bucket {bucket:?} cannot be used: {told}")]
    Unusable { bucket: String, told: String },
    /// Nobody knows whether it is right: it may be there again later.
    #[error("the bucket {0:?} does not answer")]
    Silent(String),
}

/// The object that is written and removed again to see whether a bucket can be used.
const TRIAL: &str = "trial";
/// How long a bucket may take to answer to all three questions.
const TRIAL_WITHIN: Duration = Duration::from_secs(10);

/// Writes an object to the bucket, reads it and removes it, as a server will do with logs and artifacts.
///
/// # Errors
/// The first thing that the bucket does not do.
pub async fn try_bucket(place: S3) -> Result<(), BucketError> {
    let bucket = place.bucket.clone();
    let store = open(place).map_err(|error| BucketError::Unusable { bucket: bucket.clone(), told: error.to_string() })?;
    let questions = async {
        let key = Path::from(TRIAL);
        store.put(&key, "trial".into()).await.map_err(|error| judge(&bucket, "write", error))?;
        match store.get(&key).await {
            // Another server tries it at the same time and has removed it already.
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(judge(&bucket, "read", error)),
        }
        store.delete(&key).await.map_err(|error| judge(&bucket, "remove", error))
    };
    tokio::time::timeout(TRIAL_WITHIN, questions).await.unwrap_or_else(|_| Err(BucketError::Silent(bucket.clone())))
}

fn judge(bucket: &str, what: &'static str, error: object_store::Error) -> BucketError {
    let bucket = bucket.to_owned();
    match error {
        object_store::Error::NotFound { .. } => BucketError::Missing(bucket),
        object_store::Error::PermissionDenied { source, .. } | object_store::Error::Unauthenticated { source, .. } => {
            BucketError::Refused { bucket, what, told: said(&source.to_string()) }
        }
        error => BucketError::Unusable { bucket, told: error.to_string() },
    }
}

/// What S3 says in its answer of XML; all of the answer when there is nothing of that kind in it.
fn said(answer: &str) -> String {
    let within = |name: &str| Some(answer.split_once(&format!("<{name}>"))?.1.split_once(&format!("</{name}>"))?.0);
    match (within("Code"), within("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => answer.to_owned(),
    }
}

fn open(place: S3) -> Result<AmazonS3, BlobError> {
    let mut builder = AmazonS3Builder::new().with_bucket_name(&place.bucket).with_region(&place.region).with_allow_http(place.allow_http);
    if let Some(endpoint) = place.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some((id, key)) = place.access_key {
        builder = builder.with_access_key_id(id).with_secret_access_key(key.reveal());
    }
    builder.build().map_err(|error| BlobError::Unavailable(format!("bucket {}: {error}", place.bucket)))
}
