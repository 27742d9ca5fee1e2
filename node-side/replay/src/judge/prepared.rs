//! Candidates of a block with all that the data say about them.

use super::{
	chains::proven_number,
	history::{parent_of, History},
};
use crate::Block;
use async_backing_primitives::{
	validation_data_hash, BackedCandidate, BackedCandidateError, BlockNumber, CandidateEvent, CandidateHash,
	CoreIndex, GroupIndex, HeadData, ParaId, PersistedValidationData, RelayChainBlockInfo,
};
use std::collections::BTreeSet;

/// A candidate in an inherent.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
	pub(crate) hash: CandidateHash,
	pub(crate) para: ParaId,
	/// As it would be with its core injected, whether the chain did that or not.
	pub(crate) backed: BackedCandidate,
	/// Whether the chain took it; `None` without events.
	pub(crate) taken: Option<bool>,
	/// The core that it took, by the event.
	pub(crate) core: Option<CoreIndex>,
	/// The group that backed it, by the event.
	pub(crate) group: Option<GroupIndex>,
	/// The same, without what index bits say where no event tells it.
	pub(crate) told_core: Option<CoreIndex>,
	/// The core that descriptor and index bits name, if they name one: of version 1 the low eight bits.
	pub(crate) named: Result<Option<CoreIndex>, BackedCandidateError>,
	/// Whether most candidates of its block name their cores.
	pub(crate) others_name_cores: bool,
	/// Whether its index bits end with the core; `None` if they can be read either way.
	pub(crate) is_injected: Option<bool>,
	/// Members of its group, by its index bits.
	pub(crate) group_size: Option<usize>,
	/// How many blocks its relay parent lies back, and what is known of it.
	pub(crate) lag: Option<u32>,
	pub(crate) relay_parent: Option<RelayChainBlockInfo>,
	/// Block for which the group counts: the child of the scheduling parent (R-GRP-1).
	pub(crate) group_at: Option<BlockNumber>,
	/// The data that it was validated with, if some of what is known hashes to what its descriptor says.
	pub(crate) validation_data: Option<PersistedValidationData>,
}

/// All candidates of a block.
pub(crate) fn prepare(block: &Block, history: &History, pov_sizes: &[u32]) -> Vec<Prepared> {
	let Some(inherent) = &block.inherent else {
		return Vec::new();
	};
	let candidates = &inherent.data.backed_candidates;
	let are_bits_known = inherent.bits_unknown.is_none();
	let injects = injects(candidates).filter(|_| are_bits_known);
	let ancestors: Vec<_> = parent_of(block)
		.into_iter()
		.flat_map(|parent| history.ancestors(parent))
		.collect();
	let number_of = |age: usize| {
		let age = u32::try_from(age).ok()?;
		proven_number(block)?.checked_sub(age)?.checked_sub(1)
	};
	candidates
		.iter()
		.map(|backed| {
			let hash = backed.hash();
			let descriptor = &backed.candidate.descriptor;
			let event = block.told().iter().find(|told| {
				matches!(told.event, CandidateEvent::CandidateBacked(..)) && told.receipt().hash() == hash
			});
			let (core, group) = event.map_or((None, None), |told| {
				let (_, core, group) = told.place();
				(core, group)
			});
			let age_of = |wanted| ancestors.iter().position(|ancestor| *ancestor == wanted);
			let age = age_of(descriptor.relay_parent());
			let lag = age.and_then(|age| u32::try_from(age + 1).ok());
			let scheduled = age_of(descriptor.scheduling_parent()).and_then(number_of);
			let relay_parent = age.and_then(|_| history.info(descriptor.relay_parent()));
			let para = descriptor.para_id();
			let validation_data = relay_parent.and_then(|relay_parent| {
				let expected = descriptor.persisted_validation_data_hash();
				find_data(history.heads(para), &relay_parent, pov_sizes, expected)
			});
			let is_injected = is_injected(backed, injects).filter(|_| are_bits_known);
			let group_size = is_injected.map(|injected| {
				let bits = backed.validator_indices.len();
				bits - if injected {
					async_backing_primitives::INJECTED_CORE_BITS
				} else {
					0
				}
			});
			let named = match is_injected {
				Some(true) => backed.core().map(Some),
				_ => Ok(descriptor.core_index()),
			};
			Prepared {
				hash,
				para,
				backed: with_core(backed, core, is_injected),
				taken: block.events.as_ref().map(|_| event.is_some()),
				core: core.or_else(|| named.ok().flatten().filter(|_| is_injected == Some(true))),
				told_core: core,
				named,
				others_name_cores: injects == Some(true),
				group,
				is_injected,
				group_size,
				lag,
				relay_parent,
				group_at: scheduled.and_then(|number| number.checked_add(1)),
				validation_data,
			}
		})
		.collect()
}

/// Validation data with this hash, made of what is known. A hash decides, so trying is no guessing.
fn find_data<'a>(
	heads: impl Iterator<Item = &'a HeadData>,
	relay_parent: &RelayChainBlockInfo,
	pov_sizes: &[u32],
	expected: async_backing_primitives::Hash,
) -> Option<PersistedValidationData> {
	let pairs = heads.flat_map(|head| pov_sizes.iter().map(move |size| (head, *size)));
	let found = pairs
		.into_iter()
		.find(|(head, size)| validation_data_hash(relay_parent, head, *size) == expected)?;
	Some(PersistedValidationData {
		parent_head: found.0.clone(),
		relay_parent_number: relay_parent.number,
		relay_parent_storage_root: relay_parent.storage_root,
		max_pov_size: found.1,
	})
}

/// Whether index bits end with the core (R-BIN-16), by the number of votes, which is that of the set bits of the group. `None` if
/// it is that in both ways, as for core 0, or in neither.
///
/// That a core stands there is not told by its being the right one: a wrong one would be taken for none then.
fn by_votes(backed: &BackedCandidate) -> Option<bool> {
	let votes = backed.validity_votes.len();
	let Ok((bits, _)) = backed.split_indices() else {
		return Some(false);
	};
	let with = bits.count_ones() == votes;
	let without = backed.validator_indices.count_ones() == votes;
	(with != without).then_some(with)
}

/// Whether the chain has cores in index bits, by most candidates of a block. Chains have them since early 2024; a descriptor that
/// names a core is younger. Where both may be, as for core 0, the list has a core: a group is no larger than what chains have.
fn injects(candidates: &[BackedCandidate]) -> Option<bool> {
	let likely = |backed: &BackedCandidate| {
		let (bits, _) = backed.split_indices().ok()?;
		(bits.count_ones() == backed.validity_votes.len() && !bits.is_empty()).then_some(true)
	};
	let said = |backed: &BackedCandidate| match backed.candidate.descriptor.core_index() {
		Some(_) => Some(true),
		None => by_votes(backed).or_else(|| likely(backed)),
	};
	let count = |wanted| {
		let said = candidates.iter().map(said);
		said.filter(|said| *said == Some(wanted)).count()
	};
	let (with, without) = (count(true), count(false));
	// A list without a core pairs up with its votes as one that has a core only by mistake.
	(with + without > 0).then_some(with >= without)
}

/// Whether a candidate's index bits end with the core; `None` if nothing says so.
fn is_injected(backed: &BackedCandidate, injects: Option<bool>) -> Option<bool> {
	by_votes(backed).or(injects)
}

/// The same with the core at the end of its bits, so that the rules of today can read it.
fn with_core(
	backed: &BackedCandidate,
	core: Option<CoreIndex>,
	is_injected: Option<bool>,
) -> BackedCandidate {
	let (Some(core), Some(false)) = (core, is_injected) else {
		return backed.clone();
	};
	let BackedCandidate {
		candidate,
		validity_votes,
		validator_indices,
	} = backed.clone();
	BackedCandidate::new(candidate, validity_votes, validator_indices, core)
		.unwrap_or_else(|_| backed.clone())
}

/// Sizes of proofs with which validation data were found.
pub(crate) fn pov_sizes_found<'a>(prepared: impl IntoIterator<Item = &'a Prepared>) -> BTreeSet<u32> {
	let data = prepared
		.into_iter()
		.filter_map(|candidate| candidate.validation_data.as_ref());
	data.map(|data| data.max_pov_size).collect()
}
