//! Signed transactions of this runtime, for tools and tests.

use crate::{
	genesis_presets::CUSTOMER, AccountId, Hash, Nonce, RuntimeCall, SignedPayload, TxExtension,
	UncheckedExtrinsic, VERSION,
};
use async_backing_primitives::ParaId;
use codec::{Decode, Encode};
use sp_core::Pair;
use sp_runtime::{
	generic::Era,
	traits::{IdentifyAccount, Verify},
	MultiAddress, MultiSignature, OpaqueExtrinsic,
};

/// An order of the presets' customer for one block of a para, whatever it costs; the customer's `nonce`-th transaction.
pub fn order(nonce: Nonce, genesis: Hash, para: ParaId) -> OpaqueExtrinsic {
	let call = pallet_async_backing_scheduler::Call::place_order_keep_alive {
		para,
		max_price: u128::MAX,
	};
	signed(&CUSTOMER.pair(), nonce, genesis, RuntimeCall::Scheduler(call))
}

/// A transaction of `signer`, its `nonce`-th on the chain with this genesis, valid for ever.
pub fn signed<P: Pair>(signer: &P, nonce: Nonce, genesis: Hash, call: RuntimeCall) -> OpaqueExtrinsic
where
	MultiSignature: From<P::Signature>,
	<MultiSignature as Verify>::Signer: From<P::Public>,
{
	let extension: TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
	);
	let implicit = (
		(),
		(),
		VERSION.spec_version,
		VERSION.transaction_version,
		genesis,
		genesis,
		(),
		(),
	);
	let payload = SignedPayload::from_raw(call, extension, implicit);
	let signature = payload.using_encoded(|bytes| signer.sign(bytes));
	let (call, extension, _) = payload.deconstruct();
	let account: AccountId = <MultiSignature as Verify>::Signer::from(signer.public()).into_account();
	let signed = UncheckedExtrinsic::new_signed(call, MultiAddress::Id(account), signature.into(), extension);
	OpaqueExtrinsic::decode(&mut &signed.encode()[..]).expect("an extrinsic is a vector of bytes")
}
