//! Identifiers and hashes, each a type of its own.
//!
//! A core index cannot pass for a group index, nor a candidate hash for a code hash. All of them encode as the
//! bare integer or hash (PROTOCOL.md, section 14), so the distinction costs nothing on the wire.

use codec::{CompactAs, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use sp_core::H256;

/// Number of a relay-chain block.
pub type BlockNumber = u32;
/// A 32-byte hash. Which function made it is said where it is used (R-BIN-32).
pub type Hash = H256;
/// The hash function of the relay chain's headers, state and candidates.
pub type Hashing = sp_runtime::traits::BlakeTwo256;
/// A relay-chain header.
pub type Header = sp_runtime::generic::Header<BlockNumber, Hashing>;
/// Index of a session, counted from genesis.
pub type SessionIndex = u32;
/// A relay-chain slot, in units of the slot duration since the Unix epoch.
pub type Slot = u64;

macro_rules! index {
	($(#[$doc:meta])* $name:ident) => {
		$(#[$doc])*
		#[derive(
			Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
			Encode, Decode, DecodeWithMemTracking, CompactAs, MaxEncodedLen, TypeInfo,
		)]
		#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
		pub struct $name(pub u32);

		impl From<u32> for $name {
			fn from(index: u32) -> Self {
				Self(index)
			}
		}

		impl From<$name> for u32 {
			fn from(index: $name) -> Self {
				index.0
			}
		}

		impl $name {
			/// The index as a `usize`, for looking things up in slices.
			pub const fn as_usize(self) -> usize {
				self.0 as usize
			}
		}

		impl fmt::Display for $name {
			fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				self.0.fmt(f)
			}
		}
	};
}

index! {
	/// Identifies a parachain (R-GLO-1).
	ParaId
}
index! {
	/// Position of an availability core (R-GLO-12).
	CoreIndex
}
index! {
	/// Position of a backing group among the groups of a session (R-GLO-12).
	GroupIndex
}
index! {
	/// Position of a validator in the shuffled set of a session.
	ValidatorIndex
}

macro_rules! hash {
	($(#[$doc:meta])* $name:ident) => {
		$(#[$doc])*
		#[derive(
			Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
			Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
		)]
		#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
		pub struct $name(pub H256);

		impl From<H256> for $name {
			fn from(hash: H256) -> Self {
				Self(hash)
			}
		}

		impl AsRef<[u8]> for $name {
			fn as_ref(&self) -> &[u8] {
				self.0.as_bytes()
			}
		}

		impl fmt::Debug for $name {
			fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				write!(f, concat!(stringify!($name), "({:?})"), self.0)
			}
		}

		impl fmt::Display for $name {
			fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				fmt::Display::fmt(&self.0, f)
			}
		}
	};
}

hash! {
	/// Identity of a candidate: the Blake2-256 hash of its plain receipt (R-GLO-2).
	CandidateHash
}
hash! {
	/// Blake2-256 hash of the raw bytes of a validation code (R-BIN-32).
	ValidationCodeHash
}
hash! {
	/// Blake2-256 hash of the raw bytes of a head data (R-BIN-32).
	HeadHash
}
