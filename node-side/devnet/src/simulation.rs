//! The driver: validators, collators and a relay chain on one virtual clock.
//!
//! Invariants:
//! - everything that happens is an entry of the clock's queue, handled one after the other: a run follows from its
//!   configuration alone;
//! - nodes see only messages and leaves. What the driver knows beyond that goes into the report and nowhere else.

use crate::{
	clock::{Clock, Instant},
	collator::{CollatorNode, Ready},
	execution::{Executor, InvalidReason},
	log::{EventLog, Occurrence},
	network::{Network, NodeIndex},
	relay::{RelayChain, FIRST_SLOT},
	tally::Tally,
	DevnetError, Parachain, RunConfig, RunParams, RunReport,
};
use async_backing_primitives::{
	CandidateEvent, CandidateHash, Hash, LeafFacts, ParaId, ParachainsInherentData, PersistedValidationData,
	PoV, ValidationCodeHash, ValidationResult, ValidatorId,
};
use async_backing_relay_client::{signing, RuntimeExecutor};
use async_backing_validator::{Input, Message, Notice, Output, Peer, Timer, Validator, ValidatorConfig};
use codec::Encode;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
	/// Relay blocks built.
	pub relay_blocks: u32,
	/// Parablocks included.
	pub included: usize,
}

/// Something that waits for its time.
#[derive(Debug)]
enum Event {
	/// A slot begins: its author builds a relay block.
	Slot(u64),
	/// A relay block is a leaf everywhere.
	LeafActive(Hash),
	/// A message arrives.
	Deliver {
		from: NodeIndex,
		to: NodeIndex,
		message: Message,
	},
	/// A validator is woken.
	Wake { validator: usize, timer: Timer },
	/// A validator is done with executing a candidate.
	Executed {
		validator: usize,
		candidate: CandidateHash,
		outcome: Result<ValidationResult, InvalidReason>,
	},
	/// A collator is done with its block.
	Collated { collator: usize },
}

/// A simulated validator.
#[derive(Debug)]
struct ValidatorNode {
	state: Validator,
	/// Until when its processor is busy with executing candidates, one after the other.
	busy_until: Instant,
}

/// A network of validators and collators over one relay chain.
///
/// See the crate's documentation for an example.
#[derive(Debug)]
pub struct Devnet {
	config: RunConfig,
	runtime_hash: Hash,
	clock: Clock<Event>,
	network: Network,
	relay: RelayChain,
	executor: Executor,
	validators: Vec<ValidatorNode>,
	by_key: BTreeMap<ValidatorId, usize>,
	collators: Vec<CollatorNode>,
	facts: BTreeMap<Hash, Arc<LeafFacts>>,
	/// The newest relay block.
	head: Hash,
	/// The newest relay block that is a leaf everywhere.
	leaf: Option<Hash>,
	sessions: u32,
	relay_blocks: u32,
	tally: Tally,
	included: BTreeMap<ParaId, Vec<CandidateHash>>,
	log: EventLog,
}

impl Devnet {
	/// A network at rest.
	///
	/// # Errors
	/// The configuration does not fit together, or the relay chain does not start.
	pub fn new(config: RunConfig, runtime: &[u8], parachains: Vec<Parachain>) -> Result<Self, DevnetError> {
		Self::with_runtime_executor(config, runtime, parachains, RuntimeExecutor::default())
	}

	/// As [`new`](Self::new), with an executor that may have compiled the runtime before.
	///
	/// # Errors
	/// As [`new`](Self::new).
	pub fn with_runtime_executor(
		config: RunConfig,
		runtime: &[u8],
		parachains: Vec<Parachain>,
		runtime_executor: RuntimeExecutor,
	) -> Result<Self, DevnetError> {
		config.validate()?;
		if parachains.len() != config.paras as usize {
			return Err(DevnetError::ParachainCount {
				paras: config.paras,
				parachains: parachains.len(),
			});
		}
		let relay = RelayChain::new(&config, runtime, &parachains, runtime_executor)?;
		let executor = Executor::new(
			parachains
				.iter()
				.map(|parachain| parachain.validation_code().clone()),
		)?;
		let mut by_key = BTreeMap::new();
		let mut validators = Vec::with_capacity(relay.validators().len());
		for (position, keys) in relay.validators().iter().enumerate() {
			by_key.insert(ValidatorId::from(keys.sr25519_public()), position);
			let state = Validator::new(ValidatorConfig {
				key: keys.sr25519.clone(),
				signer: signing::sign,
				bitfield_after: config.model.bitfield_after,
			});
			validators.push(ValidatorNode {
				state,
				busy_until: Instant::ZERO,
			});
		}
		let collators: Vec<_> = config
			.para_ids()
			.zip(parachains)
			.map(|(para, parachain)| CollatorNode::new(para, parachain, &config.model))
			.collect();
		let network = Network::new(
			validators.len() + collators.len(),
			config.model.link_latency,
			config.model.link_jitter,
			config.model.bandwidth,
			config.seed,
		);
		let head = relay.client().genesis_hash();
		Ok(Self {
			runtime_hash: sp_io::hashing::blake2_256(runtime).into(),
			clock: Clock::default(),
			network,
			relay,
			executor,
			validators,
			by_key,
			collators,
			facts: BTreeMap::new(),
			head,
			leaf: None,
			sessions: 1,
			relay_blocks: 0,
			tally: Tally::default(),
			included: BTreeMap::new(),
			log: EventLog::default(),
			config,
		})
	}

	/// Keeps all occurrences of the run, for [`Self::log`].
	pub fn keep_log(&mut self) {
		self.log = EventLog::keeping();
	}

	/// Runs to the end and reports. `progress` is called after each relay block.
	///
	/// # Errors
	/// The relay chain fails. What simulated nodes do wrong is no error; it is logged.
	pub fn run(&mut self, mut progress: impl FnMut(Progress)) -> Result<RunReport, DevnetError> {
		let started = std::time::Instant::now();
		self.clock.schedule(self.slot_start(0), Event::Slot(0));
		while let Some((now, event)) = self.clock.advance() {
			match event {
				Event::Slot(slot) => {
					self.build_relay_block(now, slot)?;
					progress(Progress {
						relay_blocks: self.relay_blocks,
						included: self.tally.included(),
					});
					if self.relay_blocks == self.config.blocks {
						break;
					}
				}
				Event::LeafActive(leaf) => self.activate_leaf(now, leaf)?,
				Event::Deliver { from, to, message } => self.deliver(now, from, to, message),
				Event::Wake { validator, timer } => self.validator_input(now, validator, Input::Timer(timer)),
				Event::Executed {
					validator,
					candidate,
					outcome,
				} => {
					let valid = outcome.is_ok();
					self.log.push(
						now,
						Occurrence::Executed {
							validator: node(validator),
							candidate,
							valid,
						},
					);
					self.validator_input(now, validator, Input::Executed { candidate, outcome });
				}
				Event::Collated { collator } => self.collated(now, collator),
			}
		}
		self.report(started.elapsed())
	}

	/// The relay chain, for looking at it after the run.
	pub fn relay(&self) -> &RelayChain {
		&self.relay
	}

	/// What happened, if [`Self::keep_log`] was called before.
	pub fn log(&self) -> &EventLog {
		&self.log
	}

	/// Proofs of validity of a para's included candidates, in the order of their inclusion.
	pub fn included_povs(&self, para: ParaId) -> Vec<Arc<PoV>> {
		let collator = self.collators.iter().find(|collator| collator.para() == para);
		let included = self.included.get(&para).into_iter().flatten();
		included
			.filter_map(|candidate| collator?.pov(*candidate))
			.collect()
	}

	fn slot_start(&self, slot: u64) -> Instant {
		self.config
			.model
			.slot
			.saturating_mul(u32::try_from(slot).unwrap_or(u32::MAX))
	}

	/// The author of a slot assembles the inherent from what it knows, and extends the chain.
	fn build_relay_block(&mut self, now: Instant, slot: u64) -> Result<(), DevnetError> {
		let parent = self.head;
		let relay_slot = FIRST_SLOT + slot;
		let author = self.relay.author(parent, relay_slot)?;
		let proposal = match self.leaf {
			Some(leaf) => {
				let validator = self
					.validators
					.get_mut(author)
					.ok_or(DevnetError::NoValidator(author))?;
				validator.state.propose(leaf, relay_slot)
			}
			None => Default::default(),
		};
		let offered: Vec<_> = proposal
			.backed_candidates
			.iter()
			.map(|backed| backed.hash())
			.collect();
		let inherent = ParachainsInherentData {
			bitfields: proposal.bitfields,
			backed_candidates: proposal.backed_candidates,
			disputes: Vec::new(),
			parent_header: self.relay.client().header(parent)?,
		};
		let imported = self.relay.extend(parent, relay_slot, author, &inherent)?;
		self.relay_blocks += 1;
		self.head = imported.hash;
		let facts = Arc::new(self.relay.leaf_facts(imported.hash)?);
		let session = self
			.facts
			.get(&parent)
			.map_or(facts.session_index, |parent| parent.session_index);
		self.note_relay_block(now, slot, author, session, &offered, &imported.events, &facts);
		self.facts.insert(imported.hash, facts);
		self.clock.schedule(
			now + self.config.model.leaf_active_after,
			Event::LeafActive(imported.hash),
		);
		self.clock
			.schedule(self.slot_start(slot + 1), Event::Slot(slot + 1));
		Ok(())
	}

	#[allow(clippy::too_many_arguments)] // one block, seen from all sides
	fn note_relay_block(
		&mut self,
		now: Instant,
		slot: u64,
		author: usize,
		session: u32,
		offered: &[CandidateHash],
		events: &[CandidateEvent],
		facts: &LeafFacts,
	) {
		let (number, hash) = (facts.block.number, facts.block.hash);
		self.log.push(
			now,
			Occurrence::RelayBlock {
				number,
				hash,
				slot,
				author: node(author),
			},
		);
		for event in events {
			let occurrence = match event {
				CandidateEvent::CandidateBacked(receipt, _, core, _) => Occurrence::Backed {
					candidate: receipt.hash(),
					core: *core,
				},
				CandidateEvent::CandidateIncluded(receipt, ..) => {
					let candidate = receipt.hash();
					self.included
						.entry(receipt.descriptor.para_id())
						.or_default()
						.push(candidate);
					Occurrence::Included { candidate }
				}
				CandidateEvent::CandidateTimedOut(receipt, ..) => Occurrence::TimedOut {
					candidate: receipt.hash(),
				},
			};
			self.log.push(now, occurrence);
		}
		self.tally.relay_block(now, slot, session, offered, events);
		if facts.session_index != session {
			self.sessions += 1;
			self.log.push(
				now,
				Occurrence::SessionChanged {
					session: facts.session_index,
				},
			);
		}
	}

	/// All nodes import a relay block: it replaces the leaf that they had.
	fn activate_leaf(&mut self, now: Instant, leaf: Hash) -> Result<(), DevnetError> {
		let Some(facts) = self.facts.get(&leaf).cloned() else {
			return Ok(());
		};
		let previous = self.leaf.replace(leaf);
		for validator in 0..self.validators.len() {
			// The new leaf comes first, so that what both need is kept (R-IMP-2).
			self.validator_input(now, validator, Input::LeafActivated(facts.clone()));
			if let Some(previous) = previous {
				self.validator_input(now, validator, Input::LeafDeactivated(previous));
			}
		}
		for position in 0..self.collators.len() {
			for ready_at in self.collators[position].leaf_activated(now, &facts)? {
				self.clock
					.schedule(ready_at, Event::Collated { collator: position });
			}
		}
		// Nothing looks at relay blocks that nobody may build on any more.
		if let Some(oldest) = facts.ancestors.last().map(|oldest| oldest.number) {
			self.facts
				.retain(|hash, known| *hash == leaf || known.block.number + 1 >= oldest);
		}
		Ok(())
	}

	/// A collator's block is ready: it is announced to a backer.
	fn collated(&mut self, now: Instant, position: usize) {
		let from = self.collator_node(position);
		let Some(collator) = self.collators.get_mut(position) else {
			return;
		};
		let Some(Ready {
			candidate,
			built,
			backer,
			advertisement,
		}) = collator.finish()
		else {
			return;
		};
		let (para, extrinsics) = (built.para, built.extrinsics);
		self.tally.built(candidate, built);
		self.log.push(
			now,
			Occurrence::Built {
				para,
				candidate,
				extrinsics,
			},
		);
		self.send(now, from, &Peer::Validator(backer), advertisement);
	}

	fn deliver(&mut self, now: Instant, from: NodeIndex, to: NodeIndex, message: Message) {
		let bytes = u32::try_from(message.encoded_size()).unwrap_or(u32::MAX);
		let kind = message.kind();
		self.log.push(
			now,
			Occurrence::Delivered {
				from: from.into(),
				to: to.into(),
				kind,
				bytes,
			},
		);
		match to.0.checked_sub(self.validators.len()) {
			None => {
				if self.withholds(to.0, &message) {
					return;
				}
				let from = self.peer(from);
				self.validator_input(now, to.0, Input::Received { from, message });
			}
			Some(collator) => {
				let requester = self.peer(from);
				let answer = self
					.collators
					.get(collator)
					.and_then(|collator| collator.answer(&message));
				if let Some(answer) = answer {
					self.send(now, to, &requester, answer);
				}
			}
		}
	}

	/// Whether a fault keeps a validator from seeing a request for a chunk.
	fn withholds(&self, _validator: usize, message: &Message) -> bool {
		let Message::RequestChunk(candidate, _) = message else {
			return false;
		};
		let Some(para) = self.tally.candidate(*candidate).map(|built| built.para) else {
			return false;
		};
		let collator = self.collators.iter().find(|collator| collator.para() == para);
		let built_number = collator.and_then(|collator| collator.built_number(*candidate));
		built_number.is_some_and(|number| self.config.faults.withholds(para, number))
	}

	fn validator_input(&mut self, now: Instant, position: usize, input: Input) {
		let Some(validator) = self.validators.get_mut(position) else {
			return;
		};
		for output in validator.state.handle(now, input) {
			self.validator_output(now, position, output);
		}
	}

	fn validator_output(&mut self, now: Instant, position: usize, output: Output) {
		match output {
			Output::Send { to, message } => self.send(now, NodeIndex(position), &to, message),
			Output::Broadcast(message) => {
				for to in (0..self.validators.len()).filter(|to| *to != position) {
					self.send_to(now, NodeIndex(position), NodeIndex(to), message.clone());
				}
			}
			Output::Execute {
				candidate,
				code,
				validation_data,
				pov,
			} => {
				self.execute(now, position, candidate, code, &validation_data, &pov);
			}
			Output::Wake { at, timer } => self.clock.schedule(
				at,
				Event::Wake {
					validator: position,
					timer,
				},
			),
			Output::Notice(notice) => self.note(now, position, notice),
		}
	}

	/// Executes a candidate for real, and lets the validator know when its virtual processor is done.
	fn execute(
		&mut self,
		now: Instant,
		position: usize,
		candidate: CandidateHash,
		code: ValidationCodeHash,
		data: &PersistedValidationData,
		pov: &PoV,
	) {
		let model = &self.config.model;
		let extrinsics = self
			.tally
			.candidate(candidate)
			.map_or(0, |built| built.extrinsics);
		let cost = model.extrinsic_cost.saturating_mul(extrinsics);
		let (cost, outcome) = if cost > model.backing_execution_limit {
			let reason = format!(
				"execution takes {cost:?}, but at most {:?}",
				model.backing_execution_limit
			);
			(model.backing_execution_limit, Err(reason))
		} else {
			(cost, self.executor.execute(candidate, code, data, pov))
		};
		let Some(validator) = self.validators.get_mut(position) else {
			return;
		};
		validator.busy_until = validator.busy_until.max(now) + cost;
		self.clock.schedule(
			validator.busy_until,
			Event::Executed {
				validator: position,
				candidate,
				outcome,
			},
		);
	}

	fn note(&mut self, now: Instant, position: usize, notice: Notice) {
		let validator = node(position);
		let occurrence = match notice {
			Notice::Seconded(candidate) => {
				self.tally.seconded(candidate);
				Occurrence::Seconded { validator, candidate }
			}
			Notice::Backable(candidate) => {
				self.tally.backable(candidate, now);
				Occurrence::Backable { validator, candidate }
			}
			Notice::Complaint(reason) => Occurrence::Complaint {
				node: validator,
				reason,
			},
		};
		self.log.push(now, occurrence);
	}

	fn send(&mut self, now: Instant, from: NodeIndex, to: &Peer, message: Message) {
		let to = match to {
			Peer::Validator(key) => self.by_key.get(key).map(|position| NodeIndex(*position)),
			Peer::Collator(para) => {
				let position = self
					.collators
					.iter()
					.position(|collator| collator.para() == *para);
				position.map(|position| self.collator_node(position))
			}
		};
		if let Some(to) = to {
			self.send_to(now, from, to, message);
		}
	}

	fn send_to(&mut self, now: Instant, from: NodeIndex, to: NodeIndex, message: Message) {
		let at = self.network.send(now, from, message.encoded_size());
		self.clock.schedule(at, Event::Deliver { from, to, message });
	}

	fn collator_node(&self, position: usize) -> NodeIndex {
		NodeIndex(self.validators.len() + position)
	}

	fn peer(&self, node: NodeIndex) -> Peer {
		match node
			.0
			.checked_sub(self.validators.len())
			.and_then(|collator| self.collators.get(collator))
		{
			Some(collator) => Peer::Collator(collator.para()),
			None => {
				let key = self
					.relay
					.validators()
					.get(node.0)
					.map(|keys| keys.sr25519_public());
				Peer::Validator(key.unwrap_or_default().into())
			}
		}
	}

	fn report(&self, wall: Duration) -> Result<RunReport, DevnetError> {
		let last = self.relay.leaf_facts(self.head)?;
		let slot = self.config.model.slot;
		Ok(RunReport {
			params: RunParams {
				max_candidate_depth: self.config.params.max_candidate_depth,
				allowed_ancestry_len: self.config.params.allowed_ancestry_len,
			},
			relay_blocks: self.relay_blocks,
			sessions: self.sessions,
			head: format!("{:?}", self.head),
			events: format!("{:?}", self.log.hash()),
			runtime: format!("{:?}", self.runtime_hash),
			paras: self
				.config
				.para_ids()
				.map(|para| self.tally.report(para, &last, slot))
				.collect(),
			refused_on_chain: self.tally.refused_on_chain(),
			wall_s: wall.as_secs_f64(),
		})
	}
}

/// A position as logs carry it.
fn node(position: usize) -> u32 {
	NodeIndex(position).into()
}
