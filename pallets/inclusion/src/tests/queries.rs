//! Answers for runtime APIs.

use crate::{constraints::StorageConstraints, mock::*, Pallet, RelayParentWindow};
use async_backing_primitives::{
	validation_data_hash, CandidateEvent, ConstraintSource, CoreIndex, CoreState, GroupIndex,
	OccupiedCoreAssumption, OutboundHrmpChannelLimitations, ParaId, ScheduledCore,
};

type Queries = Pallet<Test>;

#[test]
fn r_sch_1_core_states() {
	Setup {
		cores: 3,
		..Setup::default()
	}
	.run(|| {
		let candidate = Candidate::first();
		finish_block_with(inherent(&[], &[&candidate]));
		finish_block_with(inherent(&[bitfield(4, &[0])], &[]));
		let cores = Queries::availability_cores();
		assert_eq!(
			cores[1..],
			[CoreState::Scheduled(OTHER.into()), CoreState::Free],
			"R-SCH-1"
		);
		let CoreState::Occupied(occupied) = &cores[0] else {
			panic!("R-SCH-2: core 0 is occupied")
		};
		let next = Some(ScheduledCore::from(PARA));
		assert_eq!(
			(occupied.next_up_on_available, occupied.next_up_on_time_out),
			(next, next),
			"R-SCH-3"
		);
		assert_eq!(
			(occupied.occupied_since, occupied.group_responsible),
			(1, GroupIndex(0)),
			"R-SCH-2"
		);
		assert_eq!(occupied.candidate_hash, candidate.hash());
		assert_eq!(occupied.availability.iter_ones().collect::<Vec<_>>(), [4]);
		assert_eq!(occupied.availability.len(), 6, "R-BIN-8: one bit a validator");
		assert_eq!(
			Queries::core_of_candidate(candidate.hash()),
			Some((CoreIndex(0), 1))
		);
		let (groups, rotation) = Queries::validator_groups();
		assert_eq!(
			(groups.len(), rotation.now),
			(3, now() + 1),
			"seen from the child"
		);
	});
}

#[test]
fn r_base_17_a_removal_of_this_block_is_told_for_the_next_and_judged_by_there() {
	Setup::default().run(|| {
		neighbours(|state| {
			state.leaving = [PARA].into();
			state.leaving_now = [PARA].into();
		});
		let config = neighbours(|state| state.config.clone());
		let told = StorageConstraints::<Test>::for_child(PARA, &config).expect("the para is known");
		let judged_by = StorageConstraints::<Test>::new(PARA, &config, 0).expect("the para is known");
		assert!(told.is_offboarding(), "R-BASE-17, R-REL-6");
		assert!(!judged_by.is_offboarding(), "R-DEF-29: nodes did not see it");
	});
}

/// Runs `ask` in the state between two blocks, as a runtime API does.
pub(super) fn between_blocks<R>(ask: impl FnOnce() -> R) -> R {
	enter(inherent(&[], &[])).expect("an empty inherent is fine");
	end_block();
	let answer = ask();
	begin_block();
	answer
}

#[test]
fn r_ena_6_validation_data_under_each_assumption() {
	Setup::elastic(2).run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		finish_block_with(inherent(&[], &[&first, &second]));
		between_blocks(|| {
			let ask = |assumption| Queries::persisted_validation_data(PARA, assumption);
			let timed_out = ask(OccupiedCoreAssumption::TimedOut).expect("the para is known");
			assert_eq!(timed_out.parent_head, genesis_head(PARA), "R-ENA-6");
			let included = ask(OccupiedCoreAssumption::Included).expect("the para is known");
			assert_eq!(included.parent_head, second.head(), "R-ENA-6");
			assert_eq!(ask(OccupiedCoreAssumption::Free), None, "R-ENA-6");
			let header = parent_header();
			for data in [&timed_out, &included] {
				let expected = (header.number, header.state_root);
				assert_eq!(
					(data.relay_parent_number, data.relay_parent_storage_root),
					expected,
					"R-PVD-2"
				);
			}
			let code = code(0).hash();
			for data in [timed_out, included] {
				assert_eq!(
					Queries::assumed_validation_data(PARA, data.hash()),
					Some((data, code))
				);
			}
			assert_eq!(Queries::assumed_validation_data(PARA, Default::default()), None);
			assert_eq!(pending(PARA).len(), 2, "an assumption changes nothing");
			let other = Queries::persisted_validation_data(OTHER, OccupiedCoreAssumption::Free);
			assert_eq!(
				other.map(|data| data.parent_head),
				Some(genesis_head(OTHER)),
				"R-ENA-6: nothing is pending"
			);
		});
	});
}

#[test]
fn r_code_6_code_under_each_assumption() {
	Setup::default().run(|| {
		run_to(4);
		neighbours(|state| state.future_codes.insert(PARA, (3, code(1).hash())));
		finish_block_with(inherent(&[], &[&Candidate::first()]));
		let ask = |assumption| Queries::validation_code(PARA, assumption);
		assert_eq!(ask(OccupiedCoreAssumption::TimedOut), Some(code(0)));
		assert_eq!(ask(OccupiedCoreAssumption::Included), Some(code(1)), "R-CODE-6");
		assert_eq!(
			Queries::validation_code_hash(PARA, OccupiedCoreAssumption::Free),
			None
		);
	});
}

#[test]
fn r_base_18_constraints_from_storage_equal_their_value() {
	Setup::default().run(|| {
		run_to(6);
		neighbours(|state| {
			// Told apart by their values.
			state.config.max_pov_size = 1001;
			state.config.max_code_size = 1002;
			state.config.max_upward_message_num_per_candidate = 1003;
			state.config.hrmp_max_message_num_per_candidate = 1004;
			state.contexts.insert(PARA, 5);
			state.upward.insert(PARA, (3, 70));
			state.downward.insert(PARA, vec![2, 2, 4]);
			state.watermarks.insert(PARA, vec![1, 3]);
			state.inbound.insert(PARA, vec![1, 1, 3]);
			state.config.hrmp_max_messages_consumed_per_candidate = 1005;
			state.channels.insert((PARA, ParaId(2001)), (2, 50, 40));
			state.channels.insert((PARA, ParaId(2005)), (3, 60, 45));
			state.channels.insert((OTHER, PARA), (9, 9, 9));
			state.future_codes.insert(PARA, (30, code(1).hash()));
			state.leaving.insert(PARA);
		});
		finish_block_with(inherent(&[], &[]));
		let config = neighbours(|state| state.config.clone());
		let lazy = StorageConstraints::<Test>::for_child(PARA, &config).expect("the para is known");
		let eager = Queries::base_constraints(PARA).expect("the para is known");
		assert!(eager.constraints.is_canonical());
		assert_eq!(
			eager.constraints.min_relay_parent_number, 5,
			"R-BASE-1: the context of the included head"
		);
		assert_eq!(
			eager.constraints.ump_remaining,
			config.max_upward_queue_count - 3,
			"R-BASE-5"
		);
		assert_eq!(
			eager.constraints.ump_remaining_bytes,
			config.max_upward_queue_size - 70,
			"R-BASE-6"
		);
		assert_eq!(
			eager.constraints.max_head_data_size, config.max_head_data_size,
			"R-BASE-4, R-DEF-10"
		);
		let constraints = &eager.constraints;
		for (rule, told, configured) in [
			("R-BASE-2", constraints.max_pov_size, config.max_pov_size),
			("R-BASE-3", constraints.max_code_size, config.max_code_size),
			(
				"R-BASE-7",
				constraints.max_ump_num_per_candidate,
				config.max_upward_message_num_per_candidate,
			),
			(
				"R-BASE-11",
				constraints.max_hrmp_num_per_candidate,
				config.hrmp_max_message_num_per_candidate,
			),
		] {
			assert_eq!(told, configured, "{rule}");
		}
		assert_eq!(
			Some(constraints.validation_code_hash),
			neighbours(|state| state.codes.get(&PARA).copied()),
			"R-BASE-13"
		);
		assert_eq!(eager.constraints.dmp_remaining_messages, [2, 2, 4], "R-BASE-8");
		assert_eq!(
			eager.constraints.hrmp_inbound.valid_watermarks,
			[1, 3],
			"R-BASE-9"
		);
		let room = |bytes_remaining, messages_remaining| OutboundHrmpChannelLimitations {
			bytes_remaining,
			messages_remaining,
		};
		let channels = [(ParaId(2001), room(50, 2)), (ParaId(2005), room(60, 3))];
		assert_eq!(eager.constraints.hrmp_channels_out, channels, "R-BASE-10");
		assert_eq!(eager.constraints.required_parent, genesis_head(PARA), "R-BASE-12");
		assert_eq!(lazy.required_parent(), &genesis_head(PARA), "R-BASE-18");
		assert!(
			eager.constraints.upgrade_restriction.is_some(),
			"R-BASE-14: a future code restricts"
		);
		assert_eq!(
			eager.constraints.future_validation_code,
			Some((30, code(1).hash())),
			"R-BASE-15"
		);
		assert!(eager.is_offboarding(), "R-BASE-17");
		assert_eq!(Queries::constraints_extension(PARA), eager.extension);
		let extension = eager.extension.as_ref().expect("pallets always have it");
		assert_eq!(extension.hrmp_max_messages_consumed, 1005, "R-BASE-17");
		assert_eq!(extension.hrmp_waiting, [(1, 2), (3, 1)], "R-BASE-17");
		assert_eq!(lazy.max_hrmp_consumed(), eager.max_hrmp_consumed(), "R-BASE-18");
		for (after, watermark) in [(None, 2), (None, 9), (Some(1), 9), (Some(3), 9)] {
			assert_eq!(
				lazy.hrmp_consumption(after, watermark),
				eager.hrmp_consumption(after, watermark),
				"R-BASE-18"
			);
		}
		for index in 0..4 {
			assert_eq!(lazy.dmp_sent_at(index), eager.dmp_sent_at(index), "R-BASE-18");
			assert_eq!(
				lazy.is_valid_watermark(index),
				eager.is_valid_watermark(index),
				"R-BASE-18"
			);
		}
		for para in [2000, 2001, 2005].map(ParaId) {
			assert_eq!(
				lazy.outbound_channel(para),
				eager.outbound_channel(para),
				"R-BASE-18"
			);
			assert_eq!(
				lazy.max_hrmp_message_size(para),
				eager.max_hrmp_message_size(para),
				"R-BASE-18"
			);
		}
		assert_eq!(Queries::base_constraints(ParaId(2009)), None, "R-BASE-16");
	});
}

#[test]
fn r_def_9_limits_below_what_is_used_leave_nothing() {
	Setup::default().run(|| {
		neighbours(|state| {
			state.upward.insert(PARA, (u32::MAX, u32::MAX));
		});
		let constraints = Queries::base_constraints(PARA)
			.expect("the para is known")
			.constraints;
		assert_eq!(
			(constraints.ump_remaining, constraints.ump_remaining_bytes),
			(0, 0),
			"R-DEF-9, R-BASE-5"
		);
	});
}

#[test]
fn r_rel_6_what_the_api_predicts_is_what_the_child_accepts() {
	Setup::default().run(|| {
		run_to(3);
		change_session(inherent(&[], &[]));
		for _ in 0..6 {
			let predicted = between_blocks(|| {
				Queries::base_constraints(PARA)
					.expect("the para is known")
					.constraints
					.min_relay_parent_number
			});
			let storage = frame_support::storage::with_transaction_unchecked(|| {
				enter(inherent(&[], &[])).expect("an empty inherent is fine");
				let oldest = RelayParentWindow::<Test>::get()
					.iter()
					.last()
					.map(|info| info.number);
				frame_support::storage::TransactionOutcome::Rollback(oldest)
			});
			assert_eq!(storage, Some(predicted), "R-REL-6: block {}", now());
		}
	});
}

/// The published pallet tells the relay parent of the last candidate that waits (decision 9). Constraints are of the included
/// head, and what waits is stacked on them.
#[test]
fn r_base_1_r_tre_6_what_waits_does_not_move_the_oldest_relay_parent() {
	Setup::default().run(|| {
		run_to(6);
		// Asked in the state of a block, of which the next one is begun.
		let oldest = || {
			let asked = now();
			let oldest = between_blocks(|| {
				Queries::base_constraints(PARA)
					.expect("the para is known")
					.constraints
					.min_relay_parent_number
			});
			(asked, oldest)
		};
		let (asked, before) = oldest();
		let waits = Candidate::first();
		finish_block_with(inherent(&[], &[&waits]));
		let relay_parent = pending_candidates(PARA)[0].relay_parent_number;
		let (asked_again, after) = oldest();
		assert!(after < relay_parent, "R-BASE-1: {after} and {relay_parent}");
		assert_eq!(
			after - before,
			asked_again - asked,
			"R-REL-6: it moves with the window alone"
		);
		let behind = waits.child(0, 2).on(block(relay_parent - 1));
		let filtered = Pallet::<Test>::filter(inherent(&attest(&[0]), &[&behind]));
		assert_eq!(
			filtered.backed_candidates,
			[],
			"R-TRE-6: what waits is stacked, and relay parents do not go back"
		);
	});
}

#[test]
fn r_def_37_r_rel_2_the_relay_parents_that_are_named_are_those_that_the_child_accepts() {
	for params in [(4, 3), (4, 1), (4, 0)] {
		Setup {
			params,
			..Setup::default()
		}
		.run(|| {
			run_to(3);
			change_session(inherent(&[], &[]));
			for _ in 0..6 {
				let named: Vec<_> = between_blocks(|| {
					(0..=now())
						.filter(|number| Queries::relay_parent(block(*number).hash).is_some())
						.collect()
				});
				// The child's parent is the block that was asked; its own state does not know its hash.
				let accepted: Vec<_> = (0..parent().number)
					.filter(|number| {
						let candidate = Candidate::first().on(block(*number));
						Pallet::<Test>::filter(inherent(&[], &[&candidate]))
							.backed_candidates
							.len() == 1
					})
					.collect();
				assert_eq!(named, accepted, "R-DEF-37: block {}, A = {}", now(), params.1);
				finish_block_with(inherent(&[], &[]));
			}
		});
	}
}

#[test]
fn r_bin_4_backing_state_tells_all_pending_candidates() {
	Setup::elastic(2).run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		finish_block_with(inherent(&[], &[&first, &second]));
		let state = Queries::para_backing_state(PARA).expect("the para is known");
		let hashes: Vec<_> = state
			.pending_availability
			.iter()
			.map(|pending| pending.candidate_hash)
			.collect();
		assert_eq!(hashes, [first.hash(), second.hash()], "R-BIN-4: dependency order");
		assert_eq!(
			state.constraints.required_parent,
			genesis_head(PARA),
			"R-GLO-9: pending ones are left out"
		);
		for pending in &state.pending_availability {
			let max_pov_size = neighbours(|state| state.config.max_pov_size);
			assert_eq!(
				(pending.relay_parent_number, pending.max_pov_size),
				(0, max_pov_size),
				"R-BIN-3"
			);
		}
		let claimed = state.pending_availability[1]
			.descriptor
			.persisted_validation_data_hash();
		assert_eq!(
			claimed,
			validation_data_hash(&block(0), &first.head(), second.max_pov_size),
			"R-PVD-1"
		);
		assert_eq!(
			Queries::candidates_pending_availability(PARA),
			[first.receipt(), second.receipt()]
		);
		assert_eq!(
			Queries::candidate_pending_availability(PARA),
			Some(first.receipt())
		);
		assert_eq!(Queries::candidate_pending_availability(OTHER), None);
	});
}

#[test]
fn r_bin_18_candidate_events_of_a_block() {
	Setup::default().run(|| {
		let first = Candidate::first();
		let second = first.child(0, 2);
		let plain = |candidate: &Candidate| candidate.receipt().to_plain();
		let (core, group) = (CoreIndex(0), GroupIndex(0));
		enter(inherent(&[], &[&first])).expect("the inherent is good");
		let backed = |candidate: &Candidate| {
			CandidateEvent::CandidateBacked(plain(candidate), candidate.head(), core, group)
		};
		assert_eq!(Queries::candidate_events(), [backed(&first)], "R-BIN-18");
		end_block();
		begin_block();
		enter(inherent(&attest(&[0]), &[&second])).expect("the inherent is good");
		let included = CandidateEvent::CandidateIncluded(plain(&first), first.head(), core, group);
		assert_eq!(
			Queries::candidate_events(),
			[included, backed(&second)],
			"R-BIN-18"
		);
	});
}
