//! A run: validators, collators and a relay chain, on the simulation.

use crate::{
	chronicle::Chronicle,
	contexts::{ApprovalError, CandidateContexts, Contexts},
	execution::Executor,
	log::EventLog,
	orders::OrderDesk,
	outside::Outside,
	relay::RelayChain,
	report::Charged,
	root,
	story::{Passage, Roads, Story},
	traffic::{Crowd, Traffic},
	world::World,
	DevnetError, ParaReport, Parachain, RunConfig, RunParams, RunReport,
};
use async_backing_execution_context::approver::ApproverContext;
use async_backing_primitives::{CandidateHash, Hash, ParaId, PoV};
use async_backing_prospective_parachains::View;
use async_backing_pvf::FUEL_PER_SECOND;
use async_backing_relay_client::RuntimeExecutor;
use async_backing_sim::{Ban, Link, NodeId, Processor, Sim, SimConfig, Topology, Trace, Uplink};
use async_backing_validator::Validator;
use serde_json::Value;
use std::{
	cell::Ref,
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::{Duration, Instant as WallClock},
};

/// Jobs that a node does at once: the cores that recommended hardware has beside those that execute blocks.
const LANES: usize = 4;
/// Bytes that may wait for a node's uplink: four seconds of what it can send.
const QUEUED_SECONDS: u64 = 4;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
	/// Relay blocks built.
	pub relay_blocks: u32,
	/// Parablocks included.
	pub included: usize,
}

/// What somebody does who looks at a run.
type Look = Box<dyn FnMut(&Devnet)>;

/// Somebody who looks at a run while it goes on.
#[derive(Default)]
struct Watcher(Option<Look>);

impl std::fmt::Debug for Watcher {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_tuple("Watcher").field(&self.0.is_some()).finish()
	}
}

/// A network of validators and collators over one relay chain.
///
/// See the crate's documentation for an example.
#[derive(Debug)]
pub struct Devnet {
	runtime_hash: Hash,
	sim: Sim<World<RelayChain>>,
	chronicle: Chronicle,
	watcher: Watcher,
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
		let config = config.expanded()?;
		let paras = config.all_paras();
		if parachains.len() != paras as usize {
			return Err(DevnetError::ParachainCount {
				paras,
				parachains: parachains.len(),
			});
		}
		let relay = RelayChain::new(&config, runtime, &parachains, runtime_executor)?;
		let chronicle = Chronicle::new(&config);
		let sim_config = sim_config(&config);
		let executor = Executor::new(&parachains, &config.model)?;
		let desk = relay.order_desk();
		let calls = config.root_calls.clone();
		let mut world = World::new(config, relay, parachains, executor);
		world.orders = Some(desk);
		let mut devnet = Self {
			runtime_hash: sp_io::hashing::blake2_256(runtime).into(),
			sim: Sim::new(sim_config, world)?,
			chronicle,
			watcher: Watcher::default(),
		};
		if let Some(desk) = devnet.order_desk() {
			root::check(&calls, desk.metadata())?;
			for call in calls {
				desk.send_as_root(call.after, call.on(desk.metadata())?);
			}
		}
		Ok(devnet)
	}

	/// Keeps everything that happens, for [`Self::log`] and [`Self::included_povs`]. Call it before [`Self::run`].
	///
	/// Without it a run's memory holds no more than what is in flight, and the relay chain.
	pub fn keep_everything(&mut self) {
		self.chronicle.log = EventLog::keeping();
		self.sim.scenario_mut().povs = Some(BTreeMap::new());
	}

	/// Records a validator, by its position: all that it is told and all that it does, for
	/// [`rerun`](async_backing_validator::recording::rerun). Call it before [`Self::run`], and [`Self::end_recording`] behind.
	///
	/// It is written as it happens. Memory does not grow with it.
	///
	/// # Errors
	/// There is no such validator, or the beginning cannot be written.
	pub fn record(&mut self, validator: usize, to: impl std::io::Write + 'static) -> Result<(), DevnetError> {
		self.sim.scenario_mut().record(validator, Box::new(to))
	}

	/// Ends the recording. Returns the number of inputs in it, `None` if nothing is recorded.
	///
	/// # Errors
	/// It was not written to its end.
	pub fn end_recording(&mut self) -> Result<Option<u64>, DevnetError> {
		self.sim.scenario_mut().end_recording()
	}

	/// Keeps what each candidate is executed with and by whom, for [`Self::contexts`]. Call it before [`Self::run`].
	pub fn keep_contexts(&mut self) {
		self.chronicle.contexts = Some(Contexts::default());
	}

	/// Keeps fragment trees at each relay block, for [`Self::story`]. Call it before [`Self::run`].
	pub fn keep_story(&mut self) {
		self.chronicle.recorder.keeps_trees = true;
	}

	/// Keeps all that is said of each candidate, for [`Self::road`]. Call it before [`Self::run`].
	///
	/// Memory grows with messages: for runs that somebody looks at.
	pub fn keep_roads(&mut self) {
		self.chronicle.roads = Some(Roads::default());
	}

	/// What happened to a candidate at nodes and between them, in order, if [`Self::keep_roads`] was called before.
	pub fn road(&self, candidate: CandidateHash) -> &[Passage] {
		let roads = self.chronicle.roads.as_ref();
		roads.map_or(&[], |roads| roads.of(candidate))
	}

	/// The story of the run so far, if [`Self::keep_story`] was called before.
	///
	/// # Errors
	/// The relay chain fails.
	pub fn story(&self) -> Result<Option<Story>, DevnetError> {
		let recorder = &self.chronicle.recorder;
		if !recorder.keeps_trees {
			return Ok(None);
		}
		let head = self.sim.scenario().head;
		Ok(Some(recorder.story(head, &self.alive()?)))
	}

	/// Candidates that may still be included.
	fn alive(&self) -> Result<BTreeSet<CandidateHash>, DevnetError> {
		let world = self.sim.scenario();
		let last = world.relay.leaf_facts(world.head)?;
		let tally = &self.chronicle.tally;
		let paras = world.config.para_ids();
		Ok(paras.flat_map(|para| tally.in_flight(para, &last)).collect())
	}

	/// Draws the trees of the newest leaf, before its validators import the block that was built on it: as validator 0 sees
	/// them, or if it does not have that leaf, as the author does.
	fn look_at_trees(&mut self) {
		let recorder = &mut self.chronicle.recorder;
		if !recorder.keeps_trees {
			return;
		}
		let Some((leaf, author)) = recorder.next_leaf() else {
			return;
		};
		let world = self.sim.scenario();
		for para in world.config.para_ids() {
			let drawing = [0, author].into_iter().find_map(|validator| {
				let validator = world.validators.get(validator)?.borrow();
				Some(validator.view().tree(leaf, para)?.drawing())
			});
			if let Some(drawing) = drawing {
				recorder.tree(leaf, drawing);
			}
		}
	}

	/// What candidates were executed with, in the order in which they were built, if [`Self::keep_contexts`] was called before
	/// (R-COL-2, R-COL-3).
	pub fn contexts(&self) -> &[CandidateContexts] {
		let contexts = self.chronicle.contexts.as_ref();
		contexts.map_or(&[], |contexts| contexts.candidates())
	}

	/// What an approver would execute an included candidate with, out of chunks that the validators have now (R-COL-4).
	///
	/// # Errors
	/// [`ApprovalError`], also if [`Self::keep_contexts`] was not called before.
	pub fn approver_context(&self, candidate: CandidateHash) -> Result<ApproverContext, ApprovalError> {
		let contexts = self.chronicle.contexts.as_ref();
		let contexts = contexts.ok_or(ApprovalError::Unknown(candidate))?;
		contexts.approve(self.sim.scenario(), self.sim.now(), candidate)
	}

	/// Has root send a call in the block after so many, of the pallet that is defined at `path`. Call it before [`Self::run`], in a
	/// run whose [customer is root](RunConfig::customer_is_root).
	///
	/// # Errors
	/// The runtime has no such call.
	pub fn send_as_root(
		&mut self,
		after: u32,
		path: &str,
		name: &str,
		arguments: Value,
	) -> Result<(), DevnetError> {
		if let Some(desk) = self.order_desk() {
			let call = desk.metadata().call(path, name, arguments)?;
			desk.metadata().encode_call(&call)?;
			desk.send_as_root(after, call);
		}
		Ok(())
	}

	/// Whoever sends the run's transactions.
	pub(crate) fn order_desk(&mut self) -> Option<&mut OrderDesk> {
		self.sim.scenario_mut().orders.as_mut()
	}

	/// Has somebody look at the run after each relay block, of whichever fork. It sees the story
	/// with its trees, as if [`Self::keep_story`] had been called. Call it before [`Self::run`].
	pub fn watch(&mut self, look: impl FnMut(&Self) + 'static) {
		self.keep_story();
		self.watcher = Watcher(Some(Box::new(look)));
	}

	/// Whether somebody [watches](Self::watch).
	pub fn is_watched(&self) -> bool {
		self.watcher.0.is_some()
	}

	/// The run's time.
	pub fn now(&self) -> async_backing_sim::Instant {
		self.sim.now()
	}

	/// Has the watcher look, if there is one.
	fn show(&mut self) {
		// It looks at all of the run, so it is no part of it meanwhile.
		if let Some(mut look) = self.watcher.0.take() {
			look(self);
			self.watcher.0 = Some(look);
		}
	}

	/// What the run keeps time with and takes transactions from. Call it before [`Self::run`].
	pub fn set_outside(&mut self, outside: impl Outside + 'static) {
		self.sim.scenario_mut().outside = Some(Box::new(outside));
	}

	/// Whether what happens next may happen.
	fn goes_on(&mut self) -> bool {
		let next = self.sim.next_at();
		let outside = self.sim.scenario_mut().outside.as_mut();
		match (outside, next) {
			(Some(outside), Some(next)) => outside.wait(next).is_continue(),
			_ => true,
		}
	}

	/// Runs to the end and reports. `progress` is called after each relay block.
	///
	/// # Errors
	/// The relay chain fails, or its runtime takes no orders from anybody. What simulated nodes do wrong is no error; it is logged.
	pub fn run(&mut self, mut progress: impl FnMut(Progress)) -> Result<RunReport, DevnetError> {
		let started = WallClock::now();
		let (mut seen, mut shown) = (0, 0);
		while self.goes_on() && self.sim.step(&mut self.chronicle)? {
			if let Some(contexts) = &mut self.chronicle.contexts {
				contexts.look(self.sim.scenario());
			}
			self.look_at_trees();
			self.chronicle.invariants.check(&self.sim)?;
			let built = self.chronicle.recorder.relay_blocks();
			if built != shown {
				shown = built;
				self.show();
			}
			if self.chronicle.relay_blocks != seen {
				seen = self.chronicle.relay_blocks;
				progress(Progress {
					relay_blocks: seen,
					included: self.chronicle.tally.included(),
				});
			}
		}
		let report = self.report(started.elapsed())?;
		let fates = report.paras.iter().find_map(ParaReport::contradiction);
		self.chronicle.invariants.end(&self.sim, fates)?;
		Ok(report)
	}

	/// Runs until the trace has so many steps, or a few more, and says what happened last. That is how a run is looked into.
	///
	/// # Errors
	/// As of [`run`](Self::run).
	pub fn run_to(&mut self, event: u64) -> Result<Vec<String>, DevnetError> {
		while self.sim.trace().steps < event && self.sim.step(&mut self.chronicle)? {
			self.chronicle.invariants.check(&self.sim)?;
		}
		Ok(self.chronicle.invariants.last())
	}

	/// The relay chain, for looking at it after the run.
	pub fn relay(&self) -> &RelayChain {
		&self.sim.scenario().relay
	}

	/// The relay block that was the leaf everywhere when the run ended: the parent of the newest block.
	pub fn leaf(&self) -> Option<Hash> {
		let world = self.sim.scenario();
		let parent = world.relay.client().header(world.head).ok()?.parent_hash;
		(parent != world.relay.client().genesis_hash()).then_some(parent)
	}

	/// A validator as it was when the run ended, by its position.
	pub fn validator(&self, position: usize) -> Option<Ref<'_, Validator>> {
		Some(self.sim.scenario().validators.get(position)?.borrow())
	}

	/// What a validator thought the relay chain may accept next when the run ended, by its position.
	pub fn view(&self, validator: usize) -> Option<Ref<'_, View>> {
		Some(Ref::map(self.validator(validator)?, Validator::view))
	}

	/// What happened, if [`Self::keep_everything`] was called before.
	pub fn log(&self) -> &EventLog {
		&self.chronicle.log
	}

	/// Number and hash of all steps of the simulation: every input and output of every node.
	pub fn trace(&self) -> Trace {
		self.sim.trace()
	}

	/// The simulation, for looking at its nodes and links.
	pub fn counters(&self, node: usize) -> Option<async_backing_sim::Counters> {
		self.sim.counters(NodeId(node))
	}

	/// Proofs of validity of a para's included candidates, in the order of their inclusion; all of them, if
	/// [`Self::keep_everything`] was called before.
	pub fn included_povs(&self, para: ParaId) -> Vec<Arc<PoV>> {
		let povs = self.sim.scenario().povs.as_ref();
		let included = self.chronicle.included.get(&para).into_iter().flatten();
		included
			.filter_map(|candidate| povs?.get(candidate).cloned())
			.collect()
	}

	/// What went over the links.
	fn traffic(&self, paras: &[ParaReport]) -> Traffic {
		let config = &self.sim.scenario().config;
		let recorder = &self.chronicle.recorder;
		let crowd = Crowd {
			validators: config.validators,
			group: config.validators.div_ceil(config.cores().max(1)),
			params: config.params,
			candidates: paras.iter().map(|para| u64::from(para.backable)).sum(),
			votes: recorder.votes,
		};
		Traffic::of(&recorder.traffic, crowd)
	}

	fn report(&self, wall: Duration) -> Result<RunReport, DevnetError> {
		let world = self.sim.scenario();
		let Chronicle {
			tally,
			log,
			sessions,
			relay_blocks,
			branch,
			..
		} = &self.chronicle;
		let last = world.relay.leaf_facts(world.head)?;
		let config = &world.config;
		let summary = self.chronicle.recorder.summary(world.head, &self.alive()?);
		let of_para = |para| {
			let report = tally.report(para, &last, branch.lost(), config.model.slot);
			ParaReport {
				confidence: (report.built > 0).then(|| f64::from(report.included) / f64::from(report.built)),
				fates: summary.fates(para),
				latency: summary.latency(para),
				order_fates: summary.orders(para, config),
				..report
			}
		};
		let paras: Vec<_> = config.para_ids().map(of_para).collect();
		Ok(RunReport {
			params: RunParams {
				max_candidate_depth: config.params.max_candidate_depth,
				allowed_ancestry_len: config.params.allowed_ancestry_len,
			},
			relay_blocks: *relay_blocks,
			sessions: *sessions,
			head: format!("{:?}", world.head),
			events: format!("{:?}", log.hash()),
			runtime: format!("{:?}", self.runtime_hash),
			traffic: self.traffic(&paras),
			paras,
			refused_on_chain: tally.refused_on_chain(),
			relay_blocks_lost: u32::try_from(branch.lost().len()).unwrap_or(u32::MAX),
			failed: self.chronicle.failed(),
			charged: self
				.chronicle
				.invariants
				.charged()
				.map(|(node, reason, times)| Charged {
					validator: u32::try_from(node.0).unwrap_or(u32::MAX),
					reason: reason.into(),
					times,
				})
				.collect(),
			wall_s: wall.as_secs_f64(),
		})
	}
}

/// The links and machines of a run: validators know each other and all collators, which know validators and the other
/// collators of their para.
pub(crate) fn sim_config(config: &RunConfig) -> SimConfig {
	let model = &config.model;
	let link = Link {
		latency: model.link_latency,
		jitter: model.link_jitter,
		..Link::default()
	};
	let nodes = config.nodes();
	let collators = || (config.validators as usize..nodes).map(NodeId);
	let para = |node| config.collator(node).map(|(para, _)| para);
	let pairs = collators()
		.flat_map(|from| collators().map(move |to| (from, to)))
		.filter(|(from, to)| para(*from) != para(*to))
		.map(|pair| (pair, None))
		.collect();
	let uplink = Uplink {
		bandwidth: model.bandwidth,
		queue: model.bandwidth.saturating_mul(QUEUED_SECONDS),
	};
	SimConfig {
		topology: Topology {
			pairs,
			uplink,
			..Topology::full(link)
		},
		processor: Processor {
			fuel_per_second: FUEL_PER_SECOND,
			bytes_per_second: model.coding,
			lanes: LANES,
			..Processor::default()
		},
		faults: config.faults.plan.clone(),
		// Whom a node cuts comes back, as with Substrate: who is honest and was cut for what links did is deaf no longer than that.
		ban: Some(Ban::default()),
		..SimConfig::new(nodes, config.seed)
	}
}
