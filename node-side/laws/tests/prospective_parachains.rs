//! The view over the leaves: any leaves in any order, any candidates.

use async_backing_laws::{seeds, subjects::Trees, try_subject};
use async_backing_machine::laws::THOROUGH;

#[test]
fn law_1_law_3_law_6_the_view_of_any_leaves() {
	let tried = try_subject(Trees::new, seeds(), THOROUGH);
	assert!(tried.memory > 20_000, "candidates were held: {tried:?}");
}
