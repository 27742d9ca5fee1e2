//! Why a run stops before its end.

use crate::{ConfigError, Violation, WrongCall};
use async_backing_machine::JobFailure;
use async_backing_primitives::{ParaId, ValidatorId};
use async_backing_pvf::EngineError;
use async_backing_relay_client::{BuildError, ImportError, QueryError, SetupError};
use async_backing_runtime_metadata::{BlobError, DecodeError, MetadataError, TransactionError};
use async_backing_sim::SimError;
use thiserror::Error;

/// Why a run stops before its end. Only [`Violated`](Self::Violated) may be the fault of a simulated node.
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
	/// The file is no runtime.
	#[error("the runtime is {0}")]
	Blob(#[from] BlobError),
	/// What the runtime says of itself can't be read.
	#[error(transparent)]
	Metadata(#[from] MetadataError),
	/// What a relay block says of its transactions can't be read.
	#[error("the events of a relay block: {0}")]
	Events(#[from] DecodeError),
	/// The runtime lacks an API that a run asks.
	#[error("the runtime has {} of the API `{name}`, but a run needs version {expected}", version(*.found))]
	Api {
		/// Name of the API.
		name: &'static str,
		/// First version that has what is asked.
		expected: u32,
		/// Version that the runtime has.
		found: Option<u32>,
	},
	/// The runtime lacks pallets: those by which paras are brought into a genesis, or what else the run asked for needs.
	#[error("the runtime lacks what this run needs: {}", .missing.join(", "))]
	NoPallets {
		/// Where they are defined.
		missing: Vec<&'static str>,
	},
	/// The chain takes no code or head of that size.
	#[error("the {what} of para {para} has {bytes} bytes, but the relay chain's `{limit}` is {max}")]
	TooLarge {
		/// The para.
		para: ParaId,
		/// What of it.
		what: &'static str,
		/// Its size.
		bytes: u64,
		/// Which limit.
		limit: &'static str,
		/// The limit.
		max: u64,
	},
	/// A pallet takes nothing at genesis.
	#[error("the runtime's genesis has nothing for its pallet `{pallet}`")]
	NoGenesis {
		/// Its name.
		pallet: String,
	},
	/// The session pallet does not tell which keys validators have.
	#[error("the runtime's session pallet has no `set_keys` that tells the session keys")]
	SessionKeys,
	/// A session has another length than was asked for, and the runtime's genesis doesn't take one.
	#[error("the runtime fixes {found} slots for a session, and its genesis takes no other number ({asked} asked for)")]
	SessionLength {
		/// Slots that were asked for.
		asked: u32,
		/// Slots of a session of the runtime.
		found: u64,
	},
	/// The runtime has slots of another length than the model.
	#[error("the runtime's slots last {found} ms, but a run's last {expected} ms")]
	SlotDuration {
		/// Milliseconds of the model's slots.
		expected: u128,
		/// Milliseconds of the runtime's slots.
		found: u64,
	},
	/// A transaction of the run can't be made.
	#[error(transparent)]
	Transaction(#[from] TransactionError),
	/// The runtime has no such call as root is to send.
	#[error("root: {0}")]
	Root(#[from] WrongCall),
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
		#[source]
		failure: JobFailure,
	},
	/// Something that has to hold whatever goes wrong does not.
	#[error("{0}")]
	Violated(Box<Violation>),
	/// The recording of a validator cannot be written.
	#[error("the recording of a validator cannot be written: {0}")]
	Recording(#[source] std::io::Error),
	/// The engine for validation functions does not start.
	#[error("the engine for validation functions does not start: {0}")]
	Engine(#[from] EngineError),
}

fn version(found: Option<u32>) -> String {
	found.map_or_else(|| "nothing".into(), |found| format!("version {found}"))
}

impl DevnetError {
	/// Whether it is the runtime that can't be run on, or the preset: nothing of a run has begun.
	pub fn is_of_runtime(&self) -> bool {
		matches!(
			self,
			Self::Blob(_)
				| Self::Metadata(_)
				| Self::Api { .. }
				| Self::NoPallets { .. }
				| Self::NoGenesis { .. }
				| Self::TooLarge { .. }
				| Self::SessionKeys
				| Self::SessionLength { .. }
				| Self::SlotDuration { .. }
				| Self::Setup(_)
		)
	}
}

impl From<SimError<DevnetError>> for DevnetError {
	fn from(error: SimError<DevnetError>) -> Self {
		match error {
			SimError::Scenario(error) => error,
			bound @ (SimError::Overrun { .. } | SimError::Stuck { .. }) => Self::Unbounded(bound.to_string()),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_runtime_metadata::Blob;

	fn of_file(file: &[u8]) -> String {
		DevnetError::from(Blob::read(file).expect_err("it is no runtime")).to_string()
	}

	#[test]
	fn what_is_said_of_a_file_is_a_sentence() {
		assert_eq!(
			of_file(b"{}"),
			"the runtime is no Wasm file: it begins with 7b 7d, not with 00 61 73 6d"
		);
		let compressed = [&[82, 188, 83, 118, 70, 219, 142, 5][..], b"no zstd"].concat();
		assert_eq!(
			of_file(&compressed),
			"the runtime is compressed, but cannot be decompressed: Blob had invalid format"
		);
		assert_eq!(
			of_file(b"\0asm\x01\0\0\0"),
			"the runtime is Wasm, but no runtime: it does not export `Core_version`"
		);
		let malformed = of_file(b"\0asm\x01\0\0\0\x01");
		assert!(
			malformed.starts_with("the runtime is no valid Wasm: "),
			"{malformed}"
		);
		let version = DevnetError::from(BlobError::Version("too short".into())).to_string();
		assert!(
			version.starts_with(
				"the runtime is Wasm, but its section `runtime_version` does not decode: too short"
			),
			"{version}"
		);
	}

	#[test]
	fn what_a_run_needs_need_not_be_of_parachains() {
		let error = DevnetError::NoPallets {
			missing: vec!["pallet_sudo"],
		};
		assert_eq!(
			error.to_string(),
			"the runtime lacks what this run needs: pallet_sudo"
		);
	}
}
