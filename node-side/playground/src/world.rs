//! What the moves have led to: relay blocks, candidates, and what one validator thinks of them.
//!
//! Nothing here judges. Whether a candidate may stand somewhere is for the view to say, what a relay block takes for the
//! rules of `async-backing-primitives`, in the order in which the chain asks them; what they say is kept in their words.
//!
//! Invariants: block 0 is the only one without parent; the view's leaves are the tips of the relay chain; a candidate
//! is known by its position, also when the view has forgotten it.

use crate::{
	chain::{Block, ParaState},
	moves::{Move, Plan},
};
use alloc::{
	borrow::ToOwned,
	collections::{BTreeMap, BTreeSet},
	format,
	string::String,
	vec::Vec,
};
use async_backing_primitives::{
	hash_bytes, required_backing_votes, AsyncBackingParams, BlockNumber, Constraints, CoreIndex,
	FixedVelocity, HeadData, HostConfiguration, OutboundHrmpChannelLimitations, ParaId, PoV,
	RelayChainBlockInfo, UpgradeRestriction, ValidationCode,
};
use async_backing_prospective_parachains::{Candidate, View};
use serde::Serialize;

/// Both paras.
pub(crate) const PARAS: [ParaId; 2] = [ParaId(2000), ParaId(2001)];
/// Number of the first relay block.
pub(crate) const FIRST: BlockNumber = 10;
/// Relay blocks that are there from the start.
pub(crate) const GIVEN: usize = 4;
/// Validators of the group that backs a candidate.
pub(crate) const GROUP: usize = 3;
/// Validators of the session.
pub(crate) const VALIDATORS: usize = 6;
/// Most relay blocks and candidates of a game: what a reader can take in is far below.
pub(crate) const MOST: usize = 2000;

/// A candidate, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
	pub(crate) name: String,
	pub(crate) plan: Plan,
	pub(crate) candidate: Candidate,
	/// The candidate that it builds on, if that is not the included head.
	pub(crate) on: Option<usize>,
	pub(crate) relay_parent: usize,
	pub(crate) pov: PoV,
	/// Whether the news of it has not come here.
	pub(crate) is_lost: bool,
	/// Who said that it is valid, as far as it came here.
	pub(crate) votes: BTreeSet<u8>,
	pub(crate) lost_votes: BTreeSet<u8>,
	/// Whether validators lack their chunks.
	pub(crate) is_withheld: bool,
	/// Why the view did not take it in, when it was last told of it.
	pub(crate) refusal: Option<String>,
}

/// What came of a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
	/// What was done.
	pub done: String,
	/// Whether that was accepted.
	pub accepted: bool,
	/// What came of it, or why not: in the words of the rule that says so.
	pub why: String,
}

/// The state of a game.
#[derive(Debug)]
pub struct World {
	pub(crate) params: AsyncBackingParams,
	pub(crate) cores: u32,
	pub(crate) hook: FixedVelocity,
	pub(crate) blocks: Vec<Block>,
	pub(crate) candidates: Vec<Entry>,
	pub(crate) view: View,
	/// Downward messages that the next relay block sends.
	pub(crate) mail: BTreeMap<ParaId, u32>,
	pub(crate) said: Vec<Said>,
}

impl Default for World {
	fn default() -> Self {
		Self::new()
	}
}

impl World {
	/// A relay chain of four blocks, and nothing built on it.
	pub fn new() -> Self {
		let mut world = Self {
			params: HostConfiguration::default().async_backing_params,
			cores: 1,
			hook: FixedVelocity {
				velocity: 1,
				capacity: 3,
			},
			blocks: Vec::new(),
			candidates: Vec::new(),
			view: View::default(),
			mail: BTreeMap::new(),
			said: Vec::new(),
		};
		let genesis = PARAS.map(|para| (para, ParaState::new(genesis_head(para))));
		let first = Block::new(FIRST, "10", None, genesis.into_iter().collect());
		world.blocks.push(first);
		world.activate(0);
		for parent in 0..GIVEN - 1 {
			world.extend(parent);
		}
		world
	}

	/// The state that these moves lead to.
	pub fn after(moves: &[Move]) -> Self {
		let mut world = Self::new();
		for next in moves {
			world.apply(next);
		}
		world
	}

	/// Makes a move, and says what came of it.
	pub fn apply(&mut self, next: &Move) -> &Said {
		let (done, outcome) = match next {
			Move::Block { on } => self.block(*on),
			Move::Candidate(plan) => self.build(plan),
			Move::Vote {
				candidate,
				validator,
				lost,
			} => self.vote(*candidate, *validator, *lost),
			Move::Deliver { candidate } => self.deliver(*candidate),
			Move::Withhold { candidate, withheld } => self.withhold(*candidate, *withheld),
			Move::Params { depth, ancestry } => self.change_params(*depth, *ancestry),
			Move::Cores { count } => self.change_cores(*count),
			Move::Message { para } => self.message(*para),
			Move::Hook { velocity, capacity } => {
				self.hook = FixedVelocity {
					velocity: *velocity,
					capacity: *capacity,
				};
				let done = format!("parachains build {velocity} a slot, {capacity} unincluded");
				(
					done,
					Ok("collators ask it before they build (R-HOO-3)".to_owned()),
				)
			}
		};
		let (accepted, why) = match outcome {
			Ok(why) => (true, why),
			Err(why) => (false, why),
		};
		let why = self.with_names(&why);
		self.said.push(Said { done, accepted, why });
		// It was pushed just now; the other is for the compiler.
		let last = self.said.len().saturating_sub(1);
		&self.said[last]
	}

	/// What came of each move.
	pub fn said(&self) -> &[Said] {
		&self.said
	}

	/// The configuration, with limits that a few candidates reach.
	pub(crate) fn config(&self) -> HostConfiguration {
		HostConfiguration {
			async_backing_params: self.params,
			max_head_data_size: 32,
			max_code_size: 64,
			max_upward_queue_count: 6,
			max_upward_queue_size: 96,
			max_upward_message_size: 48,
			max_upward_message_num_per_candidate: 3,
			hrmp_max_message_num_per_candidate: 1,
			num_cores: self.cores.saturating_mul(PARAS.len() as u32),
			// Always in the window (R-TMO-1).
			paras_availability_period: 3,
			group_rotation_frequency: 3,
			..HostConfiguration::default()
		}
	}

	/// Base constraints of a para in such a state, where `earliest` is the oldest relay parent of the window.
	pub(crate) fn constraints(&self, para: ParaId, state: &ParaState, earliest: BlockNumber) -> Constraints {
		let oldest = earliest.max(state.latest_context.unwrap_or_default());
		let channel = OutboundHrmpChannelLimitations {
			bytes_remaining: 64,
			messages_remaining: 2,
		};
		let others = PARAS.into_iter().filter(|other| *other != para);
		let mut constraints = Constraints::new(state.head.clone(), code(para).hash(), oldest, &self.config());
		constraints.dmp_remaining_messages = state.downward.clone();
		// Nothing ever arrives from the other para, so there is nowhere else to stop (R-BASE-9).
		constraints.hrmp_inbound.valid_watermarks = state.watermark.into_iter().collect();
		constraints.hrmp_channels_out = others.map(|other| (other, channel)).collect();
		constraints.upgrade_restriction = state.is_restricted.then_some(UpgradeRestriction::Present);
		constraints
	}

	/// Cores of a para, ascending.
	pub(crate) fn cores_of(&self, para: ParaId) -> impl Iterator<Item = CoreIndex> {
		let position = PARAS.iter().position(|id| *id == para).unwrap_or_default() as u32;
		let first = position.saturating_mul(self.cores);
		(first..first.saturating_add(self.cores)).map(CoreIndex)
	}

	/// Backing votes that a candidate needs (R-BKV-1).
	pub(crate) fn quorum(&self) -> usize {
		required_backing_votes(GROUP, self.config().minimum_backing_votes).unwrap_or(usize::MAX)
	}

	pub(crate) fn entry(&self, position: u32) -> Result<(usize, &Entry), String> {
		let at = position as usize;
		let entry = self.candidates.get(at);
		entry
			.map(|entry| (at, entry))
			.ok_or_else(|| format!("there is no candidate {position}"))
	}

	/// Whether the view has a candidate.
	pub(crate) fn is_known(&self, at: usize) -> bool {
		self.candidates.get(at).is_some_and(|entry| {
			let (para, hash) = (entry.candidate.para_id(), entry.candidate.hash());
			self.view.candidate(para, hash).is_some()
		})
	}

	/// Hashes in a text become names.
	pub(crate) fn with_names(&self, text: &str) -> String {
		if !text.contains("0x") {
			return text.to_owned();
		}
		let mut named = text.to_owned();
		for block in &self.blocks {
			named = named.replace(&format!("{}", block.info.hash), &block.name);
		}
		for entry in &self.candidates {
			let candidate = &entry.candidate;
			named = named.replace(&format!("{}", candidate.hash()), &entry.name);
			named = named.replace(
				&format!("{}", candidate.output_head_hash()),
				&format!("of {}", entry.name),
			);
		}
		for para in PARAS {
			let genesis = genesis_head(para).hash();
			named = named.replace(&format!("{genesis}"), "of genesis");
			named = named.replace(&format!("{}", code(para).hash()), &format!("of para {para}"));
		}
		named.replace(
			&format!("{}", ValidationCode(b"other code".to_vec()).hash()),
			"of somebody else",
		)
	}
}

/// What came of something, or why not.
pub(crate) type Outcome = Result<String, String>;

/// Head data of a para before its first block.
pub(crate) fn genesis_head(para: ParaId) -> HeadData {
	HeadData(format!("genesis of {para}").into_bytes())
}

/// Code of a para.
pub(crate) fn code(para: ParaId) -> ValidationCode {
	ValidationCode(format!("code of {para}").into_bytes())
}

/// A relay block of this number; `name` tells forks apart.
pub(crate) fn relay_block(number: BlockNumber, name: &str) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: hash_bytes(format!("relay block {name}").as_bytes()),
		number,
		storage_root: hash_bytes(format!("state of {name}").as_bytes()),
	}
}
