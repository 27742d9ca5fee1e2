#![doc = include_str!("../README.md")]

mod authoring;
mod branch;
pub mod check;
mod chronicle;
mod config;
mod contexts;
mod disturbance;
mod error;
mod execution;
mod faults;
mod invariants;
mod log;
mod model;
mod nodes;
mod once;
mod orders;
mod outside;
mod parachain;
mod relay;
mod relay_state;
mod report;
mod root;
mod runtime;
mod simulation;
mod story;
mod tally;
mod tape;
#[cfg(test)]
mod tests;
mod traffic;
mod words;
mod works;
mod world;

pub use async_backing_availability::CHUNK_TIMEOUT;
pub use async_backing_primitives::PARTS_OF_A_CORE;
pub use async_backing_prospective_parachains::Selection;
pub use async_backing_relay_client::RuntimeExecutor;
pub use async_backing_sim as sim;
pub use async_backing_validator::recording;
pub use authoring::{Author, Budget, Idle, NoPace, Order, Pace, Place, Rhythm, Timing};
pub use config::{
	Assignee, Authoring, ConfigError, CoreWork, Faults, ForeignPara, RunConfig, FIRST_PARA, MAX_BLOCKS,
	MAX_CORES_PER_PARA, MAX_PARAS, MAX_VALIDATORS,
};
pub use contexts::{ApprovalError, Backing, CandidateContexts};
pub use disturbance::Disturbance;
pub use error::DevnetError;
pub use faults::{Arena, Misbehaviour, Misconduct, Mix, Slots, Span, Trouble, ValidatorMisconduct};
pub use invariants::{Invariant, Violation, LIVES_WITHIN};
pub use log::{EventLog, Occurrence};
pub use model::Model;
pub use outside::Outside;
pub use parachain::Parachain;
pub use relay::{ImportedBlock, RelayChain, FIRST_SLOT};
pub use report::{
	Charged, FailedTransactions, Fates, Idleness, Inclusion, Intervals, Latency, OrderFates, ParaReport,
	Refusal, Report, RunParams, RunReport,
};
pub use root::{PartOfCall, RootCall, WrongCall};
pub use simulation::{Devnet, Progress};
pub use story::{Fate, Passage, Passing, Story, ToldBlock, ToldParablock, ToldTraffic, ToldTree};
pub use traffic::{PerCandidate, Traffic, TrafficOfKind};
pub use works::most_cores_at_once;
