//! The decision: what to build on at a leaf, how much, and for which core.
//!
//! One path serves synchronous and asynchronous backing; the parameters go through it. With (0, 0) the segment may hold
//! one unincluded block, so a candidate that is pending at the leaf forbids another one until it is included: the rhythm
//! of two relay blocks (R-SLO-1) follows from R-PAR-4 and is nowhere spelled out.

use crate::{
	blocks::{Blocks, Parablock},
	pov_target, Collated, FixedVelocity,
};
use async_backing_primitives::{
	cores_assigned_at, required_backing_votes, BackingState, CandidateHash, ClaimQueueOffset, CoreIndex,
	HeadData, HeadHash, LeafFacts, ParaId, RelayChainBlockInfo, SessionIndex, Slot, ValidationCodeHash,
};
use std::collections::VecDeque;
use thiserror::Error;

/// What a parachain and its collator have settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollatorConfig {
	/// The parachain.
	pub para: ParaId,
	/// Unincluded blocks that the parachain allows itself (R-SEG-8).
	pub capacity: u32,
	/// Blocks that it wants per relay block (R-HOO-2). It needs a core for each.
	pub velocity: u32,
}

/// A block to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildOn {
	/// The parachain.
	pub para: ParaId,
	/// Head data of the parent, the required parent of R-COL-1.
	pub parent_head: HeadData,
	/// The relay parent: the leaf (R-COL-2).
	pub relay_parent: RelayChainBlockInfo,
	/// Slot of the leaf.
	pub slot: Slot,
	/// Core that the candidate shall occupy (R-UMP-5).
	pub core: CoreIndex,
	/// Session of the relay parent: the one that its child runs in.
	pub session_index: SessionIndex,
	/// Largest legal PoV, in bytes of its SCALE encoding. The budget stays below.
	pub max_pov_size: u32,
	/// Code that will be in force when the candidate is judged.
	pub validation_code_hash: ValidationCodeHash,
	/// Validators among whom the available data will be split.
	pub validators: usize,
	/// Unincluded blocks between the included head and this one: its depth (R-GLO-11).
	pub depth: u32,
	/// First slot whose block can back the candidate: blocks of this para that wait to be backed come before it.
	pub earliest: Slot,
	/// Last slot whose block may back the candidate: its relay parent is in scope (R-ABP-2), and the session goes on
	/// (R-ABP-10). When its author assembles the inherent is for the driver to know, as is how long it takes until then.
	pub deadline: Slot,
	/// What bounds the block.
	pub limits: Limits,
}

/// What bounds a block, beside time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
	/// Most bytes of the PoV's SCALE encoding: the target of R-HOO-6, below [`BuildOn::max_pov_size`].
	pub pov_size: u32,
	/// Votes that back the candidate (R-BKV-1): backers that fetch and execute it.
	pub votes: u32,
	/// Blocks that the para wants in each slot; they share what its backers can do.
	pub blocks_per_slot: u32,
}

/// Why no block is built at a leaf. None of these is a fault; the next leaf may answer otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoBuild {
	/// The para is not scheduled at the leaf, or has no head.
	#[error("para {0} is not scheduled at this leaf (R-VIE-1)")]
	NotScheduled(ParaId),
	/// No core is assigned to the para in the next block.
	#[error("no core is assigned to para {0} in the next block (R-UMP-5)")]
	NoCore(ParaId),
	/// There are as many blocks that wait to be backed as claims of the para: one more could not be (R-SCH-8).
	#[error("{unbacked} blocks wait for the {claims} claims of the para (R-SCH-8)")]
	NoClaimLeft {
		/// Blocks that are not backed yet.
		unbacked: u32,
		/// Claims of the para that the claim queue shows.
		claims: u32,
	},
	/// There is a block for each core, or for each unit of velocity, on this relay parent.
	#[error("{built} blocks are built on this relay parent, of {wanted} (R-HOO-2)")]
	EnoughBuilt {
		/// Blocks on the path with this relay parent.
		built: u32,
		/// The smaller of velocity and number of cores.
		wanted: u32,
	},
	/// The collator does not have the state of the head on-chain.
	#[error("the state of head {0} is not known (R-PAR-1)")]
	UnknownHead(HeadHash),
	/// The segment is full, or the slot is behind that of the parent.
	#[error("{unincluded} blocks are unincluded, of {limit} (R-PAR-4, R-HOO-3)")]
	SegmentFull {
		/// Unincluded blocks at this leaf.
		unincluded: u32,
		/// The smaller of capacity and `max_candidate_depth + 1`.
		limit: u32,
	},
	/// The candidate could be backed only when the session ends or has ended.
	#[error(
		"the session ends from slot {ends_from}, but nothing backs it before slot {backed_at} (R-ABP-10)"
	)]
	SessionEnds {
		/// First slot in which a block would end the session, and back nothing.
		ends_from: Slot,
		/// First slot whose block can back the candidate.
		backed_at: Slot,
	},
	/// The backing group is empty, or unknown.
	#[error("nobody backs core {0} (R-BKV-1)")]
	NoBackers(CoreIndex),
}

/// Decides what to build on, and remembers what was built.
#[derive(Clone, Debug)]
pub struct Collator {
	config: CollatorConfig,
	blocks: Blocks,
}

impl Collator {
	/// A collator that has the state of the genesis block.
	pub fn new(config: CollatorConfig, genesis_head: &HeadData) -> Self {
		Self {
			config,
			blocks: Blocks::new(genesis_head),
		}
	}

	/// What it was made with.
	pub fn config(&self) -> &CollatorConfig {
		&self.config
	}

	/// Whether the collator has the state of the block with this head.
	pub fn knows(&self, head: HeadHash) -> bool {
		self.blocks.knows(head)
	}

	/// The block with this head, if the collator has its state; `None` also for the genesis block.
	pub fn block(&self, head: HeadHash) -> Option<&Parablock> {
		self.blocks.get(head)
	}

	/// Number of blocks that are remembered; bounded by [`REMEMBERED_FOR`](crate::REMEMBERED_FOR) and
	/// [`MAX_REMEMBERED`](crate::MAX_REMEMBERED).
	pub fn remembered(&self) -> usize {
		self.blocks.len()
	}

	/// Takes in a block that was built after [`decide`](Self::decide), so that the next one can build on it.
	pub fn note_built(&mut self, build_on: &BuildOn, collated: &Collated) {
		self.note_block(Parablock {
			head: collated.receipt.commitments.head_data.clone(),
			parent_head: build_on.parent_head.hash(),
			relay_parent: build_on.relay_parent,
			slot: build_on.slot,
			candidate: collated.hash,
		});
	}

	/// Takes in a block whose state the producer has, whoever built it.
	pub fn note_block(&mut self, block: Parablock) {
		self.blocks.insert(block);
	}

	/// Candidates of known blocks that may still be included, seen from a leaf: those that are pending, and those below
	/// them that may be backed (R-COL-6). Parents come before their children.
	pub fn alive(&self, leaf: &LeafFacts) -> Vec<CandidateHash> {
		let Some(para) = leaf.paras.get(&self.config.para) else {
			return Vec::new();
		};
		let state = &para.backing_state;
		let known_pending = state
			.pending_availability
			.iter()
			.filter(|pending| self.blocks.knows(pending.descriptor.para_head()))
			.map(|pending| pending.candidate_hash);
		let below = self.blocks.alive_below(latest_head(state).hash(), leaf);
		known_pending
			.chain(below.iter().filter_map(|path| Some(path.last()?.candidate)))
			.collect()
	}

	/// What to build at a leaf that is the best relay block (R-COL-2, R-HOO-5).
	///
	/// After the block is built and [noted](Self::note_built) the question may be asked again: at a velocity above 1,
	/// with a core for each block, the answer is the child of that block.
	///
	/// # Errors
	/// [`NoBuild`] says why there is nothing to build here.
	pub fn decide(&mut self, leaf: &LeafFacts) -> Result<BuildOn, NoBuild> {
		let config = &self.config;
		let Some(para) = leaf.paras.get(&config.para) else {
			self.blocks.note_unscheduled(leaf);
			return Err(NoBuild::NotScheduled(config.para));
		};
		let state = &para.backing_state;
		let included = state.constraints.required_parent.hash();
		self.blocks.refresh(leaf, included, &state.pending_availability);

		let latest = latest_head(state).hash();
		if let Some(unknown) = [included, latest]
			.into_iter()
			.find(|head| !self.blocks.knows(*head))
		{
			return Err(NoBuild::UnknownHead(unknown));
		}
		let path = self.blocks.best_path(latest, leaf);
		let parent_head = path.last().map_or_else(|| latest_head(state), |tip| &tip.head);

		let cores = cores_assigned_at(&leaf.claim_queue, config.para, ClaimQueueOffset(0));
		let built = count(
			path.iter()
				.filter(|block| block.relay_parent.hash == leaf.block.hash)
				.count(),
		);
		let wanted = config.velocity.min(count(cores.len()));
		let core = match cores.get(built as usize) {
			_ if cores.is_empty() => return Err(NoBuild::NoCore(config.para)),
			Some(core) if built < wanted => *core,
			_ => return Err(NoBuild::EnoughBuilt { built, wanted }),
		};

		if let Some(claims) = last_claims(leaf, config.para) {
			let unbacked = count(path.len());
			if unbacked >= claims {
				return Err(NoBuild::NoClaimLeft { unbacked, claims });
			}
		}

		let depth = count(state.pending_availability.len().saturating_add(path.len()));
		let limit = config.capacity.max(1).min(leaf.params.max_unincluded());
		let hook = FixedVelocity {
			velocity: config.velocity,
			capacity: limit,
		};
		let last_slot = self.blocks.authored_in_last_slot(parent_head.hash());
		if !hook.can_build_upon(depth, last_slot, leaf.slot) {
			return Err(NoBuild::SegmentFull {
				unincluded: depth,
				limit,
			});
		}

		let votes = votes_needed(leaf, core).ok_or(NoBuild::NoBackers(core))?;
		// Each core takes a candidate per block, so those ahead of this one that are not backed yet come first.
		let ahead = count(path.len().checked_div(cores.len()).unwrap_or(0));
		let earliest = leaf.slot.saturating_add(u64::from(ahead).saturating_add(1));
		if leaf.child_ends_session(earliest) {
			return Err(NoBuild::SessionEnds {
				ends_from: leaf.session_ends_from_slot,
				backed_at: earliest,
			});
		}
		let scope_ends = u64::from(leaf.params.allowed_ancestry_len).saturating_add(1);
		let deadline = leaf
			.slot
			.saturating_add(scope_ends)
			.min(leaf.session_ends_from_slot.saturating_sub(1));
		let max_pov_size = state.constraints.max_pov_size;

		Ok(BuildOn {
			para: config.para,
			parent_head: parent_head.clone(),
			relay_parent: leaf.block,
			slot: leaf.slot,
			core,
			session_index: leaf.session_index,
			max_pov_size,
			validation_code_hash: code_in_force(state, &path),
			validators: leaf.validators.len(),
			depth,
			earliest,
			deadline,
			limits: Limits {
				pov_size: pov_target(max_pov_size),
				votes,
				blocks_per_slot: wanted,
			},
		})
	}
}

/// Head data of the last pending candidate, else of the included block (R-PAR-2).
fn latest_head(state: &BackingState) -> &HeadData {
	state
		.pending_availability
		.last()
		.map_or(&state.constraints.required_parent, |last| {
			&last.commitments.head_data
		})
}

/// How many claims of the para are left, if they come to an end: a para that lives on orders has one for each order,
/// while one with a core of its own has it for as far as the queue reaches.
fn last_claims(leaf: &LeafFacts, para: ParaId) -> Option<u32> {
	let horizon = leaf.claim_queue.values().map(|claims| claims.len()).max()?;
	let goes_on = |claims: &VecDeque<ParaId>| claims.len() == horizon && claims.back() == Some(&para);
	if leaf.claim_queue.values().any(goes_on) {
		return None;
	}
	let claims = leaf.claim_queue.values().flatten();
	Some(count(claims.filter(|claim| **claim == para).count()))
}

/// Votes that back a candidate on this core whose relay parent is the leaf: its group is that of the child (R-GRP-1).
fn votes_needed(leaf: &LeafFacts, core: CoreIndex) -> Option<u32> {
	let child = leaf.rotation.at(leaf.block.number.saturating_add(1));
	let group = child.group_for_core(core, leaf.groups.len())?;
	let size = leaf.groups.get(group.as_usize())?.len();
	required_backing_votes(size, leaf.minimum_backing_votes).map(count)
}

/// The code that is in force after these blocks: the scheduled one if one of them applies it (R-MOD-6).
fn code_in_force(state: &BackingState, path: &[&Parablock]) -> ValidationCodeHash {
	let pending = state
		.pending_availability
		.iter()
		.map(|pending| pending.relay_parent_number);
	let mut relay_parents = pending.chain(path.iter().map(|block| block.relay_parent.number));
	match state.constraints.future_validation_code {
		Some((at, code)) if relay_parents.any(|number| number >= at) => code,
		_ => state.constraints.validation_code_hash,
	}
}

fn count(len: usize) -> u32 {
	u32::try_from(len).unwrap_or(u32::MAX)
}
