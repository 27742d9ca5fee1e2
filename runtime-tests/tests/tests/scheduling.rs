//! Every kind of core on the devnet: shared, leased for a while, several of them, and orders beside a lease (R-SCH-7 to
//! R-SCH-11), as tables.

mod common;

use async_backing_counter_parachain::Producer;
use async_backing_devnet::{
	Assignee, Authoring, CoreWork, Devnet, Disturbance, Model, ParaReport, Parachain, RunConfig, RunReport,
	PARTS_OF_A_CORE,
};
use async_backing_primitives::{AsyncBackingParams, ParaId, ValidationCode};
use common::{executor, relay_wasm};
use std::time::Duration;

/// Few extrinsics fit into a block, so that tests are fast.
const EXTRINSIC_COST: Duration = Duration::from_millis(100);
const WHOLE: u16 = PARTS_OF_A_CORE;

fn config(paras: u32, blocks: u32) -> RunConfig {
	RunConfig {
		blocks,
		paras,
		model: Model {
			extrinsic_cost: EXTRINSIC_COST,
			// No session ends in these runs.
			session_length: Some(200),
			..Model::default()
		},
		..RunConfig::default()
	}
}

fn run(config: RunConfig) -> Vec<ParaReport> {
	whole_run(config).paras
}

fn whole_run(config: RunConfig) -> RunReport {
	let code = async_backing_counter_parachain::WASM_BINARY.expect("these tests need the compiled parachain");
	let code = ValidationCode(code.to_vec());
	let parachain = |para| Parachain::new(code.clone(), Producer::new(config.seed, para, 16));
	let parachains = config.para_ids().map(parachain).collect();
	let mut devnet = Devnet::with_runtime_executor(config, relay_wasm(), parachains, executor())
		.expect("the genesis is valid");
	let report = devnet.run(|_| ()).expect("the relay chain runs");
	common::invariants::check_all(devnet.relay().client());
	report
}

fn para(position: u32) -> Assignee {
	Assignee::Para(ParaId(2000 + position))
}

fn work(core: u32, shares: &[(Assignee, u16)]) -> CoreWork {
	CoreWork {
		core,
		begin: 0,
		end: None,
		shares: shares.to_vec(),
	}
}

#[test]
fn r_def_40_paras_that_share_a_core_each_get_their_share() {
	const BLOCKS: u32 = 100;
	// Work is given in the first block, claims are there from the third, and what the last one backs is not included yet.
	const AROUND: u32 = 3;
	for paras in [2, 3, 4, 6] {
		let share = WHOLE / paras as u16;
		let shares: Vec<_> = (0..paras).map(|position| (para(position), share)).collect();
		let reports = run(RunConfig {
			works: vec![work(0, &shares)],
			..config(paras, BLOCKS)
		});
		for report in reports {
			let each = (BLOCKS - AROUND) / paras;
			assert!(
				report.included + 1 >= each,
				"R-DEF-40, R-SCH-7: {paras} paras, each {each} blocks: {report:?}"
			);
			assert_eq!(
				(report.wasted, report.timed_out, report.reused),
				(0, 0, 0),
				"R-COL-6: {paras} paras: {report:?}"
			);
		}
	}
}

#[test]
fn r_sch_10_a_lease_and_orders_of_one_para_add_up() {
	const BLOCKS: u32 = 40;
	// Pool cores, orders at once, relay blocks between them, and blocks beyond those of the lease: one for each order that is
	// served early enough to be included in the run. A para is served once in a block by orders (R-SCH-8), so that the second
	// of two that come together is served in the block after, whatever cores the pool has.
	let rows = [
		(0, 0, 1, 0),
		(1, 1, 10, 4),
		(1, 1, 4, 10),
		(1, 1, 2, 19),
		(1, 1, 1, 37),
		(1, 2, 4, 19),
		(2, 2, 4, 19),
	];
	let mut alone = 0;
	for (pools, at_once, every, more) in rows {
		let pools = (1..=pools).map(|core| work(core, &[(Assignee::Pool, WHOLE)]));
		let mut config = RunConfig {
			works: std::iter::once(work(0, &[(para(0), WHOLE)]))
				.chain(pools)
				.collect(),
			orders_for: vec![ParaId(2000); at_once],
			order_every: every,
			params: AsyncBackingParams {
				max_candidate_depth: 7,
				allowed_ancestry_len: 3,
			},
			..config(1, BLOCKS)
		};
		(config.model.velocity, config.model.segment_capacity) = (2, 8);
		let [report] = &run(config)[..] else {
			panic!("one para")
		};
		if at_once == 0 {
			alone = report.included;
		}
		let orders = at_once as u32 * BLOCKS.div_ceil(every);
		assert_eq!(
			(report.orders, report.included, report.wasted, report.reused),
			(orders, alone + more, 0, 0),
			"R-SCH-10: {at_once} orders every {every} blocks: {report:?}"
		);
	}
	assert_eq!(alone, BLOCKS - 3, "R-SCH-10");
}

/// What both kinds of backing come to under a disturbance.
fn disturbed(disturbance: Option<Disturbance>) -> [ParaReport; 2] {
	[(0, 0), (4, 3)].map(|(max_candidate_depth, allowed_ancestry_len)| {
		let mut config = config(1, 60);
		config.params = AsyncBackingParams {
			max_candidate_depth,
			allowed_ancestry_len,
		};
		if let Some(disturbance) = disturbance {
			config.faults = disturbance.faults(&config);
		}
		run(config).remove(0)
	})
}

#[test]
fn r_col_6_what_misses_its_turn_is_reused_and_less_is_wasted_than_synchronously() {
	for report in disturbed(None) {
		assert_eq!((report.reused, report.wasted), (0, 0), "R-COL-6: {report:?}");
	}
	for disturbance in Disturbance::ALL {
		let [synchronous, asynchronous] = disturbed(Some(disturbance));
		assert_eq!(
			synchronous.reused, 0,
			"R-COL-6: {disturbance}: one chance: {synchronous:?}"
		);
		// A parcel that is lost costs nobody a turn: statements come by several ways (R-SD-1), and requests are made again.
		assert_eq!(
			asynchronous.reused > 0,
			disturbance != Disturbance::LossyLinks,
			"R-COL-6: {disturbance}: {asynchronous:?}"
		);
		// Requests are made again, and five of six validators are enough: lost parcels and crashes waste nothing either way.
		let is_wasteful = matches!(disturbance, Disturbance::EmptyBlocks | Disturbance::LateQuorums);
		let wasted = (asynchronous.wasted, synchronous.wasted);
		assert_eq!(
			wasted.0 < wasted.1,
			is_wasteful,
			"R-COL-6: {disturbance}: {wasted:?}"
		);
	}
}

#[test]
fn r_col_2_one_block_behind_the_best_a_fork_that_loses_wastes_less_than_synchronously() {
	let forked = |params, relay_parent_offset| {
		let mut config = config(1, 60);
		config.params = params;
		config.faults.forks = 30;
		config.model.relay_parent_offset = relay_parent_offset;
		config.model.segment_capacity += relay_parent_offset;
		let report = whole_run(config.clone());
		// JSON of the same seed is the same, but for how long it took.
		let again = RunReport {
			wall_s: report.wall_s,
			..whole_run(config)
		};
		assert_eq!(report, again, "the same seed, the same forks");
		assert!(report.relay_blocks_lost > 0, "R-COL-5: {report:?}");
		assert_eq!(report.relay_blocks, 60, "the best chain is as long as the run");
		report.paras[0].clone()
	};
	let synchronous = AsyncBackingParams {
		max_candidate_depth: 0,
		allowed_ancestry_len: 0,
	};
	let synchronous = forked(synchronous, 0);
	let asynchronous = AsyncBackingParams {
		max_candidate_depth: 4,
		allowed_ancestry_len: 3,
	};
	let behind = forked(asynchronous, 1);
	assert!(behind.reused > 0, "R-COL-6: {behind:?}");
	assert!(
		behind.wasted < synchronous.wasted,
		"R-COL-2: {} instead of {}: {behind:?}",
		behind.wasted,
		synchronous.wasted
	);
	assert!(behind.included > synchronous.included, "R-SLO-2: {behind:?}");
}

#[test]
fn transactions_of_the_run_that_fail_are_reported() {
	let report = whole_run(RunConfig {
		works: vec![
			work(0, &[(para(0), WHOLE)]),
			// Over before any block could serve it.
			CoreWork {
				end: Some(1),
				..work(1, &[(para(0), WHOLE)])
			},
		],
		..config(1, 6)
	});
	let failed: Vec<_> = report
		.failed
		.iter()
		.map(|failed| (&failed.reason[..], failed.transactions))
		.collect();
	assert_eq!(failed, [("ParaScheduler::EndsBeforeItBegins", 1)]);
}

#[test]
fn r_sch_10_a_leased_and_an_on_demand_para_share_a_core() {
	const BLOCKS: u32 = 48;
	let half = WHOLE / 2;
	let share = (BLOCKS - 8) / 2;
	// Where there are more orders than the pool's half of the core serves, it serves one every second block.
	for order_every in [4, 1] {
		let reports = run(RunConfig {
			on_demand: 1,
			order_every,
			works: vec![work(0, &[(para(0), half), (Assignee::Pool, half)])],
			..config(1, BLOCKS)
		});
		let [leased, ordered] = &reports[..] else {
			panic!("two paras")
		};
		let row = format!("an order every {order_every} blocks: {reports:?}");
		assert!(leased.included + 1 >= share, "R-SCH-7: {row}");
		assert!(
			ordered.included + 3 >= ordered.orders.min(share),
			"R-SCH-8: {row}"
		);
		assert_eq!((leased.wasted, ordered.wasted), (0, 0), "{row}");
	}
}

#[test]
fn r_sch_10_leases_overlap() {
	// Blocks 3 to 59 on one core, 12 to 35 on a second, 20 to 27 on a third.
	let lease = |core, begin, end| CoreWork {
		begin,
		end,
		..work(core, &[(para(0), WHOLE)])
	};
	let mut config = RunConfig {
		validators: 9,
		works: vec![lease(0, 0, None), lease(1, 12, Some(36)), lease(2, 20, Some(28))],
		params: AsyncBackingParams {
			max_candidate_depth: 11,
			allowed_ancestry_len: 3,
		},
		..config(1, 60)
	};
	(config.model.velocity, config.model.segment_capacity) = (3, 12);
	let [report] = &run(config)[..] else {
		panic!("one para")
	};
	let claims = 57 + 24 + 8;
	assert!(report.included + 8 >= claims, "R-SCH-10: {report:?}");
	assert_eq!(report.wasted, 0, "R-SCH-10: {report:?}");
}

#[test]
fn r_def_43_more_cores_never_give_less() {
	for authoring in [Authoring::Lookahead, Authoring::SlotBased] {
		let mut before = 0;
		for cores in [1, 2, 3, 6, 12] {
			let mut config = RunConfig {
				validators: 20,
				cores_per_para: cores,
				authoring,
				params: AsyncBackingParams {
					max_candidate_depth: (4 * cores).max(5) - 1,
					allowed_ancestry_len: 3,
				},
				..config(1, 24)
			};
			(config.model.velocity, config.model.segment_capacity) = (cores, (4 * cores).max(5));
			let [report] = &run(config)[..] else {
				panic!("one para")
			};
			let extrinsics = report.extrinsics_included;
			assert!(
				extrinsics >= before,
				"R-DEF-43: {authoring:?}, {cores} cores: {before}, then {report:?}"
			);
			assert_eq!(
				report.wasted, 0,
				"R-DEF-44: {authoring:?}, {cores} cores: {report:?}"
			);
			before = extrinsics;
		}
	}
}

#[test]
fn r_def_44_no_block_is_wasted_whatever_the_execution_limit_the_links_or_the_collators() {
	// Two groups, so that chunks travel: a request for one is given up after a second, there and back (R-NET-16).
	let rows = [
		(2, 100, 1),
		(4, 100, 1),
		(6, 100, 1),
		(8, 100, 1),
		(2, 450, 1),
		(8, 450, 1),
		(2, 100, 2),
		(8, 100, 2),
		(8, 100, 3),
	];
	for (limit, latency, collators) in rows {
		let mut config = config(2, 30);
		config.collators_per_para = collators;
		config.model.backing_execution_limit = Duration::from_secs(limit);
		config.model.link_latency = Duration::from_millis(latency);
		for report in run(config) {
			let row = format!("{limit} s, {latency} ms, {collators} collators");
			assert!(report.included >= 20, "R-DEF-44: {row}: {report:?}");
			assert_eq!(report.wasted, 0, "R-DEF-44: {row}: {report:?}");
		}
	}
}

#[test]
fn r_net_16_where_no_chunk_comes_in_time_the_report_says_so() {
	let mut config = config(2, 24);
	config.model.link_latency = Duration::from_millis(500);
	for report in run(config) {
		assert_eq!(report.included, 0, "R-NET-16: {report:?}");
		assert!(report.wasted > 0, "R-NET-16: {report:?}");
		let lost: u32 = report.lost.iter().map(|lost| lost.candidates).sum();
		assert_eq!(lost, report.wasted, "R-TMO-2: each has a reason: {report:?}");
		let told = report
			.lost
			.iter()
			.any(|lost| lost.reason.contains("chunks not received in time"));
		assert!(told, "R-TMO-2: {report:?}");
	}
}
