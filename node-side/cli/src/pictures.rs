//! What documents show is what runs draw.
//!
//! These tests run the compiled runtime, so they need it: `SKIP_WASM_BUILD` must not be set.

use crate::{
	args::{Cli, Command},
	context, run_watched,
	runtime::{Runtime, RuntimeArgs},
	table::{self, Style},
	tree,
};
use async_backing_devnet::{Devnet, RunConfig};
use clap::Parser;
use std::{
	collections::BTreeMap,
	path::{Path, PathBuf},
};

/// Set to write documents and pictures anew.
const UPDATE: &str = "UPDATE_PICTURES";

fn root() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn is_update() -> bool {
	std::env::var_os(UPDATE).is_some()
}

/// Hashes depend on every byte of the runtime, and so does the size of code; all else on what a run does. Six or more
/// hexadecimal digits are one of these.
fn without_hashes(text: &str) -> String {
	let mut masked = String::new();
	let mut digits = String::new();
	for symbol in text.chars().chain(['\n']) {
		if symbol.is_ascii_digit() || ('a'..='f').contains(&symbol) {
			digits.push(symbol);
			continue;
		}
		masked.push_str(if digits.len() >= 6 { "########" } else { &digits });
		digits.clear();
		masked.push(symbol);
	}
	masked.pop();
	masked
}

/// Runs of the default network, by their length.
#[derive(Default)]
struct Runs(BTreeMap<u32, Devnet>);

impl Runs {
	fn of(&mut self, config: RunConfig) -> &Devnet {
		self.0.entry(config.blocks).or_insert_with(|| {
			let run = Runtime::of(&RuntimeArgs::default())
				.and_then(|runtime| run_watched(config, runtime, Devnet::keep_contexts));
			run.expect("the relay chain runs; these tests need the compiled runtime")
				.0
		})
	}

	/// What the command prints with these arguments, on whichever output.
	fn say(&mut self, arguments: &str) -> String {
		let words = std::iter::once("async-backing").chain(arguments.split_whitespace());
		let said = match Cli::try_parse_from(words).expect("it parses").command {
			Command::Context(args) => {
				context::check(&args).and_then(|()| context::drawn(&args, self.of(args.run_config())))
			}
			Command::Tree(args) => tree::drawn(&args, || Ok(self.of(args.run_config()))),
			other => panic!("no drawing: {other:?}"),
		};
		said.unwrap_or_else(|error| format!("error: {error}\n"))
	}
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
	for (guide, blocks) in [("trees", 1), ("contexts", 5)] {
		let path = root().join(format!("docs/guide/{guide}.md"));
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
			assert_eq!(
				without_hashes(&drawing),
				without_hashes(&now),
				"docs/guide/{guide}.md is not what `{arguments}` draws; {UPDATE}=1 writes it anew"
			);
		}
		if is_update() {
			std::fs::write(&path, document).expect("it can be written");
		}
	}
	let pictures = [
		("tree", "tree --example 24 --format svg"),
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
	for (picture, arguments) in pictures {
		let path = root().join(format!("docs/pictures/{picture}.svg"));
		let now = runs.say(arguments);
		if is_update() {
			std::fs::write(&path, now).expect("it can be written");
			continue;
		}
		let drawn = std::fs::read_to_string(&path).expect("the picture is there");
		assert_eq!(
			without_hashes(&drawn),
			without_hashes(&now),
			"{picture}: {UPDATE}=1 draws it anew"
		);
	}
	three_agree(&mut runs);
	reasons(&mut runs);
}

/// The README shows what the command prints without arguments: that of `make run`.
#[test]
fn r_seg_2_the_readme_shows_what_compare_prints() {
	let Ok(Cli {
		command: Command::Compare(compare),
	}) = Cli::try_parse_from(["async-backing", "compare"])
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
	let mut now = String::from("```text\n");
	table::write(&mut now, &runs, slot_s, Style::plain()).expect("there is room");
	now.push_str("```\n");

	let path = root().join("README.md");
	let document = std::fs::read_to_string(&path).expect("it is there");
	let (before, rest) = document.split_once("<!-- table -->\n").expect("it has the table");
	let (shown, after) = rest.split_once("<!-- /table -->").expect("it ends");
	if is_update() {
		let document = format!("{before}<!-- table -->\n{now}<!-- /table -->{after}");
		return std::fs::write(&path, document).expect("it can be written");
	}
	assert_eq!(shown, now, "{UPDATE}=1 writes it anew");
}

/// Every block of the run that is included has one context for all three, of the compiled runtime's making.
fn three_agree(runs: &mut Runs) {
	let devnet = runs.0.values().last().expect("there was a run");
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
