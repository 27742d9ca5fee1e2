//! The integrity tests of the pallets name what is wrong with a runtime around them.

use async_backing_wiring_tests::*;
use frame_support::traits::IntegrityTest;
use std::panic::catch_unwind;

/// What the integrity tests of a runtime say, if they say something.
fn complaint<AllPallets: IntegrityTest>() -> Option<String> {
	let panic = catch_unwind(AllPallets::integrity_test).err()?;
	Some(
		panic
			.downcast::<String>()
			.map_or_else(|_| "not a text".into(), |text| *text),
	)
}

/// All of `parts` are in what the integrity tests of a runtime say.
fn assert_named<AllPallets: IntegrityTest>(parts: &[&str]) {
	let complaint = complaint::<AllPallets>().expect("something is wrong with it");
	for part in parts {
		assert!(complaint.contains(part), "{part:?} is not in {complaint}");
	}
}

#[test]
fn nothing_is_wrong_with_a_sound_runtime() {
	assert_eq!(complaint::<sound::AllPalletsWithSystem>(), None);
	// Once more in the same thread, as a test runner may.
	assert_eq!(complaint::<sound::AllPalletsWithSystem>(), None);
}

#[test]
fn r_key_5_a_pallet_with_another_name_is_named() {
	assert_named::<misnamed::AllPalletsWithSystem>(&["`ParasHrmp`", "it must be `Hrmp`", "R-KEY-5"]);
}

#[test]
fn r_key_9_babe_with_another_name_is_named() {
	assert_named::<babe_misnamed::AllPalletsWithSystem>(&["`Consensus`", "it must be `Babe`", "R-KEY-9"]);
}

#[test]
fn r_abp_9_sessions_with_a_middle_index_are_named() {
	assert_named::<by_index::AllPalletsWithSystem>(&[
		"`ParaSessionInfo` (index 8) comes before `ParaScheduler` (index 9)",
		"`ParaInclusion` (index 13)",
		"R-ABP-9",
	]);
}

#[test]
fn r_abp_9_sessions_in_a_middle_place_are_named() {
	assert_named::<by_place::AllPalletsWithSystem>(&[
		"`ParaSessionInfo` (index 14) comes before `ParaScheduler` (index 8)",
		"R-ABP-9",
	]);
}

#[test]
fn r_abp_9_a_pallet_that_is_not_told_of_sessions_is_named() {
	assert_named::<untold::AllPalletsWithSystem>(&["`type Hrmp = ()`", "the runtime has `Hrmp`"]);
}

#[test]
fn r_abp_9_pallets_in_one_anothers_place_are_named() {
	assert_named::<swapped::AllPalletsWithSystem>(&[
		"`type Ump = pallet_async_backing_hrmp",
		"`type Hrmp = pallet_async_backing_ump",
	]);
}

#[test]
fn r_def_31_a_pallet_that_is_not_told_of_removed_paras_is_named() {
	assert_named::<forgetful::AllPalletsWithSystem>(&[
		"`type Scheduler = ()`",
		"the runtime has `ParaScheduler`",
	]);
}

#[test]
fn r_inc_1_a_runtime_without_the_call_is_named() {
	assert_named::<callless::AllPalletsWithSystem>(&[
		"no pallet of `pallet_async_backing_inclusion::inherent`",
		"R-INC-1",
	]);
}

#[test]
fn r_abp_5_a_configuration_without_sessions_is_named() {
	assert_named::<timeless::AllPalletsWithSystem>(&["`type SessionIndex = ()`", "`ParaSessionInfo`"]);
}

#[test]
fn r_dmp_3_a_port_that_nobody_answers_is_named() {
	assert_named::<deaf::AllPalletsWithSystem>(&["`type Dmp = ()`", "the runtime has `Dmp`"]);
}

#[test]
fn r_key_9_babe_with_another_name_is_named_by_inclusion_alone() {
	assert_named::<alone::AllPalletsWithSystem>(&["`Consensus`", "it must be `Babe`", "R-KEY-9"]);
}

#[test]
fn r_key_7_r_key_8_a_message_queue_that_tells_nobody_is_named() {
	assert_named::<unheard::AllPalletsWithSystem>(&[
		"`QueueChangeHandler` of `pallet_message_queue::Config`",
		"R-KEY-7, R-KEY-8",
	]);
}

#[test]
fn r_abp_9_session_keys_without_one_for_parachains_are_named() {
	assert_named::<keyless::AllPalletsWithSystem>(&[
		"the session keys are `babe`, `para_validator`",
		"name it in `impl_opaque_keys!`",
		"R-ABP-9",
	]);
}
