//! Whom to ask for what: one own chunk that is not there yet.
//!
//! A round asks the backing group for the own chunk, then a few others, one after the other (R-AVL-7, R-NET-101); then the
//! data is [recovered](crate::recoveries) for it. Each question goes to the next on a list, so that a round ends.

use crate::{
	config::SMALL_DATA,
	gather::{Gather, Plan},
	job::Wanted,
	recoveries::{Effort, Target},
};
use async_backing_chain_view::Session;
use async_backing_machine::{Instant, JobId, PeerId};
use async_backing_primitives::{CandidateHash, CoreIndex, Hash, OccupiedCore, ValidatorIndex};
use std::{
	collections::{BTreeSet, VecDeque},
	sync::Arc,
};

/// One own chunk. A candidate is on different cores in different forks if its descriptor names none: then there are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
	pub(crate) candidate: CandidateHash,
	/// Index of the chunk.
	pub(crate) index: u32,
}

impl Key {
	/// The recovery of the data for it.
	pub(crate) const fn target(self) -> Target {
		Target {
			candidate: self.candidate,
			wanted: Wanted::Chunk(self.index),
		}
	}
}

impl Target {
	/// The own chunk that it is for.
	pub(crate) const fn key(self) -> Option<Key> {
		match self.wanted {
			Wanted::Chunk(index) => Some(Key {
				candidate: self.candidate,
				index,
			}),
			Wanted::Data => None,
		}
	}
}

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
	pub(crate) key: Key,
	/// Which attempt of the fetch it belongs to: answers to earlier ones are of no use.
	pub(crate) attempt: u64,
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

/// How far a fetch is.
#[derive(Clone, Debug)]
pub(crate) enum Step {
	/// One is asked after the other.
	Search(Search),
	/// There are too many other recoveries.
	Queued,
	/// The data is being recovered, for the chunk.
	Recovering,
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
	/// Whether chunks are mapped core by core (R-AVL-6).
	pub(crate) mapped: bool,
	/// When it was first wanted, among all: by leaf and core, never by what who makes a candidate can choose.
	pub(crate) arrival: u64,
	/// Questions that came to nothing. Whoever has most of them waits longest for a place.
	pub(crate) failures: u32,
	/// Rounds that failed since the newest leaf.
	pub(crate) rounds: u32,
	/// Changes with each step, so that answers to questions of earlier ones are known.
	pub(crate) attempt: u64,
	/// Its first attempt: whoever looks for the same chunk again, after the candidate was gone, begins anew (law 2).
	#[cfg(feature = "laws")]
	pub(crate) begun: u64,
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

	/// All other validators, from the next one on, and for each core from another: no peer is asked for more of them than it
	/// queues (R-NET-26).
	fn others(&self) -> impl Iterator<Item = ValidatorIndex> {
		let validators = u32::try_from(self.validators()).unwrap_or(u32::MAX);
		let own = self.own.0.min(validators);
		let others = validators.saturating_sub(1);
		let asked = u32::try_from(crate::config::MAX_OTHERS_ASKED).unwrap_or(u32::MAX);
		let shift = self.core.0.wrapping_mul(asked).checked_rem(others).unwrap_or(0);
		let next = (own.saturating_add(1)..validators).chain(0..own);
		let first = next.clone().skip(shift as usize);
		first.chain(next.take(shift as usize)).map(ValidatorIndex)
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

	/// The recovery of the data for the chunk: of the others those first that have theirs, as they or the chain say.
	pub(crate) fn recovery(&self) -> Effort {
		let backers = self.backers();
		let members: BTreeSet<_> = backers.iter().copied().collect();
		let attests = |validator: ValidatorIndex| {
			let bit = self.occupied.availability.get(validator.as_usize());
			members.contains(&validator) || bit.is_some_and(|bit| *bit)
		};
		let mut holders: Vec<_> = self.others().collect();
		holders.sort_by_key(|validator| !attests(*validator));
		let plan = Plan {
			validators: self.validators(),
			core: self.core,
			mapped: self.mapped,
			backers: backers.into(),
			own: Some(self.own),
			holders,
			size: None,
			small: SMALL_DATA,
			// They did not even have a chunk.
			last_resort: false,
		};
		Effort {
			root: self.root(),
			block: self.leaf,
			plain: !self.mapped,
			liars: self.liars.clone(),
			gather: Gather::new(plan),
			checks: BTreeSet::new(),
			job: None,
			attempt: 0,
		}
	}
}

impl Step {
	/// Jobs that are of no use when the step is over.
	pub(crate) fn jobs(&self) -> Vec<JobId> {
		match self {
			Self::Search(search) => search.job.into_iter().collect(),
			_ => Vec::new(),
		}
	}

	/// Whether the fetch goes on by itself.
	pub(crate) fn goes_on(&self) -> bool {
		!matches!(self, Self::GivenUp | Self::WronglyCoded)
	}
}
