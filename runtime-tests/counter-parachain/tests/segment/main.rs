//! A chain that keeps an unincluded segment: native code and Wasm enforce it, by the rules of the segment pallet.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/mod.rs"]
mod common;
mod producer;
mod rules;
mod upgrade;

use async_backing_collator::prove_relay_state;
use async_backing_counter_parachain::{
	validate, Attachments, Block, BlockError, BuildError, BuiltBlock, Collator, Genesis, Pace, RelayContext,
	UpgradeStage, Workload,
};
use async_backing_primitives::{
	keys, AbridgedHostConfiguration, AnnouncementError, BlockNumber, HeadData, HookError, RelayState,
	RelayStateError, SegmentError, Slot, UpgradeGoAhead, UpgradeRestriction, ValidationCode,
	ValidationParams,
};
use async_backing_pvf::ValidateError;
use codec::Encode;
use common::{in_wasm, RelayTrie, BALANCE, PARA};
use sp_trie::StorageProof;

const PACE: Pace = Pace {
	para: PARA,
	velocity: 1,
	capacity: 3,
};

/// A relay parent whose state shows this included head, and perhaps the answer to an upgrade.
#[derive(Clone)]
struct Relay {
	number: BlockNumber,
	slot: Slot,
	included: HeadData,
	go_ahead: Option<UpgradeGoAhead>,
	restriction: Option<UpgradeRestriction>,
	max_code_size: u32,
}

impl Relay {
	fn new(number: BlockNumber, included: &HeadData) -> Self {
		Self {
			number,
			slot: number.into(),
			included: included.clone(),
			go_ahead: None,
			restriction: None,
			max_code_size: 1000,
		}
	}

	fn trie(&self) -> RelayTrie {
		let host = AbridgedHostConfiguration {
			max_code_size: self.max_code_size,
			..Default::default()
		};
		let mut state = vec![
			(keys::ACTIVE_CONFIG.to_vec(), host.encode()),
			(keys::CURRENT_SLOT.to_vec(), self.slot.encode()),
			(keys::map_key(&keys::PARAS_HEADS, &PARA), self.included.encode()),
			(
				keys::relay_dispatch_queue_remaining_capacity(PARA),
				(0u32, 0u32).encode(),
			),
		];
		let signals = [
			(
				keys::UPGRADE_GO_AHEAD_SIGNAL,
				self.go_ahead.map(|signal| signal.encode()),
			),
			(
				keys::UPGRADE_RESTRICTION_SIGNAL,
				self.restriction.map(|signal| signal.encode()),
			),
		];
		for (prefix, signal) in signals {
			state.extend(signal.map(|signal| (keys::map_key(&prefix, &PARA), signal)));
		}
		let known = RelayState::keys(PARA);
		assert!(state.iter().all(|(key, _)| known.contains(key)));
		RelayTrie::new(state)
	}

	fn prove(&self) -> (RelayContext, StorageProof) {
		let trie = self.trie();
		let context = RelayContext {
			number: self.number,
			storage_root: trie.root,
		};
		(context, prove_relay_state(&trie, PARA).unwrap().1)
	}
}

/// Code that a chain may upgrade to.
fn next_code() -> ValidationCode {
	ValidationCode(vec![7; 100])
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
			upgrade: pace.map(|_| next_code().hash()),
			..workload.genesis(PARA, BALANCE)
		};
		Self {
			collator: Collator::new(&genesis),
			workload,
		}
	}

	fn build(&mut self, parent: &HeadData, relay: &Relay) -> Result<BuiltBlock, BuildError> {
		self.build_with(parent, relay, None)
	}

	fn build_with(
		&mut self,
		parent: &HeadData,
		relay: &Relay,
		new_code: Option<ValidationCode>,
	) -> Result<BuiltBlock, BuildError> {
		let transfers = self.workload.transfers(&self.collator, parent, 3).unwrap();
		let (context, proof) = relay.prove();
		let attachments = Attachments {
			relay_state: Some(proof),
			new_code,
			..Default::default()
		};
		self.collator.build_with(parent, context, attachments, transfers)
	}

	/// Stage of the upgrade, and how many answers were acted on.
	fn upgrade(&self, head: &HeadData) -> (UpgradeStage, u32) {
		let upgrade = self.collator.upgrade(head).unwrap().unwrap();
		assert_eq!(upgrade.code, next_code().hash());
		(upgrade.stage, upgrade.answers)
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

fn refused(params: &ValidationParams, expected: BlockError) {
	assert_eq!(validate(params), Err(expected.clone()));
	let reason = expected.to_string();
	assert_eq!(in_wasm(params), Err(ValidateError::Aborted { reason }));
}
