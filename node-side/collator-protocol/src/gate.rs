//! The port to backing, which knows what may be seconded.

use crate::Offer;
use async_backing_fragment_tree::SharedValidationData;
use async_backing_primitives::{CandidateHash, Hash, HeadData, HeadHash, ParaId};
use std::sync::Arc;

/// What is to be done about an advertised candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
	/// Fetch it.
	Fetch,
	/// Nobody here knows the head on which it builds: fetch it, if that comes with it (R-NET-71) and a claim is left beside one
	/// for a candidate that has a place (R-BAK-5).
	FetchUnconnected,
	/// It may have a place later: keep it. Asked again at every new leaf, and whenever something of the para is seconded or
	/// gets its quorum (R-BAK-5).
	Wait,
	/// Another one has its place, for as long as the leaves are these. Somebody else may second it all the same, so that it
	/// has to be confirmed (R-DEF-38): keep it.
	Taken,
	/// It is of no use, and nobody's fault.
	Useless,
	/// No honest collator advertises it here. Why, in a few words.
	Wrong(&'static str),
}

/// Whether the proof of validity of a candidate that somebody else seconded is wanted from a collator (R-DEF-38).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
	/// Backers were asked in vain, or none is there.
	Now,
	/// Not yet.
	Later,
	/// This validator has it, or needs it not.
	Never,
}

/// Whoever knows whether a candidate may be seconded, or has to be confirmed: backing, with its view of the chain.
pub trait Gate {
	/// What is to be done about a candidate that nobody seconded, by all that its advertisement says (R-BAK-1, R-BAK-3,
	/// R-BAK-5).
	fn judge(&self, offer: &Offer) -> Verdict;

	/// Whether a candidate is wanted to confirm what somebody else seconded; `None` if nobody did.
	fn demand(&self, candidate: CandidateHash) -> Option<Demand>;

	/// Validation data of a candidate with this relay parent that builds on this head (R-VIE-9), which are never taken from a
	/// collator (R-COL-3). `sent` is the head as it came with the collation: it is of use where the parent is not known yet,
	/// and nobody has checked that it has this hash. `None` if nothing is known (R-NET-87).
	fn validation_data(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
		sent: Option<&Arc<HeadData>>,
	) -> Option<SharedValidationData>;
}
