//! What the part hears and says.

use crate::{job, Misdeed};
use async_backing_fragment_tree::Candidate;
use async_backing_machine::{Never, PeerId, Words};
use async_backing_primitives::{
	CandidateHash, CommittedCandidateReceipt, GroupIndex, Hash, HeadHash, ParaId, PersistedValidationData,
	SignedCompactStatement, StatementDistributionMessage,
};
use async_backing_wire::{AttestedCandidateRequest, AttestedCandidateResponse, Protocol, View};
use codec::Encode;
use std::{sync::Arc, time::Duration};

/// The words of [`StatementDistribution`](crate::StatementDistribution).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistributionWords;

impl Words for DistributionWords {
	/// Leaves come and go by methods, because their order with the other parts matters.
	type Chain = Never;
	/// Who a peer is, the chain view knows.
	type Identity = ();
	type View = View;
	type Message = StatementDistributionMessage;
	type Request = AttestedCandidateRequest;
	type Response = Attested;
	type Job = job::Job;
	type Done = job::Done;
	type Proposing = Never;
	type Proposal = Never;
	type Event = Event;
}

/// A candidate with statements, as it is sent (R-NET-97). Its encoding is that of [`AttestedCandidateResponse`]; here the
/// candidate is shared, because an announced code makes it megabytes (law 1).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Attested {
	/// The candidate.
	pub receipt: Arc<CommittedCandidateReceipt>,
	/// Its validation data.
	pub validation_data: Arc<PersistedValidationData>,
	/// Statements about it.
	pub statements: Vec<SignedCompactStatement>,
}

impl From<AttestedCandidateResponse> for Attested {
	fn from(response: AttestedCandidateResponse) -> Self {
		Self {
			receipt: Arc::new(response.candidate),
			validation_data: Arc::new(response.validation_data),
			statements: response.statements,
		}
	}
}

/// Bytes of a statement in a message: what is said, who says it, the signature (R-NET-97).
pub(crate) const STATEMENT_BYTES: usize = 37 + 4 + 64;

impl Attested {
	/// Bytes of its encoding, up to a few for lengths. Cost: linear in the messages of the candidate and the statements.
	pub fn bytes(&self) -> usize {
		let statements = self.statements.len().saturating_mul(STATEMENT_BYTES);
		Candidate::bytes_of(&self.receipt, &self.validation_data).saturating_add(statements)
	}
}

/// What the neighbours in the same validator must hear.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
	/// A message is about a relay block of which nothing is known here, perhaps not yet: keep it for a while
	/// ([`Early`](async_backing_chain_view::Early)), and hand it in again when the block comes into scope.
	Early {
		/// Who sent it.
		peer: PeerId,
		/// The block.
		scheduling_parent: Hash,
		/// The message.
		message: StatementDistributionMessage,
	},
	/// A candidate is known in full now: hashed, checked in itself, and a member of its group signed for it. What the
	/// group states about it follows when it has a place at a leaf (R-SD-15).
	Confirmed {
		/// Its scheduling parent.
		scheduling_parent: Hash,
		/// The group that backs it.
		group: GroupIndex,
		/// The candidate.
		candidate: Arc<Candidate>,
	},
	/// A statement for backing: its signature is verified, it is the first of its kind, and Seconded ones come before the
	/// others.
	Statement {
		/// The candidate's scheduling parent.
		scheduling_parent: Hash,
		/// The statement.
		statement: SignedCompactStatement,
		/// The candidate.
		candidate: Arc<Candidate>,
	},
}

/// What an observer may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
	/// Something of a peer was refused.
	Refused {
		/// Who sent it.
		peer: PeerId,
		/// Why.
		misdeed: Misdeed,
	},
	/// A backable candidate was announced or acknowledged to so many peers.
	Announced {
		/// The candidate.
		candidate: CandidateHash,
		/// How many.
		peers: usize,
	},
}

/// How long things take and how much is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistributionConfig {
	/// For an attested candidate, before another one is asked (R-SD-12, R-NET-24).
	pub request_timeout: Duration,
	/// Pause after a failed request, before the candidate is asked for again (R-SD-12).
	pub retry: Duration,
	/// For a batch of signature checks, and for an attested candidate to be checked.
	pub check: Duration,
	/// Bytes of attested candidates that are sent each second, in the long run (R-NET-26).
	pub serve_bytes_per_second: u64,
	/// The same, at once.
	pub serve_burst: u64,
}

impl Default for DistributionConfig {
	/// 2.5 s, 1 s and 2 s; seven tenths of 50 MiB/s, and five of the largest responses at once (R-NET-26).
	fn default() -> Self {
		Self {
			request_timeout: Protocol::AttestedCandidate.timeout(),
			retry: Duration::from_secs(1),
			check: Duration::from_secs(2),
			serve_bytes_per_second: 35 * 1024 * 1024,
			serve_burst: 40 * 1024 * 1024,
		}
	}
}

/// A candidate of which somebody asks whether it may be a member of a fragment tree.
#[derive(Clone, Copy, Debug)]
pub enum Possible<'a> {
	/// All of it is known.
	Confirmed(&'a Candidate),
	/// This is what a manifest says of it.
	Claimed {
		/// Its identity.
		candidate: CandidateHash,
		/// Its para.
		para: ParaId,
		/// Hash of the head data on which it builds.
		parent_head: HeadHash,
		/// Its scheduling parent.
		scheduling_parent: Hash,
	},
}

/// Where a candidate could stand (R-SD-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
	/// At an active leaf, in the tree or attached to it.
	Placed,
	/// At none as far as is known, but its parent may come: it may wait in the view, within its bounds (R-TRE-14).
	Unconnected,
	/// Nowhere.
	Nowhere,
}

/// The port to the fragment trees.
pub trait Frontier {
	/// Where a candidate could stand at the active leaves.
	fn standing(&self, candidate: Possible<'_>) -> Standing;
}

impl<F: Fn(Possible<'_>) -> Standing> Frontier for F {
	fn standing(&self, candidate: Possible<'_>) -> Standing {
		self(candidate)
	}
}
