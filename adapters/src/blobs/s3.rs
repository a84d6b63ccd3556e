use std::sync::Arc;

use engine::ports::BlobError;
use object_store::aws::AmazonS3Builder;

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
    let mut builder = AmazonS3Builder::new().with_bucket_name(&place.bucket).with_region(&place.region).with_allow_http(place.allow_http);
    if let Some(endpoint) = place.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some((id, key)) = place.access_key {
        builder = builder.with_access_key_id(id).with_secret_access_key(key.reveal());
    }
    let store = builder.build().map_err(|error| BlobError::Unavailable(format!("bucket {}: {error}", place.bucket)))?;
    Ok(ObjectBlobs::new(Arc::new(store)))
}
