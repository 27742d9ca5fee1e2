//! What the pallet does, without a chain around it.

mod answers;
mod broken;
mod checks;
mod histories;
mod past_codes;
mod removal;
mod rewrites;

use crate::{
	mock::*, CodeByHashRefs, Error, Event, GenesisPara, Heads, ParaLifecycle, ParaLifecycles, ParaRecord,
	ParaRecords, UpgradeGoAheadSignal, UpgradeRestrictionSignal,
};
use async_backing_primitives::{
	keys,
	ports::{ParaFacts, ParaState},
	HeadData, ParaId, UpgradeGoAhead, UpgradeRestriction, ValidationCode, MAX_PARAS,
};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, storage::unhashed, weights::Weight};
use sp_runtime::{traits::BadOrigin, BuildStorage};

const A: ParaId = ParaId(2000);
const B: ParaId = ParaId(2001);

fn one(test: impl FnOnce()) {
	run(vec![genesis_para(A.0, 1)], test);
}

fn announce(seed: u8) {
	Paras::schedule_code_upgrade(A, code(seed), System::block_number(), &config());
	if Paras::pvfs_require_precheck().contains(&code(seed).hash()) {
		accept(&code(seed));
	}
}

/// Enacts an announcement, and leaves the vote alone.
fn announce_only(para: ParaId, seed: u8) {
	Paras::schedule_code_upgrade(para, code(seed), System::block_number(), &config());
}

fn record(para: ParaId) -> ParaRecord {
	ParaRecords::<Test>::get(para).expect("the para has a head")
}

fn change(para: ParaId, change: impl FnOnce(&mut ParaRecord)) {
	ParaRecords::<Test>::mutate_extant(para, change);
}

fn go_ahead() -> Option<UpgradeGoAhead> {
	UpgradeGoAheadSignal::<Test>::get(A)
}

#[test]
fn paras_of_genesis_are_active_at_once() {
	run(vec![genesis_para(B.0, 2), genesis_para(A.0, 1)], || {
		assert_eq!(Paras::parachains(), [A, B], "ascending");
		assert_eq!(Paras::head(A), Some(head(1)));
		assert_eq!(Paras::current_code_hash(B), Some(code(2).hash()));
		assert_eq!(Paras::code_by_hash(code(2).hash()), Some(code(2)));
		assert_eq!(
			Paras::most_recent_context(A),
			None,
			"R-REL-4: nothing was included yet"
		);
		assert_eq!(Paras::future_code(A), None);
		assert!(!Paras::is_upgrade_restricted(A));
		assert!(!Paras::is_offboarding(A));
	});
}

#[test]
fn of_an_unknown_para_nothing_is_known_and_nothing_is_written() {
	one(|| {
		assert_eq!(Paras::head(B), None);
		assert_eq!(Paras::current_code_hash(B), None);
		Paras::note_new_head(B, head(9), 1);
		Paras::schedule_code_upgrade(B, code(9), 1, &config());
		assert_eq!(Paras::head(B), None);
		assert_eq!(Paras::code_by_hash(code(9).hash()), None);
	});
}

#[test]
fn r_ena_4_a_new_head_is_noted_with_its_context() {
	one(|| {
		Paras::note_new_head(A, head(7), 5);
		assert_eq!(Paras::head(A), Some(head(7)), "R-ENA-4");
		assert_eq!(Paras::most_recent_context(A), Some(5), "R-REL-4");
	});
}

#[test]
fn r_code_3_an_announcement_is_scheduled_and_restricts() {
	one(|| {
		run_to(3);
		announce(2);
		assert_eq!(
			UpgradeRestrictionSignal::<Test>::get(A),
			Some(UpgradeRestriction::Present),
			"R-CODE-3"
		);
		// delay 4, least delay 6: both count from block 3, in which the code is accepted too
		assert_eq!(Paras::future_code(A), Some((9, code(2).hash())), "R-CODE-3");
		System::assert_last_event(
			Event::CodeUpgradeScheduled {
				para: A,
				code_hash: code(2).hash(),
				expected_at: 9,
			}
			.into(),
		);
		run_to(8);
		assert_eq!(go_ahead(), None);
		run_to(9);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::GoAhead),
			"R-CODE-3: from the first block >= 9"
		);
		// cooldown 10 from block 3
		run_to(13);
		assert!(
			UpgradeRestrictionSignal::<Test>::contains_key(A),
			"R-CODE-3: block 13 is not at its end"
		);
		run_to(14);
		assert!(!UpgradeRestrictionSignal::<Test>::contains_key(A), "R-CODE-3");
		assert!(
			Paras::is_upgrade_restricted(A),
			"R-BASE-14: a future code is stored still"
		);
	});
}

#[test]
fn r_code_3_the_longer_delay_counts() {
	one(|| {
		let config = async_backing_primitives::HostConfiguration {
			validation_upgrade_delay: 30,
			..config()
		};
		trust(&code(2));
		Paras::schedule_code_upgrade(A, code(2), 1, &config);
		assert_eq!(Paras::future_code(A), Some((31, code(2).hash())), "R-CODE-3");
	});
}

#[test]
fn r_code_6_the_applying_candidate_switches_the_code() {
	one(|| {
		announce(2);
		run_to(7);
		Paras::note_new_head(A, head(2), 6);
		assert_eq!(
			Paras::current_code_hash(A),
			Some(code(1).hash()),
			"R-CODE-6: relay parent 6 < 7"
		);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::GoAhead),
			"R-CODE-7: an upgrade is scheduled, so it stays"
		);
		run_to(8);
		Paras::note_new_head(A, head(3), 7);
		assert_eq!(Paras::current_code_hash(A), Some(code(2).hash()), "R-CODE-6");
		assert_eq!(Paras::future_code(A), None, "R-CODE-6");
		assert_eq!(go_ahead(), None, "R-CODE-6");
		assert_eq!(record(A).announced, None);
		assert_eq!(
			Paras::code_by_hash(code(1).hash()),
			Some(code(1)),
			"R-CODE-9: whoever checks the candidate needs it still"
		);
		assert!(Paras::is_upgrade_restricted(A), "R-CODE-3: the cooldown goes on");
		System::assert_last_event(
			Event::CodeUpgraded {
				para: A,
				code_hash: code(2).hash(),
			}
			.into(),
		);
	});
}

#[test]
fn r_code_2_and_4_a_second_announcement_changes_nothing() {
	one(|| {
		announce(2);
		run_to(2);
		announce(3);
		assert_eq!(
			Paras::future_code(A),
			Some((7, code(2).hash())),
			"R-CODE-4: one upgrade in flight"
		);
		run_to(8);
		Paras::note_new_head(A, head(2), 7);
		announce(3);
		assert_eq!(
			Paras::future_code(A),
			None,
			"R-CODE-2: restricted until block 11 ends"
		);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::Abort),
			"R-CODE-1: and told so, should it ever get here"
		);
		run_to(12);
		announce(3);
		assert_eq!(Paras::future_code(A), Some((18, code(3).hash())));
	});
}

#[test]
fn r_code_3_upgrades_of_several_paras_are_independent() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		let late = async_backing_primitives::HostConfiguration {
			validation_upgrade_delay: 20,
			..config()
		};
		trust(&code(2));
		Paras::schedule_code_upgrade(A, code(2), 1, &late);
		Paras::schedule_code_upgrade(B, code(2), 1, &config());
		assert_eq!(
			CodeByHashRefs::<Test>::get(code(2).hash()),
			3,
			"two paras and root"
		);
		run_to(7);
		assert_eq!(go_ahead(), None);
		assert_eq!(
			UpgradeGoAheadSignal::<Test>::get(B),
			Some(UpgradeGoAhead::GoAhead)
		);
		run_to(8);
		Paras::note_new_head(B, head(2), 7);
		assert_eq!(
			Paras::code_by_hash(code(1).hash()),
			Some(code(1)),
			"the other para still uses it"
		);
		run_to(21);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::GoAhead));
	});
}

#[test]
fn r_base_15_a_future_code_needs_hash_and_number() {
	one(|| {
		announce(2);
		let expect = |at| {
			change(A, |record| {
				record.announced.as_mut().expect("announced").expected_at = at
			});
		};
		expect(None);
		assert_eq!(Paras::future_code(A), None, "R-BASE-15");
		expect(Some(7));
		assert_eq!(Paras::future_code(A), Some((7, code(2).hash())));
	});
}

#[test]
fn registration_takes_two_sessions() {
	one(|| {
		assert_ok!(Paras::register(RuntimeOrigin::root(), B, head(2), code(1)));
		System::assert_last_event(Event::Registered { para: B, session: 2 }.into());
		assert_eq!(ParaLifecycles::<Test>::get(B), Some(ParaLifecycle::Onboarding));
		assert_eq!(
			Paras::head(B),
			None,
			"R-BASE-16: no constraints before it is active"
		);
		assert_eq!(
			CodeByHashRefs::<Test>::get(code(1).hash()),
			2,
			"the code is shared"
		);
		next_session();
		assert_eq!(Paras::parachains(), [A]);
		next_session();
		assert_eq!(Paras::parachains(), [A, B]);
		assert_eq!(Paras::head(B), Some(head(2)));
		System::assert_last_event(Event::Onboarded { para: B }.into());
	});
}

#[test]
fn r_def_29_r_ump_6_a_decision_to_leave_binds_candidates_from_the_next_block_on() {
	one(|| {
		run_to(3);
		assert_ok!(Paras::deregister(RuntimeOrigin::root(), A));
		assert!(
			Paras::is_offboarding(A),
			"R-UMP-6: what nodes see when this block ends"
		);
		assert!(!Paras::is_offboarding_in_parent(A), "R-DEF-29: its parent");
		run_to(4);
		assert!(Paras::is_offboarding_in_parent(A), "R-UMP-6: in its child");
		assert!(!crate::LeavingNow::<Test>::exists());
	});
}

#[test]
fn registration_is_refused_with_its_reason() {
	one(|| {
		let register = |para, head, code| Paras::register(RuntimeOrigin::root(), para, head, code);
		let bytes = |len: usize| vec![0; len];
		let refused = register(B, HeadData(bytes(17)), code(2));
		assert_noop!(refused, Error::<Test>::HeadDataTooLarge);
		let refused = register(B, head(2), ValidationCode(bytes(8)));
		assert_noop!(refused, Error::<Test>::CodeTooSmall); // R-CODE-1
		let refused = register(B, head(2), ValidationCode(bytes(65)));
		assert_noop!(refused, Error::<Test>::CodeTooLarge); // R-CODE-1
		assert_noop!(register(A, head(2), code(2)), Error::<Test>::AlreadyRegistered);
		assert_noop!(
			Paras::deregister(RuntimeOrigin::root(), B),
			Error::<Test>::NotActive
		);
		assert_noop!(
			Paras::register(RuntimeOrigin::signed(1), B, head(2), code(2)),
			BadOrigin
		);
		assert_noop!(Paras::deregister(RuntimeOrigin::signed(1), A), BadOrigin);
		assert_ok!(register(B, HeadData(bytes(16)), ValidationCode(bytes(64))));
		assert_noop!(register(B, head(2), code(2)), Error::<Test>::AlreadyRegistered);
		assert_noop!(
			Paras::deregister(RuntimeOrigin::root(), B),
			Error::<Test>::NotActive
		);
	});
}

#[test]
fn there_is_a_ceiling_on_paras() {
	let paras = (0..MAX_PARAS).map(|id| genesis_para(id, 1)).collect();
	run(paras, || {
		let refused = Paras::register(RuntimeOrigin::root(), ParaId(MAX_PARAS), head(1), code(1));
		assert_noop!(refused, Error::<Test>::TooManyParas);
	});
}

#[test]
fn the_ceilings_alone_hold_at_genesis() {
	let para = |head: usize, code: usize| GenesisPara {
		id: A,
		head: HeadData(vec![1; head]),
		code: ValidationCode(vec![1; code]).into(),
	};
	run(vec![para(1024 * 1024, 5 * 1024 * 1024)], || {
		assert_eq!(Paras::head(A).map(|head| head.0.len()), Some(1024 * 1024));
	});
	for (head, code) in [(1024 * 1024 + 1, 9), (1, 5 * 1024 * 1024 + 1)] {
		let refused = std::panic::catch_unwind(|| run(vec![para(head, code)], || ()));
		assert!(refused.is_err(), "{head} bytes of head, {code} of code");
	}
}

#[test]
#[should_panic(expected = "para 2000 cannot be registered at genesis: AlreadyRegistered")]
fn a_para_cannot_be_in_genesis_twice() {
	run(vec![genesis_para(A.0, 1), genesis_para(A.0, 2)], || ());
}

#[test]
fn genesis_is_read_from_json() {
	let mut json = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
	json["paras"]["paras"] = serde_json::json!([{
		"id": 2000,
		"head": "0x010203",
		"code": "0x000102030405060708",
	}]);
	let genesis: RuntimeGenesisConfig = serde_json::from_value(json).expect("deserialises");
	let mut ext: sp_io::TestExternalities = genesis.build_storage().expect("builds").into();
	ext.execute_with(|| {
		assert_eq!(Paras::head(A), Some(HeadData(vec![1, 2, 3])));
		assert_eq!(
			Paras::current_code_hash(A),
			Some(ValidationCode((0..9).collect()).hash())
		);
	});
}

/// A code that several paras run is said once: they name it by its place, and a configuration of before, without `codes`, is read as
/// it was.
#[test]
fn codes_of_genesis_are_said_once() {
	let mut json = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
	let para =
		|id: u32, code: serde_json::Value| serde_json::json!({ "id": id, "head": "0x01", "code": code });
	let (shared, unused, own) = ([7; 20], [8; 20], "0x000102030405060708");
	json["paras"] = serde_json::json!({
		"codes": [ValidationCode(unused.into()), ValidationCode(shared.into())],
		"paras": [para(2000, 1.into()), para(2001, own.into()), para(2002, 1.into())],
	});
	let genesis: RuntimeGenesisConfig = serde_json::from_value(json.clone()).expect("deserialises");
	assert_eq!(
		serde_json::to_value(&genesis).expect("serialises"),
		json,
		"written as it was read"
	);
	let mut ext: sp_io::TestExternalities = genesis.build_storage().expect("builds").into();
	ext.execute_with(|| {
		let hash = |code: &[u8]| ValidationCode(code.to_vec()).hash();
		let runs = |id: u32| Paras::current_code_hash(ParaId(id));
		assert_eq!(
			[2000, 2001, 2002].map(runs),
			[hash(&shared), hash(&(0..9).collect::<Vec<_>>()), hash(&shared)].map(Some)
		);
		assert_eq!(CodeByHashRefs::<Test>::get(hash(&shared)), 2);
		assert_eq!(
			CodeByHashRefs::<Test>::get(hash(&unused)),
			0,
			"what no para names is not stored"
		);
		assert!(!crate::CodeByHash::<Test>::contains_key(hash(&unused)));
	});
}

#[test]
#[should_panic(expected = "para 2000 names Shared(1) at genesis, of 1 codes")]
fn a_para_cannot_name_a_code_that_genesis_has_not() {
	let genesis = RuntimeGenesisConfig {
		paras: crate::GenesisConfig {
			paras: vec![GenesisPara {
				code: crate::GenesisCode::Shared(1),
				..genesis_para(A.0, 1)
			}],
			codes: vec![code(1)],
			..Default::default()
		},
		..Default::default()
	};
	let _ = genesis.build_storage();
}

#[test]
fn r_key_2_and_3_parachains_find_heads_and_signals() {
	one(|| {
		let stored = unhashed::get_raw(&keys::map_key(&keys::PARAS_HEADS, &A));
		assert_eq!(stored, Some(head(1).encode()), "R-KEY-2: encodes as head data");
		announce(2);
		run_to(7);
		let stored = unhashed::get_raw(&keys::map_key(&keys::UPGRADE_GO_AHEAD_SIGNAL, &A));
		assert_eq!(stored, Some(vec![1]), "R-KEY-3, R-BIN-21: GoAhead");
		let stored = unhashed::get_raw(&keys::map_key(&keys::UPGRADE_RESTRICTION_SIGNAL, &A));
		assert_eq!(stored, Some(vec![0]), "R-KEY-3");
	});
}

#[test]
fn a_head_above_the_ceiling_is_not_stored() {
	one(|| {
		let large = vec![0; async_backing_primitives::MAX_HEAD_DATA_SIZE as usize + 1];
		Paras::note_new_head(A, HeadData(large), 3);
		assert_eq!(
			Heads::<Test>::get(A).map(|head| head.into_inner()),
			Some(head(1).0)
		);
		assert_eq!(record(A), ParaRecord::new(code(1).hash()));
	});
}

#[test]
fn r_base_16_facts_are_what_single_questions_answer() {
	one(|| {
		let one_by_one = |para| {
			Some(ParaFacts {
				head: Paras::head(para)?,
				code_hash: Paras::current_code_hash(para)?,
				most_recent_context: Paras::most_recent_context(para),
				future_code: Paras::future_code(para),
				is_offboarding: Paras::is_offboarding(para),
			})
		};
		let agree = |step: &str| {
			for para in [A, B] {
				assert_eq!(Paras::facts(para), one_by_one(para), "R-BASE-16: {step}");
			}
		};
		agree("genesis");
		assert_eq!(Paras::facts(B), None, "R-BASE-16: an unknown para");
		Paras::note_new_head(A, head(2), 1);
		agree("R-BASE-12, R-REL-4: a head");
		announce(2);
		agree("R-BASE-15: an announcement");
		assert!(
			Paras::facts(A).is_some_and(|facts| facts.future_code.is_some()),
			"R-BASE-15"
		);
		run_to(8);
		Paras::note_new_head(A, head(3), 7);
		agree("R-BASE-13: an upgrade");
		assert_ok!(Paras::deregister(RuntimeOrigin::root(), A));
		agree("R-UMP-6: it is leaving");
		assert!(Paras::facts(A).is_some_and(|facts| facts.is_offboarding));
	});
}

#[test]
fn r_wgt_1_hooks_charge_for_what_they_do() {
	use crate::WeightInfo;
	use frame_support::traits::Hooks;
	one(|| {
		let begin = |block| -> Weight {
			System::set_block_number(block);
			Paras::on_initialize(block)
		};
		let idle = <()>::on_initialize(0, 0, 0);
		assert_eq!(begin(2), idle, "R-WGT-1");
		System::set_block_number(1);
		announce(2); // in block 1: go-ahead in block 7, restriction lifted at the end of block 11
		assert_eq!(begin(6), idle);
		assert_eq!(begin(7), <()>::on_initialize(1, 0, 0), "R-WGT-1: a go-ahead");
		assert_eq!(begin(10), idle);
		assert_eq!(begin(11), <()>::on_initialize(0, 1, 0), "R-WGT-1: a restriction");
	});
	for (g, l, p) in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
		let more = <()>::on_initialize(g, l, p);
		assert!(more.all_gt(<()>::on_initialize(0, 0, 0)), "R-WGT-1: {more}");
	}
}
