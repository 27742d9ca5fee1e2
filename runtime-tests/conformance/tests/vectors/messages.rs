//! Messages of the network.

use crate::{bytes, cases, name};
use codec::{DecodeAll, Encode};
use polkadot_node_network_protocol::{
	self as peer,
	request_response::{v1, v2, v3},
	View,
};

/// The one layout that the published crates keep to themselves: the envelope (R-NET-54).
#[derive(Encode, codec::Decode)]
enum Envelope<M> {
	#[codec(index = 1)]
	Message(M),
	#[codec(index = 2)]
	View(View),
}

fn again<T: DecodeAll + Encode>(bytes: &[u8]) -> Option<Vec<u8>> {
	T::decode_all(&mut &*bytes).ok().map(|message| message.encode())
}

/// What the published crate makes of bytes, encoded again.
fn there(message: &str, bytes: &[u8]) -> Option<Vec<u8>> {
	match message {
		"validation" => again::<Envelope<peer::v3::ValidationProtocol>>(bytes),
		"collation/1" => again::<Envelope<peer::v1::CollationProtocol>>(bytes),
		"collation/2" => again::<Envelope<peer::v2::CollationProtocol>>(bytes),
		"collation/3" => again::<Envelope<peer::v3_collation::CollationProtocol>>(bytes),
		"collation/4" => again::<Envelope<peer::v4_collation::CollationProtocol>>(bytes),
		"req_chunk/1" => again::<v1::ChunkFetchingRequest>(bytes),
		"req_chunk/2" => again::<v2::ChunkFetchingRequest>(bytes),
		"chunk/1" => again::<v1::ChunkFetchingResponse>(bytes),
		"chunk/2" => again::<v2::ChunkFetchingResponse>(bytes),
		"req_collation/1" => again::<v1::CollationFetchingRequest>(bytes),
		"req_collation/2" => again::<v2::CollationFetchingRequest>(bytes),
		"req_collation/3" => again::<v3::CollationFetchingRequest>(bytes),
		"pov/1" => again::<v1::PoVFetchingResponse>(bytes),
		"available_data/1" => again::<v1::AvailableDataFetchingResponse>(bytes),
		"req_attested_candidate/2" => again::<v2::AttestedCandidateRequest>(bytes),
		"dispute/1" => again::<v1::DisputeResponse>(bytes),
		other => panic!("{other} is no message of theirs"),
	}
}

#[test]
fn r_net_54_messages() {
	let (mut accepted, mut refused) = (0, 0);
	for case in cases("wire", "decode_message") {
		let question = &case["question"];
		let message = question["message"].as_str().expect("a name");
		let there = there(message, &bytes(&question["bytes"]));
		match case["answer"].get("ok") {
			Some(ok) => {
				assert_eq!(Some(bytes(ok)), there, "{}", name(&case));
				accepted += 1;
			}
			None => {
				assert_eq!(there, None, "{}", name(&case));
				refused += 1;
			}
		}
	}
	assert!(
		accepted > 30 && refused > 60,
		"{accepted} accepted, {refused} refused"
	);
}
