//! Session changes and the relay-parent window.

use crate::{mock::*, ClaimQueueSnapshots, Error, Pallet, PendingReceipts, RelayParentWindow};
use async_backing_primitives::{ports::CoreScheduler, ClaimQueue, CoreIndex, ParaId};
use frame_support::{assert_noop, assert_ok};

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
		assert_eq!(ClaimQueueSnapshots::<Test>::iter().count(), 0, "R-REL-5");
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
		let root = frame_system::RawOrigin::Root;
		assert_ok!(Scheduler::assign_core(
			root.into(),
			CoreIndex(0),
			0,
			None,
			whole_core(ParaId(2009)),
		));
		change_session(inherent(&[], &[]));
		let mut seen = Vec::new();
		for _ in 0..4 {
			seen.push((parent().hash, Scheduler::claim_queue()));
			assert_ok!(enter(inherent(&[], &[])));
			for (hash, queue) in &seen {
				assert_eq!(
					ClaimQueue::from(ClaimQueueSnapshots::<Test>::get(hash)),
					*queue,
					"R-REL-7, R-DEF-23"
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
	use frame_support::traits::Hooks;
	<Inclusion as Hooks<u32>>::on_finalize(now());
	let header = System::finalize();
	Headers::mutate(|headers| headers.push(header));
	begin_block();
}
