//! Transactions of the preset's administrator.

use super::Chain;
use async_backing_relay_runtime as runtime;
use codec::{Decode, Encode};
use sp_core::{sr25519, Pair};
use sp_runtime::{generic::Era, MultiAddress, OpaqueExtrinsic};

/// A call as root, in the administrator's transaction number `nonce`.
pub fn by_sudo(chain: &Chain, nonce: u32, call: runtime::RuntimeCall) -> OpaqueExtrinsic {
	let admin = sr25519::Pair::from_string("//Alice", None).expect("it is well known");
	let call = runtime::RuntimeCall::Sudo(pallet_sudo::Call::sudo { call: Box::new(call) });
	let extension: runtime::TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
	);
	let genesis = chain.client.genesis_hash();
	let version = runtime::VERSION;
	let implicit = (
		(),
		(),
		version.spec_version,
		version.transaction_version,
		genesis,
		genesis,
		(),
		(),
	);
	let payload = runtime::SignedPayload::from_raw(call, extension, implicit);
	let signature = payload.using_encoded(|bytes| admin.sign(bytes));
	let (call, extension, _) = payload.deconstruct();
	let signed = runtime::UncheckedExtrinsic::new_signed(
		call,
		MultiAddress::Id(admin.public().into()),
		signature.into(),
		extension,
	);
	OpaqueExtrinsic::decode(&mut &signed.encode()[..]).expect("an extrinsic is opaque bytes")
}
