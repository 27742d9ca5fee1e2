//! Validation codes: ready before a candidate needs them, and voted on while the chain asks for it (R-CODE-3).
//!
//! Invariants:
//! - a code is asked for as soon as a leaf shows it: a scheduled para runs it, has announced it, or waits for the vote about
//!   it. Its preparation has a deadline of its own, so that it does not eat up that of an execution;
//! - a preparation that was late or came to nothing for another reason of this machine is tried once more, and then left
//!   alone as long as leaves show the code. It says nothing about the code, so that no vote follows from it (R-BAK-11);
//! - about a code this validator says one thing in a session, written down before it is signed (law 5).

mod votes;
mod words;

pub(crate) use words::CodeWords;
pub use words::{CodeDone, CodeEvent, CodeJob};

use async_backing_chain_view::{ChainView, LeafUpdate};
use async_backing_machine::{
	BatchId, Input, Instant, JobFailure, JobId, Outbox, PeerEvent, Priority, TimerId,
};
use async_backing_primitives::{
	BlockNumber, Hash, LeafFacts, PvfCheckStatement, ValidationCodeHash, ValidatorIndex,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};
use votes::{Subject, Votes};

type Out = Outbox<CodeWords>;

/// Codes that are seen to at a time: more than a chain has paras that are scheduled. Others are prepared when they are
/// executed, and voted on by others.
pub(crate) const MAX_CODES: usize = 1024;
/// Preparations at once: each takes a processor for seconds.
const MAX_PREPARING: usize = 2;
/// Times that a code is prepared before it is left alone.
const MAX_ATTEMPTS: u32 = 2;
/// What found no room or no time is tried again after this, if nothing happens before.
const RETRY: Duration = Duration::from_secs(3);
/// How long a vote may take: signing it, and handing it over.
const VOTE_WITHIN: Duration = Duration::from_secs(6);
/// Blocks after which a vote that the chain still waits for is handed over again: it was lost on the way, perhaps.
const VOTE_AGAIN_AFTER: BlockNumber = 10;

/// How far a code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
	/// It is prepared from this moment on, after so many attempts.
	Waiting(Instant, u32),
	Preparing(JobId, u32),
	/// Whether it can be executed.
	Known(bool),
	/// This machine does not get it prepared.
	GivenUp,
}

#[derive(Debug)]
struct Code {
	/// Those that show it.
	leaves: BTreeSet<Hash>,
	/// Whether a leaf asks for a vote about it.
	is_voted_on: bool,
	state: State,
}

/// How far the own vote is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vote {
	Writing,
	/// It may be signed.
	Written,
	Voting(JobId),
	/// It is tried again with the next leaf.
	Failed,
	/// With the chain, since this block.
	Given(BlockNumber),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobOf {
	Prepare(ValidationCodeHash),
	Vote(PvfCheckStatement, BlockNumber),
}

/// The neighbours as they are asked.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
	pub(crate) now: Instant,
	pub(crate) chain: &'a ChainView,
}

/// Codes that leaves show. Memory: [`MAX_CODES`] of them, each with the leaves that show it, and [`votes::MAX_VOTES`].
#[derive(Debug)]
pub(crate) struct Codes {
	/// For one preparation.
	preparation: Duration,
	codes: BTreeMap<ValidationCodeHash, Code>,
	jobs: BTreeMap<JobId, JobOf>,
	writing: BTreeMap<BatchId, Subject>,
	votes: Votes,
	/// What is being done about them. Of before a restart nothing is.
	under_way: BTreeMap<Subject, Vote>,
	wake: Option<TimerId>,
}

impl Codes {
	/// A preparation may take so long.
	pub(crate) fn new(preparation: Duration) -> Self {
		Self {
			preparation,
			codes: BTreeMap::new(),
			jobs: BTreeMap::new(),
			writing: BTreeMap::new(),
			votes: Votes::default(),
			under_way: BTreeMap::new(),
			wake: None,
		}
	}

	/// Law 3: how much it takes for open.
	#[cfg(feature = "laws")]
	pub(crate) fn taken_for_open(&self) -> usize {
		self.jobs.len() + self.writing.len() + self.timers_of_use()
	}

	/// Law 3: how many timers it waits for.
	#[cfg(feature = "laws")]
	pub(crate) fn timers_of_use(&self) -> usize {
		usize::from(self.wake.is_some())
	}

	/// Takes an input in.
	pub(crate) fn handle(&mut self, input: Input<CodeWords>, around: Around<'_>, out: &mut Out) {
		match input {
			Input::Chain(update) => self.leaves_changed(&update, around, out),
			Input::Done(job, done) => self.done(job, done, around.now, out),
			Input::Stored(batch) => {
				let subject = self.writing.remove(&batch);
				if let Some(vote) = subject.and_then(|subject| self.under_way.get_mut(&subject)) {
					*vote = Vote::Written;
				}
			}
			Input::Timer(timer) => {
				self.wake.take_if(|wake| *wake == timer);
			}
			Input::Restored(snapshot) => self.votes = Votes::restore(&snapshot),
			Input::Peer(_, PeerEvent::Message(never) | PeerEvent::View(never))
			| Input::Request(_, _, never)
			| Input::Response(_, Ok(never))
			| Input::Propose(_, never, _) => match never {},
			Input::Peer(_, PeerEvent::Connected(_) | PeerEvent::Disconnected)
			| Input::Response(_, Err(_)) => {}
		}
		self.prepare_next(around, out);
		self.vote_next(around, out);
	}

	/// What this validator said of a code in a session, or is about to.
	#[cfg(feature = "laws")]
	pub(crate) fn promised(
		&self,
		session: async_backing_primitives::SessionIndex,
		code: ValidationCodeHash,
	) -> Option<bool> {
		self.votes.get(Subject { session, code })
	}

	fn leaves_changed(&mut self, update: &LeafUpdate, around: Around<'_>, out: &mut Out) {
		for facts in &update.activated {
			if around.chain.own_index(facts.block.hash).is_some() {
				self.leaf_activated(facts, around.now);
			}
		}
		for leaf in &update.deactivated {
			for code in self.codes.values_mut() {
				code.leaves.remove(leaf);
			}
		}
		let jobs = &mut self.jobs;
		self.codes.retain(|_, code| {
			let is_kept = !code.leaves.is_empty();
			if let (false, State::Preparing(job, _)) = (is_kept, code.state) {
				jobs.remove(&job);
				out.cancel(job);
			}
			is_kept
		});
		for vote in self.under_way.values_mut() {
			if *vote == Vote::Failed {
				*vote = Vote::Written;
			}
		}
		// Of a session before the final block's no leaf comes any more; of one before the newest leaf's one may.
		let last = around.chain.finalized_hash();
		if let Some(session) = last.and_then(|block| around.chain.session_of(block)) {
			let batch = self.votes.at_session(session.index);
			if !batch.is_empty() {
				out.store(batch);
			}
			let votes = &self.votes;
			self.under_way.retain(|subject, _| votes.get(*subject).is_some());
		}
	}

	fn leaf_activated(&mut self, facts: &LeafFacts, now: Instant) {
		let leaf = facts.block.hash;
		for para in facts.paras.values() {
			let constraints = &para.backing_state.constraints;
			self.show(constraints.validation_code_hash, leaf, false, now);
			if let Some((_, code)) = constraints.future_validation_code {
				self.show(code, leaf, false, now);
			}
		}
		for code in &facts.codes_to_check {
			self.show(*code, leaf, true, now);
		}
	}

	fn show(&mut self, code: ValidationCodeHash, leaf: Hash, is_voted_on: bool, now: Instant) {
		if self.codes.len() >= MAX_CODES && !self.codes.contains_key(&code) {
			return;
		}
		let known = self.codes.entry(code).or_insert_with(|| Code {
			leaves: BTreeSet::new(),
			is_voted_on,
			state: State::Waiting(now, 0),
		});
		known.leaves.insert(leaf);
		known.is_voted_on = is_voted_on;
	}

	fn done(&mut self, job: JobId, done: Result<CodeDone, JobFailure>, now: Instant, out: &mut Out) {
		match (self.jobs.remove(&job), done) {
			(Some(JobOf::Prepare(code)), done) => self.prepared(job, code, done, now, out),
			(Some(JobOf::Vote(statement, number)), done) => {
				let subject = Subject {
					session: statement.session_index,
					code: statement.subject,
				};
				let Some(vote) = self
					.under_way
					.get_mut(&subject)
					.filter(|vote| **vote == Vote::Voting(job))
				else {
					return;
				};
				*vote = match done {
					Ok(CodeDone::Voted(Ok(()))) => {
						out.event(CodeEvent::Voted(statement));
						Vote::Given(number)
					}
					_ => Vote::Failed,
				};
			}
			(None, _) => {}
		}
	}

	fn prepared(
		&mut self,
		job: JobId,
		hash: ValidationCodeHash,
		done: Result<CodeDone, JobFailure>,
		now: Instant,
		out: &mut Out,
	) {
		let Some(code) = self.codes.get_mut(&hash) else {
			return;
		};
		let attempts = match code.state {
			State::Preparing(of, attempts) if of == job => attempts,
			_ => return,
		};
		let failure = match done {
			Ok(CodeDone::Prepared(result)) => {
				code.state = State::Known(result.is_ok());
				return out.event(CodeEvent::Prepared { code: hash, result });
			}
			Ok(CodeDone::Voted(_)) => JobFailure::Dropped,
			Err(failure) => failure,
		};
		out.event(CodeEvent::Unfinished { code: hash, failure });
		code.state = match attempts < MAX_ATTEMPTS {
			// Not at once: what found no room or no time finds none in the same moment either.
			true => State::Waiting(now.saturating_add(RETRY), attempts),
			false => State::GivenUp,
		};
	}

	/// Has codes prepared that wait for it: those that candidates need first.
	fn prepare_next(&mut self, around: Around<'_>, out: &mut Out) {
		let mut waiting: Vec<_> = self
			.codes
			.iter()
			.filter_map(|(hash, code)| match code.state {
				State::Waiting(from, attempts) => Some((attempts, code.is_voted_on, *hash, from)),
				_ => None,
			})
			.collect();
		waiting.sort_unstable();
		for (attempts, is_voted_on, hash, from) in waiting {
			if from > around.now {
				self.wake_later(around, out);
				continue;
			}
			let preparing = self.jobs.values().filter(|of| matches!(of, JobOf::Prepare(_)));
			if preparing.count() >= MAX_PREPARING {
				return;
			}
			let Some(code) = self.codes.get_mut(&hash) else {
				continue;
			};
			let Some(at) = code.leaves.last() else {
				continue;
			};
			let priority = match is_voted_on {
				true => Priority::Low,
				false => Priority::Normal,
			};
			let job = CodeJob::Prepare { code: hash, at: *at };
			let deadline = around.now.saturating_add(self.preparation);
			let Some(job) = out.job(priority, deadline, job) else {
				return self.wake_later(around, out);
			};
			code.state = State::Preparing(job, attempts.saturating_add(1));
			self.jobs.insert(job, JobOf::Prepare(hash));
		}
	}

	/// Votes about what is known, at the newest leaf of each session that asks.
	fn vote_next(&mut self, around: Around<'_>, out: &mut Out) {
		let leaves = around.chain.newest_first();
		for facts in leaves {
			let Some(own) = around.chain.own_index(facts.block.hash) else {
				continue;
			};
			for code in &facts.codes_to_check {
				let subject = Subject {
					session: facts.session_index,
					code: *code,
				};
				self.vote_on(subject, own, facts, around, out);
			}
		}
	}

	fn vote_on(
		&mut self,
		subject: Subject,
		own: ValidatorIndex,
		facts: &LeafFacts,
		around: Around<'_>,
		out: &mut Out,
	) {
		let Some(accept) = self.votes.get(subject) else {
			let Some(State::Known(accept)) = self.codes.get(&subject.code).map(|code| code.state) else {
				return;
			};
			if let Some(batch) = self.votes.put(subject, accept) {
				self.writing.insert(out.store(batch), subject);
				self.under_way.insert(subject, Vote::Writing);
			}
			return;
		};
		// A vote that is known and not under way was made before a restart: it may have been given, or not.
		let vote = self.under_way.entry(subject).or_insert(Vote::Written);
		let is_due = match *vote {
			Vote::Written => true,
			Vote::Given(at) => facts.block.number >= at.saturating_add(VOTE_AGAIN_AFTER),
			Vote::Writing | Vote::Voting(_) | Vote::Failed => false,
		};
		let Some(validator) = facts.validators.get(own.as_usize()).filter(|_| is_due) else {
			return;
		};
		let statement = PvfCheckStatement {
			accept,
			subject: subject.code,
			session_index: subject.session,
			validator_index: own,
		};
		let job = CodeJob::Vote {
			validator: validator.clone(),
			statement,
			at: facts.block.hash,
		};
		match out.job(Priority::Normal, around.now.saturating_add(VOTE_WITHIN), job) {
			Some(job) => {
				*vote = Vote::Voting(job);
				self.jobs.insert(job, JobOf::Vote(statement, facts.block.number));
			}
			None => self.wake_later(around, out),
		}
	}

	fn wake_later(&mut self, around: Around<'_>, out: &mut Out) {
		if self.wake.is_none() {
			self.wake = Some(out.set_timer(around.now.saturating_add(RETRY)));
		}
	}
}
