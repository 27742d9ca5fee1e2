//! What a full inherent takes of a block: by our weights, and by those that the field publishes.

use crate::{
	composition::full,
	published::{bitfield, candidate, enact, Published, EMPTY, MOST_HORIZONTAL, MOST_UPWARD},
	report::{milliseconds, Report},
	state::Runtime,
};
use std::error::Error;

/// What a block has, in nanoseconds.
const BLOCK: f64 = 2e9;

/// Writes both sums.
pub fn compare(ours: &Runtime, report: &mut Report) -> Result<(), Box<dyn Error>> {
	let full = full(1_000, 200);
	let predicted: u64 = ours.ask("PredictedWeight_of_inherent", &full)?;
	let measured = ours.compose(&full.components(), 5)?;
	let sum = Published::new(
		predicted as f64 / 1_000.0,
		f64::from(measured.reads),
		f64::from(measured.writes),
	);
	report.heading("A full inherent and its block");
	report.text(&format!(
		"1,000 bitfields; 200 cores, each freed and taken again by a candidate with {} votes; every candidate sends {} \
		 upward and {} horizontal messages; one that is enacted has processed {} downward messages and consumed as many \
		 horizontal ones as it sends. A block has 2 s. A read costs 25 us and a write 100 us, as in both runtimes.",
		full.votes, full.upward_messages, full.horizontal_messages, full.downward_messages
	));
	let line = |name: String, count: String, weight: Published| {
		vec![
			name,
			count,
			milliseconds(weight.nanos),
			format!("{:.0}", weight.reads),
			format!("{:.0}", weight.writes),
			milliseconds(weight.total()),
			format!("{:.0} %", weight.total() / BLOCK * 100.0),
		]
	};
	let header = [
		"part",
		"times",
		"time",
		"reads",
		"writes",
		"together",
		"of a block",
	];
	report.table(&header, [line("ours, by `make weights`".into(), "1".into(), sum)]);

	report.text(
		"The same by the weights that westend-runtime 40.0.0 publishes, measured on 2026-02-25 on an Intel Xeon of 2.6 GHz, \
		 and the formulas of polkadot-runtime-parachains 30: another machine than ours, so the sums are for comparison in \
		 size only. Each item is booked with the part of an inherent that was around it when it was measured, less an empty \
		 one, and enactment with the most messages that the configuration allows for every core that bitfields \
		 have (16 upward, 10 horizontal, an upgrade), whatever waits there.",
	);
	let parts = [
		("a bitfield", bitfield(), full.bitfields),
		(
			"a candidate with its votes",
			candidate(f64::from(full.votes)),
			full.candidates,
		),
		(
			"what may be enacted",
			enact(MOST_UPWARD, MOST_HORIZONTAL, 1.0),
			full.cores,
		),
	];
	let total = parts.iter().fold(EMPTY, |sum, (_, each, count)| {
		sum.plus(each.times(f64::from(*count)))
	});
	let actual = enact(
		f64::from(full.upward_messages),
		f64::from(full.horizontal_messages),
		0.0,
	);
	let refunded = parts[..2]
		.iter()
		.fold(EMPTY, |sum, (_, each, count)| {
			sum.plus(each.times(f64::from(*count)))
		})
		.plus(actual.times(f64::from(full.cores)));
	let mut lines = vec![line("an empty inherent".into(), "1".into(), EMPTY)];
	lines.extend(
		parts.iter().map(|(name, each, count)| {
			line((*name).into(), count.to_string(), each.times(f64::from(*count)))
		}),
	);
	lines.push(line("**before it is executed**".into(), String::new(), total));
	lines.push(line(
		"with what is enacted, after".into(),
		String::new(),
		refunded,
	));
	report.table(&header, lines);
	report.text(&format!(
		"Ours books {:.1} times less before the block is executed, and {:.1} times less than theirs after.",
		total.total() / sum.total(),
		refunded.total() / sum.total()
	));
	Ok(())
}
