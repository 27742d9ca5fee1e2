//! Streams of the collation protocol: to whom they are open, and what comes over them (R-NET-73 to R-NET-80).
//!
//! The collator's side of the protocol says which validators it wants to speak with; here streams to these are opened, over
//! the connections that there are, and closed when they are not wanted any more.

use super::{CollatorCore, Out};
use crate::{
	nodes::validator::COLLATION,
	words::{CoreWords, Event, Message, Stream},
};
use async_backing_collator_protocol::{
	Collation, CollationAnswer, CollatorEffect, CollatorSide, CollatorSideConfig, CollatorSideWords,
	ValidatorPeer,
};
use async_backing_machine::{
	Cost, Input, Instant, Judgement, Outbox, Output, PeerEvent, PeerId, Recipients, Refusal, Ticket,
};
use async_backing_primitives::ValidatorId;
use async_backing_validator::{Message as NodeMessage, Response as NodeResponse};
use async_backing_wire::{CollationMessage, Declaration, Envelope, View};
use codec::Encode;
use std::collections::{BTreeMap, BTreeSet};

/// Who a collator is on the network: both are made anew at each start (R-NET-67).
#[derive(Clone, Debug)]
pub(crate) struct Card {
	/// Bytes of the peer id's multihash.
	pub(crate) peer_id: Vec<u8>,
	/// What is said first.
	pub(crate) declaration: Declaration,
}

/// The collator's side of the protocol, with its streams.
#[derive(Debug)]
pub(super) struct Streams {
	peer_id: Vec<u8>,
	pub(super) side: CollatorSide,
	/// Validators that are to be spoken with.
	wanted: BTreeSet<ValidatorId>,
	/// How far each stream is.
	open: BTreeMap<PeerId, Stage>,
}

/// How far a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
	/// It was opened, and the validator has not taken it yet.
	Asked,
	/// The validator has taken it, and does not see what is seen here: it could not judge whether it is for this para.
	Blind,
	/// It is spoken over.
	Used,
}

impl Streams {
	pub(super) fn new(card: Card) -> Self {
		let Card { peer_id, declaration } = card;
		Self {
			peer_id,
			side: CollatorSide::new(CollatorSideConfig { declaration }),
			wanted: BTreeSet::new(),
			open: BTreeMap::new(),
		}
	}
}

/// What is owed after the side spoke.
#[derive(Debug, Default)]
struct Owed {
	/// Answers on their way, and their sizes.
	answered: Vec<(Ticket, usize)>,
}

impl Owed {
	fn translate(&mut self, output: Output<CollatorSideWords>) -> Option<Output<CoreWords>> {
		Some(match output {
			Output::Notify(to, message) => {
				let bytes = Envelope::Message(message).encode();
				Output::Notify(to, NodeMessage::Collation(bytes).into())
			}
			Output::Respond(ticket, Ok(CollationAnswer::V1OrV2(collation))) => {
				self.answered.push((ticket, collation.encoded_size()));
				Output::Respond(ticket, Ok(NodeResponse::Collation(collation).into()))
			}
			// Nobody here asks in that version.
			Output::Respond(ticket, Ok(CollationAnswer::V3(_))) => {
				Output::Respond(ticket, Err(Refusal::Unknown))
			}
			Output::Respond(ticket, Err(refusal)) => Output::Respond(ticket, Err(refusal)),
			Output::Report(peer, judgement) => Output::Report(peer, judgement),
			Output::SetTimer(timer, at) => Output::SetTimer(timer, at),
			Output::ClearTimer(timer) => Output::ClearTimer(timer),
			// The side has neither jobs nor a store, and asks nobody.
			Output::Request { .. }
			| Output::Job { .. }
			| Output::Cancel(_)
			| Output::Store(..)
			| Output::Proposal(..)
			| Output::Disconnect(_)
			| Output::Event(_) => return None,
		})
	}
}

impl CollatorCore {
	/// The side does something.
	fn with_side<R>(
		&mut self,
		now: Instant,
		out: &mut Out,
		run: impl FnOnce(
			&mut CollatorSide,
			&async_backing_chain_view::ChainView,
			&mut Outbox<CollatorSideWords>,
		) -> R,
	) -> R {
		let (chain, side) = (&self.chain, &mut self.streams.side);
		let mut owed = Owed::default();
		let result = out.part(|part| run(side, chain, part), |output| owed.translate(output));
		for (ticket, bytes) in owed.answered {
			self.on_its_way(now, ticket, bytes, out);
		}
		result
	}

	/// The side is told something, and what it wants is done.
	pub(super) fn tell_side(&mut self, now: Instant, input: Input<CollatorSideWords>, out: &mut Out) {
		let effects = self.with_side(now, out, |side, chain, out| side.handle(now, input, chain, out));
		for effect in effects {
			match effect {
				CollatorEffect::Connect { validators } => {
					self.streams.wanted = validators.into_iter().collect();
					self.dial(now, true, out);
				}
				CollatorEffect::Disconnect { peer, .. } => {
					if self.streams.open.remove(&peer).is_some() {
						out.notify(Recipients::Peer(peer), Message::Stream(Stream::Closed));
					}
				}
				// Validators say by other ways what became of a candidate.
				CollatorEffect::Seconded { .. } => {}
			}
		}
	}

	/// A candidate is for whoever backs it, now or later.
	pub(super) fn offer_to_backers(&mut self, now: Instant, collation: Collation, out: &mut Out) {
		let result = self.with_side(now, out, |side, chain, out| side.offer(collation, chain, out));
		if let Err(error) = result {
			out.event(Event::Complaint(error.to_string()));
		}
	}

	/// An answer is out.
	pub(super) fn is_sent(&mut self, now: Instant, ticket: Ticket, out: &mut Out) {
		self.with_side(now, out, |side, _, out| side.sent(now, ticket, out));
	}

	/// Opens streams to those who are wanted and there, and closes the others. `again` if those who have not answered are to be
	/// asked once more: the question may be lost.
	pub(super) fn dial(&mut self, now: Instant, again: bool, out: &mut Out) {
		let mut closed = Vec::new();
		let Streams {
			peer_id,
			wanted,
			open,
			..
		} = &mut self.streams;
		for (peer, keys) in &self.validators {
			let is_wanted = keys.iter().any(|key| wanted.contains(key));
			let known = open.get(peer).copied();
			let to = Recipients::Peer(*peer);
			match (is_wanted, known) {
				(true, None) => {}
				(true, Some(Stage::Asked)) if again => {}
				(false, Some(stage)) => {
					out.notify(to, Message::Stream(Stream::Closed));
					open.remove(peer);
					if stage == Stage::Used {
						closed.push(*peer);
					}
					continue;
				}
				_ => continue,
			}
			open.insert(*peer, Stage::Asked);
			let peer_id = peer_id.clone();
			out.notify(to, Message::Stream(Stream::Open { peer_id }));
		}
		for peer in closed {
			self.tell_side(now, Input::Peer(peer, PeerEvent::Disconnected), out);
		}
	}

	/// A connection ended, and with it its stream.
	pub(super) fn hung_up(&mut self, now: Instant, peer: PeerId, out: &mut Out) {
		if self.streams.open.remove(&peer) == Some(Stage::Used) {
			self.tell_side(now, Input::Peer(peer, PeerEvent::Disconnected), out);
		}
	}

	/// A validator says something about a stream.
	pub(super) fn signalled(&mut self, now: Instant, peer: PeerId, signal: Stream, out: &mut Out) {
		match signal {
			Stream::Opened => {
				// It may have been closed meanwhile, or be taken for the second time.
				if let Some(stage) = self.streams.open.get_mut(&peer) {
					if *stage == Stage::Asked {
						*stage = Stage::Blind;
					}
				}
			}
			Stream::Closed => self.hung_up(now, peer, out),
			// A collator accepts nobody.
			Stream::Open { .. } => {}
		}
	}

	/// Bytes came over a stream. Over one that is closed nothing does.
	pub(super) fn told(&mut self, now: Instant, peer: PeerId, bytes: &[u8], out: &mut Out) {
		let Some(stage) = self.streams.open.get(&peer).copied() else {
			return;
		};
		let event = match CollationMessage::from_wire(COLLATION, bytes) {
			Ok(Envelope::Message(message)) => PeerEvent::Message(message),
			Ok(Envelope::View(view)) => {
				if stage != Stage::Used {
					if !self.sees_enough(&view) {
						return;
					}
					self.streams.open.insert(peer, Stage::Used);
					let who = ValidatorPeer { version: COLLATION };
					self.tell_side(now, Input::Peer(peer, PeerEvent::Connected(who)), out);
				}
				PeerEvent::View(view)
			}
			Err(_) => {
				let cost = Judgement::Cost(Cost::Major, "undecodable collation message");
				return out.report(peer, cost);
			}
		};
		if self.streams.open.get(&peer) == Some(&Stage::Used) {
			self.tell_side(now, Input::Peer(peer, event), out);
		}
	}

	/// Whether who has this view knows of the newest leaf here, or of blocks that are not known here. Who does not might take a
	/// para for one that it does not serve, and let its collator go (R-NET-81): it is waited for.
	fn sees_enough(&self, view: &View) -> bool {
		let Some(newest) = self.chain.newest() else {
			return false;
		};
		let newest = newest.block.hash;
		let mut heads = view.heads().iter();
		heads.any(|head| {
			let is_known = self.chain.number_of(*head).is_some();
			!is_known || self.chain.is_leaf(*head) || self.chain.descends(*head, newest)
		})
	}
}
