//! What was found, as a page.

use crate::run::Found;
use std::fmt::Write as _;

pub(crate) fn page(found: &Found) -> String {
	let mut page = String::from(
		"# Beside the published pallets\n\n\
		Written by `make beside-published`. Random histories through our pallets, in the relay runtime, and through those of\n\
		`polkadot-runtime-parachains` 30, in the smallest runtime that they work in: the same headers, sessions, lots, offenders and\n\
		calls, the same inherents byte for byte. Candidates are valid or wrong by one; each is judged alone, and those that are\n\
		offered once more as the block grows. What both accept is what the block carries. When it has ended, all that nodes are told\n\
		(cores, groups, events, claims, constraints, validation data, queues) and all keys that parachains read are compared byte\n\
		for byte.\n\n\
		| | |\n|---|---:|\n",
	);
	let differ: u64 = found.rows.values().map(|(count, _)| count).sum();
	for (what, count) in [
		("histories", found.histories),
		("blocks", found.blocks),
		("sessions that began", found.sessions),
		("calls of governance and paras", found.calls),
		("candidates judged by both", found.verdicts),
		("accepted by both", found.both_accept),
		("refused by both", found.both_refuse),
		("candidates included", found.included),
		("timed out", found.timed_out),
		("messages up, of those included", found.upward),
		("messages down", found.downward),
		("messages across", found.horizontal),
		("announced codes", found.upgrades),
		("answers and keys compared", found.answers),
		("differences, by the rows below", differ),
		("differences without a row", found.unexplained_count),
	] {
		writeln!(page, "| {what} | {} |", grouped(count)).expect("strings take everything");
	}
	page.push_str(
		"\nWhere both differ. Each is a row of [decision 9](decisions/0009-intended-differences.md), recognised by an exact condition;\n\
		the case is the first one met.\n\n\
		| theirs | ours | rule | times | a case | ours says | theirs says |\n|---|---|---|---:|---|---|---|\n",
	);
	for (row, (count, case)) in &found.rows {
		let (theirs, ours, rule) = row.words();
		writeln!(
			page,
			"| {theirs} | {ours} | {rule} | {} | history {}, block {}: {} | {} | {} |",
			grouped(*count),
			case.history,
			case.block,
			case.what,
			case.ours,
			case.theirs,
		)
		.expect("strings take everything");
	}
	page.push_str("\nWhy ours refused what both refuse:\n\n| refused with | times |\n|---|---:|\n");
	for (reason, count) in &found.reasons {
		writeln!(page, "| {reason} | {} |", grouped(*count)).expect("strings take everything");
	}
	page
}

/// What no row says, so that somebody can look.
pub(crate) fn unexplained(found: &Found) -> String {
	let mut text = format!("{} differences without a row:\n", found.unexplained_count);
	for case in &found.unexplained {
		writeln!(
			text,
			"history {}, block {}: {}\n   ours: {}\n theirs: {}",
			case.history, case.block, case.what, case.ours, case.theirs
		)
		.expect("strings take everything");
	}
	text
}

/// With thousands apart.
fn grouped(number: u64) -> String {
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
