//! Well-known keys of relay-chain state (PROTOCOL.md, section 16).
//!
//! Parachains read these through storage proofs, so the names of pallets and storage items behind them are protocol.

use crate::ParaId;
use alloc::vec::Vec;
use codec::Encode;
use hex_literal::hex;
use sp_io::hashing::twox_64;

/// The host configuration (R-KEY-1).
pub const ACTIVE_CONFIG: [u8; 32] = hex!("06de3d8a54d27e44a9d5ce189618f22db4b49d95320d9021994c850f25b8e385");
/// Map from para to included head (R-KEY-2).
pub const PARAS_HEADS: [u8; 32] = hex!("cd710b30bd2eab0352ddcc26417aa1941b3c252fcb29d88eff4f3de5de4476c3");
/// Map from para to go-ahead signal (R-KEY-3).
pub const UPGRADE_GO_AHEAD_SIGNAL: [u8; 32] =
	hex!("cd710b30bd2eab0352ddcc26417aa1949e94c040f5e73d9b7addd6cb603d15d3");
/// Map from para to restriction signal (R-KEY-3).
pub const UPGRADE_RESTRICTION_SIGNAL: [u8; 32] =
	hex!("cd710b30bd2eab0352ddcc26417aa194f27bbb460270642b5bcaf032ea04d56a");
/// Map from para to the head of its downward message chain (R-KEY-4).
pub const DOWNWARD_MESSAGE_QUEUE_HEADS: [u8; 32] =
	hex!("63f78c98723ddc9073523ef3beefda0c4d7fefc408aac59dbfe80a72ac8e3ce5");
/// Map from sender and recipient to channel (R-KEY-5).
pub const HRMP_CHANNELS: [u8; 32] = hex!("6a0da05ca59913bc38a8630590f2627cb6604cff828a6e3f579ca6c59ace013d");
/// Map from para to those that send to it (R-KEY-6).
pub const HRMP_INGRESS_CHANNELS_INDEX: [u8; 32] =
	hex!("6a0da05ca59913bc38a8630590f2627c1d3719f5b0b12c7105c073c507445948");
/// Map from para to those that it sends to (R-KEY-6).
pub const HRMP_EGRESS_CHANNELS_INDEX: [u8; 32] =
	hex!("6a0da05ca59913bc38a8630590f2627cf12b746dcf32e843354583c9702cc020");
/// Map from para to messages and bytes in its upward queue (R-KEY-8).
pub const RELAY_DISPATCH_QUEUE_SIZE: [u8; 32] =
	hex!("f5207f03cfdce586301014700e2c2593fad157e461d71fd4c1f936839a5f1f3e");
/// Current slot of BABE (R-KEY-9).
pub const CURRENT_SLOT: [u8; 32] = hex!("1cb6f36e027abb2091cfb5110ab5087f06155b3cd9a8c9e5e9a23fd5dc13a5ed");

/// What the raw keys of remaining capacities begin with (R-KEY-7).
pub const RELAY_DISPATCH_QUEUE_REMAINING_CAPACITY: &[u8] = b":relay_dispatch_queue_remaining_capacity";

/// Key of a map entry: prefix, twox64 of the encoded key, encoded key.
pub fn map_key(prefix: &[u8; 32], key: &impl Encode) -> Vec<u8> {
	let encoded = key.encode();
	[prefix.as_slice(), &twox_64(&encoded), &encoded].concat()
}

/// Raw key of the messages and bytes that a para may still send upward (R-KEY-7).
pub fn relay_dispatch_queue_remaining_capacity(para: ParaId) -> Vec<u8> {
	[RELAY_DISPATCH_QUEUE_REMAINING_CAPACITY, &para.encode()].concat()
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_io::hashing::twox_128;

	#[test]
	fn r_key_prefixes_follow_from_the_names() {
		let rows = [
			("R-KEY-1", "Configuration", "ActiveConfig", ACTIVE_CONFIG),
			("R-KEY-2", "Paras", "Heads", PARAS_HEADS),
			(
				"R-KEY-3",
				"Paras",
				"UpgradeGoAheadSignal",
				UPGRADE_GO_AHEAD_SIGNAL,
			),
			(
				"R-KEY-3",
				"Paras",
				"UpgradeRestrictionSignal",
				UPGRADE_RESTRICTION_SIGNAL,
			),
			(
				"R-KEY-4",
				"Dmp",
				"DownwardMessageQueueHeads",
				DOWNWARD_MESSAGE_QUEUE_HEADS,
			),
			("R-KEY-5", "Hrmp", "HrmpChannels", HRMP_CHANNELS),
			(
				"R-KEY-6",
				"Hrmp",
				"HrmpIngressChannelsIndex",
				HRMP_INGRESS_CHANNELS_INDEX,
			),
			(
				"R-KEY-6",
				"Hrmp",
				"HrmpEgressChannelsIndex",
				HRMP_EGRESS_CHANNELS_INDEX,
			),
			(
				"R-KEY-8",
				"Ump",
				"RelayDispatchQueueSize",
				RELAY_DISPATCH_QUEUE_SIZE,
			),
			("R-KEY-9", "Babe", "CurrentSlot", CURRENT_SLOT),
		];
		for (rule, pallet, item, prefix) in rows {
			assert_eq!(
				[twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat(),
				prefix,
				"{rule}: {item}"
			);
		}
	}

	#[test]
	fn r_key_7_the_raw_key_ends_with_the_para() {
		let key = relay_dispatch_queue_remaining_capacity(ParaId(1000));
		let expected = [
			b":relay_dispatch_queue_remaining_capacity".as_slice(),
			&[0xe8, 3, 0, 0],
		]
		.concat();
		assert_eq!(key, expected, "R-KEY-7");
	}

	#[test]
	fn r_key_2_map_keys_hash_and_repeat_the_key() {
		// twox64 of 0xe8030000, as every explorer shows it for para 1000.
		let expected = [
			PARAS_HEADS.as_slice(),
			&hex!("b6ff6f7d467b87a9"),
			&[0xe8, 3, 0, 0],
		]
		.concat();
		assert_eq!(map_key(&PARAS_HEADS, &ParaId(1000)), expected, "R-KEY-2");
	}
}
