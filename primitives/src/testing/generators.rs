//! Random constraints, and random candidates that mostly fit.
//!
//! A candidate is drawn as a [`Choice`] of small numbers and read against the place where it is put, so that most are
//! legal or miss a limit by little.

use super::{relay_block, Path};
use crate::*;
use alloc::{borrow::Cow, collections::BTreeMap, vec, vec::Vec};
use proptest::{collection, option, prelude::*};

/// Numbers from which a candidate is made.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
	/// Relay blocks beyond the relay parent of the one before.
	pub(crate) later: u8,
	/// Which watermark, see [`propose`].
	pub(crate) watermark: u8,
	/// Lengths of upward messages.
	pub(crate) upward: Vec<u8>,
	/// Lengths of horizontal messages by recipient.
	pub(crate) horizontal: BTreeMap<u8, u8>,
	/// Downward messages processed.
	pub(crate) downward: u8,
	/// Length of announced code.
	pub(crate) code: Option<u8>,
	/// Head data.
	pub(crate) head: Vec<u8>,
}

impl Arbitrary for Choice {
	type Parameters = ();
	type Strategy = BoxedStrategy<Self>;

	fn arbitrary_with((): ()) -> Self::Strategy {
		(
			0u8..4,
			0u8..32,
			collection::vec(0u8..30, 0..3),
			collection::btree_map(0u8..4, 0u8..25, 0..3),
			0u8..4,
			option::weighted(0.1, 0u8..12),
			collection::vec(any::<u8>(), 0..4),
		)
			.prop_map(
				|(later, watermark, upward, horizontal, downward, code, head)| Self {
					later,
					watermark,
					upward,
					horizontal,
					downward,
					code,
					head,
				},
			)
			.boxed()
	}
}

/// Up to nine choices.
pub(crate) fn any_choices() -> impl Strategy<Value = Vec<Choice>> {
	collection::vec(any::<Choice>(), 0..10)
}

/// Canonical constraints with tight limits.
pub(crate) fn any_base() -> impl Strategy<Value = Constraints> {
	let scalars = (0u32..12, 8u32..12, 3u32..6, 0u32..16, 0u32..400, 1u32..4, 1u32..4);
	let dmp = collection::vec(1u32..24, 0..6);
	let watermarks = collection::btree_set(1u32..24, 0..8);
	let channels = collection::btree_map(0u32..5, (0u32..90, 0u32..6), 4..6);
	let upgrade = (option::of(6u32..18), any::<bool>());
	(scalars, dmp, watermarks, channels, upgrade).prop_map(
		|(scalars, mut dmp, watermarks, channels, upgrade)| {
			let (min, code, head, ump, ump_bytes, ump_num, hrmp_num) = scalars;
			dmp.sort_unstable();
			Constraints {
				min_relay_parent_number: min,
				max_pov_size: 1000,
				max_code_size: code,
				max_head_data_size: head,
				ump_remaining: ump,
				ump_remaining_bytes: ump_bytes,
				max_ump_num_per_candidate: ump_num,
				dmp_remaining_messages: dmp,
				hrmp_inbound: InboundHrmpLimitations {
					valid_watermarks: watermarks.into_iter().collect(),
				},
				hrmp_channels_out: channels
					.into_iter()
					.map(|(recipient, (bytes_remaining, messages_remaining))| {
						let limits = OutboundHrmpChannelLimitations {
							bytes_remaining,
							messages_remaining,
						};
						(ParaId(recipient), limits)
					})
					.collect(),
				max_hrmp_num_per_candidate: hrmp_num,
				required_parent: HeadData(vec![0]),
				validation_code_hash: super::CODE,
				upgrade_restriction: upgrade.1.then_some(UpgradeRestriction::Present),
				future_validation_code: upgrade.0.map(|at| (at, ValidationCodeHash(Hash::repeat_byte(7)))),
			}
		},
	)
}

/// Modifications that no candidate made.
pub(crate) fn any_modifications() -> impl Strategy<Value = ConstraintModifications<'static>> {
	let watermark = option::of((any::<bool>(), 0u32..30));
	let outbound = collection::btree_map(0u32..8, (0u32..40, 0u32..3), 0..3);
	let counters = (0u32..6, 0u32..90, 0u32..4);
	(
		watermark,
		outbound,
		counters,
		any::<bool>(),
		any::<bool>(),
		any::<bool>(),
	)
		.prop_map(
			|(watermark, outbound, (messages, bytes, processed), applied, announced, head)| {
				ConstraintModifications {
					required_parent: head.then(|| Cow::Owned(HeadData(vec![9]))),
					hrmp_watermark: watermark.map(|(head, number)| {
						if head {
							HrmpWatermarkUpdate::Head(number)
						} else {
							HrmpWatermarkUpdate::Trunk(number)
						}
					}),
					outbound_hrmp: outbound
						.into_iter()
						.map(|(recipient, (bytes_submitted, messages_submitted))| {
							let sent = OutboundHrmpChannelModification {
								bytes_submitted,
								messages_submitted,
							};
							(ParaId(recipient), sent)
						})
						.collect(),
					ump_messages_sent: messages,
					ump_bytes_sent: bytes,
					dmp_messages_processed: processed,
					code_upgrade_applied: applied,
					code_upgrade_announced: announced,
				}
			},
		)
}

/// A candidate and the number of its relay parent.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
	pub(crate) relay_parent: BlockNumber,
	pub(crate) commitments: CandidateCommitments,
}

/// The candidate that a choice makes at the end of a path. Its relay parent never moves backwards (R-TRE-6).
pub(crate) fn propose(path: &Path, choice: &Choice) -> Proposal {
	let base = &path.base.constraints;
	let watermark = path.stacked.hrmp_watermark.map(|update| update.watermark());
	let relay_parent = path
		.relay_parent
		.max(base.min_relay_parent_number)
		.saturating_add(choice.later.into());
	let valid = &base.hrmp_inbound.valid_watermarks;
	let waiting = path
		.operating()
		.dmp_first_sent_at()
		.is_some_and(|sent_at| sent_at <= relay_parent);
	let processed = u32::from(choice.downward).min(path.operating().dmp_remaining());
	let messages: Vec<_> = choice
		.horizontal
		.iter()
		.map(|(recipient, len)| (u32::from(*recipient), usize::from(*len)))
		.collect();
	Proposal {
		relay_parent,
		commitments: CandidateCommitments {
			upward_messages: choice
				.upward
				.iter()
				.map(|len| vec![0; usize::from(*len)])
				.collect(),
			horizontal_messages: super::horizontal(&messages),
			new_validation_code: choice.code.map(|len| ValidationCode(vec![0; len.into()])),
			head_data: HeadData(choice.head.clone()),
			processed_downward_messages: processed.max(waiting.into()),
			// The relay parent, where the path stands, a block with messages, or anything.
			hrmp_watermark: match choice.watermark % 4 {
				0 => relay_parent,
				1 => watermark.unwrap_or(relay_parent),
				2 => valid
					.get(usize::from(choice.watermark / 4))
					.copied()
					.unwrap_or(relay_parent),
				_ => choice.watermark.into(),
			},
		},
	}
}

/// Puts every candidate that is accepted at the end of the path, and returns what each changes.
pub(crate) fn grow(path: &mut Path, choices: &[Choice]) -> Vec<ConstraintModifications<'static>> {
	choices
		.iter()
		.filter_map(|choice| {
			let Proposal {
				relay_parent,
				commitments,
			} = propose(path, choice);
			let accepted = path.check(relay_parent, &commitments).ok()?;
			path.push(relay_parent, &commitments).ok()?;
			Some(accepted)
		})
		.collect()
}

/// Validation data near those expected at a place.
pub(crate) fn any_claim(path: &Path, relay_parent: BlockNumber, twist: u8) -> PersistedValidationData {
	let mut data = expected_validation_data(&relay_block(relay_parent), &path.operating());
	match twist {
		0 => data.max_pov_size += 1,
		1 => data.relay_parent_number += 1,
		2 => data.relay_parent_storage_root = Hash::zero(),
		3 => data.parent_head.0.push(0),
		_ => {}
	}
	data
}
