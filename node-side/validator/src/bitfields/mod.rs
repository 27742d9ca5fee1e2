//! Bitfields: those that others send, and the own one.
//!
//! Invariants:
//! - a bitfield is taken from the validator that it names, once a leaf, and only if it can be one of that leaf; so there is
//!   one signature to check for each validator and leaf, whatever is sent. Checks are batched: what comes while a batch is
//!   checked is the next batch;
//! - the own one is made [some time](Bitfields::new) after its leaf, written down, signed, written down with its signature,
//!   and then shared. It is never made differently for the same leaf, whatever crashes (law 5).

mod own;
mod promises;
mod words;

pub use words::CheckBitfields;
pub(crate) use words::{BitfieldDone, BitfieldJob, BitfieldMessage, BitfieldWords};

use async_backing_chain_view::{Arrived, ChainView, Early, EarlyLimits, LeafUpdate};
use async_backing_machine::{
	BatchId, Cost, Input, Instant, JobFailure, JobId, Judgement, Outbox, PeerEvent, PeerId, Priority,
	Recipients, TimerId,
};
use async_backing_primitives::{
	AvailabilityBitfield, Hash, LeafFacts, UncheckedSignedAvailabilityBitfield, ValidatorIndex,
};
use async_backing_provisioner::{BitfieldError, Bitfields as Collected, SharedBitfield};
use promises::{Promise, Promises};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::Duration,
};

type Out = Outbox<BitfieldWords>;
type Signed = UncheckedSignedAvailabilityBitfield;

/// Bitfields that are checked at once: each is copied for it, and takes 250 bytes on a chain of many cores (law 1).
const MAX_BATCH: usize = 128;
/// How long a batch may take: a block waits for it.
const CHECK_WITHIN: Duration = Duration::from_secs(2);
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
	/// Whose bitfield came already: no second one is looked at.
	heard: BTreeSet<ValidatorIndex>,
	/// What is not checked yet; one of each validator.
	waiting: Vec<(PeerId, Signed)>,
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

/// Bitfields of all active leaves. Memory: one bitfield for each validator and leaf, and [`promises::MAX_PROMISES`].
#[derive(Debug)]
pub(crate) struct Bitfields {
	after: Duration,
	leaves: BTreeMap<Hash, AtLeaf>,
	early: Early<Signed>,
	promises: Promises,
	checks: BTreeMap<JobId, Check>,
	signing: BTreeMap<JobId, Hash>,
	timers: BTreeMap<TimerId, Timer>,
	writing: BTreeMap<BatchId, Written>,
}

impl Bitfields {
	/// The own bitfield is made this long after its leaf.
	pub(crate) fn new(after: Duration) -> Self {
		Self {
			after,
			leaves: BTreeMap::new(),
			early: Early::new(EarlyLimits::validators()),
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
			Input::Peer(peer, PeerEvent::Connected(_)) => self.greet(peer, around.chain, out),
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.early.disconnected(peer);
			}
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
			Input::Peer(_, PeerEvent::View(never))
			| Input::Request(_, _, never)
			| Input::Response(_, Ok(never))
			| Input::Propose(_, never, _) => match never {},
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

	/// Law 3: how much of a peer waits for its leaf.
	#[cfg(feature = "laws")]
	pub(crate) fn early_of(&self, peer: PeerId) -> usize {
		self.early.len_of(peer)
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

	fn leaves_changed(&mut self, update: LeafUpdate, around: Around<'_>, out: &mut Out) {
		for facts in &update.activated {
			self.leaf_activated(facts.clone(), around, out);
		}
		for leaf in &update.deactivated {
			self.leaves.remove(leaf);
		}
		let (mut cleared, leaves) = (Vec::new(), &self.leaves);
		self.timers.retain(|timer, what| {
			let (Timer::Own(leaf) | Timer::Check(leaf)) = what;
			let is_kept = leaves.contains_key(leaf);
			if !is_kept {
				cleared.push(*timer);
			}
			is_kept
		});
		cleared.into_iter().for_each(|timer| out.clear_timer(timer));
		let batch = self.promises.finalized(around.chain.finalized_number());
		if !batch.is_empty() {
			out.store(batch);
		}
		for arrived in self.early.leaves_changed(around.now, &update, around.chain) {
			let Arrived {
				peer,
				relay_parent: leaf,
				item: bitfield,
			} = arrived;
			self.heard(peer, BitfieldMessage { leaf, bitfield }, around, out);
		}
	}

	/// Bitfields are collected for fresh leaves alone (R-PRV-7).
	fn leaf_activated(&mut self, facts: Arc<LeafFacts>, around: Around<'_>, out: &mut Out) {
		let hash = facts.block.hash;
		if !around.chain.is_fresh(hash) || self.leaves.contains_key(&hash) {
			return;
		}
		let at = AtLeaf {
			collected: Collected::new(&facts),
			facts,
			heard: BTreeSet::new(),
			waiting: Vec::new(),
			own: Own::Waiting,
			is_checking: false,
		};
		self.leaves.insert(hash, at);
		if around.chain.own_index(hash).is_none() {
			return;
		}
		let promised = self.promises.get(hash);
		if promised.is_some_and(|promise| promise.signature.is_some()) {
			// It may have been shared before the crash, or not.
			self.share(hash, around.chain, out);
		} else {
			self.set_timer(Timer::Own(hash), around.now + self.after, out);
		}
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
			self.set_timer(Timer::Check(leaf), now + RETRY, out);
		}
	}

	/// Somebody sends a bitfield. One of a leaf that is not known yet is kept (it may be on its way).
	fn heard(&mut self, peer: PeerId, message: BitfieldMessage, around: Around<'_>, out: &mut Out) {
		let BitfieldMessage { leaf, bitfield } = message;
		let chain = around.chain;
		let Some(at) = self.leaves.get_mut(&leaf) else {
			if chain.number_of(leaf).is_none() {
				self.keep_early(peer, leaf, bitfield, around.now, out);
			}
			return;
		};
		let named = bitfield.validator_index;
		if !chain.is_validator(leaf, peer, named) {
			return cost(peer, Cost::Minor, "bitfield of another validator", out);
		}
		if !at.heard.insert(named) {
			return cost(peer, Cost::Minor, "repeated bitfield", out);
		}
		match at.collected.check(&bitfield) {
			Ok(true) => {
				at.waiting.push((peer, bitfield));
				self.check(leaf, around.now, out);
			}
			Ok(false) => {}
			Err(BitfieldError::NotOccupied(_)) => {
				cost(peer, Cost::Minor, "bitfield attests a free core", out)
			}
			Err(_) => cost(peer, Cost::Major, "malformed bitfield", out),
		}
	}

	fn keep_early(&mut self, peer: PeerId, leaf: Hash, bitfield: Signed, now: Instant, out: &mut Out) {
		let bytes = size_of::<Signed>().saturating_add(bitfield.payload.0.len() / 8);
		let kept = self.early.insert(now, peer, leaf, bitfield, bytes);
		if !kept.is_ok_and(|given_up| given_up.is_empty()) {
			cost(peer, Cost::Minor, "too many early bitfields", out);
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
		let later = at.waiting.split_off(at.waiting.len().min(MAX_BATCH));
		let with_key = |(_, signed): &(PeerId, Signed)| {
			let key = at.facts.validators.get(signed.validator_index.as_usize())?;
			Some((key.clone(), signed.clone()))
		};
		let job = CheckBitfields {
			context: at.facts.signing_context(leaf),
			bitfields: at.waiting.iter().filter_map(with_key).collect(),
		};
		match out.job(Priority::High, now + CHECK_WITHIN, BitfieldJob::Check(job)) {
			Some(job) => {
				at.is_checking = true;
				let bitfields = std::mem::replace(&mut at.waiting, later);
				self.checks.insert(job, Check { leaf, bitfields });
			}
			None => {
				at.waiting.extend(later);
				self.check_later(leaf, now, out);
			}
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
			self.checked(check, verdicts, around.now, out);
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
						self.set_timer(Timer::Own(leaf), around.now + RETRY, out);
					}
				}
			}
		}
	}

	fn checked(&mut self, check: Check, verdicts: Option<Vec<bool>>, now: Instant, out: &mut Out) {
		let Check { leaf, bitfields } = check;
		let Some(at) = self.leaves.get_mut(&leaf) else {
			return;
		};
		at.is_checking = false;
		let Some(verdicts) = verdicts.filter(|verdicts| verdicts.len() == bitfields.len()) else {
			at.waiting.extend(bitfields);
			return self.check_later(leaf, now, out);
		};
		for ((peer, bitfield), is_signed) in bitfields.into_iter().zip(verdicts) {
			match is_signed {
				true => at.collected.insert_checked(bitfield),
				false => cost(peer, Cost::Major, "forged bitfield", out),
			}
		}
		self.check(leaf, now, out);
	}
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
