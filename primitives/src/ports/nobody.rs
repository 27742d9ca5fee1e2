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

	struct SevenCores;
	impl Get<HostConfiguration> for SevenCores {
		fn get() -> HostConfiguration {
			HostConfiguration {
				num_cores: 7,
				..Default::default()
			}
		}
	}

	#[test]
	fn r_abp_7_a_static_configuration_is_the_same_before_and_after_a_session_change() {
		let (before, after) = StaticConfiguration::<SevenCores>::activate_for(7);
		assert_eq!(before, after);
		assert_eq!(after, StaticConfiguration::<SevenCores>::active());
		assert_eq!(after.num_cores, 7, "which is not the default");
		assert_eq!(<()>::activate_for(7).1, HostConfiguration::default());
	}

	#[test]
	fn r_abp_7_without_the_configuration_pallet_the_defaults_hold_for_ever() {
		let defaults = HostConfiguration::default();
		assert_eq!(<()>::active(), defaults);
		for session in [0, 1, 1000] {
			assert_eq!(<()>::activate_for(session), (defaults.clone(), defaults.clone()));
		}
	}

	const PARA: ParaId = ParaId(2000);
	const NEVER_DISABLED: [ValidatorIndex; 0] = [];

	#[test]
	fn without_the_session_pallet_it_is_session_0_without_validators() {
		assert_eq!(<() as CurrentSession>::index(), 0);
		assert_eq!(<()>::validators(), []);
		assert_eq!(<()>::validator_count(), 0);
		assert_eq!(<()>::disabled(), NEVER_DISABLED.into());
		assert_eq!(<()>::disabled_in_parent(), NEVER_DISABLED.into());
		assert!(!<()>::is_change_buffered(), "it never ends");
	}

	#[test]
	fn r_base_16_without_the_paras_pallet_nothing_is_known_of_any_para() {
		assert_eq!(<()>::parachains(), []);
		assert_eq!(<()>::head(PARA), None);
		assert_eq!(<()>::current_code_hash(PARA), None);
		assert_eq!(<()>::code_by_hash(ValidationCodeHash::default()), None);
		assert_eq!(<()>::most_recent_context(PARA), None);
		assert_eq!(<()>::future_code(PARA), None);
		assert_eq!(<()>::facts(PARA), None, "R-BASE-16");
		assert!(!<()>::is_upgrade_restricted(PARA));
		assert!(!<()>::is_offboarding(PARA));
		assert!(!<()>::is_offboarding_in_parent(PARA));
	}

	#[test]
	fn without_queues_and_channels_nothing_waits_and_nothing_can_be_sent() {
		assert_eq!(<() as DownwardQueues>::len(PARA), 0);
		assert!(<() as DownwardQueues>::is_empty(PARA));
		assert_eq!(<()>::sent_at(PARA, 0), None);
		assert_eq!(<()>::size(PARA), QueueSize { count: 0, bytes: 0 });
		let no_block: [BlockNumber; 0] = [];
		assert_eq!(<()>::valid_watermarks(PARA), no_block);
		assert_eq!(<()>::received(PARA), []);
		assert_eq!(<()>::recipients(PARA), []);
		assert_eq!(<()>::outbound_channel(PARA, ParaId(2001)), None, "R-CON-2");
		let nothing = WaitingMessages {
			messages: 0,
			channels: 0,
			is_stored: false,
		};
		assert_eq!(<()>::waiting(PARA, 7), nothing);
	}

	#[test]
	fn r_bkv_1_without_a_scheduler_there_is_no_core_and_no_group() {
		let nothing = SchedulerLoad {
			cores: 0,
			lookahead: 0,
			orders: 0,
			core_bytes: 0,
		};
		assert_eq!(<()>::core_count(), 0);
		assert_eq!(<()>::load(), nothing);
		assert_eq!(<()>::groups(), [[]; 0]);
		assert_eq!(<()>::claim_queue(), ClaimQueue::default());
		let free = BTreeSet::new();
		assert_eq!(<()>::advance(&free, &free), [], "no core is free for anybody");
		let rotation = GroupRotationInfo {
			session_start_block: 7,
			group_rotation_frequency: 0,
			now: 7,
		};
		assert_eq!(<()>::rotation_info(7), rotation, "R-GRP-2: they never rotate");
	}
}
