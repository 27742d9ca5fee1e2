//! What both sides hear and say.

use crate::{CheckCollation, Hashes};
use async_backing_chain_view::LeafUpdate;
use async_backing_machine::{Never, Words};
use async_backing_wire::{
	CollationMessage, CollationRequestV1, CollationRequestV2, CollationRequestV3, CollationResponse,
	CollationResponseV3, CollationVersion, View,
};

/// The words of a [`ValidatorSide`](crate::ValidatorSide).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidatorSideWords;

/// Who opened a stream of the collation protocol to a validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollatorPeer {
	/// The bytes of its peer id's multihash, as the transport proved them: what its declaration signs (R-NET-67).
	pub peer_id: Vec<u8>,
	/// Version of the stream.
	pub version: CollationVersion,
}

impl Words for ValidatorSideWords {
	type Chain = LeafUpdate;
	type Identity = CollatorPeer;
	/// Nothing depends on what a collator sees.
	type View = View;
	type Message = CollationMessage;
	type Request = CollationRequestV2;
	type Response = CollationResponse;
	type Job = CheckCollation;
	type Done = Hashes;
	type Proposing = Never;
	type Proposal = Never;
	type Event = Never;
}

/// The words of a [`CollatorSide`](crate::CollatorSide).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollatorSideWords;

/// Whom a collator dialled. Which validators it is the chain's view knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidatorPeer {
	/// Version of the stream.
	pub version: CollationVersion,
}

/// What a validator asks of a collator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollationAsked {
	/// Any collation of the para with this relay parent.
	V1(CollationRequestV1),
	/// A candidate.
	V2(CollationRequestV2),
	/// A parablock.
	V3(CollationRequestV3),
}

/// What a collator answers, in the version of the question.
#[derive(Clone, Debug, PartialEq)]
pub enum CollationAnswer {
	/// To versions 1 and 2.
	V1OrV2(CollationResponse),
	/// To version 3.
	V3(CollationResponseV3),
}

impl Words for CollatorSideWords {
	type Chain = LeafUpdate;
	type Identity = ValidatorPeer;
	type View = View;
	type Message = CollationMessage;
	type Request = CollationAsked;
	type Response = CollationAnswer;
	type Job = Never;
	type Done = Never;
	type Proposing = Never;
	type Proposal = Never;
	type Event = Never;
}
