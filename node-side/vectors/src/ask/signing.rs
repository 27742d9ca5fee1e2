//! Questions about what is signed, and by whom.

use super::{
	decoded,
	refusal::{verdict, Answer},
};
use crate::{
	error::at_most,
	hex::{hex, Hex},
	Malformed,
};
use async_backing_primitives::{
	approval_payload, check_backing_votes, crypto::verify, explicit_dispute_payload, AvailabilityBitfield,
	BackedCandidate, CandidateHash, CompactStatement, Hash, PvfCheckStatement, SessionIndex, SigningContext,
	ValidationCodeHash, ValidatorId, ValidatorIndex, ValidatorSignature,
};
use async_backing_wire::declare_payload;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most members of a group: signatures are dear.
const MAX_GROUP: u64 = 256;

/// What is signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum SigningPayload {
	Seconded {
		candidate_hash: CandidateHash,
		session: SessionIndex,
		relay_parent: Hash,
	},
	Valid {
		candidate_hash: CandidateHash,
		session: SessionIndex,
		relay_parent: Hash,
	},
	Bitfield {
		/// A digit for each core, the first core first.
		bits: String,
		session: SessionIndex,
		relay_parent: Hash,
	},
	Approval {
		candidate_hash: CandidateHash,
		session: SessionIndex,
	},
	Dispute {
		candidate_hash: CandidateHash,
		session: SessionIndex,
		valid: bool,
	},
	PvfCheck {
		code_hash: ValidationCodeHash,
		session: SessionIndex,
		validator: ValidatorIndex,
		accept: bool,
	},
	Declare {
		peer_id: Hex,
	},
}

impl SigningPayload {
	pub(super) fn answer(self) -> Answer {
		let context = |session_index, parent_hash| SigningContext {
			session_index,
			parent_hash,
		};
		let payload = match self {
			Self::Seconded {
				candidate_hash,
				session,
				relay_parent,
			} => CompactStatement::Seconded(candidate_hash).signing_payload(&context(session, relay_parent)),
			Self::Valid {
				candidate_hash,
				session,
				relay_parent,
			} => CompactStatement::Valid(candidate_hash).signing_payload(&context(session, relay_parent)),
			Self::Bitfield {
				bits,
				session,
				relay_parent,
			} => AvailabilityBitfield(digits(&bits)?.into_iter().collect())
				.signing_payload(&context(session, relay_parent)),
			Self::Approval {
				candidate_hash,
				session,
			} => approval_payload(session, candidate_hash),
			Self::Dispute {
				candidate_hash,
				session,
				valid,
			} => explicit_dispute_payload(session, candidate_hash, valid),
			Self::PvfCheck {
				code_hash,
				session,
				validator,
				accept,
			} => PvfCheckStatement {
				accept,
				subject: code_hash,
				session_index: session,
				validator_index: validator,
			}
			.signing_payload(),
			Self::Declare { peer_id } => declare_payload(&peer_id.0),
		};
		super::ok(hex(payload))
	}
}

fn digits(bits: &str) -> Result<Vec<bool>, Malformed> {
	bits.chars()
		.map(|digit| match digit {
			'0' => Ok(false),
			'1' => Ok(true),
			_ => Err(Malformed::Bytes {
				what: "bits",
				why: format!("{digit:?} is neither 0 nor 1"),
			}),
		})
		.collect()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifySignature {
	pub(crate) key: Hex,
	pub(crate) payload: Hex,
	pub(crate) signature: Hex,
}

impl VerifySignature {
	pub(super) fn answer(self) -> Answer {
		let key: ValidatorId = decoded("key", &self.key.0)?;
		let signature: ValidatorSignature = decoded("signature", &self.signature.0)?;
		super::ok(verify(&key, &self.payload.0, &signature))
	}
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckBackingVotes {
	/// A backed candidate.
	pub(crate) backed: Hex,
	/// Members in order.
	pub(crate) group: Vec<u32>,
	/// Keys of the session, by validator.
	pub(crate) keys: Vec<Hex>,
	pub(crate) minimum_backing_votes: u32,
	pub(crate) session: SessionIndex,
	pub(crate) relay_parent: Hash,
}

impl CheckBackingVotes {
	pub(super) fn answer(self) -> Answer {
		at_most("size of the group", self.group.len() as u64, MAX_GROUP)?;
		let backed: BackedCandidate = decoded("backed", &self.backed.0)?;
		let keys = self.keys.iter().map(|key| decoded("key", &key.0));
		let keys = keys.collect::<Result<Vec<ValidatorId>, _>>()?;
		let group: Vec<_> = self.group.into_iter().map(ValidatorIndex).collect();
		let context = SigningContext {
			session_index: self.session,
			parent_hash: self.relay_parent,
		};
		let votes = check_backing_votes(
			&backed,
			backed.hash(),
			&group,
			self.minimum_backing_votes,
			&context,
			|validator| keys.get(validator.as_usize()),
		);
		verdict(votes, Value::from)
	}
}
