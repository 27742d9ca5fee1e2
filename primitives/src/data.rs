//! The opaque payloads of a parachain: head data, code, block data, witness and messages.
//!
//! None of these has an inner structure that the relay chain knows. Their sizes are bounded by the host
//! configuration, which is checked where they arrive.

use crate::{HeadHash, ParaId, ValidationCodeHash};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::fmt;
use scale_info::TypeInfo;

macro_rules! bytes {
	($(#[$doc:meta])* $name:ident) => {
		$(#[$doc])*
		#[derive(
			Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, DecodeWithMemTracking, TypeInfo,
		)]
		#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
		pub struct $name(#[cfg_attr(feature = "serde", serde(with = "sp_core::bytes"))] pub Vec<u8>);

		impl From<Vec<u8>> for $name {
			fn from(bytes: Vec<u8>) -> Self {
				Self(bytes)
			}
		}

		impl AsRef<[u8]> for $name {
			fn as_ref(&self) -> &[u8] {
				&self.0
			}
		}

		impl fmt::Debug for $name {
			fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				write!(f, concat!(stringify!($name), "({:?})"), sp_core::hexdisplay::HexDisplay::from(&self.0))
			}
		}
	};
}

bytes! {
	/// Commits to the latest state of a parachain (R-GLO-1). At most `max_head_data_size` bytes.
	HeadData
}
bytes! {
	/// The Wasm blob that validates blocks of a parachain. At most `max_code_size` bytes.
	ValidationCode
}
bytes! {
	/// What a collator hands to the validation function: a block and the witness to re-execute it.
	BlockData
}

impl HeadData {
	/// Hash of the raw bytes, without a length prefix (R-BIN-32). Cost: linear in the length.
	pub fn hash(&self) -> HeadHash {
		HeadHash(crate::hash_bytes(&self.0))
	}
}

impl ValidationCode {
	/// Hash of the raw bytes, without a length prefix (R-BIN-32). Cost: linear in the length.
	pub fn hash(&self) -> ValidationCodeHash {
		ValidationCodeHash(crate::hash_bytes(&self.0))
	}
}

/// Proof of validity: all that is needed to re-execute a candidate (R-GLO-15).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PoV {
	/// The block and its witness, as the validation function reads it.
	pub block_data: BlockData,
}

impl PoV {
	/// Hash of the SCALE encoding (R-BIN-32). Cost: linear in the length.
	pub fn hash(&self) -> crate::Hash {
		crate::hash_of(self)
	}
}

/// A message from a parachain to the relay chain. An empty one separates messages from signals (R-UMP-3).
pub type UpwardMessage = Vec<u8>;

/// A message from the relay chain to a parachain.
pub type DownwardMessage = Vec<u8>;

/// A downward message as it waits in its queue.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InboundDownwardMessage {
	/// Relay block in which the message was sent.
	pub sent_at: crate::BlockNumber,
	/// The message.
	pub msg: DownwardMessage,
}

/// A horizontal message as its recipient finds it in the channel.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InboundHrmpMessage {
	/// Relay block in which the message was enacted.
	pub sent_at: crate::BlockNumber,
	/// The message.
	pub data: Vec<u8>,
}

/// A horizontal message as its sender commits to it.
#[derive(
	Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, DecodeWithMemTracking, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OutboundHrmpMessage {
	/// The parachain that shall receive the message.
	pub recipient: ParaId,
	/// The message.
	pub data: Vec<u8>,
}

/// The relay chain's answer to an announced code upgrade (R-CODE-3, R-BIN-21).
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, codec::MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum UpgradeGoAhead {
	/// The announced code was rejected and is forgotten.
	Abort,
	/// The announced code applies from the next candidate on.
	GoAhead,
}

/// Says that a parachain may not announce a code upgrade now (R-CODE-2).
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, codec::MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum UpgradeRestriction {
	/// An upgrade is in progress or its cooldown has not passed.
	Present,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Hash;
	use alloc::vec;
	use hex_literal::hex;

	#[test]
	fn r_bin_32_golden_hashes_of_raw_bytes() {
		let head = hex!("b9a7b866cdb0df5d6eacf2c0f43ab30a7940cf259b1beaaa954bb79d89fab58e");
		assert_eq!(
			HeadData(vec![0xaa, 0xbb]).hash(),
			HeadHash(Hash::from(head)),
			"R-BIN-32"
		);
		let code = hex!("11c0e79b71c3976ccd0c02d1310e2516c08edc9d8b6f57ccd680d63a4d8e72da");
		let hash = ValidationCodeHash(Hash::from(code));
		assert_eq!(ValidationCode(vec![1, 2, 3]).hash(), hash, "R-BIN-32");
	}

	#[test]
	fn r_bin_32_a_proof_of_validity_is_hashed_with_its_length() {
		let pov = PoV {
			block_data: BlockData(vec![1, 2, 3]),
		};
		let encoded = [0x0c, 1, 2, 3];
		assert_eq!(pov.encode(), encoded, "R-BIN-32");
		assert_eq!(
			pov.hash(),
			sp_io::hashing::blake2_256(&encoded).into(),
			"R-BIN-32"
		);
	}

	#[test]
	fn r_bin_21_and_2_upgrade_signals() {
		assert_eq!(UpgradeGoAhead::Abort.encode(), [0], "R-BIN-21");
		assert_eq!(UpgradeGoAhead::GoAhead.encode(), [1], "R-BIN-21");
		assert_eq!(UpgradeRestriction::Present.encode(), [0], "R-BIN-2");
	}
}
