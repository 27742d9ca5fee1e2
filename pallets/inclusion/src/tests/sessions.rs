//! Session changes and the relay-parent window.

use crate::{mock::*, ClaimQueueSnapshots, Error, Pallet, PendingReceipts, RelayParentWindow};
use async_backing_primitives::{
	ports::CoreScheduler, ClaimQueue, ClaimQueueOffset, CoreIndex, CoreSelector, ParaId, UmpSignal,
};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, traits::Hooks};

fn window() -> Vec<u32> {
	let mut numbers: Vec<_> = RelayParentWindow::<Test>::get()
		.iter()
		.map(|info| info.number)
		.collect();
	numbers.reverse();
	numbers
}

#[test]
fn r_abp_12_the_window_after_a_session_change() {
	Setup {
		params: (4, 2),
		..Setup::default()
	}
	.run(|| {
		run_to(10);
		change_session(inherent(&[], &[]));
		assert_eq!(window(), [0u32; 0], "R-REL-5");
		assert_eq!(
			ClaimQueueSnapshots::<Test>::iter_keys().collect::<Vec<_>>(),
			[10],
			"R-REL-5: the window begins with this block"
		);
		for expected in [&[10][..], &[10, 11], &[10, 11, 12], &[11, 12, 13]] {
			assert_ok!(enter(inherent(&[], &[])));
			assert_eq!(window(), expected, "R-ABP-12");
			end_block();
			begin_block();
		}
	});
}

#[test]
fn r_abp_10_nothing_is_backed_in_the_last_block_of_a_session() {
	Setup::elastic(2).run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		finish_block_with(inherent(&[], &[&first, &second]));
		neighbours(|state| state.change_buffered = true);
		let third = second.child(0, 3);
		let data = inherent(&attest(&[0]), &[&third]);
		assert_noop!(enter(data.clone()), Error::<Test>::SessionEnds);
		let filtered = Pallet::<Test>::filter(data);
		assert_eq!(filtered.backed_candidates, [], "R-ABP-10");
		assert_eq!(filtered.bitfields.len(), 4, "R-ABP-10: bitfields count still");
		change_session(filtered);
		assert_eq!(included_head(PARA), first.head(), "R-ABP-10: enactment happens");
		assert_eq!(pending(PARA), [], "R-ABP-9: all pending candidates are dropped");
		assert_eq!(PendingReceipts::<Test>::iter().count(), 0, "R-ABP-9");
		assert_eq!(Pallet::<Test>::candidate_events(), [], "R-ABP-9: without events");
	});
}

#[test]
fn r_abp_11_the_last_block_of_a_session_is_a_relay_parent_in_the_next() {
	Setup::default().run(|| {
		run_to(5);
		change_session(inherent(&[], &[]));
		let old = Candidate::first().on(block(4));
		assert_noop!(
			enter(inherent(&[], &[&old])),
			Error::<Test>::DisallowedRelayParent
		);
		let good = Candidate::first();
		assert_eq!(good.relay_parent.number, 5);
		assert_ok!(enter(inherent(&[], &[&good])));
		assert_eq!(pending(PARA), [good.hash()], "R-ABP-11");
	});
}

#[test]
fn r_def_23_r_rel_7_the_snapshot_is_what_nodes_saw_at_the_relay_parent() {
	Setup::default().run(|| {
		run_to(3);
		assign(CoreIndex(0), ParaId(2009));
		change_session(inherent(&[], &[]));
		let mut seen = Vec::new();
		for _ in 0..4 {
			// Nodes ask in the state of the parent, which is the state in which nothing of this block was executed.
			seen.push((parent().number, Scheduler::claim_queue()));
			// What this block executes before its inherent does not reach the snapshot of its parent.
			assign(CoreIndex(1), ParaId(2010 + now()));
			neighbours(|state| state.config.scheduling_lookahead += 1);
			assert_ok!(enter(inherent(&[], &[])));
			for (number, queue) in &seen {
				assert_eq!(
					ClaimQueue::from(ClaimQueueSnapshots::<Test>::get(number)),
					*queue,
					"R-REL-7, R-DEF-23: block {number}"
				);
			}
			end_block();
			begin_block();
		}
		let distinct = seen.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
		assert_eq!(
			distinct, 3,
			"the queue moved in every block, so the snapshots can differ"
		);
	});
}

#[test]
fn r_def_29_r_rel_7_a_core_assigned_before_the_inherent_does_not_make_a_right_candidate_wrong() {
	// One core of two is the para's in the state of the parent: no selector, so the one core must match.
	Setup {
		assignments: vec![(0, PARA)],
		..Setup::default()
	}
	.run(|| {
		run_to(3);
		let candidate = Candidate::first();
		assert_eq!(Scheduler::claim_queue()[&CoreIndex(0)][0], PARA);
		assign(CoreIndex(1), PARA);
		assert_eq!(
			Scheduler::claim_queue()[&CoreIndex(1)][0],
			PARA,
			"the core was empty, so the assignment begins at once"
		);
		assert_ok!(enter(inherent(&[], &[&candidate])));
		assert_eq!(pending(PARA), [candidate.hash()], "R-DEF-29");
	});
	// With the first of two selected, what is selected stays the same.
	Setup {
		assignments: vec![(1, PARA)],
		..Setup::default()
	}
	.run(|| {
		run_to(3);
		let candidate = Candidate::new(PARA, 1, &genesis_head(PARA), 1).with(|candidate| {
			candidate.commitments.upward_messages = vec![vec![], select_core(0, 0)];
		});
		assign(CoreIndex(0), PARA);
		assert_ok!(enter(inherent(&[], &[&candidate])));
		assert_eq!(pending(PARA), [candidate.hash()], "R-DEF-29");
	});
}

#[test]
fn r_rel_7_a_core_assigned_in_a_block_is_seen_in_its_state_and_judged_by_in_its_child() {
	Setup {
		assignments: vec![(0, PARA)],
		..Setup::default()
	}
	.run(|| {
		run_to(3);
		assert_ok!(enter(inherent(&[], &[])));
		// After the inherent, as an extrinsic.
		assign(CoreIndex(1), PARA);
		end_block();
		begin_block();
		let candidate = Candidate::new(PARA, 1, &genesis_head(PARA), 1);
		assert_ok!(enter(inherent(&[], &[&candidate])));
		assert_eq!(pending(PARA), [candidate.hash()], "R-REL-7");
	});
}

#[test]
fn r_rel_7_the_last_block_of_a_session_shows_the_claims_of_the_next() {
	Setup {
		cores: 1,
		assignments: vec![(0, OTHER), (1, PARA)],
		..Setup::default()
	}
	.run(|| {
		run_to(3);
		// The order of a runtime whose session pallet comes last: this pallet is done with the block by then.
		neighbours(|state| state.change_buffered = true);
		assert_ok!(enter(inherent(&[], &[])));
		close_block();
		neighbours(|state| state.change_buffered = false);
		begin_session(|config| config.num_cores = 2);
		Pallet::<Test>::do_try_state().expect("it is sound");
		finish_block();
		let candidate = Candidate::new(PARA, 1, &genesis_head(PARA), 1);
		assert_eq!(candidate.relay_parent.number, 3);
		assert_ok!(enter(inherent(&[], &[&candidate])));
		assert_eq!(
			pending(PARA),
			[candidate.hash()],
			"R-REL-7: core 1 came with the session that block 3 ended with"
		);
	});
}

#[test]
fn r_rel_7_the_first_block_has_a_parent_without_a_snapshot_and_takes_the_claims_as_they_are() {
	Setup::default().run(|| {
		assert_eq!(now(), 1, "nothing noted the claims of block 0");
		assert!(!ClaimQueueSnapshots::<Test>::contains_key(0));
		let candidate = Candidate::first();
		assert_ok!(enter(inherent(&[], &[&candidate])));
		assert_eq!(pending(PARA), [candidate.hash()], "R-REL-7");
		assert!(ClaimQueueSnapshots::<Test>::contains_key(0));
	});
}

#[test]
fn r_rel_7_what_leaves_the_window_leaves_its_claim_queue() {
	Setup {
		params: (4, 2),
		..Setup::default()
	}
	.run(|| {
		run_to(9);
		let numbers = || {
			let mut numbers: Vec<_> = ClaimQueueSnapshots::<Test>::iter_keys().collect();
			numbers.sort_unstable();
			numbers
		};
		assert_eq!(numbers(), [5, 6, 7, 8], "the window of 8 and block 8");
		assert_ok!(enter(inherent(&[], &[])));
		assert_eq!(numbers(), [6, 7, 8], "R-REL-2");
		neighbours(|state| state.config.async_backing_params.allowed_ancestry_len = 0);
		end_block_with_longer_window();
		assert_ok!(enter(inherent(&[], &[])));
		assert_eq!(numbers(), [9], "R-ABP-4: all that leave at once");
	});
}

#[test]
fn r_rel_7_claim_queues_move_from_hashes_to_numbers() {
	use frame_support::{
		storage::{unhashed, StoragePrefixedMap},
		traits::{OnRuntimeUpgrade, StorageVersion},
	};
	Setup::default().run(|| {
		run_to(6);
		let candidate = Candidate::first().on(block(4));
		// As version 1 left it at the end of block 5: by hash, for its window, and nothing for block 5 itself.
		let prefix = ClaimQueueSnapshots::<Test>::final_prefix();
		for info in RelayParentWindow::<Test>::get().iter() {
			let snapshot = ClaimQueueSnapshots::<Test>::take(info.number);
			unhashed::put(&[&prefix[..], info.hash.as_bytes()].concat(), &snapshot);
		}
		ClaimQueueSnapshots::<Test>::remove(5);
		StorageVersion::new(1).put::<Inclusion>();
		System::set_block_number(5);
		crate::migrations::ClaimQueuesByNumber::<Test>::on_runtime_upgrade();
		crate::migrations::ClaimQueuesByNumber::<Test>::on_runtime_upgrade();
		assert_eq!(Pallet::<Test>::do_try_state(), Ok(()), "R-REL-7");
		assert_eq!(StorageVersion::get::<Inclusion>(), StorageVersion::new(2));
		System::set_block_number(6);
		let newer = Candidate::new(PARA, 0, &candidate.head(), 2);
		let (data, core) = (inherent(&[], &[&candidate]), CoreIndex(0));
		assert_ok!(enter(data));
		assert_eq!(
			pending(PARA),
			[candidate.hash()],
			"on a block that was in the window"
		);
		assert_eq!(newer.relay_parent.number, 5);
		let queue = ClaimQueue::from(ClaimQueueSnapshots::<Test>::get(5));
		assert_eq!(
			queue[&core][0], PARA,
			"on the block that the upgrade was decided in"
		);
	});
}

#[test]
fn r_abp_4_the_window_follows_the_ancestry_length() {
	Setup::default().run(|| {
		run_to(9);
		assert_ok!(enter(inherent(&[], &[])));
		assert_eq!(window(), [5, 6, 7, 8], "R-REL-2");
		neighbours(|state| state.config.async_backing_params.allowed_ancestry_len = 1);
		end_block_with_longer_window();
		assert_ok!(enter(inherent(&[], &[])));
		assert_eq!(window(), [8, 9], "R-ABP-4: it shrinks at once");
		neighbours(|state| state.config.async_backing_params.allowed_ancestry_len = 2);
		end_block();
		begin_block();
		assert_ok!(enter(inherent(&[], &[])));
		assert_eq!(window(), [8, 9, 10], "R-ABP-4: it grows block by block");
	});
}

/// The configuration changes between blocks of a session only here, so state looks unsound for a moment.
fn end_block_with_longer_window() {
	close_block();
	finish_block();
}

/// The end of the block as far as this pallet does it.
fn close_block() {
	<Inclusion as Hooks<u32>>::on_finalize(now());
}

fn finish_block() {
	let header = System::finalize();
	Headers::mutate(|headers| headers.push(header));
	begin_block();
}

fn assign(core: CoreIndex, para: ParaId) {
	let root = frame_system::RawOrigin::Root;
	assert_ok!(Scheduler::assign_core(
		root.into(),
		core,
		0,
		None,
		whole_core(para)
	));
}

fn select_core(selector: u8, offset: u8) -> Vec<u8> {
	UmpSignal::SelectCore(CoreSelector(selector), ClaimQueueOffset(offset)).encode()
}
