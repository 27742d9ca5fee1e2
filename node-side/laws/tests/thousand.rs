//! Law 1 on a chain of Polkadot's size: a thousand validators, each of which sends its bitfield, and an author that proposes
//! them all. Whatever one input brings, no more than 64 KiB are copied for it.

mod common;

use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_laws::measure;
use async_backing_machine::{
	laws::{Choices, LIGHT},
	Core, Input, Outbox, Output, PeerEvent, PeerId, ProposeId,
};
use async_backing_primitives::{
	meter, AvailabilityBitfield, CandidateHash, CoreState, Hash, LeafFacts, OccupiedCore,
	PersistedValidationData, PoV, PvfCheckStatement, UncheckedSigned, ValidationCodeHash, ValidatorId,
	ValidatorIndex, ValidatorSignature,
};
use async_backing_validator::{
	work::{self, Ballots, Execution, Executor, Signer},
	Message, NodeWords, Proposing, Validator, ValidatorConfig,
};
use async_backing_wire::{Envelope, ValidationMessage};
use codec::Encode;
use common::facts;
use sp_core::{sr25519, Pair};
use std::{sync::Arc, time::Duration};

const VALIDATORS: u32 = 1000;
const CORES: usize = 200;
const NOW: Duration = Duration::from_secs(100);

fn pair(index: u32) -> sr25519::Pair {
	let mut seed = [7; 32];
	seed[..4].copy_from_slice(&index.to_le_bytes());
	sr25519::Pair::from_seed(&seed)
}

struct Nobody;

/// There are no codes to vote on.
struct NoBox;

impl Ballots for NoBox {
	fn submit(&mut self, _: Hash, _: PvfCheckStatement, _: ValidatorSignature) -> Result<(), String> {
		Ok(())
	}
}

impl Executor for Nobody {
	fn execute(
		&mut self,
		_: CandidateHash,
		_: ValidationCodeHash,
		_: &PersistedValidationData,
		_: &PoV,
	) -> Execution {
		Execution {
			outcome: Err("there are no candidates".to_string().into()),
			fuel: 0,
		}
	}
}

impl Signer for Nobody {
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature> {
		let own = pair(0);
		(ValidatorId::from(own.public()) == *validator).then(|| own.sign(payload).into())
	}
}

/// A leaf with a candidate on each core, none of which has been attested.
fn leaf() -> LeafFacts {
	let mut choices = Choices::seeded(1);
	let mut facts = facts(0, 12, &mut choices);
	let occupied = OccupiedCore {
		next_up_on_available: None,
		occupied_since: 11,
		time_out_at: 20,
		next_up_on_time_out: None,
		availability: (0..VALIDATORS).map(|_| false).collect(),
		group_responsible: Default::default(),
		candidate_hash: Default::default(),
		candidate_descriptor: common::candidate(0, 1, facts.block, 0, None).0.descriptor,
	};
	facts.cores = vec![CoreState::Occupied(occupied); CORES];
	facts.validators = (0..VALIDATORS).map(|index| pair(index).public().into()).collect();
	facts.groups = (0..CORES as u32)
		.map(|group| (group * 5..group * 5 + 5).map(ValidatorIndex).collect())
		.collect();
	facts.session_ends_from_slot = u64::MAX;
	facts
}

/// The validator, and the most bytes that an input of a peer or of an author made it copy, hash, code or verify.
struct Measured {
	validator: Validator,
	out: Outbox<NodeWords>,
	heaviest: u64,
}

impl Measured {
	fn give(&mut self, input: Input<NodeWords>) -> Vec<Output<NodeWords>> {
		let before = meter::bytes();
		let mut input = Some(input);
		let Self { validator, out, .. } = self;
		let allocated = measure(&mut || {
			if let Some(input) = input.take() {
				validator.handle(NOW, input, out);
			}
		});
		let bytes = (meter::bytes() - before).max(allocated.total);
		self.heaviest = self.heaviest.max(bytes);
		self.out.drain().collect()
	}

	/// Does all jobs, and what follows from them.
	fn work(&mut self, outputs: Vec<Output<NodeWords>>) {
		let mut outputs = std::collections::VecDeque::from(outputs);
		while let Some(output) = outputs.pop_front() {
			let input = match output {
				Output::Job { id, job, .. } => {
					let done = work::run(job, &mut Nobody, &Nobody, &mut NoBox).0;
					Input::Done(id, done)
				}
				Output::Store(id, _) => Input::Stored(id),
				_ => continue,
			};
			outputs.extend(self.give(input));
		}
	}
}

#[test]
fn law_1_a_thousand_bitfields_are_taken_in_and_proposed_without_being_copied() {
	let facts = Arc::new(leaf());
	let mut measured = Measured {
		validator: Validator::new(ValidatorConfig::new(pair(0).public().into())),
		out: Outbox::default(),
		heaviest: 0,
	};
	let imported = ChainEvent::Imported {
		facts: facts.clone(),
		fresh: true,
	};
	measured.give(Input::Chain(imported.into()));
	// What the own chain says is no peer's doing.
	measured.heaviest = 0;
	let leaf = facts.block.hash;
	let context = facts.signing_context(leaf);
	let mut held = Vec::new();
	for index in 1..VALIDATORS {
		let peer = PeerId(index.into());
		let identity = Identity::of(pair(index).public().into());
		let outputs = measured.give(Input::Peer(peer, PeerEvent::Connected(identity.into())));
		measured.work(outputs);
		let payload = AvailabilityBitfield((0..CORES).map(|core| core % 3 == 0).collect());
		let signature = pair(index).sign(&payload.signing_payload(&context)).into();
		let bitfield = UncheckedSigned {
			payload,
			validator_index: ValidatorIndex(index),
			signature,
		};
		let bitfield = ValidationMessage::Bitfield {
			relay_parent: leaf,
			bitfield,
		};
		let message = PeerEvent::Message(Message::Validation(Envelope::Message(bitfield).encode()));
		let outputs = measured.give(Input::Peer(peer, message));
		// A hundred come while the first of them is checked.
		held.extend(outputs);
		if index % 100 == 0 || index + 1 == VALIDATORS {
			let outputs = std::mem::take(&mut held);
			measured.work(outputs);
		}
	}
	let proposing = Proposing {
		parent: leaf,
		slot: facts.slot + 1,
	};
	let outputs = measured.give(Input::Propose(ProposeId(1), proposing, NOW));
	let Some(Output::Proposal(_, proposal)) = outputs.into_iter().next() else {
		panic!("each is answered")
	};
	assert_eq!(proposal.bitfields.len(), VALIDATORS as usize - 1);
	let heaviest = measured.heaviest;
	assert!(heaviest <= LIGHT as u64, "{heaviest} bytes for one input");
	assert!(heaviest > 1000, "it is measured: {heaviest}");
}
