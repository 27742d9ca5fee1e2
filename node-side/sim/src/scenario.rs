//! The ports: what a scenario brings, and how it acts.

use crate::{Digest, Kind, NodeId, Price, What};
use async_backing_machine::{Core, Instant, ProposeId, Refusal, RequestFailure, Words};
use std::{error::Error, fmt::Debug, fmt::Write, time::Duration};

/// What runs on a simulation: cores, their world, and the work behind their jobs.
pub trait Scenario {
	/// What its cores speak.
	type Words: Words;
	/// What it waits for itself, such as the slots of a relay chain.
	type Event: Debug;
	/// What it tells observers.
	type Note: Debug;
	/// Why it cannot go on.
	type Error: Error + 'static;

	/// The core of a node, at the start and after each crash. It has what a node finds in its configuration, and nothing
	/// else; what it stored comes with `Restored`.
	fn core(&mut self, node: NodeId) -> Box<dyn Core<Words = Self::Words>>;

	/// What `node` proves to be to `seen_by`.
	fn identity(&mut self, node: NodeId, seen_by: NodeId) -> <Self::Words as Words>::Identity;

	/// Does a job, and prices it: a function of node and job, or a run does not replay. It is called when the job begins;
	/// the core hears of it when the time that the price amounts to is over.
	///
	/// # Errors
	/// The scenario cannot go on: this machine came to no result. A job that comes to nothing in the simulated world is
	/// none of these; it is late by its price, or by a fault.
	fn work(
		&mut self,
		node: NodeId,
		job: <Self::Words as Words>::Job,
	) -> Result<(<Self::Words as Words>::Done, Price), Self::Error>;

	/// Bytes of what is sent, without [`OVERHEAD`](crate::OVERHEAD).
	fn bytes(&self, sent: Sent<'_, Self::Words>) -> usize;

	/// Begins.
	///
	/// # Errors
	/// The scenario cannot go on.
	fn start(&mut self, agenda: &mut Agenda<Self>) -> Result<(), Self::Error>;

	/// Something that it waited for happens.
	///
	/// # Errors
	/// The scenario cannot go on.
	fn happens(&mut self, event: Self::Event, agenda: &mut Agenda<Self>) -> Result<(), Self::Error>;

	/// A proposal that was asked for with [`Agenda::propose`]; `None` if there is none at its deadline.
	///
	/// # Errors
	/// The scenario cannot go on.
	fn proposed(
		&mut self,
		node: NodeId,
		id: ProposeId,
		proposal: Option<<Self::Words as Words>::Proposal>,
		agenda: &mut Agenda<Self>,
	) -> Result<(), Self::Error> {
		let _ = (node, id, proposal, agenda);
		Ok(())
	}

	/// A node has started again after a crash: time to let it know what the chain looks like.
	///
	/// # Errors
	/// The scenario cannot go on.
	fn restarted(&mut self, node: NodeId, agenda: &mut Agenda<Self>) -> Result<(), Self::Error> {
		let _ = (node, agenda);
		Ok(())
	}

	/// A fault of the scenario's own: whether what `from` sends to `to` is lost. Nothing else may follow from it.
	fn loses(&mut self, now: Instant, from: NodeId, to: NodeId, sent: Sent<'_, Self::Words>) -> bool {
		let _ = (now, from, to, sent);
		false
	}

	/// Puts a step into the hash of the trace. By default all of it, as `Debug` writes it; a scenario whose words carry
	/// megabytes puts their hashes in.
	fn digest(&self, what: &What<'_, Self::Words, Self::Note>, into: &mut Digest) {
		// A digest takes everything.
		let _ = write!(into, "{what:?}");
	}
}

/// What is sent.
#[derive(Debug)]
pub enum Sent<'a, W: Words> {
	/// A message.
	Message(&'a W::Message),
	/// A view.
	View(&'a W::View),
	/// A request.
	Request(&'a W::Request),
	/// A response.
	Response(&'a W::Response),
	/// There is none.
	Refusal(Refusal),
}

impl<W: Words> Clone for Sent<'_, W> {
	fn clone(&self) -> Self {
		*self
	}
}

impl<W: Words> Copy for Sent<'_, W> {}

impl<W: Words> Sent<'_, W> {
	/// Its kind.
	pub fn kind(&self) -> Kind {
		match self {
			Self::Message(_) => Kind::Message,
			Self::View(_) => Kind::View,
			Self::Request(_) => Kind::Request,
			Self::Response(_) | Self::Refusal(_) => Kind::Answer,
		}
	}
}

/// What goes over a link.
#[derive(Debug)]
pub(crate) enum Parcel<W: Words> {
	Message(W::Message),
	View(W::View),
	Request(async_backing_machine::RequestId, W::Request),
	Answer(async_backing_machine::RequestId, Result<W::Response, Refusal>),
	/// An answer that does not decode.
	Garbled(async_backing_machine::RequestId),
}

impl<W: Words> Parcel<W> {
	pub(crate) fn kind(&self) -> Kind {
		match self {
			Self::Message(_) => Kind::Message,
			Self::View(_) => Kind::View,
			Self::Request(..) => Kind::Request,
			Self::Answer(..) | Self::Garbled(_) => Kind::Answer,
		}
	}

	pub(crate) fn sent(&self) -> Option<Sent<'_, W>> {
		Some(match self {
			Self::Message(message) => Sent::Message(message),
			Self::View(view) => Sent::View(view),
			Self::Request(_, request) => Sent::Request(request),
			Self::Answer(_, Ok(response)) => Sent::Response(response),
			Self::Answer(_, Err(refusal)) => Sent::Refusal(*refusal),
			Self::Garbled(_) => return None,
		})
	}

	pub(crate) fn garbled(self) -> Self {
		match self {
			Self::Answer(id, _) => Self::Garbled(id),
			other => other,
		}
	}

	/// How a request ends with this.
	pub(crate) fn outcome(
		self,
	) -> Option<(
		async_backing_machine::RequestId,
		Result<W::Response, RequestFailure>,
	)> {
		Some(match self {
			Self::Answer(id, answer) => (id, answer.map_err(|_| RequestFailure::Refused)),
			Self::Garbled(id) => (id, Err(RequestFailure::Malformed)),
			Self::Message(_) | Self::View(_) | Self::Request(..) => return None,
		})
	}
}

/// What a scenario wants to happen.
#[derive(Debug)]
pub(crate) enum Wish<S: Scenario + ?Sized> {
	Event(S::Event),
	Chain(NodeId, <S::Words as Words>::Chain),
	Announce(NodeId, <S::Words as Words>::View),
	Propose(NodeId, ProposeId, <S::Words as Words>::Proposing, Instant),
}

/// Where a scenario puts what it wants to happen, and when. Times that have passed are now.
#[derive(Debug)]
pub struct Agenda<S: Scenario + ?Sized> {
	now: Instant,
	pub(crate) wishes: Vec<(Instant, Wish<S>)>,
	pub(crate) notes: Vec<S::Note>,
	pub(crate) next_propose: u64,
	pub(crate) stop: bool,
}

impl<S: Scenario + ?Sized> Agenda<S> {
	pub(crate) fn new(now: Instant, next_propose: u64) -> Self {
		Self {
			now,
			wishes: Vec::new(),
			notes: Vec::new(),
			next_propose,
			stop: false,
		}
	}

	/// The present.
	pub fn now(&self) -> Instant {
		self.now
	}

	/// Waits for something of its own.
	pub fn wait(&mut self, at: Instant, event: S::Event) {
		self.wishes.push((at, Wish::Event(event)));
	}

	/// A node learns what the chain did. A node that is down then does not.
	pub fn chain(&mut self, at: Instant, node: NodeId, event: <S::Words as Words>::Chain) {
		self.wishes.push((at, Wish::Chain(node, event)));
	}

	/// A node says to all its peers what it knows.
	pub fn announce(&mut self, at: Instant, node: NodeId, view: <S::Words as Words>::View) {
		self.wishes.push((at, Wish::Announce(node, view)));
	}

	/// A node is asked for a proposal, by `deadline`; [`Scenario::proposed`] gets it.
	pub fn propose(
		&mut self,
		at: Instant,
		node: NodeId,
		what: <S::Words as Words>::Proposing,
		deadline: Instant,
	) -> ProposeId {
		let id = ProposeId(self.next_propose);
		self.next_propose = self.next_propose.wrapping_add(1);
		self.wishes.push((at, Wish::Propose(node, id, what, deadline)));
		id
	}

	/// Tells observers.
	pub fn note(&mut self, note: S::Note) {
		self.notes.push(note);
	}

	/// Ends the run.
	pub fn stop(&mut self) {
		self.stop = true;
	}

	/// So much later than now.
	pub fn after(&self, delay: Duration) -> Instant {
		self.now.saturating_add(delay)
	}
}
