//! The driver: keeps its promises and does its worst.

use super::{
	trace::Trace, watch::Watch, Act, Allocations, Breach, Broken, Choices, Intent, Law, Open, Penalty, Plan,
	Report, Stimulus, WordsOf, World, LIGHT,
};
use crate::{
	Core, Input, JobFailure, JobId, Outbox, Output, PeerEvent, PeerId, ProposeId, RequestFailure, RequestId,
	Ticket, TimerId, Words, DEFAULT_ROOM,
};
use async_backing_primitives::meter;
use std::{
	any::Any,
	collections::{BTreeMap, BTreeSet},
	panic::{catch_unwind, AssertUnwindSafe},
	time::Duration,
};

/// The worst that happens in a run, each in 16, or one in so many steps (0: never).
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
	/// Requests that fail, of 16.
	pub(super) failing_requests: u64,
	/// Jobs that fail, of 16.
	pub(super) failing_jobs: u64,
	/// Connections that end.
	pub(super) disconnections: u64,
	/// Crashes.
	pub(super) crashes: u64,
	/// Kinds of things that stop, or go on.
	pub(super) stalls: u64,
	/// Peers that say much at once.
	pub(super) floods: u64,
	/// Outputs that have room.
	pub(super) room: usize,
}

impl Weather {
	fn new(choices: &mut Choices<'_>) -> Self {
		let mut pick = |of: &[u64]| choices.pick(of).copied().unwrap_or(0);
		Self {
			failing_requests: pick(&[0, 2, 6, 12]),
			failing_jobs: pick(&[0, 0, 1, 4]),
			disconnections: pick(&[0, 400, 60]),
			crashes: pick(&[0, 2000, 200, 50]),
			stalls: pick(&[0, 400, 80]),
			floods: pick(&[0, 1000, 300]),
			room: pick(&[
				DEFAULT_ROOM as u64,
				DEFAULT_ROOM as u64,
				DEFAULT_ROOM as u64,
				DEFAULT_ROOM as u64,
				12,
				2,
			]) as usize,
		}
	}
}

/// In a storm it is calm for a while, once in so many steps.
const CALM: u64 = 1000;

/// Whose doing an input is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
	peer: Option<PeerId>,
	intent: Intent,
	/// Whether the core has asked for it: a bad answer makes it ask somebody else.
	is_answer: bool,
}

/// The driver's own doing, the chain's, or that of time.
pub(super) const NOBODY: Cause = Cause {
	peer: None,
	intent: Intent::Honest,
	is_answer: false,
};

/// A run.
pub(super) struct Driver<'c, W: World> {
	pub(super) world: W,
	/// There is one but for the moment of a crash.
	pub(super) core: Option<W::Core>,
	pub(super) out: Outbox<WordsOf<W>>,
	pub(super) outputs: Vec<Output<WordsOf<W>>>,
	pub(super) open: Open<WordsOf<W>>,
	pub(super) watch: Watch<WordsOf<W>>,
	pub(super) answered: BTreeSet<Ticket>,
	pub(super) promised: BTreeMap<Vec<u8>, Vec<u8>>,
	pub(super) choices: Choices<'c>,
	pub(super) weather: Weather,
	/// Requests, jobs, timers, batches: what has stopped for a while.
	pub(super) stalled: [bool; 4],
	pub(super) plan: Plan,
	pub(super) report: Report,
	trace: Trace,
	/// Of each input.
	traces: Vec<u64>,
	/// Those of the first run, in the second.
	expected: Option<Vec<u64>>,
	/// Outputs of the next input that are carried out before the core crashes.
	pub(super) cut: Option<usize>,
	pub(super) has_crashed: bool,
	next_id: u64,
}

impl<'c, W: World> Driver<'c, W> {
	pub(super) fn new(
		world: &impl Fn(&mut Choices<'_>) -> W,
		mut choices: Choices<'c>,
		plan: Plan,
		expected: Option<Vec<u64>>,
	) -> Self {
		let weather = Weather::new(&mut choices);
		let mut world = world(&mut choices);
		let core = Some(world.core());
		let mut out = Outbox::new(weather.room);
		out.reserve();
		Self {
			world,
			core,
			out,
			outputs: Vec::new(),
			open: Open::default(),
			watch: Watch::default(),
			answered: BTreeSet::new(),
			promised: BTreeMap::new(),
			choices,
			weather,
			stalled: [false; 4],
			plan,
			report: Report::default(),
			trace: Trace::default(),
			traces: Vec::new(),
			expected,
			cut: None,
			has_crashed: false,
			next_id: 0,
		}
	}

	pub(super) fn broken(self, breach: Breach, seed: Option<u64>) -> Broken {
		Broken {
			breach,
			step: self.report.inputs,
			input: self.trace.input,
			outputs: self.trace.outputs,
			seed,
		}
	}

	/// What was tried, and the traces.
	pub(super) fn report(mut self) -> (Report, Vec<u64>) {
		self.report.trace = self.trace.hash();
		self.report.promises = self.promised.len() as u64;
		(self.report, self.traces)
	}

	/// Everything at once, for as long as is planned.
	pub(super) fn storm(&mut self) -> Result<(), Breach> {
		if self.choices.flip() {
			self.tell(Input::Restored(Default::default()), NOBODY)?;
		}
		// A world that lets time pass for ever ends all the same.
		let mut steps = self.plan.inputs.saturating_mul(4);
		while self.report.inputs < self.plan.inputs && steps > 0 && !self.choices.is_over() {
			steps = steps.saturating_sub(1);
			self.step()?;
			if self.has_crashed {
				self.restart()?;
			}
			if self.choices.one_in(CALM) {
				self.calm()?;
			}
		}
		Ok(())
	}

	/// Tells the core something, and carries out what it wants done. Nothing, if it has crashed.
	pub(super) fn tell(&mut self, input: Input<WordsOf<W>>, cause: Cause) -> Result<(), Breach> {
		if self.has_crashed {
			return Ok(());
		}
		self.report.inputs = self.report.inputs.saturating_add(1);
		self.trace.input(&input);
		self.world.told(&input, &self.open);
		let allowance = self.world.allowance(&input);
		let refused = self.out.refused();
		self.handle(input, allowance)?;

		self.outputs.extend(self.out.drain());
		for output in &self.outputs {
			self.trace.output(output);
		}
		self.look_for_differences()?;
		self.open.has_no_room = self.out.refused() != refused;
		self.check_cause(cause, self.open.has_no_room)?;
		let core = self.core.as_ref().expect("it has not crashed; qed");
		self.world.judge(core, &self.outputs, &self.open)?;

		let outputs = std::mem::take(&mut self.outputs);
		let end = self.cut.take();
		self.has_crashed = end.is_some();
		for output in outputs.into_iter().take(end.unwrap_or(usize::MAX)) {
			self.carry_out(output)?;
		}
		match self.has_crashed {
			true => Ok(()),
			false => self.check_what_is_open(),
		}
	}

	/// One `handle`, with its price.
	fn handle(&mut self, input: Input<WordsOf<W>>, allowance: usize) -> Result<(), Breach> {
		let (core, out, now) = (
			self.core.as_mut().expect("it has not crashed; qed"),
			&mut self.out,
			self.open.now,
		);
		let (mut input, mut panic) = (Some(input), None);
		let mut handle = || {
			if let Some(input) = input.take() {
				panic = catch_unwind(AssertUnwindSafe(|| core.handle(now, input, out))).err();
			}
		};
		let before = meter::bytes();
		let allocations = match self.plan.measure {
			Some(measure) => measure(&mut handle),
			None => {
				handle();
				Allocations::default()
			}
		};
		let heavy = meter::bytes().saturating_sub(before);
		if let Some(panic) = panic {
			return Err(Breach::new(Law::NoPanic, message(&*panic)));
		}
		self.report.heaviest = self.report.heaviest.max(heavy);
		self.report.most_allocated = self.report.most_allocated.max(allocations.total);
		for (bytes, done, limit) in [
			(heavy, "hashed, coded and verified", self.world.light()),
			(allocations.total, "allocated", LIGHT),
		] {
			let limit = limit.saturating_add(allowance) as u64;
			if bytes > limit {
				return Err(Breach::new(
					Law::Light,
					format!("{bytes} bytes {done} for one input, but at most {limit}"),
				));
			}
		}
		Ok(())
	}

	fn look_for_differences(&mut self) -> Result<(), Breach> {
		let hash = self.trace.hash();
		if let Some(expected) = &self.expected {
			if expected.get(self.traces.len()) != Some(&hash) {
				return Err(Breach::new(
					Law::Determinism,
					"the same choices gave something else before",
				));
			}
		}
		self.traces.push(hash);
		Ok(())
	}

	/// What is hostile, or a stranger's, has no effect that others see, and is reported.
	fn check_cause(&mut self, cause: Cause, has_no_room: bool) -> Result<(), Breach> {
		let Some(peer) = cause.peer else { return Ok(()) };
		let is_hostile = matches!(cause.intent, Intent::Hostile(_));
		self.report.hostile = self.report.hostile.saturating_add(is_hostile.into());
		if is_hostile || self.world.is_stranger(peer, &self.open) {
			let seen = |output: &&Output<_>| {
				let asks_the_next = cause.is_answer && matches!(output, Output::Request { .. });
				!(asks_the_next
					|| self.open.is_between_us(peer, output)
					|| self.world.would_come_anyway(output))
			};
			if let Some(output) = self.outputs.iter().find(seen) {
				let who = if is_hostile {
					"a hostile peer"
				} else {
					"a stranger"
				};
				return Err(Breach::new(
					Law::Checked,
					format!("{who}, {peer:?}, causes what others see: {output:?}"),
				));
			}
		}
		let costs = |output: &Output<_>| matches!(output, Output::Report(of, judgement) if *of == peer && judgement.value() < 0);
		if has_no_room || self.outputs.iter().any(costs) {
			return Ok(());
		}
		match cause.intent {
			Intent::Hostile(Penalty::AtOnce) => Err(Breach::new(
				Law::Checked,
				format!("no report names {peer:?}, which is hostile"),
			)),
			Intent::Hostile(Penalty::Later) => {
				self.watch.hostile(peer, self.report.inputs);
				Ok(())
			}
			_ => Ok(()),
		}
	}

	/// Something new happens.
	pub(super) fn happen(&mut self) -> Result<(), Breach> {
		let Stimulus { act, intent } = self.world.next(&self.open, &mut self.choices);
		let by = |peer| Cause {
			peer: Some(peer),
			intent,
			is_answer: false,
		};
		let id = self.next_id;
		self.next_id = id.saturating_add(1);
		let is_here = |peer: &PeerId| self.open.peers.contains_key(peer);
		match act {
			Act::Chain(event) => self.tell(Input::Chain(event), NOBODY),
			Act::Connect(identity) => {
				let peer = PeerId(id);
				self.open.peers.insert(peer, identity.clone());
				self.tell(Input::Peer(peer, PeerEvent::Connected(identity)), by(peer))
			}
			Act::Identify(peer, identity) if is_here(&peer) => {
				self.open.peers.insert(peer, identity.clone());
				self.tell(Input::Peer(peer, PeerEvent::Connected(identity)), by(peer))
			}
			Act::View(peer, view) if is_here(&peer) => {
				self.tell(Input::Peer(peer, PeerEvent::View(view)), by(peer))
			}
			Act::Message(peer, message) if is_here(&peer) => {
				self.tell(Input::Peer(peer, PeerEvent::Message(message)), by(peer))
			}
			Act::Request(peer, request) if is_here(&peer) => {
				let ticket = Ticket(id);
				self.open.tickets.insert(ticket, peer);
				self.tell(Input::Request(peer, ticket, request), by(peer))
			}
			Act::Propose(about, within) => {
				// A driver may be late.
				let deadline = match self.choices.one_in(8) {
					true => self.open.now.saturating_sub(within),
					false => self.open.now.saturating_add(within),
				};
				self.open.proposals.insert(ProposeId(id), deadline);
				self.tell(Input::Propose(ProposeId(id), about, deadline), NOBODY)
			}
			// A world may name somebody who is gone by now.
			_ => Ok(()),
		}
	}

	/// A request ends.
	pub(super) fn end_request(
		&mut self,
		id: RequestId,
		answer: Result<<WordsOf<W> as Words>::Response, RequestFailure>,
		intent: Intent,
	) -> Result<(), Breach> {
		let Some(open) = self.open.requests.remove(&id) else {
			return Ok(());
		};
		if answer.is_err() || intent != Intent::Honest {
			self.report.failed_requests = self.report.failed_requests.saturating_add(1);
			let step = self.report.inputs.saturating_add(1);
			let round = self.round(&open.request);
			self.watch.failed(&open, round, (self.open.now, step));
		} else {
			self.watch.answered(&open.request);
		}
		// Silence is no deed: only an answer is judged.
		let peer = answer.is_ok().then_some(open.peer);
		let is_awaited = self
			.core
			.as_ref()
			.is_some_and(|core| self.world.is_awaited(core, id));
		let intent = match intent {
			Intent::Hostile(_) if !is_awaited => Intent::Hostile(Penalty::None),
			intent => intent,
		};
		let cause = Cause {
			peer,
			intent,
			is_answer: true,
		};
		self.tell(Input::Response(id, answer), cause)
	}

	/// A job ends.
	pub(super) fn end_job(&mut self, id: JobId, failure: Option<JobFailure>) -> Result<(), Breach> {
		let Some(open) = self.open.jobs.remove(&id) else {
			return Ok(());
		};
		let done = match failure {
			Some(failure) => {
				self.report.failed_jobs = self.report.failed_jobs.saturating_add(1);
				self.watch.settle_all();
				Err(failure)
			}
			None => Ok(self.world.work(open.job, &mut self.choices)),
		};
		self.tell(Input::Done(id, done), NOBODY)
	}

	/// A timer runs out.
	pub(super) fn end_timer(&mut self, id: TimerId) -> Result<(), Breach> {
		match self.open.timers.remove(&id) {
			Some(_) => self.tell(Input::Timer(id), NOBODY),
			None => Ok(()),
		}
	}

	/// The oldest batch is stored.
	pub(super) fn store(&mut self) -> Result<(), Breach> {
		let Some((id, batch)) = self.open.batches.pop_front() else {
			return Ok(());
		};
		self.open.stored.apply(&batch);
		self.report.batches = self.report.batches.saturating_add(1);
		self.tell(Input::Stored(id), NOBODY)
	}

	/// A connection ends: first the requests that are open there, then the connection. What the core asks of this peer
	/// meanwhile ends later, as a request to somebody who is not there.
	pub(super) fn disconnect(&mut self, peer: PeerId) -> Result<(), Breach> {
		let open = self.open.requests.iter().filter(|(_, open)| open.peer == peer);
		let ids: Vec<_> = open.map(|(id, _)| *id).collect();
		for id in ids {
			self.end_request(id, Err(RequestFailure::Disconnected), Intent::Honest)?;
		}
		self.open.peers.remove(&peer);
		self.watch.settled(peer);
		self.report.disconnections = self.report.disconnections.saturating_add(1);
		self.tell(Input::Peer(peer, PeerEvent::Disconnected), NOBODY)?;
		match &self.core {
			Some(core) if !self.has_crashed && self.world.keeps(core, peer) => Err(Breach::new(
				Law::Memory,
				format!("{peer:?} is gone, but something is kept of it"),
			)),
			_ => Ok(()),
		}
	}

	/// Time goes on to this moment, never back.
	pub(super) fn wait_until(&mut self, then: Duration) {
		self.open.now = self.open.now.max(then);
	}

	/// The core's round of questions for this, if it runs.
	pub(super) fn round(&self, request: &<WordsOf<W> as crate::Words>::Request) -> u64 {
		let core = self.core.as_ref();
		core.map_or(0, |core| self.world.round(core, request))
	}

	/// A request that failed long ago, with somebody left who was not asked.
	pub(super) fn look_for_the_forgotten(&mut self) -> Result<(), Breach> {
		let Some(core) = &self.core else { return Ok(()) };
		let patience = self.world.patience();
		while let Some((request, tried)) = self
			.watch
			.due(self.open.now, patience, |request| self.world.round(core, request))
		{
			let mut open = self.open.requests.values();
			let is_asked = open.any(|open| open.request == request);
			if !is_asked && self.world.has_successor(core, &request, &tried, &self.open) {
				return Err(Breach::new(
					Law::Ends,
					format!("{request:?} is wanted, but after {tried:?} nobody was asked"),
				));
			}
		}
		Ok(())
	}
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
	let text = panic.downcast_ref::<&str>().map(ToString::to_string);
	text.or_else(|| panic.downcast_ref::<String>().cloned())
		.unwrap_or_else(|| "a panic without words".into())
}
