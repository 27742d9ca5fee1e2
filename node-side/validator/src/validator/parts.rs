//! How an input reaches one part: with what it may ask of the others, and in its own words.

use super::{
	effects::{Effect, Effects},
	Out, Validator,
};
use crate::{
	bitfields::{self, BitfieldWords, Holdings},
	codes::{self, CodeWords},
	collating::BackingGate,
	routes::PartName,
	view::LeafView,
	Event, Message,
};
use async_backing_availability::{Availability, AvailabilityWords};
use async_backing_backing::{self as backing, Backing, BackingWords};
use async_backing_chain_view::ChainView;
use async_backing_collator_protocol::{
	Around as AroundCollators, CollatorPeer, ValidatorSide, ValidatorSideWords,
};
use async_backing_machine::{Input, Instant, Outbox, PeerEvent, PeerId, Recipients};
use async_backing_primitives::{AvailabilityBitfield, Hash};
use async_backing_statement_distribution::{self as distribution, DistributionWords, StatementDistribution};
use async_backing_wire::{CollationMessage, Envelope, ValidationMessage, View};
use codec::Encode;

/// What backing is asked beside.
pub(super) struct Around<'a> {
	pub(super) chain: &'a ChainView,
	pub(super) view: &'a mut LeafView,
}

impl Validator {
	pub(super) fn with_backing(
		&mut self,
		now: Instant,
		out: &mut Out,
		effects: &mut Effects,
		run: impl FnOnce(&mut Backing, Around<'_>, &mut Outbox<BackingWords>) -> Vec<backing::Effect>,
	) {
		let Self {
			chain,
			view,
			backing,
			desk,
			..
		} = self;
		let happened = desk.part(PartName::Backing, now, chain, out, Event::Backing, |out| {
			run(backing, Around { chain, view }, out)
		});
		effects.extend(happened.into_iter().map(Effect::Backing));
	}

	pub(super) fn tell_backing(
		&mut self,
		now: Instant,
		input: Input<BackingWords>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		self.with_backing(now, out, effects, |backing, around, out| {
			backing.handle(now, input, around.chain, around.view, out)
		});
	}

	pub(super) fn with_statements(
		&mut self,
		now: Instant,
		out: &mut Out,
		effects: &mut Effects,
		run: impl FnOnce(
			&mut StatementDistribution,
			&ChainView,
			&LeafView,
			&mut Outbox<DistributionWords>,
		) -> Vec<distribution::Effect>,
	) {
		let Self {
			chain,
			view,
			statements,
			desk,
			..
		} = self;
		let happened = desk.part(PartName::Statements, now, chain, out, Event::Statements, |out| {
			run(statements, chain, view, out)
		});
		effects.extend(happened.into_iter().map(Effect::Statements));
	}

	pub(super) fn tell_statements(
		&mut self,
		now: Instant,
		input: Input<DistributionWords>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		self.with_statements(now, out, effects, |statements, chain, view, out| {
			statements.handle(now, input, chain, view, out)
		});
	}

	pub(super) fn with_availability<R>(
		&mut self,
		now: Instant,
		out: &mut Out,
		run: impl FnOnce(&mut Availability, &ChainView, &mut Outbox<AvailabilityWords>) -> R,
	) -> R {
		let Self {
			chain,
			availability,
			desk,
			..
		} = self;
		desk.part(
			PartName::Availability,
			now,
			chain,
			out,
			Event::Availability,
			|out| run(availability, chain, out),
		)
	}

	pub(super) fn tell_availability(
		&mut self,
		now: Instant,
		input: Input<AvailabilityWords>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		let happened = self.with_availability(now, out, |availability, chain, out| {
			availability.handle(now, input, chain, out)
		});
		effects.extend(happened.into_iter().map(Effect::Availability));
	}

	pub(super) fn with_collations<R>(
		&mut self,
		now: Instant,
		out: &mut Out,
		run: impl FnOnce(&mut ValidatorSide, AroundCollators<'_>, &mut Outbox<ValidatorSideWords>) -> R,
	) -> R {
		let Self {
			chain,
			view,
			backing,
			collations,
			desk,
			..
		} = self;
		let gate = BackingGate { backing, view, chain };
		let around = AroundCollators {
			now,
			chain,
			gate: &gate,
		};
		desk.part(
			PartName::Collations,
			now,
			chain,
			out,
			|never| match never {},
			|out| run(collations, around, out),
		)
	}

	pub(super) fn tell_collations(
		&mut self,
		now: Instant,
		input: Input<ValidatorSideWords>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		let happened = self.with_collations(now, out, |collations, around, out| {
			collations.handle(input, around, out)
		});
		effects.extend(happened.into_iter().map(Effect::Collations));
	}

	/// A peer has opened a stream of the collation protocol, or closed it. Each end shows its view first (R-NET-75).
	pub(super) fn stream_changed(
		&mut self,
		now: Instant,
		peer: PeerId,
		collation: Option<CollatorPeer>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		let was_open = self.collations.knows(peer);
		let event = match collation {
			Some(who) if self.chain.is_connected(peer) => PeerEvent::Connected(who),
			// Of too many peers strangers are let go.
			Some(_) => return out.disconnect(peer),
			None if was_open => PeerEvent::Disconnected,
			None => return,
		};
		self.tell_collations(now, Input::Peer(peer, event), out, effects);
		if !was_open && self.collations.knows(peer) {
			self.show_view(Recipients::Peer(peer), out);
		}
	}

	/// Collators hear which blocks this validator sees, because they offer nothing that it cannot judge (R-NET-78). A view has
	/// a head (R-NET-57).
	pub(super) fn show_view(&self, to: Recipients, out: &mut Out) {
		if let Some(view) = self.own_view() {
			let view = Envelope::<CollationMessage>::View(view).encode();
			out.notify(to, Message::Collation(view));
		}
	}

	/// Other validators hear it as well, because they say nothing about a block that this one has not (R-NET-56).
	pub(super) fn show_colleagues(&self, to: Recipients, out: &mut Out) {
		if let Some(view) = self.own_view() {
			let view = Envelope::<ValidationMessage>::View(view).encode();
			out.notify(to, Message::Validation(view));
		}
	}

	/// `None` before the first leaf.
	fn own_view(&self) -> Option<View> {
		let leaves = self.chain.newest_first();
		let heads = leaves.iter().map(|leaf| leaf.block.hash);
		(!leaves.is_empty()).then(|| View::new(heads, self.chain.finalized_number()))
	}

	pub(super) fn tell_bitfields(&mut self, now: Instant, input: Input<BitfieldWords>, out: &mut Out) {
		let Self {
			chain,
			availability,
			bitfields,
			desk,
			..
		} = self;
		let around = bitfields::Around {
			now,
			chain,
			holdings: &Chunks(availability),
		};
		desk.part(
			PartName::Bitfields,
			now,
			chain,
			out,
			|never| match never {},
			|out| bitfields.handle(input, around, out),
		);
	}

	pub(super) fn tell_codes(&mut self, now: Instant, input: Input<CodeWords>, out: &mut Out) {
		let Self {
			chain, codes, desk, ..
		} = self;
		let around = codes::Around { now, chain };
		desk.part(PartName::Codes, now, chain, out, Event::Code, |out| {
			codes.handle(input, around, out);
		});
	}
}

/// Availability, as bitfields ask it.
struct Chunks<'a>(&'a Availability);

impl Holdings for Chunks<'_> {
	fn bitfield(&self, leaf: Hash, chain: &ChainView) -> Option<AvailabilityBitfield> {
		self.0.bitfield(leaf, chain)
	}
}
