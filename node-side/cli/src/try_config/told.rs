//! What the change of a configuration did: block by block, and in a sentence.

use super::{Came, InForce};
use async_backing_devnet::{RunReport, ToldParablock};
use async_backing_primitives::HostConfiguration;
use std::{collections::BTreeMap, fmt, fmt::Write};

/// A relay block of the best chain.
#[derive(Clone, Debug, PartialEq)]
struct Line {
	number: u32,
	session: u32,
	configuration: String,
	/// Parablocks that were built on it.
	built: usize,
	backed: usize,
	included: usize,
	/// Parablocks built on it or before that were neither included in it or before nor lost by then.
	in_flight: usize,
	/// Parablocks built on it that came to nothing, by why.
	lost: BTreeMap<&'static str, usize>,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
	/// The chain does not take it.
	Refused(String),
	/// The run ended before it was in force, or it was not even staged.
	Never,
	/// It is in force from this block on.
	InForce(Change),
}

#[derive(Clone, Debug, PartialEq)]
struct Change {
	block: u32,
	session: u32,
	/// Parablocks that were in flight when it came into force, and how many of these were lost.
	in_flight: usize,
	lost: BTreeMap<&'static str, usize>,
	/// The same in the run without it.
	lost_without: usize,
	/// Parablocks included from then on, with and without it, and in how many relay blocks.
	included: usize,
	included_without: usize,
	blocks: u32,
}

/// What a run with a change came to, beside one without.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
	lines: Vec<Line>,
	outcome: Outcome,
	refused_on_chain: u32,
}

/// Parablocks of a run on its best chain, with the numbers of the relay blocks that they are about.
struct Blocks<'a>(&'a Came);

impl<'a> Blocks<'a> {
	fn number(&self, position: Option<usize>) -> Option<u32> {
		Some(self.0.story.relay_blocks.get(position?)?.number)
	}

	fn all(&self) -> impl Iterator<Item = &'a ToldParablock> {
		self.0.story.parablocks.iter()
	}

	/// Those that were built on a relay block below, and were then neither included nor lost for another reason long before.
	fn in_flight_at(&self, block: u32) -> impl Iterator<Item = &'a ToldParablock> + use<'a, '_> {
		let at = self.0.story.relay_blocks.iter();
		let at = at
			.filter(|told| told.is_best && told.number == block)
			.map(|told| told.at)
			.next();
		self.all().filter(move |parablock| {
			let is_built = parablock.relay_parent_number.is_some_and(|number| number < block);
			let is_included = self
				.number(parablock.included)
				.is_some_and(|number| number < block);
			let was_lost = at.is_some_and(|at| parablock.lost.is_some_and(|lost| lost < at));
			is_built && !is_included && !was_lost
		})
	}

	fn included_from(&self, block: u32) -> usize {
		let included = self.all().filter_map(|parablock| self.number(parablock.included));
		included.filter(|number| *number >= block).count()
	}
}

/// How many of these came to nothing, by why.
fn lost<'a>(parablocks: impl Iterator<Item = &'a ToldParablock>) -> BTreeMap<&'static str, usize> {
	let mut lost = BTreeMap::new();
	for parablock in parablocks.filter(|parablock| parablock.fate.is_lost()) {
		*lost.entry(parablock.fate.name()).or_default() += 1;
	}
	lost
}

fn listed(lost: &BTreeMap<&'static str, usize>) -> String {
	let each: Vec<_> = lost.iter().map(|(why, count)| format!("{count} {why}")).collect();
	each.join(", ")
}

impl Told {
	pub(super) fn of(with: &Came, without: &Came, in_force: &[InForce], staged: &HostConfiguration) -> Self {
		let blocks = Blocks(with);
		let best = with.story.relay_blocks.iter().filter(|block| block.is_best);
		let best: Vec<_> = best.zip(in_force).collect();
		let changed = best
			.iter()
			.find(|(_, in_force)| in_force.active == *staged)
			.map(|(block, _)| *block);
		let mut before: Option<&InForce> = None;
		let mut lines = Vec::new();
		for (block, now) in &best {
			let number = block.number;
			let of = |position| blocks.number(position) == Some(number);
			let on_it = || {
				blocks
					.all()
					.filter(|parablock| parablock.relay_parent == block.hash)
			};
			lines.push(Line {
				number,
				session: block.session,
				configuration: configuration(before, now, staged),
				built: on_it().count(),
				backed: blocks.all().filter(|parablock| of(parablock.backed)).count(),
				included: blocks.all().filter(|parablock| of(parablock.included)).count(),
				in_flight: blocks.in_flight_at(number.saturating_add(1)).count(),
				lost: lost(on_it()),
			});
			before = Some(now);
		}
		let refused = with.report.failed.first().map(|failed| failed.reason.clone());
		let outcome = match (refused, changed) {
			(Some(reason), _) => Outcome::Refused(reason),
			(None, None) => Outcome::Never,
			(None, Some(block)) => {
				// The state after a block has what its children are judged by.
				let number = block.number.saturating_add(1);
				let beside = Blocks(without);
				Outcome::InForce(Change {
					block: number,
					session: best
						.iter()
						.find(|(block, _)| block.number == number)
						.map_or(block.session, |(block, _)| block.session),
					in_flight: blocks.in_flight_at(number).count(),
					lost: lost(blocks.in_flight_at(number)),
					lost_without: lost(beside.in_flight_at(number)).values().sum(),
					included: blocks.included_from(number),
					included_without: beside.included_from(number),
					blocks: with.report.relay_blocks.saturating_sub(block.number),
				})
			}
		};
		Self {
			lines,
			outcome,
			refused_on_chain: with
				.report
				.refused_on_chain
				.saturating_sub(refused_without(&without.report)),
		}
	}

	/// A line for each relay block.
	pub(super) fn table(&self) -> String {
		let mut text = String::from(
			"block session built on it  backed included in flight  configuration, and what of it was lost\n",
		);
		for line in &self.lines {
			let Line {
				number,
				session,
				configuration,
				built,
				backed,
				included,
				in_flight,
				lost,
			} = line;
			let notes: Vec<_> = [configuration.clone(), listed(lost)]
				.into_iter()
				.filter(|note| !note.is_empty())
				.collect();
			// A string takes all.
			let _ = writeln!(
				text,
				"{number:>5} {session:>7} {built:>11} {backed:>7} {included:>8} {in_flight:>9}  {}",
				notes.join("; ")
			);
		}
		text
	}

	/// Whether one may stage it: the chain takes it, it comes into force, paras live on under it, and nothing is refused.
	pub(super) fn is_fit(&self) -> bool {
		match &self.outcome {
			Outcome::Refused(_) | Outcome::Never => false,
			Outcome::InForce(change) => change.included > 0 && self.refused_on_chain == 0,
		}
	}
}

fn refused_without(report: &RunReport) -> u32 {
	report.refused_on_chain
}

/// What is to be said of the configuration at a block, if anything.
fn configuration(before: Option<&InForce>, now: &InForce, staged: &HostConfiguration) -> String {
	let is_new = |is: fn(&InForce, &HostConfiguration) -> bool| {
		is(now, staged) && !before.is_some_and(|before| is(before, staged))
	};
	let waits = |in_force: &InForce, staged: &HostConfiguration| {
		in_force.pending.iter().any(|(_, pending)| pending == staged)
	};
	if is_new(|in_force, staged| in_force.active == *staged) {
		return "in force from the next block on".into();
	}
	if is_new(waits) {
		let session = now.pending.iter().find(|(_, pending)| pending == staged);
		let session = session.map_or_else(String::new, |(session, _)| format!(" for session {session}"));
		return format!("staged{session}");
	}
	String::new()
}

impl fmt::Display for Told {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let change = match &self.outcome {
			Outcome::Refused(reason) => return write!(f, "the chain does not take it: {reason}"),
			Outcome::Never => return f.write_str("it was not in force before the run ended"),
			Outcome::InForce(change) => change,
		};
		let Change {
			block,
			session,
			in_flight,
			lost,
			lost_without,
			included,
			included_without,
			blocks,
		} = change;
		let count: usize = lost.values().sum();
		write!(
			f,
			"in force from block {block} on, in session {session}; of {in_flight} parablocks in flight "
		)?;
		match count {
			0 => f.write_str("none is lost")?,
			count => write!(f, "{count} are lost ({})", listed(lost))?,
		}
		write!(f, ", without it {lost_without}; in the {blocks} relay blocks from then on {included} are included, without it {included_without}")?;
		match self.refused_on_chain {
			0 => {}
			refused => write!(f, "; {refused} were offered and refused on-chain")?,
		}
		match (
			self.is_fit(),
			included >= included_without && count <= *lost_without,
		) {
			(false, _) => f.write_str(": not fit to be staged"),
			(true, true) => f.write_str(": it costs nothing"),
			(true, false) => f.write_str(": fit, at this price"),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn change(included: usize, lost: &[(&'static str, usize)]) -> Told {
		Told {
			lines: Vec::new(),
			outcome: Outcome::InForce(Change {
				block: 23,
				session: 2,
				in_flight: 4,
				lost: lost.iter().copied().collect(),
				lost_without: 0,
				included,
				included_without: 50,
				blocks: 25,
			}),
			refused_on_chain: 0,
		}
	}

	#[test]
	fn a_verdict_says_what_it_costs() {
		let rows = [
			(
				change(50, &[]),
				true,
				"none is lost, without it 0",
				"it costs nothing",
			),
			(
				change(50, &[("session end", 2)]),
				true,
				"2 are lost (2 session end)",
				"fit, at this price",
			),
			(
				change(25, &[]),
				true,
				"25 are included, without it 50",
				"fit, at this price",
			),
			(change(0, &[]), false, "0 are included", "not fit to be staged"),
		];
		for (told, is_fit, says, ends) in rows {
			let text = told.to_string();
			assert_eq!(told.is_fit(), is_fit, "{text}");
			assert!(text.contains(says) && text.ends_with(ends), "{text}");
		}
		let mut refused = change(50, &[]);
		refused.refused_on_chain = 1;
		assert!(!refused.is_fit());
		refused.outcome = Outcome::Refused("Configuration: InvalidNewValue".into());
		assert!(!refused.is_fit() && refused.to_string().contains("InvalidNewValue"));
	}
}
