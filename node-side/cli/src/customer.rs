//! Who orders blocks for on-demand paras.

use async_backing_devnet::Customer;
use async_backing_primitives::{Hash, ParaId};
use async_backing_relay_runtime::transactions;
use sp_runtime::OpaqueExtrinsic;

/// The account of the presets that pays for orders, whatever they cost.
#[derive(Debug)]
pub(crate) struct PresetCustomer;

impl Customer for PresetCustomer {
	fn order(&self, genesis: Hash, nonce: u32, para: ParaId) -> OpaqueExtrinsic {
		transactions::order(nonce, genesis, para)
	}
}
