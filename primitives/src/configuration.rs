//! The host configuration: what the relay chain allows parachains, and how it schedules them.
//!
//! The first fields of [`HostConfiguration`] are protocol: parachains read them from relay state (R-KEY-1).

use crate::{AsyncBackingParams, BlockNumber, InvalidAsyncBackingParams, SessionIndex, MAX_UNINCLUDED_LIMIT};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// Limits that the relay chain imposes on parachains, and how it schedules them.
///
/// Sizes are in bytes, periods in relay blocks. The order up to `async_backing_params` is that of R-KEY-1.
///
/// In JSON, fields that are left out have their default; unknown ones are refused, so that a misspelt limit is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[cfg_attr(
	feature = "serde",
	derive(serde::Serialize, serde::Deserialize),
	serde(default, deny_unknown_fields)
)]
pub struct HostConfiguration {
	/// Largest validation code.
	pub max_code_size: u32,
	/// Largest head data.
	pub max_head_data_size: u32,
	/// Most upward messages that may wait in a para's queue.
	pub max_upward_queue_count: u32,
	/// Most bytes of upward messages that may wait in a para's queue.
	pub max_upward_queue_size: u32,
	/// Largest single upward message.
	pub max_upward_message_size: u32,
	/// Most upward messages of one candidate.
	pub max_upward_message_num_per_candidate: u32,
	/// Most horizontal messages of one candidate.
	pub hrmp_max_message_num_per_candidate: u32,
	/// Blocks between two announcements of a code upgrade.
	pub validation_upgrade_cooldown: BlockNumber,
	/// Blocks between the inclusion of an announcement and its application.
	pub validation_upgrade_delay: BlockNumber,
	/// Parameters of asynchronous backing.
	pub async_backing_params: AsyncBackingParams,
	/// Largest proof of validity.
	pub max_pov_size: u32,
	/// Largest single downward message.
	pub max_downward_message_size: u32,
	/// Most channels a para may send on.
	pub hrmp_max_parachain_outbound_channels: u32,
	/// Most channels a para may receive on.
	pub hrmp_max_parachain_inbound_channels: u32,
	/// Most messages that may wait in a channel.
	pub hrmp_channel_max_capacity: u32,
	/// Most bytes that may wait in a channel.
	pub hrmp_channel_max_total_size: u32,
	/// Largest single message of a channel.
	pub hrmp_channel_max_message_size: u32,
	/// What the sender of a channel deposits while it is open, in the chain's token.
	pub hrmp_sender_deposit: u128,
	/// What the recipient of a channel deposits while it is open, in the chain's token.
	pub hrmp_recipient_deposit: u128,
	/// Least number of blocks between the acceptance of an upgrade and its application.
	pub minimum_validation_upgrade_delay: BlockNumber,
	/// Session changes after which a vote on new code that found no majority rejects it (R-CODE-3).
	pub pvf_voting_ttl: SessionIndex,
	/// Least number of votes that back a candidate, unless the group is smaller (R-BKV-1).
	pub minimum_backing_votes: u32,
	/// Most validators in the active set; `None` for no limit.
	pub max_validators: Option<u32>,
	/// Number of cores.
	pub num_cores: u32,
	/// Most validators of one group; `None` for no limit (R-GRP-5).
	pub max_validators_per_core: Option<u32>,
	/// Blocks between two rotations of the groups (R-GRP-2).
	pub group_rotation_frequency: BlockNumber,
	/// Blocks that a candidate has to become available (R-TMO-2).
	pub paras_availability_period: BlockNumber,
	/// How far ahead the claim queue is filled (R-SCH-4).
	pub scheduling_lookahead: u32,
	/// Most on-demand orders that may wait (R-SCH-8).
	pub on_demand_queue_max_size: u32,
	/// Price of an on-demand order when demand is low, in the chain's token.
	pub on_demand_base_fee: u128,
	/// Share of the order queue above which an order's price rises, and below which it falls.
	pub on_demand_target_queue_utilization: Perbill,
	/// How fast the price of an order follows demand: the relative change in a block per share that the queue is off
	/// its target.
	pub on_demand_fee_variability: Perbill,
}

impl Default for HostConfiguration {
	/// The limits of Polkadot's relay chain, with the seed's parameters of asynchronous backing (4, 3).
	fn default() -> Self {
		Self {
			max_code_size: 3 * 1024 * 1024,
			max_head_data_size: 20 * 1024,
			max_upward_queue_count: 174_762,
			max_upward_queue_size: 1024 * 1024,
			max_upward_message_size: 64 * 1024,
			max_upward_message_num_per_candidate: 16,
			hrmp_max_message_num_per_candidate: 10,
			validation_upgrade_cooldown: 14_400,
			validation_upgrade_delay: 600,
			async_backing_params: AsyncBackingParams {
				max_candidate_depth: 4,
				allowed_ancestry_len: 3,
			},
			max_pov_size: 10 * 1024 * 1024,
			max_downward_message_size: 51_200,
			hrmp_max_parachain_outbound_channels: 30,
			hrmp_max_parachain_inbound_channels: 30,
			hrmp_channel_max_capacity: 1000,
			hrmp_channel_max_total_size: 100 * 1024,
			hrmp_channel_max_message_size: 100 * 1024,
			hrmp_sender_deposit: 1_000_000_000_000,
			hrmp_recipient_deposit: 1_000_000_000_000,
			minimum_validation_upgrade_delay: 20,
			pvf_voting_ttl: 2,
			minimum_backing_votes: 2,
			max_validators: None,
			num_cores: 2,
			max_validators_per_core: None,
			group_rotation_frequency: 10,
			paras_availability_period: 10,
			scheduling_lookahead: 5,
			on_demand_queue_max_size: 500,
			on_demand_base_fee: 10_000_000,
			on_demand_target_queue_utilization: Perbill::from_percent(25),
			on_demand_fee_variability: Perbill::from_percent(3),
		}
	}
}

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

/// Largest legal `max_code_size`, in bytes.
pub const MAX_CODE_SIZE: u32 = 5 * 1024 * 1024;
/// Largest legal `max_head_data_size`, in bytes.
pub const MAX_HEAD_DATA_SIZE: u32 = 1024 * 1024;
/// Largest legal `max_pov_size`, in bytes.
pub const MAX_POV_SIZE: u32 = 16 * 1024 * 1024;
/// Largest legal `max_upward_message_size`, in bytes.
pub const MAX_UPWARD_MESSAGE_SIZE: u32 = 128 * 1024;
/// Most messages of either kind that one candidate may send.
pub const MAX_MESSAGES_PER_CANDIDATE: u32 = 16_384;

impl HostConfiguration {
	/// Checks that the values fit together (R-ABP-6, R-SCH-12).
	///
	/// # Errors
	/// [`InconsistentConfiguration`] names the first value that does not, and its bound.
	pub fn check_consistency(&self) -> Result<(), InconsistentConfiguration> {
		use InconsistentConfiguration::{TooLarge, TooSmall, Zero};
		self.async_backing_params.validate()?;
		for (parameter, value) in [
			("group_rotation_frequency", self.group_rotation_frequency),
			("paras_availability_period", self.paras_availability_period),
			("scheduling_lookahead", self.scheduling_lookahead),
			("minimum_backing_votes", self.minimum_backing_votes),
			("pvf_voting_ttl", self.pvf_voting_ttl),
		] {
			if value == 0 {
				return Err(Zero(parameter));
			}
		}
		let min_lookahead = if self.async_backing_params.is_synchronous() {
			1
		} else {
			2
		};
		for (parameter, value, min) in [
			("scheduling_lookahead", self.scheduling_lookahead, min_lookahead),
			("validation_upgrade_delay", self.validation_upgrade_delay, 2),
		] {
			if value < min {
				return Err(TooSmall {
					parameter,
					value,
					min,
				});
			}
		}
		// Apart from the others, because the least legal value of the longest period does not exist.
		if self.minimum_validation_upgrade_delay <= self.paras_availability_period {
			return Err(TooSmall {
				parameter: "minimum_validation_upgrade_delay",
				value: self.minimum_validation_upgrade_delay,
				min: self.paras_availability_period.saturating_add(1),
			});
		}
		for (parameter, value, max) in [
			("max_code_size", self.max_code_size, MAX_CODE_SIZE),
			("max_head_data_size", self.max_head_data_size, MAX_HEAD_DATA_SIZE),
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
			("num_cores", self.num_cores, crate::MAX_CORES),
			(
				"scheduling_lookahead",
				self.scheduling_lookahead,
				crate::MAX_LOOKAHEAD,
			),
			(
				"max_downward_message_size",
				self.max_downward_message_size,
				crate::MAX_DOWNWARD_MESSAGE_SIZE,
			),
			(
				"hrmp_channel_max_message_size",
				self.hrmp_channel_max_message_size,
				crate::MAX_HRMP_MESSAGE_SIZE,
			),
			(
				"hrmp_max_parachain_outbound_channels",
				self.hrmp_max_parachain_outbound_channels,
				crate::MAX_HRMP_CHANNELS,
			),
			(
				"hrmp_max_parachain_inbound_channels",
				self.hrmp_max_parachain_inbound_channels,
				crate::MAX_HRMP_CHANNELS,
			),
			(
				"on_demand_queue_max_size",
				self.on_demand_queue_max_size,
				crate::MAX_ON_DEMAND_ORDERS,
			),
		] {
			if value > max {
				return Err(TooLarge {
					parameter,
					value,
					max,
				});
			}
		}
		Ok(())
	}
}

const _: () = assert!(
	AsyncBackingParams::MAX + 1 == MAX_UNINCLUDED_LIMIT
		&& AsyncBackingParams::MAX + 1 == crate::MAX_RELAY_PARENTS,
	"the ceilings follow the parameters"
);

#[cfg(test)]
mod tests;
