//! Bitfields: those that others send, and the own one.
//!
//! They go along the grid of the session, and to a few besides ([`Gossip`], R-NET-104).
//!
//! Invariants:
//! - a bitfield is looked at only if it can be one of its leaf and its validator's is not there yet, and of each peer once
//!   for each validator; of several that claim to be one validator's, its own comes first, and the next one is looked at
//!   when the one before is forged. Checks are batched: what comes while a batch is checked is the next batch;
//! - only what is signed goes on to others;
//! - the own one is made [some time](Bitfields::new) after its leaf, written down, signed, written down with its signature,
//!   and then shared. It is never made differently for the same leaf, whatever crashes (law 5).

mod leaves;
mod own;
mod promises;
mod words;

pub use words::CheckBitfields;
pub(crate) use words::{BitfieldDone, BitfieldJob, BitfieldMessage, BitfieldWords};

use async_backing_availability::{Gossip, Heard};
use async_backing_chain_view::{ChainView, Neighbours, Session};
use async_backing_machine::{
	BatchId, Cost, Input, Instant, JobFailure, JobId, Judgement, Outbox, PeerEvent, PeerId, Priority,
	Recipients, TimerId,
};
use async_backing_primitives::{
	AvailabilityBitfield, Hash, LeafFacts, UncheckedSignedAvailabilityBitfield, ValidatorIndex,
};
use async_backing_provisioner::{BitfieldError, Bitfields as Collected, SharedBitfield};
use async_backing_wire::View;
use promises::{Promise, Promises};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
	time::Duration,
};

type Out = Outbox<BitfieldWords>;
type Signed = UncheckedSignedAvailabilityBitfield;

/// Bitfields that are checked at once: each is copied for it, and takes 250 bytes on a chain of many cores (law 1).
const MAX_BATCH: usize = 128;
/// How long a batch may take: a block waits for it.
const CHECK_WITHIN: Duration = Duration::from_secs(2);
/// Peers whose word about one validator waits: what more say is not needed.
const MAX_CLAIMS: usize = 4;
/// A job that the driver did not do is asked for again after this.
const RETRY: Duration = Duration::from_millis(500);

/// Who knows which chunks are held: availability.
pub(crate) trait Holdings {
	/// The bits of this validator at a leaf, `None` if there are none (R-AVL-8).
	fn bitfield(&self, leaf: Hash, chain: &ChainView) -> Option<AvailabilityBitfield>;
}

/// The neighbours as they are asked.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
	pub(crate) now: Instant,
	pub(crate) chain: &'a ChainView,
	pub(crate) holdings: &'a dyn Holdings,
}

/// How far the own bitfield is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
	/// It is made later, or was never to be made.
	Waiting,
	/// It is being written down or signed.
	UnderWay,
	/// It may have been shared.
	Shared,
}

#[derive(Debug)]
struct AtLeaf {
	facts: Arc<LeafFacts>,
	collected: Collected,
	/// What is not checked yet, by whom it names.
	waiting: BTreeMap<ValidatorIndex, VecDeque<(PeerId, Signed)>>,
	own: Own,
	is_checking: bool,
}

/// A batch that is being checked.
#[derive(Debug)]
struct Check {
	leaf: Hash,
	bitfields: Vec<(PeerId, Signed)>,
}

#[derive(Clone, Copy, Debug)]
enum Timer {
	Own(Hash),
	Check(Hash),
}

/// What is written: the promise, or its signature too.
#[derive(Clone, Copy, Debug)]
enum Written {
	Promise(Hash),
	Signature(Hash),
}

/// Bitfields of all active leaves. Memory: for each validator and leaf one bitfield and [`MAX_CLAIMS`] that wait, what
/// [`Gossip`] takes, and [`promises::MAX_PROMISES`].
#[derive(Debug)]
pub(crate) struct Bitfields {
	after: Duration,
	leaves: BTreeMap<Hash, AtLeaf>,
	gossip: Gossip,
	/// Own neighbours in the grid of the last session that a leaf was of.
	neighbours: Option<(Arc<Session>, Neighbours)>,
	promises: Promises,
	checks: BTreeMap<JobId, Check>,
	signing: BTreeMap<JobId, Hash>,
	timers: BTreeMap<TimerId, Timer>,
	writing: BTreeMap<BatchId, Written>,
}

impl Bitfields {
	/// The own bitfield is made this long after its leaf. Who hears what besides the grid's neighbours is drawn from `seed`.
	pub(crate) fn new(after: Duration, seed: u64) -> Self {
		Self {
			after,
			leaves: BTreeMap::new(),
			gossip: Gossip::new(seed),
			neighbours: None,
			promises: Promises::default(),
			checks: BTreeMap::new(),
			signing: BTreeMap::new(),
			timers: BTreeMap::new(),
			writing: BTreeMap::new(),
		}
	}

	/// Takes an input in.
	pub(crate) fn handle(&mut self, input: Input<BitfieldWords>, around: Around<'_>, out: &mut Out) {
		match input {
			Input::Chain(update) => self.leaves_changed(update, around, out),
			Input::Peer(peer, PeerEvent::Message(message)) => self.heard(peer, message, around, out),
			Input::Peer(peer, PeerEvent::Connected(())) => {
				self.gossip.connected(peer);
				// It may be there already, as somebody else.
				let missing = self.gossip.missing(peer, index_in(around.chain));
				self.tell(peer, missing, out);
			}
			Input::Peer(peer, PeerEvent::View(view)) => self.sees(peer, &view, around.chain, out),
			Input::Peer(peer, PeerEvent::Disconnected) => self.gone(peer),
			Input::Done(job, done) => self.done(job, done, around, out),
			Input::Stored(batch) => match self.writing.remove(&batch) {
				Some(Written::Promise(leaf)) => self.sign(leaf, around, out),
				Some(Written::Signature(leaf)) => self.share(leaf, around.chain, out),
				None => {}
			},
			Input::Timer(timer) => match self.timers.remove(&timer) {
				Some(Timer::Own(leaf)) => self.promise(leaf, around, out),
				Some(Timer::Check(leaf)) => self.check(leaf, around.now, out),
				None => {}
			},
			Input::Restored(snapshot) => self.promises = Promises::restore(&snapshot),
			Input::Request(_, _, never) | Input::Response(_, Ok(never)) | Input::Propose(_, never, _) => {
				match never {}
			}
			Input::Response(_, Err(_)) => {}
		}
	}

	/// Law 3: how much it takes for open.
	#[cfg(feature = "laws")]
	pub(crate) fn taken_for_open(&self) -> usize {
		self.checks.len() + self.signing.len() + self.timers.len() + self.writing.len()
	}

	/// Law 3: how many timers it waits for.
	#[cfg(feature = "laws")]
	pub(crate) fn timers_of_use(&self) -> usize {
		self.timers.len()
	}

	/// Law 3: whether something of a peer waits.
	#[cfg(feature = "laws")]
	pub(crate) fn keeps(&self, peer: PeerId) -> bool {
		let mut waiting = self.leaves.values().flat_map(|at| at.waiting.values().flatten());
		waiting.any(|(of, _)| *of == peer)
	}

	/// Law 2: whether bitfields wait for a check that nothing leads to.
	#[cfg(feature = "laws")]
	pub(crate) fn is_stuck(&self) -> bool {
		let mut leaves = self.leaves.iter();
		leaves.any(|(leaf, at)| !at.waiting.is_empty() && !at.is_checking && !self.has_check_timer(*leaf))
	}

	/// Number of the oldest leaf with a promise.
	#[cfg(feature = "laws")]
	pub(crate) fn oldest(&self) -> Option<async_backing_primitives::BlockNumber> {
		self.promises.oldest()
	}

	/// What this validator attested at a leaf, or is about to.
	#[cfg(feature = "laws")]
	pub(crate) fn promised(&self, leaf: Hash) -> Option<&AvailabilityBitfield> {
		self.promises.get(leaf).map(|promise| &promise.bitfield)
	}

	/// What goes into a block on this leaf, ascending by validator (R-PRV-7).
	pub(crate) fn chosen(&self, leaf: Hash) -> Vec<SharedBitfield> {
		self.leaves
			.get(&leaf)
			.map(|at| at.collected.chosen())
			.unwrap_or_default()
	}

	fn set_timer(&mut self, timer: Timer, at: Instant, out: &mut Out) {
		self.timers.insert(out.set_timer(at), timer);
	}

	fn has_check_timer(&self, leaf: Hash) -> bool {
		let mut timers = self.timers.values();
		timers.any(|timer| matches!(timer, Timer::Check(of) if *of == leaf))
	}

	/// Checks again in a moment, what came meanwhile as well.
	fn check_later(&mut self, leaf: Hash, now: Instant, out: &mut Out) {
		if !self.has_check_timer(leaf) {
			self.set_timer(Timer::Check(leaf), now.saturating_add(RETRY), out);
		}
	}

	/// A peer is gone, and its word with it: who is cut need not be looked at.
	fn gone(&mut self, peer: PeerId) {
		self.gossip.disconnected(peer);
		for at in self.leaves.values_mut() {
			at.waiting.retain(|_, claims| {
				claims.retain(|(of, _)| *of != peer);
				!claims.is_empty()
			});
		}
	}

	/// A peer says which blocks it sees: it hears what it lacks, if it is a neighbour (R-NET-104).
	fn sees(&mut self, peer: PeerId, view: &View, chain: &ChainView, out: &mut Out) {
		let missing = self.gossip.view(peer, view.heads(), index_in(chain));
		self.tell(peer, missing, out);
	}

	fn tell(&self, peer: PeerId, missing: Vec<(Hash, ValidatorIndex)>, out: &mut Out) {
		for (leaf, index) in missing {
			let known = self.leaves.get(&leaf).and_then(|at| at.collected.get(index));
			if let Some(bitfield) = known {
				let message = BitfieldMessage {
					leaf,
					bitfield: SharedBitfield::clone(bitfield),
				};
				out.notify(Recipients::Peer(peer), message);
			}
		}
	}

	/// Somebody sends a bitfield. Whoever sends one has seen that this validator sees the leaf; it may be none any more.
	fn heard(&mut self, peer: PeerId, message: BitfieldMessage, around: Around<'_>, out: &mut Out) {
		let BitfieldMessage { leaf, bitfield } = message;
		let chain = around.chain;
		let Some(at) = self.leaves.get_mut(&leaf) else {
			if chain.number_of(leaf).is_none() {
				cost(peer, Cost::Minor, "bitfield out of view", out);
			}
			return;
		};
		let Some(sender) = chain.validator_of(leaf, peer) else {
			return cost(peer, Cost::Minor, "bitfield of a stranger", out);
		};
		let named = bitfield.validator_index;
		match self.gossip.heard(peer, leaf, named) {
			Ok(Heard::New) => {}
			Ok(Heard::Known) => return,
			Err(error) => {
				if let Some(of) = error.cost() {
					cost(peer, of, "bitfield against the rules of gossip", out);
				}
				return;
			}
		}
		match at.collected.check(&bitfield) {
			Ok(true) => {
				let claims = at.waiting.entry(named).or_default();
				if sender == named {
					claims.push_front((peer, Signed::clone(&bitfield)));
					claims.truncate(MAX_CLAIMS);
				} else if claims.len() < MAX_CLAIMS {
					claims.push_back((peer, Signed::clone(&bitfield)));
				}
				self.check(leaf, around.now, out);
			}
			Ok(false) => {}
			Err(BitfieldError::NotOccupied(_)) => {
				cost(peer, Cost::Minor, "bitfield attests a free core", out)
			}
			Err(_) => cost(peer, Cost::Major, "malformed bitfield", out),
		}
	}

	/// Has checked what waits, unless something is being checked.
	fn check(&mut self, leaf: Hash, now: Instant, out: &mut Out) {
		let Some(at) = self.leaves.get_mut(&leaf) else {
			return;
		};
		if at.is_checking || at.waiting.is_empty() {
			return;
		}
		let first = |claims: &VecDeque<(PeerId, Signed)>| claims.front().cloned();
		let batch: Vec<_> = at.waiting.values().filter_map(first).take(MAX_BATCH).collect();
		let with_key = |(_, signed): &(PeerId, Signed)| {
			let key = at.facts.validators.get(signed.validator_index.as_usize())?;
			Some((key.clone(), signed.clone()))
		};
		let job = CheckBitfields {
			context: at.facts.signing_context(leaf),
			bitfields: batch.iter().filter_map(with_key).collect(),
		};
		match out.job(
			Priority::High,
			now.saturating_add(CHECK_WITHIN),
			BitfieldJob::Check(job),
		) {
			Some(job) => {
				at.is_checking = true;
				for (_, signed) in &batch {
					at.take_first(signed.validator_index);
				}
				self.checks.insert(
					job,
					Check {
						leaf,
						bitfields: batch,
					},
				);
			}
			None => self.check_later(leaf, now, out),
		}
	}

	fn done(
		&mut self,
		job: JobId,
		done: Result<BitfieldDone, JobFailure>,
		around: Around<'_>,
		out: &mut Out,
	) {
		if let Some(check) = self.checks.remove(&job) {
			let verdicts = match done {
				Ok(BitfieldDone::Checked(verdicts)) => Some(verdicts),
				_ => None,
			};
			self.checked(check, verdicts, around, out);
		} else if let Some(leaf) = self.signing.remove(&job) {
			match (done, self.promises.get(leaf)) {
				(Ok(BitfieldDone::Signed(Some(signature))), Some(promise)) => {
					let promise = Promise {
						signature: Some(signature),
						..promise.clone()
					};
					let batch = out.store(self.promises.put(leaf, promise));
					self.writing.insert(batch, Written::Signature(leaf));
				}
				_ => {
					if let Some(at) = self.leaves.get_mut(&leaf) {
						at.own = Own::Waiting;
						self.set_timer(Timer::Own(leaf), around.now.saturating_add(RETRY), out);
					}
				}
			}
		}
	}

	fn checked(&mut self, check: Check, verdicts: Option<Vec<bool>>, around: Around<'_>, out: &mut Out) {
		let Check { leaf, bitfields } = check;
		let Some(at) = self.leaves.get_mut(&leaf) else {
			return;
		};
		at.is_checking = false;
		let Some(verdicts) = verdicts.filter(|verdicts| verdicts.len() == bitfields.len()) else {
			// Whoever is gone has nothing waiting.
			for (peer, bitfield) in bitfields {
				if around.chain.is_connected(peer) {
					let claims = at.waiting.entry(bitfield.validator_index).or_default();
					claims.push_front((peer, bitfield));
				}
			}
			return self.check_later(leaf, around.now, out);
		};
		for ((peer, bitfield), is_signed) in bitfields.into_iter().zip(verdicts) {
			match is_signed {
				true => self.keep(leaf, bitfield, around.chain, out),
				false => cost(peer, Cost::Major, "forged bitfield", out),
			}
		}
		self.check(leaf, around.now, out);
	}

	/// A bitfield is signed: it is kept, and goes on (R-NET-104).
	fn keep(&mut self, leaf: Hash, bitfield: Signed, chain: &ChainView, out: &mut Out) {
		let Some(at) = self.leaves.get_mut(&leaf) else {
			return;
		};
		let index = bitfield.validator_index;
		at.waiting.remove(&index);
		at.collected.insert_checked(bitfield);
		let Some(bitfield) = at.collected.get(index).cloned() else {
			return;
		};
		let to = self.gossip.spread(leaf, index, index_in(chain));
		out.notify(Recipients::Peers(to), BitfieldMessage { leaf, bitfield });
	}
}

impl AtLeaf {
	/// Takes out whose turn it is of those who claim to have a validator's bitfield.
	fn take_first(&mut self, validator: ValidatorIndex) {
		if let Some(claims) = self.waiting.get_mut(&validator) {
			claims.pop_front();
			if claims.is_empty() {
				self.waiting.remove(&validator);
			}
		}
	}
}

/// Which validator a peer is (law 7).
fn index_in(chain: &ChainView) -> impl Fn(Hash, PeerId) -> Option<ValidatorIndex> + '_ {
	|leaf, peer| chain.validator_of(leaf, peer)
}

/// A promise as it is stored.
#[cfg(feature = "laws")]
pub(crate) use promises::Promise as BitfieldRecord;

/// The promise at a leaf that is stored.
#[cfg(feature = "laws")]
pub(crate) fn promised_record(
	stored: &async_backing_machine::Snapshot,
	leaf: Hash,
) -> Option<BitfieldRecord> {
	BitfieldRecord::all(stored).find_map(|(of, record)| (of == leaf).then_some(record))
}

/// The own bitfield at a leaf, if it is signed.
fn signed(promises: &Promises, leaf: Hash, chain: &ChainView) -> Option<Signed> {
	let promise = promises.get(leaf)?;
	Some(Signed {
		payload: promise.bitfield.clone(),
		validator_index: chain.own_index(leaf)?,
		signature: promise.signature.clone()?,
	})
}

fn cost(peer: PeerId, cost: Cost, reason: &'static str, out: &mut Out) {
	out.report(peer, Judgement::Cost(cost, reason));
}
