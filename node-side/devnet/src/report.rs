//! What a run amounts to: the JSON that `--json` writes.
//!
//! Schema 1. Fields are only ever added to it. All values follow from the seed but `wall_s`.

use serde::Serialize;

/// The outcome of one or more runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
	/// Version of this format: 1.
	pub schema: u32,
	/// Seed of all runs.
	pub seed: u64,
	/// The runs.
	pub runs: Vec<RunReport>,
}

impl Report {
	/// Puts runs of one seed together.
	pub fn new(seed: u64, runs: Vec<RunReport>) -> Self {
		Self {
			schema: 1,
			seed,
			runs,
		}
	}
}

/// Parameters of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RunParams {
	/// `max_candidate_depth` (R-ABP-1).
	pub max_candidate_depth: u32,
	/// `allowed_ancestry_len` (R-ABP-2).
	pub allowed_ancestry_len: u32,
}

/// The outcome of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunReport {
	/// Its parameters.
	pub params: RunParams,
	/// Relay blocks of the best chain.
	pub relay_blocks: u32,
	/// Sessions that began, the first included.
	pub sessions: u32,
	/// Hash of the best relay head, as hexadecimal text.
	pub head: String,
	/// Hash of the event log, as hexadecimal text.
	pub events: String,
	/// Blake2-256 hash of the runtime blob, as hexadecimal text.
	pub runtime: String,
	/// Each para, ascending.
	pub paras: Vec<ParaReport>,
	/// Candidates that an honest provisioner offered and that the inherent's creation or execution dropped.
	pub refused_on_chain: u32,
	/// Relay blocks that were built and lost to another fork. Only where there are any.
	#[serde(skip_serializing_if = "is_zero")]
	pub relay_blocks_lost: u32,
	/// Transactions of the run that the chain did not take, or that failed: orders, and what root says. Only where there are any.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	pub failed: Vec<FailedTransactions>,
	/// Time that the run took here, in seconds. The only value that differs between runs of one seed.
	pub wall_s: f64,
}

/// The outcome for one para.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParaReport {
	/// Its id.
	pub id: u32,
	/// Blocks that were ordered for it; 0 for a para with cores of its own.
	pub orders: u32,
	/// Candidates that its collator built.
	pub built: u32,
	/// Candidates that some validator seconded.
	pub seconded: u32,
	/// Candidates that got the votes of a quorum.
	pub backable: u32,
	/// Candidates that the chain backed.
	pub backed: u32,
	/// Candidates that the chain included.
	pub included: u32,
	/// Candidates that timed out on-chain.
	pub timed_out: u32,
	/// Candidates built and neither included nor in flight at the end.
	pub wasted: u32,
	/// Included candidates that missed their turn before: a relay block in which their core served their para and took
	/// nothing, although they were next on-chain and backable, or expected to be; or one that took them, and was lost to another
	/// fork. They were offered again, not rebuilt (R-COL-6). One that waits for its parent, or for its para's next claim, missed nothing.
	pub reused: u32,
	/// Mean time between inclusions that follow one another in one session, in seconds; `None` below two.
	pub mean_interval_s: Option<f64>,
	/// The same over the whole run, session changes included.
	pub mean_interval_with_session_changes_s: Option<f64>,
	/// What the session changes cost: the time between the last inclusion before and the first after each, less a
	/// mean interval, added up, in seconds.
	pub session_change_cost_s: f64,
	/// Mean virtual time that a collator spent on executing a parablock, in seconds.
	pub authoring_s: Option<f64>,
	/// Extrinsics of included candidates.
	pub extrinsics_included: u64,
	/// Bytes of the proofs of validity of included candidates.
	pub pov_bytes_included: u64,
	/// Why validators did not vote for candidates that came to nothing, the first reason for each.
	pub refusals: Vec<Refusal>,
	/// Why candidates that no validator refused came to nothing: those that were backed and not included, and those for which
	/// no quorum came in time.
	pub lost: Vec<Refusal>,
	/// At how many leaves its collators built nothing, and why.
	pub idle: Vec<Idleness>,
}

/// For figures that are left out where they are nothing, as in most runs.
#[allow(clippy::trivially_copy_pass_by_ref)] // as the derived code calls it
fn is_zero(figure: &u32) -> bool {
	*figure == 0
}

/// Transactions of the run that came to nothing, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedTransactions {
	/// The pallet and its error, or what the runtime says.
	pub reason: String,
	/// How many transactions.
	pub transactions: u32,
}

/// Candidates that came to nothing, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
	/// The reason, with the rule behind it.
	pub reason: String,
	/// How many candidates.
	pub candidates: u32,
}

/// Leaves at which nothing was built, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Idleness {
	/// The reason, with the rule behind it.
	pub reason: String,
	/// How many leaves.
	pub leaves: u32,
}

/// An inclusion on the best chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inclusion {
	/// Slot of the relay block.
	pub slot: u64,
	/// Session of the relay block.
	pub session: u32,
}

/// How far inclusions are apart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Intervals {
	/// Mean of those within a session, in seconds.
	pub within_sessions_s: Option<f64>,
	/// Mean of all, in seconds.
	pub overall_s: Option<f64>,
	/// What those across a session change have beyond the mean within sessions, added up, in seconds.
	pub session_change_cost_s: f64,
}

impl Intervals {
	/// From inclusions in the order of the chain.
	pub fn of(inclusions: &[Inclusion], slot_s: f64) -> Self {
		let gaps = || {
			inclusions
				.windows(2)
				.map(|pair| (pair[1].slot - pair[0].slot, pair[0].session == pair[1].session))
		};
		let mean = |slots: Vec<u64>| {
			(!slots.is_empty()).then(|| slots.iter().sum::<u64>() as f64 * slot_s / slots.len() as f64)
		};
		let within_sessions_s = mean(gaps().filter(|(_, same)| *same).map(|(gap, _)| gap).collect());
		let overall_s = mean(gaps().map(|(gap, _)| gap).collect());
		let across = gaps().filter(|(_, same)| !*same);
		let usual = within_sessions_s.unwrap_or_default();
		let session_change_cost_s = across
			.map(|(gap, _)| gap as f64 * slot_s - usual)
			.fold(0.0, |sum, cost| sum + cost);
		Self {
			within_sessions_s,
			overall_s,
			session_change_cost_s,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn session_changes_are_told_apart() {
		let inclusion = |(slot, session)| Inclusion { slot, session };
		let inclusions = [(10, 0), (11, 0), (12, 0), (16, 1), (17, 1)].map(inclusion);
		let intervals = Intervals::of(&inclusions, 6.0);
		assert_eq!(intervals.within_sessions_s, Some(6.0));
		assert_eq!(intervals.overall_s, Some(7.0 * 6.0 / 4.0));
		assert_eq!(intervals.session_change_cost_s, 18.0);
		assert_eq!(Intervals::of(&inclusions[..1], 6.0), Intervals::default());
	}
}
