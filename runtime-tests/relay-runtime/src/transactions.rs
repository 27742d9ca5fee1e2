//! Transactions of this runtime: verdicts of validators, and signed ones for tools and tests.

#[cfg(feature = "std")]
pub use pallet_async_backing_scheduler::CoreAssignment;
#[cfg(feature = "std")]
pub use signed::{assign_core, order, signed};

use crate::{Paras, Runtime, RuntimeCall, TxExtension, UncheckedExtrinsic};
use async_backing_primitives::{PvfCheckStatement, ValidatorSignature};
use frame_system::offchain::{CreateAuthorizedTransaction, CreateTransaction, CreateTransactionBase};
use sp_runtime::generic::Era;

/// What a transaction of this runtime carries beside its call, as the `nonce`-th of its signer and valid for ever.
fn extension(nonce: crate::Nonce) -> TxExtension {
	(
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::from(0),
	)
}

impl<LocalCall> CreateTransactionBase<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<LocalCall> CreateTransaction<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	type Extension = TxExtension;

	fn create_transaction(call: RuntimeCall, extension: TxExtension) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_transaction(call, extension)
	}
}

/// What needs no signature but one that it carries: verdicts on new code (R-CODE-3).
impl<LocalCall> CreateAuthorizedTransaction<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	fn create_extension() -> TxExtension {
		extension(0)
	}
}

/// A validator's verdict on new code (R-CODE-3).
pub fn verdict(statement: PvfCheckStatement, signature: ValidatorSignature) -> UncheckedExtrinsic {
	Paras::verdict_transaction(statement, signature)
}

#[cfg(feature = "std")]
mod signed {
	use super::*;
	use crate::{genesis_presets::CUSTOMER, AccountId, Hash, Nonce, SignedPayload, VERSION};
	use async_backing_primitives::{BlockNumber, CoreIndex, ParaId};
	use codec::Encode;
	use pallet_async_backing_scheduler::AssignmentParts;
	use sp_core::Pair;
	use sp_runtime::{
		traits::{IdentifyAccount, Verify},
		MultiAddress, MultiSignature, OpaqueExtrinsic,
	};

	/// An order of the presets' customer for one block of a para, whatever it costs; the customer's `nonce`-th
	/// transaction.
	pub fn order(nonce: Nonce, genesis: Hash, para: ParaId) -> OpaqueExtrinsic {
		let call = pallet_async_backing_scheduler::Call::place_order_keep_alive {
			para,
			max_price: u128::MAX,
		};
		signed(&CUSTOMER.pair(), nonce, genesis, RuntimeCall::ParaScheduler(call))
	}

	/// Work for a core (R-SCH-7), by the presets' customer as root, which it is if a chain's genesis makes it that; the
	/// customer's `nonce`-th transaction. `None` for more shares than a core can have.
	pub fn assign_core(
		nonce: Nonce,
		genesis: Hash,
		core: CoreIndex,
		begin: BlockNumber,
		end: Option<BlockNumber>,
		shares: Vec<AssignmentParts>,
	) -> Option<OpaqueExtrinsic> {
		let call = pallet_async_backing_scheduler::Call::assign_core {
			core,
			begin,
			end,
			shares: shares.try_into().ok()?,
		};
		let call = pallet_sudo::Call::sudo {
			call: Box::new(RuntimeCall::ParaScheduler(call)),
		};
		Some(signed(&CUSTOMER.pair(), nonce, genesis, RuntimeCall::Sudo(call)))
	}

	/// A transaction of `signer`, its `nonce`-th on the chain with this genesis, valid for ever.
	pub fn signed<P: Pair>(signer: &P, nonce: Nonce, genesis: Hash, call: RuntimeCall) -> OpaqueExtrinsic
	where
		MultiSignature: From<P::Signature>,
		<MultiSignature as Verify>::Signer: From<P::Public>,
	{
		let implicit = (
			(),
			(),
			VERSION.spec_version,
			VERSION.transaction_version,
			genesis,
			genesis,
			(),
			(),
			(),
		);
		let payload = SignedPayload::from_raw(call, extension(nonce), implicit);
		let signature = payload.using_encoded(|bytes| signer.sign(bytes));
		let (call, extension, _) = payload.deconstruct();
		let account: AccountId = <MultiSignature as Verify>::Signer::from(signer.public()).into_account();
		UncheckedExtrinsic::new_signed(call, MultiAddress::Id(account), signature.into(), extension).into()
	}
}
