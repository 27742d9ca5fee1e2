//! The parachains inherent: what a block author brings in, once per block (R-INC-1, R-BIN-17).

use crate::{BackedCandidate, DisputeStatementSet, Header, UncheckedSignedAvailabilityBitfield};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_inherents::InherentIdentifier;

/// Identifies the inherent among those of a block.
pub const PARACHAINS_INHERENT_IDENTIFIER: InherentIdentifier = *b"parachn0";

/// Content of the inherent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ParachainsInherentData {
	/// Signed availability bitfields, ascending by validator.
	pub bitfields: Vec<UncheckedSignedAvailabilityBitfield>,
	/// Candidates with their votes, ascending by para, in chain order within a para (R-INC-3).
	pub backed_candidates: Vec<BackedCandidate>,
	/// Dispute votes.
	pub disputes: Vec<DisputeStatementSet>,
	/// Header of the parent block.
	pub parent_header: Header,
}
