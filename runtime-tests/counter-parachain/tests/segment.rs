//! A chain that keeps an unincluded segment: native code and Wasm enforce it, by the rules of the segment pallet.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use async_backing_counter_parachain::{
	validate, Block, BlockError, BuildError, BuiltBlock, Collator, Genesis, Pace, RelayContext, Workload,
};
use async_backing_primitives::{
	keys, AbridgedHostConfiguration, BlockNumber, Hash, HeadData, HookError, RelayState, RelayStateError,
	SegmentError, Slot, UpgradeGoAhead, ValidationParams,
};
use async_backing_pvf::ValidateError;
use codec::Encode;
use common::{in_wasm, BALANCE, PARA};
use sp_runtime::traits::BlakeTwo256;
use sp_trie::{LayoutV1, MemoryDB, StorageProof, TrieDBMutBuilder, TrieMut};

const PACE: Pace = Pace {
	para: PARA,
	velocity: 1,
	capacity: 3,
};

/// A relay parent whose state shows this included head, and perhaps the answer to an upgrade.
struct Relay {
	number: BlockNumber,
	slot: Slot,
	included: HeadData,
	go_ahead: Option<UpgradeGoAhead>,
}

impl Relay {
	fn new(number: BlockNumber, included: &HeadData) -> Self {
		Self {
			number,
			slot: number.into(),
			included: included.clone(),
			go_ahead: None,
		}
	}

	fn prove(&self) -> (RelayContext, StorageProof) {
		let mut state = vec![
			(
				keys::ACTIVE_CONFIG.to_vec(),
				AbridgedHostConfiguration::default().encode(),
			),
			(keys::CURRENT_SLOT.to_vec(), self.slot.encode()),
			(keys::map_key(&keys::PARAS_HEADS, &PARA), self.included.encode()),
			(
				keys::relay_dispatch_queue_remaining_capacity(PARA),
				(0u32, 0u32).encode(),
			),
		];
		if let Some(signal) = self.go_ahead {
			state.push((
				keys::map_key(&keys::UPGRADE_GO_AHEAD_SIGNAL, &PARA),
				signal.encode(),
			));
		}
		let known = RelayState::keys(PARA);
		assert!(state.iter().all(|(key, _)| known.contains(key)));
		let mut nodes = MemoryDB::<BlakeTwo256>::default();
		let mut storage_root = Hash::default();
		let mut trie = TrieDBMutBuilder::<LayoutV1<BlakeTwo256>>::new(&mut nodes, &mut storage_root).build();
		for (key, value) in state {
			trie.insert(&key, &value).unwrap();
		}
		drop(trie);
		let nodes = nodes.drain().into_values().filter(|(_, count)| *count > 0);
		let proof = StorageProof::new(nodes.map(|(node, _)| node));
		let context = RelayContext {
			number: self.number,
			storage_root,
		};
		(context, proof)
	}
}

struct Chain {
	collator: Collator,
	workload: Workload,
}

impl Chain {
	fn new(pace: Option<Pace>) -> Self {
		let workload = Workload::new(7, 8);
		let genesis = Genesis {
			pace,
			..workload.genesis(PARA, BALANCE)
		};
		Self {
			collator: Collator::new(&genesis),
			workload,
		}
	}

	fn build(&mut self, parent: &HeadData, relay: &Relay) -> Result<BuiltBlock, BuildError> {
		let transfers = self.workload.transfers(&self.collator, parent, 3).unwrap();
		let (context, proof) = relay.prove();
		self.collator.build_paced_block(parent, context, proof, transfers)
	}
}

fn params(parent: &HeadData, block: &BuiltBlock) -> ValidationParams {
	ValidationParams {
		parent_head: parent.clone(),
		block_data: block.pov.block_data.clone(),
		relay_parent_number: block.header.relay_parent.number,
		relay_parent_storage_root: block.header.relay_parent.storage_root,
	}
}

fn segment_error(result: Result<BuiltBlock, BuildError>) -> SegmentError {
	match result {
		Err(BuildError::Invalid(BlockError::Segment(error))) => error,
		other => panic!("{other:?}"),
	}
}

/// A valid block, in Wasm as well, and for another collator.
fn valid(chain: &mut Chain, other: &mut Collator, parent: &HeadData, relay: &Relay) -> HeadData {
	let block = chain.build(parent, relay).unwrap();
	let params = params(parent, &block);
	assert_eq!(validate(&params).unwrap().head_data, block.head);
	assert_eq!(in_wasm(&params).unwrap().result.head_data, block.head);
	assert_eq!(other.import(&params), Ok(block.head.clone()));
	block.head
}

#[test]
fn r_seg_2_r_hoo_4_no_more_blocks_than_the_segment_has_room_for() {
	let mut chain = Chain::new(Some(PACE));
	let mut other = Chain::new(Some(PACE)).collator;
	let genesis = chain.collator.genesis_head().clone();
	let first = valid(&mut chain, &mut other, &genesis, &Relay::new(5, &genesis));
	let second = valid(&mut chain, &mut other, &first, &Relay::new(5, &genesis));
	assert_eq!(
		segment_error(chain.build(&second, &Relay::new(5, &genesis))),
		SegmentError::Hook(HookError::TooManyInSlot {
			slot: 5,
			authored: 2,
			max: 2
		}),
		"R-HOO-2"
	);
	let third = valid(&mut chain, &mut other, &second, &Relay::new(6, &genesis));
	assert_eq!(
		segment_error(chain.build(&third, &Relay::new(7, &genesis))),
		SegmentError::Full {
			length: 3,
			capacity: 3
		},
		"R-SEG-2"
	);
	let fourth = valid(&mut chain, &mut other, &third, &Relay::new(7, &first));
	assert_eq!(
		segment_error(chain.build(&fourth, &Relay::new(8, &first))),
		SegmentError::Full {
			length: 3,
			capacity: 3
		},
		"R-HOO-4: until inclusion advances"
	);
	valid(&mut chain, &mut other, &fourth, &Relay::new(8, &fourth));
}

/// A collator that does not keep the books makes blocks that validators refuse: the rules are the chain's.
#[test]
fn r_seg_2_a_block_beyond_the_segment_is_invalid_whoever_made_it() {
	let mut chain = Chain::new(Some(Pace { capacity: 1, ..PACE }));
	let genesis = chain.collator.genesis_head().clone();
	let first = chain.build(&genesis, &Relay::new(5, &genesis)).unwrap().head;
	// Made for a relay parent that shows the parent included, and offered with the proof of one that does not.
	let good = chain.build(&first, &Relay::new(6, &first)).unwrap();
	let (context, proof) = Relay::new(6, &genesis).prove();
	let mut block = Block::from_block_data(&good.pov.block_data).unwrap();
	block.header.relay_parent = context;
	block.relay_state = Some(proof);
	let bad = ValidationParams {
		block_data: block.block_data(),
		relay_parent_storage_root: context.storage_root,
		..params(&first, &good)
	};
	let full = SegmentError::Full {
		length: 1,
		capacity: 1,
	};
	refused(&bad, BlockError::Segment(full));

	block.relay_state = None;
	let silent = ValidationParams {
		block_data: block.block_data(),
		..bad.clone()
	};
	refused(&silent, BlockError::NoRelayState);

	block.relay_state = Some(Relay::new(6, &first).prove().1);
	let foreign = ValidationParams {
		block_data: block.block_data(),
		..bad
	};
	let wrong = RelayStateError::WrongRoot(context.storage_root);
	refused(&foreign, BlockError::RelayState(wrong));
}

fn refused(params: &ValidationParams, expected: BlockError) {
	assert_eq!(validate(params), Err(expected.clone()));
	let reason = expected.to_string();
	assert_eq!(in_wasm(params), Err(ValidateError::Aborted { reason }));
}

#[test]
fn r_seg_5_an_answer_is_taken_once_and_stays_until_its_block_is_included() {
	let mut chain = Chain::new(Some(PACE));
	let genesis = chain.collator.genesis_head().clone();
	let shows = |number, included: &HeadData| Relay {
		go_ahead: Some(UpgradeGoAhead::Abort),
		..Relay::new(number, included)
	};
	let first = chain.build(&genesis, &shows(5, &genesis)).unwrap().head;
	let second = chain.build(&first, &shows(6, &genesis)).unwrap().head;
	assert!(matches!(
		segment_error(chain.build(&second, &Relay::new(7, &genesis))),
		SegmentError::GoAheadVanished { .. }
	));
	chain.build(&second, &Relay::new(7, &first)).unwrap();
}

#[test]
fn a_chain_without_a_pace_keeps_no_books_and_takes_no_proof() {
	let mut chain = Chain::new(None);
	let genesis = chain.collator.genesis_head().clone();
	let refused = chain.build(&genesis, &Relay::new(5, &genesis));
	assert_eq!(
		refused.unwrap_err(),
		BuildError::Invalid(BlockError::UnexpectedRelayState)
	);
	assert_ne!(
		chain.collator.chain(),
		Chain::new(Some(PACE)).collator.chain(),
		"another genesis, another chain"
	);
}
