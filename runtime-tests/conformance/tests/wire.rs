//! R-NET: every message, request and response has the published crate's encoding, byte for byte; names, limits and
//! numbers are its own.
//!
//! For each type, two thousand random values: ours encodes to what theirs decodes, theirs encodes to the same bytes, and
//! ours reads them as the value. Then two thousand damaged encodings. What ours reads, theirs does, and both encode it
//! alike. What ours refuses, theirs refuses, or would not encode so, or ours names a bound that theirs leaves to others
//! to check (decision 9).

mod common;
#[path = "wire/theirs.rs"]
mod theirs;
#[path = "wire/values.rs"]
mod values;

use async_backing_wire::*;
use codec::{DecodeAll, Encode};
use common::Random;
use polkadot_node_network_protocol::{
	self as peer,
	peer_set::{CollationVersion as TheirVersion, PeerSetProtocolNames},
	request_response::{self as requests, v1, v2, v3, ReqProtocolNames},
	UnifiedReputationChange,
};
use std::{fmt::Debug, sync::Arc};

const VALUES: u32 = 2000;

/// Holds a type of ours to one of theirs.
fn conforms<Ours, Theirs>(rule: &str, mut value: impl FnMut(&mut Random) -> Ours)
where
	Ours: Wire + PartialEq + Debug,
	Theirs: Encode + DecodeAll,
{
	let mut random = Random::new(rule.bytes().map(u64::from).sum());
	let (mut accepted, mut bounds) = (0, 0);
	for case in 0..VALUES {
		let ours = value(&mut random);
		let bytes = ours.encode();
		let theirs = Theirs::decode_all(&mut &bytes[..])
			.unwrap_or_else(|error| panic!("{rule}: case {case}: {ours:?} does not decode there: {error}"));
		assert_eq!(
			theirs.encode(),
			bytes,
			"{rule}: case {case}: {ours:?} reads as something else there"
		);
		assert_eq!(Ours::from_wire(&theirs.encode()), Ok(ours), "{rule}: case {case}");

		let damaged = random.mutate(bytes);
		let theirs = Theirs::decode_all(&mut &damaged[..]).map(|theirs| theirs.encode());
		match (Ours::from_wire(&damaged), theirs) {
			(Ok(ours), Ok(theirs)) => {
				accepted += 1;
				assert_eq!(ours.encode(), theirs, "{rule}: case {case}: {damaged:?}");
				assert_eq!(theirs, damaged, "{rule}: case {case}: one value, one encoding");
			}
			(Ok(ours), Err(error)) => panic!("{rule}: case {case}: theirs refuses {ours:?}: {error}"),
			(Err(_), Err(_)) => {}
			(Err(_), Ok(theirs)) if theirs != damaged => bounds += 1,
			(Err(error), Ok(_)) => {
				bounds += 1;
				assert!(
					is_bound(&error.fault),
					"{rule}: case {case}: theirs reads {damaged:?}: {error}"
				);
			}
		}
	}
	println!("{rule}: of {VALUES} damaged encodings {accepted} are read, {bounds} are refused by ours alone");
	assert!(
		accepted > 0,
		"{rule}: some damaged encodings must decode, or the second half says nothing"
	);
}

/// Whether a fault is one of those that theirs does not look for when it decodes.
fn is_bound(fault: &Fault) -> bool {
	matches!(
		fault,
		Fault::TooMany { .. }
			| Fault::TooFew { .. }
			| Fault::UnequalBits { .. }
			| Fault::StrayBits { .. }
			| Fault::LastBitZero { .. }
			| Fault::UnsortedHeads { .. }
	)
}

macro_rules! table {
	($($name:ident: $ours:ty, $theirs:ty, $value:expr;)*) => {
		$(
			#[test]
			fn $name() {
				conforms::<$ours, $theirs>(stringify!($name), $value);
			}
		)*
	};
}

table! {
	r_net_55_view: Envelope<Segment>, theirs::Envelope<peer::v4_collation::CollationProtocol>, |random| {
		Envelope::View(random.view())
	};
	r_net_62_collation_v1:
		Envelope<CollatorMessage<AdvertisementV1>>, theirs::Envelope<peer::v1::CollationProtocol>, |random| {
			random.collator_message(|random| AdvertisementV1 { relay_parent: random.hash() })
		};
	r_net_63_collation_v2:
		Envelope<CollatorMessage<AdvertisementV2>>, theirs::Envelope<peer::v2::CollationProtocol>, |random| {
			random.collator_message(Random::advertisement_v2)
		};
	r_net_64_collation_v3:
		Envelope<CollatorMessage<AdvertisementV3>>,
		theirs::Envelope<peer::v3_collation::CollationProtocol>,
		|random| random.collator_message(Random::advertisement_v3);
	r_net_66_collation_v4:
		Envelope<Segment>, theirs::Envelope<peer::v4_collation::CollationProtocol>, |random| {
			random.envelope(Random::segment)
		};
	r_net_90_validation:
		Envelope<ValidationMessage>, theirs::Envelope<peer::v3::ValidationProtocol>, |random| {
			random.envelope(Random::validation_message)
		};
	r_net_70_collation_request_v1: CollationRequestV1, v1::CollationFetchingRequest, |random| CollationRequestV1 {
		relay_parent: random.hash(),
		para_id: random.para(),
	};
	r_net_70_collation_request_v2: CollationRequestV2, v2::CollationFetchingRequest, |random| CollationRequestV2 {
		scheduling_parent: random.hash(),
		para_id: random.para(),
		candidate_hash: random.candidate_hash(),
	};
	r_net_70_collation_request_v3: CollationRequestV3, v3::CollationFetchingRequest, |random| CollationRequestV3 {
		scheduling_parent: random.hash(),
		para_id: random.para(),
		output_head_data_hash: random.head_hash(),
	};
	r_net_71_collation_response_v1: CollationResponse, v1::CollationFetchingResponse, Random::collation;
	r_net_71_collation_response_v2: CollationResponse, v2::CollationFetchingResponse, Random::collation;
	r_net_71_collation_response_v3: CollationResponseV3, v3::CollationFetchingResponse, |random| CollationResponseV3 {
		receipt: random.receipt(),
		pov: random.pov().into(),
		parent_head_data: random.head(),
	};
	r_net_97_attested_request: AttestedCandidateRequest, v2::AttestedCandidateRequest, |random| {
		AttestedCandidateRequest { candidate_hash: random.candidate_hash(), mask: random.group_filter() }
	};
	r_net_97_attested_response: AttestedCandidateResponse, v2::AttestedCandidateResponse, |random| {
		AttestedCandidateResponse {
			candidate: random.committed_receipt(),
			validation_data: random.validation_data(),
			statements: random.list(6, Random::signed_statement),
		}
	};
	r_net_99_chunk_request_v1: ChunkRequestV1, v1::ChunkFetchingRequest, |random| ChunkRequestV1 {
		candidate_hash: random.candidate_hash(),
		validator_index: random.validator(),
	};
	r_net_99_chunk_request_v2: ChunkRequestV2, v2::ChunkFetchingRequest, |random| ChunkRequestV2 {
		candidate_hash: random.candidate_hash(),
		validator_index: random.validator(),
	};
	r_net_99_chunk_response_v1: ChunkResponseV1, v1::ChunkFetchingResponse, |random| {
		Lookup::from(random.option(|random| ChunkV1 { bytes: random.bytes(300).into(), proof: random.proof() }))
	};
	r_net_99_chunk_response_v2: ChunkResponseV2, v2::ChunkFetchingResponse, |random| {
		Lookup::from(random.option(|random| ChunkV2 {
			bytes: random.bytes(300).into(),
			index: random.number(),
			proof: random.proof(),
		}))
	};
	r_net_102_pov_request: PovRequest, v1::PoVFetchingRequest, |random| PovRequest {
		candidate_hash: random.candidate_hash(),
	};
	r_net_102_pov_response: PovResponse, v1::PoVFetchingResponse, |random| {
		Lookup::from(random.option(|random| Arc::new(random.pov())))
	};
	r_net_102_available_data_request:
		AvailableDataRequest, v1::AvailableDataFetchingRequest, |random| AvailableDataRequest {
			candidate_hash: random.candidate_hash(),
		};
	r_net_102_available_data_response: AvailableDataResponse, v1::AvailableDataFetchingResponse, |random| {
		Lookup::from(random.option(|random| Arc::new(random.available_data())))
	};
	r_net_108_dispute_request: DisputeRequest, v1::DisputeRequest, Random::dispute_request;
}

#[test]
fn r_net_108_a_dispute_is_confirmed_alike() {
	assert_eq!(v1::DisputeResponse::Confirmed.encode(), DisputeConfirmed.encode());
	for byte in 0..=u8::MAX {
		let theirs = v1::DisputeResponse::decode_all(&mut &[byte][..]).is_ok();
		assert_eq!(
			DisputeConfirmed::from_wire(&[byte]).is_ok(),
			theirs,
			"R-NET-108: {byte}"
		);
	}
}

/// Scalars are refused from the same number on: around the order of the group, and anywhere.
#[test]
fn r_net_95_vrf_proofs_are_read_alike() {
	use polkadot_node_primitives::approval::v2::VrfSignature;
	let mut order = [0; 32];
	order[..16].copy_from_slice(&0x14de_f9de_a2f7_9cd6_5812_631a_5cf5_d3ed_u128.to_le_bytes());
	order[31] = 0x10;
	let mut random = Random::new(95);
	let mut refused = 0;
	for case in 0..VALUES {
		let scalar = |random: &mut Random| {
			let mut scalar = if random.flip() { order } else { random.array() };
			let at = random.pick(&[0, 0, 1, 15, 16, 30, 31]);
			scalar[at] = scalar[at].wrapping_add(random.pick(&[0, 1, 255]));
			scalar[31] &= 0x1f;
			scalar
		};
		let bytes = [random.array(), scalar(&mut random), scalar(&mut random)].concat();
		let ours = Vrf::read(&mut Reader::new(&bytes)).map(|vrf| vrf.encode());
		let theirs = VrfSignature::decode_all(&mut &bytes[..]).map(|vrf| vrf.encode());
		assert_eq!(
			ours.as_ref().ok(),
			theirs.as_ref().ok(),
			"R-NET-95: case {case}: {bytes:02x?}"
		);
		refused += u32::from(ours.is_err());
	}
	assert!(
		(1..VALUES).contains(&refused),
		"R-NET-95: both happen, {refused} times refused"
	);
}

#[test]
fn r_net_67_collators_sign_the_same_bytes() {
	for _ in 0..100 {
		let peer_id = peer::PeerId::random();
		let theirs = peer::v2::declare_signature_payload(&peer_id);
		assert_eq!(declare_payload(&peer_id.to_bytes()), theirs, "R-NET-67");
	}
}

#[test]
fn r_net_5_to_r_net_24_names_are_theirs() {
	use requests::Protocol as Theirs;
	let mut random = Random::new(5);
	let protocols = [
		(Protocol::ChunkV1, Theirs::ChunkFetchingV1),
		(Protocol::ChunkV2, Theirs::ChunkFetchingV2),
		(Protocol::CollationV1, Theirs::CollationFetchingV1),
		(Protocol::CollationV2, Theirs::CollationFetchingV2),
		(Protocol::CollationV3, Theirs::CollationFetchingV3),
		(Protocol::Pov, Theirs::PoVFetchingV1),
		(Protocol::AvailableData, Theirs::AvailableDataFetchingV1),
		(Protocol::Dispute, Theirs::DisputeSendingV1),
		(Protocol::AttestedCandidate, Theirs::AttestedCandidateV2),
	];
	let versions = [
		(CollationVersion::V1, TheirVersion::V1),
		(CollationVersion::V2, TheirVersion::V2),
		(CollationVersion::V3, TheirVersion::V3),
		(CollationVersion::V4, TheirVersion::V4),
	];
	for case in 0..50 {
		let genesis = random.hash();
		let fork_id = random.pick(&[None, Some("kicked"), Some("1")]);
		let ours = ProtocolNames::new(genesis, fork_id);
		let theirs = ReqProtocolNames::new(genesis, fork_id);
		for (protocol, their_protocol) in protocols {
			let name = ours.request(protocol);
			assert_eq!(
				name,
				theirs.get_name(their_protocol).to_string(),
				"R-NET-16..24: case {case}"
			);
		}
		let theirs = PeerSetProtocolNames::new(genesis, fork_id);
		let (validation, collation) = (
			peer::peer_set::PeerSet::Validation,
			peer::peer_set::PeerSet::Collation,
		);
		assert_eq!(
			ours.validation(),
			theirs.get_main_name(validation).to_string(),
			"R-NET-9"
		);
		assert!(theirs.get_fallback_names(validation).is_empty(), "R-NET-9");
		for (version, their_version) in versions {
			let name = ours.collation(version);
			assert_eq!(
				name,
				theirs.get_name(collation, their_version.into()).to_string(),
				"R-NET-10"
			);
			assert_eq!(
				theirs.try_get_protocol(&name.into()),
				Some((collation, their_version.into())),
				"R-NET-10"
			);
		}
		for (main, their_main) in &versions[2..] {
			let theirs =
				PeerSetProtocolNames::new_with_main_collation_version(genesis, fork_id, Some(*their_main));
			let fallbacks: Vec<_> = theirs
				.get_fallback_names(collation)
				.into_iter()
				.map(|name| name.to_string())
				.collect();
			assert_eq!(ours.collation_fallbacks(*main), fallbacks, "R-NET-10");
		}
	}
}

#[test]
fn r_net_114_numbers_are_theirs() {
	use UnifiedReputationChange::*;
	let changes = [
		(Cost::Minor.value(), CostMinor("")),
		(Cost::MinorRepeated.value(), CostMinorRepeated("")),
		(Cost::Major.value(), CostMajor("")),
		(Cost::MajorRepeated.value(), CostMajorRepeated("")),
		(Cost::Malicious.value(), Malicious("")),
		(Gain::Minor.value(), BenefitMinor("")),
		(Gain::MinorFirst.value(), BenefitMinorFirst("")),
		(Gain::Major.value(), BenefitMajor("")),
		(Gain::MajorFirst.value(), BenefitMajorFirst("")),
	];
	for (ours, theirs) in changes {
		assert_eq!(ours, theirs.cost_or_benefit(), "R-NET-114: {theirs:?}");
	}
	assert_eq!(
		MAX_NOTIFICATION_SIZE as u64,
		peer::peer_set::MAX_NOTIFICATION_SIZE,
		"R-NET-9"
	);
	assert_eq!(
		Protocol::ChunkV2.timeout(),
		requests::CHUNK_REQUEST_TIMEOUT,
		"R-NET-17"
	);
	assert_eq!(
		Protocol::Dispute.timeout(),
		requests::DISPUTE_REQUEST_TIMEOUT,
		"R-NET-23"
	);
	let incoming = PeerSet::Collation.slots(true).incoming;
	assert_eq!(
		incoming,
		peer::peer_set::MAX_AUTHORITY_INCOMING_STREAMS,
		"R-NET-32"
	);
	let incoming = PeerSet::Validation.slots(true).incoming;
	assert_eq!(incoming as usize, peer::MIN_GOSSIP_PEERS / 2 - 1, "R-NET-32");
	let segment = polkadot_node_primitives::MAX_SEGMENT_LEN;
	assert_eq!(MAX_SEGMENT_LEN as u32, segment, "R-NET-66");
}
