//! Fragment validity: the one function that pallet and fragment tree ask (PROTOCOL.md, section 4).
//!
//! It judges a candidate at a place: after a path of other candidates and on a relay parent. What a candidate is in
//! itself is checked before, once, by [`check_intrinsic`](crate::check_intrinsic); signatures, groups, sessions and
//! depth are not its business (R-FRG-13).

mod extension;

use crate::{
	constraints::Consumption, upward_messages_before_separator, BlockNumber, CandidateCommitments,
	ConstraintModifications, ConstraintSource, Hash, HeadData, HrmpWatermarkUpdate, ModificationError,
	Operating, OutboundHrmpChannelModification, ParaId, PersistedValidationData, RelayChainBlockInfo,
	UpwardMessage, ValidationCodeHash,
};
use alloc::{borrow::Cow, vec::Vec};
use extension::check_extension;
use thiserror::Error;

/// What the judge knows of the candidate's validation data (R-PVD-1).
#[derive(Clone, Copy, Debug)]
pub enum ValidationDataClaim<'a> {
	/// The data, as a node has them.
	Full(&'a PersistedValidationData),
	/// The hash in the descriptor, which is all that the relay chain has.
	Hash(Hash),
}

/// A candidate as the check sees it.
#[derive(Clone, Copy, Debug)]
pub struct FragmentCandidate<'a> {
	/// What including it does.
	pub commitments: &'a CandidateCommitments,
	/// Code that it says validates it.
	pub validation_code_hash: ValidationCodeHash,
	/// Data that it was validated with.
	pub validation_data: ValidationDataClaim<'a>,
	/// Whether it is pending availability: then its own relay parent is old enough (R-FRG-4).
	pub is_pending_availability: bool,
}

/// Why a candidate does not fit at a place, in the order in which the rules are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FragmentError {
	/// Recipients of horizontal messages do not ascend strictly.
	#[error("horizontal message {0} is not for a higher recipient than the one before (R-FRG-1)")]
	HrmpMessagesDescendingOrDuplicate(usize),
	/// Validated with other code than the para runs.
	#[error("validated with code {got}, but {expected} is in force (R-FRG-2)")]
	ValidationCodeMismatch {
		/// Code in force.
		expected: ValidationCodeHash,
		/// Code of the candidate.
		got: ValidationCodeHash,
	},
	/// The head data is too large.
	#[error("head data of {got} bytes, but at most {max} (R-FRG-3)")]
	HeadDataTooLarge {
		/// Largest legal size.
		max: u32,
		/// Size of the candidate's.
		got: usize,
	},
	/// The relay parent is too old.
	#[error("relay parent {got}, but at least {min} (R-FRG-4)")]
	RelayParentTooOld {
		/// Oldest legal number.
		min: BlockNumber,
		/// The candidate's.
		got: BlockNumber,
	},
	/// A code upgrade is announced while none may be.
	#[error("a code upgrade is announced while none may be (R-FRG-5)")]
	CodeUpgradeRestricted,
	/// The announced code is too large.
	#[error("new code of {got} bytes, but at most {max} (R-FRG-6)")]
	CodeSizeTooLarge {
		/// Largest legal size.
		max: u32,
		/// Size of the candidate's.
		got: usize,
	},
	/// Too many horizontal messages.
	#[error("{got} horizontal messages, but at most {max} (R-FRG-7)")]
	HrmpMessagesPerCandidateOverflow {
		/// Most that a candidate may send.
		max: u32,
		/// What it sends.
		got: usize,
	},
	/// Validated with other data than this place has.
	#[error("validation data are not those of this place (R-FRG-8)")]
	PersistedValidationDataMismatch,
	/// Downward messages wait, but none is processed.
	#[error("a downward message sent at {sent_at} waits at relay parent {relay_parent}, but none is processed (R-FRG-9)")]
	DmpAdvancementRule {
		/// Block in which the first one was sent.
		sent_at: BlockNumber,
		/// The relay parent.
		relay_parent: BlockNumber,
	},
	/// Too many upward messages.
	#[error("{got} upward messages, but at most {max} (R-FRG-10)")]
	UmpMessagesPerCandidateOverflow {
		/// Most that a candidate may send.
		max: u32,
		/// What it sends, signals left out.
		got: usize,
	},
	/// The watermark is ahead of the relay parent.
	#[error("watermark {watermark} is ahead of relay parent {relay_parent} (R-CON-1)")]
	WatermarkAheadOfRelayParent {
		/// The watermark.
		watermark: BlockNumber,
		/// The relay parent.
		relay_parent: BlockNumber,
	},
	/// What the candidate sends and consumes does not fit.
	#[error("outputs do not fit (R-FRG-11): {0}")]
	OutputsInvalid(#[from] ModificationError),
	/// An upward message is too large.
	#[error("upward message {index} has {got} bytes, but at most {max} (R-FRG-12)")]
	UmpMessageTooLarge {
		/// Which message.
		index: usize,
		/// Largest legal size.
		max: u32,
		/// Its size.
		got: usize,
	},
	/// A horizontal message is too large for its channel.
	#[error("message of {got} bytes to para {recipient}, but at most {max} (R-FRG-12)")]
	HrmpMessageTooLarge {
		/// Its receiver.
		recipient: ParaId,
		/// Largest legal size on the channel.
		max: u32,
		/// Its size.
		got: usize,
	},
	/// A leaving para sends upward messages.
	#[error("a leaving para sends upward messages (R-UMP-6)")]
	UmpWhileOffboarding,
	/// The watermark passes too many horizontal messages at once.
	#[error("{got} horizontal messages consumed, but at most {max} at once (R-FRG-12)")]
	HrmpConsumptionOverflow {
		/// Most that a candidate may consume, unless it cannot consume less.
		max: u32,
		/// What it consumes.
		got: u32,
	},
}

/// Checks a candidate at a place (R-FRG-1 to R-FRG-12), and returns what it changes.
///
/// The place is the end of a path: `operating` holds the base constraints and what the path changes. Judging at the
/// chain and judging in a tree are this call.
///
/// Cost: linear in the candidate's messages, with a logarithmic lookup for each horizontal one. Allocates the outbound
/// list of the result if it accepts, and nothing else; the head data is borrowed. With [`ValidationDataClaim::Hash`]
/// the expected data are hashed.
///
/// # Errors
/// [`FragmentError`] names the first rule that fails, with its limit and the candidate's value.
pub fn check_fragment<'c, Base: ConstraintSource>(
	relay_parent: &RelayChainBlockInfo,
	operating: &Operating<'_, Base>,
	candidate: &FragmentCandidate<'c>,
) -> Result<ConstraintModifications<'c>, FragmentError> {
	let consumption = judge(relay_parent, operating, candidate)?;
	Ok(modifications(candidate.commitments, consumption))
}

/// Checks a candidate as [`check_fragment`] does, and returns what the path changes with the candidate at its end: the
/// same as stacking the candidate's modifications (R-MOD-8), without making a list of its own for them.
///
/// Cost: as [`check_fragment`], and linear in the channels that the path uses. Allocates the outbound list of the
/// result if it accepts, and nothing else.
///
/// # Errors
/// As [`check_fragment`].
pub fn check_and_stack<'c, Base: ConstraintSource>(
	relay_parent: &RelayChainBlockInfo,
	operating: &Operating<'_, Base>,
	candidate: &FragmentCandidate<'c>,
) -> Result<ConstraintModifications<'c>, FragmentError> {
	let consumption = judge(relay_parent, operating, candidate)?;
	let commitments = candidate.commitments;
	Ok(operating
		.stacked()
		.stacked_apart(&commitments.head_data, consumption, outbound(commitments)))
}

/// The verdict, and what the candidate changes but for head data and channels.
#[inline(always)] // two callers
fn judge<Base: ConstraintSource>(
	relay_parent: &RelayChainBlockInfo,
	operating: &Operating<'_, Base>,
	candidate: &FragmentCandidate<'_>,
) -> Result<Consumption, FragmentError> {
	use FragmentError::*;
	let base = operating.base();
	let commitments = candidate.commitments;
	check_recipients_ascend(commitments)?;
	let upward = upward_messages_before_separator(&commitments.upward_messages);
	let consumption = consumption(commitments, upward, relay_parent.number, operating);

	let expected = operating.validation_code_hash();
	if candidate.validation_code_hash != expected {
		return Err(ValidationCodeMismatch {
			expected,
			got: candidate.validation_code_hash,
		});
	}
	check_limits(
		base,
		|| operating.is_upgrade_restricted(),
		relay_parent.number,
		candidate,
	)?;
	if !validation_data_matches(relay_parent, operating, candidate.validation_data) {
		return Err(PersistedValidationDataMismatch);
	}
	if consumption.dmp_messages_processed == 0 {
		if let Some(sent_at) = operating
			.dmp_first_sent_at()
			.filter(|sent_at| *sent_at <= relay_parent.number)
		{
			return Err(DmpAdvancementRule {
				sent_at,
				relay_parent: relay_parent.number,
			});
		}
	}
	if exceeds(upward.len(), base.max_ump_num_per_candidate()) {
		return Err(UmpMessagesPerCandidateOverflow {
			max: base.max_ump_num_per_candidate(),
			got: upward.len(),
		});
	}
	if commitments.hrmp_watermark > relay_parent.number {
		return Err(WatermarkAheadOfRelayParent {
			watermark: commitments.hrmp_watermark,
			relay_parent: relay_parent.number,
		});
	}
	operating.check_apart(consumption, outbound(commitments))?;
	check_extension(operating, commitments, upward)?;
	Ok(consumption)
}

/// Checks a candidate whose place is not known yet: whether it may fit somewhere below these base constraints
/// (R-TRE-14). What depends on the path above it is left out; the code may be the current or the scheduled one.
///
/// Cost: linear in the candidate's messages, no allocation.
///
/// # Errors
/// [`FragmentError`] names the first rule that fails wherever the candidate's parent may turn up.
pub fn check_unconnected<Base: ConstraintSource>(
	relay_parent: &RelayChainBlockInfo,
	base: &Base,
	candidate: &FragmentCandidate<'_>,
) -> Result<(), FragmentError> {
	check_recipients_ascend(candidate.commitments)?;
	let expected = base.validation_code_hash();
	let future = base.future_validation_code().map(|(_, hash)| hash);
	let got = candidate.validation_code_hash;
	if got != expected && Some(got) != future {
		return Err(FragmentError::ValidationCodeMismatch { expected, got });
	}
	check_limits(
		base,
		|| base.is_upgrade_restricted(),
		relay_parent.number,
		candidate,
	)
}

/// R-FRG-3 to R-FRG-7: what depends on the base constraints alone, but for the restriction of upgrades, which is asked
/// for only if one is announced.
#[inline]
fn check_limits<Base: ConstraintSource>(
	base: &Base,
	is_upgrade_restricted: impl FnOnce() -> bool,
	relay_parent_number: BlockNumber,
	candidate: &FragmentCandidate<'_>,
) -> Result<(), FragmentError> {
	use FragmentError::*;
	let commitments = candidate.commitments;
	let head_len = commitments.head_data.0.len();
	if exceeds(head_len, base.max_head_data_size()) {
		return Err(HeadDataTooLarge {
			max: base.max_head_data_size(),
			got: head_len,
		});
	}
	let min = base.min_relay_parent_number();
	if !candidate.is_pending_availability && relay_parent_number < min {
		return Err(RelayParentTooOld {
			min,
			got: relay_parent_number,
		});
	}
	if let Some(code) = &commitments.new_validation_code {
		if is_upgrade_restricted() {
			return Err(CodeUpgradeRestricted);
		}
		if exceeds(code.0.len(), base.max_code_size()) {
			return Err(CodeSizeTooLarge {
				max: base.max_code_size(),
				got: code.0.len(),
			});
		}
	}
	let horizontal = commitments.horizontal_messages.len();
	if exceeds(horizontal, base.max_hrmp_num_per_candidate()) {
		return Err(HrmpMessagesPerCandidateOverflow {
			max: base.max_hrmp_num_per_candidate(),
			got: horizontal,
		});
	}
	Ok(())
}

/// R-FRG-1.
#[inline]
fn check_recipients_ascend(commitments: &CandidateCommitments) -> Result<(), FragmentError> {
	let disorder = commitments
		.horizontal_messages
		.windows(2)
		.position(|pair| pair[0].recipient >= pair[1].recipient);
	match disorder {
		Some(position) => Err(FragmentError::HrmpMessagesDescendingOrDuplicate(position + 1)),
		None => Ok(()),
	}
}

/// What a candidate changes (R-MOD-1 to R-MOD-6), whether or not that is legal.
///
/// For a candidate that was judged before and is pending availability: the chain has taken it, so its changes count
/// even where a later state would refuse it. Everything else goes through [`check_fragment`].
///
/// # Errors
/// [`FragmentError::HrmpMessagesDescendingOrDuplicate`], for lack of a meaning.
pub fn candidate_modifications<'c, Base: ConstraintSource>(
	relay_parent_number: BlockNumber,
	operating: &Operating<'_, Base>,
	commitments: &'c CandidateCommitments,
) -> Result<ConstraintModifications<'c>, FragmentError> {
	check_recipients_ascend(commitments)?;
	let upward = upward_messages_before_separator(&commitments.upward_messages);
	let consumption = consumption(commitments, upward, relay_parent_number, operating);
	Ok(modifications(commitments, consumption))
}

/// R-MOD-1 and R-MOD-3 added to the rest.
#[inline(always)] // the result is large, and moving it costs as much as a rule
fn modifications(
	commitments: &CandidateCommitments,
	consumption: Consumption,
) -> ConstraintModifications<'_> {
	let head_data = Some(Cow::Borrowed(&commitments.head_data));
	ConstraintModifications::from_parts(head_data, consumption, outbound(commitments).collect())
}

/// R-MOD-2 and R-MOD-4 to R-MOD-6.
#[inline]
fn consumption<Base: ConstraintSource>(
	commitments: &CandidateCommitments,
	upward: &[UpwardMessage],
	relay_parent_number: BlockNumber,
	operating: &Operating<'_, Base>,
) -> Consumption {
	let watermark = commitments.hrmp_watermark;
	Consumption {
		hrmp_watermark: Some(if watermark == relay_parent_number {
			HrmpWatermarkUpdate::Head(watermark)
		} else {
			HrmpWatermarkUpdate::Trunk(watermark)
		}),
		ump_messages_sent: saturating_u32(upward.len()),
		ump_bytes_sent: saturating_u32(upward.iter().map(Vec::len).sum()),
		dmp_messages_processed: commitments.processed_downward_messages,
		code_upgrade_applied: operating
			.future_validation_code()
			.is_some_and(|(at, _)| relay_parent_number >= at),
		code_upgrade_announced: commitments.new_validation_code.is_some(),
	}
}

/// R-MOD-3. One message for each recipient, ascending, if [`check_recipients_ascend`] passes.
fn outbound(
	commitments: &CandidateCommitments,
) -> impl ExactSizeIterator<Item = (ParaId, OutboundHrmpChannelModification)> + Clone + '_ {
	commitments.horizontal_messages.iter().map(|message| {
		let sent = OutboundHrmpChannelModification {
			bytes_submitted: saturating_u32(message.data.len()),
			messages_submitted: 1,
		};
		(message.recipient, sent)
	})
}

/// The validation data that a candidate at this place must have been validated with (R-PVD-1).
pub fn expected_validation_data<Base: ConstraintSource>(
	relay_parent: &RelayChainBlockInfo,
	operating: &Operating<'_, Base>,
) -> PersistedValidationData {
	PersistedValidationData {
		parent_head: operating.required_parent().clone(),
		relay_parent_number: relay_parent.number,
		relay_parent_storage_root: relay_parent.storage_root,
		max_pov_size: operating.base().max_pov_size(),
	}
}

/// Hash of [`PersistedValidationData`] with these fields, without putting the value together.
pub fn validation_data_hash(
	relay_parent: &RelayChainBlockInfo,
	parent_head: &HeadData,
	max_pov_size: u32,
) -> Hash {
	crate::hash_of(&(
		parent_head,
		relay_parent.number,
		relay_parent.storage_root,
		max_pov_size,
	))
}

#[inline]
fn validation_data_matches<Base: ConstraintSource>(
	relay_parent: &RelayChainBlockInfo,
	operating: &Operating<'_, Base>,
	claim: ValidationDataClaim<'_>,
) -> bool {
	match claim {
		ValidationDataClaim::Full(data) => {
			data.relay_parent_number == relay_parent.number
				&& data.relay_parent_storage_root == relay_parent.storage_root
				&& data.max_pov_size == operating.base().max_pov_size()
				&& data.parent_head == *operating.required_parent()
		}
		ValidationDataClaim::Hash(hash) => {
			validation_data_hash(
				relay_parent,
				operating.required_parent(),
				operating.base().max_pov_size(),
			) == hash
		}
	}
}

#[inline]
fn exceeds(len: usize, max: u32) -> bool {
	u32::try_from(len).map_or(true, |len| len > max)
}

#[inline]
fn saturating_u32(len: usize) -> u32 {
	u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
