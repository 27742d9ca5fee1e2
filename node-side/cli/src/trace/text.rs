//! Roads for the terminal.

use super::{
	road::Road,
	votes::{Row, Vote, Votes},
};
use async_backing_devnet::Passing;
use std::time::Duration;

/// What happened to a parablock, line by line.
pub(super) fn road(road: &Road) -> String {
	let mut lines: Vec<(Duration, u8, String)> = Vec::new();
	for said in &road.said {
		let heard = said.heard.iter().map(|(_, at)| *at);
		let (first, last) = (heard.clone().min(), heard.max());
		let first = first.unwrap_or(said.began);
		let arrives = match last.filter(|last| ms(*last) > ms(first)) {
			Some(last) => format!("{} to {}", seconds(first), seconds(last)),
			None => seconds(first),
		};
		let to: Vec<_> = said.heard.iter().map(|(node, _)| *node).collect();
		lines.push((
			said.began,
			1,
			format!(
				"{} to {}: {}, {} bytes, there at {arrives}",
				road.name(said.from),
				names(&to, road.validators),
				said.kind,
				said.bytes
			),
		));
	}
	for did in &road.did {
		let what = match did.what {
			Passing::Built => "has built it".to_owned(),
			Passing::Executed { valid } => format!(
				"has executed it, from {} on: {}",
				seconds(did.began),
				if valid { "valid" } else { "invalid" }
			),
			Passing::Seconded => "seconds it".to_owned(),
			Passing::Confirmed => "says that it is valid".to_owned(),
			Passing::Backable => "knows a quorum for it".to_owned(),
			Passing::Heard { .. } => continue,
		};
		lines.push((did.at, 0, format!("{} {what}", road.name(did.node))));
	}
	for mark in road.marks.iter().filter(|mark| !mark.does.is_empty()) {
		lines.push((mark.at, 2, format!("relay block {} {}", mark.number, mark.does)));
	}
	lines.sort_by_key(|(at, order, _)| (*at, *order));
	let mut text = format!("{}\n{}\n\n", road.title, road.subtitle);
	let group = &road.parts[1].1;
	text += &format!("the group: {}\n\n", names(group, road.validators));
	for (at, _, line) in lines {
		text += &format!("{:>9}  {line}\n", seconds(at));
	}
	text
}

/// Several parablocks, one after the other.
pub(super) fn votes(votes: &Votes) -> String {
	let mut text = format!("{}\n", votes.title);
	for row in &votes.rows {
		text += &format!(
			"\n{} on relay block {}\n  built    {:>9}\n",
			row.name,
			row.relay_parent,
			seconds(row.built)
		);
		for vote in &row.votes {
			text += &format!("  {}\n", line_of(vote, row));
		}
		for (name, at) in [("backed", row.backed), ("included", row.included)] {
			match at {
				Some((number, at)) => {
					text += &format!("  {name:<8} {:>9}  in relay block {number}\n", seconds(at));
				}
				None => text += &format!("  {name:<8}     never\n"),
			}
		}
	}
	text
}

fn line_of(vote: &Vote, row: &Row) -> String {
	let what = if vote.seconds { "seconds it" } else { "confirms it" };
	let quorum = match row.quorum.is_some_and(|quorum| quorum == vote.at) {
		true => ", and knows a quorum",
		false => "",
	};
	format!(
		"vote     {:>9}  validator {} {what}{quorum}",
		seconds(vote.at),
		vote.validator
	)
}

/// Names of nodes, those of validators shared.
fn names(nodes: &[usize], validators: usize) -> String {
	let list = |nodes: Vec<usize>| {
		let nodes: Vec<_> = nodes.iter().map(ToString::to_string).collect();
		nodes.join(", ")
	};
	let mut nodes = nodes.to_vec();
	nodes.sort_unstable();
	let (those, collators): (Vec<_>, Vec<_>) = nodes.into_iter().partition(|node| *node < validators);
	let collators = collators.iter().map(|node| node - validators).collect::<Vec<_>>();
	let part = |name: &str, nodes: Vec<usize>| match nodes.len() {
		0 => None,
		1 => Some(format!("{name} {}", list(nodes))),
		_ => Some(format!("{name}s {}", list(nodes))),
	};
	let parts = [part("validator", those), part("collator", collators)];
	parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn ms(at: Duration) -> u128 {
	at.as_millis()
}

fn seconds(at: Duration) -> String {
	format!("{:.3} s", at.as_secs_f64())
}
