//! What validators and collators say to one another.

use async_backing_backing::Collation;
use async_backing_chain_view::{Identity, LeafUpdate};
use async_backing_machine::{Never, PeerId, Words};
use async_backing_primitives::{CandidateDescriptor, CandidateHash, CandidateReceipt, HeadHash, ParaId, PoV};
use codec::{Decode, Encode};
use std::sync::Arc;

/// What a collator says of a candidate before anybody fetches it. Validation data are not in it: a backer finds them
/// out itself (R-COL-3).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Advertisement {
	/// The candidate.
	pub receipt: CandidateReceipt,
	/// Hash of the head data that it builds on.
	pub parent_head: HeadHash,
}

/// What a collator says unasked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CollatorMessage {
	/// It collates for this para. Said once a connection, before anything else (R-NET-81).
	Declare(ParaId),
	/// It has a candidate (R-NET-84).
	Advertise(Box<Advertisement>),
}

/// A candidate as its collator hands it over (R-NET-86).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FetchedCollation {
	/// The candidate, as advertised.
	pub receipt: CandidateReceipt,
	/// The proof of validity.
	pub pov: Arc<PoV>,
}

/// Words of the part that hears collators.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CollationWords;

impl Words for CollationWords {
	type Chain = LeafUpdate;
	type Identity = Identity;
	type View = Never;
	type Message = CollatorMessage;
	type Request = CandidateHash;
	type Response = FetchedCollation;
	type Job = Never;
	type Done = Never;
	type Proposing = Never;
	type Proposal = Never;
	type Event = Never;
}

/// What is to be done about an advertised candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
	/// Fetch it.
	Fetch,
	/// It may have a place later: keep it (R-BAK-5).
	Wait,
	/// It is of no use, and nobody's fault.
	Useless,
	/// No honest collator advertises it here.
	Wrong(&'static str),
}

/// Who knows whether a candidate may be seconded: backing.
pub(crate) trait Gate {
	/// What is to be done about it (R-BAK-1, R-BAK-3, R-BAK-5).
	fn judge(
		&self,
		candidate: CandidateHash,
		descriptor: &CandidateDescriptor,
		parent_head: HeadHash,
	) -> Verdict;
}

/// What the neighbours must hear.
#[derive(Debug)]
pub(crate) enum Effect {
	/// A candidate was fetched and is as advertised. How it ended is to be told with
	/// [`Collations::ended`](super::Collations::ended).
	Fetched {
		/// The candidate.
		candidate: CandidateHash,
		/// The collator.
		from: PeerId,
		/// What it handed over.
		collation: Collation,
	},
}

/// How a candidate ended that was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
	/// This validator seconded it.
	Seconded,
	/// Its collator's fault. Whoever found out has reported it.
	Failed,
	/// Nobody's fault.
	Dropped,
}
