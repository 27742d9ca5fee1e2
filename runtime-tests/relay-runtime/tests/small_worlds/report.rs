//! What was found, as a page.

use crate::{explore::Found, Kind, Results};
use std::fmt::Write as _;

fn name(kind: Kind) -> &'static str {
	match kind {
		Kind::OnePara => "one para, both cores",
		Kind::TwoParas => "two paras, a core each",
		Kind::Synchronous => "one para, both cores, (0, 0)",
	}
}

/// With thousands apart, so that it can be read.
fn grouped(number: u128) -> String {
	let digits = number.to_string();
	let mut grouped = String::new();
	for (position, digit) in digits.chars().enumerate() {
		if position > 0 && (digits.len() - position).is_multiple_of(3) {
			grouped.push(',');
		}
		grouped.push(digit);
	}
	grouped
}

pub(crate) fn report((results, blocks): &Results) -> String {
	let mut page = String::from(
		"# Every small world\n\n\
		Written by `make small-worlds`. All orders in which a few candidates arrive at a node, children before parents too, and are\n\
		backed or not; relay blocks are made, in chains and forks, with what the node offers or without; candidates become available,\n\
		wait, or time out. In each state, at each leaf, for each choice of available cores: the chain accepts what the node offers; of\n\
		each candidate by itself prediction and verdict are the same; a view built from scratch has the same trees and chooses the same.\n\n\
		Nothing is a model: trees, view and provisioner are the node's, blocks are the native relay runtime's with all its pallets.\n\
		Worlds are all shapes of so many candidates, but for the names of cores; `blocks` are those after the first leaf, so there are as\n\
		many leaves and one more. Each world is there twice, with time-outs in other blocks. Interleavings are all\n\
		orders of events from the beginning to the end.\n\n\
		| candidates | blocks | cores | worlds | states | steps | interleavings |\n\
		|---:|---:|---|---:|---:|---:|---:|\n",
	);
	let mut all = Found::default();
	for ((size, kind), found) in results {
		// Writing to a string does not fail.
		let _ = writeln!(
			page,
			"| {} | {} | {} | {} | {} | {} | {} |",
			size.candidates,
			size.blocks,
			name(*kind),
			found.worlds,
			grouped(found.states.into()),
			grouped(found.steps.into()),
			grouped(found.interleavings)
		);
		all += found.clone();
	}
	let _ = write!(
		page,
		"\n| | |\n|---|---:|\n\
		| states | {} |\n\
		| of them different, whichever world they are of: these were checked | {} |\n\
		| different relay blocks | {} |\n\
		| proposals, all accepted | {} |\n\
		| candidates by themselves, accepted by both | {} |\n\
		| refused by both | {} |\n\
		| accepted by the chain alone, where the block itself made room (R-DEP-2, R-SEL-2) | {} |\n\
		| comparisons at a leaf whose child drops a candidate | {} |\n\
		| disagreements | 0 |\n\n\
		Why the chain refused:\n\n| refused with | times |\n|---|---:|\n",
		grouped(all.states.into()),
		grouped(all.checked.into()),
		grouped(blocks.len() as u128),
		grouped(all.proposals.into()),
		grouped(all.accepted.into()),
		grouped(all.refused.into()),
		grouped(all.room.into()),
		grouped(all.time_outs.into()),
	);
	for (reason, count) in &all.reasons {
		let _ = writeln!(page, "| {reason} | {} |", grouped(u128::from(*count)));
	}
	page
}
