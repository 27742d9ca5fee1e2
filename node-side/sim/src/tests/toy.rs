//! A core that does what its script says, and a scenario that tells it so.

use crate::{
	Agenda, Digest, Fault, Kind, Link, Loss, NodeId, Price, Scenario, Sent, Sim, SimConfig, Step, Topology,
	What,
};
use async_backing_machine::{
	Batch, Core, Cost, Input, Instant, Judgement, Outbox, PeerEvent, PeerId, Priority, ProposeId, Recipients,
	Refusal, Ticket, Words,
};
use std::{convert::Infallible, fmt::Write, time::Duration};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MS: Duration = Duration::from_millis(1);
/// Latency of toy links; there is no jitter.
pub(crate) const LATENCY: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Toy;

impl Words for Toy {
	type Chain = Do;
	type Identity = NodeId;
	type View = u32;
	type Message = u32;
	type Request = u32;
	type Response = u32;
	/// Milliseconds that it takes.
	type Job = u64;
	type Done = u64;
	type Proposing = u32;
	type Proposal = u32;
	type Event = String;
}

/// What the chain tells a core to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Do {
	Say(NodeId, u32),
	Ask(NodeId, u32, Duration),
	Work(Priority, Instant, u64),
	CancelAll,
	Store(u32),
	Timer(Instant),
	ClearAll,
	Report(NodeId, Cost),
}

/// Answers even requests with their half, refuses those that end in 1, and does not answer other odd ones.
#[derive(Default)]
pub(crate) struct Puppet {
	peers: Vec<(PeerId, NodeId)>,
	jobs: Vec<async_backing_machine::JobId>,
	timers: Vec<async_backing_machine::TimerId>,
	owed: Vec<Ticket>,
}

impl Puppet {
	fn peer(&self, node: NodeId) -> PeerId {
		let found = self.peers.iter().rev().find(|(_, known)| *known == node);
		found.map_or(PeerId(u64::MAX), |(peer, _)| *peer)
	}
}

impl Core for Puppet {
	type Words = Toy;

	fn handle(&mut self, _: Instant, input: Input<Toy>, out: &mut Outbox<Toy>) {
		match input {
			Input::Peer(peer, PeerEvent::Connected(node)) => self.peers.push((peer, node)),
			Input::Peer(peer, PeerEvent::Disconnected) => self.peers.retain(|(known, _)| *known != peer),
			Input::Request(_, ticket, number) if number % 2 == 0 => out.respond(ticket, Ok(number / 2)),
			Input::Request(_, ticket, number) if number % 10 == 1 => out.respond(ticket, Err(Refusal::Busy)),
			Input::Request(_, ticket, _) => self.owed.push(ticket),
			Input::Propose(id, what, _) if what % 2 == 0 => out.propose(id, what / 2),
			Input::Chain(what) => match what {
				Do::Say(to, number) => {
					out.notify(Recipients::Peer(self.peer(to)), number);
				}
				Do::Ask(to, number, timeout) => {
					out.request(self.peer(to), number, timeout);
				}
				Do::Work(priority, deadline, work) => self.jobs.extend(out.job(priority, deadline, work)),
				Do::CancelAll => self.jobs.drain(..).for_each(|job| out.cancel(job)),
				Do::Store(number) => {
					let mut batch = Batch::default();
					batch.put(number.to_be_bytes(), [1]);
					out.store(batch);
				}
				Do::Timer(at) => self.timers.push(out.set_timer(at)),
				Do::ClearAll => self.timers.drain(..).for_each(|timer| out.clear_timer(timer)),
				Do::Report(node, cost) => out.report(self.peer(node), Judgement::Cost(cost, "toy")),
			},
			_ => {}
		}
	}
}

/// Tells each core at its time what to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Play {
	pub(crate) script: Vec<(Instant, NodeId, Do)>,
	pub(crate) proposals: Vec<(ProposeId, Option<u32>)>,
	/// Messages that the scenario's own fault takes.
	pub(crate) swallowed: Option<u32>,
}

impl Scenario for Play {
	type Words = Toy;
	type Event = ();
	type Note = String;
	type Error = Infallible;

	fn core(&mut self, _: NodeId) -> Box<dyn Core<Words = Toy>> {
		Box::<Puppet>::default()
	}

	fn identity(&mut self, node: NodeId, _: NodeId) -> NodeId {
		node
	}

	fn work(&mut self, _: NodeId, job: u64) -> Result<(u64, Price), Infallible> {
		Ok((job, Price { fuel: job, bytes: 0 }))
	}

	fn bytes(&self, sent: Sent<'_, Toy>) -> usize {
		match sent {
			// A message is as long as it says.
			Sent::Message(bytes) => *bytes as usize,
			_ => 0,
		}
	}

	fn start(&mut self, agenda: &mut Agenda<Self>) -> Result<(), Infallible> {
		for (at, node, what) in self.script.clone() {
			agenda.chain(at, node, what);
		}
		agenda.propose(SECOND, NodeId(0), 8, 2 * SECOND);
		agenda.propose(SECOND, NodeId(0), 7, 2 * SECOND);
		agenda.announce(SECOND, NodeId(1), 5);
		agenda.wait(3 * SECOND, ());
		Ok(())
	}

	fn happens(&mut self, (): (), agenda: &mut Agenda<Self>) -> Result<(), Infallible> {
		agenda.note("half time".into());
		Ok(())
	}

	fn proposed(
		&mut self,
		_: NodeId,
		id: ProposeId,
		proposal: Option<u32>,
		_: &mut Agenda<Self>,
	) -> Result<(), Infallible> {
		self.proposals.push((id, proposal));
		Ok(())
	}

	fn loses(&mut self, _: Instant, _: NodeId, _: NodeId, sent: Sent<'_, Toy>) -> bool {
		matches!(sent, Sent::Message(message) if Some(*message) == self.swallowed)
	}

	fn digest(&self, what: &What<'_, Toy, String>, into: &mut Digest) {
		let _ = write!(into, "{what:?}");
	}
}

/// What an observer wrote down.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Notes {
	/// Inputs, with time and node.
	pub(crate) inputs: Vec<(Instant, NodeId, Input<Toy>)>,
	pub(crate) lost: Vec<(Kind, Loss)>,
	pub(crate) outputs: usize,
	pub(crate) said: Vec<String>,
	pub(crate) crashed: usize,
	pub(crate) steps: u64,
}

impl Notes {
	pub(crate) fn see(&mut self, step: &Step<'_, Toy, String>) {
		self.steps = step.number;
		match step.what {
			What::Input(input) => {
				let node = step.node.expect("inputs have nodes");
				self.inputs.push((step.at, node, (*input).clone()));
			}
			What::Output(_) => self.outputs += 1,
			What::Lost(kind, loss) => self.lost.push((*kind, *loss)),
			What::Note(note) => self.said.push((*note).clone()),
			What::Crashed => self.crashed += 1,
			What::Started | What::NoProposal(_) => {}
		}
	}

	/// Inputs of a node of which this makes something.
	pub(crate) fn of<T>(&self, node: NodeId, which: impl Fn(&Input<Toy>) -> Option<T>) -> Vec<(Instant, T)> {
		let of_node = self.inputs.iter().filter(|(_, at, _)| *at == node);
		of_node
			.filter_map(|(at, _, input)| Some((*at, which(input)?)))
			.collect()
	}

	pub(crate) fn responses(
		&self,
		node: NodeId,
	) -> Vec<(Instant, Result<u32, async_backing_machine::RequestFailure>)> {
		self.of(node, |input| match input {
			Input::Response(_, result) => Some(*result),
			_ => None,
		})
	}

	pub(crate) fn messages(&self, node: NodeId) -> Vec<(Instant, u32)> {
		self.of(node, |input| match input {
			Input::Peer(_, PeerEvent::Message(message)) => Some(*message),
			_ => None,
		})
	}

	pub(crate) fn done(
		&self,
		node: NodeId,
	) -> Vec<(Instant, Result<u64, async_backing_machine::JobFailure>)> {
		self.of(node, |input| match input {
			Input::Done(_, result) => Some(*result),
			_ => None,
		})
	}
}

/// Three nodes whose links take exactly 100 ms.
pub(crate) fn config(faults: Vec<Fault>) -> SimConfig {
	let link = Link {
		latency: LATENCY,
		jitter: Duration::ZERO,
		..Link::default()
	};
	let mut config = SimConfig {
		topology: Topology::full(link),
		faults,
		..SimConfig::new(3, 7)
	};
	// Overhead of parcels shall not show in times.
	config.topology.uplink.bandwidth = u64::MAX;
	config.processor.fuel_per_second = 1000;
	config
}

pub(crate) fn run(config: SimConfig, script: Vec<(Instant, NodeId, Do)>) -> (Sim<Play>, Notes) {
	let play = Play {
		script,
		..Play::default()
	};
	run_play(config, play)
}

pub(crate) fn run_play(config: SimConfig, play: Play) -> (Sim<Play>, Notes) {
	let mut notes = Notes::default();
	let mut sim = Sim::new(config, play).expect("the plan names nodes that there are");
	sim.run(&mut |step: &Step<'_, Toy, String>| notes.see(step))
		.expect("puppets are bounded");
	(sim, notes)
}
