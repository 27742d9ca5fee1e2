//! Assignments and approvals, as types (R-NET-95, R-NET-96).

use crate::{reader::fields, Fault, Indices, Read, Reader, MAX_APPROVALS, MAX_ASSIGNMENTS};
use alloc::vec::Vec;
use async_backing_primitives::{CoreIndex, Hash, ValidatorIndex, ValidatorSignature};
use codec::Encode;

/// A message about approval.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub enum ApprovalMessage {
	/// Who has to check what, at most [`MAX_ASSIGNMENTS`].
	#[codec(index = 0)]
	Assignments(Vec<Assignment>),
	/// Who has checked what, at most [`MAX_APPROVALS`].
	#[codec(index = 1)]
	Approvals(Vec<Approval>),
}

impl Read for ApprovalMessage {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(match reader.index("approval message", &[0, 1])? {
			0 => Self::Assignments(reader.list("assignments", 0..=MAX_ASSIGNMENTS, Assignment::MIN_SIZE)?),
			_ => Self::Approvals(reader.list("approvals", 0..=MAX_APPROVALS, Approval::MIN_SIZE)?),
		})
	}
}

/// A validator's duty to check candidates of a block, with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Assignment {
	/// The relay block that includes the candidates.
	pub block_hash: Hash,
	/// Who is assigned.
	pub validator: ValidatorIndex,
	/// How that follows.
	pub cert: AssignmentCert,
	/// Positions of the candidates among those that the block includes.
	pub candidates: Indices,
}
fields!(Assignment {
	block_hash,
	validator,
	cert,
	candidates
});

impl Assignment {
	/// Bytes of the smallest one: block, validator, kind with two bytes of bits, proof, two bytes of bits.
	pub const MIN_SIZE: usize = 32 + 4 + (1 + 2) + Vrf::ENCODED_LEN + 2;
}

/// Why a validator is assigned.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct AssignmentCert {
	/// The criterion.
	pub kind: AssignmentKind,
	/// Proof that it is met.
	pub vrf: Vrf,
}
fields!(AssignmentCert { kind, vrf });

/// The criterion of an assignment.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub enum AssignmentKind {
	/// Several cores at once, from the start.
	#[codec(index = 0)]
	Modulo {
		/// The cores.
		cores: Indices,
	},
	/// One core, after a delay.
	#[codec(index = 1)]
	Delay {
		/// The core.
		core: CoreIndex,
	},
}

impl Read for AssignmentKind {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(match reader.index("kind of assignment", &[0, 1])? {
			0 => Self::Modulo {
				cores: Read::read(reader)?,
			},
			_ => Self::Delay {
				core: Read::read(reader)?,
			},
		})
	}
}

/// Output and proof of an sr25519 VRF, not verified. Both halves of the proof are scalars below the order of the group,
/// or it does not decode; whether the output is a point is seen when it is verified.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Vrf {
	/// The output before it is hashed.
	pub pre_output: [u8; 32],
	/// Challenge, then response.
	pub proof: [u8; 64],
}

impl Vrf {
	/// Encoded size, in bytes.
	pub const ENCODED_LEN: usize = 32 + 64;
}

impl Read for Vrf {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		let vrf = Self {
			pre_output: Read::read(reader)?,
			proof: Read::read(reader)?,
		};
		let (challenge, response) = vrf.proof.split_at(32);
		for (what, half) in [("challenge", challenge), ("response", response)] {
			if !is_scalar(half) {
				return Err(Fault::NoScalar { what });
			}
		}
		Ok(vrf)
	}
}

/// Order of the group of ristretto255, 2^252 + 27742317777372353535851937790883648493, least significant byte first.
const GROUP_ORDER: [u8; 32] = [
	0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Whether bytes, least significant first, are a number below [`GROUP_ORDER`]. Public values: no need for constant time.
fn is_scalar(bytes: &[u8]) -> bool {
	bytes.iter().rev().lt(GROUP_ORDER.iter().rev())
}

/// A validator's word that candidates of a block are valid.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Approval {
	/// The relay block that includes the candidates.
	pub block_hash: Hash,
	/// Positions of the candidates among those that the block includes.
	pub candidates: Indices,
	/// Who approves.
	pub validator: ValidatorIndex,
	/// Over all candidates at once.
	pub signature: ValidatorSignature,
}
fields!(Approval {
	block_hash,
	candidates,
	validator,
	signature
});

impl Approval {
	/// Bytes of the smallest one: block, two bytes of bits, validator, signature.
	pub const MIN_SIZE: usize = 32 + 2 + 4 + 64;
}
