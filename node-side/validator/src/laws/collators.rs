//! What collators of the town say.

use super::{
	chain::{Sample, PARA},
	Choices, Penalty, Stimulus, Town,
};
use crate::{Message, NodePeer, NodeWords};
use async_backing_collator_protocol::CollatorPeer;
use async_backing_machine::{laws::Act, PeerId};
use async_backing_primitives::{CandidateHash, Hash, HeadHash, ParaId};
use async_backing_wire::{
	declare_payload, AdvertisementV2, AdvertisementV3, CollationMessage, CollationVersion, CollatorId,
	CollatorMessage, CollatorSignature, Declaration, DescriptorClaim, Envelope, View,
};
use codec::Encode;
use sp_core::{sr25519, Pair};
use std::{
	collections::BTreeMap,
	sync::{Mutex, PoisonError},
};

/// Signing draws randomness: of each collator one signature is kept, so that a run can be made twice.
static SIGNATURES: Mutex<BTreeMap<u8, (CollatorId, CollatorSignature)>> = Mutex::new(BTreeMap::new());

/// Collators that there are.
const NAMES: u64 = 40;

fn peer_id(name: u8) -> Vec<u8> {
	vec![name; 38]
}

/// One who opens a stream.
pub(super) fn collator(choices: &mut Choices<'_>) -> NodePeer {
	let version = match choices.below(8) {
		0..=3 => CollationVersion::V2,
		4..=6 => CollationVersion::V3,
		_ => CollationVersion::V1,
	};
	NodePeer::collator(CollatorPeer {
		peer_id: peer_id(choices.below(NAMES) as u8),
		version,
	})
}

fn declaration(name: u8, para_id: ParaId) -> Declaration {
	let mut signatures = SIGNATURES.lock().unwrap_or_else(PoisonError::into_inner);
	let sign = || {
		let pair = sr25519::Pair::from_seed(&[name.wrapping_add(100); 32]);
		let signature = pair.sign(&declare_payload(&peer_id(name)));
		(CollatorId(pair.public().0), CollatorSignature(signature.0))
	};
	let (collator, signature) = *signatures.entry(name).or_insert_with(sign);
	Declaration {
		collator,
		para_id,
		signature,
	}
}

fn said(message: CollationMessage) -> Message {
	Message::Collation(Envelope::Message(message).encode())
}

/// The candidate's, or one that nobody built.
pub(super) fn advertisement(
	sample: &Sample,
	version: CollationVersion,
	choices: &mut Choices<'_>,
) -> Message {
	let candidate_hash = match choices.one_in(3) {
		true => CandidateHash(Hash::from_low_u64_be(choices.below(1 << 16))),
		false => sample.hash(),
	};
	let parent_head_data_hash = match choices.one_in(16) {
		true => HeadHash(Hash::from_low_u64_be(choices.below(8))),
		false => sample.validation_data.parent_head.hash(),
	};
	let scheduling_parent = sample.receipt.descriptor.scheduling_parent();
	said(match version {
		CollationVersion::V3 => CollationMessage::V3(CollatorMessage::Advertise(AdvertisementV3 {
			scheduling_parent,
			candidate_hash,
			parent_head_data_hash,
			descriptor_version: match choices.below(16) {
				0 => DescriptorClaim::V1,
				1 => DescriptorClaim::V3,
				2 => DescriptorClaim::Unknown(77),
				_ => DescriptorClaim::V2,
			},
			relay_parent: scheduling_parent,
		})),
		_ => CollationMessage::V2(CollatorMessage::Advertise(AdvertisementV2 {
			scheduling_parent,
			candidate_hash,
			parent_head_data_hash,
		})),
	})
}

impl Town {
	/// What somebody says who has opened a stream, or has not.
	pub(super) fn of_collator(
		&self,
		peer: PeerId,
		who: &NodePeer,
		at_once: Penalty,
		choices: &mut Choices<'_>,
	) -> Stimulus<NodeWords> {
		let hostile = |message, penalty| Stimulus::hostile(Act::Message(peer, message), penalty);
		// Whoever was let go is not listened to.
		let stream = self.streams.get(&peer).copied();
		let penalty = match stream {
			Some(_) => at_once,
			None => Penalty::None,
		};
		let (name, version) = match &who.collation {
			Some(who) => (who.peer_id.first().copied().unwrap_or(0), who.version),
			None => (0, CollationVersion::V2),
		};
		match choices.below(16) {
			0..=3 => {
				let of = match choices.one_in(8) {
					true => name.wrapping_add(1) % NAMES as u8,
					false => name,
				};
				let para = if choices.one_in(8) { ParaId(1) } else { PARA };
				let declaration = declaration(of, para);
				let message = match version {
					CollationVersion::V3 => CollationMessage::V3(CollatorMessage::Declare(declaration)),
					_ => CollationMessage::V2(CollatorMessage::Declare(declaration)),
				};
				hostile(said(message), Penalty::None)
			}
			4 => {
				let view = View::new([self.block(choices).facts.block.hash], 0);
				let view = Envelope::<CollationMessage>::View(view).encode();
				hostile(Message::Collation(view), Penalty::None)
			}
			// No bytes of any version.
			5 => hostile(
				Message::Collation(vec![1, 0, 9, choices.below(256) as u8]),
				penalty,
			),
			_ => {
				let message = advertisement(&self.sample(choices), version, choices);
				let is_undeclared = stream == Some(false);
				hostile(message, if is_undeclared { at_once } else { Penalty::None })
			}
		}
	}
}
