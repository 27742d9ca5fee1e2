//! Ceilings as numbers, as the rules and the texts of the constants give them, and how much room is reserved to encode.

use async_backing_primitives::*;
use codec::Encode;

const KIB: u32 = 1 << 10;
const MIB: u32 = 1 << 20;

#[test]
fn r_abp_6_ceilings_are_what_is_written() {
	let rows = [
		("code: 5 MiB", MAX_CODE_SIZE, 5 * MIB),
		("head data: 1 MiB", MAX_HEAD_DATA_SIZE, MIB),
		("PoV: 16 MiB", MAX_POV_SIZE, 16 * MIB),
		("upward message: 128 KiB", MAX_UPWARD_MESSAGE_SIZE, 128 * KIB),
		("messages per candidate", MAX_MESSAGES_PER_CANDIDATE, 16_384),
		("relay block: 5 MiB", RELAY_BLOCK_LENGTH, 5 * MIB),
		("rotation: a day of slots", MAX_GROUP_ROTATION_FREQUENCY, 24 * 600),
		("upgrade: a week of slots", MAX_UPGRADE_PERIOD, 7 * 24 * 600),
		("old code: four weeks", MAX_CODE_RETENTION_PERIOD, 28 * 24 * 600),
		("absent checkers: an hour", MAX_NO_SHOW_SLOTS, 600),
		("horizontal channel: 16 MiB", MAX_HRMP_CHANNEL_SIZE, 16 * MIB),
		("horizontal message: 128 KiB", MAX_HRMP_MESSAGE_SIZE, 128 * KIB),
		("downward message: 128 KiB", MAX_DOWNWARD_MESSAGE_SIZE, 128 * KIB),
		("downward queue: 16 MiB", MAX_DOWNWARD_QUEUE_SIZE, 16 * MIB),
		(
			"commitments: code, head data and 2 MiB",
			MAX_COMMITMENTS_SIZE,
			8 * MIB,
		),
		("depth and ancestry, R-ABP-4", AsyncBackingParams::MAX, 255),
	];
	let others: Vec<_> = rows
		.iter()
		.filter(|(_, ceiling, expected)| ceiling != expected)
		.collect();
	assert!(others.is_empty(), "R-ABP-6: {others:?}");
}

/// Encoded in one piece, without growing on the way.
#[track_caller]
fn is_encoded_at_once(name: &str, value: &impl Encode) {
	let encoded = value.encode().len();
	assert!(
		value.size_hint() >= encoded,
		"{name}: {} bytes are reserved for {encoded}",
		value.size_hint()
	);
}

#[test]
fn what_is_encoded_by_hand_has_room_from_the_start() {
	for cores in [0, 1, 8, 9, 100, 1024] {
		let bits = AvailabilityBitfield(bitvec::vec::BitVec::repeat(true, cores));
		is_encoded_at_once("bitfield", &bits);
	}
	let candidate = CandidateHash(Hash::repeat_byte(1));
	is_encoded_at_once("statement", &CompactStatement::Seconded(candidate));
	is_encoded_at_once("statement", &CompactStatement::Valid(candidate));
	is_encoded_at_once(
		"descriptor",
		&CandidateDescriptor::v2(DescriptorFields::default()),
	);
	is_encoded_at_once("segment", &UnincludedSegment::default());
	// What a block sends on channels is not part of the hint.
	let block = Ancestor {
		used: UsedBandwidth::default(),
		head: Some(HeadHash(Hash::repeat_byte(2))),
		go_ahead: None,
	};
	let segment = UnincludedSegment::from_parts(vec![block; 3], Some(7)).expect("they send nothing");
	is_encoded_at_once("segment", &segment);
}
