//! The relay chain of a game: what its blocks do with candidates.
//!
//! The steps are those of the chain's inherent, in its order: include the available prefix (R-ENA-3), drop what timed out and
//! what stands behind it (R-TMO-2, R-TMO-5), then back what the author offers, each candidate judged behind the others (R-BCK-2).
//! The author is the validator whose view the reader sees.

use crate::world::{relay_block, World, PARAS, VALIDATORS};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	format,
	string::{String, ToString},
	vec::Vec,
};
use async_backing_primitives::{
	candidate_modifications, check_depth, check_fragment, check_relay_parent_progress, enactable_prefix,
	oldest_legal_relay_parent, AllowedRelayParents, AvailabilityTimeouts, BackingState, BlockNumber,
	CandidateHash, CandidatePendingAvailability, ClaimQueue, ConstraintModifications, CoreIndex,
	FragmentCandidate, HeadData, LeafFacts, Operating, ParaAtLeaf, ParaId, RelayChainBlockInfo,
	ValidationDataClaim, ValidatorIndex,
};

/// A candidate on-chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending {
	pub(crate) candidate: usize,
	pub(crate) backed_in: BlockNumber,
}

/// What a relay block knows of a para.
#[derive(Clone, Debug)]
pub(crate) struct ParaState {
	pub(crate) head: HeadData,
	/// Relay parent of the last candidate that was included.
	pub(crate) latest_context: Option<BlockNumber>,
	pub(crate) pending: Vec<Pending>,
	/// Where the last candidate that was included has left the watermark of messages from other paras.
	pub(crate) watermark: Option<BlockNumber>,
	/// For each downward message that waits, when it was sent.
	pub(crate) downward: Vec<BlockNumber>,
	/// Whether an upgrade was announced: none may be, for as long as a game lasts.
	pub(crate) is_restricted: bool,
}

impl ParaState {
	/// Nothing but a head.
	pub(crate) fn new(head: HeadData) -> Self {
		Self {
			head,
			latest_context: None,
			watermark: None,
			pending: Vec::new(),
			downward: Vec::new(),
			is_restricted: false,
		}
	}
}

/// What a relay block did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Happened {
	pub(crate) included: Vec<usize>,
	pub(crate) timed_out: Vec<usize>,
	pub(crate) backed: Vec<usize>,
	/// What the author offered and the chain does not take: nothing, as long as prediction and verdict agree.
	pub(crate) refused: Vec<(usize, String)>,
}

/// A relay block, with the state after it.
#[derive(Clone, Debug)]
pub(crate) struct Block {
	pub(crate) info: RelayChainBlockInfo,
	pub(crate) name: String,
	pub(crate) parent: Option<usize>,
	pub(crate) paras: BTreeMap<ParaId, ParaState>,
	pub(crate) happened: Happened,
}

impl Block {
	pub(crate) fn new(
		number: BlockNumber,
		name: &str,
		parent: Option<usize>,
		paras: BTreeMap<ParaId, ParaState>,
	) -> Self {
		Self {
			info: relay_block(number, name),
			name: name.to_string(),
			parent,
			paras,
			happened: Happened::default(),
		}
	}
}

/// What the next block does with a para's candidates before it backs any, and what its author offers.
#[derive(Clone, Debug)]
pub(crate) struct Next {
	/// How many of those pending are included.
	pub(crate) included: usize,
	/// How many stay, or are included: the path that new ones build on (R-GLO-18).
	pub(crate) required: Vec<usize>,
	pub(crate) timed_out: Vec<usize>,
	pub(crate) free: Vec<CoreIndex>,
	pub(crate) offered: Vec<usize>,
}

impl World {
	/// Relay blocks without a child.
	pub(crate) fn tips(&self) -> Vec<usize> {
		let parents: BTreeSet<_> = self.blocks.iter().filter_map(|block| block.parent).collect();
		(0..self.blocks.len())
			.filter(|at| !parents.contains(at))
			.collect()
	}

	/// A block and its ancestors, newest first.
	pub(crate) fn chain(&self, at: usize) -> impl Iterator<Item = &Block> {
		core::iter::successors(self.blocks.get(at), |block| self.blocks.get(block.parent?))
	}

	/// Relay parents of candidates of the child of a block.
	pub(crate) fn window(&self, at: usize) -> AllowedRelayParents {
		let mut window = AllowedRelayParents::default();
		let chain: Vec<_> = self.chain(at).map(|block| block.info).collect();
		for block in chain.into_iter().rev() {
			// What leaves the window is of no use here.
			let _left = window.update(block, self.params.allowed_ancestry_len);
		}
		window
	}

	fn earliest(&self, at: usize) -> BlockNumber {
		self.window(at).oldest().map_or(0, |oldest| oldest.number)
	}

	fn timeouts(&self) -> AvailabilityTimeouts {
		let config = self.config();
		AvailabilityTimeouts {
			session_start: 0,
			group_rotation_frequency: config.group_rotation_frequency,
			paras_availability_period: config.paras_availability_period,
		}
	}

	/// The relay block that drops a candidate backed in this one, if it does not become available (R-TMO-3).
	pub(crate) fn time_out_at(&self, backed_in: BlockNumber) -> BlockNumber {
		self.timeouts().time_out_at(backed_in)
	}

	/// Who has this hash.
	pub(crate) fn position_of(&self, hash: CandidateHash) -> Option<usize> {
		self.candidates
			.iter()
			.position(|entry| entry.candidate.hash() == hash)
	}

	/// What the child of a leaf does.
	pub(crate) fn next(&self, leaf: usize, para: ParaId) -> Option<Next> {
		let block = self.blocks.get(leaf)?;
		let number = block.info.number.saturating_add(1);
		let pending = &block.paras.get(&para)?.pending;
		let votes = pending.iter().map(|pending| {
			let is_withheld = self
				.candidates
				.get(pending.candidate)
				.is_none_or(|entry| entry.is_withheld);
			if is_withheld {
				0
			} else {
				VALIDATORS
			}
		});
		let included = enactable_prefix(votes, VALIDATORS);
		let timeouts = self.timeouts();
		let stays = pending
			.iter()
			.skip(included)
			.position(|pending| timeouts.times_out(pending.backed_in, number))
			.map_or(pending.len(), |position| included + position);
		let candidates = |of: &[Pending]| of.iter().map(|pending| pending.candidate).collect::<Vec<_>>();
		let (required, timed_out) = (candidates(&pending[..stays]), candidates(&pending[stays..]));
		let taken: BTreeSet<_> = required[included..]
			.iter()
			.filter_map(|at| self.candidates.get(*at)?.candidate.core_index())
			.collect();
		let free: Vec<_> = self.cores_of(para).filter(|core| !taken.contains(core)).collect();
		let path: Vec<_> = required
			.iter()
			.filter_map(|at| Some(self.candidates.get(*at)?.candidate.hash()))
			.collect();
		let mut usable: BTreeSet<_> = free.iter().copied().collect();
		let offered = self
			.view
			.get_backable(block.info.hash, para, &path, free.len())
			.into_iter()
			// Each takes the core that it names, as long as that is free.
			.take_while(|backable| backable.core_index.is_some_and(|core| usable.remove(&core)))
			.filter_map(|backable| self.position_of(backable.candidate_hash))
			.collect();
		Some(Next {
			included,
			required,
			timed_out,
			free,
			offered,
		})
	}

	/// Builds a block on another one, and returns where it is.
	pub(crate) fn extend(&mut self, parent: usize) -> usize {
		if !self.tips().contains(&parent) {
			self.activate(parent);
		}
		let number = self.blocks[parent].info.number.saturating_add(1);
		let same = self
			.blocks
			.iter()
			.filter(|block| block.info.number == number)
			.count();
		let suffix = match same {
			0 => String::new(),
			more => format!(
				"{}",
				char::from_u32('a' as u32 + (more as u32).min(25)).unwrap_or('z')
			),
		};
		let twin = if same > 25 {
			format!("{same}")
		} else {
			String::new()
		};
		let mut block = Block::new(
			number,
			&format!("{number}{suffix}{twin}"),
			Some(parent),
			BTreeMap::new(),
		);
		let mail = core::mem::take(&mut self.mail);
		for para in PARAS {
			let Some(next) = self.next(parent, para) else {
				continue;
			};
			let Some(mut state) = self.blocks[parent].paras.get(&para).cloned() else {
				continue;
			};
			self.process(parent, number, &next, &mut state, &mut block.happened);
			let sent = mail.get(&para).copied().unwrap_or_default();
			state.downward.extend((0..sent).map(|_| number));
			block.paras.insert(para, state);
		}
		self.blocks.push(block);
		let built = self.blocks.len() - 1;
		self.activate(built);
		let gone = self.blocks[parent].info.hash;
		let _update = self.view.update_leaves(&[], &[gone]);
		built
	}

	/// One para in a block: includes, drops, backs.
	fn process(
		&self,
		parent: usize,
		number: BlockNumber,
		next: &Next,
		state: &mut ParaState,
		happened: &mut Happened,
	) {
		for at in &next.required[..next.included] {
			let Some(entry) = self.candidates.get(*at) else {
				continue;
			};
			let commitments = entry.candidate.commitments();
			let processed = (commitments.processed_downward_messages as usize).min(state.downward.len());
			state.downward.drain(..processed);
			state.head = commitments.head_data.clone();
			state.latest_context = Some(entry.candidate.relay_parent_number());
			state.watermark = Some(commitments.hrmp_watermark);
			state.is_restricted |= commitments.new_validation_code.is_some();
			happened.included.push(*at);
		}
		happened.timed_out.extend(&next.timed_out);
		let stays = next.required.len().saturating_sub(next.included);
		state.pending.drain(..next.included);
		state.pending.truncate(stays);
		for at in &next.offered {
			match self.judge(parent, state, stays, *at) {
				Ok(()) => {
					state.pending.push(Pending {
						candidate: *at,
						backed_in: number,
					});
					happened.backed.push(*at);
				}
				Err(why) => {
					happened.refused.push((*at, why));
					return;
				}
			}
		}
	}

	/// What the chain says of a candidate behind those that are pending or accepted (R-BCK-2).
	fn judge(&self, parent: usize, state: &ParaState, stays: usize, at: usize) -> Result<(), String> {
		let candidate = &self.candidates.get(at).ok_or("unknown")?.candidate;
		let window = self.window(parent);
		let relay_parent = window.lookup(candidate.relay_parent()).ok_or_else(|| {
			format!(
				"relay parent {} is not allowed (R-REL-3)",
				candidate.relay_parent()
			)
		})?;
		let earliest = self.earliest(parent);
		let base = self.constraints(candidate.para_id(), state, earliest);
		let mut stacked = ConstraintModifications::default();
		let mut before = state.latest_context;
		for pending in &state.pending {
			let above = &self.candidates.get(pending.candidate).ok_or("unknown")?.candidate;
			let relay_parent = above.relay_parent_number();
			let operating = Operating::new(&base, &stacked);
			let modifications = candidate_modifications(relay_parent, &operating, above.commitments());
			let modifications = modifications.map_err(|error| error.to_string())?;
			stacked.stack(&modifications);
			before = Some(relay_parent);
		}
		let oldest = oldest_legal_relay_parent(before, earliest, false);
		check_relay_parent_progress(Some(oldest), relay_parent.number).map_err(|error| error.to_string())?;
		let descriptor = &candidate.receipt().descriptor;
		let fragment = FragmentCandidate {
			commitments: candidate.commitments(),
			validation_code_hash: descriptor.validation_code_hash(),
			validation_data: ValidationDataClaim::Hash(descriptor.persisted_validation_data_hash()),
			is_pending_availability: false,
		};
		check_fragment(&relay_parent, &Operating::new(&base, &stacked), &fragment)
			.map_err(|error| error.to_string())?;
		let accepted = state.pending.len().saturating_sub(stays);
		check_depth(stays, accepted, self.params.max_candidate_depth).map_err(|error| error.to_string())?;
		Ok(())
	}

	/// What a node knows of a para at a relay block.
	pub(crate) fn para_at(&self, at: usize, para: ParaId) -> Option<ParaAtLeaf> {
		let state = self.blocks.get(at)?.paras.get(&para)?;
		let constraints = self.constraints(para, state, self.earliest(at));
		let pending_availability = state
			.pending
			.iter()
			.filter_map(|pending| {
				let candidate = &self.candidates.get(pending.candidate)?.candidate;
				Some(CandidatePendingAvailability {
					candidate_hash: candidate.hash(),
					descriptor: candidate.receipt().descriptor.clone(),
					commitments: candidate.commitments().clone(),
					relay_parent_number: candidate.relay_parent_number(),
					max_pov_size: constraints.max_pov_size,
				})
			})
			.collect();
		Some(ParaAtLeaf {
			backing_state: BackingState {
				constraints,
				pending_availability,
			},
			extension: None,
		})
	}

	/// Makes a block a leaf of the view.
	pub(crate) fn activate(&mut self, at: usize) {
		let Some(block) = self.blocks.get(at) else { return };
		let ancestors: Vec<_> = self.chain(at).skip(1).map(|block| block.info).collect();
		let parent = ancestors.first().copied().unwrap_or_default();
		let lookahead = self.params.relay_parent_window() as usize;
		let claims = PARAS.into_iter().flat_map(|para| {
			let claims = core::iter::repeat_n(para, lookahead);
			self.cores_of(para)
				.map(move |core| (core, claims.clone().collect()))
		});
		let claim_queue: ClaimQueue = claims.collect();
		let paras = PARAS
			.into_iter()
			.filter_map(|para| Some((para, self.para_at(at, para)?)));
		let known = |info: &RelayChainBlockInfo| (info.hash, *info);
		let facts = LeafFacts {
			params: self.params,
			pending_relay_parents: ancestors.iter().map(known).collect(),
			ancestors: ancestors
				.iter()
				.copied()
				.take(self.params.allowed_ancestry_len as usize)
				.collect(),
			groups: (0..2)
				.map(|group| (group * 3..group * 3 + 3).map(ValidatorIndex).collect())
				.collect(),
			paras: paras.collect(),
			claim_queue,
			..LeafFacts::new(block.info, parent.hash)
		};
		// What is strange about a leaf would be a fault of this module; its test looks.
		let _update = self.view.update_leaves(&[facts], &[]);
	}
}
