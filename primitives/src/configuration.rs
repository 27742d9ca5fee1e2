//! Parameters of asynchronous backing and the host configuration they are part of.
//!
//! The first fields of [`HostConfiguration`] are protocol: parachains read them from relay state (R-KEY-1).

use crate::{BlockNumber, MAX_UNINCLUDED_LIMIT};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The two parameters of asynchronous backing (R-ABP-1, R-ABP-2).
///
/// `(0, 0)` means synchronous backing (R-ABP-3). Either may be zero alone (R-ABP-4): depth without ancestry allows
/// chains on one relay parent, ancestry without depth allows older relay parents but no pending ancestor.
///
/// ```
/// use async_backing_primitives::AsyncBackingParams;
///
/// let params = AsyncBackingParams::new(4, 3)?;
/// assert!(!params.is_synchronous());
/// assert_eq!(params.max_unincluded(), 5);
/// assert_eq!(params.relay_parent_window(), 4);
/// # Ok::<(), async_backing_primitives::InvalidAsyncBackingParams>(())
/// ```
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(
	feature = "serde",
	derive(serde::Serialize, serde::Deserialize),
	serde(deny_unknown_fields)
)]
pub struct AsyncBackingParams {
	/// Largest depth of a candidate: how many candidates may stand between the included head and it (R-ABP-1).
	pub max_candidate_depth: u32,
	/// How many ancestors of the newest possible relay parent are relay parents too (R-ABP-2).
	pub allowed_ancestry_len: u32,
}

/// A parameter is beyond what bounds memory (R-ABP-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter} is {value}, but at most 255 (R-ABP-4)")]
pub struct InvalidAsyncBackingParams {
	/// Name of the parameter.
	pub parameter: &'static str,
	/// Its value.
	pub value: u32,
}

impl AsyncBackingParams {
	/// Largest legal value of either parameter (R-ABP-4).
	pub const MAX: u32 = 255;

	/// Parameters within their bounds. Every combination is legal (R-ABP-4).
	///
	/// # Errors
	/// [`InvalidAsyncBackingParams`] if either exceeds [`Self::MAX`].
	pub const fn new(
		max_candidate_depth: u32,
		allowed_ancestry_len: u32,
	) -> Result<Self, InvalidAsyncBackingParams> {
		let params = Self {
			max_candidate_depth,
			allowed_ancestry_len,
		};
		match params.validate() {
			Ok(()) => Ok(params),
			Err(error) => Err(error),
		}
	}

	/// Checks the bounds of parameters that were decoded or built field by field.
	///
	/// # Errors
	/// As [`Self::new`].
	pub const fn validate(&self) -> Result<(), InvalidAsyncBackingParams> {
		if self.max_candidate_depth > Self::MAX {
			let value = self.max_candidate_depth;
			return Err(InvalidAsyncBackingParams {
				parameter: "max_candidate_depth",
				value,
			});
		}
		if self.allowed_ancestry_len > Self::MAX {
			let value = self.allowed_ancestry_len;
			return Err(InvalidAsyncBackingParams {
				parameter: "allowed_ancestry_len",
				value,
			});
		}
		Ok(())
	}

	/// Whether backing is synchronous: both parameters are zero (R-ABP-3).
	pub const fn is_synchronous(&self) -> bool {
		self.max_candidate_depth == 0 && self.allowed_ancestry_len == 0
	}

	/// Number of relay blocks that may be relay parents of a candidate in one block (R-ABP-2).
	pub const fn relay_parent_window(&self) -> u32 {
		self.allowed_ancestry_len.saturating_add(1)
	}

	/// Largest number of candidates on one path that are not included (R-ABP-1).
	pub const fn max_unincluded(&self) -> u32 {
		self.max_candidate_depth.saturating_add(1)
	}
}

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
	/// Least number of blocks between the acceptance of an upgrade and its application.
	pub minimum_validation_upgrade_delay: BlockNumber,
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
			minimum_validation_upgrade_delay: 20,
			minimum_backing_votes: 2,
			max_validators: None,
			num_cores: 2,
			max_validators_per_core: None,
			group_rotation_frequency: 10,
			paras_availability_period: 10,
			scheduling_lookahead: 5,
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
mod tests {
	use super::*;

	#[test]
	fn r_bin_1_golden_params() {
		let params = AsyncBackingParams::new(4, 3).expect("legal");
		assert_eq!(params.encode(), [4, 0, 0, 0, 3, 0, 0, 0]);
	}

	#[test]
	fn r_abp_4_every_combination_within_bounds_is_legal() {
		for (depth, ancestry, synchronous) in [(0, 0, true), (4, 0, false), (0, 3, false), (255, 255, false)]
		{
			let params = AsyncBackingParams::new(depth, ancestry).expect("legal");
			assert_eq!(params.is_synchronous(), synchronous, "R-ABP-3");
		}
		let refused = |parameter| {
			Err(InvalidAsyncBackingParams {
				parameter,
				value: 256,
			})
		};
		assert_eq!(AsyncBackingParams::new(256, 0), refused("max_candidate_depth"));
		assert_eq!(AsyncBackingParams::new(0, 256), refused("allowed_ancestry_len"));
	}

	#[test]
	fn r_key_1_leading_fields_keep_their_order() {
		let config = HostConfiguration {
			max_code_size: 1,
			max_head_data_size: 2,
			max_upward_queue_count: 3,
			max_upward_queue_size: 4,
			max_upward_message_size: 5,
			max_upward_message_num_per_candidate: 6,
			hrmp_max_message_num_per_candidate: 7,
			validation_upgrade_cooldown: 8,
			validation_upgrade_delay: 9,
			async_backing_params: AsyncBackingParams {
				max_candidate_depth: 10,
				allowed_ancestry_len: 11,
			},
			..Default::default()
		};
		let expected: alloc::vec::Vec<u8> = (1u32..=11).flat_map(u32::to_le_bytes).collect();
		assert_eq!(config.encode()[..expected.len()], expected, "R-KEY-1");
	}

	type Edit = fn(&mut HostConfiguration);

	#[test]
	fn r_abp_6_inconsistent_configurations_are_named() {
		use InconsistentConfiguration::{TooLarge, TooSmall, Zero};
		assert_eq!(HostConfiguration::default().check_consistency(), Ok(()));
		let rows: [(Edit, InconsistentConfiguration); 8] = [
			(
				|c| c.group_rotation_frequency = 0,
				Zero("group_rotation_frequency"),
			),
			(
				|c| c.paras_availability_period = 0,
				Zero("paras_availability_period"),
			),
			(|c| c.scheduling_lookahead = 0, Zero("scheduling_lookahead")),
			(|c| c.minimum_backing_votes = 0, Zero("minimum_backing_votes")),
			(
				|c| c.scheduling_lookahead = 1,
				TooSmall {
					parameter: "scheduling_lookahead",
					value: 1,
					min: 2,
				},
			),
			(
				|c| c.paras_availability_period = 20,
				TooSmall {
					parameter: "minimum_validation_upgrade_delay",
					value: 20,
					min: 21,
				},
			),
			(
				|c| c.max_pov_size = MAX_POV_SIZE + 1,
				TooLarge {
					parameter: "max_pov_size",
					value: MAX_POV_SIZE + 1,
					max: MAX_POV_SIZE,
				},
			),
			(
				|c| c.async_backing_params.max_candidate_depth = 256,
				TooLarge {
					parameter: "max_candidate_depth",
					value: 256,
					max: 255,
				},
			),
		];
		for (edit, expected) in rows {
			let mut config = HostConfiguration::default();
			edit(&mut config);
			assert_eq!(config.check_consistency(), Err(expected), "R-ABP-6");
		}
		let endless = HostConfiguration {
			paras_availability_period: u32::MAX,
			minimum_validation_upgrade_delay: u32::MAX,
			..Default::default()
		};
		assert!(
			endless.check_consistency().is_err(),
			"R-ABP-6, R-PRE-2: no delay is above the period"
		);
		let synchronous = HostConfiguration {
			async_backing_params: AsyncBackingParams::default(),
			scheduling_lookahead: 1,
			..Default::default()
		};
		assert_eq!(
			synchronous.check_consistency(),
			Ok(()),
			"R-SCH-12: one is enough for synchronous backing"
		);
	}

	#[cfg(feature = "serde")]
	#[test]
	fn json_round_trips_and_patches_are_short() {
		let config = HostConfiguration {
			max_validators: Some(7),
			num_cores: 3,
			..Default::default()
		};
		let json = serde_json::to_string(&config).expect("plain data");
		assert_eq!(
			serde_json::from_str::<HostConfiguration>(&json).ok(),
			Some(config)
		);
		assert!(json.contains(r#""async_backing_params":{"max_candidate_depth":4,"allowed_ancestry_len":3}"#));

		let patch = r#"{"num_cores": 9, "async_backing_params": {"max_candidate_depth": 0, "allowed_ancestry_len": 1}}"#;
		let expected = HostConfiguration {
			num_cores: 9,
			async_backing_params: AsyncBackingParams {
				max_candidate_depth: 0,
				allowed_ancestry_len: 1,
			},
			..Default::default()
		};
		assert_eq!(
			serde_json::from_str::<HostConfiguration>(patch).ok(),
			Some(expected)
		);

		for refused in [
			r#"{"num_core": 9}"#,
			r#"{"async_backing_params": {"max_candidate_depth": 1}}"#,
			r#"{"async_backing_params": {"max_candidate_depth": 1, "allowed_ancestry_len": 1, "lookahead": 2}}"#,
			r#"{"num_cores": -1}"#,
		] {
			assert!(
				serde_json::from_str::<HostConfiguration>(refused).is_err(),
				"{refused}"
			);
		}
	}
}
