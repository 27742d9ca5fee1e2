//! Blocks of random stories: what nodes predict, and what the chain then says.

use crate::{
	chain::{self, begin_block, end_block, enter, execute, externalities, info, FIRST_SLOT},
	node::{inherent, AtLeaf, Made, Node},
	plan::{BlockPlan, Op, Start, PARAS},
};
use async_backing_primitives::{DescriptorVersion, Header, ParachainsInherentData};
use async_backing_relay_runtime::ParaInclusion;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Whoever looks on.
pub(crate) trait Watcher {
	/// Candidates to judge beside those of the block's plan.
	fn add_to(&mut self, _leaf: &AtLeaf, _made: &mut Vec<Made>) {}

	/// The chain was asked about a candidate in an inherent of its own, and refused it for this reason.
	fn judged(&mut self, _candidate: &Made, _data: &ParachainsInherentData, _refusal: Option<&'static str>) {}

	/// This is what the block will carry.
	fn offered(&mut self, _data: &ParachainsInherentData) {}
}

impl Watcher for () {}

/// What a story found out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
	pub(crate) blocks: u64,
	/// Candidates by prediction and verdict.
	pub(crate) accepted: u64,
	pub(crate) refused: u64,
	pub(crate) loosened: u64,
	/// Calls of first halves that went through.
	pub(crate) calls: u64,
	/// Why the chain refused candidates that nodes hold to be wrong.
	pub(crate) reasons: BTreeMap<String, u64>,
}

impl Tally {
	pub(crate) fn add(&mut self, other: Self) {
		self.blocks += other.blocks;
		self.accepted += other.accepted;
		self.refused += other.refused;
		self.loosened += other.loosened;
		self.calls += other.calls;
		for (reason, count) in other.reasons {
			*self.reasons.entry(reason).or_default() += count;
		}
	}
}

/// Whether a call that went through in the first half may have made room that nodes know nothing of.
pub(crate) fn loosens(op: &Op) -> bool {
	match op {
		// A channel that nobody saw.
		Op::ForceProcessOpen => true,
		// A core that was idle is the para's at once, as far as the candidate's relay parent lets it be named.
		Op::AssignCore { .. } | Op::ShareCore { .. } => true,
		// A message more that may be processed (R-CON-4).
		Op::SendDownward(..) => true,
		// An upgrade that is given up, or one that is scheduled: what was restricted is not, what was not applied is.
		Op::DistrustCode(_) | Op::RemoveCooldown(_) => true,
		_ => false,
	}
}

/// What happens in the first blocks of every story: a channel each way, and a session in which it is used.
fn prelude(start: Start) -> BlockPlan {
	let capacity = match start {
		Start::Roomy => 3,
		Start::Narrow => 1,
	};
	BlockPlan {
		before: vec![
			Op::ForceOpen(PARAS[0], PARAS[1], capacity),
			Op::ForceOpen(PARAS[1], PARAS[0], 3),
			Op::PlaceOrder(PARAS[2]),
		],
		candidates: Vec::new(),
		attesting: 0,
		after: vec![Op::ForceProcessOpen, Op::SendDownward(PARAS[0], 3)],
		skipped_slots: 0,
	}
}

pub(crate) fn run(
	start: Start,
	blocks: &[BlockPlan],
	watcher: &mut impl Watcher,
) -> Result<Tally, TestCaseError> {
	let mut tally = Tally::default();
	externalities(start).execute_with(|| {
		let mut parent = chain::genesis_header();
		let mut node = Node::default();
		let mut slot = FIRST_SLOT;
		for (number, plan) in core::iter::once(&prelude(start)).chain(blocks).enumerate() {
			parent = run_block(&mut node, &parent, slot, plan, number as u32, &mut tally, watcher)?;
			slot += 1 + plan.skipped_slots;
		}
		Ok(tally)
	})
}

fn run_block(
	node: &mut Node,
	parent: &Header,
	slot: u64,
	plan: &BlockPlan,
	salt: u32,
	tally: &mut Tally,
	watcher: &mut impl Watcher,
) -> Result<Header, TestCaseError> {
	let leaf = node.learn(info(parent), slot.saturating_sub(1));
	let mut made = leaf.make(&plan.candidates, salt);
	watcher.add_to(&leaf, &mut made);
	let all: Vec<_> = made.iter().collect();
	let proposal = leaf.propose(slot, &all, leaf.bitfields(plan.attesting));
	let alone: Vec<_> = made
		.iter()
		.map(|candidate| (candidate, leaf.propose(slot, &[candidate], Vec::new())))
		.collect();

	begin_block(parent, slot);
	let done: Vec<_> = plan.before.iter().filter(|op| execute(op)).collect();
	tally.blocks += 1;
	tally.calls += done.len() as u64;
	for (candidate, predicted) in alone {
		let is_predicted = predicted.backed_candidates.len() == 1;
		let data = inherent(parent, vec![candidate.backed.clone()]);
		let refusal = verdict(&data);
		watcher.judged(candidate, &data, refusal.map(Into::into));
		match (is_predicted, refusal.is_none()) {
			(true, true) => tally.accepted += 1,
			(false, false) => {
				tally.refused += 1;
				let reason: &str = refusal.map_or("", Into::into);
				*tally.reasons.entry(reason.into()).or_default() += 1;
			}
			(false, true) if done.iter().any(|op| loosens(op)) => tally.loosened += 1,
			(false, true) if leaf.profits_from_service(candidate) => tally.loosened += 1,
			(false, true) if leaf.drops(candidate.hash()) => tally.loosened += 1,
			// The chain does not ask which core a candidate of version 1 could be seconded on.
			(false, true) if version(candidate) == Some(DescriptorVersion::V1) => tally.loosened += 1,
			(predicted, accepted) => prop_assert_eq!(
				predicted,
				accepted,
				"block {} after {:?}: {:?}: {:?}",
				parent.number + 1,
				done,
				refusal,
				candidate
			),
		}
	}
	let data = proposal.into_inherent_data(parent.clone(), Vec::new());
	let offered = data.backed_candidates.len();
	watcher.offered(&data);
	let outcome = enter(data);
	prop_assert!(
		outcome.is_ok(),
		"block {}: {offered} offered after {done:?}: {outcome:?}",
		parent.number + 1
	);
	for op in &plan.after {
		execute(op);
	}
	Ok(end_block())
}

fn version(candidate: &Made) -> Option<DescriptorVersion> {
	candidate.backed.candidate.descriptor.accepted_version(false).ok()
}

/// Why the chain refuses a candidate in an inherent of its own; `None` if it does not.
fn verdict(data: &ParachainsInherentData) -> Option<sp_runtime::DispatchError> {
	use frame_support::storage::{with_transaction_unchecked, TransactionOutcome};
	let outcome = with_transaction_unchecked(|| TransactionOutcome::Rollback(enter(data.clone())));
	// Who makes an inherent is of the same opinion (R-INC-3).
	let kept = ParaInclusion::filter(data.clone()).backed_candidates.len();
	assert_eq!(kept == 1, outcome.is_ok(), "R-INC-3: {outcome:?}");
	outcome.err()
}
