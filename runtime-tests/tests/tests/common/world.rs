//! The compiled runtime as a world of the tables that it shares with the inclusion pallet's mock.

use super::{
	cases::{self, World},
	Chain, FIRST_SLOT,
};
use async_backing_primitives::{
	keys, BlockNumber, CommittedCandidateReceipt, CoreIndex, GroupRotationInfo, HeadData, Header, ParaId,
	ParachainsInherentData, RelayChainBlockInfo, SessionIndex, ValidationCode, ValidationCodeHash,
	ValidatorId, ValidatorIndex, ValidatorSignature, PARACHAINS_INHERENT_IDENTIFIER,
};
use async_backing_relay_client::{signing, Block, BuildBlock, BuiltBlock, Hash, ImportOutcome, Slot};
use async_backing_relay_runtime as runtime;
use codec::{Decode, Encode};
use serde_json::{json, Value};
use sp_core::Pair;
use sp_inherents::InherentData;
use sp_runtime::{
	traits::{BlakeTwo256, Block as _, Hash as _},
	DigestItem, OpaqueExtrinsic,
};

/// The first head of both paras.
pub const GENESIS_HEAD: [u8; 4] = [0xab; 4];
const CODE: [u8; 16] = [0xee; 16];

/// The compiled runtime's chain as a world: its best block is the parent.
pub struct Compiled(pub Chain);

impl Compiled {
	/// A chain whose next block is number [`cases::BLOCK`].
	pub fn new(seed: u64) -> Self {
		let chain = Self::with(seed, Value::Null);
		chain.0.run(FIRST_SLOT, u64::from(cases::BLOCK) - 1);
		chain
	}

	/// A chain at its genesis, with a patch over what the tables ask for.
	pub fn with(seed: u64, more: Value) -> Self {
		Self::sized(seed, cases::VALIDATORS, more)
	}

	/// The same with so many validators.
	pub fn sized(seed: u64, validators: u32, more: Value) -> Self {
		let hexadecimal = |bytes: &[u8]| sp_core::bytes::to_hex(bytes, false);
		let para =
			|id: u32| json!({ "id": id, "head": hexadecimal(&GENESIS_HEAD), "code": hexadecimal(&CODE) });
		let assignments: Vec<_> = (0u32..).zip(cases::CORES.map(|para| para.0)).collect();
		let patch = json!({
			"configuration": { "config": {
				"num_cores": cases::CORES.len(),
				"group_rotation_frequency": cases::ROTATION,
				"paras_availability_period": 2,
				"async_backing_params": {
					"max_candidate_depth": cases::DEPTH,
					"allowed_ancestry_len": cases::ANCESTRY,
				},
			} },
			"paraScheduler": { "assignments": assignments },
			"paras": { "paras": [para(2000), para(2001)] },
		});
		Self(Chain::patched(seed, validators, [patch, more]))
	}

	pub fn parent(&self) -> Hash {
		self.0.client.best().hash
	}

	pub fn slot(&self) -> Slot {
		FIRST_SLOT + u64::from(self.0.client.best().number)
	}

	pub fn ask<R: Decode>(&self, method: &str, arguments: impl Encode) -> R {
		let method = format!("ParachainHost_{method}");
		let answer = self.0.client.call(self.parent(), &method, arguments);
		answer.expect("the runtime answers")
	}

	/// The block that an author makes who is offered this.
	pub fn build(&self, data: &ParachainsInherentData) -> BuiltBlock {
		self.build_with(data, Vec::new())
	}

	/// Imports a block that has to become the best.
	pub fn import(&self, block: Block) -> Hash {
		match self.0.client.import(block) {
			Ok(ImportOutcome::Imported {
				block,
				new_best: true,
			}) => block.hash,
			other => panic!("the block is good: {other:?}"),
		}
	}

	/// The same with extrinsics behind the inherents.
	pub fn build_with(&self, data: &ParachainsInherentData, extrinsics: Vec<OpaqueExtrinsic>) -> BuiltBlock {
		let (parent, slot) = (self.parent(), self.slot());
		let mut inherents = InherentData::new();
		inherents
			.put_data(PARACHAINS_INHERENT_IDENTIFIER, data)
			.expect("nothing is there yet");
		let request = BuildBlock {
			inherents,
			extrinsics,
			..BuildBlock::new(parent, slot, self.0.author(parent, slot))
		};
		self.0.client.build_block(request).expect("the slot is ours")
	}

	/// An honest author's block with another body, and its seal.
	pub fn with_body(&self, block: &Block, body: Vec<OpaqueExtrinsic>) -> Block {
		let mut header = block.header().clone();
		header.digest.logs.pop();
		header.extrinsics_root = extrinsics_root(&body);
		let signature = signing::sign(self.0.author(self.parent(), self.slot()), header.hash().as_ref());
		header
			.digest
			.logs
			.push(DigestItem::Seal(*b"BABE", signature.encode()));
		Block::new(header, body)
	}
}

impl World for Compiled {
	fn session(&self) -> SessionIndex {
		self.ask("session_index_for_child", ())
	}

	fn parent_header(&self) -> Header {
		self.0.client.header(self.parent()).expect("it is known")
	}

	fn ancestor(&self, age: u32) -> RelayChainBlockInfo {
		let mut header = self.parent_header();
		for _ in 0..age {
			header = self.0.client.header(header.parent_hash).expect("it is known");
		}
		RelayChainBlockInfo {
			hash: header.hash(),
			number: header.number,
			storage_root: header.state_root,
		}
	}

	fn members(&self, core: u32, at: BlockNumber) -> Vec<ValidatorIndex> {
		let (groups, rotation): (Vec<Vec<ValidatorIndex>>, GroupRotationInfo) =
			self.ask("validator_groups", ());
		let group = rotation.at(at).group_for_core(CoreIndex(core), groups.len());
		groups[group.expect("the core exists").as_usize()].clone()
	}

	fn sign(&self, validator: ValidatorIndex, payload: &[u8]) -> ValidatorSignature {
		let validators: Vec<ValidatorId> = self.ask("validators", ());
		let keys = &self.0.validators;
		let signer = validators.get(validator.as_usize()).and_then(|id| {
			let public: &[u8] = id.as_ref();
			keys.iter().find(|keys| keys.sr25519_public().0 == public)
		});
		signer.unwrap_or(&keys[0]).sr25519.sign(payload).into()
	}

	fn head(&self, para: ParaId) -> HeadData {
		let key = keys::map_key(&keys::PARAS_HEADS, &para);
		let head = self.0.client.storage(self.parent(), &key).expect("it is known");
		HeadData::decode(&mut &head.expect("the para is registered")[..]).expect("it is a head")
	}

	fn code(&self) -> ValidationCodeHash {
		ValidationCode(CODE.to_vec()).hash()
	}

	fn pending_heads(&self, para: ParaId) -> Vec<HeadData> {
		let pending: Vec<CommittedCandidateReceipt> = self.ask("candidates_pending_availability", para);
		pending
			.into_iter()
			.map(|candidate| candidate.commitments.head_data)
			.collect()
	}

	fn limits(&self) -> (u32, u32, u32) {
		let config = async_backing_primitives::HostConfiguration::default();
		(
			config.max_pov_size,
			config.max_head_data_size,
			config.max_code_size,
		)
	}
}

/// What a header commits to.
pub fn extrinsics_root(body: &[OpaqueExtrinsic]) -> Hash {
	let encoded = body.iter().map(Encode::encode).collect();
	BlakeTwo256::ordered_trie_root(encoded, runtime::VERSION.extrinsics_root_state_version())
}

/// The extrinsic that carries an inherent.
pub fn extrinsic(data: ParachainsInherentData) -> OpaqueExtrinsic {
	let call =
		runtime::RuntimeCall::ParaInherent(pallet_async_backing_inclusion::inherent::Call::enter { data });
	let bare = runtime::UncheckedExtrinsic::new_bare(call);
	OpaqueExtrinsic::decode(&mut &bare.encode()[..]).expect("an extrinsic is opaque bytes")
}
