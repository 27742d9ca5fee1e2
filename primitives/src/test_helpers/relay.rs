//! A relay chain of numbered blocks, as the cores of a node hear of it.

use crate::{
	AsyncBackingParams, BackingState, BlockNumber, Constraints, CoreIndex, GroupRotationInfo, Hash, HeadData,
	LeafFacts, ParaAtLeaf, ParaId, RelayChainBlockInfo, Slot, ValidationCodeHash, ValidatorIndex,
};
use alloc::{collections::BTreeMap, vec, vec::Vec};

/// The para of the leaves.
pub const PARA: ParaId = ParaId(2000);
/// Its code.
pub const CODE: ValidationCodeHash = ValidationCodeHash(Hash::repeat_byte(6));
/// Largest proof of validity, in bytes.
pub const MAX_POV: u32 = 5 * 1024 * 1024;
/// Slot of relay block 0; each block has the next.
pub const FIRST_SLOT: Slot = 1000;

/// Head before the para's first block.
pub fn genesis() -> HeadData {
	HeadData(vec![0])
}

/// A relay block.
pub fn relay_block(number: BlockNumber) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(number.into()),
		number,
		storage_root: Hash::from_low_u64_be(1000 + u64::from(number)),
	}
}

/// A leaf at which `included` is included and nothing is pending, with this many cores for the para, each with claims of
/// three blocks and a group of three validators that rotates every five blocks. No messages, and none may be sent but signals.
pub fn leaf(number: BlockNumber, params: AsyncBackingParams, cores: u32, included: &HeadData) -> LeafFacts {
	let oldest = number.saturating_sub(params.allowed_ancestry_len);
	let constraints = Constraints {
		min_relay_parent_number: oldest,
		max_pov_size: MAX_POV,
		max_code_size: 100,
		max_head_data_size: 100,
		ump_remaining: 0,
		ump_remaining_bytes: 0,
		max_ump_num_per_candidate: 0,
		dmp_remaining_messages: vec![],
		hrmp_inbound: Default::default(),
		hrmp_channels_out: vec![],
		max_hrmp_num_per_candidate: 0,
		required_parent: included.clone(),
		validation_code_hash: CODE,
		upgrade_restriction: None,
		future_validation_code: None,
	};
	let at_leaf = ParaAtLeaf {
		backing_state: BackingState {
			constraints,
			pending_availability: vec![],
		},
		extension: None,
	};
	let members = |group: u32| (3 * group..3 * group + 3).map(ValidatorIndex).collect::<Vec<_>>();
	LeafFacts {
		slot: FIRST_SLOT + u64::from(number),
		session_index: 1,
		params,
		ancestors: (oldest..number).rev().map(relay_block).collect(),
		groups: (0..cores).map(members).collect(),
		rotation: GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 5,
			now: number + 1,
		},
		claim_queue: (0..cores)
			.map(|core| (CoreIndex(core), vec![PARA; 3].into()))
			.collect(),
		paras: BTreeMap::from([(PARA, at_leaf)]),
		..LeafFacts::new(relay_block(number), relay_block(number.saturating_sub(1)).hash)
	}
}
