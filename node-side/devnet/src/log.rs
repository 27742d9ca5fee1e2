//! The event log of a run, and its hash.
//!
//! Every delivered message and every step of a candidate goes into the hash, with its instant. Two runs with one hash
//! did the same, in the same order, at the same time.

use async_backing_primitives::{BlockNumber, CandidateHash, CoreIndex, Hash, ParaId};
use async_backing_sim::Instant;
use codec::Encode;
use sp_io::hashing::blake2_256;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub enum Occurrence {
	/// A relay block was built and imported.
	RelayBlock {
		/// Its number.
		number: BlockNumber,
		/// Its hash.
		hash: Hash,
		/// Slots since the run began.
		slot: u64,
		/// Validator that built it.
		author: u32,
	},
	/// A message arrived.
	Delivered {
		/// Who sent it.
		from: u32,
		/// Who got it.
		to: u32,
		/// What kind of message it was.
		kind: &'static str,
		/// Encoded size in bytes.
		bytes: u32,
	},
	/// A collator built a candidate.
	Built {
		/// The para.
		para: ParaId,
		/// The candidate.
		candidate: CandidateHash,
		/// Extrinsics in it.
		extrinsics: u32,
	},
	/// A validator finished executing a candidate.
	Executed {
		/// The validator.
		validator: u32,
		/// The candidate.
		candidate: CandidateHash,
		/// Whether it is valid.
		valid: bool,
	},
	/// A validator seconded a candidate.
	Seconded {
		/// The validator.
		validator: u32,
		/// The candidate.
		candidate: CandidateHash,
	},
	/// A validator knows enough votes for a candidate.
	Backable {
		/// The validator.
		validator: u32,
		/// The candidate.
		candidate: CandidateHash,
	},
	/// The chain backed a candidate.
	Backed {
		/// The candidate.
		candidate: CandidateHash,
		/// The core that it occupies.
		core: CoreIndex,
	},
	/// The chain included a candidate.
	Included {
		/// The candidate.
		candidate: CandidateHash,
	},
	/// A candidate did not become available in time.
	TimedOut {
		/// The candidate.
		candidate: CandidateHash,
	},
	/// A session began with the child of a relay block.
	SessionChanged {
		/// The session.
		session: u32,
	},
	/// Somebody ordered a block for a para.
	Ordered {
		/// The para.
		para: ParaId,
	},
	/// A node refused what another one sent, or could not do what it should.
	Complaint {
		/// The node.
		node: u32,
		/// Why.
		reason: String,
	},
	/// A node crashed.
	Crashed {
		/// The node.
		node: u32,
	},
	/// The author of a slot was not there.
	NoAuthor {
		/// Slots since the run began.
		slot: u64,
		/// Validator that should have built.
		author: u32,
	},
	/// Nobody builds in a slot.
	EmptySlot {
		/// Slots since the run began.
		slot: u64,
	},
}

/// All occurrences of a run, in order, and a hash over them.
#[derive(Debug, Default)]
pub struct EventLog {
	hash: Hash,
	len: u64,
	kept: Option<Vec<(Instant, Occurrence)>>,
}

impl EventLog {
	/// A log that keeps the occurrences themselves beside their hash.
	pub fn keeping() -> Self {
		Self {
			kept: Some(Vec::new()),
			..Self::default()
		}
	}

	/// Appends an occurrence.
	pub fn push(&mut self, at: Instant, occurrence: Occurrence) {
		self.hash = blake2_256(&(self.hash, at.as_nanos(), &occurrence).encode()).into();
		self.len += 1;
		if let Some(kept) = &mut self.kept {
			kept.push((at, occurrence));
		}
	}

	/// Hash over all occurrences so far.
	pub fn hash(&self) -> Hash {
		self.hash
	}

	/// Number of occurrences.
	pub fn len(&self) -> u64 {
		self.len
	}

	/// Whether nothing has happened.
	pub fn is_empty(&self) -> bool {
		self.len == 0
	}

	/// The occurrences, if they are kept.
	pub fn occurrences(&self) -> &[(Instant, Occurrence)] {
		self.kept.as_deref().unwrap_or_default()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Duration;

	#[test]
	fn the_hash_depends_on_what_when_and_in_which_order() {
		let seconds = Duration::from_secs;
		let [a, b] = [0, 1].map(|session| Occurrence::SessionChanged { session });
		let hash = |entries: &[(Instant, &Occurrence)]| {
			let mut log = EventLog::default();
			entries
				.iter()
				.for_each(|(at, what)| log.push(*at, (*what).clone()));
			log.hash()
		};
		let reference = hash(&[(seconds(1), &a), (seconds(1), &b)]);
		assert_eq!(reference, hash(&[(seconds(1), &a), (seconds(1), &b)]));
		assert_ne!(reference, hash(&[(seconds(1), &b), (seconds(1), &a)]));
		assert_ne!(reference, hash(&[(seconds(1), &a), (seconds(2), &b)]));
		assert_ne!(reference, hash(&[(seconds(1), &a)]));
	}
}
