//! Which configurations are consistent (R-ABP-6).

use super::HostConfiguration;
use crate::{AsyncBackingParams, InvalidAsyncBackingParams, MAX_UNINCLUDED_LIMIT};

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
