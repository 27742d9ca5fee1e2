//! Steps 2 and 3: what of an inherent a block has room for (R-WGT-1 to R-WGT-7).

use super::Mode;
use crate::{
	pending::PendingCandidates,
	refusal::Refusal,
	select::{fitting_prefix, select, Load, Offer},
	weights::{self, UnitWeights},
	Config, Pallet,
};
use alloc::{collections::BTreeMap, vec::Vec};
use async_backing_primitives::{
	canonical_disputes, enactable_prefix,
	ports::{CurrentSession, Disputes},
	BackedCandidate, CandidateHash, DisputeStatementSet, Hash, UncheckedSignedAvailabilityBitfield,
	MAX_CORES,
};
use codec::Encode;
use frame_support::{
	dispatch::DispatchClass,
	traits::{Get, Randomness},
	weights::Weight,
};

/// What the limits are asked about the randomness of the parent for (R-WGT-5).
const SEED_SUBJECT: &[u8] = b"candidate-seed-selection-subject";

/// Bytes of a block that this inherent leaves alone: the parent header that it carries, the frame of its extrinsic, and
/// the other inherents of a block, which are a few numbers each. The limit of a block's length is for all of them.
const RESERVED_BYTES: u64 = 16 * 1024;

/// The limits of a block and what the inherent of this one has to reserve.
pub(super) struct Limits<'a, T> {
	pub(super) mode: Mode,
	pub(super) pending: &'a PendingCandidates<T>,
	pub(super) parent_hash: Hash,
}

impl<T: Config> Limits<'_, T> {
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
		let count = fitting_prefix(
			budget::<T>(),
			empty_load::<T>(),
			kept.iter().map(dispute_load::<T>),
		);
		if count < kept.len() {
			self.mode
				.refuse(self.overweight(kept.iter().map(dispute_load::<T>)))?;
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
		let taken = disputes
			.iter()
			.map(dispute_load::<T>)
			.fold(empty_load::<T>(), Load::plus);
		let reserved = Load {
			time: reserve::<T>(self.pending, &bitfields, !disputes.is_empty()).ref_time(),
			size: 0,
		};
		let bitfield_loads: Vec<_> = bitfields.iter().map(bitfield_load::<T>).collect();
		let offers: Vec<_> = candidates.iter().map(offer::<T>).collect();
		let seed = || seed_of::<T>(self.parent_hash);
		let selection = select(budget::<T>(), taken, reserved, &bitfield_loads, &offers, seed);
		if selection.bitfields.len() < bitfields.len() || selection.candidates.len() < candidates.len() {
			let loads = [taken, reserved].into_iter().chain(bitfield_loads);
			self.mode
				.refuse(self.overweight(loads.chain(offers.iter().map(|offer| offer.load))))?;
		}
		Ok((
			at_positions(bitfields, &selection.bitfields),
			at_positions(candidates, &selection.candidates),
		))
	}

	fn overweight(&self, loads: impl Iterator<Item = Load>) -> Refusal {
		let (needed, budget) = (loads.fold(Load::default(), Load::plus), budget::<T>());
		Refusal::Overweight {
			budget_time: budget.time,
			budget_size: budget.size,
			time: needed.time,
			size: needed.size,
		}
	}
}

/// Weight of an inherent in the state of its parent (R-WGT-6): what it carries, and an upper bound of what it sets free.
///
/// Cost: reads the pending candidates, which executing it reads anyway.
pub(crate) fn weight_of<T: Config>(
	disputes: &[DisputeStatementSet],
	bitfields: &[UncheckedSignedAvailabilityBitfield],
	candidates: &[BackedCandidate],
) -> Weight {
	let pending = PendingCandidates::<T>::load();
	let carried = disputes
		.iter()
		.map(weights::dispute::<T::WeightInfo>)
		.chain(bitfields.iter().map(|_| T::WeightInfo::bitfield()))
		.chain(candidates.iter().map(weights::candidate::<T::WeightInfo>))
		.fold(T::WeightInfo::empty_inherent(), |sum, weight| {
			sum.saturating_add(weight)
		});
	carried.saturating_add(reserve::<T>(&pending, bitfields, !disputes.is_empty()))
}

/// What may become of pending candidates in this block, at most (R-WGT-6): enacted if every bitfield offered counts,
/// timed out, or evicted if there are disputes. Each is only one of these, so the dearest is charged.
///
/// Never grows when bitfields or disputes are left out.
fn reserve<T: Config>(
	pending: &PendingCandidates<T>,
	bitfields: &[UncheckedSignedAvailabilityBitfield],
	has_disputes: bool,
) -> Weight {
	let mut offered = BTreeMap::<usize, usize>::new();
	for bitfield in bitfields {
		let cores = bitfield.payload.0.iter_ones();
		for core in cores.take_while(|core| *core < MAX_CORES as usize) {
			*offered.entry(core).or_default() += 1;
		}
	}
	let (validators, now) = (T::Session::validators().len(), Pallet::<T>::now());
	let timeouts = Pallet::<T>::timeouts();
	let mut sum = Weight::zero();
	for para in pending.paras() {
		let chain = pending.of(para);
		let votes = chain.iter().map(|candidate| {
			let more = offered
				.get(&candidate.core.as_usize())
				.copied()
				.unwrap_or_default();
			candidate.availability_votes.count().saturating_add(more)
		});
		let enactable = enactable_prefix(votes, validators);
		let late = chain
			.iter()
			.position(|candidate| timeouts.times_out(candidate.backed_in, now))
			.unwrap_or(chain.len());
		for (position, candidate) in chain.iter().enumerate() {
			let may = [
				(
					position < enactable,
					weights::enactment::<T::WeightInfo>(&candidate.outputs),
				),
				(position >= late, T::WeightInfo::timeout()),
				(has_disputes, T::WeightInfo::eviction()),
			];
			let dearest = may
				.into_iter()
				.filter(|(may, _)| *may)
				.map(|(_, weight)| weight)
				.fold(Weight::zero(), |dearest, weight| dearest.max(weight));
			sum = sum.saturating_add(dearest);
		}
	}
	sum
}

/// What a block has for this inherent (R-WGT-1).
fn budget<T: Config>() -> Load {
	let weights = <T as frame_system::Config>::BlockWeights::get();
	let length = <T as frame_system::Config>::BlockLength::get();
	let mandatory = weights.get(DispatchClass::Mandatory).max_total;
	Load {
		time: mandatory.unwrap_or(weights.max_block).ref_time(),
		size: u64::from(*length.max.get(DispatchClass::Mandatory)).saturating_sub(RESERVED_BYTES),
	}
}

fn empty_load<T: Config>() -> Load {
	Load {
		time: T::WeightInfo::empty_inherent().ref_time(),
		size: 0,
	}
}

fn dispute_load<T: Config>(dispute: &DisputeStatementSet) -> Load {
	Load {
		time: weights::dispute::<T::WeightInfo>(dispute).ref_time(),
		size: dispute.encoded_size() as u64,
	}
}

fn bitfield_load<T: Config>(bitfield: &UncheckedSignedAvailabilityBitfield) -> Load {
	Load {
		time: T::WeightInfo::bitfield().ref_time(),
		size: bitfield.encoded_size() as u64,
	}
}

fn offer<T: Config>(backed: &BackedCandidate) -> Offer {
	Offer {
		para: backed.candidate.para_id(),
		upgrades: backed.candidate.commitments.new_validation_code.is_some(),
		load: Load {
			time: weights::candidate::<T::WeightInfo>(backed).ref_time(),
			size: backed.encoded_size() as u64,
		},
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
