//! Which cores the next block can use, and for whom (R-PRV-1, R-PRV-4).

use crate::SharedBitfield;
use async_backing_primitives::{
	enactable_prefix, CandidateHash, CoreIndex, CoreState, LeafFacts, OccupiedCore, ParaId,
};
use std::collections::{BTreeMap, BTreeSet};

/// What the next block can do for one para.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParaCores {
	/// Cores that its candidates may take.
	pub usable: BTreeSet<CoreIndex>,
	/// Candidates on which they build: those pending, up to the first that is dropped (R-GLO-18).
	pub required_path: Vec<CandidateHash>,
	/// How many of the path are enacted before anything new is backed.
	pub will_enact: usize,
}

/// What becomes of a pending candidate in the next block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
	Enacted,
	Stays,
	Dropped,
}

/// For every para that can use a core of the next block: which ones, and on what it builds (R-PRV-4).
///
/// `bitfields` are those that go into the same inherent. Cost: linear in cores times bitfields.
pub fn usable_cores(leaf: &LeafFacts, bitfields: &[SharedBitfield]) -> BTreeMap<ParaId, ParaCores> {
	let building = leaf.block.number.saturating_add(1);
	let occupied: BTreeMap<CandidateHash, (CoreIndex, &OccupiedCore)> = cores(leaf)
		.filter_map(|(core, state)| match state {
			CoreState::Occupied(occupied) => Some((occupied.candidate_hash, (core, occupied))),
			CoreState::Scheduled(_) | CoreState::Free => None,
		})
		.collect();
	let mut fates = BTreeMap::new();
	let mut paras: BTreeMap<ParaId, ParaCores> = BTreeMap::new();
	for (para, state) in &leaf.paras {
		let pending: Vec<_> = state
			.backing_state
			.pending_availability
			.iter()
			.map(|pending| {
				(
					pending.candidate_hash,
					occupied.get(&pending.candidate_hash).copied(),
				)
			})
			.collect();
		let votes_for_each = pending
			.iter()
			.map(|(_, on_core)| on_core.map_or(0, |(core, occupied)| votes(core, occupied, bitfields)));
		let will_enact = enactable_prefix(votes_for_each, leaf.validators.len());
		// The first one that times out takes all later ones with it (R-TMO-5).
		let stays_until = pending
			.iter()
			.skip(will_enact)
			.position(|(_, on_core)| on_core.is_some_and(|(_, occupied)| occupied.time_out_at <= building))
			.map_or(pending.len(), |position| will_enact + position);
		for (position, (candidate, _)) in pending.iter().enumerate() {
			let fate = match position {
				_ if position < will_enact => Fate::Enacted,
				_ if position < stays_until => Fate::Stays,
				_ => Fate::Dropped,
			};
			fates.insert(*candidate, fate);
		}
		let required_path = pending
			.iter()
			.take(stays_until)
			.map(|(candidate, _)| *candidate)
			.collect();
		let para_cores = ParaCores {
			usable: BTreeSet::new(),
			required_path,
			will_enact,
		};
		paras.insert(*para, para_cores);
	}

	for (core, state) in cores(leaf) {
		let next = match state {
			CoreState::Scheduled(scheduled) => Some(*scheduled),
			CoreState::Free => None,
			CoreState::Occupied(occupied) => match fates.get(&occupied.candidate_hash) {
				Some(Fate::Enacted) => occupied.next_up_on_available,
				Some(Fate::Dropped) => occupied.next_up_on_time_out,
				// A candidate whose para the leaf does not describe may do anything.
				Some(Fate::Stays) | None => None,
			},
		};
		// A para without a head cannot be backed.
		if let Some(para_cores) = next.and_then(|next| paras.get_mut(&next.para_id)) {
			para_cores.usable.insert(core);
		}
	}
	paras.retain(|_, cores| !cores.usable.is_empty());
	paras
}

fn cores(leaf: &LeafFacts) -> impl Iterator<Item = (CoreIndex, &CoreState)> {
	(0..).map(CoreIndex).zip(&leaf.cores)
}

/// Validators that attest a candidate, on-chain already or in these bitfields (R-PRV-8).
fn votes(core: CoreIndex, occupied: &OccupiedCore, bitfields: &[SharedBitfield]) -> usize {
	let mut votes = occupied.availability.clone();
	for bitfield in bitfields {
		if bitfield.payload.0.get(core.as_usize()).is_some_and(|bit| *bit) {
			if let Some(mut vote) = votes.get_mut(bitfield.validator_index.as_usize()) {
				*vote = true;
			}
		}
	}
	votes.count_ones()
}
