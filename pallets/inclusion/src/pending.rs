//! The pending candidates of all paras, in memory while an inherent is processed.
//!
//! Read once, and written back once if they changed. Paras ascend, as they do in storage (R-PRE-3).

use crate::{
	types::PendingReceiptRef, Config, PendingAvailability, PendingCandidate, PendingList, PendingReceipt,
	PendingReceipts,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use async_backing_primitives::{CandidateHash, CoreIndex, ParaId, MAX_CORES};
use core::marker::PhantomData;

pub(crate) struct PendingCandidates<T> {
	lists: BTreeMap<ParaId, Vec<PendingCandidate>>,
	count: usize,
	changed: bool,
	_runtime: PhantomData<T>,
}

impl<T: Config> PendingCandidates<T> {
	/// Reads them. Cost: one access to storage; linear in the number of pending candidates, of which there is at most
	/// one a core.
	pub(crate) fn load() -> Self {
		let stored = PendingAvailability::<T>::get();
		let count = stored.len();
		let mut lists = BTreeMap::<ParaId, Vec<PendingCandidate>>::new();
		for candidate in stored {
			lists.entry(candidate.para).or_default().push(candidate);
		}
		Self {
			lists,
			count,
			changed: false,
			_runtime: PhantomData,
		}
	}

	/// Writes them back if they changed.
	pub(crate) fn store(self) {
		if !self.changed {
			return;
		}
		let candidates: Vec<_> = self.lists.into_values().flatten().collect();
		if candidates.is_empty() {
			PendingAvailability::<T>::kill();
		} else {
			// `push` keeps to the bound, so nothing is cut off.
			PendingAvailability::<T>::put(PendingList::truncate_from(candidates));
		}
	}

	/// Paras with a pending candidate, ascending.
	pub(crate) fn paras(&self) -> Vec<ParaId> {
		self.lists.keys().copied().collect()
	}

	/// Candidates of a para in dependency order.
	pub(crate) fn of(&self, para: ParaId) -> &[PendingCandidate] {
		self.lists.get(&para).map_or(&[], Vec::as_slice)
	}

	/// Candidates para by para, each para's in dependency order.
	pub(crate) fn chains(&self) -> impl Iterator<Item = &[PendingCandidate]> {
		self.lists.values().map(Vec::as_slice)
	}

	/// Whether none is pending.
	pub(crate) fn is_empty(&self) -> bool {
		self.count == 0
	}

	/// How many are pending.
	pub(crate) fn len(&self) -> usize {
		self.count
	}

	/// All candidates.
	pub(crate) fn iter(&self) -> impl Iterator<Item = &PendingCandidate> {
		self.lists.values().flatten()
	}

	/// All candidates, to be changed.
	pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut PendingCandidate> {
		self.changed |= self.count > 0;
		self.lists.values_mut().flatten()
	}

	/// The candidate that occupies each core.
	pub(crate) fn by_core(&self) -> BTreeMap<CoreIndex, &PendingCandidate> {
		self.iter().map(|candidate| (candidate.core, candidate)).collect()
	}

	/// Cores that are occupied.
	pub(crate) fn occupied_cores(&self) -> BTreeSet<CoreIndex> {
		self.iter().map(|candidate| candidate.core).collect()
	}

	/// Adds a candidate behind the others of its para. `false`, with nothing changed, if there are as many as can be.
	pub(crate) fn push(&mut self, candidate: PendingCandidate, receipt: PendingReceiptRef<'_>) -> bool {
		if self.count >= MAX_CORES as usize {
			return false;
		}
		PendingReceipts::<T>::insert(candidate.hash, receipt);
		self.lists.entry(candidate.para).or_default().push(candidate);
		self.count = self.count.saturating_add(1);
		self.changed = true;
		true
	}

	/// Takes the first `count` candidates of a para, with their receipts.
	pub(crate) fn take_first(
		&mut self,
		para: ParaId,
		count: usize,
	) -> Vec<(PendingCandidate, PendingReceipt)> {
		self.take(para, 0..count)
	}

	/// Takes the candidate at `index` and all that build on it (R-TMO-5), with their receipts.
	pub(crate) fn take_from(
		&mut self,
		para: ParaId,
		index: usize,
	) -> Vec<(PendingCandidate, PendingReceipt)> {
		self.take(para, index..usize::MAX)
	}

	fn take(
		&mut self,
		para: ParaId,
		range: core::ops::Range<usize>,
	) -> Vec<(PendingCandidate, PendingReceipt)> {
		let Some(list) = self.lists.get_mut(&para) else {
			return Vec::new();
		};
		let end = range.end.min(list.len());
		if range.start >= end {
			return Vec::new();
		}
		self.changed = true;
		self.count = self.count.saturating_sub(end.saturating_sub(range.start));
		let taken = list
			.drain(range.start..end)
			.filter_map(|candidate| Some((take_receipt::<T>(candidate.hash)?, candidate)))
			.map(|(receipt, candidate)| (candidate, receipt))
			.collect();
		if list.is_empty() {
			self.lists.remove(&para);
		}
		taken
	}
}

/// The receipt of a pending candidate, which leaves storage.
fn take_receipt<T: Config>(candidate: CandidateHash) -> Option<PendingReceipt> {
	let receipt = PendingReceipts::<T>::take(candidate);
	if receipt.is_none() {
		// push() stores both or neither, and only take() removes either.
		frame_support::defensive!("a pending candidate has no receipt");
	}
	receipt
}
