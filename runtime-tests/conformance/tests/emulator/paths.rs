//! A hundred thousand random paths of up to four candidates.
//!
//! A candidate is drawn legal at its place, using up some resources to the last bit, and then twisted once or twice so
//! that it breaks a rule or stops just short of that. The counts that the test prints show that every error occurs.

use crate::{bridge, common::Random};
use async_backing_primitives::*;
use polkadot_node_subsystem_util::inclusion_emulator as theirs;
use std::collections::BTreeMap;

const PATHS: u32 = 100_000;
const CODE: ValidationCodeHash = ValidationCodeHash(Hash::repeat_byte(6));
const NEW_CODE: ValidationCodeHash = ValidationCodeHash(Hash::repeat_byte(7));

/// Errors that a candidate can cause without the extension of the constraints.
const ERRORS: [&str; 18] = [
	"HrmpMessagesDescendingOrDuplicate",
	"ValidationCodeMismatch",
	"HeadDataTooLarge",
	"RelayParentTooOld",
	"CodeUpgradeRestricted",
	"CodeSizeTooLarge",
	"HrmpMessagesPerCandidateOverflow",
	"PersistedValidationDataMismatch",
	"DmpAdvancementRule",
	"UmpMessagesPerCandidateOverflow",
	"WatermarkAheadOfRelayParent",
	"DisallowedHrmpWatermark",
	"NoSuchHrmpChannel",
	"HrmpBytesOverflow",
	"HrmpMessagesOverflow",
	"UmpMessagesOverflow",
	"UmpBytesOverflow",
	"DmpMessagesUnderflow",
];

pub(crate) fn relay_parent(number: BlockNumber) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(number.into()),
		number,
		storage_root: Hash::from_low_u64_le(number.into()),
	}
}

/// Constraints with limits that a candidate reaches.
pub(crate) fn random_base(random: &mut Random) -> Constraints {
	let mut dmp = random.list(6, |random| random.below(24));
	dmp.sort_unstable();
	let mut watermarks = random.list(8, |random| random.below(24));
	watermarks.sort_unstable();
	watermarks.dedup();
	let channels = (0..5)
		.filter_map(|recipient| {
			let limits = OutboundHrmpChannelLimitations {
				bytes_remaining: random.below(60),
				messages_remaining: random.below(4),
			};
			(!random.one_in(5)).then_some((ParaId(recipient), limits))
		})
		.collect();
	Constraints {
		min_relay_parent_number: random.below(12),
		max_pov_size: 1000,
		max_code_size: 9 + random.below(4),
		max_head_data_size: 3 + random.below(4),
		ump_remaining: random.below(10),
		ump_remaining_bytes: random.below(120),
		max_ump_num_per_candidate: 1 + random.below(4),
		dmp_remaining_messages: dmp,
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: watermarks,
		},
		hrmp_channels_out: channels,
		max_hrmp_num_per_candidate: 1 + random.below(4),
		required_parent: HeadData(vec![0]),
		validation_code_hash: CODE,
		upgrade_restriction: random.one_in(4).then_some(UpgradeRestriction::Present),
		future_validation_code: random.one_in(2).then(|| (6 + random.below(14), NEW_CODE)),
	}
}

/// A candidate as both sides see it.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
	pub(crate) relay_parent: RelayChainBlockInfo,
	pub(crate) commitments: CandidateCommitments,
	pub(crate) code: ValidationCodeHash,
	pub(crate) data: PersistedValidationData,
}

impl Candidate {
	pub(crate) fn check<'c, Base: ConstraintSource>(
		&'c self,
		operating: &Operating<'_, Base>,
	) -> Result<ConstraintModifications<'c>, FragmentError> {
		let fragment = FragmentCandidate {
			commitments: &self.commitments,
			validation_code_hash: self.code,
			validation_data: ValidationDataClaim::Full(&self.data),
			is_pending_availability: false,
		};
		check_fragment(&self.relay_parent, operating, &fragment)
	}
}

/// `limit`, one less or one more.
fn near(random: &mut Random, limit: u32) -> u32 {
	match random.below(4) {
		0 => limit.saturating_sub(1),
		1 => limit + 1,
		_ => limit,
	}
}

/// The legal candidate at the end of a path, with `block` in its head data.
pub(crate) fn legal(
	random: &mut Random,
	base: &Constraints,
	operating: &Operating<'_, Constraints>,
	at_least: BlockNumber,
	block: u8,
) -> Candidate {
	let number = at_least.max(base.min_relay_parent_number) + random.below(4);
	let relay_parent = relay_parent(number);
	let mut ump_bytes = operating.ump_remaining_bytes();
	let ump_max = operating.ump_remaining().min(base.max_ump_num_per_candidate);
	let ump_count = if random.flip() {
		ump_max
	} else {
		random.below(ump_max + 1)
	};
	let mut upward: Vec<Vec<u8>> = Vec::new();
	for left in (1..=ump_count).rev() {
		if ump_bytes == 0 {
			break;
		}
		let spare = ump_bytes.saturating_sub(left - 1).max(1);
		let len = if left == 1 && random.one_in(3) {
			spare
		} else {
			1 + random.below(spare.min(20))
		};
		upward.push(vec![1; len as usize]);
		ump_bytes -= len;
	}
	if random.one_in(4) {
		upward.push(Vec::new());
		upward.push(vec![0, 0, 0]);
	}
	let mut horizontal: Vec<OutboundHrmpMessage> = base
		.hrmp_channels_out
		.iter()
		.filter_map(|(recipient, _)| {
			let left = operating.outbound_channel(*recipient)?;
			(left.messages_remaining > 0 && random.flip()).then(|| OutboundHrmpMessage {
				recipient: *recipient,
				data: vec![
					2;
					if random.one_in(3) {
						left.bytes_remaining
					} else {
						random.below(left.bytes_remaining + 1)
					} as usize
				],
			})
		})
		.collect();
	horizontal.truncate(base.max_hrmp_num_per_candidate as usize);
	let waits = operating
		.dmp_first_sent_at()
		.is_some_and(|sent_at| sent_at <= number);
	let processed = if random.one_in(3) {
		operating.dmp_remaining()
	} else {
		random.below(operating.dmp_remaining() + 1)
	};
	let older: Vec<_> = base
		.hrmp_inbound
		.valid_watermarks
		.iter()
		.copied()
		.filter(|watermark| *watermark <= number && operating.is_valid_watermark(*watermark))
		.collect();
	let hrmp_watermark = if older.is_empty() || random.flip() {
		number
	} else {
		random.pick(&older)
	};
	let announces = !operating.is_upgrade_restricted() && random.one_in(6);
	Candidate {
		relay_parent,
		commitments: CandidateCommitments {
			upward_messages: upward,
			horizontal_messages: horizontal,
			new_validation_code: announces.then(|| ValidationCode(vec![3; 9])),
			head_data: HeadData(vec![block, random.byte()]),
			processed_downward_messages: processed.max(waits.into()),
			hrmp_watermark,
		},
		code: operating.validation_code_hash(),
		data: expected_validation_data(&relay_parent, operating),
	}
}

/// Takes a candidate to a limit, or across it. Its relay parent stays behind `at_least`, unless it is too old anyway:
/// that none moves backwards is another rule (R-TRE-6).
fn twist(
	random: &mut Random,
	candidate: &mut Candidate,
	base: &Constraints,
	operating: &Operating<'_, Constraints>,
	at_least: BlockNumber,
) {
	let commitments = &mut candidate.commitments;
	let upward_len = upward_messages_before_separator(&commitments.upward_messages).len();
	match random.below(20) {
		0 => commitments.head_data = HeadData(vec![9; near(random, base.max_head_data_size) as usize]),
		1 => {
			let number = match near(random, base.min_relay_parent_number) {
				legal if legal >= base.min_relay_parent_number => legal.max(at_least),
				too_old => too_old,
			};
			candidate.relay_parent = relay_parent(number);
			candidate.data.relay_parent_number = number;
			candidate.data.relay_parent_storage_root = candidate.relay_parent.storage_root;
			commitments.hrmp_watermark = number;
		}
		2 => commitments.new_validation_code = Some(ValidationCode(vec![3; 9])),
		3 => {
			commitments.new_validation_code =
				Some(ValidationCode(vec![3; near(random, base.max_code_size) as usize]))
		}
		4 => candidate.code = random.pick(&[CODE, NEW_CODE, ValidationCodeHash(Hash::zero())]),
		5 => match random.below(4) {
			0 => candidate.data.max_pov_size = near(random, base.max_pov_size),
			1 => candidate.data.relay_parent_number = near(random, candidate.relay_parent.number),
			2 => candidate.data.relay_parent_storage_root = random.hash(),
			_ => candidate.data.parent_head = HeadData(random.bytes(2)),
		},
		6 | 7 => commitments.processed_downward_messages = 0,
		8 => commitments.processed_downward_messages = near(random, operating.dmp_remaining()),
		9 => {
			let count = near(random, base.max_ump_num_per_candidate) as usize;
			commitments.upward_messages = vec![vec![1]; count];
		}
		10 => {
			let count = near(random, operating.ump_remaining()).min(base.max_ump_num_per_candidate) as usize;
			commitments.upward_messages = vec![vec![1]; count];
		}
		11 if upward_len > 0 => {
			let others: usize = commitments.upward_messages[1..upward_len]
				.iter()
				.map(Vec::len)
				.sum();
			let all = near(random, operating.ump_remaining_bytes()) as usize;
			commitments.upward_messages[0] = vec![1; all.saturating_sub(others).max(1)];
		}
		12 => {
			let count = near(random, base.max_hrmp_num_per_candidate);
			commitments.horizontal_messages = (0..count)
				.map(|recipient| OutboundHrmpMessage {
					recipient: ParaId(recipient),
					data: vec![],
				})
				.collect();
		}
		13 => {
			let recipient = ParaId(random.below(6));
			let left = operating.outbound_channel(recipient).unwrap_or_default();
			let data = vec![2; near(random, left.bytes_remaining) as usize];
			commitments.horizontal_messages = vec![OutboundHrmpMessage { recipient, data }];
		}
		14 if commitments.horizontal_messages.len() > 1 => {
			let last = commitments.horizontal_messages.len() - 1;
			let recipient = commitments.horizontal_messages[last - 1].recipient;
			commitments.horizontal_messages[last].recipient =
				if random.flip() { recipient } else { ParaId(0) };
		}
		15 | 16 => commitments.hrmp_watermark = random.below(26),
		17 => commitments.hrmp_watermark = near(random, candidate.relay_parent.number),
		18 => {
			let kept = operating
				.stacked()
				.hrmp_watermark
				.map(|update| update.watermark());
			commitments.hrmp_watermark = kept.unwrap_or(0);
		}
		_ => {
			let left: Vec<_> = (0..6).map(ParaId).filter(|_| random.one_in(3)).collect();
			commitments.horizontal_messages = left
				.into_iter()
				.map(|recipient| OutboundHrmpMessage {
					recipient,
					data: vec![2; random.below(30) as usize],
				})
				.collect();
		}
	}
}

/// How the two verdicts relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
	/// Both accept.
	Accepted,
	/// Both refuse, for the same reason with the same values.
	Refused,
	/// Both refuse, and several channels are at fault: theirs names any of them.
	RefusedForSomeChannel,
	/// Row 1: a watermark ahead of the relay parent.
	WatermarkAhead,
	/// Row 2: the path's own watermark, kept.
	WatermarkKept,
	/// Row 3: a second announcement on one path.
	AnnouncedTwice,
}

impl Outcome {
	/// Recognises the relation of two verdicts, or fails.
	pub(crate) fn of(
		ours: &Result<ConstraintModifications<'_>, FragmentError>,
		there: &Result<theirs::ConstraintModifications, theirs::FragmentValidityError>,
		candidate: &Candidate,
		operating: &Operating<'_, Constraints>,
	) -> Self {
		use theirs::FragmentValidityError::OutputsInvalid;
		let commitments = &candidate.commitments;
		match (ours, there) {
			(Ok(modifications), Ok(same)) => {
				assert_eq!(
					&bridge::modifications(modifications),
					same,
					"R-MOD-1..6: {candidate:?}"
				);
				Self::Accepted
			}
			(
				Err(FragmentError::WatermarkAheadOfRelayParent {
					watermark,
					relay_parent,
				}),
				Ok(_) | Err(OutputsInvalid(_)),
			) => {
				assert!(
					watermark > relay_parent && *watermark == commitments.hrmp_watermark,
					"row 1"
				);
				Self::WatermarkAhead
			}
			(Ok(_), Err(OutputsInvalid(theirs::ModificationError::DisallowedHrmpWatermark(watermark)))) => {
				let kept = operating
					.stacked()
					.hrmp_watermark
					.map(|update| update.watermark());
				assert_eq!(kept, Some(*watermark), "row 2: {candidate:?}");
				Self::WatermarkKept
			}
			(Err(FragmentError::CodeUpgradeRestricted), there)
				if operating.stacked().code_upgrade_announced =>
			{
				assert!(commitments.new_validation_code.is_some(), "row 3");
				assert!(
					operating.base().upgrade_restriction.is_none() || there.is_err(),
					"row 3"
				);
				Self::AnnouncedTwice
			}
			(Err(ours), Err(there)) => {
				let first_downward = operating.dmp_first_sent_at();
				let same =
					bridge::translate(there, commitments, first_downward, candidate.relay_parent.number);
				match (ours, &same) {
					_ if *ours == same => Self::Refused,
					(FragmentError::OutputsInvalid(ours), FragmentError::OutputsInvalid(there))
						if bridge::is_about_a_channel(ours) && bridge::is_about_a_channel(there) =>
					{
						assert!(commitments.horizontal_messages.len() > 1, "{candidate:?}");
						Self::RefusedForSomeChannel
					}
					// Row 2 again: kept here, so that the next rule is the one that fails.
					(
						_,
						FragmentError::OutputsInvalid(ModificationError::DisallowedHrmpWatermark(watermark)),
					) => {
						let kept = operating
							.stacked()
							.hrmp_watermark
							.map(|update| update.watermark());
						assert_eq!(kept, Some(*watermark), "row 2: {candidate:?}: {ours:?}");
						Self::WatermarkKept
					}
					_ => panic!("ours {ours:?}, theirs {same:?}: {candidate:?} {operating:?}"),
				}
			}
			(ours, there) => panic!("ours {ours:?}, theirs {there:?}: {candidate:?} {operating:?}"),
		}
	}
}

#[test]
fn r_base_18_and_r_def_7_paths_are_judged_as_by_the_emulator() {
	let mut random = Random::new(2026);
	let mut errors: BTreeMap<String, u32> = ERRORS.iter().map(|name| (name.to_string(), 0)).collect();
	let mut their_errors = BTreeMap::<String, u32>::new();
	let mut outcomes = BTreeMap::<Outcome, u32>::new();
	let mut lengths = [0u32; 5];
	for _ in 0..PATHS {
		let base = random_base(&mut random);
		let mut stacked = ConstraintModifications::default();
		let mut here = base.clone();
		let mut there = bridge::constraints(&base);
		let (mut number, mut length) = (0, 0);
		for block in 1..=4 {
			let operating = Operating::new(&base, &stacked);
			let mut candidate = legal(&mut random, &base, &operating, number, block);
			for _ in 0..random.below(3) {
				twist(&mut random, &mut candidate, &base, &operating, number);
			}
			let ours = candidate.check(&operating);
			let verdict = bridge::check(
				&candidate.relay_parent,
				&there,
				&candidate.commitments,
				candidate.code,
				&candidate.data,
			);
			let outcome = Outcome::of(&ours, &verdict, &candidate, &operating);
			*outcomes.entry(outcome).or_default() += 1;
			if let Err(error) = &ours {
				*errors.entry(bridge::name(error)).or_default() += 1;
			}
			if let Err(error) = &verdict {
				let text = format!("{error:?}").replace("OutputsInvalid(", "");
				let name = text.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
				*their_errors.entry(name).or_default() += 1;
			}
			let (Outcome::Accepted, Ok(modifications), Ok(same)) = (outcome, ours, verdict) else {
				break;
			};
			let case = format!("{base:?} {candidate:?}");
			here = here.apply_modifications(&modifications).expect("accepted");
			there = there.apply_modifications(&same).expect("accepted");
			let modifications = modifications.into_owned();
			stacked.stack(&modifications);
			let announced = stacked.code_upgrade_announced;
			bridge::assert_same_constraints(&here, &there, &modifications, announced, &case);
			assert_eq!(
				base.apply_modifications(&stacked).as_ref(),
				Ok(&here),
				"R-MOD-9: {case}"
			);
			number = candidate.relay_parent.number;
			length += 1;
		}
		lengths[length] += 1;
	}
	println!("accepted candidates by path: {lengths:?}\noutcomes: {outcomes:?}\nours: {errors:#?}\ntheirs: {their_errors:#?}");
	for (name, count) in &errors {
		assert!(*count > 0, "{name} never occurred");
		let row_1 = name == "WatermarkAheadOfRelayParent";
		assert!(
			row_1 || their_errors.contains_key(name),
			"{name} never occurred there"
		);
	}
	assert_eq!(errors.len(), ERRORS.len(), "an error that the list does not know");
	assert_eq!(outcomes.len(), 6, "every outcome occurs");
	assert!(lengths[4] > PATHS / 20, "paths of full length");
}
