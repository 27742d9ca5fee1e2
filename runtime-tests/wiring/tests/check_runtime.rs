//! `check-runtime` on blobs: the runtime of `examples/relay`, compiled, which says of itself what a faulty runtime says.

mod common;

use async_backing_devnet::{
	check::{check_runtime, CheckReport, Level},
	RuntimeExecutor,
};
use async_backing_runtime_metadata::Blob;
use async_backing_wiring_tests::*;
use codec::Encode;
use std::path::Path;

/// Keeps what it compiled: each blob takes seconds.
fn executor() -> RuntimeExecutor {
	RuntimeExecutor::new(Some(Path::new(env!("CARGO_TARGET_TMPDIR"))))
}

/// The compiled runtime, which is sound.
fn compiled() -> Vec<u8> {
	let blob = async_backing_example_relay::WASM_BINARY
		.expect("these tests need the compiled runtime: unset SKIP_WASM_BUILD");
	Blob::read(blob).expect("it is a runtime").wasm
}

/// What `check-runtime` finds out about the compiled runtime if this is its metadata.
fn check_saying(metadata: Vec<u8>) -> CheckReport {
	let blob = common::answering(
		&compiled(),
		"Metadata_metadata_at_version",
		&Some(metadata).encode(),
	);
	check_runtime(&blob, None, executor()).expect("this machine finishes")
}

/// The same with the metadata of a runtime that is not compiled to Wasm.
fn check(metadata: impl FnOnce() -> Vec<u8>) -> CheckReport {
	// Constants may be read from the state.
	check_saying(sp_io::TestExternalities::default().execute_with(metadata))
}

macro_rules! check {
	($runtime:ident) => {
		check(|| $runtime::Runtime::metadata().encode())
	};
}

/// One thing fails, and all of `parts` are in what is said about it.
fn assert_named(report: &CheckReport, parts: &[&str]) {
	let named = report.findings.iter().filter(|finding| {
		let said = format!(
			"{}: {}, not {} ({})",
			finding.what, finding.came, finding.expected, finding.read
		);
		finding.level == Level::Fail && parts.iter().all(|part| said.contains(part))
	});
	assert_eq!(named.count(), 1, "{parts:?} in {report:#?}");
	assert!(!report.passes());
}

#[test]
fn the_blob_that_says_what_it_is_passes() {
	let metadata: Option<Vec<u8>> = executor()
		.call(&compiled(), "Metadata_metadata_at_version", 15u32)
		.expect("the runtime answers");
	let report = check_saying(metadata.expect("it has this version"));
	assert!(report.passes(), "{report:#?}");
	assert_eq!(report.runtime.as_deref(), Some("async-backing-example"));
}

#[test]
fn r_key_5_a_blob_whose_hrmp_has_another_name_is_named() {
	assert_named(
		&check!(misnamed),
		&[
			"`ParasHrmp` (index 11)",
			"`Hrmp`, at which parachains read",
			"R-KEY-5",
		],
	);
}

#[test]
fn r_key_9_a_blob_whose_babe_has_another_name_is_named() {
	assert_named(
		&check!(babe_misnamed),
		&[
			"`Consensus` (index 1)",
			"`Babe`, at which parachains read",
			"R-KEY-9",
		],
	);
}

#[test]
fn r_abp_9_a_blob_whose_hand_out_forgets_hrmp_is_named() {
	assert_named(
		&check!(untold),
		&[
			"whom `ParaSessionInfo` speaks to",
			"`type Hrmp = ()`",
			"the runtime has `Hrmp`",
			"R-ABP-9",
		],
	);
}

#[test]
fn r_abp_9_a_blob_whose_sessions_have_a_middle_index_is_named() {
	assert_named(
		&check!(by_index),
		&[
			"`ParaSessionInfo` (index 8)",
			"before `ParaScheduler` (index 9)",
			"R-ABP-9",
		],
	);
}
