//! What the collator's side is made from, what it is given, and what it tells.

use crate::Parting;
use async_backing_machine::PeerId;
use async_backing_primitives::{
	CandidateHash, CandidateReceipt, CoreIndex, Hash, HeadData, HeadHash, ParaId, PoV, ValidatorId,
	ValidatorIndex,
};
use async_backing_wire::Declaration;
use std::sync::Arc;
use thiserror::Error;

/// What a [`CollatorSide`](crate::CollatorSide) is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollatorSideConfig {
	/// What is said to every validator: the para, and a key that is made at each start and signs the own peer id (R-NET-67).
	pub declaration: Declaration,
}

impl CollatorSideConfig {
	/// The para.
	pub const fn para(&self) -> ParaId {
		self.declaration.para_id
	}
}

/// A collation to be offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collation {
	/// The candidate.
	pub receipt: CandidateReceipt,
	/// Its proof of validity, as it is sent: compressed or not (R-NET-72).
	pub pov: Arc<PoV>,
	/// The head data that it builds on.
	pub parent_head: Arc<HeadData>,
	/// Their hash.
	pub parent_head_hash: HeadHash,
	/// The core that it is for.
	pub core: CoreIndex,
}

/// Why a collation is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OfferError {
	/// It is of another para.
	#[error("a candidate of para {got}, but {expected} is declared")]
	OtherPara {
		/// As declared.
		expected: ParaId,
		/// Of the candidate.
		got: ParaId,
	},
	/// It is offered.
	#[error("candidate {0} is offered already")]
	Known(CandidateHash),
	/// No leaf admits its scheduling parent.
	#[error("scheduling parent {0} is in no scope (R-NET-77)")]
	OutOfScope(Hash),
	/// The descriptor names no core that could be found, or another one.
	#[error("the candidate names core {named:?}, but is for {got}")]
	OtherCore {
		/// By its descriptor.
		named: CoreIndex,
		/// As given.
		got: CoreIndex,
	},
	/// The para has no claim on the core.
	#[error("para {para} has no claim on core {core} at {scheduling_parent} (R-NET-73)")]
	NoClaim {
		/// The para.
		para: ParaId,
		/// The core.
		core: CoreIndex,
		/// The scheduling parent.
		scheduling_parent: Hash,
	},
	/// As many are offered for the core at this scheduling parent as the para has claims there.
	#[error("{0} collations are offered for the core there already (R-NET-78)")]
	TooMany(usize),
	/// As many are offered as can be.
	#[error("{0} collations are offered already")]
	Full(usize),
}

/// What the neighbours must hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollatorEffect {
	/// The driver shall be connected to these validators on the collation set, and to no others (R-NET-74).
	Connect {
		/// Their keys, ascending.
		validators: Vec<ValidatorId>,
	},
	/// The driver shall end a connection.
	Disconnect {
		/// Whose.
		peer: PeerId,
		/// Why.
		why: Parting,
	},
	/// A validator says that it seconded a candidate. What it signed was not verified.
	Seconded {
		/// The candidate.
		candidate: CandidateHash,
		/// The validator, in the session of the scheduling parent.
		by: ValidatorIndex,
	},
}
