//! Produces blocks for a collator of the node side: the chain's state and a source of transfers.

use crate::{
	block::Block,
	collator::{Attachments, BuildError},
	genesis::Genesis,
	pace::{Pace, UpgradeStage},
	Collator, RelayContext, UnknownHead, Workload,
};
use async_backing_collator::{
	prove_relay_state, BlockProducer, FuelUse, PovSize, ProduceBlock, ProduceError, ProducedBlock,
	RelayProofError,
};
use async_backing_primitives::{CandidateCommitments, HeadData, HeadHash, ParaId, Slot, ValidationCode};
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

/// Bytes that an unincluded segment adds to a PoV at most: what a block proves of its relay parent's state, some 4 KiB on the
/// relay chain of these tests, and the segment itself.
const PACE_SIZE: u64 = 8 * 1024;

/// Fuel of a transfer at most: its signature check, its hashes and its decoding.
const TRANSFER_FUEL: u64 = 345_000;

/// Fuel of a block beside transfers and accounts.
const FIXED_FUEL: u64 = 250_000;

/// Fuel of an account in the proof at most: read, changed and hashed.
const ACCOUNT_FUEL: u64 = 225_000;

/// Fuel that an unincluded segment adds to a block at most: two proofs are looked up instead of one.
const PACE_FUEL: u64 = 10_000_000;

/// Fuel of a byte of announced code at most: decoded, hashed twice, and encoded among the outputs.
const CODE_BYTE_FUEL: u64 = 40;

/// Why a block cannot be produced.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProducerError {
	/// The parent is not known.
	#[error(transparent)]
	UnknownParent(#[from] UnknownHead),
	/// The block would be invalid.
	#[error(transparent)]
	Build(#[from] BuildError),
	/// The relay parent's state cannot be proven.
	#[error("{0}")]
	RelayState(String),
	/// Not even a block without extrinsics fits.
	#[error("an empty block takes a PoV of {got} bytes, but at most {max} are allowed")]
	PovTooLarge {
		/// Most bytes allowed.
		max: u32,
		/// What it takes.
		got: usize,
	},
}

impl From<RelayProofError> for ProducerError {
	fn from(error: RelayProofError) -> Self {
		Self::RelayState(error.to_string())
	}
}

/// A chain with everlasting demand: every block is as full as it may be.
///
/// A function of its seed: the same calls give the same blocks.
///
/// ```
/// use async_backing_collator::{BlockProducer, NoRelayState, ProduceBlock};
/// use async_backing_counter_parachain::Producer;
/// use async_backing_primitives::{ParaId, RelayChainBlockInfo};
///
/// let mut producer = Producer::new(7, ParaId(2000), 16);
/// let genesis = producer.genesis_head();
/// let block = producer.produce(&ProduceBlock {
///     parent_head: &genesis,
///     relay_parent: RelayChainBlockInfo { number: 1, ..Default::default() },
///     relay_slot: 1,
///     leaf: Default::default(),
///     relay_state: &NoRelayState,
///     selection: None,
///     max_extrinsics: 10,
///     pov_size: 1 << 20,
///     max_pov_size: 1 << 20,
/// })?;
/// assert_eq!(producer.collator().counter(&block.commitments.head_data)?, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Producer {
	collator: Collator,
	workload: Workload,
	/// The code that the chain may upgrade to.
	upgrade: Option<ValidationCode>,
}

impl Producer {
	/// A new chain with this many accounts, at least one. The seed determines keys and transfers. It keeps no unincluded
	/// segment, and reads nothing of the relay chain.
	pub fn new(seed: u64, para: ParaId, accounts: u32) -> Self {
		Self::with(seed, para, accounts, None, None)
	}

	/// The same for a chain that keeps an unincluded segment, and may upgrade to this code: the first block that may
	/// announces it.
	pub fn paced(seed: u64, accounts: u32, pace: Pace, upgrade: Option<ValidationCode>) -> Self {
		Self::with(seed, pace.para, accounts, Some(pace), upgrade)
	}

	fn with(
		seed: u64,
		para: ParaId,
		accounts: u32,
		pace: Option<Pace>,
		upgrade: Option<ValidationCode>,
	) -> Self {
		let workload = Workload::new(seed, accounts);
		let genesis = Genesis {
			pace,
			upgrade: upgrade.as_ref().map(ValidationCode::hash),
			..workload.genesis(para, INITIAL_BALANCE)
		};
		Self {
			collator: Collator::new(&genesis),
			workload,
			upgrade,
		}
	}

	/// From now on it builds by another pace than the chain's, and validators refuse what the chain's has no room for: a
	/// fault, for tests.
	pub fn pretend(&mut self, pace: Pace) {
		self.collator.pretend(pace);
	}

	/// The chain's states.
	pub fn collator(&self) -> &Collator {
		&self.collator
	}

	/// The source of transfers.
	pub fn workload(&self) -> &Workload {
		&self.workload
	}

	/// What a block has beside its transfers.
	fn attachments(&self, block: &ProduceBlock<'_>) -> Result<Attachments, ProducerError> {
		let core = block.selection;
		let Some(pace) = self.collator.pace() else {
			return Ok(Attachments {
				core,
				..Attachments::default()
			});
		};
		let (relay, proof) = prove_relay_state(block.relay_state, pace.para)?;
		let upgrade = self.collator.upgrade(block.parent_head)?;
		let may_announce = relay.restriction.is_none()
			&& upgrade.is_some_and(|upgrade| upgrade.stage == UpgradeStage::Authorized);
		Ok(Attachments {
			core,
			relay_state: Some(proof),
			new_code: self.upgrade.clone().filter(|_| may_announce),
		})
	}

	fn produce_within(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProducerError> {
		let ProduceBlock {
			parent_head: parent,
			relay_parent,
			max_extrinsics,
			pov_size: max_pov_size,
			..
		} = *block;
		let context = RelayContext {
			number: relay_parent.number,
			storage_root: relay_parent.storage_root,
		};
		let attachments = self.attachments(block)?;
		let code_bytes = attachments.new_code.as_ref().map_or(0, |code| code.0.len());
		let max_extrinsics = self.fuel().extrinsics_beside(max_extrinsics, code_bytes);
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
			.build_with(parent, context, attachments.clone(), transfers.clone())?;
		let mut got = full.pov.encoded_size();
		let fits = got as u64 <= max;
		// All counts below `least` fit, `too_many` does not.
		let (mut least, mut too_many) = (0, if fits { 0 } else { transfers.len() });
		let mut best = fits.then_some(full);
		while least < too_many {
			let attempt = least + (too_many - least) / 2;
			let attachments = attachments.clone();
			let block =
				self.collator
					.build_with(parent, context, attachments, transfers[..attempt].to_vec())?;
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
				upward_messages: Block::upward_messages(attachments.core),
				new_validation_code: attachments.new_code,
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
		let of_pace = self.collator.pace().map_or(0, |_| PACE_SIZE);
		PovSize {
			base: FIXED_SIZE + of_pace + ACCOUNT_SIZE * accounts,
			per_extrinsic: TRANSFER_SIZE,
		}
	}

	fn fuel(&self) -> FuelUse {
		let accounts = self.workload.accounts().len() as u64;
		let of_pace = self.collator.pace().map_or(0, |_| PACE_FUEL);
		FuelUse {
			base: FIXED_FUEL
				.saturating_add(of_pace)
				.saturating_add(ACCOUNT_FUEL.saturating_mul(accounts)),
			per_extrinsic: TRANSFER_FUEL,
			per_code_byte: CODE_BYTE_FUEL,
		}
	}

	fn can_build_upon(
		&self,
		parent_head: &HeadData,
		included: HeadHash,
		slot: Slot,
	) -> Result<bool, ProduceError> {
		self.collator
			.can_build_upon(parent_head, included, slot)
			.map_err(ProduceError::new)
	}

	fn produce(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError> {
		self.produce_within(block).map_err(ProduceError::new)
	}
}
