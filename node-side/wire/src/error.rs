//! Why bytes are no message.

use crate::Cost;
use async_backing_primitives::Hash;

/// Bytes that are not the message that they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {fault} (byte {offset})")]
pub struct DecodeError {
	/// What they should be.
	pub message: &'static str,
	/// How many bytes were read before the fault was seen.
	pub offset: usize,
	/// What is wrong.
	#[source]
	pub fault: Fault,
	/// What it costs the sender.
	pub cost: Cost,
}

/// What is wrong with an encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
	/// The message is longer than its protocol allows; nothing was read.
	#[error("{got} bytes, but at most {limit} are allowed")]
	TooLong {
		/// Most bytes.
		limit: usize,
		/// Bytes that came.
		got: usize,
	},
	/// The message ends early. A declared length counts before anything of it is read.
	#[error("{expected} more bytes are needed, but {got} are left")]
	Truncated {
		/// Bytes that the next value, or the whole of a declared list, has at least.
		expected: usize,
		/// Bytes that are left.
		got: usize,
	},
	/// The message is over, the bytes are not (R-NET-54).
	#[error("{got} bytes follow, but none are expected")]
	TrailingBytes {
		/// Bytes that are left.
		got: usize,
	},
	/// An index that names none of the alternatives (R-NET-69).
	#[error("{what} {got} is none of {expected:?}")]
	UnknownIndex {
		/// What the index chooses.
		what: &'static str,
		/// Those that there are.
		expected: &'static [u8],
		/// The one that came.
		got: u8,
	},
	/// A list, a bit list or a byte string is longer than allowed. Nothing was reserved for it.
	#[error("{got} {what}, but at most {limit} are allowed")]
	TooMany {
		/// What is counted.
		what: &'static str,
		/// Most of them.
		limit: usize,
		/// Declared number.
		got: usize,
	},
	/// A list, a bit list or a byte string is shorter than allowed.
	#[error("{got} {what}, but at least {expected} are needed")]
	TooFew {
		/// What is counted.
		what: &'static str,
		/// Fewest of them.
		expected: usize,
		/// Declared number.
		got: usize,
	},
	/// Two bit lists about one group differ in length.
	#[error("{got} {what}, but the other list has {expected}")]
	UnequalBits {
		/// What is counted.
		what: &'static str,
		/// Bits of the first list.
		expected: usize,
		/// Bits of the second.
		got: usize,
	},
	/// The bits behind the last one of a bit list are not zero, so that one value would have several encodings.
	#[error("{what} end in {got:#010b}, whose bits behind the last one must be zero")]
	StrayBits {
		/// What the bits are.
		what: &'static str,
		/// The last byte.
		got: u8,
	},
	/// A bit list that names indices ends in a zero, so that one value would have several encodings (R-NET-95).
	#[error("the last of {got} {what} is zero")]
	LastBitZero {
		/// What the bits are.
		what: &'static str,
		/// How many there are.
		got: usize,
	},
	/// Heads of a view are not strictly ascending (R-NET-55).
	#[error("head {got} follows {before}, but heads ascend (R-NET-55)")]
	UnsortedHeads {
		/// A head.
		before: Hash,
		/// The one behind it.
		got: Hash,
	},
	/// Half of a VRF proof is no scalar: 32 bytes, least significant first, below the order of the group (R-NET-95).
	#[error("{what} of the VRF proof is not below the order of the group (R-NET-95)")]
	NoScalar {
		/// Which half.
		what: &'static str,
	},
	/// Collections nest deeper than in any message.
	#[error("collections nest {got} deep, but at most {limit} are allowed")]
	TooDeep {
		/// Deepest nesting.
		limit: u32,
		/// Depth that was entered.
		got: u32,
	},
	/// Decoding would reserve more memory than the message justifies. Nothing of the excess was reserved.
	#[error("{got} bytes of memory, but at most {limit} are allowed for this length")]
	TooMuchMemory {
		/// Most bytes, [`MAX_MEMORY_PER_BYTE`](crate::MAX_MEMORY_PER_BYTE) for each byte of the message.
		limit: usize,
		/// Bytes that would have been reserved in all.
		got: usize,
	},
	/// A value of the primitives does not decode.
	#[error("no {what}: {cause}")]
	Malformed {
		/// What was expected.
		what: &'static str,
		/// What its decoding says.
		#[cfg_attr(feature = "std", source)]
		cause: codec::Error,
	},
}
