//! What a run comes to.

use std::fmt;
use thiserror::Error;

/// The seven laws, and what makes them meaningful. See the crate's README.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
	/// No input makes a core panic.
	NoPanic,
	/// 1: no input is heavy.
	Light,
	/// 2: every request ends, and is answered once; then the next peer is tried.
	Ends,
	/// 3: memory is bounded.
	Memory,
	/// 4: nothing of a peer is believed before it is checked.
	Checked,
	/// 5: a crash forgets no promise.
	Restart,
	/// 6: same inputs, same outputs.
	Determinism,
	/// 7: an index means something only together with its session.
	Sessions,
}

impl fmt::Display for Law {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::NoPanic => "no input makes a core panic",
			Self::Light => "law 1, no input is heavy",
			Self::Ends => "law 2, every request ends",
			Self::Memory => "law 3, memory is bounded",
			Self::Checked => "law 4, nothing of a peer is believed before it is checked",
			Self::Restart => "law 5, a crash forgets no promise",
			Self::Determinism => "law 6, same inputs, same outputs",
			Self::Sessions => "law 7, an index means something only together with its session",
		})
	}
}

/// How a law is broken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{law}: {what}")]
pub struct Breach {
	/// The law.
	pub law: Law,
	/// What was seen.
	pub what: String,
}

impl Breach {
	/// A breach of this law.
	pub fn new(law: Law, what: impl Into<String>) -> Self {
		Self {
			law,
			what: what.into(),
		}
	}
}

/// A law that a core has broken, with all that is needed to see it again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
	"{breach}\n  at input {step}: {input}\n  with outputs: {outputs}\n  again with: {}",
	.seed.map_or("the same bytes".into(), |seed| format!("Choices::seeded({seed})"))
)]
pub struct Broken {
	/// What is broken.
	#[source]
	pub breach: Breach,
	/// Number of the input, from 1.
	pub step: u64,
	/// The input, the beginning of its `Debug`.
	pub input: String,
	/// What the core wanted done then, the beginning of its `Debug`.
	pub outputs: String,
	/// The seed of the run, unless bytes decided.
	pub seed: Option<u64>,
}

/// What was tried in a run, so that a test can say that it was enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
	/// Inputs.
	pub inputs: u64,
	/// Of these, hostile ones.
	pub hostile: u64,
	/// Crashes.
	pub crashes: u64,
	/// Connections that ended.
	pub disconnections: u64,
	/// Requests that the core made.
	pub requests: u64,
	/// Of these, those that failed or were answered badly.
	pub failed_requests: u64,
	/// Jobs that the core began.
	pub jobs: u64,
	/// Of these, those that failed.
	pub failed_jobs: u64,
	/// Tickets and questions for proposals that were answered.
	pub answers: u64,
	/// Batches that were stored.
	pub batches: u64,
	/// Costs that were reported.
	pub costs: u64,
	/// Different promises.
	pub promises: u64,
	/// Most bytes that the core was seen to hold, if allocations are counted.
	pub memory: usize,
	/// Most bytes that the core held when all had ended and everybody had left.
	pub rest: usize,
	/// Most bytes that were hashed, coded and verified for one input (law 1).
	pub heaviest: u64,
	/// Most bytes that were allocated for one input (law 1), if allocations are counted.
	pub most_allocated: u64,
	/// Hash of all inputs and outputs.
	pub trace: u64,
}

impl Report {
	/// Both: sums of counts, the larger of what is at most, the traces mixed.
	#[must_use]
	pub fn and(self, other: Self) -> Self {
		Self {
			inputs: self.inputs.saturating_add(other.inputs),
			hostile: self.hostile.saturating_add(other.hostile),
			crashes: self.crashes.saturating_add(other.crashes),
			disconnections: self.disconnections.saturating_add(other.disconnections),
			requests: self.requests.saturating_add(other.requests),
			failed_requests: self.failed_requests.saturating_add(other.failed_requests),
			jobs: self.jobs.saturating_add(other.jobs),
			failed_jobs: self.failed_jobs.saturating_add(other.failed_jobs),
			answers: self.answers.saturating_add(other.answers),
			batches: self.batches.saturating_add(other.batches),
			costs: self.costs.saturating_add(other.costs),
			promises: self.promises.saturating_add(other.promises),
			memory: self.memory.max(other.memory),
			rest: self.rest.max(other.rest),
			heaviest: self.heaviest.max(other.heaviest),
			most_allocated: self.most_allocated.max(other.most_allocated),
			trace: self.trace.rotate_left(1) ^ other.trace,
		}
	}
}

/// Something that a core said and has to stand by, such as a signed statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Promise {
	/// What it is about. Two promises with the same key and different values contradict each other.
	pub key: Vec<u8>,
	/// What is promised.
	pub value: Vec<u8>,
}
