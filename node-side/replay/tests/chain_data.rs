//! Public chains, where a folder of their blocks and values is at hand: `ASYNC_BACKING_CHAIN_DATA` names it. Nothing of it is part
//! of the project.

use async_backing_replay::{replay, Options, Question};
use std::path::PathBuf;

const FOLDER: &str = "ASYNC_BACKING_CHAIN_DATA";

#[test]
fn r_def_22_r_key_1_blocks_and_values_of_public_chains() {
	let folder = std::env::var_os(FOLDER)
		.map(PathBuf::from)
		.filter(|folder| folder.is_dir());
	let Some(folder) = folder else {
		println!("skipped: {FOLDER} names no folder");
		return;
	};
	let report = replay(&[folder], &Options::default(), None);
	println!("{report}");
	assert!(report.passes());
	for question in Question::ALL {
		let tally = report.total.of(question);
		let is_decidable = question != Question::Signature;
		assert_eq!(tally.agree > 0, is_decidable, "{question:?}: {tally:?}");
	}
}
