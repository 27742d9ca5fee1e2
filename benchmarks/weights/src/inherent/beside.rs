//! Our inherent beside `ParaInherent::enter` of the published `polkadot-runtime-parachains`, in turn, in one run.

use crate::{
	composition::Composition,
	report::{microseconds, milliseconds, Report},
	state::{quantile, Runtime},
};
use std::error::Error;

/// Both sides are measured so often in turn.
const ROUNDS: usize = 7;
/// Executions of each side in each round; their median counts.
const REPEATS: u32 = 3;

/// A pair of medians, in nanoseconds.
#[derive(Clone, Copy, Default)]
struct Pair {
	ours: f64,
	theirs: f64,
}

/// What both sides took and touched.
#[derive(Clone, Default)]
struct Sides {
	/// One for each round.
	times: Vec<Pair>,
	/// Storage values read, each once: ours, theirs.
	reads: (u32, u32),
	/// Storage values written, each once: ours, theirs.
	writes: (u32, u32),
}

/// Signatures that are checked by themselves, to know what one takes.
const SIGNATURES: u32 = 1_000;

/// A line: a whole inherent, or what the units add that one has more than the other.
struct Row {
	name: String,
	with: Composition,
	without: Option<Composition>,
	units: u32,
}

impl Row {
	/// Signatures that come with one unit.
	fn signatures_of_a_unit(&self) -> f64 {
		let signatures = |composition: &Composition| {
			f64::from(composition.bitfields + composition.candidates * composition.votes)
		};
		let others = self.without.as_ref().map_or(0.0, signatures);
		(signatures(&self.with) - others) / f64::from(self.units)
	}
}

/// The result of a row.
struct Outcome {
	pair: Pair,
	/// Theirs / ours in each round, ascending.
	ratios: Vec<f64>,
	/// Without what the signatures took in the same round. Nothing if there are no signatures.
	without_signatures: Option<Pair>,
	reads: (f64, f64),
	writes: (f64, f64),
}

fn rows(validators: u32, cores: u32) -> Vec<Row> {
	let empty = Composition::empty(validators, cores);
	let whole = |name: &str, with| Row {
		name: name.into(),
		with,
		without: None,
		units: 1,
	};
	let unit = |name: &str, with, without, units| Row {
		name: name.into(),
		with,
		without: Some(without),
		units,
	};
	let candidates = |votes| Composition {
		candidates: cores,
		votes,
		..empty
	};
	let attested = Composition {
		bitfields: 1,
		pending: cores,
		..empty
	};
	let one_bitfield = Composition {
		bitfields: 1,
		..empty
	};
	let all = |upward_messages| Composition {
		bitfields: validators,
		candidates: cores,
		votes: 2,
		pending: cores,
		upward_messages,
		..empty
	};
	vec![
		whole("empty", empty),
		unit(
			"a bitfield, nothing waits",
			Composition {
				bitfields: validators,
				..empty
			},
			empty,
			validators,
		),
		unit(
			"a bitfield, a candidate waits on every core",
			Composition {
				bitfields: validators,
				..attested
			},
			attested,
			validators - 1,
		),
		unit("a candidate with 1 vote", candidates(1), empty, cores),
		unit("a candidate with 2 votes", candidates(2), empty, cores),
		unit("a candidate with 5 votes", candidates(5), empty, cores),
		unit("an enactment", attested, one_bitfield, cores),
		unit(
			"an enactment with 4 upward messages",
			Composition {
				upward_messages: 4,
				..attested
			},
			one_bitfield,
			cores,
		),
		whole("all attest, all cores change, 2 votes", all(0)),
		whole("the same, 4 upward messages each", all(4)),
	]
}

/// Measures a chain of this size on both sides, and writes its table.
pub fn compare(
	ours: &Runtime,
	theirs: &Runtime,
	(validators, cores): (u32, u32),
	report: &mut Report,
) -> Result<(), Box<dyn Error>> {
	let rows = rows(validators, cores);
	let mut compositions: Vec<Composition> = Vec::new();
	for composition in rows
		.iter()
		.flat_map(|row| [Some(row.with), row.without])
		.flatten()
	{
		if !compositions.contains(&composition) {
			compositions.push(composition);
		}
	}
	let mut sides = vec![Sides::default(); compositions.len()];
	let mut signature = Vec::with_capacity(ROUNDS);
	for round in 0..ROUNDS {
		eprintln!(
			"beside the published pallets, {validators} validators: round {} of {ROUNDS}",
			round + 1
		);
		let checked = ours.check_signatures(SIGNATURES, REPEATS)?;
		signature.push(checked.median() / f64::from(SIGNATURES));
		for (composition, sides) in compositions.iter().zip(&mut sides) {
			let run_ours = || ours.compose(&composition.components(), REPEATS);
			let run_theirs = || theirs.scenario(&composition.shared_components(), REPEATS);
			// Who goes first changes.
			let (a, b) = if round % 2 == 0 {
				let first = run_ours()?;
				(first, run_theirs()?)
			} else {
				let first = run_theirs()?;
				(run_ours()?, first)
			};
			sides.times.push(Pair {
				ours: a.median(),
				theirs: b.median(),
			});
			sides.reads = (a.reads, b.reads);
			sides.writes = (a.writes, b.writes);
		}
	}
	let sides_of = |composition: &Composition| {
		let position = compositions.iter().position(|other| other == composition);
		position
			.map(|position| sides[position].clone())
			.unwrap_or_default()
	};
	report.heading(&format!(
		"The inherent beside the published pallets: {validators} validators, {cores} cores"
	));
	report.text(&format!(
		"Peer: `ParaInherent::enter`, polkadot-runtime-parachains 30, in the smallest runtime that it works in; both \
		 compiled to Wasm, the same composition, in turn, {ROUNDS} rounds of {REPEATS} executions. Both decode, weigh and \
		 execute; neither has disputes or rewards. Candidates of ours have descriptors of version 2, those of theirs of \
		 version 1. Ratios are theirs / ours, above 1 ours is better. Storage values are \
		 counted once each. One signature check takes {} of every bitfield and of every vote on both sides ({SIGNATURES} \
		 of them by themselves, checked by the host on behalf of Wasm in every round), which no runtime can avoid: the \
		 host offers no cheaper one. The last column leaves out what they took in the same round.",
		microseconds(median(&signature))
	));
	let header = [
		"case",
		"ours",
		"theirs",
		"time",
		"lowest to highest",
		"reads, ours",
		"reads, theirs",
		"writes, ours",
		"writes, theirs",
		"accesses",
		"time without signatures",
	];
	let lines = rows.iter().map(|row| {
		let without = row.without.as_ref().map(sides_of);
		line(
			row,
			&outcome(row, &sides_of(&row.with), without.as_ref(), &signature),
		)
	});
	report.table(&header, lines.collect::<Vec<_>>());
	Ok(())
}

/// Half of the values are smaller.
fn median(values: &[f64]) -> f64 {
	quantile(&ascending(values.to_vec()), 0.5)
}

fn ascending(mut values: Vec<f64>) -> Vec<f64> {
	values.sort_by(f64::total_cmp);
	values
}

/// What a row comes to. `signature` is what one check took in each round, in nanoseconds.
fn outcome(row: &Row, with: &Sides, without: Option<&Sides>, signature: &[f64]) -> Outcome {
	let nothing = Sides {
		times: vec![Pair::default(); with.times.len()],
		..Default::default()
	};
	let without = without.unwrap_or(&nothing);
	let units = f64::from(row.units);
	let pairs: Vec<_> = with
		.times
		.iter()
		.zip(&without.times)
		.map(|(with, without)| Pair {
			ours: (with.ours - without.ours) / units,
			theirs: (with.theirs - without.theirs) / units,
		})
		.collect();
	let median_of = |of: &dyn Fn(&Pair, f64) -> f64| {
		let values: Vec<_> = pairs
			.iter()
			.zip(signature)
			.map(|(pair, check)| of(pair, *check))
			.collect();
		median(&values)
	};
	let per_unit = |with: (u32, u32), without: (u32, u32)| {
		let one = |with: u32, without: u32| (f64::from(with) - f64::from(without)) / units;
		(one(with.0, without.0), one(with.1, without.1))
	};
	let checks = row.signatures_of_a_unit();
	Outcome {
		pair: Pair {
			ours: median_of(&|pair, _| pair.ours),
			theirs: median_of(&|pair, _| pair.theirs),
		},
		ratios: ascending(pairs.iter().map(|pair| pair.theirs / pair.ours).collect()),
		without_signatures: (checks > 0.0).then(|| Pair {
			ours: median_of(&|pair, check| pair.ours - checks * check),
			theirs: median_of(&|pair, check| pair.theirs - checks * check),
		}),
		reads: per_unit(with.reads, without.reads),
		writes: per_unit(with.writes, without.writes),
	}
}

fn line(row: &Row, outcome: &Outcome) -> Vec<String> {
	let time = |nanos| match row.without {
		Some(_) => microseconds(nanos),
		None => milliseconds(nanos),
	};
	let count = |value: f64| match row.without {
		Some(_) => format!("{value:.2}"),
		None => format!("{value:.0}"),
	};
	let accesses = |reads: f64, writes: f64| reads + writes;
	let (ours, theirs) = (
		accesses(outcome.reads.0, outcome.writes.0),
		accesses(outcome.reads.1, outcome.writes.1),
	);
	vec![
		row.name.clone(),
		time(outcome.pair.ours),
		time(outcome.pair.theirs),
		format!("**{:.2}**", quantile(&outcome.ratios, 0.5)),
		format!(
			"{:.2} to {:.2}",
			quantile(&outcome.ratios, 0.0),
			quantile(&outcome.ratios, 1.0)
		),
		count(outcome.reads.0),
		count(outcome.reads.1),
		count(outcome.writes.0),
		count(outcome.writes.1),
		if ours > 0.0 && theirs > 0.0 {
			format!("{:.2}", theirs / ours)
		} else {
			"-".into()
		},
		outcome.without_signatures.map_or("-".into(), |rest| {
			format!("{} against {}", time(rest.ours), time(rest.theirs))
		}),
	]
}
