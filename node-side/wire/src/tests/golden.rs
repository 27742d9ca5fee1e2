//! The golden vectors of the rule book, R-NET-160 to R-NET-189: bytes from a table, values from their description.
//!
//! The table was computed by an encoder that is not ours.

use crate::*;
use alloc::{sync::Arc, vec, vec::Vec};
use async_backing_primitives::*;
use codec::Decode;
use core::fmt::Debug;

/// Rule, hex, and what it is, one vector a line.
const VECTORS: &str = include_str!("golden.txt");

fn vector(rule: &str) -> Vec<u8> {
	let hex = VECTORS
		.lines()
		.find_map(|line| line.strip_prefix(rule)?.split_whitespace().next())
		.expect("every vector is in the table");
	(0..hex.len())
		.step_by(2)
		.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
		.collect()
}

fn h(byte: u8) -> Hash {
	Hash::repeat_byte(byte)
}

const PARA: ParaId = ParaId(2000);
const VALIDATOR: ValidatorIndex = ValidatorIndex(5);
const CANDIDATE: CandidateHash = CandidateHash(Hash::repeat_byte(2));
const PARENT_HEAD: HeadHash = HeadHash(Hash::repeat_byte(3));
const OUTPUT_HEAD: HeadHash = HeadHash(Hash::repeat_byte(5));

fn signature() -> ValidatorSignature {
	Decode::decode(&mut &[0x77; 64][..]).expect("any 64 bytes are a signature")
}

fn mask() -> StatementFilter {
	StatementFilter {
		seconded_in_group: [true, false, false].into_iter().collect(),
		validated_in_group: [false, false, true].into_iter().collect(),
	}
}

fn indices(indices: &[u32]) -> Indices {
	Indices::new(indices.iter().copied()).expect("not empty")
}

/// Encodes to the vector, and the vector decodes to it.
fn golden<T: Wire + PartialEq + Debug>(rule: &str, layout: &str, value: T) {
	let bytes = vector(rule);
	assert_eq!(value.encode(), bytes, "{rule}: {layout}");
	assert_eq!(T::from_wire(&bytes), Ok(value), "{rule}: {layout}");
}

fn declare<A>() -> Envelope<CollatorMessage<A>> {
	Envelope::Message(CollatorMessage::Declare(Declaration {
		collator: CollatorId([0x66; 32]),
		para_id: PARA,
		signature: CollatorSignature([0x77; 64]),
	}))
}

fn advertise<A>(advertisement: A) -> Envelope<CollatorMessage<A>> {
	Envelope::Message(CollatorMessage::Advertise(advertisement))
}

fn advertise_v3(descriptor_version: DescriptorClaim) -> Envelope<CollatorMessage<AdvertisementV3>> {
	advertise(AdvertisementV3 {
		scheduling_parent: h(1),
		candidate_hash: CANDIDATE,
		parent_head_data_hash: PARENT_HEAD,
		descriptor_version,
		relay_parent: h(4),
	})
}

fn statement(message: StatementDistributionMessage) -> Envelope<ValidationMessage> {
	Envelope::Message(ValidationMessage::Statement(message))
}

fn assignment(kind: AssignmentKind) -> Envelope<ValidationMessage> {
	Envelope::Message(ValidationMessage::Approval(ApprovalMessage::Assignments(vec![
		Assignment {
			block_hash: h(1),
			validator: VALIDATOR,
			cert: AssignmentCert {
				kind,
				vrf: Vrf {
					pre_output: [0; 32],
					proof: [0; 64],
				},
			},
			candidates: indices(&[2]),
		},
	])))
}

fn chunk_bytes() -> Arc<[u8]> {
	Arc::from([1, 2])
}

fn proof() -> ChunkProof {
	ChunkProof::new(vec![vec![8, 8]]).expect("one node of two bytes")
}

macro_rules! vectors {
	($($name:ident: $rule:literal, $layout:literal, $value:expr;)*) => {$(
		#[test]
		fn $name() {
			golden($rule, $layout, $value);
		}
	)*};
}

// The vector, then the rule of its layout.
vectors! {
	view: "R-NET-160", "R-NET-55", Envelope::<ValidationMessage>::View(View::new([h(9), h(3)], 7));
	declare_v1: "R-NET-161", "R-NET-61", declare::<AdvertisementV1>();
	declare_v2: "R-NET-162", "R-NET-61", declare::<AdvertisementV2>();
	declare_v3: "R-NET-163", "R-NET-61", declare::<AdvertisementV3>();
	advertise_v1: "R-NET-164", "R-NET-62", advertise(AdvertisementV1 { relay_parent: h(1) });
	advertise_v2: "R-NET-165", "R-NET-63", advertise(AdvertisementV2 {
		scheduling_parent: h(1),
		candidate_hash: CANDIDATE,
		parent_head_data_hash: PARENT_HEAD,
	});
	advertise_v3_of_v1: "R-NET-166", "R-NET-64", advertise_v3(DescriptorClaim::V1);
	advertise_v3_of_v2: "R-NET-167", "R-NET-64", advertise_v3(DescriptorVersion::V2.into());
	advertise_v3_of_v3: "R-NET-168", "R-NET-64", advertise_v3(DescriptorVersion::V3.into());
	advertise_v3_of_unknown: "R-NET-169", "R-NET-64", advertise_v3(DescriptorClaim::Unknown(9));
	advertise_v4: "R-NET-170", "R-NET-66", Envelope::Message(Segment {
		scheduling_parent: h(1),
		para_id: PARA,
		descriptor_version: DescriptorClaim::V2,
		candidates: vec![Fingerprint {
			output_head_data_hash: OUTPUT_HEAD,
			parent_head_data_hash: PARENT_HEAD,
			claim_queue_offset: 1,
		}],
	});
	seconded_v2: "R-NET-172", "R-NET-68", Envelope::Message(CollatorMessage::<AdvertisementV2>::Seconded {
		scheduling_parent: h(1),
		statement: SignedStatement {
			payload: Statement::Valid(CANDIDATE),
			validator_index: VALIDATOR,
			signature: signature(),
		},
	});
	compact_statement: "R-NET-173", "R-NET-92", statement(StatementDistributionMessage::Statement(h(1), SignedCompactStatement {
		statement: CompactStatement::Seconded(CANDIDATE),
		validator_index: VALIDATOR,
		signature: signature(),
	}));
	manifest: "R-NET-174", "R-NET-93", statement(StatementDistributionMessage::BackedCandidateManifest(BackedCandidateManifest {
		scheduling_parent: h(1),
		candidate_hash: CANDIDATE,
		group_index: GroupIndex(4),
		para_id: PARA,
		parent_head_data_hash: PARENT_HEAD,
		statement_knowledge: mask(),
	}));
	known: "R-NET-175", "R-NET-94", statement(StatementDistributionMessage::BackedCandidateKnown(BackedCandidateAcknowledgement {
		candidate_hash: CANDIDATE,
		statement_knowledge: mask(),
	}));
	bitfield: "R-NET-176", "R-NET-91", Envelope::Message(ValidationMessage::Bitfield {
		relay_parent: h(1),
		bitfield: UncheckedSigned {
			payload: AvailabilityBitfield([true, false, true].into_iter().collect()),
			validator_index: VALIDATOR,
			signature: signature(),
		},
	});
	assignment_delay: "R-NET-177", "R-NET-95", assignment(AssignmentKind::Delay { core: CoreIndex(3) });
	assignment_modulo: "R-NET-178", "R-NET-95", assignment(AssignmentKind::Modulo { cores: indices(&[2, 0]) });
	approval: "R-NET-179", "R-NET-96", Envelope::Message(ValidationMessage::Approval(ApprovalMessage::Approvals(vec![Approval {
		block_hash: h(1),
		candidates: indices(&[2]),
		validator: VALIDATOR,
		signature: signature(),
	}])));
	request_chunk_v1: "R-NET-180", "R-NET-99", ChunkRequestV1 { candidate_hash: CANDIDATE, validator_index: VALIDATOR };
	request_chunk_v2: "R-NET-180", "R-NET-99", ChunkRequestV2 { candidate_hash: CANDIDATE, validator_index: VALIDATOR };
	request_collation_v1: "R-NET-181", "R-NET-70", CollationRequestV1 { relay_parent: h(1), para_id: PARA };
	request_collation_v2: "R-NET-182", "R-NET-70", CollationRequestV2 {
		scheduling_parent: h(1),
		para_id: PARA,
		candidate_hash: CANDIDATE,
	};
	request_collation_v3: "R-NET-183", "R-NET-70", CollationRequestV3 {
		scheduling_parent: h(1),
		para_id: PARA,
		output_head_data_hash: OUTPUT_HEAD,
	};
	request_attested: "R-NET-184", "R-NET-97", AttestedCandidateRequest { candidate_hash: CANDIDATE, mask: mask() };
	response_chunk_v1: "R-NET-185", "R-NET-99", Lookup::Found(ChunkV1 { bytes: chunk_bytes(), proof: proof() });
	response_chunk_v2: "R-NET-186", "R-NET-99", Lookup::Found(ChunkV2 { bytes: chunk_bytes(), index: 6, proof: proof() });
	response_no_chunk: "R-NET-187", "R-NET-34", ChunkResponseV2::NotFound;
	response_no_pov: "R-NET-187", "R-NET-34", PovResponse::NotFound;
	response_pov: "R-NET-188", "R-NET-102", Lookup::Found(Arc::new(PoV { block_data: BlockData(vec![1, 2, 3]) }));
	response_dispute: "R-NET-189", "R-NET-108", DisputeConfirmed;
}

#[test]
fn r_net_171_what_a_collator_signs() {
	// The identity multihash of an ed25519 key in its protobuf form.
	let peer_id = [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &[0x11; 32]].concat();
	assert_eq!(declare_payload(&peer_id), vector("R-NET-171"), "R-NET-67");
}

#[test]
fn r_net_160_to_189_the_table_has_them_all() {
	let listed: Vec<_> = VECTORS
		.lines()
		.map(|line| line.split(' ').next().expect("a rule"))
		.collect();
	let expected: Vec<_> = (160..=189)
		.map(|number| alloc::format!("R-NET-{number}"))
		.collect();
	assert_eq!(listed, expected);
}
