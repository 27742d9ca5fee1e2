//! The depth rule: how far candidates may run ahead of the included head (R-DEP-1).

use thiserror::Error;

/// A candidate is deeper than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("candidate at depth {depth}, but at most {max} (R-DEP-1)")]
pub struct DepthExceeded {
	/// Candidates between the included head and this one.
	pub depth: u32,
	/// `max_candidate_depth`.
	pub max: u32,
}

/// Checks the depth of a candidate below `pending` candidates of its para that stay pending and `accepted` ones that
/// the same block accepted before it (R-DEP-1), and returns the depth.
///
/// # Errors
/// [`DepthExceeded`] if the depth is above `max_candidate_depth`.
pub fn check_depth(pending: usize, accepted: usize, max_candidate_depth: u32) -> Result<u32, DepthExceeded> {
	let depth = u32::try_from(pending.saturating_add(accepted)).unwrap_or(u32::MAX);
	if depth > max_candidate_depth {
		return Err(DepthExceeded {
			depth,
			max: max_candidate_depth,
		});
	}
	Ok(depth)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_dep_1_worked_example() {
		// D = 1: pending [A], offered B and C.
		assert_eq!(check_depth(1, 0, 1), Ok(1), "B");
		assert_eq!(check_depth(1, 1, 1), Err(DepthExceeded { depth: 2, max: 1 }), "C");
		// A is enacted first.
		assert_eq!([check_depth(0, 0, 1), check_depth(0, 1, 1)], [Ok(0), Ok(1)]);
		// Synchronous backing knows depth 0 only.
		assert_eq!(
			check_depth(1, 0, 0),
			Err(DepthExceeded { depth: 1, max: 0 }),
			"R-ABP-3"
		);
	}

	proptest::proptest! {
		#[test]
		fn r_dep_2_what_fits_before_an_enactment_fits_after_it(
			pending in 0usize..300, enacted in 0usize..300, accepted in 0usize..300, max in 0u32..300,
		) {
			// A node counts what the next block enacts; the chain has freed it by then.
			let off_chain = check_depth(pending, accepted, max);
			let on_chain = check_depth(pending.saturating_sub(enacted), accepted, max);
			proptest::prop_assert!(off_chain.is_err() || on_chain.is_ok(), "R-DEP-2");
		}
	}

	#[test]
	fn r_dep_2_the_chain_may_take_what_no_tree_holds() {
		let off_chain = check_depth(5, 0, 4);
		assert_eq!(off_chain, Err(DepthExceeded { depth: 5, max: 4 }), "R-DEP-2");
		assert_eq!(
			check_depth(5 - 1, 0, 4),
			Ok(4),
			"R-DEP-2: one of the five is enacted first"
		);
	}
}
