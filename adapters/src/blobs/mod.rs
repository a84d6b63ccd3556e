//! Bytes by key, in a folder ([`FolderBlobs`]) or in any object storage ([`ObjectBlobs`], [`s3`]).

mod folder;
mod object;
mod s3;

pub use folder::FolderBlobs;
pub use object::ObjectBlobs;
pub use s3::{S3, s3};
