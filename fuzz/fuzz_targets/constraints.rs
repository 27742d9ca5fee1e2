//! Constraints and paths of candidates on them: the verdict at the end of a path is the same whether the path is stacked or
//! applied, checking and applying agree, and what is refused without a place fits nowhere (R-CON, R-MOD-8, R-MOD-9, R-APP,
//! R-TRE-14). Numbers are small, so that most candidates fit or miss a limit by little.
#![no_main]

use arbitrary::Arbitrary;
use async_backing_primitives::*;
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet};

const CODE: ValidationCodeHash = ValidationCodeHash(Hash::repeat_byte(6));
const NEXT_CODE: ValidationCodeHash = ValidationCodeHash(Hash::repeat_byte(7));

#[derive(Arbitrary, Debug)]
struct Base {
	min_relay_parent: u8,
	max_code_size: u8,
	max_head_data_size: u8,
	ump_remaining: u8,
	ump_remaining_bytes: u8,
	max_ump_num: u8,
	max_hrmp_num: u8,
	downward: Vec<u8>,
	watermarks: BTreeSet<u8>,
	channels: BTreeMap<u8, (u8, u8)>,
	is_upgrade_restricted: bool,
	future_code_at: Option<u8>,
}

impl Base {
	fn constraints(&self) -> Constraints {
		let mut downward: Vec<_> = self
			.downward
			.iter()
			.take(8)
			.map(|at| u32::from(at % 32))
			.collect();
		downward.sort_unstable();
		let channel = |(recipient, (bytes, messages)): (&u8, &(u8, u8))| {
			let limits = OutboundHrmpChannelLimitations {
				bytes_remaining: u32::from(bytes % 100),
				messages_remaining: u32::from(messages % 8),
			};
			(u32::from(recipient % 8), limits)
		};
		let channels: BTreeMap<_, _> = self.channels.iter().map(channel).collect();
		let watermarks: BTreeSet<_> = self.watermarks.iter().map(|at| u32::from(at % 32)).collect();
		Constraints {
			min_relay_parent_number: u32::from(self.min_relay_parent % 16),
			max_pov_size: 1000,
			max_code_size: u32::from(self.max_code_size % 16),
			max_head_data_size: u32::from(self.max_head_data_size % 8),
			ump_remaining: u32::from(self.ump_remaining % 16),
			ump_remaining_bytes: u32::from(self.ump_remaining_bytes),
			max_ump_num_per_candidate: u32::from(self.max_ump_num % 5),
			dmp_remaining_messages: downward,
			hrmp_inbound: InboundHrmpLimitations {
				valid_watermarks: watermarks.into_iter().collect(),
			},
			hrmp_channels_out: channels
				.into_iter()
				.map(|(recipient, limits)| (ParaId(recipient), limits))
				.collect(),
			max_hrmp_num_per_candidate: u32::from(self.max_hrmp_num % 5),
			required_parent: HeadData(vec![0]),
			validation_code_hash: CODE,
			upgrade_restriction: self.is_upgrade_restricted.then_some(UpgradeRestriction::Present),
			future_validation_code: self.future_code_at.map(|at| (u32::from(at % 32), NEXT_CODE)),
		}
	}
}

#[derive(Arbitrary, Debug)]
struct Choice {
	later: u8,
	watermark: u8,
	upward: Vec<u8>,
	horizontal: Vec<(u8, u8)>,
	downward: u8,
	code: Option<u8>,
	head: Vec<u8>,
	/// Which code it was validated with: mostly that in force.
	validated_with: u8,
	/// What is wrong with its validation data, if anything.
	twist: u8,
}

impl Choice {
	/// Never older than the one above, but for one that is too old for the base: what moves back along a path the tree
	/// refuses, before it asks about constraints (R-TRE-6).
	fn relay_parent(&self, above: BlockNumber, base: &Constraints) -> RelayChainBlockInfo {
		let number = match base.min_relay_parent_number.checked_sub(1) {
			Some(too_old) if self.later == u8::MAX => too_old,
			_ => above + u32::from(self.later % 4),
		};
		RelayChainBlockInfo {
			hash: Hash::from_low_u64_be(number.into()),
			number,
			storage_root: Hash::from_low_u64_be(1000 + u64::from(number)),
		}
	}

	fn commitments(
		&self,
		relay_parent: BlockNumber,
		place: &Operating<'_, Constraints>,
	) -> CandidateCommitments {
		let valid = &place.base().hrmp_inbound.valid_watermarks;
		let horizontal = self
			.horizontal
			.iter()
			.take(6)
			.map(|(recipient, len)| OutboundHrmpMessage {
				recipient: ParaId(u32::from(recipient % 8)),
				data: vec![0; usize::from(len % 32)],
			});
		CandidateCommitments {
			upward_messages: self
				.upward
				.iter()
				.take(6)
				.map(|len| vec![0; usize::from(len % 32)])
				.collect(),
			horizontal_messages: horizontal.collect(),
			new_validation_code: self
				.code
				.map(|len| ValidationCode(vec![0; usize::from(len % 16)])),
			head_data: HeadData(self.head.iter().take(8).copied().collect()),
			processed_downward_messages: u32::from(self.downward % 6),
			hrmp_watermark: match self.watermark % 3 {
				0 => relay_parent,
				1 => valid
					.get(usize::from(self.watermark / 3) % valid.len().max(1))
					.copied()
					.unwrap_or(relay_parent),
				_ => u32::from(self.watermark % 32),
			},
		}
	}

	fn validation_data(
		&self,
		relay_parent: &RelayChainBlockInfo,
		place: &Operating<'_, Constraints>,
	) -> PersistedValidationData {
		let mut data = expected_validation_data(relay_parent, place);
		match self.twist {
			250 => data.max_pov_size += 1,
			251 => data.relay_parent_number += 1,
			252 => data.relay_parent_storage_root = Hash::zero(),
			253 => data.parent_head.0.push(0),
			_ => {}
		}
		data
	}
}

fuzz_target!(|input: (Base, Vec<Choice>)| {
	let (base, choices) = input;
	let base = base.constraints();
	assert!(base.is_canonical());
	let nothing = ConstraintModifications::default();
	let mut stacked = ConstraintModifications::default();
	let mut applied = base.clone();
	let mut above = base.min_relay_parent_number;

	for choice in choices.iter().take(12) {
		let behind_stack = Operating::new(&base, &stacked);
		let at_base = Operating::new(&applied, &nothing);
		let relay_parent = choice.relay_parent(above, &base);
		let commitments = choice.commitments(relay_parent.number, &behind_stack);
		let validation_data = choice.validation_data(&relay_parent, &behind_stack);
		let candidate = FragmentCandidate {
			commitments: &commitments,
			validation_code_hash: match choice.validated_with {
				254 => CODE,
				255 => NEXT_CODE,
				_ => behind_stack.validation_code_hash(),
			},
			validation_data: ValidationDataClaim::Full(&validation_data),
			is_pending_availability: false,
		};

		let verdict = check_fragment(&relay_parent, &behind_stack, &candidate);
		assert_eq!(
			verdict,
			check_fragment(&relay_parent, &at_base, &candidate),
			"R-MOD-9"
		);
		let hash = validation_data.hash();
		let by_hash = FragmentCandidate {
			validation_data: ValidationDataClaim::Hash(hash),
			..candidate
		};
		assert_eq!(
			verdict,
			check_fragment(&relay_parent, &behind_stack, &by_hash),
			"R-FRG-8"
		);
		let with_it = check_and_stack(&relay_parent, &behind_stack, &candidate);
		let Ok(modifications) = verdict else {
			assert_eq!(with_it.err(), verdict.err(), "R-MOD-8");
			continue;
		};
		assert_eq!(
			check_unconnected(&relay_parent, &base, &candidate),
			Ok(()),
			"R-TRE-14"
		);
		assert_eq!(applied.check_modifications(&modifications), Ok(()), "R-APP-1");

		let next = applied.apply_modifications(&modifications);
		let modifications = modifications.into_owned();
		stacked.stack(&modifications);
		assert_eq!(
			with_it.map(ConstraintModifications::into_owned).as_ref(),
			Ok(&stacked),
			"R-MOD-8"
		);
		assert_eq!(base.apply_modifications(&stacked), next, "R-MOD-9");
		applied = next.unwrap_or_else(|error| panic!("what is checked can be applied: {error}"));
		assert!(applied.is_canonical(), "R-APP");
		above = relay_parent.number;
	}
});
