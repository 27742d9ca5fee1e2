//! What a core wants done.

use crate::{
	Batch, BatchId, Cost, Gain, Instant, JobId, PeerId, ProposeId, RequestId, Ticket, TimerId, Words,
};
use std::time::Duration;
use thiserror::Error;

/// What a core wants done. Made by an [`Outbox`](crate::Outbox), carried out by the driver in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output<W: Words> {
	/// Say this to peers. What does not reach them is lost.
	Notify(Recipients, W::Message),
	/// Ask a peer; ends with [`Input::Response`](crate::Input::Response) after `timeout` at the latest.
	Request {
		/// Names it.
		id: RequestId,
		/// Whom to ask.
		peer: PeerId,
		/// What is asked.
		request: W::Request,
		/// How long an answer is waited for.
		timeout: Duration,
	},
	/// Answer a request.
	Respond(Ticket, Result<W::Response, Refusal>),
	/// Change what is thought of a peer (R-NET-114).
	Report(PeerId, Judgement),
	/// Do this beside; ends with [`Input::Done`](crate::Input::Done), shortly after `deadline` at the latest.
	Job {
		/// Names it.
		id: JobId,
		/// What may wait for what.
		priority: Priority,
		/// When it is of no use any more.
		deadline: Instant,
		/// The work.
		job: W::Job,
	},
	/// A job is of no use any more. It ends all the same, with
	/// [`JobFailure::Cancelled`](crate::JobFailure::Cancelled) or its result if that was quicker.
	Cancel(JobId),
	/// Write, all or nothing; ends with [`Input::Stored`](crate::Input::Stored).
	Store(BatchId, Batch),
	/// Tell the time.
	SetTimer(TimerId, Instant),
	/// Don't.
	ClearTimer(TimerId),
	/// The proposal that was asked for.
	Proposal(ProposeId, W::Proposal),
	/// Let a peer go, by a rule and at no cost: the connection ends, or the stream that the words are about. Nothing more is
	/// expected of it. Ends with [`PeerEvent::Disconnected`](crate::PeerEvent::Disconnected), or with
	/// [`PeerEvent::Connected`](crate::PeerEvent::Connected) as what is left of it.
	Disconnect(PeerId),
	/// Let observers know.
	Event(W::Event),
}

/// Who hears a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
	/// One peer.
	Peer(PeerId),
	/// All of these, in this order.
	Peers(Vec<PeerId>),
}

impl Recipients {
	/// The peers.
	pub fn as_slice(&self) -> &[PeerId] {
		match self {
			Self::Peer(peer) => std::slice::from_ref(peer),
			Self::Peers(peers) => peers,
		}
	}
}

/// Why a peer gets no answer. It is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
	/// It is not here.
	#[error("it is not here")]
	Unknown,
	/// It is not for this peer.
	#[error("it is not for this peer")]
	NotAllowed,
	/// Others come first.
	#[error("others come first")]
	Busy,
}

/// What is thought of something that a peer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
	/// It cost us something.
	Cost(Cost, &'static str),
	/// It was of use.
	Gain(Gain, &'static str),
}

impl Judgement {
	/// The change of reputation.
	pub const fn value(self) -> i32 {
		match self {
			Self::Cost(cost, _) => cost.value(),
			Self::Gain(gain, _) => gain.value(),
		}
	}

	/// Why, in a few words.
	pub const fn reason(self) -> &'static str {
		match self {
			Self::Cost(_, reason) | Self::Gain(_, reason) => reason,
		}
	}
}

/// What may wait for what: higher ones first, equal ones in the order in which they were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
	/// For others, whenever there is time.
	Low,
	/// Own work that a block does not wait for.
	Normal,
	/// The next relay block waits for it.
	High,
}
