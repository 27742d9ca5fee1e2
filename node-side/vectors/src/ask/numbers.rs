//! Questions whose answers are numbers: groups, thresholds, depths, time-outs.

use super::refusal::{verdict, Answer};
use crate::error::at_most;
use async_backing_primitives::{
	availability_threshold, byzantine_threshold, check_depth, core_count, enactable_prefix,
	recovery_threshold, required_backing_votes, split_into_groups, supermajority_threshold,
	systematic_recovery_threshold, AvailabilityTimeouts, BlockNumber, CoreIndex, GroupIndex,
	GroupRotationInfo,
};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// Most validators, or groups, that are listed.
const MAX_LISTED: u64 = 1 << 16;

/// How groups rotate, seen from a block.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupForCore {
	pub(crate) session_start_block: BlockNumber,
	pub(crate) group_rotation_frequency: BlockNumber,
	pub(crate) at: BlockNumber,
	pub(crate) core: u32,
	pub(crate) cores: u32,
}

/// Null where there is none.
fn some(value: Option<u32>) -> Answer {
	super::ok(json!(value))
}

impl GroupForCore {
	pub(super) fn answer(self) -> Answer {
		let rotation = rotation(self.session_start_block, self.group_rotation_frequency, self.at);
		let group = rotation.group_for_core(CoreIndex(self.core), self.cores as usize);
		some(group.map(|group| group.0))
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CoreForGroup {
	pub(crate) session_start_block: BlockNumber,
	pub(crate) group_rotation_frequency: BlockNumber,
	pub(crate) at: BlockNumber,
	pub(crate) group: u32,
	pub(crate) cores: u32,
}

impl CoreForGroup {
	pub(super) fn answer(self) -> Answer {
		let rotation = rotation(self.session_start_block, self.group_rotation_frequency, self.at);
		let core = rotation.core_for_group(GroupIndex(self.group), self.cores as usize);
		some(core.map(|core| core.0))
	}
}

fn rotation(start: BlockNumber, frequency: BlockNumber, at: BlockNumber) -> GroupRotationInfo {
	GroupRotationInfo {
		session_start_block: start,
		group_rotation_frequency: frequency,
		now: at,
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
	pub(crate) session_start_block: BlockNumber,
	pub(crate) group_rotation_frequency: BlockNumber,
	pub(crate) at: BlockNumber,
}

impl Rotation {
	pub(super) fn answer(self) -> Answer {
		let rotation = rotation(self.session_start_block, self.group_rotation_frequency, self.at);
		super::ok(json!({ "last": rotation.last_rotation_at(), "next": rotation.next_rotation_at() }))
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitIntoGroups {
	pub(crate) validators: u32,
	pub(crate) groups: u32,
}

impl SplitIntoGroups {
	pub(super) fn answer(self) -> Answer {
		at_most("number of validators", self.validators.into(), MAX_LISTED)?;
		at_most("number of groups", self.groups.into(), MAX_LISTED)?;
		let groups = split_into_groups(self.validators, self.groups);
		let members = groups
			.iter()
			.map(|group| group.iter().map(|member| member.0).collect::<Vec<_>>());
		super::ok(json!(members.collect::<Vec<_>>()))
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CoreCount {
	pub(crate) num_cores: u32,
	pub(crate) validators: u32,
	pub(crate) max_validators_per_core: Option<u32>,
}

impl CoreCount {
	pub(super) fn answer(self) -> Answer {
		super::ok(core_count(
			self.num_cores,
			self.validators as usize,
			self.max_validators_per_core,
		))
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thresholds {
	pub(crate) validators: u32,
}

impl Thresholds {
	pub(super) fn answer(self) -> Answer {
		let n = self.validators as usize;
		super::ok(json!({
			"byzantine": byzantine_threshold(n),
			"supermajority": supermajority_threshold(n),
			"availability": availability_threshold(n),
			"recovery": recovery_threshold(n),
			"systematic_recovery": systematic_recovery_threshold(n),
		}))
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequiredBackingVotes {
	pub(crate) group_size: u32,
	pub(crate) minimum_backing_votes: u32,
}

impl RequiredBackingVotes {
	pub(super) fn answer(self) -> Answer {
		let votes = required_backing_votes(self.group_size as usize, self.minimum_backing_votes);
		super::ok(json!(votes))
	}
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enactable {
	/// Availability votes of pending candidates, in order.
	pub(crate) votes: Vec<u32>,
	pub(crate) validators: u32,
}

impl Enactable {
	pub(super) fn answer(self) -> Answer {
		let votes = self.votes.into_iter().map(|votes| votes as usize);
		super::ok(json!(enactable_prefix(votes, self.validators as usize)))
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckDepth {
	pub(crate) pending: u32,
	pub(crate) accepted: u32,
	pub(crate) max_candidate_depth: u32,
}

impl CheckDepth {
	pub(super) fn answer(self) -> Answer {
		let (pending, accepted) = (self.pending as usize, self.accepted as usize);
		verdict(
			check_depth(pending, accepted, self.max_candidate_depth),
			Value::from,
		)
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimeOut {
	pub(crate) session_start: BlockNumber,
	pub(crate) group_rotation_frequency: BlockNumber,
	pub(crate) paras_availability_period: BlockNumber,
	pub(crate) backed_in: BlockNumber,
	pub(crate) at: BlockNumber,
}

impl TimeOut {
	pub(super) fn answer(self) -> Answer {
		let timeouts = AvailabilityTimeouts {
			session_start: self.session_start,
			group_rotation_frequency: self.group_rotation_frequency,
			paras_availability_period: self.paras_availability_period,
		};
		super::ok(json!({
			"is_active": timeouts.is_active(self.at),
			"times_out": timeouts.times_out(self.backed_in, self.at),
			"time_out_at": timeouts.time_out_at(self.backed_in),
		}))
	}
}
