//! What Polkadot booked for inherents that it had, beside what ours and the field's newest weights book for the same.

use crate::{
	composition::Composition,
	published::{bitfield, candidate, enact, Published, EMPTY},
	report::{milliseconds, Report},
	state::Runtime,
};
use facts::{RealInherent, REAL};
use std::error::Error;

mod facts;

/// Writes the table.
pub fn compare(ours: &Runtime, report: &mut Report) -> Result<(), Box<dyn Error>> {
	report.heading("Inherents that Polkadot had");
	report.text(
		"Each as the chain has it, and the weight in the chain's own event of success, which is the one after execution, \
		 reads and writes included. Beside it the weights of today for the same composition: those that westend-runtime 40.0.0 \
		 publishes, by the formulas above, with what was enacted; and ours, by `make weights`. A read costs 25 us and a write \
		 100 us in these two. Chains, machines and databases differ, so this compares sizes. What waited without being enacted, \
		 and the messages of what was enacted in the second block, are not in the data and are counted as none, on both \
		 sides. `runtime-tests/conformance` counts the compositions again where the blocks are at hand.",
	);
	let header = [
		"block",
		"validators, cores",
		"bitfields",
		"candidates",
		"votes",
		"enacted",
		"UMP, HRMP, DMP",
		"code, disputes",
		"bytes",
		"booked by Polkadot",
		"westend-runtime 40",
		"ours",
		"Polkadot / ours",
		"westend / ours",
	];
	let mut lines = Vec::new();
	for real in &REAL {
		let booked = real.booked as f64 / 1_000.0;
		let (theirs, ours) = (by_theirs(real).total(), by_ours(ours, real)?.total());
		lines.push(vec![
			format!("{}, {}", real.block, real.day),
			format!("{}, {}", real.validators, real.cores),
			real.bitfields.to_string(),
			real.candidates.to_string(),
			real.votes.to_string(),
			real.enacted.to_string(),
			format!(
				"{}, {}, {}",
				real.upward_messages, real.horizontal_messages, real.downward_messages
			),
			format!("{}, {}", real.code_upgrades, real.dispute_votes),
			real.bytes.to_string(),
			milliseconds(booked),
			milliseconds(theirs),
			milliseconds(ours),
			format!("**{:.1}**", booked / ours),
			format!("**{:.1}**", theirs / ours),
		]);
	}
	report.table(&header, lines);
	Ok(())
}

/// By the published weights, after execution: messages are booked where they are enacted, so those of this block's
/// candidates are not.
fn by_theirs(real: &RealInherent) -> Published {
	let votes_of_each = f64::from(real.votes) / f64::from(real.candidates);
	EMPTY
		.plus(bitfield().times(f64::from(real.bitfields)))
		.plus(candidate(votes_of_each).times(f64::from(real.candidates)))
		.plus(enact(0.0, 0.0, 0.0).times(f64::from(real.enacted)))
}

/// By ours. A composition has as many votes and messages for each candidate as for any other; what does not divide
/// evenly is a share of what one more for each of them adds.
fn by_ours(runtime: &Runtime, real: &RealInherent) -> Result<Published, Box<dyn Error>> {
	let backed = Composition {
		candidates: real.candidates,
		votes: real.votes / real.candidates,
		..Composition::empty(real.validators, real.cores)
	};
	let whole = Composition {
		bitfields: real.bitfields,
		pending: real.enacted,
		..backed
	};
	let more = [
		(
			real.votes % real.candidates,
			Composition {
				votes: backed.votes + 1,
				..backed
			},
		),
		(
			real.upward_messages,
			Composition {
				upward_messages: 1,
				..backed
			},
		),
		(
			real.horizontal_messages,
			Composition {
				horizontal_messages: 1,
				..backed
			},
		),
	];
	let mut sum = charged(runtime, &whole)?;
	let plain = charged(runtime, &backed)?;
	for (count, one_each) in more {
		if count > 0 {
			let added = charged(runtime, &one_each)?.less(plain);
			sum = sum.plus(added.times(f64::from(count) / f64::from(real.candidates)));
		}
	}
	Ok(sum)
}

/// What ours charges for a composition, and the accesses to storage that it makes.
fn charged(runtime: &Runtime, composition: &Composition) -> Result<Published, Box<dyn Error>> {
	let picoseconds: u64 = runtime.ask("PredictedWeight_of_inherent", composition)?;
	let touched = runtime.compose(&composition.components(), 1)?;
	Ok(Published::new(
		picoseconds as f64 / 1_000.0,
		f64::from(touched.reads),
		f64::from(touched.writes),
	))
}
