//! What the relay chain did, block by block on every fork, and what validators make of it.

use super::{short, Found, Invariant, LIVES_WITHIN};
use crate::{
	contexts::recover,
	relay::Chain,
	words::{Built, DevnetWords, Done, Job},
	world::{NewBlock, World},
	Assignee, DevnetError, RunConfig, PARTS_OF_A_CORE,
};
use async_backing_backing::job;
use async_backing_machine::{Instant, JobId, Output};
use async_backing_primitives::{
	BlockNumber, CandidateEvent, CandidateHash, CandidateReceipt, Hash, HeadHash, LeafFacts, ParaId,
};
use async_backing_sim::{NodeId, Sim};
use async_backing_validator::{Done as ValidatorDone, Job as ValidatorJob};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// Relay blocks that are remembered: more than any fork is long.
const REMEMBERED: BlockNumber = 128;
/// Relay blocks before the last one whose inclusions are put together again when a run has ended.
const RECOVERED: usize = 12;

/// A relay block, with what its fork had by then.
#[derive(Clone, Debug)]
struct OnFork {
	facts: Arc<LeafFacts>,
	/// Included heads.
	heads: BTreeMap<ParaId, HeadHash>,
	/// Blocks of the fork since a para had one included, or all became calm.
	waiting: BTreeMap<ParaId, u32>,
	included: Vec<CandidateReceipt>,
}

/// What validators found out of a candidate.
#[derive(Clone, Copy, Debug)]
struct Seen {
	by: NodeId,
	parent_head: HeadHash,
	is_valid: bool,
	is_invalid: bool,
	/// Somebody executed it of whom one cannot tell by what it says.
	is_executed_by_faulty: bool,
}

/// The relay chain of a run.
#[derive(Debug)]
pub(super) struct Relay {
	faulty: BTreeSet<NodeId>,
	/// Paras that have cores for themselves, or much of one, all the time.
	leasing: Vec<ParaId>,
	config: RunConfig,
	blocks: BTreeMap<Hash, OnFork>,
	candidates: BTreeMap<CandidateHash, Seen>,
	executions: BTreeMap<(NodeId, JobId), CandidateHash>,
}

/// Paras that have a core all the time, or so much of it that their turn comes several times within [`LIVES_WITHIN`] relay
/// blocks.
pub(super) fn served_for_good(config: &RunConfig) -> Vec<ParaId> {
	const LEAST: u16 = PARTS_OF_A_CORE / 4;
	let of_core = |core| config.works.iter().filter(move |work| work.core == core);
	let for_good = config
		.works
		.iter()
		.filter(|work| work.end.is_none() && of_core(work.core).count() == 1);
	let served: BTreeSet<_> = for_good
		.flat_map(|work| &work.shares)
		.filter_map(|(assignee, parts)| match assignee {
			Assignee::Para(para) if *parts >= LEAST => Some(*para),
			_ => None,
		})
		.collect();
	served.into_iter().collect()
}

impl Relay {
	pub(super) fn new(config: &RunConfig) -> Self {
		let leasing = match config.works.is_empty() {
			true => config.leasing_paras().collect(),
			false => served_for_good(config),
		};
		Self {
			faulty: config.faults.validators.keys().copied().collect(),
			leasing,
			config: config.clone(),
			blocks: BTreeMap::new(),
			candidates: BTreeMap::new(),
			executions: BTreeMap::new(),
		}
	}

	fn is_honest(&self, node: NodeId) -> bool {
		!self.faulty.contains(&node)
	}

	/// Whether an execution proves that a node built something invalid.
	pub(super) fn is_proven_wrong(&self, node: NodeId) -> bool {
		let mut candidates = self.candidates.values();
		candidates.any(|seen| seen.by == node && seen.is_invalid)
	}

	pub(super) fn built(&mut self, node: NodeId, built: &Built) {
		let seen = Seen {
			by: node,
			parent_head: built.parent_head,
			is_valid: false,
			is_invalid: false,
			is_executed_by_faulty: false,
		};
		self.candidates.entry(built.candidate).or_insert(seen);
	}

	pub(super) fn output(&mut self, node: NodeId, output: &Output<DevnetWords>) {
		if let Output::Job {
			id,
			job: Job::Validator(ValidatorJob::Backing(job::Job::Validate(job))),
			..
		} = output
		{
			self.executions.insert((node, *id), job.candidate);
		}
	}

	pub(super) fn done<E>(&mut self, node: NodeId, id: JobId, result: &Result<Done, E>) {
		let is_honest = self.is_honest(node);
		let candidate = self.executions.remove(&(node, id));
		let seen = candidate.and_then(|candidate| self.candidates.get_mut(&candidate));
		let (Some(seen), Ok(Done::Validator(ValidatorDone::Backing(job::Done::Validated(result))))) =
			(seen, result)
		else {
			return;
		};
		match result {
			_ if !is_honest => seen.is_executed_by_faulty = true,
			Ok(_) => seen.is_valid = true,
			Err(_) => seen.is_invalid = true,
		}
	}

	pub(super) fn crashed(&mut self, node: NodeId) {
		self.executions.retain(|(of, _), _| *of != node);
	}

	/// A relay block was built, on whatever fork.
	pub(super) fn block(&mut self, at: Instant, block: &NewBlock) -> Option<Found> {
		let parent = self.blocks.get(&block.facts.parent_hash);
		let mut next = OnFork {
			facts: block.facts.clone(),
			heads: parent.map(|parent| parent.heads.clone()).unwrap_or_default(),
			waiting: parent.map(|parent| parent.waiting.clone()).unwrap_or_default(),
			included: Vec::new(),
		};
		let found = self
			.offers(block)
			.or_else(|| self.inclusions(block, &mut next))
			.or_else(|| heads(block, &mut next))
			.or_else(|| self.lives(at, block, &mut next));
		let number = block.facts.block.number;
		self.blocks.insert(block.facts.block.hash, next);
		self.blocks
			.retain(|_, known| known.facts.block.number.saturating_add(REMEMBERED) > number);
		found
	}

	fn offers(&self, block: &NewBlock) -> Option<Found> {
		if !self.is_honest(NodeId(block.author)) {
			return None;
		}
		let backed = block.events.iter().filter_map(|event| match event {
			CandidateEvent::CandidateBacked(receipt, ..) => Some(receipt.hash()),
			_ => None,
		});
		let taken: BTreeSet<_> = backed.collect();
		let refused = block.offered.iter().find(|offered| !taken.contains(*offered))?;
		let message = format!(
			"block {} of validator {} does not take candidate {}, which its provisioner offered",
			named(&block.facts),
			block.author,
			short(*refused)
		);
		Some((Invariant::OfferIsTaken, message))
	}

	fn inclusions(&self, block: &NewBlock, next: &mut OnFork) -> Option<Found> {
		for event in &block.events {
			let CandidateEvent::CandidateIncluded(receipt, ..) = event else {
				continue;
			};
			let (candidate, para) = (receipt.hash(), receipt.descriptor.para_id());
			let head = receipt.descriptor.para_head();
			let seen = self.candidates.get(&candidate);
			let before = next.heads.insert(para, head);
			next.included.push(receipt.clone());
			next.waiting.insert(para, 0);
			let what = || {
				let candidate = short(candidate);
				format!(
					"block {} includes {candidate} of para {}",
					named(&block.facts),
					para.0
				)
			};
			let Some(seen) = seen else {
				let message = format!("{}, which no collator built", what());
				return Some((Invariant::IncludedIsValid, message));
			};
			if let Some(before) = before.filter(|before| *before != seen.parent_head) {
				let message = format!(
					"{} on the head {:?}, but the one included before is {:?}",
					what(),
					seen.parent_head.0,
					before.0
				);
				return Some((Invariant::OneIncludedHead, message));
			}
			let truth = block.truth.get(&candidate);
			if truth == Some(&false) {
				let message = format!("{}, whose code comes to something else than it says", what());
				return Some((Invariant::IncludedIsValid, message));
			}
			// Where a whole group is faulty, nobody honest is asked for a block that is as it says.
			let is_true = seen.is_executed_by_faulty && truth == Some(&true);
			if seen.is_invalid || !(seen.is_valid || is_true) {
				let verdict = match seen.is_invalid {
					true => "which an honest validator found invalid",
					false => "which no honest validator found valid",
				};
				return Some((Invariant::IncludedIsValid, format!("{}, {verdict}", what())));
			}
		}
		None
	}

	/// Counts blocks in which nothing of a para is included.
	fn lives(&self, at: Instant, block: &NewBlock, next: &mut OnFork) -> Option<Found> {
		let is_calm = self.config.is_calm(block.slot);
		let included: BTreeSet<_> = next
			.included
			.iter()
			.map(|receipt| receipt.descriptor.para_id())
			.collect();
		for para in &self.leasing {
			let waiting = next.waiting.entry(*para).or_default();
			*waiting = match is_calm && !included.contains(para) {
				true => waiting.saturating_add(1),
				false => 0,
			};
			if *waiting > LIVES_WITHIN {
				let message = format!(
					"nothing of para {} is included in {waiting} relay blocks up to {} at {:.0} s, though all is calm",
					para.0,
					named(&block.facts),
					at.as_secs_f64()
				);
				return Some((Invariant::ParaLives, message));
			}
		}
		None
	}

	/// The trees of a validator at a leaf that it has imported.
	pub(super) fn trees<C: Chain>(&self, world: &World<C>, node: NodeId, leaf: Hash) -> Option<Found> {
		let known = self.blocks.get(&leaf).filter(|_| self.is_honest(node))?;
		let validator = world.validators.get(node.0)?.borrow();
		let mut trees = validator.view().trees_at(leaf);
		trees.find_map(|(para, tree)| {
			let (root, head) = (tree.scope().required_parent_hash(), *known.heads.get(&para)?);
			(root != head).then(|| {
				let message = format!(
					"the tree of para {} at block {} of validator {} is on {:?}, but the included head is {:?}",
					para.0,
					named(&known.facts),
					node.0,
					root.0,
					head.0
				);
				(Invariant::RootIsHead, message)
			})
		})
	}

	/// Takes another head for the included one, as if the tree were wrong.
	#[cfg(test)]
	pub(super) fn forget_head(&mut self, leaf: Hash, para: ParaId) {
		if let Some(block) = self.blocks.get_mut(&leaf) {
			block.heads.insert(para, HeadHash(Hash::zero()));
		}
	}

	/// Puts together what the last blocks of the best chain included, out of what honest validators that run have.
	pub(super) fn recoverable<C: Chain>(&self, sim: &Sim<World<C>>) -> Result<Option<Found>, DevnetError> {
		let world = sim.scenario();
		let best = std::iter::successors(self.blocks.get(&world.head), |block| {
			self.blocks.get(&block.facts.parent_hash)
		});
		// What is kept for less is not asked for.
		let kept = world.config.model.keep_included as usize;
		for block in best.take(RECOVERED.min(kept)) {
			for receipt in &block.included {
				let descriptor = &receipt.descriptor;
				let Some(session) = self.blocks.get(&descriptor.scheduling_parent()) else {
					continue;
				};
				let has = |node| self.is_honest(NodeId(node)) && sim.is_up(NodeId(node));
				let recovered = recover(world, sim.now(), receipt, &session.facts.validators, has);
				if let Err(error) = recovered {
					let message = format!(
						"block {} includes {} of para {}, which cannot be put together: {error}",
						named(&block.facts),
						short(receipt.hash()),
						descriptor.para_id().0
					);
					return Ok(Some((Invariant::IncludedIsRecoverable, message)));
				}
			}
		}
		Ok(None)
	}
}

/// The heads in the state after a block.
fn heads(block: &NewBlock, next: &mut OnFork) -> Option<Found> {
	for (para, at_leaf) in &block.facts.paras {
		let in_state = at_leaf.backing_state.constraints.required_parent.hash();
		let head = *next.heads.entry(*para).or_insert(in_state);
		if head != in_state {
			let message = format!(
				"the head of para {} after block {} is {:?}, but the one included last is {:?}",
				para.0,
				named(&block.facts),
				in_state.0,
				head.0
			);
			return Some((Invariant::HeadIsIncluded, message));
		}
	}
	None
}

/// A relay block as messages name it.
fn named(facts: &LeafFacts) -> String {
	format!("{} ({:?})", facts.block.number, facts.block.hash)
}
