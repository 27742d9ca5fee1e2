//! For every message: what is encoded decodes, and nothing else does.

use super::sample::{Entropy, Sample};
use crate::*;
use alloc::vec::Vec;
use proptest::{collection::vec, prelude::*};

/// It decodes to itself, is not too long, and reserves no more than it may.
fn round_trip<T: Sample>(entropy: Vec<u8>) {
	let value = T::sample(&mut Entropy::new(entropy));
	let bytes = value.encode();
	assert!(bytes.len() <= T::LIMIT);
	assert_eq!(T::from_wire(&bytes).as_ref(), Ok(&value), "{bytes:02x?}");
}

/// Every beginning of it is too short, and no byte may follow it.
fn exact<T: Sample>(entropy: Vec<u8>) {
	let mut bytes = T::sample(&mut Entropy::new(entropy)).encode();
	for len in 0..bytes.len() {
		let error = T::from_wire(&bytes[..len]).expect_err("a part is no message");
		assert!(
			matches!(error.fault, Fault::Truncated { expected, got } if got < expected),
			"{len} of {bytes:02x?}: {error}"
		);
		assert_eq!(error.cost, T::COST);
	}
	let len = bytes.len();
	for byte in 0..=u8::MAX {
		bytes.push(byte);
		let error = T::from_wire(&bytes).expect_err("a byte is left");
		assert_eq!(
			(error.fault, error.offset),
			(Fault::TrailingBytes { got: 1 }, len)
		);
		bytes.pop();
	}
}

/// Whatever comes, decoding neither panics nor reserves more than it may; and what decodes encodes to the same bytes.
fn hostile<T: Sample>(bytes: &[u8]) {
	let mut reader = Reader::new(bytes);
	let _ = T::read(&mut reader);
	assert!(
		reader.reserved() <= bytes.len() * MAX_MEMORY_PER_BYTE,
		"{bytes:02x?}"
	);
	if let Ok(value) = T::from_wire(bytes) {
		assert_eq!(value.encode(), bytes, "one value, one encoding: {value:?}");
	}
}

/// A valid encoding with bytes replaced: on average one, often by what a length would not want to be.
fn damaged<T: Sample>(entropy: Vec<u8>, damage: &[(usize, u8)]) {
	const NASTY: [u8; 8] = [0, 1, 2, 3, 4, 0xfd, 0xfe, 0xff];
	let mut bytes = T::sample(&mut Entropy::new(entropy)).encode();
	for (at, byte) in damage {
		let at = at % bytes.len();
		bytes[at] = match byte {
			0..=127 => NASTY[usize::from(byte % 8)],
			_ => *byte,
		};
	}
	hostile::<T>(&bytes);
}

macro_rules! properties {
	($($name:ident: $type:ty;)*) => {$(
		mod $name {
			use super::*;

			proptest! {
				#[test]
				fn r_net_54_decodes_as_it_was_encoded(entropy in vec(any::<u8>(), 0..1200)) {
					round_trip::<$type>(entropy);
				}

				#[test]
				fn r_net_54_no_byte_may_lack_or_follow(entropy in vec(any::<u8>(), 0..600)) {
					exact::<$type>(entropy);
				}

				#[test]
				fn r_net_54_random_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..400)) {
					hostile::<$type>(&bytes);
				}

				#[test]
				fn r_net_54_damaged_messages_do_no_harm(
					entropy in vec(any::<u8>(), 0..1200),
					damage in vec((0..2000usize, any::<u8>()), 1..4),
				) {
					damaged::<$type>(entropy, &damage);
				}
			}
		}
	)*};
}

properties! {
	collation_v1: Envelope<CollatorMessage<AdvertisementV1>>;
	collation_v2: Envelope<CollatorMessage<AdvertisementV2>>;
	collation_v3: Envelope<CollatorMessage<AdvertisementV3>>;
	collation_v4: Envelope<Segment>;
	validation: Envelope<ValidationMessage>;
	collation_request_v1: CollationRequestV1;
	collation_request_v2: CollationRequestV2;
	collation_request_v3: CollationRequestV3;
	collation_response: CollationResponse;
	collation_response_v3: CollationResponseV3;
	attested_request: AttestedCandidateRequest;
	attested_response: AttestedCandidateResponse;
	chunk_request_v1: ChunkRequestV1;
	chunk_request_v2: ChunkRequestV2;
	chunk_response_v1: ChunkResponseV1;
	chunk_response_v2: ChunkResponseV2;
	pov_request: PovRequest;
	pov_response: PovResponse;
	available_data_request: AvailableDataRequest;
	available_data_response: AvailableDataResponse;
	dispute_request: DisputeRequest;
	dispute_confirmed: DisputeConfirmed;
}
