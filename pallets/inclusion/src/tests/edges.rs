//! Edges that no story passes: what they do could be lost without another test noticing.

use crate::{mock::*, Error, Event, Pallet, PendingReceipts};
use async_backing_primitives::{
	CoreIndex, DisputeStatement, DisputeStatementSet, GroupIndex, InvalidDisputeStatementKind, ValidatorIndex,
};
use frame_support::{assert_noop, assert_ok};

fn dispute(candidate: &Candidate) -> DisputeStatementSet {
	DisputeStatementSet {
		candidate_hash: candidate.hash(),
		session: 0,
		statements: vec![(
			DisputeStatement::Invalid(InvalidDisputeStatementKind::Explicit),
			ValidatorIndex(0),
			bitfield(0, &[]).signature,
		)],
	}
}

#[test]
fn r_tmo_6_descendants_of_what_a_dispute_concluded_against_do_not_come_back_in_that_block() {
	Setup::elastic(3).run(|| {
		run_to(3);
		let first = Candidate::first();
		let second = first.child(1, 2);
		// The same head from another relay parent, so that what built on the first could build on it.
		let substitute = Candidate::first().on(block(1));
		assert_eq!(substitute.head(), first.head());
		finish_block_with(inherent(&[], &[&first, &second]));
		let mut data = inherent(&[], &[&substitute, &second]);
		data.disputes.push(dispute(&first));
		assert_noop!(enter(data.clone()), Error::<Test>::ConcludedInvalid);
		let filtered = Pallet::<Test>::filter(data.clone());
		assert_eq!(
			filtered.backed_candidates,
			data.backed_candidates[..1],
			"R-TMO-6: nothing was concluded against the second itself"
		);
		finish_block_with(filtered);
		assert_ok!(enter(inherent(&[], &[&second])));
		assert_eq!(
			pending(PARA),
			[substitute.hash(), second.hash()],
			"R-TMO-6: in that block only"
		);
	});
}

#[test]
fn r_bit_1_no_bit_for_the_core_of_a_descendant_either() {
	Setup::elastic(3).run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		finish_block_with(inherent(&[], &[&first, &second]));
		for (core, expected) in [(0, false), (1, false), (2, true)] {
			let mut data = inherent(&[bitfield(0, &[core])], &[]);
			data.disputes.push(dispute(&first));
			let filtered = Pallet::<Test>::filter(data);
			assert_eq!(!filtered.bitfields.is_empty(), expected, "R-BIT-1: core {core}");
		}
	});
}

#[test]
fn r_bit_1_what_fails_before_the_signature_check_uses_up_nobodys_turn() {
	Setup::default().run(|| {
		let (candidate, other) = (
			Candidate::first(),
			Candidate::new(OTHER, 1, &genesis_head(OTHER), 1),
		);
		finish_block_with(inherent(&[], &[&candidate, &other]));
		let mut short = bitfield(2, &[]);
		short.payload.0.pop();
		let for_freed_core = bitfield(2, &[0]);
		let unknown = {
			let mut unknown = bitfield(2, &[]);
			unknown.validator_index = ValidatorIndex(6);
			unknown
		};
		for (name, bad) in [
			("length", short),
			("freed core", for_freed_core),
			("unknown validator", unknown),
		] {
			let good = bitfield(2, &[1]);
			let mut data = inherent(&[bad, good.clone()], &[]);
			data.disputes.push(dispute(&candidate));
			assert_eq!(Pallet::<Test>::filter(data).bitfields, [good], "R-BIT-1: {name}");
		}
	});
}

#[test]
fn r_inc_2_a_frozen_chain_refuses_either_part_and_keeps_what_disputes_say() {
	Setup::default().run(|| {
		let candidate = Candidate::first();
		finish_block_with(inherent(&[], &[&candidate]));
		neighbours(|state| state.frozen = true);
		let other = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
		for data in [inherent(&attest(&[0]), &[]), inherent(&[], &[&other])] {
			assert_noop!(enter(data), Error::<Test>::ChainFrozen);
		}
		let mut data = inherent(&[], &[]);
		data.disputes.push(dispute(&other));
		assert_ok!(enter(data.clone()));
		let seen = Pallet::<Test>::on_chain_votes().expect("the inherent ran");
		assert_eq!(
			(seen.session, seen.disputes, seen.backing_validators_per_candidate),
			(0, data.disputes, vec![]),
			"R-INC-2 (14), R-BIN-30"
		);
	});
}

#[test]
fn r_bin_30_a_block_remembers_its_disputes_and_its_session() {
	Setup::default().run(|| {
		change_session(inherent(&[], &[]));
		let mut data = inherent(&[], &[]);
		data.disputes.push(dispute(&Candidate::first()));
		assert_ok!(enter(data.clone()));
		let seen = Pallet::<Test>::on_chain_votes().expect("the inherent ran");
		assert_eq!((seen.session, seen.disputes), (1, data.disputes), "R-BIN-30");
	});
}

#[test]
fn r_ena_2_bits_beyond_the_first_byte_count_for_their_own_core() {
	// Cores 2 and 10 have the same bit in different bytes, 8 and 1 the same digits in other places.
	for (attested, others) in [(10, 2), (2, 10), (8, 1), (1, 8)] {
		Setup {
			cores: 11,
			assignments: vec![(attested, PARA), (others, OTHER)],
			validators: 11,
			..Setup::default()
		}
		.run(|| {
			let candidate = Candidate::new(PARA, attested as u16, &genesis_head(PARA), 1)
				.with(|candidate| candidate.voters = vec![0]);
			let other = Candidate::new(OTHER, others as u16, &genesis_head(OTHER), 1)
				.with(|candidate| candidate.voters = vec![0]);
			finish_block_with(inherent(&[], &[&candidate, &other]));
			finish_block_with(inherent(&attest(&[attested]), &[]));
			assert_eq!(included_head(PARA), candidate.head(), "R-ENA-1: core {attested}");
			assert_eq!(pending(OTHER), [other.hash()], "R-ENA-2: core {others}");
			assert_eq!(pending_candidates(OTHER)[0].availability_votes.count(), 0);
		});
	}
}

#[test]
fn r_bck_5_backers_are_members_of_the_group_not_places_in_it() {
	Setup::default().run(|| {
		// Group 1 backs core 1: validators 3, 4 and 5.
		let candidate =
			Candidate::new(OTHER, 1, &genesis_head(OTHER), 1).with(|candidate| candidate.voters = vec![0, 2]);
		let data = inherent(&[], &[&candidate]);
		let votes = data.backed_candidates[0].validity_votes.clone();
		assert_ok!(enter(data));
		let backers = [3, 5].map(ValidatorIndex);
		let stored = PendingReceipts::<Test>::get(candidate.hash()).expect("R-BCK-5");
		assert_eq!(stored.backers.indices().collect::<Vec<_>>(), backers, "R-BCK-5");
		assert_eq!(pending_candidates(OTHER)[0].group, GroupIndex(1), "R-BCK-5");
		let seen = Pallet::<Test>::on_chain_votes().expect("the inherent ran");
		let voters: Vec<_> = backers.into_iter().zip(votes).collect();
		assert_eq!(
			seen.backing_validators_per_candidate,
			[(candidate.receipt().to_plain(), voters)],
			"R-BIN-30"
		);
		assert!(
			matches!(
				events()[..],
				[Event::CandidateBacked {
					group: GroupIndex(1),
					core: CoreIndex(1),
					..
				}]
			),
			"R-BCK-5"
		);
		end_block();
		begin_block();
		let attesting: Vec<_> = [1, 2, 3, 4, 5]
			.into_iter()
			.map(|validator| bitfield(validator, &[1]))
			.collect();
		assert_ok!(enter(inherent(&attesting, &[])));
		let effects = neighbours(|state| state.effects.clone());
		assert_eq!(
			effects[..2],
			[
				Effect::RewardBacking(backers.into()),
				Effect::RewardAvailability((1..6).map(ValidatorIndex).collect()),
			],
			"R-ENA-4"
		);
	});
}

#[test]
fn r_tmo_5_the_event_of_a_time_out_tells_which_head_was_lost() {
	Setup {
		rotation: 20,
		availability_period: 1,
		..Setup::default()
	}
	.run(|| {
		run_to(19);
		let candidate = Candidate::first();
		finish_block_with(inherent(&[], &[&candidate]));
		assert_ok!(enter(inherent(&[], &[])));
		let expected = Event::CandidateTimedOut {
			receipt: candidate.receipt().to_plain(),
			head: candidate.head(),
			core: CoreIndex(0),
		};
		assert_eq!(events(), [expected], "R-TMO-5");
		assert_eq!(PendingReceipts::<Test>::iter().count(), 0);
	});
}

#[test]
fn r_abp_10_r_sch_6_a_claim_waits_where_nothing_is_backed() {
	// An order for the pool's core, whose turn comes in a block that backs nothing.
	Setup {
		assignments: vec![(0, PARA)],
		pool: vec![1],
		..Setup::default()
	}
	.run(|| {
		assert_ok!(Scheduler::place_order_keep_alive(
			RuntimeOrigin::signed(RICH),
			OTHER,
			u128::MAX
		));
		let served_in = |blocks: std::ops::Range<u32>| {
			blocks
				.filter(|_| {
					let candidate = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
					let filtered = Pallet::<Test>::filter(inherent(&[], &[&candidate]));
					let is_served = !filtered.backed_candidates.is_empty();
					finish_block_with(inherent(&[], &[]));
					is_served
				})
				.count()
		};
		assert_eq!(served_in(1..2), 0);
		neighbours(|state| state.change_buffered = true);
		assert_eq!(served_in(2..4), 0, "R-ABP-10");
		neighbours(|state| state.change_buffered = false);
		assert!(
			served_in(4..8) > 0,
			"R-SCH-6: it went back to the end of the queue"
		);
	});
}
