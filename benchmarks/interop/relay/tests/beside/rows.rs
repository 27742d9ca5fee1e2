//! Where both sides differ on purpose: rows of decision 9, each recognised by an exact condition.

use crate::node::{AtLeaf, Made};
use async_backing_interop_relay::chain::Call;
use async_backing_primitives::{
	check_fragment, parse_signals, BackingState, BlockNumber, ClaimQueue, ConstraintModifications,
	ConstraintsExtension, ExtendedConstraints, Operating, ParaId, RelayChainBlockInfo, ValidatorIndex,
};
use async_backing_prospective_parachains::Candidate;
use std::collections::{BTreeMap, VecDeque};

/// A row of decision 9, or of its second table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
	/// What pending candidates of a para change is not counted by theirs when its next one is judged.
	Stacking,
	/// Theirs does not limit how many candidates of a para wait, other than by its cores.
	Depth,
	/// Theirs does not limit how many horizontal messages a candidate consumes.
	Consumption,
	/// Theirs tells nodes a constant for the largest head data.
	HeadDataLimit,
	/// Theirs tells nodes that relay parents are legal that it refuses.
	OldestRelayParent,
	/// Theirs tells nodes the oldest relay parent that is legal behind what waits.
	RelayParentOfTip,
	/// Theirs does not tell nodes that a watermark may be kept where no message waits.
	WatermarkTold,
	/// Theirs tells nodes that a candidate times out in another block than it does.
	TimeOutTold,
	/// Theirs enacts paras in the order of the hashes of their ids.
	EnactmentOrder,
	/// Theirs names disabled validators in another order.
	DisabledOrder,
	/// Ours keeps more of a channel, behind what both keep.
	ChannelRecord,
	/// Theirs keeps lists of channels that are empty.
	EmptyIndex,
	/// Theirs tells paras of another limit of their queue when it changes next.
	RoomTold,
	/// Theirs does not answer a para that announces the code that it has.
	Abort,
	/// Theirs tells nodes that code may be announced while some is scheduled.
	RestrictionTold,
	/// Theirs tells nodes that there is endless room where there is less than none.
	BelowZero,
	/// Theirs takes away votes of who is disabled in the same block.
	DisabledAtOnce,
	/// Theirs sends paras XCM about their channels.
	Notices,
	/// Theirs lets a code be trusted that is known.
	TrustedTwice,
	/// Theirs lets values be configured with which nothing works.
	Unworkable,
	/// Theirs does not insert a schedule of a core before one that waits.
	Inserted,
	/// Theirs lets a core be assigned until a block before the first.
	EndsFirst,
	/// Theirs adds the shares of a schedule to those of another one that begins in the same block.
	Replaced,
	/// Theirs lets work begin behind the lookahead where nodes see less.
	EndedWork,
	/// Theirs names cores that nobody has a claim on.
	EmptyClaims,
	/// Theirs takes the claim queue of a relay parent for one block later than nodes were told.
	ClaimsTaken,
	/// Theirs deals all orders to cores and blocks anew when another order or core comes.
	Dealt,
	/// Theirs hands an order back that its own bonus candidate is in the way of.
	Returned,
	/// Theirs forgets orders whose candidates a session drops.
	Dropped,
	/// Theirs hands orders to cores that the session does not have.
	Nowhere,
}

/// What ours says of candidates whose para's pending ones leave them too little.
const STACKED: [&str; 11] = [
	"ValidationCodeMismatch",
	"CodeUpgradeRestricted",
	"DownwardMessagesNotProcessed",
	"DownwardMessagesExceeded",
	"DisallowedWatermark",
	"NoSuchChannel",
	"ChannelBytesExceeded",
	"ChannelMessagesExceeded",
	"UpwardMessagesExceeded",
	"UpwardBytesExceeded",
	"NoUpgradeScheduled",
];

impl Row {
	/// The row that says why one side refuses a call, if one does.
	pub(crate) fn of_call(call: &Call, is_ours_to_accept: bool) -> Option<Self> {
		match call {
			Call::TrustCode(_) if !is_ours_to_accept => Some(Self::TrustedTwice),
			Call::Configure(_, 0) if !is_ours_to_accept => Some(Self::Unworkable),
			_ => None,
		}
	}

	/// What theirs does, what ours does, and the rule.
	pub(crate) fn words(self) -> (&'static str, &'static str, &'static str) {
		match self {
			Self::Stacking => (
				"a candidate is judged by the stored queues, channels, watermark and code, whatever its para's pending candidates change",
				"with what they change counted",
				"R-BASE-18, R-DEF-8",
			),
			Self::Depth => (
				"as many candidates of a para wait as it has cores",
				"at most `max_candidate_depth` before the newest",
				"R-DEP-1",
			),
			Self::Consumption => (
				"a candidate may consume any number of horizontal messages",
				"as many as configured, or one entry of the digest",
				"R-HRMP-1, R-BASE-17",
			),
			Self::HeadDataLimit => (
				"nodes are told a constant as the largest head data",
				"what is configured, which the chain enforces",
				"R-BASE-4, R-DEF-10",
			),
			Self::OldestRelayParent => (
				"nodes are told the session's first block as the oldest legal relay parent",
				"the oldest that the chain accepts",
				"R-BASE-1, R-REL-6",
			),
			Self::TimeOutTold => (
				"nodes are told the end of the availability period after the next rotation, or after the block in which the candidate was backed",
				"the block in which it is dropped",
				"R-TMO-3, R-DEF-17",
			),
			Self::RelayParentOfTip => (
				"nodes are told the relay parent of the last candidate that waits as the oldest legal one, with constraints of the included head",
				"all of it is of the included head; what waits is stacked",
				"R-BASE-1, R-TRE-6",
			),
			Self::WatermarkTold => (
				"nodes are not told that the watermark may stay where no message waits",
				"they are",
				"R-BASE-9, R-DEF-11",
			),
			Self::EnactmentOrder => (
				"paras are enacted in the order of the hashes of their ids",
				"ascending by id",
				"R-ENA-4",
			),
			Self::DisabledOrder => (
				"disabled validators are named in the order of the session pallet's indices",
				"ascending",
				"R-BKV-4",
			),
			Self::ChannelRecord => (
				"a channel's record ends with the deposits",
				"behind them it has the place of the first message that waits; who reads the published record reads the same",
				"R-KEY-5",
			),
			Self::EmptyIndex => (
				"where the last channel closes an empty list stays",
				"the list goes",
				"R-KEY-6",
			),
			Self::RoomTold => (
				"what an upward queue has room for is written when the queue changes",
				"and when the configuration does",
				"R-KEY-7",
			),
			Self::Abort => (
				"a para that announces the code that it has hears nothing",
				"Abort, without a cooldown",
				"R-CODE-1",
			),
			Self::RestrictionTold => (
				"nodes are told that code may be announced once the cooldown is over, though one is scheduled and another refused",
				"it may not while one is scheduled",
				"R-BASE-14, R-DEF-12",
			),
			Self::BelowZero => (
				"where a limit was lowered below what waits, nodes are told the difference below zero, as a number without a sign",
				"zero",
				"R-BASE-5, R-BASE-6, R-DEF-9",
			),
			Self::DisabledAtOnce => (
				"votes of who is disabled earlier in the same block do not count, and the inherent that has them is refused",
				"they count as the parent says, which nodes went by",
				"R-BKV-4",
			),
			Self::Notices => (
				"paras are told of requests, acceptances and closings of channels by downward messages in XCM",
				"nothing is sent: who speaks XCM does so in the runtime",
				"—",
			),
			Self::TrustedTwice => (
				"trusting a code that is known does nothing",
				"an error",
				"R-CODE-3",
			),
			Self::Unworkable => (
				"values can be configured with which no para gets on",
				"refused",
				"R-ABP-6",
			),
			Self::Inserted => (
				"a schedule of a core cannot be inserted before one that waits",
				"it is inserted",
				"R-SCH-5, R-SCH-7",
			),
			Self::EndsFirst => (
				"a core may be assigned until before the block in which the assignment begins",
				"refused",
				"R-SCH-7",
			),
			Self::Replaced => (
				"a schedule that begins in the same block as another one adds its shares to it",
				"it replaces it: a call carries all shares",
				"R-SCH-7",
			),
			Self::EndedWork => (
				"work of a core whose last work is over, or ends within the lookahead, begins behind the lookahead, though nothing is seen there",
				"at once: nothing that was seen moves",
				"R-SCH-5",
			),
			Self::EmptyClaims => (
				"the claim queue names cores without claims, if something is assigned later",
				"cores with claims",
				"R-SCH-4",
			),
			Self::ClaimsTaken => (
				"the claim queue of a relay parent is taken in its child, for the blocks behind the child",
				"as nodes were told at the relay parent",
				"R-REL-7",
			),
			Self::Dealt => (
				"an order that comes later, or another core for orders, deals all orders anew: what nodes saw of a core moves to another core or block",
				"what nodes saw stays where they saw it",
				"R-SCH-5, R-DEF-29",
			),
			Self::Returned => (
				"an order on a blocked core always goes back",
				"not if its own bonus candidate blocks it: one payment, one block and the bonus",
				"R-SCH-6",
			),
			Self::Dropped => (
				"an order whose candidate a session drops is lost",
				"it goes back, unless its bonus was included",
				"R-SCH-6, R-ABP-9",
			),
			Self::Nowhere => (
				"orders are handed to cores that the session does not have, and are lost",
				"to cores of the session",
				"R-SCH-6",
			),
		}
	}
}

/// Verdicts on a candidate that differ, and what there is to judge them by.
pub(crate) struct Verdicts<'a> {
	pub(crate) ours: Result<(), &'static str>,
	pub(crate) theirs: &'a Result<(), String>,
	pub(crate) made: &'a Made,
	pub(crate) leaf: &'a AtLeaf,
	/// Who is disabled in the block, where the leaf may have said less.
	pub(crate) disabled: &'a [ValidatorIndex],
	/// Base constraints and pending candidates as the candidate finds them in the block. The last ones are those that the same
	/// block carries before it.
	pub(crate) state: Option<(BackingState, Option<ConstraintsExtension>)>,
	/// Claim queues as theirs took them, by the number of the relay parent.
	pub(crate) taken: &'a BTreeMap<BlockNumber, ClaimQueue>,
}

impl Verdicts<'_> {
	/// The row that says why they differ, if one does.
	pub(crate) fn row(&self) -> Option<Row> {
		let (state, _) = self.state.as_ref()?;
		let pending = &state.pending_availability;
		let is_accepted_by_theirs = self.theirs.is_ok();
		if is_accepted_by_theirs && self.ours == Err("TooDeep") {
			return (!pending.is_empty()).then_some(Row::Depth);
		}
		if is_accepted_by_theirs && self.ours == Err("TooManyMessagesConsumed") {
			return Some(Row::Consumption);
		}
		if self.ours.is_ok() && self.has_vote_of_newly_disabled()? {
			return Some(Row::DisabledAtOnce);
		}
		if self.has_other_claims().unwrap_or(false) {
			return Some(Row::ClaimsTaken);
		}
		// Both judge by constraints: theirs by the stored ones alone, with the head of the last one that waits.
		if self.ours.is_err_and(|reason| !STACKED.contains(&reason)) {
			return None;
		}
		let by_stored = self.by_stored_state()?;
		(by_stored.is_ok() == is_accepted_by_theirs).then_some(Row::Stacking)
	}

	/// What our check says where nothing is counted of what pending candidates change, but their last head; `None` where none
	/// waits.
	pub(crate) fn by_stored_state(&self) -> Option<Result<(), String>> {
		let (state, extension) = self.state.as_ref()?;
		let tip = state.pending_availability.last()?;
		let receipt = self.made.backed.candidate.clone();
		let candidate = Candidate::new(receipt, self.made.validation_data.clone(), false).ok()?;
		let mut base = ExtendedConstraints {
			constraints: state.constraints.clone(),
			extension: extension.clone(),
		};
		// The state is that of the next leaf, whose window has moved on.
		base.constraints.min_relay_parent_number = 0;
		if let Some(extension) = &mut base.extension {
			extension.hrmp_max_messages_consumed = u32::MAX;
		}
		let stacked = ConstraintModifications::default();
		let operating = Operating::with_required_parent(&base, &stacked, &tip.commitments.head_data);
		let checked = check_fragment(self.relay_parent()?, &operating, &candidate.as_fragment(false));
		Some(checked.map(drop).map_err(|error| error.to_string()))
	}

	fn relay_parent(&self) -> Option<&RelayChainBlockInfo> {
		let descriptor = &self.made.backed.candidate.descriptor;
		self.leaf.facts.relay_parent(descriptor.relay_parent())
	}

	/// Whether its para may use other cores by the claim queue that theirs took for its relay parent than by that which nodes were
	/// told.
	fn has_other_claims(&self) -> Option<bool> {
		let receipt = &self.made.backed.candidate;
		let relay_parent = self.relay_parent()?;
		let offset = parse_signals(&receipt.commitments.upward_messages)
			.ok()
			.and_then(|signals| signals.select_core)
			.map_or(0, |(_, offset)| usize::from(offset.0));
		let para = receipt.descriptor.para_id();
		let cores = |claims: &ClaimQueue| {
			let has = |claims: &VecDeque<ParaId>| claims.get(offset) == Some(&para);
			let cores = claims.iter().filter(|(_, claims)| has(claims));
			cores.map(|(core, _)| *core).collect::<Vec<_>>()
		};
		let told = self.leaf.claim_queue(relay_parent.hash)?;
		let taken = self.taken.get(&relay_parent.number)?;
		Some(cores(told) != cores(taken))
	}

	/// Whether somebody voted for it who was not disabled at the leaf, and is in the block.
	fn has_vote_of_newly_disabled(&self) -> Option<bool> {
		let facts = &self.leaf.facts;
		let backed = &self.made.backed;
		let rotation = facts.rotation.at(self.relay_parent()?.number + 1);
		let group = rotation.group_for_core(backed.core().ok()?, facts.groups.len())?;
		let group = facts.groups.get(group.as_usize())?;
		// Behind the group's bits stands the core.
		let mut voters = backed
			.validator_indices
			.iter_ones()
			.filter_map(|bit| group.get(bit));
		Some(voters.any(|voter| self.disabled.contains(voter) && !facts.disabled.contains(voter)))
	}
}
