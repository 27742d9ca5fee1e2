//! Validators that misbehave: an honest one whose words somebody picks, and adds to.
//!
//! What is withheld is known by its kind, so that it stays withheld whatever carries it. What is added is signed with the
//! validator's own key: nobody can tell it from what the honest half says but by what it says.

use super::ValidatorMisconduct;
use crate::words::{DevnetWords, Message};
use async_backing_chain_view::ChainEvent;
use async_backing_machine::{Core, Input, Instant, Outbox, Output, Recipients, Refusal};
use async_backing_primitives::{
	CandidateHash, CompactStatement, Hash, SessionIndex, SignedCompactStatement, SigningContext,
	StatementDistributionMessage, StatementFilter,
};
use async_backing_provisioner::Proposal;
use async_backing_relay_client::signing;
use async_backing_validator::Message as NodeMessage;
use async_backing_wire::{Envelope, ValidationMessage, Wire};
use codec::Encode;
use sp_core::sr25519;
use sp_io::hashing::blake2_256;
use std::collections::BTreeMap;

/// Relay blocks whose session is remembered: far more than statements are made at.
const REMEMBERED: usize = 256;

/// A validator that does not do what it should.
#[derive(Debug)]
pub(crate) struct Faulty<C> {
	honest: C,
	misconduct: ValidatorMisconduct,
	liar: Liar,
}

impl<C> Faulty<C> {
	/// An honest validator with this key, and what it does wrong.
	pub(crate) fn new(honest: C, misconduct: ValidatorMisconduct, key: sr25519::Pair) -> Self {
		Self {
			honest,
			misconduct,
			liar: Liar {
				key,
				sessions: BTreeMap::new(),
			},
		}
	}
}

/// Words by which what is said is known to be about statements.
const STATEMENTS: [&str; 3] = ["statement", "manifest", "acknowledgement"];
const BITFIELDS: [&str; 1] = ["bitfield"];
/// The same of what is asked for.
const DATA: [&str; 2] = ["chunk", "available data"];

fn is_about(kind: &str, words: &[&str]) -> bool {
	words.iter().any(|word| kind.contains(word))
}

impl ValidatorMisconduct {
	fn withholds_message(self, kind: &str) -> bool {
		match self {
			Self::WithholdStatements => is_about(kind, &STATEMENTS),
			Self::WithholdBitfields => is_about(kind, &BITFIELDS),
			Self::Mute => true,
			Self::WithholdChunks | Self::VouchForAll | Self::Equivocate | Self::LieInManifests => false,
		}
	}

	fn refuses(self, kind: &str) -> bool {
		match self {
			// What was asked for by who heard of it elsewhere.
			Self::WithholdStatements => is_about(kind, &["candidate", "statement"]),
			Self::WithholdChunks => is_about(kind, &DATA),
			Self::Mute => true,
			Self::WithholdBitfields | Self::VouchForAll | Self::Equivocate | Self::LieInManifests => false,
		}
	}

	/// What it puts into its own blocks, if it builds any.
	fn proposes(self, mut proposal: Proposal) -> Option<Proposal> {
		match self {
			Self::Mute => return None,
			Self::WithholdBitfields => proposal.bitfields.clear(),
			_ => {}
		}
		Some(proposal)
	}
}

/// Says what is not so, in the validator's name.
struct Liar {
	key: sr25519::Pair,
	/// Of the newest relay blocks, which session signatures at them are bound to.
	sessions: BTreeMap<Hash, (u32, SessionIndex)>,
}

impl std::fmt::Debug for Liar {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Liar").finish_non_exhaustive()
	}
}

impl Liar {
	fn hears(&mut self, event: &ChainEvent) {
		let ChainEvent::Imported { facts, .. } = event else {
			return;
		};
		let (number, session) = (facts.block.number, facts.session_index);
		self.sessions.insert(facts.block.hash, (number, session));
		if self.sessions.len() > REMEMBERED {
			let oldest = number.saturating_sub(REMEMBERED as u32 / 2);
			self.sessions.retain(|_, (number, _)| *number >= oldest);
		}
	}

	/// The same by the same author, about something else. `None` if it is not the own one, or its session is not known.
	fn instead(
		&self,
		at: Hash,
		signed: &SignedCompactStatement,
		statement: CompactStatement,
	) -> Option<SignedCompactStatement> {
		let (_, session_index) = *self.sessions.get(&at)?;
		let context = SigningContext {
			session_index,
			parent_hash: at,
		};
		let sign = |statement: &CompactStatement| {
			signing::sign(&self.key, &statement.signing_payload(&context)).into()
		};
		// Equal words have equal signatures.
		let is_own = signed.signature == sign(&signed.statement);
		is_own.then(|| SignedCompactStatement {
			signature: sign(&statement),
			statement,
			validator_index: signed.validator_index,
		})
	}

	/// What goes along with an own seconding statement: one about a candidate that is not there, and that the own one is valid,
	/// which is said already by seconding it (R-TAB-2).
	fn beside(&self, message: &Message) -> Vec<Message> {
		let Some(ValidationMessage::Statement(StatementDistributionMessage::Statement(at, signed))) =
			read(message)
		else {
			return Vec::new();
		};
		let CompactStatement::Seconded(candidate) = signed.statement else {
			return Vec::new();
		};
		let ghost = CandidateHash(blake2_256(candidate.0.as_bytes()).into());
		let others = [
			CompactStatement::Seconded(ghost),
			CompactStatement::Valid(candidate),
		];
		others
			.into_iter()
			.filter_map(|other| self.instead(at, &signed, other))
			.map(|other| write(StatementDistributionMessage::Statement(at, other)))
			.collect()
	}
}

/// What validators say to each other, if it is that.
fn read(message: &Message) -> Option<ValidationMessage> {
	let Message::Node(NodeMessage::Validation(bytes)) = message else {
		return None;
	};
	match Envelope::from_wire(bytes) {
		Ok(Envelope::Message(message)) => Some(message),
		_ => None,
	}
}

fn write(message: StatementDistributionMessage) -> Message {
	let bytes = Envelope::Message(ValidationMessage::Statement(message)).encode();
	Message::Node(NodeMessage::Validation(bytes))
}

/// The same, but that all of the group vouch for the candidate both ways, if it is a manifest or an acknowledgement.
fn exaggerated(message: Message) -> Message {
	let all = |knowledge: &StatementFilter| StatementFilter::full(knowledge.seconded_in_group.len());
	match read(&message) {
		Some(ValidationMessage::Statement(StatementDistributionMessage::BackedCandidateManifest(
			mut manifest,
		))) => {
			manifest.statement_knowledge = all(&manifest.statement_knowledge);
			write(StatementDistributionMessage::BackedCandidateManifest(manifest))
		}
		Some(ValidationMessage::Statement(StatementDistributionMessage::BackedCandidateKnown(mut known))) => {
			known.statement_knowledge = all(&known.statement_knowledge);
			write(StatementDistributionMessage::BackedCandidateKnown(known))
		}
		_ => message,
	}
}

impl<C: Core<Words = DevnetWords>> Core for Faulty<C> {
	type Words = DevnetWords;

	fn handle(&mut self, now: Instant, input: Input<DevnetWords>, out: &mut Outbox<DevnetWords>) {
		let Self {
			honest,
			misconduct,
			liar,
		} = self;
		match &input {
			Input::Request(_, ticket, request) if misconduct.refuses(request.kind()) => {
				return out.respond(*ticket, Err(Refusal::Unknown));
			}
			Input::Chain(event) => liar.hears(event),
			_ => {}
		}
		let mut beside: Vec<(Recipients, Message)> = Vec::new();
		out.part(
			|part: &mut Outbox<DevnetWords>| honest.handle(now, input, part),
			|output| match output {
				Output::Notify(_, message) if misconduct.withholds_message(message.kind()) => None,
				Output::Notify(to, message) if *misconduct == ValidatorMisconduct::LieInManifests => {
					Some(Output::Notify(to, exaggerated(message)))
				}
				Output::Notify(to, message) if *misconduct == ValidatorMisconduct::Equivocate => {
					let more = liar.beside(&message).into_iter();
					beside.extend(more.map(|message| (to.clone(), message)));
					Some(Output::Notify(to, message))
				}
				Output::Proposal(id, proposal) => {
					let proposal = misconduct.proposes(proposal)?;
					Some(Output::Proposal(id, proposal))
				}
				output => Some(output),
			},
		);
		for (to, message) in beside {
			out.notify(to, message);
		}
	}
}
