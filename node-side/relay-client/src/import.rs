//! Importing a block: author and seal, full execution in Wasm, fork choice.
//!
//! Invariants:
//! - a block gets in only after every check, and after its execution led to the state root of its header;
//! - a block that is refused leaves nothing behind;
//! - the longest chain is the best one; of equally long ones, that which was there first.

use crate::{babe, Block, BlockRef, Hash, Header, ImportError, QueryError, RelayClient, SealError};
use sc_consensus::{BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult, StateAction};
use sp_api::{ApiExt, CallContext, Core};
use sp_block_builder::BlockBuilder;
use sp_consensus::BlockOrigin;
use sp_runtime::{
	traits::{Block as _, Header as _},
	Digest, DigestItem, OpaqueExtrinsic,
};

/// What became of a block that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
	/// It is in. `new_best` says whether it is the head of the longest chain now.
	Imported {
		/// The block.
		block: BlockRef,
		/// Whether the best head moved to it.
		new_best: bool,
	},
	/// It had been imported before.
	AlreadyKnown,
}

impl RelayClient {
	/// Checks and executes a sealed block, and keeps it.
	///
	/// # Errors
	/// [`ImportError`] says which check failed. The chain is as it was before.
	pub fn import(&self, block: Block) -> Result<ImportOutcome, ImportError> {
		let (mut header, body) = block.deconstruct();
		let block = BlockRef {
			hash: header.hash(),
			number: header.number,
		};
		match self.number(block.hash) {
			Ok(_) => return Ok(ImportOutcome::AlreadyKnown),
			Err(QueryError::UnknownBlock(_)) => {}
			Err(error) => return Err(error.into()),
		}
		let parent = match self.number(header.parent_hash) {
			Ok(number) => number,
			Err(QueryError::UnknownBlock(parent)) => return Err(ImportError::UnknownParent { parent }),
			Err(error) => return Err(error.into()),
		};
		if parent.checked_add(1) != Some(header.number) {
			return Err(ImportError::Number {
				parent,
				actual: header.number,
			});
		}
		let seal = self.check_seal(&mut header)?;

		// Whoever subscribed is told of it; of blocks from elsewhere, such as files, subscribers are told nothing.
		let mut params = BlockImportParams::<Block>::new(BlockOrigin::NetworkBroadcast, header.clone());
		params.post_digests.push(seal);
		params.body = Some(body.clone());
		params.state_action = StateAction::Execute;
		params.fork_choice = Some(ForkChoiceStrategy::LongestChain);
		params.post_hash = Some(block.hash);
		let result = futures::executor::block_on(self.client.import_block(params));
		self.tasks.poll();
		match result {
			Ok(ImportResult::Imported(aux)) => Ok(ImportOutcome::Imported {
				block,
				new_best: aux.is_new_best,
			}),
			Ok(ImportResult::AlreadyInChain) => Ok(ImportOutcome::AlreadyKnown),
			Ok(ImportResult::UnknownParent | ImportResult::MissingState) => Err(ImportError::UnknownParent {
				parent: header.parent_hash,
			}),
			Ok(ImportResult::KnownBad) => Err(ImportError::KnownBad { block: block.hash }),
			Err(error) => Err(self
				.diagnose(&header, body)?
				.unwrap_or(ImportError::Execution(error))),
		}
	}

	/// Takes the seal off `header` when the slot is its author's and the signature is right.
	fn check_seal(&self, header: &mut Header) -> Result<DigestItem, ImportError> {
		let claim = babe::claim_of(&header.digest)?;
		let slot = u64::from(claim.slot);
		if let Some(parent_slot) = self
			.slot(header.parent_hash)?
			.filter(|parent_slot| *parent_slot >= slot)
		{
			return Err(SealError::SlotNotAfterParent { slot, parent_slot }.into());
		}
		let author = self.slot_author(header.parent_hash, slot)?;
		if author.index != claim.authority_index {
			return Err(SealError::WrongAuthor {
				slot,
				expected: author.index,
				actual: claim.authority_index,
			}
			.into());
		}
		let (seal, signature) = babe::unseal(header)?;
		babe::verify(&signature, header.hash(), &author)?;
		Ok(seal)
	}

	/// Finds out why the runtime refused a block, by making the block anew from its extrinsics.
	///
	/// The runtime says it by a trap, which carries neither what it expected nor what it found. `None` when the block
	/// can be made anew and is the same, or cannot be made at all.
	fn diagnose(
		&self,
		header: &Header,
		body: Vec<OpaqueExtrinsic>,
	) -> Result<Option<ImportError>, QueryError> {
		let parent = header.parent_hash;
		let claims: Vec<DigestItem> = header
			.digest
			.logs()
			.iter()
			.filter(|item| item.as_pre_runtime().is_some())
			.cloned()
			.collect();
		let start = Header::new(
			header.number,
			Hash::zero(),
			Hash::zero(),
			parent,
			Digest { logs: claims },
		);

		let mut api = self.api();
		api.set_call_context(CallContext::Onchain { import: true });
		if api.initialize_block(parent, &start).is_err() {
			return Ok(None);
		}
		for (index, extrinsic) in body.into_iter().enumerate() {
			match api.apply_extrinsic(parent, extrinsic) {
				Ok(Ok(_)) => {}
				Ok(Err(source)) => return Ok(Some(ImportError::Extrinsic { index, source })),
				Err(_) => return Ok(None),
			}
		}
		let Ok(computed) = api.finalize_block(parent) else {
			return Ok(None);
		};
		Ok(if computed.extrinsics_root != header.extrinsics_root {
			let (in_header, computed) = (header.extrinsics_root, computed.extrinsics_root);
			Some(ImportError::ExtrinsicsRoot { in_header, computed })
		} else if computed.digest != header.digest {
			let (in_header, computed) = (header.digest.logs().len(), computed.digest.logs().len());
			Some(ImportError::Digests { in_header, computed })
		} else if computed.state_root != header.state_root {
			Some(ImportError::StateRoot {
				in_header: header.state_root,
				computed: computed.state_root,
			})
		} else {
			None
		})
	}
}
