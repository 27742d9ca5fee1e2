//! Whatever happens: nothing panics, bounds hold, and what went in twice comes out alike (laws 2, 3, 4 and 6).

use super::*;
use crate::SecondedLimits;
use async_backing_machine::{
	BatchId, Input, JobFailure, JobId, Outbox, Output, PeerId, RequestFailure, RequestId, Snapshot, Ticket,
	TimerId,
};
use proptest::prelude::*;
use std::{sync::LazyLock, time::Duration};

/// Statements of all kinds about few candidates at three relay parents, with the candidates.
static STATEMENTS: LazyLock<Vec<(SignedStatement, Arc<Candidate>)>> = LazyLock::new(|| {
	let mut statements = Vec::new();
	for relay_parent in [9, 10, 77].map(leaf_hash) {
		for name in 1..5 {
			for validator in [0, 1, 2, 4] {
				let candidate = checked(&named(name, relay_parent));
				statements.push((seconded(name, validator, relay_parent), candidate.clone()));
				statements.push((valid(name, validator, relay_parent), candidate));
			}
		}
	}
	statements
});

#[derive(Clone, Debug)]
enum Step {
	Hear(usize),
	Collation(u64, u8, usize),
	Connect(u64, bool),
	Activate(usize),
	Deactivate(usize),
	/// The oldest open job ends, like this.
	Job(u8),
	Request(u8),
	Stored,
	/// Ids that were never given out.
	Nonsense(u64),
	DataStored(u8),
	Restored,
}

fn step() -> impl Strategy<Value = Step> {
	let peer = prop_oneof![Just(1), 100..106_u64];
	prop_oneof![
		8 => any::<prop::sample::Index>().prop_map(|index| Step::Hear(index.index(STATEMENTS.len()))),
		3 => (peer.clone(), 1..6_u8, 0..3_usize).prop_map(|(peer, name, at)| Step::Collation(peer, name, at)),
		1 => (peer, any::<bool>()).prop_map(|(peer, on)| Step::Connect(peer, on)),
		1 => (0..3_usize).prop_map(Step::Activate),
		1 => (0..3_usize).prop_map(Step::Deactivate),
		8 => (0..8_u8).prop_map(Step::Job),
		3 => (0..6_u8).prop_map(Step::Request),
		4 => Just(Step::Stored),
		1 => (0..300_u64).prop_map(Step::Nonsense),
		2 => (1..6_u8).prop_map(Step::DataStored),
		1 => Just(Step::Restored),
	]
}

/// A driver that does what it is told to, when it is told to.
struct Driver {
	node: Node,
	jobs: VecDeque<(JobId, job::Job)>,
	requests: VecDeque<RequestId>,
	batches: VecDeque<BatchId>,
	tickets: Vec<Ticket>,
	/// All that came out, in words.
	log: Vec<String>,
}

impl Driver {
	fn new() -> Self {
		let mut node = Node::new(Some(0), Script::at(leaf_hash(10), &[0]));
		node.out = Outbox::new(16);
		Self {
			node,
			jobs: VecDeque::new(),
			requests: VecDeque::new(),
			batches: VecDeque::new(),
			tickets: Vec::new(),
			log: Vec::new(),
		}
	}

	fn input(&mut self, input: Input<BackingWords>) {
		let node = &mut self.node;
		let effects = node
			.backing
			.handle(node.now, input, &node.chain, &mut node.view, &mut node.out);
		self.take(effects);
	}

	fn take(&mut self, effects: Vec<Effect>) {
		self.log
			.extend(effects.iter().map(|effect| format!("{effect:?}")));
		let outputs: Vec<_> = self.node.out.drain().collect();
		for output in outputs {
			self.log.push(format!("{output:?}"));
			match output {
				Output::Job {
					id, job, deadline, ..
				} => {
					assert!(deadline > self.node.now);
					self.jobs.push_back((id, job));
				}
				Output::Request { id, timeout, .. } => {
					assert!(!timeout.is_zero(), "law 2");
					self.requests.push_back(id);
				}
				Output::Store(id, batch) => {
					self.node.store.apply(&batch);
					self.batches.push_back(id);
				}
				Output::Respond(ticket, _) => self.tickets.push(ticket),
				_ => {}
			}
		}
	}

	fn step(&mut self, step: &Step) {
		let names = [9, 10, 77].map(leaf_hash);
		let leaves = [leaf(10, (4, 3)), leaf(11, (4, 3)), leaf(77, (1, 1))];
		self.node.now += Duration::from_millis(50);
		match step {
			Step::Hear(index) => {
				let (statement, candidate) = &STATEMENTS[*index];
				let node = &mut self.node;
				let effects = node.backing.heard(
					node.now,
					statement.scheduling_parent,
					statement.to_compact(),
					candidate,
					&node.chain,
					&mut node.view,
					&mut node.out,
				);
				self.take(effects);
			}
			Step::Collation(peer, name, at) => {
				let node = &mut self.node;
				let taken = node.backing.collation_fetched(
					node.now,
					PeerId(*peer),
					collation(*name, names[*at]),
					&node.chain,
					&mut node.view,
					&mut node.out,
				);
				self.log.push(format!("{:?}", taken.as_ref().err()));
				self.take(taken.unwrap_or_default());
			}
			Step::Connect(peer, true) => {
				if let Some(validator) = peer.checked_sub(100) {
					let authorities = vec![key(u32::try_from(validator).expect("small")).public()];
					let identity = async_backing_chain_view::Identity { authorities };
					self.node.chain.connected(PeerId(*peer), identity);
				}
				self.input(Input::Peer(PeerId(*peer), PeerEvent::Connected(())));
			}
			Step::Connect(peer, false) => {
				self.node.chain.disconnected(PeerId(*peer));
				self.input(Input::Peer(PeerId(*peer), PeerEvent::Disconnected));
			}
			Step::Activate(at) => {
				let node = &mut self.node;
				let facts = Arc::new(leaves[*at].clone());
				let _ = node
					.chain
					.handle(async_backing_chain_view::ChainEvent::Imported { facts, fresh: true });
				let effects = node.backing.leaf_activated(
					node.now,
					&leaves[*at],
					&node.chain,
					&mut node.view,
					&mut node.out,
				);
				self.take(effects);
			}
			Step::Deactivate(at) => {
				let node = &mut self.node;
				let effects = node.backing.leaf_deactivated(
					node.now,
					leaves[*at].block.hash,
					&node.chain,
					&mut node.view,
					&mut node.out,
				);
				self.take(effects);
			}
			Step::Job(how) => self.end_job(*how),
			Step::Request(how) => {
				let Some(id) = self.requests.pop_front() else {
					return;
				};
				let answer = match how {
					0 => Err(RequestFailure::TimedOut),
					1 => Err(RequestFailure::Refused),
					name => Ok(pov(*name)),
				};
				self.input(Input::Response(id, answer));
			}
			Step::Stored => {
				if let Some(id) = self.batches.pop_front() {
					self.input(Input::Stored(id));
				}
			}
			Step::Nonsense(id) => {
				self.input(Input::Done(JobId(*id), Err(JobFailure::Late)));
				self.input(Input::Response(RequestId(*id), Ok(pov(1))));
				self.input(Input::Stored(BatchId(*id)));
				self.input(Input::Timer(TimerId(*id)));
				let ticket = Ticket(*id);
				let request = crate::PovRequest(hash(1, leaf_hash(10)));
				self.tickets.clear();
				self.input(Input::Request(PeerId(1), ticket, request));
				assert_eq!(self.tickets, [ticket], "answered once");
			}
			Step::DataStored(name) => {
				let node = &mut self.node;
				let effects = node.backing.data_stored(
					node.now,
					hash(*name, leaf_hash(10)),
					&node.chain,
					&mut node.view,
					&mut node.out,
				);
				self.take(effects);
			}
			Step::Restored => {
				let snapshot: Snapshot = self.node.store.clone();
				self.input(Input::Restored(snapshot));
			}
		}
	}

	fn end_job(&mut self, how: u8) {
		let Some((id, job)) = self.jobs.pop_front() else {
			return;
		};
		let done = match how {
			0 => Err(JobFailure::Late),
			1 => Err(JobFailure::Dropped),
			2 => Ok(job::Done::Recalled(None)),
			3 => Ok(job::Done::Signed(None)),
			// Signatures draw randomness; here both runs get the same.
			_ if matches!(job, job::Job::Sign { .. }) => Ok(job::Done::Signed(Some(SIGNATURE.clone()))),
			_ => self.node.run(job),
		};
		self.input(Input::Done(id, done));
	}

	fn check_bounds(&self) {
		let backing = &self.node.backing;
		let limits = SecondedLimits::without_constraints(AsyncBackingParams::new(4, 3).expect("legal"));
		let bound = limits.max_bytes(4) * 6;
		assert!(backing.bytes() <= bound, "law 3");
		for collations in [true, false] {
			assert!(backing.executions(PARA, collations) <= 3, "row 3");
		}
		let in_scope = |parent: &Hash| backing.relay_parents.contains_key(parent);
		assert!(backing
			.candidates
			.values()
			.all(|state| in_scope(&state.scheduling_parent)));
		assert!(backing
			.to_confirm
			.iter()
			.all(|hash| backing.candidates.contains_key(hash)));
		assert!(backing
			.executing
			.keys()
			.all(|hash| backing.candidates.contains_key(hash)));
		for (hash, state) in &backing.candidates {
			assert_eq!(
				!matches!(state.work, Work::Idle),
				backing.executing.contains_key(hash)
			);
		}
	}
}

static SIGNATURE: LazyLock<async_backing_primitives::ValidatorSignature> =
	LazyLock::new(|| valid(1, 0, leaf_hash(10)).signature);

proptest! {
	#![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn laws_2_3_4_6_random_histories(steps in prop::collection::vec(step(), 1..120)) {
		let (mut one, mut other) = (Driver::new(), Driver::new());
		for step in &steps {
			one.step(step);
			other.step(step);
			one.check_bounds();
		}
		prop_assert_eq!(one.log, other.log, "law 6");
	}
}
