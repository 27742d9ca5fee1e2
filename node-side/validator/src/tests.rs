//! Validators among themselves, without a driver: messages are handed from one to the other.

mod disabled;

use crate::{Advertisement, Input, Message, Notice, Output, Peer, Timer, Validator, ValidatorConfig};
use async_backing_availability::erasure_root_of;
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BackingState, CandidateCommitments, CandidateDescriptor,
	CandidateHash, CandidatePendingAvailability, CandidateReceipt, CommittedCandidateReceipt, Constraints,
	CoreIndex, CoreState, DescriptorFields, GroupRotationInfo, Hash, HeadData, LeafFacts, OccupiedCore,
	ParaAtLeaf, ParaId, PersistedValidationData, PoV, RelayChainBlockInfo, ValidationCodeHash,
	ValidationResult, ValidatorIndex,
};
use codec::{Decode, Encode};
use sp_core::{sr25519, Pair};
use std::{sync::Arc, time::Duration};

const PARA: ParaId = ParaId(2000);
const NOW: Duration = Duration::from_secs(10);
/// The group of three that backs, then three others.
const VALIDATORS: u8 = 6;

fn key(index: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[index + 1; 32])
}

fn peer(index: u8) -> Peer {
	Peer::Validator(key(index).public().into())
}

fn validator(index: u8) -> Validator {
	Validator::new(ValidatorConfig {
		key: key(index),
		signer: |key, payload| key.sign(payload),
		bitfield_after: Duration::from_millis(1500),
	})
}

fn constraints() -> Constraints {
	Constraints {
		min_relay_parent_number: 5,
		max_pov_size: 1 << 20,
		max_code_size: 1 << 20,
		max_head_data_size: 1024,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 5,
		dmp_remaining_messages: Vec::new(),
		hrmp_inbound: Default::default(),
		hrmp_channels_out: Vec::new(),
		max_hrmp_num_per_candidate: 4,
		required_parent: HeadData(vec![0]),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(9)),
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

fn block(number: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(number.into()),
		number,
		storage_root: Hash::repeat_byte(3),
	}
}

/// Block 10 of a session that began with block 1: core 0 for the para, group 0 for core 0.
fn leaf(pending: Option<&Candidate>) -> LeafFacts {
	let core = match pending {
		None => CoreState::Scheduled(PARA.into()),
		Some(candidate) => CoreState::Occupied(OccupiedCore {
			next_up_on_available: Some(PARA.into()),
			occupied_since: 10,
			time_out_at: 100,
			next_up_on_time_out: Some(PARA.into()),
			availability: Default::default(),
			group_responsible: Default::default(),
			candidate_hash: candidate.hash(),
			candidate_descriptor: candidate.receipt.descriptor.clone(),
		}),
	};
	let pending = pending.map(|candidate| CandidatePendingAvailability {
		candidate_hash: candidate.hash(),
		descriptor: candidate.receipt.descriptor.clone(),
		commitments: candidate.receipt.commitments.clone(),
		relay_parent_number: 10,
		max_pov_size: 1 << 20,
	});
	let number = if pending.is_some() { 11 } else { 10 };
	let backing_state = BackingState {
		constraints: constraints(),
		pending_availability: pending.into_iter().collect(),
	};
	LeafFacts {
		block: block(number),
		parent_hash: block(number - 1).hash,
		slot: number.into(),
		session_index: 1,
		session_ends_from_slot: 1000,
		params: AsyncBackingParams {
			max_candidate_depth: 2,
			allowed_ancestry_len: 2,
		},
		ancestors: (number - 2..number).rev().map(block).collect(),
		validators: (0..VALIDATORS).map(|index| key(index).public().into()).collect(),
		groups: vec![
			[0, 1, 2].map(ValidatorIndex).into(),
			[3, 4, 5].map(ValidatorIndex).into(),
		],
		rotation: GroupRotationInfo {
			session_start_block: 1,
			group_rotation_frequency: 1000,
			now: number + 1,
		},
		minimum_backing_votes: 2,
		disabled: Vec::new(),
		cores: vec![core, CoreState::Free],
		ancestor_claim_queues: Default::default(),
		claim_queue: [(CoreIndex(0), [PARA, PARA].into())].into(),
		paras: [(
			PARA,
			ParaAtLeaf {
				backing_state,
				extension: None,
			},
		)]
		.into(),
		pending_relay_parents: [(block(10).hash, block(10))].into(),
		events: Vec::new(),
	}
}

/// A candidate on the included head, with what its collator holds.
struct Candidate {
	receipt: CommittedCandidateReceipt,
	validation_data: PersistedValidationData,
	pov: Arc<PoV>,
}

impl Candidate {
	fn new() -> Self {
		Self::building_on(HeadData(vec![0]), HeadData(vec![1]))
	}

	fn building_on(parent_head: HeadData, head_data: HeadData) -> Self {
		let pov = PoV {
			block_data: vec![7; 5000].into(),
		};
		let validation_data = PersistedValidationData {
			parent_head,
			relay_parent_number: 10,
			relay_parent_storage_root: block(10).storage_root,
			max_pov_size: 1 << 20,
		};
		let available = AvailableData {
			pov: pov.clone(),
			validation_data: validation_data.clone(),
		};
		let commitments = CandidateCommitments {
			head_data,
			hrmp_watermark: 10,
			..Default::default()
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: PARA,
			relay_parent: block(10).hash,
			core_index: 0,
			session_index: 1,
			persisted_validation_data_hash: validation_data.hash(),
			pov_hash: pov.hash(),
			erasure_root: erasure_root_of(VALIDATORS.into(), &available).expect("six validators"),
			para_head: commitments.head_data.hash(),
			validation_code_hash: constraints().validation_code_hash,
		});
		let receipt = CommittedCandidateReceipt {
			descriptor,
			commitments,
		};
		Self {
			receipt,
			validation_data,
			pov: Arc::new(pov),
		}
	}

	/// A candidate on this one.
	fn child(&self) -> Self {
		Self::building_on(self.receipt.commitments.head_data.clone(), HeadData(vec![2]))
	}

	fn hash(&self) -> CandidateHash {
		self.receipt.hash()
	}

	fn plain(&self) -> CandidateReceipt {
		self.receipt.to_plain()
	}

	/// What the validation function gives.
	fn result(&self) -> ValidationResult {
		ValidationResult {
			head_data: self.receipt.commitments.head_data.clone(),
			hrmp_watermark: self.receipt.commitments.hrmp_watermark,
			..Default::default()
		}
	}

	fn advertisement(&self) -> Message {
		Message::AdvertiseCollation(Box::new(Advertisement {
			receipt: self.plain(),
			parent_head: self.validation_data.parent_head.hash(),
		}))
	}
}

fn receive(validator: &mut Validator, from: Peer, message: Message) -> Vec<Output> {
	validator.handle(NOW, Input::Received { from, message })
}

fn activated(index: u8, leaf: LeafFacts) -> Validator {
	let mut validator = validator(index);
	let outputs = validator.handle(NOW, Input::LeafActivated(Arc::new(leaf)));
	let wakes = outputs.iter().any(|output| {
		matches!(output, Output::Wake { at, timer: Timer::SignBitfield(_) } if *at == NOW + Duration::from_millis(1500))
	});
	assert!(wakes, "R-AVL-8: {outputs:?}");
	validator
}

fn complaints(outputs: &[Output]) -> usize {
	outputs
		.iter()
		.filter(|output| matches!(output, Output::Notice(Notice::Complaint(_))))
		.count()
}

/// A validator that has fetched the candidate from its collator and executed it.
fn seconded(index: u8, candidate: &Candidate) -> (Validator, Vec<Output>) {
	let mut validator = activated(index, leaf(None));
	let collator = Peer::Collator(PARA);
	let request = receive(&mut validator, collator.clone(), candidate.advertisement());
	assert_eq!(
		request,
		[Output::Send {
			to: collator.clone(),
			message: Message::RequestCollation(candidate.hash()),
		}],
		"R-BAK-5"
	);
	let collation = Message::Collation(candidate.hash(), candidate.pov.clone());
	let execute = receive(&mut validator, collator, collation);
	assert_eq!(
		execute,
		[Output::Execute {
			candidate: candidate.hash(),
			code: constraints().validation_code_hash,
			validation_data: Arc::new(candidate.validation_data.clone()),
			pov: candidate.pov.clone(),
		}],
		"R-COL-3: the validation data come from the view"
	);
	let executed = Input::Executed {
		candidate: candidate.hash(),
		outcome: Ok(candidate.result()),
	};
	let outputs = validator.handle(NOW, executed);
	(validator, outputs)
}

fn shared_statement(outputs: &[Output]) -> Message {
	outputs
		.iter()
		.find_map(|output| match output {
			Output::Broadcast(message @ Message::Statement(_)) => Some(message.clone()),
			_ => None,
		})
		.expect("a statement is shared")
}

#[test]
fn two_of_a_group_make_a_candidate_backable_and_any_validator_can_propose_it() {
	let candidate = Candidate::new();
	let (mut first, outputs) = seconded(0, &candidate);
	assert!(
		outputs.contains(&Output::Notice(Notice::Seconded(candidate.hash()))),
		"R-BAK-2"
	);
	let statement = shared_statement(&outputs);

	// The second member fetches the proof of validity from the first, and confirms.
	let mut second = activated(1, leaf(None));
	let asks = receive(&mut second, peer(0), statement.clone());
	let request = Message::RequestPov(candidate.hash());
	assert_eq!(
		asks,
		[Output::Send {
			to: peer(0),
			message: request.clone()
		}],
		"R-BAK-10"
	);
	let answer = receive(&mut first, peer(1), request);
	let [Output::Send { to, message: pov }] = &answer[..] else {
		panic!("{answer:?}")
	};
	assert_eq!(*to, peer(1));
	let executes = receive(&mut second, peer(0), pov.clone());
	assert!(matches!(&executes[..], [Output::Execute { .. }]), "{executes:?}");
	let executed = Input::Executed {
		candidate: candidate.hash(),
		outcome: Ok(candidate.result()),
	};
	let outputs = second.handle(NOW, executed);
	let backable = Output::Notice(Notice::Backable(candidate.hash()));
	assert!(outputs.contains(&backable), "R-BAK-7: {outputs:?}");
	let confirmation = shared_statement(&outputs);

	// A validator of the other group hears both and proposes the candidate.
	let mut author = activated(4, leaf(None));
	assert_eq!(
		receive(&mut author, peer(0), statement),
		[],
		"only its group checks it"
	);
	assert!(
		author.propose(block(10).hash, 11).backed_candidates.is_empty(),
		"R-BKV-1: one vote is too few"
	);
	assert_eq!(receive(&mut author, peer(1), confirmation), [backable], "R-SD-1");
	let proposal = author.propose(block(10).hash, 11);
	let [backed] = &proposal.backed_candidates[..] else {
		panic!("{proposal:?}")
	};
	assert_eq!(
		(backed.hash(), backed.validity_votes.len()),
		(candidate.hash(), 2),
		"R-BAK-8"
	);
	assert!(
		author.propose(block(10).hash, 1000).backed_candidates.is_empty(),
		"R-PRV-13"
	);
	assert!(
		author
			.propose(Hash::repeat_byte(1), 11)
			.backed_candidates
			.is_empty(),
		"an unknown leaf"
	);
}

#[test]
fn an_advertised_child_waits_until_its_parent_is_backable() {
	let parent = Candidate::new();
	let (_, outputs) = seconded(0, &parent);
	let seconding = shared_statement(&outputs);
	let confirmation = {
		let mut second = activated(1, leaf(None));
		receive(&mut second, peer(0), seconding.clone());
		receive(
			&mut second,
			peer(0),
			Message::Pov(parent.hash(), Some(parent.pov.clone())),
		);
		let executed = Input::Executed {
			candidate: parent.hash(),
			outcome: Ok(parent.result()),
		};
		shared_statement(&second.handle(NOW, executed))
	};

	let child = parent.child();
	let collator = Peer::Collator(PARA);
	let mut third = activated(2, leaf(None));
	assert_eq!(
		receive(&mut third, collator.clone(), child.advertisement()),
		[],
		"R-BAK-5: no place yet"
	);
	let hears = receive(&mut third, peer(0), seconding);
	assert!(
		matches!(
			&hears[..],
			[Output::Send {
				message: Message::RequestPov(_),
				..
			}]
		),
		"{hears:?}"
	);
	let hears = receive(&mut third, peer(1), confirmation);
	let request = Output::Send {
		to: collator,
		message: Message::RequestCollation(child.hash()),
	};
	assert_eq!(
		hears,
		[Output::Notice(Notice::Backable(parent.hash())), request],
		"R-BAK-7"
	);
}

#[test]
fn nobody_states_what_execution_refuses() {
	let candidate = Candidate::new();
	let (_, good) = seconded(0, &candidate);
	assert_eq!(complaints(&good), 0);

	let other_head = ValidationResult {
		head_data: HeadData(vec![2]),
		..candidate.result()
	};
	for outcome in [Err("the proof does not match".into()), Ok(other_head)] {
		let mut validator = activated(0, leaf(None));
		receive(&mut validator, Peer::Collator(PARA), candidate.advertisement());
		let collation = Message::Collation(candidate.hash(), candidate.pov.clone());
		receive(&mut validator, Peer::Collator(PARA), collation);
		let outputs = validator.handle(
			NOW,
			Input::Executed {
				candidate: candidate.hash(),
				outcome,
			},
		);
		assert!(complaints(&outputs) > 0, "R-BAK-2");
		assert!(
			!outputs
				.iter()
				.any(|output| matches!(output, Output::Broadcast(_))),
			"R-STM-1: {outputs:?}"
		);
	}
}

#[test]
fn what_is_not_as_announced_is_refused_with_a_reason() {
	let candidate = Candidate::new();
	let collator = Peer::Collator(PARA);

	let mut outsider = activated(4, leaf(None));
	assert_eq!(
		complaints(&receive(
			&mut outsider,
			collator.clone(),
			candidate.advertisement()
		)),
		1,
		"R-BAK-1"
	);

	let mut backer = activated(0, leaf(None));
	receive(&mut backer, collator.clone(), candidate.advertisement());
	let other_pov = Arc::new(PoV::default());
	let outputs = receive(
		&mut backer,
		collator.clone(),
		Message::Collation(candidate.hash(), other_pov),
	);
	assert!(
		matches!(&outputs[..], [Output::Notice(Notice::Complaint(_))]),
		"the PoV's hash: {outputs:?}"
	);
	let unasked = Message::Collation(candidate.hash(), candidate.pov.clone());
	assert_eq!(receive(&mut backer, collator, unasked), [], "nobody waits for it");

	let (_, outputs) = seconded(0, &candidate);
	let Message::Statement(statement) = shared_statement(&outputs) else {
		panic!("a statement")
	};
	let mut forged = (*statement).clone();
	forged.validator_index = ValidatorIndex(1);
	let mut hearer = activated(2, leaf(None));
	let outputs = receive(&mut hearer, peer(0), Message::Statement(Arc::new(forged)));
	assert!(
		matches!(&outputs[..], [Output::Notice(Notice::Complaint(_))]),
		"R-STM-2: {outputs:?}"
	);
}

#[test]
fn a_chunk_is_fetched_from_a_backer_checked_and_attested() {
	let candidate = Candidate::new();
	let (mut backer, _) = seconded(0, &candidate);
	let mut holder = validator(4);
	let occupied = leaf(Some(&candidate));
	let leaf_hash = occupied.block.hash;
	let outputs = holder.handle(NOW, Input::LeafActivated(Arc::new(occupied.clone())));
	let asked = outputs
		.iter()
		.find_map(|output| match output {
			Output::Send {
				to,
				message: message @ Message::RequestChunk(..),
			} => Some((to.clone(), message.clone())),
			_ => None,
		})
		.expect("R-AVL-7: it asks a backer for its chunk");
	assert!((0..3).map(peer).any(|backer| backer == asked.0));

	let bits = |validator: &mut Validator| {
		let outputs = validator.handle(NOW, Input::Timer(Timer::SignBitfield(leaf_hash)));
		match &outputs[..] {
			[Output::Broadcast(Message::Bitfield(at, signed))] => {
				assert_eq!(*at, leaf_hash);
				signed.payload.0.iter().by_vals().collect::<Vec<_>>()
			}
			_ => panic!("{outputs:?}"),
		}
	};
	assert_eq!(bits(&mut holder), [false, false], "R-AVL-8: nothing is held yet");

	let answer = receive(&mut backer, peer(4), asked.1);
	let [Output::Send { message: chunk, .. }] = &answer[..] else {
		panic!("{answer:?}")
	};
	assert_eq!(
		receive(&mut holder, asked.0, chunk.clone()),
		[],
		"a good chunk is stored without ado"
	);
	assert_eq!(bits(&mut holder), [true, false], "R-AVL-8");
	let proposal = holder.propose(leaf_hash, 12);
	assert_eq!(
		proposal.bitfields.len(),
		1,
		"R-PRV-7: its own is among those that it offers"
	);
}

#[test]
fn messages_survive_the_wire() {
	let candidate = Candidate::new();
	let (_, outputs) = seconded(0, &candidate);
	for message in [
		candidate.advertisement(),
		shared_statement(&outputs),
		Message::Pov(candidate.hash(), None),
	] {
		let decoded = Message::decode(&mut &message.encode()[..]).expect("own encoding");
		assert_eq!(decoded, message, "{}", message.kind());
	}
}

proptest::proptest! {
	#![proptest_config(proptest::prelude::ProptestConfig::with_cases(512))]

	/// Whatever a peer sends, in whatever order, nothing panics and nothing is signed but what was executed.
	#[test]
	fn no_message_makes_a_validator_panic(
		damage in proptest::collection::vec((0usize..8, 0usize..2000, proptest::num::u8::ANY, 0u8..7), 1..12),
	) {
		let candidate = Candidate::new();
		let (mut backer, outputs) = seconded(0, &candidate);
		let hash = candidate.hash();
		let templates = [
			candidate.advertisement(),
			shared_statement(&outputs),
			Message::Collation(hash, candidate.pov.clone()),
			Message::RequestPov(hash),
			Message::Pov(hash, Some(candidate.pov.clone())),
			Message::RequestChunk(hash, 3),
			Message::Chunk(hash, None),
			Message::RequestCollation(hash),
		];
		let mut hearer = activated(1, leaf(None));
		for (template, position, value, sender) in damage {
			let mut bytes = templates[template].encode();
			let position = position % bytes.len();
			bytes[position] ^= value;
			let Ok(message) = Message::decode(&mut &bytes[..]) else { continue };
			let from = if sender == 6 { Peer::Collator(PARA) } else { peer(sender) };
			for validator in [&mut backer, &mut hearer] {
				let outputs = receive(validator, from.clone(), message.clone());
				let states = outputs.iter().any(|output| matches!(output, Output::Broadcast(Message::Statement(_))));
				proptest::prop_assert!(!states, "nothing was executed in between");
			}
		}
	}
}
