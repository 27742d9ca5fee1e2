//! Which configurations are consistent (R-ABP-6).
//!
//! A value is refused where it would stop every para, or promise what no block can carry. What stops one service on
//! purpose is legal: no cores, no orders, no messages.

use super::HostConfiguration;
use crate::{
	AsyncBackingParams, BlockNumber, InconsistentExecutorParams, InvalidAsyncBackingParams, SessionIndex,
	MAX_COALESCED_APPROVALS, MAX_CORES, MAX_DOWNWARD_MESSAGE_SIZE, MAX_HRMP_CHANNELS,
	MAX_HRMP_CHANNEL_CAPACITY, MAX_HRMP_MESSAGE_SIZE, MAX_LOOKAHEAD, MAX_ON_DEMAND_ORDERS,
	MAX_UNINCLUDED_LIMIT, MAX_VALIDATORS, MIN_CODE_SIZE,
};

/// Why a configuration is inconsistent (R-ABP-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InconsistentConfiguration {
	/// A value that must be positive is zero.
	#[error("{0} is zero (R-ABP-6)")]
	Zero(&'static str),
	/// A value exceeds its bound.
	#[error("{parameter} is {value}, but at most {max} (R-ABP-6)")]
	TooLarge {
		/// Name of the parameter.
		parameter: &'static str,
		/// Its value.
		value: u32,
		/// The largest legal value.
		max: u32,
	},
	/// A value falls below its bound.
	#[error("{parameter} is {value}, but at least {min} (R-ABP-6)")]
	TooSmall {
		/// Name of the parameter.
		parameter: &'static str,
		/// Its value.
		value: u32,
		/// The smallest legal value.
		min: u32,
	},
	/// Executor parameters do not fit.
	#[error(transparent)]
	ExecutorParams(#[from] InconsistentExecutorParams),
}

impl From<InvalidAsyncBackingParams> for InconsistentConfiguration {
	fn from(error: InvalidAsyncBackingParams) -> Self {
		let InvalidAsyncBackingParams { parameter, value } = error;
		Self::TooLarge {
			parameter,
			value,
			max: AsyncBackingParams::MAX,
		}
	}
}

/// Largest legal `max_code_size`, in bytes, of whatever chain. See [`HostConfiguration::code_room`] for one of whose
/// blocks the length is known.
pub const MAX_CODE_SIZE: u32 = 5 * 1024 * 1024;
/// Largest legal `max_head_data_size`, in bytes.
pub const MAX_HEAD_DATA_SIZE: u32 = 1024 * 1024;
/// Largest legal `max_pov_size`, in bytes.
pub const MAX_POV_SIZE: u32 = 16 * 1024 * 1024;
/// Largest legal `max_upward_message_size`, in bytes.
pub const MAX_UPWARD_MESSAGE_SIZE: u32 = 128 * 1024;
/// Most messages of either kind that one candidate may send.
pub const MAX_MESSAGES_PER_CANDIDATE: u32 = 16_384;

/// Bytes of a relay block where nothing else is known of it: what relay chains have.
pub const RELAY_BLOCK_LENGTH: u32 = 5 * 1024 * 1024;
/// Bytes of an inherent that code and head data must leave free: for the header of an epoch change, which names the
/// next authorities of BABE and GRANDPA (40 bytes each, 160 KiB); for a bitfield of each validator (a bit for each core,
/// and 70 bytes, 396 KiB); for the votes on the candidate (65 bytes each, 130 KiB); and 82 KiB for what else is in a
/// header's digest and in a candidate. All for [`MAX_VALIDATORS`] and [`MAX_CORES`].
pub const INHERENT_RESERVE: u32 = 768 * 1024;

/// Largest legal `group_rotation_frequency` and `paras_availability_period`, in blocks: a day of six-second blocks, six
/// times the longest session of the largest relay chain. Groups that rotate later never do, and a candidate that is
/// never made available keeps its core all the time.
pub const MAX_GROUP_ROTATION_FREQUENCY: BlockNumber = 14_400;
/// Largest legal cooldown and delay of an upgrade, in blocks: a week, seven times what relay chains have. Code that
/// waits longer is as good as refused.
pub const MAX_UPGRADE_PERIOD: BlockNumber = 100_800;
/// Largest legal `code_retention_period`, in blocks: four weeks, as long as anybody disputes.
pub const MAX_CODE_RETENTION_PERIOD: BlockNumber = 403_200;
/// Largest legal `pvf_voting_ttl`: places for votes are few, and one that nobody decides keeps its place for so long.
pub const MAX_PVF_VOTING_TTL: SessionIndex = 255;
/// Largest legal `dispute_period`: the chain remembers so many past sessions, up to 240 KiB each.
pub const MAX_DISPUTE_PERIOD: SessionIndex = 64;
/// Largest legal `no_show_slots`: an hour of six-second slots. Nobody replaces an absent checker before.
pub const MAX_NO_SHOW_SLOTS: u32 = 600;
/// Largest legal `hrmp_channel_max_total_size`, in bytes: as for downward messages, a node reads all of a channel in one
/// answer of the runtime.
pub const MAX_HRMP_CHANNEL_SIZE: u32 = 16 * 1024 * 1024;
/// Largest legal `max_relay_parent_session_age`: relay parents are of the current session (R-REL-5).
pub const MAX_RELAY_PARENT_SESSION_AGE: u32 = 0;

impl HostConfiguration {
	/// Checks that the values fit together, on a chain with blocks of [`RELAY_BLOCK_LENGTH`] (R-ABP-6, R-SCH-12).
	///
	/// # Errors
	/// [`InconsistentConfiguration`] names the first value that does not, and its bound.
	pub fn check_consistency(&self) -> Result<(), InconsistentConfiguration> {
		self.check_consistency_within(RELAY_BLOCK_LENGTH)
	}

	/// As [`Self::check_consistency`], on a chain whose inherents may fill `block_length` bytes.
	///
	/// # Errors
	/// As [`Self::check_consistency`].
	pub fn check_consistency_within(&self, block_length: u32) -> Result<(), InconsistentConfiguration> {
		self.async_backing_params.validate()?;
		self.check_positive()?;
		self.check_ceilings(block_length)?;
		self.check_floors()?;
		Ok(self.executor_params.check_consistency()?)
	}

	/// Bytes of code that an inherent of `block_length` bytes has room for, beside the head data of its candidate and
	/// [`INHERENT_RESERVE`]; at most [`MAX_CODE_SIZE`].
	pub fn code_room(&self, block_length: u32) -> u32 {
		block_length
			.saturating_sub(INHERENT_RESERVE)
			.saturating_sub(self.max_head_data_size)
			.min(MAX_CODE_SIZE)
	}

	/// What stops every para, or leaves none of what checks it, where it is zero.
	fn check_positive(&self) -> Result<(), InconsistentConfiguration> {
		let zero = [
			("group_rotation_frequency", self.group_rotation_frequency),
			("paras_availability_period", self.paras_availability_period),
			("scheduling_lookahead", self.scheduling_lookahead),
			("minimum_backing_votes", self.minimum_backing_votes),
			("pvf_voting_ttl", self.pvf_voting_ttl),
			("max_code_size", self.max_code_size),
			("max_head_data_size", self.max_head_data_size),
			("max_pov_size", self.max_pov_size),
			("max_validators", self.max_validators.unwrap_or(u32::MAX)),
			(
				"hrmp_max_messages_consumed_per_candidate",
				self.hrmp_max_messages_consumed_per_candidate,
			),
			("code_retention_period", self.code_retention_period),
			("dispute_period", self.dispute_period),
			("no_show_slots", self.no_show_slots),
			("n_delay_tranches", self.n_delay_tranches),
			("needed_approvals", self.needed_approvals),
			(
				"max_approval_coalesce_count",
				self.approval_voting_params.max_approval_coalesce_count,
			),
		]
		.into_iter()
		.find(|(_, value)| *value == 0);
		zero.map_or(Ok(()), |(parameter, _)| {
			Err(InconsistentConfiguration::Zero(parameter))
		})
	}

	/// What bounds storage and work, and what no block can carry.
	fn check_ceilings(&self, block_length: u32) -> Result<(), InconsistentConfiguration> {
		let exceeded = [
			// Heads first: what they take is not there for code.
			("max_head_data_size", self.max_head_data_size, MAX_HEAD_DATA_SIZE),
			("max_code_size", self.max_code_size, self.code_room(block_length)),
			("max_pov_size", self.max_pov_size, MAX_POV_SIZE),
			(
				"max_upward_message_size",
				self.max_upward_message_size,
				MAX_UPWARD_MESSAGE_SIZE,
			),
			(
				"max_upward_message_num_per_candidate",
				self.max_upward_message_num_per_candidate,
				MAX_MESSAGES_PER_CANDIDATE,
			),
			(
				"hrmp_max_message_num_per_candidate",
				self.hrmp_max_message_num_per_candidate,
				MAX_MESSAGES_PER_CANDIDATE,
			),
			(
				"validation_upgrade_cooldown",
				self.validation_upgrade_cooldown,
				MAX_UPGRADE_PERIOD,
			),
			(
				"validation_upgrade_delay",
				self.validation_upgrade_delay,
				MAX_UPGRADE_PERIOD,
			),
			(
				"minimum_validation_upgrade_delay",
				self.minimum_validation_upgrade_delay,
				MAX_UPGRADE_PERIOD,
			),
			(
				"code_retention_period",
				self.code_retention_period,
				MAX_CODE_RETENTION_PERIOD,
			),
			("pvf_voting_ttl", self.pvf_voting_ttl, MAX_PVF_VOTING_TTL),
			(
				"max_downward_message_size",
				self.max_downward_message_size,
				MAX_DOWNWARD_MESSAGE_SIZE,
			),
			(
				"hrmp_max_parachain_outbound_channels",
				self.hrmp_max_parachain_outbound_channels,
				MAX_HRMP_CHANNELS,
			),
			(
				"hrmp_max_parachain_inbound_channels",
				self.hrmp_max_parachain_inbound_channels,
				MAX_HRMP_CHANNELS,
			),
			(
				"hrmp_channel_max_capacity",
				self.hrmp_channel_max_capacity,
				MAX_HRMP_CHANNEL_CAPACITY,
			),
			(
				"hrmp_channel_max_total_size",
				self.hrmp_channel_max_total_size,
				MAX_HRMP_CHANNEL_SIZE,
			),
			(
				"hrmp_channel_max_message_size",
				self.hrmp_channel_max_message_size,
				MAX_HRMP_MESSAGE_SIZE,
			),
			("dispute_period", self.dispute_period, MAX_DISPUTE_PERIOD),
			(
				"dispute_post_conclusion_acceptance_period",
				self.dispute_post_conclusion_acceptance_period,
				MAX_CODE_RETENTION_PERIOD,
			),
			("no_show_slots", self.no_show_slots, MAX_NO_SHOW_SLOTS),
			// There is a tranche, an approval and a wide tranche's worth of checkers for each validator at most.
			("n_delay_tranches", self.n_delay_tranches, MAX_VALIDATORS),
			(
				"zeroth_delay_tranche_width",
				self.zeroth_delay_tranche_width,
				MAX_VALIDATORS,
			),
			("needed_approvals", self.needed_approvals, MAX_VALIDATORS),
			// A sample is a core.
			(
				"relay_vrf_modulo_samples",
				self.relay_vrf_modulo_samples,
				MAX_CORES,
			),
			(
				"max_approval_coalesce_count",
				self.approval_voting_params.max_approval_coalesce_count,
				MAX_COALESCED_APPROVALS,
			),
			(
				"group_rotation_frequency",
				self.group_rotation_frequency,
				MAX_GROUP_ROTATION_FREQUENCY,
			),
			(
				"paras_availability_period",
				self.paras_availability_period,
				MAX_GROUP_ROTATION_FREQUENCY,
			),
			("num_cores", self.num_cores, MAX_CORES),
			("scheduling_lookahead", self.scheduling_lookahead, MAX_LOOKAHEAD),
			(
				"on_demand_queue_max_size",
				self.on_demand_queue_max_size,
				MAX_ON_DEMAND_ORDERS,
			),
			(
				"max_relay_parent_session_age",
				self.max_relay_parent_session_age,
				MAX_RELAY_PARENT_SESSION_AGE,
			),
		]
		.into_iter()
		.find(|(_, value, max)| value > max);
		exceeded.map_or(Ok(()), |(parameter, value, max)| {
			Err(InconsistentConfiguration::TooLarge {
				parameter,
				value,
				max,
			})
		})
	}

	/// What has to be at least something, or at least as much as another value.
	fn check_floors(&self) -> Result<(), InconsistentConfiguration> {
		let min_lookahead = if self.async_backing_params.is_synchronous() {
			1
		} else {
			2
		};
		let missed = [
			("scheduling_lookahead", self.scheduling_lookahead, min_lookahead),
			("validation_upgrade_delay", self.validation_upgrade_delay, 2),
			// Both are far below the largest number by now.
			(
				"minimum_validation_upgrade_delay",
				self.minimum_validation_upgrade_delay,
				self.paras_availability_period.saturating_add(1),
			),
			("max_code_size", self.max_code_size, MIN_CODE_SIZE as u32),
			// Else the largest legal message never finds room, and its sender waits for ever.
			(
				"max_upward_queue_size",
				self.max_upward_queue_size,
				self.max_upward_message_size,
			),
			(
				"hrmp_channel_max_total_size",
				self.hrmp_channel_max_total_size,
				self.hrmp_channel_max_message_size,
			),
		]
		.into_iter()
		.find(|(_, value, min)| value < min);
		missed.map_or(Ok(()), |(parameter, value, min)| {
			Err(InconsistentConfiguration::TooSmall {
				parameter,
				value,
				min,
			})
		})
	}
}

const _: () = assert!(
	AsyncBackingParams::MAX + 1 == MAX_UNINCLUDED_LIMIT
		&& AsyncBackingParams::MAX + 1 == crate::MAX_RELAY_PARENTS,
	"the ceilings follow the parameters"
);

const _: () = assert!(
	MAX_VALIDATORS * (2 * 40 + MAX_CORES / 8 + 70 + 65) + 82 * 1024 <= INHERENT_RESERVE,
	"the reserve has room for what it is for"
);
