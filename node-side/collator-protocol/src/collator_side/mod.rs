//! The collator's side: who is told of a collation, and who gets it (R-NET-73 to R-NET-79).
//!
//! Invariants:
//! - only peers that are validators are declared to, once (R-NET-76);
//! - a validator is told of a collation once, if it is in the group that backs it, speaks a version that can say it, and sees a
//!   relay block that descends from the scheduling parent (R-NET-78);
//! - only who was told gets it, once a leaf: one peer at a time for each scheduling parent (R-NET-79);
//! - a collation goes with its scheduling parent: when no leaf admits it any more.

mod offering;
mod serving;
mod types;

pub use types::{Collation, CollatorEffect, CollatorSideConfig, OfferError};

use crate::{CollatorSideWords, Parting, ValidatorPeer};
use async_backing_chain_view::{ChainView, LeafUpdate};
use async_backing_collator::{Ask, Serving};
use async_backing_machine::{
	Cost, Input, Instant, Judgement, Outbox, PeerEvent, PeerId, Recipients, Refusal, Ticket, TimerId,
};
use async_backing_primitives::{CandidateHash, Hash, Statement, ValidatorIndex};
use async_backing_wire::{CollationMessage, CollationVersion, CollatorMessage, SignedStatement, View};
use serving::Question;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

type Out = Outbox<CollatorSideWords>;

/// Collations that are offered at once: one for each claim that a relay parent in scope can reach, on many cores.
pub const MAX_COLLATIONS: usize = 128;
/// Validators that are listened to at once: the groups of many cores at all relay parents in scope.
pub const MAX_VALIDATORS_HEARD: usize = 512;
/// Head data of more bytes are not sent along where they need not be.
pub const MAX_HEAD_WITH_COLLATION: usize = 16 * 1024;
/// Connections are asked for again so long after a leaf (R-NET-74).
pub const RECONNECT_AFTER: Duration = Duration::from_secs(4);

/// A validator that was dialled.
#[derive(Debug)]
struct Validator {
	version: CollationVersion,
	view: View,
	is_declared: bool,
}

/// A collation, with who knows of it.
#[derive(Debug)]
struct Offered {
	collation: Collation,
	scheduling_parent: Hash,
	/// Earlier ones have lower numbers: parents come before their children.
	sequence: u64,
	/// Who was told and is still there.
	told: BTreeSet<PeerId>,
	/// Who got it, with the number of leaves until then.
	served: BTreeMap<PeerId, u64>,
	/// Who said that it seconded it.
	seconded: BTreeSet<ValidatorIndex>,
}

/// What a collator offers, and to whom: a part of a collator's node, whose context is the chain's view.
#[derive(Debug)]
pub struct CollatorSide {
	config: CollatorSideConfig,
	validators: BTreeMap<PeerId, Validator>,
	collations: BTreeMap<CandidateHash, Offered>,
	serving: Serving<PeerId, Question>,
	/// Whether the next slot of the para is its own.
	is_turn: bool,
	/// Leaves that have come.
	leaves: u64,
	sequence: u64,
	/// When the next who waits is served.
	wake: Option<(TimerId, Instant)>,
	/// When connections are asked for again.
	reconnect: Option<TimerId>,
}

impl CollatorSide {
	/// One that has heard of nobody and has nothing.
	pub fn new(config: CollatorSideConfig) -> Self {
		Self {
			config,
			validators: BTreeMap::new(),
			collations: BTreeMap::new(),
			serving: Serving::default(),
			is_turn: true,
			leaves: 0,
			sequence: 0,
			wake: None,
			reconnect: None,
		}
	}

	/// Collations that are offered. At most [`MAX_COLLATIONS`].
	pub fn collations(&self) -> usize {
		self.collations.len()
	}

	/// Validators that are listened to. At most [`MAX_VALIDATORS_HEARD`].
	pub fn validators(&self) -> usize {
		self.validators.len()
	}

	/// Whether a peer is listened to: it is there, and has not been let go.
	pub fn knows(&self, peer: PeerId) -> bool {
		self.validators.contains_key(&peer)
	}

	/// Questions that wait for their turn.
	pub fn waiting(&self) -> usize {
		self.serving.waiting()
	}

	/// Who was told of a candidate and is still there.
	pub fn told(&self, candidate: CandidateHash) -> impl Iterator<Item = PeerId> + '_ {
		let offered = self.collations.get(&candidate);
		offered
			.into_iter()
			.flat_map(|offered| offered.told.iter().copied())
	}

	/// Validators that said that they seconded a candidate. Nobody verified what they signed.
	pub fn seconded(&self, candidate: CandidateHash) -> impl Iterator<Item = ValidatorIndex> + '_ {
		let offered = self.collations.get(&candidate);
		offered
			.into_iter()
			.flat_map(|offered| offered.seconded.iter().copied())
	}

	/// Takes an input in. Of the chain, and of who a peer is, the chain's view hears first.
	pub fn handle(
		&mut self,
		now: Instant,
		input: Input<CollatorSideWords>,
		chain: &ChainView,
		out: &mut Out,
	) -> Vec<CollatorEffect> {
		let mut effects = Vec::new();
		match input {
			Input::Chain(update) => self.leaves_changed(now, &update, chain, out, &mut effects),
			Input::Peer(peer, PeerEvent::Connected(who)) => {
				self.connected(peer, who, chain, out, &mut effects);
			}
			Input::Peer(peer, PeerEvent::View(view)) => self.saw(peer, view, chain, out),
			Input::Peer(peer, PeerEvent::Message(message)) => {
				effects.extend(self.heard(peer, message, chain, out));
			}
			Input::Peer(peer, PeerEvent::Disconnected) => self.gone(peer, now, out),
			Input::Request(peer, ticket, asked) => self.asked(now, peer, ticket, &asked, out),
			Input::Timer(timer) => {
				if self.wake.is_some_and(|(set, _)| set == timer) {
					self.wake = None;
					self.serve_due(now, out);
				}
				if self.reconnect == Some(timer) {
					self.reconnect = None;
					effects.push(self.connect(chain));
				}
			}
			Input::Done(_, Ok(never)) | Input::Propose(_, never, _) => match never {},
			Input::Response(..) | Input::Done(_, Err(_)) | Input::Stored(_) | Input::Restored(_) => {}
		}
		effects
	}

	/// Whether the next slot of the para is this collator's (R-NET-74). If it is not, it wants only those who have to hear of
	/// what it offers.
	pub fn set_turn(&mut self, is_turn: bool, chain: &ChainView) -> Option<CollatorEffect> {
		let changes = std::mem::replace(&mut self.is_turn, is_turn) != is_turn;
		changes.then(|| self.connect(chain))
	}

	fn connected(
		&mut self,
		peer: PeerId,
		who: ValidatorPeer,
		chain: &ChainView,
		out: &mut Out,
		effects: &mut Vec<CollatorEffect>,
	) {
		// The first can't say of candidates what has to be said, and the fourth is not spoken (R-NET-59).
		let is_spoken = matches!(who.version, CollationVersion::V2 | CollationVersion::V3);
		let has_room = self.knows(peer) || self.validators.len() < MAX_VALIDATORS_HEARD;
		if !is_spoken || !has_room {
			let why = match is_spoken {
				true => Parting::NoRoom,
				false => Parting::Version,
			};
			for ask in self.forget(peer) {
				out.respond(ask.ticket.ticket, Err(Refusal::NotAllowed));
			}
			effects.push(CollatorEffect::Disconnect { peer, why });
			return;
		}
		let validator = self.validators.entry(peer).or_insert(Validator {
			version: who.version,
			view: View::default(),
			is_declared: false,
		});
		validator.version = who.version;
		self.declare(peer, chain, out);
		self.advertise_all(chain, out);
	}

	/// R-NET-76: to validators only. Said once; without room, at the next leaf.
	fn declare(&mut self, peer: PeerId, chain: &ChainView, out: &mut Out) {
		let Some(validator) = self.validators.get_mut(&peer) else {
			return;
		};
		if validator.is_declared || !chain.is_any_validator(peer) {
			return;
		}
		let declaration = self.config.declaration.clone();
		let message = match validator.version {
			CollationVersion::V3 => CollationMessage::V3(CollatorMessage::Declare(declaration)),
			_ => CollationMessage::V2(CollatorMessage::Declare(declaration)),
		};
		validator.is_declared = out.notify(Recipients::Peer(peer), message);
	}

	/// R-NET-57: who says that less is final than before costs. A view without heads is what some say when they connect.
	fn saw(&mut self, peer: PeerId, view: View, chain: &ChainView, out: &mut Out) {
		let Some(validator) = self.validators.get_mut(&peer) else {
			return;
		};
		if view.finalized_number() < validator.view.finalized_number() {
			return cost(peer, Cost::Major, "view that goes back", out);
		}
		let is_new = view.heads() != validator.view.heads();
		validator.view = view;
		if is_new {
			self.advertise_all(chain, out);
		}
	}

	/// Validators say one thing: that they seconded (R-NET-65).
	fn heard(
		&mut self,
		peer: PeerId,
		message: CollationMessage,
		chain: &ChainView,
		out: &mut Out,
	) -> Option<CollatorEffect> {
		let validator = self.validators.get(&peer)?;
		if validator.version != message.version() {
			cost(peer, Cost::Major, "message of another version", out);
			return None;
		}
		let (scheduling_parent, statement) = match message {
			CollationMessage::V2(CollatorMessage::Seconded {
				scheduling_parent,
				statement,
			})
			| CollationMessage::V3(CollatorMessage::Seconded {
				scheduling_parent,
				statement,
			}) => (scheduling_parent, statement),
			CollationMessage::V1(_)
			| CollationMessage::V2(_)
			| CollationMessage::V3(_)
			| CollationMessage::V4(_) => {
				cost(peer, Cost::Minor, "validator that collates", out);
				return None;
			}
		};
		// What is over is nobody's fault.
		if !chain.is_in_scope(scheduling_parent) {
			return None;
		}
		match self.note_seconded(peer, scheduling_parent, &statement, chain) {
			Some(effect) => effect,
			None => {
				cost(peer, Cost::Minor, "wrong notice of seconding", out);
				None
			}
		}
	}

	/// The candidate that was seconded, if it is news; `None` if it is no statement of this peer about what it was told. Nothing
	/// is hashed or verified: nobody but this collator's log depends on it.
	fn note_seconded(
		&mut self,
		peer: PeerId,
		scheduling_parent: Hash,
		statement: &SignedStatement,
		chain: &ChainView,
	) -> Option<Option<CollatorEffect>> {
		let Statement::Seconded(receipt) = &statement.payload else {
			return None;
		};
		let by = statement.validator_index;
		if !chain.is_validator(scheduling_parent, peer, by) {
			return None;
		}
		let (candidate, offered) = self.collations.iter_mut().find(|(_, offered)| {
			offered.collation.receipt.descriptor == receipt.descriptor && offered.told.contains(&peer)
		})?;
		let is_new = offered.seconded.insert(by);
		Some(is_new.then_some(CollatorEffect::Seconded {
			candidate: *candidate,
			by,
		}))
	}

	fn leaves_changed(
		&mut self,
		now: Instant,
		update: &LeafUpdate,
		chain: &ChainView,
		out: &mut Out,
		effects: &mut Vec<CollatorEffect>,
	) {
		let in_scope = chain.relay_parents();
		self.collations
			.retain(|_, offered| in_scope.contains(&offered.scheduling_parent));
		if update.activated.is_empty() {
			return;
		}
		let new = u64::try_from(update.activated.len()).unwrap_or(u64::MAX);
		self.leaves = self.leaves.saturating_add(new);
		let undeclared: Vec<_> = self
			.validators
			.iter()
			.filter(|(_, known)| !known.is_declared)
			.collect();
		let undeclared: Vec<_> = undeclared.into_iter().map(|(peer, _)| *peer).collect();
		for peer in undeclared {
			self.declare(peer, chain, out);
		}
		effects.push(self.connect(chain));
		if let Some(timer) = self.reconnect.take() {
			out.clear_timer(timer);
		}
		self.reconnect = Some(out.set_timer(now.saturating_add(RECONNECT_AFTER)));
		self.advertise_all(chain, out);
	}

	fn gone(&mut self, peer: PeerId, now: Instant, out: &mut Out) {
		// Nobody is there to be answered.
		let _ = self.forget(peer);
		self.serve_due(now, out);
	}

	/// What a peer asked and has not been answered.
	fn forget(&mut self, peer: PeerId) -> Vec<Ask<PeerId, Question>> {
		self.validators.remove(&peer);
		for offered in self.collations.values_mut() {
			offered.told.remove(&peer);
			offered.served.remove(&peer);
		}
		self.serving.gone(peer)
	}
}

/// What the laws ask beside what everybody may ask.
#[cfg(feature = "laws")]
impl CollatorSide {
	/// Law 3: how many timers it waits for, which is all that it takes for open.
	pub fn timers_of_use(&self) -> usize {
		usize::from(self.wake.is_some()) + usize::from(self.reconnect.is_some())
	}

	/// Law 3: whether anything of a peer is kept.
	pub fn keeps(&self, peer: PeerId) -> bool {
		let mut offered = self.collations.values();
		self.knows(peer) || offered.any(|it| it.told.contains(&peer) || it.served.contains_key(&peer))
	}
}

fn cost(peer: PeerId, cost: Cost, reason: &'static str, out: &mut Out) {
	out.report(peer, Judgement::Cost(cost, reason));
}
