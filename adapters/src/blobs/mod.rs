//! Bytes by key, in a folder ([`FolderBlobs`]) or in any object storage ([`ObjectBlobs`], [`s3`]).

mod object;
mod s3;

pub use object::{FolderBlobs, ObjectBlobs};
pub use s3::{S3, s3};
