//! Statements that wait for their signatures to be checked (laws 3 and 4).
//!
//! Each peer has a queue of its own, and a batch takes from all in turn, so that one that sends much delays nobody but
//! itself. What peers have waiting is bounded for each and for all; where all have too much, the one with the most gives
//! way. A peer whose statements turn out to be forged is not listened to any more.

use crate::SignedStatement;
use async_backing_machine::{JobId, PeerId};
use async_backing_primitives::{Hash, MAX_COMMITMENTS_SIZE};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
};
use thiserror::Error;

/// Statements of one peer that wait: what a group of five says at four relay parents with a depth of four, and some more.
pub const MAX_WAITING_PER_PEER: usize = 128;
/// Bytes of statements of one peer that wait: two of the largest candidates.
pub const MAX_WAITING_BYTES_PER_PEER: usize = 2 * MAX_STATEMENT_BYTES;
/// Bytes of the largest statement: commitments that the chain can store, and head data to build on (R-FRG-16, R-ABP-6).
pub const MAX_STATEMENT_BYTES: usize = MAX_COMMITMENTS_SIZE as usize + 2 * 1024 * 1024;
/// Bytes of all statements that wait or are being checked: a few seconds of work, and more than one leaf brings.
pub const MAX_WAITING_BYTES: usize = 8 * MAX_STATEMENT_BYTES;
/// Statements of one batch: a millisecond or two of signature checks, and when they are done as much to take in as one input
/// may (law 1).
pub const MAX_BATCH: usize = 32;
/// Statements of one peer in a batch: all that can be forged before it is noticed.
pub const MAX_BATCH_PER_PEER: usize = 8;
/// Bytes of a batch that are hashed, but for one statement that is larger.
pub const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Forged statements after which a peer is not listened to any more.
pub const MAX_FORGED: u32 = 3;

/// Why a statement does not wait for its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotWaiting {
	/// The peer forged statements.
	#[error("the peer forged {0} statements")]
	Cut(u32),
	/// It waits already.
	#[error("it waits already")]
	Repeated,
	/// No honest statement is so large.
	#[error("a statement of {got} bytes, but at most {max}")]
	TooLarge {
		/// Bytes.
		got: usize,
		/// Limit.
		max: usize,
	},
	/// Too many statements of the peer wait.
	#[error("{0} statements of the peer wait already")]
	TooMany(usize),
	/// Too many bytes of the peer wait.
	#[error("{waiting} bytes of the peer wait, {more} more are above {max}")]
	TooManyBytes {
		/// Bytes that wait.
		waiting: usize,
		/// Bytes that would join.
		more: usize,
		/// Limit.
		max: usize,
	},
	/// Too much waits, and nobody has more waiting than this peer.
	#[error("{0} bytes wait already")]
	Busy(usize),
}

#[derive(Debug)]
struct Waiting {
	statement: Arc<SignedStatement>,
	bytes: usize,
}

#[derive(Debug, Default)]
struct Sender {
	waiting: VecDeque<Waiting>,
	bytes: usize,
	forged: u32,
	repeats: usize,
}

/// A statement of a batch, and who sent it.
#[derive(Debug)]
pub(crate) struct InCheck {
	pub(crate) peer: PeerId,
	pub(crate) statement: Arc<SignedStatement>,
	bytes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Checks {
	senders: BTreeMap<PeerId, Sender>,
	/// Whose turn it is.
	next: Option<PeerId>,
	/// Bytes that wait or are being checked.
	bytes: usize,
	in_check: Option<(JobId, Vec<InCheck>)>,
	/// No batch was taken: it is tried again after the next input.
	is_paused: bool,
	/// Statements that gave way to those of others.
	gave_way: u64,
}

impl Checks {
	/// Puts a statement into the queue of the peer that sent it.
	pub(crate) fn push(&mut self, peer: PeerId, statement: Arc<SignedStatement>) -> Result<(), NotWaiting> {
		let bytes = statement.bytes();
		if bytes > MAX_STATEMENT_BYTES {
			return Err(NotWaiting::TooLarge {
				got: bytes,
				max: MAX_STATEMENT_BYTES,
			});
		}
		let in_check = self.in_check.iter().flat_map(|(_, batch)| batch);
		let is_in_check = in_check
			.clone()
			.any(|known| is_same(&known.statement, &statement));
		let sender = self.senders.entry(peer).or_default();
		if sender.forged >= MAX_FORGED {
			return Err(NotWaiting::Cut(sender.forged));
		}
		let waits = |known: &Waiting| is_same(&known.statement, &statement);
		if is_in_check || sender.waiting.iter().any(waits) {
			return Err(NotWaiting::Repeated);
		}
		if sender.waiting.len() >= MAX_WAITING_PER_PEER {
			return Err(NotWaiting::TooMany(sender.waiting.len()));
		}
		let (waiting, more) = (sender.bytes, bytes);
		let held = waiting.saturating_add(more);
		if held > MAX_WAITING_BYTES_PER_PEER {
			let max = MAX_WAITING_BYTES_PER_PEER;
			return Err(NotWaiting::TooManyBytes { waiting, more, max });
		}
		while self.bytes.saturating_add(bytes) > MAX_WAITING_BYTES {
			self.give_way(held)?;
		}
		let sender = self.senders.entry(peer).or_default();
		sender.waiting.push_back(Waiting { statement, bytes });
		sender.bytes = held;
		self.bytes = self.bytes.saturating_add(bytes);
		Ok(())
	}

	/// Drops the last statement of the peer that has most waiting, if that is more than `held`.
	fn give_way(&mut self, held: usize) -> Result<(), NotWaiting> {
		let most = self.senders.values_mut().max_by_key(|sender| sender.bytes);
		let busy = NotWaiting::Busy(self.bytes);
		let most = most.filter(|sender| sender.bytes > held).ok_or(busy)?;
		let last = most.waiting.pop_back().ok_or(busy)?;
		most.bytes = most.bytes.saturating_sub(last.bytes);
		self.bytes = self.bytes.saturating_sub(last.bytes);
		self.gave_way = self.gave_way.saturating_add(1);
		Ok(())
	}

	/// Takes a batch out, if none is being checked: from each peer in turn. `None` if there is nothing to do.
	pub(crate) fn take_batch(&mut self) -> Option<Vec<InCheck>> {
		if self.in_check.is_some() || self.is_paused {
			return None;
		}
		let mut batch = Vec::new();
		let mut taken = BTreeMap::<PeerId, usize>::new();
		let mut bytes = 0_usize;
		while let Some(peer) = self.next_sender(&taken) {
			let Some(sender) = self.senders.get_mut(&peer) else {
				break;
			};
			let Some(first) = sender.waiting.front() else {
				break;
			};
			let with = bytes.saturating_add(first.bytes);
			if batch.len() >= MAX_BATCH || (with > MAX_BATCH_BYTES && !batch.is_empty()) {
				break;
			}
			bytes = with;
			self.next = Some(PeerId(peer.0.wrapping_add(1)));
			let Some(Waiting { statement, bytes }) = sender.waiting.pop_front() else {
				break;
			};
			sender.bytes = sender.bytes.saturating_sub(bytes);
			let of_peer = taken.entry(peer).or_default();
			*of_peer = of_peer.saturating_add(1);
			batch.push(InCheck {
				peer,
				statement,
				bytes,
			});
		}
		(!batch.is_empty()).then_some(batch)
	}

	/// The peer whose turn it is, of those with something waiting and not too much in the batch.
	fn next_sender(&self, taken: &BTreeMap<PeerId, usize>) -> Option<PeerId> {
		let may = |(peer, sender): (&PeerId, &Sender)| {
			let share = taken.get(peer).copied().unwrap_or(0);
			(!sender.waiting.is_empty() && share < MAX_BATCH_PER_PEER).then_some(*peer)
		};
		let from = self.next.unwrap_or(PeerId(0));
		let later = self.senders.range(from..).find_map(may);
		later.or_else(|| self.senders.range(..from).find_map(may))
	}

	/// The batch is being checked by this job.
	pub(crate) fn started(&mut self, job: JobId, batch: Vec<InCheck>) {
		self.in_check = Some((job, batch));
	}

	/// The check ended: its statements.
	pub(crate) fn finished(&mut self, job: JobId) -> Option<Vec<InCheck>> {
		let (_, batch) = self.in_check.take_if(|(of, _)| *of == job)?;
		self.release(&batch);
		Some(batch)
	}

	/// Statements of a batch are not in memory any more.
	pub(crate) fn release(&mut self, batch: &[InCheck]) {
		for statement in batch {
			self.bytes = self.bytes.saturating_sub(statement.bytes);
		}
	}

	/// The batch was not checked, for want of time: it goes back to the front. Nothing more is tried until the next input.
	pub(crate) fn put_back(&mut self, batch: Vec<InCheck>) {
		self.is_paused = true;
		for InCheck {
			peer,
			statement,
			bytes,
		} in batch.into_iter().rev()
		{
			let Some(sender) = self.senders.get_mut(&peer) else {
				self.bytes = self.bytes.saturating_sub(bytes);
				continue;
			};
			sender.bytes = sender.bytes.saturating_add(bytes);
			sender.waiting.push_front(Waiting { statement, bytes });
		}
	}

	/// As [`put_back`](Self::put_back), for a job that failed.
	pub(crate) fn failed(&mut self, job: JobId) {
		if let Some((_, batch)) = self.in_check.take_if(|(of, _)| *of == job) {
			self.put_back(batch);
		}
	}

	/// Whether a batch was not taken since the last input.
	pub(crate) fn is_paused(&self) -> bool {
		self.is_paused
	}

	/// There is another input: a batch may be tried.
	pub(crate) fn resume(&mut self) {
		self.is_paused = false;
	}

	/// A statement of the peer was forged. `true` if that was once too often: nothing of it waits any more.
	pub(crate) fn forged(&mut self, peer: PeerId) -> bool {
		let Some(sender) = self.senders.get_mut(&peer) else {
			return false;
		};
		sender.forged = sender.forged.saturating_add(1);
		if sender.forged == MAX_FORGED {
			sender.waiting.clear();
			self.bytes = self.bytes.saturating_sub(std::mem::take(&mut sender.bytes));
			return true;
		}
		false
	}

	/// A statement of the peer is known. `true` if it repeats itself: each of `known` statements it may bring once.
	pub(crate) fn repeated(&mut self, peer: PeerId, known: usize) -> bool {
		let sender = self.senders.entry(peer).or_default();
		sender.repeats = sender.repeats.saturating_add(1);
		sender.repeats > known
	}

	/// A peer is gone, with what it has waiting.
	pub(crate) fn forget_peer(&mut self, peer: PeerId) {
		if let Some(sender) = self.senders.remove(&peer) {
			self.bytes = self.bytes.saturating_sub(sender.bytes);
		}
	}

	/// Keeps what waits of these relay parents only. Repetitions are counted from now on.
	pub(crate) fn retain(&mut self, in_scope: impl Fn(Hash) -> bool) {
		for sender in self.senders.values_mut() {
			sender.repeats = 0;
			let total = &mut self.bytes;
			let of_sender = &mut sender.bytes;
			sender.waiting.retain(|waiting| {
				let is_kept = in_scope(waiting.statement.scheduling_parent);
				if !is_kept {
					*of_sender = of_sender.saturating_sub(waiting.bytes);
					*total = total.saturating_sub(waiting.bytes);
				}
				is_kept
			});
		}
	}

	/// Whether this job checks a batch.
	#[cfg(feature = "laws")]
	pub(crate) fn is_checking(&self, job: JobId) -> bool {
		self.in_check.as_ref().is_some_and(|(of, _)| *of == job)
	}

	/// Whether anything is known of a peer.
	#[cfg(feature = "laws")]
	pub(crate) fn knows(&self, peer: PeerId) -> bool {
		self.senders.contains_key(&peer)
	}

	/// Most statements of one peer that wait.
	#[cfg(feature = "laws")]
	pub(crate) fn most_waiting(&self) -> usize {
		let waiting = self.senders.values().map(|sender| sender.waiting.len());
		waiting.max().unwrap_or(0)
	}

	/// Bytes that wait or are being checked.
	pub(crate) fn bytes(&self) -> usize {
		self.bytes
	}

	/// Statements that gave way to those of others so far.
	pub(crate) fn gave_way(&self) -> u64 {
		self.gave_way
	}
}

/// Whether two statements are the same, as far as a signature tells: nobody can make one that fits two.
fn is_same(one: &SignedStatement, other: &SignedStatement) -> bool {
	one.signature == other.signature
		&& one.validator_index == other.validator_index
		&& one.scheduling_parent == other.scheduling_parent
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{SecondedCandidate, StatementContent};
	use async_backing_primitives::{
		CandidateCommitments, CandidateDescriptor, CandidateHash, CommittedCandidateReceipt, ValidatorIndex,
		ValidatorSignature,
	};

	const LARGE: usize = MAX_STATEMENT_BYTES - 64 * 1024;

	/// A statement of its own signature, with a candidate that is shared, so that the test takes little memory itself.
	fn statement(number: u8, receipt: &Arc<CommittedCandidateReceipt>) -> Arc<SignedStatement> {
		let candidate = SecondedCandidate {
			receipt: receipt.clone(),
			validation_data: Arc::default(),
		};
		Arc::new(SignedStatement {
			content: StatementContent::Seconded(Arc::new(candidate)),
			..small(number)
		})
	}

	fn small(number: u8) -> SignedStatement {
		let signature = sp_core::sr25519::Signature::from_raw([number; 64]);
		SignedStatement {
			scheduling_parent: Hash::zero(),
			content: StatementContent::Valid(CandidateHash(Hash::repeat_byte(number))),
			validator_index: ValidatorIndex(0),
			signature: ValidatorSignature::from(signature),
		}
	}

	fn receipt(bytes: usize) -> Arc<CommittedCandidateReceipt> {
		Arc::new(CommittedCandidateReceipt {
			descriptor: CandidateDescriptor::v2(Default::default()),
			commitments: CandidateCommitments {
				upward_messages: vec![vec![0; bytes]],
				..Default::default()
			},
		})
	}

	#[test]
	fn law_3_what_waits_is_bounded_in_all_and_the_greediest_gives_way() {
		let (large, medium) = (receipt(LARGE), receipt(LARGE / 2));
		let mut checks = Checks::default();
		for number in 0..8_u8 {
			let peer = PeerId(u64::from(number / 2));
			assert_eq!(checks.push(peer, statement(number, &large)), Ok(()));
		}
		let third = checks.push(PeerId(0), statement(8, &large));
		assert!(matches!(third, Err(NotWaiting::TooManyBytes { .. })), "{third:?}");
		assert!(checks.bytes() > MAX_WAITING_BYTES - MAX_STATEMENT_BYTES);
		// Who has less waiting finds room, at the cost of one who has more.
		assert_eq!(checks.push(PeerId(9), statement(9, &large)), Ok(()));
		assert_eq!(checks.push(PeerId(9), statement(10, &medium)), Ok(()));
		assert_eq!(checks.gave_way(), 2);
		assert!(checks.bytes() <= MAX_WAITING_BYTES);
		// Who would have as much as anybody does not.
		for number in 11..14 {
			let _ = checks.push(PeerId(u64::from(number)), statement(number, &large));
		}
		let busy = checks.push(PeerId(9), statement(20, &medium));
		assert!(matches!(busy, Err(NotWaiting::Busy(_))), "{busy:?}");
		assert!(checks.bytes() <= MAX_WAITING_BYTES);

		let too_large = checks.push(PeerId(30), statement(30, &receipt(MAX_STATEMENT_BYTES)));
		assert!(
			matches!(too_large, Err(NotWaiting::TooLarge { .. })),
			"{too_large:?}"
		);
		checks.retain(|_| false);
		assert_eq!(checks.bytes(), 0);
	}

	#[test]
	fn a_batch_takes_from_all_in_turn() {
		let mut checks = Checks::default();
		for number in 0..100 {
			checks.push(PeerId(1), Arc::new(small(number))).expect("room");
		}
		for number in 100..103 {
			checks.push(PeerId(2), Arc::new(small(number))).expect("room");
		}
		let batch = checks.take_batch().expect("there is something");
		let of = |peer| batch.iter().filter(|item| item.peer == PeerId(peer)).count();
		assert_eq!((of(1), of(2)), (MAX_BATCH_PER_PEER, 3));
		let first: Vec<_> = batch.iter().take(4).map(|item| item.peer.0).collect();
		assert_eq!(first, [1, 2, 1, 2]);
		let bytes = checks.bytes();
		checks.started(JobId(7), batch);
		assert!(checks.take_batch().is_none(), "one at a time");
		let repeated = checks.push(PeerId(3), Arc::new(small(0)));
		assert_eq!(repeated, Err(NotWaiting::Repeated), "it is being checked");
		checks.failed(JobId(7));
		assert_eq!(checks.bytes(), bytes, "nothing is lost");
		assert!(checks.take_batch().is_none(), "not before the next input");
		checks.resume();
		let again = checks.take_batch().expect("there is something");
		assert_eq!(again.len(), MAX_BATCH_PER_PEER + 3);
		checks.started(JobId(8), again);
		assert!(checks.finished(JobId(7)).is_none(), "another job");
		assert_eq!(checks.finished(JobId(8)).map(|batch| batch.len()), Some(11));
		assert!(checks.bytes() < bytes);
	}

	#[test]
	fn a_large_statement_is_a_batch_of_its_own() {
		let large = receipt(LARGE);
		let mut checks = Checks::default();
		checks.push(PeerId(1), statement(1, &large)).expect("room");
		checks.push(PeerId(2), statement(2, &large)).expect("room");
		for _ in 0..2 {
			let batch = checks.take_batch().expect("there is something");
			assert_eq!(batch.len(), 1);
			checks.release(&batch);
		}
		assert!(checks.take_batch().is_none());
		assert_eq!(checks.bytes(), 0);
	}
}
