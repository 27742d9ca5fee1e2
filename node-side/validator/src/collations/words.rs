//! What validators and collators say to one another.

use async_backing_backing::{Collation, Demand};
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
	/// Another one has its place, for as long as the leaves are these. Somebody else may second it all the same, so that it
	/// has to be confirmed (R-DEF-38): keep it.
	Taken,
	/// It is of no use, and nobody's fault.
	Useless,
	/// No honest collator advertises it here.
	Wrong(&'static str),
}

/// Who knows whether a candidate may be seconded, or has to be confirmed: backing.
pub(crate) trait Gate {
	/// What is to be done about one that nobody seconded (R-BAK-1, R-BAK-3, R-BAK-5).
	fn judge(
		&self,
		candidate: CandidateHash,
		descriptor: &CandidateDescriptor,
		parent_head: HeadHash,
	) -> Verdict;

	/// Whether a candidate is wanted to confirm what somebody else seconded; `None` if nobody did (R-DEF-38).
	fn demand(&self, candidate: CandidateHash) -> Option<Demand>;
}

/// What a candidate is fetched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
	/// To second it, if one of its rivals does not.
	Second,
	/// To confirm it: somebody else seconded it, and hands it over to nobody. It has no rivals in this.
	Confirm,
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
	/// This validator confirmed it.
	Confirmed,
	/// Its collator's fault. Whoever found out has reported it.
	Failed,
	/// Nobody's fault, and it may have its turn again.
	Postponed,
	/// Nobody's fault. It is executed again only if somebody else seconds it.
	Dropped,
}
