//! Who orders blocks for paras, and gives cores work.

use async_backing_devnet::{Assignee, CoreWork, Customer};
use async_backing_primitives::{CoreIndex, Hash, ParaId};
use async_backing_relay_runtime::transactions::{self, CoreAssignment};
use sp_runtime::OpaqueExtrinsic;

/// The account of the presets that pays for orders, whatever they cost.
#[derive(Debug)]
pub(crate) struct PresetCustomer;

impl Customer for PresetCustomer {
	fn order(&self, genesis: Hash, nonce: u32, para: ParaId) -> OpaqueExtrinsic {
		transactions::order(nonce, genesis, para)
	}

	fn assign(&self, genesis: Hash, nonce: u32, work: &CoreWork) -> Option<OpaqueExtrinsic> {
		let assignment = |assignee| match assignee {
			Assignee::Idle => CoreAssignment::Idle,
			Assignee::Pool => CoreAssignment::Pool,
			Assignee::Para(para) => CoreAssignment::Task(para),
		};
		let shares = work
			.shares
			.iter()
			.map(|(assignee, parts)| (assignment(*assignee), *parts));
		transactions::assign_core(
			nonce,
			genesis,
			CoreIndex(work.core),
			work.begin,
			work.end,
			shares.collect(),
		)
	}
}
