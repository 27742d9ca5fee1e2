//! What a core is told.

use crate::{BatchId, Instant, JobId, PeerId, ProposeId, RequestId, Snapshot, Ticket, TimerId, Words};
use thiserror::Error;

/// What a core is told: by the chain, by peers, and by its driver about what it asked for.
///
/// The driver promises: after `Connected` a peer's events come in the order in which the peer sent them, until
/// `Disconnected`, which is the last; each request and each job of the core ends with exactly one answer, late ones with a
/// failure; each batch with one `Stored`, in the order in which they were asked for; each timer with one `Timer`, unless
/// it was cleared; `Restored` comes first, once, or never.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<W: Words> {
	/// The relay chain did something.
	Chain(W::Chain),
	/// A peer did something.
	Peer(PeerId, PeerEvent<W>),
	/// A peer asks. The ticket is answered exactly once, with [`Outbox::respond`](crate::Outbox::respond).
	Request(PeerId, Ticket, W::Request),
	/// A request ended.
	Response(RequestId, Result<W::Response, RequestFailure>),
	/// A job ended.
	Done(JobId, Result<W::Done, JobFailure>),
	/// A batch is stored: it outlives a crash.
	Stored(BatchId),
	/// A timer ran out.
	Timer(TimerId),
	/// Somebody wants a proposal, by this time. Answered once, with [`Outbox::propose`](crate::Outbox::propose); an
	/// answer that comes later is of no use.
	Propose(ProposeId, W::Proposing, Instant),
	/// What was stored before the core stopped or crashed.
	Restored(Snapshot),
}

/// What a peer does.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerEvent<W: Words> {
	/// It is there, and has proved to be this. Once more if what it is known to be changes.
	Connected(W::Identity),
	/// It says what it knows.
	View(W::View),
	/// It says something.
	Message(W::Message),
	/// It is gone. Requests to it have ended already, with [`RequestFailure::Disconnected`].
	Disconnected,
}

/// Why a request has no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestFailure {
	/// The peer said nothing in time.
	#[error("no answer in time")]
	TimedOut,
	/// The peer is gone, or was never there.
	#[error("the peer is not connected")]
	Disconnected,
	/// The peer does not answer this request: it does not have what is asked for, or has no time.
	#[error("the peer refuses")]
	Refused,
	/// The peer answered something that is no answer. The driver has seen to its reputation.
	#[error("the answer does not decode")]
	Malformed,
}

/// Why a job came to nothing. The work itself may fail as well: that is one of its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JobFailure {
	/// It was not done by its deadline.
	#[error("not done by its deadline")]
	Late,
	/// The driver has no room for it, or dropped it for others with a higher priority.
	#[error("no room for it")]
	Dropped,
	/// The core cancelled it.
	#[error("cancelled")]
	Cancelled,
}
