//! Scenarios of one validator, with real signatures and a scripted view.

use super::*;
use crate::{
	Collation, DepthTaken, HypotheticalCandidate, Introduction, Keystore, Membership, Misbehaviour,
	OutputsMismatch, SignedStatement, StatementContent, TableError,
};
use async_backing_primitives::{
	AsyncBackingParams, BlockData, CandidateCommitments, CandidateDescriptor, CommittedCandidateReceipt,
	CompactStatement, CoreIndex, DescriptorFields, GroupRotationInfo, HeadData, HeadHash, PoV,
	RelayChainBlockInfo, SigningContext, ValidatorPair, ValidatorSignature,
};
use sp_core::Pair;
use std::collections::VecDeque;

const PARA: ParaId = ParaId(2000);
const SESSION: u32 = 3;

fn key(validator: u32) -> ValidatorPair {
	ValidatorPair::from_seed(&[u8::try_from(validator).expect("small"); 32])
}

struct Key(u32);

impl Keystore for Key {
	fn sign(&mut self, payload: &[u8]) -> ValidatorSignature {
		key(self.0).sign(payload)
	}
}

/// Answers with fixed depths, and keeps what it was told.
#[derive(Default)]
struct Script {
	depths: Membership,
	members: BTreeMap<CandidateHash, Membership>,
	refuses: bool,
	knows_heads: bool,
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
	fn membership(&self, _: ParaId, candidate: CandidateHash) -> Membership {
		self.members.get(&candidate).cloned().unwrap_or_default()
	}
	fn introduce(&mut self, _: CandidateHash, _: &SecondedCandidate) -> Introduction {
		if self.refuses {
			Introduction::Refused
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
	fn validation_data(&self, _: ParaId, _: Hash, _: HeadHash) -> Option<PersistedValidationData> {
		self.knows_heads.then(validation_data)
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
		claim_queue: [(CoreIndex(0), claim(2000)), (CoreIndex(1), claim(2001))].into(),
		paras: Default::default(),
		pending_relay_parents: Default::default(),
		events: vec![],
	}
}

fn validation_data() -> PersistedValidationData {
	PersistedValidationData {
		parent_head: HeadData(vec![0]),
		..Default::default()
	}
}

fn pov(name: u8) -> Arc<PoV> {
	Arc::new(PoV {
		block_data: BlockData(vec![name; 4]),
	})
}

fn outcome(name: u8) -> ValidationOutcome {
	let commitments = CandidateCommitments {
		head_data: HeadData(vec![name]),
		..Default::default()
	};
	ValidationOutcome {
		commitments,
		erasure_root: Hash::repeat_byte(name),
	}
}

fn fields(name: u8, relay_parent: Hash) -> DescriptorFields {
	DescriptorFields {
		para_id: PARA,
		relay_parent,
		core_index: 0,
		session_index: SESSION,
		persisted_validation_data_hash: validation_data().hash(),
		pov_hash: pov(name).hash(),
		erasure_root: Hash::repeat_byte(name),
		para_head: HeadData(vec![name]).hash(),
		validation_code_hash: Default::default(),
	}
}

fn candidate(fields: DescriptorFields, name: u8) -> Arc<SecondedCandidate> {
	let descriptor = CandidateDescriptor::v2(fields);
	let receipt = CommittedCandidateReceipt {
		descriptor,
		commitments: outcome(name).commitments,
	};
	Arc::new(SecondedCandidate {
		receipt,
		validation_data: validation_data(),
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
fn validator(own: u32) -> Backing {
	let mut backing = Backing::new();
	backing.activate_leaf(&leaf(10, (4, 3)), Some(ValidatorIndex(own)), &Script::default());
	backing
}

fn backable(name: u8, leaf: Hash) -> Output {
	let output_head = HeadData(vec![name]).hash();
	Output::Backable {
		candidate: hash(name, leaf),
		para: PARA,
		scheduling_parent: leaf,
		output_head,
	}
}

fn shared(outputs: &[Output]) -> &SignedStatement {
	match &outputs[0] {
		Output::Share(statement) => statement,
		other => panic!("shared nothing, but {other:?}"),
	}
}

#[test]
fn r_bak_7_from_a_collation_to_a_backable_candidate() {
	let leaf = leaf_hash(10);
	let (mut first, mut second, mut outsider) = (validator(0), validator(1), validator(3));
	let mut views = [(); 3].map(|()| Script::at(leaf, &[0]));

	// The first backer executes the collation and seconds it.
	let outputs = first
		.collation_fetched(collation(1, leaf), &views[0])
		.expect("may be seconded");
	let Output::Validate(job) = &outputs[0] else {
		panic!("{outputs:?}")
	};
	assert_eq!(
		(job.candidate, &*job.validation_data),
		(hash(1, leaf), &validation_data()),
		"R-COL-3"
	);
	let outputs = first.validated(job.candidate, Some(outcome(1)), &mut views[0], &mut Key(0));
	assert_eq!(outputs.len(), 1, "one vote of two");
	let statement = shared(&outputs).clone();
	assert_eq!(
		statement.content,
		StatementContent::Seconded(named(1, leaf)),
		"R-BAK-2"
	);
	assert_eq!(views[0].seconded, [hash(1, leaf)], "R-VIE-6");

	// The second one fetches the proof of validity from the first, executes and confirms.
	let fetch = Output::FetchPov {
		candidate: hash(1, leaf),
		pov_hash: pov(1).hash(),
		from: ValidatorIndex(0),
	};
	assert_eq!(
		second.statement_received(&statement, &mut views[1]),
		Ok(vec![fetch])
	);
	let outputs = second.pov_received(ValidatorIndex(0), hash(1, leaf), Some(pov(1)));
	assert!(matches!(outputs[0], Output::Validate(_)));
	let outputs = second.validated(hash(1, leaf), Some(outcome(1)), &mut views[1], &mut Key(1));
	let confirmed = shared(&outputs).clone();
	assert_eq!(confirmed.content, StatementContent::Valid(hash(1, leaf)));
	assert_eq!(
		outputs[1..],
		[backable(1, leaf)],
		"R-BAK-7: shared before it is announced"
	);

	// Others only count.
	assert_eq!(
		outsider.statement_received(&statement, &mut views[2]),
		Ok(vec![]),
		"not its group"
	);
	assert_eq!(
		outsider.statement_received(&confirmed, &mut views[2]),
		Ok(vec![backable(1, leaf)])
	);
	assert_eq!(
		first.statement_received(&confirmed, &mut views[0]),
		Ok(vec![backable(1, leaf)])
	);
	assert_eq!(views[2].backed, [hash(1, leaf)], "R-VIE-6");
	assert_eq!(
		outsider.statement_received(&valid(1, 2, leaf), &mut views[2]),
		Ok(vec![]),
		"R-BAK-7: once"
	);

	for backing in [&first, &second, &outsider] {
		let backed = backing.backed(hash(1, leaf), leaf).expect("it has its quorum");
		let context = SigningContext {
			session_index: SESSION,
			parent_hash: leaf,
		};
		let keys: Vec<_> = (0..6).map(|validator| key(validator).public()).collect();
		let group = [0, 1, 2].map(ValidatorIndex);
		let votes = async_backing_primitives::check_backing_votes(
			&backed,
			backed.hash(),
			&group,
			2,
			&context,
			|index| keys.get(index.as_usize()),
		);
		assert!(votes.is_ok(), "R-BAK-8: the chain accepts the votes: {votes:?}");
	}
}

#[test]
fn r_bak_2_outputs_must_match_the_receipt() {
	let leaf = leaf_hash(10);
	let other_head = ValidationOutcome {
		commitments: outcome(9).commitments,
		..outcome(1)
	};
	let mut other_commitments = outcome(1);
	other_commitments.commitments.hrmp_watermark = 5;
	let other_root = ValidationOutcome {
		erasure_root: Hash::zero(),
		..outcome(1)
	};
	let rows: [(
		&str,
		Option<ValidationOutcome>,
		fn(Option<OutputsMismatch>) -> bool,
	); 4] = [
		("fails", None, |mismatch| mismatch.is_none()),
		("head", Some(other_head), |mismatch| {
			matches!(mismatch, Some(OutputsMismatch::ParaHead { .. }))
		}),
		("commitments", Some(other_commitments), |mismatch| {
			matches!(mismatch, Some(OutputsMismatch::Commitments { .. }))
		}),
		("root", Some(other_root), |mismatch| {
			matches!(mismatch, Some(OutputsMismatch::ErasureRoot { .. }))
		}),
	];
	for (name, outcome, expected) in rows {
		let (mut backing, mut view) = (validator(0), Script::at(leaf, &[0]));
		backing
			.collation_fetched(collation(1, leaf), &view)
			.expect("may be seconded");
		let outputs = backing.validated(hash(1, leaf), outcome, &mut view, &mut Key(0));
		let [Output::Invalid { mismatch, .. }] = &outputs[..] else {
			panic!("{name}: {outputs:?}")
		};
		assert!(expected(*mismatch), "R-BAK-2: {name}: {mismatch:?}");
		let again = backing.collation_fetched(collation(1, leaf), &view);
		assert_eq!(
			again,
			Err(SecondingError::AlreadyKnown(hash(1, leaf))),
			"R-BAK-10: not executed again"
		);
	}
}

#[test]
fn r_bak_1_3_and_5_what_is_not_seconded() {
	let leaf = leaf_hash(10);
	let parent_head = validation_data().parent_head.hash();
	let of = |edit: fn(&mut DescriptorFields)| {
		let mut fields = fields(1, leaf_hash(10));
		edit(&mut fields);
		Collation {
			receipt: candidate(fields, 1).receipt.to_plain(),
			pov: pov(1),
			parent_head,
		}
	};
	let nowhere = || Script {
		knows_heads: true,
		..Script::default()
	};
	let (here, own) = (|| Script::at(leaf_hash(10), &[0]), CoreIndex(0));
	let named_core = |core| Some(CoreIndex(core));
	let rows = [
		(
			"relay parent",
			of(|f| f.relay_parent = Hash::zero()),
			here(),
			SecondingError::UnknownRelayParent(Hash::zero()),
		),
		(
			"R-BAK-1 core of another group",
			of(|f| f.core_index = 1),
			here(),
			SecondingError::NotAssigned {
				para: PARA,
				named: named_core(1),
				own,
			},
		),
		(
			"R-BAK-1 para without a claim",
			of(|f| f.para_id = ParaId(2001)),
			here(),
			SecondingError::NotAssigned {
				para: ParaId(2001),
				named: named_core(0),
				own,
			},
		),
		(
			"R-BAK-3 cycle",
			of(|f| f.para_head = HeadData(vec![0]).hash()),
			here(),
			SecondingError::ZeroLengthCycle(parent_head),
		),
		(
			"R-BAK-5 nowhere",
			collation(1, leaf),
			nowhere(),
			SecondingError::NoDepth,
		),
		(
			"R-BAK-3 inactive leaf",
			collation(1, leaf),
			Script::at(Hash::zero(), &[0]),
			SecondingError::NoDepth,
		),
		(
			"R-VIE-9 unknown parent",
			collation(1, leaf),
			Script {
				knows_heads: false,
				..here()
			},
			SecondingError::NoValidationData(parent_head),
		),
		(
			"R-BAK-2 validation data",
			of(|f| f.persisted_validation_data_hash = Hash::zero()),
			here(),
			SecondingError::ValidationDataMismatch {
				expected: Hash::zero(),
				got: validation_data().hash(),
			},
		),
		(
			"another proof of validity",
			Collation {
				pov: pov(2),
				..collation(1, leaf)
			},
			here(),
			SecondingError::PovMismatch {
				expected: pov(1).hash(),
				got: pov(2).hash(),
			},
		),
	];
	for (name, collation, view, expected) in rows {
		assert_eq!(
			validator(0).collation_fetched(collation, &view),
			Err(expected),
			"{name}"
		);
	}
	let descriptor = &named(1, leaf).receipt.descriptor;
	let nobody = Backing::new().can_second(hash(1, leaf), descriptor, parent_head, &here());
	assert_eq!(nobody, Err(SecondingError::UnknownRelayParent(leaf)));
	assert_eq!(
		validator(0).can_second(hash(1, leaf), descriptor, parent_head, &here()),
		Ok(()),
		"R-BAK-5"
	);
	let mut outsider = Backing::new();
	outsider.activate_leaf(&self::leaf(10, (4, 3)), None, &Script::default());
	let not_a_backer = Err(SecondingError::NotABacker(leaf));
	assert_eq!(
		outsider.can_second(hash(1, leaf), descriptor, parent_head, &here()),
		not_a_backer
	);
}

fn second(backing: &mut Backing, name: u8, relay_parent: Hash, view: &mut Script) -> Vec<Output> {
	backing
		.collation_fetched(collation(name, relay_parent), view)
		.expect("may be seconded");
	backing.validated(hash(name, relay_parent), Some(outcome(name)), view, &mut Key(0))
}

#[test]
fn r_bak_3_and_4_one_candidate_a_depth_and_leaf() {
	let (ten, eleven) = (leaf_hash(10), leaf_hash(11));
	let mut backing = validator(0);
	let mut view = Script::at(ten, &[0]);
	assert!(matches!(
		second(&mut backing, 1, ten, &mut view)[..],
		[Output::Share(_)]
	));
	let taken = |leaf, depth, name| {
		Err(SecondingError::DepthTaken(DepthTaken {
			leaf,
			depth,
			by: hash(name, leaf_hash(10)),
		}))
	};
	assert_eq!(
		backing.collation_fetched(collation(2, ten), &view),
		taken(ten, 0, 1),
		"R-BAK-3"
	);
	view.depths = vec![(ten, vec![1])];
	assert!(
		matches!(second(&mut backing, 2, ten, &mut view)[..], [Output::Share(_)]),
		"the next depth"
	);

	// At the next leaf both candidates stand somewhere else.
	view.members = [
		(hash(1, ten), vec![(eleven, vec![2])]),
		(hash(2, ten), vec![(eleven, vec![3])]),
	]
	.into();
	backing.activate_leaf(&leaf(11, (4, 3)), Some(ValidatorIndex(0)), &view);
	backing.deactivate_leaf(ten);
	for (depth, by) in [(2, 1), (3, 2)] {
		view.depths = vec![(eleven, vec![depth])];
		assert_eq!(
			backing.collation_fetched(collation(3, ten), &view),
			taken(eleven, depth, by),
			"R-BAK-4"
		);
	}
	view.depths = vec![(eleven, vec![0])];
	assert!(
		backing.collation_fetched(collation(3, ten), &view).is_ok(),
		"R-COL-6: the old relay parent still counts"
	);
}

#[test]
fn r_bak_3_a_place_lost_during_execution_is_noticed() {
	let ten = leaf_hash(10);
	let (mut backing, mut view) = (validator(0), Script::at(ten, &[0]));
	backing
		.collation_fetched(collation(1, ten), &view)
		.expect("may be seconded");
	view.depths.clear();
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)), &mut view, &mut Key(0));
	let error = SecondingError::NoDepth;
	assert_eq!(
		outputs,
		[Output::NotSeconded {
			candidate: hash(1, ten),
			error
		}],
		"R-BAK-5"
	);
	assert!(view.seconded.is_empty());
}

#[test]
fn r_abp_3_synchronous_backing_seconds_once_a_relay_parent() {
	let ten = leaf_hash(10);
	let mut backing = Backing::new();
	backing.activate_leaf(&leaf(10, (0, 0)), Some(ValidatorIndex(0)), &Script::default());
	let mut view = Script::at(ten, &[0]);
	second(&mut backing, 1, ten, &mut view);
	// Even if the view had room again.
	view.depths = vec![(ten, vec![7])];
	assert_eq!(
		backing.collation_fetched(collation(2, ten), &view),
		Err(SecondingError::LimitReached),
		"R-TAB-4"
	);
	let mut other = seconded(1, 1, ten);
	assert_eq!(
		backing.statement_received(&other, &mut view),
		Ok(vec![backable(1, ten)])
	);
	other = seconded(2, 1, ten);
	let outputs = backing
		.statement_received(&other, &mut view)
		.expect("misbehaviour is no error");
	let [Output::Misbehaviour {
		misbehaviour: Misbehaviour::MultipleCandidates { .. },
		..
	}] = outputs[..]
	else {
		panic!("R-TAB-4: {outputs:?}")
	};
}

#[test]
fn r_bak_10_another_backer_is_asked_after_a_failure() {
	let ten = leaf_hash(10);
	let (mut backing, mut view) = (validator(0), Script::at(ten, &[0]));
	let fetch = |from| Output::FetchPov {
		candidate: hash(1, ten),
		pov_hash: pov(1).hash(),
		from: ValidatorIndex(from),
	};
	assert_eq!(
		backing.statement_received(&seconded(1, 2, ten), &mut view),
		Ok(vec![fetch(2)])
	);
	assert_eq!(
		backing.statement_received(&valid(1, 1, ten), &mut view),
		Ok(vec![backable(1, ten)]),
		"one at a time"
	);
	assert_eq!(
		backing.pov_received(ValidatorIndex(1), hash(1, ten), Some(pov(1))),
		[],
		"it was not asked"
	);
	assert_eq!(
		backing.pov_received(ValidatorIndex(2), hash(1, ten), Some(pov(2))),
		[fetch(1)],
		"a wrong one"
	);
	assert_eq!(
		backing.pov_received(ValidatorIndex(1), hash(1, ten), None),
		[],
		"nobody is left"
	);
	// The collator brings it after all.
	let outputs = backing
		.collation_fetched(collation(1, ten), &view)
		.expect("still wanted");
	assert!(
		matches!(outputs[..], [Output::Validate(_)]),
		"R-BAK-10: {outputs:?}"
	);
	assert_eq!(
		backing.collation_fetched(collation(1, ten), &view),
		Err(SecondingError::AlreadyKnown(hash(1, ten)))
	);
}

#[test]
fn r_bak_10_one_execution_and_one_statement_a_candidate() {
	let ten = leaf_hash(10);
	let (mut backing, mut view) = (validator(0), Script::at(ten, &[0]));
	backing
		.collation_fetched(collation(1, ten), &view)
		.expect("may be seconded");
	assert_eq!(
		backing.statement_received(&seconded(1, 1, ten), &mut view),
		Ok(vec![]),
		"it executes already"
	);
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)), &mut view, &mut Key(0));
	assert_eq!(
		shared(&outputs).content,
		StatementContent::Valid(hash(1, ten)),
		"somebody was faster: it confirms"
	);
	assert_eq!(outputs[1..], [backable(1, ten)]);
	assert_eq!(
		backing.validated(hash(1, ten), Some(outcome(1)), &mut view, &mut Key(0)),
		[],
		"R-BAK-10"
	);
	assert_eq!(
		backing.statement_received(&seconded(1, 2, ten), &mut view),
		Ok(vec![]),
		"R-BAK-10: nothing to do"
	);
}

#[test]
fn r_stm_and_r_bak_6_statements_that_are_ignored() {
	let ten = leaf_hash(10);
	let elsewhere = Hash::repeat_byte(0xee);
	let signed_elsewhere = SignedStatement {
		scheduling_parent: ten,
		..seconded(1, 0, elsewhere)
	};
	let forged = SignedStatement {
		validator_index: ValidatorIndex(1),
		..seconded(1, 0, ten)
	};
	let wrong_session = candidate(
		DescriptorFields {
			session_index: 4,
			..fields(1, ten)
		},
		1,
	);
	let wrong_core = candidate(
		DescriptorFields {
			core_index: 1,
			..fields(1, ten)
		},
		1,
	);
	let statement = |candidate| sign(StatementContent::Seconded(candidate), 0, ten);
	let rows: [(&str, SignedStatement, fn(StatementError) -> bool); 8] = [
		("relay parent", seconded(1, 0, elsewhere), |e| {
			matches!(e, StatementError::UnknownRelayParent(_))
		}),
		(
			"validator",
			SignedStatement {
				validator_index: ValidatorIndex(6),
				..seconded(1, 0, ten)
			},
			|e| e == StatementError::UnknownValidator(ValidatorIndex(6)),
		),
		("disabled", seconded(1, 2, ten), |e| {
			e == StatementError::Disabled(ValidatorIndex(2))
		}),
		("R-STM-2 forged", forged, |e| {
			e == StatementError::BadSignature(ValidatorIndex(1))
		}),
		("R-STM-2 context", signed_elsewhere, |e| {
			matches!(e, StatementError::WrongSchedulingParent { .. })
		}),
		("R-BCK-2 session", statement(wrong_session), |e| {
			matches!(e, StatementError::Admission(crate::AdmissionError::Session(_)))
		}),
		("R-UMP-5 core", statement(wrong_core), |e| {
			matches!(e, StatementError::Admission(crate::AdmissionError::Core(_)))
		}),
		("R-TAB-5", valid(1, 1, ten), |e| {
			matches!(e, StatementError::NotCounted(TableError::UnknownCandidate(_)))
		}),
	];
	let mut backing = Backing::new();
	let facts = LeafFacts {
		disabled: vec![ValidatorIndex(2)],
		..leaf(10, (4, 3))
	};
	backing.activate_leaf(&facts, Some(ValidatorIndex(0)), &Script::default());
	let mut view = Script::at(ten, &[0]);
	for (name, statement, expected) in rows {
		let error = backing.statement_received(&statement, &mut view).expect_err(name);
		assert!(expected(error.clone()), "{name}: {error:?}");
	}
	view.refuses = true;
	let refused = backing.statement_received(&seconded(1, 1, ten), &mut view);
	assert_eq!(refused, Err(StatementError::NotInView(hash(1, ten))), "R-BAK-6");
	assert!(view.seconded.is_empty() && backing.candidate(hash(1, ten)).is_none());
	let stranger = backing
		.statement_received(&seconded(1, 3, ten), &mut view)
		.expect("misbehaviour is no error");
	assert!(
		matches!(
			stranger[..],
			[Output::Misbehaviour {
				misbehaviour: Misbehaviour::UnauthorizedStatement(_),
				..
			}]
		),
		"R-TAB-1"
	);
}

#[test]
fn r_bak_9_a_chain_ends_at_the_first_that_is_missing() {
	let ten = leaf_hash(10);
	let (mut backing, mut view) = (validator(3), Script::at(ten, &[0]));
	for (name, votes) in [(1, 2), (2, 1), (3, 2)] {
		backing
			.statement_received(&seconded(name, 0, ten), &mut view)
			.expect("counted");
		if votes == 2 {
			backing
				.statement_received(&valid(name, 1, ten), &mut view)
				.expect("counted");
		}
	}
	let ask = |names: &[u8]| -> Vec<_> { names.iter().map(|name| (PARA, hash(*name, ten), ten)).collect() };
	let heads = |names: &[u8]| -> Vec<_> {
		backing
			.get_backed(&ask(names))
			.iter()
			.map(|backed| backed.candidate.commitments.head_data.0[0])
			.collect()
	};
	assert_eq!(heads(&[1, 3]), [1, 3], "R-BAK-9");
	assert_eq!(heads(&[3, 1]), [3, 1], "R-BAK-9: the order asked for");
	assert_eq!(
		heads(&[1, 2, 3]),
		[1],
		"R-BAK-9: 2 lacks its quorum, 3 builds on it"
	);
	assert_eq!(heads(&[9, 1]), [0u8; 0], "R-BAK-9: unknown");
	assert_eq!(
		backing.backed(hash(1, ten), leaf_hash(9)),
		None,
		"another relay parent"
	);
}

#[test]
fn what_leaves_every_scope_is_forgotten() {
	let (nine, ten) = (leaf_hash(9), leaf_hash(10));
	let (mut backing, mut view) = (validator(3), Script::at(ten, &[0]));
	backing
		.statement_received(&seconded(1, 0, nine), &mut view)
		.expect("an ancestor in scope");
	backing
		.statement_received(&seconded(2, 0, ten), &mut view)
		.expect("counted");
	backing.activate_leaf(&leaf(11, (4, 3)), Some(ValidatorIndex(3)), &view);
	assert!(
		backing.candidate(hash(1, nine)).is_some(),
		"the old leaf still admits it"
	);
	backing.deactivate_leaf(ten);
	assert!(backing.candidate(hash(1, nine)).is_none());
	assert!(backing.candidate(hash(2, ten)).is_some(), "R-ABP-2");
	let late = backing.statement_received(&valid(1, 1, nine), &mut view);
	assert_eq!(late, Err(StatementError::UnknownRelayParent(nine)));
}

#[test]
fn r_grp_1_the_group_is_that_of_the_child() {
	// Groups rotate at 11: a candidate on relay parent 10 is the other group's already.
	let rotation = GroupRotationInfo {
		session_start_block: 1,
		group_rotation_frequency: 10,
		now: 11,
	};
	let facts = LeafFacts {
		rotation,
		..leaf(10, (4, 3))
	};
	let mut backing = Backing::new();
	backing.activate_leaf(&facts, Some(ValidatorIndex(3)), &Script::default());
	let mut view = Script::at(leaf_hash(10), &[0]);
	let at = |relay_parent, validator| seconded(1, validator, leaf_hash(relay_parent));
	for (relay_parent, member, stranger) in [(10, 4, 0), (9, 0, 4)] {
		let outputs = backing
			.statement_received(&at(relay_parent, stranger), &mut view)
			.expect("verified");
		assert!(
			matches!(outputs[..], [Output::Misbehaviour { .. }]),
			"R-TAB-1: {relay_parent}"
		);
		let outputs = backing
			.statement_received(&at(relay_parent, member), &mut view)
			.expect("verified");
		assert!(
			!matches!(outputs[..], [Output::Misbehaviour { .. }]),
			"R-GRP-1: {relay_parent}"
		);
	}
}

#[test]
fn r_stm_5_the_compact_form_keeps_the_signature() {
	let statement = seconded(1, 0, leaf_hash(10));
	let compact = statement.to_compact();
	assert_eq!(
		compact.statement,
		CompactStatement::Seconded(hash(1, leaf_hash(10)))
	);
	assert_eq!(compact.signature, statement.signature, "R-STM-5");
}
