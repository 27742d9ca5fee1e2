//! Real relay blocks, as a page shows them.

use super::{command, finish, version};
use crate::{error::CliError, output::Output};
use async_backing_replay::{BlockReport, ParaReport, Question, Report as Replayed, RunReport};
use async_backing_report::{
	Class, Figure, Moment, Para, Parablock, Parameter, RelayBlock, Report, Row, Run, Table,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	path::Path,
};

const SLOT_MS: u64 = 6000;
/// Slots that stand for blocks that are not there.
const HOLE: u64 = 2;

/// Writes the page of a replay.
pub(crate) fn write(out: Output, path: &Path, replayed: &Replayed, quiet: bool) -> Result<(), CliError> {
	let arguments = std::env::args_os().skip(1);
	let arguments: Vec<_> = arguments
		.map(|word| word.to_string_lossy().into_owned())
		.collect();
	let report = Report {
		command: command::again(&arguments, None),
		..of(replayed)
	};
	finish(out, path, &report, quiet)
}

/// The page of a replay.
pub(super) fn of(replayed: &Replayed) -> Report {
	let total = |of: fn(&async_backing_replay::Tally) -> u64| {
		Question::ALL
			.iter()
			.map(|question| of(&replayed.total.of(*question)))
			.sum::<u64>()
	};
	let agree = total(|tally| tally.agree);
	let disagree = total(|tally| tally.disagree.len() as u64);
	let undecided = total(|tally| tally.undecided_count());
	let figure = |label: &str, value: u64, note: &str| Figure {
		label: label.into(),
		value: value.to_string(),
		note: note.into(),
	};
	let rows = Question::ALL.iter().map(|question| {
		let tally = replayed.total.of(*question);
		let (what, rule) = question.text();
		Row {
			label: format!("{what} ({rule})"),
			cells: vec![
				tally.agree.to_string(),
				tally.disagree.len().to_string(),
				tally.undecided_count().to_string(),
			],
		}
	});
	let mut notes = vec![
		"Time is counted in slots of 6 seconds, and blocks that are not there take two. A parablock begins where it is backed: \
		 what was built and never backed is not on a chain. One that was backed before the first block \
		 that is there is a box in outline; one that nothing more is seen of ends with the blocks that are there. Fragment trees are not drawn: no view of a node was seen."
			.to_owned(),
	];
	let disagreements = replayed.total.0.values().flat_map(|tally| &tally.disagree);
	notes.extend(disagreements.map(|what| format!("Disagrees: {what}")));
	notes.extend(
		replayed
			.unread
			.iter()
			.map(|what| format!("Could not be read: {what}")),
	);
	Report {
		title: "Real relay blocks, judged by the rules".into(),
		summary: format!(
			"{} blocks: {agree} judgements agree with the chain, {disagree} disagree, and {undecided} cannot be decided from \
			 what is there.",
			replayed.blocks.len()
		),
		figures: vec![
			figure("Agree", agree, "judgements"),
			figure("Disagree", disagree, "judgements"),
			figure("Undecided", undecided, "for want of data"),
		],
		table: Table {
			columns: ["agree", "disagree", "undecided"].map(String::from).into(),
			rows: rows.collect(),
		},
		version: version(),
		notes,
		runs: replayed
			.paras
			.iter()
			.map(|(chain, paras)| run(chain, paras, replayed))
			.collect(),
		..Report::default()
	}
}

/// When each block of a chain is, on an axis without long holes.
fn axis(numbers: &BTreeSet<u32>) -> BTreeMap<u32, (usize, u64)> {
	let mut axis = BTreeMap::new();
	let (mut at, mut before) = (0, None);
	for (position, number) in numbers.iter().enumerate() {
		at += match before {
			None => 0,
			Some(before) if before + 1 == *number => 1,
			Some(_) => HOLE,
		};
		before = Some(*number);
		axis.insert(*number, (position, at * SLOT_MS));
	}
	axis
}

fn run(chain: &str, paras: &BTreeMap<u32, ParaReport>, replayed: &Replayed) -> Run {
	let is_of_chain = |block: &&BlockReport| block.name.starts_with(chain);
	let told = replayed.blocks.iter().filter(is_of_chain);
	let moments = paras.values().flat_map(|para| &para.time_line);
	let numbers = moments.filter_map(|moment| moment.block);
	let numbers = numbers
		.chain(told.clone().filter_map(|block| block.number))
		.collect();
	let axis = axis(&numbers);
	let hashes: BTreeMap<u32, &str> = told
		.filter_map(|block| Some((block.number?, block.hash.as_deref()?)))
		.collect();
	let of_chain = |run: &&RunReport| run.blocks.0.starts_with(chain);
	Run {
		name: chain.into(),
		parameters: replayed
			.runs
			.iter()
			.filter(of_chain)
			.map(|run| Parameter {
				name: format!("{} to {}", run.blocks.0, run.blocks.1),
				value: format!(
					"({}, {}){}",
					run.params.0,
					run.params.1,
					if run.are_params_told {
						""
					} else {
						" at least, by what was used"
					}
				),
			})
			.collect(),
		slot_ms: SLOT_MS,
		relay_blocks: axis
			.iter()
			.map(|(number, (_, at_ms))| RelayBlock {
				number: *number,
				hash: hashes.get(number).copied().unwrap_or_default().into(),
				at_ms: *at_ms,
				session: 0,
				author: None,
				is_best: true,
			})
			.collect(),
		paras: paras
			.iter()
			.map(|(id, para)| Para {
				id: *id,
				blocks: blocks(para, &axis)
					.into_iter()
					.map(|block| until_seen(block, &axis))
					.collect(),
				idle: Vec::new(),
			})
			.collect(),
		..Run::default()
	}
}

/// Candidates of a para, out of its time line.
fn blocks(para: &ParaReport, axis: &BTreeMap<u32, (usize, u64)>) -> Vec<Parablock> {
	let mut blocks: Vec<Parablock> = Vec::new();
	let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
	for event in &para.time_line {
		let at = event.block.and_then(|number| axis.get(&number));
		let moment = at.map(|(relay_block, at_ms)| Moment {
			at_ms: *at_ms,
			relay_block: *relay_block,
		});
		let position = *positions.entry(&event.candidate).or_insert_with(|| {
			blocks.push(unknown(&event.candidate));
			blocks.len() - 1
		});
		let Some(block) = blocks.get_mut(position) else {
			continue;
		};
		block.core = block.core.or(event.core);
		match event.what {
			"backed" => {
				block.backed = moment;
				let parent = event.block.zip(event.lag);
				block.relay_parent = parent.map(|(number, lag)| number.saturating_sub(lag));
			}
			"included" => (block.included, block.class) = (moment, Class::Included),
			_ => {
				(block.timed_out, block.class) = (moment, Class::AvailabilityLate);
				block.reason = "backed, and not available in time (R-TMO-2)".into();
			}
		}
	}
	blocks
}

/// A block that is in flight where a piece of the chain ends: nothing more is seen of it.
fn until_seen(mut block: Parablock, axis: &BTreeMap<u32, (usize, u64)>) -> Parablock {
	let Some(backed) = block.backed.filter(|_| block.class == Class::InFlight) else {
		return block;
	};
	let mut end = backed.at_ms;
	for (_, at_ms) in axis.values().filter(|(_, at_ms)| *at_ms > backed.at_ms) {
		if *at_ms > end + SLOT_MS {
			break;
		}
		end = *at_ms;
	}
	block.lost_ms = Some(end + SLOT_MS);
	block
}

/// A candidate of which nothing is known but that it is.
fn unknown(candidate: &str) -> Parablock {
	Parablock {
		candidate: candidate.into(),
		height: None,
		relay_parent: None,
		core: None,
		built_ms: None,
		seconded_ms: None,
		backable_ms: None,
		backed: None,
		included: None,
		timed_out: None,
		lost_ms: None,
		extrinsics: None,
		pov_bytes: None,
		authoring_ms: None,
		class: Class::InFlight,
		reason: String::new(),
	}
}
