//! What is refused, why, and what it costs: one row for each kind of fault and place.

use super::sample::{Entropy, Sample};
use crate::*;
use alloc::{vec, vec::Vec};
use async_backing_primitives::Hash;
use codec::{Compact, Encode};
use core::fmt::Debug;

type Validation = Envelope<ValidationMessage>;
type CollationV2 = Envelope<CollatorMessage<AdvertisementV2>>;

/// What is wrong with bytes.
fn fault<T: Wire + Debug>(bytes: &[u8]) -> Fault {
	T::from_wire(bytes).expect_err("no message").fault
}

fn len(len: u32) -> Vec<u8> {
	Compact(len).encode()
}

fn view(heads: &[u8]) -> Vec<u8> {
	let heads: Vec<_> = heads.iter().copied().map(Hash::repeat_byte).collect();
	(2u8, heads, 7u32).encode()
}

#[test]
fn r_net_54_the_envelope_is_1_or_2() {
	for got in [0, 3, 255] {
		let error = Validation::from_wire(&[got]).expect_err("no envelope");
		let fault = Fault::UnknownIndex {
			what: "envelope",
			expected: &[1, 2],
			got,
		};
		let expected = DecodeError {
			message: "validation message",
			offset: 1,
			fault,
			cost: Cost::Major,
		};
		assert_eq!(error, expected, "R-NET-54");
	}
	let error = Validation::from_wire(&[9]).expect_err("no envelope");
	let text = alloc::format!("{error}");
	assert_eq!(text, "validation message: envelope 9 is none of [1, 2] (byte 1)");
}

#[test]
fn r_net_69_unknown_indices_are_malformed() {
	let rows: [(&str, Fault, &'static str, &'static [u8]); 6] = [
		(
			"R-NET-69 wrapper",
			fault::<CollationV2>(&[1, 1]),
			"collation protocol",
			&[0],
		),
		(
			"R-NET-69 2",
			fault::<CollationV2>(&[1, 0, 2]),
			"collator message",
			&[0, 1, 4],
		),
		(
			"R-NET-69 3",
			fault::<CollationV2>(&[1, 0, 3]),
			"collator message",
			&[0, 1, 4],
		),
		(
			"R-NET-90",
			fault::<Validation>(&[1, 2]),
			"validation protocol",
			&[1, 3, 4],
		),
		(
			"R-NET-91",
			fault::<Validation>(&[1, 1, 7]),
			"bitfield message",
			&[0],
		),
		("R-NET-102", fault::<PovResponse>(&[2]), "answer", &[0, 1]),
	];
	for (rule, fault, name, indices) in rows {
		assert!(
			matches!(&fault, Fault::UnknownIndex { what, expected, .. } if *what == name && *expected == indices),
			"{rule}: {fault}"
		);
	}
	assert!(matches!(
		fault::<Validation>(&[1, 0]),
		Fault::UnknownIndex { got: 0, .. }
	));
}

#[test]
fn r_net_55_views_have_five_sorted_heads_at_most() {
	assert!(Validation::from_wire(&view(&[1, 2, 3, 4, 5])).is_ok());
	assert!(
		Validation::from_wire(&view(&[])).is_ok(),
		"R-NET-57: bad, but a view"
	);
	let too_many = Fault::TooMany {
		what: "heads",
		limit: 5,
		got: 6,
	};
	assert_eq!(fault::<Validation>(&view(&[1, 2, 3, 4, 5, 6])), too_many);
	for (heads, before, got) in [(&[1, 4, 3][..], 4, 3), (&[2, 2], 2, 2)] {
		let unsorted = Fault::UnsortedHeads {
			before: Hash::repeat_byte(before),
			got: Hash::repeat_byte(got),
		};
		assert_eq!(fault::<Validation>(&view(heads)), unsorted);
	}
}

#[test]
fn r_net_9_and_r_net_24_messages_have_a_largest_size() {
	fn limit<T: Wire + Debug>(limit: usize) {
		let got = limit + 1;
		assert_eq!(T::LIMIT, limit);
		assert_eq!(
			fault::<T>(&vec![0; got]),
			Fault::TooLong { limit, got },
			"{}",
			T::NAME
		);
		assert!(
			!matches!(fault::<T>(&vec![7; limit]), Fault::TooLong { .. }),
			"{}",
			T::NAME
		);
	}
	limit::<Validation>(102_400);
	limit::<CollationV2>(102_400);
	limit::<ChunkRequestV2>(1000);
	limit::<AttestedCandidateRequest>(1000);
	limit::<PovResponse>(16_777_216);
	limit::<AttestedCandidateResponse>(8_388_608);
	limit::<DisputeConfirmed>(100);
}

#[test]
fn r_net_86_an_undecodable_collation_costs_less_than_other_faults() {
	let cost = |error: DecodeError| error.cost.value();
	assert_eq!(
		cost(CollationResponse::from_wire(&[9]).expect_err("none")),
		-100_000
	);
	assert_eq!(
		cost(CollationResponseV3::from_wire(&[9]).expect_err("none")),
		-100_000
	);
	assert_eq!(
		cost(AttestedCandidateResponse::from_wire(&[9]).expect_err("none")),
		-300_000,
		"R-NET-98"
	);
	assert_eq!(
		cost(AttestedCandidateRequest::from_wire(&[9]).expect_err("none")),
		-300_000,
		"R-NET-98"
	);
	assert_eq!(
		cost(CollationV2::from_wire(&[9]).expect_err("none")),
		-300_000,
		"R-NET-54"
	);
}

#[test]
fn r_net_66_a_segment_has_32_candidates_at_most() {
	let segment = |count: u32, sent: usize| {
		let front = (1u8, [1u8; 32], 2000u32, 1u8).encode();
		[front, len(count), vec![0; 65 * sent]].concat()
	};
	assert!(Envelope::<Segment>::from_wire(&segment(32, 32)).is_ok());
	assert!(Envelope::<Segment>::from_wire(&segment(0, 0)).is_ok());
	let too_many = |got| Fault::TooMany {
		what: "candidates of a segment",
		limit: 32,
		got,
	};
	assert_eq!(fault::<Envelope<Segment>>(&segment(33, 33)), too_many(33));
	assert_eq!(
		fault::<Envelope<Segment>>(&segment(u32::MAX, 0)),
		too_many(4_294_967_295)
	);
	let truncated = Fault::Truncated {
		expected: 65 * 32,
		got: 65 * 31,
	};
	assert_eq!(
		fault::<Envelope<Segment>>(&segment(32, 31)),
		truncated,
		"before any is read"
	);
}

#[test]
fn r_net_99_a_proof_has_1_to_8_nodes_of_1_to_612_bytes() {
	let response = |nodes: &[Vec<u8>]| (0u8, vec![1u8, 2], nodes.to_vec()).encode();
	let nodes = |count: usize, size: usize| vec![vec![7u8; size]; count];
	for (count, size) in [(1, 1), (8, 612)] {
		assert!(ChunkResponseV1::from_wire(&response(&nodes(count, size))).is_ok());
		assert!(ChunkProof::new(nodes(count, size)).is_ok());
	}
	let (what, limit) = ("nodes of a proof", 8);
	assert_eq!(
		fault::<ChunkResponseV1>(&response(&nodes(9, 1))),
		Fault::TooMany { what, limit, got: 9 }
	);
	let none = Fault::TooFew {
		what,
		expected: 1,
		got: 0,
	};
	assert_eq!(fault::<ChunkResponseV1>(&response(&[])), none);
	let (what, limit) = ("bytes of a proof's node", 612);
	assert_eq!(
		fault::<ChunkResponseV1>(&response(&nodes(2, 613))),
		Fault::TooMany {
			what,
			limit,
			got: 613
		}
	);
	let empty = Fault::TooFew {
		what,
		expected: 1,
		got: 0,
	};
	assert_eq!(fault::<ChunkResponseV1>(&response(&[vec![], vec![7, 7]])), empty);
	let errors = [nodes(0, 1), nodes(9, 1)].map(|nodes| ChunkProof::new(nodes).expect_err("wrong number"));
	assert_eq!(errors, [0, 9].map(|got| ProofError::Nodes { limit: 8, got }));
	let errors = [0, 613].map(|size| ChunkProof::new(nodes(2, size)).expect_err("wrong size"));
	assert_eq!(errors, [0, 613].map(|got| ProofError::Node { limit: 612, got }));
}

fn mask(seconded: &[u8], valid: &[u8]) -> Vec<u8> {
	[&[2; 32], seconded, valid].concat()
}

#[test]
fn r_net_97_masks_are_two_lists_of_one_length() {
	assert!(AttestedCandidateRequest::from_wire(&mask(&[12, 0b001], &[12, 0b111])).is_ok());
	let unequal = Fault::UnequalBits {
		what: "bits of confirming statements",
		expected: 3,
		got: 4,
	};
	assert_eq!(
		fault::<AttestedCandidateRequest>(&mask(&[12, 1], &[16, 1])),
		unequal
	);
	let what = "bits of seconding statements";
	let none = Fault::TooFew {
		what,
		expected: 1,
		got: 0,
	};
	assert_eq!(fault::<AttestedCandidateRequest>(&mask(&[0], &[0])), none);
	let too_many = Fault::TooMany {
		what,
		limit: 2048,
		got: 2049,
	};
	assert_eq!(
		fault::<AttestedCandidateRequest>(&mask(&len(2049), &[])),
		too_many
	);
	let stray = Fault::StrayBits { what, got: 0b1000 };
	assert_eq!(
		fault::<AttestedCandidateRequest>(&mask(&[12, 0b1000], &[12, 0])),
		stray
	);
	let largest = [len(2048), vec![0xff; 256]].concat();
	assert!(
		AttestedCandidateRequest::from_wire(&mask(&largest, &largest)).is_ok(),
		"R-NET-24: fits"
	);
}

#[test]
fn r_net_91_bitfields_have_a_bit_for_each_core_at_most() {
	let bitfield = |bits: u32, bytes: usize| {
		let front = (1u8, 1u8, 0u8, [1u8; 32]).encode();
		[front, len(bits), vec![0; bytes + 68]].concat()
	};
	assert!(Validation::from_wire(&bitfield(0, 0)).is_ok());
	assert!(Validation::from_wire(&bitfield(1024, 128)).is_ok());
	let too_many = Fault::TooMany {
		what: "availability bits",
		limit: 1024,
		got: 1025,
	};
	assert_eq!(fault::<Validation>(&bitfield(1025, 129)), too_many);
}

fn approval(bits: &[u8]) -> Vec<u8> {
	[&[1, 4, 1, 4][..], &[1; 32], bits, &[0; 68]].concat()
}

#[test]
fn r_net_95_index_bits_are_not_empty_and_end_in_a_one() {
	assert!(Validation::from_wire(&approval(&[12, 0b100])).is_ok());
	let what = "index bits";
	let zero = Fault::LastBitZero { what, got: 3 };
	assert_eq!(fault::<Validation>(&approval(&[12, 0b011])), zero);
	let none = Fault::TooFew {
		what,
		expected: 1,
		got: 0,
	};
	assert_eq!(fault::<Validation>(&approval(&[0, 0])), none);
	let largest = |bits: u32| {
		let mut bytes = vec![0; bits.div_ceil(8) as usize];
		bytes[(bits as usize - 1) / 8] = 1 << ((bits - 1) % 8);
		approval(&[len(bits), bytes].concat())
	};
	assert!(Validation::from_wire(&largest(500)).is_ok());
	let too_many = Fault::TooMany {
		what,
		limit: 500,
		got: 501,
	};
	assert_eq!(fault::<Validation>(&largest(501)), too_many, "R-NET-105");
	assert_eq!(Indices::new([]), Err(NoIndices::None));
	let too_large = NoIndices::TooLarge { limit: 499, got: 500 };
	assert_eq!(Indices::new([3, 500]), Err(too_large), "R-NET-105");
	let indices = Indices::new([7, 0, 499, 7]).expect("three");
	assert_eq!(indices.iter().collect::<Vec<_>>(), [0, 7, 499]);
	assert_eq!(
		(indices.count(), indices.contains(7), indices.contains(8)),
		(3, true, false)
	);
	assert!(!indices.contains(u32::MAX));
}

#[test]
fn r_net_95_a_proof_consists_of_two_scalars() {
	// One less than the order, the order, and more.
	let order = {
		let mut order = [0; 32];
		order[..16].copy_from_slice(&0x14de_f9de_a2f7_9cd6_5812_631a_5cf5_d3ed_u128.to_le_bytes());
		order[31] = 0x10;
		order
	};
	let mut below = order;
	below[0] -= 1;
	let message = |challenge: [u8; 32], response: [u8; 32]| {
		let front = [&[1, 4, 0, 4][..], &[1; 32], &[0; 4], &[1, 0, 0, 0, 0], &[9; 32]].concat();
		[front, challenge.to_vec(), response.to_vec(), vec![4, 1]].concat()
	};
	assert!(Validation::from_wire(&message(below, below)).is_ok());
	for (challenge, response, what) in [(order, below, "challenge"), (below, [0xff; 32], "response")] {
		let fault = fault::<Validation>(&message(challenge, response));
		assert_eq!(fault, Fault::NoScalar { what });
	}
}

#[test]
fn r_net_95_and_96_lists_are_as_long_as_a_notification_at_most() {
	assert_eq!((MAX_ASSIGNMENTS, MAX_APPROVALS), (747, 1003));
	let list = |kind: u8, count: u32| [vec![1, 4, kind], len(count)].concat();
	let rows = [(0, "assignments", 747, 137), (1, "approvals", 1003, 102)];
	for (kind, what, limit, size) in rows {
		let too_many = Fault::TooMany {
			what,
			limit,
			got: limit + 1,
		};
		assert_eq!(fault::<Validation>(&list(kind, limit as u32 + 1)), too_many);
		let truncated = Fault::Truncated {
			expected: limit * size,
			got: 0,
		};
		assert_eq!(fault::<Validation>(&list(kind, limit as u32)), truncated);
	}
}

#[test]
fn r_net_97_more_statements_than_a_group_makes_are_refused_unread() {
	let mut bytes = AttestedCandidateResponse {
		statements: vec![],
		..Sample::sample(&mut Entropy::new(vec![]))
	}
	.encode();
	assert_eq!(bytes.pop(), Some(0));
	let too_many = Fault::TooMany {
		what: "statements",
		limit: 4096,
		got: 4097,
	};
	assert_eq!(
		fault::<AttestedCandidateResponse>(&[bytes, len(4097)].concat()),
		too_many
	);
}

#[test]
fn r_net_65_messages_of_a_candidate_are_counted_before_they_are_read() {
	let front = [&[1, 0, 4][..], &[1; 32], &[1], &[0; 292]].concat();
	// More upward messages than bytes: no memory is reserved for what can't be there.
	let lying = [front.clone(), len(16_384)].concat();
	let limit = lying.len() * MAX_MEMORY_PER_BYTE;
	// The codec reserves 16 KiB at first, for as many of 24 bytes as fit.
	let too_much = Fault::TooMuchMemory { limit, got: 16_368 };
	assert_eq!(fault::<CollationV2>(&lying), too_much);
	let too_many = [front.clone(), len(16_385), vec![0; 16_385]].concat();
	assert!(matches!(
		fault::<CollationV2>(&too_many),
		Fault::Malformed {
			what: "statement",
			..
		}
	));
	// As many as there may be, all empty: the worst that memory can be for a length.
	let horizontal = [0, 0, 0, 0, 0].repeat(16_384);
	let rest = [&[0][..], &[0], &[0; 8], &[0; 68]].concat();
	let most = [front, len(16_384), vec![0; 16_384], len(16_384), horizontal, rest].concat();
	assert!(most.len() < MAX_NOTIFICATION_SIZE);
	let mut reader = Reader::new(&most);
	CollationV2::read(&mut reader).expect("allowed");
	assert!(reader.reserved() >= 16_384 * (24 + 32), "{}", reader.reserved());
}

#[test]
fn r_net_54_nesting_is_bounded() {
	type Deep<T> = Vec<Vec<Vec<Vec<Vec<T>>>>>;
	let mut reader = Reader::new(&[4, 4, 4, 4, 4, 4, 4, 4]);
	let fault = reader.scale::<Deep<Vec<u8>>>("deep").expect_err("too deep");
	assert_eq!(fault, Fault::TooDeep { limit: 4, got: 5 });
	let mut reader = Reader::new(&[4, 4, 4, 4, 0]);
	assert_eq!(
		reader.scale::<Vec<Vec<Vec<Vec<Vec<u8>>>>>>("deep"),
		Ok(vec![vec![vec![vec![vec![]]]]])
	);
}

#[test]
fn r_net_71_a_proof_of_validity_is_copied_once_and_judged_first() {
	let front = |len: u32| [vec![0], [9; 324].to_vec(), Compact(len).encode()].concat();
	let truncated = Fault::Truncated {
		expected: 16_000_000,
		got: 3,
	};
	let bytes = [front(16_000_000), vec![1, 2, 3]].concat();
	assert_eq!(fault::<CollationResponse>(&bytes), truncated);
	let too_many = Fault::TooMany {
		what: "bytes of a proof of validity",
		limit: 16_777_216,
		got: 4_294_967_295,
	};
	assert_eq!(fault::<CollationResponse>(&front(u32::MAX)), too_many);
	let bytes = [front(3), vec![1, 2, 3]].concat();
	let mut reader = Reader::new(&bytes);
	let collation = CollationResponse::read(&mut reader).expect("a collation");
	assert_eq!(collation.pov.block_data.0, [1, 2, 3], "R-NET-72: as it came");
	assert_eq!(reader.reserved(), 3);
}

#[test]
fn r_net_92_a_statement_without_its_magic_is_malformed() {
	let mut bytes = [&[1, 3, 0][..], &[1; 32], b"BKNG", &[1], &[2; 32], &[0; 68]].concat();
	assert_eq!(bytes.len(), 140);
	assert!(Validation::from_wire(&bytes).is_ok());
	bytes[35] = b'A';
	let error = Validation::from_wire(&bytes).expect_err("no statement");
	assert!(matches!(
		error.fault,
		Fault::Malformed {
			what: "compact statement",
			..
		}
	));
	assert_eq!(error.offset, 39);
}
