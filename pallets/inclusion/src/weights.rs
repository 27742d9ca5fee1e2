//! Weight of the inherent, component by component.

use alloc::collections::BTreeSet;
use async_backing_primitives::{ParachainsInherentData, MAX_CORES};
use codec::Encode;
use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight};

/// Weights of what an inherent carries, each without the cost of an empty one. `()` answers with estimates that are
/// meant to be too high.
pub trait WeightInfo {
	/// An inherent that carries nothing: window, claim queue, list of pending candidates.
	fn empty_inherent() -> Weight;
	/// A bitfield: one signature, one bit for each core.
	fn bitfield() -> Weight;
	/// A candidate without its votes: constraints of its para, two writes, an event.
	fn candidate() -> Weight;
	/// A backing vote: one signature.
	fn vote() -> Weight;
	/// A kibibyte of candidates, encoded: hashed, copied and stored.
	fn kibibyte() -> Weight;
	/// A vote in a dispute: one signature.
	fn dispute_vote() -> Weight;
	/// The enactment of a candidate: its effects on all ports.
	fn enactment() -> Weight;
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

	fn kibibyte() -> Weight {
		micros(10)
	}

	fn dispute_vote() -> Weight {
		micros(150)
	}

	fn enactment() -> Weight {
		micros(2_000)
	}

	fn on_finalize() -> Weight {
		micros(125)
	}
}

/// Reference time alone: a relay chain has nobody to prove its state to.
fn micros(micros: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(WEIGHT_REF_TIME_PER_MICROS), 0)
}

/// Weight of an inherent, linear in what it carries.
///
/// Enactments are charged for each core that some bitfield speaks of: only there can a candidate become available, or
/// become the one that others were waiting for.
pub(crate) fn inherent<W: WeightInfo>(data: &ParachainsInherentData) -> Weight {
	let mut attested = BTreeSet::new();
	for bitfield in &data.bitfields {
		attested.extend(
			bitfield
				.payload
				.0
				.iter_ones()
				.take_while(|core| *core < MAX_CORES as usize),
		);
	}
	let votes = data
		.backed_candidates
		.iter()
		.map(|backed| backed.validity_votes.len())
		.sum();
	let kibibytes = data.backed_candidates.encoded_size().div_ceil(1024);
	let dispute_votes = data.disputes.iter().map(|dispute| dispute.statements.len()).sum();
	[
		(W::bitfield(), data.bitfields.len()),
		(W::candidate(), data.backed_candidates.len()),
		(W::vote(), votes),
		(W::kibibyte(), kibibytes),
		(W::dispute_vote(), dispute_votes),
		(W::enactment(), attested.len()),
	]
	.into_iter()
	.fold(W::empty_inherent(), |sum, (weight, count)| {
		sum.saturating_add(weight.saturating_mul(count as u64))
	})
}
