//! `check-runtime` sees the faults in the metadata of a runtime, as its blob has it, without its source.

use async_backing_devnet::check::{wiring, Finding, Level};
use async_backing_runtime_metadata::Metadata;
use async_backing_wiring_tests::*;
use codec::Encode;

/// What fails in a runtime with this metadata.
fn failures(metadata: impl FnOnce() -> Vec<u8>) -> Vec<Finding> {
	// Constants may be read from the state.
	let metadata = sp_io::TestExternalities::default().execute_with(metadata);
	let metadata = Metadata::decode(&metadata).expect("it is metadata");
	let findings = wiring(&metadata);
	findings
		.into_iter()
		.filter(|finding| finding.level == Level::Fail)
		.collect()
}

macro_rules! failures {
	($runtime:ident) => {
		failures(|| $runtime::Runtime::metadata().encode())
	};
}

/// One thing fails, and all of `parts` are in what is said about it.
fn assert_named(failures: &[Finding], parts: &[&str]) {
	let [Finding {
		what,
		expected,
		came,
		read,
		..
	}] = failures
	else {
		panic!("one failure is expected: {failures:#?}")
	};
	let said = format!("{what}: expected {expected}, came {came} ({read})");
	for part in parts {
		assert!(said.contains(part), "{part:?} is not in {said}");
	}
}

#[test]
fn nothing_fails_in_a_sound_runtime() {
	assert_eq!(failures!(sound), []);
}

#[test]
fn r_key_5_a_pallet_with_another_name_is_named() {
	assert_named(
		&failures!(misnamed),
		&[
			"`ParasHrmp` (index 11)",
			"`Hrmp`, at which parachains read",
			"R-KEY-5",
		],
	);
}

#[test]
fn r_key_9_babe_with_another_name_is_named() {
	assert_named(
		&failures!(babe_misnamed),
		&[
			"`Consensus` (index 1)",
			"`Babe`, at which parachains read",
			"R-KEY-9",
		],
	);
}

#[test]
fn r_abp_9_sessions_with_a_middle_index_are_named() {
	assert_named(
		&failures!(by_index),
		&[
			"`ParaSessionInfo` (index 8)",
			"before `ParaScheduler` (index 9)",
			"`ParaInclusion` (index 13)",
			"R-ABP-9",
		],
	);
}

#[test]
fn r_abp_9_sessions_in_a_middle_place_are_named() {
	assert_named(
		&failures!(by_place),
		&["`ParaSessionInfo` (index 14)", "before `ParaScheduler` (index 8)"],
	);
}

#[test]
fn r_abp_9_a_hand_out_that_forgets_a_pallet_is_named() {
	assert_named(
		&failures!(untold),
		&[
			"whom `ParaSessionInfo` speaks to",
			"`type Hrmp = ()`",
			"the runtime has `Hrmp`",
			"R-ABP-9",
		],
	);
}

#[test]
fn r_abp_9_pallets_in_one_anothers_place_are_named() {
	assert_named(
		&failures!(swapped),
		&[
			"`type Ump = pallet_async_backing_hrmp",
			"`type Hrmp = pallet_async_backing_ump",
		],
	);
}

#[test]
fn r_def_31_r_abp_5_r_dmp_3_ports_that_nobody_answers_are_named() {
	assert_named(
		&failures!(forgetful),
		&["whom `Paras` speaks to", "`type Scheduler = ()`"],
	);
	assert_named(
		&failures!(timeless),
		&["whom `Configuration` speaks to", "`type SessionIndex = ()`"],
	);
	assert_named(
		&failures!(deaf),
		&["whom `ParaInclusion` speaks to", "`type Dmp = ()`"],
	);
}

#[test]
fn r_inc_1_a_runtime_without_the_call_is_named() {
	assert_named(&failures!(callless), &["the parachains inherent", "R-INC-1"]);
}
