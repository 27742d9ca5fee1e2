//! Every message of the network: whatever comes, reading it neither panics nor reserves more memory than its bytes justify,
//! and what is a message has no other encoding (R-NET-54, R-NET-55). The first byte says which message the others are.
#![no_main]

use async_backing_wire::*;
use core::fmt::Debug;
use libfuzzer_sys::fuzz_target;

fn try_message<T: Wire + Debug>(bytes: &[u8]) {
	let mut reader = Reader::new(bytes);
	let _ = T::read(&mut reader);
	assert!(
		reader.reserved() <= bytes.len() * MAX_MEMORY_PER_BYTE,
		"{}: {} bytes reserved for {}",
		T::NAME,
		reader.reserved(),
		bytes.len()
	);
	match T::from_wire(bytes) {
		Ok(message) => assert_eq!(message.encode(), bytes, "one value, one encoding: {message:?}"),
		Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
	}
}

/// One for each kind of message.
const TRIALS: &[fn(&[u8])] = &[
	try_message::<Envelope<CollatorMessage<AdvertisementV1>>>,
	try_message::<Envelope<CollatorMessage<AdvertisementV2>>>,
	try_message::<Envelope<CollatorMessage<AdvertisementV3>>>,
	try_message::<Envelope<Segment>>,
	try_message::<Envelope<ValidationMessage>>,
	try_message::<CollationRequestV1>,
	try_message::<CollationRequestV2>,
	try_message::<CollationRequestV3>,
	try_message::<CollationResponse>,
	try_message::<CollationResponseV3>,
	try_message::<AttestedCandidateRequest>,
	try_message::<AttestedCandidateResponse>,
	try_message::<ChunkRequestV1>,
	try_message::<ChunkRequestV2>,
	try_message::<ChunkResponseV1>,
	try_message::<ChunkResponseV2>,
	try_message::<PovRequest>,
	try_message::<PovResponse>,
	try_message::<AvailableDataRequest>,
	try_message::<AvailableDataResponse>,
	try_message::<DisputeRequest>,
];

fuzz_target!(|bytes: &[u8]| {
	let Some((which, message)) = bytes.split_first() else {
		return;
	};
	TRIALS[usize::from(*which) % TRIALS.len()](message);
});
