//! Recoveries that are under way: questions, answers, checks, and the data in the end.
//!
//! Invariants: a chunk counts only after it was checked against the root; each request and each job is remembered until it
//! ends, those of recoveries that ended too; nobody who lied is asked again for the same candidate.

use crate::{
	config::{max_chunk_len, CHECK_TIME, CHUNK_TIMEOUT, DATA_TIMEOUT, RECOVERY_TIME},
	gather::{Gather, Piece, Question},
	job::{Recovered, Wanted},
	AvailabilityDone, AvailabilityEvent, AvailabilityJob, AvailabilityRequest, AvailabilityResponse,
	AvailabilityWords, ChunkError, ErasureChunk, RecoveryError,
};
use async_backing_chain_view::ChainView;
use async_backing_machine::{
	Cost, Instant, JobFailure, JobId, Judgement, Outbox, PeerId, Priority, RequestFailure, RequestId,
};
use async_backing_primitives::{AvailableData, CandidateHash, Hash, ValidatorIndex};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// Who knows the connections to validators.
pub trait Peers {
	/// The connection to a validator of the session that a block is in (law 7). `None` if there is none.
	fn peer_of(&self, block: Hash, validator: ValidatorIndex) -> Option<PeerId>;
}

impl Peers for ChainView {
	fn peer_of(&self, block: Hash, validator: ValidatorIndex) -> Option<PeerId> {
		ChainView::peer_of(self, block, validator)
	}
}

/// What is recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
	pub(crate) candidate: CandidateHash,
	pub(crate) wanted: Wanted,
}

/// One recovery.
#[derive(Clone, Debug)]
pub(crate) struct Effort {
	/// The erasure root.
	pub(crate) root: Hash,
	/// A block by whose session validators are found (law 7).
	pub(crate) block: Hash,
	/// Whether chunks are where their validators are, so that version 1 names them (R-NET-99).
	pub(crate) plain: bool,
	/// Who sent something wrong: never asked again.
	pub(crate) liars: BTreeSet<ValidatorIndex>,
	pub(crate) gather: Gather,
	/// Chunks and data that are checked.
	pub(crate) checks: BTreeSet<JobId>,
	/// The recovery itself.
	pub(crate) job: Option<JobId>,
	/// Answers to questions of another attempt at the same are of no use.
	pub(crate) attempt: u64,
}

/// How a recovery ended.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
	/// It is here.
	Here(Recovered),
	/// The data is not what the root says: who made the root lied (R-AVL-5).
	WronglyCoded,
	/// Everybody was asked.
	NotFound,
	/// There is no room for a question or a job.
	NoRoom,
}

/// Who was asked.
#[derive(Clone, Copy, Debug)]
struct Asked {
	target: Target,
	attempt: u64,
	piece: Piece,
	validator: ValidatorIndex,
	peer: PeerId,
}

#[derive(Clone, Debug)]
enum Work {
	Check(Asked, Arc<ErasureChunk>),
	CheckData(Asked),
	Recover(Target, u64),
}

/// What is at hand.
pub(crate) struct Io<'a> {
	pub(crate) now: Instant,
	pub(crate) peers: &'a dyn Peers,
	pub(crate) out: &'a mut Outbox<AvailabilityWords>,
	/// Requests that may be open.
	pub(crate) room: usize,
	/// Jobs that may put data together or code it at once, each of which takes several times the data.
	pub(crate) codings: usize,
}

/// All recoveries of a core.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recoveries {
	/// Boxed: they are taken out and put back to go on, and would be copied.
	efforts: BTreeMap<Target, Box<Effort>>,
	/// Open requests, of recoveries that ended, too: each ends.
	requests: BTreeMap<RequestId, Asked>,
	/// Jobs under way, cancelled ones too: each ends.
	jobs: BTreeMap<JobId, Work>,
	attempts: u64,
}

impl Recoveries {
	/// Recoveries under way.
	pub(crate) fn len(&self) -> usize {
		self.efforts.len()
	}

	/// Requests that are open.
	pub(crate) fn requests(&self) -> usize {
		self.requests.len()
	}

	/// Jobs that are open.
	#[cfg(feature = "laws")]
	pub(crate) fn jobs(&self) -> usize {
		self.jobs.len()
	}

	/// Begins one.
	pub(crate) fn begin(&mut self, target: Target, mut effort: Effort) {
		self.attempts = self.attempts.wrapping_add(1);
		effort.attempt = self.attempts;
		self.efforts.insert(target, Box::new(effort));
	}

	/// Validators are found by the session of this block from now on.
	pub(crate) fn set_block(&mut self, target: &Target, block: Hash) {
		if let Some(effort) = self.efforts.get_mut(target) {
			effort.block = block;
		}
	}

	/// Ends one: its jobs are cancelled, answers to its open requests will find nobody.
	pub(crate) fn end(
		&mut self,
		target: &Target,
		out: &mut Outbox<AvailabilityWords>,
	) -> Option<Box<Effort>> {
		let effort = self.efforts.remove(target)?;
		for job in effort.checks.iter().copied().chain(effort.job) {
			out.cancel(job);
		}
		Some(effort)
	}

	/// Whether an answer to this request is still of use.
	pub(crate) fn is_awaiting(&self, request: RequestId) -> bool {
		let Some(asked) = self.requests.get(&request) else {
			return false;
		};
		let effort = self.efforts.get(&asked.target);
		effort.is_some_and(|effort| effort.attempt == asked.attempt && effort.job.is_none())
	}

	/// Law 3: whether anything follows from the end of this job.
	#[cfg(feature = "laws")]
	pub(crate) fn is_of_use(&self, job: JobId) -> bool {
		let (target, attempt) = match self.jobs.get(&job) {
			None => return false,
			Some(Work::Check(asked, _) | Work::CheckData(asked)) => (asked.target, asked.attempt),
			Some(Work::Recover(target, attempt)) => (*target, *attempt),
		};
		let effort = self
			.efforts
			.get(&target)
			.filter(|effort| effort.attempt == attempt);
		effort.is_some_and(|effort| effort.checks.contains(&job) || effort.job == Some(job))
	}

	/// Law 2: whether a validator is still going to be asked for all of it.
	#[cfg(feature = "laws")]
	pub(crate) fn will_ask_for_all(&self, target: &Target, validator: ValidatorIndex) -> bool {
		let effort = self.efforts.get(target).filter(|effort| effort.job.is_none());
		effort.is_some_and(|effort| {
			effort.gather.will_ask_for_all(validator) && !effort.liars.contains(&validator)
		})
	}

	/// Whether another job may put data together or code it. Those that are cancelled take memory until they end.
	fn may_code(&self, codings: usize) -> bool {
		let jobs = self.jobs.values();
		let under_way = jobs.filter(|work| matches!(work, Work::CheckData(_) | Work::Recover(..)));
		under_way.count() < codings
	}

	/// Goes on with all of them, those that began first first. Returns those that ended, with who lied.
	pub(crate) fn advance(&mut self, io: &mut Io<'_>) -> Vec<(Target, Ending, BTreeSet<ValidatorIndex>)> {
		let mut targets: Vec<_> = self.efforts.keys().copied().collect();
		// Not by hash, which who makes a candidate can choose.
		targets.sort_by_key(|target| self.efforts.get(target).map(|effort| effort.attempt));
		let mut ended = Vec::new();
		for target in targets {
			let Some(mut effort) = self.efforts.remove(&target) else {
				continue;
			};
			let ending = self.go_on(target, &mut effort, io);
			self.efforts.insert(target, effort);
			if let Some(ending) = ending {
				ended.extend(self.ended(target, ending, io.out));
			}
		}
		ended
	}

	fn ended(
		&mut self,
		target: Target,
		ending: Ending,
		out: &mut Outbox<AvailabilityWords>,
	) -> Option<(Target, Ending, BTreeSet<ValidatorIndex>)> {
		let effort = self.end(&target, out)?;
		Some((target, ending, effort.liars))
	}

	fn go_on(&mut self, target: Target, effort: &mut Effort, io: &mut Io<'_>) -> Option<Ending> {
		if effort.job.is_some() {
			return None;
		}
		if effort.gather.is_complete() {
			// It waits for its turn with the chunks that it has.
			return match self.may_code(io.codings) {
				true => self.recover(target, effort, io),
				false => None,
			};
		}
		while self.requests.len() < io.room {
			let (liars, peers, block) = (&effort.liars, io.peers, effort.block);
			let peer_of = |validator| {
				peers
					.peer_of(block, validator)
					.filter(|_| !liars.contains(&validator))
			};
			let question = effort.gather.next(|validator| peer_of(validator).is_some());
			let Some((question, peer)) =
				question.and_then(|question| Some((question, peer_of(question.to)?)))
			else {
				return (!effort.gather.waits()).then_some(Ending::NotFound);
			};
			if !self.ask(target, effort, question, peer, io) {
				effort.gather.put_back(question);
				return (!effort.gather.waits()).then_some(Ending::NoRoom);
			}
		}
		None
	}

	fn ask(
		&mut self,
		target: Target,
		effort: &Effort,
		question: Question,
		peer: PeerId,
		io: &mut Io<'_>,
	) -> bool {
		let candidate = target.candidate;
		let (request, timeout) = match question.piece {
			Piece::Whole => (AvailabilityRequest::AvailableData(candidate), DATA_TIMEOUT),
			Piece::Chunk { of, .. } => {
				let (index, plain) = (of, effort.plain);
				let request = AvailabilityRequest::Chunk {
					candidate,
					index,
					plain,
				};
				(request, CHUNK_TIMEOUT)
			}
		};
		let Some(id) = io.out.request(peer, request, timeout) else {
			return false;
		};
		let asked = Asked {
			target,
			attempt: effort.attempt,
			piece: question.piece,
			validator: question.to,
			peer,
		};
		self.requests.insert(id, asked);
		true
	}

	fn recover(&mut self, target: Target, effort: &mut Effort, io: &mut Io<'_>) -> Option<Ending> {
		let job = AvailabilityJob::Recover {
			root: effort.root,
			validators: effort.gather.validators(),
			wanted: target.wanted,
			chunks: effort.gather.chunks().cloned().collect(),
		};
		let deadline = io.now.saturating_add(RECOVERY_TIME);
		let Some(id) = io.out.job(Priority::Normal, deadline, job) else {
			return Some(Ending::NoRoom);
		};
		for check in std::mem::take(&mut effort.checks) {
			io.out.cancel(check);
		}
		self.jobs.insert(id, Work::Recover(target, effort.attempt));
		effort.job = Some(id);
		None
	}

	/// A request ended. Gives the answer back if it is to somebody else's.
	pub(crate) fn response(
		&mut self,
		id: RequestId,
		answer: Result<AvailabilityResponse, RequestFailure>,
		io: &mut Io<'_>,
	) -> Option<Result<AvailabilityResponse, RequestFailure>> {
		let Some(asked) = self.requests.remove(&id) else {
			return Some(answer);
		};
		let may_code = self.may_code(io.codings);
		let effort = self.efforts.get_mut(&asked.target);
		let effort = effort.filter(|effort| effort.attempt == asked.attempt && effort.job.is_none())?;
		let checked = match (asked.piece, answer) {
			// The next one is asked.
			(_, Err(_)) => None,
			// There is no room for it: others have it, or chunks of it.
			(Piece::Whole, Ok(AvailabilityResponse::AvailableData(_))) if !may_code => None,
			(Piece::Whole, Ok(AvailabilityResponse::AvailableData(data))) => {
				check_data(effort, asked, data, io)
			}
			(Piece::Chunk { index, .. }, Ok(AvailabilityResponse::Chunk(chunk))) => {
				check_chunk(effort, asked, index, chunk, io)
			}
			(_, Ok(_)) => {
				effort.note_liar(asked, "an answer to another question", io);
				None
			}
		};
		match checked {
			Some((id, work)) => {
				effort.checks.insert(id);
				self.jobs.insert(id, work);
			}
			None => effort.gather.failed(asked.piece),
		}
		None
	}

	/// A job ended. Gives the result back if it is somebody else's; else says what ended with it.
	#[allow(clippy::type_complexity)]
	pub(crate) fn done(
		&mut self,
		id: JobId,
		result: Result<AvailabilityDone, JobFailure>,
		io: &mut Io<'_>,
	) -> Result<Option<(Target, Ending, BTreeSet<ValidatorIndex>)>, Result<AvailabilityDone, JobFailure>> {
		let Some(work) = self.jobs.remove(&id) else {
			return Err(result);
		};
		let (target, ending) = match work {
			Work::Check(asked, chunk) => {
				if let Some(effort) = self.checked_of(id, asked) {
					effort.chunk_checked(asked, chunk, result, io);
				}
				return Ok(None);
			}
			Work::CheckData(asked) => {
				let here = self
					.checked_of(id, asked)
					.and_then(|effort| effort.data_checked(asked, result, io));
				(asked.target, here)
			}
			Work::Recover(target, attempt) => {
				let effort = self.efforts.get_mut(&target);
				let Some(effort) = effort.filter(|effort| effort.attempt == attempt) else {
					return Ok(None);
				};
				effort.job = None;
				(target, Some(recovered(result)))
			}
		};
		Ok(ending.and_then(|ending| self.ended(target, ending, io.out)))
	}

	/// The recovery that a check was for.
	fn checked_of(&mut self, id: JobId, asked: Asked) -> Option<&mut Effort> {
		let effort = self.efforts.get_mut(&asked.target)?;
		(effort.attempt == asked.attempt && effort.checks.remove(&id)).then_some(effort)
	}
}

/// What a recovery came to. Each chunk is what the root says, so that the fault is with who made the root (R-AVL-5).
fn recovered(result: Result<AvailabilityDone, JobFailure>) -> Ending {
	match result {
		Ok(AvailabilityDone::Recovered(Ok(recovered))) => Ending::Here(recovered),
		Ok(AvailabilityDone::Recovered(Err(
			RecoveryError::RootMismatch { .. } | RecoveryError::Erasure(_),
		))) => Ending::WronglyCoded,
		Ok(_) | Err(_) => Ending::NotFound,
	}
}

/// Has a chunk checked. `None` if it is wrong at first sight, or there is no room: then it is lost, others have some.
fn check_chunk(
	effort: &mut Effort,
	asked: Asked,
	expected: u32,
	chunk: Arc<ErasureChunk>,
	io: &mut Io<'_>,
) -> Option<(JobId, Work)> {
	let limit = max_chunk_len(effort.gather.validators()).unwrap_or(0);
	let (got, len) = (chunk.index, chunk.chunk.len());
	let error = if expected != got {
		Some(ChunkError::WrongIndex { expected, got })
	} else if !(1..=limit).contains(&len) {
		Some(ChunkError::WrongLength { limit, got: len })
	} else {
		None
	};
	if let Some(error) = error {
		effort.wrong_chunk(asked, error, io);
		return None;
	}
	let job = AvailabilityJob::CheckChunk {
		root: effort.root,
		chunk: chunk.clone(),
		keep: false,
	};
	let id = io
		.out
		.job(Priority::High, io.now.saturating_add(CHECK_TIME), job)?;
	Some((id, Work::Check(asked, chunk)))
}

fn check_data(
	effort: &mut Effort,
	asked: Asked,
	data: Arc<AvailableData>,
	io: &mut Io<'_>,
) -> Option<(JobId, Work)> {
	let job = AvailabilityJob::CheckData {
		root: effort.root,
		validators: effort.gather.validators(),
		wanted: asked.target.wanted,
		data,
	};
	let id = io
		.out
		.job(Priority::Normal, io.now.saturating_add(RECOVERY_TIME), job)?;
	Some((id, Work::CheckData(asked)))
}

impl Effort {
	fn chunk_checked(
		&mut self,
		asked: Asked,
		chunk: Arc<ErasureChunk>,
		result: Result<AvailabilityDone, JobFailure>,
		io: &mut Io<'_>,
	) {
		match result {
			Ok(AvailabilityDone::Checked(Ok(_))) => return self.gather.insert(chunk),
			Ok(AvailabilityDone::Checked(Err(error))) => self.wrong_chunk(asked, error, io),
			// Not done in time: the next one is asked.
			Ok(_) | Err(_) => {}
		}
		self.gather.failed(asked.piece);
	}

	fn data_checked(
		&mut self,
		asked: Asked,
		result: Result<AvailabilityDone, JobFailure>,
		io: &mut Io<'_>,
	) -> Option<Ending> {
		match result {
			Ok(AvailabilityDone::Recovered(Ok(recovered))) => return Some(Ending::Here(recovered)),
			Ok(AvailabilityDone::Recovered(Err(error))) => {
				self.note_liar(asked, "data that is not the candidate's", io);
				io.out.event(AvailabilityEvent::WrongData {
					peer: asked.peer,
					candidate: asked.target.candidate,
					error,
				});
			}
			Ok(_) | Err(_) => {}
		}
		self.gather.failed(asked.piece);
		None
	}

	fn wrong_chunk(&mut self, asked: Asked, error: ChunkError, io: &mut Io<'_>) {
		self.note_liar(asked, "a chunk that is none of the candidate's", io);
		io.out.event(AvailabilityEvent::WrongChunk {
			peer: asked.peer,
			from: asked.validator,
			candidate: asked.target.candidate,
			error,
		});
	}

	/// Somebody sent what no honest validator sends: it pays, and is not asked again.
	fn note_liar(&mut self, asked: Asked, why: &'static str, io: &mut Io<'_>) {
		io.out.report(asked.peer, Judgement::Cost(Cost::Major, why));
		self.liars.insert(asked.validator);
	}
}
