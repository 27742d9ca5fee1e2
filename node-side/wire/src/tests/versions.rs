//! Versions of the collation protocol.

use crate::*;
use async_backing_primitives::{DescriptorVersion, Hash};
use codec::Encode;

#[test]
fn r_net_59_the_stream_says_the_version() {
	let bytes = [&[1, 0, 1][..], &[1; 32]].concat();
	let message = CollationMessage::from_wire(CollationVersion::V1, &bytes).expect("version 1");
	let Envelope::Message(inner) = &message else {
		panic!("no view");
	};
	assert_eq!(inner.version(), CollationVersion::V1);
	assert_eq!(message.encode(), bytes);
	for version in [CollationVersion::V2, CollationVersion::V3] {
		let error = CollationMessage::from_wire(version, &bytes).expect_err("too short");
		assert!(matches!(error.fault, Fault::Truncated { .. }), "{version:?}");
	}
	let bytes = (2u8, [Hash::repeat_byte(1)].as_slice(), 7u32).encode();
	let views = CollationVersion::NEWEST_FIRST.map(|version| CollationMessage::from_wire(version, &bytes));
	assert!(views.iter().all(|got| matches!(got, Ok(Envelope::View(_)))));
}

#[test]
fn r_net_64_versions_that_we_do_not_know_are_told_apart() {
	let rows = [
		(&[0][..], DescriptorClaim::V1, Some(DescriptorVersion::V1)),
		(&[1], DescriptorClaim::V2, Some(DescriptorVersion::V2)),
		(&[2], DescriptorClaim::V3, Some(DescriptorVersion::V3)),
		(&[3, 9], DescriptorClaim::Unknown(9), None),
	];
	for (bytes, claim, known) in rows {
		let mut reader = Reader::new(bytes);
		assert_eq!(DescriptorClaim::read(&mut reader), Ok(claim));
		assert_eq!((claim.encode().as_slice(), claim.known()), (bytes, known));
	}
}
