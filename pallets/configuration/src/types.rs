//! Records in storage, and the groups of values that calls stage.

use async_backing_primitives::{BlockNumber, HostConfiguration, SessionIndex};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A configuration that waits for its session.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct PendingConfig {
	/// The session in which it takes effect.
	pub session: SessionIndex,
	/// All of its values.
	pub config: HostConfiguration,
}

/// Validation code, and when it may change. A group of the [`HostConfiguration`], which [`Pallet::set_upgrade_limits`](crate::Pallet::set_upgrade_limits) stages.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct UpgradeLimits {
	/// Largest validation code, in bytes.
	pub max_code_size: u32,
	/// Blocks between two announcements of a code upgrade.
	pub validation_upgrade_cooldown: BlockNumber,
	/// Blocks between the inclusion of an announcement and its application.
	pub validation_upgrade_delay: BlockNumber,
	/// Least number of blocks between the acceptance of an upgrade and its application.
	pub minimum_validation_upgrade_delay: BlockNumber,
}

impl UpgradeLimits {
	/// The group as a configuration has it.
	pub fn of(config: &HostConfiguration) -> Self {
		Self {
			max_code_size: config.max_code_size,
			validation_upgrade_cooldown: config.validation_upgrade_cooldown,
			validation_upgrade_delay: config.validation_upgrade_delay,
			minimum_validation_upgrade_delay: config.minimum_validation_upgrade_delay,
		}
	}

	/// Puts the group into a configuration.
	pub fn put(self, config: &mut HostConfiguration) {
		let Self {
			max_code_size,
			validation_upgrade_cooldown,
			validation_upgrade_delay,
			minimum_validation_upgrade_delay,
		} = self;
		config.max_code_size = max_code_size;
		config.validation_upgrade_cooldown = validation_upgrade_cooldown;
		config.validation_upgrade_delay = validation_upgrade_delay;
		config.minimum_validation_upgrade_delay = minimum_validation_upgrade_delay;
	}
}

/// How large candidates may be. A group of the [`HostConfiguration`], which [`Pallet::set_candidate_limits`](crate::Pallet::set_candidate_limits) stages.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct CandidateLimits {
	/// Largest head data, in bytes.
	pub max_head_data_size: u32,
	/// Largest proof of validity, in bytes.
	pub max_pov_size: u32,
}

impl CandidateLimits {
	/// The group as a configuration has it.
	pub fn of(config: &HostConfiguration) -> Self {
		Self {
			max_head_data_size: config.max_head_data_size,
			max_pov_size: config.max_pov_size,
		}
	}

	/// Puts the group into a configuration.
	pub fn put(self, config: &mut HostConfiguration) {
		let Self {
			max_head_data_size,
			max_pov_size,
		} = self;
		config.max_head_data_size = max_head_data_size;
		config.max_pov_size = max_pov_size;
	}
}

/// Upward messages. A group of the [`HostConfiguration`], which [`Pallet::set_ump_limits`](crate::Pallet::set_ump_limits) stages.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct UmpLimits {
	/// Most messages that may wait in a para's queue.
	pub max_upward_queue_count: u32,
	/// Most bytes that may wait in a para's queue.
	pub max_upward_queue_size: u32,
	/// Largest single message, in bytes.
	pub max_upward_message_size: u32,
	/// Most messages of one candidate.
	pub max_upward_message_num_per_candidate: u32,
}

impl UmpLimits {
	/// The group as a configuration has it.
	pub fn of(config: &HostConfiguration) -> Self {
		Self {
			max_upward_queue_count: config.max_upward_queue_count,
			max_upward_queue_size: config.max_upward_queue_size,
			max_upward_message_size: config.max_upward_message_size,
			max_upward_message_num_per_candidate: config.max_upward_message_num_per_candidate,
		}
	}

	/// Puts the group into a configuration.
	pub fn put(self, config: &mut HostConfiguration) {
		let Self {
			max_upward_queue_count,
			max_upward_queue_size,
			max_upward_message_size,
			max_upward_message_num_per_candidate,
		} = self;
		config.max_upward_queue_count = max_upward_queue_count;
		config.max_upward_queue_size = max_upward_queue_size;
		config.max_upward_message_size = max_upward_message_size;
		config.max_upward_message_num_per_candidate = max_upward_message_num_per_candidate;
	}
}

/// Channels between paras. A group of the [`HostConfiguration`], which [`Pallet::set_hrmp_limits`](crate::Pallet::set_hrmp_limits) stages.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct HrmpLimits {
	/// Most messages of one candidate.
	pub hrmp_max_message_num_per_candidate: u32,
	/// Most channels a para may send on.
	pub hrmp_max_parachain_outbound_channels: u32,
	/// Most channels a para may receive on.
	pub hrmp_max_parachain_inbound_channels: u32,
	/// Most messages that may wait in a channel.
	pub hrmp_channel_max_capacity: u32,
	/// Most bytes that may wait in a channel.
	pub hrmp_channel_max_total_size: u32,
	/// Largest single message of a channel, in bytes.
	pub hrmp_channel_max_message_size: u32,
}

impl HrmpLimits {
	/// The group as a configuration has it.
	pub fn of(config: &HostConfiguration) -> Self {
		Self {
			hrmp_max_message_num_per_candidate: config.hrmp_max_message_num_per_candidate,
			hrmp_max_parachain_outbound_channels: config.hrmp_max_parachain_outbound_channels,
			hrmp_max_parachain_inbound_channels: config.hrmp_max_parachain_inbound_channels,
			hrmp_channel_max_capacity: config.hrmp_channel_max_capacity,
			hrmp_channel_max_total_size: config.hrmp_channel_max_total_size,
			hrmp_channel_max_message_size: config.hrmp_channel_max_message_size,
		}
	}

	/// Puts the group into a configuration.
	pub fn put(self, config: &mut HostConfiguration) {
		let Self {
			hrmp_max_message_num_per_candidate,
			hrmp_max_parachain_outbound_channels,
			hrmp_max_parachain_inbound_channels,
			hrmp_channel_max_capacity,
			hrmp_channel_max_total_size,
			hrmp_channel_max_message_size,
		} = self;
		config.hrmp_max_message_num_per_candidate = hrmp_max_message_num_per_candidate;
		config.hrmp_max_parachain_outbound_channels = hrmp_max_parachain_outbound_channels;
		config.hrmp_max_parachain_inbound_channels = hrmp_max_parachain_inbound_channels;
		config.hrmp_channel_max_capacity = hrmp_channel_max_capacity;
		config.hrmp_channel_max_total_size = hrmp_channel_max_total_size;
		config.hrmp_channel_max_message_size = hrmp_channel_max_message_size;
	}
}

/// Validators, their groups, and how many of them back a candidate. A group of the [`HostConfiguration`], which [`Pallet::set_backing_limits`](crate::Pallet::set_backing_limits) stages.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct BackingLimits {
	/// Least number of votes that back a candidate, unless the group is smaller (R-BKV-1).
	pub minimum_backing_votes: u32,
	/// Most validators in the active set; `None` for no limit.
	pub max_validators: Option<u32>,
	/// Most validators of one group; `None` for no limit (R-GRP-5).
	pub max_validators_per_core: Option<u32>,
	/// Blocks between two rotations of the groups (R-GRP-2).
	pub group_rotation_frequency: BlockNumber,
}

impl BackingLimits {
	/// The group as a configuration has it.
	pub fn of(config: &HostConfiguration) -> Self {
		Self {
			minimum_backing_votes: config.minimum_backing_votes,
			max_validators: config.max_validators,
			max_validators_per_core: config.max_validators_per_core,
			group_rotation_frequency: config.group_rotation_frequency,
		}
	}

	/// Puts the group into a configuration.
	pub fn put(self, config: &mut HostConfiguration) {
		let Self {
			minimum_backing_votes,
			max_validators,
			max_validators_per_core,
			group_rotation_frequency,
		} = self;
		config.minimum_backing_votes = minimum_backing_votes;
		config.max_validators = max_validators;
		config.max_validators_per_core = max_validators_per_core;
		config.group_rotation_frequency = group_rotation_frequency;
	}
}

/// Cores and the claim queue. A group of the [`HostConfiguration`], which [`Pallet::set_scheduling_limits`](crate::Pallet::set_scheduling_limits) stages.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SchedulingLimits {
	/// Number of cores.
	pub num_cores: u32,
	/// Blocks that a candidate has to become available (R-TMO-2).
	pub paras_availability_period: BlockNumber,
	/// How far ahead the claim queue is filled (R-SCH-4).
	pub scheduling_lookahead: u32,
}

impl SchedulingLimits {
	/// The group as a configuration has it.
	pub fn of(config: &HostConfiguration) -> Self {
		Self {
			num_cores: config.num_cores,
			paras_availability_period: config.paras_availability_period,
			scheduling_lookahead: config.scheduling_lookahead,
		}
	}

	/// Puts the group into a configuration.
	pub fn put(self, config: &mut HostConfiguration) {
		let Self {
			num_cores,
			paras_availability_period,
			scheduling_lookahead,
		} = self;
		config.num_cores = num_cores;
		config.paras_availability_period = paras_availability_period;
		config.scheduling_lookahead = scheduling_lookahead;
	}
}
