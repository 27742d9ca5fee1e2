//! The claim queue that nodes saw at a relay block (R-REL-7).
//!
//! It is taken at the end of that block and never in its child: what the child executes before its inherent (governance,
//! messages, orders) must not reach what candidates on the block are judged by. Whoever changes the claim queue in an
//! `on_finalize` after that of this pallet has to tell this pallet, as the session pallet does.

use crate::{
	weights::{UnitWeights, LOOKAHEAD_MEASURED},
	ClaimQueueSnapshot, ClaimQueueSnapshots, Config, Pallet, RelayParentWindow, WeightInfo,
};
use async_backing_primitives::{ports::CoreScheduler, Hash, Header, RelayChainBlockInfo};
use frame_support::weights::Weight;

impl<T: Config> Pallet<T> {
	/// Notes the claim queue at the end of the current block.
	pub(crate) fn take_snapshot() {
		let snapshot = ClaimQueueSnapshot::from(T::Scheduler::claim_queue());
		ClaimQueueSnapshots::<T>::insert(Self::now(), snapshot);
	}

	/// What the end of the current block costs: it reads and writes every claim, and reads what they follow from.
	pub(crate) fn weight_of_snapshot() -> Weight {
		let load = T::Scheduler::load();
		let claims = load.cores.saturating_mul(load.lookahead);
		T::WeightInfo::on_finalize(claims.div_ceil(LOOKAHEAD_MEASURED))
			.saturating_add(T::WeightInfo::waiting_orders(&load))
			.saturating_add(T::WeightInfo::shared_cores(&load))
	}
}

/// Step 1 of the inherent: takes the parent into the window, and forgets the claim queues of those that leave it
/// (R-REL-2, R-REL-7).
pub(crate) fn update_window<T: Config>(parent: &Header, allowed_ancestry_len: u32) -> Hash {
	let info = RelayChainBlockInfo {
		hash: parent.hash(),
		number: parent.number,
		storage_root: parent.state_root,
	};
	let mut window = RelayParentWindow::<T>::get();
	let before = window.oldest();
	window.update(info, allowed_ancestry_len);
	match (before, window.oldest()) {
		(Some(before), Some(after)) => {
			(before.number..after.number).for_each(ClaimQueueSnapshots::<T>::remove);
		}
		// The first block that this pallet sees, genesis aside, has a parent that it did not. Nobody but such a parent
		// is without a claim queue, and the window is empty before each.
		_ if !ClaimQueueSnapshots::<T>::contains_key(info.number) => {
			let snapshot = ClaimQueueSnapshot::from(T::Scheduler::claim_queue());
			ClaimQueueSnapshots::<T>::insert(info.number, snapshot);
		}
		_ => {}
	}
	RelayParentWindow::<T>::put(window);
	info.hash
}
