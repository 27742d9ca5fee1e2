//! Random chains: the three contexts of one block, and the verdict of the chain.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use crate::{approver::ApproverError, *};
use alloc::{sync::Arc, vec, vec::Vec};
use async_backing_primitives::*;
use codec::Encode;
use proptest::prelude::*;

const PARA: ParaId = ParaId(2000);
/// Largest depth of the chains here: that of the lecture.
const MAX_DEPTH: usize = 5;
const FIRST: BlockNumber = 20;
const RECIPIENTS: [ParaId; 2] = [ParaId(2001), ParaId(2002)];

fn block(number: BlockNumber) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: hash_of(&("relay block", number)),
		number,
		storage_root: hash_of(&("state", number)),
	}
}

fn head(number: usize) -> HeadData {
	HeadData(vec![number as u8; number + 1])
}

fn old_code() -> ValidationCode {
	ValidationCode(vec![1; 9])
}

fn new_code() -> ValidationCode {
	ValidationCode(vec![2; 9])
}

/// What a block wants to do.
#[derive(Clone, Debug)]
struct Wish {
	/// Relay blocks after that of its parent.
	later: u32,
	upward: Vec<usize>,
	sends: [Option<usize>; 2],
	processes: u32,
	watermark: u32,
	announces: bool,
}

prop_compose! {
	fn wishes()(
		later in 0..3u32,
		upward in prop::collection::vec(0..40usize, 0..4),
		sends in prop::array::uniform2(prop::option::of(0..60usize)),
		processes in 0..3u32,
		watermark in 0..8u32,
		announces in prop::bool::weighted(0.1),
	) -> Wish {
		Wish { later, upward, sends, processes, watermark, announces }
	}
}

prop_compose! {
	fn bases()(
		ump in 0..12u32,
		ump_bytes in 0..300u32,
		dmp in prop::collection::btree_set(10..26u32, 0..6),
		watermarks in prop::collection::btree_set(10..26u32, 0..6),
		channels in prop::array::uniform2((0..150u32, 0..5u32)),
		upgrade_at in prop::option::of(FIRST - 2..FIRST + 6),
		restricted in any::<bool>(),
		pov in 1000..5000u32,
	) -> ExtendedConstraints {
		let channel = |(bytes_remaining, messages_remaining)| OutboundHrmpChannelLimitations {
			bytes_remaining,
			messages_remaining,
		};
		Constraints {
			min_relay_parent_number: FIRST,
			max_pov_size: pov,
			max_code_size: 100,
			max_head_data_size: 32,
			ump_remaining: ump,
			ump_remaining_bytes: ump_bytes,
			max_ump_num_per_candidate: 3,
			dmp_remaining_messages: dmp.into_iter().collect(),
			hrmp_inbound: InboundHrmpLimitations {
				valid_watermarks: watermarks.into_iter().collect(),
			},
			hrmp_channels_out: RECIPIENTS.into_iter().zip(channels.map(channel)).collect(),
			max_hrmp_num_per_candidate: 2,
			required_parent: head(0),
			validation_code_hash: old_code().hash(),
			upgrade_restriction: (restricted || upgrade_at.is_some()).then_some(UpgradeRestriction::Present),
			future_validation_code: upgrade_at.map(|at| (at, new_code().hash())),
		}
		.into()
	}
}

/// A block of the chain.
#[derive(Clone, Debug)]
struct Made {
	candidate: CandidateHash,
	relay_parent: RelayChainBlockInfo,
	commitments: CandidateCommitments,
	parent_head: HeadHash,
	receipt: CandidateReceipt,
	validation_data: PersistedValidationData,
}

impl Made {
	fn as_unincluded(&self, standing: Standing) -> Unincluded<'_> {
		Unincluded {
			candidate: self.candidate,
			parent_head: self.parent_head,
			output_head: self.commitments.head_data.hash(),
			relay_parent: self.relay_parent.hash,
			relay_parent_number: self.relay_parent.number,
			commitments: &self.commitments,
			standing,
		}
	}

	fn as_pending(&self) -> CandidatePendingAvailability {
		CandidatePendingAvailability {
			candidate_hash: self.candidate,
			descriptor: self.receipt.descriptor.clone(),
			commitments: self.commitments.clone(),
			relay_parent_number: self.relay_parent.number,
			max_pov_size: self.validation_data.max_pov_size,
		}
	}
}

fn pov(number: usize) -> PoV {
	PoV {
		block_data: BlockData(vec![number as u8; 30]),
	}
}

fn commitments(number: usize, relay_parent: BlockNumber, wish: &Wish) -> CandidateCommitments {
	let sent = RECIPIENTS.iter().zip(wish.sends);
	CandidateCommitments {
		upward_messages: wish.upward.iter().map(|len| vec![5; len + 1]).collect(),
		horizontal_messages: sent
			.filter_map(|(recipient, len)| {
				Some(OutboundHrmpMessage {
					recipient: *recipient,
					data: vec![6; len?],
				})
			})
			.collect(),
		new_validation_code: wish.announces.then(|| ValidationCode(vec![3; 20])),
		head_data: head(number),
		processed_downward_messages: wish.processes,
		hrmp_watermark: relay_parent.saturating_sub(wish.watermark),
	}
}

/// The chain's verdict on a block, with the data that it was validated with.
fn judged(
	operating: &Operating<'_, ExtendedConstraints>,
	relay_parent: &RelayChainBlockInfo,
	commitments: &CandidateCommitments,
	code: ValidationCodeHash,
	data: &PersistedValidationData,
) -> Result<(), FragmentError> {
	let candidate = FragmentCandidate {
		commitments,
		validation_code_hash: code,
		validation_data: ValidationDataClaim::Hash(data.hash()),
		is_pending_availability: false,
	};
	check_fragment(relay_parent, operating, &candidate).map(|_| ())
}

/// Blocks that do what they wish, or as little as they must where the chain would refuse it; each built in the context that
/// a collator finds. `None` stands for a chain that comes to a dead end.
fn chain(base: &ExtendedConstraints, wishes: &[Wish]) -> Vec<Made> {
	let mut chain: Vec<Made> = Vec::new();
	let mut at = FIRST;
	for (number, wish) in (1..).zip(wishes) {
		at += wish.later;
		let relay_parent = block(at);
		let at_relay_parent = ParaAtLeaf {
			backing_state: BackingState {
				constraints: base.constraints.clone(),
				pending_availability: vec![],
			},
			extension: None,
		};
		let own = chain.iter().map(|made| made.as_unincluded(Standing::Executed));
		let context = collator::context(PARA, relay_parent, &at_relay_parent, own.clone()).unwrap();
		let segment = Path::with(base, head(0).hash(), own).unwrap();
		let (code, data) = (
			context.validation_code_hash.value,
			context.validation_data.to_persisted(),
		);
		let least = Wish {
			upward: vec![],
			sends: [None; 2],
			watermark: 0,
			announces: false,
			processes: u32::from(!context.constraints.constraints.dmp_remaining_messages.is_empty()),
			..wish.clone()
		};
		let tried = [wish, &least].map(|wish| commitments(number, at, wish));
		let fits = |commitments: &CandidateCommitments| {
			judged(&segment.operating(), &relay_parent, commitments, code, &data)
		};
		let [wished, least] = tried;
		let commitments = match fits(&wished) {
			Ok(()) => wished,
			Err(_) => {
				assert_eq!(fits(&least), Ok(()), "a block that does nothing fits everywhere");
				least
			}
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: PARA,
			relay_parent: relay_parent.hash,
			persisted_validation_data_hash: data.hash(),
			pov_hash: pov(number).hash(),
			para_head: commitments.head_data.hash(),
			validation_code_hash: code,
			..Default::default()
		});
		let receipt = CandidateReceipt {
			descriptor,
			commitments_hash: commitments.hash(),
		};
		chain.push(Made {
			candidate: receipt.hash(),
			relay_parent,
			parent_head: data.parent_head.hash(),
			commitments,
			receipt,
			validation_data: data,
		});
	}
	chain
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(400))]

	#[test]
	fn r_col_2_r_col_3_r_col_4_all_three_have_one_validation_data_byte_for_byte(
		base in bases(),
		wishes in prop::collection::vec(wishes(), 1..=MAX_DEPTH + 1),
		pending in 0..=MAX_DEPTH,
		later in 0..4u32,
	) {
		let chain = chain(&base, &wishes);
		let (block_itself, above) = chain.split_last().unwrap();
		let pending = pending.min(above.len());
		let (on_chain, own) = above.split_at(pending);
		let number = chain.len();

		// The collator: what is pending is in the state of its relay parent.
		let at_relay_parent = ParaAtLeaf {
			backing_state: BackingState {
				constraints: base.constraints.clone(),
				pending_availability: on_chain.iter().map(Made::as_pending).collect(),
			},
			extension: None,
		};
		let executed = own.iter().map(|made| made.as_unincluded(Standing::Executed));
		let built = collator::context(PARA, block_itself.relay_parent, &at_relay_parent, executed.clone()).unwrap();

		// A backer: at a later leaf perhaps, and all of it in its tree.
		let found = backer::Found {
			para: PARA,
			relay_parent: block_itself.relay_parent,
			leaf: block_itself.relay_parent.number + later,
			base: &base,
			included: head(0).hash(),
		};
		let standing = |index| if index < pending { Standing::Pending } else { Standing::Seconded };
		let path = (0..).zip(above).map(|(index, made)| made.as_unincluded(standing(index)));
		let backed = backer::context(found, path).unwrap();

		// An approver: out of what the backer made available.
		let available = Arc::new(AvailableData {
			validation_data: backed.validation_data.to_persisted(),
			pov: pov(number),
		});
		let is_new = block_itself.receipt.descriptor.validation_code_hash() == new_code().hash();
		let code = Arc::new(if is_new { new_code() } else { old_code() });
		let approved = approver::context(&block_itself.receipt, available, code).unwrap();

		let bytes = block_itself.validation_data.encode();
		prop_assert_eq!(&built.validation_data.to_persisted().encode(), &bytes, "R-COL-2");
		prop_assert_eq!(&backed.validation_data.to_persisted().encode(), &bytes, "R-COL-3");
		prop_assert_eq!(&approved.validation_data.to_persisted().encode(), &bytes, "R-COL-4");
		let expected = block_itself.receipt.descriptor.persisted_validation_data_hash();
		prop_assert_eq!(backed.validation_data.hash(), expected, "R-PVD-1");
		prop_assert_eq!(built.validation_code_hash.value, backed.validation_code_hash.value, "R-CODE-5");
		prop_assert_eq!(built.validation_code_hash.value, approved.validation_code_hash.value, "R-CODE-5");
		prop_assert_eq!(&built.constraints, &backed.constraints, "R-GLO-9");
		prop_assert_eq!(built.required_parent.value, approved.required_parent.value, "R-GLO-8");
		let by_parts = validation_data(
			&block_itself.relay_parent,
			built.validation_data.parent_head.value.clone(),
			base.constraints.max_pov_size,
		);
		prop_assert_eq!(by_parts, block_itself.validation_data.clone(), "R-PVD-1");
		// Without copies of anything large a collator comes to the same.
		let lean = collator::path(&at_relay_parent.backing_state, head(0).hash(), executed).unwrap();
		prop_assert_eq!(lean.operating().required_parent(), &built.validation_data.parent_head.value);
		prop_assert_eq!(lean.operating().validation_code_hash(), built.validation_code_hash.value);
	}

	#[test]
	fn r_app_1_r_mod_9_constraints_are_the_base_with_each_ancestor_applied_and_sources_say_by_whom(
		base in bases(),
		wishes in prop::collection::vec(wishes(), 1..=MAX_DEPTH + 1),
	) {
		let chain = chain(&base, &wishes);
		let found = backer::Found {
			para: PARA,
			relay_parent: block(FIRST + 100),
			leaf: FIRST + 100,
			base: &base,
			included: head(0).hash(),
		};
		let path = chain.iter().map(|made| made.as_unincluded(Standing::Seconded));
		let context = backer::context(found, path).unwrap();
		let mut expected = base.clone();
		for ancestor in &context.ancestors {
			let next = expected.apply_modifications(&ancestor.modifications).unwrap();
			for field in ConstraintField::ALL {
				let changed = value(field, &expected.constraints) != value(field, &next.constraints);
				prop_assert!(!changed || field.is_changed_by(&ancestor.modifications), "{:?}", field);
			}
			expected = next;
		}
		prop_assert_eq!(&context.constraints, &expected, "R-MOD-9");
		prop_assert_eq!(context.depth(), chain.len());
		let source = |made: &Made| Source::Seconded(made.candidate);
		let sources: Vec<_> = context.sources(ConstraintField::RequiredParent).collect();
		let all: Vec<_> = core::iter::once(Source::State(FIRST + 100)).chain(chain.iter().map(source)).collect();
		prop_assert_eq!(sources, all);
		prop_assert_eq!(context.validation_data.parent_head.source, source(chain.last().unwrap()));
		for field in [ConstraintField::MinRelayParentNumber, ConstraintField::MaxPovSize] {
			prop_assert_eq!(context.sources(field).count(), 1, "R-APP-7");
		}
	}

	#[test]
	fn r_frg_8_the_verdict_accepts_this_data_and_no_other(
		base in bases(),
		wishes in prop::collection::vec(wishes(), 1..=MAX_DEPTH + 1),
		wrong in 0..4usize,
	) {
		let chain = chain(&base, &wishes);
		let (made, above) = chain.split_last().unwrap();
		let path = above.iter().map(|made| made.as_unincluded(Standing::Seconded));
		let segment = Path::with(&base, head(0).hash(), path).unwrap();
		let code = made.receipt.descriptor.validation_code_hash();
		let judge = |data: &PersistedValidationData| {
			judged(&segment.operating(), &made.relay_parent, &made.commitments, code, data)
		};
		prop_assert_eq!(judge(&made.validation_data), Ok(()));
		let mut data = made.validation_data.clone();
		match wrong {
			0 => data.parent_head.0.push(0),
			1 => data.relay_parent_number += 1,
			2 => data.relay_parent_storage_root = Hash::zero(),
			_ => data.max_pov_size += 1,
		}
		prop_assert_eq!(judge(&data), Err(FragmentError::PersistedValidationDataMismatch));
	}
}

/// A field, encoded.
fn value(field: ConstraintField, constraints: &Constraints) -> Vec<u8> {
	use ConstraintField::*;
	match field {
		MinRelayParentNumber => constraints.min_relay_parent_number.encode(),
		MaxPovSize => constraints.max_pov_size.encode(),
		MaxCodeSize => constraints.max_code_size.encode(),
		MaxHeadDataSize => constraints.max_head_data_size.encode(),
		UmpRemaining => constraints.ump_remaining.encode(),
		UmpRemainingBytes => constraints.ump_remaining_bytes.encode(),
		MaxUmpNumPerCandidate => constraints.max_ump_num_per_candidate.encode(),
		DmpRemainingMessages => constraints.dmp_remaining_messages.encode(),
		HrmpInbound => constraints.hrmp_inbound.encode(),
		HrmpChannelsOut => constraints.hrmp_channels_out.encode(),
		MaxHrmpNumPerCandidate => constraints.max_hrmp_num_per_candidate.encode(),
		RequiredParent => constraints.required_parent.encode(),
		ValidationCodeHash => constraints.validation_code_hash.encode(),
		UpgradeRestriction => constraints.upgrade_restriction.encode(),
		FutureValidationCode => constraints.future_validation_code.encode(),
	}
}

fn quiet() -> ExtendedConstraints {
	Constraints {
		min_relay_parent_number: FIRST,
		max_pov_size: 1000,
		max_code_size: 100,
		max_head_data_size: 32,
		ump_remaining: 2,
		ump_remaining_bytes: 100,
		max_ump_num_per_candidate: 3,
		dmp_remaining_messages: vec![],
		hrmp_inbound: Default::default(),
		hrmp_channels_out: vec![],
		max_hrmp_num_per_candidate: 0,
		required_parent: head(0),
		validation_code_hash: old_code().hash(),
		upgrade_restriction: None,
		future_validation_code: None,
	}
	.into()
}

fn wish(upward: usize, later: u32) -> Wish {
	Wish {
		later,
		upward: vec![1; upward],
		sends: [None; 2],
		processes: 0,
		watermark: 0,
		announces: false,
	}
}

fn found(base: &ExtendedConstraints, relay_parent: BlockNumber) -> backer::Found<'_> {
	backer::Found {
		para: PARA,
		relay_parent: block(relay_parent),
		leaf: relay_parent,
		base,
		included: head(0).hash(),
	}
}

#[test]
fn r_glo_8_blocks_that_do_not_build_on_one_another_are_no_path() {
	let base = quiet();
	let chain = chain(&base, &[wish(0, 0), wish(0, 0)]);
	let second = chain[1].as_unincluded(Standing::Seconded);
	assert_eq!(
		backer::context(found(&base, FIRST), [second]),
		Err(ContextError::Path(PathError::Disconnected {
			candidate: chain[1].candidate,
			expected: head(0).hash(),
			got: head(1).hash(),
		}))
	);
}

#[test]
fn r_tre_6_the_relay_parent_does_not_move_back_behind_that_of_the_parent() {
	let base = quiet();
	let chain = chain(&base, &[wish(0, 3)]);
	for standing in [Standing::Pending, Standing::Seconded] {
		let at = |number| backer::context(found(&base, number), [chain[0].as_unincluded(standing)]);
		let error = ContextError::RelayParentMovesBack {
			least: FIRST + 3,
			got: FIRST + 2,
		};
		assert_eq!(at(FIRST + 2), Err(error));
		assert!(at(FIRST + 3).is_ok(), "equal is allowed");
	}
}

#[test]
fn r_con_3_what_is_not_on_chain_has_to_fit_and_what_is_counts_as_it_is() {
	let chain = chain(&quiet(), &[wish(2, 0)]);
	let mut base = quiet();
	base.constraints.ump_remaining = 1;
	let at = |standing| backer::context(found(&base, FIRST), [chain[0].as_unincluded(standing)]);
	let error = ModificationError::UmpMessagesOverflow {
		remaining: 1,
		submitted: 2,
	};
	let candidate = chain[0].candidate;
	assert_eq!(
		at(Standing::Seconded),
		Err(ContextError::Path(PathError::DoesNotFit { candidate, error }))
	);
	assert_eq!(at(Standing::Pending), Err(ContextError::Exhausted(error)));
}

#[test]
fn r_col_4_an_approver_takes_nothing_that_is_not_the_candidates() {
	let made = chain(&quiet(), &[wish(0, 0)]).remove(0);
	let data = |validation_data, pov| Arc::new(AvailableData { validation_data, pov });
	let of = |available, code| approver::context(&made.receipt, available, Arc::new(code));
	let good = made.validation_data.clone();
	assert!(of(data(good.clone(), pov(1)), old_code()).is_ok());

	let mut other = good.clone();
	other.max_pov_size += 1;
	let error = InputMismatch::ValidationData {
		expected: good.hash(),
		got: other.hash(),
	};
	assert_eq!(of(data(other, pov(1)), old_code()), Err(error.into()));
	let error = InputMismatch::Pov {
		expected: pov(1).hash(),
		got: pov(2).hash(),
	};
	assert_eq!(of(data(good.clone(), pov(2)), old_code()), Err(error.into()));
	let error = ApproverError::Code {
		expected: old_code().hash(),
		got: new_code().hash(),
	};
	assert_eq!(of(data(good, pov(1)), new_code()), Err(error));
}

#[test]
fn r_bak_12_an_approver_refuses_a_pov_above_the_limit() {
	let large = PoV {
		block_data: BlockData(vec![0; 999]),
	};
	let mut made = chain(&quiet(), &[wish(0, 0)]).remove(0);
	made.receipt.descriptor = CandidateDescriptor::v2(DescriptorFields {
		persisted_validation_data_hash: made.validation_data.hash(),
		pov_hash: large.hash(),
		validation_code_hash: old_code().hash(),
		..Default::default()
	});
	let available = Arc::new(AvailableData {
		validation_data: made.validation_data,
		pov: large,
	});
	assert_eq!(
		approver::context(&made.receipt, available, Arc::new(old_code())),
		Err(ApproverError::PovTooLarge { max: 1000, got: 1001 }),
		"two bytes of length before 999 of the block"
	);
}

#[test]
fn fields_are_numbered_and_named_as_in_the_rules() {
	let rules: Vec<_> = ConstraintField::ALL.iter().map(|field| field.rule()).collect();
	assert_eq!(rules, (1..=15).collect::<Vec<_>>(), "R-BASE-1..15");
	assert_eq!(ConstraintField::RequiredParent.name(), "required_parent");
}
