//! Transactions of the preset's administrator.

use super::Chain;
use async_backing_relay_runtime as runtime;
use sp_core::{sr25519, Pair};
use sp_runtime::OpaqueExtrinsic;

/// A call as root, in the administrator's transaction number `nonce`.
pub fn by_sudo(chain: &Chain, nonce: u32, call: runtime::RuntimeCall) -> OpaqueExtrinsic {
	let admin = sr25519::Pair::from_string("//Alice", None).expect("it is well known");
	let call = runtime::RuntimeCall::Sudo(pallet_sudo::Call::sudo { call: Box::new(call) });
	runtime::transactions::signed(&admin, nonce, chain.client.genesis_hash(), call)
}
