//! The composition: inputs go to the parts, and what parts must tell each other goes between them.
//!
//! Invariants:
//! - a part hears of what it asked for, and no other does;
//! - the chain's view hears of a block first, then the trees, then backing and statement distribution, then all others; of a
//!   leaf's end backing hears before the trees forget it (R-IMP-2);
//! - what parts must hear of each other they hear before the next input;
//! - who is cut is not listened to, by any part;
//! - no input makes a validator panic, whoever sent it.

mod effects;
mod inputs;
mod leaves;
mod parts;
mod recovering;

pub use recovering::{NotRecovered, WantedData};

use crate::{
	bitfields::Bitfields, codes::Codes, desk::Desk, proposing::propose, view::LeafView, NodeEvent, NodeWords,
};
use async_backing_availability::{Availability, AvailabilityConfig, Recoverer};
use async_backing_backing::{Backing, BackingConfig};
use async_backing_chain_view::{ChainView, Early, EarlyLimits, Limits};
use async_backing_collator_protocol::{ValidatorSide, ValidatorSideConfig};
use async_backing_machine::{Core, Input, Instant, Outbox, PeerId};
use async_backing_primitives::{StatementDistributionMessage, ValidatorId};
use async_backing_prospective_parachains::{View, ViewConfig};
use async_backing_statement_distribution::{DistributionConfig, StatementDistribution};
use effects::Effects;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

type Out = Outbox<NodeWords>;

/// What a validator is made from.
#[derive(Clone, Debug)]
pub struct ValidatorConfig {
	/// Its parachain key. Who holds the other half signs, in jobs ([`Signer`](crate::work::Signer)).
	pub key: ValidatorId,
	/// How long after a leaf's activation it makes its bitfield (R-AVL-8).
	pub bitfield_after: Duration,
	/// What draws those who hear bitfields besides the grid's neighbours (R-NET-104). A live node draws it.
	pub gossip_seed: u64,
	/// How long backing waits for what. How it shares is not asked: statement distribution does.
	pub backing: BackingConfig,
	/// How long statement distribution waits for what, and how much it gives.
	pub statements: DistributionConfig,
	/// How much trees take, and whether they keep forks.
	pub view: ViewConfig,
	/// What is kept for others, and what is given to them.
	pub availability: AvailabilityConfig,
	/// What collators may offer.
	pub collators: ValidatorSideConfig,
	/// How long the preparation of a validation code may take before it is left (R-BAK-11).
	pub preparation: Duration,
	/// How much is remembered of the chain and of peers.
	pub limits: Limits,
}

impl ValidatorConfig {
	/// With the network's values, and a seed that follows from the key. Bitfields are made after 1.5 s (R-AVL-8), and codes
	/// prepared within 60 s.
	pub fn new(key: ValidatorId) -> Self {
		let mut seed = [0; 8];
		let bytes: &[u8] = key.as_ref();
		for (to, from) in seed.iter_mut().zip(bytes) {
			*to = *from;
		}
		Self {
			key,
			bitfield_after: Duration::from_millis(1500),
			gossip_seed: u64::from_le_bytes(seed),
			backing: BackingConfig::default(),
			statements: DistributionConfig::default(),
			view: ViewConfig::default(),
			availability: AvailabilityConfig::default(),
			collators: ValidatorSideConfig::default(),
			preparation: Duration::from_secs(60),
			limits: Limits::default(),
		}
	}
}

/// One validator: a deterministic state machine without I/O.
#[derive(Debug)]
pub struct Validator {
	pub(crate) chain: ChainView,
	pub(crate) view: LeafView,
	pub(crate) backing: Backing,
	pub(crate) statements: StatementDistribution,
	pub(crate) availability: Availability,
	/// Of what somebody here needs whole.
	pub(crate) recoverer: Recoverer,
	pub(crate) collations: ValidatorSide,
	pub(crate) bitfields: Bitfields,
	pub(crate) codes: Codes,
	/// Statements and manifests that came before their relay parent.
	pub(crate) early: Early<StatementDistributionMessage>,
	/// Who has a stream of the validation protocol: who proved to have keys.
	pub(crate) colleagues: BTreeSet<PeerId>,
	pub(crate) desk: Desk,
}

impl Validator {
	/// A validator that knows no block yet. After a crash give it [`Input::Restored`] first, and then the blocks that are
	/// leaves.
	pub fn new(config: ValidatorConfig) -> Self {
		let ValidatorConfig {
			key,
			bitfield_after,
			gossip_seed,
			backing,
			statements,
			view,
			availability,
			collators,
			preparation,
			limits,
		} = config;
		Self {
			chain: ChainView::new(Some(key), limits),
			view: LeafView::new(view),
			backing: Backing::new(backing),
			statements: StatementDistribution::new(statements),
			availability: Availability::new(availability),
			recoverer: Recoverer::default(),
			collations: ValidatorSide::new(collators),
			bitfields: Bitfields::new(bitfield_after, gossip_seed),
			codes: Codes::new(preparation),
			early: Early::new(EarlyLimits::validators()),
			colleagues: BTreeSet::new(),
			desk: Desk::default(),
		}
	}

	/// What this validator thinks the relay chain may accept next, for looking at it.
	pub fn view(&self) -> &View {
		self.view.view()
	}

	/// What it knows of the relay chain and of peers, for looking at it.
	pub fn chain(&self) -> &ChainView {
		&self.chain
	}

	/// How often what was reported of peers, by reason.
	pub fn reports(&self) -> &BTreeMap<&'static str, u64> {
		self.desk.ledger.reports()
	}

	/// Statements that wait for their relay parent.
	#[cfg(test)]
	pub(crate) fn early_len(&self) -> usize {
		self.early.len()
	}

	/// Requests, jobs, batches and timers that are open.
	pub fn open(&self) -> usize {
		self.desk.routes.len()
	}
}

impl Core for Validator {
	type Words = NodeWords;

	fn handle(&mut self, now: Instant, input: Input<NodeWords>, out: &mut Out) {
		let mut effects = Effects::default();
		match input {
			Input::Chain(NodeEvent::Chain(event)) => self.chain_event(now, event, out, &mut effects),
			Input::Chain(NodeEvent::Recover(wanted)) => self.recover(now, &wanted, out, &mut effects),
			Input::Chain(NodeEvent::ForgetRecovery(candidate)) => {
				self.forget_recovery(now, candidate, out, &mut effects);
			}
			Input::Peer(peer, event) => self.peer_event(now, peer, event, out, &mut effects),
			Input::Request(peer, ticket, request) => {
				self.asked(now, peer, ticket, request, out, &mut effects);
			}
			Input::Response(id, answer) => self.answered(now, id, answer, out, &mut effects),
			Input::Done(id, done) => self.done(now, id, done, out, &mut effects),
			Input::Stored(id) => self.stored(now, id, out, &mut effects),
			Input::Timer(id) => self.timer(now, id, out, &mut effects),
			Input::Propose(id, proposing, deadline) => {
				// After the deadline the author has proposed something of its own.
				let proposal = match now <= deadline {
					true => propose(&self.chain, &self.view, &self.backing, &self.bitfields, proposing),
					false => Default::default(),
				};
				out.propose(id, proposal);
			}
			Input::Restored(snapshot) => self.restored(now, snapshot, out, &mut effects),
		}
		self.settle(now, out, effects);
	}
}
