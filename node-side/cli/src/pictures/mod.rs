//! What documents show is what runs draw.
//!
//! These tests run the compiled runtime, so they need it: `SKIP_WASM_BUILD` must not be set.

mod forks;
mod slides;

use crate::{
	args::{Cli, Command},
	context,
	error::CliError,
	figures::{compare, compare_drawings},
	page, plan, run_watched,
	runtime::{Runtime, RuntimeArgs},
	table::{self, Style},
	trace, tree,
};
use async_backing_devnet::{Devnet, RunConfig, RunReport};
use async_backing_primitives::CandidateHash;
use clap::Parser;
use std::{
	collections::BTreeMap,
	path::{Path, PathBuf},
	sync::{Mutex, MutexGuard, PoisonError},
};

/// Set to write documents and pictures anew.
const UPDATE: &str = "UPDATE_PICTURES";

/// Tests run at once, and two of them write to the lecture.
static DOCUMENTS: Mutex<()> = Mutex::new(());

fn documents() -> MutexGuard<'static, ()> {
	// Nothing is behind it, so whoever failed has left nothing half done.
	DOCUMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn root() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn is_update() -> bool {
	std::env::var_os(UPDATE).is_some()
}

/// Runs, by what they follow from.
#[derive(Default)]
struct Runs(BTreeMap<String, (RunConfig, Devnet)>);

/// A run that keeps what drawings need.
fn run(config: RunConfig) -> (Devnet, RunReport) {
	let ran = Runtime::of(&RuntimeArgs::default()).and_then(|runtime| {
		run_watched(config, runtime, |devnet| {
			devnet.keep_contexts();
			devnet.keep_story();
			devnet.keep_roads();
		})
	});
	ran.expect("the relay chain runs; these tests need the compiled runtime")
}

impl Runs {
	fn of(&mut self, config: RunConfig) -> &Devnet {
		let key = format!("{config:?}");
		let made = self.0.entry(key).or_insert_with(|| {
			let (devnet, _) = run(config.clone());
			(config, devnet)
		});
		&made.1
	}

	/// All of them, with the candidates that were built.
	fn with_roads(&self) -> impl Iterator<Item = (&Devnet, Vec<CandidateHash>)> {
		self.0.values().map(|(_, devnet)| {
			let story = devnet.story().expect("the relay chain runs");
			let blocks = story.into_iter().flat_map(|story| story.parablocks);
			(devnet, blocks.map(|block| block.candidate).collect())
		})
	}

	/// The longest of them.
	fn longest(&self) -> &Devnet {
		let longest = self.0.values().max_by_key(|(config, _)| config.blocks);
		&longest.expect("there was a run").1
	}

	/// What the command prints with these arguments, on whichever output.
	fn say(&mut self, arguments: &str) -> String {
		let words = std::iter::once("async-backing").chain(arguments.split_whitespace());
		let said = match Cli::try_parse_from(words).expect("it parses").command {
			Command::Context(args) => {
				context::check(&args).and_then(|()| context::drawn(&args, self.of(args.run_config())))
			}
			Command::Tree(args) => tree::drawn(&args, || Ok(self.of(args.run_config()))),
			Command::Trace(args) => trace::drawn(&args, self.of(args.run_config())),
			Command::Plan(args) => plan::said(&args),
			Command::Compare(args) if args.common.report.is_some() => time_lines(&args.run_configs()),
			Command::Dev(args) if args.common.report.is_some() => time_lines(&[args.run_config()]),
			other => panic!("no drawing: {other:?}"),
		};
		said.unwrap_or_else(|error| format!("error: {error}\n"))
	}
}

/// What `--report FILE.svg` draws.
fn time_lines(configs: &[RunConfig]) -> Result<String, CliError> {
	let runs: Vec<_> = configs.iter().map(|config| run(config.clone())).collect();
	page::time_lines(
		configs
			.iter()
			.zip(&runs)
			.map(|(config, (devnet, report))| (devnet, config, report)),
	)
}

/// Calls of the command in a document, each with what it shows.
fn shown_in(document: &str) -> Vec<(String, String)> {
	let blocks = document.split("```").skip(1).step_by(2);
	blocks
		.filter_map(|block| {
			let (_, block) = block.split_once('\n')?;
			let (first, rest) = block.split_once('\n')?;
			let arguments = first.strip_prefix("$ async-backing ")?;
			(!rest.is_empty()).then(|| (arguments.to_owned(), rest.to_owned()))
		})
		.collect()
}

#[test]
fn r_col_2_r_col_3_r_col_4_guides_and_pictures_are_what_runs_draw() {
	let mut runs = Runs::default();
	let mut stale = Vec::new();
	for (guide, blocks) in [("guide/trees", 1), ("guide/contexts", 5), ("lecture/README", 11)] {
		let path = root().join(format!("docs/{guide}.md"));
		let _writing = documents();
		let mut document = std::fs::read_to_string(&path).expect("the guide is there");
		let shown = shown_in(&document);
		assert_eq!(shown.len(), blocks, "{guide}");
		for (arguments, drawing) in shown {
			let now = runs.say(&arguments);
			if is_update() {
				let block = |drawing: &str| format!("$ async-backing {arguments}\n{drawing}```");
				document = document.replacen(&block(&drawing), &block(&now), 1);
				continue;
			}
			if let Err(why) = compare(&drawing, &now) {
				stale.push(format!("docs/{guide}.md is not what `{arguments}` draws: {why}"));
			}
		}
		if is_update() {
			std::fs::write(&path, document).expect("it can be written");
		}
	}
	let pictures = [
		("tree", "tree --example 24 --format svg"),
		(
			"lecture-time-lines",
			"compare --blocks 16 --paras 1 --report time-lines.svg",
		),
		(
			"lecture-required-parent",
			"tree --slide required-parent --step 2 --format svg",
		),
		(
			"lecture-relay-parent",
			"tree --slide relay-parent --step 3 --format svg",
		),
		("lecture-snapshot", "tree --slide snapshot --step 3 --format svg"),
		(
			"lecture-snapshot-run",
			"tree --all --at 7 --forks 60 --format svg",
		),
		("lecture-anatomy", "tree --slide anatomy --step 3 --format svg"),
		("lecture-scope", "tree --slide scope --step 2 --format svg"),
		("lecture-road", "trace --at 8 --paras 3 --validators 9 --format svg"),
		(
			"lecture-statements",
			"trace --at 8 --paras 3 --validators 9 --until quorum --format svg",
		),
		("lecture-backing", "trace --at 8 --to 11 --format svg"),
		(
			"lecture-backing-synchronous",
			"trace --at 8 --to 11 --max-candidate-depth 0 --allowed-ancestry-len 0 --format svg",
		),
		(
			"lecture-leases",
			"dev --blocks 30 --paras 1 --validators 9 --core 0=2000 --core 1=2000@10..22 --core 2=2000@14..18 --report leases.svg",
		),
		(
			"context-collator",
			"context --at 12 --para 2000 --as collator --format svg",
		),
		(
			"context-backer",
			"context --at 12 --para 2000 --as backer --format svg",
		),
		(
			"context-approver",
			"context --at 12 --para 2000 --as approver --format svg",
		),
	];
	let lecture = std::fs::read_to_string(root().join("docs/lecture/README.md")).expect("it is there");
	for (picture, arguments) in pictures {
		assert!(
			lecture.contains(&format!("(../pictures/{picture}.svg)")) && lecture.contains(arguments),
			"the lecture shows {picture}, and says how it is made"
		);
		let path = root().join(format!("docs/pictures/{picture}.svg"));
		let now = runs.say(arguments);
		if is_update() {
			std::fs::write(&path, now).expect("it can be written");
			continue;
		}
		let drawn = std::fs::read_to_string(&path).expect("the picture is there");
		if let Err(why) = compare_drawings(&drawn, &now) {
			stale.push(format!("docs/pictures/{picture}.svg: {why}"));
		}
	}
	assert!(
		stale.is_empty(),
		"{UPDATE}=1 draws these anew: {}",
		stale.join("\n")
	);
	three_agree(&mut runs);
	reasons(&mut runs);
	slides::group_first(&runs);
}

/// The README shows what the command prints without arguments: that of `make run`. The lecture's advantages are rows of it, and
/// of a run in which authors leave blocks empty.
#[test]
fn r_seg_2_the_readme_and_the_lecture_show_what_compare_prints() {
	let usual = table_of("compare");
	shows("README.md", "table", &format!("```text\n{usual}```\n"));
	let disturbed = table_of("compare --disturbance empty-blocks --blocks 24");
	shows(
		"docs/lecture/README.md",
		"advantages",
		&advantages(&usual, &disturbed),
	);
	let forked = table_of("compare --forks 20 --blocks 24");
	let rows = [
		"parablocks built",
		"parablocks included",
		"parablocks reused",
		"parablocks wasted",
	];
	let rows = rows.map(|row| ("", forked.as_str(), row));
	shows(
		"docs/lecture/README.md",
		"stakes",
		&beside("with `--forks 20`", rows),
	);
}

/// What the command prints with these arguments.
fn table_of(arguments: &str) -> String {
	let words = std::iter::once("async-backing").chain(arguments.split_whitespace());
	let Ok(Cli {
		command: Command::Compare(compare),
	}) = Cli::try_parse_from(words)
	else {
		panic!("it parses")
	};
	let runtime = Runtime::of(&compare.network.runtime).expect("there is the compiled runtime");
	let configs = compare.run_configs();
	let slot_s = configs[0].model.slot.as_secs_f64();
	let runs: Vec<_> = configs
		.into_iter()
		.map(|config| {
			run_watched(config, runtime.clone(), |_| ())
				.expect("the relay chain runs")
				.1
		})
		.collect();
	let mut now = String::new();
	table::write(&mut now, &runs, slot_s, Style::plain()).expect("there is room");
	now
}

/// Between two comments of this name a document has this, or gets it.
fn shows(document: &str, name: &str, now: &str) {
	let path = root().join(document);
	let _writing = documents();
	let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
	let text = std::fs::read_to_string(&path).expect("it is there");
	let (before, rest) = text.split_once(&begin).expect("it begins");
	let (shown, after) = rest.split_once(&end).expect("it ends");
	if is_update() {
		let text = format!("{before}{begin}{now}{end}{after}");
		return std::fs::write(&path, text).expect("it can be written");
	}
	if let Err(why) = compare(shown, now) {
		panic!("{document}: {UPDATE}=1 writes it anew: {why}");
	}
}

/// The lecture's advantages, each beside the rows that measure it: of the usual run, or of one in which blocks are left empty.
fn advantages(usual: &str, disturbed: &str) -> String {
	let rows = [
		(
			"5 to 10 times more extrinsics per block",
			usual,
			"extrinsics per parablock",
		),
		(
			"parachain block times of 6 s instead of 12 s",
			usual,
			"mean parablock interval",
		),
		("10 to 20 times the blockspace", usual, "extrinsics per minute"),
		("", usual, "PoV per minute"),
		(
			"fewer wasted parachain blocks (`--disturbance empty-blocks`)",
			disturbed,
			"parablocks built",
		),
		("", disturbed, "parablocks wasted"),
		("", disturbed, "parablocks reused"),
	];
	beside("the lecture", rows)
}

/// Rows of tables beside what somebody claims about each.
fn beside<'a>(title: &str, rows: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> String {
	let mut text = format!(
		"| {title} | row of the table | synchronous | asynchronous | ratio |\n|---|---|---|---|---|\n"
	);
	for (claim, table, row) in rows {
		let line = table
			.lines()
			.find(|line| line.starts_with(row))
			.expect("the table has the row");
		// Columns are apart by two blanks at least, a number and its unit by one.
		let cells = line[row.len()..].split("  ").map(str::trim);
		let cells: Vec<_> = cells.filter(|cell| !cell.is_empty()).collect();
		let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
		text += &format!("| {claim} | {row} | {} | {} | {} |\n", cell(0), cell(1), cell(2));
	}
	text
}

/// Every block of the run that is included has one context for all three, of the compiled runtime's making.
fn three_agree(runs: &mut Runs) {
	let devnet = runs.longest();
	let included: Vec<_> = devnet
		.contexts()
		.iter()
		.filter(|block| block.included_in.is_some())
		.collect();
	assert!(included.len() >= 20, "{} are included", included.len());
	for block in included {
		let hash = block.receipt.descriptor.persisted_validation_data_hash();
		let collator = &block.collator;
		assert_eq!(
			collator.validation_data.to_persisted(),
			block.built_with,
			"R-COL-2"
		);
		assert!(!block.backers.is_empty());
		for backer in &block.backers {
			let context = backer.context.as_ref().expect("R-COL-3");
			assert_eq!(
				context.validation_data.to_persisted(),
				block.built_with,
				"R-COL-3"
			);
			assert_eq!(*backer.executed_with, block.built_with, "R-COL-3");
		}
		let approver = devnet.approver_context(block.candidate).expect("R-COL-4");
		assert_eq!(
			approver.validation_data.to_persisted(),
			block.built_with,
			"R-COL-4"
		);
		assert_eq!(approver.validation_data.hash(), hash, "R-PVD-1");
	}
}

/// What cannot be is refused with its reason.
fn reasons(runs: &mut Runs) {
	let stranger = "07".repeat(32);
	let said = runs.say(&format!(
		"context --as backer --at 12 --leaf 14 --parent 0x{stranger}"
	));
	assert_eq!(
		said,
		format!(
			"error: invalid value '0x{stranger}' for '--parent': head 0x0707…0707 is not known here: neither the included \
			 head nor the output of a known candidate (R-VIE-9)\n"
		)
	);
	let said = runs.say("context --at 12 --as backer --leaf 14");
	assert!(said.contains("state of 14 ──▶ base constraints"), "{said}");
	let said = runs.say("context --at 20 --as backer --leaf 14");
	assert_eq!(
		said,
		"error: invalid value '14' for '--leaf': relay parent 20 is not built yet at that leaf\n"
	);
}
