//! Faults of the chain side, through the compiled runtime: what was found is in docs/rules.md, section 15, and each
//! pallet's tests have the rest of its kind.

mod common;

use async_backing_primitives::{
	keys, ClaimQueue, CoreIndex, HostConfiguration, ParaId, ParachainsInherentData, SessionIndex,
	UpgradeGoAhead, ValidationCode, ValidationCodeHash,
};
use async_backing_relay_runtime::{transactions, RuntimeCall, RuntimeEvent};
use codec::Decode;
use common::{
	cases::{self, World},
	story::Story,
	sudo::by_sudo,
	world::Compiled,
	FIRST_SLOT,
};
use pallet_async_backing_scheduler::{CoreAssignment, PARTS_OF_A_CORE};
use serde_json::{json, Value};

const PARA: ParaId = cases::CORES[0];
const OTHER: ParaId = cases::CORES[3];

fn story(seed: u64, patch: Value) -> Story {
	let world = Compiled::with(seed, patch);
	world.0.run(FIRST_SLOT, 2);
	Story { world, nonce: 0 }
}

fn included(story: &Story) -> usize {
	story.world.head(PARA).0.len()
}

#[test]
fn r_def_29_r_rel_7_a_core_that_governance_takes_away_is_judged_by_the_claims_that_nodes_saw() {
	let mut story = story(91, json!({}));
	let core = CoreIndex(1);
	let taken_away = RuntimeCall::ParaScheduler(pallet_async_backing_scheduler::Call::assign_core {
		core,
		begin: story.world.0.client.best().number + 4,
		end: None,
		shares: vec![(CoreAssignment::Task(OTHER), PARTS_OF_A_CORE)]
			.try_into()
			.expect("one is few"),
	});
	story.by_root(vec![taken_away]);
	let mut seen = Vec::new();
	for _ in 0..10 {
		let claims: ClaimQueue = story.world.ask("claim_queue", ());
		let next = claims.get(&core).and_then(|claims| claims.front().copied());
		let predicted = if next == Some(PARA) { 2 } else { 1 };
		let waits: Vec<u32> = (0..story.world.pending_heads(PARA).len() as u32).collect();
		let offered = cases::inherent_of(&story.world, &[0, 1], &waits);
		let kept = story.inherent(&offered, vec![]);
		assert_eq!(
			kept.backed_candidates.len(),
			predicted,
			"R-REL-7: the core is {next:?}'s where nodes asked"
		);
		seen.push(predicted);
	}
	assert!(
		seen.contains(&2) && seen.ends_with(&[1]),
		"it was theirs, and is not any more: {seen:?}"
	);
}

#[test]
fn r_def_30_r_code_7_an_abort_waits_for_the_first_that_could_hear_it() {
	let mut story = story(92, json!({}));
	let go_ahead = |story: &Story| {
		let key = keys::map_key(&keys::UPGRADE_GO_AHEAD_SIGNAL, &PARA);
		let stored = story.world.0.client.storage(story.world.parent(), &key);
		let stored = stored.expect("the block is known")?;
		UpgradeGoAhead::decode(&mut &stored[..]).ok()
	};
	let bytes = 40;
	let mut announced = cases::announcing(&story.world, bytes);
	announced.backed_candidates.truncate(1);
	story.inherent(&announced, vec![]);
	let attest = cases::inherent_of(&story.world, &[], &[0]);
	story.inherent(&attest, vec![]);
	let code = ValidationCode(vec![7; bytes]).hash();
	let under_vote: Vec<ValidationCodeHash> = story.world.ask("pvfs_require_precheck", ());
	assert_eq!(under_vote, [code], "R-CODE-3: it was announced");

	// A candidate comes before the verdict, and is enacted after it.
	let unaware = cases::inherent_of(&story.world, &[0], &[]);
	story.inherent(&unaware, vec![]);
	for verdict in story.verdicts(code, false, 8) {
		if go_ahead(&story).is_none() {
			story.block(vec![verdict]);
		}
	}
	assert_eq!(go_ahead(&story), Some(UpgradeGoAhead::Abort), "R-CODE-3");
	let attest = cases::inherent_of(&story.world, &[], &[0]);
	let before = included(&story);
	story.inherent(&attest, vec![]);
	assert_eq!(included(&story), before + 1);
	assert_eq!(
		go_ahead(&story),
		Some(UpgradeGoAhead::Abort),
		"R-DEF-30: its relay parent is older than the answer"
	);
	let aware = cases::inherent_of(&story.world, &[0], &[]);
	story.inherent(&aware, vec![]);
	let attest = cases::inherent_of(&story.world, &[], &[0]);
	story.inherent(&attest, vec![]);
	assert_eq!(included(&story), before + 2);
	assert_eq!(go_ahead(&story), None, "R-CODE-7: heard");
}

/// Whether something like this happened in the best block.
fn happened(story: &Story, like: impl Fn(&RuntimeEvent) -> bool) -> bool {
	story.look(|| {
		let events = async_backing_relay_runtime::System::read_events_no_consensus();
		events.into_iter().any(|record| like(&record.event))
	})
}

#[test]
fn r_def_31_r_ump_6_a_para_whose_messages_wait_does_not_leave() {
	use pallet_async_backing_paras::Event;
	let mut story = story(96, json!({ "epochLength": { "slots": 6 } }));
	let leave = || RuntimeCall::Paras(pallet_async_backing_paras::Call::deregister { para: PARA });
	let left = |story: &Story| {
		happened(story, |event| {
			matches!(event, RuntimeEvent::Paras(Event::Deregistered { .. }))
		})
	};
	let waiting = |story: &Story| -> u32 {
		let key = keys::map_key(&keys::RELAY_DISPATCH_QUEUE_SIZE, &PARA);
		let stored = story.world.0.client.storage(story.world.parent(), &key);
		let stored = stored.expect("the block is known");
		stored.map_or(0, |bytes| {
			u32::decode(&mut &bytes[..]).expect("it is counted first")
		})
	};
	let said = cases::saying(&story.world, |commitments| {
		commitments.upward_messages.push(vec![7; 8]);
	});
	story.inherent(&said, vec![]);
	let before = included(&story);
	let attest = cases::inherent_of(&story.world, &[], &[0]);
	let premature = by_sudo(&story.world.0, story.nonce, leave());
	story.nonce += 1;
	story.inherent(&attest, vec![premature]);
	assert_eq!(included(&story), before + 1);
	assert_eq!(waiting(&story), 1, "R-KEY-5: it was received in that block");
	assert!(!left(&story), "R-DEF-31: its messages wait");

	while waiting(&story) > 0 {
		story.block(vec![]);
	}
	story.by_root(vec![leave()]);
	assert!(left(&story), "R-DEF-31: nothing waits any more");
	let gone = story.session() + 2;
	story.run_to_session(gone);
	let paras: Vec<ParaId> = story.world.ask("para_ids", ());
	assert!(!paras.contains(&PARA));
	assert_eq!(
		waiting(&story),
		0,
		"nothing of it is left to whoever takes the number"
	);
}

#[test]
fn r_def_32_r_sch_8_one_order_is_one_block_and_one_more_chance_however_late_bitfields_are() {
	let late = json!({
		"paraScheduler": { "assignments": [[1, 2001]], "pool": [3] },
		"configuration": { "config": { "paras_availability_period": 4 } },
	});
	let mut story = story(93, late);
	let genesis = story.world.0.client.genesis_hash();
	let before = included(&story);
	story.block(vec![transactions::order(0, genesis, PARA)]);
	let mut waited = 0;
	for _ in 0..30 {
		let waits = story.world.pending_heads(PARA).len();
		waited = if waits == 0 { 0 } else { waited + 1 };
		let attested: &[u32] = if waited > 2 { &[3] } else { &[] };
		let offered = cases::inherent_of(&story.world, &[3], attested);
		story.inherent(&offered, vec![]);
	}
	let got = included(&story) - before;
	assert!((1..=2).contains(&got), "R-DEF-32: one order, {got} blocks");
}

#[test]
fn r_abp_6_values_that_would_stop_the_chain_are_refused_and_it_goes_on() {
	use pallet_async_backing_configuration::Call;
	let mut story = story(94, json!({ "epochLength": { "slots": 6 } }));
	let pending = |story: &Story| -> Vec<(SessionIndex, HostConfiguration)> {
		let method = "AsyncBackingApi_pending_configurations";
		let answer = story.world.0.client.call(story.world.parent(), method, ());
		answer.expect("the runtime answers")
	};
	let brick = [
		Call::set_max_validators { new: Some(0) },
		Call::set_max_head_data_size { new: 0 },
		Call::set_max_pov_size { new: 0 },
		Call::set_max_code_size { new: u32::MAX },
		Call::set_on_demand_queue_max_size { new: u32::MAX },
		Call::set_paras_availability_period { new: 0 },
		Call::set_group_rotation_frequency { new: 0 },
	];
	story.by_root(brick.map(RuntimeCall::Configuration).into());
	assert_eq!(pending(&story), [], "R-ABP-6: none of them is staged");
	story.by_root(vec![RuntimeCall::Configuration(Call::set_max_validators {
		new: Some(8),
	})]);
	assert_eq!(pending(&story).len(), 1, "root may call");

	let (first, before) = (story.session(), included(&story));
	while story.session() < first + 3 {
		let waits: &[u32] = if story.world.pending_heads(PARA).is_empty() {
			&[]
		} else {
			&[0]
		};
		let offered = cases::inherent_of(&story.world, &[0], waits);
		story.inherent(&offered, vec![]);
	}
	let got = included(&story) - before;
	assert!(got >= 10, "R-ABP-6: {got} blocks in three sessions");
}

#[test]
fn r_def_34_the_index_of_a_session_is_the_session_pallets() {
	let mut story = story(95, json!({ "epochLength": { "slots": 5 } }));
	for _ in 0..12 {
		story.block(vec![]);
		let ours = story.look(
			pallet_async_backing_sessions::CurrentSessionIndex::<async_backing_relay_runtime::Runtime>::get,
		);
		let theirs = story.look(async_backing_relay_runtime::Session::current_index);
		assert_eq!(ours, Some(theirs), "R-DEF-34");
		let offered: ParachainsInherentData = cases::inherent_of(&story.world, &[], &[]);
		assert_eq!(offered.bitfields.len(), cases::VALIDATORS as usize);
	}
}
