//! The tree that a leaf's knowledge gives, and what the provisioner takes from it, beside what the chain backed next.
//!
//! Leaf, view, tree and provisioner are those of a validator: [`View`] and [`provision`]. What a node asks its runtime for is
//! put together from earlier blocks; limits that no block tells are lifted, so that they decide nothing.

use super::{history::History, prepared::Prepared, session::Session, state::State};
use crate::{Block, Question, Verdict};
use async_backing_fragment_tree::Backable;
use async_backing_primitives::{
	AsyncBackingParams, BackingState, CandidateHash, CandidatePendingAvailability, Constraints, CoreIndex,
	CoreState, Hash, HostConfiguration, LeafFacts, OccupiedCore, OutboundHrmpChannelLimitations, ParaAtLeaf,
	ParaId, RelayChainBlockInfo, ScheduledCore, ValidatorId,
};
use async_backing_prospective_parachains::{View, ViewConfig};
use async_backing_provisioner::{provision, BackableSource, SharedBackedCandidate};
use bitvec::vec::BitVec;
use codec::Decode;
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// A leaf, and what is known at it.
pub(super) struct Leaf<'a> {
	pub(super) history: &'a History,
	pub(super) info: RelayChainBlockInfo,
	pub(super) state: &'a State,
	pub(super) session: &'a Session,
	pub(super) params: AsyncBackingParams,
}

/// Candidates of one para that are compared, or why they can't be.
type Decided<'a> = Result<Vec<&'a Prepared>, &'static str>;

/// Judges what `block`, the child of the leaf, backed. `later` are candidates of the blocks behind it.
pub(super) fn judge(
	leaf: &Leaf<'_>,
	block: &Block,
	backed: &[Prepared],
	later: &[&Prepared],
	verdict: &mut Verdict,
) {
	let question = Question::Choice;
	let mut paras: BTreeMap<ParaId, Vec<&Prepared>> = BTreeMap::new();
	for candidate in backed.iter().filter(|candidate| candidate.taken == Some(true)) {
		paras.entry(candidate.para).or_default().push(candidate);
	}
	let has_disputes = block
		.inherent
		.as_ref()
		.is_some_and(|inherent| !inherent.data.disputes.is_empty());
	let are_bits_known = block
		.inherent
		.as_ref()
		.is_none_or(|inherent| inherent.bits_unknown.is_none());
	let validators = leaf.session.validators;
	let mut compared: BTreeMap<ParaId, Vec<&Prepared>> = BTreeMap::new();
	for (para, candidates) in paras {
		let decided = match validators {
			_ if has_disputes => Err("the block carries disputes, and they may have thrown out what waited"),
			_ if !are_bits_known => Err("how many bits the lists of the inherent have is not told"),
			None => Err("nothing tells the number of validators"),
			Some(_) => leaf.decide(para, candidates.clone()),
		};
		match decided {
			Ok(candidates) => {
				compared.insert(para, candidates);
			}
			Err(why) => verdict.undecided(question, candidates.len(), why),
		}
	}
	if compared.is_empty() {
		return;
	}
	let (least, most) = validators.unwrap_or_default();
	let outcome_with =
		|validators| leaf.propose(leaf.facts(&compared, later, validators), block, &compared, later);
	let (outcome, by_most) = (outcome_with(least), outcome_with(most));
	for (para, candidates) in &compared {
		let expected: Vec<_> = candidates.iter().map(|candidate| candidate.hash).collect();
		let chosen = outcome.chosen.get(para).cloned().unwrap_or_default();
		if by_most.chosen.get(para).cloned().unwrap_or_default() != chosen {
			let why = "the numbers of validators that fit leave two thresholds";
			verdict.undecided(question, expected.len(), why);
			continue;
		}
		if chosen == expected {
			verdict.agree(question, expected.len());
			continue;
		}
		let refusals: Vec<_> = expected
			.iter()
			.filter_map(|hash| outcome.refusals.get(hash))
			.cloned()
			.collect();
		verdict.disagree(
			question,
			format!(
				"para {para}: the chain backed {expected:?}, the tree gives {chosen:?} ({})",
				refusals.join("; ")
			),
		);
	}
}

/// What view and provisioner said.
struct Outcome {
	chosen: BTreeMap<ParaId, Vec<CandidateHash>>,
	refusals: BTreeMap<CandidateHash, String>,
}

impl Leaf<'_> {
	/// Whether the data tell enough of a para at this leaf.
	fn decide<'a>(&self, para: ParaId, candidates: Vec<&'a Prepared>) -> Decided<'a> {
		let Some(included) = self.state.included.get(&para) else {
			return Err("the included head at the leaf is from before the data");
		};
		let mut head = included;
		let pending = self.state.pending.get(&para).into_iter().flatten();
		for waiting in pending {
			let Some(data) = &waiting.candidate.validation_data else {
				return Err("the validation data of a candidate that waits do not follow from the data");
			};
			if data.parent_head != *head {
				return Err("a candidate from before the data may wait");
			}
			if waiting.candidate.core.is_none() {
				return Err("the core of a candidate that waits is not told");
			}
			head = &waiting.candidate.backed.candidate.commitments.head_data;
		}
		let nothing_waits = self.state.pending.get(&para).is_none_or(Vec::is_empty);
		for (position, candidate) in candidates.iter().enumerate() {
			let Some(data) = &candidate.validation_data else {
				return Err("its validation data do not follow from the data");
			};
			if position == 0 && nothing_waits && data.parent_head != *head {
				return Err("a candidate from before the data may wait");
			}
			if candidate.core.is_none() {
				return Err("its core is not told");
			}
			if candidate.is_injected.is_none() {
				return Err("whether its index bits end with a core does not follow from the data");
			}
		}
		Ok(candidates)
	}

	/// Relay parents in scope below the leaf, as far as they are known.
	fn ancestors(&self) -> Vec<RelayChainBlockInfo> {
		let hashes = self.history.ancestors(self.info.hash).skip(1);
		hashes
			.take(self.params.allowed_ancestry_len as usize)
			// The session ends with an ancestor: it is the last whose child is in this one (R-ABP-13).
			.scan(self.history.ends_session(self.info.hash), |ended, hash| {
				let info = self.history.info(hash).filter(|_| !*ended);
				*ended = self.history.ends_session(hash);
				info
			})
			.collect()
	}

	/// What a node would know here.
	fn facts(
		&self,
		compared: &BTreeMap<ParaId, Vec<&Prepared>>,
		later: &[&Prepared],
		validators: u32,
	) -> LeafFacts {
		let mut next_up: BTreeMap<CoreIndex, ParaId> = BTreeMap::new();
		for candidate in compared.values().flatten() {
			if let Some(core) = candidate.core {
				next_up.insert(core, candidate.para);
			}
		}
		let mut facts = LeafFacts {
			params: self.params,
			ancestors: self.ancestors(),
			validators: vec![nobody(); validators as usize],
			cores: (0..)
				.map(CoreIndex)
				.take(self.session.cores)
				.map(|core| free_or(next_up.get(&core)))
				.collect(),
			..LeafFacts::new(
				self.info,
				self.history.ancestors(self.info.hash).nth(1).unwrap_or_default(),
			)
		};
		for (para, candidates) in compared {
			let waiting = self
				.state
				.pending
				.get(para)
				.map(Vec::as_slice)
				.unwrap_or_default();
			let mut pending_availability = Vec::new();
			for waiting in waiting {
				let candidate = &waiting.candidate;
				let (Some(relay_parent), Some(data), Some(core)) =
					(candidate.relay_parent, &candidate.validation_data, candidate.core)
				else {
					continue;
				};
				facts
					.pending_relay_parents
					.insert(relay_parent.hash, relay_parent);
				pending_availability.push(CandidatePendingAvailability {
					candidate_hash: candidate.hash,
					descriptor: candidate.backed.candidate.descriptor.clone(),
					commitments: candidate.backed.candidate.commitments.clone(),
					relay_parent_number: relay_parent.number,
					max_pov_size: data.max_pov_size,
				});
				let mut availability = BitVec::repeat(false, validators as usize);
				for voter in &waiting.voters {
					if let Some(mut bit) = availability.get_mut(voter.as_usize()) {
						*bit = true;
					}
				}
				let next = next_up.get(&core).copied().map(ScheduledCore::from);
				if let Some(state) = facts.cores.get_mut(core.as_usize()) {
					*state = CoreState::Occupied(OccupiedCore {
						next_up_on_available: next,
						occupied_since: waiting.backed_in.unwrap_or_default(),
						time_out_at: u32::MAX,
						next_up_on_time_out: next,
						availability,
						group_responsible: candidate.group.unwrap_or_default(),
						candidate_hash: candidate.hash,
						candidate_descriptor: candidate.backed.candidate.descriptor.clone(),
					});
				}
			}
			let behind = later.iter().copied().filter(|candidate| candidate.para == *para);
			let chain: Vec<_> = waiting
				.iter()
				.map(|waiting| &waiting.candidate)
				.chain(candidates.iter().copied())
				.chain(behind)
				.collect();
			if let Some(included) = self.state.included.get(para) {
				let constraints = self.constraints(*para, included.clone(), &chain);
				let backing_state = BackingState {
					constraints,
					pending_availability,
				};
				facts.paras.insert(
					*para,
					ParaAtLeaf {
						backing_state,
						extension: None,
					},
				);
			}
		}
		facts
	}

	/// Constraints at the included head: what follows from the candidates is set so that it says no more than they do, and
	/// what doesn't follow is lifted.
	fn constraints(
		&self,
		para: ParaId,
		included: async_backing_primitives::HeadData,
		chain: &[&Prepared],
	) -> Constraints {
		let earliest = self.info.number.saturating_sub(self.params.allowed_ancestry_len);
		let context = self
			.state
			.included_context
			.get(&para)
			.copied()
			.unwrap_or_default();
		let code = |candidate: &Prepared| candidate.backed.candidate.descriptor.validation_code_hash();
		let first_code = chain.first().map(|first| code(first)).unwrap_or_default();
		let mut pov = chain
			.iter()
			.filter_map(|candidate| candidate.validation_data.as_ref())
			.map(|data| data.max_pov_size);
		let config = HostConfiguration {
			max_pov_size: pov.next_back().unwrap_or_default(),
			max_code_size: u32::MAX,
			max_head_data_size: u32::MAX,
			max_upward_queue_count: u32::MAX,
			max_upward_queue_size: u32::MAX,
			max_upward_message_num_per_candidate: u32::MAX,
			hrmp_max_message_num_per_candidate: u32::MAX,
			..HostConfiguration::default()
		};
		let mut constraints = Constraints::new(included, first_code, earliest.max(context), &config);
		// An upgrade applies with a block that is still validated with the old code (R-CODE-5).
		let applied = chain.windows(2).find_map(|pair| match pair {
			[old, new] if code(old) != code(new) => Some((old.relay_parent?.number, code(new))),
			_ => None,
		});
		constraints.future_validation_code = applied;
		for candidate in chain {
			let Some(relay_parent) = candidate.relay_parent else {
				continue;
			};
			let commitments = &candidate.backed.candidate.commitments;
			// The latest block in which a message that is processed here can have been sent (R-DMP-1).
			let processed = commitments.processed_downward_messages as usize;
			let sent_at = std::iter::repeat_n(relay_parent.number, processed.min(MOST_MESSAGES));
			constraints.dmp_remaining_messages.extend(sent_at);
			if commitments.hrmp_watermark != relay_parent.number {
				constraints
					.hrmp_inbound
					.valid_watermarks
					.push(commitments.hrmp_watermark);
			}
			for message in &commitments.horizontal_messages {
				let unlimited = OutboundHrmpChannelLimitations {
					bytes_remaining: u32::MAX,
					messages_remaining: u32::MAX,
				};
				constraints.hrmp_channels_out.push((message.recipient, unlimited));
			}
		}
		constraints.canonicalize();
		constraints
	}

	/// Builds the trees, tells them of candidates, and has the provisioner choose.
	fn propose(
		&self,
		facts: LeafFacts,
		block: &Block,
		compared: &BTreeMap<ParaId, Vec<&Prepared>>,
		later: &[&Prepared],
	) -> Outcome {
		let mut view = View::new(ViewConfig {
			v3_enabled: true,
			..ViewConfig::default()
		});
		let mut refusals = BTreeMap::new();
		let update = view.update_leaves(std::slice::from_ref(&facts), &[]);
		for (_, para, diagnostic) in update.diagnostics {
			let first = compared.get(&para).and_then(|candidates| candidates.first());
			if let Some(first) = first {
				refusals.insert(first.hash, diagnostic.to_string());
			}
		}
		// Those of later blocks may have been there as well: what is younger than the leaf can't.
		let known = later.iter().copied().filter(|candidate| {
			let relay_parent = candidate
				.relay_parent
				.and_then(|info| facts.relay_parent(info.hash));
			compared.contains_key(&candidate.para) && relay_parent.is_some()
		});
		let mut backed = BTreeMap::new();
		for candidate in compared.values().flatten().copied().chain(known) {
			let Some(data) = candidate.validation_data.clone() else {
				continue;
			};
			let noted = view
				.introduce(candidate.backed.candidate.clone(), data)
				.map_err(|error| error.to_string())
				.and_then(|_| {
					view.note_backed(candidate.para, candidate.hash)
						.map_err(|error| error.to_string())
				});
			match noted {
				Ok(_) => {
					backed.insert(candidate.hash, candidate);
				}
				Err(error) => {
					refusals.insert(candidate.hash, error);
				}
			}
		}
		let bitfields = block
			.inherent
			.iter()
			.flat_map(|inherent| &inherent.data.bitfields);
		let bitfields = bitfields.cloned().map(Arc::new).collect();
		let mut source = Source {
			leaf: self.info.hash,
			view,
			backed,
		};
		let proposal = provision(&facts, 0, bitfields, &mut source);
		let mut chosen: BTreeMap<ParaId, Vec<CandidateHash>> = BTreeMap::new();
		for candidate in &proposal.backed_candidates {
			chosen
				.entry(candidate.candidate.para_id())
				.or_default()
				.push(candidate.hash());
		}
		Outcome { chosen, refusals }
	}
}

/// No queue holds more (R-DEF-33): what a candidate says beyond is not worth the memory.
const MOST_MESSAGES: usize = 16_384;

fn free_or(para: Option<&ParaId>) -> CoreState {
	para.map_or(CoreState::Free, |para| CoreState::Scheduled((*para).into()))
}

/// A validator whose key nobody knows: no signature is checked here.
fn nobody() -> ValidatorId {
	ValidatorId::decode(&mut &[0; 32][..]).unwrap_or_else(|_| unreachable!("any 32 bytes are a key"))
}

/// What a validator's neighbours answer: the trees, and the votes that the chain saw.
struct Source<'a> {
	leaf: Hash,
	view: View,
	backed: BTreeMap<CandidateHash, &'a Prepared>,
}

impl BackableSource for Source<'_> {
	fn backable(
		&mut self,
		para: ParaId,
		required_path: &[CandidateHash],
		count: usize,
	) -> Vec<(CandidateHash, Hash)> {
		// Not through the claim queue, which no block tells (R-FRG-17).
		let Some(tree) = self.view.tree(self.leaf, para) else {
			return Vec::new();
		};
		let path = tree.select_children(required_path, count);
		let pair = |backable: Backable| (backable.candidate_hash, backable.scheduling_parent);
		path.steps().map(|step| pair(*step.backable())).collect()
	}

	fn backed(&mut self, _: Hash, candidate: CandidateHash) -> Option<SharedBackedCandidate> {
		self.backed
			.get(&candidate)
			.map(|candidate| candidate.backed.clone().into())
	}
}

/// The least parameters under which the chain can have backed what it backed.
pub(super) fn least_params<'a>(
	cases: impl IntoIterator<Item = (&'a State, &'a [Prepared])>,
) -> AsyncBackingParams {
	let mut params = AsyncBackingParams::default();
	for (state, backed) in cases {
		let mut depths: BTreeMap<ParaId, usize> = BTreeMap::new();
		for candidate in backed.iter().filter(|candidate| candidate.taken == Some(true)) {
			let waiting = || state.pending.get(&candidate.para).map_or(0, Vec::len);
			let depth = depths.entry(candidate.para).or_insert_with(waiting);
			let reached = u32::try_from(*depth).unwrap_or(u32::MAX);
			params.max_candidate_depth = params.max_candidate_depth.max(reached);
			*depth += 1;
			let ancestry = candidate.lag.map_or(0, |lag| lag.saturating_sub(1));
			params.allowed_ancestry_len = params.allowed_ancestry_len.max(ancestry);
		}
	}
	let bounded = |value: u32| value.min(AsyncBackingParams::MAX);
	AsyncBackingParams {
		max_candidate_depth: bounded(params.max_candidate_depth),
		allowed_ancestry_len: bounded(params.allowed_ancestry_len),
	}
}

/// Candidates of the blocks behind, each once.
pub(super) fn later<'a>(blocks: impl IntoIterator<Item = &'a Vec<Prepared>>) -> Vec<&'a Prepared> {
	let mut seen = BTreeSet::new();
	let all = blocks.into_iter().flatten();
	all.filter(|candidate| seen.insert(candidate.hash)).collect()
}
