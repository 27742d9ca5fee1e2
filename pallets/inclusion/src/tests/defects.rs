//! Known defects of other implementations, each as a case and our behaviour in it (`R-DEF`, docs/rules.md, section 15).
//! Those about weight are in `weight.rs`, about time-outs in `freeing.rs`, about empty groups in `refusals.rs`.

use crate::{mock::*, Error, Pallet};
use async_backing_primitives::{
	Constraints, CoreState, HeadData, OccupiedCoreAssumption, OutboundHrmpMessage, ParachainsInherentData,
};
use frame_support::{assert_noop, assert_ok};

fn heads_kept(data: &ParachainsInherentData) -> Vec<HeadData> {
	let kept = Pallet::<Test>::filter(data.clone());
	kept.backed_candidates
		.iter()
		.map(|backed| backed.candidate.commitments.head_data.clone())
		.collect()
}

/// What a node is told about the first para.
fn constraints() -> Constraints {
	let base = Pallet::<Test>::base_constraints(PARA).expect("the para is known");
	base.constraints
}

#[test]
fn r_def_8_what_pending_candidates_send_counts_against_the_next() {
	Setup::elastic(3).run(|| {
		neighbours(|state| {
			state.config.max_upward_queue_count = 3;
			state.channels.insert((PARA, OTHER), (2, 100, 100));
		});
		let upward = |count: usize| {
			move |candidate: &mut Candidate| {
				candidate.commitments.upward_messages = vec![vec![1]; count];
			}
		};
		let first = Candidate::first().with(upward(2));
		finish_block_with(inherent(&[], &[&first]));
		// The queue is empty, but two messages are under way.
		let over = first.child(1, 2).with(upward(2));
		assert_noop!(
			enter(inherent(&[], &[&over])),
			Error::<Test>::UpwardMessagesExceeded
		);
		let bytes = |len: usize| {
			move |candidate: &mut Candidate| {
				candidate.commitments.horizontal_messages = vec![OutboundHrmpMessage {
					recipient: OTHER,
					data: vec![0; len],
				}];
			}
		};
		let second = first.child(1, 2).with(upward(1)).with(bytes(60));
		let third = second.child(2, 3).with(bytes(41));
		assert_noop!(
			enter(inherent(&[], &[&second, &third])),
			Error::<Test>::ChannelBytesExceeded
		);
		assert_eq!(
			heads_kept(&inherent(&[], &[&second, &third])),
			[second.head()],
			"R-DEF-8: stacked within a block too"
		);
		assert_ok!(enter(inherent(
			&[],
			&[&second, &second.child(2, 3).with(bytes(40))]
		)));
	});
}

#[test]
fn r_def_9_a_queue_over_its_limit_has_no_room_and_nothing_underflows() {
	Setup::default().run(|| {
		neighbours(|state| {
			state.config.max_upward_queue_count = 1;
			state.config.max_upward_queue_size = 10;
			state.upward.insert(PARA, (5, 500));
		});
		let constraints = constraints();
		assert_eq!(
			(constraints.ump_remaining, constraints.ump_remaining_bytes),
			(0, 0),
			"R-DEF-9, R-BASE-5/6"
		);
		let sends =
			Candidate::first().with(|candidate| candidate.commitments.upward_messages = vec![vec![1]]);
		assert_noop!(
			enter(inherent(&[], &[&sends])),
			Error::<Test>::UpwardMessagesExceeded
		);
		assert_ok!(enter(inherent(&[], &[&Candidate::first()])));
	});
}

#[test]
fn r_def_10_the_head_data_limit_is_the_configured_one() {
	for limit in [100u32, 50_000] {
		Setup::default().run(|| {
			neighbours(|state| state.config.max_head_data_size = limit);
			let constraints = constraints();
			assert_eq!(constraints.max_head_data_size, limit, "R-DEF-10, R-BASE-4");
			let sized = |len: u32| {
				Candidate::first().with(|candidate| candidate.commitments.head_data.0.resize(len as usize, 7))
			};
			assert_noop!(
				enter(inherent(&[], &[&sized(limit + 1)])),
				Error::<Test>::HeadDataTooLarge
			);
			assert_ok!(enter(inherent(&[], &[&sized(limit)])));
		});
	}
}

#[test]
fn r_def_11_nodes_are_told_what_the_chain_judges_by() {
	Setup::default().run(|| {
		run_to(6);
		neighbours(|state| {
			state.channels.insert((PARA, OTHER), (5, 500, 40));
			state.watermarks.insert(PARA, vec![2, 4]);
			state.leaving.insert(PARA);
		});
		let constraints = constraints();
		assert_eq!(
			constraints.hrmp_inbound.valid_watermarks,
			[2, 4],
			"R-DEF-11, R-BASE-9"
		);
		let extension = Pallet::<Test>::base_constraints(PARA)
			.and_then(|constraints| constraints.extension)
			.expect("the chain tells the extension");
		assert_eq!(
			extension.hrmp_max_message_size,
			[(OTHER, 40)],
			"R-DEF-11, R-BASE-17"
		);
		assert!(extension.offboarding, "R-DEF-11, R-BASE-17");
		// The watermark may stay where it is: that of the last candidate is among the valid ones.
		let stays = Candidate::first().with(|candidate| candidate.commitments.hrmp_watermark = 2);
		assert_ok!(enter(inherent(&[], &[&stays])));
	});
}

#[test]
fn r_def_12_no_announcement_while_a_future_code_is_stored() {
	Setup::default().run(|| {
		neighbours(|state| state.future_codes.insert(PARA, (100, code(1).hash())));
		let constraints = constraints();
		assert!(constraints.upgrade_restriction.is_some(), "R-DEF-12, R-BASE-14");
		let announces =
			Candidate::first().with(|candidate| candidate.commitments.new_validation_code = Some(code(2)));
		assert_noop!(
			enter(inherent(&[], &[&announces])),
			Error::<Test>::CodeUpgradeRestricted
		);
	});
}

#[test]
fn r_def_13_two_upgrades_on_one_path_are_refused() {
	Setup::elastic(3).run(|| {
		let announce =
			|n| move |candidate: &mut Candidate| candidate.commitments.new_validation_code = Some(code(n));
		let first = Candidate::first().with(announce(1));
		let second = first.child(1, 2).with(announce(2));
		assert_noop!(
			enter(inherent(&[], &[&first, &second])),
			Error::<Test>::CodeUpgradeRestricted
		);
		assert_eq!(
			heads_kept(&inherent(&[], &[&first, &second])),
			[first.head()],
			"R-DEF-13: in one block"
		);
		finish_block_with(inherent(&[], &[&first]));
		assert_eq!(
			heads_kept(&inherent(&[], &[&second.clone().on(first.relay_parent)])),
			[] as [HeadData; 0],
			"R-DEF-13: behind a pending one"
		);
	});
}

#[test]
fn r_def_14_siblings_that_come_late_shift_nothing() {
	// On the chain positions are those of pending lists: dropping from the middle keeps what comes before.
	Setup::elastic(3).run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		let sibling = first.child(2, 3);
		let third = second.child(2, 4);
		finish_block_with(inherent(&[], &[&first, &second]));
		// A sibling of a pending candidate neither replaces it nor goes behind it.
		assert_noop!(
			enter(inherent(&[], &[&sibling])),
			Error::<Test>::ValidationDataMismatch
		);
		finish_block_with(inherent(&[], &[&third]));
		assert_eq!(
			pending(PARA),
			[first.hash(), second.hash(), third.hash()],
			"R-DEF-14"
		);
		neighbours(|state| state.invalid.insert(second.hash()));
		assert_ok!(enter(inherent(&[], &[&sibling])));
		assert_eq!(
			pending(PARA),
			[first.hash(), sibling.hash()],
			"R-DEF-14: it takes the place of what a dispute evicted"
		);
	});
}

#[test]
fn r_def_19_more_bits_than_votes_do_not_pass() {
	Setup::default().run(|| {
		let mut bad = Candidate::first().back();
		bad.validator_indices.set(2, true);
		neighbours(|state| state.disabled.insert(async_backing_primitives::ValidatorIndex(2)));
		let data = with_backed(&[], vec![bad]);
		let filtered = Pallet::<Test>::filter(data.clone());
		assert_eq!(
			filtered.backed_candidates,
			[],
			"R-DEF-19, R-BKV-2: nor with a disabled validator among them"
		);
		assert_noop!(enter(data), Error::<Test>::VotesDoNotMatchBits);
	});
}

#[test]
fn r_def_20_one_bad_vote_costs_its_candidate_and_descendants_only() {
	Setup {
		cores: 4,
		assignments: vec![(0, PARA), (1, PARA), (2, PARA), (3, OTHER)],
		validators: 8,
		..Setup::default()
	}
	.run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		let third = second.child(2, 3);
		let other = Candidate::new(OTHER, 3, &genesis_head(OTHER), 1);
		let mut forged = second.back();
		forged.validity_votes.swap(0, 1);
		let data = with_backed(&[], vec![first.back(), forged, third.back(), other.back()]);
		assert_noop!(enter(data.clone()), Error::<Test>::BadVoteSignature);
		assert_eq!(
			heads_kept(&data),
			[first.head(), other.head()],
			"R-DEF-20, R-INC-4"
		);
	});
}

#[test]
fn r_def_22_a_runtime_decodes_what_it_encodes() {
	use codec::{Decode, Encode};
	Setup::elastic(2).run(|| {
		let first = Candidate::first();
		finish_block_with(inherent(&[], &[&first]));
		let constraints = constraints();
		let bytes = constraints.encode();
		let decoded = async_backing_primitives::Constraints::decode(&mut &bytes[..]);
		assert_eq!(decoded, Ok(constraints), "R-DEF-22, R-BIN-31");
	});
}

#[test]
fn r_prv_2_answers_are_for_the_child_of_the_block_asked() {
	Setup {
		rotation: 5,
		..Setup::default()
	}
	.run(|| {
		run_to(4);
		assert_ok!(enter(inherent(&[], &[])));
		end_block();
		// In the state of block 4: the block being made is 5, and the group that has core 0 then is its group.
		assert!(
			matches!(&Pallet::<Test>::availability_cores()[0], CoreState::Scheduled(core) if core.para_id == PARA),
			"R-PRV-2: what block 5 may fill"
		);
		let data = Pallet::<Test>::persisted_validation_data(PARA, OccupiedCoreAssumption::Free);
		assert_eq!(
			data.map(|data| data.relay_parent_number),
			Some(4),
			"R-PRV-2: built on the block asked"
		);
		begin_block();
	});
}

#[test]
fn base_constraints_that_are_plain_configuration() {
	Setup::default().run(|| {
		let config = neighbours(|state| {
			state.config.max_pov_size = 1_111;
			state.config.max_code_size = 2_222;
			state.config.max_upward_message_num_per_candidate = 3;
			state.config.hrmp_max_message_num_per_candidate = 4;
			state.config.clone()
		});
		let constraints = constraints();
		assert_eq!(constraints.max_pov_size, config.max_pov_size, "R-BASE-2");
		assert_eq!(constraints.max_code_size, config.max_code_size, "R-BASE-3");
		assert_eq!(constraints.max_ump_num_per_candidate, 3, "R-BASE-7");
		assert_eq!(constraints.max_hrmp_num_per_candidate, 4, "R-BASE-11");
		assert_eq!(constraints.required_parent, genesis_head(PARA), "R-BASE-12");
		assert_eq!(constraints.validation_code_hash, code(0).hash(), "R-BASE-13");
	});
}
