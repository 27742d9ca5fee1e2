//! How many blocks there may be, and what a proof has to show.

use super::*;
use proptest::prelude::*;

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

#[test]
fn r_hoo_1_a_capacity_of_one_is_the_pace_of_synchronous_backing() {
	let pace = Pace { capacity: 1, ..PACE };
	let mut chain = Chain::new(Some(pace));
	let mut other = Chain::new(Some(pace)).collator;
	let mut parent = chain.collator.genesis_head().clone();
	for number in 1..6 {
		let grandparent = parent.clone();
		// Included in the block after the one that backs it: every second relay block shows the parent included.
		let shows_parent = Relay::new(2 * number, &grandparent);
		parent = valid(&mut chain, &mut other, &grandparent, &shows_parent);
		let does_not_yet = Relay::new(2 * number + 1, &grandparent);
		let (length, capacity) = (1, 1);
		assert_eq!(
			segment_error(chain.build(&parent, &does_not_yet)),
			SegmentError::Full { length, capacity },
			"R-SEG-2"
		);
		let takes = |included: &HeadData| {
			let slot = Slot::from(2 * number + 1);
			chain.collator.can_build_upon(&parent, included.hash(), slot)
		};
		assert_eq!(
			(takes(&grandparent), takes(&parent)),
			(Ok(false), Ok(true)),
			"R-HOO-3"
		);
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

	/// R-HOO-3: what a collator is told before is what the chain says to the block.
	#[test]
	fn whoever_asks_before_builds_nothing_in_vain(
		(velocity, capacity) in (1u32..4, 1u32..6),
		steps in proptest::collection::vec((0u32..3, 0usize..3), 1..16),
	) {
		let mut chain = Chain::new(Some(Pace { para: PARA, velocity, capacity }));
		let mut heads = vec![chain.collator.genesis_head().clone()];
		let (mut number, mut included) = (5, 0);
		for (later, more) in steps {
			number += later;
			included = (included + more).min(heads.len() - 1);
			let (parent, shown) = (heads.last().unwrap().clone(), heads[included].clone());
			let told = chain.collator.can_build_upon(&parent, shown.hash(), number.into()).unwrap();
			let built = chain.build(&parent, &Relay::new(number, &shown));
			prop_assert_eq!(told, built.is_ok(), "{:?}", built);
			if let Ok(block) = built {
				prop_assert!(validate(&params(&parent, &block)).is_ok());
				heads.push(block.head);
			}
		}
	}
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

#[test]
fn r_seg_2_a_collator_that_builds_by_another_pace_makes_invalid_blocks() {
	let mut chain = Chain::new(Some(PACE));
	chain.collator.pretend(Pace {
		velocity: 9,
		capacity: 9,
		..PACE
	});
	let genesis = chain.collator.genesis_head().clone();
	let mut parent = genesis.clone();
	let blocks: Vec<_> = (5..9)
		.map(|number| {
			let block = chain.build(&parent, &Relay::new(number, &genesis)).unwrap();
			let params = params(&parent, &block);
			parent = block.head;
			params
		})
		.collect();
	for fine in &blocks[..3] {
		assert!(in_wasm(fine).is_ok(), "the chain has room for three");
	}
	let full = SegmentError::Full {
		length: 3,
		capacity: 3,
	};
	refused(&blocks[3], BlockError::Segment(full));
}

#[test]
fn r_seg_2_a_proof_with_a_node_less_or_another_one_is_none() {
	let mut chain = Chain::new(Some(PACE));
	let genesis = chain.collator.genesis_head().clone();
	let good = chain.build(&genesis, &Relay::new(5, &genesis)).unwrap();
	let params = params(&genesis, &good);
	let block = Block::from_block_data(&params.block_data).unwrap();
	let nodes: Vec<_> = block.relay_state.clone().unwrap().into_iter_nodes().collect();
	assert!(nodes.len() > 10, "{}", nodes.len());
	for position in 0..nodes.len() {
		for changed in [false, true] {
			let mut nodes = nodes.clone();
			match changed {
				true => *nodes[position].last_mut().unwrap() ^= 1,
				false => drop(nodes.remove(position)),
			}
			let tampered = ValidationParams {
				block_data: Block {
					relay_state: Some(StorageProof::new(nodes)),
					..block.clone()
				}
				.block_data(),
				..params.clone()
			};
			let error = validate(&tampered).unwrap_err();
			assert!(
				matches!(
					error,
					BlockError::RelayState(_)
						| BlockError::Segment(SegmentError::Hook(
							HookError::NoIncludedHead | HookError::NoRelaySlot
						))
				),
				"{position}: {error:?}"
			);
			refused(&tampered, error);
		}
	}
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
