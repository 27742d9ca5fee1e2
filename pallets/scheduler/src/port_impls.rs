//! The ports that this pallet answers.

use crate::{Config, CoreClaims, OnDemandOrders, Pallet, SessionShape};
use alloc::{collections::BTreeSet, vec::Vec};
use async_backing_primitives::{
	ports::{
		ActiveConfiguration, CoreScheduler, OnParaRemoved, OnSessionChange, SchedulerLoad, SessionChange,
	},
	split_into_groups, BlockNumber, ClaimQueue, CoreIndex, GroupRotationInfo, ParaId, ValidatorIndex,
};

impl<T: Config> CoreScheduler for Pallet<T> {
	fn core_count() -> u32 {
		Self::shape().cores
	}

	/// Reads the beginning of the orders, and of the cores only how long they are.
	fn load() -> SchedulerLoad {
		let orders = OnDemandOrders::<T>::decode_len().unwrap_or(0);
		SchedulerLoad {
			cores: Self::core_count(),
			lookahead: T::Configuration::active().scheduling_lookahead,
			orders: u32::try_from(orders).unwrap_or(u32::MAX),
			core_bytes: sp_io::storage::read(&CoreClaims::<T>::hashed_key(), &mut [], 0).unwrap_or(0),
		}
	}

	fn groups() -> Vec<Vec<ValidatorIndex>> {
		let shape = Self::shape();
		split_into_groups(shape.validators, shape.cores)
	}

	fn rotation_info(now: BlockNumber) -> GroupRotationInfo {
		GroupRotationInfo {
			session_start_block: Self::shape().start,
			group_rotation_frequency: T::Configuration::active().group_rotation_frequency,
			now,
		}
	}

	fn claim_queue() -> ClaimQueue {
		Self::visible_claims()
			.into_iter()
			.map(|(core, claims)| (core, claims.into()))
			.collect()
	}

	fn advance(occupied: &BTreeSet<CoreIndex>, included: &BTreeSet<CoreIndex>) -> Vec<(CoreIndex, ParaId)> {
		Self::serve(occupied, included)
	}
}

impl<T: Config> OnSessionChange for Pallet<T> {
	fn on_session_change(change: &SessionChange) {
		let config = &change.new_configuration;
		let shape = SessionShape::new(change.session_start, change.validators.len(), config);
		Self::reshape(shape, &change.old_configuration, config);
	}
}

impl<T: Config> OnParaRemoved for Pallet<T> {
	/// Drops the orders for the para, with an event that tells how many. Their claims stay, and nobody can use them.
	fn on_para_removed(para: ParaId) {
		Self::forget_orders_of(para);
	}
}
