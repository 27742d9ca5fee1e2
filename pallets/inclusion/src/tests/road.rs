//! The road of good candidates: backed, available, included.

use crate::{mock::*, Event, PendingReceipts};
use async_backing_primitives::{CoreIndex, GroupIndex, ValidatorIndex};
use frame_support::assert_ok;

/// Backs `candidates` in this block, makes them available in the next, which is begun.
fn back_and_include(candidates: &[&Candidate]) {
	finish_block_with(inherent(&[], candidates));
	let cores: Vec<_> = candidates.iter().map(|candidate| candidate.core.0).collect();
	finish_block_with(inherent(&attest(&cores), &[]));
}

#[test]
fn r_bck_5_and_r_ena_4_a_candidate_is_backed_then_included() {
	Setup::default().run(|| {
		let candidate = Candidate::first();
		let (receipt, head) = (candidate.receipt().to_plain(), candidate.head());
		assert_ok!(enter(inherent(&[], &[&candidate])));
		let (core, group) = (CoreIndex(0), GroupIndex(0));
		let backed = Event::CandidateBacked {
			receipt: receipt.clone(),
			head: head.clone(),
			core,
			group,
		};
		assert_eq!(events(), [backed], "R-BCK-5");
		let stored = pending_candidates(PARA)[0].clone();
		assert_eq!(
			(stored.hash, stored.backed_in, stored.relay_parent_number),
			(candidate.hash(), 1, 0),
			"R-BCK-5"
		);
		assert_eq!(stored.availability_votes.count(), 0, "R-BCK-5: no votes yet");
		let kept = PendingReceipts::<Test>::get(candidate.hash()).expect("R-BCK-5");
		assert_eq!(kept.to_plain(), receipt, "R-BCK-5");
		let backers: Vec<_> = kept.backers.indices().collect();
		assert_eq!(backers, [ValidatorIndex(0), ValidatorIndex(1)]);
		assert_eq!(included_head(PARA), genesis_head(PARA), "backed is not included");
		end_block();

		begin_block();
		assert_ok!(enter(inherent(&attest(&[0]), &[])));
		assert_eq!(
			events(),
			[Event::CandidateIncluded {
				receipt,
				head: head.clone(),
				core,
				group
			}],
			"R-ENA-4"
		);
		assert_eq!(included_head(PARA), head, "R-ENA-4");
		assert_eq!(neighbours(|state| state.contexts[&PARA]), 0, "R-ENA-4: context");
		assert_eq!(
			(pending(PARA), PendingReceipts::<Test>::iter().count()),
			(vec![], 0)
		);
		let effects = neighbours(|state| state.effects.clone());
		let expected = [
			Effect::RewardBacking(backers),
			Effect::RewardAvailability((0..6).map(ValidatorIndex).collect()),
			Effect::PruneDownward(PARA, 0),
			Effect::PruneHorizontal(PARA, 0),
			Effect::NewHead(PARA, head, 0),
			Effect::Included(0, candidate.hash()),
		];
		assert_eq!(effects, expected, "R-ENA-4, R-INC-2: disputes hear of it last");
	});
}

#[test]
fn r_bin_30_a_block_remembers_its_votes_until_the_next() {
	Setup::default().run(|| {
		let candidate = Candidate::first();
		let offered = inherent(&[], &[&candidate]);
		let votes = offered.backed_candidates[0].validity_votes.clone();
		assert_ok!(enter(offered));
		let seen = Inclusion::on_chain_votes().expect("the inherent ran");
		let voters = (0..).map(ValidatorIndex).zip(votes).collect();
		assert_eq!(
			seen.backing_validators_per_candidate,
			[(candidate.receipt().to_plain(), voters)],
			"R-BIN-30: on_chain_votes"
		);
		assert_eq!(
			Inclusion::relay_parent(parent().hash).map(|block| block.number),
			Some(0)
		);
		end_block();
		begin_block();
		assert_ok!(enter(inherent(&[], &[])));
		let seen = Inclusion::on_chain_votes().expect("the inherent ran");
		assert!(seen.backing_validators_per_candidate.is_empty());
	});
}

#[test]
fn r_ena_5_a_core_is_refilled_in_the_block_that_frees_it() {
	Setup::default().run(|| {
		// A chain on one old relay parent, one block each: what asynchronous backing is for.
		let first = Candidate::first();
		let second = first.child(0, 2);
		let third = second.child(0, 3);
		finish_block_with(inherent(&[], &[&first]));
		finish_block_with(inherent(&attest(&[0]), &[&second]));
		assert_eq!(
			(included_head(PARA), pending(PARA)),
			(first.head(), vec![second.hash()]),
			"R-ENA-5"
		);
		finish_block_with(inherent(&attest(&[0]), &[&third]));
		finish_block_with(inherent(&attest(&[0]), &[]));
		assert_eq!(
			included_head(PARA),
			third.head(),
			"R-ABP-2: relay parent 0 is usable up to block 4"
		);
	});
}

#[test]
fn r_abp_2_a_relay_parent_is_usable_in_a_plus_one_blocks() {
	for (block_number, usable) in [(11, true), (14, true), (15, false)] {
		Setup::default().run(|| {
			run_to(11);
			let candidate = Candidate::first();
			assert_eq!(candidate.relay_parent.number, 10);
			run_to(block_number);
			assert_eq!(
				enter(inherent(&[], &[&candidate])).is_ok(),
				usable,
				"R-ABP-2: in block {block_number}"
			);
		});
	}
}

#[test]
fn r_sch_9_three_cores_of_one_para_carry_a_chain_of_three() {
	Setup::elastic(3).run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		let third = second.child(2, 3);
		back_and_include(&[&first, &second, &third]);
		assert_eq!(included_head(PARA), third.head(), "R-SCH-9");
		let heads: Vec<_> = neighbours(|state| state.effects.clone())
			.into_iter()
			.filter_map(|effect| match effect {
				Effect::NewHead(_, head, _) => Some(head),
				_ => None,
			})
			.collect();
		assert_eq!(
			heads,
			[first.head(), second.head(), third.head()],
			"R-ENA-3: in dependency order"
		);
		// The descriptor names the core, in any order.
		let next = Candidate::new(PARA, 2, &third.head(), 4);
		let after = next.child(0, 5);
		back_and_include(&[&next, &after]);
		assert_eq!(included_head(PARA), after.head());
	});
}

#[test]
fn r_ena_3_the_longest_available_prefix_is_enacted() {
	// Four validators, so that three votes make a candidate available (R-ENA-1). Groups of two, one and one.
	Setup {
		validators: 4,
		..Setup::elastic(3)
	}
	.run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2).with(|candidate| candidate.voters = vec![0]);
		let third = second.child(2, 3).with(|candidate| candidate.voters = vec![0]);
		finish_block_with(inherent(&[], &[&first, &second, &third]));
		let votes = [
			bitfield(0, &[0, 1, 2]),
			bitfield(1, &[0, 1, 2]),
			bitfield(2, &[0, 2]),
		];
		finish_block_with(inherent(&votes, &[]));
		assert_eq!(included_head(PARA), first.head(), "R-ENA-3: votes 3, 2, 3");
		assert_eq!(pending(PARA), [second.hash(), third.hash()]);
		let votes = pending_candidates(PARA)
			.iter()
			.map(|c| c.availability_votes.count())
			.sum::<usize>();
		assert_eq!(votes, 5, "R-ENA-2: votes accumulate");
		finish_block_with(inherent(&[bitfield(3, &[1])], &[]));
		assert_eq!(
			included_head(PARA),
			third.head(),
			"R-ENA-3: one more vote for the second"
		);
	});
}

#[test]
fn r_abp_3_synchronous_backing_is_no_special_case() {
	Setup {
		params: (0, 0),
		..Setup::elastic(2)
	}
	.run(|| {
		run_to(3);
		let stale = Candidate::first().on(block(1));
		assert_eq!(
			enter(inherent(&[], &[&stale])),
			Err(crate::Error::<Test>::DisallowedRelayParent.into()),
			"R-ABP-3"
		);
		let first = Candidate::first();
		let second = first.child(1, 2);
		let both = inherent(&[], &[&first, &second]);
		assert_eq!(
			enter(both),
			Err(crate::Error::<Test>::TooDeep.into()),
			"R-ABP-3: depth 0 only"
		);
		finish_block_with(inherent(&[], &[&first]));
		let next = Candidate::new(PARA, 0, &first.head(), 2);
		finish_block_with(inherent(&attest(&[0]), &[&next]));
		assert_eq!(pending(PARA), [next.hash()]);
	});
}

#[test]
fn r_grp_1_the_group_is_that_of_the_relay_parents_child() {
	// Rotation every 5 blocks from block 1 on: the group of core 0 changes at block 6.
	Setup {
		rotation: 5,
		..Setup::default()
	}
	.run(|| {
		run_to(7);
		for (relay_parent, group) in [(4, 0), (5, 1), (6, 1)] {
			let good = Candidate::first().on(block(relay_parent));
			assert_eq!(
				good.group(),
				GroupIndex(group),
				"R-GRP-1: relay parent {relay_parent}"
			);
			let bad = good.clone().with(|candidate| candidate.group = Some(1 - group));
			let error = crate::Error::<Test>::BadVoteSignature;
			frame_support::assert_noop!(enter(inherent(&[], &[&bad])), error);
			let kept = crate::Pallet::<Test>::filter(inherent(&[], &[&good])).backed_candidates;
			assert_eq!(kept.len(), 1, "R-GRP-1: relay parent {relay_parent}");
		}
	});
}
