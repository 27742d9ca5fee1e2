//! Records in storage, and the groups of values that calls stage.

use async_backing_primitives::{BlockNumber, HostConfiguration, SessionIndex};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// A configuration that waits for its session.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct PendingConfig {
	/// The session in which it takes effect.
	pub session: SessionIndex,
	/// All of its values.
	pub config: HostConfiguration,
}

/// Declares groups of the configuration's values: a struct with the same fields, and the way there and back.
macro_rules! groups {
	($(
		$(#[$doc:meta])*
		$name:ident, staged by $call:literal {
			$($(#[$field_doc:meta])* $field:ident: $type:ty,)*
		}
	)*) => {$(
		$(#[$doc])*
		///
		/// A group of the [`HostConfiguration`], which
		#[doc = concat!("[`Pallet::", $call, "`](crate::Pallet::", $call, ") stages.")]
		#[derive(
			Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
		)]
		pub struct $name {
			$($(#[$field_doc])* pub $field: $type,)*
		}

		impl $name {
			/// The group as a configuration has it.
			pub fn of(config: &HostConfiguration) -> Self {
				Self {
					$($field: config.$field,)*
				}
			}

			/// Puts the group into a configuration.
			pub fn put(self, config: &mut HostConfiguration) {
				$(config.$field = self.$field;)*
			}
		}
	)*};
}

groups! {
	/// Validation code, and when it may change.
	UpgradeLimits, staged by "set_upgrade_limits" {
		/// Largest validation code, in bytes.
		max_code_size: u32,
		/// Blocks between two announcements of a code upgrade.
		validation_upgrade_cooldown: BlockNumber,
		/// Blocks between the inclusion of an announcement and its application.
		validation_upgrade_delay: BlockNumber,
		/// Least number of blocks between the acceptance of an upgrade and its application.
		minimum_validation_upgrade_delay: BlockNumber,
		/// Session changes after which a vote on new code that found no majority rejects it (R-CODE-3).
		pvf_voting_ttl: SessionIndex,
	}

	/// How large candidates may be.
	CandidateLimits, staged by "set_candidate_limits" {
		/// Largest head data, in bytes.
		max_head_data_size: u32,
		/// Largest proof of validity, in bytes.
		max_pov_size: u32,
	}

	/// Upward messages.
	UmpLimits, staged by "set_ump_limits" {
		/// Most messages that may wait in a para's queue.
		max_upward_queue_count: u32,
		/// Most bytes that may wait in a para's queue.
		max_upward_queue_size: u32,
		/// Largest single message, in bytes.
		max_upward_message_size: u32,
		/// Most messages of one candidate.
		max_upward_message_num_per_candidate: u32,
	}

	/// Channels between paras.
	HrmpLimits, staged by "set_hrmp_limits" {
		/// Most messages of one candidate.
		hrmp_max_message_num_per_candidate: u32,
		/// Most channels a para may send on.
		hrmp_max_parachain_outbound_channels: u32,
		/// Most channels a para may receive on.
		hrmp_max_parachain_inbound_channels: u32,
		/// Most messages that may wait in a channel.
		hrmp_channel_max_capacity: u32,
		/// Most bytes that may wait in a channel.
		hrmp_channel_max_total_size: u32,
		/// Largest single message of a channel, in bytes.
		hrmp_channel_max_message_size: u32,
		/// What the sender of a channel deposits while it is open, in the chain's token.
		hrmp_sender_deposit: u128,
		/// What the recipient of a channel deposits while it is open, in the chain's token.
		hrmp_recipient_deposit: u128,
	}

	/// Validators, their groups, and how many of them back a candidate.
	BackingLimits, staged by "set_backing_limits" {
		/// Least number of votes that back a candidate, unless the group is smaller (R-BKV-1).
		minimum_backing_votes: u32,
		/// Most validators in the active set; `None` for no limit.
		max_validators: Option<u32>,
		/// Most validators of one group; `None` for no limit (R-GRP-5).
		max_validators_per_core: Option<u32>,
		/// Blocks between two rotations of the groups (R-GRP-2).
		group_rotation_frequency: BlockNumber,
	}

	/// Cores and the claim queue.
	SchedulingLimits, staged by "set_scheduling_limits" {
		/// Number of cores.
		num_cores: u32,
		/// Blocks that a candidate has to become available (R-TMO-2).
		paras_availability_period: BlockNumber,
		/// How far ahead the claim queue is filled (R-SCH-4).
		scheduling_lookahead: u32,
	}

	/// On-demand orders and their price.
	OnDemandLimits, staged by "set_on_demand_limits" {
		/// Most orders that may wait (R-SCH-8).
		on_demand_queue_max_size: u32,
		/// Price of an order when demand is low, in the chain's token.
		on_demand_base_fee: u128,
		/// Share of the queue above which an order's price rises, and below which it falls.
		on_demand_target_queue_utilization: Perbill,
		/// How fast the price follows demand: the relative change in a block per share that the queue is off its target.
		on_demand_fee_variability: Perbill,
	}

	/// What the scheduler works by, in the layout of the published struct of this name.
	SchedulerParams, staged by "set_scheduler_params" {
		/// Blocks between two rotations of the groups (R-GRP-2).
		group_rotation_frequency: BlockNumber,
		/// Blocks that a candidate has to become available (R-TMO-2).
		paras_availability_period: BlockNumber,
		/// Most validators of one group; `None` for no limit (R-GRP-5).
		max_validators_per_core: Option<u32>,
		/// How far ahead the claim queue is filled (R-SCH-4).
		scheduling_lookahead: u32,
		/// Number of cores.
		num_cores: u32,
		/// Has no meaning any more, but a place in the layout.
		max_availability_timeouts: u32,
		/// Most on-demand orders that may wait (R-SCH-8).
		on_demand_queue_max_size: u32,
		/// Share of the queue above which an order's price rises, and below which it falls.
		on_demand_target_queue_utilization: Perbill,
		/// How fast the price follows demand: the relative change in a block per share that the queue is off its target.
		on_demand_fee_variability: Perbill,
		/// Price of an order when demand is low, in the chain's token.
		on_demand_base_fee: u128,
		/// Has no meaning any more, but a place in the layout.
		ttl: BlockNumber,
	}
}
