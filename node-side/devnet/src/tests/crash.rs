//! One validator crashes and begins again, at each event of a run of 40 relay blocks (law 5).
//!
//! The heads that the chain includes are the same as without the crash, one after the other: whatever the validator had in
//! its hands others have as well, because a collator offers a candidate to all members of its group. Candidates differ: a
//! bitfield that comes too late for its block, or a slot that the crashed validator should have filled, makes another
//! relay block, and with it other relay parents. That is why the parachain here has heads that say nothing of relay
//! parents.

use super::town::*;
use crate::{
	words::{DevnetWords, Job, Message},
	world::Note,
};
use async_backing_backing::job;
use async_backing_chain_view::ChainEvent;
use async_backing_machine::{Core, Input, Outbox, Output, PeerEvent, PeerId, Ticket};
use async_backing_primitives::{
	CandidateHash, CompactStatement, Hash, SignedCompactStatement, StatementDistributionMessage,
	ValidatorIndex,
};
use async_backing_sim::{Fault, Moment, NodeId, Step, What};
use async_backing_validator::{Job as ValidatorJob, Message as NodeMessage, NodeWords, Request, Response};
use async_backing_wire::{Envelope, ValidationMessage, Wire};
use codec::Encode;
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::{
		atomic::{AtomicU64, Ordering},
		Mutex,
	},
	time::Duration,
};

/// Who crashes.
const NODE: NodeId = NodeId(0);
/// Relay blocks in which it does, and a few more in which it has to have come back.
const BLOCKS: u32 = 40;
const AFTER: u32 = 3;
/// How long it is down.
const DOWN: Duration = Duration::from_millis(300);

/// The relay block that a promise is about.
#[derive(Clone, Copy, Debug)]
enum About {
	/// That of a statement.
	RelayParent(Hash),
	/// That of a bitfield.
	Leaf(Hash),
}

/// What the validator promised in a run, over all its lives.
#[derive(Debug, Default)]
struct Watch {
	/// Payloads that it had signed, by what they are about.
	signed: BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>,
	/// What it seconded, by relay parent.
	seconded: BTreeMap<Hash, BTreeSet<CandidateHash>>,
	/// Statements and bitfields that it shared, with the relay block that they are about: before the crash and after.
	shared: [BTreeMap<Vec<u8>, About>; 2],
	/// Candidates whose data it said to have.
	has: BTreeSet<CandidateHash>,
	/// Candidates on the core, by leaf.
	on_core: BTreeMap<Hash, CandidateHash>,
	/// Relay blocks that candidates may build on, newest first: as it has imported them, and when it came back.
	relay_parents: Vec<Hash>,
	in_scope: Vec<Hash>,
	/// The same after the first block that it imported after it came back.
	next_scope: Option<Vec<Hash>>,
	/// Heads that others have said to see since it came back.
	seen: BTreeSet<Hash>,
	crashes: usize,
	peers: BTreeSet<PeerId>,
	/// Inputs and outputs when the last block but `AFTER` was built.
	events: Option<(u64, u64)>,
	inputs: u64,
	outputs: u64,
	blocks: u32,
}

impl Watch {
	fn see(&mut self, step: &Step<'_, DevnetWords, Note>) {
		if let What::Note(Note::RelayBlock(block)) = step.what {
			let facts = &block.facts;
			let pending = &facts.paras[&PARA].backing_state.pending_availability;
			let leaf = facts.block.hash;
			self.on_core
				.extend(pending.first().map(|pending| (leaf, pending.candidate_hash)));
			self.blocks += 1;
			if self.blocks == BLOCKS {
				self.events = Some((self.inputs, self.outputs));
			}
		}
		if step.node != Some(NODE) {
			return;
		}
		match step.what {
			What::Input(input) => {
				self.inputs += 1;
				self.input(input);
			}
			What::Output(output) => {
				self.outputs += 1;
				self.output(output);
			}
			What::Crashed => {
				self.crashes += 1;
				self.peers.clear();
			}
			What::Started => {
				self.in_scope = self.relay_parents.clone();
				(self.seen, self.next_scope) = Default::default();
			}
			_ => {}
		}
	}

	fn input(&mut self, input: &Input<DevnetWords>) {
		match input {
			Input::Peer(peer, PeerEvent::Connected(_)) => {
				self.peers.insert(*peer);
			}
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.peers.remove(peer);
			}
			Input::Chain(ChainEvent::Imported { facts, fresh: true }) => {
				self.relay_parents = facts.relay_parents().map(|info| info.hash).collect();
				if !self.in_scope.contains(&facts.block.hash) && self.next_scope.is_none() {
					self.next_scope = Some(self.relay_parents.clone());
				}
			}
			Input::Peer(_, PeerEvent::Message(Message::Node(NodeMessage::Validation(bytes)))) => {
				if let Ok(Envelope::<ValidationMessage>::View(view)) = Envelope::from_wire(bytes) {
					self.seen.extend(view.heads());
				}
			}
			_ => {}
		}
	}

	fn output(&mut self, output: &Output<DevnetWords>) {
		match output {
			Output::Job {
				job: Job::Validator(ValidatorJob::Backing(job::Job::Sign { payload, .. })),
				..
			} => {
				// Magic, kind, candidate, signing context.
				let about = payload[5..].to_vec();
				self.signed.entry(about).or_default().insert(payload.clone());
			}
			Output::Job {
				job: Job::Validator(ValidatorJob::SignBitfield { payload, .. }),
				..
			} => {
				// Bits, signing context.
				let about = payload[payload.len() - 36..].to_vec();
				self.signed.entry(about).or_default().insert(payload.clone());
			}
			Output::Notify(_, Message::Node(message @ NodeMessage::Validation(bytes))) => {
				let Ok(Envelope::Message(said)) = Envelope::from_wire(bytes) else {
					return;
				};
				match said {
					ValidationMessage::Statement(StatementDistributionMessage::Statement(
						relay_parent,
						statement,
					)) => self.stated(message, relay_parent, &statement),
					ValidationMessage::Bitfield {
						relay_parent: leaf,
						bitfield,
					} if bitfield.validator_index == ValidatorIndex(NODE.0 as u32) => {
						self.share(message, About::Leaf(leaf));
						if bitfield.payload.0[0] {
							self.has.extend(self.on_core.get(&leaf));
						}
					}
					_ => {}
				}
			}
			_ => {}
		}
	}

	fn stated(&mut self, message: &NodeMessage, relay_parent: Hash, statement: &SignedCompactStatement) {
		let candidate = statement.statement.candidate_hash();
		if matches!(statement.statement, CompactStatement::Seconded(_)) {
			self.seconded.entry(relay_parent).or_default().insert(candidate);
		}
		if statement.validator_index == ValidatorIndex(NODE.0 as u32) {
			self.share(message, About::RelayParent(relay_parent));
			self.has.insert(candidate);
		}
	}

	fn share(&mut self, message: &NodeMessage, about: About) {
		self.shared[self.crashes.min(1)].insert(message.encode(), about);
	}

	/// Whether a promise mattered when the validator came back, to anybody who sees the block (R-NET-56, R-NET-104): a
	/// statement as long as candidates may have its relay parent, a bitfield until there is another block.
	fn matters(&self, about: &About) -> bool {
		match about {
			About::RelayParent(hash) => {
				let is_seen = self.in_scope.iter().any(|block| self.seen.contains(block));
				let stays = self.next_scope.as_ref().is_some_and(|scope| scope.contains(hash));
				self.in_scope.contains(hash) && (is_seen || stays)
			}
			About::Leaf(hash) => self.in_scope.first() == Some(hash) && self.seen.contains(hash),
		}
	}
}

struct Run {
	town: Town,
	watch: Watch,
}

fn run(when: Option<Moment>) -> Run {
	let mut config = config(BLOCKS + AFTER, 5);
	config.faults.plan = when
		.map(|when| Fault::Crash {
			node: NODE,
			when,
			restart_after: Some(DOWN),
		})
		.into_iter()
		.collect();
	let (mut town, mut watch) = (Town::new(config), Watch::default());
	town.run(|step| watch.see(step));
	Run { town, watch }
}

impl Run {
	/// What is wrong, seen from a run without the crash.
	fn wrong(&mut self, calm: &[u32]) -> Vec<String> {
		let (watch, numbers) = (&self.watch, self.town.numbers());
		let mut wrong = Vec::new();
		if watch.crashes != 1 {
			wrong.push(format!("{} crashes", watch.crashes));
		}
		if numbers != calm {
			wrong.push(format!("{} of {} heads: {numbers:?}", numbers.len(), calm.len()));
		}
		let twice = watch.signed.iter().filter(|(_, payloads)| payloads.len() > 1);
		wrong.extend(twice.map(|(about, _)| format!("two promises about {about:?}")));
		let rivals = watch
			.seconded
			.iter()
			.filter(|(_, candidates)| candidates.len() > 1);
		wrong.extend(rivals.map(|(relay_parent, rivals)| format!("{rivals:?} seconded at {relay_parent:?}")));
		let [before, after] = &watch.shared;
		let lost = before
			.iter()
			.filter(|(message, about)| watch.matters(about) && !after.contains_key(*message));
		wrong.extend(lost.map(|(_, about)| format!("not shared again: {about:?}")));
		for candidate in watch.has.clone() {
			if !self.answers(candidate) {
				wrong.push(format!("the chunk of {candidate} is lost"));
			}
		}
		wrong
	}

	/// Whether the validator has its chunk of a candidate.
	fn answers(&mut self, candidate: CandidateHash) -> bool {
		let peer = *self.watch.peers.first().unwrap();
		let request = Request::Chunk {
			candidate,
			index: ValidatorIndex(NODE.0 as u32),
			plain: false,
		};
		let now = self.town.sim.now();
		let validator = self.town.sim.scenario().validators[NODE.0].clone();
		let mut out = Outbox::<NodeWords>::default().starting_at(u64::MAX / 2);
		let input = Input::Request(peer, Ticket(u64::MAX), request);
		Core::handle(&mut *validator.borrow_mut(), now, input, &mut out);
		let answer = out.drain().find_map(|output| match output {
			Output::Respond(_, answer) => Some(answer),
			_ => None,
		});
		matches!(answer, Some(Ok(Response::Chunk(_))))
	}
}

/// Each so many-th event: all of them take minutes (`ASYNC_BACKING_CRASH_EVERY=1`).
fn stride() -> usize {
	let value = std::env::var("ASYNC_BACKING_CRASH_EVERY").ok();
	value
		.and_then(|value| value.parse().ok())
		.filter(|stride| *stride > 0)
		.unwrap_or(7)
}

#[test]
fn law_5_a_validator_that_crashes_at_any_event_of_40_relay_blocks_forgets_no_promise() {
	let calm = run(None);
	let numbers = calm.town.numbers();
	assert!(numbers.len() as u32 + 4 >= BLOCKS + AFTER, "{numbers:?}");
	let (inputs, outputs) = calm.watch.events.unwrap();
	assert!(
		inputs > 500 && outputs > 500,
		"{inputs} inputs, {outputs} outputs"
	);
	let moments: Vec<_> = (1..=inputs)
		.map(Moment::Input)
		.chain((1..=outputs).map(Moment::Output))
		.step_by(stride())
		.collect();
	let (next, wrong) = (AtomicU64::new(0), Mutex::new(Vec::new()));
	std::thread::scope(|scope| {
		for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
			scope.spawn(|| loop {
				let position = next.fetch_add(1, Ordering::Relaxed) as usize;
				let Some(moment) = moments.get(position) else {
					return;
				};
				let mut cut = run(Some(*moment));
				let of_moment = cut.wrong(&numbers);
				let of_moment = of_moment.into_iter().map(|wrong| format!("{moment:?}: {wrong}"));
				wrong.lock().unwrap().extend(of_moment);
			});
		}
	});
	let wrong = wrong.into_inner().unwrap();
	let few: Vec<_> = wrong.iter().take(20).collect();
	assert!(
		wrong.is_empty(),
		"{} of {} cuts: {few:#?}",
		wrong.len(),
		moments.len()
	);
}
