use super::*;
use async_backing_primitives::{
	AsyncBackingParams, BlockData, CandidateDescriptor, DescriptorFields, GroupIndex, GroupRotationInfo,
	ParaId, PersistedValidationData, PoV, RelayChainBlockInfo, ScheduledCore,
};
use bitvec::{bitvec, order::Lsb0};

const OWN: ValidatorIndex = ValidatorIndex(0);

fn data(seed: u8) -> AvailableData {
	AvailableData {
		pov: PoV {
			block_data: BlockData(vec![seed; 500]),
		},
		validation_data: PersistedValidationData::default(),
	}
}

fn candidate(seed: u8) -> CandidateHash {
	CandidateHash(Hash::repeat_byte(seed))
}

fn occupied(seed: u8) -> CoreState {
	let erasure_root = encode(6, &data(seed)).expect("a code exists").root;
	CoreState::Occupied(OccupiedCore {
		next_up_on_available: None,
		occupied_since: 1,
		time_out_at: 10,
		next_up_on_time_out: None,
		availability: bitvec![u8, Lsb0; 0; 6],
		group_responsible: GroupIndex(1),
		candidate_hash: candidate(seed),
		candidate_descriptor: CandidateDescriptor::v2(DescriptorFields {
			erasure_root,
			..Default::default()
		}),
	})
}

fn leaf(number: u32, cores: Vec<CoreState>) -> LeafFacts {
	LeafFacts {
		block: RelayChainBlockInfo {
			hash: Hash::repeat_byte(number as u8),
			number,
			storage_root: Hash::zero(),
		},
		parent_hash: Hash::zero(),
		slot: number.into(),
		session_index: 1,
		session_ends_from_slot: 1000,
		params: AsyncBackingParams::default(),
		ancestors: Vec::new(),
		validators: (0..6)
			.map(|i| sp_core::sr25519::Public::from_raw([i; 32]).into())
			.collect(),
		groups: vec![
			[0, 1, 2].map(ValidatorIndex).to_vec(),
			[3, 4, 5].map(ValidatorIndex).to_vec(),
		],
		rotation: GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 10,
			now: number + 1,
		},
		minimum_backing_votes: 2,
		disabled: Vec::new(),
		cores,
		ancestor_claim_queues: Default::default(),
		claim_queue: Default::default(),
		paras: Default::default(),
		pending_relay_parents: Default::default(),
		events: Vec::new(),
	}
}

fn chunk(seed: u8, index: usize) -> ErasureChunk {
	encode(6, &data(seed))
		.expect("a code exists")
		.chunks
		.swap_remove(index)
}

fn fetch(seed: u8, from: u32) -> Output {
	Output::Fetch {
		candidate: candidate(seed),
		index: 0,
		from: ValidatorIndex(from),
	}
}

#[test]
fn r_avl_7_the_own_chunk_of_every_occupied_core_is_fetched_from_its_backers() {
	let mut availability = Availability::default();
	let cores = vec![occupied(1), CoreState::Free, occupied(2)];
	let leaf = leaf(5, cores);
	assert_eq!(
		availability.activate_leaf(&leaf, Some(OWN)),
		[fetch(1, 3), fetch(2, 3)],
		"R-AVL-7"
	);
	assert_eq!(
		availability.activate_leaf(&leaf, Some(OWN)),
		[],
		"one request a candidate"
	);

	let stored = Output::Stored {
		candidate: candidate(1),
	};
	assert_eq!(
		availability.chunk_received(ValidatorIndex(3), candidate(1), Some(chunk(1, 0))),
		[stored]
	);
	assert_eq!(
		availability.chunk_received(ValidatorIndex(3), candidate(1), None),
		[],
		"nobody waits any more"
	);
	assert_eq!(availability.activate_leaf(&leaf, Some(OWN)), [], "it is stored");
	assert_eq!(
		Availability::default().activate_leaf(&leaf, None),
		[],
		"no validator fetches nothing"
	);
}

#[test]
fn r_avl_7_the_next_backer_is_asked_after_a_failure() {
	let mut availability = Availability::default();
	let leaf = leaf(5, vec![occupied(1)]);
	availability.activate_leaf(&leaf, Some(OWN));
	assert_eq!(
		availability.chunk_received(ValidatorIndex(4), candidate(1), None),
		[],
		"it was not asked"
	);
	assert_eq!(
		availability.chunk_received(ValidatorIndex(3), candidate(1), None),
		[fetch(1, 4)]
	);
	let wrong_index = availability.chunk_received(ValidatorIndex(4), candidate(1), Some(chunk(1, 1)));
	let error = ChunkError::WrongIndex { expected: 0, got: 1 };
	let refused = Output::Refused {
		from: ValidatorIndex(4),
		candidate: candidate(1),
		error,
	};
	assert_eq!(wrong_index, [refused, fetch(1, 5)], "R-AVL-3");
	let foreign = availability.chunk_received(ValidatorIndex(5), candidate(1), Some(chunk(2, 0)));
	assert!(
		matches!(
			foreign[0],
			Output::Refused {
				error: ChunkError::InvalidProof { .. },
				..
			}
		),
		"R-AVL-4"
	);
	assert_eq!(
		foreign[1],
		Output::Unobtainable {
			candidate: candidate(1)
		}
	);
	assert_eq!(
		availability.activate_leaf(&leaf, Some(OWN)),
		[fetch(1, 3)],
		"the next leaf tries again"
	);
}

#[test]
fn r_avl_8_bits_tell_what_is_stored() {
	let mut availability = Availability::default();
	let scheduled = CoreState::Scheduled(ScheduledCore::from(ParaId(1)));
	let leaf = leaf(5, vec![occupied(1), scheduled, occupied(2), occupied(3)]);
	availability.activate_leaf(&leaf, Some(OWN));
	assert_eq!(
		availability.bitfield(&leaf, OWN).0,
		bitvec![u8, Lsb0; 0; 4],
		"R-AVL-8"
	);
	availability.chunk_received(ValidatorIndex(3), candidate(2), Some(chunk(2, 0)));
	assert_eq!(
		availability.bitfield(&leaf, OWN).0,
		bitvec![u8, Lsb0; 0, 0, 1, 0],
		"R-AVL-8"
	);
	availability
		.store_available_data(candidate(1), Arc::new(data(1)), 6)
		.expect("a code exists");
	assert_eq!(
		availability.bitfield(&leaf, OWN).0,
		bitvec![u8, Lsb0; 1, 0, 1, 0],
		"R-AVL-8: a backer has all chunks"
	);
}

#[test]
fn r_avl_6_the_mapping_moves_the_own_chunk() {
	let config = AvailabilityConfig {
		systematic_mapping: true,
		..Default::default()
	};
	let mut availability = Availability::new(config);
	let leaf = leaf(5, vec![CoreState::Free, occupied(2)]);
	let expected = Output::Fetch {
		candidate: candidate(2),
		index: 2,
		from: ValidatorIndex(3),
	};
	assert_eq!(
		availability.activate_leaf(&leaf, Some(OWN)),
		[expected],
		"R-AVL-6: core 1 moves by two"
	);
	availability.chunk_received(ValidatorIndex(3), candidate(2), Some(chunk(2, 2)));
	assert_eq!(
		availability.bitfield(&leaf, OWN).0,
		bitvec![u8, Lsb0; 0, 1],
		"R-AVL-8"
	);
}

#[test]
fn candidates_are_forgotten_after_the_retention() {
	let mut availability = Availability::new(AvailabilityConfig {
		retention: 2,
		..Default::default()
	});
	availability
		.store_available_data(candidate(1), Arc::new(data(1)), 6)
		.expect("a code exists");
	availability.activate_leaf(&leaf(1, vec![occupied(1)]), Some(OWN));
	availability.activate_leaf(&leaf(3, Vec::new()), Some(OWN));
	assert!(
		availability.store().data(candidate(1)).is_some(),
		"two blocks later it is still there"
	);
	availability.activate_leaf(&leaf(4, Vec::new()), Some(OWN));
	assert!(availability.store().is_empty());
}

#[test]
fn r_avl_7_requests_for_candidates_that_left_end() {
	let mut availability = Availability::default();
	availability.activate_leaf(&leaf(5, vec![occupied(1)]), Some(OWN));
	availability.activate_leaf(&leaf(6, vec![CoreState::Free]), Some(OWN));
	assert_eq!(
		availability.chunk_received(ValidatorIndex(3), candidate(1), Some(chunk(1, 0))),
		[]
	);
	assert!(availability.store().is_empty());
}
