//! One validator's part in keeping candidates available: what it keeps, attests, fetches and gives to others.
//!
//! Invariants: there is a fetch for each own chunk that some leaf waits for and that is not here, and no other; a chunk is
//! stored only if it was asked for and belongs to the root that the relay chain knows; a bit is set only for a chunk that
//! outlives a crash; each ticket is answered once.

use crate::{
	chunk_index,
	config::{max_recovery_requests, MAX_RECOVERIES},
	fetch::{Asked, Fetch, Key, Step},
	job::OwnChunk,
	records::{Pack, Packed},
	recoveries::{Io, Recoveries},
	serve::Served,
	store::Meta,
	AvailabilityConfig, AvailabilityEvent, AvailabilityWords, ChunkStore, Effect, EncodedData, ErasureChunk,
	ErasureError, Placement,
};
use async_backing_chain_view::{ChainView, Session};
use async_backing_machine::{Batch, BatchId, Input, Instant, JobId, Outbox, Refusal, RequestId, TimerId};
use async_backing_primitives::{
	AvailabilityBitfield, AvailableData, BlockNumber, CandidateHash, CoreIndex, CoreState, Hash,
	OccupiedCore, SYSTEMATIC_CHUNKS,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};
use thiserror::Error;

/// The availability part of one validator.
///
/// It hears what the validator routes to it (chain events after the chain view has taken them in, requests of others, ends of
/// its own requests, jobs, batches and timers), and from backing what this validator executed
/// ([`store_coded`](Self::store_coded)). Memory: [`memory_bound`](crate::memory_bound).
#[derive(Clone, Debug)]
pub struct Availability {
	pub(crate) config: AvailabilityConfig,
	pub(crate) store: ChunkStore,
	/// Boxed: a map moves what it holds as it grows.
	pub(crate) fetches: BTreeMap<Key, Box<Fetch>>,
	/// Of the data, for own chunks.
	pub(crate) recoveries: Recoveries,
	/// Open requests for own chunks, of fetches that ended, too: each ends.
	pub(crate) requests: BTreeMap<RequestId, Asked>,
	/// Jobs under way, cancelled ones too: each ends.
	pub(crate) jobs: BTreeMap<JobId, Work>,
	batches: BTreeMap<BatchId, Key>,
	/// Candidates that are pending at a leaf.
	pub(crate) pending: BTreeSet<CandidateHash>,
	/// Number of the newest leaf so far.
	pub(crate) newest: BlockNumber,
	/// Cores of the leaf that has most of them: places for requests follow it.
	pub(crate) cores: usize,
	/// Own chunks that are still to be stored, of data that this validator has.
	pub(crate) packs: BTreeMap<Key, Pack>,
	/// What a restart found, until it is unpacked.
	pub(crate) packed: Option<Packed>,
	/// Data that is being coded once more.
	pub(crate) coding: Option<CandidateHash>,
	/// When jobs for which there was no room are tried again.
	pub(crate) retry: Option<Instant>,
	timer: Option<(TimerId, Instant)>,
	pub(crate) served: Served,
	attempts: u64,
}

/// What this validator executed, coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnData {
	/// The candidate.
	pub candidate: CandidateHash,
	/// Where it is backed.
	pub place: Placement,
	/// Its data.
	pub data: Arc<AvailableData>,
	/// All chunks of it.
	pub coded: Arc<EncodedData>,
}

/// When the data of an own candidate outlives a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
	/// It does.
	Already,
	/// When [`Effect::Stored`] comes.
	Soon,
}

/// Why the data of an own candidate is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotKept {
	/// The relay parent is not known, or not any longer.
	#[error("the session of relay parent {0} is not known")]
	UnknownSession(Hash),
	/// The data was coded for another number of validators.
	#[error("coded for {got} validators, but the session has {expected}")]
	OtherSession {
		/// Validators of the session.
		expected: usize,
		/// Number of chunks.
		got: usize,
	},
	/// This node is no validator there.
	#[error("this node is no validator in the session of relay parent {0}")]
	NoValidator(Hash),
	/// There is no code for so many validators.
	#[error(transparent)]
	Erasure(#[from] ErasureError),
}

/// A job under way.
#[derive(Clone, Debug)]
pub(crate) enum Work {
	/// Checks what somebody sent.
	Check(Asked, Arc<ErasureChunk>),
	Pack(Key),
	Code(CandidateHash),
	Unpack,
}

/// What is at hand while an input is handled.
pub(crate) struct Cx<'a> {
	pub(crate) now: Instant,
	pub(crate) chain: &'a ChainView,
	pub(crate) out: &'a mut Outbox<AvailabilityWords>,
	pub(crate) effects: Vec<Effect>,
}

impl Cx<'_> {
	/// For recoveries, at leaves of so many cores.
	pub(crate) fn io(&mut self, cores: usize) -> Io<'_> {
		Io {
			now: self.now,
			peers: self.chain,
			out: self.out,
			room: max_recovery_requests(cores),
			codings: MAX_RECOVERIES,
		}
	}

	pub(crate) fn effect(&mut self, effect: Effect) {
		self.effects.push(effect);
		self.out.event(AvailabilityEvent::Effect(effect));
	}
}

/// Whether chunks are mapped core by core in a session: its runtime says so (R-AVL-6).
pub fn is_mapped(session: &Session) -> bool {
	session.node_features.is_on(SYSTEMATIC_CHUNKS)
}

impl Default for Availability {
	fn default() -> Self {
		Self::new(AvailabilityConfig::default())
	}
}

impl Availability {
	/// A validator that holds nothing yet.
	pub fn new(config: AvailabilityConfig) -> Self {
		Self {
			config,
			store: ChunkStore::default(),
			fetches: BTreeMap::new(),
			recoveries: Recoveries::default(),
			requests: BTreeMap::new(),
			jobs: BTreeMap::new(),
			batches: BTreeMap::new(),
			pending: BTreeSet::new(),
			newest: 0,
			cores: 0,
			packs: BTreeMap::new(),
			packed: None,
			coding: None,
			retry: None,
			timer: None,
			served: Served::new(&config.serving),
			attempts: 0,
		}
	}

	/// What is kept.
	pub fn store(&self) -> &ChunkStore {
		&self.store
	}

	/// Requests of its own that are open. At most [`max_fetches`](crate::max_fetches) for own chunks, and for recoveries
	/// [`max_recovery_requests`](crate::max_recovery_requests), for as many cores as a leaf has.
	pub fn open_requests(&self) -> usize {
		self.requests.len().saturating_add(self.recoveries.requests())
	}

	/// Whether it wants something that it does not have yet. Then a request, a job, a timer or a batch is open.
	pub fn is_waiting(&self) -> bool {
		self.fetches.values().any(|fetch| fetch.step.goes_on())
			|| !self.packs.is_empty()
			|| self.packed.is_some()
	}

	/// Law 2: whether somebody who was not asked for the own chunk has to be, as long as the rounds of this leaf are not over.
	/// Whoever lied is not.
	#[cfg(feature = "laws")]
	pub(crate) fn looks_for(&self, key: Key, validator: async_backing_primitives::ValidatorIndex) -> bool {
		self.fetches.get(&key).is_some_and(|fetch| {
			let is_open = fetch.rounds < crate::ROUNDS_PER_LEAF && !matches!(fetch.step, Step::WronglyCoded);
			is_open && !fetch.liars.contains(&validator)
		})
	}

	/// Law 3: how much it takes for open.
	#[cfg(feature = "laws")]
	pub fn taken_for_open(&self) -> usize {
		let recoveries = self.recoveries.requests() + self.recoveries.jobs();
		let own = self.requests.len() + self.jobs.len() + self.batches.len();
		own + recoveries + usize::from(self.timer.is_some())
	}

	/// Law 3: how many timers it waits for.
	#[cfg(feature = "laws")]
	pub fn timers_of_use(&self) -> usize {
		usize::from(self.timer.is_some())
	}

	/// Law 3: whether anything follows from the end of this job.
	#[cfg(feature = "laws")]
	pub fn is_of_use(&self, job: JobId) -> bool {
		let goes_on = |key: &Key, attempt: u64| {
			let fetch = self.fetches.get(key).filter(|fetch| fetch.attempt == attempt);
			fetch.is_some_and(|fetch| fetch.step.jobs().contains(&job))
		};
		match self.jobs.get(&job) {
			None => self.recoveries.is_of_use(job),
			Some(Work::Check(asked, _)) => goes_on(&asked.key, asked.attempt),
			Some(Work::Pack(key)) => self.packs.contains_key(key),
			Some(Work::Code(candidate)) => self.coding == Some(*candidate),
			Some(Work::Unpack) => self.packed.is_some(),
		}
	}

	/// Candidates whose own chunk is being fetched.
	#[cfg(feature = "laws")]
	pub(crate) fn fetched(&self) -> impl Iterator<Item = CandidateHash> + '_ {
		self.fetches.keys().map(|key| key.candidate)
	}

	/// Law 2: the round of questions for an own chunk: at a new leaf, or when everybody was asked, another one begins, and
	/// with a new fetch.
	#[cfg(feature = "laws")]
	pub(crate) fn round(&self, key: Key) -> Option<(u64, Hash, u32)> {
		let fetch = self.fetches.get(&key)?;
		Some((fetch.begun, fetch.leaf, fetch.rounds))
	}

	/// Whether an answer to this request is still of use.
	pub fn is_awaiting(&self, request: RequestId) -> bool {
		let Some(asked) = self.requests.get(&request) else {
			return self.recoveries.is_awaiting(request);
		};
		let fetch = self.fetches.get(&asked.key);
		fetch.is_some_and(|fetch| fetch.attempt == asked.attempt)
	}

	/// Takes an input in. Returns what the neighbours must hear, in order.
	///
	/// Cost: a few look-ups, and for chain events once through what is kept; never more than 64 KiB of bytes (law 1).
	pub fn handle(
		&mut self,
		now: Instant,
		input: Input<AvailabilityWords>,
		chain: &ChainView,
		out: &mut Outbox<AvailabilityWords>,
	) -> Vec<Effect> {
		let mut cx = Cx {
			now,
			chain,
			out,
			effects: Vec::new(),
		};
		match input {
			Input::Chain(event) => self.chain_event(event, &mut cx),
			// A peer that goes has ended its requests before; the chain view knows who is there.
			Input::Peer(..) => return cx.effects,
			Input::Request(peer, ticket, request) => {
				self.serve(peer, ticket, request, &mut cx);
				// What somebody asks moves nothing but the answer (law 4).
				self.begin_jobs(&mut cx);
				self.set_timer(&mut cx);
				return cx.effects;
			}
			Input::Response(id, answer) => self.response(id, answer, &mut cx),
			Input::Done(id, result) => self.done(id, result, &mut cx),
			Input::Stored(batch) => self.stored(batch, &mut cx),
			Input::Timer(timer) => {
				if self.timer.is_some_and(|(own, _)| own == timer) {
					self.timer = None;
				}
			}
			Input::Propose(_, never, _) => match never {},
			Input::Restored(snapshot) => self.restored(snapshot, &mut cx),
		}
		self.advance(&mut cx);
		cx.effects
	}

	/// Keeps the data of a candidate that this validator executed, with all chunks (R-AVL-5): it serves them from now on, and
	/// attests its own once that is stored.
	///
	/// # Errors
	/// [`NotKept`]: nobody can ask for it.
	pub fn store_coded(
		&mut self,
		now: Instant,
		own: OwnData,
		chain: &ChainView,
		out: &mut Outbox<AvailabilityWords>,
	) -> Result<Kept, NotKept> {
		let OwnData {
			candidate,
			place,
			data,
			coded,
		} = own;
		let session = chain
			.session_of(place.relay_parent)
			.ok_or(NotKept::UnknownSession(place.relay_parent))?;
		let (expected, got) = (session.validators.len(), coded.chunks.len());
		if got != expected {
			return Err(NotKept::OtherSession { expected, got });
		}
		let own = session.own.ok_or(NotKept::NoValidator(place.relay_parent))?;
		let mapped = is_mapped(session);
		let index = chunk_index(expected, place.core, own, mapped)?;
		if self.store.data(candidate).is_some() {
			return Ok(if self.store.is_stored(candidate, index) {
				Kept::Already
			} else {
				Kept::Soon
			});
		}
		let mut cx = Cx {
			now,
			chain,
			out,
			effects: Vec::new(),
		};
		let meta = Meta {
			root: coded.root,
			// Sessions have less than 2^16 validators, or there would be no code.
			validators: u32::try_from(expected).unwrap_or(u32::MAX),
			mapped,
			place,
			seen: self.newest,
			included: None,
		};
		self.store.insert_data(candidate, meta, data, coded);
		self.served.note_new_pov(candidate, self.newest);
		// Chunks that were looked for elsewhere are here.
		let keys = self.fetches.keys().filter(|key| key.candidate == candidate);
		let keys: BTreeSet<_> = keys.copied().chain([Key { candidate, index }]).collect();
		for key in keys {
			self.end_fetch(key, &mut cx);
			self.pack(key);
		}
		self.make_room(Batch::default(), &mut cx);
		self.begin_jobs(&mut cx);
		self.set_timer(&mut cx);
		Ok(Kept::Soon)
	}

	/// The bitfield that this validator signs at a leaf (R-AVL-8), with the signing context of the leaf: bits for own chunks
	/// that outlive a crash. `None` if the block is no leaf, or this validator is none in its session. Asked for once a leaf,
	/// 1.5 s after its activation.
	pub fn bitfield(&self, leaf: Hash, chain: &ChainView) -> Option<AvailabilityBitfield> {
		let (facts, session) = (chain.leaf(leaf)?, chain.session_of(leaf)?);
		let own = session.own?;
		let (validators, mapped) = (session.validators.len(), is_mapped(session));
		let holds = |core, occupied: &OccupiedCore| {
			chunk_index(validators, core, own, mapped)
				.is_ok_and(|index| self.store.is_stored(occupied.candidate_hash, index))
		};
		let bits = (0..)
			.map(CoreIndex)
			.zip(&facts.cores)
			.map(|(core, state)| match state {
				CoreState::Occupied(occupied) => holds(core, occupied),
				CoreState::Scheduled(_) | CoreState::Free => false,
			});
		Some(AvailabilityBitfield(bits.collect()))
	}

	pub(crate) fn next_attempt(&mut self) -> u64 {
		self.attempts = self.attempts.wrapping_add(1);
		self.attempts
	}

	/// Ends a fetch: its jobs are cancelled, answers to its open requests will find nobody.
	pub(crate) fn end_fetch(&mut self, key: Key, cx: &mut Cx<'_>) -> Option<Box<Fetch>> {
		self.recoveries.end(&key.target(), cx.out);
		let fetch = self.fetches.remove(&key)?;
		for job in fetch.step.jobs() {
			cx.out.cancel(job);
		}
		Some(fetch)
	}

	/// The own chunk was found: it is kept, and attested once it is stored.
	pub(crate) fn keep(&mut self, key: Key, own: OwnChunk, cx: &mut Cx<'_>) {
		let Some(fetch) = self.end_fetch(key, cx) else {
			return;
		};
		let meta = Meta {
			root: fetch.root(),
			validators: u32::try_from(fetch.validators()).unwrap_or(u32::MAX),
			mapped: fetch.mapped,
			place: Placement {
				relay_parent: fetch.occupied.candidate_descriptor.scheduling_parent(),
				group: fetch.occupied.group_responsible,
				core: fetch.core,
			},
			seen: self.newest,
			included: None,
		};
		self.insert_own(key, meta, own, Batch::default(), cx);
	}

	pub(crate) fn insert_own(
		&mut self,
		key: Key,
		meta: Meta,
		own: OwnChunk,
		mut batch: Batch,
		cx: &mut Cx<'_>,
	) {
		self.store.insert_own(key.candidate, meta, own, &mut batch);
		if let Some(id) = self.make_room(batch, cx) {
			self.batches.insert(id, key);
		}
	}

	/// Writes, together with what must go for lack of room.
	pub(crate) fn make_room(&mut self, mut batch: Batch, cx: &mut Cx<'_>) -> Option<BatchId> {
		for (candidate, bytes) in self
			.store
			.make_room(&self.config, &self.pending, self.newest, &mut batch)
		{
			cx.out.event(AvailabilityEvent::Dropped { candidate, bytes });
		}
		for ticket in self.store.take_left_over() {
			cx.out.respond(ticket, Err(Refusal::Unknown));
		}
		(!batch.is_empty()).then(|| cx.out.store(batch))
	}

	fn stored(&mut self, batch: BatchId, cx: &mut Cx<'_>) {
		let Some(key) = self.batches.remove(&batch) else {
			return;
		};
		// Told once more if it was fetched before it was made: backing waits for it.
		if self.store.set_stored(key.candidate, key.index) {
			cx.effect(Effect::Stored {
				candidate: key.candidate,
			});
		}
	}

	/// Has time told when the next thing is due.
	pub(crate) fn set_timer(&mut self, cx: &mut Cx<'_>) {
		let pauses = self.fetches.values().filter_map(|fetch| match fetch.step {
			Step::Pausing(until) => Some(until),
			_ => None,
		});
		let due = pauses.chain(self.retry).min();
		if self.timer.map(|(_, at)| at) == due {
			return;
		}
		if let Some((timer, _)) = self.timer.take() {
			cx.out.clear_timer(timer);
		}
		self.timer = due.map(|at| (cx.out.set_timer(at), at));
	}
}
