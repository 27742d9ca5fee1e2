//! Cores that eight bits don't name (R-BIN-16).

use crate::{mock::*, Error, Pallet};
use async_backing_primitives::{
	BackedCandidate, BackedCandidateError, CandidateDescriptor, CommittedCandidateReceipt, CoreIndex,
};
use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok};

/// A chain with 301 cores and a validator for each: para 2000 has core 300, para 2001 core 44, whose low eight bits are
/// the same.
fn large() -> Setup {
	Setup {
		cores: 301,
		assignments: vec![(300, PARA), (44, OTHER)],
		validators: 301,
		..Setup::default()
	}
}

fn alone(candidate: &mut Candidate) {
	candidate.voters = vec![0];
}

/// The same candidate as version 1 would have it, with the votes that it had.
fn version_1(backed: &BackedCandidate) -> CommittedCandidateReceipt {
	let mut bytes = backed.candidate.descriptor.encode();
	// Core and session are unused, and what was a collator's key is not zero (R-BIN-12).
	bytes[36..44].fill(0);
	bytes[44..68].fill(1);
	CommittedCandidateReceipt {
		descriptor: CandidateDescriptor::decode(&mut &bytes[..]).expect("every version has its size"),
		commitments: backed.candidate.commitments.clone(),
	}
}

#[test]
fn r_def_36_r_bin_16_a_candidate_that_names_core_300_is_backed() {
	large().run(|| {
		let candidate = Candidate::new(PARA, 300, &genesis_head(PARA), 1).with(alone);
		let offered = inherent(&[], &[&candidate]);
		let (_, injected) = offered.backed_candidates[0].split_indices().expect("well formed");
		assert_eq!(injected, CoreIndex(44), "R-BIN-16: the low eight bits");
		let filtered = Pallet::<Test>::filter(offered.clone());
		assert_eq!(filtered, offered, "R-DEF-36: an author keeps it");
		assert_ok!(enter(filtered));
		assert_eq!(pending_candidates(PARA)[0].core, CoreIndex(300), "R-DEF-36");
		end_block();
		begin_block();
		// Its validators attest the core that it names.
		let attested = attest(&[300]);
		finish_block_with(inherent(&attested[..200], &[]));
		assert_eq!(included_head(PARA), genesis_head(PARA), "200 of 301 are too few");
		finish_block_with(inherent(&attest(&[300])[200..], &[]));
		assert_eq!(included_head(PARA), candidate.head());
	});
}

#[test]
fn r_def_36_r_bin_16_the_injected_bits_are_those_of_the_named_core() {
	large().run(|| {
		let good = Candidate::new(PARA, 300, &genesis_head(PARA), 1)
			.with(alone)
			.back();
		for bit in 1..=8 {
			let mut bad = good.clone();
			let flipped = !bad.validator_indices[bit];
			bad.validator_indices.set(bit, flipped);
			let offered = with_backed(&[], vec![bad]);
			assert_noop!(enter(offered.clone()), Error::<Test>::MalformedVotes);
			assert!(
				Pallet::<Test>::filter(offered).backed_candidates.is_empty(),
				"R-BIN-16"
			);
		}
	});
}

#[test]
fn r_def_36_r_bin_16_version_1_cannot_say_core_300_and_never_takes_another() {
	large().run(|| {
		let backed = Candidate::new(PARA, 300, &genesis_head(PARA), 1)
			.with(alone)
			.back();
		let (group, _) = backed.split_indices().expect("well formed");
		let refused = BackedCandidate::new(version_1(&backed), Vec::new(), group.to_bitvec(), CoreIndex(300));
		assert_eq!(
			refused,
			Err(BackedCandidateError::CoreTooLarge(CoreIndex(300))),
			"R-DEF-36: by name"
		);
		// Its low eight bits alone are core 44, which is another para's.
		let as_44 = BackedCandidate {
			candidate: version_1(&backed),
			..backed
		};
		assert_eq!(as_44.core(), Ok(CoreIndex(44)));
		let offered = with_backed(&[], vec![as_44]);
		assert_noop!(enter(offered.clone()), Error::<Test>::CoreNotEligible);
		assert!(Pallet::<Test>::filter(offered).backed_candidates.is_empty());
	});
}
