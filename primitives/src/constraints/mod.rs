//! Constraints: what a parachain may do next, and how each candidate uses it up (PROTOCOL.md, section 3).
//!
//! [`Constraints`] describe the state of the relay chain at a block. A candidate causes [`ConstraintModifications`];
//! those of a path of candidates [stack](ConstraintModifications::stack). A candidate at the end of a path is judged
//! against [`Operating`] constraints: base and stacked modifications **read together**, never added up. So judging
//! clones nothing of the base and costs no more for a para with a thousand queued messages than for one with none,
//! beyond a logarithm.
//!
//! Invariants of [`Constraints`]: `hrmp_channels_out` ascends strictly by recipient, `valid_watermarks` and
//! `dmp_remaining_messages` ascend. [`Constraints::is_canonical`] checks them, [`Constraints::canonicalize`] restores
//! them in values that came from elsewhere.

mod apply;
mod check;
mod consumption;
mod modifications;
mod operating;
mod source;
mod wire;

pub use check::ModificationError;
pub use consumption::HrmpConsumption;
pub(crate) use modifications::{stacked_outbound, Consumption};
pub use modifications::{ConstraintModifications, HrmpWatermarkUpdate, OutboundHrmpChannelModification};
pub use operating::Operating;
pub use source::{ConstraintSource, ConstraintsExtension, ExtendedConstraints};

pub use wire::{PrimitivesVersion, UnknownLayout, HEAD_DATA_LIMIT_BEFORE_V9};

use crate::{
	BlockNumber, CandidateCommitments, CandidateDescriptor, CandidateHash, HeadData, HostConfiguration,
	ParaId, UpgradeRestriction, ValidationCodeHash,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// What remains of an outbound channel (R-BASE-10).
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	codec::MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OutboundHrmpChannelLimitations {
	/// Bytes that may still be sent.
	pub bytes_remaining: u32,
	/// Messages that may still be sent.
	pub messages_remaining: u32,
}

impl OutboundHrmpChannelLimitations {
	/// What remains after so much was sent (R-APP-4).
	#[inline]
	pub(crate) fn less(self, sent: OutboundHrmpChannelModification) -> Self {
		Self {
			bytes_remaining: self.bytes_remaining.saturating_sub(sent.bytes_submitted),
			messages_remaining: self.messages_remaining.saturating_sub(sent.messages_submitted),
		}
	}
}

/// What limits the inbound watermark (R-BASE-9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InboundHrmpLimitations {
	/// Relay blocks to which the watermark may move, ascending: the last watermark, and blocks in which messages
	/// arrived. A candidate's own relay parent is always legal and need not be here.
	pub valid_watermarks: Vec<BlockNumber>,
}

/// What a parachain may do next, derived from relay state and ignoring pending candidates (R-GLO-9, R-BIN-2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Constraints {
	/// Oldest legal relay parent (R-BASE-1).
	pub min_relay_parent_number: BlockNumber,
	/// Largest proof of validity, in bytes (R-BASE-2).
	pub max_pov_size: u32,
	/// Largest new validation code, in bytes (R-BASE-3).
	pub max_code_size: u32,
	/// Largest head data, in bytes (R-BASE-4).
	pub max_head_data_size: u32,
	/// Upward messages that may still be queued (R-BASE-5).
	pub ump_remaining: u32,
	/// Bytes of upward messages that may still be queued (R-BASE-6).
	pub ump_remaining_bytes: u32,
	/// Most upward messages of one candidate (R-BASE-7).
	pub max_ump_num_per_candidate: u32,
	/// For each queued downward message, front first, the block in which it was sent (R-BASE-8).
	pub dmp_remaining_messages: Vec<BlockNumber>,
	/// What limits the inbound watermark (R-BASE-9).
	pub hrmp_inbound: InboundHrmpLimitations,
	/// What remains of each outbound channel, ascending by recipient (R-BASE-10).
	pub hrmp_channels_out: Vec<(ParaId, OutboundHrmpChannelLimitations)>,
	/// Most horizontal messages of one candidate (R-BASE-11).
	pub max_hrmp_num_per_candidate: u32,
	/// Head data on which the next candidate builds (R-BASE-12).
	pub required_parent: HeadData,
	/// Code that validates the next candidate (R-BASE-13).
	pub validation_code_hash: ValidationCodeHash,
	/// Present while no upgrade may be announced (R-BASE-14).
	pub upgrade_restriction: Option<UpgradeRestriction>,
	/// The scheduled code, and the relay-parent number from which it applies (R-BASE-15).
	pub future_validation_code: Option<(BlockNumber, ValidationCodeHash)>,
}

impl Constraints {
	/// Constraints of a para for which nothing waits: no downward messages, an empty upward queue, no channels, no upgrade in
	/// flight. Its head, the code that validates on it, the oldest relay parent, and the limits of the configuration.
	///
	/// What runtimes answer for a para that was just registered, and what an embedder begins with; queues and channels are
	/// fields to be laid over.
	pub fn new(
		required_parent: HeadData,
		validation_code_hash: ValidationCodeHash,
		min_relay_parent_number: BlockNumber,
		config: &HostConfiguration,
	) -> Self {
		Self {
			min_relay_parent_number,
			max_pov_size: config.max_pov_size,
			max_code_size: config.max_code_size,
			max_head_data_size: config.max_head_data_size,
			ump_remaining: config.max_upward_queue_count,
			ump_remaining_bytes: config.max_upward_queue_size,
			max_ump_num_per_candidate: config.max_upward_message_num_per_candidate,
			dmp_remaining_messages: Vec::new(),
			hrmp_inbound: InboundHrmpLimitations {
				valid_watermarks: Vec::new(),
			},
			hrmp_channels_out: Vec::new(),
			max_hrmp_num_per_candidate: config.hrmp_max_message_num_per_candidate,
			required_parent,
			validation_code_hash,
			upgrade_restriction: None,
			future_validation_code: None,
		}
	}

	/// Code that validates what builds on blocks with relay parents of these numbers, none of them included: the future
	/// code once a block may apply it (R-MOD-6, R-CODE-5). Linear.
	pub fn validation_code_behind(
		&self,
		relay_parents: impl IntoIterator<Item = BlockNumber>,
	) -> ValidationCodeHash {
		match self.future_validation_code {
			Some((at, code)) if relay_parents.into_iter().any(|number| number >= at) => code,
			_ => self.validation_code_hash,
		}
	}

	/// Whether the lists are in the order that lookups rely on. Linear.
	pub fn is_canonical(&self) -> bool {
		self.hrmp_channels_out
			.windows(2)
			.all(|pair| pair[0].0 < pair[1].0)
			&& self
				.hrmp_inbound
				.valid_watermarks
				.windows(2)
				.all(|pair| pair[0] < pair[1])
			&& self
				.dmp_remaining_messages
				.windows(2)
				.all(|pair| pair[0] <= pair[1])
	}

	/// Brings the lists into order; of several entries for one recipient the first stays. The order of downward
	/// messages is theirs and stays as it is.
	pub fn canonicalize(&mut self) {
		self.hrmp_channels_out.sort_by_key(|(recipient, _)| *recipient);
		self.hrmp_channels_out.dedup_by_key(|(recipient, _)| *recipient);
		self.hrmp_inbound.valid_watermarks.sort_unstable();
		self.hrmp_inbound.valid_watermarks.dedup();
	}
}

/// A candidate that occupies a core, as a node learns of it (R-BIN-3).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct CandidatePendingAvailability {
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// Its descriptor.
	pub descriptor: CandidateDescriptor,
	/// Its commitments.
	pub commitments: CandidateCommitments,
	/// Number of its relay parent.
	pub relay_parent_number: BlockNumber,
	/// Largest proof of validity when it was backed, in bytes.
	pub max_pov_size: u32,
}

/// All that a fragment tree of a para starts from (R-BIN-4).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct BackingState {
	/// Base constraints: those at the included head.
	pub constraints: Constraints,
	/// Candidates pending availability, each building on the one before, the first on the included head.
	pub pending_availability: Vec<CandidatePendingAvailability>,
}

#[cfg(test)]
mod tests;
