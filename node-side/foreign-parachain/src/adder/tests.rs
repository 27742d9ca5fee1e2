//! The validation function beside the formats, and what it refuses.

use super::*;
use async_backing_collator::NoRelayState;
use async_backing_primitives::{RelayChainBlockInfo, ValidationParams, ValidationResult};
use async_backing_pvf::{Limits, PvfConfig, PvfEngine, ValidateError};

fn validate(params: &ValidationParams) -> Result<ValidationResult, ValidateError> {
	let engine = PvfEngine::new(PvfConfig::default()).expect("the engine starts");
	let code = Adder::validation_code();
	let prepared = engine.prepare(&code).expect("it is a validation function");
	Ok(prepared.validate(params, &Limits::default())?.result)
}

fn produce(adder: &mut Adder, parent: &HeadData) -> ProducedBlock {
	let relay_parent = RelayChainBlockInfo {
		number: 7,
		..RelayChainBlockInfo::default()
	};
	let block = ProduceBlock {
		parent_head: parent,
		relay_parent,
		relay_slot: 1,
		leaf: relay_parent.hash,
		relay_state: &NoRelayState,
		selection: None,
		max_extrinsics: 1,
		pov_size: 1024,
		max_pov_size: 1024,
	};
	adder.produce(&block).expect("it knows the parent")
}

fn params(parent: &HeadData, block: &ProducedBlock) -> ValidationParams {
	ValidationParams {
		parent_head: parent.clone(),
		block_data: block.pov.block_data.clone(),
		relay_parent_number: 7,
		relay_parent_storage_root: Default::default(),
	}
}

#[test]
fn the_validation_function_says_what_the_producer_says() {
	let mut adder = Adder::default();
	let mut parent = adder.genesis_head();
	for number in 1..=3u64 {
		let block = produce(&mut adder, &parent);
		let result = validate(&params(&parent, &block)).expect("the block is valid");
		assert_eq!(result.head_data, block.commitments.head_data);
		assert_eq!(result.hrmp_watermark, block.commitments.hrmp_watermark);
		assert_eq!(
			(
				result.upward_messages.len(),
				result.new_validation_code,
				result.processed_downward_messages
			),
			(0, None, 0)
		);
		parent = result.head_data;
		let head = Head::decode(&mut &parent.0[..]).expect("it is a head");
		assert_eq!((head.number, adder.state(&parent)), (number, Ok(ADDED * number)));
	}
}

#[test]
fn what_is_not_the_heads_block_is_refused_with_a_reason() {
	let mut adder = Adder::default();
	let genesis = adder.genesis_head();
	let block = produce(&mut adder, &genesis);
	let honest = params(&genesis, &block);
	type Edit = fn(&mut ValidationParams);
	let rows: [(Edit, &str); 4] = [
		(
			|params| params.block_data.0[0] = 1,
			"the block's state is not the one that the head hashes",
		),
		(
			|params| params.block_data.0.push(0),
			"the block is not the adder's",
		),
		(
			|params| params.block_data.0.clear(),
			"the parameters are not the adder's",
		),
		(
			|params| params.parent_head.0.push(0),
			"the head is not the adder's",
		),
	];
	for (edit, expected) in rows {
		let mut params = honest.clone();
		edit(&mut params);
		let refused = validate(&params).expect_err(expected).to_string();
		assert!(refused.contains(expected), "{refused}");
	}
}
