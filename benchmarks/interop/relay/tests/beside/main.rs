//! The pallets of asynchronous backing beside the published ones: the same random histories through both, block by block.
//!
//! The relay chain is ours, with all its pallets. The published pallets, in a runtime of their own, follow it: the same headers,
//! sessions, lots and offenders; the same calls of governance and paras, as far as both know them; the same inherents, byte for
//! byte. In each block
//!
//! - each candidate by itself, valid or wrong by one, is judged by both;
//! - what our provisioner offers is put into the block one candidate after the other, and each addition judged by both. What both
//!   accept is what the block carries, so that the states stay comparable;
//! - when the block has ended, all that nodes are told and all that parachains read is compared, byte for byte.
//!
//! Where cores are for other paras on one side than on the other from then on, which some of the rows are about, the history ends.
//!
//! Whatever is not the same has to be one of the [`rows::Row`]s, each recognised by an exact condition. Anything else fails.
//!
//! `BESIDE` says how many blocks (600 without it), `BESIDE_ONLY` which history alone, to look closer at one, `BESIDE_REPORT` where to
//! write the page, `BESIDE_VECTORS` into which folder to write some of the histories, for who has no published pallets at hand
//! ([`record`]).

// What is shared with the tests of the runtime; stories of their own ask for the rest.
#[allow(dead_code)]
#[path = "../../../../../runtime-tests/relay-runtime/tests/two_halves/chain.rs"]
mod chain;
#[allow(dead_code)]
#[path = "../../../../../runtime-tests/relay-runtime/tests/two_halves/node.rs"]
mod node;
#[allow(dead_code)]
#[path = "../../../../../runtime-tests/relay-runtime/tests/two_halves/plan.rs"]
mod plan;
#[path = "../../../../../runtime-tests/tests/tests/agreement/wrong.rs"]
mod wrong;
// What is shared with who replays the histories that are written down.
#[path = "../../../../../runtime-tests/relay-runtime/tests/inherent_vectors/form.rs"]
mod form;
#[path = "../../../../../runtime-tests/relay-runtime/tests/inherent_vectors/ours.rs"]
mod ours;

mod answers;
mod calls;
mod record;
mod report;
mod rows;
mod run;
mod scheduling;

use proptest::{
	collection::vec,
	strategy::{Strategy, ValueTree},
	test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use run::Found;

/// Blocks without `BESIDE`.
const BLOCKS: u64 = 600;

#[test]
fn r_def_7_what_the_published_pallets_do_but_for_the_rows_of_decision_9() {
	let wanted = std::env::var("BESIDE").ok().and_then(|count| count.parse().ok());
	let wanted: u64 = wanted.unwrap_or(BLOCKS);
	let config = Config {
		failure_persistence: None,
		..Config::default()
	};
	// The same histories every time: more of them are the same and more.
	let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
	let mut runner = TestRunner::new_with_rng(config, rng);
	let kinds = (proptest::bool::ANY, proptest::bool::ANY);
	let kinds = kinds.prop_map(|(is_narrow, has_pool)| ours::Kind { is_narrow, has_pool });
	let histories = (kinds, vec(plan::block(), 20..50));
	let mut found = Found::default();
	let mut shelf = record::Shelf::default();
	let only: Option<u64> = std::env::var("BESIDE_ONLY")
		.ok()
		.and_then(|number| number.parse().ok());
	while found.blocks < wanted {
		let (kind, blocks) = histories
			.new_tree(&mut runner)
			.expect("there are histories")
			.current();
		if only.is_some_and(|only| only > found.histories) {
			found.histories += 1;
			continue;
		}
		let recorded = run::run(kind, &blocks, &mut found);
		shelf.offer(found.histories, recorded);
		found.histories += 1;
		if only.is_some() {
			break;
		}
	}
	let page = report::page(&found);
	println!("{page}");
	assert!(found.unexplained.is_empty(), "{}", report::unexplained(&found));
	if only.is_some() {
		return;
	}
	if let Ok(path) = std::env::var("BESIDE_REPORT") {
		std::fs::write(path, &page).expect("the page can be written");
	}
	if let Ok(folder) = std::env::var("BESIDE_VECTORS") {
		shelf
			.write_to(folder.as_ref())
			.expect("the histories can be written");
	}
	assert_eq!(
		found.dropped_when_told, found.timed_out,
		"R-TMO-3: ours tells nodes when"
	);
	// Histories are about something.
	let counts = [
		found.both_accept,
		found.both_refuse,
		found.included,
		found.timed_out,
		found.upward,
		found.downward,
		found.horizontal,
		found.upgrades,
		found.sessions,
		found.calls,
	];
	assert!(counts.iter().all(|count| *count > 0), "{found:?}");
}
