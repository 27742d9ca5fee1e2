//! The candidates of one parachain, kept once for the trees of all leaves (PROTOCOL.md, section 5.2).
//!
//! Invariants:
//! - the indexes by candidate, by parent head and by output head list the same candidates (R-STO-1);
//! - a state never goes back (R-STO-3);
//! - whatever is iterated comes ascending by candidate hash (R-STO-6).
//!
//! Costs are stated in n, the number of candidates in the storage, and k, the number of those with the same parent head
//! or output head: forks of one place.

use crate::{index::ByHash, Candidate, SharedHead};
use alloc::{sync::Arc, vec::Vec};
use async_backing_primitives::{CandidateHash, HeadData, HeadHash};
use hashbrown::hash_map::Entry as IndexEntry;
use smallvec::SmallVec;
use thiserror::Error;

/// How far a candidate has come (R-STO-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CandidateState {
	/// Known, but nobody vouched for it yet.
	Introduced,
	/// A validator of its group seconded it.
	Seconded,
	/// It has the quorum of its group, or is on-chain already.
	Backed,
}

/// Why a storage does not take a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StorageError {
	/// It is there already.
	#[error("candidate {0} is known already (R-STO-2)")]
	CandidateAlreadyKnown(CandidateHash),
	/// It ends on the head data that it starts from.
	#[error("candidate {candidate} ends on the head data that it builds on, {head} (R-STO-4)")]
	ZeroLengthCycle {
		/// The candidate.
		candidate: CandidateHash,
		/// Both its parent head and its output.
		head: HeadHash,
	},
}

/// A candidate that the storage does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("candidate {0} is unknown")]
pub struct UnknownCandidate(pub CandidateHash);

#[derive(Debug)]
struct Entry {
	candidate: Arc<Candidate>,
	state: CandidateState,
}

impl Entry {
	fn stored(&self) -> StoredCandidate<'_> {
		StoredCandidate {
			candidate: &self.candidate,
			state: self.state,
		}
	}
}

/// Position of an entry. Private, because removal frees it for another candidate.
type Slot = u32;

/// Entries with some head in common, ascending by candidate hash. Few have more than one, so they stand in place.
type Slots = SmallVec<[Slot; 4]>;

/// All candidates of one parachain.
///
/// Trees share the candidates that they hold, so removing one here never pulls it from under a tree; and whether any
/// tree holds a candidate is known exactly ([`StoredCandidate::is_in_tree`]).
#[derive(Debug, Default)]
pub struct CandidateStorage {
	entries: Vec<Option<Entry>>,
	free: Vec<Slot>,
	by_hash: ByHash<CandidateHash, Slot>,
	by_parent_head: ByHash<HeadHash, Slots>,
	by_output_head: ByHash<HeadHash, Slots>,
}

/// A candidate in a storage, with its state.
#[derive(Clone, Copy, Debug)]
pub struct StoredCandidate<'a> {
	pub(crate) candidate: &'a Arc<Candidate>,
	state: CandidateState,
}

impl<'a> StoredCandidate<'a> {
	/// The candidate.
	#[inline]
	pub fn candidate(&self) -> &'a Candidate {
		self.candidate
	}

	/// How far it has come.
	#[inline]
	pub fn state(&self) -> CandidateState {
		self.state
	}

	/// Whether it is backed.
	#[inline]
	pub fn is_backed(&self) -> bool {
		self.state == CandidateState::Backed
	}

	/// Whether some tree holds it. Constant cost.
	#[inline]
	pub fn is_in_tree(&self) -> bool {
		// The storage itself holds one reference and hands out none; the others are members of trees.
		Arc::strong_count(self.candidate) > 1
	}
}

impl CandidateStorage {
	/// Takes in a candidate that somebody proposed; of one that is shared with somebody else all that is large stays shared.
	/// Cost: O(k).
	///
	/// # Errors
	/// [`StorageError`]; then nothing has changed.
	#[inline]
	pub fn insert(
		&mut self,
		candidate: impl Into<Arc<Candidate>>,
		state: CandidateState,
	) -> Result<(), StorageError> {
		let candidate = candidate.into();
		let hash = candidate.hash();
		if self.by_hash.contains_key(&hash) {
			return Err(StorageError::CandidateAlreadyKnown(hash));
		}
		let head = candidate.output_head_hash();
		if candidate.parent_head_hash() == head {
			return Err(StorageError::ZeroLengthCycle {
				candidate: hash,
				head,
			});
		}
		self.insert_new(candidate, state);
		Ok(())
	}

	/// Takes in a candidate pending availability, as backed (R-STO-3); if it is known, only its state changes. The chain
	/// has taken it, so it is not refused even if it is a cycle of length zero (R-STO-4). Cost: O(k).
	pub fn insert_pending(&mut self, candidate: impl Into<Arc<Candidate>>) {
		let candidate = candidate.into();
		let hash = candidate.hash();
		if self.mark_backed(hash).is_err() {
			self.insert_new(candidate, CandidateState::Backed);
		}
	}

	fn insert_new(&mut self, mut candidate: Arc<Candidate>, state: CandidateState) {
		if Arc::get_mut(&mut candidate).is_none() {
			// Somebody else holds it, and would look like a tree. A clone shares what is large.
			candidate = Arc::new(Candidate::clone(&candidate));
		}
		if self.entries.capacity() == 0 {
			self.reserve_first();
		}
		let hash = candidate.hash();
		let (parent, output) = (candidate.parent_head_hash(), candidate.output_head_hash());
		let entry = Some(Entry { candidate, state });
		let slot = match self.free.pop() {
			Some(slot) => {
				self.entries[slot as usize] = entry;
				slot
			}
			None => {
				self.entries.push(entry);
				Slot::try_from(self.entries.len() - 1).expect("memory ends long before 2^32 candidates; qed")
			}
		};
		self.by_hash.insert(hash, slot);
		let entries = &self.entries;
		add(
			entries,
			self.by_parent_head.entry(parent).or_default(),
			hash,
			slot,
		);
		add(
			entries,
			self.by_output_head.entry(output).or_default(),
			hash,
			slot,
		);
	}

	/// Room for a few at once: a para that has one candidate will have more, and small tables grow at every other.
	#[cold]
	fn reserve_first(&mut self) {
		const FEW: usize = 14;
		self.entries.reserve(FEW);
		self.by_hash.reserve(FEW);
		self.by_parent_head.reserve(FEW);
		self.by_output_head.reserve(FEW);
	}

	/// Notes that a candidate is seconded. Returns whether that is news: a backed one stays backed. Constant cost.
	///
	/// # Errors
	/// [`UnknownCandidate`] if it is not there.
	pub fn mark_seconded(&mut self, hash: CandidateHash) -> Result<bool, UnknownCandidate> {
		self.raise(hash, CandidateState::Seconded)
	}

	/// Notes that a candidate is backed. Returns whether that is news. Trees that hold the candidate have to be told as
	/// well ([`FragmentTree::mark_backed`](crate::FragmentTree::mark_backed)). Constant cost.
	///
	/// # Errors
	/// [`UnknownCandidate`] if it is not there.
	#[inline]
	pub fn mark_backed(&mut self, hash: CandidateHash) -> Result<bool, UnknownCandidate> {
		self.raise(hash, CandidateState::Backed)
	}

	fn raise(&mut self, hash: CandidateHash, state: CandidateState) -> Result<bool, UnknownCandidate> {
		let entry = self
			.by_hash
			.get(&hash)
			.and_then(|slot| self.entries.get_mut(*slot as usize))
			.and_then(Option::as_mut)
			.ok_or(UnknownCandidate(hash))?;
		let is_news = state > entry.state;
		entry.state = entry.state.max(state);
		Ok(is_news)
	}

	/// Forgets a candidate, and returns whether it was there. Trees that hold it go on holding it. Cost: O(k).
	pub fn remove(&mut self, hash: CandidateHash) -> bool {
		let Some(slot) = self.by_hash.remove(&hash) else {
			return false;
		};
		if let Some(entry) = self.entries.get_mut(slot as usize).and_then(Option::take) {
			remove(&mut self.by_parent_head, entry.candidate.parent_head_hash(), slot);
			remove(&mut self.by_output_head, entry.candidate.output_head_hash(), slot);
			self.free.push(slot);
		}
		true
	}

	/// Forgets every candidate that `keep` refuses, and returns them in ascending order. `keep` is asked in no particular
	/// order. Cost: O(n), and O(log n + k) for each that goes.
	pub fn retain(&mut self, mut keep: impl FnMut(StoredCandidate<'_>) -> bool) -> Vec<CandidateHash> {
		let mut gone: Vec<_> = self
			.unordered()
			.filter(|stored| !keep(*stored))
			.map(|stored| stored.candidate().hash())
			.collect();
		gone.sort_unstable();
		for hash in &gone {
			self.remove(*hash);
		}
		gone
	}

	/// The candidate with this hash. Constant cost.
	#[inline]
	pub fn get(&self, hash: CandidateHash) -> Option<StoredCandidate<'_>> {
		self.stored(*self.by_hash.get(&hash)?)
	}

	/// Whether the candidate is there. Constant cost.
	#[inline]
	pub fn contains(&self, hash: CandidateHash) -> bool {
		self.by_hash.contains_key(&hash)
	}

	fn stored(&self, slot: Slot) -> Option<StoredCandidate<'_>> {
		Some(self.entries.get(slot as usize)?.as_ref()?.stored())
	}

	/// Candidates that build on this head data, ascending. Constant cost for each.
	#[inline]
	pub fn children_of(&self, head: HeadHash) -> impl Iterator<Item = StoredCandidate<'_>> {
		let slots = self.by_parent_head.get(&head).into_iter().flatten();
		slots.filter_map(|slot| self.stored(*slot))
	}

	/// Head data with this hash: of a candidate that outputs it, else of one that builds on it (R-STO-5).
	/// Constant cost.
	pub fn head_data(&self, head: HeadHash) -> Option<&HeadData> {
		let slots = self.by_output_head.get(&head).into_iter().flatten();
		let output = slots
			.filter_map(|slot| self.stored(*slot))
			.map(|stored| stored.candidate().output_head())
			.next();
		output.or_else(|| {
			let child = self.children_of(head).next()?;
			Some(&child.candidate().validation_data().parent_head)
		})
	}

	/// As [`head_data`](Self::head_data), to be shared.
	pub fn shared_head(&self, head: HeadHash) -> Option<SharedHead> {
		let slots = self.by_output_head.get(&head).into_iter().flatten();
		let output = slots
			.filter_map(|slot| self.stored(*slot))
			.map(|stored| SharedHead::Output(stored.candidate().shared_receipt().clone()))
			.next();
		output.or_else(|| {
			let child = self.children_of(head).next()?;
			Some(SharedHead::Parent(
				child.candidate().shared_validation_data().clone(),
			))
		})
	}

	/// All candidates, ascending. Cost: O(n log n).
	pub fn iter(&self) -> impl Iterator<Item = StoredCandidate<'_>> {
		let mut all: Vec<_> = self.unordered().collect();
		all.sort_unstable_by_key(|stored| stored.candidate().hash());
		all.into_iter()
	}

	/// All candidates, in the order of their slots, which says nothing.
	fn unordered(&self) -> impl Iterator<Item = StoredCandidate<'_>> {
		self.entries.iter().flatten().map(Entry::stored)
	}

	/// Number of candidates.
	pub fn len(&self) -> usize {
		self.by_hash.len()
	}

	/// Whether there is none.
	pub fn is_empty(&self) -> bool {
		self.by_hash.is_empty()
	}
}

/// Lists a slot where its candidate belongs.
fn add(entries: &[Option<Entry>], slots: &mut Slots, hash: CandidateHash, slot: Slot) {
	let at = slots.partition_point(|other| {
		let entry = entries.get(*other as usize).and_then(Option::as_ref);
		entry.is_some_and(|entry| entry.candidate.hash() < hash)
	});
	slots.insert(at, slot);
}

/// Takes a slot off the list of a head, and the list with the last one.
fn remove(index: &mut ByHash<HeadHash, Slots>, head: HeadHash, slot: Slot) {
	if let IndexEntry::Occupied(mut slots) = index.entry(head) {
		slots.get_mut().retain(|other| *other != slot);
		if slots.get().is_empty() {
			slots.remove();
		}
	}
}
