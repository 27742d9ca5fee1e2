//! The decision: what to build on at a leaf, how much, and for which core.
//!
//! One path serves synchronous and asynchronous backing; the parameters go through it. With (0, 0) the segment may hold
//! one unincluded block, so a candidate that is pending at the leaf forbids another one until it is included: the rhythm
//! of two relay blocks (R-SLO-1) follows from R-PAR-4 and is nowhere spelled out.

use crate::{
	blocks::{Blocks, Parablock},
	claims::{self, Claim},
	context::context_on,
	BuildOn, Collated, CollatorConfig, Opening, RelayParentOffset, Site,
};
use async_backing_execution_context::ContextError;
use async_backing_primitives::{
	required_backing_votes, BackingState, CandidateHash, ConsensusHook, CoreIndex, FixedVelocity, Hash,
	HeadData, HeadHash, LeafFacts, ParaId, Slot,
};
use std::{collections::BTreeMap, sync::Arc};
use thiserror::Error;
/// Why no block is built at a leaf. None of these is a fault; the next leaf may answer otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoBuild {
	/// The para is not scheduled at the leaf, or has no head.
	#[error("para {0} is not scheduled at this leaf (R-VIE-1)")]
	NotScheduled(ParaId),
	/// No core serves the para in any block that could back a candidate.
	#[error("no core serves para {0} in any block that could back a candidate (R-UMP-5)")]
	NoCore(ParaId),
	/// There are as many blocks that wait to be backed as claims of the para: one more could not be (R-SCH-8).
	#[error("{unbacked} blocks wait for the {claims} claims of the para (R-SCH-8)")]
	NoClaimLeft {
		/// Blocks that are not backed yet.
		unbacked: u32,
		/// Claims of the para that a candidate on this leaf could be backed for.
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
	/// The parachain demands its relay parent further behind than a relay parent in scope can be.
	#[error("the parachain demands {expected} relay blocks on top of its relay parent; {found} can be there (R-COL-2)")]
	TooNew {
		/// What the validation function demands.
		expected: u32,
		/// Blocks on top of the oldest relay parent that is sealed, in scope, and known.
		found: u32,
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
	/// What is pending at the leaf leaves no context for a block on it: the relay chain's state is none.
	#[error("nothing can be built on what is pending: {0}")]
	NoContext(#[from] ContextError),
	/// The backing group is empty, or unknown.
	#[error("nobody backs core {0} (R-BKV-1)")]
	NoBackers(CoreIndex),
}

/// Decides what to build on, and remembers what was built.
#[derive(Clone, Debug)]
pub struct Collator {
	config: CollatorConfig,
	blocks: Blocks,
	/// Relay blocks that may be relay parents behind a leaf; none if its relay parents are leaves.
	relay_blocks: BTreeMap<Hash, Arc<LeafFacts>>,
}

#[cfg(test)]
impl Collator {
	/// Number of relay blocks that are remembered for not scheduling the para.
	pub(crate) fn unscheduled(&self) -> usize {
		self.blocks.unscheduled_len()
	}

	/// Number of relay blocks that are remembered as relay parents behind a leaf.
	pub(crate) fn relay_blocks(&self) -> usize {
		self.relay_blocks.len()
	}
}

impl Collator {
	/// A collator that has the state of the genesis block.
	pub fn new(config: CollatorConfig, genesis_head: &HeadData) -> Self {
		Self {
			config,
			blocks: Blocks::new(genesis_head),
			relay_blocks: BTreeMap::new(),
		}
	}

	/// Takes in a relay block that may be a relay parent behind a later leaf (R-COL-2). Memory: those of the last
	/// `relay_parent_offset` numbers, on all forks.
	pub fn note_relay_block(&mut self, facts: &Arc<LeafFacts>) {
		let offset = self.config.relay_parent_offset.blocks();
		if offset == 0 {
			return;
		}
		self.relay_blocks.insert(facts.block.hash, facts.clone());
		let newest = self.relay_blocks.values().map(|known| known.block.number).max();
		let oldest = newest.map_or(0, |newest| newest.saturating_sub(offset));
		self.relay_blocks.retain(|_, known| known.block.number >= oldest);
	}

	/// The relay parent at a leaf: as far behind as it shall be and may be (R-COL-2, R-ABP-2). `None` if it is the leaf.
	fn behind(&self, leaf: &LeafFacts) -> Result<Option<Arc<LeafFacts>>, NoBuild> {
		let offset = self.config.relay_parent_offset;
		let mut ancestors = leaf.ancestors.iter().take(offset.blocks() as usize);
		match offset {
			RelayParentOffset::UpTo(_) => Ok(ancestors
				.next_back()
				.and_then(|behind| self.relay_blocks.get(&behind.hash))
				.cloned()),
			RelayParentOffset::Exactly(expected) => {
				let sealed = ancestors.take_while(|ancestor| ancestor.number > 0);
				let known: Vec<_> = sealed
					.map_while(|ancestor| self.relay_blocks.get(&ancestor.hash))
					.collect();
				match count(known.len()) {
					found if found == expected => Ok(known.last().map(|behind| Arc::clone(behind))),
					found => Err(NoBuild::TooNew { expected, found }),
				}
			}
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
			commitments: Arc::new(collated.receipt.commitments.clone()),
			parent_head: build_on.context.required_parent.value,
			relay_parent: build_on.relay_parent,
			slot: build_on.slot,
			candidate: collated.hash,
			core: Some(build_on.core),
			ready: build_on.ready,
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

	/// Where a block may be built at a leaf that is the best relay block (R-COL-2, R-HOO-5), and for which claims.
	///
	/// What may be backed is read in the state of the leaf, the newest there is; what the block is executed with, and the core
	/// that it names, in that of the relay parent.
	///
	/// # Errors
	/// [`NoBuild`] says why there is nothing to build here.
	pub fn site(&mut self, leaf: &LeafFacts) -> Result<Site, NoBuild> {
		let config = &self.config;
		let Some(at_leaf) = leaf.paras.get(&config.para) else {
			self.blocks.note_unscheduled(leaf);
			return Err(NoBuild::NotScheduled(config.para));
		};
		let behind = self.behind(leaf)?;
		let relay_parent = behind.as_deref().unwrap_or(leaf);
		let state = &at_leaf.backing_state;
		let included = state.constraints.required_parent.hash();
		self.blocks.refresh(leaf, included, &state.pending_availability);

		let latest = latest_head(state).hash();
		if let Some(unknown) = [included, latest]
			.into_iter()
			.find(|head| !self.blocks.knows(*head))
		{
			return Err(NoBuild::UnknownHead(unknown));
		}
		let mut free = claims::in_reach(leaf, relay_parent.block.number, config.para);
		if free.is_empty() {
			return Err(NoBuild::NoCore(config.para));
		}
		let (all, cores) = (count(free.len()), most_in_a_block(&free));
		let mut path = self.blocks.best_path(latest, leaf);
		let unbacked = count(path.len());
		// What does not fit any more, or no claim is left for, dies, and its children with it: the next block replaces them.
		let mut context = context_on(
			config.para,
			relay_parent.block,
			leaf.block.number,
			at_leaf,
			&mut path,
		)?;
		let served = claims::serve(&mut free, &path, leaf);
		if served < path.len() {
			path.truncate(served);
			context = context_on(
				config.para,
				relay_parent.block,
				leaf.block.number,
				at_leaf,
				&mut path,
			)?;
		}

		let on_leaf = path
			.iter()
			.filter(|block| block.relay_parent.hash == relay_parent.block.hash);
		let (built, wanted) = (count(on_leaf.count()), config.velocity.min(cores));
		if built >= wanted {
			return Err(NoBuild::EnoughBuilt { built, wanted });
		}
		let Some(first) = free.first().copied() else {
			return Err(NoBuild::NoClaimLeft {
				unbacked,
				claims: all,
			});
		};

		let depth = count(state.pending_availability.len().saturating_add(path.len()));
		let limit = config.capacity.max(1).min(leaf.params.max_unincluded());
		let hook = FixedVelocity {
			velocity: config.velocity,
			capacity: match behind {
				// Limits of the relay chain are those of the leaf.
				Some(_) => config.capacity.max(1),
				None => limit,
			},
		};
		let parent = context.required_parent.value;
		let last_slot = self.blocks.authored_in_last_slot(parent);
		// The parachain sees what is included at the relay parent, which may be less than at the leaf.
		let at_relay_parent = relay_parent.paras.get(&config.para).unwrap_or(at_leaf);
		let seen = match relay_parent.block.hash == leaf.block.hash {
			true => included,
			false => at_relay_parent.backing_state.constraints.required_parent.hash(),
		};
		let unincluded = match seen == included {
			true => depth,
			false => self.blocks.count_since(seen, parent).unwrap_or(depth),
		};
		if depth >= limit || !hook.can_build_upon(unincluded, last_slot, relay_parent.slot) {
			return Err(NoBuild::SegmentFull { unincluded, limit });
		}

		let mut site = Site {
			para: config.para,
			context: Arc::new(context),
			leaf: leaf.block,
			slot: leaf.slot,
			relay_parent: relay_parent.block,
			relay_parent_slot: relay_parent.slot,
			included: seen,
			depth,
			built,
			wanted,
			openings: Vec::new(),
			params: leaf.params,
			session_index: leaf.session_index,
			session_ends_from_slot: leaf.session_ends_from_slot,
			validators: leaf.validators.len(),
		};
		free.retain(|claim| !leaf.child_ends_session(site.slot_of(claim.block)));
		if free.is_empty() {
			return Err(NoBuild::SessionEnds {
				ends_from: leaf.session_ends_from_slot,
				backed_at: site.slot_of(first.block),
			});
		}
		// Cores that wait for nothing come first, so that one whose candidate is late holds up nobody.
		let named = |core| path.iter().any(|block| block.core == Some(core));
		let pending = &state.pending_availability;
		let occupied = |core| pending.iter().any(|it| it.descriptor.core_index() == Some(core));
		free.sort_by_key(|claim| (claim.block, named(claim.core) || occupied(claim.core), claim.core));
		let backed = free
			.iter()
			.filter_map(|claim| Some((*claim, votes_needed(relay_parent, claim.core)?)));
		site.openings = backed
			.filter_map(|(claim, votes)| {
				let of_core = free.iter().filter(|other| other.core == claim.core);
				Some(Opening {
					claim,
					selection: claims::selection(relay_parent, config.para, claim).ok()?,
					votes,
					last: of_core.map(|other| other.block).max()?,
					again: claims::again(leaf, config.para, claim),
				})
			})
			.collect();
		if site.openings.is_empty() {
			return Err(NoBuild::NoBackers(first.core));
		}
		Ok(site)
	}

	/// What to build at a leaf by somebody who expects every candidate to be backed by the next block that may: for the
	/// first claim that is free. Who knows better chooses from [`site`](Self::site).
	///
	/// After the block is built and [noted](Self::note_built) the question may be asked again: at a velocity above 1,
	/// with a core for each block, the answer is the child of that block.
	///
	/// # Errors
	/// [`NoBuild`] says why there is nothing to build here.
	pub fn decide(&mut self, leaf: &LeafFacts) -> Result<BuildOn, NoBuild> {
		let site = self.site(leaf)?;
		let first = site.openings.first().ok_or(NoBuild::NoCore(site.para))?;
		Ok(site.build_for(first, 1))
	}
}

/// Most claims in one block.
fn most_in_a_block(claims: &[Claim]) -> u32 {
	let blocks = claims.chunk_by(|one, other| one.block == other.block);
	count(blocks.map(<[Claim]>::len).max().unwrap_or(0))
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

/// Votes that back a candidate on this core with this relay parent: its group is that of the child (R-GRP-1).
fn votes_needed(relay_parent: &LeafFacts, core: CoreIndex) -> Option<u32> {
	let child = relay_parent
		.rotation
		.at(relay_parent.block.number.saturating_add(1));
	let group = child.group_for_core(core, relay_parent.groups.len())?;
	let size = relay_parent.groups.get(group.as_usize())?.len();
	required_backing_votes(size, relay_parent.minimum_backing_votes).map(count)
}

fn count(len: usize) -> u32 {
	u32::try_from(len).unwrap_or(u32::MAX)
}
