//! Whom to ask for what: one own chunk that is not there yet.
//!
//! A round asks the backing group for the own chunk, then a few others, one after the other; then everybody for the chunks
//! that they hold, several at once, until the data can be recovered. Each question goes to the next on a list, so that a
//! round ends.

use crate::{chunk_index, recovery::is_enough, ErasureChunk};
use async_backing_chain_view::Session;
use async_backing_machine::{Instant, JobId, PeerId};
use async_backing_primitives::{
	recovery_threshold, systematic_recovery_threshold, CandidateHash, CoreIndex, Hash, OccupiedCore,
	ValidatorIndex,
};
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
};

/// One own chunk. A candidate is on different cores in different forks if its descriptor names none: then there are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
	pub(crate) candidate: CandidateHash,
	/// Index of the chunk.
	pub(crate) index: u32,
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
	/// The own chunk.
	Own,
	/// The chunk of the validator that is asked, which has this index.
	Theirs(u32),
	/// The data.
	Data,
}

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
	pub(crate) key: Key,
	/// Which attempt of the fetch it belongs to: answers to earlier ones are of no use.
	pub(crate) attempt: u64,
	pub(crate) question: Question,
	pub(crate) validator: ValidatorIndex,
	pub(crate) peer: PeerId,
}

/// The search for the own chunk.
#[derive(Clone, Debug)]
pub(crate) struct Search {
	/// Members of the backing group, then others.
	pub(crate) next: VecDeque<ValidatorIndex>,
	/// How many of the front are members of the group.
	pub(crate) backers: usize,
	/// Others that may still be asked.
	pub(crate) others: usize,
	/// A request is open, or its answer is checked.
	pub(crate) waits: bool,
	/// The check.
	pub(crate) job: Option<JobId>,
}

/// The recovery of the data.
#[derive(Clone, Debug)]
pub(crate) struct Recovering {
	pub(crate) next: VecDeque<ValidatorIndex>,
	/// Members of the backing group that may be asked for the data, once it is known to be small.
	pub(crate) backers: VecDeque<ValidatorIndex>,
	/// Open requests for chunks.
	pub(crate) open: usize,
	/// Chunks that are checked, by job.
	pub(crate) checks: BTreeSet<JobId>,
	/// Chunks that are right, by index.
	pub(crate) chunks: BTreeMap<u32, Arc<ErasureChunk>>,
	/// Whether somebody was asked for the data, and has neither failed nor proved to be wrong.
	pub(crate) asks_data: bool,
	/// The recovery itself, or the check of the data.
	pub(crate) job: Option<JobId>,
}

/// How far a fetch is.
#[derive(Clone, Debug)]
pub(crate) enum Step {
	/// One is asked after the other.
	Search(Search),
	/// There are too many other recoveries.
	Queued,
	/// The data is being recovered.
	Recovering(Recovering),
	/// Nobody had it, or there was no room for the question.
	Pausing(Instant),
	/// Nobody had it in any round: the next leaf begins again.
	GivenUp,
	/// The data is not what the root says: there is no use.
	WronglyCoded,
}

#[derive(Clone, Debug)]
pub(crate) struct Fetch {
	/// A leaf at which the candidate is pending.
	pub(crate) leaf: Hash,
	/// Its session is the one of all indices here (law 7).
	pub(crate) session: Arc<Session>,
	pub(crate) own: ValidatorIndex,
	pub(crate) core: CoreIndex,
	pub(crate) occupied: OccupiedCore,
	pub(crate) systematic_mapping: bool,
	/// Rounds that failed since the newest leaf.
	pub(crate) rounds: u32,
	/// Changes with each step, so that answers to questions of earlier ones are known.
	pub(crate) attempt: u64,
	/// Who sent something wrong: never asked again.
	pub(crate) liars: BTreeSet<ValidatorIndex>,
	pub(crate) step: Step,
}

impl Fetch {
	pub(crate) fn root(&self) -> Hash {
		self.occupied.candidate_descriptor.erasure_root()
	}

	pub(crate) fn validators(&self) -> usize {
		self.session.validators.len()
	}

	/// Members of the backing group but for this validator, each validator beginning with another one.
	fn backers(&self) -> VecDeque<ValidatorIndex> {
		let group = self.session.group(self.occupied.group_responsible);
		let members = group.into_iter().flatten().copied();
		let mut members: VecDeque<_> = members.filter(|member| *member != self.own).collect();
		let shift = self.own.as_usize().checked_rem(members.len()).unwrap_or(0);
		members.rotate_left(shift);
		members
	}

	/// All other validators, from the next one on.
	fn others(&self) -> impl Iterator<Item = ValidatorIndex> {
		let validators = u32::try_from(self.validators()).unwrap_or(u32::MAX);
		let own = self.own.0.min(validators);
		(own.saturating_add(1)..validators)
			.chain(0..own)
			.map(ValidatorIndex)
	}

	/// Whom to ask for the own chunk.
	pub(crate) fn search(&self) -> Search {
		let mut next = self.backers();
		let backers = next.len();
		let members: BTreeSet<_> = next.iter().copied().collect();
		next.extend(self.others().filter(|other| !members.contains(other)));
		Search {
			next,
			backers,
			others: crate::config::MAX_OTHERS_ASKED,
			waits: false,
			job: None,
		}
	}

	/// Whom to ask for chunks: first those that have theirs, as they or the chain say, and of them first those that hold a
	/// piece of the plain data, for that is quickly recovered (R-AVL-2).
	pub(crate) fn recovery(&self) -> Recovering {
		let backers = self.backers();
		let members: BTreeSet<_> = backers.iter().copied().collect();
		let attests = |validator: ValidatorIndex| {
			let bit = self.occupied.availability.get(validator.as_usize());
			members.contains(&validator) || bit.is_some_and(|bit| *bit)
		};
		let systematic = systematic_recovery_threshold(self.validators()).unwrap_or(0);
		let is_plain = |validator| {
			self.index_of(validator)
				.is_some_and(|index| (index as usize) < systematic)
		};
		let mut next: Vec<_> = self.others().collect();
		next.sort_by_key(|validator| (!attests(*validator), !is_plain(*validator)));
		Recovering {
			next: next.into(),
			backers,
			open: 0,
			checks: BTreeSet::new(),
			chunks: BTreeMap::new(),
			asks_data: false,
			job: None,
		}
	}

	/// Whether the data is being recovered from the chunks that there are.
	pub(crate) fn has_enough(&self) -> bool {
		matches!(&self.step, Step::Recovering(recovering) if recovering.job.is_some())
	}

	/// Index of the chunk that a validator holds.
	pub(crate) fn index_of(&self, validator: ValidatorIndex) -> Option<u32> {
		chunk_index(self.validators(), self.core, validator, self.systematic_mapping).ok()
	}
}

impl Step {
	/// Jobs that are of no use when the step is over.
	pub(crate) fn jobs(&self) -> Vec<JobId> {
		match self {
			Self::Search(search) => search.job.into_iter().collect(),
			Self::Recovering(recovering) => recovering.checks.iter().copied().chain(recovering.job).collect(),
			_ => Vec::new(),
		}
	}

	/// Whether the fetch goes on by itself.
	pub(crate) fn goes_on(&self) -> bool {
		!matches!(self, Self::GivenUp | Self::WronglyCoded)
	}
}

impl Recovering {
	pub(crate) fn is_complete(&self, validators: usize) -> bool {
		is_enough(validators, &self.chunks)
	}

	/// How many more chunks it is worth to ask for now.
	pub(crate) fn room(&self, validators: usize) -> usize {
		let under_way = self.open.saturating_add(self.checks.len());
		let needed = recovery_threshold(validators).unwrap_or(0);
		needed
			.saturating_sub(self.chunks.len())
			.min(crate::config::MAX_PARALLEL_CHUNKS)
			.saturating_sub(under_way)
	}

	/// Whether an answer or a result is still to come.
	pub(crate) fn waits(&self) -> bool {
		self.open > 0 || !self.checks.is_empty() || self.asks_data || self.job.is_some()
	}
}
