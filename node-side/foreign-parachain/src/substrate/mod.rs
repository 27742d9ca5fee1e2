//! Any Cumulus parachain from its blob: its runtime builds the blocks, over a client of its own.
//!
//! What a collator of the field does, in its order: Aura slot of the relay parent, inherents, transactions, seal; the trie
//! nodes that execution touched become the witness. The blocks are imported as they were built, so that each is executed here
//! once; validators execute it again, from the witness alone.

mod build;
mod runtime;
mod setup;
mod workload;

pub(crate) use setup::read_code;
pub use setup::{AuraKey, Bounds, Call, SubstrateConfig, Upgrade, Workload};

use crate::{ProducerError, SetupError};
use async_backing_collator::{BlockProducer, FuelUse, PovSize, ProduceBlock, ProduceError, ProducedBlock};
use async_backing_primitives::{HeadData, HeadHash, ParaId, Slot, ValidationCode};
use async_backing_relay_client::{Genesis, Hash, RelayClient, RelayClientConfig, RuntimeExecutor};
use codec::Encode;
use runtime::{RuntimeAt, Runtimes};
use std::sync::Arc;
use workload::Accounts;

/// Milliseconds of a slot of the relay chain.
const RELAY_SLOT_MILLIS: u64 = 6_000;

/// Builds blocks of a Cumulus parachain.
///
/// A function of its configuration: the same calls give the same blocks.
#[derive(Debug)]
pub struct Substrate {
	client: RelayClient,
	runtimes: Runtimes,
	accounts: Accounts,
	para: ParaId,
	cores: u16,
	keys: Vec<AuraKey>,
	upgrade: Option<Upgrade>,
	calls: Vec<Call>,
	bounds: Bounds,
	genesis_head: HeadData,
	code: ValidationCode,
	/// How many relay blocks the runtime demands on top of a relay parent at its genesis.
	relay_parent_offset: u32,
}

impl Substrate {
	/// A parachain at its genesis.
	///
	/// # Errors
	/// [`SetupError`]: the blob is no parachain's runtime, its genesis cannot be built, or its blocks want something that
	/// nobody here has.
	pub fn new(config: SubstrateConfig, executor: RuntimeExecutor) -> Result<Self, SetupError> {
		let SubstrateConfig {
			code,
			para,
			cores,
			genesis,
			keys,
			workload,
			upgrade,
			calls,
			seed,
			bounds,
		} = config;
		let blob = setup::read_code(&code)?;
		if let Some(upgrade) = &upgrade {
			setup::check_upgrade(&blob, &code, upgrade)?;
		}
		let accounts = Accounts::new(seed, para, &workload);
		let patch = setup::patch(
			&genesis.config(&executor, &code.0)?,
			para,
			&accounts,
			upgrade.is_some() || calls.iter().any(|call| call.root),
		)?;
		// What was asked for has the last word.
		let mut whole = Genesis {
			preset: genesis.preset,
			entries: genesis.entries,
			patch,
		};
		if !genesis.patch.is_null() {
			whole = whole.with(genesis.patch);
		}
		let client = RelayClient::new(RelayClientConfig {
			executor,
			..RelayClientConfig::new(code.0.clone(), whole)
		})?;
		let relay_parent_offset = setup::check(&client, &blob, para, &keys)?;
		let genesis_head = HeadData(client.header(client.genesis_hash())?.encode());
		Ok(Self {
			client,
			runtimes: Runtimes::default(),
			accounts,
			para,
			cores,
			keys,
			upgrade,
			calls,
			bounds,
			genesis_head,
			code,
			relay_parent_offset,
		})
	}

	/// The validation function that the parachain begins with.
	pub fn code(&self) -> &ValidationCode {
		&self.code
	}

	/// The parachain's client, for looking at its blocks and states.
	pub fn client(&self) -> &RelayClient {
		&self.client
	}

	/// The block behind a head.
	fn block_of(&self, head: HeadHash) -> Result<Hash, ProducerError> {
		self.client
			.number(head.0)
			.map(|_| head.0)
			.map_err(|_| ProducerError::UnknownParent(head))
	}

	/// The runtime that executes what comes after a block.
	fn runtime_at(&self, parent: Hash) -> Result<Arc<RuntimeAt>, ProducerError> {
		self.runtimes.at(&self.client, parent)
	}

	/// The slot of the parachain's own in which a block with a relay parent of this slot is.
	fn own_slot(&self, parent: Hash, relay_slot: Slot) -> Result<u64, ProducerError> {
		let duration: u64 = self.client.call(parent, "AuraApi_slot_duration", ())?;
		Ok(relay_slot
			.saturating_mul(RELAY_SLOT_MILLIS)
			.checked_div(duration)
			.unwrap_or_default())
	}

	fn takes_block(
		&self,
		parent: &HeadData,
		included: HeadHash,
		relay_slot: Slot,
	) -> Result<bool, ProducerError> {
		/// From this version on the hook is asked for the relay chain's slot, not for the parachain's.
		const BY_RELAY_SLOT: u32 = 2;
		let parent = self.block_of(parent.hash())?;
		let slot = match self.runtime_at(parent)?.blob.api("AuraUnincludedSegmentApi") {
			None => return Ok(true),
			Some(version) if version >= BY_RELAY_SLOT => relay_slot,
			Some(_) => self.own_slot(parent, relay_slot)?,
		};
		Ok(self.client.call(
			parent,
			"AuraUnincludedSegmentApi_can_build_upon",
			(included.0, slot),
		)?)
	}
}

impl BlockProducer for Substrate {
	fn genesis_head(&self) -> HeadData {
		self.genesis_head.clone()
	}

	fn pov_size(&self) -> PovSize {
		self.bounds.pov
	}

	fn fuel(&self) -> FuelUse {
		self.bounds.fuel
	}

	fn relay_parent_offset(&self) -> Option<u32> {
		Some(self.relay_parent_offset).filter(|offset| *offset > 0)
	}

	fn can_build_upon(
		&self,
		parent_head: &HeadData,
		included: HeadHash,
		slot: Slot,
	) -> Result<bool, ProduceError> {
		self.takes_block(parent_head, included, slot)
			.map_err(ProduceError::new)
	}

	fn produce(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError> {
		self.build(block).map_err(ProduceError::new)
	}
}
