//! A chain, its collator and its compiled validation function.
// Each test file uses its part of this.
#![allow(dead_code, unreachable_pub)]

use async_backing_collator::{RelayParentState, RelayReadError};
use async_backing_counter_parachain::{
	Block, BuiltBlock, Collator, Genesis, RelayContext, Workload, WASM_BINARY,
};
use async_backing_primitives::{
	Hash, HeadData, InboundDownwardMessage, InboundHrmpMessage, ParaId, ValidationCode, ValidationParams,
};
use async_backing_pvf::{Limits, PreparedPvf, PvfConfig, PvfEngine, ValidateError, Validated};
use codec::Encode;
use sp_core::storage::StateVersion;
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use sp_trie::{LayoutV1, MemoryDB, Recorder, StorageProof, Trie, TrieDBBuilder, TrieDBMutBuilder, TrieMut};
use std::{collections::BTreeMap, sync::OnceLock};

pub const PARA: ParaId = ParaId(2000);
pub const BALANCE: u128 = 1_000_000;

pub fn pvf() -> &'static PreparedPvf {
	static PVF: OnceLock<PreparedPvf> = OnceLock::new();
	PVF.get_or_init(|| {
		let code = WASM_BINARY.expect("these tests need the Wasm binary: build without SKIP_WASM_BUILD");
		PvfEngine::new(PvfConfig::default())
			.unwrap()
			.prepare(&ValidationCode(code.to_vec()))
			.unwrap()
	})
}

pub fn in_wasm(params: &ValidationParams) -> Result<Validated, ValidateError> {
	pvf().validate(params, &Limits::default())
}

pub fn relay_parent(number: u32) -> RelayContext {
	RelayContext {
		number,
		storage_root: Hash::repeat_byte(number as u8),
	}
}

pub struct Chain {
	pub workload: Workload,
	pub genesis: Genesis,
	pub collator: Collator,
}

impl Chain {
	pub fn new(seed: u64, accounts: u32) -> Self {
		let workload = Workload::new(seed, accounts);
		let genesis = workload.genesis(PARA, BALANCE);
		let collator = Collator::new(&genesis);
		Self {
			workload,
			genesis,
			collator,
		}
	}

	pub fn genesis_head(&self) -> HeadData {
		self.collator.genesis_head().clone()
	}

	/// A block with `count` transfers on `parent`, and the parameters with which it validates.
	pub fn build(
		&mut self,
		parent: &HeadData,
		relay_number: u32,
		count: u32,
	) -> (BuiltBlock, ValidationParams) {
		let transfers = self.workload.transfers(&self.collator, parent, count).unwrap();
		assert_eq!(transfers.len(), count as usize);
		let block = self
			.collator
			.build_block(parent, relay_parent(relay_number), transfers)
			.unwrap();
		let params = params(parent, relay_number, &block);
		(block, params)
	}
}

pub fn params(parent: &HeadData, relay_number: u32, block: &BuiltBlock) -> ValidationParams {
	let context = relay_parent(relay_number);
	ValidationParams {
		parent_head: parent.clone(),
		block_data: block.pov.block_data.clone(),
		relay_parent_number: context.number,
		relay_parent_storage_root: context.storage_root,
	}
}

/// Changes the block inside `params`, then makes its header commit to its extrinsics again.
pub fn alter(params: &ValidationParams, change: impl FnOnce(&mut Block)) -> ValidationParams {
	let mut block = Block::from_block_data(&params.block_data).unwrap();
	let before = block.extrinsics.clone();
	change(&mut block);
	if block.extrinsics != before {
		block.header.extrinsics_root = BlakeTwo256::ordered_trie_root(
			block.extrinsics.iter().map(Encode::encode).collect(),
			StateVersion::V1,
		);
	}
	ValidationParams {
		block_data: block.block_data(),
		..params.clone()
	}
}

type Layout = LayoutV1<BlakeTwo256>;

/// State of a relay chain: some values, among as many others as there are in one.
pub struct RelayTrie {
	nodes: MemoryDB<BlakeTwo256>,
	pub root: Hash,
}

impl RelayTrie {
	pub fn new(values: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) -> Self {
		let (mut nodes, mut root) = (MemoryDB::default(), Hash::default());
		let mut trie = TrieDBMutBuilder::<Layout>::new(&mut nodes, &mut root).build();
		let others = (0u32..1000).map(|index| {
			let key = BlakeTwo256::hash_of(&index).0.to_vec();
			(key, vec![index as u8; 40])
		});
		for (key, value) in others.chain(values) {
			trie.insert(&key, &value).unwrap();
		}
		drop(trie);
		Self { nodes, root }
	}
}

impl RelayParentState for RelayTrie {
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RelayReadError> {
		let trie = TrieDBBuilder::<Layout>::new(&self.nodes, &self.root).build();
		trie.get(key)
			.map_err(|error| RelayReadError::new(error.to_string()))
	}

	fn prove(&self, keys: &[Vec<u8>]) -> Result<StorageProof, RelayReadError> {
		let mut recorder = Recorder::<Layout>::new();
		{
			let trie = TrieDBBuilder::<Layout>::new(&self.nodes, &self.root)
				.with_recorder(&mut recorder)
				.build();
			for key in keys {
				trie.get(key).unwrap();
			}
		}
		Ok(StorageProof::new(
			recorder.drain().into_iter().map(|record| record.data),
		))
	}

	fn downward_messages(&self, _: ParaId) -> Result<Vec<InboundDownwardMessage>, RelayReadError> {
		Ok(Vec::new())
	}

	fn horizontal_messages(
		&self,
		_: ParaId,
	) -> Result<BTreeMap<ParaId, Vec<InboundHrmpMessage>>, RelayReadError> {
		Ok(BTreeMap::new())
	}

	fn headers_up_to(&self, _: Hash) -> Result<Vec<Vec<u8>>, RelayReadError> {
		Ok(Vec::new())
	}
}
