//! A small core around the collator's side, which owns the context.

use crate::{
	town::{self, *},
	Collation, CollationAnswer, CollationAsked, CollatorEffect, CollatorSide, CollatorSideConfig,
	CollatorSideWords, ValidatorPeer,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_machine::{Core, Input, Instant, Never, Outbox, Part, PeerEvent, Said, Words};
use async_backing_wire::{CollationMessage, CollationVersion, View};
use std::sync::Arc;

/// The words of a [`CollatorNode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollatorNodeWords;

impl Words for CollatorNodeWords {
	type Chain = Trade;
	type Identity = Dialled;
	type View = View;
	type Message = CollationMessage;
	type Request = CollationAsked;
	type Response = CollationAnswer;
	type Job = Never;
	type Done = Never;
	type Proposing = Never;
	type Proposal = Never;
	type Event = CollatorEffect;
}

impl Part<CollatorNodeWords> for CollatorSideWords {
	fn message(message: CollationMessage) -> CollationMessage {
		message
	}
	fn request(request: CollationAsked) -> CollationAsked {
		request
	}
	fn response(response: CollationAnswer) -> CollationAnswer {
		response
	}
	fn job(never: Never) -> Never {
		match never {}
	}
}

/// Whom the collator dialled: a validator by its key, or nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialled {
	pub(super) key: Option<u8>,
	pub(super) version: CollationVersion,
}

/// What happens beside peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trade {
	/// The block of this number is imported.
	Block(u32),
	/// The block of this number is final.
	Final(u32),
	/// A parablock was built: on this block, from one head to another.
	Built(u32, u8, u8),
	/// Whether it is the collator's turn.
	Turn(bool),
}

/// A collator's side with all that it needs.
#[derive(Debug)]
pub struct CollatorNode {
	pub(super) side: CollatorSide,
	chain: ChainView,
}

impl Default for CollatorNode {
	fn default() -> Self {
		let declaration = declaration(9, PARA);
		Self {
			side: CollatorSide::new(CollatorSideConfig { declaration }),
			chain: ChainView::new(
				None,
				Limits {
					leaves: 3,
					..Limits::default()
				},
			),
		}
	}
}

impl CollatorNode {
	fn run(
		&mut self,
		out: &mut Outbox<CollatorNodeWords>,
		run: impl FnOnce(&mut CollatorSide, &ChainView, &mut Outbox<CollatorSideWords>) -> Vec<CollatorEffect>,
	) {
		let Self { side, chain } = self;
		let effects = out.part(
			|part| run(side, chain, part),
			|output| match <CollatorSideWords as Part<CollatorNodeWords>>::output(output) {
				Ok(output) => Some(output),
				Err(Said::Event(never)) => match never {},
				Err(Said::Proposal(never)) => match never {},
			},
		);
		for effect in effects {
			out.event(effect);
		}
	}

	fn happen(&mut self, now: Instant, trade: Trade, out: &mut Outbox<CollatorNodeWords>) {
		let event = match trade {
			Trade::Block(block) => ChainEvent::Imported {
				facts: Arc::new(facts(block)),
				fresh: true,
			},
			Trade::Final(block) => ChainEvent::Finalized {
				hash: town::hash(block),
				number: block,
			},
			Trade::Built(block, from, to) => {
				let candidate = named(PARA, block, from, to);
				let collation = Collation {
					receipt: candidate.receipt(),
					pov: Arc::new(pov(to)),
					parent_head: Arc::new(head(from)),
					parent_head_hash: head_hash(from),
					core: candidate.core(),
				};
				return self.run(out, |side, chain, part| {
					// What is not offered is the builder's loss.
					let _ = side.offer(collation, chain, part);
					Vec::new()
				});
			}
			Trade::Turn(is_turn) => {
				return self.run(out, |side, chain, _| {
					side.set_turn(is_turn, chain).into_iter().collect()
				});
			}
		};
		let update = self.chain.handle(event);
		self.run(out, |side, chain, part| {
			side.handle(now, Input::Chain(update), chain, part)
		});
	}
}

impl Core for CollatorNode {
	type Words = CollatorNodeWords;

	fn handle(&mut self, now: Instant, input: Input<CollatorNodeWords>, out: &mut Outbox<CollatorNodeWords>) {
		let input = match input {
			Input::Chain(trade) => return self.happen(now, trade, out),
			Input::Peer(peer, event) => {
				let event = match event {
					PeerEvent::Connected(Dialled { key, version }) => {
						let authorities = key.map(public).into_iter().collect();
						self.chain.connected(peer, Identity { authorities });
						PeerEvent::Connected(ValidatorPeer { version })
					}
					PeerEvent::View(view) => PeerEvent::View(view),
					PeerEvent::Message(message) => PeerEvent::Message(message),
					PeerEvent::Disconnected => {
						self.chain.disconnected(peer);
						PeerEvent::Disconnected
					}
				};
				Input::Peer(peer, event)
			}
			Input::Request(peer, ticket, request) => Input::Request(peer, ticket, request),
			Input::Response(id, answer) => Input::Response(id, answer),
			Input::Done(id, done) => Input::Done(id, done),
			Input::Stored(id) => Input::Stored(id),
			Input::Timer(id) => Input::Timer(id),
			Input::Propose(_, never, _) => match never {},
			Input::Restored(snapshot) => Input::Restored(snapshot),
		};
		self.run(out, |side, chain, part| side.handle(now, input, chain, part));
	}
}
