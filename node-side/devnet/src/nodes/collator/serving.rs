//! Handing out what is on offer: to one peer after the other (R-NET-79). Backers are served by the collation protocol, and
//! fellows here.

use super::{CollatorCore, Out};
use crate::words::{Request, Response};
use async_backing_collator::{Ask, Asked};
use async_backing_collator_protocol::CollationAsked;
use async_backing_machine::{Cost, Input, Instant, Judgement, PeerId, Refusal, Ticket};
use async_backing_primitives::CandidateHash;
use async_backing_validator::Request as NodeRequest;
use async_backing_wire::CollationRequestV2;
use codec::Encode;

impl CollatorCore {
	/// A peer asks for something.
	pub(super) fn asked(
		&mut self,
		now: Instant,
		peer: PeerId,
		ticket: Ticket,
		request: Request,
		out: &mut Out,
	) {
		match request {
			Request::Node(NodeRequest::Collation {
				scheduling_parent,
				para,
				candidate,
			}) => {
				let asked = CollationAsked::V2(CollationRequestV2 {
					scheduling_parent,
					para_id: para,
					candidate_hash: candidate,
				});
				self.tell_side(now, Input::Request(peer, ticket, asked), out);
			}
			Request::Block(candidate) => self.fellow_asked(now, peer, ticket, candidate, out),
			Request::Node(_) => out.respond(ticket, Err(Refusal::Unknown)),
		}
	}

	fn fellow_asked(
		&mut self,
		now: Instant,
		peer: PeerId,
		ticket: Ticket,
		candidate: CandidateHash,
		out: &mut Out,
	) {
		let Some(offer) = self.offers.get(candidate) else {
			return out.respond(ticket, Err(Refusal::Unknown));
		};
		let ask = Ask {
			peer,
			ticket,
			candidate,
		};
		let scheduling_parent = offer.receipt.descriptor.scheduling_parent();
		match self.serving.ask(now, scheduling_parent, ask) {
			Asked::Now => self.serve(now, ask, out),
			Asked::Waits => {
				if let Some(due) = self.serving.next_due() {
					out.set_timer(due);
				}
			}
			Asked::Repeated => {
				out.report(peer, Judgement::Cost(Cost::Minor, "a second request for a block"));
				out.respond(ticket, Err(Refusal::NotAllowed));
			}
			Asked::Full => out.respond(ticket, Err(Refusal::Busy)),
		}
	}

	/// The fellow's turn has come.
	fn serve(&mut self, now: Instant, ask: Ask<PeerId, Ticket>, out: &mut Out) {
		// Of more offers than are kept the oldest go.
		let Some(offer) = self.offers.get(ask.candidate) else {
			return out.respond(ask.ticket, Err(Refusal::Unknown));
		};
		let bytes = offer.pov.encoded_size();
		out.respond(ask.ticket, Ok(Response::Block(offer.pov.clone())));
		self.on_its_way(now, ask.ticket, bytes, out);
	}

	/// An answer is out when the uplink has had time for it.
	pub(super) fn on_its_way(&mut self, now: Instant, ticket: Ticket, bytes: usize, out: &mut Out) {
		let sent = now.saturating_add(self.author.timing().on_the_wire(bytes));
		self.sending.insert((sent, ticket));
		out.set_timer(sent);
	}

	/// Whoever is next, now that some time has passed.
	pub(super) fn serve_on(&mut self, now: Instant, out: &mut Out) {
		let mut next = self.serving.due(now);
		while let Some(first) = self.sending.first().copied().filter(|(sent, _)| *sent <= now) {
			self.sending.remove(&first);
			next.extend(self.serving.sent(now, first.1));
			self.is_sent(now, first.1, out);
		}
		for ask in next {
			self.serve(now, ask, out);
		}
		if let Some(due) = self.serving.next_due() {
			out.set_timer(due);
		}
	}

	/// A peer is gone: what it asked for ends.
	pub(super) fn unasked(&mut self, peer: PeerId, out: &mut Out) {
		for ask in self.serving.gone(peer) {
			out.respond(ask.ticket, Err(Refusal::Unknown));
		}
	}
}
