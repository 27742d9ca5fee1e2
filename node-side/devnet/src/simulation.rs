//! The driver: validators, collators and a relay chain on one virtual clock.
//!
//! Invariants:
//! - everything that happens is an entry of the clock's queue, handled one after the other: a run follows from its
//!   configuration alone;
//! - nodes see only messages and leaves. What the driver knows beyond that goes into the report and nowhere else.

mod relay_blocks;
mod traffic;

use crate::{
	clock::{Clock, Instant},
	collator::CollatorNode,
	execution::{Executor, InvalidReason},
	log::{EventLog, Occurrence},
	network::{Network, NodeIndex},
	orders::{Customer, OrderDesk},
	relay::RelayChain,
	tally::Tally,
	DevnetError, Parachain, RunConfig, RunParams, RunReport,
};
use async_backing_primitives::{CandidateHash, Hash, LeafFacts, ParaId, PoV, ValidationResult, ValidatorId};
use async_backing_prospective_parachains::View;
use async_backing_relay_client::{signing, RuntimeExecutor};
use async_backing_validator::{Input, Message, Timer, Validator, ValidatorConfig};
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
	orders: Option<OrderDesk>,
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
		let paras = config.paras + config.on_demand;
		if parachains.len() != paras as usize {
			return Err(DevnetError::ParachainCount {
				paras,
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
			orders: None,
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

	/// Keeps everything that happens, for [`Self::log`] and [`Self::included_povs`]. Call it before [`Self::run`].
	///
	/// Without it a run's memory holds no more than what is in flight, and the relay chain.
	pub fn keep_everything(&mut self) {
		self.log = EventLog::keeping();
		self.collators.iter_mut().for_each(CollatorNode::keep_all_povs);
	}

	/// Who orders blocks for the paras without a core of their own. Call it before [`Self::run`].
	pub fn set_customer(&mut self, customer: impl Customer + 'static) {
		self.orders = Some(OrderDesk::new(Box::new(customer)));
	}

	/// Runs to the end and reports. `progress` is called after each relay block.
	///
	/// # Errors
	/// The relay chain fails, or nobody orders for its on-demand paras. What simulated nodes do wrong is no error; it is logged.
	pub fn run(&mut self, mut progress: impl FnMut(Progress)) -> Result<RunReport, DevnetError> {
		let started = std::time::Instant::now();
		if self.config.on_demand > 0 && self.orders.is_none() {
			return Err(DevnetError::NoCustomer(self.config.on_demand));
		}
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

	/// The relay block that was the leaf everywhere when the run ended: the parent of the newest block.
	pub fn leaf(&self) -> Option<Hash> {
		self.leaf
	}

	/// What a validator thought the relay chain may accept next when the run ended, by its position.
	pub fn view(&self, validator: usize) -> Option<&View> {
		Some(self.validators.get(validator)?.state.view())
	}

	/// What happened, if [`Self::keep_everything`] was called before.
	pub fn log(&self) -> &EventLog {
		&self.log
	}

	/// Proofs of validity of a para's included candidates, in the order of their inclusion; all of them, if
	/// [`Self::keep_everything`] was called before.
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
