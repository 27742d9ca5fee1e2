//! When a validator says which blocks it sees, and to whom.

use super::{fixture::*, solo::*};
use crate::Message;
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_machine::{Input, Output, PeerId};
use async_backing_primitives::Hash;
use async_backing_wire::{CollationMessage, CollationVersion, Envelope, ValidationMessage, View, Wire};

/// The views that are sent: to whom, and their heads.
pub(super) fn views(outputs: &Outputs) -> Vec<(PeerId, Vec<Hash>)> {
	let mut sent = Vec::new();
	for output in outputs {
		let Output::Notify(to, message) = output else {
			continue;
		};
		let view = match message {
			Message::Validation(bytes) => match Envelope::<ValidationMessage>::from_wire(bytes) {
				Ok(Envelope::View(view)) => view,
				_ => continue,
			},
			Message::Collation(bytes) => match CollationMessage::from_wire(CollationVersion::V2, bytes) {
				Ok(Envelope::View(view)) => view,
				_ => continue,
			},
		};
		sent.extend(to.as_slice().iter().map(|peer| (*peer, heads(&view))));
	}
	sent.sort();
	sent
}

fn heads(view: &View) -> Vec<Hash> {
	view.heads().to_vec()
}

#[test]
fn r_net_56_a_view_is_sent_when_a_stream_opens_and_when_its_heads_change() {
	let mut solo = Solo::fresh(0);
	let connects = |solo: &mut Solo, other: u8| solo.connect(peer(other), Identity::of(key(other)));
	// A view without a head is none (R-NET-57).
	assert_eq!(views(&connects(&mut solo, 1)), [], "R-NET-56: no leaf");
	assert_eq!(views(&solo.join(COLLATOR)), [], "R-NET-56: no leaf");

	let first = leaf(None);
	let seen = vec![first.block.hash];
	let told = views(&solo.import(&first));
	let expected = [(peer(1), seen.clone()), (COLLATOR, seen.clone())];
	assert_eq!(told, expected, "R-NET-56: the first leaf");
	assert_eq!(
		views(&connects(&mut solo, 2)),
		[(peer(2), seen.clone())],
		"R-NET-56: a stream opens"
	);

	let finalized = ChainEvent::Finalized {
		hash: first.parent_hash,
		number: first.block.number - 1,
	};
	let told = views(&solo.give(Input::Chain(finalized.into())));
	assert_eq!(told, [], "R-NET-56: the finalized number alone");

	let mut second = leaf(None);
	second.parent_hash = first.block.hash;
	second.block = block(first.block.number + 1);
	second.slot = first.slot + 1;
	second.ancestors.insert(0, first.block);
	let seen = vec![second.block.hash];
	let told = views(&solo.import(&second));
	let expected = [(peer(1), seen.clone()), (peer(2), seen.clone()), (COLLATOR, seen)];
	assert_eq!(told, expected, "R-NET-56: another leaf");
}
