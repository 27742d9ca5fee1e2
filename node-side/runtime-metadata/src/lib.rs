#![doc = include_str!("../README.md")]

mod blob;
mod decode;
mod encode;
mod error;
mod events;
mod metadata;
mod transaction;

pub use blob::Blob;
pub use error::{BlobError, DecodeError, EncodeError, MetadataError, TransactionError};
pub use events::FailedDispatch;
pub use metadata::{Extension, Extrinsic, Metadata, Pallet};
pub use transaction::Chain;
