//! Several parablocks of a para: who voted for each when, and what was on-chain then.

use async_backing_devnet::{Devnet, Passing, RunConfig, Story, ToldParablock};
use std::time::Duration;

/// A vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vote {
	pub(super) validator: usize,
	pub(super) at: Duration,
	/// Whether it was the first of its candidate, which proposes it.
	pub(super) seconds: bool,
}

/// A parablock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
	pub(super) name: String,
	pub(super) relay_parent: u32,
	pub(super) built: Duration,
	pub(super) votes: Vec<Vote>,
	pub(super) quorum: Option<Duration>,
	/// Relay block and time.
	pub(super) backed: Option<(u32, Duration)>,
	/// Relay block and time.
	pub(super) included: Option<(u32, Duration)>,
}

/// Several parablocks, in the order in which they were built. Times are since the first of the relay parents was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Votes {
	pub(super) title: String,
	pub(super) rows: Vec<Row>,
	/// Numbers and times of relay blocks.
	pub(super) relay_blocks: Vec<(u32, Duration)>,
}

/// Lays parablocks out.
pub(super) fn of(blocks: &[&ToldParablock], story: &Story, devnet: &Devnet, config: &RunConfig) -> Votes {
	let validators = config.validators as usize;
	let numbers = || blocks.iter().filter_map(|block| block.relay_parent_number);
	let first = numbers().min().unwrap_or_default();
	let best = || story.relay_blocks.iter().filter(|block| block.is_best);
	let begins = best().find(|block| block.number == first).map(|block| block.at);
	let began = begins.unwrap_or_default();
	let since = |at: Duration| at.saturating_sub(began);
	let on_chain = |position: Option<usize>| {
		let block = story.relay_blocks.get(position?)?;
		Some((block.number, since(block.at)))
	};
	let rows: Vec<_> = blocks
		.iter()
		.map(|block| {
			let road = devnet.road(block.candidate);
			let votes = road.iter().filter_map(|passage| {
				let seconds = match passage.what {
					Passing::Seconded => true,
					Passing::Confirmed => false,
					_ => return None,
				};
				Some(Vote {
					validator: passage.node,
					at: since(passage.at),
					seconds,
				})
			});
			Row {
				name: block
					.height
					.map_or_else(|| "parablock".to_owned(), |height| format!("parablock {height}")),
				relay_parent: block.relay_parent_number.unwrap_or_default(),
				built: since(block.built),
				votes: votes.filter(|vote| vote.validator < validators).collect(),
				quorum: block.backable.map(since),
				backed: on_chain(block.backed),
				included: on_chain(block.included),
			}
		})
		.collect();
	let ends = rows
		.iter()
		.filter_map(|row| row.included.or(row.backed))
		.map(|(_, at)| at);
	let ends = ends.max().unwrap_or_default();
	let para = blocks.first().map_or(0, |block| block.para.0);
	Votes {
		title: format!(
			"Para {para}: who votes for its parablocks, and what is on-chain then ({})",
			if config.params.max_candidate_depth == 0 {
				"synchronous backing"
			} else {
				"asynchronous backing"
			}
		),
		rows,
		relay_blocks: best()
			.map(|block| (block.number, block.at))
			.filter(|(_, at)| *at >= began && since(*at) <= ends)
			.map(|(number, at)| (number, since(at)))
			.collect(),
	}
}
