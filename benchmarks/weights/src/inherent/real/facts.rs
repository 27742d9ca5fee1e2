//! Inherents that Polkadot had, counted.
//!
//! `runtime-tests/conformance` includes this file as well, and counts again where the blocks are at hand.

#![allow(unreachable_pub)] // once a module of a program, once of a test

/// What an inherent of Polkadot held, and what the chain booked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealInherent {
	/// Number of the block.
	pub block: u32,
	/// Day on which it was made, by the slot of its parent.
	pub day: &'static str,
	/// Cores: bits of each bitfield.
	pub cores: u32,
	/// Validators of the session: five for each core.
	pub validators: u32,
	/// Bitfields.
	pub bitfields: u32,
	/// Candidates that were backed.
	pub candidates: u32,
	/// Votes of all of them.
	pub votes: u32,
	/// Upward messages of all of them, without signals.
	pub upward_messages: u32,
	/// Horizontal messages of all of them.
	pub horizontal_messages: u32,
	/// Downward messages that all of them processed.
	pub downward_messages: u32,
	/// Candidates with new code.
	pub code_upgrades: u32,
	/// Votes in disputes.
	pub dispute_votes: u32,
	/// Candidates that were enacted: events `CandidateIncluded` of the block.
	pub enacted: u32,
	/// Bytes of the inherent.
	pub bytes: u32,
	/// What the chain booked after it was executed, in picoseconds: `refTime` of the event `ExtrinsicSuccess`.
	pub booked: u64,
}

/// One inherent by the weights of early 2025, and one by those of later that year.
pub const REAL: [RealInherent; 2] = [
	RealInherent {
		block: 24_500_001,
		day: "2025-01-29",
		cores: 100,
		validators: 500,
		bitfields: 497,
		candidates: 29,
		votes: 144,
		upward_messages: 0,
		horizontal_messages: 0,
		downward_messages: 0,
		code_upgrades: 0,
		dispute_votes: 0,
		enacted: 20,
		bytes: 68_169,
		booked: 650_935_436_381,
	},
	RealInherent {
		block: 28_490_503,
		day: "2025-11-04",
		cores: 120,
		validators: 600,
		bitfields: 596,
		candidates: 28,
		votes: 135,
		upward_messages: 1,
		horizontal_messages: 0,
		downward_messages: 0,
		code_upgrades: 0,
		dispute_votes: 0,
		enacted: 30,
		bytes: 75_675,
		booked: 303_271_364_741,
	},
];
