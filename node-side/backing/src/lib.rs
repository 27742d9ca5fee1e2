#![doc = include_str!("../README.md")]

mod account;
mod backing;
mod collation;
mod early;
pub mod job;
#[cfg(feature = "laws")]
pub mod laws;
mod limit;
mod ports;
mod promises;
mod relay_parent;
mod statement;
mod table;
mod words;

pub use account::{SecondedLimits, MAX_CODES_PER_VALIDATOR};
pub use backing::{Backing, Demand, Effect, SecondingError, StatementError};
pub use collation::{Advertised, Collation, OutputsMismatch, Standing};
pub use limit::DepthTaken;
pub use ports::{HypotheticalCandidate, Introduction, Membership, View};
pub use promises::{MAX_REMEMBERED_PARENTS, STORE_PREFIX};
pub use relay_parent::AdmissionError;
pub use statement::{SecondedCandidate, SignedStatement, StatementContent};
pub use table::{BackedVotes, Misbehaviour, StatementTable, TableError};
pub use words::{BackingConfig, BackingWords, Event, PovRequest};
