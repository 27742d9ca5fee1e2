//! Pending candidates of a para are judged with their modifications stacked (R-BASE-18, R-DEF-8).

use crate::{mock::*, Error};
use async_backing_primitives::{OutboundHrmpMessage, UpgradeRestriction, UpwardMessage};
use frame_support::assert_noop;
use sp_runtime::DispatchError;

/// Offers `parent` and `child` first in one block and then in two, so that `parent` is accepted or pending when `child`
/// is judged; the verdict must be the same.
fn check_stacked(
	name: &str,
	prepare: fn(&mut State),
	parent: fn(&mut Candidate),
	child: fn(&mut Candidate),
	expected: Option<Error<Test>>,
) {
	let expected = expected.map(DispatchError::from);
	for in_one_block in [true, false] {
		Setup::elastic(2).run(|| {
			run_to(6);
			neighbours(prepare);
			let first = Candidate::first().with(parent);
			let second = first.child(1, 2).with(child);
			let verdict = |candidates: &[&Candidate]| {
				let data = inherent(&[], candidates);
				match expected {
					Some(error) => {
						assert_noop!(enter(data), error);
					}
					None => assert_eq!(enter(data), Ok(()), "{name}"),
				}
			};
			if in_one_block {
				return verdict(&[&first, &second]);
			}
			finish_block_with(inherent(&[], &[&first]));
			verdict(&[&second]);
			if expected.is_none() {
				end_block();
				begin_block();
				finish_block_with(inherent(&attest(&[0, 1]), &[]));
				assert_eq!(included_head(PARA), second.head(), "{name}");
			}
		});
	}
}

fn upward(count: usize, size: usize) -> Vec<UpwardMessage> {
	vec![vec![1; size]; count]
}

fn to_other(len: usize) -> Vec<OutboundHrmpMessage> {
	vec![OutboundHrmpMessage {
		recipient: OTHER,
		data: vec![0; len],
	}]
}

#[test]
fn r_def_33_r_hrmp_2_messages_that_pending_candidates_consume_are_not_counted_again() {
	fn prepare(state: &mut State) {
		state.config.hrmp_max_messages_consumed_per_candidate = 2;
		state.inbound.insert(PARA, vec![1, 1, 1, 2, 3]);
		state.watermarks.insert(PARA, vec![1, 2, 3]);
	}
	check_stacked(
		"R-HRMP-2: what the parent left",
		prepare,
		|parent| parent.commitments.hrmp_watermark = 1,
		|_| {},
		None,
	);
	check_stacked(
		"R-HRMP-2: the parent left too much",
		|state| {
			prepare(state);
			state.inbound.insert(PARA, vec![1, 1, 2, 2, 3]);
		},
		|parent| parent.commitments.hrmp_watermark = 1,
		|_| {},
		Some(Error::TooManyMessagesConsumed),
	);
}

#[test]
fn r_def_8_upward_messages_of_pending_candidates_count() {
	// R-MOD-10: room for ten messages and 1000 bytes, the parent uses four and 300.
	fn room(state: &mut State) {
		state.upward.insert(
			PARA,
			(
				state.config.max_upward_queue_count - 10,
				state.config.max_upward_queue_size - 1000,
			),
		);
	}
	fn parent(candidate: &mut Candidate) {
		candidate.commitments.upward_messages = upward(4, 75);
	}
	check_stacked(
		"R-CON-6",
		room,
		parent,
		|child| child.commitments.upward_messages = upward(6, 100),
		None,
	);
	let overflow = Some(Error::UpwardMessagesExceeded);
	check_stacked(
		"R-DEF-8",
		room,
		parent,
		|child| child.commitments.upward_messages = upward(7, 1),
		overflow,
	);
	let overflow = Some(Error::UpwardBytesExceeded);
	check_stacked(
		"R-DEF-8",
		room,
		parent,
		|child| child.commitments.upward_messages = upward(1, 701),
		overflow,
	);
}

#[test]
fn r_hrmp_6_a_channel_that_a_pending_candidate_filled() {
	fn room(state: &mut State) {
		state.channels.insert((PARA, OTHER), (1, 50, 50));
	}
	fn parent(candidate: &mut Candidate) {
		candidate.commitments.horizontal_messages = to_other(40);
	}
	let overflow = Some(Error::ChannelMessagesExceeded);
	check_stacked(
		"R-HRMP-6",
		room,
		parent,
		|child| child.commitments.horizontal_messages = to_other(5),
		overflow,
	);
	check_stacked("R-HRMP-6", room, parent, |_| (), None);
}

#[test]
fn r_dmp_2_remaining_is_after_the_pending_candidates() {
	fn queue(state: &mut State) {
		state.downward.insert(PARA, vec![3, 5]);
	}
	fn all(candidate: &mut Candidate) {
		candidate.commitments.processed_downward_messages = 2;
	}
	fn one(candidate: &mut Candidate) {
		candidate.commitments.processed_downward_messages = 1;
	}
	check_stacked("R-DMP-2: nothing is left to process", queue, all, |_| (), None);
	check_stacked(
		"R-DMP-1",
		queue,
		one,
		|_| (),
		Some(Error::DownwardMessagesNotProcessed),
	);
	check_stacked("R-CON-4", queue, all, one, Some(Error::DownwardMessagesExceeded));
	check_stacked("R-DMP-2", queue, one, one, None);
}

#[test]
fn r_hrmp_2_the_watermark_does_not_move_backwards_behind_pending_candidates() {
	fn valid(state: &mut State) {
		state.watermarks.insert(PARA, vec![2, 3, 4]);
	}
	fn to_3(candidate: &mut Candidate) {
		candidate.commitments.hrmp_watermark = 3;
	}
	check_stacked(
		"R-APP-3",
		valid,
		to_3,
		|child| child.commitments.hrmp_watermark = 4,
		None,
	);
	check_stacked("R-APP-3: it may stay", valid, to_3, to_3, None);
	let backwards = Some(Error::DisallowedWatermark);
	check_stacked(
		"R-HRMP-2",
		valid,
		to_3,
		|child| child.commitments.hrmp_watermark = 2,
		backwards,
	);
}

#[test]
fn r_code_4_one_announcement_at_a_time() {
	fn nothing(_: &mut State) {}
	fn announce(candidate: &mut Candidate) {
		candidate.commitments.new_validation_code = Some(code(1));
	}
	check_stacked(
		"R-CODE-4",
		nothing,
		announce,
		announce,
		Some(Error::CodeUpgradeRestricted),
	);
	check_stacked("R-CODE-3", nothing, announce, |_| (), None);
}

#[test]
fn r_code_5_the_child_of_the_applying_candidate_runs_the_new_code() {
	fn scheduled(state: &mut State) {
		state.future_codes.insert(PARA, (5, code(1).hash()));
	}
	check_stacked(
		"R-CODE-6",
		scheduled,
		|_| (),
		|child| child.code = code(1).hash(),
		None,
	);
	check_stacked(
		"R-CODE-5",
		scheduled,
		|_| (),
		|_| (),
		Some(Error::ValidationCodeMismatch),
	);
	Setup::default().run(|| {
		run_to(6);
		neighbours(scheduled);
		let early = Candidate::first().with(|candidate| candidate.code = code(1).hash());
		assert_noop!(
			enter(inherent(&[], &[&early])),
			Error::<Test>::ValidationCodeMismatch
		);
	});
}

/// Whatever the order of their cores, or of the hashes of their ids, by which the published pallet goes (decision 9).
#[test]
fn r_ena_4_paras_are_enacted_ascending_by_id() {
	Setup {
		assignments: vec![(0, OTHER), (1, PARA)],
		..Setup::default()
	}
	.run(|| {
		run_to(6);
		let first = Candidate::new(PARA, 1, &genesis_head(PARA), 1);
		let other = Candidate::new(OTHER, 0, &genesis_head(OTHER), 1);
		finish_block_with(inherent(&[], &[&first, &other]));
		finish_block_with(inherent(&attest(&[0, 1]), &[]));
		let effects = neighbours(|state| state.effects.clone());
		let enacted: Vec<_> = effects
			.into_iter()
			.filter_map(|effect| match effect {
				Effect::NewHead(para, ..) => Some(para),
				_ => None,
			})
			.collect();
		assert_eq!(enacted, [PARA, OTHER], "R-ENA-4");
	});
}

#[test]
fn r_ena_4_effects_are_enacted_in_order() {
	Setup::default().run(|| {
		run_to(6);
		neighbours(|state| {
			state.channels.insert((PARA, OTHER), (5, 500, 50));
			state.downward.insert(PARA, vec![3]);
		});
		let candidate = Candidate::first().with(|candidate| {
			candidate.commitments.new_validation_code = Some(code(1));
			candidate.commitments.processed_downward_messages = 1;
			candidate.commitments.upward_messages = vec![vec![1], vec![2], vec![]];
			candidate.commitments.horizontal_messages = to_other(7);
		});
		finish_block_with(inherent(&[], &[&candidate]));
		finish_block_with(inherent(&attest(&[0]), &[]));
		let effects = neighbours(|state| state.effects.clone());
		let expected = [
			Effect::ScheduleCode(PARA, code(1)),
			Effect::PruneDownward(PARA, 1),
			Effect::EnqueueUpward(PARA, vec![vec![1], vec![2]]),
			Effect::PruneHorizontal(PARA, 5),
			Effect::EnqueueHorizontal(PARA, to_other(7)),
			Effect::NewHead(PARA, candidate.head(), 5),
			Effect::Included(0, candidate.hash()),
		];
		assert_eq!(effects[2..], expected, "R-ENA-4, R-UMP-7: behind the rewards");
		let constraints = crate::Pallet::<Test>::base_constraints(PARA)
			.expect("the para is known")
			.constraints;
		assert_eq!(
			constraints.upgrade_restriction,
			Some(UpgradeRestriction::Present),
			"R-BASE-14, R-DEF-12"
		);
	});
}
