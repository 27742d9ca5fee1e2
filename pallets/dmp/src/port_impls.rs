//! The ports that this pallet answers.

use crate::{Config, DownwardMessageQueues, Pallet};
use async_backing_primitives::{
	ports::{DownwardQueues, OnParaRemoved, OnSessionChange, SessionChange},
	BlockNumber, ParaId,
};

impl<T: Config> DownwardQueues for Pallet<T> {
	fn len(para: ParaId) -> u32 {
		DownwardMessageQueues::<T>::get(para).count
	}

	fn sent_at(para: ParaId, index: u32) -> Option<BlockNumber> {
		Self::do_sent_at(para, index)
	}

	fn prune(para: ParaId, count: u32) {
		Self::do_prune(para, count);
	}
}

/// Nothing changes with a session: what goes with a para goes when it is removed.
impl<T: Config> OnSessionChange for Pallet<T> {
	fn on_session_change(_: &SessionChange) {}
}

impl<T: Config> OnParaRemoved for Pallet<T> {
	fn on_para_removed(para: ParaId) {
		Self::do_remove(para);
	}
}
