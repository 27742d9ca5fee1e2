//! Votes about validation codes, on their way to the chain.

use crate::{Hash, QueryError, RelayClient};
use async_backing_primitives::{runtime_api::ParachainHost, PvfCheckStatement, ValidatorSignature};
use codec::DecodeAll;
use sp_api::ApiExt;
use sp_core::offchain::{TransactionPool, TransactionPoolExt};
use sp_runtime::OpaqueExtrinsic;
use std::sync::{Arc, Mutex, PoisonError};

/// A transaction pool that only remembers what it was given.
#[derive(Clone, Default)]
struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

impl TransactionPool for Pool {
	fn submit_transaction(&mut self, extrinsic: Vec<u8>) -> Result<(), ()> {
		self.0
			.lock()
			.unwrap_or_else(PoisonError::into_inner)
			.push(extrinsic);
		Ok(())
	}
}

impl RelayClient {
	/// The transactions with which the runtime at `at` hands a vote about a code to a transaction pool (R-CODE-3). The
	/// runtime knows how it wants them; whether it takes them in a block is another question.
	///
	/// # Errors
	/// The block is unknown, or the runtime does not answer.
	pub fn pvf_check_transactions(
		&self,
		at: Hash,
		statement: PvfCheckStatement,
		signature: ValidatorSignature,
	) -> Result<Vec<OpaqueExtrinsic>, QueryError> {
		let pool = Pool::default();
		let mut api = self.api();
		api.register_extension(TransactionPoolExt::new(pool.clone()));
		api.submit_pvf_check_statement(at, statement, signature)?;
		let transactions = std::mem::take(&mut *pool.0.lock().unwrap_or_else(PoisonError::into_inner));
		transactions
			.iter()
			.map(|bytes| {
				OpaqueExtrinsic::decode_all(&mut &bytes[..]).map_err(|source| QueryError::Decode {
					method: "submit_pvf_check_statement".into(),
					source,
				})
			})
			.collect()
	}
}
