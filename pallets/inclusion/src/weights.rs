//! Weight of the inherent, component by component.
//!
//! The cost of an inherent is linear in what it carries and in what it sets free: [`WeightInfo`] has a number for each
//! component, and the functions here add them up. The numbers of `()` are provisional: estimates that are meant to be
//! too high, until measured ones replace them.

use crate::OutputSizes;
use alloc::vec::Vec;
use async_backing_primitives::{
	upward_messages_before_separator, BackedCandidate, CandidateCommitments, DisputeStatementSet,
};
use codec::Encode;
use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight};

/// Weights of what an inherent carries and causes, each for one unit and without the cost of an empty inherent
/// (R-WGT-6).
pub trait WeightInfo {
	/// An inherent that carries nothing: window, claim queue, list of pending candidates.
	fn empty_inherent() -> Weight;
	/// A bitfield: one signature, one bit for each core.
	fn bitfield() -> Weight;
	/// A candidate without its votes and its bytes: constraints of its para, two writes, an event.
	fn candidate() -> Weight;
	/// A backing vote: one signature.
	fn vote() -> Weight;
	/// A byte of an encoded candidate: decoded, hashed, copied and stored.
	fn candidate_byte() -> Weight;
	/// A vote in a dispute: one signature.
	fn dispute_vote() -> Weight;
	/// The enactment of a candidate without outputs.
	fn enactment() -> Weight;
	/// An upward message that is enacted, without its bytes.
	fn upward_message() -> Weight;
	/// A byte of an upward message that is enacted.
	fn upward_byte() -> Weight;
	/// A horizontal message that is enacted, without its bytes.
	fn horizontal_message() -> Weight;
	/// A byte of a horizontal message that is enacted.
	fn horizontal_byte() -> Weight;
	/// A downward message that enactment takes from its queue.
	fn downward_message() -> Weight;
	/// A byte of new code that enactment schedules.
	fn code_byte() -> Weight;
	/// A candidate that times out.
	fn timeout() -> Weight;
	/// A candidate that a dispute evicts.
	fn eviction() -> Weight;
	/// Checking at the end of a block that there was an inherent.
	fn on_finalize() -> Weight;
}

impl WeightInfo for () {
	fn empty_inherent() -> Weight {
		micros(2_000)
	}

	fn bitfield() -> Weight {
		micros(100)
	}

	fn candidate() -> Weight {
		micros(1_500)
	}

	fn vote() -> Weight {
		micros(80)
	}

	fn candidate_byte() -> Weight {
		nanos(10)
	}

	fn dispute_vote() -> Weight {
		micros(150)
	}

	fn enactment() -> Weight {
		micros(1_500)
	}

	fn upward_message() -> Weight {
		micros(50)
	}

	fn upward_byte() -> Weight {
		nanos(5)
	}

	fn horizontal_message() -> Weight {
		micros(100)
	}

	fn horizontal_byte() -> Weight {
		nanos(5)
	}

	fn downward_message() -> Weight {
		micros(30)
	}

	fn code_byte() -> Weight {
		nanos(5)
	}

	fn timeout() -> Weight {
		micros(300)
	}

	fn eviction() -> Weight {
		micros(300)
	}

	fn on_finalize() -> Weight {
		micros(125)
	}
}

/// Reference time alone: a relay chain has nobody to prove its state to.
fn micros(micros: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), 0)
}

fn nanos(nanos: u64) -> Weight {
	Weight::from_parts(nanos.saturating_mul(WEIGHT_REF_TIME_PER_MICROS / 1_000), 0)
}

impl OutputSizes {
	/// How much enacting these commitments has to do. Signals behind the separator are not enacted (R-UMP-2).
	pub fn of(commitments: &CandidateCommitments) -> Self {
		let upward = upward_messages_before_separator(&commitments.upward_messages);
		let horizontal = &commitments.horizontal_messages;
		let code = commitments.new_validation_code.as_ref();
		Self {
			upward_messages: saturated(upward.len()),
			upward_bytes: saturated(upward.iter().map(Vec::len).sum()),
			horizontal_messages: saturated(horizontal.len()),
			horizontal_bytes: saturated(horizontal.iter().map(|message| message.data.len()).sum()),
			downward_messages: commitments.processed_downward_messages,
			code_bytes: saturated(code.map_or(0, |code| code.0.len())),
		}
	}
}

fn saturated(count: usize) -> u32 {
	u32::try_from(count).unwrap_or(u32::MAX)
}

/// Weight of a candidate that is offered: its judgement and its votes, not its later enactment.
///
/// Cost: encodes the candidate's size, linear in its messages.
pub(crate) fn candidate<W: WeightInfo>(backed: &BackedCandidate) -> Weight {
	sum(
		W::candidate(),
		[
			(W::vote(), backed.validity_votes.len()),
			(W::candidate_byte(), backed.encoded_size()),
		],
	)
}

/// Weight of the votes of one dispute.
pub(crate) fn dispute<W: WeightInfo>(dispute: &DisputeStatementSet) -> Weight {
	sum(Weight::zero(), [(W::dispute_vote(), dispute.statements.len())])
}

/// Weight of enacting a candidate with such outputs (R-ENA-4).
pub(crate) fn enactment<W: WeightInfo>(outputs: &OutputSizes) -> Weight {
	sum(
		W::enactment(),
		[
			(W::upward_message(), outputs.upward_messages as usize),
			(W::upward_byte(), outputs.upward_bytes as usize),
			(W::horizontal_message(), outputs.horizontal_messages as usize),
			(W::horizontal_byte(), outputs.horizontal_bytes as usize),
			(W::downward_message(), outputs.downward_messages as usize),
			(W::code_byte(), outputs.code_bytes as usize),
		],
	)
}

fn sum<const N: usize>(fixed: Weight, parts: [(Weight, usize); N]) -> Weight {
	parts.into_iter().fold(fixed, |sum, (weight, count)| {
		sum.saturating_add(weight.saturating_mul(count as u64))
	})
}
