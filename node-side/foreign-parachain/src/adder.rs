//! The adder: the small parachain by which the field tries its nodes, with head and block formats of its own.
//!
//! The published package is a placeholder without code, so that the validation function is written here, after the same
//! formats: a head is a number, the Keccak-256 hash of the head before and that of the state; a block is the state before and
//! what is added to it.

mod blob;

use async_backing_collator::{BlockProducer, FuelUse, PovSize, ProduceBlock, ProduceError, ProducedBlock};
use async_backing_primitives::{BlockData, CandidateCommitments, HeadData, HeadHash, PoV, ValidationCode};
use codec::{Decode, Encode};
use sp_io::hashing::keccak_256;
use std::collections::BTreeMap;
use thiserror::Error;

/// What is added by each block, as the published collator does.
const ADDED: u64 = 2;

/// Head data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Head {
	/// Number of the block.
	pub number: u64,
	/// Keccak-256 of the head data before.
	pub parent_hash: [u8; 32],
	/// Keccak-256 of the state's encoding.
	pub post_state: [u8; 32],
}

/// Block data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Block {
	/// The state before.
	pub state: u64,
	/// What is added to it, wrapping.
	pub add: u64,
}

impl Head {
	/// Number 0, state 0.
	pub fn genesis() -> Self {
		Self {
			post_state: keccak_256(&0u64.encode()),
			..Self::default()
		}
	}

	/// The head after a block on this one, whose state must be the block's.
	pub fn after(&self, block: Block) -> Option<Self> {
		(self.post_state == keccak_256(&block.state.encode())).then(|| Self {
			number: self.number.wrapping_add(1),
			parent_hash: keccak_256(&self.encode()),
			post_state: keccak_256(&block.state.wrapping_add(block.add).encode()),
		})
	}

	/// As the relay chain has it.
	pub fn head_data(&self) -> HeadData {
		HeadData(self.encode())
	}
}

/// The adder does not know a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("unknown head {0}")]
pub struct UnknownHead(pub HeadHash);

/// Builds the adder's blocks, on any head that it knows.
#[derive(Clone, Debug)]
pub struct Adder {
	/// Heads with their states.
	states: BTreeMap<HeadHash, (Head, u64)>,
}

impl Default for Adder {
	fn default() -> Self {
		let genesis = Head::genesis();
		Self {
			states: BTreeMap::from([(genesis.head_data().hash(), (genesis, 0))]),
		}
	}
}

impl Adder {
	/// The adder's validation function. It needs no host function but those for hashes and for its last words.
	pub fn validation_code() -> ValidationCode {
		ValidationCode(blob::module())
	}

	/// The state after a block.
	///
	/// # Errors
	/// [`UnknownHead`].
	pub fn state(&self, head: &HeadData) -> Result<u64, UnknownHead> {
		let head = head.hash();
		self.states
			.get(&head)
			.map(|(_, state)| *state)
			.ok_or(UnknownHead(head))
	}
}

impl BlockProducer for Adder {
	fn genesis_head(&self) -> HeadData {
		Head::genesis().head_data()
	}

	fn pov_size(&self) -> PovSize {
		PovSize {
			base: 32,
			per_extrinsic: 0,
		}
	}

	fn fuel(&self) -> FuelUse {
		FuelUse {
			base: 2_000_000,
			per_extrinsic: 100_000,
			..FuelUse::default()
		}
	}

	fn produce(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError> {
		let parent = block.parent_head.hash();
		let known = self.states.get(&parent).copied();
		let (head, state) = known.ok_or_else(|| ProduceError::new(UnknownHead(parent)))?;
		let body = Block { state, add: ADDED };
		let after = head
			.after(body)
			.ok_or_else(|| ProduceError::new(UnknownHead(parent)))?;
		let head_data = after.head_data();
		self.states
			.insert(head_data.hash(), (after, state.wrapping_add(ADDED)));
		Ok(ProducedBlock {
			commitments: CandidateCommitments {
				head_data,
				hrmp_watermark: block.relay_parent.number,
				..CandidateCommitments::default()
			},
			pov: PoV {
				block_data: BlockData(body.encode()),
			},
			extrinsics: 1,
		})
	}
}

#[cfg(test)]
mod tests;
