//! What an inherent is booked with: by the chain, and by whoever hands in weights of its own.

use async_backing_primitives::{
	upward_messages_before_separator, BackedCandidate, CandidateCommitments, DisputeStatementSet, HeadData,
};
use serde::Serialize;

/// What weight depends on in an inherent, with what it sets free.
///
/// What waits without being enacted is in no block, and is counted as far as it was seen to be backed.
#[derive(Clone, Debug, Default)]
pub struct Load<'a> {
	/// Cores: bits of a bitfield.
	pub cores: u32,
	/// Bitfields.
	pub bitfields: u32,
	/// Relay blocks by whose claim queues candidates are judged.
	pub scheduling_parents: u32,
	/// Candidates that wait before the block, as far as they are known.
	pub waiting: u32,
	/// Candidates that are offered.
	pub candidates: &'a [BackedCandidate],
	/// Votes in disputes.
	pub disputes: &'a [DisputeStatementSet],
	/// Candidates that are enacted.
	pub enacted: Vec<Enacted<'a>>,
	/// Candidates that time out.
	pub timed_out: u32,
}

/// A candidate that is enacted.
#[derive(Clone, Copy, Debug)]
pub struct Enacted<'a> {
	/// Its commitments, if it was backed in one of the blocks.
	pub commitments: Option<&'a CandidateCommitments>,
	/// Its head data.
	pub head: &'a HeadData,
	/// Whether its watermark is not at its relay parent, where that is known.
	pub keeps_watermark: bool,
}

/// Weights to compare with.
pub trait Weigh {
	/// Whose weights they are, and where they are from.
	fn name(&self) -> &str;

	/// What they book for an inherent, reads and writes included, in picoseconds.
	fn weigh(&self, load: &Load<'_>) -> u64;
}

/// Weights of one inherent, beside one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Weights {
	/// What the chain booked, in picoseconds.
	pub booked: Option<u64>,
	/// What the others would book, in picoseconds.
	pub ours: Option<u64>,
	/// Enacted candidates of which messages are not known: they were backed before the data.
	pub enacted_unknown: u32,
}

/// Messages of candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Messages {
	/// Upward ones, without signals.
	pub upward: u64,
	/// Signals behind the separator, those that are none included.
	pub signals: u64,
	/// Horizontal ones.
	pub horizontal: u64,
	/// Downward ones that are processed.
	pub downward: u64,
	/// New codes.
	pub codes: u64,
	/// Watermarks that are not at the relay parent. Whether a message came there is in no block.
	pub watermarks_behind: u64,
}

impl Messages {
	/// Takes in a candidate.
	pub(crate) fn count(&mut self, commitments: &CandidateCommitments, relay_parent: Option<u32>) {
		let all = commitments.upward_messages.len();
		let upward = upward_messages_before_separator(&commitments.upward_messages).len();
		self.upward += upward as u64;
		self.signals += all.saturating_sub(upward).saturating_sub(1) as u64;
		self.horizontal += commitments.horizontal_messages.len() as u64;
		self.downward += u64::from(commitments.processed_downward_messages);
		self.codes += u64::from(commitments.new_validation_code.is_some());
		self.watermarks_behind +=
			u64::from(relay_parent.is_some_and(|number| number != commitments.hrmp_watermark));
	}

	/// Adds those of a block to those of all.
	pub(crate) fn add(&mut self, other: &Self) {
		self.upward += other.upward;
		self.signals += other.signals;
		self.horizontal += other.horizontal;
		self.downward += other.downward;
		self.codes += other.codes;
		self.watermarks_behind += other.watermarks_behind;
	}
}
