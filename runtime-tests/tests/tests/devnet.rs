//! The whole road on the devnet: from collator to included, and what happens on the way.

mod common;

use async_backing_counter_parachain::{
	Account, AccountId, Block, Collator, Header, Producer, Workload, INITIAL_BALANCE,
};
use async_backing_devnet::{
	sim::{self, Fault, Moment, NodeId},
	Devnet, Model, Occurrence, Parachain, RunConfig, RunReport,
};
use async_backing_primitives::{
	keys, AsyncBackingParams, CandidateEvent, HeadData, ParaId, PoV, ValidationCode, ValidationParams,
};
use codec::Decode;
use common::{executor, relay_wasm};
use std::{collections::BTreeMap, time::Duration};

/// Accounts of each parachain.
const ACCOUNTS: u32 = 32;
/// Fewer extrinsics than by default fit into a block, so that tests are fast.
const EXTRINSIC_COST: Duration = Duration::from_millis(20);

const SYNCHRONOUS: AsyncBackingParams = AsyncBackingParams {
	max_candidate_depth: 0,
	allowed_ancestry_len: 0,
};
const ASYNCHRONOUS: AsyncBackingParams = AsyncBackingParams {
	max_candidate_depth: 4,
	allowed_ancestry_len: 3,
};

fn config(params: AsyncBackingParams, blocks: u32, seed: u64) -> RunConfig {
	let model = Model {
		extrinsic_cost: EXTRINSIC_COST,
		..Model::default()
	};
	RunConfig {
		blocks,
		seed,
		params,
		model,
		..RunConfig::default()
	}
}

fn devnet(config: RunConfig) -> Devnet {
	let code = async_backing_counter_parachain::WASM_BINARY.expect("these tests need the compiled parachain");
	let code = ValidationCode(code.to_vec());
	let parachain = |para| Parachain::new(code.clone(), Producer::new(config.seed, para, ACCOUNTS));
	let parachains = config.para_ids().map(parachain).collect();
	let mut devnet = Devnet::with_runtime_executor(config, relay_wasm(), parachains, executor())
		.expect("the genesis is valid");
	devnet.keep_everything();
	devnet
}

fn run(config: RunConfig) -> (RunReport, Devnet) {
	let mut devnet = devnet(config);
	let report = devnet.run(|_| ()).expect("the relay chain runs");
	common::invariants::check_all(devnet.relay().client());
	(report, devnet)
}

fn head_on_chain(devnet: &Devnet, para: ParaId) -> HeadData {
	let client = devnet.relay().client();
	let key = keys::map_key(&keys::PARAS_HEADS, &para);
	let value = client
		.storage(client.best().hash, &key)
		.expect("the best block is known")
		.expect("the para has a head");
	HeadData::decode(&mut &value[..]).expect("a head data is stored there")
}

/// Executes an included block on the head that it says it builds on.
fn import(collator: &mut Collator, parent_head: HeadData, pov: &PoV) -> HeadData {
	let block = Block::from_block_data(&pov.block_data).expect("an included block decodes");
	let params = ValidationParams {
		parent_head,
		block_data: pov.block_data.clone(),
		relay_parent_number: block.header.relay_parent.number,
		relay_parent_storage_root: block.header.relay_parent.storage_root,
	};
	collator
		.import(&params)
		.expect("an included block is valid on the included head")
}

/// Accounts as a list of transfers leaves them, computed without any of the parachain's own code for states.
fn replay(
	devnet: &Devnet,
	para: ParaId,
	collator: &Collator,
	accounts: &[AccountId],
) -> (BTreeMap<AccountId, Account>, u64) {
	let account = |id| {
		collator
			.account(collator.genesis_head(), id)
			.expect("genesis is known")
	};
	let mut state: BTreeMap<_, _> = accounts.iter().map(|id| (*id, account(id))).collect();
	let mut executed = 0;
	for pov in devnet.included_povs(para) {
		let block = Block::from_block_data(&pov.block_data).expect("an included block decodes");
		for transfer in block.extrinsics {
			let from = state.get_mut(&transfer.from).expect("only genesis accounts send");
			assert_eq!(from.nonce, transfer.nonce, "each extrinsic takes the next nonce");
			from.nonce += 1;
			from.balance = from
				.balance
				.checked_sub(transfer.amount)
				.expect("an included transfer is covered");
			state.entry(transfer.to).or_default().balance += transfer.amount;
			executed += 1;
		}
	}
	(state, executed)
}

#[test]
fn the_state_behind_the_included_head_is_the_collators_extrinsic_by_extrinsic() {
	let config = config(ASYNCHRONOUS, 14, 3);
	let (seed, para_ids): (_, Vec<_>) = (config.seed, config.para_ids().collect());
	let (report, devnet) = run(config);
	for (para, para_report) in para_ids.into_iter().zip(&report.paras) {
		assert!(para_report.included >= 5, "{para_report:?}");
		let head = head_on_chain(&devnet, para);

		// A second collator that has seen nothing but what the relay chain included.
		let genesis = Workload::new(seed, ACCOUNTS).genesis(para, INITIAL_BALANCE);
		let mut collator = Collator::new(&genesis);
		let mut parent = collator.genesis_head().clone();
		for pov in devnet.included_povs(para) {
			parent = import(&mut collator, parent, &pov);
		}
		assert_eq!(
			parent, head,
			"the head on the relay chain is that of the last included block"
		);

		let (state, executed) = replay(&devnet, para, &collator, Workload::new(seed, ACCOUNTS).accounts());
		assert_eq!(executed, para_report.extrinsics_included);
		assert_eq!(collator.counter(&head), Ok(executed));
		for (id, account) in state {
			assert_eq!(collator.account(&head, &id), Ok(account));
		}
		let header = Header::from_head_data(&head).expect("the head is a header");
		assert_eq!(header.number, para_report.included);
	}
	assert_eq!(report.refused_on_chain, 0);
}

#[test]
fn synchronous_takes_twelve_seconds_and_asynchronous_six() {
	for (params, expected) in [(SYNCHRONOUS, 12.0), (ASYNCHRONOUS, 6.0)] {
		let (report, _) = run(config(params, 16, 1));
		assert_eq!(report.refused_on_chain, 0, "R-ABP-3");
		for para in &report.paras {
			assert_eq!(para.mean_interval_s, Some(expected), "R-SLO-1, R-SLO-2: {para:?}");
			assert_eq!((para.wasted, para.timed_out), (0, 0), "{para:?}");
		}
	}
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
	let without_wall = |seed| RunReport {
		wall_s: 0.0,
		..run(config(ASYNCHRONOUS, 8, seed)).0
	};
	let first = without_wall(7);
	assert_eq!(first, without_wall(7));
	let other = without_wall(8);
	assert_ne!(first.events, other.events);
	assert_ne!(first.head, other.head);
	assert_eq!(first.runtime, other.runtime);
}

#[test]
fn an_unavailable_candidate_times_out_and_its_core_is_freed() {
	let mut config = config(ASYNCHRONOUS, 36, 5);
	let [victim, other] = [ParaId(2000), ParaId(2001)];
	config.faults.withheld.insert((victim, 2));
	let (report, devnet) = run(config);
	let [hit, spared] = &report.paras[..] else {
		panic!("two paras")
	};
	assert_eq!((hit.id, spared.id), (victim.0, other.0));
	assert_eq!(hit.timed_out, 1, "R-TMO-2: {hit:?}");
	assert_eq!(spared.timed_out, 0, "{spared:?}");

	let log = devnet.log().occurrences();
	let timed_out = log
		.iter()
		.position(|(_, what)| matches!(what, Occurrence::TimedOut { .. }))
		.expect("see above");
	let core_after = log[timed_out..]
		.iter()
		.any(|(_, what)| matches!(what, Occurrence::Backed { core, .. } if core.0 == 0));
	assert!(core_after, "R-ENA-5: the core is used again");
	assert!(hit.included > 3, "inclusions go on after the time-out: {hit:?}");
	assert!(hit.wasted >= 1, "{hit:?}");
	assert_eq!(report.refused_on_chain, 0);
}

#[test]
fn a_session_change_drops_what_is_in_flight_and_backing_goes_on() {
	let mut config = config(ASYNCHRONOUS, 34, 6);
	config.model.session_length = Some(12);
	let (report, devnet) = run(config);
	assert_eq!(report.sessions, 3, "R-ABP-9");
	assert_eq!(
		report.refused_on_chain, 0,
		"R-ABP-10: a provisioner sees the change coming"
	);
	let log = devnet.log().occurrences();
	let changes: Vec<_> = log
		.iter()
		.filter(|(_, what)| matches!(what, Occurrence::SessionChanged { .. }))
		.map(|(at, _)| *at)
		.collect();
	for para in &report.paras {
		assert!(para.session_change_cost_s > 0.0, "{para:?}");
		assert_eq!(para.mean_interval_s, Some(6.0), "{para:?}");
	}
	for (position, change) in changes.iter().enumerate() {
		let until = changes.get(position + 1).copied().unwrap_or(Duration::MAX);
		let included = log
			.iter()
			.filter(|(at, what)| at > change && *at < until && matches!(what, Occurrence::Included { .. }))
			.count();
		assert!(
			included >= 4,
			"{included} inclusions after the session change at {change:?}"
		);
	}
}

#[test]
fn authoring_times_emerge_from_the_model() {
	let authoring = |params, edit: fn(&mut Model)| {
		let mut config = config(params, 7, 2);
		// Fine enough to tell 5 % of the shorter time apart.
		config.model.extrinsic_cost = Duration::from_millis(5);
		edit(&mut config.model);
		let (report, _) = run(config);
		report.paras[0].authoring_s.expect("something is built")
	};
	let doubled: fn(&mut Model) = |model| model.link_latency *= 2;
	let faster: fn(&mut Model) = |model| model.leaf_active_after = Duration::from_millis(2000);
	let unchanged: fn(&mut Model) = |_| ();

	let synchronous = authoring(SYNCHRONOUS, unchanged);
	let asynchronous = authoring(ASYNCHRONOUS, unchanged);
	assert!(
		asynchronous >= 3.0 * synchronous,
		"{asynchronous} s beside {synchronous} s"
	);
	assert!(authoring(SYNCHRONOUS, doubled) < synchronous * 0.95);
	assert!((authoring(ASYNCHRONOUS, doubled) / asynchronous - 1.0).abs() < 0.05);
	assert!(authoring(SYNCHRONOUS, faster) > synchronous * 1.05);
}

#[test]
fn r_sch_9_a_para_with_three_cores_has_three_blocks_backed_at_a_time() {
	let world = config(
		AsyncBackingParams {
			max_candidate_depth: 6,
			..ASYNCHRONOUS
		},
		20,
		0,
	);
	let (report, devnet) = run(RunConfig {
		paras: 1,
		cores_per_para: 3,
		model: Model {
			velocity: 3,
			segment_capacity: 9,
			..world.model.clone()
		},
		..world
	});
	let para = &report.paras[0];
	assert_eq!(report.refused_on_chain, 0);
	assert_eq!(para.wasted, 0, "{para:?}");
	assert!(
		para.mean_interval_s.is_some_and(|mean| mean < 2.5),
		"about two seconds: {para:?}"
	);
	let client = devnet.relay().client();
	let mut hash = client.best().hash;
	let mut most = 0;
	for _ in 0..10 {
		let events: Vec<CandidateEvent> = client
			.call(hash, "ParachainHost_candidate_events", ())
			.expect("the block is known");
		let backed = events
			.iter()
			.filter(|event| matches!(event, CandidateEvent::CandidateBacked(..)));
		most = most.max(backed.count());
		hash = client.header(hash).expect("the block is known").parent_hash;
	}
	assert_eq!(most, 3, "R-SCH-9: three of one para in one relay block");
}

#[test]
fn r_sch_8_and_10_on_demand_paras_have_a_block_for_each_order_beside_leased_ones() {
	let config = RunConfig {
		on_demand: 2,
		order_every: 5,
		..config(ASYNCHRONOUS, 24, 3)
	};
	let (report, _) = run(config);
	assert_eq!(report.refused_on_chain, 0);
	for para in &report.paras {
		assert_eq!(para.wasted, 0, "{para:?}");
		if para.orders > 0 {
			assert_eq!(para.orders, 5, "R-SCH-8: {para:?}");
			// The last order is still under way.
			assert!((4..=5).contains(&para.included), "R-SCH-8: {para:?}");
		} else {
			assert!(para.included > 18, "R-SCH-9: {para:?}");
		}
	}
}

/// A run with a plan of faults.
fn run_with(faults: Vec<Fault>, blocks: u32) -> (RunReport, Devnet) {
	let mut config = config(ASYNCHRONOUS, blocks, 4);
	config.faults.plan = faults;
	run(config)
}

/// How many blocks each para includes when nothing goes wrong: one in each relay block, but for those that are on their
/// way at the end.
fn calm(blocks: u32) -> Vec<u32> {
	let calm = included(&run_with(Vec::new(), blocks).0);
	assert!(calm.iter().all(|included| included + 4 >= blocks), "{calm:?}");
	calm
}

/// How many blocks each para has included.
fn included(report: &RunReport) -> Vec<u32> {
	report.paras.iter().map(|para| para.included).collect()
}

#[test]
fn row_17_a_dead_backer_costs_slots_but_no_para_its_life() {
	let dead_from = Duration::from_secs(30);
	let calm = calm(16);
	let (report, devnet) = run_with(vec![Fault::dead(NodeId(0), dead_from)], 16);
	assert_eq!(report.refused_on_chain, 0);
	let log = devnet.log().occurrences();
	let missed = |what: &Occurrence| matches!(what, Occurrence::NoAuthor { author: 0, .. });
	assert!(
		log.iter().any(|(at, what)| *at > dead_from && missed(what)),
		"its slots are empty"
	);
	for (para, calm) in report.paras.iter().zip(&calm) {
		assert_eq!(para.timed_out, 0, "five of six attest: {para:?}");
		// A relay block for what was in its hands, and one for bitfields that come a block later than six would.
		assert!(para.included + 2 >= *calm, "{calm} without it: {para:?}");
	}
}

#[test]
fn a_validator_that_crashes_at_any_input_and_restarts_costs_no_candidate() {
	let (report, devnet) = run_with(Vec::new(), 12);
	let calm = included(&report);
	assert!(calm.iter().all(|included| *included >= 8), "{calm:?}");
	let inputs = devnet.counters(2).expect("there are six").inputs;
	for quarter in 1..=3 {
		let input = inputs * quarter / 4;
		let crash = Fault::Crash {
			node: NodeId(2),
			when: Moment::Input(input),
			restart_after: Some(Duration::from_secs(1)),
		};
		let (report, devnet) = run_with(vec![crash], 12);
		assert_eq!(devnet.counters(2).map(|counters| counters.crashes), Some(1));
		assert_eq!(report.refused_on_chain, 0, "input {input}");
		for (para, calm) in report.paras.iter().zip(&calm) {
			assert_eq!(para.timed_out, 0, "input {input}: {para:?}");
			// The one that was in its hands is late.
			assert!(
				para.included + 1 >= *calm,
				"input {input}, {calm} without: {para:?}"
			);
		}
	}
}

#[test]
fn lost_messages_and_a_silent_validator_slow_a_para_down_and_do_not_stop_it() {
	let calm = calm(24);
	let faults = vec![Fault::lossy(10_000), Fault::silent(NodeId(3), sim::ALWAYS)];
	let (report, _) = run_with(faults, 24);
	assert_eq!(report.refused_on_chain, 0);
	for (para, calm) in report.paras.iter().zip(&calm) {
		// Of three candidates the silent one seconds one, and gives nobody the proof of validity. What is built on it
		// waits until it is out of scope: of six blocks two are left, in the worst case, and messages are lost beside.
		assert!(para.included * 4 >= *calm, "{calm} without: {para:?}");
	}
}

#[test]
fn several_collators_of_a_para_execute_each_others_blocks_and_one_may_die() {
	let run_of = |collators, faults: Vec<Fault>| {
		let mut config = RunConfig {
			collators_per_para: collators,
			..config(ASYNCHRONOUS, 14, 4)
		};
		config.faults.plan = faults;
		let (report, _) = run(config);
		assert_eq!(report.refused_on_chain, 0);
		included(&report)
	};
	let alone = run_of(1, Vec::new());
	assert!(alone.iter().all(|included| *included >= 10), "{alone:?}");
	assert_eq!(run_of(3, Vec::new()), alone);
	// Validators are nodes 0 to 5, then come the two collators of each para. Every other slot has no block from then on.
	let after_a_death = run_of(2, vec![Fault::dead(NodeId(6), Duration::from_secs(20))]);
	assert!(after_a_death[0] * 2 >= alone[0], "{after_a_death:?} of {alone:?}");
	assert_eq!(after_a_death[1], alone[1], "the other para has both");
}
