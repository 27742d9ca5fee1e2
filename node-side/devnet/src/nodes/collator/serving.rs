//! Handing out what is on offer: to one peer after the other (R-NET-79).

use super::{CollatorCore, Out};
use async_backing_collator::{Ask, Asked};
use async_backing_machine::{Cost, Instant, Judgement, PeerId, Refusal, Ticket};
use async_backing_validator::{FetchedCollation, Request, Response};
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
		let offer = match request {
			Request::Collation(candidate) => self.offers.get(candidate),
			Request::Pov(_) | Request::Chunk { .. } | Request::AvailableData(_) => None,
		};
		let Some(offer) = offer else {
			return out.respond(ticket, Err(Refusal::Unknown));
		};
		let ask = Ask {
			peer,
			ticket,
			candidate: offer.candidate,
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
				out.report(
					peer,
					Judgement::Cost(Cost::Minor, "a second request for a collation"),
				);
				out.respond(ticket, Err(Refusal::NotAllowed));
			}
			Asked::Full => out.respond(ticket, Err(Refusal::Busy)),
		}
	}

	/// The peer's turn has come. Its answer is out when the uplink has had time for it.
	fn serve(&mut self, now: Instant, ask: Ask<PeerId, Ticket>, out: &mut Out) {
		// Of more offers than are kept the oldest go.
		let Some(offer) = self.offers.get(ask.candidate) else {
			return out.respond(ask.ticket, Err(Refusal::Unknown));
		};
		let collation = FetchedCollation {
			receipt: offer.receipt.clone(),
			pov: offer.pov.clone(),
		};
		let sent = now.saturating_add(self.author.timing().on_the_wire(offer.pov.encoded_size()));
		out.respond(ask.ticket, Ok(Response::Collation(collation)));
		self.sending.insert((sent, ask.ticket));
		out.set_timer(sent);
	}

	/// Whoever is next, now that some time has passed.
	pub(super) fn serve_on(&mut self, now: Instant, out: &mut Out) {
		let mut next = self.serving.due(now);
		while let Some(first) = self.sending.first().copied().filter(|(sent, _)| *sent <= now) {
			self.sending.remove(&first);
			next.extend(self.serving.sent(now, first.1));
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
