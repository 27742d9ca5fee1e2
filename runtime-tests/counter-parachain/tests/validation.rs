//! What the compiled validation function says of blocks, good and bad, and that native code says the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use async_backing_collator::{BlockProducer, NoRelayState, ProduceBlock};
use async_backing_counter_parachain::{validate, BlockError, Producer, StateError, TransferError};
use async_backing_primitives::{Hash, HeadData, RelayChainBlockInfo, ValidationParams};
use async_backing_pvf::{Limits, ValidateError};
use common::{alter, in_wasm, pvf, relay_parent, Chain, BALANCE, PARA};
use proptest::prelude::*;
use std::time::Instant;

#[test]
fn the_wasm_module_computes_the_head_that_the_collator_computed() {
	let mut chain = Chain::new(7, 64);
	let mut parent = chain.genesis_head();
	for number in 1..=4u32 {
		let (block, params) = chain.build(&parent, 10 * number, 50 * number);
		let valid = in_wasm(&params).unwrap();
		assert_eq!(
			valid.result.head_data, block.head,
			"R-GLO-15: the PoV suffices to re-execute block {number}"
		);
		assert_eq!(valid.result.hrmp_watermark, 10 * number);
		assert_eq!(valid.result.processed_downward_messages, 0);
		assert!(valid.result.upward_messages.is_empty() && valid.result.horizontal_messages.is_empty());
		assert_eq!(valid.result.new_validation_code, None);
		assert_eq!(validate(&params).as_ref(), Ok(&valid.result));
		parent = block.head;
	}
	// 50 + 100 + 150 + 200.
	assert_eq!(chain.collator.counter(&parent), Ok(500));
	let total: u128 = chain
		.workload
		.accounts()
		.iter()
		.map(|id| chain.collator.account(&parent, id).unwrap().balance)
		.sum();
	assert_eq!(total, 64 * BALANCE);
	let nonces: u32 = chain
		.workload
		.accounts()
		.iter()
		.map(|id| chain.collator.account(&parent, id).unwrap().nonce)
		.sum();
	assert_eq!(nonces, 500);
}

#[test]
fn an_empty_block_is_valid() {
	let mut chain = Chain::new(7, 4);
	let (block, params) = chain.build(&chain.genesis_head(), 1, 0);
	assert_eq!(in_wasm(&params).unwrap().result.head_data, block.head);
	assert_eq!(chain.collator.counter(&block.head), Ok(0));
}

/// The validation function refuses `params`, natively with an error that `is` it and in Wasm with its text.
fn refused(name: &str, params: &ValidationParams, text: &str, is: impl FnOnce(&BlockError) -> bool) {
	let error = validate(params).expect_err(name);
	assert!(is(&error), "{name}: {error:?}");
	let reason = error.to_string();
	assert!(reason.contains(text), "{name}: {reason}");
	assert_eq!(in_wasm(params), Err(ValidateError::Aborted { reason }), "{name}");
}

fn extrinsic(expected: TransferError) -> impl Fn(&BlockError) -> bool {
	move |error| matches!(error, BlockError::Extrinsic { index: 3, error } if *error == expected)
}

#[test]
fn the_four_bad_povs_are_refused_each_with_its_reason() {
	let mut chain = Chain::new(7, 32);
	let genesis = chain.genesis_head();
	let (first, _) = chain.build(&genesis, 1, 20);
	let (_, good) = chain.build(&first.head, 2, 20);
	assert!(in_wasm(&good).is_ok());

	// 1. A tampered PoV.
	let flipped = alter(&good, |block| {
		let node = block.proof.encoded_nodes.last_mut().unwrap();
		*node.last_mut().unwrap() ^= 1;
	});
	refused("a node changed", &flipped, "tampered proof", |error| {
		matches!(error, BlockError::WrongProof { .. })
	});
	let removed = alter(&good, |block| drop(block.proof.encoded_nodes.pop()));
	refused("a node removed", &removed, "tampered proof", |error| {
		matches!(error, BlockError::WrongProof { .. })
	});
	let surplus = alter(&good, |block| block.proof.encoded_nodes.push(vec![0]));
	refused("a node added", &surplus, "tampered proof", |error| {
		matches!(error, BlockError::WrongProof { .. })
	});
	let foreign = alter(&good, |block| {
		// A proof of the same state that covers other accounts: an empty block touches none.
		let (_, empty) = chain.build(&first.head, 2, 0);
		block.proof = async_backing_counter_parachain::Block::from_block_data(&empty.block_data)
			.unwrap()
			.proof;
	});
	refused("a proof of something else", &foreign, "tampered proof", |error| {
		matches!(error, BlockError::State(StateError::MissingNode { .. }))
	});
	let mut cut = good.clone();
	cut.block_data.0.pop();
	refused("a byte cut off", &cut, "not a block", |error| {
		*error == BlockError::UndecodableBlock
	});
	let mut long = good.clone();
	long.block_data.0.push(0);
	refused("a byte added", &long, "not a block", |error| {
		*error == BlockError::UndecodableBlock
	});

	// 2. A wrong parent head.
	let mut orphan = good.clone();
	orphan.parent_head = genesis.clone();
	refused(
		"another parent",
		&orphan,
		"wrong parent head",
		|error| matches!(error, BlockError::WrongParent { expected, .. } if *expected == genesis.hash().0),
	);
	let mut garbage = good.clone();
	garbage.parent_head = HeadData(vec![1, 2, 3]);
	refused("no header", &garbage, "not a header", |error| {
		*error == BlockError::UndecodableParent
	});

	// 3. A bad signature.
	let bad = alter(&good, |block| block.extrinsics[3].signature.0[17] ^= 1);
	refused(
		"signature",
		&bad,
		"extrinsic 3: bad signature",
		extrinsic(TransferError::BadSignature),
	);
	let amount = alter(&good, |block| block.extrinsics[3].amount -= 1);
	refused(
		"signed amount",
		&amount,
		"extrinsic 3: bad signature",
		extrinsic(TransferError::BadSignature),
	);
	let elsewhere = alter(&good, |block| {
		let transfer = &mut block.extrinsics[3];
		let from = chain
			.workload
			.accounts()
			.iter()
			.position(|id| *id == transfer.from)
			.unwrap();
		let chain_id = Hash::repeat_byte(1);
		*transfer = chain
			.workload
			.sign(&chain_id, from, transfer.to, transfer.amount, transfer.nonce);
	});
	refused(
		"another chain",
		&elsewhere,
		"extrinsic 3: bad signature",
		extrinsic(TransferError::BadSignature),
	);

	// 4. An unknown nonce.
	let nonce = alter(&good, |block| block.extrinsics[3].nonce += 5);
	refused("nonce too high", &nonce, "extrinsic 3: unknown nonce", |error| {
		matches!(error, BlockError::Extrinsic { index: 3, error: TransferError::WrongNonce { expected, actual } }
			if *actual == *expected + 5)
	});
	let replayed = alter(&good, |block| block.extrinsics[3] = block.extrinsics[2].clone());
	refused("replayed", &replayed, "extrinsic 3: unknown nonce", |error| {
		matches!(error, BlockError::Extrinsic { index: 3, error: TransferError::WrongNonce { expected, actual } }
			if *actual + 1 == *expected)
	});
}

#[test]
fn every_field_of_the_header_is_checked() {
	let mut chain = Chain::new(7, 8);
	let (first, _) = chain.build(&chain.genesis_head(), 5, 3);
	let (_, good) = chain.build(&first.head, 6, 3);
	let root = Hash::repeat_byte(9);

	let params = alter(&good, |block| block.header.number += 1);
	refused("number", &params, "wrong block number: 3 after 1", |error| {
		*error == BlockError::WrongNumber { parent: 1, actual: 3 }
	});
	let params = alter(&good, |block| block.header.state_root = root);
	refused(
		"state root",
		&params,
		"wrong state root",
		|error| matches!(error, BlockError::WrongStateRoot { actual, .. } if *actual == root),
	);
	let params = alter(&good, |block| block.header.extrinsics_root = root);
	refused(
		"extrinsics root",
		&params,
		"wrong extrinsics root",
		|error| matches!(error, BlockError::WrongExtrinsicsRoot { actual, .. } if *actual == root),
	);
	let mut params = good.clone();
	params.relay_parent_number = 7;
	refused("relay parent", &params, "wrong relay parent", |error| {
		matches!(
			error,
			BlockError::WrongRelayParent {
				expected: 7,
				actual: 6,
				..
			}
		)
	});
	let mut params = good.clone();
	params.relay_parent_storage_root = root;
	refused(
		"relay state",
		&params,
		"wrong relay parent",
		|error| matches!(error, BlockError::WrongRelayParent { expected_root, .. } if *expected_root == root),
	);
	let mut params = alter(&good, |block| block.header.relay_parent = relay_parent(4));
	params.relay_parent_number = 4;
	params.relay_parent_storage_root = relay_parent(4).storage_root;
	refused("older relay parent", &params, "moved back from 5 to 4", |error| {
		*error
			== BlockError::RelayParentMovedBack {
				previous: 5,
				actual: 4,
			}
	});
}

#[test]
fn money_does_not_come_from_nowhere() {
	let mut chain = Chain::new(7, 2);
	let (_, good) = chain.build(&chain.genesis_head(), 1, 1);
	let to = chain.workload.accounts()[1];
	let params = alter(&good, |block| {
		block.extrinsics = vec![chain.workload.sign(chain.collator.chain(), 0, to, BALANCE + 1, 0)];
	});
	// The proof of a block between both accounts covers both, whoever sends.
	match validate(&params) {
		Err(BlockError::State(StateError::MissingNode { .. })) => {
			panic!("both accounts should be in the proof")
		}
		_ => refused(
			"balance",
			&params,
			"insufficient balance: 1000000 where 1000001 is sent",
			|error| {
				*error
					== BlockError::Extrinsic {
						index: 0,
						error: TransferError::InsufficientBalance {
							available: BALANCE,
							required: BALANCE + 1,
						},
					}
			},
		),
	}
}

#[test]
fn two_thousand_transfers_fit_in_a_pov_and_in_the_limits() {
	const POV_LIMIT: usize = 5 * 1024 * 1024;
	let mut chain = Chain::new(7, 256);
	let genesis = chain.genesis_head();

	let start = Instant::now();
	let transfers = chain
		.workload
		.transfers(&chain.collator, &genesis, 2_000)
		.unwrap();
	let signed = start.elapsed();
	let start = Instant::now();
	let block = chain
		.collator
		.build_block(&genesis, relay_parent(1), transfers)
		.unwrap();
	let built = start.elapsed();
	let params = common::params(&genesis, 1, &block);
	let start = Instant::now();
	pvf();
	let prepared = start.elapsed();
	let start = Instant::now();
	let valid = in_wasm(&params).unwrap();
	let validated = start.elapsed();

	let pov = params.block_data.0.len();
	println!(
		"2000 transfers: signed in {signed:?}, built in {built:?}, prepared in {prepared:?}, validated in {validated:?} \
		 with {} fuel and {} pages; PoV of {pov} bytes",
		valid.fuel_used, valid.memory_pages,
	);
	assert_eq!(valid.result.head_data, block.head);
	assert!(pov < POV_LIMIT / 10, "{pov} bytes");
	// The default limit leaves room for a block several times as large.
	assert!(
		valid.fuel_used < Limits::default().fuel / 4,
		"{} fuel",
		valid.fuel_used
	);
	// Same input, same fuel.
	assert_eq!(in_wasm(&params).unwrap(), valid);
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

	/// Random chains, some with a random fault in them: native code and Wasm agree on the verdict and on its reason.
	#[test]
	fn native_code_and_wasm_agree(
		seed in any::<u64>(),
		accounts in 1u32..40,
		counts in proptest::collection::vec(0u32..30, 1..4),
		faults in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
	) {
		let mut chain = Chain::new(seed, accounts);
		let mut parent = chain.genesis_head();
		for (number, count) in counts.into_iter().enumerate() {
			let (block, good) = chain.build(&parent, number as u32 + 1, count);
			let mut params = good.clone();
			for (index, byte) in &faults {
				let index = index.index(params.block_data.0.len());
				params.block_data.0[index] ^= byte;
			}
			match (validate(&params), in_wasm(&params)) {
				(Ok(native), Ok(wasm)) => {
					// Whatever changed, nothing that validates leads elsewhere.
					prop_assert_eq!(&native.head_data, &block.head);
					prop_assert_eq!(native, wasm.result);
				},
				(Err(native), Err(ValidateError::Aborted { reason })) => prop_assert_eq!(native.to_string(), reason),
				(native, wasm) => prop_assert!(false, "{:?} but in Wasm {:?}", native, wasm),
			}
			if params == good {
				prop_assert!(validate(&params).is_ok());
			}
			parent = block.head;
		}
	}
}

#[test]
fn the_producer_knows_how_much_fuel_its_blocks_take_at_most() {
	for (accounts, count) in [(16, 0), (16, 1), (32, 100), (128, 10), (128, 500), (128, 2000)] {
		let mut producer = Producer::new(7, PARA, accounts);
		let mut parent = producer.genesis_head();
		for number in 1..=2 {
			let relay_parent = RelayChainBlockInfo {
				number,
				..Default::default()
			};
			let block = producer
				.produce(&ProduceBlock {
					parent_head: &parent,
					relay_parent,
					relay_slot: number.into(),
					leaf: relay_parent.hash,
					relay_state: &NoRelayState,
					selection: None,
					max_extrinsics: count,
					pov_size: 5 << 20,
					max_pov_size: 5 << 20,
				})
				.unwrap();
			let params = ValidationParams {
				parent_head: parent,
				block_data: block.pov.block_data,
				relay_parent_number: number,
				relay_parent_storage_root: relay_parent.storage_root,
			};
			let validated = in_wasm(&params).unwrap();
			let most = producer.fuel().of(block.extrinsics);
			let used = validated.fuel_used;
			assert!(
				used <= most,
				"{count} extrinsics, {accounts} accounts: {used} of {most}"
			);
			parent = validated.result.head_data;
		}
	}
}
