//! What nodes saw is what the chain judges by (R-REL-7, R-BASE-18, R-DEF-29, R-DEF-45).
//!
//! Every block comes in two halves: what it executes before its inherent, and the rest. Nodes know the state of its
//! parent, and nothing of the first half: governance that the block dispatches by itself, messages, orders, offences.
//! So the first half must not make wrong what is right by the answers that nodes got. Here the first half is random, the
//! candidates are, and the real view and the real provisioner predict what the real pallets then judge.
//!
//! Two properties for each block:
//! - what an author is offered, all of it together, with bitfields, the inherent accepts;
//! - of each candidate by itself, prediction and verdict say the same, whatever the first half did.
//!
//! [`loosens`](story::loosens) lists what may let the chain accept a candidate that nodes hold to be wrong: a first half
//! that makes room, and so do the messages that every block processes first. It harms nobody, because nobody offers such
//! a candidate.

mod chain;
mod node;
mod plan;
mod story;

use proptest::test_runner::Config;
use std::cell::RefCell;
use story::{run, Tally};

/// As many stories as `PROPTEST_CASES` says, else enough for a few thousand blocks.
fn config() -> Config {
	let cases = std::env::var("PROPTEST_CASES")
		.ok()
		.and_then(|cases| cases.parse().ok());
	Config {
		cases: cases.unwrap_or(400),
		failure_persistence: None,
		max_shrink_iters: 2_000,
		..Config::default()
	}
}

#[test]
fn r_def_29_r_def_45_what_a_block_does_before_its_inherent_makes_no_prediction_wrong() {
	use proptest::test_runner::TestRunner;
	let sum = RefCell::new(Tally::default());
	let outcome = TestRunner::new(config()).run(&plan::story(), |(start, blocks)| {
		sum.borrow_mut().add(run(start, &blocks, &mut ())?);
		Ok(())
	});
	let tally = sum.take();
	println!("{tally:?}");
	if let Err(error) = outcome {
		panic!("{error}");
	}
	// The stories are about something: all kinds of verdicts, and calls that went through.
	let one_in = |part: u64, of: u64| part * of >= tally.blocks;
	assert!(
		one_in(tally.accepted, 10) && one_in(tally.refused, 10) && one_in(tally.calls, 3),
		"{tally:?}"
	);
}
