//! The worked examples of PROTOCOL.md, section 9, and the rules around them.

mod cores;
mod disabled;
mod properties;

use crate::{
	provision, usable_cores, BackableSource, BitfieldError, Bitfields, Proposal, SharedBackedCandidate,
};
use async_backing_primitives::{
	AsyncBackingParams, AvailabilityBitfield, BackedCandidate, BackingBits, BackingState, BlockNumber,
	CandidateCommitments, CandidateDescriptor, CandidateHash, CandidatePendingAvailability,
	CommittedCandidateReceipt, Constraints, CoreIndex, CoreState, DescriptorFields, GroupIndex,
	GroupRotationInfo, Hash, HeadData, InboundHrmpLimitations, LeafFacts, OccupiedCore, ParaAtLeaf, ParaId,
	RelayChainBlockInfo, ScheduledCore, UncheckedSignedAvailabilityBitfield, ValidationCode, ValidatorIndex,
	ValidatorPair,
};
use bitvec::{bitvec, order::Lsb0, vec::BitVec};
use sp_core::Pair;
use std::{collections::BTreeMap, sync::Arc};

const SEVEN: ParaId = ParaId(7);
const NINE: ParaId = ParaId(9);

fn keys(count: u8) -> Vec<ValidatorPair> {
	(0..count)
		.map(|seed| ValidatorPair::from_seed(&[seed; 32]))
		.collect()
}

fn descriptor(para: ParaId, core: u16) -> CandidateDescriptor {
	CandidateDescriptor::v2(DescriptorFields {
		para_id: para,
		core_index: core,
		..Default::default()
	})
}

fn named(name: u8) -> CandidateHash {
	CandidateHash(Hash::repeat_byte(name))
}

/// A core whose candidate has this name and votes, and where the occupant's para comes next.
fn occupied(para: ParaId, name: u8, time_out_at: BlockNumber, votes: BitVec<u8, Lsb0>) -> CoreState {
	CoreState::Occupied(OccupiedCore {
		next_up_on_available: Some(para.into()),
		occupied_since: 1,
		time_out_at,
		next_up_on_time_out: Some(para.into()),
		availability: votes,
		group_responsible: GroupIndex(0),
		candidate_hash: named(name),
		candidate_descriptor: descriptor(para, 0),
	})
}

fn scheduled(para: ParaId) -> CoreState {
	CoreState::Scheduled(ScheduledCore::from(para))
}

fn at_leaf(pending: &[u8]) -> ParaAtLeaf {
	let constraints = Constraints {
		min_relay_parent_number: 0,
		max_pov_size: 1000,
		max_code_size: 1000,
		max_head_data_size: 1000,
		ump_remaining: 0,
		ump_remaining_bytes: 0,
		max_ump_num_per_candidate: 0,
		dmp_remaining_messages: Vec::new(),
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: Vec::new(),
		},
		hrmp_channels_out: Vec::new(),
		max_hrmp_num_per_candidate: 0,
		required_parent: HeadData::default(),
		validation_code_hash: Default::default(),
		upgrade_restriction: None,
		future_validation_code: None,
	};
	let pending = pending.iter().map(|name| CandidatePendingAvailability {
		candidate_hash: named(*name),
		descriptor: descriptor(SEVEN, 0),
		commitments: CandidateCommitments::default(),
		relay_parent_number: 1,
		max_pov_size: 1000,
	});
	let pending_availability = pending.collect();
	ParaAtLeaf {
		backing_state: BackingState {
			constraints,
			pending_availability,
		},
		extension: None,
	}
}

/// A leaf at number 10 with these validators, cores and paras.
fn leaf(validators: u8, cores: Vec<CoreState>, paras: Vec<(ParaId, ParaAtLeaf)>) -> LeafFacts {
	LeafFacts {
		block: RelayChainBlockInfo {
			hash: Hash::repeat_byte(0xaa),
			number: 10,
			storage_root: Hash::zero(),
		},
		parent_hash: Hash::zero(),
		slot: 10,
		session_index: 1,
		session_ends_from_slot: 50,
		params: AsyncBackingParams {
			max_candidate_depth: 4,
			allowed_ancestry_len: 3,
		},
		ancestors: Vec::new(),
		validators: keys(validators).iter().map(Pair::public).collect(),
		groups: Vec::new(),
		rotation: GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 10,
			now: 11,
		},
		minimum_backing_votes: 2,
		disabled: Vec::new(),
		cores,
		ancestor_claim_queues: Default::default(),
		claim_queue: Default::default(),
		paras: paras.into_iter().collect(),
		pending_relay_parents: Default::default(),
		codes_to_check: Vec::new(),
		node_features: Default::default(),
		grid: None,
		events: Vec::new(),
	}
}

fn bitfield(leaf: &LeafFacts, validator: u8, bits: BitVec<u8, Lsb0>) -> UncheckedSignedAvailabilityBitfield {
	let payload = AvailabilityBitfield(bits);
	let signing_payload = payload.signing_payload(&leaf.signing_context(leaf.block.hash));
	let signature = keys(validator + 1)[usize::from(validator)].sign(&signing_payload);
	UncheckedSignedAvailabilityBitfield {
		payload,
		validator_index: ValidatorIndex(validator.into()),
		signature,
	}
}

/// A source that answers from a list of candidates by para, and keeps what it was asked.
#[derive(Default)]
struct Source {
	/// Candidates in order: core, and whether they announce code. The hash is the index among all.
	backable: BTreeMap<ParaId, Vec<(u16, bool)>>,
	/// Names of candidates that lack their votes.
	unbacked: Vec<CandidateHash>,
	asked: Vec<(ParaId, Vec<CandidateHash>, usize)>,
}

impl Source {
	fn new(backable: &[(ParaId, &[u16])]) -> Self {
		let backable = backable
			.iter()
			.map(|(para, cores)| (*para, cores.iter().map(|core| (*core, false)).collect()))
			.collect();
		Self {
			backable,
			..Default::default()
		}
	}
}

fn offered(para: ParaId, position: usize) -> CandidateHash {
	named(u8::try_from(para.0 as usize * 10 + position).expect("small"))
}

impl BackableSource for Source {
	fn backable(&mut self, para: ParaId, path: &[CandidateHash], count: usize) -> Vec<(CandidateHash, Hash)> {
		self.asked.push((para, path.to_vec(), count));
		let known = self.backable.get(&para).map_or(0, Vec::len);
		(0..known.min(count))
			.map(|position| (offered(para, position), Hash::zero()))
			.collect()
	}

	fn backed(&mut self, _: Hash, candidate: CandidateHash) -> Option<SharedBackedCandidate> {
		if self.unbacked.contains(&candidate) {
			return None;
		}
		let (para, core, upgrade) = self.backable.iter().find_map(|(para, cores)| {
			let position = (0..cores.len()).find(|position| offered(*para, *position) == candidate)?;
			cores
				.get(position)
				.map(|(core, upgrade)| (*para, *core, *upgrade))
		})?;
		let commitments = CandidateCommitments {
			new_validation_code: upgrade.then(|| ValidationCode(vec![0; 9])),
			..Default::default()
		};
		let candidate = CommittedCandidateReceipt {
			descriptor: descriptor(para, core),
			commitments,
		};
		let backed = BackedCandidate::new(candidate, Vec::new(), BackingBits::new(), CoreIndex(core.into()));
		backed.ok().map(Into::into)
	}
}

fn placed(proposal: &Proposal) -> Vec<(u32, u32)> {
	let placed = proposal.backed_candidates.iter().map(|backed| {
		let descriptor = &backed.candidate.descriptor;
		(
			descriptor.para_id().0,
			descriptor.core_index().expect("version 2").0,
		)
	});
	placed.collect()
}

/// R-PRV-11: P1 on core 0 and P2 on core 1 of four validators, P3 on core 2 without votes.
fn three_pending(second_is_available: bool) -> LeafFacts {
	let second = if second_is_available {
		bitvec![u8, Lsb0; 1, 1, 1, 0]
	} else {
		bitvec![u8, Lsb0; 1, 1, 0, 0]
	};
	let cores = vec![
		occupied(SEVEN, 1, 20, bitvec![u8, Lsb0; 1; 4]),
		occupied(SEVEN, 2, 20, second),
		occupied(SEVEN, 3, 20, bitvec![u8, Lsb0; 0; 4]),
	];
	leaf(4, cores, vec![(SEVEN, at_leaf(&[1, 2, 3]))])
}

#[test]
fn r_prv_11_two_cores_open_below_three_pending() {
	let mut source = Source::new(&[(SEVEN, &[0, 1])]);
	let proposal = provision(&three_pending(true), 11, Vec::new(), &mut source);
	assert_eq!(
		source.asked,
		[(SEVEN, vec![named(1), named(2), named(3)], 2)],
		"R-PRV-11"
	);
	assert_eq!(placed(&proposal), [(7, 0), (7, 1)], "R-PRV-11: X on 0, Y on 1");

	let mut source = Source::new(&[(SEVEN, &[0, 1])]);
	let proposal = provision(&three_pending(false), 11, Vec::new(), &mut source);
	assert_eq!(
		source.asked,
		[(SEVEN, vec![named(1), named(2), named(3)], 1)],
		"R-PRV-11: P2 lacks votes"
	);
	assert_eq!(placed(&proposal), [(7, 0)]);
}

#[test]
fn r_prv_8_the_threshold_is_a_supermajority() {
	for (votes, path, count) in [(4, 0, 0), (5, 1, 1)] {
		let mut bits = bitvec![u8, Lsb0; 0; 6];
		bits[..votes].fill(true);
		let leaf = leaf(
			6,
			vec![occupied(SEVEN, 1, 20, bits)],
			vec![(SEVEN, at_leaf(&[1]))],
		);
		let cores = usable_cores(&leaf, &[]);
		let usable = cores
			.get(&SEVEN)
			.map_or((0, 0), |cores| (cores.required_path.len(), cores.usable.len()));
		assert_eq!(usable, (path, count), "R-PRV-8: {votes} of 6 votes");
	}
}

#[test]
fn r_prv_4_chosen_bitfields_count_once_with_stored_votes() {
	let leaf = leaf(
		4,
		vec![occupied(SEVEN, 1, 20, bitvec![u8, Lsb0; 1, 1, 0, 0])],
		vec![(SEVEN, at_leaf(&[1]))],
	);
	let again = [
		bitfield(&leaf, 0, bitvec![u8, Lsb0; 1]),
		bitfield(&leaf, 1, bitvec![u8, Lsb0; 1]),
	]
	.map(Arc::new);
	assert!(
		usable_cores(&leaf, &again).is_empty(),
		"R-PRV-4: the same two validators"
	);
	let third = [bitfield(&leaf, 2, bitvec![u8, Lsb0; 1])].map(Arc::new);
	assert_eq!(usable_cores(&leaf, &third)[&SEVEN].will_enact, 1, "R-PRV-4");
	let empty = [bitfield(&leaf, 2, bitvec![u8, Lsb0; 0])].map(Arc::new);
	assert!(usable_cores(&leaf, &empty).is_empty());
}

#[test]
fn r_prv_12_two_scheduled_cores_are_one_query() {
	let leaf = leaf(
		4,
		vec![scheduled(SEVEN), scheduled(SEVEN)],
		vec![(SEVEN, at_leaf(&[]))],
	);
	let mut source = Source::new(&[(SEVEN, &[1, 0])]);
	let proposal = provision(&leaf, 11, Vec::new(), &mut source);
	assert_eq!(source.asked, [(SEVEN, vec![], 2)], "R-PRV-12");
	assert_eq!(
		placed(&proposal),
		[(7, 1), (7, 0)],
		"R-PRV-5: in chain order, each on the core that it names"
	);
}

#[test]
fn r_prv_1_and_3_a_time_out_frees_the_core_for_the_included_head() {
	let votes = bitvec![u8, Lsb0; 0; 4];
	for (time_out_at, path, usable) in [(11, vec![], 2), (12, vec![named(1), named(2)], 0)] {
		let cores = vec![
			occupied(SEVEN, 1, time_out_at, votes.clone()),
			occupied(SEVEN, 2, 30, votes.clone()),
		];
		let leaf = leaf(4, cores, vec![(SEVEN, at_leaf(&[1, 2]))]);
		let found = usable_cores(&leaf, &[]);
		let found = found
			.get(&SEVEN)
			.map(|cores| (cores.required_path.clone(), cores.usable.len()));
		assert_eq!(
			found,
			(usable > 0).then_some((path, usable)),
			"R-PRV-1, R-PRV-3, R-TMO-5: {time_out_at}"
		);
	}
}

#[test]
fn r_prv_4_a_freed_core_may_go_to_another_para() {
	let CoreState::Occupied(mut core) = occupied(SEVEN, 1, 20, bitvec![u8, Lsb0; 1; 4]) else {
		unreachable!()
	};
	core.next_up_on_available = Some(NINE.into());
	let paras = vec![(SEVEN, at_leaf(&[1])), (NINE, at_leaf(&[]))];
	let leaf = leaf(4, vec![CoreState::Occupied(core), CoreState::Free], paras);
	let cores = usable_cores(&leaf, &[]);
	assert_eq!(cores.keys().collect::<Vec<_>>(), [&NINE], "R-PRV-4");
	assert_eq!(cores[&NINE].required_path, []);
}

#[test]
fn r_def_25_r_prv_5_cores_are_told_apart_and_the_chain_ends_at_the_first_that_cannot_be_placed() {
	let cores = || {
		vec![
			scheduled(SEVEN),
			scheduled(SEVEN),
			scheduled(SEVEN),
			scheduled(NINE),
		]
	};
	let leaf = leaf(4, cores(), vec![(SEVEN, at_leaf(&[])), (NINE, at_leaf(&[]))]);
	type Row = (&'static str, &'static [u16], &'static [(u32, u32)]);
	let rows: [Row; 4] = [
		("a core of another para", &[0, 3, 1], &[(7, 0), (9, 3)]),
		("a core that is taken", &[0, 0, 1], &[(7, 0), (9, 3)]),
		("a core that does not exist", &[9], &[(9, 3)]),
		("all fit", &[2, 0, 1], &[(7, 2), (7, 0), (7, 1), (9, 3)]),
	];
	for (name, seven, expected) in rows {
		let mut source = Source::new(&[(NINE, &[3]), (SEVEN, seven)]);
		assert_eq!(
			placed(&provision(&leaf, 11, Vec::new(), &mut source)),
			expected,
			"R-PRV-5: {name}"
		);
	}
	let mut source = Source::new(&[(SEVEN, &[0, 1, 2])]);
	source.unbacked.push(offered(SEVEN, 1));
	assert_eq!(
		placed(&provision(&leaf, 11, Vec::new(), &mut source)),
		[(7, 0)],
		"R-BAK-9"
	);
}

#[test]
fn r_prv_6_depth_ends_the_chain() {
	for (depth, expected) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2)] {
		// Two candidates stay pending on their cores, two cores are open.
		let votes = bitvec![u8, Lsb0; 0; 4];
		let mut leaf = leaf(
			4,
			vec![
				occupied(SEVEN, 1, 20, votes.clone()),
				occupied(SEVEN, 2, 20, votes),
				scheduled(SEVEN),
				scheduled(SEVEN),
			],
			vec![(SEVEN, at_leaf(&[1, 2]))],
		);
		leaf.params.max_candidate_depth = depth;
		let mut source = Source::new(&[(SEVEN, &[2, 3])]);
		let proposal = provision(&leaf, 11, Vec::new(), &mut source);
		assert_eq!(proposal.backed_candidates.len(), expected, "R-PRV-6: D = {depth}");
	}
}

#[test]
fn r_prv_9_one_code_upgrade_a_block() {
	let cores = vec![scheduled(SEVEN), scheduled(NINE), scheduled(NINE)];
	let leaf = leaf(4, cores, vec![(SEVEN, at_leaf(&[])), (NINE, at_leaf(&[]))]);
	let mut source = Source::new(&[]);
	source.backable.insert(SEVEN, vec![(0, true)]);
	source.backable.insert(NINE, vec![(1, true), (2, false)]);
	let proposal = provision(&leaf, 11, Vec::new(), &mut source);
	assert_eq!(
		placed(&proposal),
		[(7, 0)],
		"R-PRV-9: the second one goes, and what builds on it"
	);
}

#[test]
fn r_prv_13_a_block_that_ends_the_session_carries_no_candidates() {
	let leaf = leaf(
		4,
		vec![scheduled(SEVEN), occupied(NINE, 1, 20, bitvec![u8, Lsb0; 0; 4])],
		vec![(SEVEN, at_leaf(&[])), (NINE, at_leaf(&[1]))],
	);
	let bitfields = vec![Arc::new(bitfield(&leaf, 1, bitvec![u8, Lsb0; 0, 1]))];
	for (slot, candidates) in [(49, 1), (50, 0), (51, 0)] {
		let mut source = Source::new(&[(SEVEN, &[0])]);
		let proposal = provision(&leaf, slot, bitfields.clone(), &mut source);
		assert_eq!(
			proposal.backed_candidates.len(),
			candidates,
			"R-PRV-13: slot {slot}"
		);
		assert_eq!(
			proposal.bitfields, bitfields,
			"R-PRV-13: bitfields go in all the same"
		);
	}
}

#[test]
fn r_prv_7_the_best_bitfield_of_each_validator() {
	let votes = bitvec![u8, Lsb0; 0; 4];
	let cores = vec![
		occupied(SEVEN, 1, 20, votes.clone()),
		CoreState::Free,
		occupied(SEVEN, 2, 20, votes),
	];
	let leaf = leaf(4, cores, vec![(SEVEN, at_leaf(&[1, 2]))]);
	let mut bitfields = Bitfields::new(&leaf);
	assert_eq!(bitfields.leaf(), leaf.block.hash);
	let of = |validator, bits| bitfield(&leaf, validator, bits);
	let forged = UncheckedSignedAvailabilityBitfield {
		validator_index: ValidatorIndex(1),
		..of(0, bitvec![u8, Lsb0; 1, 0, 1])
	};
	let rows = [
		("first", of(3, bitvec![u8, Lsb0; 1, 0, 0]), Ok(true)),
		("equally good", of(3, bitvec![u8, Lsb0; 0, 0, 1]), Ok(false)),
		("better", of(3, bitvec![u8, Lsb0; 1, 0, 1]), Ok(true)),
		("none set", of(0, bitvec![u8, Lsb0; 0, 0, 0]), Ok(true)),
		(
			"short",
			of(2, bitvec![u8, Lsb0; 0, 0]),
			Err(BitfieldError::WrongLength { expected: 3, got: 2 }),
		),
		(
			"not occupied",
			of(2, bitvec![u8, Lsb0; 1, 1, 1]),
			Err(BitfieldError::NotOccupied(CoreIndex(1))),
		),
		(
			"unknown",
			of(4, bitvec![u8, Lsb0; 1, 0, 1]),
			Err(BitfieldError::UnknownValidator {
				index: ValidatorIndex(4),
				validators: 4,
			}),
		),
		(
			"forged",
			forged,
			Err(BitfieldError::BadSignature(ValidatorIndex(1))),
		),
	];
	for (name, bitfield, expected) in rows {
		assert_eq!(bitfields.insert(bitfield), expected, "R-PRV-7: {name}");
	}
	let chosen: Vec<_> = bitfields
		.chosen()
		.iter()
		.map(|signed| (signed.validator_index.0, signed.payload.0.count_ones()))
		.collect();
	assert_eq!(chosen, [(0, 0), (3, 2)], "R-PRV-7: ascending by validator");
}
