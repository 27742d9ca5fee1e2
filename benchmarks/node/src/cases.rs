//! The case that is measured: one candidate behind another.
//!
//! Each has a head of 300 bytes, four upward and four horizontal messages of 100 bytes, and takes one downward message.

use async_backing_primitives::{
	expected_validation_data, BlockNumber, CandidateCommitments, ConstraintModifications, Constraints,
	FragmentCandidate, Hash, HeadData, InboundHrmpLimitations, Operating, OutboundHrmpChannelLimitations,
	OutboundHrmpMessage, ParaId, PersistedValidationData, RelayChainBlockInfo, ValidationCodeHash,
	ValidationDataClaim,
};

/// How large the constraints are.
#[derive(Clone, Copy, Debug)]
pub struct Size {
	/// Outbound channels of the para.
	pub channels: u32,
	/// Downward messages that wait for it.
	pub downward: u32,
	/// Blocks to which its watermark may move.
	pub watermarks: u32,
}

impl Size {
	/// A busy para.
	pub const REALISTIC: Self = Self {
		channels: 30,
		downward: 100,
		watermarks: 50,
	};
}

/// A para's constraints and two candidates, the second behind the first.
#[derive(Clone, Debug)]
pub struct Case {
	/// Base constraints.
	pub base: Constraints,
	/// Relay parent of both candidates.
	pub relay_parent: RelayChainBlockInfo,
	/// The first candidate, on the included head.
	pub first: CandidateCommitments,
	/// The second, on the first.
	pub second: CandidateCommitments,
}

const NOW: BlockNumber = 1000;

impl Case {
	/// A case of this size.
	pub fn new(size: Size) -> Self {
		let room = OutboundHrmpChannelLimitations {
			bytes_remaining: 100_000,
			messages_remaining: 1000,
		};
		let commitments = |head: u8| CandidateCommitments {
			upward_messages: vec![vec![1; 100]; 4],
			horizontal_messages: (0..4)
				.map(|n| OutboundHrmpMessage {
					recipient: ParaId(2000 + n * (size.channels / 4)),
					data: vec![2; 100],
				})
				.collect(),
			new_validation_code: None,
			head_data: HeadData(vec![head; 300]),
			processed_downward_messages: 1,
			hrmp_watermark: NOW,
		};
		Self {
			base: Constraints {
				min_relay_parent_number: NOW - 10,
				max_pov_size: 5 << 20,
				max_code_size: 3 << 20,
				max_head_data_size: 20_480,
				ump_remaining: 1000,
				ump_remaining_bytes: 1 << 20,
				max_ump_num_per_candidate: 16,
				dmp_remaining_messages: vec![NOW - 100; size.downward as usize],
				hrmp_inbound: InboundHrmpLimitations {
					valid_watermarks: (NOW - size.watermarks + 1..=NOW).collect(),
				},
				hrmp_channels_out: (0..size.channels).map(|n| (ParaId(2000 + n), room)).collect(),
				max_hrmp_num_per_candidate: 10,
				required_parent: HeadData(vec![0; 300]),
				validation_code_hash: ValidationCodeHash(Hash::repeat_byte(6)),
				upgrade_restriction: None,
				future_validation_code: None,
			},
			relay_parent: RelayChainBlockInfo {
				hash: Hash::repeat_byte(1),
				number: NOW,
				storage_root: Hash::repeat_byte(2),
			},
			first: commitments(1),
			second: commitments(2),
		}
	}

	/// Validation data of a candidate behind the path that `stacked` describes.
	pub fn validation_data(&self, stacked: &ConstraintModifications<'_>) -> PersistedValidationData {
		expected_validation_data(&self.relay_parent, &Operating::new(&self.base, stacked))
	}

	/// A candidate as the check sees it. The data are compared as values, so that nothing is hashed.
	pub fn fragment<'a>(
		&self,
		commitments: &'a CandidateCommitments,
		data: &'a PersistedValidationData,
	) -> FragmentCandidate<'a> {
		FragmentCandidate {
			commitments,
			validation_code_hash: self.base.validation_code_hash,
			validation_data: ValidationDataClaim::Full(data),
			is_pending_availability: false,
		}
	}
}
