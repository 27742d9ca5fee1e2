//! What the validator's side is made from, asked with, and what it tells.

use crate::Gate;
use async_backing_chain_view::ChainView;
use async_backing_machine::{Instant, PeerId};
use async_backing_primitives::{CandidateHash, CandidateReceipt, HeadData, HeadHash, PoV, Slot};
use async_backing_wire::SignedStatement;
use std::{sync::Arc, time::Duration};

/// How instants and slots go together, for the rule about version 3 descriptors (R-NET-84).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotClock {
	/// A moment at which a slot began.
	pub at: Instant,
	/// That slot.
	pub slot: Slot,
	/// How long slots are.
	pub duration: Duration,
}

impl SlotClock {
	/// The slot that runs at a moment; that of `at` for all that are before.
	pub fn slot_at(&self, now: Instant) -> Slot {
		let passed = now.saturating_sub(self.at).as_millis();
		let slots = passed.checked_div(self.duration.as_millis()).unwrap_or(0);
		self.slot.saturating_add(u64::try_from(slots).unwrap_or(u64::MAX))
	}
}

/// What a [`ValidatorSide`](crate::ValidatorSide) is made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValidatorSideConfig {
	/// Whether the chain takes version 3 descriptors.
	pub v3_enabled: bool,
	/// Without one, the slot now is taken to be that of a leaf or the next.
	pub slots: Option<SlotClock>,
}

/// The neighbours as they are asked: nobody changes while collators are heard.
#[derive(Clone, Copy)]
pub struct Around<'a> {
	/// The time.
	pub now: Instant,
	/// The chain.
	pub chain: &'a ChainView,
	/// Backing.
	pub gate: &'a dyn Gate,
}

impl std::fmt::Debug for Around<'_> {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Around")
			.field("now", &self.now)
			.finish_non_exhaustive()
	}
}

/// A candidate that a collator handed over, and that is all that was said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedCollation {
	/// Its identity.
	pub candidate: CandidateHash,
	/// The candidate.
	pub receipt: CandidateReceipt,
	/// Its proof of validity: it hashes to what the descriptor says.
	pub pov: Arc<PoV>,
	/// Hash of the head data that it builds on, as advertised.
	pub parent_head: HeadHash,
	/// The head data themselves, if they came along: they have this hash.
	pub parent_head_data: Option<Arc<HeadData>>,
}

/// What the neighbours must hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValidatorEffect {
	/// A collation for backing. How it ended is to be told with [`ValidatorSide::ended`](crate::ValidatorSide::ended), within
	/// [`IN_HAND`](crate::IN_HAND).
	Fetched {
		/// The collator.
		from: PeerId,
		/// What it handed over.
		collation: Box<FetchedCollation>,
	},
	/// The driver shall end a connection. Nothing of the peer is kept, and nothing more is listened to.
	Disconnect {
		/// Whose.
		peer: PeerId,
		/// Why.
		why: Parting,
	},
}

/// Why a peer is let go. That is no judgement: what it cost, if anything, was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
	/// It did not declare in time (R-NET-82).
	NotDeclared,
	/// It advertised nothing for too long (R-NET-82).
	Idle,
	/// Its para has no claim on an own core (R-NET-81, R-NET-83).
	NotServed,
	/// There are as many as are listened to, or this one gave way to another.
	NoRoom,
	/// It speaks a version that says too little, or one that is not spoken here (R-NET-59).
	Version,
}

/// How a candidate ended that was fetched.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
	/// This validator seconded it, with this statement, of which its collator is told (R-NET-80).
	Seconded(Option<Box<SignedStatement>>),
	/// This validator confirmed it.
	Confirmed,
	/// Its collator's fault: malice (R-NET-88).
	Invalid,
	/// Its collator's fault, and whoever found out has reported it.
	Failed,
	/// Nobody's fault, and it may have its turn again.
	Postponed,
	/// Nobody's fault. It is executed again only if somebody else seconds it.
	Dropped,
}

/// Law 3: the most bytes that a [`ValidatorSide`](crate::ValidatorSide) holds, without proofs of validity in hand, with so many
/// relay parents in the scopes of all leaves, and so many claims on a core.
///
/// A peer has for each relay parent one candidate more than there are claims, as heard and as waiting; what is under way is
/// [`MAX_BESIDE`](crate::MAX_BESIDE) fetches for each claim of each relay parent, twice; and what comes early is bounded by
/// [`EarlyLimits::strangers`](async_backing_chain_view::EarlyLimits::strangers). Of proofs of validity there is one for each
/// claim and purpose, each as large as the chain has room for.
pub const fn memory_bound(peers: usize, relay_parents: usize, claims: usize) -> usize {
	const PEER: usize = 2048;
	const RELAY_PARENT: usize = 1024;
	const ADVERTISED: usize = 1024;
	const UNDER_WAY: usize = 2048;
	const EARLY: usize = 512 * 1024;
	let of_relay_parent = RELAY_PARENT.saturating_add(claims.saturating_add(1).saturating_mul(ADVERTISED));
	let of_peer = PEER.saturating_add(relay_parents.saturating_mul(of_relay_parent));
	let under_way = relay_parents
		.saturating_mul(claims)
		.saturating_mul(2 * super::MAX_BESIDE * UNDER_WAY);
	peers
		.saturating_mul(of_peer)
		.saturating_add(under_way)
		.saturating_add(EARLY)
}
