//! Inputs of peers, and of the driver about what the parts asked for.

use super::{effects::Effects, Out, Validator};
use crate::{
	bitfields::BitfieldMessage,
	routes::PartName,
	translate::{answer, done},
	Done, Message, NodePeer, NodeWords, Request, Response,
};
use async_backing_machine::{
	BatchId, Cost, Input, Instant, JobFailure, JobId, PeerEvent, PeerId, Recipients, Refusal, RequestFailure,
	RequestId, Ticket, TimerId,
};
use async_backing_wire::{CollationMessage, Envelope, ValidationMessage, Wire as _};
use std::sync::Arc;

impl Validator {
	pub(super) fn peer_event(
		&mut self,
		now: Instant,
		peer: PeerId,
		event: PeerEvent<NodeWords>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		match event {
			PeerEvent::Connected(who) => self.connected(now, peer, who, out, effects),
			PeerEvent::View(never) => match never {},
			PeerEvent::Message(message) => self.heard(now, peer, message, out, effects),
			PeerEvent::Disconnected => {
				self.gone(now, peer, out, effects);
				self.desk.ledger.disconnected(peer);
			}
		}
	}

	fn connected(&mut self, now: Instant, peer: PeerId, who: NodePeer, out: &mut Out, effects: &mut Effects) {
		if self.desk.ledger.is_cut(peer) {
			return;
		}
		let NodePeer { identity, collation } = who;
		if let Some(other) = self.chain.connected(peer, identity.clone()) {
			self.gone(now, other, out, effects);
		}
		self.with_backing(now, out, effects, |backing, around, out| {
			backing.handle(
				now,
				Input::Peer(peer, PeerEvent::Connected(())),
				around.chain,
				around.view,
				out,
			)
		});
		let is_colleague = !identity.authorities.is_empty();
		if is_colleague && self.chain.is_connected(peer) {
			let is_new = self.colleagues.insert(peer);
			// Also when it is known to be somebody else than before.
			self.tell_statements(now, Input::Peer(peer, PeerEvent::Connected(())), out, effects);
			self.tell_bitfields(now, Input::Peer(peer, PeerEvent::Connected(())), out);
			if is_new {
				self.show_colleagues(Recipients::Peer(peer), out);
			}
		} else if self.colleagues.remove(&peer) {
			// Without keys it has no stream of the validation protocol any more.
			self.tell_statements(now, Input::Peer(peer, PeerEvent::Disconnected), out, effects);
			self.tell_bitfields(now, Input::Peer(peer, PeerEvent::Disconnected), out);
		}
		self.stream_changed(now, peer, collation, out, effects);
	}

	/// A peer is gone, or as good as gone: no part has anything to do with it any more.
	pub(super) fn gone(&mut self, now: Instant, peer: PeerId, out: &mut Out, effects: &mut Effects) {
		self.chain.disconnected(peer);
		self.early.disconnected(peer);
		self.colleagues.remove(&peer);
		self.tell_backing(now, Input::Peer(peer, PeerEvent::Disconnected), out, effects);
		self.tell_statements(now, Input::Peer(peer, PeerEvent::Disconnected), out, effects);
		self.tell_availability(now, Input::Peer(peer, PeerEvent::Disconnected), out, effects);
		self.tell_collations(now, Input::Peer(peer, PeerEvent::Disconnected), out, effects);
		self.tell_bitfields(now, Input::Peer(peer, PeerEvent::Disconnected), out);
	}

	fn heard(&mut self, now: Instant, peer: PeerId, message: Message, out: &mut Out, effects: &mut Effects) {
		if self.desk.ledger.is_cut(peer) {
			return;
		}
		if !self.chain.is_connected(peer) {
			let cost = (Cost::Minor, "no room for more peers");
			return self.desk.report(now, &self.chain, peer, cost, out);
		}
		match message {
			Message::Collation(bytes) => self.heard_collator(now, peer, &bytes, out, effects),
			Message::Validation(bytes) => self.heard_colleague(now, peer, &bytes, out, effects),
		}
	}

	/// Bytes came over a stream of the validation protocol, which whoever proved no keys does not have.
	fn heard_colleague(
		&mut self,
		now: Instant,
		peer: PeerId,
		bytes: &[u8],
		out: &mut Out,
		effects: &mut Effects,
	) {
		if !self.colleagues.contains(&peer) {
			let cost = (Cost::Minor, "validation message of a stranger");
			return self.desk.report(now, &self.chain, peer, cost, out);
		}
		match Envelope::<ValidationMessage>::from_wire(bytes) {
			Ok(Envelope::View(view)) => {
				let event = PeerEvent::View(view.clone());
				self.tell_statements(now, Input::Peer(peer, event), out, effects);
				self.tell_bitfields(now, Input::Peer(peer, PeerEvent::View(view)), out);
			}
			Ok(Envelope::Message(ValidationMessage::Statement(message))) => {
				self.tell_statements(now, Input::Peer(peer, PeerEvent::Message(message)), out, effects);
			}
			Ok(Envelope::Message(ValidationMessage::Bitfield {
				relay_parent: leaf,
				bitfield,
			})) => {
				let bitfield = Arc::new(bitfield);
				let message = BitfieldMessage { leaf, bitfield };
				self.tell_bitfields(now, Input::Peer(peer, PeerEvent::Message(message)), out);
			}
			// Nobody here approves yet, and whoever does is not to blame for that.
			Ok(Envelope::Message(ValidationMessage::Approval(_))) => {}
			Err(error) => {
				let cost = (error.cost, "undecodable validation message");
				self.desk.report(now, &self.chain, peer, cost, out);
			}
		}
	}

	/// Bytes came over a stream of the collation protocol. Whoever has none has been let go, and does not know it yet.
	fn heard_collator(
		&mut self,
		now: Instant,
		peer: PeerId,
		bytes: &[u8],
		out: &mut Out,
		effects: &mut Effects,
	) {
		let Some(version) = self.collations.version(peer) else {
			return;
		};
		let event = match CollationMessage::from_wire(version, bytes) {
			Ok(Envelope::Message(message)) => PeerEvent::Message(message),
			Ok(Envelope::View(view)) => PeerEvent::View(view),
			Err(error) => {
				let cost = (error.cost, "undecodable collation message");
				return self.desk.report(now, &self.chain, peer, cost, out);
			}
		};
		self.tell_collations(now, Input::Peer(peer, event), out, effects);
	}

	pub(super) fn asked(
		&mut self,
		now: Instant,
		peer: PeerId,
		ticket: Ticket,
		request: Request,
		out: &mut Out,
		effects: &mut Effects,
	) {
		if self.desk.ledger.is_cut(peer) {
			return out.respond(ticket, Err(Refusal::NotAllowed));
		}
		if let Request::Attested(request) = request {
			return self.tell_statements(now, Input::Request(peer, ticket, request), out, effects);
		}
		let Some(request) = request.availability() else {
			// Only collators answer this one.
			out.respond(ticket, Err(Refusal::NotAllowed));
			let cost = (Cost::Minor, "collation asked of a validator");
			return self.desk.report(now, &self.chain, peer, cost, out);
		};
		self.tell_availability(now, Input::Request(peer, ticket, request), out, effects);
	}

	pub(super) fn answered(
		&mut self,
		now: Instant,
		id: RequestId,
		answer: Result<Response, RequestFailure>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		let Some((part, asked)) = self.desk.routes.request(id) else {
			return;
		};
		match part {
			PartName::Backing => {
				let answer = self.of_kind(now, asked, answer, answer::pov, out);
				self.tell_backing(now, Input::Response(id, answer), out, effects);
			}
			PartName::Statements => {
				let answer = self.of_kind(now, asked, answer, answer::attested, out);
				self.tell_statements(now, Input::Response(id, answer), out, effects);
			}
			PartName::Availability => {
				let answer = self.of_kind(now, asked, answer, answer::availability, out);
				self.tell_availability(now, Input::Response(id, answer), out, effects);
			}
			PartName::Recovery => {
				let answer = self.of_kind(now, asked, answer, answer::availability, out);
				self.tell_recoverer(now, Input::Response(id, answer), out, effects);
			}
			PartName::Collations => {
				let answer = self.of_kind(now, asked, answer, answer::collation, out);
				self.tell_collations(now, Input::Response(id, answer), out, effects);
			}
			PartName::Bitfields | PartName::Codes => {}
		}
	}

	/// The answer as its part knows it. One to another question is none.
	fn of_kind<T>(
		&mut self,
		now: Instant,
		asked: PeerId,
		answer: Result<Response, RequestFailure>,
		take: impl FnOnce(Response) -> Option<T>,
		out: &mut Out,
	) -> Result<T, RequestFailure> {
		take(answer?).ok_or_else(|| {
			let cost = (Cost::Major, "answer to another question");
			self.desk.report(now, &self.chain, asked, cost, out);
			RequestFailure::Malformed
		})
	}

	pub(super) fn done(
		&mut self,
		now: Instant,
		id: JobId,
		done: Result<Done, JobFailure>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		match self.desk.routes.job(id) {
			Some(PartName::Backing) => {
				let done = done.and_then(done::backing);
				self.tell_backing(now, Input::Done(id, done), out, effects);
			}
			Some(PartName::Statements) => {
				let done = done.and_then(done::statements);
				self.tell_statements(now, Input::Done(id, done), out, effects);
			}
			Some(PartName::Availability) => {
				let done = done.and_then(done::availability);
				self.tell_availability(now, Input::Done(id, done), out, effects);
			}
			Some(PartName::Recovery) => {
				let done = done.and_then(done::availability);
				self.tell_recoverer(now, Input::Done(id, done), out, effects);
			}
			Some(PartName::Bitfields) => {
				let done = done.and_then(done::bitfields);
				self.tell_bitfields(now, Input::Done(id, done), out);
			}
			Some(PartName::Collations) => {
				let done = done.and_then(done::collation);
				self.tell_collations(now, Input::Done(id, done), out, effects);
			}
			Some(PartName::Codes) => {
				let done = done.and_then(done::code);
				self.tell_codes(now, Input::Done(id, done), out);
			}
			None => {}
		}
	}

	pub(super) fn stored(&mut self, now: Instant, id: BatchId, out: &mut Out, effects: &mut Effects) {
		match self.desk.routes.batch(id) {
			Some(PartName::Backing) => self.tell_backing(now, Input::Stored(id), out, effects),
			Some(PartName::Availability) => self.tell_availability(now, Input::Stored(id), out, effects),
			Some(PartName::Bitfields) => self.tell_bitfields(now, Input::Stored(id), out),
			Some(PartName::Codes) => self.tell_codes(now, Input::Stored(id), out),
			Some(PartName::Collations | PartName::Statements | PartName::Recovery) | None => {}
		}
	}

	pub(super) fn timer(&mut self, now: Instant, id: TimerId, out: &mut Out, effects: &mut Effects) {
		match self.desk.routes.timer(id) {
			Some(PartName::Backing) => self.tell_backing(now, Input::Timer(id), out, effects),
			Some(PartName::Statements) => self.tell_statements(now, Input::Timer(id), out, effects),
			Some(PartName::Availability) => self.tell_availability(now, Input::Timer(id), out, effects),
			Some(PartName::Recovery) => self.tell_recoverer(now, Input::Timer(id), out, effects),
			Some(PartName::Collations) => self.tell_collations(now, Input::Timer(id), out, effects),
			Some(PartName::Bitfields) => self.tell_bitfields(now, Input::Timer(id), out),
			Some(PartName::Codes) => self.tell_codes(now, Input::Timer(id), out),
			None => {}
		}
	}
}
