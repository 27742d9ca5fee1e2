//! The calls: one for all values, one for each group of them, and one for each.

use frame_support::pallet_macros::pallet_section;

/// Each stages for two sessions from now (R-ABP-5), and is refused with the error that names the value which does not fit
/// (R-ABP-6). What a call does not name stays as it is staged, or as it is in force where nothing is staged.
#[pallet_section]
mod calls {
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Stages the whole configuration at once, for two sessions from now (R-ABP-5).
		///
		/// Replaces what is staged for that session. What is staged for the next session stays.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_config())]
		pub fn set_config(origin: OriginFor<T>, config: HostConfiguration) -> DispatchResult {
			Self::do_set(origin, |staged| *staged = config)
		}

		/// Stages the parameters of asynchronous backing, for two sessions from now (R-ABP-5).
		///
		/// Everything else stays as it is staged, or as it is in force where nothing is staged.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_async_backing_params(origin: OriginFor<T>, params: AsyncBackingParams) -> DispatchResult {
			Self::do_set(origin, |staged| staged.async_backing_params = params)
		}

		/// Stages code and its upgrades for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_upgrade_limits(origin: OriginFor<T>, limits: UpgradeLimits) -> DispatchResult {
			Self::do_set(origin, |staged| limits.put(staged))
		}

		/// Stages the sizes of candidates for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_candidate_limits(origin: OriginFor<T>, limits: CandidateLimits) -> DispatchResult {
			Self::do_set(origin, |staged| limits.put(staged))
		}

		/// Stages upward messages for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_ump_limits(origin: OriginFor<T>, limits: UmpLimits) -> DispatchResult {
			Self::do_set(origin, |staged| limits.put(staged))
		}

		/// Stages the largest downward message, in bytes, for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_downward_message_size(origin: OriginFor<T>, bytes: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_downward_message_size = bytes)
		}

		/// Stages channels between paras for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_limits(origin: OriginFor<T>, limits: HrmpLimits) -> DispatchResult {
			Self::do_set(origin, |staged| limits.put(staged))
		}

		/// Stages backing and its groups for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_backing_limits(origin: OriginFor<T>, limits: BackingLimits) -> DispatchResult {
			Self::do_set(origin, |staged| limits.put(staged))
		}

		/// Stages cores and the claim queue for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_scheduling_limits(origin: OriginFor<T>, limits: SchedulingLimits) -> DispatchResult {
			Self::do_set(origin, |staged| limits.put(staged))
		}

		/// Stages on-demand orders and their price for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_on_demand_limits(origin: OriginFor<T>, limits: OnDemandLimits) -> DispatchResult {
			Self::do_set(origin, |staged| limits.put(staged))
		}

		/// Stages how many blocks lie between two announcements of a code upgrade.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_validation_upgrade_cooldown(origin: OriginFor<T>, new: BlockNumber) -> DispatchResult {
			Self::do_set(origin, |staged| staged.validation_upgrade_cooldown = new)
		}

		/// Stages after how many blocks an announcement is applied.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_validation_upgrade_delay(origin: OriginFor<T>, new: BlockNumber) -> DispatchResult {
			Self::do_set(origin, |staged| staged.validation_upgrade_delay = new)
		}

		/// Stages for how many blocks code that is not current any more can be had (R-CODE-9).
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_code_retention_period(origin: OriginFor<T>, new: BlockNumber) -> DispatchResult {
			Self::do_set(origin, |staged| staged.code_retention_period = new)
		}

		/// Stages the largest validation code, in bytes.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_code_size(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_code_size = new)
		}

		/// Stages the largest proof of validity, in bytes.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_pov_size(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_pov_size = new)
		}

		/// Stages the largest head data, in bytes.
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_head_data_size(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_head_data_size = new)
		}

		/// Stages the number of cores.
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_coretime_cores(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.num_cores = new)
		}

		/// Stages how many blocks lie between two rotations of the groups (R-GRP-2).
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_group_rotation_frequency(origin: OriginFor<T>, new: BlockNumber) -> DispatchResult {
			Self::do_set(origin, |staged| staged.group_rotation_frequency = new)
		}

		/// Stages how many blocks a candidate has to become available (R-TMO-2).
		#[pallet::call_index(18)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_paras_availability_period(origin: OriginFor<T>, new: BlockNumber) -> DispatchResult {
			Self::do_set(origin, |staged| staged.paras_availability_period = new)
		}

		/// Stages how far ahead the claim queue is filled (R-SCH-4).
		#[pallet::call_index(19)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_scheduling_lookahead(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.scheduling_lookahead = new)
		}

		/// Stages the most validators of one group (R-GRP-5).
		#[pallet::call_index(20)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_validators_per_core(origin: OriginFor<T>, new: Option<u32>) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_validators_per_core = new)
		}

		/// Stages the most validators of the active set.
		#[pallet::call_index(21)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_validators(origin: OriginFor<T>, new: Option<u32>) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_validators = new)
		}

		/// Stages the past sessions whose candidates may be disputed.
		#[pallet::call_index(22)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_dispute_period(origin: OriginFor<T>, new: SessionIndex) -> DispatchResult {
			Self::do_set(origin, |staged| staged.dispute_period = new)
		}

		/// Stages for how many blocks votes are taken after a dispute was decided.
		#[pallet::call_index(23)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_dispute_post_conclusion_acceptance_period(
			origin: OriginFor<T>,
			new: BlockNumber,
		) -> DispatchResult {
			Self::do_set(origin, |staged| {
				staged.dispute_post_conclusion_acceptance_period = new
			})
		}

		/// Stages after how many slots an approval checker counts as absent.
		#[pallet::call_index(24)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_no_show_slots(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.no_show_slots = new)
		}

		/// Stages the number of tranches of approval checkers.
		#[pallet::call_index(25)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_n_delay_tranches(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.n_delay_tranches = new)
		}

		/// Stages the tranches that are checked together with the first.
		#[pallet::call_index(26)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_zeroth_delay_tranche_width(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.zeroth_delay_tranche_width = new)
		}

		/// Stages the approvals that a candidate needs.
		#[pallet::call_index(27)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_needed_approvals(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.needed_approvals = new)
		}

		/// Stages the samples that an approval checker draws by modulo.
		#[pallet::call_index(28)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_relay_vrf_modulo_samples(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.relay_vrf_modulo_samples = new)
		}

		/// Stages the most upward messages that may wait in a para's queue.
		#[pallet::call_index(29)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_upward_queue_count(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_upward_queue_count = new)
		}

		/// Stages the most bytes of upward messages that may wait in a para's queue.
		#[pallet::call_index(30)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_upward_queue_size(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_upward_queue_size = new)
		}

		/// Stages the largest upward message, in bytes.
		#[pallet::call_index(31)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_upward_message_size(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_upward_message_size = new)
		}

		/// Stages the most upward messages of one candidate.
		#[pallet::call_index(32)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_upward_message_num_per_candidate(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_upward_message_num_per_candidate = new)
		}

		/// Stages what the sender of a channel deposits.
		#[pallet::call_index(33)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_sender_deposit(origin: OriginFor<T>, new: u128) -> DispatchResult {
			Self::do_set(origin, |staged| staged.hrmp_sender_deposit = new)
		}

		/// Stages what the recipient of a channel deposits.
		#[pallet::call_index(34)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_recipient_deposit(origin: OriginFor<T>, new: u128) -> DispatchResult {
			Self::do_set(origin, |staged| staged.hrmp_recipient_deposit = new)
		}

		/// Stages the most messages that may wait in a channel.
		#[pallet::call_index(35)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_channel_max_capacity(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.hrmp_channel_max_capacity = new)
		}

		/// Stages the most bytes that may wait in a channel.
		#[pallet::call_index(36)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_channel_max_total_size(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.hrmp_channel_max_total_size = new)
		}

		/// Stages the most channels that a para may receive on.
		#[pallet::call_index(37)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_max_parachain_inbound_channels(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.hrmp_max_parachain_inbound_channels = new)
		}

		/// Stages the largest message of a channel, in bytes.
		#[pallet::call_index(38)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_channel_max_message_size(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.hrmp_channel_max_message_size = new)
		}

		/// Stages the most channels that a para may send on.
		#[pallet::call_index(39)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_max_parachain_outbound_channels(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.hrmp_max_parachain_outbound_channels = new)
		}

		/// Stages the most horizontal messages that one candidate sends.
		#[pallet::call_index(40)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_max_message_num_per_candidate(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.hrmp_max_message_num_per_candidate = new)
		}

		/// Stages the most horizontal messages that one candidate consumes.
		#[pallet::call_index(41)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_max_messages_consumed_per_candidate(
			origin: OriginFor<T>,
			new: u32,
		) -> DispatchResult {
			Self::do_set(origin, |staged| {
				staged.hrmp_max_messages_consumed_per_candidate = new
			})
		}

		/// Stages after how many session changes an undecided vote on code rejects it (R-CODE-3).
		#[pallet::call_index(42)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_pvf_voting_ttl(origin: OriginFor<T>, new: SessionIndex) -> DispatchResult {
			Self::do_set(origin, |staged| staged.pvf_voting_ttl = new)
		}

		/// Stages the least number of blocks between acceptance of an upgrade and its application.
		#[pallet::call_index(43)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_minimum_validation_upgrade_delay(
			origin: OriginFor<T>,
			new: BlockNumber,
		) -> DispatchResult {
			Self::do_set(origin, |staged| staged.minimum_validation_upgrade_delay = new)
		}

		/// Stages the limits of the Wasm executor.
		#[pallet::call_index(44)]
		#[pallet::weight(T::WeightInfo::set_executor_params())]
		pub fn set_executor_params(origin: OriginFor<T>, new: ExecutorParams) -> DispatchResult {
			Self::do_set(origin, |staged| staged.executor_params = new)
		}

		/// Stages the price of an order when demand is low.
		#[pallet::call_index(45)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_on_demand_base_fee(origin: OriginFor<T>, new: u128) -> DispatchResult {
			Self::do_set(origin, |staged| staged.on_demand_base_fee = new)
		}

		/// Stages how fast the price of an order follows demand.
		#[pallet::call_index(46)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_on_demand_fee_variability(origin: OriginFor<T>, new: Perbill) -> DispatchResult {
			Self::do_set(origin, |staged| staged.on_demand_fee_variability = new)
		}

		/// Stages the most on-demand orders that may wait (R-SCH-8).
		#[pallet::call_index(47)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_on_demand_queue_max_size(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.on_demand_queue_max_size = new)
		}

		/// Stages the share of the order queue at which the price stands still.
		#[pallet::call_index(48)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_on_demand_target_queue_utilization(origin: OriginFor<T>, new: Perbill) -> DispatchResult {
			Self::do_set(origin, |staged| staged.on_demand_target_queue_utilization = new)
		}

		/// Stages the least number of votes that back a candidate (R-BKV-1).
		#[pallet::call_index(49)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_minimum_backing_votes(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.minimum_backing_votes = new)
		}

		/// Stages whether the nodes of the network use a feature, by its number.
		#[pallet::call_index(50)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_node_feature(origin: OriginFor<T>, index: u8, value: bool) -> DispatchResult {
			Self::do_set(origin, |staged| staged.node_features.set(index, value))
		}

		/// Stages how approvals are voted for.
		#[pallet::call_index(51)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_approval_voting_params(origin: OriginFor<T>, new: ApprovalVotingParams) -> DispatchResult {
			Self::do_set(origin, |staged| staged.approval_voting_params = new)
		}

		/// Stages how many sessions back a relay parent may lie.
		#[pallet::call_index(52)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_relay_parent_session_age(origin: OriginFor<T>, new: u32) -> DispatchResult {
			Self::do_set(origin, |staged| staged.max_relay_parent_session_age = new)
		}

		/// Stages cores, groups, the claim queue and orders as one.
		#[pallet::call_index(53)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_scheduler_params(origin: OriginFor<T>, new: SchedulerParams) -> DispatchResult {
			Self::do_set(origin, |staged| new.put(staged))
		}

		/// Switches the check of R-ABP-6 off, or on again. Off, whatever is staged is taken, values that stop the chain as
		/// well; only the bounds of asynchronous backing hold (R-ABP-4).
		#[pallet::call_index(54)]
		#[pallet::weight(T::WeightInfo::set_bypass_consistency_check())]
		pub fn set_bypass_consistency_check(origin: OriginFor<T>, new: bool) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			BypassConsistencyCheck::<T>::put(new);
			Ok(())
		}
	}
}
