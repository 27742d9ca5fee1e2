//! The pending candidates of all paras, in memory while an inherent is processed.
//!
//! Read once, written back once; only lists that changed are written. Paras ascend, so nothing depends on the order in
//! which storage is iterated (R-PRE-3).

use crate::{
	Config, PendingAvailability, PendingCandidate, PendingCommitments, PendingList, StoredCommitments,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use async_backing_primitives::{CandidateCommitments, CandidateHash, CoreIndex, ParaId};
use core::marker::PhantomData;

pub(crate) struct PendingCandidates<T> {
	lists: BTreeMap<ParaId, PendingList>,
	changed: BTreeSet<ParaId>,
	_runtime: PhantomData<T>,
}

impl<T: Config> PendingCandidates<T> {
	/// Reads all lists. Cost: linear in the number of pending candidates, of which there is at most one a core.
	pub(crate) fn load() -> Self {
		let lists = PendingAvailability::<T>::iter().collect();
		Self {
			lists,
			changed: BTreeSet::new(),
			_runtime: PhantomData,
		}
	}

	/// Writes back what changed.
	pub(crate) fn store(self) {
		for para in self.changed {
			match self.lists.get(&para) {
				Some(list) if !list.is_empty() => PendingAvailability::<T>::insert(para, list),
				_ => PendingAvailability::<T>::remove(para),
			}
		}
	}

	/// Paras with an entry, ascending.
	pub(crate) fn paras(&self) -> Vec<ParaId> {
		self.lists.keys().copied().collect()
	}

	/// Candidates of a para in dependency order.
	pub(crate) fn of(&self, para: ParaId) -> &[PendingCandidate] {
		self.lists.get(&para).map_or(&[], |list| list.as_slice())
	}

	/// All candidates.
	pub(crate) fn iter(&self) -> impl Iterator<Item = &PendingCandidate> {
		self.lists.values().flatten()
	}

	/// The candidate that occupies each core.
	pub(crate) fn by_core(&self) -> BTreeMap<CoreIndex, &PendingCandidate> {
		self.iter().map(|candidate| (candidate.core, candidate)).collect()
	}

	/// Cores that are occupied.
	pub(crate) fn occupied_cores(&self) -> BTreeSet<CoreIndex> {
		self.iter().map(|candidate| candidate.core).collect()
	}

	/// Changes every candidate, and notes the para where `change` says that it did.
	pub(crate) fn update(&mut self, mut change: impl FnMut(&mut PendingCandidate) -> bool) {
		for (para, list) in &mut self.lists {
			for candidate in list.iter_mut() {
				if change(candidate) {
					self.changed.insert(*para);
				}
			}
		}
	}

	/// Adds a candidate behind the others of its para. `false`, with nothing changed, if the list is full.
	pub(crate) fn push(&mut self, candidate: PendingCandidate, commitments: StoredCommitments) -> bool {
		let (para, hash) = (candidate.descriptor.para_id(), candidate.hash);
		if self.lists.entry(para).or_default().try_push(candidate).is_err() {
			return false;
		}
		PendingCommitments::<T>::insert(hash, commitments);
		self.changed.insert(para);
		true
	}

	/// Takes the first `count` candidates of a para, with their commitments.
	pub(crate) fn take_first(
		&mut self,
		para: ParaId,
		count: usize,
	) -> Vec<(PendingCandidate, CandidateCommitments)> {
		self.take(para, 0..count)
	}

	/// Takes the candidate at `index` and all that build on it (R-TMO-5), with their commitments.
	pub(crate) fn take_from(
		&mut self,
		para: ParaId,
		index: usize,
	) -> Vec<(PendingCandidate, CandidateCommitments)> {
		self.take(para, index..usize::MAX)
	}

	fn take(
		&mut self,
		para: ParaId,
		range: core::ops::Range<usize>,
	) -> Vec<(PendingCandidate, CandidateCommitments)> {
		let Some(list) = self.lists.get_mut(&para) else {
			return Vec::new();
		};
		let end = range.end.min(list.len());
		if range.start >= end {
			return Vec::new();
		}
		self.changed.insert(para);
		list.drain(range.start..end)
			.filter_map(|candidate| {
				take_commitments::<T>(candidate.hash).map(|commitments| (candidate, commitments))
			})
			.collect()
	}
}

/// The commitments of a pending candidate, which leave storage.
fn take_commitments<T: Config>(candidate: CandidateHash) -> Option<CandidateCommitments> {
	let commitments = PendingCommitments::<T>::take(candidate);
	if commitments.is_none() {
		// push() stores both or neither, and only take() removes either.
		frame_support::defensive!("a pending candidate has no commitments");
	}
	commitments.map(StoredCommitments::into_inner)
}

/// The commitments of a pending candidate, which stay.
pub(crate) fn commitments_of<T: Config>(candidate: CandidateHash) -> Option<CandidateCommitments> {
	PendingCommitments::<T>::get(candidate).map(StoredCommitments::into_inner)
}
