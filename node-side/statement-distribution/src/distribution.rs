//! The state machine: what of cluster, grid and requests happens when.
//!
//! Invariants: a statement is stored, forwarded and told to backing only after its signature was verified, and to backing
//! once; nothing is said about a candidate before it is known in full, nor about a relay block that the peer has not
//! shown to know; nothing is kept of relay blocks that left every active leaf's scope.

mod answering;
mod arriving;
mod asking;
mod leaves;
mod sending;
mod sharing;

use crate::{
	checks::Checks,
	job::{Done, Job},
	parent::{Parent, SessionRoutes},
	requests::Requests,
	serving::Budget,
	store::Key,
	DistributionConfig, DistributionWords, Effect, Event, Frontier, Misdeed,
};
use async_backing_chain_view::ChainView;
use async_backing_machine::{
	Gain, Input, Instant, JobFailure, JobId, Judgement, Outbox, PeerEvent, PeerId, Priority, TimerId,
};
use async_backing_primitives::{CandidateHash, Hash, StatementDistributionMessage, ValidatorIndex};
use async_backing_wire::View;
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
	time::Duration,
};

/// What found no room is tried again after this, if nothing happens before.
const RETRY: Duration = Duration::from_millis(100);

/// So long what was said of a candidate before its relay parent left all scopes may be on its way: two slots.
const ON_ITS_WAY: Duration = Duration::from_secs(12);

/// An active leaf.
#[derive(Debug)]
struct ActiveLeaf {
	relay_parents: Vec<Hash>,
	disabled: BTreeSet<ValidatorIndex>,
	routes: Arc<SessionRoutes>,
}

/// Statement distribution as one validator does it.
#[derive(Debug)]
pub struct StatementDistribution {
	config: DistributionConfig,
	leaves: BTreeMap<Hash, ActiveLeaf>,
	parents: BTreeMap<Hash, Parent>,
	/// Relay parents that were in scope of a block when that was a leaf, of blocks that are in scope: what a peer knows
	/// whose view has the block.
	scopes: BTreeMap<Hash, Vec<Hash>>,
	peers: BTreeMap<PeerId, View>,
	checks: Checks,
	requests: Requests,
	budget: Budget,
	/// Candidates that were announced at relay parents that left all scopes lately, and until when that is remembered.
	bygone: VecDeque<(Instant, BTreeSet<CandidateHash>)>,
	/// Candidates that are known in full, with statements that backing has not heard since they have no place.
	untold: BTreeSet<(Hash, Key)>,
	/// There was no room for something: it is tried again at the next input.
	stalled: bool,
	wake: Option<(TimerId, Instant)>,
	refused: u64,
}

/// One input, and all that is around it.
struct Turn<'a, F> {
	now: Instant,
	chain: &'a ChainView,
	frontier: &'a F,
	out: &'a mut Outbox<DistributionWords>,
	effects: Vec<Effect>,
}

impl Default for StatementDistribution {
	fn default() -> Self {
		Self::new(DistributionConfig::default())
	}
}

impl StatementDistribution {
	/// A validator that knows no leaf yet.
	pub fn new(config: DistributionConfig) -> Self {
		Self {
			budget: Budget::new(&config),
			config,
			leaves: BTreeMap::new(),
			parents: BTreeMap::new(),
			scopes: BTreeMap::new(),
			peers: BTreeMap::new(),
			checks: Checks::default(),
			requests: Requests::default(),
			bygone: VecDeque::new(),
			untold: BTreeSet::new(),
			stalled: false,
			wake: None,
			refused: 0,
		}
	}

	/// Takes an input in. What neighbours say comes by methods of their own: [`leaf_activated`](Self::leaf_activated),
	/// [`leaf_deactivated`](Self::leaf_deactivated), [`share`](Self::share), [`backable`](Self::backable).
	///
	/// `chain` knows the peer of a `Connected` already and does not know the one of a `Disconnected` any more. What is
	/// returned is for the neighbours, in this order, before the next input.
	///
	/// Nothing of a peer is hashed and no signature is verified here: see [`job`](crate::job). Nothing is stored: this part
	/// signs nothing, so it promises nothing; after a crash backing shares again what it promised.
	pub fn handle(
		&mut self,
		now: Instant,
		input: Input<DistributionWords>,
		chain: &ChainView,
		frontier: &impl Frontier,
		out: &mut Outbox<DistributionWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, frontier, out, |part, turn| match input {
			Input::Chain(never) | Input::Propose(_, never, _) => match never {},
			Input::Peer(peer, PeerEvent::Connected(())) => part.connected(peer, turn),
			Input::Peer(peer, PeerEvent::View(view)) => part.view(peer, view, turn),
			Input::Peer(peer, PeerEvent::Message(message)) => part.message(peer, message, turn),
			Input::Peer(peer, PeerEvent::Disconnected) => {
				part.peers.remove(&peer);
				let was_cut = part.checks.is_cut(peer);
				part.checks.forget_peer(peer);
				part.requests.forget_peer(peer);
				// Whoever comes back may have the same name, and nothing that was sent is known to have arrived.
				part.parents.values_mut().for_each(|parent| parent.unlink(peer));
				// A validator may be there over an older connection; whoever could not be asked over this one may be over that.
				if was_cut {
					part.requests.unpark_all();
				}
			}
			Input::Request(peer, ticket, request) => part.answer(peer, ticket, &request, turn),
			Input::Response(id, answer) => part.answered(id, answer, turn),
			Input::Done(id, done) => part.done(id, done, turn),
			Input::Timer(id) => {
				part.wake.take_if(|(wake, _)| *wake == id);
			}
			Input::Stored(_) | Input::Restored(_) => {}
		})
	}

	/// Does something, and then what follows from it.
	fn turn<F: Frontier>(
		&mut self,
		now: Instant,
		chain: &ChainView,
		frontier: &F,
		out: &mut Outbox<DistributionWords>,
		run: impl FnOnce(&mut Self, &mut Turn<'_, F>),
	) -> Vec<Effect> {
		let mut turn = Turn {
			now,
			chain,
			frontier,
			out,
			effects: Vec::new(),
		};
		let was_stalled = std::mem::take(&mut self.stalled);
		run(self, &mut turn);
		if was_stalled {
			self.flush_all(false, &mut turn);
		}
		self.check_next(&mut turn);
		self.ask_next(&mut turn);
		self.set_wake(&mut turn);
		turn.effects
	}

	/// Has signatures checked, if there are any to check.
	fn check_next<F: Frontier>(&mut self, turn: &mut Turn<'_, F>) {
		let Some(batch) = self.checks.take_batch() else {
			return;
		};
		let batch: Vec<_> = batch
			.into_iter()
			.filter(|waiting| self.parents.contains_key(&waiting.parent))
			.collect();
		let unchecked: Vec<_> = batch
			.iter()
			.filter_map(|waiting| self.unchecked(waiting, turn.chain))
			.collect();
		if unchecked.len() != batch.len() || batch.is_empty() {
			// The session is known for as long as the relay parent is in scope.
			return;
		}
		let deadline = turn.now.saturating_add(self.config.check);
		match turn
			.out
			.job(Priority::High, deadline, Job::CheckStatements(unchecked))
		{
			Some(job) => self.checks.started(job, batch),
			None => self.checks.put_back(batch),
		}
	}

	fn done<F: Frontier>(&mut self, id: JobId, done: Result<Done, JobFailure>, turn: &mut Turn<'_, F>) {
		if let Some(batch) = self.checks.finished(id) {
			match done {
				Ok(Done::Statements(results)) => self.statements_checked(batch, &results, turn),
				// Nobody had time, or the driver mixes up its jobs. Whoever is gone has nothing waiting.
				_ => {
					let there = batch
						.into_iter()
						.filter(|waiting| turn.chain.is_connected(waiting.peer));
					self.checks.put_back(there.collect());
				}
			}
		} else if let Some(request) = self.requests.checked(id) {
			match done {
				Ok(Done::Attested(result)) => self.attested_checked(&request, result, turn),
				_ => self.requests.failed(request.wanted, turn.now, self.config.retry),
			}
		}
	}

	/// Sees to it that there is another input when it is needed.
	fn set_wake<F: Frontier>(&mut self, turn: &mut Turn<'_, F>) {
		let waits_for_room = self.stalled
			|| self.checks.is_waiting()
			|| (self.requests.has_ready() && self.requests.has_room());
		let soon = waits_for_room.then(|| turn.now.saturating_add(RETRY));
		let at = match (soon, self.requests.next_at()) {
			(Some(soon), Some(at)) => Some(soon.min(at)),
			(soon, at) => soon.or(at),
		};
		match (self.wake, at) {
			(Some((_, wake)), Some(at)) if wake <= at => {}
			(Some((timer, _)), None) => {
				turn.out.clear_timer(timer);
				self.wake = None;
			}
			(wake, Some(at)) => {
				if let Some((timer, _)) = wake {
					turn.out.clear_timer(timer);
				}
				self.wake = Some((turn.out.set_timer(at), at));
			}
			(None, None) => {}
		}
	}

	fn connected<F: Frontier>(&mut self, peer: PeerId, turn: &mut Turn<'_, F>) {
		if !turn.chain.is_connected(peer) {
			return;
		}
		let parents = self.parents.keys();
		let validators: BTreeMap<Hash, Vec<_>> = parents
			.map(|at| (*at, turn.chain.validators_of(*at, peer).collect()))
			.collect();
		let mut requests = std::mem::take(&mut self.requests);
		requests.reconsider(|wanted| {
			let of = validators.get(&wanted.parent);
			of.is_some_and(|of| self.says_to_have(wanted, of))
		});
		self.requests = requests;
		let Some(view) = self.peers.get(&peer).cloned() else {
			self.peers.insert(peer, View::default());
			return;
		};
		// It is known to be somebody else than before, who may lack what the other had no use for.
		let seen: Vec<_> = self
			.parents
			.keys()
			.filter(|parent| self.sees(&view, **parent))
			.copied()
			.collect();
		self.flush_to(peer, seen, turn);
	}

	/// Sends a peer what it is to have of these relay parents and has not.
	fn flush_to<F: Frontier>(&mut self, peer: PeerId, parents: Vec<Hash>, turn: &mut Turn<'_, F>) {
		for parent in parents {
			let validators: Vec<_> = turn.chain.validators_of(parent, peer).collect();
			for validator in validators {
				self.flush_parent(parent, Some(validator), false, turn);
			}
		}
	}

	fn view<F: Frontier>(&mut self, peer: PeerId, view: View, turn: &mut Turn<'_, F>) {
		let Some(before) = self.peers.get(&peer).cloned() else {
			return;
		};
		if let Err(bad) = view.check_after(before.finalized_number()) {
			return self.misdeed(peer, bad.into(), turn);
		}
		self.peers.insert(peer, view.clone());
		let new: Vec<_> = self
			.parents
			.keys()
			.filter(|parent| self.sees(&view, **parent) && !self.sees(&before, **parent))
			.copied()
			.collect();
		self.flush_to(peer, new, turn);
	}

	/// Whether somebody with this view knows a relay parent: as a head, or below one.
	fn sees(&self, view: &View, parent: Hash) -> bool {
		view.heads()
			.iter()
			.any(|head| *head == parent || self.scopes.get(head).is_some_and(|scope| scope.contains(&parent)))
	}

	fn message<F: Frontier>(
		&mut self,
		peer: PeerId,
		message: StatementDistributionMessage,
		turn: &mut Turn<'_, F>,
	) {
		if self.checks.is_cut(peer) {
			self.refused = self.refused.saturating_add(1);
			return;
		}
		let result = match message {
			StatementDistributionMessage::Statement(parent, statement) => {
				self.statement(peer, parent, statement, turn)
			}
			StatementDistributionMessage::BackedCandidateManifest(manifest) => {
				self.manifest(peer, manifest, turn)
			}
			StatementDistributionMessage::BackedCandidateKnown(known) => {
				self.acknowledgement(peer, &known, turn)
			}
		};
		if let Err(misdeed) = result {
			self.misdeed(peer, misdeed, turn);
		}
	}

	/// Something of a peer is refused: it pays, if the honest don't do it.
	fn misdeed<F>(&mut self, peer: PeerId, misdeed: Misdeed, turn: &mut Turn<'_, F>) {
		self.refused = self.refused.saturating_add(1);
		if let Some(cost) = misdeed.cost().filter(|_| turn.chain.is_connected(peer)) {
			turn.out.report(peer, Judgement::Cost(cost, misdeed.reason()));
		}
		turn.out.event(Event::Refused { peer, misdeed });
	}

	/// What peers sent that was refused so far.
	pub fn refused_count(&self) -> u64 {
		self.refused
	}

	/// Whether the answer to a request is still of use.
	pub fn awaits(&self, request: async_backing_machine::RequestId) -> bool {
		self.requests.awaits(request)
	}
}

impl<F> Turn<'_, F> {
	fn gain(&mut self, peer: PeerId, gain: Gain, reason: &'static str) {
		if self.chain.is_connected(peer) {
			self.out.report(peer, Judgement::Gain(gain, reason));
		}
	}
}

#[cfg(feature = "laws")]
impl StatementDistribution {
	/// Requests, jobs and timers that are taken for open.
	pub fn taken_for_open(&self) -> usize {
		self.requests.taken_for_open() + self.checks.taken_for_open() + self.timers_of_use()
	}

	/// Law 3: how many timers it waits for.
	pub fn timers_of_use(&self) -> usize {
		usize::from(self.wake.is_some())
	}

	/// Law 3: whether anything follows from the end of this job.
	pub fn is_of_use(&self, job: JobId) -> bool {
		self.checks.is_checking(job) || self.requests.is_of_use(job).unwrap_or(false)
	}

	/// Law 3: whether anything is kept of a peer.
	pub fn keeps(&self, peer: PeerId) -> bool {
		self.peers.contains_key(&peer) || self.checks.knows(peer) || self.requests.knows(peer)
	}

	/// Law 2: whether something waits for a check or a request that it can have.
	pub fn is_waiting(&self) -> bool {
		self.stalled
			|| self.checks.is_waiting()
			|| self.requests.has_ready()
			|| self.requests.next_at().is_some()
	}

	/// Law 2: who may be asked now for a candidate with this mask, if there is room for one more request.
	pub(crate) fn may_be_asked(
		&self,
		request: &async_backing_wire::AttestedCandidateRequest,
		now: Instant,
		chain: &ChainView,
		frontier: &impl Frontier,
	) -> Vec<PeerId> {
		let mut found = Vec::new();
		if !self.requests.has_room() {
			return found;
		}
		for wanted in self
			.requests
			.wanted()
			.filter(|wanted| wanted.key.candidate == request.candidate_hash)
		{
			let mask = self
				.parents
				.get(&wanted.parent)
				.and_then(|parent| parent.mask(wanted.key));
			if mask.is_none_or(|mask| mask.to_wire() != request.mask) {
				continue;
			}
			let holders = self.holders(wanted, frontier).unwrap_or_default().into_iter();
			let peers = holders.filter_map(|holder| chain.peer_of(wanted.parent, holder));
			let there = peers.filter(|peer| self.peers.contains_key(peer) && !self.checks.is_cut(*peer));
			found.extend(there.filter(|peer| self.requests.may_be_asked(*peer, now)));
		}
		found
	}

	/// Law 2: a candidate that somebody may be asked for while a place for a request is free, and nobody is asked.
	pub(crate) fn neglected(
		&self,
		chain: &ChainView,
		frontier: &impl Frontier,
	) -> Option<async_backing_primitives::CandidateHash> {
		if !self.requests.has_room() || self.requests.has_ready() {
			return None;
		}
		let now = self.requests.looked_at();
		let mut idle = self.requests.idle();
		let neglected = idle.find(|wanted| {
			let whom = self.whom_to_ask(*wanted, now, chain, frontier);
			matches!(whom, asking::Whom::Now(..))
		});
		neglected.map(|wanted| wanted.key.candidate)
	}

	/// Of each relay parent: entries of cluster, store, grid and confirmed candidates, and the relay parent.
	pub(crate) fn sizes(&self) -> Vec<(Hash, [usize; 4])> {
		let of = |(hash, parent): (&Hash, &Parent)| {
			let cluster = parent.cluster.as_ref().map_or(0, |cluster| cluster.len());
			(
				*hash,
				[
					cluster,
					parent.store.len(),
					parent.grid.len(),
					parent.confirmed.len(),
				],
			)
		};
		self.parents.iter().map(of).collect()
	}

	pub(crate) fn is_confirmed(
		&self,
		parent: Hash,
		candidate: async_backing_primitives::CandidateHash,
	) -> bool {
		self.parents
			.get(&parent)
			.is_some_and(|parent| !parent.confirmed_keys(candidate).is_empty())
	}
}

#[cfg(test)]
impl StatementDistribution {
	pub(crate) fn parents_at(&self, block: u32) -> &Parent {
		&self.parents[&crate::actors::hash(block)]
	}

	pub(crate) fn parents(&self) -> impl Iterator<Item = &Parent> {
		self.parents.values()
	}

	pub(crate) fn wanted_len(&self) -> usize {
		self.requests.len()
	}
}
