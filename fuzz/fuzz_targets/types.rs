//! Every type of the primitives that comes from outside: decoding it neither panics nor takes more memory than its bytes
//! justify, and is the inverse of encoding. The first byte says which type the others are.
#![no_main]

use async_backing_primitives::*;
use codec::{Decode, DecodeWithMemLimit, DecodeWithMemTracking, Encode};
use core::fmt::Debug;
use libfuzzer_sys::fuzz_target;

/// Memory that decoding may ask for: the densest list holds a 24-byte vector for each encoded byte, and each list in
/// progress allocates a chunk ahead.
fn justified(encoded: usize) -> usize {
	encoded * 32 + 64 * 1024
}

fn try_type<T>(bytes: &[u8])
where
	T: Encode + Decode + DecodeWithMemTracking + PartialEq + Debug,
{
	let plain = T::decode(&mut &bytes[..]);
	let bounded = T::decode_with_mem_limit(&mut &bytes[..], justified(bytes.len()));
	assert_eq!(plain.is_ok(), bounded.is_ok(), "memory within bounds");
	if let Ok(value) = plain {
		let encoded = value.encode();
		assert_eq!(T::decode(&mut &encoded[..]).as_ref(), Ok(&value));
		assert_eq!(value.encoded_size(), encoded.len());
	}
}

/// Values of a runtime's answers, whose layout is told by trying.
fn try_layouts(bytes: &[u8]) {
	let mut accepted = 0;
	for version in [PrimitivesVersion::V8, PrimitivesVersion::V9] {
		accepted += usize::from(BackingState::decode_from(version, bytes).is_ok());
	}
	assert_eq!(BackingState::decode_any(bytes).is_ok(), accepted > 0, "R-BASE-4");
}

/// Upward messages of a candidate, and what its signals say (R-UMP).
fn try_signals(bytes: &[u8]) {
	let Ok(messages) = Vec::<Vec<u8>>::decode(&mut &bytes[..]) else {
		return;
	};
	let before = upward_messages_before_separator(&messages);
	assert!(before.len() <= messages.len());
	if parse_signals(&messages).is_ok() {
		assert!(
			messages.len() - before.len() <= 3,
			"a separator and one signal of each kind (R-UMP-3)"
		);
	}
}

/// One for each type.
const TRIALS: &[fn(&[u8])] = &[
	try_layouts,
	try_signals,
	try_type::<AsyncBackingParams>,
	try_type::<HostConfiguration>,
	try_type::<Constraints>,
	try_type::<ExtendedConstraints>,
	try_type::<CandidatePendingAvailability>,
	try_type::<BackingState>,
	try_type::<CandidateCommitments>,
	try_type::<PersistedValidationData>,
	try_type::<CoreState>,
	try_type::<GroupRotationInfo>,
	try_type::<UncheckedSignedAvailabilityBitfield>,
	try_type::<CandidateReceipt>,
	try_type::<CommittedCandidateReceipt>,
	try_type::<SignedCompactStatement>,
	try_type::<Statement>,
	try_type::<BackedCandidate>,
	try_type::<ParachainsInherentData>,
	try_type::<DisputeStatementSet>,
	try_type::<ScrapedOnChainVotes>,
	try_type::<PendingSlashes>,
	try_type::<DisputeProof>,
	try_type::<BackedCandidateManifest>,
	try_type::<BackedCandidateAcknowledgement>,
	try_type::<StatementDistributionMessage>,
	try_type::<SessionInfo>,
	try_type::<ExecutorParams>,
	try_type::<NodeFeatures>,
	try_type::<CandidateEvent>,
	try_type::<AvailableData>,
	try_type::<ValidationParams>,
	try_type::<ValidationResult>,
	try_type::<AllowedRelayParents>,
	try_type::<ClaimQueue>,
];

fuzz_target!(|bytes: &[u8]| {
	let Some((which, value)) = bytes.split_first() else {
		return;
	};
	TRIALS[usize::from(*which) % TRIALS.len()](value);
});
