//! The tables of docs/guide/scheduling.md are what runs come to.
//!
//! These tests run the compiled runtime, so they need it: `SKIP_WASM_BUILD` must not be set. The default run makes the rows
//! that are marked as quick and compares; `make scheduling-tables` makes all, and writes the tables anew.

use crate::{
	args::{Cli, Command},
	figures::compare,
	run_watched,
	runtime::{Runtime, RuntimeArgs},
};
use async_backing_devnet::{ParaReport, RunConfig, RunReport};
use clap::Parser;
use std::{fmt::Write, path::PathBuf};

/// Set to make all rows, and write the tables anew.
const UPDATE: &str = "UPDATE_TABLES";

/// A row: a run, and what is told of it.
struct Row {
	/// What tells it from the others: its first cells.
	label: String,
	/// Arguments of `async-backing dev` beside those that all rows of the table have.
	arguments: String,
	/// Whether the default test makes it.
	quick: bool,
}

/// A table.
struct Table {
	/// Its name in the document.
	name: &'static str,
	/// Arguments of all rows.
	arguments: &'static str,
	columns: &'static [&'static str],
	rows: Vec<Row>,
	/// The cells behind the label.
	cells: fn(&RunReport) -> Vec<String>,
	/// What has to hold of all rows, in order.
	holds: fn(&[RunReport]),
}

fn row(label: impl ToString, arguments: impl ToString, quick: bool) -> Row {
	Row {
		label: label.to_string(),
		arguments: arguments.to_string(),
		quick,
	}
}

fn of_paras(run: &RunReport, figure: impl Fn(&ParaReport) -> u32) -> u32 {
	run.paras.iter().map(figure).sum()
}

fn wasted(run: &RunReport) -> u32 {
	of_paras(run, |para| para.wasted)
}

fn extrinsics_per_minute(run: &RunReport) -> u64 {
	const BLOCKS_PER_MINUTE: u64 = 10;
	let extrinsics: u64 = run.paras.iter().map(|para| para.extrinsics_included).sum();
	extrinsics * BLOCKS_PER_MINUTE / u64::from(run.relay_blocks)
}

/// Figures of a para that has its cores for itself.
fn pace(run: &RunReport) -> Vec<String> {
	let authoring = run
		.paras
		.iter()
		.find_map(|para| para.authoring_s)
		.unwrap_or_default();
	vec![
		format!("{authoring:.2} s"),
		of_paras(run, |para| para.built).to_string(),
		of_paras(run, |para| para.included).to_string(),
		wasted(run).to_string(),
		extrinsics_per_minute(run).to_string(),
	]
}

fn nothing_is_wasted(runs: &[RunReport]) {
	for run in runs {
		assert_eq!(
			(wasted(run), run.refused_on_chain),
			(0, 0),
			"R-COL-6: {:?}",
			run.paras
		);
	}
}

fn cores() -> Table {
	Table {
		name: "cores",
		arguments: "--paras 1 --validators 20 --extrinsic-cost-us 5000",
		columns: &[
			"cores",
			"authoring time",
			"built",
			"included",
			"wasted",
			"extrinsics per minute",
		],
		rows: (1..=12)
			.map(|cores| row(cores, format!("--cores-per-para {cores}"), cores == 1))
			.collect(),
		cells: pace,
		holds: |runs| {
			nothing_is_wasted(runs);
			let figures: Vec<_> = runs.iter().map(extrinsics_per_minute).collect();
			assert!(figures.is_sorted(), "R-DEF-43: {figures:?}");
		},
	}
}

fn kinds() -> Table {
	let quarters = "--paras 4 --core 0=2000:14400,2001:14400,2002:14400,2003:14400 --blocks 100";
	let sixths = "--paras 6 --core 0=2000:9600,2001:9600,2002:9600,2003:9600,2004:9600,2005:9600";
	let lease_and_orders = "--paras 1 --core 0=2000 --core 1=pool --order 2000";
	let overlapping = "--paras 1 --validators 9 --core 0=2000 --core 1=2000@12..36 --core 2=2000@20..28";
	Table {
		name: "kinds",
		arguments: "--extrinsic-cost-us 20000",
		columns: &[
			"cores and paras",
			"included, by para",
			"orders",
			"reused",
			"wasted",
		],
		rows: vec![
			row("four paras share a core, 100 relay blocks", quarters, false),
			row("six paras share a core", sixths, false),
			row(
				"two paras share a core",
				"--paras 2 --core 0=2000:28800,2001:28800",
				false,
			),
			row(
				"shares of a quarter, a quarter and a half",
				"--paras 3 --core 0=2000:14400,2001:14400,2002:28800",
				false,
			),
			row(
				"a leased para and an on-demand one share a core",
				"--paras 1 --on-demand 1 --core 0=2000:28800,pool:28800",
				false,
			),
			row("a lease", "--paras 1 --core 0=2000", true),
			row("a lease, and orders of the same para", lease_and_orders, true),
			row("overlapping leases of 58, 24 and 8 blocks", overlapping, false),
		],
		cells: |run| {
			let included: Vec<_> = run.paras.iter().map(|para| para.included.to_string()).collect();
			let orders = of_paras(run, |para| para.orders);
			vec![
				included.join(", "),
				if orders == 0 {
					String::new()
				} else {
					orders.to_string()
				},
				of_paras(run, |para| para.reused).to_string(),
				wasted(run).to_string(),
			]
		},
		holds: |runs| {
			nothing_is_wasted(runs);
			let quarters = runs[0].paras.iter().map(|para| para.included);
			let (least, most) = (quarters.clone().min().unwrap_or(0), quarters.max().unwrap_or(0));
			assert!(most - least <= 1, "R-DEF-40: {least} to {most}");
		},
	}
}

fn slow() -> Table {
	let limits = [2000, 4000, 6000, 8000].map(|limit| {
		row(
			format!("execution limit {} s", limit / 1000),
			format!("--paras 1 --execution-limit-ms {limit}"),
			false,
		)
	});
	let mut rows = Vec::from(limits);
	rows.push(row(
		"execution limit 8 s, two collators",
		"--paras 1 --execution-limit-ms 8000 --collators-per-para 2",
		false,
	));
	rows.push(row(
		"two paras, links of 450 ms",
		"--paras 2 --link-latency-ms 450",
		false,
	));
	Table {
		name: "slow",
		arguments: "--validators 20 --extrinsic-cost-us 20000",
		columns: &[
			"run",
			"authoring time",
			"built",
			"included",
			"wasted",
			"extrinsics per minute",
		],
		rows,
		cells: pace,
		holds: nothing_is_wasted,
	}
}

fn disturbances() -> Table {
	let kinds = [
		("none", ""),
		(
			"every fifth relay block backs nothing",
			"--disturbance empty-blocks",
		),
		("late quorums", "--disturbance late-quorums"),
		("one of fifty parcels is lost", "--disturbance lossy-links"),
		("a validator crashes every half minute", "--disturbance crashes"),
	];
	let rows = kinds.into_iter().flat_map(|(name, disturbance)| {
		[
			("synchronous", "--max-candidate-depth 0 --allowed-ancestry-len 0"),
			("asynchronous", ""),
		]
		.map(|(backing, params)| {
			row(
				format!("{name} | {backing}"),
				format!("{params} {disturbance}"),
				disturbance.contains("empty"),
			)
		})
	});
	Table {
		name: "disturbances",
		arguments: "--paras 1 --extrinsic-cost-us 20000",
		columns: &[
			"disturbance",
			"backing",
			"built",
			"included",
			"reused",
			"wasted",
			"extrinsics per minute",
		],
		rows: rows.collect(),
		cells: |run| {
			vec![
				of_paras(run, |para| para.built).to_string(),
				of_paras(run, |para| para.included).to_string(),
				of_paras(run, |para| para.reused).to_string(),
				wasted(run).to_string(),
				extrinsics_per_minute(run).to_string(),
			]
		},
		holds: |runs| {
			for (row, pair) in runs.chunks(2).enumerate() {
				let [synchronous, asynchronous] = pair else {
					panic!("two kinds of backing")
				};
				let (less, more) = (wasted(asynchronous), wasted(synchronous));
				// Lost parcels and crashes of one validator at a time hardly waste anything either way.
				let is_wasteful = (1..=2).contains(&row);
				assert!(
					less <= more && (less < more || !is_wasteful),
					"R-COL-6: {:?} {:?}",
					synchronous.paras,
					asynchronous.paras
				);
				let reused = |run: &RunReport| of_paras(run, |para| para.reused);
				assert_eq!(reused(synchronous), 0, "R-COL-6: one chance");
				assert!(
					row != 1 || reused(asynchronous) > 0,
					"R-COL-6: {:?}",
					asynchronous.paras
				);
			}
		},
	}
}

fn forks() -> Table {
	let rows = [
		("synchronous", "--max-candidate-depth 0 --allowed-ancestry-len 0"),
		("asynchronous, on the best block", ""),
		("asynchronous, one block behind it", "--relay-parent-offset 1"),
	];
	Table {
		name: "forks",
		arguments: "--paras 1 --extrinsic-cost-us 20000 --forks 20",
		columns: &[
			"a fork that loses, in every fifth slot",
			"relay blocks lost",
			"built",
			"included",
			"reused",
			"wasted",
			"extrinsics per minute",
		],
		rows: rows.map(|(backing, params)| row(backing, params, false)).into(),
		cells: |run| {
			vec![
				run.relay_blocks_lost.to_string(),
				of_paras(run, |para| para.built).to_string(),
				of_paras(run, |para| para.included).to_string(),
				of_paras(run, |para| para.reused).to_string(),
				wasted(run).to_string(),
				extrinsics_per_minute(run).to_string(),
			]
		},
		holds: |runs| {
			let [synchronous, _, behind] = runs else {
				panic!("three runs")
			};
			assert!(
				wasted(behind) < wasted(synchronous),
				"R-COL-2: {:?} {:?}",
				synchronous.paras,
				behind.paras
			);
			let reused = of_paras(behind, |para| para.reused);
			assert!(reused > 0, "R-COL-6: {:?}", behind.paras);
			assert!(runs.iter().all(|run| run.relay_blocks_lost > 0));
		},
	}
}

fn document() -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/scheduling.md")
}

fn config(table: &Table, row: &Row) -> RunConfig {
	let line = format!("async-backing dev {} {}", table.arguments, row.arguments);
	let cli = Cli::try_parse_from(line.split_whitespace()).expect("it parses");
	let Command::Dev(dev) = cli.command else {
		panic!("{line}")
	};
	let config = dev.run_config();
	config.validate().expect("it can be");
	config
}

fn run(table: &Table, row: &Row, runtime: &Runtime) -> RunReport {
	let run = run_watched(config(table, row), runtime.clone(), |_| ());
	run.expect("the relay chain runs; these tests need the compiled runtime")
		.1
}

/// A line of a table.
fn line(table: &Table, row: &Row, run: &RunReport) -> String {
	format!("| {} | {} |", row.label, (table.cells)(run).join(" | "))
}

/// The text between the marks of a table.
fn shown<'a>(document: &'a str, table: &Table) -> &'a str {
	let begin = format!("<!-- table: {} -->\n", table.name);
	let (_, rest) = document
		.split_once(&begin)
		.unwrap_or_else(|| panic!("no table {}", table.name));
	rest.split_once("<!-- end -->").expect("it ends").0
}

fn head(table: &Table) -> String {
	let mut head = format!("| {} |\n|", table.columns.join(" | "));
	for _ in table.columns {
		head.push_str("---|");
	}
	head.push('\n');
	head
}

#[test]
fn r_def_40_r_def_43_r_col_6_the_tables_of_the_guide_are_what_runs_come_to() {
	let runtime = Runtime::of(&RuntimeArgs::default()).expect("there is the compiled runtime");
	let mut text = std::fs::read_to_string(document()).expect("the guide is there");
	let is_update = std::env::var_os(UPDATE).is_some();
	// What a table has to say is asked when all are written: one that fails says it then.
	let mut made = Vec::new();
	for table in [cores(), kinds(), slow(), disturbances(), forks()] {
		let arguments = format!("`{}`", table.arguments);
		assert!(text.contains(&arguments), "{arguments} is not in the guide");
		if is_update {
			let runs: Vec<_> = table.rows.iter().map(|row| run(&table, row, &runtime)).collect();
			let mut now = head(&table);
			for (row, run) in table.rows.iter().zip(&runs) {
				writeln!(now, "{}", line(&table, row, run)).expect("there is room");
			}
			println!("{now}");
			let begin = format!("<!-- table: {} -->\n", table.name);
			let before = format!("{begin}{}<!-- end -->", shown(&text, &table));
			text = text.replacen(&before, &format!("{begin}{now}<!-- end -->"), 1);
			std::fs::write(document(), &text).expect("it can be written");
			made.push((table.holds, runs));
			continue;
		}
		let mut lines = shown(&text, &table).lines();
		let top: Vec<_> = lines.by_ref().take(2).collect();
		assert_eq!(top.join("\n") + "\n", head(&table), "{}", table.name);
		for row in &table.rows {
			let shown = lines.next().unwrap_or_default();
			if row.quick {
				let now = line(&table, row, &run(&table, row, &runtime));
				if let Err(why) = compare(shown, &now) {
					panic!("`make scheduling-tables` writes the tables anew: {why}");
				}
			} else {
				assert!(shown.starts_with(&format!("| {} |", row.label)), "{shown}");
			}
		}
		assert_eq!(lines.next(), None, "{}: a row too many", table.name);
	}
	for (holds, runs) in made {
		holds(&runs);
	}
}
