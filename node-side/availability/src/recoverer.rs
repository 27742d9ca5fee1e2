//! The data of candidates for who needs it whole: who checks what others backed, and a collator that misses a block of its
//! own para (R-NET-103).
//!
//! Invariants: there is one recovery for each candidate that is wanted, or it waits for its turn, first come first served;
//! each ends with one [`Outcome`]; data that is handed out codes to the root that was given (R-AVL-5).

use crate::{
	config::{
		max_chunk_len, MAX_OPEN_REQUESTS, MAX_PARALLEL_CHUNKS, MAX_RECOVERIES, MAX_WANTED, ROUNDS_PER_LEAF,
		ROUND_PAUSE, SMALL_DATA, SMALL_UNMAPPED_DATA,
	},
	gather::{Gather, Plan},
	job::{Recovered, Wanted},
	recoveries::{Effort, Ending, Io, Peers, Recoveries, Target},
	AvailabilityEvent, AvailabilityWords, ErasureChunk, MAX_PROOF_NODES, MAX_PROOF_NODE_LEN, MAX_VALIDATORS,
};
use async_backing_machine::{Input, Instant, Outbox, Refusal, RequestId, TimerId};
use async_backing_primitives::{
	recovery_threshold, AvailableData, CandidateHash, CoreIndex, Hash, ValidatorIndex,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt,
	sync::Arc,
};
use thiserror::Error;

/// What is to be recovered, and from whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryOf {
	/// The candidate.
	pub candidate: CandidateHash,
	/// The erasure root in its descriptor.
	pub root: Hash,
	/// A block of the session that the data was coded for: validators are found by it (law 7).
	pub block: Hash,
	/// Number of its validators.
	pub validators: usize,
	/// Who asks, if it is one of them.
	pub own: Option<ValidatorIndex>,
	/// Members of the group that backed it.
	pub backers: Vec<ValidatorIndex>,
	/// Its core.
	pub core: CoreIndex,
	/// Whether chunks are mapped core by core (R-AVL-6).
	pub mapped: bool,
	/// A chunk that is here already and was checked: how large the data is follows from it.
	pub held: Option<Arc<ErasureChunk>>,
	/// Whether backers are asked for all of it before anybody for chunks, however large it is: by who is far from most
	/// validators, such as a collator (R-NET-103).
	pub whole_first: bool,
}

/// How it ended. Each is told once.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
	/// The data, which codes to the root (R-AVL-5).
	Recovered {
		/// The candidate.
		candidate: CandidateHash,
		/// The data.
		data: Arc<AvailableData>,
	},
	/// The data was not coded as the root says, or there is none behind it: the candidate is invalid, and who backed it
	/// lied (R-AVL-5).
	Invalid {
		/// The candidate.
		candidate: CandidateHash,
	},
	/// Too few have anything, in several rounds. It may be asked for again.
	Unavailable {
		/// The candidate.
		candidate: CandidateHash,
	},
}

/// The size of data as text, and not its megabytes.
impl fmt::Debug for Outcome {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Recovered { candidate, data } => {
				let bytes = data.pov.block_data.0.len();
				f.debug_struct("Recovered")
					.field("candidate", candidate)
					.field("bytes", &bytes)
					.finish()
			}
			Self::Invalid { candidate } => f.debug_tuple("Invalid").field(candidate).finish(),
			Self::Unavailable { candidate } => f.debug_tuple("Unavailable").field(candidate).finish(),
		}
	}
}

impl Outcome {
	/// The candidate.
	pub const fn candidate(&self) -> CandidateHash {
		match self {
			Self::Recovered { candidate, .. }
			| Self::Invalid { candidate }
			| Self::Unavailable { candidate } => *candidate,
		}
	}
}

/// Why nothing is recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
	/// There is no code for so many validators.
	#[error("{0} validators, but the code serves 2 to 65536 (R-AVL-1)")]
	NoCode(usize),
	/// Too many others are wanted.
	#[error("{0} candidates are wanted already")]
	Full(usize),
}

/// How far one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
	Queued,
	Recovering,
	Pausing(Instant),
}

#[derive(Clone, Debug)]
struct Want {
	of: RecoveryOf,
	/// First come, first served.
	arrival: u64,
	/// Rounds that failed.
	rounds: u32,
	/// Who sent something wrong: never asked again.
	liars: BTreeSet<ValidatorIndex>,
	step: Step,
}

/// Recovers available data. It speaks the words of [`Availability`](crate::Availability), so that one translation serves
/// both; whoever asks it for something is told that it is not here.
///
/// A round asks whom [`most_time_outs`](crate::most_time_outs) says, and ends within so many time-outs; there are
/// [`ROUNDS_PER_LEAF`] of them, [`ROUND_PAUSE`] apart. Memory: [`recoverer_memory_bound`]. Nothing is stored: after a restart what is wanted
/// is asked for again.
#[derive(Clone, Debug)]
pub struct Recoverer {
	/// Recoveries at a time.
	parallel: usize,
	wanted: BTreeMap<CandidateHash, Box<Want>>,
	recoveries: Recoveries,
	timer: Option<(TimerId, Instant)>,
	arrivals: u64,
}

impl Default for Recoverer {
	/// [`MAX_RECOVERIES`] at a time.
	fn default() -> Self {
		Self::new(MAX_RECOVERIES)
	}
}

impl Recoverer {
	/// One that recovers so many candidates at a time, at least one.
	pub fn new(parallel: usize) -> Self {
		Self {
			parallel: parallel.max(1),
			wanted: BTreeMap::new(),
			recoveries: Recoveries::default(),
			timer: None,
			arrivals: 0,
		}
	}

	/// Has a candidate's data recovered. One that is wanted already stays as it is. Returns what ended of others.
	///
	/// # Errors
	/// [`Refused`]: there will be no [`Outcome`].
	pub fn recover(
		&mut self,
		now: Instant,
		of: RecoveryOf,
		peers: &dyn Peers,
		out: &mut Outbox<AvailabilityWords>,
	) -> Result<Vec<Outcome>, Refused> {
		if recovery_threshold(of.validators).is_none() {
			return Err(Refused::NoCode(of.validators));
		}
		if !self.wanted.contains_key(&of.candidate) {
			if self.wanted.len() >= MAX_WANTED {
				return Err(Refused::Full(self.wanted.len()));
			}
			self.arrivals = self.arrivals.wrapping_add(1);
			let want = Want {
				arrival: self.arrivals,
				rounds: 0,
				liars: BTreeSet::new(),
				step: Step::Queued,
				of,
			};
			self.wanted.insert(want.of.candidate, Box::new(want));
		}
		Ok(self.advance(now, peers, out))
	}

	/// Nobody wants a candidate's data any more: there will be no [`Outcome`]. Returns what ended of others.
	pub fn forget(
		&mut self,
		now: Instant,
		candidate: CandidateHash,
		peers: &dyn Peers,
		out: &mut Outbox<AvailabilityWords>,
	) -> Vec<Outcome> {
		self.wanted.remove(&candidate);
		self.recoveries.end(&target(candidate), out);
		self.advance(now, peers, out)
	}

	/// Whether a candidate's data is wanted.
	pub fn is_wanted(&self, candidate: CandidateHash) -> bool {
		self.wanted.contains_key(&candidate)
	}

	/// The candidates that are wanted, ascending.
	pub fn wanted(&self) -> impl Iterator<Item = CandidateHash> + '_ {
		self.wanted.keys().copied()
	}

	/// Candidates that are wanted. At most [`MAX_WANTED`].
	pub fn len(&self) -> usize {
		self.wanted.len()
	}

	/// Whether none is.
	pub fn is_empty(&self) -> bool {
		self.wanted.is_empty()
	}

	/// Requests that are open. At most [`MAX_OPEN_REQUESTS`].
	pub fn open_requests(&self) -> usize {
		self.recoveries.requests()
	}

	/// Whether an answer to this request is still of use.
	pub fn is_awaiting(&self, request: RequestId) -> bool {
		self.recoveries.is_awaiting(request)
	}

	/// Law 3: how much it takes for open.
	#[cfg(feature = "laws")]
	pub fn taken_for_open(&self) -> usize {
		self.recoveries.requests() + self.recoveries.jobs() + self.timers_of_use()
	}

	/// Law 3: how many timers it waits for.
	#[cfg(feature = "laws")]
	pub fn timers_of_use(&self) -> usize {
		usize::from(self.timer.is_some())
	}

	/// Law 3: whether anything follows from the end of this job.
	#[cfg(feature = "laws")]
	pub fn is_of_use(&self, job: async_backing_machine::JobId) -> bool {
		self.recoveries.is_of_use(job)
	}

	/// Law 2: whether a member of the group is still going to be asked for all of it.
	#[cfg(feature = "laws")]
	pub(crate) fn will_ask_for_all(&self, candidate: CandidateHash, validator: ValidatorIndex) -> bool {
		self.recoveries.will_ask_for_all(&target(candidate), validator)
	}

	/// Law 2: the round of questions.
	#[cfg(feature = "laws")]
	pub(crate) fn round(&self, candidate: CandidateHash) -> u64 {
		let want = self.wanted.get(&candidate);
		want.map_or(0, |want| want.arrival << 8 | u64::from(want.rounds))
	}

	/// Takes an input in. Returns what ended.
	///
	/// Cost: a few look-ups, and for one that begins once through its validators; never more than 64 KiB of bytes (law 1).
	pub fn handle(
		&mut self,
		now: Instant,
		input: Input<AvailabilityWords>,
		peers: &dyn Peers,
		out: &mut Outbox<AvailabilityWords>,
	) -> Vec<Outcome> {
		let mut outcomes = Vec::new();
		let mut io = io(self.parallel, now, peers, out);
		match input {
			Input::Response(id, answer) => {
				let _ = self.recoveries.response(id, answer, &mut io);
			}
			Input::Done(id, result) => {
				if let Ok(Some((target, ending, liars))) = self.recoveries.done(id, result, &mut io) {
					outcomes.extend(self.ended(now, target, ending, liars));
				}
			}
			Input::Timer(timer) => {
				if self.timer.is_some_and(|(own, _)| own == timer) {
					self.timer = None;
				}
			}
			// It gives nothing (R-NET-103).
			Input::Request(_, ticket, _) => {
				out.respond(ticket, Err(Refusal::Unknown));
				return outcomes;
			}
			Input::Propose(_, never, _) => match never {},
			Input::Chain(_) | Input::Peer(..) | Input::Stored(_) | Input::Restored(_) => {}
		}
		outcomes.extend(self.advance(now, peers, out));
		outcomes
	}

	/// Begins what has its turn, goes on with the rest, and has time told when the next is due.
	fn advance(
		&mut self,
		now: Instant,
		peers: &dyn Peers,
		out: &mut Outbox<AvailabilityWords>,
	) -> Vec<Outcome> {
		let mut outcomes = Vec::new();
		for want in self.wanted.values_mut() {
			if matches!(want.step, Step::Pausing(until) if until <= now) {
				want.step = Step::Queued;
			}
		}
		loop {
			while self.recoveries.len() < self.parallel && self.begin(out) {}
			let ended = self.recoveries.advance(&mut io(self.parallel, now, peers, out));
			if ended.is_empty() {
				break;
			}
			for (target, ending, liars) in ended {
				outcomes.extend(self.ended(now, target, ending, liars));
			}
		}
		self.set_timer(out);
		outcomes
	}

	/// Begins with the one that waits longest. Whether there is one.
	fn begin(&mut self, out: &mut Outbox<AvailabilityWords>) -> bool {
		let queued = self.wanted.values_mut().filter(|want| want.step == Step::Queued);
		let Some(want) = queued.min_by_key(|want| want.arrival) else {
			return false;
		};
		want.step = Step::Recovering;
		let candidate = want.of.candidate;
		self.recoveries.begin(target(candidate), want.effort());
		out.event(AvailabilityEvent::Recovering { candidate });
		true
	}

	fn ended(
		&mut self,
		now: Instant,
		Target { candidate, .. }: Target,
		ending: Ending,
		liars: BTreeSet<ValidatorIndex>,
	) -> Option<Outcome> {
		let want = self.wanted.get_mut(&candidate)?;
		want.liars = liars;
		let outcome = match ending {
			Ending::Here(Recovered::Data(data)) => Outcome::Recovered { candidate, data },
			Ending::WronglyCoded => Outcome::Invalid { candidate },
			Ending::NoRoom => {
				want.step = Step::Pausing(now.saturating_add(ROUND_PAUSE));
				return None;
			}
			Ending::NotFound | Ending::Here(Recovered::Chunk(_)) => {
				want.rounds = want.rounds.saturating_add(1);
				if want.rounds < ROUNDS_PER_LEAF {
					want.step = Step::Pausing(now.saturating_add(ROUND_PAUSE));
					return None;
				}
				Outcome::Unavailable { candidate }
			}
		};
		self.wanted.remove(&candidate);
		Some(outcome)
	}

	fn set_timer(&mut self, out: &mut Outbox<AvailabilityWords>) {
		let pauses = self.wanted.values().filter_map(|want| match want.step {
			Step::Pausing(until) => Some(until),
			Step::Queued | Step::Recovering => None,
		});
		let due = pauses.min();
		if self.timer.map(|(_, at)| at) == due {
			return;
		}
		if let Some((timer, _)) = self.timer.take() {
			out.clear_timer(timer);
		}
		self.timer = due.map(|at| (out.set_timer(at), at));
	}
}

impl Want {
	/// A round of it.
	fn effort(&self) -> Effort {
		let of = &self.of;
		let validators = u32::try_from(of.validators.min(MAX_VALIDATORS)).unwrap_or(u32::MAX);
		let is_other = |validator: &ValidatorIndex| Some(*validator) != of.own && validator.0 < validators;
		// Who recovers the same begins elsewhere, and who recovers something else too.
		let own = of.own.map_or(0, |own| own.0.wrapping_mul(0x9e37));
		let start = (of.candidate.0.to_low_u64_be() as u32)
			.wrapping_add(own)
			.checked_rem(validators)
			.unwrap_or(0);
		let holders = (start..validators).chain(0..start).map(ValidatorIndex);
		let mut backers: Vec<_> = of.backers.iter().copied().filter(is_other).collect();
		let shift = (start as usize).checked_rem(backers.len()).unwrap_or(0);
		backers.rotate_left(shift);
		let plan = Plan {
			validators: of.validators,
			core: of.core,
			mapped: of.mapped,
			backers,
			own: of.own,
			holders: holders.filter(is_other).collect(),
			size: of.whole_first.then_some(0),
			small: if of.mapped {
				SMALL_DATA
			} else {
				SMALL_UNMAPPED_DATA
			},
			last_resort: true,
		};
		let mut gather = Gather::new(plan);
		if let Some(held) = &of.held {
			gather.keep(held.clone());
		}
		Effort {
			root: of.root,
			block: of.block,
			plain: !of.mapped,
			liars: self.liars.clone(),
			gather,
			checks: BTreeSet::new(),
			job: None,
			attempt: 0,
		}
	}
}

const fn target(candidate: CandidateHash) -> Target {
	Target {
		candidate,
		wanted: Wanted::Data,
	}
}

/// For so many recoveries at a time.
fn io<'a>(
	parallel: usize,
	now: Instant,
	peers: &'a dyn Peers,
	out: &'a mut Outbox<AvailabilityWords>,
) -> Io<'a> {
	Io {
		now,
		peers,
		out,
		room: MAX_OPEN_REQUESTS,
		// Each recovery has one such job at most: whole data is asked of one at a time. One that is cancelled may not have
		// ended yet.
		codings: parallel.saturating_mul(2),
	}
}

/// Most bytes of memory that a [`Recoverer`] of so many at a time needs (law 3), whatever peers send, where nobody has data
/// that is larger than `largest`.
pub fn recoverer_memory_bound(validators: usize, parallel: usize, largest: usize) -> usize {
	/// What is known of one that is wanted, and of each validator that may be asked for it.
	const WANTED: usize = 512;
	const ASKED: usize = 64;
	let limit = crate::chunk_len(validators, largest).or_else(|| max_chunk_len(validators));
	let chunk = limit
		.unwrap_or(0)
		.saturating_add(MAX_PROOF_NODES * MAX_PROOF_NODE_LEN);
	let threshold = recovery_threshold(validators).unwrap_or(0);
	let recovered = threshold
		.saturating_add(MAX_PARALLEL_CHUNKS)
		.saturating_mul(chunk)
		// Whole data that is checked, and what comes out.
		.saturating_add(largest.saturating_mul(2))
		.saturating_add(ASKED.saturating_mul(validators));
	let wanted = WANTED
		.saturating_add(chunk)
		.saturating_add(4usize.saturating_mul(validators))
		.saturating_mul(MAX_WANTED);
	recovered
		.saturating_mul(parallel)
		.saturating_add(wanted)
		.saturating_add(chunk.max(largest).saturating_mul(MAX_OPEN_REQUESTS))
}
