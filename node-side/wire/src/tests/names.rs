//! Names, tables and numbers.

use crate::*;
use alloc::{format, vec, vec::Vec};
use async_backing_primitives::{CandidateHash, Hash, ValidatorIndex};
use core::time::Duration;

const GENESIS: &str = "abababababababababababababababababababababababababababababababab";

#[test]
fn r_net_5_names_begin_with_the_genesis_hash_and_the_fork_id() {
	let plain = ProtocolNames::new(Hash::repeat_byte(0xab), None);
	assert_eq!(plain.validation(), format!("/{GENESIS}/validation/3"), "R-NET-9");
	let forked = ProtocolNames::new(Hash::repeat_byte(0xab), Some("f1"));
	assert_eq!(forked.validation(), format!("/{GENESIS}/f1/validation/3"));
	assert_eq!(plain.validation().len(), 65 + "/validation/3".len());
	for protocol in Protocol::ALL {
		assert_eq!(
			forked.request(protocol),
			format!("/{GENESIS}/f1{}", protocol.suffix())
		);
		assert_eq!(plain.protocol(&plain.request(protocol)), Some(protocol));
		assert_eq!(plain.protocol(&forked.request(protocol)), None);
		if let Some(legacy) = protocol.legacy_name() {
			assert_eq!(plain.protocol(legacy), Some(protocol));
		}
	}
}

#[test]
fn r_net_10_older_versions_of_collation_are_fallbacks() {
	use CollationVersion::*;
	let names = ProtocolNames::new(Hash::repeat_byte(0xab), None);
	let name = |version: u32| format!("/{GENESIS}/collation/{version}");
	let legacy = "/polkadot/collation/1";
	let rows: [(CollationVersion, Vec<_>); 4] = [
		(V4, vec![name(3), name(2), legacy.into()]),
		(V3, vec![name(2), legacy.into()]),
		(V2, vec![legacy.into()]),
		(V1, vec![legacy.into()]),
	];
	for (main, fallbacks) in rows {
		assert_eq!(names.collation(main), name(main.number()));
		assert_eq!(names.collation_fallbacks(main), fallbacks, "R-NET-60: {main:?}");
		assert_eq!(names.collation_version(&name(main.number())), Some(main));
		assert_eq!(names.peer_set(&name(main.number())), Some(PeerSet::Collation));
	}
	assert_eq!(names.collation_version(legacy), Some(V1));
	assert_eq!(names.collation_version(&name(5)), None);
	assert_eq!(names.collation_version("/collation/2"), None);
	assert_eq!(
		names.peer_set(&names.validation()),
		Some(PeerSet::Validation),
		"R-NET-9"
	);
	assert_eq!(
		names.peer_set(&format!("/{GENESIS}/validation/2")),
		None,
		"R-NET-9: gone"
	);
}

#[test]
fn r_net_16_to_24_the_table_of_requests() {
	use Protocol::*;
	const DATA: usize = 16_777_216;
	let rows = [
		("R-NET-16", ChunkV1, "/req_chunk/1", true, DATA, 1000, 100),
		("R-NET-17", ChunkV2, "/req_chunk/2", false, DATA, 1000, 100),
		("R-NET-18", CollationV1, "/req_collation/1", true, DATA, 2000, 10),
		("R-NET-19", CollationV2, "/req_collation/2", false, DATA, 2000, 10),
		("R-NET-20", CollationV3, "/req_collation/3", false, DATA, 2000, 10),
		("R-NET-21", Pov, "/req_pov/1", true, DATA, 2000, 10),
		(
			"R-NET-22",
			AvailableData,
			"/req_available_data/1",
			true,
			DATA,
			2000,
			100,
		),
		("R-NET-23", Dispute, "/send_dispute/1", true, 100, 12_000, 100),
		(
			"R-NET-24",
			AttestedCandidate,
			"/req_attested_candidate/2",
			false,
			8_388_608,
			2500,
			5,
		),
	];
	for (rule, protocol, suffix, legacy, response, millis, queue) in rows {
		assert_eq!(protocol.suffix(), suffix, "{rule}");
		let legacy = legacy.then(|| format!("/polkadot{suffix}"));
		assert_eq!(protocol.legacy_name(), legacy.as_deref(), "{rule}");
		assert_eq!(protocol.request_limit(), 1000, "{rule}");
		assert_eq!(protocol.response_limit(), response, "{rule}");
		assert_eq!(protocol.timeout(), Duration::from_millis(millis), "{rule}");
		assert_eq!(protocol.queue(), queue, "R-NET-26: {protocol:?}");
	}
	assert_eq!(rows.map(|row| row.1), Protocol::ALL);
}

#[test]
fn r_net_35_chunks_alone_have_a_request_to_fall_back_to() {
	for protocol in Protocol::ALL {
		let fallback = (protocol == Protocol::ChunkV2).then_some(Protocol::ChunkV1);
		assert_eq!(protocol.fallback(), fallback, "{protocol:?}");
	}
	let request = ChunkRequestV2 {
		candidate_hash: CandidateHash(Hash::repeat_byte(2)),
		validator_index: ValidatorIndex(5),
	};
	let older = ChunkRequestV1::from(request);
	assert_eq!(older.candidate_hash, request.candidate_hash);
	assert_eq!(
		older.validator_index,
		ValidatorIndex(5),
		"R-NET-100: whose chunk it is"
	);
}

/// The limits that decoding enforces are those of the table.
#[test]
fn r_net_16_to_24_types_have_the_limits_of_their_protocols() {
	fn same<R: Request>() -> Protocol {
		assert_eq!(R::LIMIT, R::PROTOCOL.request_limit(), "{}", R::NAME);
		assert_eq!(
			R::Response::LIMIT,
			R::PROTOCOL.response_limit(),
			"{}",
			R::Response::NAME
		);
		R::PROTOCOL
	}
	let all = [
		same::<ChunkRequestV1>(),
		same::<ChunkRequestV2>(),
		same::<CollationRequestV1>(),
		same::<CollationRequestV2>(),
		same::<CollationRequestV3>(),
		same::<PovRequest>(),
		same::<AvailableDataRequest>(),
		same::<DisputeRequest>(),
		same::<AttestedCandidateRequest>(),
	];
	assert_eq!(all, Protocol::ALL);
}

#[test]
fn r_net_32_slots_besides_reserved_peers() {
	let slots = |set: PeerSet, authority| {
		let slots = set.slots(authority);
		(slots.incoming, slots.outgoing, slots.open)
	};
	for authority in [true, false] {
		assert_eq!(slots(PeerSet::Validation, authority), (11, 11, true));
	}
	assert_eq!(slots(PeerSet::Collation, true), (310, 0, true));
	assert_eq!(slots(PeerSet::Collation, false), (0, 0, false));
}

#[test]
fn r_net_29_the_handshake_is_the_role() {
	for (role, byte) in [(Role::Full, 1), (Role::Light, 2), (Role::Authority, 4)] {
		assert_eq!(role.to_handshake(), [byte]);
		assert_eq!(Role::from_handshake(&[byte]), Ok(role));
	}
	let unknown = Fault::UnknownIndex {
		what: "role",
		expected: &[1, 2, 4],
		got: 3,
	};
	assert_eq!(Role::from_handshake(&[3]), Err(unknown), "R-NET-30");
	assert_eq!(
		Role::from_handshake(&[]),
		Err(Fault::Truncated { expected: 1, got: 0 })
	);
	// That of block announces begins with a role as well, and is none.
	assert_eq!(
		Role::from_handshake(&[4; 69]),
		Err(Fault::TrailingBytes { got: 68 })
	);
	let limit = 1024;
	assert_eq!(
		Role::from_handshake(&[4; 1025]),
		Err(Fault::TooLong { limit, got: 1025 }),
		"R-NET-28"
	);
}

#[test]
fn r_net_114_costs_and_gains() {
	use Cost::*;
	let costs = [Minor, MinorRepeated, Major, MajorRepeated, Malicious].map(Cost::value);
	assert_eq!(costs, [-100_000, -200_000, -300_000, -600_000, -2_147_483_648]);
	let gains = [Gain::Minor, Gain::MinorFirst, Gain::Major, Gain::MajorFirst].map(Gain::value);
	assert_eq!(gains, [10_000, 15_000, 200_000, 300_000]);
}

#[test]
fn r_net_58_a_view_has_the_newest_heads_sorted() {
	let h = Hash::repeat_byte;
	let view = View::new([9, 1, 9, 5, 7, 3, 2].map(h), 4);
	assert_eq!(view.heads(), [1, 3, 5, 7, 9].map(h), "five at most, each once");
	assert!(view.contains(&h(7)) && !view.contains(&h(2)));
	assert_eq!(view.finalized_number(), 4);
}

#[test]
fn r_net_57_views_that_no_peer_should_send() {
	let view = |heads: &[u8], finalized| View::new(heads.iter().copied().map(Hash::repeat_byte), finalized);
	assert_eq!(view(&[1], 7).check_after(7), Ok(()));
	assert_eq!(view(&[1], 0).check_after(0), Ok(()));
	let backwards = BadView::FinalizedBackwards { before: 8, got: 7 };
	assert_eq!(view(&[1], 7).check_after(8), Err(backwards));
	assert_eq!(view(&[], 7).check_after(8), Err(backwards));
	assert_eq!(view(&[], 7).check_after(7), Err(BadView::Empty));
	assert_eq!(BadView::COST, Cost::Major);
}
