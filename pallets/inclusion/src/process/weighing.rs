//! What an inherent costs in the state of its parent (R-WGT-6).

use super::bitfields::CoreBit;
use crate::{
	pending::PendingCandidates,
	weights::{Offered, Units},
	Config, Pallet, PendingCandidate, RelayParentWindow,
};
use alloc::{borrow::Cow, collections::BTreeSet, vec::Vec};
use async_backing_primitives::{
	enactable_prefix,
	ports::{CoreScheduler, CurrentSession, Disputes, HorizontalChannels, SchedulerLoad},
	AllowedRelayParents, AvailabilityTimeouts, BackedCandidate, DisputeStatementSet, SessionIndex,
	UncheckedSignedAvailabilityBitfield,
};
use codec::Encode;
use frame_support::weights::Weight;

/// Weight of an inherent in the state of its parent: what it carries, and an upper bound of what it sets free.
///
/// Cost: reads the pending candidates, the window, and the inboxes of paras whose candidates may be enacted, which
/// executing it reads anyway; linear in what it carries.
pub(crate) fn weight_of<T: Config>(
	disputes: &[DisputeStatementSet],
	bitfields: &[UncheckedSignedAvailabilityBitfield],
	candidates: &[BackedCandidate],
) -> Weight {
	let pending = PendingCandidates::<T>::load();
	let weighing = Weighing::new(&pending);
	let of_disputes = disputes.iter().map(|dispute| weighing.dispute(dispute));
	let of_candidates = candidates
		.iter()
		.map(|backed| weighing.candidate(backed, backed.encoded_size()));
	let offered: Vec<_> = bitfields.iter().collect();
	let time = of_disputes
		.chain(of_candidates)
		.chain([
			weighing.bitfields(bitfields.len()),
			weighing.shared(candidates),
			weighing.set_free(&offered, !disputes.is_empty()),
		])
		.fold(weighing.fixed(), u64::saturating_add);
	Weight::from_parts(time, 0)
}

/// Weighs the parts of an inherent: reference time, in picoseconds.
pub(super) struct Weighing<'a, T> {
	pending: &'a PendingCandidates<T>,
	window: AllowedRelayParents,
	load: SchedulerLoad,
	units: Units,
}

impl<'a, T: Config> Weighing<'a, T> {
	pub(super) fn new(pending: &'a PendingCandidates<T>) -> Self {
		let load = T::Scheduler::load();
		Self {
			pending,
			window: RelayParentWindow::<T>::get(),
			units: Units::of::<T::WeightInfo>(&load),
			load,
		}
	}

	/// What an inherent takes whatever it carries.
	pub(super) fn fixed(&self) -> u64 {
		self.units.fixed(&self.load, self.pending.len())
	}

	/// The votes of one dispute.
	pub(super) fn dispute(&self, dispute: &DisputeStatementSet) -> u64 {
		self.units.dispute(dispute.statements.len())
	}

	/// So many bitfields.
	pub(super) fn bitfields(&self, count: usize) -> u64 {
		self.units.bitfields(count)
	}

	/// What it takes to judge a candidate of so many bytes behind those of its para that wait.
	pub(super) fn candidate(&self, backed: &BackedCandidate, bytes: usize) -> u64 {
		let (descriptor, commitments) = (&backed.candidate.descriptor, &backed.candidate.commitments);
		// Before the block is executed its parent is not in the window yet; a relay parent that never will be is refused.
		let relay_parent_number = self
			.window
			.lookup(descriptor.relay_parent())
			.map_or(Pallet::<T>::now().saturating_sub(1), |info| info.number);
		let watermark = commitments.hrmp_watermark;
		let looks_at_digest = watermark != relay_parent_number
			|| T::Hrmp::waiting(backed.candidate.para_id(), watermark).is_stored;
		let offered = Offered {
			backed,
			bytes,
			looks_at_digest,
		};
		self.units.candidate(&offered)
	}

	/// What candidates take together, beside what each takes: each relay block by whose claim queue some are judged, and
	/// what waits of their paras.
	///
	/// Never grows when candidates are left out.
	pub(super) fn shared(&self, candidates: &[BackedCandidate]) -> u64 {
		let scheduling_parents: BTreeSet<_> = candidates
			.iter()
			.map(|backed| backed.candidate.descriptor.scheduling_parent())
			.collect();
		let paras: BTreeSet<_> = candidates
			.iter()
			.map(|backed| backed.candidate.para_id())
			.collect();
		let judged_by = self
			.units
			.scheduling_parents(scheduling_parents.len(), &self.load);
		let stacked = paras
			.into_iter()
			.map(|para| self.units.stacked(self.pending.of(para)));
		stacked.fold(judged_by, u64::saturating_add)
	}

	/// What may become of pending candidates in this block, at most: enacted if every bitfield offered counts, timed out,
	/// or evicted if there are disputes or were. Each is only one of these, so the dearest is charged.
	///
	/// Never grows when bitfields or disputes are left out. Cost: a bit for each candidate and bitfield.
	pub(super) fn set_free(
		&self,
		bitfields: &[&UncheckedSignedAvailabilityBitfield],
		has_disputes: bool,
	) -> u64 {
		if self.pending.is_empty() {
			return 0;
		}
		let block = Ends {
			rows: bitfields
				.iter()
				.map(|bitfield| bitfield.payload.bytes())
				.collect(),
			validators: T::Session::validator_count(),
			timeouts: Pallet::<T>::timeouts(),
			session: T::Session::index(),
			has_disputes,
		};
		self.pending
			.chains()
			.map(|chain| self.end_of_chain(chain, &block))
			.fold(0, u64::saturating_add)
	}

	/// What may become of the candidates of one para.
	fn end_of_chain(&self, chain: &[PendingCandidate], block: &Ends<'_>) -> u64 {
		let enactable = block.enactable(chain);
		let now = Pallet::<T>::now();
		let late = chain
			.iter()
			.position(|candidate| block.timeouts.times_out(candidate.backed_in, now))
			.unwrap_or(chain.len());
		let invalid = chain
			.iter()
			.position(|candidate| {
				block.has_disputes || T::Disputes::is_concluded_invalid(block.session, candidate.hash)
			})
			.unwrap_or(chain.len());
		let each = chain.iter().enumerate().map(|(position, candidate)| {
			let outputs = &candidate.outputs;
			let may = [
				(position < enactable, self.units.enactment(candidate)),
				(position >= late, self.units.timeout(outputs)),
				(position >= invalid, self.units.eviction(outputs)),
			];
			let may = may.into_iter().filter(|(may, _)| *may).map(|(_, time)| time);
			may.max().unwrap_or_default()
		});
		// Watermarks ascend (R-HRMP-2), so the last one says what is removed in all.
		let last = enactable.checked_sub(1).and_then(|last| chain.get(last));
		let consumed = last.map_or(0, |candidate| {
			let waiting = T::Hrmp::waiting(candidate.para, candidate.hrmp_watermark);
			self.units.consumption(waiting, enactable)
		});
		each.fold(consumed, u64::saturating_add)
	}
}

/// What decides how pending candidates end.
struct Ends<'a> {
	/// The bits of each bitfield.
	rows: Vec<Cow<'a, [u8]>>,
	validators: usize,
	timeouts: AvailabilityTimeouts,
	session: SessionIndex,
	has_disputes: bool,
}

impl Ends<'_> {
	/// How many candidates of a chain become available if every bitfield counts (R-ENA-3).
	fn enactable(&self, chain: &[PendingCandidate]) -> usize {
		let votes = chain.iter().map(|candidate| {
			let core = CoreBit::of(candidate.core);
			let offered = self.rows.iter().filter(|row| core.is_set_in(row)).count();
			candidate.availability_votes.count().saturating_add(offered)
		});
		enactable_prefix(votes, self.validators)
	}
}
