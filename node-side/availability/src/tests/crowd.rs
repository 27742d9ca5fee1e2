//! Validators who have the chunks of a candidate, each in its own way, and one who wants its data.

use super::world::data_of;
use crate::*;
use async_backing_machine::{
	Input, Instant, JobFailure, JobId, Outbox, Output, PeerId, Refusal, RequestFailure, RequestId, TimerId,
};
use async_backing_primitives::{AvailableData, CandidateHash, CoreIndex, Hash, ValidatorIndex};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::Duration,
};

pub(super) const BLOCK: Hash = Hash::repeat_byte(9);
pub(super) const OTHER_BLOCK: Hash = Hash::repeat_byte(8);

/// How somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
	/// Well, after so many milliseconds.
	Honest(u64),
	Silent,
	/// It has nothing, and says so.
	Empty,
	/// A chunk or data of something else.
	Foreign,
	/// The right bytes under another index, or another proof of validity.
	Moved,
	/// Nothing at all, as if it were something.
	Hollow,
	/// An answer to another question.
	Astray,
	/// It is not connected.
	Gone,
}

impl Kind {
	pub(super) fn lies(self) -> bool {
		matches!(self, Self::Foreign | Self::Moved | Self::Hollow | Self::Astray)
	}
}

/// Validators who have a candidate's chunks, and one who wants its data.
pub(super) struct Crowd {
	pub(super) kinds: Vec<Kind>,
	pub(super) of: RecoveryOf,
	pub(super) data: Arc<AvailableData>,
	pub(super) coded: EncodedData,
	pub(super) foreign: EncodedData,
	pub(super) recoverer: Recoverer,
	pub(super) out: Outbox<AvailabilityWords>,
	pub(super) now: Instant,
	/// What comes when.
	pub(super) due: BTreeMap<(Instant, u64), Input<AvailabilityWords>>,
	pub(super) count: u64,
	pub(super) asked: Vec<(u64, AvailabilityRequest)>,
	pub(super) reported: BTreeSet<u64>,
	pub(super) outcomes: Vec<Outcome>,
	pub(super) timers: BTreeSet<TimerId>,
	pub(super) jobs: BTreeMap<JobId, AvailabilityJob>,
	/// Whether jobs are done.
	pub(super) works: bool,
}

/// The connections alone, for as long as the crowd is changed.
pub(super) struct Connections(pub(super) Vec<Kind>);

impl Peers for Connections {
	fn peer_of(&self, block: Hash, validator: ValidatorIndex) -> Option<PeerId> {
		let kind = self.0.get(validator.as_usize())?;
		(block == BLOCK && *kind != Kind::Gone).then(|| PeerId(validator.0.into()))
	}
}

pub(super) fn hash(seed: u64) -> CandidateHash {
	CandidateHash(Hash::from_low_u64_be(seed))
}

impl Crowd {
	pub(super) fn new(kinds: Vec<Kind>, bytes: usize, mapped: bool, core: u32) -> Self {
		let data = data_of(7, bytes);
		let validators = kinds.len();
		let coded = encode(validators, &data).expect("a code exists");
		Self {
			of: RecoveryOf {
				candidate: hash(3),
				root: coded.root,
				block: BLOCK,
				validators,
				own: None,
				backers: (0..validators.min(3) as u32).map(ValidatorIndex).collect(),
				core: CoreIndex(core),
				mapped,
				held: None,
				whole_first: false,
			},
			foreign: encode(validators, &data_of(8, bytes)).expect("a code exists"),
			kinds,
			data,
			coded,
			recoverer: Recoverer::default(),
			out: Outbox::default(),
			now: Instant::from_secs(100),
			due: BTreeMap::new(),
			count: 0,
			asked: Vec::new(),
			reported: BTreeSet::new(),
			outcomes: Vec::new(),
			timers: BTreeSet::new(),
			jobs: BTreeMap::new(),
			works: true,
		}
	}

	pub(super) fn begin(&mut self) {
		let of = self.of.clone();
		self.begin_with(of).expect("there is room");
	}

	pub(super) fn begin_with(&mut self, of: RecoveryOf) -> Result<(), Refused> {
		let peers = Connections(self.kinds.clone());
		let outcomes = self.recoverer.recover(self.now, of, &peers, &mut self.out)?;
		self.outcomes.extend(outcomes);
		self.settle();
		Ok(())
	}

	pub(super) fn handle(&mut self, input: Input<AvailabilityWords>) {
		let peers = Connections(self.kinds.clone());
		let outcomes = self.recoverer.handle(self.now, input, &peers, &mut self.out);
		self.outcomes.extend(outcomes);
	}

	fn plan(&mut self, at: Instant, input: Input<AvailabilityWords>) {
		self.count += 1;
		self.due.insert((at, self.count), input);
	}

	pub(super) fn settle(&mut self) {
		loop {
			while let Some(output) = self.out.pop() {
				match output {
					Output::Request {
						id,
						peer,
						request,
						timeout,
					} => self.ask(id, peer, request, timeout),
					Output::Report(peer, _) => {
						self.reported.insert(peer.0);
					}
					Output::Job { id, job, .. } => {
						self.jobs.insert(id, job);
					}
					Output::Cancel(id) => {
						if self.jobs.remove(&id).is_some() {
							self.handle(Input::Done(id, Err(JobFailure::Cancelled)));
						}
					}
					Output::SetTimer(timer, at) => {
						self.timers.insert(timer);
						self.plan(at, Input::Timer(timer));
					}
					Output::ClearTimer(timer) => {
						self.timers.remove(&timer);
					}
					Output::Respond(_, answer) => assert_eq!(answer, Err(Refusal::Unknown), "R-NET-103"),
					Output::Event(_) => {}
					other => panic!("{other:?}"),
				}
			}
			if !self.works {
				return;
			}
			let Some((id, job)) = self.jobs.pop_first() else {
				return;
			};
			self.handle(Input::Done(id, Ok(run(job))));
		}
	}

	fn ask(&mut self, id: RequestId, peer: PeerId, request: AvailabilityRequest, timeout: Duration) {
		self.asked.push((peer.0, request));
		let is_whole = matches!(request, AvailabilityRequest::AvailableData(_));
		assert_eq!(timeout, if is_whole { DATA_TIMEOUT } else { CHUNK_TIMEOUT });
		let who = peer.0 as usize;
		let (after, answer) = match self.kinds[who] {
			Kind::Silent | Kind::Gone => (timeout, Err(RequestFailure::TimedOut)),
			Kind::Empty => (Duration::from_millis(20), Err(RequestFailure::Refused)),
			Kind::Honest(millis) => (Duration::from_millis(millis), self.answer(who, request)),
			lie => (Duration::from_millis(20), self.lie(lie, request)),
		};
		self.plan(self.now + after, Input::Response(id, answer));
	}

	fn index_of(&self, validator: ValidatorIndex) -> usize {
		let of = &self.of;
		chunk_index(of.validators, of.core, validator, of.mapped).expect("in range") as usize
	}

	fn answer(
		&self,
		who: usize,
		request: AvailabilityRequest,
	) -> Result<AvailabilityResponse, RequestFailure> {
		let is_backer = self.of.backers.contains(&ValidatorIndex(who as u32));
		match request {
			AvailabilityRequest::Chunk { index, plain, .. } => {
				assert_eq!(plain, !self.of.mapped, "R-NET-99");
				let is_its = is_backer || index.as_usize() == who;
				assert!(is_its, "R-NET-100: chunks of others are asked of backers alone");
				Ok(AvailabilityResponse::Chunk(
					self.coded.chunks[self.index_of(index)].clone(),
				))
			}
			_ if is_backer => Ok(AvailabilityResponse::AvailableData(self.data.clone())),
			_ => panic!("only backers have the data"),
		}
	}

	fn lie(&self, kind: Kind, request: AvailabilityRequest) -> Result<AvailabilityResponse, RequestFailure> {
		let index = match request {
			AvailabilityRequest::Chunk { index, .. } => self.index_of(index),
			_ => {
				let data = data_of(9, 30);
				return Ok(match kind {
					Kind::Astray => AvailabilityResponse::Pov(Arc::new(data.pov.clone())),
					_ => AvailabilityResponse::AvailableData(data),
				});
			}
		};
		let right = self.coded.chunks[index].clone();
		Ok(match kind {
			Kind::Foreign => AvailabilityResponse::Chunk(self.foreign.chunks[index].clone()),
			Kind::Moved => AvailabilityResponse::Chunk(Arc::new(ErasureChunk {
				index: right.index.wrapping_add(1),
				..(*right).clone()
			})),
			Kind::Hollow => AvailabilityResponse::Chunk(Arc::new(ErasureChunk {
				chunk: Vec::new(),
				..(*right).clone()
			})),
			_ => AvailabilityResponse::AvailableData(self.data.clone()),
		})
	}

	/// Time goes on until nothing is due any more. How long it took.
	pub(super) fn run(&mut self) -> Duration {
		let start = self.now;
		let mut end = start;
		for _ in 0..20_000 {
			let Some(((at, _), input)) = self.due.pop_first() else {
				assert_eq!(self.recoverer.open_requests(), 0, "law 2");
				assert!(self.recoverer.is_empty(), "law 2");
				return end - start;
			};
			if matches!(input, Input::Timer(timer) if !self.timers.remove(&timer)) {
				continue;
			}
			self.now = at;
			let before = self.outcomes.len();
			self.handle(input);
			self.settle();
			assert!(self.recoverer.open_requests() <= MAX_OPEN_REQUESTS, "law 3");
			if self.outcomes.len() > before {
				end = self.now;
			}
		}
		panic!("it asks for ever");
	}

	/// Whether the data is what came of it. (To print it is no help.)
	pub(super) fn has_recovered(&self) -> bool {
		let recovered = Outcome::Recovered {
			candidate: self.of.candidate,
			data: self.data.clone(),
		};
		self.outcomes == [recovered]
	}

	/// How often whole data was asked for, and chunks.
	pub(super) fn counts(&self) -> (usize, usize) {
		let is_whole = |(_, request): &&(u64, _)| matches!(request, AvailabilityRequest::AvailableData(_));
		let whole = self.asked.iter().filter(is_whole).count();
		(whole, self.asked.len() - whole)
	}
}
