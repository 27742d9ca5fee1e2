//! What nodes saw is what the chain judges by (R-REL-7, R-BASE-18, R-DEF-29, R-DEF-45).
//!
//! Every block comes in two halves: what it executes before its inherent, and the rest. Nodes know the state of its
//! parent, and nothing of the first half: governance that the block dispatches by itself, messages, orders, offences.
//! So the first half must not make wrong what is right by the answers that nodes got. Here the first half is random, the
//! candidates are, and the real view and the real provisioner predict what the real pallets then judge.
//!
//! Two properties for each block:
//! - what an author is offered, all of it together, with bitfields, the inherent accepts;
//! - of each candidate by itself, prediction and verdict say the same, whatever the first half did.
//!
//! [`loosens`] lists what may let the chain accept a candidate that nodes hold to be wrong: a first half that makes room,
//! and so do the messages that every block processes first.
//! It harms nobody, because nobody offers such a candidate.

mod chain;
mod node;
mod plan;

use async_backing_primitives::{DescriptorVersion, Header};
use async_backing_relay_runtime::ParaInclusion;
use chain::{begin_block, end_block, enter, execute, externalities, info, FIRST_SLOT};
use node::{inherent, Made, Node};
use plan::{BlockPlan, Op, PARAS};
use proptest::{collection::vec, prelude::*, test_runner::Config};
use std::{cell::RefCell, collections::BTreeMap};

/// What a story found out.
#[derive(Clone, Debug, Default)]
struct Tally {
	blocks: u64,
	/// Candidates by prediction and verdict.
	accepted: u64,
	refused: u64,
	loosened: u64,
	/// Calls of first halves that went through.
	calls: u64,
	/// Why the chain refused candidates that nodes hold to be wrong.
	reasons: BTreeMap<String, u64>,
}

impl Tally {
	fn add(&mut self, other: Self) {
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
fn loosens(op: &Op) -> bool {
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
fn prelude() -> BlockPlan {
	BlockPlan {
		before: vec![
			Op::ForceOpen(PARAS[0], PARAS[1], 3),
			Op::ForceOpen(PARAS[1], PARAS[0], 3),
			Op::PlaceOrder(PARAS[2]),
		],
		candidates: Vec::new(),
		attesting: 0,
		after: vec![Op::ForceProcessOpen, Op::SendDownward(PARAS[0], 3)],
		skipped_slots: 0,
	}
}

fn run(blocks: &[BlockPlan]) -> Result<Tally, TestCaseError> {
	let mut tally = Tally::default();
	externalities().execute_with(|| {
		let mut parent = chain::genesis_header();
		let mut node = Node::default();
		let mut slot = FIRST_SLOT;
		for (number, plan) in core::iter::once(&prelude()).chain(blocks).enumerate() {
			parent = run_block(&mut node, &parent, slot, plan, number as u32, &mut tally)?;
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
) -> Result<Header, TestCaseError> {
	let leaf = node.learn(info(parent), slot.saturating_sub(1));
	let made = leaf.make(&plan.candidates, salt);
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
		let refusal = verdict(parent, candidate);
		match (is_predicted, refusal.is_none()) {
			(true, true) => tally.accepted += 1,
			(false, false) => {
				tally.refused += 1;
				let reason: &str = refusal.map_or("", Into::into);
				*tally.reasons.entry(reason.into()).or_default() += 1;
			}
			(false, true) if done.iter().any(|op| loosens(op)) => tally.loosened += 1,
			(false, true) if leaf.profits_from_service(candidate) => tally.loosened += 1,
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
fn verdict(parent: &Header, candidate: &Made) -> Option<sp_runtime::DispatchError> {
	use frame_support::storage::{with_transaction_unchecked, TransactionOutcome};
	let data = inherent(parent, vec![candidate.backed.clone()]);
	let outcome = with_transaction_unchecked(|| TransactionOutcome::Rollback(enter(data.clone())));
	// Who makes an inherent is of the same opinion (R-INC-3).
	let kept = ParaInclusion::filter(data).backed_candidates.len();
	assert_eq!(kept == 1, outcome.is_ok(), "R-INC-3: {outcome:?}");
	outcome.err()
}

/// As many stories as `PROPTEST_CASES` says, else enough for a few thousand blocks.
fn config() -> Config {
	let cases = std::env::var("PROPTEST_CASES")
		.ok()
		.and_then(|cases| cases.parse().ok());
	Config {
		cases: cases.unwrap_or(400),
		failure_persistence: None,
		max_shrink_iters: 2_000,
		..Config::default()
	}
}

#[test]
fn r_def_29_r_def_45_what_a_block_does_before_its_inherent_makes_no_prediction_wrong() {
	use proptest::test_runner::TestRunner;
	let sum = RefCell::new(Tally::default());
	let outcome = TestRunner::new(config()).run(&vec(plan::block(), 6..16), |blocks| {
		sum.borrow_mut().add(run(&blocks)?);
		Ok(())
	});
	let tally = sum.take();
	println!("{tally:?}");
	if let Err(error) = outcome {
		panic!("{error}");
	}
	// The stories are about something: all kinds of verdicts, and calls that went through.
	let one_in = |part: u64, of: u64| part * of >= tally.blocks;
	assert!(
		one_in(tally.accepted, 10) && one_in(tally.refused, 10) && one_in(tally.calls, 3),
		"{tally:?}"
	);
}
