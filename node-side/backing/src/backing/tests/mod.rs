//! What the scenarios share: keys, a scripted view, leaves, candidates and statements.

mod bounds;
mod collations;
mod cores;
mod disabled;
mod executions;
mod histories;
mod jobs;
mod lacking;
mod node;
mod restart;
mod sharing;
mod statements;
mod unconnected;

use super::*;
use crate::{
	job, Advertised, Collation, DepthTaken, HypotheticalCandidate, Introduction, Membership, Misbehaviour,
	OutputsMismatch, SecondedCandidate, SignedStatement, Standing, StatementContent, TableError,
};
use async_backing_availability::erasure_root_of;
use async_backing_execution_context::InputMismatch;
use async_backing_fragment_tree::SharedValidationData;
use async_backing_machine::Cost;
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BlockData, CandidateCommitments, CandidateDescriptor,
	CommittedCandidateReceipt, CompactStatement, CoreIndex, DescriptorFields, GroupRotationInfo, HeadData,
	LeafFacts, PersistedValidationData, PoV, RelayChainBlockInfo, SigningContext, ValidationResult,
	ValidatorPair,
};
use node::{checked, peer, Node, Seen, COLLATOR};
use sp_core::Pair;
use std::collections::VecDeque;

const PARA: ParaId = ParaId(2000);
const SESSION: u32 = 3;
const MAX_POV_SIZE: u32 = 6 << 20;

fn key(validator: u32) -> ValidatorPair {
	ValidatorPair::from_seed(&[u8::try_from(validator).expect("small"); 32])
}

/// Answers with fixed depths, and keeps what it was told.
#[derive(Default)]
struct Script {
	depths: Membership,
	members: BTreeMap<CandidateHash, Membership>,
	refuses: bool,
	/// What stands nowhere may wait for its parent.
	waits: bool,
	knows_heads: bool,
	max_pov_size: Option<u32>,
	seconded: Vec<CandidateHash>,
	backed: Vec<CandidateHash>,
}

impl Script {
	fn at(leaf: Hash, depths: &[u32]) -> Self {
		Self {
			depths: vec![(leaf, depths.to_vec())],
			knows_heads: true,
			..Default::default()
		}
	}
}

impl View for Script {
	fn hypothetical_depths(&self, _: HypotheticalCandidate<'_>, _: bool) -> Membership {
		self.depths.clone()
	}
	fn may_wait(&self, _: ParaId, _: Hash, _: HeadHash, _: Option<HeadHash>) -> bool {
		self.waits && self.depths.is_empty()
	}
	fn membership(&self, _: ParaId, candidate: CandidateHash) -> Membership {
		self.members.get(&candidate).cloned().unwrap_or_default()
	}
	fn introduce(&mut self, _: &Arc<Candidate>) -> Introduction {
		if self.refuses {
			Introduction::Refused
		} else if self.waits && self.depths.is_empty() {
			Introduction::Unconnected
		} else {
			Introduction::Member(self.depths.clone())
		}
	}
	fn note_seconded(&mut self, _: ParaId, candidate: CandidateHash) {
		self.seconded.push(candidate);
	}
	fn note_backed(&mut self, _: ParaId, candidate: CandidateHash) {
		self.backed.push(candidate);
	}
	fn validation_data(&self, _: ParaId, _: Hash, _: HeadHash) -> Option<SharedValidationData> {
		let data = PersistedValidationData {
			max_pov_size: self.max_pov_size.unwrap_or(MAX_POV_SIZE),
			..validation_data()
		};
		self.knows_heads.then(|| data.into())
	}
	fn validation_data_behind(
		&self,
		_: ParaId,
		_: Hash,
		parent_head: &Arc<HeadData>,
	) -> Option<SharedValidationData> {
		let data = PersistedValidationData {
			parent_head: (**parent_head).clone(),
			..validation_data()
		};
		Some(data.into())
	}
}

fn leaf_hash(number: u32) -> Hash {
	Hash::repeat_byte(u8::try_from(number).expect("small"))
}

/// A leaf with two cores for one para each, groups [0, 1, 2] and [3, 4, 5] that never rotate, and one ancestor.
fn leaf(number: u32, params: (u32, u32)) -> LeafFacts {
	let info = |number| RelayChainBlockInfo {
		hash: leaf_hash(number),
		number,
		storage_root: Hash::zero(),
	};
	let claim = |para| VecDeque::from([ParaId(para); 3]);
	LeafFacts {
		block: info(number),
		parent_hash: leaf_hash(number - 1),
		slot: number.into(),
		session_index: SESSION,
		session_ends_from_slot: 1000,
		params: AsyncBackingParams::new(params.0, params.1).expect("legal"),
		ancestors: if params.1 > 0 {
			vec![info(number - 1)]
		} else {
			vec![]
		},
		validators: (0..6).map(|validator| key(validator).public()).collect(),
		groups: vec![
			[0, 1, 2].map(ValidatorIndex).to_vec(),
			[3, 4, 5].map(ValidatorIndex).to_vec(),
		],
		rotation: GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 0,
			now: number + 1,
		},
		minimum_backing_votes: 2,
		disabled: vec![],
		cores: vec![],
		ancestor_claim_queues: Default::default(),
		claim_queue: [(CoreIndex(0), claim(2000)), (CoreIndex(1), claim(2001))].into(),
		paras: Default::default(),
		pending_relay_parents: Default::default(),
		codes_to_check: Vec::new(),
		node_features: Default::default(),
		grid: None,
		events: vec![],
	}
}

fn validation_data() -> PersistedValidationData {
	PersistedValidationData {
		parent_head: HeadData(vec![0]),
		max_pov_size: MAX_POV_SIZE,
		..Default::default()
	}
}

fn pov(name: u8) -> Arc<PoV> {
	Arc::new(PoV {
		block_data: BlockData(vec![name; 4]),
	})
}

fn commitments(name: u8) -> CandidateCommitments {
	CandidateCommitments {
		head_data: HeadData(vec![name]),
		..Default::default()
	}
}

/// What executing a candidate of this name gives.
fn outcome(name: u8) -> ValidationResult {
	ValidationResult {
		head_data: HeadData(vec![name]),
		..Default::default()
	}
}

fn root(pov: &PoV) -> Hash {
	let data = AvailableData {
		pov: pov.clone(),
		validation_data: validation_data(),
	};
	erasure_root_of(6, &data).expect("six validators")
}

fn fields(name: u8, relay_parent: Hash) -> DescriptorFields {
	DescriptorFields {
		para_id: PARA,
		relay_parent,
		core_index: 0,
		session_index: SESSION,
		persisted_validation_data_hash: validation_data().hash(),
		pov_hash: pov(name).hash(),
		erasure_root: root(&pov(name)),
		para_head: HeadData(vec![name]).hash(),
		validation_code_hash: Default::default(),
	}
}

fn candidate(fields: DescriptorFields, name: u8) -> Arc<SecondedCandidate> {
	let descriptor = CandidateDescriptor::v2(fields);
	let receipt = CommittedCandidateReceipt {
		descriptor,
		commitments: commitments(name),
	};
	seconded_candidate(receipt)
}

fn seconded_candidate(receipt: CommittedCandidateReceipt) -> Arc<SecondedCandidate> {
	Arc::new(SecondedCandidate {
		receipt: Arc::new(receipt),
		validation_data: Arc::new(validation_data()),
	})
}

fn named(name: u8, relay_parent: Hash) -> Arc<SecondedCandidate> {
	candidate(fields(name, relay_parent), name)
}

fn hash(name: u8, relay_parent: Hash) -> CandidateHash {
	named(name, relay_parent).receipt.hash()
}

fn collation(name: u8, relay_parent: Hash) -> Collation {
	let receipt = named(name, relay_parent).receipt.to_plain();
	Collation {
		receipt,
		pov: pov(name),
		parent_head: validation_data().parent_head.hash(),
		parent_head_data: None,
	}
}

fn sign(content: StatementContent, validator: u32, scheduling_parent: Hash) -> SignedStatement {
	let context = SigningContext {
		session_index: SESSION,
		parent_hash: scheduling_parent,
	};
	let signature = key(validator).sign(&content.to_compact().signing_payload(&context));
	SignedStatement {
		scheduling_parent,
		content,
		validator_index: ValidatorIndex(validator),
		signature,
	}
}

fn seconded(name: u8, validator: u32, relay_parent: Hash) -> SignedStatement {
	sign(
		StatementContent::Seconded(named(name, relay_parent)),
		validator,
		relay_parent,
	)
}

fn valid(name: u8, validator: u32, relay_parent: Hash) -> SignedStatement {
	sign(
		StatementContent::Valid(hash(name, relay_parent)),
		validator,
		relay_parent,
	)
}

/// Validator `own` at leaf 10 of asynchronous backing.
fn validator(own: u32, view: Script) -> Node {
	let mut node = Node::new(Some(own), view);
	node.activate(&leaf(10, (4, 3)));
	node
}

fn backable(name: u8, leaf: Hash) -> Seen {
	Seen::Effect(Effect::Backable {
		candidate: hash(name, leaf),
		para: PARA,
		scheduling_parent: leaf,
		output_head: HeadData(vec![name]).hash(),
	})
}

fn shared(seen: &[Seen]) -> &SignedStatement {
	match &seen[0] {
		Seen::Shared(statement) => statement,
		other => panic!("shared nothing, but {other:?}"),
	}
}

fn second(node: &mut Node, name: u8, relay_parent: Hash) -> Vec<Seen> {
	node.fetch(collation(name, relay_parent))
		.expect("may be seconded");
	node.validated(hash(name, relay_parent), Some(outcome(name)))
}
