//! The choice of a block's content: any leaf, any bitfields, any candidates.

use async_backing_laws::{seeds, subjects::Author, try_subject};
use async_backing_machine::laws::THOROUGH;

#[test]
fn law_1_law_3_law_6_the_choice_for_any_leaf() {
	let tried = try_subject(Author::new, seeds(), THOROUGH);
	assert!(tried.memory > 0, "{tried:?}");
}
