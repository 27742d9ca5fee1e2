//! Steps 2 and 3: what of an inherent a block has room for (R-WGT-1 to R-WGT-7).

use super::{room::Room, weighing::Weighing, Mode};
use crate::{
	pending::PendingCandidates,
	refusal::Refusal,
	select::{fitting_prefix, select, Load, Offer, Taken},
	Config,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	canonical_disputes, ports::Disputes, BackedCandidate, CandidateHash, DisputeStatementSet, Hash, Header,
	UncheckedSignedAvailabilityBitfield,
};
use codec::Encode;
use frame_support::traits::Randomness;

/// What the limits are asked about the randomness of the parent for (R-WGT-5).
const SEED_SUBJECT: &[u8] = b"candidate-seed-selection-subject";

/// The limits of a block and what the inherent of this one has to reserve.
pub(super) struct Limits<'a, T> {
	mode: Mode,
	parent_hash: Hash,
	room: Room,
	weighing: Weighing<'a, T>,
}

impl<'a, T: Config> Limits<'a, T> {
	pub(super) fn new(
		mode: Mode,
		pending: &'a PendingCandidates<T>,
		parent: &Header,
		parent_hash: Hash,
	) -> Self {
		Self {
			mode,
			parent_hash,
			room: Room::of_block::<T>(mode, parent),
			weighing: Weighing::new(pending),
		}
	}

	/// Step 2: disputes in their canonical order, as many as there is room for (R-INC-5, R-WGT-1).
	pub(super) fn limit_disputes(
		&self,
		disputes: Vec<DisputeStatementSet>,
	) -> Result<Vec<DisputeStatementSet>, Refusal> {
		if disputes.is_empty() {
			return Ok(disputes);
		}
		let offered: Vec<_> = disputes.iter().map(key_of).collect();
		let mut kept = canonical_disputes(disputes, T::Disputes::included_at);
		if !kept.iter().map(key_of).eq(offered) {
			self.mode.refuse(Refusal::Disputes)?;
		}
		let loads = |kept: &[DisputeStatementSet]| -> Vec<_> {
			kept.iter().map(|dispute| self.dispute_load(dispute)).collect()
		};
		let mut taken = self.fixed_load();
		if self.room.is_limit {
			taken = taken.plus(self.set_free_load(&[], true));
		}
		let count = fitting_prefix(self.room.budget, taken, loads(&kept));
		if count < kept.len() {
			self.mode.refuse(self.overweight(loads(&kept).into_iter()))?;
			kept.truncate(count);
		}
		Ok(kept)
	}

	/// Step 3: bitfields and candidates, as many as there is room for beside the disputes (R-WGT-2).
	pub(super) fn limit_rest(
		&self,
		disputes: &[DisputeStatementSet],
		bitfields: Vec<UncheckedSignedAvailabilityBitfield>,
		candidates: Vec<BackedCandidate>,
	) -> Result<(Vec<UncheckedSignedAvailabilityBitfield>, Vec<BackedCandidate>), Refusal> {
		let already = disputes
			.iter()
			.map(|dispute| self.dispute_load(dispute))
			.fold(self.fixed_load(), Load::plus);
		let shared = Load {
			time: self.weighing.shared(&candidates),
			size: 0,
		};
		let set_free = |positions: &[usize]| {
			let offered = positions.iter().filter_map(|position| bitfields.get(*position));
			self.set_free_load(&offered.collect::<Vec<_>>(), !disputes.is_empty())
		};
		let bitfield_loads: Vec<_> = bitfields
			.iter()
			.map(|bitfield| self.bitfield_load(bitfield))
			.collect();
		let offers: Vec<_> = candidates.iter().map(|backed| self.offer(backed)).collect();
		let taken = Taken {
			already,
			shared,
			set_free,
		};
		let seed = || seed_of::<T>(self.parent_hash);
		let selection = select(self.room, &taken, &bitfield_loads, &offers, seed);
		if selection.bitfields.len() < bitfields.len() || selection.candidates.len() < candidates.len() {
			let all: Vec<_> = (0..bitfields.len()).collect();
			let loads = [already, shared, (taken.set_free)(&all)]
				.into_iter()
				.chain(bitfield_loads);
			self.mode
				.refuse(self.overweight(loads.chain(offers.iter().map(|offer| offer.load))))?;
		}
		Ok((
			at_positions(bitfields, &selection.bitfields),
			at_positions(candidates, &selection.candidates),
		))
	}

	fn fixed_load(&self) -> Load {
		Load {
			time: self.weighing.fixed(),
			size: 0,
		}
	}

	fn set_free_load(&self, bitfields: &[&UncheckedSignedAvailabilityBitfield], has_disputes: bool) -> Load {
		Load {
			time: self.weighing.set_free(bitfields, has_disputes),
			size: 0,
		}
	}

	fn dispute_load(&self, dispute: &DisputeStatementSet) -> Load {
		Load {
			time: self.weighing.dispute(dispute),
			size: dispute.encoded_size() as u64,
		}
	}

	fn bitfield_load(&self, bitfield: &UncheckedSignedAvailabilityBitfield) -> Load {
		Load {
			time: self.weighing.bitfields(1),
			size: bitfield.encoded_size() as u64,
		}
	}

	fn offer(&self, backed: &BackedCandidate) -> Offer {
		let size = backed.encoded_size();
		Offer {
			para: backed.candidate.para_id(),
			upgrades: backed.candidate.commitments.new_validation_code.is_some(),
			load: Load {
				time: self.weighing.candidate(backed, size),
				size: size as u64,
			},
		}
	}

	fn overweight(&self, loads: impl Iterator<Item = Load>) -> Refusal {
		let (needed, budget) = (loads.fold(Load::default(), Load::plus), self.room.budget);
		Refusal::Overweight {
			budget_time: budget.time,
			budget_size: budget.size,
			time: needed.time,
			size: needed.size,
		}
	}
}

/// R-WGT-5: from the VRF output of the parent, if its author had one, else from its hash.
fn seed_of<T: Config>(parent_hash: Hash) -> [u8; 32] {
	let (drawn, _) = T::ParentRandomness::random(SEED_SUBJECT);
	drawn.unwrap_or(parent_hash).to_fixed_bytes()
}

fn key_of(set: &DisputeStatementSet) -> (u32, CandidateHash) {
	(set.session, set.candidate_hash)
}

/// The items at these positions, which ascend.
fn at_positions<I>(items: Vec<I>, positions: &[usize]) -> Vec<I> {
	let mut wanted = positions.iter().copied().peekable();
	items
		.into_iter()
		.enumerate()
		.filter(|(position, _)| wanted.next_if_eq(position).is_some())
		.map(|(_, item)| item)
		.collect()
}
