//! Chains of one para that are good up to a point: what comes after it goes, what comes before stays (R-BCK-2).

use crate::{mock::*, Error, Pallet};
use async_backing_primitives::CandidateHash;
use frame_support::{assert_noop, assert_ok};

/// Offers a chain with an honest candidate of another para: execution fails with `error`, creation keeps the first
/// `kept` candidates and the honest one.
fn check_cut(name: &str, chain: &[&Candidate], kept: usize, error: Error<Test>) {
	let honest_core = 3;
	let honest = Candidate::new(OTHER, honest_core, &genesis_head(OTHER), 1);
	let mut all = chain.to_vec();
	all.push(&honest);
	let data = inherent(&[], &all);
	assert_noop!(enter(data.clone()), error);
	let filtered = Pallet::<Test>::filter(data);
	let hashes: Vec<CandidateHash> = filtered
		.backed_candidates
		.iter()
		.map(|backed| backed.hash())
		.collect();
	let mut expected: Vec<_> = chain[..kept].iter().map(|candidate| candidate.hash()).collect();
	expected.push(honest.hash());
	assert_eq!(hashes, expected, "{name}");
	assert_ok!(enter(filtered));
}

/// Three cores for the first para, one for the second, two validators a group.
fn setup() -> Setup {
	Setup {
		cores: 4,
		assignments: vec![(0, PARA), (1, PARA), (2, PARA), (3, OTHER)],
		validators: 8,
		..Setup::default()
	}
}

#[test]
fn r_inc_4_a_bad_vote_takes_the_descendants_with_it() {
	setup().run(|| {
		let first = Candidate::first();
		let bad = first.child(1, 2).with(|candidate| candidate.voters = vec![0]);
		let orphan = bad.child(2, 3);
		check_cut(
			"R-INC-4, R-DEF-20",
			&[&first, &bad, &orphan],
			1,
			Error::TooFewVotes,
		);
	});
}

#[test]
fn two_candidates_that_fork_from_one_parent() {
	setup().run(|| {
		let first = Candidate::first();
		let fork = Candidate::new(PARA, 1, &genesis_head(PARA), 9);
		check_cut(
			"R-BCK-4: the second builds on the first or not at all",
			&[&first, &fork],
			1,
			Error::ValidationDataMismatch,
		);
	});
}

#[test]
fn candidates_out_of_chain_order() {
	setup().run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		check_cut(
			"R-INC-3: chain order",
			&[&second, &first],
			0,
			Error::ValidationDataMismatch,
		);
	});
}

#[test]
fn r_bck_2_a_cycle_does_not_bring_the_same_candidate_twice() {
	setup().run(|| {
		let first = Candidate::first();
		let back = first
			.child(1, 2)
			.with(|candidate| candidate.commitments.head_data = genesis_head(PARA));
		check_cut(
			"R-BCK-2, R-SEL-3",
			&[&first, &back, &first],
			2,
			Error::DuplicateCandidate,
		);
	});
}

#[test]
fn r_bck_3_a_core_is_used_once() {
	setup().run(|| {
		let first = Candidate::first();
		let second = first.child(0, 2);
		check_cut("R-BCK-3", &[&first, &second], 1, Error::CoreNotEligible);
	});
	setup().run(|| {
		let first = Candidate::first();
		finish_block_with(inherent(&[], &[&first]));
		let second = first.child(0, 2);
		check_cut(
			"R-BCK-1: the core is occupied",
			&[&second],
			0,
			Error::CoreNotEligible,
		);
	});
}

#[test]
fn r_rel_4_relay_parents_do_not_move_backwards() {
	setup().run(|| {
		run_to(4);
		let first = Candidate::first().on(block(2));
		let second = first.child(1, 2).on(block(1));
		check_cut(
			"R-REL-4: within a block",
			&[&first, &second],
			1,
			Error::RelayParentMovedBackwards,
		);
		end_block();
		begin_block();
		let third = first.child(1, 3).on(block(1));
		assert_noop!(
			enter(inherent(&[], &[&third])),
			Error::<Test>::RelayParentMovedBackwards
		);
		let equal = first.child(1, 3).on(block(2));
		assert_ok!(enter(inherent(&[], &[&equal])));
	});
}

#[test]
fn r_dep_1_depth_is_enforced_on_chain() {
	Setup {
		params: (1, 3),
		..setup()
	}
	.run(|| {
		let (first, pair) = {
			let first = Candidate::first();
			let second = first.child(1, 2);
			(first, second)
		};
		finish_block_with(inherent(&[], &[&first]));
		let third = pair.child(2, 3);
		// Pending [A], offered B and C: C is at depth 2.
		check_cut("R-DEP-1", &[&pair, &third], 1, Error::TooDeep);
	});
	Setup {
		params: (1, 3),
		..setup()
	}
	.run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		let third = second.child(2, 3);
		finish_block_with(inherent(&[], &[&first]));
		// A is enacted first: B and C are at depths 0 and 1.
		assert_ok!(enter(inherent(&attest(&[0]), &[&second, &third])));
		assert_eq!(pending(PARA), [second.hash(), third.hash()], "R-DEP-1");
	});
}

#[test]
fn r_dep_1_a_shrunk_depth_lets_what_is_backed_finish() {
	setup().run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		let third = second.child(2, 3);
		finish_block_with(inherent(&[], &[&first, &second, &third]));
		neighbours(|state| state.config.async_backing_params.max_candidate_depth = 0);
		finish_block_with(inherent(&[], &[]));
		assert_eq!(pending(PARA).len(), 3, "R-DEP-1: nothing pending is dropped");
		finish_block_with(inherent(&attest(&[0, 1, 2]), &[]));
		assert_eq!(included_head(PARA), third.head(), "R-DEP-1");
	});
}

#[test]
fn r_inc_3_candidates_ascend_by_para() {
	setup().run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		let other = Candidate::new(OTHER, 3, &genesis_head(OTHER), 1);
		let data = inherent(&[], &[&other, &first, &second]);
		assert_noop!(enter(data.clone()), Error::<Test>::CandidatesOutOfOrder);
		assert_noop!(
			enter(inherent(&[], &[&first, &other, &second])),
			Error::<Test>::CandidatesOutOfOrder
		);
		let filtered = Pallet::<Test>::filter(data);
		let hashes: Vec<_> = filtered
			.backed_candidates
			.iter()
			.map(|backed| backed.hash())
			.collect();
		assert_eq!(
			hashes,
			[first.hash(), second.hash(), other.hash()],
			"R-WGT-3: merged in canonical order"
		);
		assert_ok!(enter(filtered));
	});
}

#[test]
fn a_zero_length_cycle_is_taken_once() {
	setup().run(|| {
		let still = Candidate::first().with(|candidate| candidate.commitments.head_data = genesis_head(PARA));
		check_cut("R-BCK-2", &[&still, &still], 1, Error::DuplicateCandidate);
		end_block();
		begin_block();
		assert_noop!(enter(inherent(&[], &[&still])), Error::<Test>::DuplicateCandidate);
	});
}
