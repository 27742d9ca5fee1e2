//! Produces blocks for a collator of the node side: the chain's state and a source of transfers.

use crate::{block::Block, collator::BuildError, Collator, RelayContext, UnknownHead, Workload};
use async_backing_collator::{BlockProducer, CoreSelection, FuelUse, PovSize, ProduceError, ProducedBlock};
use async_backing_primitives::{CandidateCommitments, HeadData, ParaId, RelayChainBlockInfo};
use codec::Encode;
use thiserror::Error;

/// What every account has in the beginning: more than it can send in any run.
pub const INITIAL_BALANCE: crate::Balance = 1_000_000_000_000;

/// Bytes of a transfer: two keys, an amount, a nonce and a signature.
const TRANSFER_SIZE: u64 = 32 + 32 + 16 + 4 + 64;

/// Bytes of a PoV beside transfers and accounts: header, length prefixes, the counter, the chain's identity, the root.
const FIXED_SIZE: u64 = 768;

/// Bytes that an account adds to a proof at most: its leaf with 49 bytes of key and 20 of value, and its share of the
/// branches. A part of the trie that is not proven is a hash of 32 bytes, which is less than it would take to prove it.
const ACCOUNT_SIZE: u64 = 128;

/// Fuel of a transfer at most: its signature check, its hashes and its decoding.
const TRANSFER_FUEL: u64 = 345_000;

/// Fuel of a block beside transfers and accounts.
const FIXED_FUEL: u64 = 250_000;

/// Fuel of an account in the proof at most: read, changed and hashed.
const ACCOUNT_FUEL: u64 = 225_000;

/// Why a block cannot be produced.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProducerError {
	/// The parent is not known.
	#[error(transparent)]
	UnknownParent(#[from] UnknownHead),
	/// The block would be invalid.
	#[error(transparent)]
	Build(#[from] BuildError),
	/// Not even a block without extrinsics fits.
	#[error("an empty block takes a PoV of {got} bytes, but at most {max} are allowed")]
	PovTooLarge {
		/// Most bytes allowed.
		max: u32,
		/// What it takes.
		got: usize,
	},
}

/// A chain with everlasting demand: every block is as full as it may be.
///
/// A function of its seed: the same calls give the same blocks.
///
/// ```
/// use async_backing_collator::BlockProducer;
/// use async_backing_counter_parachain::Producer;
/// use async_backing_primitives::{ParaId, RelayChainBlockInfo};
///
/// let mut producer = Producer::new(7, ParaId(2000), 16);
/// let relay_parent = RelayChainBlockInfo { number: 1, ..Default::default() };
/// let genesis = producer.genesis_head();
/// let block = producer.produce(&genesis, &relay_parent, None, 10, 1 << 20)?;
/// assert_eq!(producer.collator().counter(&block.commitments.head_data)?, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Producer {
	collator: Collator,
	workload: Workload,
}

impl Producer {
	/// A new chain with this many accounts, at least one. The seed determines keys and transfers.
	pub fn new(seed: u64, para: ParaId, accounts: u32) -> Self {
		let workload = Workload::new(seed, accounts);
		let collator = Collator::new(&workload.genesis(para, INITIAL_BALANCE));
		Self { collator, workload }
	}

	/// The chain's states.
	pub fn collator(&self) -> &Collator {
		&self.collator
	}

	/// The source of transfers.
	pub fn workload(&self) -> &Workload {
		&self.workload
	}

	fn produce_within(
		&mut self,
		parent: &HeadData,
		relay_parent: &RelayChainBlockInfo,
		core: Option<CoreSelection>,
		max_extrinsics: u32,
		max_pov_size: u32,
	) -> Result<ProducedBlock, ProducerError> {
		let context = RelayContext {
			number: relay_parent.number,
			storage_root: relay_parent.storage_root,
		};
		let max = u64::from(max_pov_size);
		// Transfers alone must fit. How much their proof takes is known when it is there.
		let by_size = u32::try_from(max / TRANSFER_SIZE).unwrap_or(u32::MAX);
		let transfers = self
			.workload
			.transfers(&self.collator, parent, max_extrinsics.min(by_size))?;

		// Nearly always all of them fit. Else the most that do are searched for, as a PoV only grows with its transfers.
		// Blocks that are too large stay among the states; nobody hears of them.
		let full = self
			.collator
			.build_block_on(parent, context, core, transfers.clone())?;
		let mut got = full.pov.encoded_size();
		let fits = got as u64 <= max;
		// All counts below `least` fit, `too_many` does not.
		let (mut least, mut too_many) = (0, if fits { 0 } else { transfers.len() });
		let mut best = fits.then_some(full);
		while least < too_many {
			let attempt = least + (too_many - least) / 2;
			let block = self
				.collator
				.build_block_on(parent, context, core, transfers[..attempt].to_vec())?;
			let size = block.pov.encoded_size();
			if size as u64 <= max {
				best = Some(block);
				least = attempt + 1;
			} else {
				got = size;
				too_many = attempt;
			}
		}
		let block = best.ok_or(ProducerError::PovTooLarge {
			max: max_pov_size,
			got,
		})?;
		Ok(ProducedBlock {
			commitments: CandidateCommitments {
				head_data: block.head,
				hrmp_watermark: relay_parent.number,
				upward_messages: Block::upward_messages(core),
				..Default::default()
			},
			pov: block.pov,
			extrinsics: block.extrinsics,
		})
	}
}

impl BlockProducer for Producer {
	fn genesis_head(&self) -> HeadData {
		self.collator.genesis_head().clone()
	}

	fn pov_size(&self) -> PovSize {
		let accounts = self.workload.accounts().len() as u64;
		PovSize {
			base: FIXED_SIZE + ACCOUNT_SIZE * accounts,
			per_extrinsic: TRANSFER_SIZE,
		}
	}

	fn fuel(&self) -> FuelUse {
		let accounts = self.workload.accounts().len() as u64;
		FuelUse {
			base: FIXED_FUEL.saturating_add(ACCOUNT_FUEL.saturating_mul(accounts)),
			per_extrinsic: TRANSFER_FUEL,
		}
	}

	fn produce(
		&mut self,
		parent_head: &HeadData,
		relay_parent: &RelayChainBlockInfo,
		selection: Option<CoreSelection>,
		max_extrinsics: u32,
		max_pov_size: u32,
	) -> Result<ProducedBlock, ProduceError> {
		self.produce_within(parent_head, relay_parent, selection, max_extrinsics, max_pov_size)
			.map_err(ProduceError::new)
	}
}
