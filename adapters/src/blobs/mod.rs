//! Bytes by key, in a folder ([`FolderBlobs`]) or in any object storage ([`ObjectBlobs`], [`s3`]).

mod folder;
mod object;
mod s3;

pub use folder::FolderBlobs;
pub use object::ObjectBlobs;
pub use s3::{BucketError, S3, s3, try_bucket};
