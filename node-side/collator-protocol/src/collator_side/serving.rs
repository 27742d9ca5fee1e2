//! Who gets a collation, and when (R-NET-79).

use super::*;
use crate::{CollationAnswer, CollationAsked};
use async_backing_collator::Asked;
use async_backing_wire::{CollationResponse, CollationResponseV3};

/// What has to be answered, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
	pub(super) ticket: Ticket,
	is_v3: bool,
}

impl CollatorSide {
	/// A peer has got its answer, as far as the driver knows: the next one need not wait longer.
	pub fn sent(&mut self, now: Instant, ticket: Ticket, out: &mut Out) {
		let mut next = self.serving.sent(now, Question { ticket, is_v3: false });
		next.extend(self.serving.sent(now, Question { ticket, is_v3: true }));
		for ask in next {
			self.serve(ask, out);
		}
		self.wake_for_next(out);
	}

	pub(super) fn asked(
		&mut self,
		now: Instant,
		peer: PeerId,
		ticket: Ticket,
		asked: &CollationAsked,
		out: &mut Out,
	) {
		let refuse = |refusal, reason: Option<&'static str>, out: &mut Out| {
			out.respond(ticket, Err(refusal));
			if let Some(reason) = reason {
				cost(peer, Cost::Minor, reason, out);
			}
		};
		if !self.knows(peer) {
			return refuse(Refusal::NotAllowed, None, out);
		}
		let para = match asked {
			CollationAsked::V1(asked) => asked.para_id,
			CollationAsked::V2(asked) => asked.para_id,
			CollationAsked::V3(asked) => asked.para_id,
		};
		if para != self.config.para() {
			return refuse(Refusal::NotAllowed, Some("collation of another para"), out);
		}
		// It may just have gone with its scheduling parent.
		let Some((candidate, offered)) = self.find(asked) else {
			return refuse(Refusal::Unknown, None, out);
		};
		if !offered.told.contains(&peer) {
			return refuse(Refusal::NotAllowed, Some("collation that nobody offered"), out);
		}
		if offered.served.get(&peer) == Some(&self.leaves) {
			return refuse(Refusal::Busy, None, out);
		}
		let ask = Ask {
			peer,
			ticket: Question {
				ticket,
				is_v3: matches!(asked, CollationAsked::V3(_)),
			},
			candidate,
		};
		match self.serving.ask(now, offered.scheduling_parent, ask) {
			Asked::Now => self.serve(ask, out),
			Asked::Waits => {}
			Asked::Repeated => refuse(Refusal::Busy, Some("collation asked for twice"), out),
			Asked::Full => refuse(Refusal::Busy, None, out),
		}
		self.wake_for_next(out);
	}

	fn find(&self, asked: &CollationAsked) -> Option<(CandidateHash, &Offered)> {
		let found = match asked {
			CollationAsked::V2(asked) => {
				let found = self.collations.get_key_value(&asked.candidate_hash);
				found.filter(|(_, offered)| offered.scheduling_parent == asked.scheduling_parent)
			}
			// One is as good as another: the first.
			CollationAsked::V1(asked) => {
				let at = self.collations.iter();
				at.filter(|(_, offered)| offered.scheduling_parent == asked.relay_parent)
					.min_by_key(|(_, offered)| offered.sequence)
			}
			CollationAsked::V3(asked) => self.collations.iter().find(|(_, offered)| {
				let output = offered.collation.receipt.descriptor.para_head();
				(offered.scheduling_parent, output) == (asked.scheduling_parent, asked.output_head_data_hash)
			}),
		};
		found.map(|(candidate, offered)| (*candidate, offered))
	}

	/// Answers whoever's turn it is.
	fn serve(&mut self, ask: Ask<PeerId, Question>, out: &mut Out) {
		let Question { ticket, is_v3 } = ask.ticket;
		let Some(offered) = self.collations.get_mut(&ask.candidate) else {
			return out.respond(ticket, Err(Refusal::Unknown));
		};
		let collation = &offered.collation;
		let is_small = collation.parent_head.0.len() <= MAX_HEAD_WITH_COLLATION;
		let head = is_small.then(|| (*collation.parent_head).clone());
		let (receipt, pov) = (collation.receipt.clone(), collation.pov.clone());
		let answer = match (is_v3, head) {
			(false, parent_head_data) => CollationAnswer::V1OrV2(CollationResponse {
				receipt,
				pov,
				parent_head_data,
			}),
			(true, Some(parent_head_data)) => CollationAnswer::V3(CollationResponseV3 {
				receipt,
				pov,
				parent_head_data,
			}),
			(true, None) => return out.respond(ticket, Err(Refusal::Unknown)),
		};
		offered.served.insert(ask.peer, self.leaves);
		out.respond(ticket, Ok(answer));
	}

	pub(super) fn serve_due(&mut self, now: Instant, out: &mut Out) {
		for ask in self.serving.due(now) {
			self.serve(ask, out);
		}
		self.wake_for_next(out);
	}

	/// Keeps the timer at when the next who waits has its turn.
	fn wake_for_next(&mut self, out: &mut Out) {
		let due = self.serving.next_due();
		if self.wake.map(|(_, at)| at) == due {
			return;
		}
		if let Some((timer, _)) = self.wake.take() {
			out.clear_timer(timer);
		}
		self.wake = due.map(|at| (out.set_timer(at), at));
	}
}
