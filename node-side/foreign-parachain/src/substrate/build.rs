//! One block: built, sealed, imported, and put together with its witness.

use super::{
	runtime::{relay_parent_offset, RuntimeAt},
	workload::Desk,
	AuraKey, Substrate,
};
use crate::{
	formats::{
		block_data, core_info, CollationInfo, ParachainInherentData, ParachainInherentDataV0, AURA,
		PARACHAIN_INHERENT, PARACHAIN_INHERENT_V0,
	},
	ProducerError,
};
use async_backing_collator::{authority_keys, parachain_keys, ProduceBlock, ProducedBlock};
use async_backing_primitives::{BlockData, CandidateCommitments, PoV};
use async_backing_relay_client::{Block, FullClient, Hash, Header};
use codec::{Decode, DecodeAll, Encode};
use sc_block_builder::{BlockBuilder, BlockBuilderBuilder};
use sc_consensus::{
	BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult, StateAction, StorageChanges,
};
use sp_api::ProofRecorder;
use sp_blockchain::{ApplyExtrinsicFailed, Error as ClientError};
use sp_consensus::BlockOrigin;
use sp_inherents::InherentData;
use sp_runtime::{
	traits::{BlakeTwo256, Block as _},
	Digest, DigestItem, ExtrinsicInclusionMode, OpaqueExtrinsic,
};
use sp_timestamp::{InherentType, INHERENT_IDENTIFIER};
use sp_trie::proof_size_extension::ProofSizeExt;

/// Largest block data that are compressed: more than any limit lets through.
const BOMB_LIMIT: usize = 64 * 1024 * 1024;

/// A key of the relay chain that a runtime wants proven (`KeyToIncludeInRelayProof`).
#[derive(Decode)]
enum Wanted {
	Top(Vec<u8>),
	Child { _trie: Vec<u8>, _key: Vec<u8> },
}

/// What the runtime fails at, in its words.
fn runtime(stage: &'static str) -> impl Fn(ClientError) -> ProducerError {
	move |source| ProducerError::Runtime {
		stage,
		source: Box::new(source),
	}
}

impl Substrate {
	pub(super) fn build(&self, order: &ProduceBlock<'_>) -> Result<ProducedBlock, ProducerError> {
		let parent = self.block_of(order.parent_head.hash())?;
		let parent_header = self.client.header(parent)?;
		let runtime_at = self.runtime_at(parent)?;
		let slot = self.own_slot(parent, order.relay_slot)?;
		let key = self.author(parent, slot)?;
		let mut digest = Digest {
			logs: vec![DigestItem::PreRuntime(AURA, slot.encode())],
		};
		if let Some(selection) = order.selection {
			digest.push(core_info(selection, self.cores));
		}

		let inherents = self.inherents(order, parent, slot)?;
		let desk = Desk {
			client: &self.client,
			parent,
			runtime: &runtime_at,
			accounts: &self.accounts,
		};
		let number = parent_header.number.saturating_add(1);
		let upgrade = self.upgrade.as_ref().filter(|upgrade| upgrade.at == number);
		let calls: Vec<_> = self.calls.iter().filter(|call| call.at == number).collect();
		let mut transactions = desk.special(upgrade, &calls)?;
		transactions.extend(desk.transfers(order.max_extrinsics)?);

		let recorder = ProofRecorder::<Block>::default();
		let client = self.client.substrate();
		let mut builder = BlockBuilderBuilder::new(&*client)
			.on_parent_block(parent)
			.with_parent_block_number(parent_header.number)
			.with_proof_recorder(recorder.clone())
			.with_extra_extensions(ProofSizeExt::new(recorder.clone()))
			.with_inherent_digests(digest)
			.build()
			.map_err(runtime("begin the block"))?;
		for inherent in builder
			.create_inherents(inherents)
			.map_err(runtime("make the inherents"))?
		{
			builder
				.push(inherent)
				.map_err(runtime("take its own inherents"))?;
		}
		let extrinsics = push(&mut builder, transactions, order.pov_size)?;
		let built = builder.build().map_err(runtime("end the block"))?;

		let (header, body) = built.block.deconstruct();
		let seal = DigestItem::Seal(AURA, key.sign(header.hash().as_ref()).to_vec());
		let mut sealed = header.clone();
		sealed.digest.push(seal.clone());
		self.import(header, seal, &body, built.storage_changes)?;
		let info: CollationInfo = self.client.call(
			sealed.hash(),
			"CollectCollationInfo_collect_collation_info",
			&sealed,
		)?;

		let commitments = CandidateCommitments::from(info);
		if upgrade.is_some() && commitments.new_validation_code.is_none() {
			return Err(ProducerError::NotAnnounced(number));
		}

		let proof = recorder
			.drain_storage_proof()
			.into_compact_proof::<BlakeTwo256>(parent_header.state_root)
			.map_err(|_| ProducerError::Proof(parent_header.state_root))?;
		let versioned = runtime_at
			.blob
			.api("CollectCollationInfo")
			.is_some_and(|version| version >= 3);
		let data = block_data(&Block::new(sealed, body), &proof, versioned);
		let pov = PoV {
			block_data: BlockData(
				sp_maybe_compressed_blob::compress_weakly(&data, BOMB_LIMIT).unwrap_or(data),
			),
		};
		let got = pov.encoded_size();
		if got > order.max_pov_size as usize {
			return Err(ProducerError::PovTooLarge {
				max: order.max_pov_size,
				got,
			});
		}
		Ok(ProducedBlock {
			commitments,
			pov,
			extrinsics,
		})
	}

	/// The key of whose slot it is.
	fn author(&self, parent: Hash, slot: u64) -> Result<&AuraKey, ProducerError> {
		let authorities: Vec<[u8; 32]> = self.client.call(parent, "AuraApi_authorities", ())?;
		let turn = slot.checked_rem(authorities.len() as u64);
		let author = turn
			.and_then(|turn| authorities.get(usize::try_from(turn).ok()?))
			.copied()
			.ok_or(ProducerError::NoAuthorities)?;
		self.keys
			.iter()
			.find(|key| key.public() == author)
			.ok_or(ProducerError::NotOurSlot { slot, author })
	}

	/// What the runtime makes its inherents of: what can be read at the relay parent, and the begin of the relay chain's slot.
	fn inherents(
		&self,
		order: &ProduceBlock<'_>,
		parent: Hash,
		slot: u64,
	) -> Result<InherentData, ProducerError> {
		let relay = order.relay_state;
		let mut keys = parachain_keys(relay, self.para)?;
		let runtime_at = self.runtime_at(parent)?;
		let descendants = self.descendants(order, parent, &runtime_at)?;
		if !descendants.is_empty() {
			keys.extend(authority_keys());
		}
		if runtime_at.blob.api("KeyToIncludeInRelayProof").is_some() {
			let wanted: Vec<Wanted> =
				self.client
					.call(parent, "KeyToIncludeInRelayProof_keys_to_prove", ())?;
			for key in wanted {
				match key {
					Wanted::Top(key) => keys.push(key),
					Wanted::Child { .. } => return Err(ProducerError::ChildTrie),
				}
			}
		}
		let basic = ParachainInherentDataV0 {
			validation_data: order.validation_data(),
			relay_chain_state: relay.prove(&keys)?,
			downward_messages: relay.downward_messages(self.para)?,
			horizontal_messages: relay.horizontal_messages(self.para)?,
		};
		let duration: u64 = self.client.call(parent, "AuraApi_slot_duration", ())?;
		let mut inherents = InherentData::new();
		inherents.put_data(PARACHAIN_INHERENT_V0, &basic)?;
		let whole = ParachainInherentData {
			basic,
			relay_parent_descendants: descendants,
			collator_peer_id: None,
		};
		inherents.put_data(PARACHAIN_INHERENT, &whole)?;
		inherents.put_data(
			INHERENT_IDENTIFIER,
			&InherentType::new(slot.saturating_mul(duration)),
		)?;
		Ok(inherents)
	}

	/// The relay parent and what is on top of it, where the runtime demands that there be something; else nothing.
	fn descendants(
		&self,
		order: &ProduceBlock<'_>,
		parent: Hash,
		runtime_at: &RuntimeAt,
	) -> Result<Vec<Header>, ProducerError> {
		let expected = relay_parent_offset(&self.client, &runtime_at.blob, parent)?;
		if expected == 0 {
			return Ok(Vec::new());
		}
		let headers = order.relay_state.headers_up_to(order.leaf)?;
		match headers.len().saturating_sub(1) {
			found if u32::try_from(found) == Ok(expected) => headers
				.iter()
				.map(|header| Header::decode_all(&mut &header[..]).map_err(ProducerError::RelayHeader))
				.collect(),
			found => Err(ProducerError::Descendants { expected, found }),
		}
	}

	/// Keeps the block, with the state that building it led to.
	fn import(
		&self,
		header: Header,
		seal: DigestItem,
		body: &[OpaqueExtrinsic],
		changes: sp_api::StorageChanges<Block>,
	) -> Result<(), ProducerError> {
		let mut params = BlockImportParams::<Block>::new(BlockOrigin::Own, header);
		params.post_digests.push(seal);
		params.body = Some(body.to_vec());
		params.state_action = StateAction::ApplyChanges(StorageChanges::Changes(changes));
		params.fork_choice = Some(ForkChoiceStrategy::LongestChain);
		let result = futures::executor::block_on(self.client.substrate().import_block(params));
		self.client.poll_tasks();
		match result {
			Ok(ImportResult::Imported(_) | ImportResult::AlreadyInChain) => Ok(()),
			Ok(other) => Err(ProducerError::Import(format!("{other:?}"))),
			Err(error) => Err(ProducerError::Import(error.to_string())),
		}
	}
}

/// Puts as many transactions into the block as fit, and says how many. Those that the runtime does not accept are left out, unless
/// it accepts none.
fn push(
	builder: &mut BlockBuilder<'_, Block, FullClient>,
	transactions: Vec<OpaqueExtrinsic>,
	pov_size: u32,
) -> Result<u32, ProducerError> {
	if builder.extrinsic_inclusion_mode() == ExtrinsicInclusionMode::OnlyInherents {
		return Ok(0);
	}
	let (count, mut taken, mut refused) = (transactions.len(), 0u32, None);
	for transaction in transactions {
		let size = builder
			.estimate_block_size()
			.saturating_add(transaction.encoded_size());
		if size > pov_size as usize {
			break;
		}
		match builder.push(transaction) {
			Ok(()) => taken = taken.saturating_add(1),
			Err(ClientError::ApplyExtrinsicFailed(ApplyExtrinsicFailed::Validity(reason))) => {
				refused.get_or_insert(reason);
			}
			Err(error) => return Err(runtime("take a transaction")(error)),
		}
	}
	match refused {
		Some(reason) if taken == 0 => Err(ProducerError::Refused {
			count,
			reason: format!("{reason:?}"),
		}),
		_ => Ok(taken),
	}
}
