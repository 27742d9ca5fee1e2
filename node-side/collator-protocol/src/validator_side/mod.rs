//! The validator's side: collators and what they offer, who may, what is fetched, and in which order (R-NET-81 to R-NET-88).
//!
//! Invariants:
//! - only declared collators are listened to, for their para alone (R-NET-84);
//! - whoever advertises without end is bounded by itself: nobody else's candidate goes for it;
//! - a para takes no claim of another: each of its candidates that is seconded or under way has one of its own (R-BAK-13);
//! - a candidate is handed on only as the answer to the request that asked its collator for it, after everything that its
//!   advertisement and its descriptor say was found to be so (R-NET-86), and with a proof of validity that the chain has room
//!   for (R-BAK-12);
//! - one of several rivals is in hand at a time. If it comes to nothing the next one is fetched, of whoever failed least;
//! - that a candidate is known, taken or tried stops no other source: its advertisement stays until this validator has it
//!   or its relay parent is in no scope, and whoever advertises what a seconder keeps to itself is asked (R-DEF-38).

mod answers;
mod choosing;
mod claims;
mod collators;
mod fetching;
mod hearing;
#[cfg(feature = "laws")]
mod laws;
mod types;

pub use claims::Claims;
pub use collators::{Unheard, DECLARE_WITHIN, IDLE, MAX_COLLATORS, MAX_COLLATORS_PER_PARA};
pub use fetching::{HOLD, IN_HAND, MAX_BESIDE};
pub use types::{
	memory_bound, Around, FetchedCollation, Outcome, Parting, SlotClock, ValidatorEffect, ValidatorSideConfig,
};

use crate::{Demand, Offer, ValidatorSideWords, Verdict};
use async_backing_chain_view::{Arrived, Early, EarlyLimits, LeafUpdate};
use async_backing_machine::{
	Cost, Gain, Input, Instant, Judgement, Outbox, PeerEvent, PeerId, Recipients, RequestId, TimerId,
};
use async_backing_primitives::{CandidateHash, Hash, ParaId};
use async_backing_wire::{
	CollationMessage, CollationRequestV2, CollationVersion, CollatorMessage, Protocol, SignedStatement,
	MAX_NOTIFICATION_SIZE,
};
use claims::{claims, in_order, is_served, Seconded};
use codec::Encode;
use collators::{Collators, Turn};
use fetching::{Fetch, Fetching, InHand, Purpose, Room, UnderWay};
use std::{collections::BTreeMap, time::Duration};

type Out = Outbox<ValidatorSideWords>;

/// How often a collator is asked at a leaf for a candidate that it does not hand over in time.
pub const MAX_ATTEMPTS: u8 = 2;
/// How often it is looked for peers that are overdue (R-NET-82).
pub const TICK: Duration = Duration::from_secs(1);
/// When a request or a job found no room in the outbox, it is tried again after this.
const RETRY: Duration = Duration::from_millis(100);

/// What collators declared and advertised, and what is being fetched of it: a part of a validator, whose context is
/// [`Around`] it.
#[derive(Debug)]
pub struct ValidatorSide {
	config: ValidatorSideConfig,
	collators: Collators,
	fetching: Fetching,
	seconded: Seconded,
	/// Advertised before its scheduling parent was in scope.
	early: Early<Offer>,
	/// When something that waits may have its turn, if nothing ends before.
	wake: Option<(TimerId, Instant)>,
	/// When it is looked for peers that are overdue.
	tick: Option<TimerId>,
}

impl ValidatorSide {
	/// One that has heard of nobody.
	pub fn new(config: ValidatorSideConfig) -> Self {
		Self {
			config,
			collators: Collators::default(),
			fetching: Fetching::default(),
			seconded: Seconded::default(),
			early: Early::new(EarlyLimits::strangers()),
			wake: None,
			tick: None,
		}
	}

	/// Peers that are listened to. At most [`MAX_COLLATORS`].
	pub fn peers(&self) -> usize {
		self.collators.len()
	}

	/// Candidates that wait to be fetched.
	pub fn waiting(&self) -> usize {
		self.collators.waiting_len()
	}

	/// Fetches that are open.
	pub fn fetching(&self) -> usize {
		self.fetching.open.len()
	}

	/// Candidates that were fetched and have not ended.
	pub fn in_hand(&self) -> usize {
		self.fetching.in_hand.len()
	}

	/// Own candidates that may still take a claim.
	pub fn seconded(&self) -> usize {
		self.seconded.len()
	}

	/// Whether a peer is listened to: it is there, and has not been let go.
	pub fn knows(&self, peer: PeerId) -> bool {
		self.collators.knows(peer)
	}

	/// Those who are listened to, ascending.
	pub fn heard_peers(&self) -> impl Iterator<Item = PeerId> + '_ {
		self.collators.peers()
	}

	/// Version of a peer's stream, if it is listened to.
	pub fn version(&self, peer: PeerId) -> Option<CollationVersion> {
		self.collators.version(peer)
	}

	/// The para that a peer declared.
	pub fn para_of(&self, peer: PeerId) -> Option<ParaId> {
		self.collators.para_of(peer)
	}

	/// Takes an input in. Of the chain it hears after backing did, which is its gate.
	pub fn handle(
		&mut self,
		input: Input<ValidatorSideWords>,
		around: Around<'_>,
		out: &mut Out,
	) -> Vec<ValidatorEffect> {
		let mut effects = Vec::new();
		match input {
			Input::Chain(update) => self.leaves_changed(&update, around, out, &mut effects),
			Input::Peer(peer, PeerEvent::Connected(who)) => {
				self.connected(peer, who, around.now, out, &mut effects);
			}
			Input::Peer(peer, PeerEvent::Message(message)) => {
				self.heard(peer, message, around, out, &mut effects);
			}
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.forget(peer);
				self.stop_tick(out);
			}
			Input::Response(id, answer) => self.answered(id, answer, around, out),
			Input::Done(id, done) => effects.extend(self.checked(id, done, around, out)),
			Input::Timer(timer) => self.timer(timer, around, out, &mut effects),
			Input::Request(_, ticket, _) => {
				// Only collators answer these; the driver need not hand them in.
				out.respond(ticket, Err(async_backing_machine::Refusal::NotAllowed));
			}
			Input::Propose(_, never, _) => match never {},
			Input::Peer(_, PeerEvent::View(_)) | Input::Stored(_) | Input::Restored(_) => {}
		}
		effects
	}

	/// Something of a para was seconded, here or elsewhere, or got its quorum, so that more of it may have a place (R-BAK-5,
	/// R-NET-87), or nobody hands over what was seconded (R-DEF-38).
	pub fn path_grew(&mut self, para: ParaId, around: Around<'_>, out: &mut Out) {
		self.collators.unblock(para);
		self.fetch_next(para, around, out);
	}

	/// A candidate that was handed on ended. Its place is free for the next one.
	pub fn ended(&mut self, candidate: CandidateHash, outcome: Outcome, around: Around<'_>, out: &mut Out) {
		let is_handed_on = |in_hand: &InHand| in_hand.checking.is_none();
		if !self.fetching.in_hand.get(&candidate).is_some_and(is_handed_on) {
			return;
		}
		let Some(in_hand) = self.fetching.in_hand.remove(&candidate) else {
			return;
		};
		let (peer, offer) = (in_hand.peer, *in_hand.offer());
		self.collators.unblock(offer.para);
		match outcome {
			Outcome::Seconded(statement) => {
				self.collators.served(peer);
				out.report(peer, Judgement::Gain(Gain::Minor, "collation seconded"));
				self.seconded
					.note(around.chain, candidate, offer.para, offer.scheduling_parent);
				if let Some(statement) = statement {
					self.tell_collator(peer, &offer, *statement, out);
				}
			}
			Outcome::Confirmed => self.collators.served(peer),
			Outcome::Invalid => self.banish(peer, "invalid collation", out),
			Outcome::Failed => self.collators.failed(peer),
			Outcome::Postponed => self.put_back(in_hand, false, true, around),
			Outcome::Dropped => self.put_back(in_hand, true, false, around),
		}
		self.fetch_next(offer.para, around, out);
	}

	/// R-NET-80. What is too long for a notification is left out: collators of today ignore it anyway.
	fn tell_collator(&self, peer: PeerId, offer: &Offer, statement: SignedStatement, out: &mut Out) {
		fn seconded<A>(offer: &Offer, statement: SignedStatement) -> CollatorMessage<A> {
			CollatorMessage::Seconded {
				scheduling_parent: offer.scheduling_parent,
				statement,
			}
		}
		let message = match self.collators.version(peer) {
			Some(CollationVersion::V2) => CollationMessage::V2(seconded(offer, statement)),
			Some(CollationVersion::V3) => CollationMessage::V3(seconded(offer, statement)),
			_ => return,
		};
		// One byte for the envelope.
		if message.encoded_size() < MAX_NOTIFICATION_SIZE {
			out.notify(Recipients::Peer(peer), message);
		}
	}

	/// What came to nothing waits again, if its relay parent is in scope.
	fn put_back(&mut self, in_hand: InHand, is_spent: bool, is_blocked: bool, around: Around<'_>) {
		let InHand {
			peer, mut waiting, ..
		} = in_hand;
		waiting.is_spent |= is_spent;
		waiting.is_blocked = is_blocked;
		waiting.needs_parent |= waiting.is_unconnected;
		if around.chain.is_in_scope(waiting.offer.scheduling_parent) {
			self.collators.wait_again(peer, waiting);
		}
	}

	/// Proof of malice: nothing more of it is listened to (R-NET-114).
	fn banish(&mut self, peer: PeerId, reason: &'static str, out: &mut Out) {
		cost(peer, Cost::Malicious, reason, out);
		self.forget(peer);
		self.stop_tick(out);
	}

	fn forget(&mut self, peer: PeerId) {
		self.collators.remove(peer);
		self.early.disconnected(peer);
	}

	fn timer(
		&mut self,
		timer: TimerId,
		around: Around<'_>,
		out: &mut Out,
		effects: &mut Vec<ValidatorEffect>,
	) {
		if self.tick == Some(timer) {
			self.tick = None;
			for (peer, why) in self.collators.overdue(around.now) {
				self.part(peer, why, effects);
			}
			self.early.expire(around.now);
			self.start_tick(around.now, out);
		}
		if self.wake.is_some_and(|(set, _)| set == timer) {
			self.wake = None;
			for in_hand in self.fetching.expire(around.now) {
				if let Some(checking) = &in_hand.checking {
					out.cancel(checking.job);
				}
				self.put_back(in_hand, true, false, around);
			}
			self.fetch_all(around, out);
		}
	}

	/// Somebody is let go, by a rule and at no cost.
	fn part(&mut self, peer: PeerId, why: Parting, effects: &mut Vec<ValidatorEffect>) {
		self.forget(peer);
		effects.push(ValidatorEffect::Disconnect { peer, why });
	}

	fn start_tick(&mut self, now: Instant, out: &mut Out) {
		if self.tick.is_none() && self.collators.len() > 0 {
			self.tick = Some(out.set_timer(now.saturating_add(TICK)));
		}
	}

	fn stop_tick(&mut self, out: &mut Out) {
		if self.collators.len() == 0 {
			if let Some(timer) = self.tick.take() {
				out.clear_timer(timer);
			}
		}
	}

	fn leaves_changed(
		&mut self,
		update: &LeafUpdate,
		around: Around<'_>,
		out: &mut Out,
		effects: &mut Vec<ValidatorEffect>,
	) {
		let chain = around.chain;
		if !update.activated.is_empty() {
			self.collators.new_leaf();
		}
		let in_scope = chain.relay_parents();
		self.collators.retain(&in_scope);
		let activated = update.activated.iter().map(|leaf| &**leaf);
		self.seconded.leaves_changed(chain, activated);
		self.fetching.in_hand.retain(|_, in_hand| {
			let stays = in_scope.contains(&in_hand.offer().scheduling_parent);
			if let (false, Some(checking)) = (stays, &in_hand.checking) {
				out.cancel(checking.job);
			}
			stays
		});
		// R-NET-83. Before a leaf is known, nobody can say.
		if chain.newest().is_some() {
			for peer in self.collators.unserved(|para| is_served(chain, para)) {
				self.part(peer, Parting::NotServed, effects);
			}
		}
		self.stop_tick(out);
		for Arrived { peer, item, .. } in self.early.leaves_changed(around.now, update, chain) {
			self.advertised(peer, item, around, out);
		}
		self.fetch_all(around, out);
	}

	/// Everything that waits is asked again (R-BAK-5), in the order in which the own core serves the paras.
	fn fetch_all(&mut self, around: Around<'_>, out: &mut Out) {
		for para in in_order(around.chain, self.collators.paras()) {
			self.fetch_next(para, around, out);
		}
		self.wake_for_expiry(out);
	}

	fn wake_for_expiry(&mut self, out: &mut Out) {
		if let Some(expiry) = self.fetching.next_expiry() {
			self.wake_by(expiry, out);
		}
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

fn cost(peer: PeerId, cost: Cost, reason: &'static str, out: &mut Out) {
	out.report(peer, Judgement::Cost(cost, reason));
}
