//! One case in both languages.

use crate::common::transcode;
use async_backing_primitives as ours;
use ours::{FragmentError, ModificationError};
use polkadot_node_subsystem_util::inclusion_emulator as theirs;
use polkadot_primitives as primitives;

/// Constraints in the emulator's form.
pub(crate) fn constraints(ours: &ours::Constraints) -> theirs::Constraints {
	transcode::<primitives::async_backing::Constraints>(ours).into()
}

pub(crate) fn relay_parent(ours: &ours::RelayChainBlockInfo) -> theirs::RelayChainBlockInfo {
	theirs::RelayChainBlockInfo {
		hash: ours.hash,
		number: ours.number,
		storage_root: ours.storage_root,
	}
}

pub(crate) fn modifications(ours: &ours::ConstraintModifications<'_>) -> theirs::ConstraintModifications {
	theirs::ConstraintModifications {
		required_parent: ours.required_parent.as_deref().map(transcode),
		hrmp_watermark: ours.hrmp_watermark.map(|update| match update {
			ours::HrmpWatermarkUpdate::Head(number) => theirs::HrmpWatermarkUpdate::Head(number),
			ours::HrmpWatermarkUpdate::Trunk(number) => theirs::HrmpWatermarkUpdate::Trunk(number),
		}),
		outbound_hrmp: ours
			.outbound_hrmp
			.iter()
			.map(|(recipient, sent)| {
				let sent = theirs::OutboundHrmpChannelModification {
					bytes_submitted: sent.bytes_submitted as usize,
					messages_submitted: sent.messages_submitted as usize,
				};
				(recipient.0.into(), sent)
			})
			.collect(),
		ump_messages_sent: ours.ump_messages_sent as usize,
		ump_bytes_sent: ours.ump_bytes_sent as usize,
		dmp_messages_processed: ours.dmp_messages_processed as usize,
		code_upgrade_applied: ours.code_upgrade_applied,
	}
}

/// Judges a candidate there.
pub(crate) fn check(
	relay_parent: &ours::RelayChainBlockInfo,
	operating: &theirs::Constraints,
	commitments: &ours::CandidateCommitments,
	code: ours::ValidationCodeHash,
	data: &ours::PersistedValidationData,
) -> Result<theirs::ConstraintModifications, theirs::FragmentValidityError> {
	theirs::Fragment::check_against_constraints(
		&self::relay_parent(relay_parent),
		operating,
		&transcode(commitments),
		&transcode(&code),
		&transcode(data),
	)
}

/// Name of an error without its values.
pub(crate) fn name(error: &FragmentError) -> String {
	let text = match error {
		FragmentError::OutputsInvalid(inner) => format!("{inner:?}"),
		other => format!("{other:?}"),
	};
	text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

/// Their error as ours would be, values included, where there is such a one.
pub(crate) fn translate(
	error: &theirs::FragmentValidityError,
	commitments: &ours::CandidateCommitments,
	first_downward: Option<u32>,
	relay_parent_number: u32,
) -> FragmentError {
	use theirs::FragmentValidityError as Theirs;
	let small = |size: usize| size as u32;
	match error.clone() {
		Theirs::ValidationCodeMismatch(expected, got) => FragmentError::ValidationCodeMismatch {
			expected: transcode(&expected),
			got: transcode(&got),
		},
		Theirs::PersistedValidationDataMismatch(..) => FragmentError::PersistedValidationDataMismatch,
		Theirs::OutputsInvalid(inner) => FragmentError::OutputsInvalid(translate_modification(&inner)),
		Theirs::CodeSizeTooLarge(max, got) => FragmentError::CodeSizeTooLarge { max: small(max), got },
		Theirs::HeadDataTooLarge(max, got) => FragmentError::HeadDataTooLarge { max: small(max), got },
		Theirs::RelayParentTooOld(min, got) => FragmentError::RelayParentTooOld { min, got },
		Theirs::DmpAdvancementRule => FragmentError::DmpAdvancementRule {
			sent_at: first_downward.expect("a message waits where the rule is broken"),
			relay_parent: relay_parent_number,
		},
		// Row 4: theirs counts the separator and the signals too.
		Theirs::UmpMessagesPerCandidateOverflow {
			messages_allowed,
			messages_submitted,
		} => {
			assert_eq!(messages_submitted, commitments.upward_messages.len());
			FragmentError::UmpMessagesPerCandidateOverflow {
				max: small(messages_allowed),
				got: ours::upward_messages_before_separator(&commitments.upward_messages).len(),
			}
		}
		Theirs::HrmpMessagesPerCandidateOverflow {
			messages_allowed,
			messages_submitted,
		} => FragmentError::HrmpMessagesPerCandidateOverflow {
			max: small(messages_allowed),
			got: messages_submitted,
		},
		Theirs::CodeUpgradeRestricted => FragmentError::CodeUpgradeRestricted,
		Theirs::HrmpMessagesDescendingOrDuplicate(index) => {
			FragmentError::HrmpMessagesDescendingOrDuplicate(index)
		}
	}
}

/// The same for errors of modifications.
pub(crate) fn translate_modification(error: &theirs::ModificationError) -> ModificationError {
	use theirs::ModificationError as Theirs;
	let small = |size: usize| size as u32;
	match *error {
		Theirs::DisallowedHrmpWatermark(number) => ModificationError::DisallowedHrmpWatermark(number),
		Theirs::NoSuchHrmpChannel(para) => ModificationError::NoSuchHrmpChannel(transcode(&para)),
		Theirs::HrmpMessagesOverflow {
			para_id,
			messages_remaining,
			messages_submitted,
		} => ModificationError::HrmpMessagesOverflow {
			recipient: transcode(&para_id),
			remaining: small(messages_remaining),
			submitted: small(messages_submitted),
		},
		Theirs::HrmpBytesOverflow {
			para_id,
			bytes_remaining,
			bytes_submitted,
		} => ModificationError::HrmpBytesOverflow {
			recipient: transcode(&para_id),
			remaining: small(bytes_remaining),
			submitted: small(bytes_submitted),
		},
		Theirs::UmpMessagesOverflow {
			messages_remaining,
			messages_submitted,
		} => ModificationError::UmpMessagesOverflow {
			remaining: small(messages_remaining),
			submitted: small(messages_submitted),
		},
		Theirs::UmpBytesOverflow {
			bytes_remaining,
			bytes_submitted,
		} => ModificationError::UmpBytesOverflow {
			remaining: small(bytes_remaining),
			submitted: small(bytes_submitted),
		},
		Theirs::DmpMessagesUnderflow {
			messages_remaining,
			messages_processed,
		} => ModificationError::DmpMessagesUnderflow {
			remaining: small(messages_remaining),
			processed: small(messages_processed),
		},
		Theirs::AppliedNonexistentCodeUpgrade => ModificationError::AppliedNonexistentCodeUpgrade,
	}
}

/// Whether an error is about one outbound channel; with several at fault theirs names any of them.
pub(crate) fn is_about_a_channel(error: &ModificationError) -> bool {
	use ModificationError::*;
	matches!(
		error,
		NoSuchHrmpChannel(_) | HrmpBytesOverflow { .. } | HrmpMessagesOverflow { .. }
	)
}

/// Whether both sides' constraints agree, up to the two rows about what is remembered of a path: the watermark where
/// the path left it (row 2) and an announcement (row 3).
pub(crate) fn assert_same_constraints(
	ours: &ours::Constraints,
	theirs: &theirs::Constraints,
	modifications: &ours::ConstraintModifications<'_>,
	announced_on_path: bool,
	case: &str,
) {
	let mut expected = ours.clone();
	if let Some(watermark) = modifications.hrmp_watermark.map(|update| update.watermark()) {
		assert_eq!(
			expected.hrmp_inbound.valid_watermarks.first(),
			Some(&watermark),
			"R-APP-3: the watermark itself stays valid: {case}"
		);
		if !theirs.hrmp_inbound.valid_watermarks.contains(&watermark) {
			expected.hrmp_inbound.valid_watermarks.remove(0);
		}
	}
	if announced_on_path {
		assert!(expected.upgrade_restriction.is_some(), "R-APP-6: {case}");
		expected.upgrade_restriction = theirs
			.upgrade_restriction
			.map(|_| ours::UpgradeRestriction::Present);
	}
	assert_eq!(&constraints(&expected), theirs, "R-APP-1..7: {case}");
}
