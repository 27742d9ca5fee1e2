//! The producer's blocks are what the validation function says, and as large as they may be.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use async_backing_collator::{
	BlockProducer, CoreSelection, NoRelayState, ProduceBlock, ProduceError, ProducedBlock,
};
use async_backing_counter_parachain::{validate, Producer, ProducerError, UnknownHead};
use async_backing_primitives::{
	parse_signals, CandidateCommitments, ClaimQueueOffset, CoreSelector, Hash, HeadData, ParaId,
	RelayChainBlockInfo, ValidationParams,
};
use codec::Encode;

const PARA: ParaId = ParaId(2000);
const ROOM: u32 = 5 << 20;

fn relay_parent(number: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::repeat_byte(number as u8),
		number,
		storage_root: Hash::repeat_byte(100 + number as u8),
	}
}

/// A block of the producer.
fn produce(
	producer: &mut Producer,
	parent: &HeadData,
	number: u32,
	selection: Option<CoreSelection>,
	max_extrinsics: u32,
	pov_size: u32,
) -> Result<ProducedBlock, ProduceError> {
	producer.produce(&ProduceBlock {
		parent_head: parent,
		relay_parent: relay_parent(number),
		relay_slot: number.into(),
		leaf: relay_parent(number).hash,
		relay_state: &NoRelayState,
		selection,
		max_extrinsics,
		pov_size,
		max_pov_size: ROOM,
	})
}

/// What a validator finds out.
fn validated(parent: &HeadData, number: u32, block: &ProducedBlock) -> CandidateCommitments {
	let params = ValidationParams {
		parent_head: parent.clone(),
		block_data: block.pov.block_data.clone(),
		relay_parent_number: number,
		relay_parent_storage_root: relay_parent(number).storage_root,
	};
	validate(&params).unwrap().into()
}

#[test]
fn r_bak_2_commitments_are_what_the_validation_function_returns() {
	let mut producer = Producer::new(7, PARA, 32);
	let mut parent = producer.genesis_head();
	let mut executed = 0;
	for (number, count) in [(1, 50), (1, 3), (4, 0), (5, 200)] {
		let block = produce(&mut producer, &parent, number, None, count, ROOM).unwrap();
		assert_eq!(block.extrinsics, count);
		assert_eq!(block.commitments, validated(&parent, number, &block), "R-BAK-2");
		assert_eq!(block.commitments.hrmp_watermark, number, "R-MOD-2");
		executed += u64::from(count);
		parent = block.commitments.head_data;
		assert_eq!(producer.collator().counter(&parent), Ok(executed));
	}
}

#[test]
fn r_ump_5_a_block_picks_its_core_by_a_signal_that_the_validation_function_sends_as_well() {
	let mut producer = Producer::new(7, PARA, 8);
	let genesis = producer.genesis_head();
	let selection = (CoreSelector(1), ClaimQueueOffset(3));
	let block = produce(&mut producer, &genesis, 1, Some(selection), 5, ROOM).unwrap();
	assert_eq!(block.commitments, validated(&genesis, 1, &block), "R-BAK-2");
	let signals = parse_signals(&block.commitments.upward_messages).unwrap();
	assert_eq!(signals.select_core, Some(selection), "R-UMP-3");
	let silent = produce(&mut producer, &genesis, 1, None, 5, ROOM).unwrap();
	assert!(silent.commitments.upward_messages.is_empty());
	assert_eq!(
		silent.commitments.head_data, block.commitments.head_data,
		"the chain is the same"
	);
}

#[test]
fn the_seed_determines_the_blocks() {
	let produce = |seed| {
		let mut producer = Producer::new(seed, PARA, 8);
		let genesis = producer.genesis_head();
		produce(&mut producer, &genesis, 1, None, 20, ROOM).unwrap()
	};
	assert_eq!(produce(1), produce(1));
	assert_ne!(produce(1), produce(2));
}

#[test]
fn r_hoo_6_the_pov_is_as_large_as_it_may_be_and_no_larger() {
	let mut producer = Producer::new(7, PARA, 32);
	let genesis = producer.genesis_head();
	for max in [3_000, 10_000, 20_000] {
		let block = produce(&mut producer, &genesis, 1, None, 1000, max).unwrap();
		let size = block.pov.encoded_size();
		assert!(size <= max as usize, "R-HOO-6: {size} bytes of {max}");
		let more = produce(&mut producer, &genesis, 1, None, block.extrinsics + 1, ROOM).unwrap();
		assert!(
			more.pov.encoded_size() > max as usize,
			"R-HOO-6: there was room for one more"
		);
		assert_eq!(block.commitments, validated(&genesis, 1, &block), "R-BAK-2");
	}
}

#[test]
fn r_hoo_6_the_size_of_a_pov_is_known_beforehand() {
	for accounts in [1, 2, 5, 17, 64, 300, 1000] {
		let mut producer = Producer::new(accounts.into(), PARA, accounts);
		let genesis = producer.genesis_head();
		let expected = producer.pov_size();
		for count in [0, 1, 2, 10, 60, 400] {
			let block = produce(&mut producer, &genesis, 1, None, count, ROOM).unwrap();
			let (size, bound) = (block.pov.encoded_size() as u64, expected.of(count));
			assert!(
				size <= bound,
				"R-HOO-6: {accounts} accounts, {count} transfers: {size} > {bound}"
			);
		}
		// Near enough to be of use where most accounts are touched.
		if accounts <= 64 {
			let block = produce(&mut producer, &genesis, 1, None, 400, ROOM).unwrap();
			let (size, bound) = (block.pov.encoded_size() as u64, expected.of(400));
			assert!(
				bound * 9 <= size * 10,
				"{accounts} accounts: {size} bytes, estimated {bound}"
			);
		}
	}
}

#[test]
fn what_cannot_be_produced_has_a_reason() {
	let mut producer = Producer::new(7, PARA, 4);
	let genesis = producer.genesis_head();
	let stranger = HeadData(vec![1]);
	let reason =
		|error: async_backing_collator::ProduceError| error.0.downcast_ref::<ProducerError>().cloned();

	let unknown = produce(&mut producer, &stranger, 1, None, 1, ROOM).unwrap_err();
	let head = stranger.hash();
	assert_eq!(
		reason(unknown),
		Some(ProducerError::UnknownParent(UnknownHead { head }))
	);

	let tight = produce(&mut producer, &genesis, 1, None, 10, 20).unwrap_err();
	assert!(matches!(
		reason(tight),
		Some(ProducerError::PovTooLarge { max: 20, .. })
	));

	let block = produce(&mut producer, &genesis, 5, None, 1, ROOM).unwrap();
	let back = produce(&mut producer, &block.commitments.head_data, 4, None, 1, ROOM).unwrap_err();
	assert!(matches!(reason(back), Some(ProducerError::Build(_))), "R-SEG-7");
}
