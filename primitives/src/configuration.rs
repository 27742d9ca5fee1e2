//! The host configuration: what the relay chain allows parachains, and how it schedules them.
//!
//! The first fields of [`HostConfiguration`] are protocol: parachains read them from relay state (R-KEY-1). The others
//! keep the published layout, so that tools and stored values of running chains can be read; what only we have is last.

mod consistency;
#[cfg(test)]
mod tests;

pub use consistency::*;

use crate::{
	ApprovalVotingParams, AsyncBackingParams, BlockNumber, ExecutorParams, NodeFeatures, SessionIndex,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// Limits that the relay chain imposes on parachains, and how it schedules them.
///
/// Sizes are in bytes, periods in relay blocks. The order up to `async_backing_params` is that of R-KEY-1. Up to `ttl`
/// the encoding is that of the published crates: their stored version 12, whose scheduler parameters are the struct of
/// primitives v9, from `group_rotation_frequency` to `ttl`. What their version 13 adds comes next; it leaves out the two
/// that have no meaning any more, and is read by the configuration pallet's migration.
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
	/// What the sender of a channel deposits while it is open, in the chain's token.
	pub hrmp_sender_deposit: u128,
	/// What the recipient of a channel deposits while it is open, in the chain's token.
	pub hrmp_recipient_deposit: u128,
	/// Most messages that may wait in a channel.
	pub hrmp_channel_max_capacity: u32,
	/// Most bytes that may wait in a channel.
	pub hrmp_channel_max_total_size: u32,
	/// Most channels a para may receive on.
	pub hrmp_max_parachain_inbound_channels: u32,
	/// Largest single message of a channel.
	pub hrmp_channel_max_message_size: u32,
	/// Departures from the default limits of the Wasm executor.
	pub executor_params: ExecutorParams,
	/// Blocks for which code that is not current any more can be had by its hash (R-CODE-9).
	pub code_retention_period: BlockNumber,
	/// Most validators in the active set; `None` for no limit.
	pub max_validators: Option<u32>,
	/// Past sessions whose candidates may be disputed.
	pub dispute_period: SessionIndex,
	/// Blocks for which votes of a dispute are taken after it was decided.
	pub dispute_post_conclusion_acceptance_period: BlockNumber,
	/// Slots after which an approval checker that gave no verdict counts as absent.
	pub no_show_slots: u32,
	/// Number of tranches of approval checkers.
	pub n_delay_tranches: u32,
	/// Tranches beyond the first that are checked together with it.
	pub zeroth_delay_tranche_width: u32,
	/// Approvals that a candidate needs.
	pub needed_approvals: u32,
	/// Samples that an approval checker draws by modulo.
	pub relay_vrf_modulo_samples: u32,
	/// Session changes after which a vote on new code that found no majority rejects it (R-CODE-3).
	pub pvf_voting_ttl: SessionIndex,
	/// Least number of blocks between the acceptance of an upgrade and its application.
	pub minimum_validation_upgrade_delay: BlockNumber,
	/// Least number of votes that back a candidate, unless the group is smaller (R-BKV-1).
	pub minimum_backing_votes: u32,
	/// What the network's nodes have agreed to use.
	pub node_features: NodeFeatures,
	/// How approvals are voted for.
	pub approval_voting_params: ApprovalVotingParams,
	/// Blocks between two rotations of the groups (R-GRP-2).
	pub group_rotation_frequency: BlockNumber,
	/// Blocks that a candidate has to become available (R-TMO-2).
	pub paras_availability_period: BlockNumber,
	/// Most validators of one group; `None` for no limit (R-GRP-5).
	pub max_validators_per_core: Option<u32>,
	/// How far ahead the claim queue is filled (R-SCH-4).
	pub scheduling_lookahead: u32,
	/// Number of cores.
	pub num_cores: u32,
	/// Has no meaning any more, but a place in the layout.
	pub max_availability_timeouts: u32,
	/// Most on-demand orders that may wait (R-SCH-8).
	pub on_demand_queue_max_size: u32,
	/// Share of the order queue above which an order's price rises, and below which it falls.
	pub on_demand_target_queue_utilization: Perbill,
	/// How fast the price of an order follows demand: the relative change in a block per share that the queue is off
	/// its target.
	pub on_demand_fee_variability: Perbill,
	/// Price of an on-demand order when demand is low, in the chain's token.
	pub on_demand_base_fee: u128,
	/// Has no meaning any more, but a place in the layout.
	pub ttl: BlockNumber,
	/// How many sessions back a relay parent may lie. Here a relay parent is of the current session always (R-REL-5).
	pub max_relay_parent_session_age: u32,
	/// Most horizontal messages that one candidate may consume, over all its channels, unless it cannot consume less.
	/// Enacting it removes each of them.
	pub hrmp_max_messages_consumed_per_candidate: u32,
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
			hrmp_sender_deposit: 1_000_000_000_000,
			hrmp_recipient_deposit: 1_000_000_000_000,
			hrmp_channel_max_capacity: 1000,
			hrmp_channel_max_total_size: 100 * 1024,
			hrmp_max_parachain_inbound_channels: 30,
			hrmp_channel_max_message_size: 100 * 1024,
			executor_params: ExecutorParams::default(),
			code_retention_period: 14_400,
			max_validators: None,
			dispute_period: 6,
			dispute_post_conclusion_acceptance_period: 600,
			no_show_slots: 2,
			n_delay_tranches: 25,
			zeroth_delay_tranche_width: 0,
			needed_approvals: 2,
			relay_vrf_modulo_samples: 2,
			pvf_voting_ttl: 2,
			minimum_validation_upgrade_delay: 20,
			minimum_backing_votes: 2,
			node_features: NodeFeatures::default(),
			approval_voting_params: ApprovalVotingParams::default(),
			group_rotation_frequency: 10,
			paras_availability_period: 10,
			max_validators_per_core: None,
			scheduling_lookahead: 4,
			num_cores: 2,
			max_availability_timeouts: 0,
			on_demand_queue_max_size: 500,
			on_demand_target_queue_utilization: Perbill::from_percent(25),
			on_demand_fee_variability: Perbill::from_percent(3),
			on_demand_base_fee: 10_000_000,
			ttl: 5,
			max_relay_parent_session_age: 0,
			// With a database, as Substrate books it, about a second: half a block. A para that has 30 channels and moves its
			// watermark to its relay parent always, as most do, meets it after 273 blocks with a message in each.
			hrmp_max_messages_consumed_per_candidate: 8192,
		}
	}
}
