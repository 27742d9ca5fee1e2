//! A simulated collator: decides by the collator's core, executes through the parachain's producer, and answers backers.

use crate::{clock::Instant, tally::BuiltCandidate, DevnetError, Model, Parachain};
use async_backing_availability::erasure_root_of;
use async_backing_collator::{
	collate, BlockProducer, BuildOn, Collated, Collator, CollatorConfig, NoBuild, Timing,
};
use async_backing_primitives::{CandidateHash, LeafFacts, ParaId, PoV, ValidatorId};
use async_backing_validator::{Advertisement, Message};
use codec::Encode;
use std::{
	collections::{BTreeMap, VecDeque},
	fmt,
	sync::Arc,
	time::Duration,
};

/// Witnesses that a collator keeps: far more than can be in flight.
const POVS_KEPT: usize = 64;

/// A collator of one para.
pub(crate) struct CollatorNode {
	para: ParaId,
	core: Collator,
	producer: Box<dyn BlockProducer>,
	extrinsic_cost: Duration,
	/// Blocks whose virtual execution is under way, in the order in which they will be ready.
	under_way: VecDeque<Job>,
	/// Until when the processor is busy.
	busy_until: Instant,
	/// Number of each candidate that was built here.
	numbers: BTreeMap<CandidateHash, u32>,
	/// Witnesses, oldest first: all of them, or the last [`POVS_KEPT`].
	povs: VecDeque<(CandidateHash, Arc<PoV>)>,
	keeps_all_povs: bool,
}

struct Job {
	collated: Collated,
	pov: Arc<PoV>,
	built: BuiltCandidate,
	backer: ValidatorId,
}

impl fmt::Debug for CollatorNode {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("CollatorNode")
			.field("core", &self.core)
			.field("built", &self.numbers.len())
			.finish_non_exhaustive()
	}
}

/// A candidate that is ready, what is to be said about it, and to whom.
pub(crate) struct Ready {
	pub(crate) candidate: CandidateHash,
	pub(crate) built: BuiltCandidate,
	pub(crate) backer: ValidatorId,
	pub(crate) advertisement: Message,
}

impl CollatorNode {
	pub(crate) fn new(para: ParaId, parachain: Parachain, model: &Model) -> Self {
		let genesis_head = parachain.genesis_head().clone();
		let producer = parachain.into_producer();
		let config = CollatorConfig {
			para,
			capacity: model.segment_capacity,
			velocity: model.velocity,
			timing: timing(model),
			pov: producer.pov_size(),
		};
		Self {
			para,
			core: Collator::new(config, &genesis_head),
			producer,
			extrinsic_cost: model.extrinsic_cost,
			under_way: VecDeque::new(),
			busy_until: Instant::ZERO,
			numbers: BTreeMap::new(),
			povs: VecDeque::new(),
			keeps_all_povs: false,
		}
	}

	pub(crate) fn para(&self) -> ParaId {
		self.para
	}

	/// Builds what the core decides on this leaf, and says when each block will be ready.
	pub(crate) fn leaf_activated(
		&mut self,
		now: Instant,
		leaf: &LeafFacts,
	) -> Result<Vec<Instant>, DevnetError> {
		let mut ready = Vec::new();
		// The decision ends the loop: velocity and cores bound the blocks on one relay parent.
		loop {
			match self.core.decide(leaf) {
				Ok(build_on) => ready.push(self.build(now, leaf, &build_on)?),
				Err(reason) => {
					debug_assert!(
						!matches!(reason, NoBuild::UnknownHead(_)),
						"one collator builds all blocks"
					);
					return Ok(ready);
				}
			}
		}
	}

	fn build(&mut self, now: Instant, leaf: &LeafFacts, build_on: &BuildOn) -> Result<Instant, DevnetError> {
		let failed = |reason: String| DevnetError::Producer {
			para: self.para,
			reason,
		};
		let budget = &build_on.budget;
		let produced = self
			.producer
			.produce(
				&build_on.parent_head,
				&build_on.relay_parent,
				budget.extrinsics,
				budget.pov_size,
			)
			.map_err(|error| failed(error.to_string()))?;
		let extrinsics = produced.extrinsics;
		let authoring = self.extrinsic_cost.saturating_mul(extrinsics);
		let collated = collate(build_on, produced, |data| {
			erasure_root_of(build_on.validators, data)
		})
		.map_err(|error| failed(error.to_string()))?;
		let backer = backer(leaf, build_on).ok_or_else(|| failed("nobody backs its core".into()))?;
		self.core.note_built(build_on, &collated);
		let built = BuiltCandidate {
			para: self.para,
			parent_head: build_on.parent_head.hash(),
			output_head: collated.receipt.descriptor.para_head(),
			relay_parent: build_on.relay_parent.hash,
			extrinsics,
			pov_bytes: collated.pov.encoded_size(),
			authoring,
		};
		self.busy_until = self.busy_until.max(now) + authoring;
		let pov = Arc::new(collated.pov.clone());
		self.under_way.push_back(Job {
			collated,
			pov,
			built,
			backer,
		});
		Ok(self.busy_until)
	}

	/// The oldest block under way is ready.
	pub(crate) fn finish(&mut self) -> Option<Ready> {
		let Job {
			collated,
			pov,
			built,
			backer,
		} = self.under_way.pop_front()?;
		let candidate = collated.hash;
		let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
		self.numbers.insert(candidate, number);
		self.povs.push_back((candidate, pov));
		if !self.keeps_all_povs && self.povs.len() > POVS_KEPT {
			self.povs.pop_front();
		}
		let advertisement = Message::AdvertiseCollation(Box::new(Advertisement {
			receipt: collated.receipt.to_plain(),
			parent_head: built.parent_head,
		}));
		Some(Ready {
			candidate,
			built,
			backer,
			advertisement,
		})
	}

	/// What the collator answers to a backer.
	pub(crate) fn answer(&self, message: &Message) -> Option<Message> {
		match message {
			Message::RequestCollation(candidate) => {
				Some(Message::Collation(*candidate, self.pov(*candidate)?))
			}
			_ => None,
		}
	}

	/// Keeps witnesses however old.
	pub(crate) fn keep_all_povs(&mut self) {
		self.keeps_all_povs = true;
	}

	/// Witness of a candidate that was built here, as long as it is kept.
	pub(crate) fn pov(&self, candidate: CandidateHash) -> Option<Arc<PoV>> {
		let found = self.povs.iter().rev().find(|(hash, _)| *hash == candidate);
		found.map(|(_, pov)| pov.clone())
	}

	/// Number of a candidate among those built here.
	pub(crate) fn built_number(&self, candidate: CandidateHash) -> Option<u32> {
		self.numbers.get(&candidate).copied()
	}
}

/// Whom to offer a candidate: the members of its group take turns, relay block by relay block.
fn backer(leaf: &LeafFacts, build_on: &BuildOn) -> Option<ValidatorId> {
	let child = leaf.rotation.at(build_on.relay_parent.number.saturating_add(1));
	let group = leaf
		.groups
		.get(child.group_for_core(build_on.core, leaf.groups.len())?.as_usize())?;
	let turn = (build_on.relay_parent.number as usize).checked_rem(group.len())?;
	leaf.validators.get(group.get(turn)?.as_usize()).cloned()
}

fn timing(model: &Model) -> Timing {
	Timing {
		slot: model.slot,
		leaf_active_after: model.leaf_active_after,
		inherent_after: model.inherent_after,
		link_latency: model.link_latency,
		link_jitter: model.link_jitter,
		bandwidth: model.bandwidth,
		extrinsic_cost: model.extrinsic_cost,
		execution_limit: model.backing_execution_limit,
		margin: model.collator_margin,
	}
}
