//! Collators that exceed each limit of the chain by one, on the compiled runtime: what is too much is not included, nothing is
//! refused on-chain that honest validators offered, and no invariant is broken.

use crate::{
	rerun,
	runtime::{Runtime, RuntimeArgs},
};
use async_backing_devnet::{Misconduct, ParaReport, RunReport};

/// Of each kind that the chain has a limit for, what else a run has so that the limit is met, and what shows that it is: blocks that
/// are lost, or that wait until there is room. One channel, for two messages of 64 bytes at most, is open from the second session on.
const LIMITS: &[(&str, &str, Shown)] = &[
	("exceed-pov", TWO, LOST),
	("exceed-head", TWO, LOST),
	("exceed-code", TWO, LOST),
	("exceed-upgrades", TWO, LOST),
	("exceed-depth", DEPTH, WAIT),
	("exceed-upward-count", TWO, LOST),
	("exceed-upward-bytes", TWO, LOST),
	("exceed-downward", TWO, LOST),
	("exceed-horizontal", CHANNEL, LOST),
	("exceed-channel-count", CHANNEL, LOST),
	("exceed-channel-bytes", CHANNEL, LOST),
	("exceed-channel-message", CHANNEL, LOST),
	("exceed-watermark", TWO, LOST),
	("stray-watermark", TWO, LOST),
	("older-relay-parent", TWO, LOST),
	("exceed-consumed", CONSUMED, LOST),
];

type Shown = fn(&ParaReport) -> u32;

const LOST: Shown = |para| para.wasted;
const WAIT: Shown = |para| para.reused;

const TWO: &str = "--blocks 18 --validators 8";
const DEPTH: &str = "--blocks 18 --paras 1 --validators 4 --cores-per-para 3 --max-candidate-depth 1 --segment-capacity 8 --execution-limit-ms 400";
const CHANNEL: &str = r#"--blocks 18 --validators 8 --session-length 5 --root 1:hrmp.force_open_hrmp_channel={"sender":2000,"recipient":2001,"max_capacity":2,"max_message_size":64}"#;

/// The other para sends a message in each block, which there is always room for, and a candidate may consume one.
const CONSUMED: &str = r#"--blocks 30 --validators 8 --session-length 5 --misconduct c1=exceed-channel-count --root 1:hrmp.force_open_hrmp_channel={"sender":2001,"recipient":2000,"max_capacity":1000,"max_message_size":64} --root 1:configuration.set_hrmp_max_messages_consumed_per_candidate={"new":1}"#;

fn report(runtime: &Runtime, more: &str) -> RunReport {
	let words = format!("--seed 1 --extrinsic-cost-us 100000 {more}");
	let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
	let dev = rerun::dev(&words).expect(more);
	rerun::quietly(&dev, runtime).unwrap_or_else(|error| panic!("{more}: {error}"))
}

#[test]
fn r_frg_1_to_r_frg_12_what_exceeds_a_limit_is_lost_and_nothing_else() {
	let runtime = Runtime::of(&RuntimeArgs::default()).expect("these tests need the compiled runtime");
	for (what, more, shown) in LIMITS {
		assert!(
			Misconduct::ALL.iter().any(|known| known.name() == *what),
			"{what}"
		);
		let run = report(&runtime, &format!("{more} --misconduct c0={what}"));
		let (of_it, others) = run.paras.split_first().expect("there is one");
		assert!(shown(of_it) > 0, "{what}: {of_it:?}");
		for other in others {
			assert_eq!(other.wasted, 0, "{what}: whom does it harm: {other:?}");
			assert!(other.included > 8, "{what}: {other:?}");
		}
		assert_eq!(run.refused_on_chain, 0, "{what}");
	}
	// What is lost for the messages that it consumes is not where it may consume as many.
	let may = CONSUMED.replace(r#""new":1}"#, r#""new":1000}"#);
	let run = report(&runtime, &format!("{may} --misconduct c0=exceed-consumed"));
	assert_eq!(LOST(&run.paras[0]), 0, "{:?}", run.paras[0]);
	// The one whose blocks only wait: none of an honest collator does.
	let honest = report(&runtime, DEPTH);
	assert_eq!(WAIT(&honest.paras[0]), 0, "{:?}", honest.paras[0]);
}
