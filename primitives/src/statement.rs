//! Backing statements: what validators say about candidates, and the bytes that they sign.
//!
//! The payloads are Polkadot's byte for byte, so that signatures interoperate (R-STM-2).

use crate::{
	CandidateHash, CommittedCandidateReceipt, Hash, SessionIndex, SigningContext, ValidatorIndex,
	ValidatorSignature,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, Error as CodecError, Input, MaxEncodedLen, Output};
use scale_info::TypeInfo;

/// Marks the signed payload of a backing statement.
const BACKING_MAGIC: [u8; 4] = *b"BKNG";
const SECONDED: u8 = 1;
const VALID: u8 = 2;

/// A statement without the candidate's content (R-BIN-14): 37 bytes, `BKNG`, a kind and the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, TypeInfo, DecodeWithMemTracking)]
pub enum CompactStatement {
	/// Proposes the candidate, and says that it is valid.
	Seconded(CandidateHash),
	/// Confirms a candidate that somebody else proposed.
	Valid(CandidateHash),
}

impl CompactStatement {
	/// The candidate that the statement is about.
	pub fn candidate_hash(&self) -> CandidateHash {
		match self {
			Self::Seconded(hash) | Self::Valid(hash) => *hash,
		}
	}

	/// The bytes that the validator signs (R-STM-2): 73 of them.
	pub fn signing_payload(&self, context: &SigningContext) -> Vec<u8> {
		(self, context).encode()
	}
}

impl Encode for CompactStatement {
	fn size_hint(&self) -> usize {
		Self::max_encoded_len()
	}

	fn encode_to<W: Output + ?Sized>(&self, dest: &mut W) {
		let (kind, hash) = match self {
			Self::Seconded(hash) => (SECONDED, hash),
			Self::Valid(hash) => (VALID, hash),
		};
		dest.write(&BACKING_MAGIC);
		dest.push_byte(kind);
		dest.write(hash.as_ref());
	}
}

impl codec::EncodeLike for CompactStatement {}

impl Decode for CompactStatement {
	fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
		if <[u8; 4]>::decode(input)? != BACKING_MAGIC {
			return Err("a backing statement starts with BKNG (R-STM-3)".into());
		}
		match input.read_byte()? {
			SECONDED => Ok(Self::Seconded(Decode::decode(input)?)),
			VALID => Ok(Self::Valid(Decode::decode(input)?)),
			_ => Err("a backing statement is of kind 1 or 2 (R-STM-2)".into()),
		}
	}
}

impl MaxEncodedLen for CompactStatement {
	fn max_encoded_len() -> usize {
		BACKING_MAGIC.len() + 1 + Hash::max_encoded_len()
	}
}

/// A vote as it goes on-chain: which kind of statement it was, and its signature (R-STM-4, R-BIN-15).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum ValidityAttestation {
	/// The validator proposed the candidate.
	#[codec(index = 1)]
	Implicit(ValidatorSignature),
	/// The validator confirmed the candidate.
	#[codec(index = 2)]
	Explicit(ValidatorSignature),
}

impl ValidityAttestation {
	/// The signature.
	pub fn signature(&self) -> &ValidatorSignature {
		match self {
			Self::Implicit(signature) | Self::Explicit(signature) => signature,
		}
	}

	/// The statement that was signed.
	pub fn statement(&self, candidate: CandidateHash) -> CompactStatement {
		match self {
			Self::Implicit(_) => CompactStatement::Seconded(candidate),
			Self::Explicit(_) => CompactStatement::Valid(candidate),
		}
	}
}

/// A statement with the candidate, as the first one about it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[allow(clippy::large_enum_variant)] // lives as long as it takes to import; most of it is behind pointers anyway
pub enum Statement {
	/// Proposes the candidate.
	#[codec(index = 1)]
	Seconded(CommittedCandidateReceipt),
	/// Confirms a candidate that somebody else proposed.
	#[codec(index = 2)]
	Valid(CandidateHash),
}

impl Statement {
	/// The form that is signed (R-STM-5). Cost: hashes the candidate, if it is there.
	pub fn to_compact(&self) -> CompactStatement {
		match self {
			Self::Seconded(candidate) => CompactStatement::Seconded(candidate.hash()),
			Self::Valid(hash) => CompactStatement::Valid(*hash),
		}
	}
}

/// A compact statement with its author and signature, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SignedCompactStatement {
	/// What is said.
	pub statement: CompactStatement,
	/// Who says it.
	pub validator_index: ValidatorIndex,
	/// Signature over [`CompactStatement::signing_payload`].
	pub signature: ValidatorSignature,
}

impl SignedCompactStatement {
	/// Whether the signature is that of `validator` in this context. Cost: one sr25519 verification.
	pub fn verify(&self, context: &SigningContext, validator: &crate::ValidatorId) -> bool {
		crate::crypto::verify(
			validator,
			&self.statement.signing_payload(context),
			&self.signature,
		)
	}

	/// The vote that goes on-chain (R-STM-4).
	pub fn to_attestation(&self) -> ValidityAttestation {
		match self.statement {
			CompactStatement::Seconded(_) => ValidityAttestation::Implicit(self.signature.clone()),
			CompactStatement::Valid(_) => ValidityAttestation::Explicit(self.signature.clone()),
		}
	}
}

/// Payload of an explicit dispute vote (R-BIN-23): `DISP`, whether the candidate is held valid, hash and session.
pub fn explicit_dispute_payload(session: SessionIndex, candidate: CandidateHash, valid: bool) -> Vec<u8> {
	(*b"DISP", valid, candidate, session).encode()
}

/// Payload of an approval vote (R-BIN-23): `APPR`, hash and session.
pub fn approval_payload(session: SessionIndex, candidate: CandidateHash) -> Vec<u8> {
	(*b"APPR", candidate, session).encode()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_bin_24_golden_signing_payload() {
		let context = SigningContext {
			session_index: 7,
			parent_hash: Hash::repeat_byte(0x11),
		};
		let seconded = CompactStatement::Seconded(CandidateHash(Hash::repeat_byte(0x22)));
		let valid = CompactStatement::Valid(CandidateHash(Hash::repeat_byte(0x22)));
		let mut expected = [b"BKNG".as_slice(), &[1], &[0x22; 32], &[7, 0, 0, 0], &[0x11; 32]].concat();
		assert_eq!(seconded.signing_payload(&context), expected, "R-STM-2");
		assert_eq!(expected.len(), 73);
		expected[4] = 2;
		assert_eq!(valid.signing_payload(&context), expected, "R-STM-2");
	}

	#[test]
	fn r_stm_3_only_the_right_magic_decodes() {
		let mut bytes = CompactStatement::Valid(CandidateHash(Hash::repeat_byte(1))).encode();
		assert_eq!(bytes.len(), CompactStatement::max_encoded_len());
		assert_eq!(
			CompactStatement::decode(&mut &bytes[..])
				.expect("own encoding")
				.encode(),
			bytes
		);
		bytes[0] = b'A';
		assert!(CompactStatement::decode(&mut &bytes[..]).is_err());
	}

	#[test]
	fn r_stm_2_there_are_two_kinds_and_both_name_their_candidate() {
		let hash = CandidateHash(Hash::repeat_byte(0x22));
		let kind = |kind| {
			let bytes = [b"BKNG".as_slice(), &[kind], &[0x22; 32]].concat();
			CompactStatement::decode(&mut &bytes[..]).ok()
		};
		assert_eq!(kind(1), Some(CompactStatement::Seconded(hash)), "R-STM-2");
		assert_eq!(kind(2), Some(CompactStatement::Valid(hash)), "R-STM-2");
		assert_eq!([kind(0), kind(3)], [None; 2], "R-STM-2");
		assert_eq!(CompactStatement::Seconded(hash).candidate_hash(), hash);
		assert_eq!(CompactStatement::Valid(hash).candidate_hash(), hash);
	}

	#[test]
	fn r_bin_23_golden_payloads_of_other_votes() {
		let hash = CandidateHash(Hash::repeat_byte(0x22));
		let approval = [b"APPR".as_slice(), &[0x22; 32], &[7, 0, 0, 0]].concat();
		assert_eq!(approval_payload(7, hash), approval, "R-BIN-23");
		for (valid, byte) in [(true, 1), (false, 0)] {
			let dispute = [b"DISP".as_slice(), &[byte], &[0x22; 32], &[7, 0, 0, 0]].concat();
			assert_eq!(explicit_dispute_payload(7, hash, valid), dispute, "R-BIN-23");
		}
	}

	#[test]
	fn r_stm_5_full_and_compact_statements_share_a_signature() {
		use sp_core::Pair;
		let candidate = CommittedCandidateReceipt {
			descriptor: crate::CandidateDescriptor::v2(Default::default()),
			commitments: Default::default(),
		};
		let hash = candidate.hash();
		let context = SigningContext {
			session_index: 3,
			parent_hash: Hash::repeat_byte(1),
		};
		let pair = crate::ValidatorPair::from_seed(&[1; 32]);
		let rows = [
			(
				Statement::Seconded(candidate),
				CompactStatement::Seconded(hash),
				1,
			),
			(Statement::Valid(hash), CompactStatement::Valid(hash), 2),
		];
		for (full, compact, kind) in rows {
			assert_eq!(full.encode()[0], kind, "R-STM-2");
			assert_eq!(full.to_compact(), compact, "R-STM-5");
			let signed = SignedCompactStatement {
				statement: compact,
				validator_index: ValidatorIndex(0),
				signature: pair.sign(&full.to_compact().signing_payload(&context)),
			};
			assert!(signed.verify(&context, &pair.public()), "R-STM-5");
			let attestation = signed.to_attestation();
			assert_eq!(attestation.encode()[0], kind, "R-BIN-15");
			assert_eq!(
				attestation.encode()[1..],
				signed.signature.encode(),
				"R-STM-4: only the signature"
			);
			assert_eq!(attestation.statement(hash), compact, "R-BKV-3");
			let elsewhere = SigningContext {
				session_index: 4,
				..context
			};
			assert!(
				!signed.verify(&elsewhere, &pair.public()),
				"R-STM-2: bound to the session"
			);
		}
	}
}
