//! A chain with an administrator, and what a test lets happen on it block by block.

use super::{
	cases::World,
	sudo::by_sudo,
	world::{extrinsic, Compiled},
};
use async_backing_primitives::{
	ParaId, ParachainsInherentData, PvfCheckStatement, SessionIndex, ValidationCodeHash, ValidatorId,
	ValidatorIndex,
};
use async_backing_relay_client::{signing, BuildBlock};
use async_backing_relay_runtime::{self as runtime, transactions, RuntimeCall};
use codec::{Decode, Encode};
use sp_core::{sr25519, Pair};
use sp_runtime::{
	traits::{Block as _, Convert},
	OpaqueExtrinsic,
};

/// A chain, and how many transactions its administrator has sent.
pub struct Story {
	pub world: Compiled,
	pub nonce: u32,
}

impl Story {
	/// A block with these transactions; each must succeed.
	pub fn block(&mut self, transactions: Vec<OpaqueExtrinsic>) {
		let chain = &self.world.0;
		let (parent, slot) = (self.world.parent(), self.world.slot());
		let request = BuildBlock {
			extrinsics: transactions,
			..chain.request(parent, slot)
		};
		let built = chain.client.build_block(request).expect("the slot is ours");
		assert_eq!(built.refused, []);
		self.world.import(built.block);
	}

	/// A block of an author who is offered this, with these transactions. Returns what of it the author kept.
	pub fn inherent(
		&mut self,
		offered: &ParachainsInherentData,
		transactions: Vec<OpaqueExtrinsic>,
	) -> ParachainsInherentData {
		let built = self.world.build_with(offered, transactions);
		assert_eq!(built.refused, []);
		let kept = (0..=offered.backed_candidates.len())
			.map(|count| ParachainsInherentData {
				backed_candidates: offered.backed_candidates[..count].to_vec(),
				..offered.clone()
			})
			.find(|kept| built.block.extrinsics()[1] == extrinsic(kept.clone()));
		self.world.import(built.block);
		kept.expect("the first of the candidates are kept")
	}

	pub fn by_root(&mut self, calls: Vec<RuntimeCall>) {
		let transactions = calls
			.into_iter()
			.map(|call| {
				self.nonce += 1;
				by_sudo(&self.world.0, self.nonce - 1, call)
			})
			.collect();
		self.block(transactions);
	}

	/// Root lets a para call something: nobody has the key of its account.
	pub fn by_para(&mut self, para: ParaId, call: RuntimeCall) {
		let admin = sr25519::Pair::from_string("//Alice", None).expect("it is well known");
		let call = pallet_sudo::Call::sudo_as {
			who: runtime::SovereignAccountOf::convert(para).into(),
			call: Box::new(call),
		};
		let genesis = self.world.0.client.genesis_hash();
		let transaction = transactions::signed(&admin, self.nonce, genesis, RuntimeCall::Sudo(call));
		self.nonce += 1;
		self.block(vec![transaction]);
	}

	pub fn session(&self) -> SessionIndex {
		self.world.session()
	}

	/// Blocks until a session begins.
	pub fn run_to_session(&mut self, session: SessionIndex) {
		while self.session() < session {
			self.block(vec![]);
		}
	}

	/// What these validators say of a code, signed.
	pub fn verdicts(&self, subject: ValidationCodeHash, accept: bool, count: usize) -> Vec<OpaqueExtrinsic> {
		let validators: Vec<ValidatorId> = self.world.ask("validators", ());
		let session_index = self.world.ask("session_index_for_child", ());
		(0..count)
			.map(|position| {
				let statement = PvfCheckStatement {
					accept,
					subject,
					session_index,
					validator_index: ValidatorIndex(position as u32),
				};
				let keys = &self.world.0.validators;
				let signer = keys
					.iter()
					.find(|keys| ValidatorId::from(keys.sr25519_public()) == validators[position])
					.expect("the validators are ours");
				let signature = signing::sign(&signer.sr25519, &statement.signing_payload());
				let verdict = transactions::verdict(statement, signature.into());
				OpaqueExtrinsic::decode(&mut &verdict.encode()[..]).expect("bytes")
			})
			.collect()
	}

	/// Looks at the state of the best block with the native pallets.
	pub fn look<R>(&self, at: impl FnOnce() -> R) -> R {
		let top = self
			.world
			.0
			.client
			.entries(self.world.parent())
			.expect("the best block is known");
		let storage = sp_core::storage::Storage {
			top,
			children_default: Default::default(),
		};
		sp_io::TestExternalities::new(storage).execute_with(at)
	}
}
