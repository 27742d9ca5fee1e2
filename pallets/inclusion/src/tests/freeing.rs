//! Candidates that leave their cores: time-outs and disputes, with all that build on them.

use crate::{mock::*, Error, Event, Pallet};
use async_backing_primitives::{CandidateHash, CoreIndex};
use frame_support::{assert_noop, assert_ok};

fn timed_out() -> Vec<(CandidateHash, CoreIndex)> {
	events()
		.into_iter()
		.filter_map(|event| match event {
			Event::CandidateTimedOut { receipt, core, .. } => Some((receipt.hash(), core)),
			_ => None,
		})
		.collect()
}

#[test]
fn r_def_17_r_tmo_4_candidates_time_out_when_predicted_and_in_the_window_only() {
	// The session starts at block 10: frequency 5, period 2.
	for (backed_in, expected) in [(11, 14), (12, 14), (13, 15), (14, 19), (15, 19)] {
		Setup {
			rotation: 5,
			availability_period: 2,
			..Setup::default()
		}
		.run(|| {
			run_to(9);
			change_session(inherent(&[], &[]));
			run_to(backed_in);
			let candidate = Candidate::first();
			finish_block_with(inherent(&[], &[&candidate]));
			let predicted = match &Pallet::<Test>::availability_cores()[0] {
				async_backing_primitives::CoreState::Occupied(core) => core.time_out_at,
				free => panic!("core 0 is occupied, not {free:?}"),
			};
			assert_eq!(predicted, expected, "R-TMO-3, R-DEF-17: backed in {backed_in}");
			run_to(expected);
			assert_eq!(
				pending(PARA),
				[candidate.hash()],
				"R-TMO-2: backed in {backed_in}, not before {expected}"
			);
			assert_ok!(enter(inherent(&[], &[])));
			assert_eq!(
				timed_out(),
				[(candidate.hash(), CoreIndex(0))],
				"R-TMO-2: backed in {backed_in}"
			);
			assert_eq!(pending(PARA), []);
		});
	}
}

#[test]
fn r_tmo_5_descendants_go_too_and_cores_are_refilled_at_once() {
	let setup = Setup {
		rotation: 20,
		availability_period: 3,
		..Setup::elastic(3)
	};
	setup.run(|| {
		run_to(17);
		let first = Candidate::first();
		finish_block_with(inherent(&[], &[&first]));
		run_to(19);
		let second = first.child(1, 2).on(parent());
		let third = second.child(2, 3);
		finish_block_with(inherent(&[], &[&second, &third]));
		assert_eq!(pending(PARA).len(), 3);
		// The window opens in block 20: the first is late, the others go with it; the third is available alone.
		let fresh = Candidate::new(PARA, 0, &genesis_head(PARA), 9);
		assert_ok!(enter(inherent(&attest(&[2]), &[&fresh])));
		let expected = [(first.hash(), 0), (second.hash(), 1), (third.hash(), 2)];
		assert_eq!(
			timed_out(),
			expected.map(|(hash, core)| (hash, CoreIndex(core))),
			"R-TMO-5"
		);
		assert_eq!(
			pending(PARA),
			[fresh.hash()],
			"R-BCK-1: freed cores are eligible in the same block"
		);
	});
}

#[test]
fn r_tmo_5_what_comes_before_the_late_one_stays() {
	Setup {
		rotation: 20,
		availability_period: 1,
		..Setup::elastic(3)
	}
	.run(|| {
		run_to(19);
		let first = Candidate::first();
		let second = first.child(1, 2);
		finish_block_with(inherent(&[], &[&first, &second]));
		assert_ok!(enter(inherent(&attest(&[0]), &[])));
		assert_eq!(
			timed_out(),
			[(second.hash(), CoreIndex(1))],
			"R-INC-2: enactment comes before time-outs"
		);
		assert_eq!(included_head(PARA), first.head());
	});
}

#[test]
fn r_inc_2_a_concluded_dispute_frees_the_candidate_and_its_descendants() {
	Setup::elastic(3).run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		let third = second.child(2, 3);
		finish_block_with(inherent(&[], &[&first, &second, &third]));
		neighbours(|state| state.invalid.insert(second.hash()));
		let again = inherent(&attest(&[0]), &[&second]);
		assert_noop!(enter(again.clone()), Error::<Test>::ConcludedInvalid);
		assert_eq!(Pallet::<Test>::filter(again).backed_candidates, [], "R-TMO-6");
		let fork = first.child(1, 9);
		let orphan_core = third.child(2, 4);
		assert_noop!(
			enter(inherent(&[], &[&orphan_core])),
			Error::<Test>::ValidationDataMismatch
		);
		assert_ok!(enter(inherent(&attest(&[0]), &[&fork])));
		assert_eq!(
			pending(PARA),
			[fork.hash()],
			"R-INC-2 (6): the freed core is refilled"
		);
		assert_eq!(included_head(PARA), first.head());
		assert_eq!(timed_out(), [], "a dispute is no time-out");
	});
}

#[test]
fn r_inc_2_a_frozen_chain_backs_and_enacts_nothing() {
	Setup::default().run(|| {
		let candidate = Candidate::first();
		finish_block_with(inherent(&[], &[&candidate]));
		neighbours(|state| state.frozen = true);
		let other = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
		let data = inherent(&attest(&[0]), &[&other]);
		assert_noop!(enter(data.clone()), Error::<Test>::ChainFrozen);
		let filtered = Pallet::<Test>::filter(data);
		assert_eq!(
			(filtered.bitfields.len(), filtered.backed_candidates.len()),
			(0, 0),
			"R-INC-2 (5)"
		);
		assert_ok!(enter(filtered));
		assert_eq!(pending(PARA), [candidate.hash()], "R-INC-2 (5)");
	});
}
