#![doc = include_str!("../README.md")]

mod blob;
mod encode;
mod error;
mod metadata;
mod transaction;

pub use blob::Blob;
pub use error::{BlobError, EncodeError, MetadataError, TransactionError};
pub use metadata::{Extension, Extrinsic, Metadata, Pallet};
pub use transaction::Chain;
