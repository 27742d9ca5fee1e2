//! The world in which the kit tries the validator: what happens in it, and what holds.

use super::*;

impl World for Town {
	type Core = Validator;

	fn core(&mut self) -> Validator {
		Validator::new(ValidatorConfig {
			availability: availability(),
			limits: Limits {
				leaves: LEAVES,
				..Limits::default()
			},
			..ValidatorConfig::new(key(0))
		})
	}

	fn next(&mut self, open: &Open<NodeWords>, choices: &mut Choices<'_>) -> Stimulus<NodeWords> {
		// Others may hear of a block before this validator does.
		if choices.below(3) == 0 {
			if let Some(event) = self.untold.pop_front() {
				return Stimulus::honest(Act::Chain(event.into()));
			}
		}
		let Some(peer) = open.speaker(choices) else {
			return Stimulus::honest(Act::Connect(Identity::of(key(1)).into()));
		};
		let who = open.peers.get(&peer).cloned().unwrap_or_default();
		match choices.below(24) {
			_ if open.loud.is_some() && !choices.one_in(8) => self.message(peer, &who, open, choices),
			0..=11 => self.message(peer, &who, open, choices),
			12..=14 => {
				let sample = self.sample(choices);
				let request = match choices.below(8) {
					0..=2 => Request::Pov(sample.hash()),
					3..=5 => Request::Chunk {
						candidate: sample.hash(),
						index: ValidatorIndex(choices.below(7) as u32),
						plain: choices.flip(),
					},
					6 => Request::AvailableData(sample.hash()),
					_ => sample.request(),
				};
				Stimulus::honest(Act::Request(peer, request))
			}
			15..=17 if open.peers.len() < MOST_PEERS => {
				let who = match choices.below(12) {
					index @ 1..=7 => Identity::of(key(index as u8)).into(),
					8 => Identity::stranger().into(),
					_ => collators::collator(choices),
				};
				Stimulus::honest(Act::Connect(who))
			}
			18 => {
				let block = self.block(choices);
				let proposing = Proposing {
					parent: block.facts.block.hash,
					slot: block.facts.slot + 1,
				};
				Stimulus::honest(Act::Propose(proposing, Duration::from_millis(500)))
			}
			19..=20 => {
				let back = if choices.one_in(6) { 1 } else { 0 };
				self.grow(back, choices.one_in(12));
				Stimulus::honest(Act::Nothing)
			}
			21 if choices.one_in(3) => {
				if let Some((hash, number)) = self.chain.finalize() {
					self.untold.push_back(ChainEvent::Finalized { hash, number });
				}
				Stimulus::honest(Act::Nothing)
			}
			22 if choices.one_in(16) => {
				if let Some(hash) = self.chain.revert() {
					self.untold.push_back(ChainEvent::Reverted { hash });
				}
				Stimulus::honest(Act::Nothing)
			}
			// It proves other keys than before, or none.
			22 => {
				let identity = match choices.below(8) {
					0 => Identity::stranger(),
					index => Identity::of(key(index as u8)),
				};
				Stimulus::honest(Act::Identify(peer, NodePeer { identity, ..who }))
			}
			23 if choices.flip() => Stimulus::honest(Act::Chain(self.recovery(choices))),
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: Job, _: &mut Choices<'_>) -> Done {
		let signer = self.port.clone();
		let (done, _) = work::run(job, &mut self.port, &signer, &mut NoBox);
		done.expect("this port finishes what it begins; qed")
	}

	fn answer(
		&mut self,
		_: PeerId,
		request: &Request,
		_: &Open<NodeWords>,
		choices: &mut Choices<'_>,
	) -> Reply<NodeWords> {
		let asked = request.candidate();
		let found = self
			.chain
			.samples()
			.find(|sample| sample.hash() == asked)
			.cloned();
		let (is_right, sample) = match found {
			Some(sample) if !choices.one_in(6) => (true, sample),
			_ => (false, self.sample(choices)),
		};
		if !matches!(request, Request::Pov(_)) && choices.one_in(32) {
			return Reply {
				response: Response::Pov(Arc::new(PoV::default())),
				intent: Intent::Hostile(Penalty::AtOnce),
			};
		}
		let response = match request {
			_ if choices.one_in(32) => Response::Pov(Arc::new(PoV::default())),
			Request::Attested(_) => {
				let known = self.chain.session_at(sample.scheduling_parent());
				let keys = known.map_or(&[][..], |(_, keys)| keys);
				Response::Attested(sample.attested(&self.port, keys))
			}
			Request::Collation { .. } => Response::Collation(CollationResponse {
				receipt: sample.receipt.to_plain(),
				pov: sample.pov.clone(),
				parent_head_data: choices.flip().then(|| sample.validation_data.parent_head.clone()),
			}),
			Request::Pov(_) => Response::Pov(sample.pov.clone()),
			Request::AvailableData(_) => Response::AvailableData(Arc::new(sample.data())),
			Request::Chunk { index, .. } => {
				let chunks = sample.chunks();
				let index = usize::try_from(index.0).unwrap_or(0) % chunks.len();
				Response::Chunk(chunks[index].clone())
			}
		};
		let is_collation = matches!(request, Request::Collation { .. }) && sample.hash() != asked;
		let intent = match is_right {
			true => Intent::Honest,
			false if is_collation => Intent::Hostile(Penalty::AtOnce),
			false => Intent::Hostile(Penalty::None),
		};
		Reply { response, intent }
	}

	/// The sum of the parts' bounds, where nothing is larger than in this world: data; statements that wait for their check
	/// or for their leaf; candidates of six validators in scope, with trees; advertisements; blocks, with bitfields and
	/// promises at each.
	fn memory_bound(&self) -> usize {
		const STATEMENT: usize = 2048;
		let data = memory_bound_for(&availability(), 6, 2, LEAVES, 1024);
		let statements = MOST_PEERS * EarlyLimits::validators().per_peer * STATEMENT + STATED;
		let candidates = 6 * 3 * LEAVES * 3 * (2 * STATEMENT);
		let advertised = memory_bound(MOST_PEERS, LEAVES * 3, 2);
		let blocks = REMEMBERED * 3 * 16 * 1024;
		let recovered = recoverer_memory_bound(6, MAX_RECOVERIES, 1024);
		[statements, candidates, advertised, blocks, recovered]
			.into_iter()
			.fold(data, usize::saturating_add)
	}

	/// Data, statements and candidates that are in scope, what is recovered, promises, and the chain view.
	fn rest_bound(&self, validator: &Validator) -> usize {
		let store = validator.availability.store();
		let recovered = validator.recoverer.len() * 1024;
		store.bytes() + store.len() * 1024 + recovered + validator.backing.bytes() + STATED + REST
	}

	fn taken_for_open(&self, validator: &Validator) -> usize {
		judge::taken_for_open(validator)
	}

	fn keeps(&self, validator: &Validator, peer: PeerId) -> bool {
		judge::keeps(validator, peer)
	}

	fn timers_of_use(&self, validator: &Validator) -> Option<usize> {
		Some(judge::timers_of_use(validator))
	}

	fn is_of_use(&self, validator: &Validator, job: JobId) -> bool {
		judge::is_of_use(validator, job)
	}

	fn is_awaited(&self, validator: &Validator, request: RequestId) -> bool {
		judge::is_awaited(validator, request)
	}

	/// Less than a proof of validity, more than the receipts that are hashed at once.
	fn light(&self) -> usize {
		LIGHT
	}

	/// A block of the own chain is taken in whole.
	fn allowance(&self, input: &Input<NodeWords>) -> usize {
		match input {
			Input::Chain(_) => 4 << 20,
			// A declaration has one signature, which is a connection's only one that is verified at once (R-NET-81).
			Input::Peer(_, PeerEvent::Message(Message::Collation(bytes)))
				if bytes.starts_with(&[1, 0, 0]) =>
			{
				meter::SIGNATURE
			}
			Input::Restored(snapshot) => snapshot.0.iter().fold(0, |sum, (key, value)| {
				sum.saturating_add(key.len().saturating_add(value.len()).saturating_mul(8))
			}),
			_ => 0,
		}
	}

	fn is_waiting(&self, validator: &Validator) -> bool {
		let is_recovering = !validator.recoverer.is_empty();
		validator.availability.is_waiting() || validator.statements.is_waiting() || is_recovering
	}

	/// What found no room in the outbox comes with the next input, whatever that is.
	fn would_come_anyway(&self, output: &Output<NodeWords>) -> bool {
		matches!(
			output,
			Output::Notify(_, Message::Validation(_)) | Output::Store(..) | Output::Request { .. }
		)
	}

	fn promises(&self, output: &Output<NodeWords>) -> Vec<Promise> {
		let message = match output {
			Output::Notify(_, message) => message,
			Output::Job {
				job: Job::Code(CodeJob::Vote { statement, .. }),
				..
			} => {
				return vec![Promise {
					key: (VOTE, statement.session_index, statement.subject).encode(),
					value: statement.accept.encode(),
				}]
			}
			_ => return Vec::new(),
		};
		let Message::Validation(bytes) = message else {
			return Vec::new();
		};
		match judge::said(bytes) {
			Some(ValidationMessage::Bitfield {
				relay_parent: leaf,
				bitfield,
			}) if self.is_own(leaf, bitfield.validator_index) => vec![Promise {
				key: [b"bitfield", leaf.as_bytes()].concat(),
				value: bitfield.payload.encode(),
			}],
			Some(ValidationMessage::Statement(StatementDistributionMessage::Statement(block, signed)))
				if self.is_own(block, signed.validator_index) =>
			{
				let kind = matches!(signed.statement, CompactStatement::Seconded(_));
				vec![Promise {
					key: (b"statement", block, signed.statement.candidate_hash()).encode(),
					value: vec![u8::from(kind)],
				}]
			}
			_ => Vec::new(),
		}
	}

	/// Statements are remembered by backing, whose own world asks for them.
	fn remembers(&self, validator: &Validator, promise: &Promise) -> bool {
		if let Ok((VOTE, session, code)) = <([u8; 4], _, _)>::decode_all(&mut &promise.key[..]) {
			return match validator.codes.promised(session, code) {
				Some(accept) => accept.encode() == promise.value,
				None => u32::saturating_add(session, 1) < self.chain.newest_session(),
			};
		}
		let Some(leaf) = promise.key.strip_prefix(b"bitfield") else {
			return true;
		};
		let leaf = Hash::from_slice(leaf);
		match validator.bitfields.promised(leaf) {
			Some(bitfield) => bitfield.encode() == promise.value,
			None => !self.chain.may_be_leaf(leaf),
		}
	}

	fn told(&mut self, input: &Input<NodeWords>, _: &Open<NodeWords>) {
		self.last = Last::default();
		match input {
			Input::Peer(peer, PeerEvent::Message(_)) => self.last.peer = Some(*peer),
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.streams.remove(peer);
				self.cut.remove(peer);
			}
			Input::Request(peer, ticket, _) if self.cut.contains(peer) => {
				self.last.asked_in_vain = Some(*ticket);
			}
			Input::Chain(_) => self.last.is_chain = true,
			Input::Propose(_, proposing, _) => self.last.proposes_on = Some(proposing.parent),
			_ => {}
		}
	}

	fn judge(
		&mut self,
		validator: &Validator,
		outputs: &[Output<NodeWords>],
		open: &Open<NodeWords>,
	) -> Result<(), Breach> {
		let collators = &validator.collations;
		let streams = collators.heard_peers();
		self.streams = streams
			.map(|peer| (peer, collators.para_of(peer).is_some()))
			.collect();
		// The event may have found no room.
		let ledger = &validator.desk.ledger;
		self.cut
			.extend(open.peers.keys().filter(|peer| ledger.is_cut(**peer)));
		let is_colleague = |peer: &PeerId| validator.colleagues.contains(peer);
		let mut keyless = open
			.peers
			.iter()
			.filter(|(_, who)| who.identity.authorities.is_empty());
		if keyless.any(|(peer, _)| is_colleague(peer)) {
			let what = "who proves no keys has a stream of the validation protocol";
			return Err(Breach::new(Law::Checked, what));
		}
		self.judge_all(validator, outputs, open)
	}

	fn crashed(&mut self) {
		self.streams.clear();
		self.cut.clear();
		self.untold = self.chain.retold().into();
	}
}
