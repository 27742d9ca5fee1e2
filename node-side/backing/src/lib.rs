#![doc = include_str!("../README.md")]

mod backing;
mod collation;
mod limit;
mod ports;
mod relay_parent;
mod statement;
mod table;

pub use backing::{Backing, Output, SecondingError, StatementError, ValidationJob, ValidationOutcome};
pub use collation::{Collation, OutputsMismatch};
pub use limit::DepthTaken;
pub use ports::{HypotheticalCandidate, Introduction, Keystore, Membership, View};
pub use relay_parent::AdmissionError;
pub use statement::{SecondedCandidate, SignedStatement, StatementContent};
pub use table::{Misbehaviour, StatementTable, TableError};
