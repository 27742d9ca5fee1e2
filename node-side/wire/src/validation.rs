//! Among validators, version 3: bitfields, statements and approvals (R-NET-90 to R-NET-96).

use crate::{reader::fields, ApprovalMessage, Fault, Notification, PeerSet, Read, Reader};
use async_backing_primitives::{
	BackedCandidateAcknowledgement, BackedCandidateManifest, Hash, SignedCompactStatement,
	StatementDistributionMessage, UncheckedSignedAvailabilityBitfield,
};
use codec::{Encode, EncodeLike, Output};

/// A message among validators.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // lives as long as it takes to handle
pub enum ValidationMessage {
	/// Which chunks a validator holds, at a leaf (R-NET-91).
	Bitfield {
		/// The leaf.
		relay_parent: Hash,
		/// The signed bits.
		bitfield: UncheckedSignedAvailabilityBitfield,
	},
	/// Statements, manifests and acknowledgements (R-NET-92 to R-NET-94).
	Statement(StatementDistributionMessage),
	/// Assignments and approvals (R-NET-95, R-NET-96).
	Approval(ApprovalMessage),
}

// 0 and 2 were of older versions.
const BITFIELD: u8 = 1;
const STATEMENT: u8 = 3;
const APPROVAL: u8 = 4;

impl Encode for ValidationMessage {
	fn size_hint(&self) -> usize {
		match self {
			Self::Bitfield {
				relay_parent,
				bitfield,
			} => relay_parent.size_hint().saturating_add(bitfield.size_hint()),
			Self::Statement(message) => message.size_hint(),
			Self::Approval(message) => message.size_hint(),
		}
		.saturating_add(2)
	}

	fn encode_to<W: Output + ?Sized>(&self, dest: &mut W) {
		match self {
			// The messages about bitfields are an enum with one alternative.
			Self::Bitfield {
				relay_parent,
				bitfield,
			} => (BITFIELD, 0u8, relay_parent, bitfield).encode_to(dest),
			Self::Statement(message) => (STATEMENT, message).encode_to(dest),
			Self::Approval(message) => (APPROVAL, message).encode_to(dest),
		}
	}
}

impl EncodeLike for ValidationMessage {}

impl Read for ValidationMessage {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(
			match reader.index("validation protocol", &[BITFIELD, STATEMENT, APPROVAL])? {
				BITFIELD => {
					reader.index("bitfield message", &[0])?;
					Self::Bitfield {
						relay_parent: Read::read(reader)?,
						bitfield: Read::read(reader)?,
					}
				}
				STATEMENT => Self::Statement(Read::read(reader)?),
				_ => Self::Approval(Read::read(reader)?),
			},
		)
	}
}

impl Notification for ValidationMessage {
	const NAME: &'static str = "validation message";
	const SET: PeerSet = PeerSet::Validation;
}

fields!(UncheckedSignedAvailabilityBitfield {
	payload,
	validator_index,
	signature
});
fields!(SignedCompactStatement {
	statement,
	validator_index,
	signature
});
fields!(BackedCandidateManifest {
	scheduling_parent,
	candidate_hash,
	group_index,
	para_id,
	parent_head_data_hash,
	statement_knowledge
});
fields!(BackedCandidateAcknowledgement {
	candidate_hash,
	statement_knowledge
});

impl Read for StatementDistributionMessage {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(match reader.index("statement message", &[0, 1, 2])? {
			0 => Self::Statement(Read::read(reader)?, Read::read(reader)?),
			1 => Self::BackedCandidateManifest(Read::read(reader)?),
			_ => Self::BackedCandidateKnown(Read::read(reader)?),
		})
	}
}
