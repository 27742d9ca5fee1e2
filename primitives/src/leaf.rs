//! What a node knows of a relay block when it becomes an active leaf.
//!
//! A driver asks the runtime once and hands this to the node-side cores; no core calls an API of its own.

use crate::{
	AsyncBackingParams, BackingState, CandidateEvent, ClaimQueue, ConstraintsExtension, CoreState,
	GroupRotationInfo, Hash, HostConfiguration, NodeFeatures, ParaId, RelayChainBlockInfo, SessionIndex,
	SigningContext, Slot, ValidationCodeHash, ValidatorId, ValidatorIndex,
};
use alloc::{collections::BTreeMap, vec::Vec};

/// Backing state of a para at a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParaAtLeaf {
	/// Base constraints and pending candidates.
	pub backing_state: BackingState,
	/// What the constraints' wire format cannot express, where the runtime offers it (R-BASE-17).
	pub extension: Option<ConstraintsExtension>,
}

/// What the grid of a session follows from: who tells whom (R-SD-7, R-NET-113).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridSeed {
	/// Randomness of the BABE epoch that is current at the leaf.
	pub randomness: [u8; 32],
	/// Number of discovery keys of the session: the validators, and behind them the authorities who do not validate.
	pub authorities: u32,
}

/// Everything that the node-side cores need to know of a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafFacts {
	/// The leaf.
	pub block: RelayChainBlockInfo,
	/// Its parent.
	pub parent_hash: Hash,
	/// Its slot.
	pub slot: Slot,
	/// Session of its child (R-GLO-14).
	pub session_index: SessionIndex,
	/// A child in this slot or a later one ends the session (R-ABP-10).
	pub session_ends_from_slot: Slot,
	/// Parameters of asynchronous backing.
	pub params: AsyncBackingParams,
	/// Ancestors that are legal relay parents too, newest first: at most `allowed_ancestry_len`, none from another
	/// session (R-ABP-13).
	pub ancestors: Vec<RelayChainBlockInfo>,
	/// Keys of the validators.
	pub validators: Vec<ValidatorId>,
	/// Backing groups.
	pub groups: Vec<Vec<ValidatorIndex>>,
	/// How groups rotate, seen from the child.
	pub rotation: GroupRotationInfo,
	/// Least number of backing votes.
	pub minimum_backing_votes: u32,
	/// Validators whose votes the child does not count (R-BKV-4).
	pub disabled: Vec<ValidatorIndex>,
	/// State of each core.
	pub cores: Vec<CoreState>,
	/// Claims of each core.
	pub claim_queue: ClaimQueue,
	/// The same in the state of each ancestor: candidates with such a relay parent are judged by it (R-REL-7). One that is
	/// left out says that nothing is known there.
	pub ancestor_claim_queues: BTreeMap<Hash, ClaimQueue>,
	/// Every para that is scheduled here (R-VIE-1) and has a head.
	pub paras: BTreeMap<ParaId, ParaAtLeaf>,
	/// Relay parents of pending candidates, which may be older than the ancestors.
	pub pending_relay_parents: BTreeMap<Hash, RelayChainBlockInfo>,
	/// Codes about which the validators of the session vote, ascending: a registration or an upgrade waits for each (R-CODE-3).
	pub codes_to_check: Vec<ValidationCodeHash>,
	/// What the nodes have agreed to use in this session (R-BIN-30), such as the systematic mapping of chunks (R-AVL-6).
	pub node_features: NodeFeatures,
	/// What the grid of the session follows from; `None` where the runtime tells no epochs.
	pub grid: Option<GridSeed>,
	/// What happened to candidates in the leaf.
	pub events: Vec<CandidateEvent>,
}

impl LeafFacts {
	/// A leaf in session 0 at which nobody validates and nothing is scheduled, with the usual parameters: whoever needs little
	/// of a leaf, a tool or a test, fills in that.
	///
	/// ```
	/// use async_backing_primitives::{Hash, LeafFacts, RelayChainBlockInfo, ValidatorIndex};
	///
	/// let block = RelayChainBlockInfo { hash: Hash::repeat_byte(7), number: 7, storage_root: Hash::zero() };
	/// let facts = LeafFacts {
	///     groups: vec![vec![ValidatorIndex(0)]],
	///     ..LeafFacts::new(block, Hash::repeat_byte(6))
	/// };
	/// assert!(facts.relay_parent(block.hash).is_some());
	/// ```
	pub fn new(block: RelayChainBlockInfo, parent_hash: Hash) -> Self {
		let usual = HostConfiguration::default();
		Self {
			block,
			parent_hash,
			slot: Slot::default(),
			session_index: 0,
			session_ends_from_slot: Slot::MAX,
			params: usual.async_backing_params,
			ancestors: Vec::new(),
			validators: Vec::new(),
			groups: Vec::new(),
			rotation: GroupRotationInfo {
				session_start_block: 0,
				group_rotation_frequency: usual.group_rotation_frequency,
				now: block.number.saturating_add(1),
			},
			minimum_backing_votes: usual.minimum_backing_votes,
			disabled: Vec::new(),
			cores: Vec::new(),
			claim_queue: ClaimQueue::default(),
			ancestor_claim_queues: BTreeMap::new(),
			paras: BTreeMap::new(),
			pending_relay_parents: BTreeMap::new(),
			codes_to_check: Vec::new(),
			node_features: NodeFeatures::default(),
			grid: None,
			events: Vec::new(),
		}
	}

	/// What statements about candidates with this relay parent, or bitfields at this leaf, are bound to.
	pub fn signing_context(&self, parent_hash: Hash) -> SigningContext {
		SigningContext {
			session_index: self.session_index,
			parent_hash,
		}
	}

	/// The leaf and its ancestors, newest first: the relay parents that are in scope (R-GLO-14).
	pub fn relay_parents(&self) -> impl Iterator<Item = &RelayChainBlockInfo> {
		core::iter::once(&self.block).chain(&self.ancestors)
	}

	/// The relay parent with this hash, if it is in scope.
	pub fn relay_parent(&self, hash: Hash) -> Option<&RelayChainBlockInfo> {
		self.relay_parents().find(|info| info.hash == hash)
	}

	/// Whether a child of the leaf in this slot ends the session, so that nothing is backed in it (R-ABP-10).
	pub fn child_ends_session(&self, slot: Slot) -> bool {
		slot >= self.session_ends_from_slot
	}
}
