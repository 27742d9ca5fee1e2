//! Whom to ask for which part of a candidate's data, in the order that is quickest.
//!
//! 1. **Whole**, from a member of the backing group, if the data is known to be [small](Plan::small): one answer instead of
//!    hundreds, each with a proof. One member alone at first; if it fails, the next beside what follows.
//! 2. **Plain**: where chunks are mapped core by core (R-AVL-6), the chunks that are the plain data (R-AVL-2): nothing has
//!    to be decoded, and the load falls on other validators with each core. Whoever fails is made up for by the backing
//!    group, which has all chunks, as long as few fail.
//! 3. **Any**: chunks of whoever has not been asked, who attests its own first, until any `f + 1` are there (R-AVL-1).
//! 4. Whole again, however large, from who of the backing group is left: if so many are silent that chunks are too few.
//!
//! Each question goes to the next on a list and no list grows, so that it ends. Chunks are asked for in a window of
//! [`MAX_PARALLEL_CHUNKS`], or of as many as are missing and failed so far, whichever is less: with each time-out that
//! brings nothing the window doubles, so that a few silent ones at the end don't cost one time-out each
//! ([`most_time_outs`]).

#[cfg(test)]
mod tests;

use crate::{
	chunk_index,
	config::{MAX_PARALLEL_CHUNKS, PLAIN_RETRIES},
	recovery::is_enough,
	ErasureChunk,
};
use async_backing_primitives::{
	recovery_threshold, systematic_recovery_threshold, CoreIndex, ValidatorIndex,
};
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
};

/// Time-outs of a chunk within which a recovery that nothing else delays has the data, if `f + 1` honest validators have
/// their chunks, or finds that it cannot have it in this round.
///
/// Each question but those for the whole data is answered, or fails, within one such time-out. In a window that is full,
/// [`MAX_PARALLEL_CHUNKS`] questions end in that time, and there are no more than one for each validator and, for plain
/// chunks, one [retry](PLAIN_RETRIES) for each failure that is put up with. The window is not full when all plain chunks
/// that are missing are asked for, as often as each is tried again, and until it has doubled often enough. The question
/// for the whole data takes two.
pub fn most_time_outs(validators: usize) -> usize {
	let Some(plain) = systematic_recovery_threshold(validators) else {
		return 0;
	};
	let questions = validators
		.saturating_add(most_plain_failures(plain))
		.saturating_add(1);
	let doublings = MAX_PARALLEL_CHUNKS.ilog2() as usize + 2;
	let tries = PLAIN_RETRIES + 1;
	2 + questions.div_ceil(MAX_PARALLEL_CHUNKS) + doublings + tries
}

/// Plain chunks that may fail before others are as cheap, decoding included: a quarter.
fn most_plain_failures(plain: usize) -> usize {
	(plain / 4).max(1)
}

/// What is to be put together.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
	/// Validators that the data was coded for: more than one.
	pub(crate) validators: usize,
	/// The core of the candidate.
	pub(crate) core: CoreIndex,
	/// Whether chunks are mapped core by core (R-AVL-6).
	pub(crate) mapped: bool,
	/// Members of the backing group, in the order in which to ask them.
	pub(crate) backers: Vec<ValidatorIndex>,
	/// Who asks, if it is a validator.
	pub(crate) own: Option<ValidatorIndex>,
	/// Who may be asked for its own chunk, in the order in which to ask.
	pub(crate) holders: Vec<ValidatorIndex>,
	/// Bytes of the data, about, if they are known.
	pub(crate) size: Option<usize>,
	/// Data of up to so many bytes is asked for whole.
	pub(crate) small: usize,
	/// Whether whole data is asked for in the end, however large it is.
	pub(crate) last_resort: bool,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
	/// All of it.
	Whole,
	/// A chunk.
	Chunk {
		/// The validator whose chunk it is (R-NET-100).
		of: ValidatorIndex,
		/// Its index.
		index: u32,
		/// How often it was asked for before.
		tries: usize,
	},
}

/// A piece, and who is asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Question {
	pub(crate) to: ValidatorIndex,
	pub(crate) piece: Piece,
}

/// Plain chunks.
#[derive(Clone, Debug)]
struct Plain {
	/// Those that are missing and not asked for, with how often they were.
	next: VecDeque<(u32, usize)>,
	/// Questions that came to nothing.
	failures: usize,
}

/// The data of one candidate as it is put together.
#[derive(Clone, Debug)]
pub(crate) struct Gather {
	plan: Plan,
	threshold: usize,
	systematic: usize,
	/// Members of the group that were not asked for the whole.
	whole: VecDeque<ValidatorIndex>,
	/// Whether one is asked.
	asks_whole: bool,
	/// Whether one failed.
	whole_failed: bool,
	/// Whether anybody was asked for a chunk.
	began: bool,
	/// As long as it is worth while.
	plain: Option<Plain>,
	/// Others that were not asked for their own chunks.
	others: VecDeque<ValidatorIndex>,
	/// Who was asked for its own chunk.
	asked: BTreeSet<ValidatorIndex>,
	/// Chunks that are right, by index.
	chunks: BTreeMap<u32, Arc<ErasureChunk>>,
	/// Questions for chunks that are open, or whose answers are checked.
	under_way: usize,
	/// Questions for chunks that came to nothing.
	failures: usize,
}

impl Gather {
	pub(crate) fn new(mut plan: Plan) -> Self {
		let threshold = recovery_threshold(plan.validators).unwrap_or(usize::MAX);
		let systematic = systematic_recovery_threshold(plan.validators).unwrap_or(usize::MAX);
		// Unmapped, they would be those of the same validators for each candidate.
		let plain = plan.mapped.then(|| Plain {
			next: (0..)
				.take(systematic.min(plan.validators))
				.map(|index| (index, 0))
				.collect(),
			failures: 0,
		});
		Self {
			threshold,
			systematic,
			whole: plan.backers.iter().copied().collect(),
			asks_whole: false,
			whole_failed: false,
			began: false,
			plain,
			others: std::mem::take(&mut plan.holders).into(),
			asked: BTreeSet::new(),
			chunks: BTreeMap::new(),
			under_way: 0,
			failures: 0,
			plan,
		}
	}

	pub(crate) fn validators(&self) -> usize {
		self.plan.validators
	}

	/// Whether what is there is enough (R-AVL-1, R-AVL-2).
	pub(crate) fn is_complete(&self) -> bool {
		is_enough(self.plan.validators, &self.chunks)
	}

	/// Whether an answer or a check is still to come.
	pub(crate) fn waits(&self) -> bool {
		self.under_way > 0 || self.asks_whole
	}

	/// What is there.
	pub(crate) fn chunks(&self) -> impl Iterator<Item = &Arc<ErasureChunk>> {
		self.chunks.values()
	}

	/// Law 2: whether a validator is still going to be asked for all of it.
	#[cfg(feature = "laws")]
	pub(crate) fn will_ask_for_all(&self, validator: ValidatorIndex) -> bool {
		self.is_small() && self.whole.contains(&validator)
	}

	/// Whom to ask for what now, among those that can be reached. It counts as asked until it
	/// [failed](Self::failed) or a chunk [came](Self::insert). `None`: nobody for now, or if nothing is
	/// [under way](Self::waits), at all.
	pub(crate) fn next(&mut self, reaches: impl Fn(ValidatorIndex) -> bool) -> Option<Question> {
		if self.is_complete() {
			return None;
		}
		if self.is_small() {
			if let Some(question) = self.next_whole(&reaches) {
				return Some(question);
			}
			// The first one alone: it is likely to be all.
			if self.asks_whole && !self.whole_failed && !self.began {
				return None;
			}
		}
		if let Some(question) = self.next_plain(&reaches).or_else(|| self.next_other(&reaches)) {
			return Some(question);
		}
		let is_over = self.plan.last_resort && self.under_way == 0;
		is_over.then(|| self.next_whole(&reaches)).flatten()
	}

	/// There was no room for a question. It has not been asked.
	pub(crate) fn put_back(&mut self, question: Question) {
		let Question { to, piece } = question;
		match piece {
			Piece::Whole => {
				self.asks_whole = false;
				self.whole.push_front(to);
			}
			Piece::Chunk { of, index, tries } => {
				self.under_way = self.under_way.saturating_sub(1);
				match &mut self.plain {
					Some(plain) => plain.next.push_front((index, tries)),
					None => self.others.push_front(to),
				}
				if of == to {
					self.asked.remove(&to);
				}
			}
		}
	}

	/// Whoever was asked has nothing, says nothing, or lied.
	pub(crate) fn failed(&mut self, piece: Piece) {
		let Piece::Chunk { index, tries, .. } = piece else {
			(self.asks_whole, self.whole_failed) = (false, true);
			return;
		};
		self.under_way = self.under_way.saturating_sub(1);
		self.failures = self.failures.saturating_add(1);
		let most = most_plain_failures(self.systematic);
		if let Some(plain) = &mut self.plain {
			plain.failures = plain.failures.saturating_add(1);
			plain.next.push_back((index, tries.saturating_add(1)));
			if plain.failures > most {
				self.plain = None;
			}
		}
	}

	/// A chunk came, and it is right.
	pub(crate) fn insert(&mut self, chunk: Arc<ErasureChunk>) {
		self.under_way = self.under_way.saturating_sub(1);
		self.keep(chunk);
	}

	/// A chunk is there already, and it is right.
	pub(crate) fn keep(&mut self, chunk: Arc<ErasureChunk>) {
		let size = chunk.chunk.len().saturating_mul(self.systematic);
		self.plan.size.get_or_insert(size);
		if let Some(plain) = &mut self.plain {
			plain.next.retain(|(index, _)| *index != chunk.index);
		}
		self.chunks.entry(chunk.index).or_insert(chunk);
	}

	fn is_small(&self) -> bool {
		self.plan.size.is_some_and(|size| size <= self.plan.small)
	}

	/// The next member of the group, for all of it. One at a time.
	fn next_whole(&mut self, reaches: &impl Fn(ValidatorIndex) -> bool) -> Option<Question> {
		while !self.asks_whole {
			let to = self.whole.pop_front()?;
			if reaches(to) {
				self.asks_whole = true;
				let piece = Piece::Whole;
				return Some(Question { to, piece });
			}
		}
		None
	}

	/// The next plain chunk: of the validator that holds it, then of the backing group.
	fn next_plain(&mut self, reaches: &impl Fn(ValidatorIndex) -> bool) -> Option<Question> {
		let plain = self
			.plain
			.as_mut()
			.filter(|_| self.under_way < MAX_PARALLEL_CHUNKS)?;
		let (index, tries) = plain.next.pop_front()?;
		let (plan, of) = (&self.plan, holder(&self.plan, self.systematic, index)?);
		let source = |tries: usize| {
			let to = match tries {
				0 => (plan.own != Some(of)).then_some(of)?,
				_ => {
					// Each chunk begins with another member of the group.
					let nth = (index as usize)
						.checked_add(tries)?
						.checked_rem(plan.backers.len())?;
					*plan.backers.get(nth)?
				}
			};
			reaches(to).then_some((to, tries))
		};
		let Some((to, tries)) = (tries..=PLAIN_RETRIES).find_map(source) else {
			// Nobody has it.
			self.plain = None;
			return None;
		};
		if to == of {
			self.asked.insert(of);
		}
		(self.under_way, self.began) = (self.under_way.saturating_add(1), true);
		let piece = Piece::Chunk { of, index, tries };
		Some(Question { to, piece })
	}

	/// The next who has not been asked for its chunk.
	fn next_other(&mut self, reaches: &impl Fn(ValidatorIndex) -> bool) -> Option<Question> {
		if self.plain.is_some() {
			return None;
		}
		let missing = self.threshold.saturating_sub(self.chunks.len());
		let window = missing.saturating_add(self.failures).min(MAX_PARALLEL_CHUNKS);
		while self.under_way < window {
			let to = self.others.pop_front()?;
			let Some(index) = index_of(&self.plan, to) else {
				continue;
			};
			if self.asked.contains(&to) || self.chunks.contains_key(&index) || !reaches(to) {
				continue;
			}
			self.asked.insert(to);
			(self.under_way, self.began) = (self.under_way.saturating_add(1), true);
			let piece = Piece::Chunk {
				of: to,
				index,
				tries: 0,
			};
			return Some(Question { to, piece });
		}
		None
	}
}

fn index_of(plan: &Plan, validator: ValidatorIndex) -> Option<u32> {
	chunk_index(plan.validators, plan.core, validator, plan.mapped).ok()
}

/// The validator that holds a chunk: what [`chunk_index`] does, the other way round.
fn holder(plan: &Plan, systematic: usize, index: u32) -> Option<ValidatorIndex> {
	let validators = u64::try_from(plan.validators).ok()?;
	let moved = u64::from(plan.core.0).checked_mul(u64::try_from(systematic).ok()?)?;
	let back = moved.checked_rem(validators)?;
	let holder = u64::from(index)
		.checked_add(validators.checked_sub(back)?)?
		.checked_rem(validators)?;
	let holder = if plan.mapped {
		u32::try_from(holder).ok()?
	} else {
		index
	};
	Some(ValidatorIndex(holder))
}
