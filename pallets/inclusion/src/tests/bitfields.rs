//! Bitfields: which count, and what they do.

use crate::{mock::*, Error, Pallet};
use async_backing_primitives::{
	CandidateHash, DisputeStatement, DisputeStatementSet, Hash, InvalidDisputeStatementKind, SigningContext,
	UncheckedSignedAvailabilityBitfield, ValidatorIndex,
};
use frame_support::{assert_noop, assert_ok};

/// One bad bitfield among good ones: execution fails with `error`, creation leaves out those at `dropped`.
fn check_dropped(
	name: &str,
	bitfields: Vec<UncheckedSignedAvailabilityBitfield>,
	dropped: &[usize],
	error: Error<Test>,
) {
	let data = inherent(&bitfields, &[]);
	assert_noop!(enter(data.clone()), error);
	let filtered = Pallet::<Test>::filter(data);
	let kept: Vec<_> = bitfields
		.iter()
		.enumerate()
		.filter(|(position, _)| !dropped.contains(position))
		.map(|(_, bitfield)| bitfield.clone())
		.collect();
	assert_eq!(filtered.bitfields, kept, "{name}");
	assert_ok!(enter(filtered));
}

#[test]
fn r_bit_1_one_bad_bitfield_goes_alone() {
	type Spoil = fn(&mut Vec<UncheckedSignedAvailabilityBitfield>);
	let rows: [(&str, Spoil, &[usize], Error<Test>); 9] = [
		(
			"R-BIT-1 bits beyond the cores",
			|all| all[2].payload.0.push(true),
			&[2],
			Error::BitfieldWrongLength,
		),
		(
			"R-BIT-1 a bit too few",
			|all| {
				all[2].payload.0.pop();
			},
			&[2],
			Error::BitfieldWrongLength,
		),
		(
			"R-BIT-1 duplicate",
			|all| all.insert(3, bitfield(2, &[0])),
			&[3],
			Error::BitfieldOutOfOrder,
		),
		(
			"R-BIT-1 out of order",
			|all| all.swap(2, 3),
			&[3],
			Error::BitfieldOutOfOrder,
		),
		(
			"R-BIT-1 wrong validator index",
			|all| all[5].validator_index = ValidatorIndex(6),
			&[5],
			Error::BitfieldUnknownValidator,
		),
		(
			"R-BIT-1 forged",
			|all| all[2].signature = bitfield(1, &[0]).signature,
			&[2],
			Error::BitfieldBadSignature,
		),
		(
			"R-BIT-1 wrong session",
			|all| {
				let context = SigningContext {
					session_index: 9,
					parent_hash: parent().hash,
				};
				all[2] = bitfield_in(context, 2, &[0]);
			},
			&[2],
			Error::BitfieldBadSignature,
		),
		(
			"R-BIT-1 wrong leaf",
			|all| {
				let context = SigningContext {
					session_index: 0,
					parent_hash: Hash::zero(),
				};
				all[2] = bitfield_in(context, 2, &[0]);
			},
			&[2],
			Error::BitfieldBadSignature,
		),
		(
			"R-BIT-2 a forged one uses up its validator's turn",
			|all| {
				let mut forged = bitfield(2, &[0]);
				forged.signature = bitfield(1, &[0]).signature;
				all.insert(2, forged);
			},
			&[2, 3],
			Error::BitfieldBadSignature,
		),
	];
	for (name, spoil, dropped, error) in rows {
		Setup::default().run(|| {
			finish_block_with(inherent(&[], &[&Candidate::first()]));
			let mut bitfields = attest(&[0]);
			spoil(&mut bitfields);
			check_dropped(name, bitfields, dropped, error);
		});
	}
}

#[test]
fn r_bit_3_bits_of_free_cores_say_nothing() {
	Setup::default().run(|| {
		finish_block_with(inherent(&[], &[&Candidate::first()]));
		finish_block_with(inherent(&attest(&[1]), &[]));
		let votes = pending_candidates(PARA)[0].availability_votes.count();
		assert_eq!(votes, 0, "R-BIT-3");
	});
}

#[test]
fn r_ena_2_votes_accumulate_and_count_once() {
	// Six validators: five votes make a candidate available.
	Setup::default().run(|| {
		let candidate = Candidate::first();
		finish_block_with(inherent(&[], &[&candidate]));
		let votes =
			|range: std::ops::Range<u32>| range.map(|index| bitfield(index, &[0])).collect::<Vec<_>>();
		finish_block_with(inherent(&votes(0..4), &[]));
		finish_block_with(inherent(&votes(1..4), &[]));
		assert_eq!(
			pending(PARA),
			[candidate.hash()],
			"R-ENA-2: four of six are not enough (R-PRV-8)"
		);
		finish_block_with(inherent(&votes(4..5), &[]));
		assert_eq!(included_head(PARA), candidate.head(), "R-ENA-1, R-ENA-2");
	});
}

#[test]
fn r_bit_1_no_bit_for_a_core_that_a_dispute_freed() {
	Setup::default().run(|| {
		let (candidate, other) = (
			Candidate::first(),
			Candidate::new(OTHER, 1, &genesis_head(OTHER), 1),
		);
		finish_block_with(inherent(&[], &[&candidate, &other]));
		let dispute = |hash: CandidateHash| DisputeStatementSet {
			candidate_hash: hash,
			session: 0,
			statements: vec![(
				DisputeStatement::Invalid(InvalidDisputeStatementKind::Explicit),
				ValidatorIndex(0),
				bitfield(0, &[]).signature,
			)],
		};
		let mut data = inherent(&[bitfield(0, &[1]), bitfield(1, &[0, 1]), bitfield(2, &[1])], &[]);
		data.disputes.push(dispute(candidate.hash()));
		assert_noop!(enter(data.clone()), Error::<Test>::BitfieldForFreedCore);
		let filtered = Pallet::<Test>::filter(data.clone());
		assert_eq!(
			filtered.bitfields,
			[data.bitfields[0].clone(), data.bitfields[2].clone()],
			"R-BIT-1"
		);
		assert_eq!(filtered.disputes, data.disputes);
		assert_ok!(enter(filtered));
		assert_eq!(
			(pending(PARA), pending(OTHER)),
			(vec![], vec![other.hash()]),
			"R-INC-2 (6)"
		);
	});
}
