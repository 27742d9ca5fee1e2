//! What backing hears and says.

use crate::{job, SignedStatement, StatementError};
use async_backing_machine::{JobFailure, Never, PeerId, Words};
use async_backing_primitives::{CandidateHash, CompactStatement, PoV};
use std::{sync::Arc, time::Duration};

/// The words of [`Backing`](crate::Backing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackingWords;

impl Words for BackingWords {
	/// Leaves come and go by methods, because their order with the other parts matters.
	type Chain = Never;
	/// Who a peer is, the chain view knows.
	type Identity = ();
	type View = Never;
	type Message = Arc<SignedStatement>;
	type Request = PovRequest;
	type Response = Arc<PoV>;
	type Job = job::Job;
	type Done = job::Done;
	type Proposing = Never;
	type Proposal = Never;
	type Event = Event;
}

/// Asks a validator that stated a candidate for its proof of validity (R-NET-102). Backing asks; who holds the data
/// answers, which is availability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PovRequest(pub CandidateHash);

/// What an observer may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
	/// An own statement was sent to the other validators.
	Shared(CompactStatement),
	/// A statement of somebody else was refused.
	Refused {
		/// Who sent it, which need not be its author.
		peer: PeerId,
		/// Why.
		error: StatementError,
	},
	/// A job about a candidate came to nothing. It is tried again at the next leaf, or given up.
	Failed {
		/// The candidate.
		candidate: CandidateHash,
		/// Why.
		failure: JobFailure,
	},
}

/// How own statements reach the other validators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
	/// Backing tells every validator of the session itself, and hears them itself: for a few who all know each other.
	#[default]
	FullMesh,
	/// A neighbour tells them ([`Effect::Share`](crate::Effect::Share)), and says what others state
	/// ([`Backing::heard`](crate::Backing::heard)): statement distribution (R-SD-1).
	Neighbour,
}

/// How own statements go out, and how long backing waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackingConfig {
	/// How own statements reach others.
	pub sharing: Sharing,
	/// For a proof of validity, before the next backer is asked.
	pub pov_timeout: Duration,
	/// For the validation of a candidate: execution, hashes and coding.
	pub validation: Duration,
	/// For a batch of signature checks.
	pub check: Duration,
	/// For an own signature, and for an own candidate to be read again after a restart.
	pub sign: Duration,
}

impl Default for BackingConfig {
	/// 2 s for a proof of validity (R-NET-21), and for an execution (R-BAK-11); what is quick gets half of it.
	fn default() -> Self {
		Self {
			sharing: Sharing::default(),
			pov_timeout: Duration::from_secs(2),
			validation: Duration::from_secs(2),
			check: Duration::from_secs(1),
			sign: Duration::from_secs(1),
		}
	}
}
