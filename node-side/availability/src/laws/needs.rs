//! The world in which the kit tries recoveries: candidates of two kinds of sessions, mapped or not, whose data is wanted
//! and then not any more.

use super::*;
use crate::{recoverer_memory_bound, Recoverer, RecoveryOf, MAX_RECOVERIES};

/// Candidates that are wanted at a time.
const MOST_WANTED: usize = 12;

/// The world of a [`Finder`].
#[derive(Debug)]
pub struct Needs {
	around: Surroundings,
	/// Candidates that the core was asked for.
	wanted: Vec<CandidateHash>,
}

impl Needs {
	/// A world with a first block.
	pub fn new(choices: &mut Choices<'_>) -> Self {
		Self {
			around: Surroundings::new(choices),
			wanted: Vec::new(),
		}
	}

	/// Something that a block of its session names.
	fn want(&self, choices: &mut Choices<'_>) -> Option<RecoveryOf> {
		let block = self.around.blocks.get(choices.index(self.around.blocks.len()))?;
		let number = self.around.candidate_of(block.session_index, choices);
		let (candidate, _, coded) = self.around.coded.get(number)?;
		let (core, mapped) = placed(number);
		let keys = keys_of(block.session_index);
		let own = keys.iter().position(|other| *other == key(0));
		Some(RecoveryOf {
			candidate: *candidate,
			root: coded.root,
			block: block.block.hash,
			validators: VALIDATORS.into(),
			own: own.and_then(|own| u32::try_from(own).ok()).map(ValidatorIndex),
			backers: [3, 4, 5].map(ValidatorIndex).to_vec(),
			core,
			mapped,
			held: None,
			whole_first: number.is_multiple_of(5),
		})
	}
}

impl World for Needs {
	type Core = Finder;

	fn core(&mut self) -> Finder {
		Finder {
			chain: ChainView::new(Some(key(0)), Limits::default()),
			part: Recoverer::default(),
		}
	}

	fn next(&mut self, open: &Open<FinderWords>, choices: &mut Choices<'_>) -> Stimulus<FinderWords> {
		if let Some(facts) = self.around.untold.pop_front() {
			let event = ChainEvent::Imported { facts, fresh: true };
			return Stimulus::honest(Act::Chain(Need::Chain(event)));
		}
		let identity = |choices: &mut Choices<'_>| match choices.below(u64::from(VALIDATORS) + 1) {
			name if name > 0 && name < VALIDATORS.into() => Identity::of(key(name as u8)),
			_ => Identity::stranger(),
		};
		let Some(peer) = open.speaker(choices) else {
			return Stimulus::honest(Act::Connect(Identity::of(key(3))));
		};
		match choices.below(12) {
			0..=2 if open.peers.len() < MOST_PEERS => Stimulus::honest(Act::Connect(identity(choices))),
			3 => Stimulus::honest(Act::Request(
				peer,
				self.around.request(open.loud.is_some(), choices),
			)),
			4..=7 if self.wanted.len() < MOST_WANTED => match self.want(choices) {
				Some(of) => {
					self.wanted.push(of.candidate);
					Stimulus::honest(Act::Chain(Need::Wanted(Box::new(of))))
				}
				None => Stimulus::honest(Act::Nothing),
			},
			8 if !self.wanted.is_empty() && choices.one_in(3) => {
				let candidate = self.wanted.swap_remove(choices.index(self.wanted.len()));
				Stimulus::honest(Act::Chain(Need::Unwanted(candidate)))
			}
			9 => {
				self.around.add_block(choices);
				Stimulus::honest(Act::Nothing)
			}
			10 => match self.around.finalized() {
				Some(event) => Stimulus::honest(Act::Chain(Need::Chain(event))),
				None => Stimulus::honest(Act::Nothing),
			},
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: AvailabilityJob, _: &mut Choices<'_>) -> AvailabilityDone {
		run(job)
	}

	fn answer(
		&mut self,
		_: PeerId,
		request: &AvailabilityRequest,
		_: &Open<FinderWords>,
		choices: &mut Choices<'_>,
	) -> Reply<FinderWords> {
		let number = self.around.number_of(request.candidate()).unwrap_or(0);
		let (response, intent) = self.around.reply(request, placed(number), choices);
		Reply { response, intent }
	}

	fn memory_bound(&self) -> usize {
		// The chain view is not what is tried.
		recoverer_memory_bound(VALIDATORS.into(), MAX_RECOVERIES, 1024).saturating_add(1 << 18)
	}

	/// A few words for each candidate that is wanted, and the chain view.
	fn rest_bound(&self, finder: &Finder) -> usize {
		finder.part.len() * CANDIDATE + chain_at_rest(&finder.chain) + REST
	}

	fn taken_for_open(&self, finder: &Finder) -> usize {
		finder.part.taken_for_open()
	}

	fn timers_of_use(&self, finder: &Finder) -> Option<usize> {
		Some(finder.part.timers_of_use())
	}

	fn is_of_use(&self, finder: &Finder, job: JobId) -> bool {
		finder.part.is_of_use(job)
	}

	/// Nothing that peers send is hashed while they wait.
	fn light(&self) -> usize {
		0
	}

	fn allowance(&self, input: &Input<FinderWords>) -> usize {
		match input {
			Input::Chain(_) => 1 << 16,
			_ => 0,
		}
	}

	fn is_waiting(&self, finder: &Finder) -> bool {
		!finder.part.is_empty()
	}

	/// Of backers who were not asked for all of it: chunks are asked for in windows, each under a name of its own.
	fn has_successor(
		&self,
		finder: &Finder,
		request: &AvailabilityRequest,
		tried: &[PeerId],
		open: &Open<FinderWords>,
	) -> bool {
		let candidate = request.candidate();
		let keys = self
			.around
			.number_of(candidate)
			.map(|number| keys_of(number as SessionIndex))
			.unwrap_or_default();
		let is_left = |key: &ValidatorId| {
			let index = keys.iter().position(|other| other == key);
			let index = index
				.and_then(|index| u32::try_from(index).ok())
				.map(ValidatorIndex);
			index.is_some_and(|index| finder.part.will_ask_for_all(candidate, index))
		};
		let untried = |(peer, identity): (&PeerId, &Identity)| {
			!tried.contains(peer) && identity.authorities.iter().any(is_left)
		};
		matches!(request, AvailabilityRequest::AvailableData(_)) && open.peers.iter().any(untried)
	}

	fn round(&self, finder: &Finder, request: &AvailabilityRequest) -> u64 {
		finder.part.round(request.candidate())
	}

	fn is_stranger(&self, peer: PeerId, open: &Open<FinderWords>) -> bool {
		let identity = open.peers.get(&peer);
		identity.is_some_and(|identity| identity.authorities.is_empty())
	}

	fn is_awaited(&self, finder: &Finder, request: RequestId) -> bool {
		finder.part.is_awaiting(request)
	}

	fn is_right_peer(&self, peer: PeerId, request: &AvailabilityRequest, open: &Open<FinderWords>) -> bool {
		let (Some(candidate), Some(identity)) =
			(self.around.number_of(request.candidate()), open.peers.get(&peer))
		else {
			return false;
		};
		let keys = keys_of(candidate as SessionIndex);
		let backers = keys.get(3..).unwrap_or_default();
		let whose = match request {
			AvailabilityRequest::Chunk { index, .. } => keys.get(index.as_usize()),
			AvailabilityRequest::AvailableData(_) | AvailabilityRequest::Pov(_) => None,
		};
		let mut known = identity.authorities.iter();
		// Chunks of others, and all of it, are asked of backers (R-NET-100).
		known.any(|key| backers.contains(key) || whose == Some(key))
	}

	fn judge(
		&mut self,
		_: &Finder,
		outputs: &[Output<FinderWords>],
		_: &Open<FinderWords>,
	) -> Result<(), Breach> {
		for output in outputs {
			let Output::Event(Found::Ended(outcome)) = output else {
				continue;
			};
			let (candidate, is_right) = match outcome {
				Outcome::Recovered { candidate, data } => {
					let number = self.around.number_of(*candidate);
					let coded = number.and_then(|number| self.around.coded.get(number));
					(candidate, coded.is_some_and(|(_, right, _)| right == data))
				}
				// All are coded rightly here.
				Outcome::Invalid { candidate } => (candidate, false),
				Outcome::Unavailable { candidate } => (candidate, true),
			};
			if !is_right {
				return Err(Breach::new(Law::Checked, "data is not what it should be"));
			}
			let Some(at) = self.wanted.iter().position(|wanted| wanted == candidate) else {
				return Err(Breach::new(Law::Ends, "nobody wants it, or it ended before"));
			};
			self.wanted.retain({
				let ended = *self.wanted.get(at).unwrap_or(candidate);
				move |wanted| *wanted != ended
			});
		}
		Ok(())
	}

	fn crashed(&mut self) {
		self.around.crashed();
		self.wanted.clear();
	}
}

/// The core of a candidate, and whether its chunks are mapped.
fn placed(number: usize) -> (CoreIndex, bool) {
	(CoreIndex(number as u32 % 7), number.is_multiple_of(3))
}
