//! Why a run stops before its end.

use crate::ConfigError;
use async_backing_machine::JobFailure;
use async_backing_primitives::ValidatorId;
use async_backing_pvf::EngineError;
use async_backing_relay_client::{BuildError, ImportError, QueryError, SetupError};
use async_backing_sim::SimError;
use thiserror::Error;

/// Why a run stops before its end. None of these is the fault of a simulated node.
#[derive(Debug, Error)]
pub enum DevnetError {
	/// The run cannot be.
	#[error(transparent)]
	Config(#[from] ConfigError),
	/// The plan of faults speaks of nodes that there are not.
	#[error("the plan of faults: {0}")]
	Faults(#[from] async_backing_sim::ConfigError),
	/// A node does not keep to its bounds.
	#[error("a node does not keep to its bounds: {0}")]
	Unbounded(String),
	/// There is not one parachain for each para.
	#[error("{parachains} parachains for {paras} paras")]
	ParachainCount {
		/// Paras of the run.
		paras: u32,
		/// Parachains given.
		parachains: usize,
	},
	/// Paras that live on orders, or cores that are to be given work, and nobody who does it.
	#[error("nobody sends transactions, but there are orders or cores to assign ({0} on-demand paras)")]
	NoCustomer(u32),
	/// The relay chain does not start.
	#[error("the relay chain does not start: {0}")]
	Setup(#[from] SetupError),
	/// The relay chain does not answer.
	#[error("the relay chain does not answer: {0}")]
	Query(#[from] QueryError),
	/// A relay block cannot be built.
	#[error("a relay block cannot be built: {0}")]
	Build(#[from] BuildError),
	/// A relay block is refused.
	#[error("a relay block is refused: {0}")]
	Import(#[from] ImportError),
	/// The inherent cannot be encoded.
	#[error("the inherent cannot be encoded: {0}")]
	Inherent(#[from] sp_inherents::Error),
	/// Too many slots without an author: the plan of faults left none.
	#[error("{blocks} relay blocks in {slots} slots")]
	Standstill {
		/// Slots since the run began.
		slots: u64,
		/// Relay blocks built in them.
		blocks: u32,
	},
	/// A slot belongs to somebody who is none of the validators.
	#[error("the slot belongs to {0:?}, who is none of the validators")]
	UnknownAuthor(ValidatorId),
	/// There is no such validator.
	#[error("there is no validator {0}")]
	NoValidator(usize),
	/// This machine came to no verdict about a candidate or a code: the clock of its engine ran out, or the engine broke. A
	/// verdict that depends on that would make runs differ from machine to machine (R-BAK-11).
	#[error("seed {seed}: the engine did not finish with {what} for validator {node}: {failure}")]
	Unfinished {
		/// Seed of the run.
		seed: u64,
		/// Whose job it was.
		node: usize,
		/// The candidate or the code.
		what: String,
		/// How the job ended.
		failure: JobFailure,
	},
	/// The engine for validation functions does not start.
	#[error("the engine for validation functions does not start: {0}")]
	Engine(#[from] EngineError),
}

impl From<SimError<DevnetError>> for DevnetError {
	fn from(error: SimError<DevnetError>) -> Self {
		match error {
			SimError::Scenario(error) => error,
			bound @ (SimError::Overrun { .. } | SimError::Stuck { .. }) => Self::Unbounded(bound.to_string()),
		}
	}
}
