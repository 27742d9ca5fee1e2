//! The chain's unincluded segment: how far it builds ahead of the relay chain (R-SEG-2 to R-SEG-7, R-HOO-2).
//!
//! The rules are those that the segment pallet calls for chains with FRAME. Here they are called by hand: the tracker is a
//! value of the state, a block carries a proof of the relay parent's state, and a block that does not balance is invalid.

use crate::{block::RelayContext, error::BlockError, state::Reader};
use alloc::vec::Vec;
use async_backing_primitives::{
	check_announcement, BlockEnd, BlockStart, FixedVelocity, Hash, HeadHash, ParaId, RelayParentNumbers,
	RelayState, RelayStateError, RelayStateReader, SegmentTracker, Unproven, UpgradeGoAhead, UpwardMessage,
	UsedBandwidth, ValidationCode, ValidationCodeHash,
};
use codec::{Decode, Encode};
use sp_runtime::traits::BlakeTwo256;
use sp_trie::{read_trie_value, HashDBT as _, LayoutV1, MemoryDB, StorageProof, EMPTY_PREFIX};

/// How a chain paces its blocks: part of its state from genesis on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Pace {
	/// Under which id the relay chain knows the chain.
	pub para: ParaId,
	/// Blocks per relay slot; one more fills the segment (R-HOO-2).
	pub velocity: u32,
	/// Most blocks that may be unincluded, the new one among them (R-SEG-2).
	pub capacity: u32,
}

impl Pace {
	/// The rule that follows from it (R-HOO-2).
	pub(crate) fn hook(&self) -> FixedVelocity {
		FixedVelocity {
			velocity: self.velocity,
			capacity: self.capacity,
		}
	}
}

/// What a proof shows of a relay parent's state.
struct Proof {
	nodes: MemoryDB<BlakeTwo256>,
	root: Hash,
}

impl RelayStateReader for Proof {
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Unproven> {
		read_trie_value::<LayoutV1<BlakeTwo256>, _>(&self.nodes, &self.root, key, None, None)
			.map_err(|_| Unproven)
	}
}

fn read(proof: &StorageProof, root: Hash, para: ParaId) -> Result<RelayState, RelayStateError> {
	let nodes: MemoryDB<BlakeTwo256> = proof.to_memory_db();
	if !nodes.contains(&root, EMPTY_PREFIX) {
		return Err(RelayStateError::WrongRoot(root));
	}
	RelayState::read(&Proof { nodes, root }, para)
}

/// Where the code is that a chain may upgrade to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum UpgradeStage {
	/// A block may announce it.
	Authorized,
	/// A block announced it, and the relay chain has not answered.
	Announced,
	/// The relay chain said go ahead.
	Applied,
	/// The relay chain rejected it.
	Rejected,
}

/// The one code that a chain may upgrade to, from genesis on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Upgrade {
	/// Hash of the code.
	pub code: ValidationCodeHash,
	/// Where it is.
	pub stage: UpgradeStage,
	/// Blocks that acted on an answer of the relay chain: never more than one (R-SEG-5).
	pub answers: u32,
}

impl Upgrade {
	/// A code that nobody has announced.
	#[cfg(feature = "std")]
	pub(crate) fn authorized(code: ValidationCodeHash) -> Self {
		Self {
			code,
			stage: UpgradeStage::Authorized,
			answers: 0,
		}
	}

	/// The relay chain answers. An answer that nobody waits for is taken note of, and nothing else.
	fn answered(&mut self, signal: UpgradeGoAhead) {
		if self.stage == UpgradeStage::Announced {
			self.answers = self.answers.saturating_add(1);
			self.stage = match signal {
				UpgradeGoAhead::GoAhead => UpgradeStage::Applied,
				UpgradeGoAhead::Abort => UpgradeStage::Rejected,
			};
		}
	}
}

/// What a chain with a pace keeps between its blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Books {
	pub(crate) tracker: SegmentTracker,
	pub(crate) upgrade: Option<Upgrade>,
}

/// What a block commits to beside its head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outputs<'a> {
	pub(crate) upward_messages: &'a [UpwardMessage],
	pub(crate) new_code: Option<&'a ValidationCode>,
}

/// The chain's books after a block on `parent`. `None` for a chain that keeps none: one without a `pace`.
///
/// # Errors
/// [`BlockError`] with the rule that the block breaks, or what is wrong with its proof.
pub(crate) fn advance(
	reader: &Reader<'_>,
	pace: Option<Pace>,
	parent: HeadHash,
	relay_parent: &RelayContext,
	relay_state: Option<&StorageProof>,
	outputs: Outputs<'_>,
) -> Result<Option<Books>, BlockError> {
	let Some(pace) = pace else {
		return match (relay_state, outputs.new_code) {
			(Some(_), _) => Err(BlockError::UnexpectedRelayState),
			(None, Some(code)) => Err(BlockError::UnexpectedCode(code.hash())),
			(None, None) => Ok(None),
		};
	};
	let proof = relay_state.ok_or(BlockError::NoRelayState)?;
	let state = read(proof, relay_parent.storage_root, pace.para)?;
	let mut books = Books {
		tracker: reader.segment()?,
		upgrade: reader.upgrade()?,
	};
	let begun = books.tracker.begin(
		&pace.hook(),
		RelayParentNumbers::Monotonic,
		&BlockStart {
			parent,
			relay_parent_number: relay_parent.number,
			para_slot: None,
			state: &state,
		},
	)?;
	if let (Some(upgrade), Some(signal)) = (&mut books.upgrade, begun.go_ahead) {
		upgrade.answered(signal);
	}
	if let Some(code) = outputs.new_code {
		announce(&mut books, &state, begun.go_ahead, code)?;
	}
	let upward_messages = outputs.upward_messages;
	state.check_outputs(upward_messages, &[])?;
	let end = BlockEnd {
		used: UsedBandwidth::of(upward_messages, &[])?,
		// All that was sent up to the relay parent is consumed; there is never anything.
		hrmp_watermark: relay_parent.number,
		go_ahead: begun.go_ahead,
	};
	books.tracker.end(relay_parent.number, end, &state.limits())?;
	Ok(Some(books))
}

/// Notes that a block announces the code that the chain may upgrade to (R-SEG-6). While the block that applied an earlier one
/// is not included, the relay chain would refuse it.
fn announce(
	books: &mut Books,
	state: &RelayState,
	answers: Option<UpgradeGoAhead>,
	code: &ValidationCode,
) -> Result<(), BlockError> {
	let hash = code.hash();
	let upgrade = books
		.upgrade
		.as_mut()
		.filter(|upgrade| upgrade.code == hash && upgrade.stage == UpgradeStage::Authorized)
		.ok_or(BlockError::UnexpectedCode(hash))?;
	let answered = answers.or(books.tracker.segment.consumed_go_ahead());
	let pending = answered == Some(UpgradeGoAhead::GoAhead);
	check_announcement(state.restriction, pending, code.0.len(), state.host.max_code_size)?;
	upgrade.stage = UpgradeStage::Announced;
	Ok(())
}
