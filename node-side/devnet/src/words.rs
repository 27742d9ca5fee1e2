//! The words of the devnet's nodes: those of a validator, and what a collator has beside.

use crate::authoring::Order;
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_collator::Collated;
use async_backing_machine::{Never, Words};
use async_backing_primitives::{
	BlockNumber, CandidateHash, CandidateReceipt, CoreIndex, Hash, HeadHash, ParaId, PoV,
};
use async_backing_provisioner::Proposal;
use async_backing_validator::{
	answer_kind_of, kind_of, Answer as NodeAnswer, Done as ValidatorDone, Event as ValidatorEvent,
	Job as ValidatorJob, Message as NodeMessage, Proposing, Question as NodeQuestion, Request as NodeRequest,
	Response as NodeResponse,
};
use codec::Encode;
use std::{borrow::Cow, sync::Arc};

/// What nodes of the devnet hear and say, as it goes over links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DevnetWords;

/// The same as cores hear and say it: what is asked and answered is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CoreWords;

impl Words for DevnetWords {
	type Chain = ChainEvent;
	type Identity = Identity;
	type View = Never;
	type Message = Message;
	type Request = Question;
	type Response = Answer;
	type Job = Job;
	type Done = Done;
	type Proposing = Proposing;
	type Proposal = Proposal;
	type Event = Event;
}

impl Words for CoreWords {
	type Chain = ChainEvent;
	type Identity = Identity;
	type View = Never;
	type Message = Message;
	type Request = Request;
	type Response = Response;
	type Job = Job;
	type Done = Done;
	type Proposing = Proposing;
	type Proposal = Proposal;
	type Event = Event;
}

/// What nodes say to one another.
#[derive(Clone, Debug, PartialEq, Encode)]
pub(crate) enum Message {
	/// What validators say, and what is said over streams of the collation protocol.
	Node(NodeMessage),
	/// About such a stream.
	Stream(Stream),
	/// A collator has a block: for the other collators of its para. That is the parachain's own network.
	Block(Box<Announcement>),
}

/// A stream of the collation protocol comes and goes, over a connection that is there (R-NET-75).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub(crate) enum Stream {
	/// A collator opens it. The connection has proved its peer id.
	Open {
		/// Bytes of the peer id's multihash.
		peer_id: Vec<u8>,
	},
	/// The validator takes it.
	Opened,
	/// Either end has closed it, or there is none.
	Closed,
}

/// A block that a collator has.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub(crate) struct Announcement {
	/// The candidate.
	pub(crate) receipt: CandidateReceipt,
	/// Hash of the head data that it builds on.
	pub(crate) parent_head: HeadHash,
}

impl From<NodeMessage> for Message {
	fn from(message: NodeMessage) -> Self {
		Self::Node(message)
	}
}

impl Message {
	/// Its kind, for logs.
	pub(crate) const fn kind(&self) -> &'static str {
		match self {
			Self::Node(message) => message.kind(),
			Self::Stream(Stream::Open { .. }) => "stream opens",
			Self::Stream(Stream::Opened) => "stream opened",
			Self::Stream(Stream::Closed) => "stream closed",
			Self::Block(_) => "block announcement",
		}
	}

	/// Bytes on the wire. A handshake says a role (R-NET-30).
	pub(crate) fn wire_size(&self) -> usize {
		match self {
			Self::Node(message) => message.wire_size(),
			Self::Stream(_) => 1,
			Self::Block(block) => block.encoded_size(),
		}
	}
}

/// What nodes ask one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
	/// What validators ask, of one another and of collators, and what anybody asks of validators.
	Node(NodeRequest),
	/// A collator asks another one of its para for a block.
	Block(CandidateHash),
}

impl From<NodeRequest> for Request {
	fn from(request: NodeRequest) -> Self {
		Self::Node(request)
	}
}

/// What they answer.
#[allow(clippy::large_enum_variant)] // as the validator's own
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Response {
	/// To [`Request::Node`].
	Node(NodeResponse),
	/// To [`Request::Block`].
	Block(Arc<PoV>),
}

impl From<NodeResponse> for Response {
	fn from(response: NodeResponse) -> Self {
		Self::Node(response)
	}
}

/// A [`Request`] on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
	/// In Polkadot's bytes.
	Node(NodeQuestion),
	/// Over the parachain's own network.
	Block(CandidateHash),
}

impl Question {
	/// Its kind, for logs.
	pub(crate) const fn kind(&self) -> &'static str {
		match self {
			Self::Node(question) => kind_of(question.protocol),
			Self::Block(_) => "block",
		}
	}

	/// Bytes on the wire.
	pub(crate) fn wire_size(&self) -> usize {
		self.bytes().len()
	}

	/// Its bytes.
	pub(crate) fn bytes(&self) -> &[u8] {
		match self {
			Self::Node(question) => &question.bytes,
			Self::Block(candidate) => candidate.0.as_bytes(),
		}
	}

	/// The candidate whose data it asks for, chunk by chunk or whole.
	pub(crate) fn of_data(&self) -> Option<CandidateHash> {
		let Self::Node(question) = self else { return None };
		match NodeRequest::from_wire(question.protocol, &question.bytes) {
			Ok(NodeRequest::Chunk { candidate, .. } | NodeRequest::AvailableData(candidate)) => {
				Some(candidate)
			}
			Ok(_) | Err(_) => None,
		}
	}
}

/// A [`Response`] on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
	/// In Polkadot's bytes.
	Node(NodeAnswer),
	/// Over the parachain's own network.
	Block(Arc<PoV>),
}

impl Answer {
	/// The kind of [`Answer::Block`].
	pub(crate) const BLOCK: &'static str = "block response";

	/// Its kind, for logs.
	pub(crate) const fn kind(&self) -> &'static str {
		match self {
			Self::Node(answer) => answer_kind_of(answer.protocol),
			Self::Block(_) => Self::BLOCK,
		}
	}

	/// Bytes on the wire.
	pub(crate) fn wire_size(&self) -> usize {
		match self {
			Self::Node(answer) => answer.bytes.len(),
			Self::Block(pov) => pov.encoded_size(),
		}
	}
}

/// Work of a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Job {
	/// Of a validator.
	Validator(ValidatorJob),
	/// Execute a parablock, and make its candidate.
	Author(Box<Order>),
}

/// What a job came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Done {
	/// Of [`Job::Validator`].
	Validator(ValidatorDone),
	/// Of [`Job::Author`].
	Authored(Result<Box<Authored>, NotAuthored>),
}

/// Why there is no block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotAuthored {
	/// The parachain takes none there and then: what its hook refuses would be invalid (R-HOO-3).
	Refused,
	/// It could not be done. Why, in words.
	Failed(String),
}

impl NotAuthored {
	/// In the words of whatever failed.
	pub(crate) fn failed(reason: impl ToString) -> Self {
		Self::Failed(reason.to_string())
	}
}

/// A block with its candidate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Authored {
	/// The candidate.
	pub(crate) collated: Collated,
	/// The same, with its commitments hashed.
	pub(crate) receipt: CandidateReceipt,
	/// The proof of validity.
	pub(crate) pov: Arc<PoV>,
	/// Extrinsics in it.
	pub(crate) extrinsics: u32,
}

/// What an observer may want to know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
	/// Of a validator.
	Validator(ValidatorEvent),
	/// A collator built a block.
	Built(Built),
	/// A collator builds nothing for a para at a leaf. Why, in words.
	Idle(ParaId, Cow<'static, str>),
	/// A collator could not do what it should. Why, in words.
	Complaint(String),
}

/// A block that a collator built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Built {
	/// The para.
	pub(crate) para: ParaId,
	/// The candidate.
	pub(crate) candidate: CandidateHash,
	/// Head that it builds on.
	pub(crate) parent_head: HeadHash,
	/// Head that it leads to.
	pub(crate) output_head: HeadHash,
	/// Its relay parent.
	pub(crate) relay_parent: Hash,
	/// Core that it names.
	pub(crate) core: CoreIndex,
	/// Extrinsics in it.
	pub(crate) extrinsics: u32,
	/// Encoded size of its proof of validity.
	pub(crate) pov_bytes: usize,
	/// Number of the relay block that is expected to back it.
	pub(crate) due: BlockNumber,
}
