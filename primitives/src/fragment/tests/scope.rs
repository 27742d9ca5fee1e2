//! What fragment validity does not ask, because others do (R-FRG-13).

use super::super::*;
use crate::testing::{base, commitments, relay_block, Path, CODE};
use crate::AsyncBackingParams;

#[test]
fn r_frg_13_depth_is_not_asked() {
	let mut path = Path::new(base());
	// Deeper than any configuration allows: the depth rule would refuse, this check does not.
	for depth in 0..=AsyncBackingParams::MAX + 1 {
		assert_eq!(path.push(9, &commitments(9)), Ok(()), "R-FRG-13: depth {depth}");
	}
}

#[test]
fn r_frg_13_who_backs_it_and_where_is_not_asked() {
	let (base, identity, relay_parent) = (base(), ConstraintModifications::default(), relay_block(9));
	let operating = Operating::new(&base, &identity);
	let commitments = commitments(9);
	let data = expected_validation_data(&relay_parent, &operating);
	let candidate = FragmentCandidate {
		commitments: &commitments,
		validation_code_hash: CODE,
		validation_data: ValidationDataClaim::Full(&data),
		is_pending_availability: false,
	};
	// Every field, without a rest: the check has nothing to read a signature, PoV hash, erasure root, group, session or
	// core from.
	let FragmentCandidate {
		commitments: _,
		validation_code_hash: _,
		validation_data: _,
		is_pending_availability: _,
	} = candidate;
	// Of the relay parent only number and storage root count: whether the hash is a legal one is asked elsewhere.
	let elsewhere = RelayChainBlockInfo {
		hash: Hash::zero(),
		..relay_parent
	};
	let [judged, unknown] =
		[relay_parent, elsewhere].map(|place| check_fragment(&place, &operating, &candidate));
	assert!(judged.is_ok(), "R-FRG-13");
	assert_eq!(judged, unknown, "R-FRG-13");
}
