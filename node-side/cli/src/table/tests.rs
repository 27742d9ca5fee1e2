//! Tables of runs that are made up.

use super::*;
use async_backing_devnet::{Fates, Latency, OrderFates, RunParams, Traffic};

pub(crate) fn run(depth: u32, ancestry: u32, interval: f64, extrinsics: u64) -> RunReport {
	let para = ParaReport {
		id: 2000,
		orders: 0,
		built: 10,
		seconded: 10,
		backable: 10,
		backed: 9,
		included: 8,
		timed_out: 0,
		wasted: 1,
		reused: 0,
		mean_interval_s: Some(interval),
		mean_interval_with_session_changes_s: Some(interval),
		session_change_cost_s: 0.0,
		authoring_s: Some(0.5),
		extrinsics_included: extrinsics,
		pov_bytes_included: 1_000_000,
		confidence: Some(0.8),
		fates: Fates {
			included: 8,
			in_flight: 2,
			..Fates::default()
		},
		latency: None,
		order_fates: None,
		refusals: vec![],
		lost: vec![],
		idle: vec![],
	};
	RunReport {
		params: RunParams {
			max_candidate_depth: depth,
			allowed_ancestry_len: ancestry,
		},
		relay_blocks: 20,
		sessions: 1,
		head: String::new(),
		events: String::new(),
		runtime: String::new(),
		paras: vec![para],
		refused_on_chain: 0,
		charged: Vec::new(),
		relay_blocks_lost: 0,
		failed: Vec::new(),
		traffic: Traffic::default(),
		wall_s: 1.0,
	}
}

#[test]
fn ordered_blocks_have_a_line_of_their_own_and_no_say_in_the_interval() {
	let mut run = run(4, 3, 6.0, 800);
	let mut ordered = run.paras[0].clone();
	(ordered.id, ordered.orders, ordered.mean_interval_s) = (2001, 9, Some(24.0));
	run.paras.push(ordered);
	let mut text = String::new();
	write(&mut text, &[run], 6.0, Style { colour: false }).expect("fits");
	assert!(
		text.contains("mean parablock interval                       6.00 s"),
		"{text}"
	);
	assert!(
		text.contains("orders for para 2001          9 orders; 9 backed, 8 included in all"),
		"{text}"
	);
}

#[test]
fn r_sch_8_orders_say_what_became_of_them() {
	let mut run = run(4, 3, 6.0, 800);
	run.paras[0].orders = 9;
	run.paras[0].order_fates = Some(OrderFates {
		placed: 9,
		placed_again: 2,
		served: 7,
		waiting: 2,
		..OrderFates::default()
	});
	let mut text = String::new();
	write(&mut text, &[run], 6.0, Style { colour: false }).expect("fits");
	let line = "included in all; 9 placed, 2 times placed again as a block was full, 7 served, 2 waiting\n";
	assert!(text.contains(line), "{text}");
}

#[test]
fn r_col_6_a_para_that_lost_blocks_says_how_sure_the_next_one_is() {
	let mut run = run(4, 3, 6.0, 800);
	run.paras[0].fates = Fates {
		included: 8,
		session_end: 2,
		fork_lost: 1,
		..Fates::default()
	};
	run.paras[0].latency = Some(Latency {
		mean_s: 15.04,
		median_s: 15.0,
		p95_s: 21.0,
		worst_s: 27.0,
		variance_s2: 4.0,
	});
	let mut text = String::new();
	write(&mut text, &[run], 6.0, Style { colour: false }).expect("fits");
	let line = "para 2000: block confidence 80.0 %; lost: fork lost 1, session end 2; \
		from authoring to inclusion 15.0 s, of 95 in 100 at most 21.0 s\n";
	assert!(text.contains(line), "{text}");
}

#[test]
fn r_bak_11_what_nobody_backs_says_why() {
	let mut run = run(4, 3, 6.0, 800);
	run.paras[0].refusals = vec![Refusal {
		reason: "it is invalid: execution takes 2.2s, but at most 2s".into(),
		candidates: 3,
	}];
	run.paras[0].lost = vec![Refusal {
		reason: "backed, and chunks not received in time (R-TMO-2, R-NET-16)".into(),
		candidates: 2,
	}];
	let mut text = String::new();
	write(&mut text, &[run], 6.0, Style { colour: false }).expect("fits");
	let line = "\npara 2000: 3 not backed: it is invalid: execution takes 2.2s, but at most 2s\n\
		para 2000: 2 lost: backed, and chunks not received in time (R-TMO-2, R-NET-16)\n";
	assert!(text.ends_with(line), "{text}");
}

#[test]
fn r_def_43_a_para_without_blocks_says_why() {
	let mut run = run(4, 3, 6.0, 0);
	run.paras[0].included = 0;
	run.paras[0].idle = vec![Idleness {
		reason: "no time is left for extrinsics (R-SLO-1)".into(),
		leaves: 59,
	}];
	let mut text = String::new();
	write(&mut text, &[run], 6.0, Style { colour: false }).expect("fits");
	assert!(
		text.ends_with(
			"para 2000: nothing included, 10 built\n  nothing to build at 59 leaves: no time is left for extrinsics \
			 (R-SLO-1)\n"
		),
		"{text}"
	);
}

#[test]
fn a_run_of_too_few_blocks_has_reasons_and_no_dashes() {
	let mut runs = [run(0, 0, 12.0, 0), run(4, 3, 6.0, 0)];
	for run in &mut runs {
		run.relay_blocks = 1;
		let para = &mut run.paras[0];
		(para.built, para.backed, para.included) = (0, 0, 0);
		(para.authoring_s, para.mean_interval_s) = (None, None);
		para.mean_interval_with_session_changes_s = None;
	}
	let mut text = String::new();
	write(&mut text, &runs, 6.0, Style { colour: false }).expect("fits");
	assert!(
		!text
			.lines()
			.any(|line| line.split_whitespace().any(|cell| cell == "-")),
		"{text}"
	);
	assert!(
		text.contains(
			"para 2000: nothing included, 0 built, synchronous (0, 0)\nsynchronous (0, 0): 1 relay blocks are too few."
		),
		"{text}"
	);
}

#[test]
fn a_para_that_stalls_after_some_blocks_says_why() {
	let mut run = run(4, 3, 6.0, 800);
	let idle = |reason: &str| Idleness {
		reason: reason.into(),
		leaves: 17,
	};
	run.paras[0].idle = vec![
		idle("no time is left for extrinsics (R-SLO-1)"),
		idle("no block could be produced: the runtime fails to end the block"),
	];
	let mut text = String::new();
	write(&mut text, &[run], 6.0, Style { colour: false }).expect("fits");
	assert!(
		text.ends_with(
			"\npara 2000: nothing built at 17 leaves: no block could be produced: the runtime fails to end the block\n"
		),
		"{text}"
	);
	assert!(!text.contains("no time is left"), "{text}");
}

#[test]
fn two_runs_stand_side_by_side_with_their_ratio() {
	let mut text = String::new();
	write(
		&mut text,
		&[run(0, 0, 12.0, 800), run(4, 3, 6.0, 3200)],
		6.0,
		Style { colour: false },
	)
	.expect("fits");
	let line = |label: &str| {
		text.lines()
			.find(|line| line.starts_with(label))
			.expect(label)
			.to_string()
	};
	assert!(
		line("mean parablock interval").ends_with("12.00 s                6.00 s     0.50x"),
		"{text}"
	);
	assert!(
		line("extrinsics per parablock").ends_with("100                   400     4.00x"),
		"{text}"
	);
	assert!(!text.contains("orders"), "{text}");
	assert!(!text.contains('\x1b'), "no colour where it was not asked for");
}
