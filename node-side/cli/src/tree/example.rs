//! A tree for looking at, without a run: honest collators hardly ever fork.

use async_backing_fragment_tree::{
	Candidate, CandidateState, CandidateStorage, FragmentTree, PendingAvailability, Scope, TreeLimits,
};
use async_backing_primitives::{
	CandidateCommitments, CandidateDescriptor, CommittedCandidateReceipt, Constraints, DescriptorFields,
	Hash, HeadData, InboundHrmpLimitations, ParaId, PersistedValidationData, RelayChainBlockInfo,
	ValidationCodeHash,
};

const LEAF: u32 = 20;
const MAX_DEPTH: u32 = 4;
const MAX_POV_SIZE: u32 = 5 << 20;

fn block(number: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: hash(&[b"relay".as_slice(), &number.to_le_bytes()].concat()),
		number,
		storage_root: Hash::zero(),
	}
}

fn hash(bytes: &[u8]) -> Hash {
	HeadData(bytes.to_vec()).hash().0
}

fn code() -> ValidationCodeHash {
	ValidationCodeHash(Hash::repeat_byte(1))
}

/// What a candidate of the example is made of.
#[derive(Clone, Copy)]
struct Place {
	head: u32,
	depth: u32,
	relay_parent: u32,
	is_backed: bool,
}

fn head(number: u32) -> HeadData {
	HeadData(number.to_le_bytes().to_vec())
}

fn candidate(from: u32, to: u32, relay_parent: u32) -> Candidate {
	let relay_parent = block(relay_parent);
	let validation_data = PersistedValidationData {
		parent_head: head(from),
		relay_parent_number: relay_parent.number,
		relay_parent_storage_root: relay_parent.storage_root,
		max_pov_size: MAX_POV_SIZE,
	};
	let commitments = CandidateCommitments {
		head_data: head(to),
		hrmp_watermark: relay_parent.number,
		..Default::default()
	};
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: ParaId(2000),
		relay_parent: relay_parent.hash,
		persisted_validation_data_hash: validation_data.hash(),
		para_head: commitments.head_data.hash(),
		validation_code_hash: code(),
		..Default::default()
	});
	let receipt = CommittedCandidateReceipt {
		descriptor,
		commitments,
	};
	let hash = receipt.hash();
	let parent_head_hash = validation_data.parent_head.hash();
	Candidate::prehashed(hash, parent_head_hash, receipt, validation_data)
}

/// A tree of so many candidates in the real data structure: two pending availability, forks at random, two of three
/// backed where their parents are.
pub(crate) fn tree(candidates: u32, seed: u64) -> FragmentTree {
	let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
	let mut random = move |below: u32| {
		// SplitMix64: all that an example needs.
		state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		((mixed ^ (mixed >> 31)) % u64::from(below.max(1))) as u32
	};
	let root = Place {
		head: 0,
		depth: 0,
		relay_parent: LEAF - 3,
		is_backed: true,
	};
	let mut places = vec![root];
	let mut storage = CandidateStorage::default();
	let mut pending = Vec::new();
	for number in 1..=candidates {
		let open = places.iter().filter(|place| place.depth <= MAX_DEPTH);
		let open: Vec<_> = open.copied().collect();
		let is_pending = number <= 2;
		// Younger places are likelier to be built on.
		let place = match number {
			1 | 2 => places.last().copied().unwrap_or(root),
			_ => {
				let count = open.len() as u32;
				let position = random(count).max(random(count)) as usize;
				open.get(position).copied().unwrap_or(root)
			}
		};
		let relay_parent = if is_pending {
			LEAF - 3
		} else {
			(place.relay_parent + random(3)).min(LEAF)
		};
		let built = candidate(place.head, number, relay_parent);
		let is_backed = is_pending || (place.is_backed && random(3) > 0);
		if is_pending {
			pending.push(PendingAvailability {
				candidate_hash: built.hash(),
				relay_parent: block(relay_parent),
			});
		}
		let candidate_state = if is_backed {
			CandidateState::Backed
		} else {
			CandidateState::Seconded
		};
		if storage.insert(built, candidate_state).is_ok() {
			places.push(Place {
				head: number,
				depth: place.depth + 1,
				relay_parent,
				is_backed,
			});
		}
	}
	let base = Constraints {
		min_relay_parent_number: LEAF - 3,
		max_pov_size: MAX_POV_SIZE,
		max_code_size: 0,
		max_head_data_size: 32,
		ump_remaining: 0,
		ump_remaining_bytes: 0,
		max_ump_num_per_candidate: 0,
		dmp_remaining_messages: vec![],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![],
		},
		hrmp_channels_out: vec![],
		max_hrmp_num_per_candidate: 0,
		required_parent: head(0),
		validation_code_hash: code(),
		upgrade_restriction: None,
		future_validation_code: None,
	};
	let ancestors = (LEAF - 3..LEAF).rev().map(block);
	let scope = Scope::with_ancestors(ParaId(2000), block(LEAF), base, pending, MAX_DEPTH, ancestors)
		.expect("the blocks are contiguous; qed");
	let limits = TreeLimits {
		max_candidates: candidates,
		max_nodes: candidates,
		max_nodes_per_candidate: u32::MAX,
	};
	FragmentTree::populate(scope, limits, &storage).0
}
