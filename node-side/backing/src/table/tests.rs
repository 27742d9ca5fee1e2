//! What the table counts, and what it reports.

use super::*;
use async_backing_primitives::{
	check_backing_vote_count, AsyncBackingParams, CandidateDescriptor, Hash, ValidatorSignature,
};

const GROUP: [ValidatorIndex; 3] = [ValidatorIndex(4), ValidatorIndex(2), ValidatorIndex(7)];
const ON_CORE: Option<(CoreIndex, &[ValidatorIndex])> = Some((CoreIndex(3), &GROUP));

fn table(depth: u32, ancestry: u32) -> StatementTable {
	StatementTable::new(AsyncBackingParams::new(depth, ancestry).expect("legal"), 2)
}

fn candidate(name: u8) -> CandidateHash {
	CandidateHash(Hash::repeat_byte(name))
}

fn signed(statement: CompactStatement, validator: u32, signature: u8) -> SignedCompactStatement {
	let signature = ValidatorSignature::from(sp_core::sr25519::Signature::from_raw([signature; 64]));
	SignedCompactStatement {
		statement,
		validator_index: ValidatorIndex(validator),
		signature,
	}
}

fn seconded(name: u8, validator: u32) -> SignedCompactStatement {
	signed(CompactStatement::Seconded(candidate(name)), validator, name)
}

fn valid(name: u8, validator: u32) -> SignedCompactStatement {
	signed(CompactStatement::Valid(candidate(name)), validator, name)
}

fn found(misbehaviour: Misbehaviour) -> Result<bool, TableError> {
	Err(TableError::Misbehaviour(Box::new(misbehaviour)))
}

#[test]
fn r_tab_every_misbehaviour_is_found_and_earlier_votes_stay() {
	let mut table = table(4, 3);
	let again = signed(CompactStatement::Seconded(candidate(1)), 4, 99);
	let confirmed_again = signed(CompactStatement::Valid(candidate(1)), 2, 99);
	let rows = [
		(
			"R-TAB-5 valid before seconded",
			valid(1, 2),
			Err(TableError::UnknownCandidate(candidate(1))),
		),
		(
			"R-TAB-1 seconded by a stranger",
			seconded(1, 5),
			found(Misbehaviour::UnauthorizedStatement(seconded(1, 5))),
		),
		("seconded", seconded(1, 4), Ok(true)),
		("R-TAB-3 repeated", seconded(1, 4), Ok(false)),
		(
			"R-TAB-3 signed twice",
			again.clone(),
			found(Misbehaviour::DoubleSign {
				first: seconded(1, 4),
				second: again,
			}),
		),
		(
			"R-TAB-2 seconded and valid",
			valid(1, 4),
			found(Misbehaviour::ValidityDoubleVote {
				first: seconded(1, 4),
				second: valid(1, 4),
			}),
		),
		(
			"R-TAB-1 valid by a stranger",
			valid(1, 5),
			found(Misbehaviour::UnauthorizedStatement(valid(1, 5))),
		),
		("confirmed", valid(1, 2), Ok(true)),
		(
			"R-TAB-3 confirmed twice",
			confirmed_again.clone(),
			found(Misbehaviour::DoubleSign {
				first: valid(1, 2),
				second: confirmed_again,
			}),
		),
		(
			"R-TAB-2 valid and seconded",
			seconded(1, 2),
			found(Misbehaviour::ValidityDoubleVote {
				first: valid(1, 2),
				second: seconded(1, 2),
			}),
		),
		("R-TAB-4 a second candidate", seconded(2, 4), Ok(true)),
	];
	for (name, statement, expected) in rows {
		assert_eq!(table.import(statement, ON_CORE), expected, "{name}");
	}
	assert_eq!(table.backers(candidate(1)), [4, 2].map(ValidatorIndex), "R-TAB-5");
	assert!(table.is_backable(candidate(1)), "R-TAB-6");
	assert!(!table.is_backable(candidate(2)), "R-TAB-6");
	assert!(!table.is_backable(candidate(9)), "R-TAB-6: unknown");
}

#[test]
fn r_tab_4_one_candidate_while_backing_is_synchronous() {
	let second = || {
		found(Misbehaviour::MultipleCandidates {
			first: seconded(1, 4),
			second: seconded(2, 4),
		})
	};
	let limited = || {
		Err(TableError::TooManySeconded {
			validator: ValidatorIndex(4),
			limit: 1,
		})
	};
	for (depth, ancestry, expected) in [(0, 0, second()), (0, 3, limited()), (1, 0, Ok(true))] {
		let mut table = table(depth, ancestry);
		assert_eq!(table.import(seconded(1, 4), ON_CORE), Ok(true));
		assert_eq!(
			table.import(seconded(2, 4), ON_CORE),
			expected,
			"R-TAB-4: ({depth}, {ancestry})"
		);
		assert!(table.contains(candidate(1)));
	}
}

#[test]
fn r_sd_3_seconding_is_limited() {
	let mut table = table(4, 3);
	for name in 1..=5 {
		assert_eq!(table.import(seconded(name, 4), ON_CORE), Ok(true), "R-SD-3");
	}
	let limited = Err(TableError::TooManySeconded {
		validator: ValidatorIndex(4),
		limit: 5,
	});
	assert_eq!(table.import(seconded(6, 4), ON_CORE), limited, "R-SD-3");
	assert_eq!(
		table.import(seconded(6, 2), ON_CORE),
		Ok(true),
		"R-SD-3: another validator"
	);
}

#[test]
fn r_tab_5_backers_come_by_kind_and_then_by_index() {
	let mut table = table(4, 3);
	for statement in [
		seconded(1, 4),
		seconded(2, 7),
		valid(1, 7),
		seconded(1, 2),
		valid(2, 4),
		valid(2, 2),
	] {
		assert_eq!(table.import(statement, ON_CORE), Ok(true));
	}
	let rows = [(1, vec![2, 4, 7]), (2, vec![7, 2, 4]), (3, vec![])];
	for (name, expected) in rows {
		let expected: Vec<_> = expected.into_iter().map(ValidatorIndex).collect();
		assert_eq!(
			table.backers(candidate(name)),
			expected,
			"R-TAB-5: candidate {name}"
		);
	}
}

#[test]
fn r_bak_8_votes_stand_in_the_order_of_the_group() {
	let receipt = CommittedCandidateReceipt {
		descriptor: CandidateDescriptor::v2(Default::default()),
		commitments: Default::default(),
	};
	let name = receipt.hash();
	let mut table = table(4, 3);
	let seconded = signed(CompactStatement::Seconded(name), 7, 1);
	let valid = signed(CompactStatement::Valid(name), 4, 2);
	table.import(seconded.clone(), ON_CORE).expect("counted");
	assert_eq!(
		table.backed(name, receipt.clone()),
		None,
		"R-BAK-9: one vote of two"
	);
	table.import(valid.clone(), ON_CORE).expect("counted");
	let backed = table.backed(name, receipt).expect("a quorum");
	assert_eq!(
		backed.validity_votes,
		[valid.to_attestation(), seconded.to_attestation()],
		"R-BAK-8"
	);
	let (bits, core) = backed.split_indices().expect("well formed");
	assert_eq!(
		(bits.iter().by_vals().collect::<Vec<_>>(), core),
		(vec![true, false, true], CoreIndex(3))
	);
	assert_eq!(check_backing_vote_count(&backed, 3, 2), Ok(2), "R-BKV-2");
}
