//! Weight of the inherent, component by component.
//!
//! The cost of an inherent is linear in what it carries and in what it sets free. [`WeightInfo`] is what benchmarks
//! measure: whole inherents with so many of one component. [`UnitWeights`] takes from that what one more unit adds,
//! without the inherent around it (R-WGT-6), and the functions here add units up.

use crate::OutputSizes;
use alloc::vec::Vec;
use async_backing_primitives::{
	upward_messages_before_separator, BackedCandidate, CandidateCommitments, DisputeStatementSet,
};
use codec::Encode;
use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight};

/// Candidates of the inherent that [`WeightInfo::enter_votes`] is about: one alone would drown in what is around it.
pub const CANDIDATES_WITH_VOTES: u32 = 20;

/// Weights of whole inherents, as benchmarks measure them. `()` answers with estimates that are meant to be too high.
pub trait WeightInfo {
	/// An inherent with `b` bitfields about all cores.
	fn enter_bitfields(b: u32) -> Weight;
	/// An inherent with `c` candidates, of one vote each.
	fn enter_candidates(c: u32) -> Weight;
	/// An inherent with [`CANDIDATES_WITH_VOTES`] candidates, of `v` votes each.
	fn enter_votes(v: u32) -> Weight;
	/// An inherent with one candidate that is `n` bytes larger than it need be.
	fn enter_candidate_bytes(n: u32) -> Weight;
	/// An inherent that enacts `e` candidates without outputs.
	fn enact_candidates(e: u32) -> Weight;
	/// An inherent that enacts a candidate with `m` upward messages.
	fn enact_upward_messages(m: u32) -> Weight;
	/// An inherent that enacts a candidate with an upward message of `n` bytes.
	fn enact_upward_bytes(n: u32) -> Weight;
	/// An inherent that enacts a candidate with `h` horizontal messages.
	fn enact_horizontal_messages(h: u32) -> Weight;
	/// An inherent that enacts a candidate with a horizontal message of `n` bytes.
	fn enact_horizontal_bytes(n: u32) -> Weight;
	/// An inherent that enacts a candidate that processed `d` downward messages.
	fn enact_downward_messages(d: u32) -> Weight;
	/// An inherent that enacts a candidate which announces code of `n` bytes.
	fn enact_code_bytes(n: u32) -> Weight;
	/// An inherent in which `t` candidates time out.
	fn time_out_candidates(t: u32) -> Weight;
	/// Checking at the end of a block that there was an inherent.
	fn on_finalize() -> Weight;
}

impl WeightInfo for () {
	fn enter_bitfields(b: u32) -> Weight {
		estimate(100_000, b)
	}

	fn enter_candidates(c: u32) -> Weight {
		estimate(1_580_000, c)
	}

	fn enter_votes(v: u32) -> Weight {
		estimate(80_000, v.saturating_mul(CANDIDATES_WITH_VOTES))
	}

	fn enter_candidate_bytes(n: u32) -> Weight {
		estimate(10, n)
	}

	fn enact_candidates(e: u32) -> Weight {
		estimate(1_500_000, e)
	}

	fn enact_upward_messages(m: u32) -> Weight {
		estimate(50_000, m)
	}

	fn enact_upward_bytes(n: u32) -> Weight {
		estimate(5, n)
	}

	fn enact_horizontal_messages(h: u32) -> Weight {
		estimate(100_000, h)
	}

	fn enact_horizontal_bytes(n: u32) -> Weight {
		estimate(5, n)
	}

	fn enact_downward_messages(d: u32) -> Weight {
		estimate(30_000, d)
	}

	fn enact_code_bytes(n: u32) -> Weight {
		estimate(5, n)
	}

	fn time_out_candidates(t: u32) -> Weight {
		estimate(300_000, t)
	}

	fn on_finalize() -> Weight {
		nanos(125_000)
	}
}

/// Two milliseconds for the inherent itself, and so many nanoseconds for each unit.
fn estimate(unit_nanos: u64, units: u32) -> Weight {
	nanos(2_000_000).saturating_add(nanos(unit_nanos).saturating_mul(u64::from(units)))
}

fn nanos(nanos: u64) -> Weight {
	Weight::from_parts(nanos.saturating_mul(WEIGHT_REF_TIME_PER_MICROS / 1_000), 0)
}

/// What one more unit adds to an inherent. Reference time alone: a relay chain has nobody to prove its state to.
///
/// Cost: a few additions each.
pub trait UnitWeights: WeightInfo {
	/// An inherent that carries nothing: window, claim queue, list of pending candidates.
	fn empty_inherent() -> Weight {
		time(Self::enter_bitfields(0))
	}

	/// A bitfield: one signature, one bit for each core.
	fn bitfield() -> Weight {
		one_more(Self::enter_bitfields)
	}

	/// A candidate without its votes and its bytes: constraints of its para, two writes, an event.
	fn candidate() -> Weight {
		one_more(Self::enter_candidates).saturating_sub(Self::vote())
	}

	/// A backing vote: one signature.
	fn vote() -> Weight {
		one_more(Self::enter_votes) / u64::from(CANDIDATES_WITH_VOTES)
	}

	/// A byte of an encoded candidate: decoded, hashed, copied and stored.
	fn candidate_byte() -> Weight {
		one_more(Self::enter_candidate_bytes)
	}

	/// A vote in a dispute: one signature, and as much again for what the disputes port does with it.
	fn dispute_vote() -> Weight {
		Self::vote().saturating_mul(2)
	}

	/// The enactment of a candidate without outputs.
	fn enactment() -> Weight {
		one_more(Self::enact_candidates)
	}

	/// An upward message that is enacted, without its bytes.
	fn upward_message() -> Weight {
		one_more(Self::enact_upward_messages)
	}

	/// A byte of an upward message that is enacted.
	fn upward_byte() -> Weight {
		one_more(Self::enact_upward_bytes)
	}

	/// A horizontal message that is enacted, without its bytes.
	fn horizontal_message() -> Weight {
		one_more(Self::enact_horizontal_messages)
	}

	/// A byte of a horizontal message that is enacted.
	fn horizontal_byte() -> Weight {
		one_more(Self::enact_horizontal_bytes)
	}

	/// A downward message that enactment takes from its queue.
	fn downward_message() -> Weight {
		one_more(Self::enact_downward_messages)
	}

	/// A byte of new code that enactment schedules.
	fn code_byte() -> Weight {
		one_more(Self::enact_code_bytes)
	}

	/// A candidate that times out.
	fn timeout() -> Weight {
		one_more(Self::time_out_candidates)
	}

	/// A candidate that a dispute evicts: what a time-out does, but for the event.
	fn eviction() -> Weight {
		Self::timeout()
	}
}

impl<W: WeightInfo> UnitWeights for W {}

/// What the second unit adds to the first: the benchmark of some components begins with one.
fn one_more(inherent_with: impl Fn(u32) -> Weight) -> Weight {
	time(inherent_with(2).saturating_sub(inherent_with(1)))
}

fn time(weight: Weight) -> Weight {
	Weight::from_parts(weight.ref_time(), 0)
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
pub(crate) fn candidate<W: UnitWeights>(backed: &BackedCandidate) -> Weight {
	sum(
		W::candidate(),
		[
			(W::vote(), backed.validity_votes.len()),
			(W::candidate_byte(), backed.encoded_size()),
		],
	)
}

/// Weight of the votes of one dispute.
pub(crate) fn dispute<W: UnitWeights>(dispute: &DisputeStatementSet) -> Weight {
	sum(Weight::zero(), [(W::dispute_vote(), dispute.statements.len())])
}

/// Weight of enacting a candidate with such outputs (R-ENA-4).
pub(crate) fn enactment<W: UnitWeights>(outputs: &OutputSizes) -> Weight {
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
