//! How fetches go on: questions, answers, checks.

use crate::{
	availability::{Availability, Cx, Work},
	config::{
		max_chunk_len, max_fetches, max_recoveries, CHECK_TIME, CHUNK_TIMEOUT, ROUNDS_PER_LEAF, ROUND_PAUSE,
	},
	fetch::{Asked, Fetch, Key, Search, Step},
	job::{OwnChunk, Recovered},
	recoveries::{Ending, Target},
	AvailabilityDone, AvailabilityEvent, AvailabilityJob, AvailabilityRequest, AvailabilityResponse,
	ChunkError, Effect, ErasureChunk,
};
use async_backing_machine::{
	Cost, Instant, JobFailure, JobId, Judgement, PeerId, Priority, RequestFailure, RequestId,
};
use async_backing_primitives::ValidatorIndex;
use std::{collections::BTreeSet, sync::Arc};

/// What came of trying to ask the next one.
enum Next {
	/// It is asked.
	Asked,
	/// Nobody is left.
	Nobody,
	/// There is no room for another request.
	NoRoom,
}

impl Availability {
	/// Goes on with everything that can go on.
	pub(crate) fn advance(&mut self, cx: &mut Cx<'_>) {
		self.begin_jobs(cx);
		loop {
			// Out of the core, all at once: one by one the map would be taken apart and put together for each input (law 1). Steps
			// begin and end none.
			let mut fetches = std::mem::take(&mut self.fetches);
			// Places go to who failed least, among these to who came first: not by the candidates' hashes, which who makes them
			// can choose, and which are the same for all validators. Inserted one by one: to collect them would copy all at once.
			let mut turns = BTreeSet::new();
			for (key, fetch) in fetches.iter().filter(|(_, fetch)| self.may_go_on(fetch, cx.now)) {
				turns.insert((fetch.failures, fetch.arrival, *key));
			}
			for (_, _, key) in turns {
				if let Some(fetch) = fetches.get_mut(&key) {
					while self.go_on(key, fetch, cx) {}
				}
			}
			self.fetches = fetches;
			// Who waits for its turn has it when another one ends.
			if !self.advance_recoveries(cx) {
				break;
			}
		}
		self.set_timer(cx);
	}

	/// Whether a fetch waits for nothing but its turn.
	fn may_go_on(&self, fetch: &Fetch, now: Instant) -> bool {
		match &fetch.step {
			Step::Pausing(until) => *until <= now,
			Step::Search(search) => !search.waits && self.has_room(),
			Step::Queued => self.may_recover(),
			Step::Recovering | Step::GivenUp | Step::WronglyCoded => false,
		}
	}

	/// One step of a fetch. Whether there may be another one at once.
	fn go_on(&mut self, key: Key, fetch: &mut Fetch, cx: &mut Cx<'_>) -> bool {
		let mut step = std::mem::replace(&mut fetch.step, Step::GivenUp);
		let next = match &mut step {
			Step::Pausing(until) if *until <= cx.now => Some(Step::Search(fetch.search())),
			Step::Search(search) if !search.waits => match self.ask_next(key, fetch, search, cx) {
				Next::Nobody => Some(Step::Queued),
				Next::NoRoom if self.has_room() => Some(pause(cx)),
				Next::Asked | Next::NoRoom => None,
			},
			Step::Queued if self.may_recover() => {
				let candidate = key.candidate;
				cx.out.event(AvailabilityEvent::Recovering { candidate });
				self.recoveries.begin(key.target(), fetch.recovery());
				Some(Step::Recovering)
			}
			_ => None,
		};
		let goes_on = next.is_some();
		if goes_on {
			fetch.attempt = self.next_attempt();
			for job in step.jobs() {
				cx.out.cancel(job);
			}
		}
		fetch.step = next.unwrap_or(step);
		goes_on
	}

	pub(crate) fn recoveries(&self) -> usize {
		self.recoveries.len()
	}

	/// Whether another candidate may be recovered.
	fn may_recover(&self) -> bool {
		self.recoveries() < max_recoveries(self.cores)
	}

	/// Whether another request for an own chunk may be open. Recoveries have places of their own.
	fn has_room(&self) -> bool {
		self.requests.len() < max_fetches(self.cores)
	}

	/// Goes on with recoveries. Whether one ended, so that something else may begin.
	fn advance_recoveries(&mut self, cx: &mut Cx<'_>) -> bool {
		let ended = self.recoveries.advance(&mut cx.io(self.cores));
		let is_over = ended.is_empty();
		for (target, ending, liars) in ended {
			self.recovery_ended(target, ending, liars, cx);
		}
		!is_over
	}

	fn recovery_ended(
		&mut self,
		target: Target,
		ending: Ending,
		liars: BTreeSet<ValidatorIndex>,
		cx: &mut Cx<'_>,
	) {
		let attempt = self.next_attempt();
		let Some((key, fetch)) = target
			.key()
			.and_then(|key| Some((key, self.fetches.get_mut(&key)?)))
		else {
			return;
		};
		fetch.liars.extend(liars);
		fetch.attempt = attempt;
		match ending {
			Ending::Here(Recovered::Chunk(own)) => self.keep(key, own, cx),
			Ending::WronglyCoded => {
				fetch.step = Step::WronglyCoded;
				let candidate = key.candidate;
				cx.effect(Effect::WronglyCoded { candidate });
			}
			Ending::NoRoom => fetch.step = pause(cx),
			Ending::NotFound | Ending::Here(Recovered::Data(_)) => fetch.step = end_round(key, fetch, cx),
		}
	}

	/// Asks the next one for the own chunk.
	fn ask_next(&mut self, key: Key, fetch: &Fetch, search: &mut Search, cx: &mut Cx<'_>) -> Next {
		if !self.has_room() {
			return Next::NoRoom;
		}
		while let Some(validator) = search.next.pop_front() {
			let is_backer = search.backers > 0;
			search.backers = search.backers.saturating_sub(1);
			if !is_backer && search.others == 0 {
				return Next::Nobody;
			}
			let Some(peer) = reachable(fetch, validator, cx) else {
				continue;
			};
			if !is_backer {
				search.others = search.others.saturating_sub(1);
			}
			search.waits = self.ask(key, fetch, validator, peer, cx);
			return if search.waits { Next::Asked } else { Next::NoRoom };
		}
		Next::Nobody
	}

	fn ask(
		&mut self,
		key: Key,
		fetch: &Fetch,
		validator: ValidatorIndex,
		peer: PeerId,
		cx: &mut Cx<'_>,
	) -> bool {
		let request = AvailabilityRequest::Chunk {
			candidate: key.candidate,
			index: fetch.own,
			plain: !fetch.mapped,
		};
		let Some(id) = cx.out.request(peer, request, CHUNK_TIMEOUT) else {
			return false;
		};
		let asked = Asked {
			key,
			attempt: fetch.attempt,
			validator,
			peer,
		};
		self.requests.insert(id, asked);
		true
	}

	/// A request ended.
	pub(crate) fn response(
		&mut self,
		id: RequestId,
		answer: Result<AvailabilityResponse, RequestFailure>,
		cx: &mut Cx<'_>,
	) {
		let Some(answer) = self.recoveries.response(id, answer, &mut cx.io(self.cores)) else {
			return;
		};
		let Some(asked) = self.requests.remove(&id) else {
			return;
		};
		let Some(fetch) = self.fetch_of(asked) else {
			return;
		};
		let Step::Search(search) = &mut fetch.step else {
			return;
		};
		search.waits = false;
		match answer {
			// The next one is asked.
			Err(_) => fetch.failures = fetch.failures.saturating_add(1),
			Ok(AvailabilityResponse::Chunk(chunk)) => self.check_chunk(asked, chunk, cx),
			Ok(_) => self.note_liar(asked, "an answer to another question", cx),
		}
	}

	/// The fetch to which an answer belongs, if it still waits for it.
	fn fetch_of(&mut self, asked: Asked) -> Option<&mut Fetch> {
		let fetch = self.fetches.get_mut(&asked.key)?;
		(fetch.attempt == asked.attempt).then_some(fetch)
	}

	fn check_chunk(&mut self, asked: Asked, chunk: Arc<ErasureChunk>, cx: &mut Cx<'_>) {
		let Some(fetch) = self.fetches.get_mut(&asked.key) else {
			return;
		};
		let (expected, got) = (asked.key.index, chunk.index);
		let limit = max_chunk_len(fetch.validators()).unwrap_or(0);
		let len = chunk.chunk.len();
		if expected != got {
			return self.wrong_chunk(asked, ChunkError::WrongIndex { expected, got }, cx);
		}
		if !(1..=limit).contains(&len) {
			return self.wrong_chunk(asked, ChunkError::WrongLength { limit, got: len }, cx);
		}
		let job = AvailabilityJob::CheckChunk {
			root: fetch.root(),
			chunk: chunk.clone(),
			keep: true,
		};
		// A chunk for which there is no room is lost. Others have some.
		let deadline = cx.now.saturating_add(CHECK_TIME);
		let Some(id) = cx.out.job(Priority::High, deadline, job) else {
			return;
		};
		if let Step::Search(search) = &mut fetch.step {
			(search.waits, search.job) = (true, Some(id));
		}
		self.jobs.insert(id, Work::Check(asked, chunk));
	}

	/// A job ended.
	pub(crate) fn done(&mut self, id: JobId, result: Result<AvailabilityDone, JobFailure>, cx: &mut Cx<'_>) {
		let result = match self.recoveries.done(id, result, &mut cx.io(self.cores)) {
			Err(result) => result,
			Ok(None) => return,
			Ok(Some((target, ending, liars))) => return self.recovery_ended(target, ending, liars, cx),
		};
		match self.jobs.remove(&id) {
			None => {}
			Some(Work::Check(asked, chunk)) => self.checked(asked, chunk, result, cx),
			Some(Work::Pack(key)) => self.packed(key, result, cx),
			Some(Work::Code(candidate)) => {
				self.coding = None;
				if let Ok(AvailabilityDone::Coded(Some(coded))) = result {
					self.coded(candidate, coded, cx);
				}
			}
			Some(Work::Unpack) => self.unpacked(result, cx),
		}
	}

	fn checked(
		&mut self,
		asked: Asked,
		chunk: Arc<ErasureChunk>,
		result: Result<AvailabilityDone, JobFailure>,
		cx: &mut Cx<'_>,
	) {
		let Some(fetch) = self.fetch_of(asked) else {
			return;
		};
		let Step::Search(search) = &mut fetch.step else {
			return;
		};
		(search.waits, search.job) = (false, None);
		match result {
			Ok(AvailabilityDone::Checked(Ok(record))) => {
				self.keep(asked.key, OwnChunk { chunk, record }, cx);
			}
			Ok(AvailabilityDone::Checked(Err(error))) => self.wrong_chunk(asked, error, cx),
			// Not done in time: the next one is asked.
			Ok(_) | Err(_) => {}
		}
	}

	fn wrong_chunk(&mut self, asked: Asked, error: ChunkError, cx: &mut Cx<'_>) {
		self.note_liar(asked, "a chunk that is none of the candidate's", cx);
		cx.out.event(AvailabilityEvent::WrongChunk {
			peer: asked.peer,
			from: asked.validator,
			candidate: asked.key.candidate,
			error,
		});
	}

	/// Somebody sent what no honest validator sends: it pays, and is not asked again.
	fn note_liar(&mut self, asked: Asked, why: &'static str, cx: &mut Cx<'_>) {
		cx.out.report(asked.peer, Judgement::Cost(Cost::Major, why));
		if let Some(fetch) = self.fetches.get_mut(&asked.key) {
			fetch.liars.insert(asked.validator);
			fetch.failures = fetch.failures.saturating_add(1);
		}
	}
}

/// The connection to a validator that may be asked.
fn reachable(fetch: &Fetch, validator: ValidatorIndex, cx: &Cx<'_>) -> Option<PeerId> {
	let peer = cx.chain.peer_of(fetch.leaf, validator)?;
	(!fetch.liars.contains(&validator)).then_some(peer)
}

/// Tries again a little later.
fn pause(cx: &Cx<'_>) -> Step {
	Step::Pausing(cx.now.saturating_add(ROUND_PAUSE))
}

/// Everybody was asked.
fn end_round(key: Key, fetch: &mut Fetch, cx: &mut Cx<'_>) -> Step {
	fetch.rounds = fetch.rounds.saturating_add(1);
	if fetch.rounds < ROUNDS_PER_LEAF {
		return pause(cx);
	}
	cx.effect(Effect::Unobtainable {
		candidate: key.candidate,
	});
	Step::GivenUp
}
