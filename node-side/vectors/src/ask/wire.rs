//! Questions about messages of the network.

use super::refusal::Answer;
use crate::{
	hex::{hex, Hex},
	Malformed,
};
use async_backing_wire::*;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecodeMessage {
	/// Which message.
	pub(crate) message: String,
	pub(crate) bytes: Hex,
}

macro_rules! messages {
	($($name:literal: $message:ty,)*) => {
		/// The messages that there are.
		pub(crate) fn names() -> &'static [&'static str] {
			&[$($name),*]
		}

		/// What bytes are, by name.
		fn read(name: &str, bytes: &[u8]) -> Option<Value> {
			match name {
				$($name => Some(told(<$message>::from_wire(bytes))),)*
				_ => None,
			}
		}
	};
}

messages! {
	"validation": Envelope<ValidationMessage>,
	"collation/1": Envelope<CollatorMessage<AdvertisementV1>>,
	"collation/2": Envelope<CollatorMessage<AdvertisementV2>>,
	"collation/3": Envelope<CollatorMessage<AdvertisementV3>>,
	"collation/4": Envelope<Segment>,
	"req_chunk/1": ChunkRequestV1,
	"req_chunk/2": ChunkRequestV2,
	"chunk/1": ChunkResponseV1,
	"chunk/2": ChunkResponseV2,
	"req_collation/1": CollationRequestV1,
	"req_collation/2": CollationRequestV2,
	"req_collation/3": CollationRequestV3,
	"req_pov/1": PovRequest,
	"pov/1": PovResponse,
	"req_available_data/1": AvailableDataRequest,
	"available_data/1": AvailableDataResponse,
	"req_attested_candidate/2": AttestedCandidateRequest,
	"send_dispute/1": DisputeRequest,
	"dispute/1": DisputeConfirmed,
}

fn told<T: Wire>(read: Result<T, DecodeError>) -> Value {
	let kind = |fault: &Fault| {
		let text = format!("{fault:?}");
		text.chars()
			.take_while(char::is_ascii_alphanumeric)
			.collect::<String>()
	};
	match read {
		Ok(message) => json!({ "ok": hex(message.encode()) }),
		Err(error) => json!({ "refused": {
			"kind": kind(&error.fault),
			"rule": "R-NET-54",
			"offset": error.offset,
		} }),
	}
}

impl DecodeMessage {
	pub(super) fn answer(self) -> Answer {
		read(&self.message, &self.bytes.0).ok_or_else(|| Malformed::Bytes {
			what: "message",
			why: format!("{:?} is none of {:?}", self.message, names()),
		})
	}
}
