//! A deterministic source of valid transfers.
//!
//! Signing with sr25519 draws randomness; here it comes from a generator that is seeded per transfer, so that the same
//! seed and the same parent give the same block, byte for byte. Never do this with keys that hold value.

use crate::{
	collator::{Collator, UnknownHead},
	genesis::Genesis,
	Account, AccountId, Balance, SignedTransfer,
};
use async_backing_primitives::{Hash, HeadData, ParaId};
use codec::Encode;
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha8Rng,
};
use schnorrkel::{
	context::{attach_rng, SigningContext},
	ExpansionMode, Keypair, MiniSecretKey,
};
use sp_core::sr25519::Signature;
use sp_io::hashing::blake2_256;
use std::fmt;

/// Most that one transfer sends.
const MAX_AMOUNT: u64 = 100;

/// A set of accounts that send each other money.
pub struct Workload {
	seed: u64,
	keys: Vec<Keypair>,
	ids: Vec<AccountId>,
	context: SigningContext,
}

impl fmt::Debug for Workload {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Workload")
			.field("seed", &self.seed)
			.field("accounts", &self.ids.len())
			.finish_non_exhaustive()
	}
}

impl Workload {
	/// `accounts` accounts whose keys follow from `seed`. At least one.
	#[allow(clippy::missing_panics_doc, reason = "the expectation carries its proof")]
	pub fn new(seed: u64, accounts: u32) -> Self {
		let keys: Vec<_> = (0..accounts.max(1))
			.map(|index| {
				MiniSecretKey::from_bytes(&blake2_256(&(b"counter-parachain/key", seed, index).encode()))
					.expect("32 bytes are a mini secret key; qed")
					.expand_to_keypair(ExpansionMode::Ed25519)
			})
			.collect();
		let ids = keys
			.iter()
			.map(|key| AccountId::from_raw(key.public.to_bytes()))
			.collect();
		Self {
			seed,
			keys,
			ids,
			context: SigningContext::new(b"substrate"),
		}
	}

	/// The accounts.
	pub fn accounts(&self) -> &[AccountId] {
		&self.ids
	}

	/// A chain on which every account has `balance`.
	pub fn genesis(&self, para: ParaId, balance: Balance) -> Genesis {
		Genesis {
			para,
			accounts: self.ids.iter().map(|&id| (id, balance)).collect(),
			pace: None,
			upgrade: None,
		}
	}

	/// `count` transfers that are valid on top of `parent`, in this order; fewer only when nobody has any money.
	///
	/// A function of seed, parent and count. Cost: one signature each, and one read per account.
	///
	/// # Errors
	/// [`UnknownHead`] when `collator` does not know `parent`.
	pub fn transfers(
		&self,
		collator: &Collator,
		parent: &HeadData,
		count: u32,
	) -> Result<Vec<SignedTransfer>, UnknownHead> {
		let mut accounts: Vec<Account> = self
			.ids
			.iter()
			.map(|id| collator.account(parent, id))
			.collect::<Result<_, _>>()?;
		let mut rng = ChaCha8Rng::from_seed(blake2_256(
			&(b"counter-parachain/work", self.seed, parent.hash()).encode(),
		));
		let mut transfers = Vec::new();
		for _ in 0..count {
			// The next account with money from a random one on.
			let start = self.pick(&mut rng);
			let Some(from) = (start..accounts.len())
				.chain(0..start)
				.find(|&index| accounts[index].balance > 0)
			else {
				break;
			};
			let to = self.pick(&mut rng);
			let amount = Balance::from(1 + rng.next_u64() % MAX_AMOUNT).min(accounts[from].balance);
			transfers.push(self.sign(collator.chain(), from, self.ids[to], amount, accounts[from].nonce));
			accounts[from].nonce += 1;
			accounts[from].balance -= amount;
			accounts[to].balance += amount;
		}
		Ok(transfers)
	}

	fn pick(&self, rng: &mut ChaCha8Rng) -> usize {
		(rng.next_u64() % self.ids.len() as u64) as usize
	}

	/// A transfer from the account at position `from`, signed whether or not it is valid.
	///
	/// # Panics
	/// When there is no account at this position.
	pub fn sign(
		&self,
		chain: &Hash,
		from: usize,
		to: AccountId,
		amount: Balance,
		nonce: u32,
	) -> SignedTransfer {
		let payload = SignedTransfer::payload(chain, &to, amount, nonce);
		let randomness = ChaCha8Rng::from_seed(blake2_256(&(self.seed, from as u64, &payload).encode()));
		let signature = self.keys[from].sign(attach_rng(self.context.bytes(&payload), randomness));
		SignedTransfer {
			from: self.ids[from],
			to,
			amount,
			nonce,
			signature: Signature::from_raw(signature.to_bytes()),
		}
	}
}
