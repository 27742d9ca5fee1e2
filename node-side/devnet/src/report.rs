//! What a run amounts to: the JSON that `--json` writes.
//!
//! Schema 1. Fields are only ever added to it. All values follow from the seed but `wall_s`.

use crate::{Fate, Traffic};
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
	/// What honest nodes charged validators for that misbehave. Only where there are any.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	pub charged: Vec<Charged>,
	/// What went over the links.
	pub traffic: Traffic,
	/// Time that the run took here, in seconds. The only value that differs between runs of one seed.
	pub wall_s: f64,
}

/// A validator that misbehaves, and what honest nodes charged it for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Charged {
	/// Its number.
	pub validator: u32,
	/// For what.
	pub reason: String,
	/// How often, by all of them together.
	pub times: u32,
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
	/// Candidates included of those built; `None` if none was built.
	pub confidence: Option<f64>,
	/// How many candidates ended as what: each is counted once.
	pub fates: Fates,
	/// From authoring to inclusion, of included candidates; `None` if there is none.
	pub latency: Option<Latency>,
	/// What became of orders, where there were any.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub order_fates: Option<OrderFates>,
	/// Why validators did not vote for candidates that came to nothing, the first reason for each.
	pub refusals: Vec<Refusal>,
	/// Why candidates that no validator refused came to nothing: those that were backed and not included, and those for which
	/// no quorum came in time.
	pub lost: Vec<Refusal>,
	/// At how many leaves its collators built nothing, and why.
	pub idle: Vec<Idleness>,
}

impl ParaReport {
	/// What of it cannot be: each candidate is counted once, as what it ended as.
	pub(crate) fn contradiction(&self) -> Option<String> {
		let Self {
			id,
			built,
			included,
			fates,
			..
		} = self;
		let holds = fates.total() == *built && fates.included == *included;
		(!holds).then(|| {
			format!(
				"of {built} blocks that para {id} built {included} are included, but their fates are {fates:?}"
			)
		})
	}
}

/// How many candidates ended as what. The classes are those of [`Fate`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // they are documented there
pub struct Fates {
	pub included: u32,
	pub in_flight: u32,
	pub fork_lost: u32,
	pub relay_parent_out_of_scope: u32,
	pub parent_lost: u32,
	pub session_end: u32,
	pub no_claim: u32,
	pub block_full: u32,
	pub availability_late: u32,
	pub refused: u32,
}

impl Fates {
	fn place(&mut self, fate: Fate) -> &mut u32 {
		match fate {
			Fate::Included => &mut self.included,
			Fate::InFlight => &mut self.in_flight,
			Fate::ForkLost => &mut self.fork_lost,
			Fate::RelayParentOutOfScope => &mut self.relay_parent_out_of_scope,
			Fate::ParentLost => &mut self.parent_lost,
			Fate::SessionEnd => &mut self.session_end,
			Fate::NoClaim => &mut self.no_claim,
			Fate::BlockFull => &mut self.block_full,
			Fate::AvailabilityLate => &mut self.availability_late,
			Fate::Refused => &mut self.refused,
		}
	}

	pub(crate) fn count(&mut self, fate: Fate) {
		let place = self.place(fate);
		*place = place.saturating_add(1);
	}

	/// How many ended as this.
	pub fn of(&self, fate: Fate) -> u32 {
		let mut copy = *self;
		*copy.place(fate)
	}

	/// All of them together.
	pub fn total(&self) -> u32 {
		Fate::ALL
			.iter()
			.fold(0, |sum: u32, fate| sum.saturating_add(self.of(*fate)))
	}

	/// Both together.
	#[must_use]
	pub fn and(&self, other: &Self) -> Self {
		let mut sum = *self;
		for fate in Fate::ALL {
			let place = sum.place(fate);
			*place = place.saturating_add(other.of(fate));
		}
		sum
	}
}

/// How long something took, of several.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
	/// Mean, in seconds.
	pub mean_s: f64,
	/// Median, in seconds: of an even number the lower of the two in the middle.
	pub median_s: f64,
	/// What 95 of 100 do not exceed, in seconds (nearest rank).
	pub p95_s: f64,
	/// The longest, in seconds.
	pub worst_s: f64,
	/// Mean square of the distance from the mean, in square seconds.
	pub variance_s2: f64,
}

impl Latency {
	/// From durations in seconds; `None` if there are none.
	pub(crate) fn of(mut took: Vec<f64>) -> Option<Self> {
		took.sort_by(f64::total_cmp);
		let count = took.len();
		let worst_s = *took.last()?;
		let mean_s = took.iter().sum::<f64>() / count as f64;
		let rank = |percent: usize| {
			let rank = count.saturating_mul(percent).div_ceil(100);
			took.get(rank.saturating_sub(1)).copied()
		};
		let squares = took.iter().map(|took| (took - mean_s).powi(2));
		Some(Self {
			mean_s,
			median_s: rank(50)?,
			p95_s: rank(95)?,
			worst_s,
			variance_s2: squares.sum::<f64>() / count as f64,
		})
	}
}

/// What became of the orders for a para on the best chain (R-SCH-8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OrderFates {
	/// Orders that the chain took.
	pub placed: u32,
	/// How often a block had no room for one: it was placed again in the next.
	pub placed_again: u32,
	/// Orders that the chain refused: the queue was full, or the price was not paid.
	pub failed: u32,
	/// Orders by which a candidate was backed.
	pub served: u32,
	/// Orders whose turn came, and no candidate.
	pub lost: u32,
	/// Orders whose turn had not come when the run ended.
	pub waiting: u32,
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
	fn a_latency_is_what_its_parts_say() {
		let took = (1..=20).rev().map(f64::from).collect();
		let latency = Latency::of(took).expect("there are some");
		assert_eq!((latency.mean_s, latency.median_s), (10.5, 10.0));
		assert_eq!((latency.p95_s, latency.worst_s), (19.0, 20.0));
		assert_eq!(latency.variance_s2, (20.0 * 20.0 - 1.0) / 12.0);
		assert_eq!(
			Latency::of(vec![7.0]).map(|one| (one.p95_s, one.variance_s2)),
			Some((7.0, 0.0))
		);
		assert_eq!(Latency::of(Vec::new()), None);
	}

	#[test]
	fn fates_add_up() {
		let mut fates = Fates::default();
		Fate::ALL.into_iter().for_each(|fate| fates.count(fate));
		fates.count(Fate::Included);
		assert_eq!((fates.total(), fates.of(Fate::Included)), (11, 2));
		assert_eq!(fates.and(&fates).of(Fate::Included), 4);
		let text = serde_json::to_value(fates).expect("it is JSON");
		for fate in Fate::ALL {
			let key = serde_json::to_value(fate).expect("it is a word");
			let counted = &text[key.as_str().expect("it is a word")];
			assert_eq!(counted, fates.of(fate), "one name for both: {key}");
		}
	}

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
