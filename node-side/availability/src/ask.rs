//! How fetches go on: questions, answers, checks.

use crate::{
	availability::{Availability, Cx, Work},
	config::{
		max_chunk_len, CHECK_TIME, CHUNK_TIMEOUT, DATA_TIMEOUT, MAX_OPEN_REQUESTS, MAX_RECOVERIES,
		RECOVERY_TIME, ROUNDS_PER_LEAF, ROUND_PAUSE, SMALL_DATA,
	},
	fetch::{Asked, Fetch, Key, Question, Recovering, Search, Step},
	job::OwnChunk,
	AvailabilityDone, AvailabilityEvent, AvailabilityJob, AvailabilityRequest, AvailabilityResponse,
	ChunkError, Effect, ErasureChunk, RecoveryError,
};
use async_backing_machine::{
	Cost, JobFailure, JobId, Judgement, PeerId, Priority, RequestFailure, RequestId,
};
use async_backing_primitives::{systematic_recovery_threshold, AvailableData, ValidatorIndex};
use std::sync::Arc;

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
		let keys: Vec<_> = self.fetches.keys().copied().collect();
		for key in keys {
			if let Some(mut fetch) = self.fetches.remove(&key) {
				while self.go_on(key, &mut fetch, cx) {}
				self.fetches.insert(key, fetch);
			}
		}
		self.set_timer(cx);
	}

	/// One step of a fetch. Whether there may be another one at once.
	fn go_on(&mut self, key: Key, fetch: &mut Fetch, cx: &mut Cx<'_>) -> bool {
		let mut step = std::mem::replace(&mut fetch.step, Step::GivenUp);
		let next = match &mut step {
			Step::Pausing(until) if *until <= cx.now => Some(Step::Search(fetch.search())),
			Step::Search(search) if !search.waits => match self.ask_next(key, fetch, search, cx) {
				Next::Nobody => Some(Step::Queued),
				Next::NoRoom if self.requests.len() < MAX_OPEN_REQUESTS => Some(pause(cx)),
				Next::Asked | Next::NoRoom => None,
			},
			Step::Queued if self.recoveries() < MAX_RECOVERIES => {
				let candidate = key.candidate;
				cx.out.event(AvailabilityEvent::Recovering { candidate });
				Some(Step::Recovering(fetch.recovery()))
			}
			Step::Recovering(recovering) if recovering.job.is_none() => {
				self.recover(key, fetch, recovering, cx)
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
		let steps = self.fetches.values().map(|fetch| &fetch.step);
		steps.filter(|step| matches!(step, Step::Recovering(_))).count()
	}

	/// Asks the next one for the own chunk.
	fn ask_next(&mut self, key: Key, fetch: &Fetch, search: &mut Search, cx: &mut Cx<'_>) -> Next {
		if self.requests.len() >= MAX_OPEN_REQUESTS {
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
			search.waits = self.ask(key, fetch, Question::Own, validator, peer, cx);
			return if search.waits { Next::Asked } else { Next::NoRoom };
		}
		Next::Nobody
	}

	fn ask(
		&mut self,
		key: Key,
		fetch: &Fetch,
		question: Question,
		validator: ValidatorIndex,
		peer: PeerId,
		cx: &mut Cx<'_>,
	) -> bool {
		let candidate = key.candidate;
		let chunk_of = |index| AvailabilityRequest::Chunk { candidate, index };
		let (request, timeout) = match question {
			Question::Own => (chunk_of(fetch.own), CHUNK_TIMEOUT),
			Question::Theirs(_) => (chunk_of(validator), CHUNK_TIMEOUT),
			Question::Data => (AvailabilityRequest::AvailableData(candidate), DATA_TIMEOUT),
		};
		let Some(id) = cx.out.request(peer, request, timeout) else {
			return false;
		};
		let asked = Asked {
			key,
			attempt: fetch.attempt,
			question,
			validator,
			peer,
		};
		self.requests.insert(id, asked);
		true
	}

	/// Asks for as many chunks as are needed, or recovers what there is. The next step, if this one is over.
	fn recover(
		&mut self,
		key: Key,
		fetch: &mut Fetch,
		recovering: &mut Recovering,
		cx: &mut Cx<'_>,
	) -> Option<Step> {
		if recovering.is_complete(fetch.validators()) {
			let job = AvailabilityJob::Recover {
				root: fetch.root(),
				validators: fetch.validators(),
				index: key.index,
				chunks: std::mem::take(&mut recovering.chunks).into_values().collect(),
			};
			let id = cx
				.out
				.job(Priority::Normal, cx.now.saturating_add(RECOVERY_TIME), job);
			let Some(id) = id else {
				return Some(pause(cx));
			};
			for check in std::mem::take(&mut recovering.checks) {
				cx.out.cancel(check);
			}
			self.jobs.insert(id, Work::Recover(key, fetch.attempt));
			recovering.job = Some(id);
			return None;
		}
		self.ask_for_data(key, fetch, recovering, cx);
		while recovering.room(fetch.validators()) > 0 {
			if self.requests.len() >= MAX_OPEN_REQUESTS {
				return None;
			}
			let Some(validator) = recovering.next.pop_front() else {
				break;
			};
			let (Some(peer), Some(index)) = (reachable(fetch, validator, cx), fetch.index_of(validator))
			else {
				continue;
			};
			if !self.ask(key, fetch, Question::Theirs(index), validator, peer, cx) {
				return (!recovering.waits()).then(|| pause(cx));
			}
			recovering.open = recovering.open.saturating_add(1);
		}
		(!recovering.waits()).then(|| end_round(key, fetch, cx))
	}

	/// Asks a backer for the data, if it is known to be small.
	fn ask_for_data(&mut self, key: Key, fetch: &Fetch, recovering: &mut Recovering, cx: &mut Cx<'_>) {
		let chunk = recovering.chunks.values().next().map(|chunk| chunk.chunk.len());
		let systematic = systematic_recovery_threshold(fetch.validators()).unwrap_or(usize::MAX);
		let is_small = chunk.is_some_and(|len| len.saturating_mul(systematic) <= SMALL_DATA);
		while is_small && !recovering.asks_data && self.requests.len() < MAX_OPEN_REQUESTS {
			let Some(validator) = recovering.backers.pop_front() else {
				return;
			};
			if let Some(peer) = reachable(fetch, validator, cx) {
				recovering.asks_data = self.ask(key, fetch, Question::Data, validator, peer, cx);
				return;
			}
		}
	}

	/// A request ended.
	pub(crate) fn response(
		&mut self,
		id: RequestId,
		answer: Result<AvailabilityResponse, RequestFailure>,
		cx: &mut Cx<'_>,
	) {
		let Some(asked) = self.requests.remove(&id) else {
			return;
		};
		let Some(fetch) = self.fetch_of(asked) else {
			return;
		};
		match &mut fetch.step {
			Step::Search(search) => search.waits = false,
			Step::Recovering(recovering) if asked.question == Question::Data => recovering.asks_data = false,
			Step::Recovering(recovering) => recovering.open = recovering.open.saturating_sub(1),
			_ => return,
		}
		if fetch.has_enough() {
			return;
		}
		match (asked.question, answer) {
			// The next one is asked.
			(_, Err(_)) => {}
			(Question::Data, Ok(AvailabilityResponse::AvailableData(data))) => {
				self.check_data(asked, data, cx)
			}
			(Question::Own | Question::Theirs(_), Ok(AvailabilityResponse::Chunk(chunk))) => {
				self.check_chunk(asked, chunk, cx)
			}
			(_, Ok(_)) => self.note_liar(asked, "an answer to another question", cx),
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
		let (expected, got) = (asked.question.index(asked.key), chunk.index);
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
			keep: asked.question == Question::Own,
		};
		// A chunk for which there is no room is lost. Others have some.
		let deadline = cx.now.saturating_add(CHECK_TIME);
		let Some(id) = cx.out.job(Priority::High, deadline, job) else {
			return;
		};
		match &mut fetch.step {
			Step::Search(search) => (search.waits, search.job) = (true, Some(id)),
			Step::Recovering(recovering) => {
				recovering.checks.insert(id);
			}
			_ => {}
		}
		self.jobs.insert(id, Work::Check(asked, chunk));
	}

	fn check_data(&mut self, asked: Asked, data: Arc<AvailableData>, cx: &mut Cx<'_>) {
		let Some(fetch) = self.fetches.get_mut(&asked.key) else {
			return;
		};
		let job = AvailabilityJob::CheckData {
			root: fetch.root(),
			validators: fetch.validators(),
			index: asked.key.index,
			data,
		};
		let deadline = cx.now.saturating_add(RECOVERY_TIME);
		let Some(id) = cx.out.job(Priority::Normal, deadline, job) else {
			return;
		};
		if let Step::Recovering(recovering) = &mut fetch.step {
			recovering.asks_data = true;
			recovering.checks.insert(id);
		}
		self.jobs.insert(id, Work::CheckData(asked));
	}

	/// A job ended.
	pub(crate) fn done(&mut self, id: JobId, result: Result<AvailabilityDone, JobFailure>, cx: &mut Cx<'_>) {
		match self.jobs.remove(&id) {
			None => {}
			Some(Work::Check(asked, chunk)) => self.checked(id, asked, chunk, result, cx),
			Some(Work::CheckData(asked)) => self.data_checked(id, asked, result, cx),
			Some(Work::Recover(key, attempt)) => self.recovered(key, attempt, result, cx),
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
		id: JobId,
		asked: Asked,
		chunk: Arc<ErasureChunk>,
		result: Result<AvailabilityDone, JobFailure>,
		cx: &mut Cx<'_>,
	) {
		let Some(fetch) = self.fetch_of(asked) else {
			return;
		};
		match &mut fetch.step {
			Step::Search(search) => (search.waits, search.job) = (false, None),
			Step::Recovering(recovering) => {
				recovering.checks.remove(&id);
			}
			_ => return,
		}
		match result {
			Ok(AvailabilityDone::Checked(Ok(record))) => match &mut fetch.step {
				Step::Recovering(recovering) if recovering.job.is_none() => {
					recovering.chunks.insert(chunk.index, chunk);
				}
				Step::Search(_) => self.keep(asked.key, OwnChunk { chunk, record }, cx),
				_ => {}
			},
			Ok(AvailabilityDone::Checked(Err(error))) => self.wrong_chunk(asked, error, cx),
			// Not done in time: the next one is asked.
			Ok(_) | Err(_) => {}
		}
	}

	fn data_checked(
		&mut self,
		id: JobId,
		asked: Asked,
		result: Result<AvailabilityDone, JobFailure>,
		cx: &mut Cx<'_>,
	) {
		let Some(fetch) = self.fetch_of(asked) else {
			return;
		};
		if let Step::Recovering(recovering) = &mut fetch.step {
			recovering.checks.remove(&id);
			recovering.asks_data = false;
		}
		match result {
			Ok(AvailabilityDone::Recovered(Ok(own))) => self.keep(asked.key, own, cx),
			Ok(AvailabilityDone::Recovered(Err(error))) => {
				self.note_liar(asked, "data that is not the candidate's", cx);
				cx.out.event(AvailabilityEvent::WrongData {
					peer: asked.peer,
					candidate: asked.key.candidate,
					error,
				});
			}
			Ok(_) | Err(_) => {}
		}
	}

	fn recovered(
		&mut self,
		key: Key,
		attempt: u64,
		result: Result<AvailabilityDone, JobFailure>,
		cx: &mut Cx<'_>,
	) {
		// Answers to what is open still are of no use.
		let next = self.next_attempt();
		let Some(fetch) = self
			.fetches
			.get_mut(&key)
			.filter(|fetch| fetch.attempt == attempt)
		else {
			return;
		};
		match result {
			Ok(AvailabilityDone::Recovered(Ok(own))) => self.keep(key, own, cx),
			// Each chunk is what the root says, so that the fault is with who made the root (R-AVL-5).
			Ok(AvailabilityDone::Recovered(Err(
				RecoveryError::RootMismatch { .. } | RecoveryError::Erasure(_),
			))) => {
				fetch.step = Step::WronglyCoded;
				fetch.attempt = next;
				cx.effect(Effect::WronglyCoded {
					candidate: key.candidate,
				});
			}
			Ok(_) | Err(_) => {
				fetch.step = end_round(key, fetch, cx);
				fetch.attempt = next;
			}
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
		}
	}
}

impl Question {
	/// Index of the chunk that was asked for.
	fn index(self, key: Key) -> u32 {
		match self {
			Self::Theirs(index) => index,
			Self::Own | Self::Data => key.index,
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
