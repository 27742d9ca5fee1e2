//! Statements that wait for their signatures to be verified: in batches, from each peer in turn.

use async_backing_machine::{JobId, PeerId};
use async_backing_primitives::{Hash, SignedCompactStatement, ValidatorIndex};
use std::collections::{BTreeMap, VecDeque};

/// Statements of one batch: two milliseconds of signature checks.
pub(crate) const MAX_BATCH: usize = 32;
/// Statements of one peer in a batch: all that can be forged before it is noticed.
pub(crate) const MAX_BATCH_PER_PEER: usize = 8;
/// Bad signatures after which a peer is not listened to any more.
pub(crate) const MAX_FORGED: u32 = 3;

/// A statement that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
	pub(crate) peer: PeerId,
	pub(crate) sender: ValidatorIndex,
	pub(crate) parent: Hash,
	pub(crate) statement: SignedCompactStatement,
}

/// Memory: what cluster and grid let through, each statement once from each sender.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks {
	waiting: BTreeMap<PeerId, VecDeque<Waiting>>,
	forged: BTreeMap<PeerId, u32>,
	/// Whose turn it is.
	next: Option<PeerId>,
	in_check: Option<(JobId, Vec<Waiting>)>,
}

impl Checks {
	/// Whether a peer forged so much that it is not listened to.
	pub(crate) fn is_cut(&self, peer: PeerId) -> bool {
		self.forged.get(&peer).is_some_and(|forged| *forged >= MAX_FORGED)
	}

	pub(crate) fn push(&mut self, waiting: Waiting) {
		self.waiting.entry(waiting.peer).or_default().push_back(waiting);
	}

	/// The next batch, if none is being checked.
	pub(crate) fn take_batch(&mut self) -> Option<Vec<Waiting>> {
		if self.in_check.is_some() || self.waiting.is_empty() {
			return None;
		}
		let from = self.next.unwrap_or(PeerId(0));
		let later = self.waiting.range(from..).map(|(peer, _)| *peer);
		let peers: Vec<_> = later
			.chain(self.waiting.range(..from).map(|(peer, _)| *peer))
			.take(MAX_BATCH)
			.collect();
		let mut batch = Vec::new();
		for _ in 0..MAX_BATCH_PER_PEER {
			for peer in &peers {
				let Some(queue) = self.waiting.get_mut(peer) else {
					continue;
				};
				if batch.len() < MAX_BATCH {
					batch.extend(queue.pop_front());
					self.next = Some(PeerId(peer.0.wrapping_add(1)));
				}
				if queue.is_empty() {
					self.waiting.remove(peer);
				}
			}
		}
		(!batch.is_empty()).then_some(batch)
	}

	pub(crate) fn started(&mut self, job: JobId, batch: Vec<Waiting>) {
		self.in_check = Some((job, batch));
	}

	/// The check of a batch ended.
	pub(crate) fn finished(&mut self, job: JobId) -> Option<Vec<Waiting>> {
		self.in_check
			.take_if(|(of, _)| *of == job)
			.map(|(_, batch)| batch)
	}

	/// A batch was not checked: it waits again, before all others.
	pub(crate) fn put_back(&mut self, batch: Vec<Waiting>) {
		for waiting in batch.into_iter().rev() {
			self.waiting.entry(waiting.peer).or_default().push_front(waiting);
		}
	}

	/// A signature was wrong. What else of the peer waits is dropped if that was once too often.
	pub(crate) fn note_forged(&mut self, peer: PeerId) {
		let forged = self.forged.entry(peer).or_default();
		*forged = forged.saturating_add(1);
		if *forged >= MAX_FORGED {
			self.waiting.remove(&peer);
		}
	}

	pub(crate) fn forget_peer(&mut self, peer: PeerId) {
		self.waiting.remove(&peer);
		self.forged.remove(&peer);
	}

	/// Keeps what is about these relay parents.
	pub(crate) fn retain(&mut self, stays: impl Fn(Hash) -> bool) {
		for queue in self.waiting.values_mut() {
			queue.retain(|waiting| stays(waiting.parent));
		}
		self.waiting.retain(|_, queue| !queue.is_empty());
	}

	/// Whether a batch could be checked now.
	pub(crate) fn is_waiting(&self) -> bool {
		self.in_check.is_none() && !self.waiting.is_empty()
	}

	#[cfg(feature = "laws")]
	pub(crate) fn is_checking(&self, job: JobId) -> bool {
		self.in_check.as_ref().is_some_and(|(of, _)| *of == job)
	}

	#[cfg(feature = "laws")]
	pub(crate) fn taken_for_open(&self) -> usize {
		usize::from(self.in_check.is_some())
	}

	#[cfg(feature = "laws")]
	pub(crate) fn knows(&self, peer: PeerId) -> bool {
		self.waiting.contains_key(&peer) || self.forged.contains_key(&peer)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::{CandidateHash, CompactStatement};

	fn waiting(peer: u64, number: u8) -> Waiting {
		let signature = sp_core::sr25519::Signature::from_raw([number; 64]);
		Waiting {
			peer: PeerId(peer),
			sender: ValidatorIndex(0),
			parent: Hash::repeat_byte(number % 2),
			statement: SignedCompactStatement {
				statement: CompactStatement::Valid(CandidateHash(Hash::repeat_byte(number))),
				validator_index: ValidatorIndex(0),
				signature: signature.into(),
			},
		}
	}

	fn peers(batch: &[Waiting]) -> Vec<u64> {
		batch.iter().map(|waiting| waiting.peer.0).collect()
	}

	#[test]
	fn a_batch_takes_from_all_in_turn() {
		let mut checks = Checks::default();
		for number in 0..100 {
			checks.push(waiting(1, number));
		}
		for number in 100..103 {
			checks.push(waiting(2, number));
		}
		let batch = checks.take_batch().expect("there is something");
		let of = |peer| peers(&batch).iter().filter(|of| **of == peer).count();
		assert_eq!((of(1), of(2)), (MAX_BATCH_PER_PEER, 3), "law 4");
		assert_eq!(peers(&batch)[..4], [1, 2, 1, 2]);
		checks.started(JobId(7), batch.clone());
		assert!(checks.take_batch().is_none(), "one at a time");
		assert!(checks.finished(JobId(6)).is_none(), "another job");
		let back = checks.finished(JobId(7)).expect("it was begun");
		checks.put_back(back);
		let again = checks.take_batch().expect("nothing is lost");
		assert_eq!(again.len(), batch.len());
		let mut numbers: Vec<_> = again
			.iter()
			.map(|waiting| waiting.statement.statement.candidate_hash())
			.collect();
		let mut before: Vec<_> = batch
			.iter()
			.map(|waiting| waiting.statement.statement.candidate_hash())
			.collect();
		numbers.sort_unstable();
		before.sort_unstable();
		assert_eq!(numbers, before, "those that waited longest come first");
	}

	#[test]
	fn law_4_who_forges_is_cut_and_nothing_of_it_waits() {
		let mut checks = Checks::default();
		for number in 0..20 {
			checks.push(waiting(1, number));
			checks.push(waiting(2, number));
		}
		for times in 1..=MAX_FORGED {
			assert!(!checks.is_cut(PeerId(1)), "after {times} less one");
			checks.note_forged(PeerId(1));
		}
		assert!(checks.is_cut(PeerId(1)) && !checks.is_cut(PeerId(2)));
		let batch = checks.take_batch().expect("the other one waits");
		assert_eq!(peers(&batch), [2; MAX_BATCH_PER_PEER]);
		checks.forget_peer(PeerId(1));
		assert!(!checks.is_cut(PeerId(1)), "law 3: nothing is kept of who went");
	}

	#[test]
	fn law_3_what_left_every_scope_does_not_wait() {
		let mut checks = Checks::default();
		checks.push(waiting(1, 1));
		checks.push(waiting(1, 2));
		checks.push(waiting(2, 1));
		checks.retain(|parent| parent == Hash::repeat_byte(0));
		assert!(checks.is_waiting());
		assert_eq!(checks.take_batch().map(|batch| peers(&batch)), Some(vec![1]));
		assert!(checks.take_batch().is_none() && !checks.is_waiting());
	}
}
