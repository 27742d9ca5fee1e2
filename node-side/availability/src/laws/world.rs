//! The world in which the kit tries the part: what happens in it, and what holds.

use super::*;

impl Surroundings {
	/// What somebody answers, well or badly, about a candidate with this core, whose chunks are mapped or not.
	pub(super) fn reply(
		&self,
		request: &AvailabilityRequest,
		(core, mapped): (CoreIndex, bool),
		choices: &mut Choices<'_>,
	) -> (AvailabilityResponse, Intent) {
		let right = self.number_of(request.candidate()).unwrap_or(0);
		let lie = choices.below(10);
		let which = if lie == 6 {
			(right + 2) % self.coded.len()
		} else {
			right
		};
		let (data, coded) = self
			.coded
			.get(which)
			.map(|(_, data, coded)| (data.clone(), coded))
			.expect("there are candidates; qed");
		match request {
			AvailabilityRequest::Chunk { index, .. } => {
				let of = ValidatorIndex(index.0 % u32::from(VALIDATORS));
				let index = chunk_index(VALIDATORS.into(), core, of, mapped).unwrap_or(0) as usize;
				let index = (index + usize::from(lie == 7)) % coded.chunks.len();
				// A copy, so that what the core holds is its own.
				let chunk = coded.chunks.get(index).map(|chunk| (**chunk).clone());
				let mut chunk: ErasureChunk = chunk.expect("there are as many as validators; qed");
				match lie {
					8 => chunk.index = u32::MAX,
					9 => chunk.chunk.clear(),
					_ => {}
				}
				let chunk = Arc::new(chunk);
				let intent = match lie {
					6 => Intent::Hostile(Penalty::Later),
					7..=9 => Intent::Hostile(Penalty::AtOnce),
					_ => Intent::Honest,
				};
				(AvailabilityResponse::Chunk(chunk), intent)
			}
			AvailabilityRequest::AvailableData(_) | AvailabilityRequest::Pov(_) => match lie {
				6 => (
					AvailabilityResponse::AvailableData(data),
					Intent::Hostile(Penalty::Later),
				),
				7 => (
					AvailabilityResponse::Pov(Arc::new(data.pov.clone())),
					Intent::Hostile(Penalty::AtOnce),
				),
				_ => (AvailabilityResponse::AvailableData(data), Intent::Honest),
			},
		}
	}
}

impl World for Surroundings {
	type Core = Keeper;

	fn core(&mut self) -> Keeper {
		Keeper {
			chain: ChainView::new(Some(key(0)), Limits::default()),
			part: Availability::new(config()),
		}
	}

	fn next(&mut self, open: &Open<KeeperWords>, choices: &mut Choices<'_>) -> Stimulus<KeeperWords> {
		if let Some(facts) = self.untold.pop_front() {
			let event = ChainEvent::Imported { facts, fresh: true };
			return Stimulus::honest(Act::Chain(Happening::Chain(event)));
		}
		let identity = |choices: &mut Choices<'_>| match choices.below(u64::from(VALIDATORS) + 2) {
			name if name > 0 && name < VALIDATORS.into() => Identity::of(key(name as u8)),
			_ => Identity::stranger(),
		};
		let Some(peer) = open.speaker(choices) else {
			return Stimulus::honest(Act::Connect(Identity::of(key(3))));
		};
		let is_loud = open.loud.is_some();
		match choices.below(16) {
			_ if is_loud && !choices.one_in(8) => {
				Stimulus::honest(Act::Request(peer, self.request(true, choices)))
			}
			0..=2 if open.peers.len() < MOST_PEERS => Stimulus::honest(Act::Connect(identity(choices))),
			3..=9 => Stimulus::honest(Act::Request(peer, self.request(false, choices))),
			10..=12 => {
				self.add_block(choices);
				Stimulus::honest(Act::Nothing)
			}
			13 => match self.execute(choices) {
				Some(happening) => Stimulus::honest(Act::Chain(happening)),
				None => Stimulus::honest(Act::Nothing),
			},
			14 => match self.finalized() {
				Some(event) => Stimulus::honest(Act::Chain(Happening::Chain(event))),
				None => Stimulus::honest(Act::Nothing),
			},
			15 if choices.one_in(4) && self.blocks.len() > 3 => match self.blocks.pop_back() {
				Some(facts) => {
					let hash = facts.block.hash;
					Stimulus::honest(Act::Chain(Happening::Chain(ChainEvent::Reverted { hash })))
				}
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
		_: &Open<KeeperWords>,
		choices: &mut Choices<'_>,
	) -> Reply<KeeperWords> {
		// Nothing is mapped here.
		let (response, intent) = self.reply(request, (CoreIndex(0), false), choices);
		Reply { response, intent }
	}

	fn memory_bound(&self) -> usize {
		// The chain view is not what is tried.
		memory_bound_for(&config(), VALIDATORS.into(), CORES as usize, BLOCKS, 1024).saturating_add(1 << 18)
	}

	/// What is kept, a node of a tree and keys for each candidate that is kept or was looked for, and the chain view.
	fn rest_bound(&self, keeper: &Keeper) -> usize {
		let Keeper { chain, part } = keeper;
		let store = part.store();
		let candidates = store.len() + part.fetched().count();
		store.bytes() + candidates * CANDIDATE + chain_at_rest(chain) + REST
	}

	fn taken_for_open(&self, keeper: &Keeper) -> usize {
		keeper.part.taken_for_open()
	}

	fn timers_of_use(&self, keeper: &Keeper) -> Option<usize> {
		Some(keeper.part.timers_of_use())
	}

	fn is_of_use(&self, keeper: &Keeper, job: JobId) -> bool {
		keeper.part.is_of_use(job)
	}

	/// Nothing that peers send is hashed while they wait.
	fn light(&self) -> usize {
		0
	}

	/// Blocks name candidates by their receipts.
	fn allowance(&self, input: &Input<KeeperWords>) -> usize {
		match input {
			Input::Chain(_) => 1 << 16,
			Input::Restored(_) => 1 << 20,
			_ => 0,
		}
	}

	fn is_waiting(&self, keeper: &Keeper) -> bool {
		keeper.part.is_waiting()
	}

	fn has_successor(
		&self,
		keeper: &Keeper,
		request: &AvailabilityRequest,
		tried: &[PeerId],
		open: &Open<KeeperWords>,
	) -> bool {
		let Some(candidate) = self.number_of(request.candidate()) else {
			return false;
		};
		let keys = keys_of(candidate as SessionIndex);
		let backers = keys.get(3..).unwrap_or_default();
		let is_own = matches!(request, AvailabilityRequest::Chunk { index, .. } if keys.get(index.as_usize()) == Some(&key(0)));
		let index_of = |of: &ValidatorId| {
			let index = keys.iter().position(|key| key == of)?;
			u32::try_from(index).ok()
		};
		let looks_for = |validator: &ValidatorId| {
			let (own, theirs) = (index_of(&key(0)), index_of(validator));
			own.zip(theirs).is_some_and(|(index, theirs)| {
				let candidate = request.candidate();
				keeper
					.part
					.looks_for(Key { candidate, index }, ValidatorIndex(theirs))
			})
		};
		let untried = |(peer, identity): (&PeerId, &Identity)| {
			let mut keys = identity.authorities.iter();
			!tried.contains(peer) && keys.any(|key| backers.contains(key) && looks_for(key))
		};
		is_own && open.peers.iter().any(untried)
	}

	/// Blocks here are called by their numbers, and rounds of a leaf are few.
	fn round(&self, keeper: &Keeper, request: &AvailabilityRequest) -> u64 {
		let candidate = request.candidate();
		let own = self.number_of(candidate).and_then(|number| {
			let keys = keys_of(number as SessionIndex);
			keys.iter().position(|other| *other == key(0))
		});
		let index = own.and_then(|own| u32::try_from(own).ok());
		let round = index.and_then(|index| keeper.part.round(Key { candidate, index }));
		round.map_or(0, |(begun, leaf, rounds)| {
			begun << 32 | leaf.to_low_u64_be() << 8 | u64::from(rounds)
		})
	}

	fn is_stranger(&self, peer: PeerId, open: &Open<KeeperWords>) -> bool {
		let identity = open.peers.get(&peer);
		identity.is_some_and(|identity| identity.authorities.is_empty())
	}

	fn is_awaited(&self, keeper: &Keeper, request: RequestId) -> bool {
		keeper.part.is_awaiting(request)
	}

	/// What is told to be stored can be attested.
	fn promises(&self, output: &Output<KeeperWords>) -> Vec<Promise> {
		match output {
			Output::Event(AvailabilityEvent::Effect(Effect::Stored { candidate })) => vec![Promise {
				key: candidate.0.as_bytes().to_vec(),
				value: Vec::new(),
			}],
			_ => Vec::new(),
		}
	}

	fn remembers(&self, keeper: &Keeper, promise: &Promise) -> bool {
		let hash = CandidateHash(Hash::from_slice(&promise.key));
		let own = self.number_of(hash).and_then(|candidate| {
			let keys = keys_of(candidate as SessionIndex);
			keys.iter().position(|other| *other == key(0))
		});
		own.and_then(|own| u32::try_from(own).ok())
			.is_some_and(|own| keeper.part.store().is_stored(hash, own))
	}

	fn is_right_peer(&self, peer: PeerId, request: &AvailabilityRequest, open: &Open<KeeperWords>) -> bool {
		let (Some(candidate), Some(identity)) = (self.number_of(request.candidate()), open.peers.get(&peer))
		else {
			return false;
		};
		let keys = keys_of(candidate as SessionIndex);
		match request {
			AvailabilityRequest::Chunk { index, .. } => {
				let whose = keys.get(index.as_usize());
				let is_own = whose == Some(&key(0));
				let mut known = identity.authorities.iter();
				known.any(|key| is_own && keys.contains(key) || whose == Some(key))
			}
			_ => identity.authorities.iter().any(|key| keys.contains(key)),
		}
	}

	fn patience(&self) -> Duration {
		Duration::from_secs(60)
	}

	fn told(&mut self, input: &Input<KeeperWords>, _: &Open<KeeperWords>) {
		self.is_chain = matches!(input, Input::Chain(Happening::Chain(_)));
		if let Input::Chain(Happening::Executed(own)) = input {
			let made = &own.data.pov.block_data.0;
			self.claimed.retain(|(_, pov), _| pov != made);
		}
	}

	fn judge(
		&mut self,
		keeper: &Keeper,
		outputs: &[Output<KeeperWords>],
		open: &Open<KeeperWords>,
	) -> Result<(), Breach> {
		for output in outputs {
			match output {
				Output::Event(AvailabilityEvent::Effect(Effect::Stored { candidate })) => {
					self.kept.push_back(*candidate);
					if self.kept.len() > REMEMBERED {
						self.kept.pop_front();
					}
				}
				Output::Respond(ticket, Ok(response)) => {
					let bytes = match response {
						AvailabilityResponse::Chunk(chunk) => chunk.size(),
						AvailabilityResponse::AvailableData(data) => data.encoded_size(),
						AvailabilityResponse::Pov(pov) => pov.encoded_size(),
					};
					let identity = open.tickets.get(ticket).and_then(|peer| open.peers.get(peer));
					let who = identity.and_then(|identity| identity.authorities.first().cloned());
					let is_claimed = match response {
						AvailabilityResponse::Pov(pov) => self.claims(who.as_ref(), pov),
						_ => false,
					};
					if !is_claimed {
						self.give(who, bytes, open.now)?;
					}
				}
				_ => {}
			}
		}
		if keeper.part.store().bytes() > config().max_bytes {
			return Err(Breach::new(Law::Memory, "more is kept than there is room for"));
		}
		let is_pending = |candidate| {
			let mut leaves = keeper.chain.leaves();
			leaves.any(|leaf| cores_of(leaf).any(|core| core.candidate_hash == candidate))
		};
		if self.is_chain && !keeper.part.fetched().all(is_pending) {
			let what = "a chunk is fetched that no leaf waits for";
			return Err(Breach::new(Law::Ends, what));
		}
		Ok(())
	}

	fn crashed(&mut self) {
		self.untold = self.blocks.clone();
		self.kept.clear();
		self.shares.clear();
		self.claimed.clear();
	}
}
