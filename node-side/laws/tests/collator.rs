//! What to build on: any leaf, any parablocks.

use async_backing_laws::{seeds, subjects::Producer, try_subject};
use async_backing_machine::laws::THOROUGH;

#[test]
fn law_1_law_3_law_6_the_decision_at_any_leaf() {
	let tried = try_subject(Producer::new, seeds(), THOROUGH);
	assert!(tried.memory > 0, "{tried:?}");
}
