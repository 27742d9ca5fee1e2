//! Where somebody has a value from.

use async_backing_primitives::{BlockNumber, CandidateHash};
use core::fmt;

/// Who executes a parablock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
	/// Builds it (R-COL-2).
	Collator,
	/// Is the first to check it, before it is on-chain (R-COL-3).
	Backer,
	/// Checks it again when it is included (R-COL-4).
	Approver,
}

impl fmt::Display for Role {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.pad(match self {
			Self::Collator => "collator",
			Self::Backer => "backer",
			Self::Approver => "approver",
		})
	}
}

/// Where somebody has a value from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
	/// Its own choice: the best relay block that it has imported (R-COL-2).
	BestRelayBlock,
	/// The block so many before that one.
	BehindBest(u32),
	/// Its own choice: the search for the parablock to build on (R-PAR-2).
	ParentSearch,
	/// What the collator says when it offers the block. Nobody is believed: all that follows from it is looked up (R-COL-3).
	Advertisement,
	/// The header of the relay block with this number.
	Header(BlockNumber),
	/// The state of the relay chain after the block with this number.
	State(BlockNumber),
	/// The output of this candidate. It is pending availability, so the state of the relay chain tells it.
	Pending(CandidateHash),
	/// The output of this candidate, which a validator of its group seconded or the whole of it backs.
	Seconded(CandidateHash),
	/// The output of this candidate, which the collator built or executed itself.
	Executed(CandidateHash),
	/// The descriptor of the candidate itself.
	Descriptor,
	/// Data recovered from the validators' chunks, which code to the erasure root of the descriptor (R-AVL-5).
	Availability,
	/// The state of any later relay block, asked by hash (R-CODE-9).
	CodeByHash,
}

impl Source {
	/// The candidate that it speaks of.
	pub const fn candidate(&self) -> Option<CandidateHash> {
		match self {
			Self::Pending(hash) | Self::Seconded(hash) | Self::Executed(hash) => Some(*hash),
			_ => None,
		}
	}

	/// Whether the relay chain's state or headers are needed for it.
	pub const fn is_relay_chain(&self) -> bool {
		matches!(self, Self::Header(_) | Self::State(_) | Self::Pending(_))
	}
}

/// In words, without the candidate's hash.
impl fmt::Display for Source {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::BestRelayBlock => f.write_str("best relay block"),
			Self::BehindBest(1) => f.write_str("1 block behind the best"),
			Self::BehindBest(blocks) => write!(f, "{blocks} blocks behind the best"),
			Self::ParentSearch => f.write_str("parent search"),
			Self::Advertisement => f.write_str("advertisement"),
			Self::Header(number) => write!(f, "header of {number}"),
			Self::State(number) => write!(f, "state of {number}"),
			Self::Pending(_) => f.write_str("output of a pending candidate"),
			Self::Seconded(_) => f.write_str("output of a seconded candidate"),
			Self::Executed(_) => f.write_str("output of an own block"),
			Self::Descriptor => f.write_str("descriptor"),
			Self::Availability => f.write_str("availability"),
			Self::CodeByHash => f.write_str("code by hash"),
		}
	}
}

/// A value, and where somebody has it from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<T> {
	/// The value.
	pub value: T,
	/// Where it is from.
	pub source: Source,
}

impl<T> Known<T> {
	/// A value from there.
	pub const fn new(value: T, source: Source) -> Self {
		Self { value, source }
	}
}
