//! What the chain does, and what was stored before a crash.

use super::{effects::Effects, Out, Validator};
use crate::Event;
use async_backing_chain_view::{Arrived, ChainEvent};
use async_backing_machine::{Input, Instant, PeerEvent, Recipients, Snapshot};

/// Which keys are whose: each part's begin with its own three bytes.
const PREFIX_LEN: usize = 3;

impl Validator {
	pub(super) fn chain_event(
		&mut self,
		now: Instant,
		event: ChainEvent,
		out: &mut Out,
		effects: &mut Effects,
	) {
		let (update, result) = self.chain.try_handle(event.clone());
		if let Err(error) = result {
			out.event(Event::Complaint(error.to_string()));
		}
		for facts in &update.activated {
			out.event(Event::LeafActivated(facts.block.hash));
			for complaint in self.view.activate_leaf(facts) {
				out.event(Event::Complaint(complaint));
			}
			self.with_backing(now, out, effects, |backing, around, out| {
				backing.leaf_activated(now, facts, around.chain, around.view, out)
			});
			self.with_statements(now, out, effects, |statements, chain, view, out| {
				statements.leaf_activated(now, facts, chain, view, out)
			});
		}
		self.tell_availability(now, Input::Chain(event), out, effects);
		self.tell_bitfields(now, Input::Chain(update.clone()), out);
		self.tell_codes(now, Input::Chain(update.clone()), out);
		for leaf in &update.deactivated {
			out.event(Event::LeafDeactivated(*leaf));
			self.with_backing(now, out, effects, |backing, around, out| {
				backing.leaf_deactivated(now, *leaf, around.chain, around.view, out)
			});
			self.view.deactivate_leaf(*leaf);
			self.with_statements(now, out, effects, |statements, chain, view, out| {
				statements.leaf_deactivated(now, *leaf, chain, view, out)
			});
		}
		for Arrived { peer, item, .. } in self.early.leaves_changed(now, &update, &self.chain) {
			self.tell_statements(now, Input::Peer(peer, PeerEvent::Message(item)), out, effects);
		}
		let has_changed = !update.is_empty();
		self.tell_collations(now, Input::Chain(update), out, effects);
		if has_changed {
			let peers = self.collations.heard_peers().collect();
			self.show_view(Recipients::Peers(peers), out);
			let colleagues = self.colleagues.iter().copied().collect();
			self.show_colleagues(Recipients::Peers(colleagues), out);
		}
	}

	/// Gives each part what it stored. Nothing is copied.
	pub(super) fn restored(
		&mut self,
		now: Instant,
		snapshot: Snapshot,
		out: &mut Out,
		effects: &mut Effects,
	) {
		let (mut backing, mut availability) = (Snapshot::default(), Snapshot::default());
		let (mut bitfields, mut codes) = (Snapshot::default(), Snapshot::default());
		for (key, value) in snapshot.0 {
			let part = match key.get(..PREFIX_LEN) {
				Some(b"ba/") => &mut backing,
				Some(b"av/") => &mut availability,
				Some(b"bi/") => &mut bitfields,
				Some(b"co/") => &mut codes,
				// Of another version, or another core.
				_ => continue,
			};
			part.0.insert(key, value);
		}
		self.tell_availability(now, Input::Restored(availability), out, effects);
		self.tell_backing(now, Input::Restored(backing), out, effects);
		self.tell_bitfields(now, Input::Restored(bitfields), out);
		self.tell_codes(now, Input::Restored(codes), out);
	}
}
