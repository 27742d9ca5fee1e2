//! The chain's view, and the buffer for what is early: any blocks in any order, any peers.

use async_backing_laws::{seeds, subjects::Watcher, try_subject};
use async_backing_machine::laws::THOROUGH;

#[test]
fn law_1_law_3_law_6_law_7_the_view_of_any_chain() {
	let tried = try_subject(Watcher::new, seeds(), THOROUGH);
	assert!(tried.memory > 0 && tried.most_allocated > 0, "{tried:?}");
}
