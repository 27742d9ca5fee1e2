//! What this validator said of codes, or was about to (law 5).
//!
//! A vote is written down before it is signed. So a validator that crashed in between signs the same again and nothing else,
//! whatever a second preparation comes to.

use async_backing_machine::{Batch, Snapshot};
use async_backing_primitives::{Hash, SessionIndex, ValidationCodeHash};
use codec::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;

/// What the keys start with.
pub(crate) const PREFIX: &[u8] = b"co/";
/// Votes that are kept: those of two sessions on a chain whose votes number some dozens. Nothing more is promised above it.
pub(crate) const MAX_VOTES: usize = 1024;

/// About which code, and in which session: each begins the count anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Subject {
	pub(crate) session: SessionIndex,
	pub(crate) code: ValidationCodeHash,
}

/// All votes that may matter yet: whether the code was accepted.
#[derive(Debug, Default)]
pub(crate) struct Votes(BTreeMap<Subject, bool>);

impl Votes {
	/// What was stored before a crash. What does not decode was not written by us, and is left alone.
	pub(crate) fn restore(snapshot: &Snapshot) -> Self {
		let votes = snapshot.with_prefix(PREFIX).filter_map(|(mut key, mut value)| {
			let session = SessionIndex::from_be_bytes(<[u8; 4]>::decode(&mut key).ok()?);
			let code = ValidationCodeHash(Hash::decode_all(&mut key).ok()?);
			Some((Subject { session, code }, bool::decode(&mut value).ok()?))
		});
		Self(votes.collect())
	}

	/// What was said.
	pub(crate) fn get(&self, subject: Subject) -> Option<bool> {
		self.0.get(&subject).copied()
	}

	/// Says it from now on. To be written with this batch; `None` if there is no room.
	pub(crate) fn put(&mut self, subject: Subject, accept: bool) -> Option<Batch> {
		if self.0.len() >= MAX_VOTES {
			return None;
		}
		self.0.insert(subject, accept);
		let mut batch = Batch::default();
		batch.put(key(subject), accept.encode());
		Some(batch)
	}

	/// Forgets what counts no more: votes of before the session that ended last before the final block. To be written with this batch.
	pub(crate) fn at_session(&mut self, finalized: SessionIndex) -> Batch {
		let mut batch = Batch::default();
		self.0.retain(|subject, _| {
			let is_kept = subject.session.saturating_add(1) >= finalized;
			if !is_kept {
				batch.remove(key(*subject));
			}
			is_kept
		});
		batch
	}
}

fn key(Subject { session, code }: Subject) -> Vec<u8> {
	[PREFIX, &session.to_be_bytes(), code.0.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn subject(session: SessionIndex, code: u64) -> Subject {
		let code = ValidationCodeHash(Hash::from_low_u64_be(code));
		Subject { session, code }
	}

	#[test]
	fn law_5_votes_survive_and_end_with_their_session() {
		let (mut votes, mut stored) = (Votes::default(), Snapshot::default());
		for (session, code, accept) in [(1, 1, true), (2, 1, false), (2, 2, true), (3, 1, true)] {
			stored.apply(&votes.put(subject(session, code), accept).unwrap());
		}
		stored.apply(&votes.at_session(3));
		let restored = Votes::restore(&stored);
		for votes in [&votes, &restored] {
			assert_eq!(votes.get(subject(1, 1)), None);
			assert_eq!(votes.get(subject(2, 1)), Some(false));
			assert_eq!(votes.get(subject(2, 2)), Some(true));
			assert_eq!(votes.get(subject(3, 1)), Some(true));
		}
	}

	#[test]
	fn law_3_votes_are_bounded() {
		let mut votes = Votes::default();
		for code in 0..MAX_VOTES as u64 {
			assert!(votes.put(subject(1, code), true).is_some());
		}
		assert!(votes.put(subject(1, u64::MAX), true).is_none());
		votes.at_session(3);
		assert!(votes.put(subject(3, 1), true).is_some());
	}
}
