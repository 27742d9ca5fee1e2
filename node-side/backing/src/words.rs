//! What backing hears and says.

use crate::{job, StatementError};
use async_backing_machine::{JobFailure, Never, Words};
use async_backing_primitives::{CandidateHash, CompactStatement, PoV, ValidatorIndex};
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
	/// What validators state comes and goes by a neighbour: statement distribution (R-SD-1).
	type Message = Never;
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
	/// An own statement is there for the other validators.
	Shared(CompactStatement),
	/// A statement of somebody else was refused.
	Refused {
		/// Who made it.
		validator: ValidatorIndex,
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

/// How long backing waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackingConfig {
	/// For a proof of validity, before the next backer is asked.
	pub pov_timeout: Duration,
	/// For the validation of a candidate: execution, hashes and coding.
	pub validation: Duration,
	/// For an own signature, and for an own candidate to be read again after a restart.
	pub sign: Duration,
}

impl Default for BackingConfig {
	/// 2 s for a proof of validity (R-NET-21), and for an execution (R-BAK-11); what is quick gets half of it.
	fn default() -> Self {
		Self {
			pov_timeout: Duration::from_secs(2),
			validation: Duration::from_secs(2),
			sign: Duration::from_secs(1),
		}
	}
}
