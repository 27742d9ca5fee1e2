//! `()` for every port: a runtime that lacks the pallet behind it. And a configuration that never changes.
//!
//! Where the runtime does have the pallet, [`wiring`](crate::wiring) says so when its integrity test runs.

use super::{
	ActiveConfiguration, ConfigurationOfSession, CoreScheduler, CurrentSession, DownwardQueues,
	HorizontalChannels, OutboundChannel, ParaState, QueueSize, SchedulerLoad, UpwardQueues, WaitingMessages,
};
use crate::{
	BlockNumber, ClaimQueue, CoreIndex, GroupRotationInfo, HeadData, HostConfiguration, OutboundHrmpMessage,
	ParaId, SessionIndex, UpwardMessage, ValidationCode, ValidationCodeHash, ValidatorId, ValidatorIndex,
};
use alloc::{collections::BTreeSet, vec::Vec};
use core::marker::PhantomData;
use sp_core::Get;

/// A configuration that is the same in every session: what `C` says, for runtimes without the configuration pallet.
///
/// Nodes may cache the configuration within a session (R-ABP-7), so `C` must not depend on the block.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaticConfiguration<C>(PhantomData<C>);

impl<C: Get<HostConfiguration>> ActiveConfiguration for StaticConfiguration<C> {
	fn active() -> HostConfiguration {
		C::get()
	}
}

impl<C: Get<HostConfiguration>> ConfigurationOfSession for StaticConfiguration<C> {
	fn activate_for(_: SessionIndex) -> (HostConfiguration, HostConfiguration) {
		(C::get(), C::get())
	}
}

/// Who has to be named: stands for a neighbour in the configurations that pallets offer to begin with
/// (`config_preludes::RelayChainDefaultConfig`). It answers no port, so a runtime that forgets the neighbour does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwired {}

/// The defaults, for ever.
impl ActiveConfiguration for () {
	fn active() -> HostConfiguration {
		HostConfiguration::default()
	}
}

impl ConfigurationOfSession for () {
	fn activate_for(_: SessionIndex) -> (HostConfiguration, HostConfiguration) {
		(Self::active(), Self::active())
	}
}

/// Session 0 for ever, without validators.
impl CurrentSession for () {
	fn index() -> SessionIndex {
		0
	}

	fn validators() -> Vec<ValidatorId> {
		Vec::new()
	}

	fn disabled() -> BTreeSet<ValidatorIndex> {
		BTreeSet::new()
	}

	fn is_change_buffered() -> bool {
		false
	}
}

/// No paras.
impl ParaState for () {
	fn parachains() -> Vec<ParaId> {
		Vec::new()
	}

	fn head(_: ParaId) -> Option<HeadData> {
		None
	}

	fn current_code_hash(_: ParaId) -> Option<ValidationCodeHash> {
		None
	}

	fn code_by_hash(_: ValidationCodeHash) -> Option<ValidationCode> {
		None
	}

	fn most_recent_context(_: ParaId) -> Option<BlockNumber> {
		None
	}

	fn future_code(_: ParaId) -> Option<(BlockNumber, ValidationCodeHash)> {
		None
	}

	fn is_upgrade_restricted(_: ParaId) -> bool {
		false
	}

	fn is_offboarding(_: ParaId) -> bool {
		false
	}

	fn schedule_code_upgrade(_: ParaId, _: ValidationCode, _: BlockNumber, _: &HostConfiguration) {}

	fn note_new_head(_: ParaId, _: HeadData, _: BlockNumber) {}
}

/// Nothing ever waits for a para.
impl DownwardQueues for () {
	fn len(_: ParaId) -> u32 {
		0
	}

	fn sent_at(_: ParaId, _: u32) -> Option<BlockNumber> {
		None
	}

	fn prune(_: ParaId, _: u32) {}
}

/// Upward messages go nowhere. A configuration that allows none of them says so to paras.
impl UpwardQueues for () {
	fn size(_: ParaId) -> QueueSize {
		QueueSize::default()
	}

	fn enqueue(_: ParaId, _: &[UpwardMessage]) {}
}

/// No channels, so no candidate sends anything (R-CON-2).
impl HorizontalChannels for () {
	fn valid_watermarks(_: ParaId) -> Vec<BlockNumber> {
		Vec::new()
	}

	fn received(_: ParaId) -> Vec<(BlockNumber, u32)> {
		Vec::new()
	}

	fn recipients(_: ParaId) -> Vec<ParaId> {
		Vec::new()
	}

	fn outbound_channel(_: ParaId, _: ParaId) -> Option<OutboundChannel> {
		None
	}

	fn waiting(_: ParaId, _: BlockNumber) -> WaitingMessages {
		WaitingMessages::default()
	}

	fn prune(_: ParaId, _: BlockNumber, _: BlockNumber) {}

	fn enqueue(_: ParaId, _: Vec<OutboundHrmpMessage>, _: BlockNumber) {}
}

/// No cores: nothing is backed.
impl CoreScheduler for () {
	fn core_count() -> u32 {
		0
	}

	fn load() -> SchedulerLoad {
		SchedulerLoad::default()
	}

	fn groups() -> Vec<Vec<ValidatorIndex>> {
		Vec::new()
	}

	fn rotation_info(now: BlockNumber) -> GroupRotationInfo {
		GroupRotationInfo {
			session_start_block: now,
			group_rotation_frequency: 0,
			now,
		}
	}

	fn claim_queue() -> ClaimQueue {
		ClaimQueue::default()
	}

	fn advance(_: &BTreeSet<CoreIndex>, _: &BTreeSet<CoreIndex>) -> Vec<(CoreIndex, ParaId)> {
		Vec::new()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	struct TwoCores;
	impl Get<HostConfiguration> for TwoCores {
		fn get() -> HostConfiguration {
			HostConfiguration {
				num_cores: 2,
				..Default::default()
			}
		}
	}

	#[test]
	fn r_abp_7_a_static_configuration_is_the_same_before_and_after_a_session_change() {
		let (before, after) = StaticConfiguration::<TwoCores>::activate_for(7);
		assert_eq!(before, after);
		assert_eq!(after, StaticConfiguration::<TwoCores>::active());
		assert_eq!(after.num_cores, 2);
		assert_eq!(<()>::activate_for(7).1, HostConfiguration::default());
	}
}
