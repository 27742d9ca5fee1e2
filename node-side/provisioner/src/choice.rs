//! The choice of candidates (R-PRV-5, R-PRV-6, R-PRV-9).
//!
//! Invariants: candidates ascend by para and stand in chain order within one (R-INC-3); no core is used twice; nothing
//! is offered that the chain drops by the rules on depth, cores and code upgrades, or because validators are disabled.

use crate::{
	cores::{usable_cores, ParaCores},
	SharedBackedCandidate, SharedBitfield,
};
use async_backing_primitives::{
	check_backing_vote_count, check_depth, remove_disabled_votes, CandidateHash, CoreIndex,
	DisputeStatementSet, Hash, Header, LeafFacts, ParaId, ParachainsInherentData, Slot, ValidatorIndex,
};
use std::fmt;

/// Where backable candidates come from: the view over the leaf, and the statements that back them.
///
/// A candidate may have had its quorum and lack it at this leaf, where a validator that voted for it is disabled: both
/// answers are for the child of the leaf in question (R-BAK-14).
pub trait BackableSource {
	/// At most `count` backable candidates of the para below the required path, in dependency order, each with its
	/// scheduling parent (R-VIE-7). Candidates that [`backed`](Self::backed) cannot give are passed over for others, where
	/// there are others: the choice ends at the first that it does not get.
	fn backable(
		&mut self,
		para: ParaId,
		required_path: &[CandidateHash],
		count: usize,
	) -> Vec<(CandidateHash, Hash)>;

	/// The candidate with the votes that the chain counts (R-BAK-8, R-BKV-4); `None` if this validator lacks it or its
	/// quorum.
	fn backed(&mut self, scheduling_parent: Hash, candidate: CandidateHash) -> Option<SharedBackedCandidate>;
}

/// What the next block shall carry.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proposal {
	/// Bitfields, ascending by validator. Who builds the block copies them into it.
	pub bitfields: Vec<SharedBitfield>,
	/// Candidates, ascending by para, in chain order within one. The same holds for them.
	pub backed_candidates: Vec<SharedBackedCandidate>,
}

/// Bits as such, without the address that `bitvec` tells and that differs from run to run.
impl fmt::Debug for Proposal {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let bitfields = self.bitfields.iter().map(|signed| {
			let bits = signed.payload.0.to_string();
			(signed.validator_index, bits, &signed.signature)
		});
		let backed = self.backed_candidates.iter().map(|backed| {
			let bits = backed.validator_indices.to_string();
			(&backed.candidate, &backed.validity_votes, bits)
		});
		f.debug_struct("Proposal")
			.field("bitfields", &bitfields.collect::<Vec<_>>())
			.field("backed_candidates", &backed.collect::<Vec<_>>())
			.finish()
	}
}

impl Proposal {
	/// The inherent's content, on a leaf with this header. Cost: copies bitfields and candidates.
	pub fn into_inherent_data(
		self,
		parent_header: Header,
		disputes: Vec<DisputeStatementSet>,
	) -> ParachainsInherentData {
		ParachainsInherentData {
			bitfields: self.bitfields.iter().map(|signed| (**signed).clone()).collect(),
			backed_candidates: self
				.backed_candidates
				.iter()
				.map(SharedBackedCandidate::to_backed)
				.collect(),
			disputes,
			parent_header,
		}
	}
}

/// Chooses the content of the child of `leaf` in slot `slot` (R-PRV-5).
///
/// `bitfields` are those of [`Bitfields::chosen`](crate::Bitfields::chosen), or none for a leaf that is not fresh. If
/// the block ends the session, there are no candidates (R-PRV-13).
pub fn provision(
	leaf: &LeafFacts,
	slot: Slot,
	bitfields: Vec<SharedBitfield>,
	source: &mut impl BackableSource,
) -> Proposal {
	let mut backed_candidates = Vec::new();
	if !leaf.child_ends_session(slot) {
		let mut code_upgrade_taken = false;
		for (para, mut cores) in usable_cores(leaf, &bitfields) {
			let max_depth = leaf.params.max_candidate_depth;
			let offered = source.backable(para, &cores.required_path, cores.usable.len());
			for (position, (candidate, scheduling_parent)) in offered.into_iter().enumerate() {
				let fits = place(&mut cores, position, max_depth, || {
					counted(leaf, source.backed(scheduling_parent, candidate)?)
				});
				// What follows builds on what did not fit.
				let Some(backed) = fits else { break };
				if backed.candidate.commitments.new_validation_code.is_some() {
					if code_upgrade_taken {
						break;
					}
					code_upgrade_taken = true;
				}
				backed_candidates.push(backed);
			}
		}
	}
	Proposal {
		bitfields,
		backed_candidates,
	}
}

/// What the chain leaves of a candidate's votes in the child of the leaf (R-BKV-4, R-BAK-14), whatever the source thinks
/// of it; `None` if that is no quorum any more. A candidate whose group the leaf does not tell is left to the chain.
fn counted(leaf: &LeafFacts, backed: SharedBackedCandidate) -> Option<SharedBackedCandidate> {
	if leaf.disabled.is_empty() {
		return Some(backed);
	}
	let scheduling_parent = backed.candidate.descriptor.scheduling_parent();
	let Some(group) = group_of(leaf, scheduling_parent, core_of(&backed)?) else {
		return Some(backed);
	};
	let is_disabled = |validator| leaf.disabled.contains(&validator);
	let mut votes = backed.without_commitments();
	let removed = remove_disabled_votes(&mut votes, group, is_disabled).ok()?;
	let is_quorum = || check_backing_vote_count(&votes, group.len(), leaf.minimum_backing_votes).is_ok();
	let counts = removed == 0 || is_quorum();
	counts.then(|| SharedBackedCandidate {
		candidate: backed.candidate,
		validity_votes: votes.validity_votes,
		validator_indices: votes.validator_indices,
	})
}

/// Members of the group that backs candidates on a core with this scheduling parent (R-GRP-1). `None` if that is not in
/// the leaf's scope, or no group backs the core.
fn group_of(leaf: &LeafFacts, scheduling_parent: Hash, core: CoreIndex) -> Option<&[ValidatorIndex]> {
	let child = leaf.relay_parent(scheduling_parent)?.number.saturating_add(1);
	let group = leaf.rotation.at(child).group_for_core(core, leaf.groups.len())?;
	leaf.groups.get(group.as_usize()).map(Vec::as_slice)
}

/// The candidate at `position` of its para's chain, if depth and cores allow it.
fn place(
	cores: &mut ParaCores,
	position: usize,
	max_depth: u32,
	candidate: impl FnOnce() -> Option<SharedBackedCandidate>,
) -> Option<SharedBackedCandidate> {
	let stays = cores.required_path.len().saturating_sub(cores.will_enact);
	check_depth(stays, position, max_depth).ok()?;
	let backed = candidate()?;
	cores.usable.remove(&core_of(&backed)?).then_some(backed)
}

/// The core that a candidate takes on-chain (R-BCK-3, R-BIN-16): the one that its descriptor names. One of version 1
/// goes where its votes put it, because votes of another core's group would not count.
fn core_of(backed: &SharedBackedCandidate) -> Option<CoreIndex> {
	backed.core().ok()
}
