#![doc = include_str!("../README.md")]

mod api;
mod authoring;
mod babe;
mod ballots;
mod client;
mod error;
mod executor;
mod facts;
mod genesis;
mod import;
mod once;
mod parachain;
pub mod signing;
mod substrate;
mod tasks;

pub use api::{RuntimeApi, RuntimeApis};
pub use async_backing_primitives::{BlockNumber, Hash, Header, Slot};
pub use authoring::{BuildBlock, BuiltBlock};
pub use babe::SlotAuthor;
pub use client::{BlockRef, Database, FullBackend, FullClient, RelayClient, RelayClientConfig};
pub use error::{BuildError, ImportError, QueryError, SealError, SetupError};
pub use executor::RuntimeExecutor;
pub use genesis::{validators_patch, Genesis, ValidatorKeys};
pub use import::ImportOutcome;

use executor::Executor;

/// A relay block whose extrinsics are bytes: the client knows the runtime only as a blob.
pub type Block = sp_runtime::generic::Block<Header, sp_runtime::OpaqueExtrinsic>;
