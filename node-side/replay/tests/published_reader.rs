//! A real block that everybody has: the published crate `frame-decode` ships Polkadot 10,000,000, and reads it by the chain's own
//! metadata. What it says of the inherent is held beside what ours says.

use async_backing_primitives::ParachainsInherentData;
use async_backing_replay::{read, replay, Options, Question};
use codec::{Decode, Encode};
use frame_decode::extrinsics::decode_extrinsic;
use frame_metadata::RuntimeMetadata;
use std::{
	path::{Path, PathBuf},
	process::Command,
};

const BLOCK: u32 = 10_000_000;

/// The folder of the package `frame-decode`, wherever cargo has it.
fn package() -> PathBuf {
	let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
	let output = Command::new(cargo)
		.args(["metadata", "--format-version", "1", "--locked", "--offline"])
		.current_dir(env!("CARGO_MANIFEST_DIR"))
		.output()
		.expect("cargo runs");
	assert!(
		output.status.success(),
		"{}",
		String::from_utf8_lossy(&output.stderr)
	);
	let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
	let packages = metadata["packages"].as_array().expect("there are packages");
	let package = packages
		.iter()
		.find(|package| package["name"] == "frame-decode")
		.expect("it is a dependency");
	let manifest = Path::new(package["manifest_path"].as_str().expect("it has one"));
	manifest.parent().expect("it is in a folder").to_owned()
}

#[test]
fn r_bin_17_polkadot_10000000_reads_as_the_published_reader_reads_it() {
	let artifacts = package().join("artifacts");
	let path = artifacts.join(format!("exts_{BLOCK}_9180.json"));
	let found = read(std::slice::from_ref(&path));
	assert!(found.errors.is_empty(), "{:?}", found.errors);
	let [block] = &found.blocks[..] else {
		panic!("one block")
	};
	let inherent = block.inherent.as_ref().expect("it has one");
	let bytes = inherent.bytes.as_deref().expect("it came as bytes");

	let metadata = std::fs::read(artifacts.join(format!("metadata_{BLOCK}_9180.scale")))
		.expect("it is beside the block");
	let metadata = RuntimeMetadata::decode(&mut &metadata[..]).expect("it is metadata");
	let RuntimeMetadata::V14(metadata) = metadata else {
		panic!("of version 14")
	};
	let theirs =
		decode_extrinsic(&mut &*bytes, &metadata, &metadata.types).expect("it is an extrinsic of that chain");
	assert_eq!(
		(theirs.pallet_name(), theirs.call_name()),
		("ParaInherent", "enter")
	);
	assert_eq!((theirs.pallet_index(), theirs.call_index()), (54, 0));
	let arguments: Vec<_> = theirs.call_data().collect();
	let [argument] = &arguments[..] else {
		panic!("one argument")
	};
	let argument = &bytes[argument.range()];
	assert_eq!(inherent.data.encode(), argument, "R-BIN-17: the same bytes");
	assert_eq!(
		ParachainsInherentData::decode(&mut &*argument).as_ref(),
		Ok(&inherent.data)
	);

	let report = replay(&[path], &Options::default(), None);
	assert!(report.passes(), "{report}");
	let [block] = &report.blocks[..] else {
		panic!("one block")
	};
	assert_eq!(
		(block.number, block.bitfields, block.candidates, block.cores),
		(Some(BLOCK), 199, 5, 40)
	);
	for (question, agree) in [
		(Question::Encoding, 1),
		(Question::ParaHead, 5),
		(Question::Intrinsic, 5),
		(Question::Order, 2),
	] {
		assert_eq!(report.total.of(question).agree, agree, "{question:?}");
	}
	// One block alone, without events: most of what is asked has no answer in it.
	assert_eq!(report.total.of(Question::Choice).agree, 0);
	assert!(report.total.of(Question::CandidateHash).undecided_count() > 0);
}
