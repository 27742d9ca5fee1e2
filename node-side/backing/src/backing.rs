//! The state machine of one validator's backing.
//!
//! Invariants: a statement comes when its signature was verified; it stays, and whether it counts is asked
//! where a quorum is, because validators are disabled and enabled from leaf to leaf (R-BAK-14); there is one execution of
//! a candidate at a time and one own statement about it (R-BAK-10), which is promised in the store before it is signed; a
//! candidate is announced as backable once, after the statement that made it so was shared (R-BAK-7); nothing is kept of
//! relay parents that left every active leaf's scope, but what was promised there.

#[cfg(feature = "laws")]
mod asked;
mod confirming;
mod importing;
mod lacking;
mod leaves;
mod seconding;
mod stating;
mod types;
mod validating;

pub use lacking::Demand;
pub use types::{Effect, SecondingError, StatementError};

use crate::{
	job::Done,
	limit::SecondedDepths,
	promises::{PromiseId, Promises},
	relay_parent::RelayParent,
	BackedVotes, BackingConfig, BackingWords, HypotheticalCandidate, View,
};
use async_backing_chain_view::ChainView;
use async_backing_fragment_tree::Candidate;
use async_backing_machine::{
	BatchId, Input, Instant, JobFailure, JobId, Outbox, PeerEvent, PeerId, Refusal, RequestId, TimerId,
};
use async_backing_primitives::{BackedCandidate, CandidateHash, Hash, HeadHash, ParaId, ValidatorIndex};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::Duration,
};

/// What this validator does about a candidate.
#[derive(Debug)]
enum Work {
	/// Nothing (any more).
	Idle,
	/// Waits for the proof of validity from the one asked.
	FetchingPov { request: RequestId, backer: PeerId },
	/// Waits for the outcome of validation.
	Validating { job: JobId, source: PovSource },
}

/// Who gave a proof of validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PovSource {
	/// A collator, for a candidate that this validator may second.
	Collation(PeerId),
	/// A backer.
	Confirming(PeerId),
	/// A collator whose candidate somebody seconded first.
	Offered(PeerId),
}

impl PovSource {
	fn peer(self) -> PeerId {
		match self {
			Self::Collation(peer) | Self::Confirming(peer) | Self::Offered(peer) => peer,
		}
	}

	/// Whoever gave it, unless it is a validator.
	fn collator(self) -> Option<PeerId> {
		match self {
			Self::Collation(peer) | Self::Offered(peer) => Some(peer),
			Self::Confirming(_) => None,
		}
	}
}

/// Where a collation wants to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
	relay_parent: Hash,
	parent_head: HeadHash,
}

impl Place {
	fn hypothetical(&self, hash: CandidateHash, para: ParaId) -> HypotheticalCandidate<'static> {
		HypotheticalCandidate::Incomplete {
			hash,
			para,
			parent_head: self.parent_head,
			relay_parent: self.relay_parent,
		}
	}
}

/// What is known of a candidate.
#[derive(Debug)]
struct CandidateState {
	para: ParaId,
	scheduling_parent: Hash,
	/// The candidate itself, once somebody seconded it.
	seconded: Option<Arc<Candidate>>,
	/// Where it wants to stand, if a collator brought it.
	place: Option<Place>,
	work: Work,
	/// Who was asked for the proof of validity since the last leaf.
	asked: BTreeMap<ValidatorIndex, Asked>,
	/// This validator executed it, or made a statement about it: it will not do either again.
	settled: bool,
	announced: bool,
	/// When it came, beside others.
	arrival: u64,
	/// Validations that came to nothing for want of time.
	failures: u32,
	/// Somebody was asked for the proof of validity in vain: whoever has it is as good as another backer.
	in_vain: bool,
	/// Collators are to hand it over, and the neighbours know.
	lacking: bool,
}

/// How a validator was asked for a proof of validity.
#[derive(Clone, Copy, Debug)]
struct Asked {
	/// Over which connection the last time, if that is there still: over another one it may be asked again.
	peer: Option<PeerId>,
	/// How often. Who was asked least is next, or one that connects again and again would be asked for ever.
	times: u32,
}

/// Validations of a candidate that may come to nothing for want of time, before it is left to others.
const MAX_FAILURES: u32 = 2;

/// What found no room or no time is tried again after this, if nothing happens before.
const RETRY: Duration = Duration::from_millis(100);

/// An active leaf.
#[derive(Debug)]
struct ActiveLeaf {
	/// Those in its scope.
	relay_parents: Vec<Hash>,
	/// Whose votes its child does not count (R-BKV-4).
	disabled: BTreeSet<ValidatorIndex>,
}

impl ActiveLeaf {
	fn admits(&self, relay_parent: Hash) -> bool {
		self.relay_parents.contains(&relay_parent)
	}
}

/// What a job is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobOf {
	Validate(CandidateHash),
	Sign(PromiseId),
	Recall(PromiseId),
}

/// Backing as one validator does it: seconds collations, checks what others second, counts votes.
#[derive(Debug, Default)]
pub struct Backing {
	config: BackingConfig,
	leaves: BTreeMap<Hash, ActiveLeaf>,
	relay_parents: BTreeMap<Hash, RelayParent>,
	candidates: BTreeMap<CandidateHash, CandidateState>,
	depths: SecondedDepths,
	promises: Promises,
	/// Candidates that this validator is to confirm and has not begun to.
	to_confirm: BTreeSet<CandidateHash>,
	/// What is being fetched or validated: the para, and whether it is a collation.
	executing: BTreeMap<CandidateHash, (ParaId, bool)>,
	jobs: BTreeMap<JobId, JobOf>,
	requests: BTreeMap<RequestId, CandidateHash>,
	batches: BTreeMap<BatchId, PromiseId>,
	/// There was no room in the outbox for something that was promised: it is tried again at the next input.
	stalled: bool,
	/// There was no room for a request: the same.
	waits_for_room: bool,
	/// The next input, if there is no other before.
	wake: Option<TimerId>,
	arrivals: u64,
	refused: u64,
	/// What neighbours are to hear with the next input.
	untold: Vec<Effect>,
}

/// One input, and all that is around it.
struct Turn<'a, V> {
	now: Instant,
	chain: &'a ChainView,
	view: &'a mut V,
	out: &'a mut Outbox<BackingWords>,
	effects: Vec<Effect>,
}

impl Backing {
	/// A validator that knows no leaf yet.
	pub fn new(config: BackingConfig) -> Self {
		Self {
			config,
			..Self::default()
		}
	}

	/// Takes an input in. Leaves, collations, statements and stored data come by methods of their own, because they come
	/// from neighbours: [`leaf_activated`](Self::leaf_activated), [`leaf_deactivated`](Self::leaf_deactivated),
	/// [`collation_fetched`](Self::collation_fetched), [`heard`](Self::heard), [`data_stored`](Self::data_stored).
	///
	/// `chain` knows the peer of a `Connected` already and does not know the one of a `Disconnected` any more. What is
	/// returned is for the neighbours, in this order, before the next input.
	///
	/// Nothing is hashed and no signature is verified here: see [`job`](crate::job).
	pub fn handle(
		&mut self,
		now: Instant,
		input: Input<BackingWords>,
		chain: &ChainView,
		view: &mut impl View,
		out: &mut Outbox<BackingWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, view, out, |backing, turn| match input {
			Input::Chain(never) | Input::Propose(_, never, _) => match never {},
			// Whatever it backs it may be asked for, as after any input.
			Input::Peer(_, PeerEvent::Connected(())) => {}
			Input::Peer(_, PeerEvent::View(never) | PeerEvent::Message(never)) => match never {},
			Input::Peer(peer, PeerEvent::Disconnected) => backing.peer_disconnected(peer),
			// Who holds the data answers.
			Input::Request(_, ticket, _) => turn.out.respond(ticket, Err(Refusal::Unknown)),
			Input::Response(id, answer) => backing.pov_received(id, answer, turn),
			Input::Done(id, done) => backing.job_done(id, done, turn),
			Input::Stored(id) => backing.stored(id, turn),
			Input::Timer(id) => {
				backing.wake.take_if(|wake| *wake == id);
			}
			Input::Restored(snapshot) => backing.promises = Promises::restore(snapshot),
		})
	}

	/// Does something, and then what follows from it.
	fn turn<V: View>(
		&mut self,
		now: Instant,
		chain: &ChainView,
		view: &mut V,
		out: &mut Outbox<BackingWords>,
		run: impl FnOnce(&mut Self, &mut Turn<'_, V>),
	) -> Vec<Effect> {
		let mut turn = Turn {
			now,
			chain,
			view,
			out,
			effects: std::mem::take(&mut self.untold),
		};
		self.waits_for_room = false;
		if std::mem::take(&mut self.stalled) {
			self.resume_promises(&mut turn);
		}
		run(self, &mut turn);
		self.confirm_next(&mut turn);
		self.tell_lacking(&mut turn);
		if (self.stalled || self.waits_for_room) && self.wake.is_none() {
			self.wake = Some(turn.out.set_timer(turn.now.saturating_add(RETRY)));
		}
		turn.effects
	}

	fn job_done<V: View>(&mut self, id: JobId, done: Result<Done, JobFailure>, turn: &mut Turn<'_, V>) {
		let Some(of) = self.jobs.remove(&id) else { return };
		match (of, done) {
			(JobOf::Validate(candidate), Ok(Done::Validated(result))) => {
				self.validated(id, candidate, result, turn);
			}
			(JobOf::Validate(candidate), Err(failure)) => self.not_validated(id, candidate, failure, turn),
			(JobOf::Sign(promise), Ok(Done::Signed(signature))) => self.signed(id, promise, signature, turn),
			(JobOf::Sign(promise), _) => self.signed(id, promise, None, turn),
			(JobOf::Recall(promise), Ok(Done::Recalled(candidate))) => {
				self.recalled(id, promise, Some(candidate), turn);
			}
			(JobOf::Recall(promise), _) => self.recalled(id, promise, None, turn),
			// A driver that mixes up its jobs. It is as if this one had failed.
			(JobOf::Validate(candidate), Ok(_)) => {
				self.not_validated(id, candidate, JobFailure::Dropped, turn);
			}
		}
	}

	/// Whether this validator made a statement about a candidate, or has decided to, so that it makes no other.
	pub fn has_promised(&self, scheduling_parent: Hash, candidate: CandidateHash) -> bool {
		self.promises.contains((scheduling_parent, candidate))
	}

	/// Whether the answer to a request is still of use.
	pub fn awaits(&self, request: RequestId) -> bool {
		let state = self
			.requests
			.get(&request)
			.and_then(|candidate| self.candidates.get(candidate));
		state
			.is_some_and(|state| matches!(state.work, Work::FetchingPov { request: of, .. } if of == request))
	}

	/// Statements refused so far.
	pub fn refused_count(&self) -> u64 {
		self.refused
	}

	/// Bytes of memory that statements and candidates of others take, up to a constant.
	///
	/// For each validator of the sessions in scope at most [`SecondedLimits::max_bytes`](crate::SecondedLimits::max_bytes)
	/// of what it may second for.
	pub fn bytes(&self) -> usize {
		let seconded = self
			.candidates
			.values()
			.filter_map(|state| state.seconded.as_ref());
		seconded
			.map(|candidate| candidate.bytes())
			.fold(0, usize::saturating_add)
	}

	/// A candidate that somebody seconded.
	pub fn candidate(&self, candidate: CandidateHash) -> Option<&Arc<Candidate>> {
		self.candidates.get(&candidate)?.seconded.as_ref()
	}

	/// Whether a candidate has its quorum (R-BAK-7) without the votes of validators disabled at any active leaf that has
	/// its scheduling parent in scope (R-BAK-14). Such a quorum may be lost with the next leaf.
	pub fn is_backable(&self, candidate: CandidateHash) -> bool {
		self.parent_of(candidate)
			.is_some_and(|(_, parent)| parent.is_backable(candidate))
	}

	/// Whether a candidate has its quorum in a child of this leaf, where the votes of validators disabled at the leaf do
	/// not count (R-BKV-4, R-BAK-14). `false` for a leaf that is not active or does not admit the candidate.
	pub fn is_backable_at(&self, leaf: Hash, candidate: CandidateHash) -> bool {
		let Some((scheduling_parent, parent)) = self.parent_of(candidate) else {
			return false;
		};
		self.leaves.get(&leaf).is_some_and(|leaf| {
			leaf.admits(scheduling_parent) && parent.table.is_backable_without(candidate, &leaf.disabled)
		})
	}

	fn parent_of(&self, candidate: CandidateHash) -> Option<(Hash, &RelayParent)> {
		let scheduling_parent = self.candidates.get(&candidate)?.scheduling_parent;
		Some((scheduling_parent, self.relay_parents.get(&scheduling_parent)?))
	}

	/// A candidate with the votes that count at all active leaves (R-BAK-8, R-BAK-14); `None` if it is unknown at this
	/// scheduling parent or lacks its quorum.
	pub fn backed(&self, scheduling_parent: Hash, candidate: CandidateHash) -> Option<BackedCandidate> {
		let seconded = self.candidate(candidate)?;
		self.relay_parents
			.get(&scheduling_parent)?
			.backed(candidate, seconded.receipt().clone())
	}

	/// A candidate for a child of this leaf, with all the votes that count there and none that do not (R-BAK-8, R-BKV-4,
	/// R-BAK-14). `None` if the leaf is not active or does not admit the scheduling parent, the candidate is unknown at
	/// that, or it lacks its quorum.
	pub fn backed_at(
		&self,
		leaf: Hash,
		scheduling_parent: Hash,
		candidate: CandidateHash,
	) -> Option<BackedCandidate> {
		let leaf = self
			.leaves
			.get(&leaf)
			.filter(|leaf| leaf.admits(scheduling_parent))?;
		let seconded = self.candidate(candidate)?;
		let table = &self.relay_parents.get(&scheduling_parent)?.table;
		table.backed_without(candidate, seconded.receipt().clone(), &leaf.disabled)
	}

	/// As [`backed_at`](Self::backed_at), without copying the candidate (law 1).
	pub fn votes_at(
		&self,
		leaf: Hash,
		scheduling_parent: Hash,
		candidate: CandidateHash,
	) -> Option<BackedVotes> {
		let leaf = self
			.leaves
			.get(&leaf)
			.filter(|leaf| leaf.admits(scheduling_parent))?;
		let receipt = self.candidate(candidate)?.shared_receipt();
		let table = &self.relay_parents.get(&scheduling_parent)?.table;
		table.votes_without(candidate, receipt, &leaf.disabled)
	}

	/// Candidates with the votes that count at all active leaves, in the order asked for (R-BAK-9, R-BAK-14). What is
	/// missing is left out, with everything that follows of the same para, because that builds on it.
	pub fn get_backed(&self, candidates: &[(ParaId, CandidateHash, Hash)]) -> Vec<BackedCandidate> {
		let mut broken = BTreeSet::new();
		let mut found = Vec::with_capacity(candidates.len());
		for (para, candidate, scheduling_parent) in candidates {
			if broken.contains(para) {
				continue;
			}
			match self.backed(*scheduling_parent, *candidate) {
				Some(backed) => found.push(backed),
				None => {
					broken.insert(*para);
				}
			}
		}
		found
	}

	/// What a vote more leads to: the candidate is to be confirmed, or has its quorum.
	fn follow_up<V: View>(&mut self, candidate: CandidateHash, turn: &mut Turn<'_, V>) {
		self.note_to_confirm(candidate);
		self.announce_if_backable(candidate, turn);
	}

	/// Announces a candidate that has just got its quorum (R-BAK-7).
	fn announce_if_backable<V: View>(&mut self, candidate: CandidateHash, turn: &mut Turn<'_, V>) {
		if !self.is_backable(candidate) {
			return;
		}
		let state = self.candidates.get_mut(&candidate);
		let Some(state) = state.filter(|state| !state.announced) else {
			return;
		};
		let Some(seconded) = &state.seconded else { return };
		state.announced = true;
		turn.view.note_backed(state.para, candidate);
		turn.effects.push(Effect::Backable {
			candidate,
			para: state.para,
			scheduling_parent: state.scheduling_parent,
			output_head: seconded.output_head_hash(),
		});
	}

	/// Forgets a candidate of which nothing is to be kept.
	fn forget(&mut self, candidate: CandidateHash) -> Option<CandidateState> {
		self.to_confirm.remove(&candidate);
		self.executing.remove(&candidate);
		self.candidates.remove(&candidate)
	}

	fn new_state(&mut self, para: ParaId, scheduling_parent: Hash) -> CandidateState {
		self.arrivals = self.arrivals.saturating_add(1);
		CandidateState {
			para,
			scheduling_parent,
			seconded: None,
			place: None,
			work: Work::Idle,
			asked: BTreeMap::new(),
			settled: false,
			announced: false,
			arrival: self.arrivals,
			failures: 0,
			in_vain: false,
			lacking: false,
		}
	}
}

#[cfg(test)]
mod tests;
