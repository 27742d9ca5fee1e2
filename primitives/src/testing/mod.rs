//! What the tests of several modules build on: a base with room, candidates that fit, and a path to put them on.

mod generators;

pub(crate) use generators::*;

use crate::*;
use alloc::{vec, vec::Vec};

/// Code that validates candidates on [`base`].
pub(crate) const CODE: ValidationCodeHash = ValidationCodeHash(Hash::repeat_byte(6));

/// Constraints that leave room in every direction.
pub(crate) fn base() -> Constraints {
	Constraints {
		min_relay_parent_number: 5,
		max_pov_size: 1024,
		max_code_size: 100,
		max_head_data_size: 32,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 8,
		dmp_remaining_messages: vec![],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![6, 8, 10],
		},
		hrmp_channels_out: vec![(
			ParaId(2000),
			OutboundHrmpChannelLimitations {
				bytes_remaining: 50,
				messages_remaining: 2,
			},
		)],
		max_hrmp_num_per_candidate: 4,
		required_parent: HeadData(vec![0]),
		validation_code_hash: CODE,
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

/// A relay block of this number.
pub(crate) fn relay_block(number: BlockNumber) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(number.into()),
		number,
		storage_root: Hash::from_low_u64_be(1000 + u64::from(number)),
	}
}

/// Commitments of a candidate that only moves head and watermark, built on this relay block.
pub(crate) fn commitments(relay_parent: BlockNumber) -> CandidateCommitments {
	CandidateCommitments {
		head_data: HeadData(vec![1]),
		hrmp_watermark: relay_parent,
		..Default::default()
	}
}

/// Horizontal messages to these recipients, of these lengths.
pub(crate) fn horizontal(messages: &[(u32, usize)]) -> Vec<OutboundHrmpMessage> {
	messages
		.iter()
		.map(|(recipient, len)| OutboundHrmpMessage {
			recipient: ParaId(*recipient),
			data: vec![0; *len],
		})
		.collect()
}

/// Base constraints and what the candidates on them change.
#[derive(Clone, Debug)]
pub(crate) struct Path {
	pub(crate) base: ExtendedConstraints,
	pub(crate) stacked: ConstraintModifications<'static>,
	/// Number of the last candidate's relay parent.
	pub(crate) relay_parent: BlockNumber,
}

impl Path {
	pub(crate) fn new(base: impl Into<ExtendedConstraints>) -> Self {
		Self {
			base: base.into(),
			stacked: ConstraintModifications::default(),
			relay_parent: 0,
		}
	}

	pub(crate) fn operating(&self) -> Operating<'_, ExtendedConstraints> {
		Operating::new(&self.base, &self.stacked)
	}

	/// Checks a candidate at the end of the path that was validated with this code and the expected data.
	pub(crate) fn check_with_code(
		&self,
		relay_parent: BlockNumber,
		code: ValidationCodeHash,
		commitments: &CandidateCommitments,
	) -> Result<ConstraintModifications<'static>, FragmentError> {
		let relay_parent = relay_block(relay_parent);
		let operating = self.operating();
		let data = expected_validation_data(&relay_parent, &operating);
		let candidate = FragmentCandidate {
			commitments,
			validation_code_hash: code,
			validation_data: ValidationDataClaim::Full(&data),
			is_pending_availability: false,
		};
		check_fragment(&relay_parent, &operating, &candidate).map(ConstraintModifications::into_owned)
	}

	/// As [`check_with_code`](Self::check_with_code), with the code in force.
	pub(crate) fn check(
		&self,
		relay_parent: BlockNumber,
		commitments: &CandidateCommitments,
	) -> Result<ConstraintModifications<'static>, FragmentError> {
		self.check_with_code(relay_parent, self.operating().validation_code_hash(), commitments)
	}

	/// Checks a candidate and puts it at the end of the path; a refused one changes nothing.
	pub(crate) fn push(
		&mut self,
		relay_parent: BlockNumber,
		commitments: &CandidateCommitments,
	) -> Result<(), FragmentError> {
		let modifications = self.check(relay_parent, commitments)?;
		self.stacked.stack(&modifications);
		self.relay_parent = relay_parent;
		Ok(())
	}
}
