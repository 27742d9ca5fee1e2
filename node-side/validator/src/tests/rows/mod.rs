//! Hostile and unlucky inputs, one by one, and what is right.

mod collators;
mod floods;
mod forks;

use super::{fixture::*, solo::*};
use crate::{translate::of_validators, Message, Request, Response};
use async_backing_machine::{PeerId, RequestId};
use async_backing_primitives::{AvailabilityBitfield, LeafFacts, UncheckedSigned, ValidatorIndex};
use async_backing_wire::ValidationMessage;
use sp_core::Pair;

pub(super) const STRANGER: PeerId = PeerId(200);

/// A collator that nobody knows anything of, but that it declared the para.
pub(super) fn stranger(solo: &mut Solo, id: u64) -> PeerId {
	let peer = PeerId(id);
	assert!(costs(&solo.join(peer)).is_empty());
	peer
}

pub(super) fn only_request(outputs: &Outputs) -> (RequestId, PeerId, Request) {
	match &requests(outputs)[..] {
		[one] => one.clone(),
		other => panic!("one request: {other:?}"),
	}
}

pub(super) fn bitfield(facts: &LeafFacts, named: u8, bits: &[bool], signer: u8) -> Message {
	let payload = AvailabilityBitfield(bits.iter().copied().collect());
	let hash = facts.block.hash;
	let signature = pair(signer).sign(&payload.signing_payload(&facts.signing_context(hash)));
	of_validators(ValidationMessage::Bitfield {
		relay_parent: hash,
		bitfield: UncheckedSigned {
			payload,
			validator_index: ValidatorIndex(named.into()),
			signature: signature.into(),
		},
	})
}

/// A validator that has fetched the candidate from its collator and seconded it.
pub(in crate::tests) fn seconded(index: u8, candidate: &Candidate) -> (Solo, Outputs) {
	let mut solo = Solo::at(index, &leaf(None)).knows(&[candidate]);
	let (id, asked, request) = only_request(&solo.say(COLLATOR, candidate.advertisement()));
	assert_eq!((asked, request), (COLLATOR, candidate.request()), "R-BAK-5");
	let outputs = solo.answer(id, Ok(Response::Collation(candidate.collation())));
	(solo, outputs)
}
