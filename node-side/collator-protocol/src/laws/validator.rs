//! A small core around the validator's side, which owns the context.

use crate::{
	town::{self, *},
	Around, CheckCollation, CollatorPeer, Demand, Gate, Hashes, Offer, Outcome, ValidatorEffect,
	ValidatorSide, ValidatorSideConfig, ValidatorSideWords, Verdict,
};
use async_backing_chain_view::{ChainEvent, ChainView, Limits};
use async_backing_fragment_tree::SharedValidationData;
use async_backing_machine::{Core, Input, Instant, Never, Outbox, Part, PeerEvent, Said, Words};
use async_backing_primitives::{CandidateHash, Hash, HeadData, HeadHash, ParaId, Statement, UncheckedSigned};
use async_backing_wire::{CollationMessage, CollationRequestV2, CollationResponse, View};
use std::{collections::BTreeMap, sync::Arc};

/// The words of a [`ValidatorNode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidatorNodeWords;

impl Words for ValidatorNodeWords {
	type Chain = Happening;
	type Identity = CollatorPeer;
	type View = View;
	type Message = CollationMessage;
	type Request = CollationRequestV2;
	type Response = CollationResponse;
	type Job = CheckCollation;
	type Done = Hashes;
	type Proposing = Never;
	type Proposal = Never;
	type Event = ValidatorEffect;
}

impl Part<ValidatorNodeWords> for ValidatorSideWords {
	fn message(message: CollationMessage) -> CollationMessage {
		message
	}
	fn request(request: CollationRequestV2) -> CollationRequestV2 {
		request
	}
	fn response(response: CollationResponse) -> CollationResponse {
		response
	}
	fn job(job: CheckCollation) -> CheckCollation {
		job
	}
}

/// What happens beside peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
	/// The block of this number is imported.
	Block(u32),
	/// The block of this number is final.
	Final(u32),
	/// Backing ends with the oldest collation that it was handed.
	Ended(Deed),
	/// Something of a para was seconded.
	Grew(ParaId),
	/// Backing thinks otherwise of what is advertised from now on.
	Mood(u8),
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
	/// It is seconded.
	Seconded,
	/// It is invalid.
	Invalid,
	/// Nobody's fault, later.
	Postponed,
	/// Nobody's fault.
	Dropped,
	/// Backing says nothing of it.
	Nothing,
}

/// Backing in some mood: what it thinks of a candidate follows from its hash.
#[derive(Clone, Copy, Debug, Default)]
struct Backing {
	mood: u8,
}

impl Gate for Backing {
	fn judge(&self, offer: &Offer) -> Verdict {
		match offer.candidate.0 .0[0].wrapping_add(self.mood) % 16 {
			0 => Verdict::Wait,
			1 => Verdict::Taken,
			2 => Verdict::Useless,
			3..=5 => Verdict::FetchUnconnected,
			_ => Verdict::Fetch,
		}
	}

	fn demand(&self, candidate: CandidateHash) -> Option<Demand> {
		match candidate.0 .0[1].wrapping_add(self.mood) % 16 {
			0 => Some(Demand::Now),
			1 => Some(Demand::Later),
			2 => Some(Demand::Never),
			_ => None,
		}
	}

	fn validation_data(
		&self,
		_: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
		sent: Option<&Arc<HeadData>>,
	) -> Option<SharedValidationData> {
		let is_known = sent.is_some() || !parent_head.0 .0[0].wrapping_add(self.mood).is_multiple_of(8);
		is_known
			.then(|| known_validation_data(relay_parent, parent_head, sent))
			.flatten()
	}
}

/// A validator's side with all that it needs.
#[derive(Debug)]
pub struct ValidatorNode {
	pub(super) side: ValidatorSide,
	pub(super) chain: ChainView,
	backing: Backing,
	/// What backing was handed and has not ended, oldest first. Bounded, as its memory is backing's.
	handed: Vec<CandidateHash>,
	/// Candidates that were handed over with the last input.
	pub(super) fetched: usize,
}

/// What backing has in hand at most.
const MOST_HANDED: usize = 64;

impl Default for ValidatorNode {
	fn default() -> Self {
		Self {
			side: ValidatorSide::new(ValidatorSideConfig::default()),
			chain: ChainView::new(
				Some(public(0)),
				Limits {
					leaves: 3,
					..Limits::default()
				},
			),
			backing: Backing::default(),
			handed: Vec::new(),
			fetched: 0,
		}
	}
}

impl ValidatorNode {
	/// The side with its context.
	pub(super) fn ask<R>(&self, now: Instant, ask: impl FnOnce(&ValidatorSide, Around<'_>) -> R) -> R {
		let around = Around {
			now,
			chain: &self.chain,
			gate: &self.backing,
		};
		ask(&self.side, around)
	}

	fn run(
		&mut self,
		now: Instant,
		out: &mut Outbox<ValidatorNodeWords>,
		run: impl FnOnce(&mut ValidatorSide, Around<'_>, &mut Outbox<ValidatorSideWords>) -> Vec<ValidatorEffect>,
	) {
		let around = Around {
			now,
			chain: &self.chain,
			gate: &self.backing,
		};
		let side = &mut self.side;
		let effects = out.part(
			|part| run(side, around, part),
			|output| match <ValidatorSideWords as Part<ValidatorNodeWords>>::output(output) {
				Ok(output) => Some(output),
				Err(Said::Event(never)) => match never {},
				Err(Said::Proposal(never)) => match never {},
			},
		);
		for effect in effects {
			if let ValidatorEffect::Fetched { collation, .. } = &effect {
				self.fetched += 1;
				self.handed.push(collation.candidate);
				if self.handed.len() > MOST_HANDED {
					self.handed.remove(0);
				}
			}
			out.event(effect);
		}
	}

	fn happen(&mut self, now: Instant, happening: Happening, out: &mut Outbox<ValidatorNodeWords>) {
		let event = match happening {
			Happening::Block(block) => ChainEvent::Imported {
				facts: Arc::new(facts(block)),
				fresh: true,
			},
			Happening::Final(block) => ChainEvent::Finalized {
				hash: town::hash(block),
				number: block,
			},
			Happening::Ended(deed) => return self.end(now, deed, out),
			Happening::Grew(para) => {
				return self.run(now, out, |side, around, part| {
					side.path_grew(para, around, part);
					Vec::new()
				});
			}
			Happening::Mood(mood) => {
				self.backing.mood = mood;
				// It tells when that changes anything.
				for para in [PARA, OTHER, THIRD] {
					self.happen(now, Happening::Grew(para), out);
				}
				return;
			}
		};
		let update = self.chain.handle(event);
		self.run(now, out, |side, around, part| {
			side.handle(Input::Chain(update), around, part)
		});
	}

	fn end(&mut self, now: Instant, deed: Deed, out: &mut Outbox<ValidatorNodeWords>) {
		if self.handed.is_empty() {
			return;
		}
		let candidate = self.handed.remove(0);
		let outcome = match deed {
			Deed::Seconded => Outcome::Seconded(Some(Box::new(UncheckedSigned {
				payload: Statement::Valid(candidate),
				validator_index: Default::default(),
				signature: sp_core::sr25519::Signature::default().into(),
			}))),
			Deed::Invalid => Outcome::Invalid,
			Deed::Postponed => Outcome::Postponed,
			Deed::Dropped => Outcome::Dropped,
			Deed::Nothing => return,
		};
		self.run(now, out, |side, around, part| {
			side.ended(candidate, outcome, around, part);
			Vec::new()
		});
	}
}

impl Core for ValidatorNode {
	type Words = ValidatorNodeWords;

	fn handle(
		&mut self,
		now: Instant,
		input: Input<ValidatorNodeWords>,
		out: &mut Outbox<ValidatorNodeWords>,
	) {
		self.fetched = 0;
		let input = match input {
			Input::Chain(happening) => return self.happen(now, happening, out),
			Input::Peer(peer, event) => Input::Peer(
				peer,
				match event {
					PeerEvent::Connected(who) => PeerEvent::Connected(who),
					PeerEvent::View(view) => PeerEvent::View(view),
					PeerEvent::Message(message) => PeerEvent::Message(message),
					PeerEvent::Disconnected => PeerEvent::Disconnected,
				},
			),
			Input::Request(peer, ticket, request) => Input::Request(peer, ticket, request),
			Input::Response(id, answer) => Input::Response(id, answer),
			Input::Done(id, done) => Input::Done(id, done),
			Input::Stored(id) => Input::Stored(id),
			Input::Timer(id) => Input::Timer(id),
			Input::Propose(_, never, _) => match never {},
			Input::Restored(snapshot) => Input::Restored(snapshot),
		};
		self.run(now, out, |side, around, part| side.handle(input, around, part));
	}
}

/// Who has spoken so far, as the core sees it.
pub(super) type Seen = BTreeMap<async_backing_machine::PeerId, Option<ParaId>>;
