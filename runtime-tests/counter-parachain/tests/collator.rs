//! The collator builds on any head that it knows, and the workload is a function of its seed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use async_backing_counter_parachain::{
	Account, BlockError, BuildError, Collator, TransferError, UnknownHead, Workload,
};
use async_backing_primitives::{HeadData, ParaId};
use common::{alter, in_wasm, relay_parent, Chain, BALANCE, PARA};

#[test]
fn any_known_head_can_be_built_on_at_any_time() {
	let mut chain = Chain::new(1, 16);
	let genesis = chain.genesis_head();
	let (a, a_params) = chain.build(&genesis, 1, 10);
	// A sibling: same parent, another relay parent and another number of transfers.
	let (b, b_params) = chain.build(&genesis, 2, 12);
	let (aa, aa_params) = chain.build(&a.head, 3, 5);
	let (bb, bb_params) = chain.build(&b.head, 3, 6);
	// Late, on a head that has descendants.
	let (ab, ab_params) = chain.build(&a.head, 4, 7);
	for (block, params, counter) in [
		(&a, &a_params, 10),
		(&b, &b_params, 12),
		(&aa, &aa_params, 15),
		(&bb, &bb_params, 18),
		(&ab, &ab_params, 17),
	] {
		assert_eq!(in_wasm(params).unwrap().result.head_data, block.head);
		assert_eq!(chain.collator.counter(&block.head), Ok(counter));
		assert_eq!(chain.collator.header(&block.head), Ok(&block.header));
	}
	assert_eq!(aa.header.number, 2);
	assert_eq!(chain.collator.counter(&genesis), Ok(0));
	assert_eq!(
		chain.collator.account(&genesis, &chain.workload.accounts()[0]),
		Ok(Account {
			balance: BALANCE,
			nonce: 0
		})
	);
}

#[test]
fn a_second_collator_imports_what_the_first_one_built() {
	let mut chain = Chain::new(1, 16);
	let mut other = Collator::new(&chain.genesis);
	let (first, first_params) = chain.build(&chain.genesis_head(), 1, 10);
	let (second, second_params) = chain.build(&first.head, 2, 10);

	let unknown = BuildError::UnknownParent(UnknownHead {
		head: first.head.hash(),
	});
	assert_eq!(other.import(&second_params), Err(unknown));
	let forged = alter(&first_params, |block| block.extrinsics[0].signature.0[0] ^= 1);
	assert!(matches!(
		other.import(&forged),
		Err(BuildError::Invalid(BlockError::Extrinsic { index: 0, .. }))
	));
	assert!(!other.knows(&first.head));

	assert_eq!(other.import(&first_params).unwrap(), first.head);
	assert_eq!(other.import(&second_params).unwrap(), second.head);
	for id in chain.workload.accounts() {
		assert_eq!(
			other.account(&second.head, id),
			chain.collator.account(&second.head, id)
		);
	}
	// And builds the very same block on it.
	let transfers = chain.workload.transfers(&other, &second.head, 10).unwrap();
	let third = other
		.build_block(&second.head, relay_parent(3), transfers)
		.unwrap();
	assert_eq!(third, chain.build(&second.head, 3, 10).0);
}

#[test]
fn the_workload_is_a_function_of_seed_parent_and_count() {
	let build = |seed| {
		let mut chain = Chain::new(seed, 16);
		let (first, _) = chain.build(&chain.genesis_head(), 1, 20);
		chain.build(&first.head, 2, 20).0
	};
	assert_eq!(build(7), build(7));
	assert_ne!(build(7).head, build(8).head);

	let chain = Chain::new(7, 16);
	let transfers = |count| {
		chain
			.workload
			.transfers(&chain.collator, &chain.genesis_head(), count)
			.unwrap()
	};
	// Asking for more does not change the beginning, nor does asking twice.
	assert_eq!(transfers(20)[..10], transfers(10)[..]);
	assert_eq!(transfers(20), transfers(20));
	// The same accounts on another chain: other signatures.
	let elsewhere = Collator::new(&chain.workload.genesis(ParaId(2001), BALANCE));
	assert_ne!(chain.collator.chain(), elsewhere.chain());
}

#[test]
fn the_workload_stops_when_nobody_has_money() {
	let workload = Workload::new(1, 4);
	let collator = Collator::new(&workload.genesis(PARA, 0));
	assert_eq!(
		workload.transfers(&collator, collator.genesis_head(), 5),
		Ok(Vec::new())
	);
}

#[test]
fn money_reaches_accounts_that_did_not_exist() {
	let mut chain = Chain::new(1, 4);
	let genesis = chain.genesis_head();
	// None of these is in the state, so the proof is one of absence.
	let strangers = Workload::new(99, 50);
	let transfers: Vec<_> = (0u32..)
		.zip(strangers.accounts())
		.map(|(nonce, to)| chain.workload.sign(chain.collator.chain(), 2, *to, 3, nonce))
		.collect();
	let block = chain
		.collator
		.build_block(&genesis, relay_parent(1), transfers)
		.unwrap();
	let params = common::params(&genesis, 1, &block);
	assert_eq!(in_wasm(&params).unwrap().result.head_data, block.head);
	for to in strangers.accounts() {
		assert_eq!(
			chain.collator.account(&block.head, to),
			Ok(Account { balance: 3, nonce: 0 })
		);
		assert_eq!(chain.collator.account(&genesis, to), Ok(Account::default()));
	}
	let sender = chain.collator.account(&block.head, &chain.workload.accounts()[2]);
	assert_eq!(
		sender,
		Ok(Account {
			balance: BALANCE - 150,
			nonce: 50
		})
	);
}

#[test]
fn a_transfer_to_oneself_changes_the_nonce_alone() {
	let mut chain = Chain::new(1, 4);
	let genesis = chain.genesis_head();
	let id = chain.workload.accounts()[0];
	let transfer = chain.workload.sign(chain.collator.chain(), 0, id, BALANCE, 0);
	let block = chain
		.collator
		.build_block(&genesis, relay_parent(1), vec![transfer])
		.unwrap();
	assert_eq!(
		chain.collator.account(&block.head, &id),
		Ok(Account {
			balance: BALANCE,
			nonce: 1
		})
	);
	assert_eq!(
		in_wasm(&common::params(&genesis, 1, &block))
			.unwrap()
			.result
			.head_data,
		block.head
	);
}

#[test]
fn invalid_blocks_are_not_built() {
	let mut chain = Chain::new(1, 4);
	let genesis = chain.genesis_head();
	let [first, second] = [chain.workload.accounts()[0], chain.workload.accounts()[1]];
	let id = *chain.collator.chain();
	let sign = |to, amount, nonce| chain.workload.sign(&id, 0, to, amount, nonce);
	let mut forged = sign(second, 1, 0);
	forged.signature.0[3] ^= 1;
	let poor = TransferError::InsufficientBalance {
		available: BALANCE,
		required: BALANCE + 1,
	};
	let rows = [
		(
			vec![sign(second, 1, 1)],
			0,
			TransferError::WrongNonce {
				expected: 0,
				actual: 1,
			},
		),
		(
			vec![sign(second, 1, 0), sign(second, 1, 0)],
			1,
			TransferError::WrongNonce {
				expected: 1,
				actual: 0,
			},
		),
		(vec![sign(second, BALANCE + 1, 0)], 0, poor),
		(vec![sign(first, BALANCE + 1, 0)], 0, poor),
		(vec![forged], 0, TransferError::BadSignature),
	];
	for (extrinsics, index, error) in rows {
		assert_eq!(
			chain.collator.build_block(&genesis, relay_parent(1), extrinsics),
			Err(BuildError::Invalid(BlockError::Extrinsic { index, error }))
		);
	}
	let nowhere = HeadData(vec![1]);
	assert_eq!(
		chain.collator.build_block(&nowhere, relay_parent(1), Vec::new()),
		Err(BuildError::UnknownParent(UnknownHead { head: nowhere.hash() }))
	);
	let block = chain
		.collator
		.build_block(&genesis, relay_parent(5), Vec::new())
		.unwrap();
	assert_eq!(
		chain
			.collator
			.build_block(&block.head, relay_parent(4), Vec::new()),
		Err(BuildError::Invalid(BlockError::RelayParentMovedBack {
			previous: 5,
			actual: 4
		}))
	);
	// The same relay parent twice is fine.
	assert!(chain
		.collator
		.build_block(&block.head, relay_parent(5), Vec::new())
		.is_ok());
}

#[test]
fn balances_do_not_overflow() {
	let workload = Workload::new(1, 2);
	let mut genesis = workload.genesis(PARA, u128::MAX);
	genesis.accounts[0].1 = 1;
	let mut collator = Collator::new(&genesis);
	let transfer = workload.sign(collator.chain(), 0, workload.accounts()[1], 1, 0);
	let head = collator.genesis_head().clone();
	assert_eq!(
		collator.build_block(&head, relay_parent(1), vec![transfer]),
		Err(BuildError::Invalid(BlockError::Extrinsic {
			index: 0,
			error: TransferError::BalanceOverflow
		}))
	);
}
