//! Collators and what they offer: who may, what is fetched, and in which order.
//!
//! Invariants:
//! - only declared collators are listened to, for their para alone (R-NET-84);
//! - whoever advertises without end is bounded by itself: nobody else's candidate goes for it;
//! - a candidate is handed on only as the answer to the request that asked its collator for it, with the receipt that was
//!   advertised and a proof of validity that the chain has room for (R-NET-86, R-BAK-12);
//! - one of several rivals is in hand at a time. If it comes to nothing the next one is fetched, of whoever failed least;
//! - that a candidate is known, taken or tried stops no other source: its advertisement stays until this validator has it
//!   or its relay parent is in no scope, and whoever advertises what a seconder keeps to itself is asked (R-DEF-38).

mod answers;
mod claims;
mod collators;
mod fetching;
mod words;

pub use words::{Advertisement, FetchedCollation};
pub(crate) use words::{CollationWords, CollatorMessage, Effect, Gate, Outcome, Purpose, Verdict};

use async_backing_backing::{Collation, Demand};
use async_backing_chain_view::{Arrived, ChainView, Early, EarlyLimits, LeafUpdate};
use async_backing_machine::{
	Cost, Gain, Input, Instant, Judgement, Outbox, PeerEvent, PeerId, RequestFailure, RequestId, TimerId,
};
use async_backing_primitives::{CandidateHash, Hash, ParaId};
use claims::{claims, is_served, max_pov_size};
use codec::Encode;
use collators::{Collators, Turn, Unheard, Waiting};
use fetching::{Fetch, Fetching, InHand, Room, IN_HAND, TIMEOUT};
use std::time::Duration;

type Out = Outbox<CollationWords>;

/// How often a collator is asked at a leaf for a candidate that it does not hand over in time.
const MAX_ATTEMPTS: u8 = 2;
/// When a request found no room in the outbox, it is made again after this.
const RETRY: Duration = Duration::from_millis(100);

/// The neighbours as they are asked: nobody changes while collators are heard.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
	pub(crate) now: Instant,
	pub(crate) chain: &'a ChainView,
	pub(crate) gate: &'a dyn Gate,
}

/// What collators declared and advertised, and what is being fetched of it.
#[derive(Debug)]
pub(crate) struct Collations {
	collators: Collators,
	fetching: Fetching,
	/// Advertised before its relay parent was in scope.
	early: Early<Box<Advertisement>>,
	/// When something that waits may have its turn, if nothing ends before.
	wake: Option<(TimerId, Instant)>,
}

impl Collations {
	pub(crate) fn new() -> Self {
		Self {
			collators: Collators::default(),
			fetching: Fetching::default(),
			early: Early::new(EarlyLimits::strangers()),
			wake: None,
		}
	}

	/// Candidates that wait to be fetched.
	#[cfg(test)]
	pub(crate) fn waiting(&self) -> usize {
		self.collators.len()
	}

	/// Law 3: how much it takes for open.
	#[cfg(feature = "laws")]
	pub(crate) fn taken_for_open(&self) -> usize {
		self.fetching.open.len() + usize::from(self.wake.is_some())
	}

	/// Law 3: how many timers it waits for.
	#[cfg(feature = "laws")]
	pub(crate) fn timers_of_use(&self) -> usize {
		usize::from(self.wake.is_some())
	}

	/// Law 3: most candidates that one collator advertised at a relay parent.
	#[cfg(feature = "laws")]
	pub(crate) fn most_heard(&self) -> usize {
		self.collators.most_heard()
	}

	/// Law 3: whether anything of a peer is known.
	#[cfg(feature = "laws")]
	pub(crate) fn keeps(&self, peer: PeerId) -> bool {
		self.collators.para_of(peer).is_some() || self.early.len_of(peer) > 0
	}

	/// Law 3: how much of a peer waits for its relay parent.
	#[cfg(feature = "laws")]
	pub(crate) fn early_of(&self, peer: PeerId) -> usize {
		self.early.len_of(peer)
	}

	/// Whether a place is kept for something that ended long ago.
	#[cfg(feature = "laws")]
	pub(crate) fn is_overdue(&self, now: Instant) -> bool {
		self.fetching.next_expiry().is_some_and(|until| until <= now)
	}

	/// Whether the answer to this request is of use.
	#[cfg(feature = "laws")]
	pub(crate) fn is_awaiting(&self, request: RequestId, chain: &ChainView) -> bool {
		self.fetching.open.get(&request).is_some_and(|fetch| {
			let descriptor = &fetch.waiting.advertisement.receipt.descriptor;
			max_pov_size(chain, descriptor.scheduling_parent(), fetch.place.0).is_some()
		})
	}

	/// Takes an input in. Of the chain it hears after backing did, which is its gate.
	pub(crate) fn handle(
		&mut self,
		input: Input<CollationWords>,
		around: Around<'_>,
		out: &mut Out,
	) -> Vec<Effect> {
		for (candidate, in_hand) in self.fetching.expire(around.now) {
			self.put_back(candidate, in_hand, true, around.chain);
		}
		let mut effects = Vec::new();
		match input {
			Input::Chain(update) => self.leaves_changed(&update, around, out),
			Input::Peer(peer, PeerEvent::Message(message)) => self.heard(peer, message, around, out),
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.collators.remove(peer);
				self.early.disconnected(peer);
			}
			Input::Response(id, answer) => effects.extend(self.answered(id, answer, around, out)),
			Input::Timer(timer) => {
				if self.wake.is_some_and(|(set, _)| set == timer) {
					self.wake = None;
					self.fetch_all(around, out);
				}
			}
			Input::Peer(_, PeerEvent::Connected(_))
			| Input::Request(..)
			| Input::Stored(_)
			| Input::Restored(_) => {}
			Input::Peer(_, PeerEvent::View(never)) => match never {},
			Input::Done(_, Ok(never)) | Input::Propose(_, never, _) => match never {},
			Input::Done(_, Err(_)) => {}
		}
		effects
	}

	/// Something was seconded or got its quorum, so that more of this para may have a place (R-BAK-5), or nobody hands over
	/// what was seconded (R-DEF-38).
	pub(crate) fn path_grew(&mut self, para: ParaId, around: Around<'_>, out: &mut Out) {
		self.fetch_next(para, around, out);
	}

	/// A candidate that was handed on ended. Its place is free for the next one.
	pub(crate) fn ended(
		&mut self,
		candidate: CandidateHash,
		outcome: Outcome,
		around: Around<'_>,
		out: &mut Out,
	) {
		let Some(in_hand) = self.fetching.in_hand.remove(&candidate) else {
			return;
		};
		let (peer, para) = (in_hand.peer, in_hand.place.0);
		match outcome {
			Outcome::Seconded => {
				self.collators.served(peer);
				out.report(peer, Judgement::Gain(Gain::Minor, "collation seconded"));
			}
			Outcome::Confirmed => self.collators.served(peer),
			Outcome::Failed => self.collators.failed(peer),
			Outcome::Postponed => self.put_back(candidate, in_hand, false, around.chain),
			Outcome::Dropped => self.put_back(candidate, in_hand, true, around.chain),
		}
		self.fetch_next(para, around, out);
	}

	/// What came to nothing waits again, if it is not too bad for that.
	fn put_back(&mut self, candidate: CandidateHash, in_hand: InHand, is_spent: bool, chain: &ChainView) {
		let InHand {
			peer, mut waiting, ..
		} = in_hand;
		waiting.is_spent |= is_spent;
		self.wait_again(peer, candidate, waiting, chain);
	}

	fn leaves_changed(&mut self, update: &LeafUpdate, around: Around<'_>, out: &mut Out) {
		let chain = around.chain;
		if !update.activated.is_empty() {
			self.collators.new_leaf();
		}
		self.collators
			.retain(|relay_parent| chain.is_in_scope(relay_parent));
		self.fetching
			.in_hand
			.retain(|_, in_hand| chain.is_in_scope(in_hand.scheduling_parent));
		for Arrived { peer, item, .. } in self.early.leaves_changed(around.now, update, chain) {
			self.advertised(peer, item, around, out);
		}
		self.fetch_all(around, out);
	}

	fn heard(&mut self, peer: PeerId, message: CollatorMessage, around: Around<'_>, out: &mut Out) {
		match message {
			CollatorMessage::Declare(para) => {
				let is_served = |para| is_served(around.chain, para);
				if let Err(unheard) = self.collators.declare(around.now, peer, para, is_served) {
					refuse(peer, unheard, out);
				}
			}
			CollatorMessage::Advertise(advertisement) => self.advertised(peer, advertisement, around, out),
		}
	}

	/// A collator has a candidate: it is fetched if it may be seconded, and waits if it may be later (R-BAK-5).
	fn advertised(
		&mut self,
		peer: PeerId,
		advertisement: Box<Advertisement>,
		around: Around<'_>,
		out: &mut Out,
	) {
		let descriptor = &advertisement.receipt.descriptor;
		let (para, relay_parent) = (descriptor.para_id(), descriptor.scheduling_parent());
		if let Err(unheard) = self.collators.check(peer, para) {
			return refuse(peer, unheard, out);
		}
		let Some(claims) = claims(around.chain, relay_parent, para) else {
			return self.keep_early(peer, relay_parent, advertisement, around.now, out);
		};
		let candidate = advertisement.receipt.hash();
		// One more than claims (R-NET-84).
		let limit = claims.all.saturating_add(1);
		let newest = around.chain.newest().map_or(0, |leaf| leaf.block.number);
		if let Err(unheard) = self
			.collators
			.hear((around.now, newest), peer, relay_parent, candidate, limit)
		{
			return refuse(peer, unheard, out);
		}
		if self.fetching.is_under_way(peer, candidate) {
			return;
		}
		let verdict = match around.gate.demand(candidate) {
			None => around
				.gate
				.judge(candidate, descriptor, advertisement.parent_head),
			Some(Demand::Never) => Verdict::Useless,
			Some(Demand::Now | Demand::Later) => Verdict::Wait,
		};
		match verdict {
			Verdict::Fetch | Verdict::Wait | Verdict::Taken => {
				self.collators.wait(peer, candidate, advertisement);
				self.fetch_next(para, around, out);
			}
			Verdict::Useless => {}
			Verdict::Wrong(reason) => cost(peer, Cost::Minor, reason, out),
		}
	}

	/// Its relay parent may be on its way here.
	fn keep_early(
		&mut self,
		peer: PeerId,
		relay_parent: Hash,
		advertisement: Box<Advertisement>,
		now: Instant,
		out: &mut Out,
	) {
		let bytes = size_of::<Advertisement>();
		let kept = self.early.insert(now, peer, relay_parent, advertisement, bytes);
		if !kept.is_ok_and(|given_up| given_up.is_empty()) {
			cost(peer, Cost::Minor, "too many early advertisements", out);
		}
	}

	fn fetch_all(&mut self, around: Around<'_>, out: &mut Out) {
		for para in self.collators.paras() {
			self.fetch_next(para, around, out);
		}
	}

	/// Begins the fetches of a para that there is room for.
	fn fetch_next(&mut self, para: ParaId, around: Around<'_>, out: &mut Out) {
		let mut wake: Option<Instant> = None;
		let mut wake_at = |at: Instant| wake = Some(wake.map_or(at, |set| set.min(at)));
		for turn in self.collators.turns(para) {
			let Some(waiting) = self.collators.waiting(turn) else {
				continue;
			};
			let demand = around.gate.demand(turn.candidate);
			let is_over = waiting.attempts >= MAX_ATTEMPTS;
			let purpose = match demand {
				Some(Demand::Never) => {
					self.collators.take(turn);
					continue;
				}
				Some(Demand::Now) if !is_over => Purpose::Confirm,
				None if !is_over && waiting.may_be_seconded() => Purpose::Second,
				Some(Demand::Now | Demand::Later) | None => continue,
			};
			let Advertisement { receipt, parent_head } = &*waiting.advertisement;
			let place = (para, *parent_head);
			let relay_parent = receipt.descriptor.scheduling_parent();
			let claims = claims(around.chain, relay_parent, para).unwrap_or_default();
			let claims = claims.of_para.max(1);
			let (now, peer) = (around.now, turn.peer);
			let room = match purpose {
				Purpose::Second => self.fetching.room(now, peer, place, claims),
				Purpose::Confirm => self
					.fetching
					.room_to_confirm(now, peer, turn.candidate, para, claims),
			};
			match room {
				Room::Now => {}
				Room::At(at) => {
					wake_at(at);
					continue;
				}
				Room::Later => continue,
			}
			let verdict = match purpose {
				Purpose::Confirm => Verdict::Fetch,
				Purpose::Second => around
					.gate
					.judge(turn.candidate, &receipt.descriptor, *parent_head),
			};
			match verdict {
				Verdict::Fetch => {
					if !self.fetch(turn, purpose, around.now, out) {
						wake_at(around.now + RETRY);
						break;
					}
				}
				Verdict::Wait => {}
				Verdict::Taken => self.collators.taken(turn),
				Verdict::Useless => {
					self.collators.take(turn);
				}
				Verdict::Wrong(reason) => {
					self.collators.take(turn);
					cost(turn.peer, Cost::Minor, reason, out);
				}
			}
		}
		if let Some(expiry) = self.fetching.next_expiry() {
			wake_at(expiry);
		}
		if let Some(at) = wake {
			self.wake_by(at, out);
		}
	}

	/// Asks for a candidate; `false` if nobody could be asked.
	fn fetch(&mut self, turn: Turn, purpose: Purpose, now: Instant, out: &mut Out) -> bool {
		let Some(id) = out.request(turn.peer, turn.candidate, TIMEOUT) else {
			return false;
		};
		if let Some(waiting) = self.collators.take(turn) {
			let Advertisement { receipt, parent_head } = &*waiting.advertisement;
			let fetch = Fetch {
				peer: turn.peer,
				candidate: turn.candidate,
				place: (receipt.descriptor.para_id(), *parent_head),
				purpose,
				began: now,
				waiting,
			};
			self.fetching.open.insert(id, fetch);
		}
		true
	}

	/// Sets the timer, unless it runs out by then anyway.
	fn wake_by(&mut self, at: Instant, out: &mut Out) {
		match self.wake {
			Some((_, set)) if set <= at => return,
			Some((timer, _)) => out.clear_timer(timer),
			None => {}
		}
		self.wake = Some((out.set_timer(at), at));
	}
}

fn refuse(peer: PeerId, unheard: Unheard, out: &mut Out) {
	cost(peer, Cost::Minor, unheard.reason(), out);
}

fn cost(peer: PeerId, cost: Cost, reason: &'static str, out: &mut Out) {
	out.report(peer, Judgement::Cost(cost, reason));
}
