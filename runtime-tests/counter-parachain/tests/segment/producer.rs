//! Blocks of a producer for a chain that keeps an unincluded segment.

use super::*;
use async_backing_collator::{BlockProducer, NoRelayState, ProduceBlock, RelayParentState};
use async_backing_counter_parachain::{Producer, ProducerError};
use async_backing_primitives::RelayChainBlockInfo;

/// A block of the producer on a relay parent.
fn produced(
	producer: &mut Producer,
	parent: &HeadData,
	relay: &Relay,
	relay_state: &dyn RelayParentState,
	max_extrinsics: u32,
) -> Result<(ValidationParams, u32), async_backing_collator::ProduceError> {
	let relay_parent = RelayChainBlockInfo {
		number: relay.number,
		storage_root: relay.trie().root,
		..Default::default()
	};
	let block = producer.produce(&ProduceBlock {
		parent_head: parent,
		relay_parent,
		relay_slot: relay.slot,
		leaf: relay_parent.hash,
		relay_state,
		selection: None,
		max_extrinsics,
		pov_size: 5 << 20,
		max_pov_size: 5 << 20,
	})?;
	let announced = block.commitments.new_validation_code.as_ref();
	let of_code = announced.map_or(0, |code| code.encoded_size() as u64);
	let bound = producer.pov_size().of(block.extrinsics) + of_code;
	let size = block.pov.encoded_size() as u64;
	assert!(size <= bound, "R-HOO-6: {size} bytes, at most {bound}");
	let params = ValidationParams {
		parent_head: parent.clone(),
		block_data: block.pov.block_data,
		relay_parent_number: relay.number,
		relay_parent_storage_root: relay_parent.storage_root,
	};
	let result = validate(&params).unwrap();
	assert_eq!(block.commitments, result.into(), "R-BAK-2");
	Ok((params, block.extrinsics))
}

#[test]
fn r_hoo_6_a_producer_of_a_chain_with_a_pace_knows_sizes_and_fuel_as_well() {
	for (accounts, count) in [(16, 0), (32, 100), (128, 10), (128, 500)] {
		let new = || Producer::paced(7, accounts, PACE, None);
		let (mut producer, mut again) = (new(), new());
		let genesis = producer.genesis_head();
		let mut parent = genesis.clone();
		for number in 1..=3 {
			let relay = Relay::new(number, &genesis);
			let (params, extrinsics) =
				produced(&mut producer, &parent, &relay, &relay.trie(), count).unwrap();
			assert_eq!(
				produced(&mut again, &parent, &relay, &relay.trie(), count)
					.unwrap()
					.0,
				params,
				"the seed determines the blocks"
			);
			let validated = in_wasm(&params).unwrap();
			let (used, most) = (validated.fuel_used, producer.fuel().of(extrinsics));
			assert!(
				used <= most,
				"{count} extrinsics, {accounts} accounts: {used} of {most}"
			);
			parent = validated.result.head_data;
		}
		assert!(
			!producer.can_build_upon(&parent, genesis.hash(), 9).unwrap(),
			"R-HOO-3"
		);
		assert!(
			producer.can_build_upon(&parent, parent.hash(), 9).unwrap(),
			"R-HOO-3"
		);
	}
}

#[test]
fn r_seg_6_a_producer_announces_its_code_with_the_first_block_that_may() {
	let mut producer = Producer::paced(7, 8, PACE, Some(next_code()));
	let genesis = producer.genesis_head();
	let restricted = Relay {
		restriction: Some(UpgradeRestriction::Present),
		..Relay::new(1, &genesis)
	};
	let free = Relay::new(2, &genesis);
	let mut parent = genesis;
	for (relay, expected) in [
		(&restricted, None),
		(&free, Some(next_code())),
		(
			&Relay {
				number: 3,
				slot: 3,
				..free.clone()
			},
			None,
		),
	] {
		let (params, _) = produced(&mut producer, &parent, relay, &relay.trie(), 3).unwrap();
		let result = validate(&params).unwrap();
		assert_eq!(result.new_validation_code, expected, "{}", relay.number);
		parent = result.head_data;
	}
}

/// What is announced is hashed and handed on, and a backer's time is as long as ever.
#[test]
fn r_bak_11_code_is_paid_for_out_of_the_extrinsics_of_the_block_that_announces_it() {
	for (code_bytes, room) in [(100, 40), (300_000, 40), (300_000, 500), (3 << 20, 40)] {
		let code = ValidationCode(vec![7; code_bytes]);
		let mut producer = Producer::paced(7, 16, PACE, Some(code.clone()));
		let genesis = producer.genesis_head();
		let relay = Relay {
			max_code_size: 3 << 20,
			..Relay::new(1, &genesis)
		};
		let (params, extrinsics) = produced(&mut producer, &genesis, &relay, &relay.trie(), room).unwrap();
		let fuel = producer.fuel();
		assert_eq!(extrinsics, fuel.extrinsics_beside(room, code_bytes));
		let validated = in_wasm(&params).unwrap();
		assert_eq!(validated.result.new_validation_code, Some(code));
		let (used, of_code) = (validated.fuel_used, fuel.of_code(code_bytes));
		let most = fuel.of(extrinsics) + of_code;
		assert!(used <= most, "R-BAK-11: {code_bytes} bytes: {used} of {most}");
		let full = fuel.of(room);
		assert!(used <= full || extrinsics == 0, "R-BAK-11: {used} of {full}");
		// Near enough to be of use.
		if extrinsics == 0 {
			assert!(
				4 * used > of_code,
				"{code_bytes} bytes: {used}, estimated {of_code}"
			);
		}
	}
}

#[test]
fn a_producer_that_cannot_read_its_relay_parent_says_so() {
	let mut producer = Producer::paced(7, 8, PACE, None);
	let genesis = producer.genesis_head();
	let error = produced(
		&mut producer,
		&genesis,
		&Relay::new(1, &genesis),
		&NoRelayState,
		3,
	)
	.unwrap_err();
	let reason = error.0.downcast_ref::<ProducerError>();
	assert!(matches!(reason, Some(ProducerError::RelayState(_))), "{reason:?}");
}
