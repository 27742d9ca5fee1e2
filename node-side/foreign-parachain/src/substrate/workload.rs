//! Transactions of a Cumulus parachain: transfers, where it has balances, an upgrade, where it has a sudo key, and whatever
//! the run's configuration says.

use super::{runtime::RuntimeAt, Call, Upgrade, Workload};
use crate::ProducerError;
use async_backing_primitives::ParaId;
use async_backing_relay_client::{Hash, QueryError, RelayClient};
use async_backing_runtime_metadata::{Chain, TransactionError};
use codec::Encode;
use serde_json::{json, Value};
use sp_core::{bytes::to_hex, ed25519, Pair};
use sp_io::hashing::blake2_256;
use sp_runtime::OpaqueExtrinsic;
use std::{collections::BTreeMap, fmt};

/// What a transfer sends: more than any chain of the field asks an account to keep.
const AMOUNT: u64 = 1_000_000_000_000;
/// Where balances are defined, in every runtime that has them.
const BALANCES: &str = "pallet_balances";

/// Accounts that follow from a seed.
pub(super) struct Accounts {
	/// Who is root, where the run says who is, and signs what is no transfer.
	root: ed25519::Pair,
	pairs: Vec<ed25519::Pair>,
	transfers: usize,
}

impl fmt::Debug for Accounts {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Accounts")
			.field("pairs", &self.pairs.len())
			.field("transfers", &self.transfers)
			.finish_non_exhaustive()
	}
}

impl Accounts {
	pub(super) fn new(seed: u64, para: ParaId, workload: &Workload) -> Self {
		let pair = |index: u32| {
			let seed = (b"async-backing/foreign", seed, para, index).encode();
			ed25519::Pair::from_seed(&blake2_256(&seed))
		};
		Self {
			root: pair(0),
			pairs: (1..=workload.accounts).map(pair).collect(),
			transfers: workload.transfers as usize,
		}
	}

	/// Keys of all accounts.
	pub(super) fn publics(&self) -> impl Iterator<Item = [u8; 32]> + '_ {
		let all = std::iter::once(&self.root).chain(&self.pairs);
		all.map(|pair| pair.public().0)
	}

	/// Key of whoever is root.
	pub(super) fn root(&self) -> [u8; 32] {
		self.root.public().0
	}
}

/// Makes transactions for the block after `parent`.
pub(super) struct Desk<'a> {
	pub(super) client: &'a RelayClient,
	pub(super) parent: Hash,
	pub(super) runtime: &'a RuntimeAt,
	pub(super) accounts: &'a Accounts,
}

impl Desk<'_> {
	/// Up to so many transfers, from one account to the next; none where the runtime has no balances.
	pub(super) fn transfers(&self, most: u32) -> Result<Vec<OpaqueExtrinsic>, ProducerError> {
		let pairs = &self.accounts.pairs;
		if self.runtime.metadata.pallet(BALANCES).is_none() || pairs.is_empty() {
			return Ok(Vec::new());
		}
		let count = self.accounts.transfers.min(most as usize);
		// Nonces of the accounts that are at work in this block.
		let mut nonces: BTreeMap<usize, u32> = BTreeMap::new();
		let mut made = Vec::new();
		for (position, pair) in pairs.iter().enumerate().cycle().take(count) {
			let nonce = match nonces.get(&position) {
				Some(nonce) => *nonce,
				None => self.nonce(pair)?,
			};
			nonces.insert(position, nonce.saturating_add(1));
			let next = pairs
				.get(position.saturating_add(1))
				.or(pairs.first())
				.unwrap_or(pair);
			made.push(self.sign(pair, nonce, &self.transfer(next)?)?);
		}
		Ok(made)
	}

	/// What this block has beside transfers: what announces a code, then the calls.
	pub(super) fn special(
		&self,
		upgrade: Option<&Upgrade>,
		calls: &[&Call],
	) -> Result<Vec<OpaqueExtrinsic>, ProducerError> {
		if upgrade.is_none() && calls.is_empty() {
			return Ok(Vec::new());
		}
		let root = &self.accounts.root;
		let mut nonce = self.nonce(root)?;
		let mut made = Vec::new();
		let mut sign = |call: &Value| {
			let signed = self.sign(root, nonce, call);
			nonce = nonce.saturating_add(1);
			signed
		};
		if let Some(upgrade) = upgrade {
			made.push(sign(&self.sudo(self.upgrade(upgrade)?)?)?);
		}
		for sent in calls {
			let call = self
				.call(sent)
				.map_err(ProducerError::from)
				.and_then(|call| sign(&call))
				.map_err(|source| ProducerError::Call {
					at: sent.at,
					pallet: sent.pallet.clone(),
					call: sent.call.clone(),
					source: Box::new(source),
				})?;
			made.push(call);
		}
		Ok(made)
	}

	fn upgrade(&self, upgrade: &Upgrade) -> Result<Value, TransactionError> {
		let call = match upgrade.unchecked {
			true => "set_code_without_checks",
			false => "set_code",
		};
		let code = json!({ "code": to_hex(&upgrade.code.0, false) });
		self.runtime.metadata.call("frame_system", call, code)
	}

	fn call(&self, sent: &Call) -> Result<Value, TransactionError> {
		let metadata = &self.runtime.metadata;
		let call = metadata.call(&sent.pallet, &sent.call, sent.arguments.clone())?;
		match sent.root {
			true => self.sudo(call),
			false => Ok(call),
		}
	}

	fn sudo(&self, call: Value) -> Result<Value, TransactionError> {
		self.runtime
			.metadata
			.call("pallet_sudo", "sudo", json!({ "call": call }))
	}

	/// A transfer to an account, however the runtime names accounts.
	fn transfer(&self, to: &ed25519::Pair) -> Result<Value, TransactionError> {
		let metadata = &self.runtime.metadata;
		let account = to_hex(to.public().as_ref(), false);
		let call = |dest: Value| {
			let arguments = json!({ "dest": dest, "value": AMOUNT });
			metadata.call(BALANCES, "transfer_keep_alive", arguments)
		};
		let by_address = call(json!({ "Id": account }))?;
		match metadata.encode_call(&by_address) {
			Ok(_) => Ok(by_address),
			Err(_) => call(json!(account)),
		}
	}

	fn nonce(&self, pair: &ed25519::Pair) -> Result<u32, QueryError> {
		self.client
			.call(self.parent, "AccountNonceApi_account_nonce", pair.public().0)
	}

	fn sign(&self, pair: &ed25519::Pair, nonce: u32, call: &Value) -> Result<OpaqueExtrinsic, ProducerError> {
		let chain = Chain {
			spec_version: self.runtime.version.spec_version,
			transaction_version: self.runtime.version.transaction_version,
			genesis: self.client.genesis_hash(),
		};
		Ok(self.runtime.metadata.signed(&chain, pair, nonce, call)?)
	}
}
