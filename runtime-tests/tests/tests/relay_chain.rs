//! The relay chain itself: blocks are built and executed in Wasm, forks are resolved, bad blocks refused.

mod common;

use async_backing_relay_client::{
	signing, Block, BuildBlock, BuildError, Database, Genesis, ImportError, ImportOutcome, RelayClient,
	RelayClientConfig, SealError, SetupError,
};
use codec::{Decode, Encode};
use common::{executor, relay_wasm, Chain, FIRST_SLOT};
use serde_json::json;
use sp_core::{Pair, H256};
use sp_runtime::{traits::Block as _, DigestItem, OpaqueExtrinsic};

/// The `u32` of a storage value after `block`; 0 when there is none.
fn value(chain: &Chain, block: H256, pallet: &[u8], item: &[u8]) -> u32 {
	let key = [twox(pallet), twox(item)].concat();
	let value = chain
		.client
		.storage(block, &key)
		.expect("the block is known")
		.unwrap_or_default();
	u32::decode(&mut &value[..]).unwrap_or_default()
}

/// The index of the session pallet after `block`.
fn session(chain: &Chain, block: H256) -> u32 {
	value(chain, block, b"Session", b"CurrentIndex")
}

fn twox(data: &[u8]) -> [u8; 16] {
	sp_io::hashing::twox_128(data)
}

#[test]
fn an_empty_block_is_built_executed_and_imported() {
	let chain = Chain::new(1, 6, json!({}));
	let genesis = chain.client.genesis_hash();
	assert_eq!(
		(chain.client.best().hash, chain.client.best().number),
		(genesis, 0)
	);

	let built = chain.build(genesis, FIRST_SLOT);
	assert_eq!(
		(built.number, built.inherents, built.refused.len()),
		(1, 2, 0),
		"time and parachains (R-INC-1)"
	);
	assert!(
		chain.client.header(built.hash).is_err(),
		"building imports nothing"
	);

	let outcome = chain.client.import(built.block.clone()).unwrap();
	assert!(matches!(outcome, ImportOutcome::Imported { block, new_best: true } if block.hash == built.hash));
	assert!(chain.client.is_best(built.hash));
	assert_eq!(chain.client.children(genesis).unwrap(), vec![built.hash]);
	assert_eq!(chain.client.ancestry(built.hash, 10).unwrap(), vec![genesis]);
	assert_eq!(chain.client.slot(built.hash).unwrap(), Some(FIRST_SLOT));
	assert!(!chain.client.events(built.hash).unwrap().is_empty());

	// The state that is kept has the root that the header promises: a proof against it verifies.
	let root = built.block.header().state_root;
	assert_eq!(chain.client.state_root(built.hash).unwrap(), root);
	let key = [twox(b"Timestamp"), twox(b"Now")].concat();
	let proof = chain.client.storage_proof(built.hash, &[&key]).unwrap();
	let read =
		sp_state_machine::read_proof_check::<sp_core::Blake2Hasher, _>(root, proof, [&key[..]]).unwrap();
	assert_eq!(read[&key], Some((FIRST_SLOT * 6_000).encode()));
	assert_eq!(
		chain.client.storage(built.hash, &key).unwrap(),
		Some((FIRST_SLOT * 6_000).encode())
	);

	assert_eq!(
		chain.client.import(built.block).unwrap(),
		ImportOutcome::AlreadyKnown
	);
}

#[test]
fn sixty_blocks_cross_a_session_boundary_and_keep_the_validators() {
	let chain = Chain::new(2, 6, json!({}));
	chain.run(FIRST_SLOT, 60);
	let best = chain.client.best();
	assert_eq!(best.number, 60);
	assert_eq!(session(&chain, best.hash), 1, "a session lasts 50 slots");
	let ancestors = chain.client.ancestry(best.hash, 60).unwrap();
	assert_eq!(
		(session(&chain, ancestors[9]), session(&chain, ancestors[8])),
		(0, 1),
		"block 51 starts session 1"
	);

	let authors: std::collections::BTreeSet<_> = (0..60)
		.map(|slot| {
			chain
				.client
				.slot_author(best.hash, FIRST_SLOT + slot)
				.unwrap()
				.index
		})
		.collect();
	assert_eq!(authors.len(), 6, "every validator authors");
}

#[test]
fn skipped_slots_and_a_skipped_session_do_not_stop_the_chain() {
	let chain = Chain::with_sessions(3, 4, 10);
	for slot in [0, 1, 4, 9, 12, 13, 55, 56, 70] {
		chain.extend(chain.client.best().hash, FIRST_SLOT + slot);
	}
	assert_eq!(chain.client.best().number, 9);
	assert_eq!(session(&chain, chain.client.best().hash), 3);
}

#[test]
fn r_abp_9_a_session_change_is_handed_out_at_the_end_of_its_block() {
	let chain = Chain::with_sessions(9, 4, 5);
	chain.run(FIRST_SLOT, 12);
	let mut chain_of_blocks = chain.client.ancestry(chain.client.best().hash, 12).unwrap();
	chain_of_blocks.reverse();
	chain_of_blocks.push(chain.client.best().hash);
	let sessions: Vec<_> = chain_of_blocks
		.into_iter()
		.map(|block| {
			(
				session(&chain, block),
				value(&chain, block, b"ParaSessionInfo", b"CurrentSessionIndex"),
			)
		})
		.collect();
	let expected: Vec<_> = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]
		.map(|session| (session, session))
		.to_vec();
	assert_eq!(
		sessions, expected,
		"R-ABP-9: after the block that changes the session, all speak of the new one"
	);
}

#[test]
fn equal_seeds_give_equal_chains_and_other_seeds_others() {
	let head = |seed| {
		let chain = Chain::with_sessions(seed, 4, 8);
		chain.run(FIRST_SLOT, 20);
		chain.client.best().hash
	};
	assert_eq!(head(7), head(7));
	assert_ne!(head(7), head(8));
}

#[test]
fn of_two_blocks_on_one_parent_the_first_stays_best_until_the_other_chain_is_longer() {
	let chain = Chain::new(4, 6, json!({}));
	chain.run(FIRST_SLOT, 3);
	let parent = chain.client.best().hash;

	let (first, first_best) = chain.extend(parent, FIRST_SLOT + 3);
	let (second, second_best) = chain.extend(parent, FIRST_SLOT + 4);
	assert_eq!((first_best, second_best), (true, false));
	assert!(chain.client.is_best(first.hash));
	let mut both = vec![first.hash, second.hash];
	both.sort_unstable();
	assert_eq!(chain.client.children(parent).unwrap(), both);

	let (third, third_best) = chain.extend(second.hash, FIRST_SLOT + 5);
	assert!(
		third_best && chain.client.is_best(third.hash),
		"the longer chain wins"
	);
	assert_eq!(
		chain.client.ancestry(third.hash, 2).unwrap(),
		vec![second.hash, parent]
	);
	// The other branch is still there, with its state.
	assert_ne!(
		chain.client.state_root(first.hash).unwrap(),
		chain.client.state_root(second.hash).unwrap()
	);
	chain.extend(first.hash, FIRST_SLOT + 6);
	assert!(chain.client.is_best(third.hash), "equally long is not longer");
}

/// A block on the best chain, its header changed by `change` and sealed anew by the slot's author.
fn resealed(chain: &Chain, slot: u64, change: impl FnOnce(&mut async_backing_relay_client::Header)) -> Block {
	let parent = chain.client.best().hash;
	let (mut header, body) = chain.build(parent, slot).block.deconstruct();
	header.digest.logs.pop();
	change(&mut header);
	let signature = signing::sign(chain.author(parent, slot), header.hash().as_ref());
	header
		.digest
		.logs
		.push(DigestItem::Seal(*b"BABE", signature.encode()));
	Block::new(header, body)
}

#[test]
fn a_bad_block_is_refused_with_its_reason_and_leaves_no_trace() {
	let chain = Chain::new(5, 6, json!({}));
	chain.run(FIRST_SLOT, 2);
	let best = chain.client.best();
	let slot = FIRST_SLOT + 2;
	let honest = chain.build(best.hash, slot);
	let refused = |block: Block| chain.client.import(block).expect_err("a bad block");

	let wrong = H256::repeat_byte(7);
	let root = honest.block.header().state_root;
	let error = refused(resealed(&chain, slot, |header| header.state_root = wrong));
	assert!(
		matches!(error, ImportError::StateRoot { in_header, computed } if in_header == wrong && computed == root),
		"{error:?}"
	);

	let error = refused(resealed(&chain, slot, |header| header.extrinsics_root = wrong));
	assert!(
		matches!(error, ImportError::ExtrinsicsRoot { in_header, .. } if in_header == wrong),
		"{error:?}"
	);

	let extra = DigestItem::Other(vec![1]);
	let error = refused(resealed(&chain, slot, |header| header.digest.logs.push(extra)));
	assert!(
		matches!(
			error,
			ImportError::Digests {
				in_header: 2,
				computed: 1
			}
		),
		"{error:?}"
	);

	let error = refused(resealed(&chain, slot, |header| header.parent_hash = wrong));
	assert!(
		matches!(error, ImportError::UnknownParent { parent } if parent == wrong),
		"{error:?}"
	);

	let error = refused(resealed(&chain, slot, |header| header.number = 9));
	assert!(
		matches!(error, ImportError::Number { parent: 2, actual: 9 }),
		"{error:?}"
	);

	// A signature by another validator than the slot's.
	let author = chain.client.slot_author(best.hash, slot).unwrap();
	let (mut header, body) = honest.block.clone().deconstruct();
	header.digest.logs.pop();
	let other = chain
		.validators
		.iter()
		.find(|keys| keys.sr25519_public() != author.key)
		.unwrap();
	let signature = signing::sign(&other.sr25519, header.hash().as_ref());
	header
		.digest
		.logs
		.push(DigestItem::Seal(*b"BABE", signature.encode()));
	let error = refused(Block::new(header, body));
	assert!(
		matches!(error, ImportError::Seal(SealError::BadSignature { author: key }) if key == author.key),
		"{error:?}"
	);

	// The author of another slot claims this one: the claim's index is wrong.
	let stolen = (slot + 1..)
		.find(|slot| chain.client.slot_author(best.hash, *slot).unwrap() != author)
		.unwrap();
	let claim = chain.build(best.hash, stolen).block.header().digest.logs[0].clone();
	let DigestItem::PreRuntime(engine, mut claim) = claim else {
		panic!("the claim comes first")
	};
	let at = claim.len() - 8;
	claim[at..].copy_from_slice(&slot.encode());
	let error = refused(resealed(&chain, slot, |header| {
		header.digest.logs[0] = DigestItem::PreRuntime(engine, claim)
	}));
	assert!(
		matches!(error, ImportError::Seal(SealError::WrongAuthor { expected, .. }) if expected == author.index),
		"{error:?}"
	);

	for (name, error, expected) in [
		(
			"no claim",
			refused(resealed(&chain, slot, |header| header.digest.logs.clear())),
			SealError::NoClaim,
		),
		(
			"no seal",
			{
				let (mut header, body) = honest.block.clone().deconstruct();
				header.digest.logs.pop();
				refused(Block::new(header, body))
			},
			SealError::NoSeal,
		),
		(
			"an old slot",
			{
				let block = chain.client.block(best.hash).unwrap();
				let (mut header, body) = block.deconstruct();
				header.parent_hash = best.hash;
				header.number += 1;
				refused(Block::new(header, body))
			},
			SealError::SlotNotAfterParent {
				slot: slot - 1,
				parent_slot: slot - 1,
			},
		),
	] {
		assert!(
			matches!(&error, ImportError::Seal(found) if *found == expected),
			"{name}: {error:?}"
		);
	}

	// A body that the runtime does not accept.
	let (header, mut body) = honest.block.clone().deconstruct();
	body.push(body[0].clone());
	let error = refused(Block::new(header, body));
	assert!(
		matches!(error, ImportError::Execution(_) | ImportError::Extrinsic { .. }),
		"{error:?}"
	);

	assert_eq!(chain.client.best(), best);
	assert!(chain.client.children(best.hash).unwrap().is_empty());
	assert!(matches!(
		chain.client.import(honest.block),
		Ok(ImportOutcome::Imported { new_best: true, .. })
	));
}

#[test]
fn only_the_author_of_a_later_slot_can_build() {
	let chain = Chain::new(6, 6, json!({}));
	chain.run(FIRST_SLOT, 1);
	let parent = chain.client.best().hash;
	let stranger = sp_core::sr25519::Pair::from_seed(&[99; 32]);
	let error = chain
		.client
		.build_block(BuildBlock::new(parent, FIRST_SLOT + 1, &stranger))
		.expect_err("not ours");
	assert!(
		matches!(error, BuildError::NotOurSlot { actual, .. } if actual == stranger.public()),
		"{error:?}"
	);
	let error = chain
		.client
		.build_block(BuildBlock::new(
			parent,
			FIRST_SLOT,
			chain.author(parent, FIRST_SLOT),
		))
		.expect_err("an old slot");
	assert!(
		matches!(
			error,
			BuildError::SlotNotAfterParent {
				slot: FIRST_SLOT,
				parent_slot: FIRST_SLOT
			}
		),
		"{error:?}"
	);
}

#[test]
fn an_extrinsic_that_the_runtime_refuses_is_left_out_and_named() {
	let chain = Chain::new(7, 6, json!({}));
	let parent = chain.client.genesis_hash();
	let request = BuildBlock {
		extrinsics: vec![unsigned_remark()],
		..chain.request(parent, FIRST_SLOT)
	};
	let built = chain.client.build_block(request).unwrap();
	assert_eq!(
		built.refused.iter().map(|(index, _)| *index).collect::<Vec<_>>(),
		vec![0]
	);
	assert_eq!(built.block.extrinsics().len(), built.inherents);
	assert!(chain.client.import(built.block).is_ok());
}

/// An unsigned extrinsic with a call that wants a signature.
fn unsigned_remark() -> OpaqueExtrinsic {
	let remark = frame_system::Call::remark {
		remark: b"hello".to_vec(),
	};
	let call = async_backing_relay_runtime::RuntimeCall::System(remark);
	let bare = async_backing_relay_runtime::UncheckedExtrinsic::new_bare(call);
	OpaqueExtrinsic::decode(&mut &bare.encode()[..]).expect("an extrinsic is opaque bytes")
}

#[test]
fn a_bad_genesis_is_an_error_that_says_why() {
	let setup = |genesis| {
		let config = RelayClientConfig {
			executor: executor(),
			..RelayClientConfig::new(relay_wasm(), genesis)
		};
		RelayClient::new(config).expect_err("a bad genesis")
	};
	let error = setup(Genesis::preset("nonsense"));
	assert!(
		matches!(&error, SetupError::UnknownPreset { name, known } if name == "nonsense" && known.contains(&"devnet".into())),
		"{error:?}"
	);
	let error = setup(Genesis::preset("devnet").with(json!({ "epochLength": { "slots": "many" } })));
	assert!(
		matches!(&error, SetupError::Genesis(reason) if reason.contains("many")),
		"{error:?}"
	);
}

#[test]
fn a_chain_on_disk_is_continued() {
	let folder = tempfile::tempdir().unwrap();
	let open = || {
		let mut chain = Chain::new(8, 3, json!({}));
		let genesis = Genesis::preset("devnet").with(async_backing_relay_client::validators_patch(
			&chain.validators,
			&common::SESSION_KEYS,
		));
		chain.client = RelayClient::new(RelayClientConfig {
			executor: executor(),
			database: Database::ParityDb(folder.path().into()),
			..RelayClientConfig::new(relay_wasm(), genesis)
		})
		.unwrap();
		chain
	};
	let chain = open();
	chain.run(FIRST_SLOT, 3);
	let best = chain.client.best();
	drop(chain);
	let chain = open();
	assert_eq!(chain.client.best(), best);
	chain.run(FIRST_SLOT + 3, 2);
	assert_eq!(chain.client.best().number, 5);
}
