//! A node: its core, and what its driver knows.

use crate::{clock::Handle, processor::Jobs, NodeId};
use async_backing_machine::{
	Batch, BatchId, Core, Instant, Outbox, PeerId, RequestId, Snapshot, Ticket, TimerId, Words,
};
use std::{
	collections::{BTreeMap, VecDeque},
	fmt,
	time::Duration,
};

/// What was counted at a node, over all its lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
	/// Inputs handled.
	pub inputs: u64,
	/// Outputs carried out.
	pub outputs: u64,
	/// Bytes sent, with overhead; what was lost on the way as well.
	pub bytes_sent: u64,
	/// Parcels that a fault took.
	pub lost: u64,
	/// Parcels that found a queue full.
	pub overflowed: u64,
	/// Parcels for somebody who is not there, and answers that nobody waits for.
	pub unwanted: u64,
	/// Requests refused since too many were open.
	pub requests_refused: u64,
	/// Jobs without room.
	pub jobs_dropped: u64,
	/// Jobs that were not done by their deadline.
	pub jobs_late: u64,
	/// Outputs without room in the outbox.
	pub outputs_refused: u64,
	/// Peers cut off.
	pub bans: u64,
	/// Crashes.
	pub crashes: u64,
}

/// A connection, as one end sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
	/// Who is at the other end.
	pub(crate) node: NodeId,
	/// What we are called there.
	pub(crate) our_name: PeerId,
}

/// A request of the node's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
	pub(crate) peer: PeerId,
	/// Ends it.
	pub(crate) timeout: Handle,
	/// Where it is being answered.
	pub(crate) at: Option<(NodeId, Ticket)>,
}

/// A request of somebody else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
	pub(crate) peer: PeerId,
	pub(crate) request: RequestId,
}

/// A batch on its way to the disk.
#[derive(Debug)]
pub(crate) struct Write {
	pub(crate) id: BatchId,
	pub(crate) batch: Batch,
	pub(crate) at: Handle,
}

/// Ids of one life of a core, so that those of the next are others.
const IDS_OF_A_LIFE: u32 = 40;

pub(crate) struct Node<W: Words> {
	/// `None` while it is down.
	pub(crate) core: Option<Box<dyn Core<Words = W>>>,
	pub(crate) out: Outbox<W>,
	pub(crate) peers: BTreeMap<PeerId, Peer>,
	pub(crate) names: BTreeMap<NodeId, PeerId>,
	pub(crate) requests: BTreeMap<RequestId, Open>,
	pub(crate) tickets: BTreeMap<Ticket, Asked>,
	pub(crate) jobs: Jobs<W::Job>,
	pub(crate) timers: BTreeMap<TimerId, Handle>,
	pub(crate) writes: VecDeque<Write>,
	pub(crate) disk_free_at: Instant,
	/// Outlives a crash.
	pub(crate) stored: Snapshot,
	pub(crate) reputation: BTreeMap<NodeId, Reputation>,
	pub(crate) banned_until: BTreeMap<NodeId, Instant>,
	/// Crashes that are still to come, by inputs and by outputs: how long until it starts again.
	pub(crate) crash_with_input: BTreeMap<u64, Option<Duration>>,
	pub(crate) crash_after_output: BTreeMap<u64, Option<Duration>>,
	pub(crate) counters: Counters,
}

impl<W: Words> fmt::Debug for Node<W> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Node")
			.field("up", &self.core.is_some())
			.field("peers", &self.names)
			.field("counters", &self.counters)
			.finish_non_exhaustive()
	}
}

impl<W: Words> Default for Node<W> {
	fn default() -> Self {
		Self {
			core: None,
			out: Outbox::default(),
			peers: BTreeMap::new(),
			names: BTreeMap::new(),
			requests: BTreeMap::new(),
			tickets: BTreeMap::new(),
			jobs: Jobs::default(),
			timers: BTreeMap::new(),
			writes: VecDeque::new(),
			disk_free_at: Instant::ZERO,
			stored: Snapshot::default(),
			reputation: BTreeMap::new(),
			banned_until: BTreeMap::new(),
			crash_with_input: BTreeMap::new(),
			crash_after_output: BTreeMap::new(),
			counters: Counters::default(),
		}
	}
}

impl<W: Words> Node<W> {
	/// Forgets what a crash forgets. Returns what waited for it in the clock; `written` of the batches under way are
	/// stored.
	pub(crate) fn crash(&mut self, written: usize) -> Vec<Handle> {
		self.counters.crashes = self.counters.crashes.saturating_add(1);
		self.core = None;
		self.note_refusals();
		self.out = Outbox::default().starting_at(self.counters.crashes.wrapping_shl(IDS_OF_A_LIFE));
		self.peers.clear();
		self.names.clear();
		self.tickets.clear();
		let requests = std::mem::take(&mut self.requests);
		let timers = std::mem::take(&mut self.timers);
		let mut handles: Vec<_> = requests.into_values().map(|open| open.timeout).collect();
		handles.extend(timers.into_values());
		handles.extend(self.jobs.clear());
		for (position, write) in self.writes.drain(..).enumerate() {
			if position < written {
				self.stored.apply(&write.batch);
			}
			handles.push(write.at);
		}
		self.disk_free_at = Instant::ZERO;
		handles
	}

	/// Counts what found no room in the outbox of this life.
	pub(crate) fn note_refusals(&mut self) {
		self.counters.outputs_refused = self.counters.outputs_refused.saturating_add(self.out.refused());
	}
}

/// What a node thinks of another one, at some time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reputation {
	value: i32,
	/// Whole seconds up to which it is forgotten.
	second: u64,
}

impl Reputation {
	/// One part of so many is forgotten each second (R-NET-115).
	const FORGOTTEN: i32 = 200;

	/// It changes by so much. Returns what it is now.
	pub(crate) fn change(&mut self, now: Instant, by: i32) -> i32 {
		let second = now.as_secs();
		for _ in self.second..second {
			let forgotten = self.value / Self::FORGOTTEN;
			if forgotten == 0 {
				break;
			}
			self.value -= forgotten;
		}
		self.second = second;
		self.value = self.value.saturating_add(by);
		self.value
	}
}
