//! Decoding what a peer sent: never panics, never takes more memory than the bytes justify, and is the inverse of
//! encoding.

use async_backing_primitives::*;
use codec::{Decode, DecodeWithMemLimit, DecodeWithMemTracking, Encode};
use core::fmt::Debug;
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};

/// Memory that decoding may ask for: the densest list holds a 24-byte vector for each encoded byte, and each list in
/// progress allocates a chunk ahead.
fn justified(encoded: usize) -> usize {
	encoded * 32 + 64 * 1024
}

/// Decodes, and checks that memory is bounded and that what was decoded encodes and decodes to itself.
fn decodes_soundly<T>(bytes: &[u8])
where
	T: Encode + Decode + DecodeWithMemTracking + PartialEq + Debug,
{
	let plain = T::decode(&mut &bytes[..]);
	let bounded = T::decode_with_mem_limit(&mut &bytes[..], justified(bytes.len()));
	assert_eq!(plain.is_ok(), bounded.is_ok(), "R-PRE-2: memory within bounds");
	if let Ok(value) = plain {
		let encoded = value.encode();
		assert_eq!(
			T::decode(&mut &encoded[..]).as_ref(),
			Ok(&value),
			"section 14: decoding inverts encoding"
		);
		assert_eq!(value.encoded_size(), encoded.len(), "section 14");
	}
}

fn every_type_decodes_soundly(bytes: &[u8]) {
	macro_rules! each {
		($($type:ty),* $(,)?) => { $( decodes_soundly::<$type>(bytes); )* };
	}
	each!(
		AsyncBackingParams,
		HostConfiguration,
		Constraints,
		ConstraintsExtension,
		ExtendedConstraints,
		CandidatePendingAvailability,
		BackingState,
		CandidateCommitments,
		PersistedValidationData,
		CoreState,
		GroupRotationInfo,
		AvailabilityBitfield,
		UncheckedSignedAvailabilityBitfield,
		SigningContext,
		CandidateDescriptor,
		CandidateReceipt,
		CommittedCandidateReceipt,
		CompactStatement,
		SignedCompactStatement,
		Statement,
		ValidityAttestation,
		BackedCandidate,
		ParachainsInherentData,
		DisputeStatementSet,
		DisputeStatement,
		DisputeState,
		ScrapedOnChainVotes,
		PendingSlashes,
		LegacyPendingSlashes,
		DisputeProof,
		OpaqueKeyOwnershipProof,
		StatementFilter,
		BackedCandidateManifest,
		BackedCandidateAcknowledgement,
		StatementDistributionMessage,
		SessionInfo,
		ExecutorParams,
		ApprovalVotingParams,
		NodeFeatures,
		PvfCheckStatement,
		RelayParentInfo,
		CandidateEvent,
		OccupiedCoreAssumption,
		UmpSignal,
		UpgradeGoAhead,
		UpgradeRestriction,
		AvailableData,
		ValidationParams,
		ValidationResult,
		AllowedRelayParents,
		InboundDownwardMessage,
		InboundHrmpMessage,
		RelayChainBlockInfo,
		ClaimQueue,
		Vec<Vec<ValidatorIndex>>,
		BTreeMap<ParaId, Vec<InboundHrmpMessage>>,
	);
	// The rules on raw bytes of a peer.
	let message = bytes.to_vec();
	let _ = parse_signals(&[vec![], message.clone(), message]);
}

/// A valid encoding of everything that has an inner structure, one after the other.
fn samples() -> Vec<Vec<u8>> {
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: ParaId(1000),
		core_index: 2,
		..Default::default()
	});
	let commitments = CandidateCommitments {
		upward_messages: vec![vec![1, 2], vec![], vec![0, 1, 0]],
		horizontal_messages: vec![OutboundHrmpMessage {
			recipient: ParaId(2000),
			data: vec![9; 3],
		}],
		new_validation_code: Some(ValidationCode(vec![7; 9])),
		head_data: HeadData(vec![5; 4]),
		processed_downward_messages: 1,
		hrmp_watermark: 3,
	};
	let candidate = CommittedCandidateReceipt {
		descriptor: descriptor.clone(),
		commitments: commitments.clone(),
	};
	let vote = ValidityAttestation::Explicit(crypto_signature());
	let backed = BackedCandidate::new(candidate.clone(), vec![vote], bits(&[true, false]), CoreIndex(2))
		.expect("core 2 fits");
	let bitfield = UncheckedSigned {
		payload: AvailabilityBitfield(bits(&[true, false, true])),
		validator_index: ValidatorIndex(1),
		signature: crypto_signature(),
	};
	let constraints = Constraints {
		min_relay_parent_number: 1,
		max_pov_size: 2,
		max_code_size: 3,
		max_head_data_size: 4,
		ump_remaining: 5,
		ump_remaining_bytes: 6,
		max_ump_num_per_candidate: 7,
		dmp_remaining_messages: vec![8, 9],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![10],
		},
		hrmp_channels_out: vec![(ParaId(2000), OutboundHrmpChannelLimitations::default())],
		max_hrmp_num_per_candidate: 13,
		required_parent: HeadData(vec![0xaa]),
		validation_code_hash: ValidationCodeHash::default(),
		upgrade_restriction: Some(UpgradeRestriction::Present),
		future_validation_code: Some((14, ValidationCodeHash::default())),
	};
	let pending = CandidatePendingAvailability {
		candidate_hash: candidate.hash(),
		descriptor: descriptor.clone(),
		commitments,
		relay_parent_number: 3,
		max_pov_size: 4,
	};
	let occupied = CoreState::Occupied(OccupiedCore {
		next_up_on_available: Some(ParaId(1).into()),
		occupied_since: 1,
		time_out_at: 2,
		next_up_on_time_out: None,
		availability: bits(&[true; 9]),
		group_responsible: GroupIndex(1),
		candidate_hash: candidate.hash(),
		candidate_descriptor: descriptor,
	});
	let dispute = DisputeStatementSet {
		candidate_hash: candidate.hash(),
		session: 3,
		statements: vec![(
			DisputeStatement::Valid(ValidDisputeStatementKind::BackingValid(Hash::zero())),
			ValidatorIndex(1),
			crypto_signature(),
		)],
	};
	let inherent = ParachainsInherentData {
		bitfields: vec![bitfield.clone()],
		backed_candidates: vec![backed.clone()],
		disputes: vec![dispute],
		parent_header: Header {
			parent_hash: Hash::zero(),
			number: 1,
			state_root: Hash::zero(),
			extrinsics_root: Hash::zero(),
			digest: Default::default(),
		},
	};
	let state = BackingState {
		constraints,
		pending_availability: vec![pending],
	};
	let queue = ClaimQueue::from([(CoreIndex(1), VecDeque::from([ParaId(1), ParaId(2)]))]);
	vec![
		Statement::Seconded(candidate.clone()).encode(),
		backed.encode(),
		bitfield.encode(),
		inherent.encode(),
		state.encode(),
		occupied.encode(),
		queue.encode(),
		host_configuration().encode(),
	]
	.into_iter()
	.chain(api_samples(&candidate))
	.collect()
}

/// As [`samples`]: what validators send each other and the later versions of the runtime API return.
fn api_samples(candidate: &CommittedCandidateReceipt) -> [Vec<u8>; 5] {
	let knowledge = StatementFilter {
		seconded_in_group: bits(&[true, false, false]),
		validated_in_group: bits(&[false, true, true]),
	};
	let manifest = BackedCandidateManifest {
		scheduling_parent: Hash::zero(),
		candidate_hash: candidate.hash(),
		group_index: GroupIndex(1),
		para_id: ParaId(1000),
		parent_head_data_hash: HeadData(vec![1]).hash(),
		statement_knowledge: knowledge,
	};
	let votes = ScrapedOnChainVotes {
		session: 3,
		backing_validators_per_candidate: vec![(
			candidate.to_plain(),
			vec![(
				ValidatorIndex(1),
				ValidityAttestation::Implicit(crypto_signature()),
			)],
		)],
		disputes: vec![],
	};
	let dispute = DisputeState {
		validators_for: bits(&[true; 9]),
		validators_against: bits(&[false; 9]),
		start: 5,
		concluded_at: Some(6),
	};
	let session = SessionInfo {
		active_validator_indices: vec![ValidatorIndex(2), ValidatorIndex(0)],
		validator_groups: vec![vec![ValidatorIndex(0)], vec![], vec![ValidatorIndex(1)]],
		n_cores: 3,
		..Default::default()
	};
	let limits = executor_params();
	[
		StatementDistributionMessage::BackedCandidateManifest(manifest).encode(),
		votes.encode(),
		dispute.encode(),
		session.encode(),
		limits.encode(),
	]
}

fn executor_params() -> ExecutorParams {
	let entries = vec![
		ExecutorParam::MaxMemoryPages(4096),
		ExecutorParam::PvfExecTimeout(PvfExecKind::Backing, 2000),
		ExecutorParam::WasmExtBulkMemory,
	];
	entries.try_into().expect("few enough")
}

/// A configuration with something of everything that has no fixed size.
fn host_configuration() -> HostConfiguration {
	let mut config = HostConfiguration {
		executor_params: executor_params(),
		max_validators: Some(7),
		..Default::default()
	};
	config.node_features.set(9, true);
	config
}

fn bits(bits: &[bool]) -> BackingBits {
	bits.iter().collect()
}

fn crypto_signature() -> ValidatorSignature {
	Decode::decode(&mut &[7; 64][..]).expect("any 64 bytes are a signature")
}

#[test]
fn section_14_samples_decode_to_themselves() {
	for sample in samples() {
		every_type_decodes_soundly(&sample);
	}
	let inherent = &samples()[3];
	let decoded = ParachainsInherentData::decode(&mut &inherent[..]).expect("R-BIN-17: own encoding");
	assert_eq!(&decoded.encode(), inherent, "R-BIN-17");
}

#[test]
fn a_length_that_the_bytes_do_not_justify_allocates_nothing() {
	// Compact 2^30 - 1, then nothing: as much as four bytes can promise.
	let promise = [0xfe, 0xff, 0xff, 0xff];
	let limit = 64 * 1024;
	assert!(Vec::<BackedCandidate>::decode_with_mem_limit(&mut &promise[..], limit).is_err());
	assert!(AvailabilityBitfield::decode_with_mem_limit(&mut &promise[..], limit).is_err());
	assert!(CandidateCommitments::decode_with_mem_limit(&mut &promise[..], limit).is_err());
	assert!(HeadData::decode_with_mem_limit(&mut &promise[..], limit).is_err());
	every_type_decodes_soundly(&promise);
}

#[test]
fn the_densest_list_stays_within_what_its_bytes_justify() {
	let dense = CandidateCommitments {
		upward_messages: vec![vec![]; 16_000],
		..Default::default()
	}
	.encode();
	let decode = |limit| CandidateCommitments::decode_with_mem_limit(&mut &dense[..], limit);
	assert!(decode(justified(dense.len())).is_ok(), "R-BIN-5");
	assert!(decode(16_000).is_err(), "the memory of messages is counted");
}

proptest! {
	#[test]
	fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
		every_type_decodes_soundly(&bytes);
	}

	#[test]
	fn damaged_encodings_never_panic(
		which in 0usize..13, cut in any::<prop::sample::Index>(),
		damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
	) {
		let mut bytes = samples().swap_remove(which);
		for (at, value) in damage {
			let at = at.index(bytes.len());
			bytes[at] = value;
		}
		every_type_decodes_soundly(&bytes);
		bytes.truncate(cut.index(bytes.len()));
		every_type_decodes_soundly(&bytes);
	}
}
