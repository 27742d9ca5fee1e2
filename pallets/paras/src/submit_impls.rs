//! Verdicts on code, as transactions.

use crate::{Call, Config, Pallet};
use async_backing_primitives::{PvfCheckStatement, ValidatorSignature};
use frame_system::offchain::{CreateAuthorizedTransaction, SubmitTransaction};

impl<T: Config + CreateAuthorizedTransaction<Call<T>>> Pallet<T> {
	/// The transaction that carries a validator's verdict on code. It needs no signature but the one that it carries
	/// (R-CODE-3).
	pub fn verdict_transaction(statement: PvfCheckStatement, signature: ValidatorSignature) -> T::Extrinsic {
		let call = Call::include_pvf_check_statement { statement, signature };
		T::create_authorized_transaction(call.into())
	}

	/// Puts a verdict into the transaction pool of the node that runs this: what `ParachainHost::submit_pvf_check_statement`
	/// does. A pool that refuses it has it already, or the verdict does not count; nobody could do more about it here.
	pub fn submit_verdict(statement: PvfCheckStatement, signature: ValidatorSignature) {
		let transaction = Self::verdict_transaction(statement, signature);
		let _ = SubmitTransaction::<T, Call<T>>::submit_transaction(transaction);
	}
}
