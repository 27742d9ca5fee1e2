//! Building a block: claim, inherents, extrinsics, seal.

use crate::{babe, Block, BlockNumber, BuildError, Hash, RelayClient, Slot};
use sc_block_builder::BlockBuilderBuilder;
use sp_blockchain::{ApplyExtrinsicFailed, Error as ClientError};
use sp_core::{sr25519, Pair};
use sp_inherents::InherentData;
use sp_runtime::{
	traits::{Block as _, Header as _},
	transaction_validity::TransactionValidityError,
	Digest, OpaqueExtrinsic,
};

/// What a block is built from.
#[derive(Clone)]
pub struct BuildBlock<'a> {
	/// The block to build on.
	pub parent: Hash,
	/// The slot to claim; later than the parent's.
	pub slot: Slot,
	/// BABE key of the slot's author.
	pub author: &'a sr25519::Pair,
	/// What the inherents are made from. The timestamp is added: the begin of the slot.
	pub inherents: InherentData,
	/// Extrinsics after the inherents, in order.
	pub extrinsics: Vec<OpaqueExtrinsic>,
}

impl std::fmt::Debug for BuildBlock<'_> {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("BuildBlock")
			.field("parent", &self.parent)
			.field("slot", &self.slot)
			.field("author", &self.author.public())
			.field("extrinsics", &self.extrinsics.len())
			.finish_non_exhaustive()
	}
}

impl<'a> BuildBlock<'a> {
	/// A block without extrinsics of its own.
	pub fn new(parent: Hash, slot: Slot, author: &'a sr25519::Pair) -> Self {
		Self {
			parent,
			slot,
			author,
			inherents: InherentData::new(),
			extrinsics: Vec::new(),
		}
	}
}

/// A sealed block that was not imported yet.
#[derive(Clone, Debug)]
pub struct BuiltBlock {
	/// The block with its seal.
	pub block: Block,
	/// Hash of the header, seal included.
	pub hash: Hash,
	/// Number of the block.
	pub number: BlockNumber,
	/// How many extrinsics at the front are inherents.
	pub inherents: usize,
	/// Extrinsics that the runtime does not accept, by their position in [`BuildBlock::extrinsics`]. They are not in
	/// the block.
	pub refused: Vec<(usize, TransactionValidityError)>,
}

impl RelayClient {
	/// Builds and seals a block. Nothing is imported. Equal arguments give equal blocks.
	///
	/// # Errors
	/// The parent is unknown, the slot is not later than the parent's or another's, or the runtime refuses its own
	/// inherents. An extrinsic that the runtime does not accept is no error: see [`BuiltBlock::refused`].
	pub fn build_block(&self, request: BuildBlock<'_>) -> Result<BuiltBlock, BuildError> {
		let BuildBlock {
			parent,
			slot,
			author,
			mut inherents,
			extrinsics,
		} = request;
		let rightful = self.slot_author(parent, slot)?;
		if rightful.key != author.public() {
			return Err(BuildError::NotOurSlot {
				slot,
				expected: rightful.key,
				actual: author.public(),
			});
		}
		if let Some(parent_slot) = self.slot(parent)?.filter(|parent_slot| *parent_slot >= slot) {
			return Err(BuildError::SlotNotAfterParent { slot, parent_slot });
		}
		let begin = slot.saturating_mul(self.slot_duration_millis(parent)?);
		inherents.replace_data(
			sp_timestamp::INHERENT_IDENTIFIER,
			&sp_timestamp::InherentType::new(begin),
		);

		let runtime = |stage| move |source| BuildError::Runtime { stage, source };
		let mut builder = BlockBuilderBuilder::new(&*self.client)
			.on_parent_block(parent)
			.with_parent_block_number(self.number(parent)?)
			.with_inherent_digests(Digest {
				logs: vec![babe::claim(&rightful, slot.into())],
			})
			.build()
			.map_err(runtime("initialize"))?;

		let made = builder
			.create_inherents(inherents)
			.map_err(runtime("make the inherents of"))?;
		let count = made.len();
		for (index, inherent) in made.into_iter().enumerate() {
			builder
				.push(inherent)
				.map_err(|source| BuildError::Inherent { index, source })?;
		}
		let mut refused = Vec::new();
		for (index, extrinsic) in extrinsics.into_iter().enumerate() {
			match builder.push(extrinsic) {
				Ok(()) => {}
				Err(ClientError::ApplyExtrinsicFailed(ApplyExtrinsicFailed::Validity(reason))) => {
					refused.push((index, reason))
				}
				Err(source) => return Err(BuildError::Extrinsic { index, source }),
			}
		}

		let built = builder.build().map_err(runtime("finalize"))?;
		let (mut header, body) = built.block.deconstruct();
		babe::seal(&mut header, author);
		let (hash, number) = (header.hash(), *header.number());
		Ok(BuiltBlock {
			block: Block::new(header, body),
			hash,
			number,
			inherents: count,
			refused,
		})
	}
}
