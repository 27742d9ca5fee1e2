//! A relay chain over the compiled runtime, for tests.

#![allow(dead_code, unreachable_pub)] // each test binary uses a part of it

use async_backing_primitives::{ParachainsInherentData, PARACHAINS_INHERENT_IDENTIFIER};
use async_backing_relay_client::{
	validators_patch, BlockRef, BuildBlock, BuiltBlock, Genesis, Hash, ImportOutcome, RelayClient,
	RelayClientConfig, RuntimeExecutor, Slot, ValidatorKeys,
};
use serde_json::{json, Value};
use sp_core::sr25519;
use sp_inherents::InherentData;
use std::{path::Path, sync::OnceLock};

#[path = "../../../../pallets/inclusion/src/tests/cases/mod.rs"]
pub mod cases;
pub mod invariants;
pub mod story;
pub mod sudo;
pub mod world;

/// Names of the session keys of the relay runtime.
pub const SESSION_KEYS: [&str; 5] = [
	"babe",
	"grandpa",
	"para_validator",
	"para_assignment",
	"authority_discovery",
];

/// The first slot of every chain here. Slots count from the Unix epoch, so that it is some day of 2023.
pub const FIRST_SLOT: Slot = 280_000_000;

/// The relay runtime's blob.
pub fn relay_wasm() -> &'static [u8] {
	async_backing_relay_runtime::WASM_BINARY
		.expect("these tests need the compiled runtime: unset SKIP_WASM_BUILD")
}

/// One executor for all chains of a test binary; what it compiled is kept on disk for the next run.
pub fn executor() -> RuntimeExecutor {
	static EXECUTOR: OnceLock<RuntimeExecutor> = OnceLock::new();
	EXECUTOR
		.get_or_init(|| RuntimeExecutor::new(Some(Path::new(env!("CARGO_TARGET_TMPDIR")))))
		.clone()
}

/// A chain and the keys of its validators. When it is dropped, the state after each of its blocks must be sound.
pub struct Chain {
	pub client: RelayClient,
	pub validators: Vec<ValidatorKeys>,
}

impl Drop for Chain {
	fn drop(&mut self) {
		// A test that fails already has said why.
		if !std::thread::panicking() {
			invariants::check_all(&self.client);
		}
	}
}

impl Chain {
	/// A chain with validators that follow from `seed`, and `patch` over the preset `devnet`.
	pub fn new(seed: u64, validators: u32, patch: Value) -> Self {
		Self::patched(seed, validators, [patch])
	}

	/// The same with several patches, each over the one before.
	pub fn patched(seed: u64, validators: u32, patches: impl IntoIterator<Item = Value>) -> Self {
		let validators: Vec<_> = (0..validators)
			.map(|index| ValidatorKeys::of_run(seed, index))
			.collect();
		let preset = Genesis::preset("devnet").with(validators_patch(&validators, &SESSION_KEYS));
		let patches = patches.into_iter().filter(|patch| !patch.is_null());
		let config = RelayClientConfig {
			executor: executor(),
			..RelayClientConfig::new(relay_wasm(), patches.fold(preset, Genesis::with))
		};
		Self {
			client: RelayClient::new(config).expect("the preset is valid"),
			validators,
		}
	}

	/// A chain whose sessions last `slots` slots.
	pub fn with_sessions(seed: u64, validators: u32, slots: u64) -> Self {
		Self::new(seed, validators, json!({ "epochLength": { "slots": slots } }))
	}

	/// The key of the author of `slot` on `parent`.
	pub fn author(&self, parent: Hash, slot: Slot) -> &sr25519::Pair {
		let author = self
			.client
			.slot_author(parent, slot)
			.expect("there are authorities");
		let keys = self
			.validators
			.iter()
			.find(|keys| keys.sr25519_public() == author.key);
		&keys.expect("the genesis validators stay").sr25519
	}

	/// A block without extrinsics of its own.
	pub fn build(&self, parent: Hash, slot: Slot) -> BuiltBlock {
		self.client
			.build_block(self.request(parent, slot))
			.expect("the slot is ours")
	}

	/// What an author brings that has neither bitfields nor candidates. The inherent itself must not be missing (R-INC-1).
	pub fn request(&self, parent: Hash, slot: Slot) -> BuildBlock<'_> {
		let inherents = self.inherents(parent);
		BuildBlock {
			inherents,
			..BuildBlock::new(parent, slot, self.author(parent, slot))
		}
	}

	/// Inherent data without bitfields and candidates.
	pub fn inherents(&self, parent: Hash) -> InherentData {
		let data = ParachainsInherentData {
			bitfields: Vec::new(),
			backed_candidates: Vec::new(),
			disputes: Vec::new(),
			parent_header: self.client.header(parent).expect("the parent is known"),
		};
		let mut inherents = InherentData::new();
		inherents
			.put_data(PARACHAINS_INHERENT_IDENTIFIER, &data)
			.expect("nothing is there yet");
		inherents
	}

	/// Builds a block and imports it.
	pub fn extend(&self, parent: Hash, slot: Slot) -> (BlockRef, bool) {
		match self
			.client
			.import(self.build(parent, slot).block)
			.expect("an honest block is accepted")
		{
			ImportOutcome::Imported { block, new_best } => (block, new_best),
			ImportOutcome::AlreadyKnown => panic!("slot {slot} on {parent:?} was imported before"),
		}
	}

	/// Extends the best chain by a block in each of `count` slots from `first` on.
	pub fn run(&self, first: Slot, count: u64) {
		for slot in first..first + count {
			let (_, new_best) = self.extend(self.client.best().hash, slot);
			assert!(new_best, "slot {slot} extends the best chain");
		}
	}
}
