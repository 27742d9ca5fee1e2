//! The world of a validator, for the laws (feature `laws`).

mod chain;
mod collators;
mod judge;
mod world;

use crate::{
	work::{self, Ballots, Execution, ExecutionFailure, Executor, Signer},
	CodeJob, Done, Job, Message, NodePeer, NodeWords, Proposing, Request, Response, Validator,
	ValidatorConfig,
};
use async_backing_availability::{memory_bound_for, AvailabilityConfig};
use async_backing_backing::MAX_WAITING_PER_PEER;
use async_backing_chain_view::{ChainEvent, EarlyLimits, Identity, Limits};
use async_backing_collator_protocol::memory_bound;
use async_backing_machine::{
	laws::{Act, Breach, Choices, Intent, Law, Open, Penalty, Promise, Reply, Stimulus, World},
	Input, JobId, Output, PeerEvent, PeerId, RequestId, Ticket,
};
use async_backing_primitives::{
	meter, AvailabilityBitfield, CandidateHash, CompactStatement, Hash, PersistedValidationData, PoV,
	PvfCheckStatement, UncheckedSigned, ValidationCodeHash, ValidationResult, ValidatorId, ValidatorIndex,
	ValidatorSignature,
};
use async_backing_wire::{CollationResponse, CollationVersion};
use chain::{key, sign, Block, Chain, Sample, KEYS, REMEMBERED};
use codec::{DecodeAll, Encode};
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
	time::Duration,
};

/// Peers at a time.
const MOST_PEERS: usize = 24;
/// Bytes of chunks and data that the validator keeps.
const KEPT: usize = 1 << 20;
/// Leaves at a time.
const LEAVES: usize = 4;
/// Bytes that are hashed while an input is handled.
const LIGHT: usize = 1024;
/// What the chain view, promises, bitfields and statements take at rest.
const REST: usize = 512 * 1024;
/// What promises about codes are named by.
const VOTE: [u8; 4] = *b"vote";

/// A relay chain that forks, is reverted and changes its session; validators, honest and not; collators and strangers.
#[derive(Debug)]
pub struct Town {
	chain: Chain,
	/// What the core has not heard of the chain since it started.
	untold: VecDeque<ChainEvent>,
	/// Who has an open stream of the collation protocol, as the validator sees it: whether it has declared.
	streams: BTreeMap<PeerId, bool>,
	cut: BTreeSet<PeerId>,
	/// The last input.
	last: Last,
	/// Bitfields that were sent by whom they name, and by others alone.
	rightful: BTreeSet<SentBitfield>,
	usurped: BTreeSet<SentBitfield>,
	/// What a job was found to be wrong for.
	wrong: Option<Breach>,
	port: Port,
}

/// Leaf, validator and signature.
type SentBitfield = (Hash, ValidatorIndex, Vec<u8>);

/// What is to be known of the last input when it was handled.
#[derive(Debug, Default)]
struct Last {
	/// A peer said something.
	peer: Option<PeerId>,
	/// Somebody asked to whom nobody listens any more.
	asked_in_vain: Option<Ticket>,
	/// The chain did something.
	is_chain: bool,
	/// A proposal is wanted on this leaf.
	proposes_on: Option<Hash>,
}

/// Executes candidates that the town made, and signs with the keys of all.
#[derive(Clone, Debug, Default)]
struct Port {
	results: BTreeMap<CandidateHash, ValidationResult>,
	prepared: u32,
}

impl Executor for Port {
	/// Another time it comes to something else, as no code does: what was said once must be said again all the same.
	fn prepare(&mut self, _: ValidationCodeHash, _: Hash) -> Result<(), ExecutionFailure> {
		self.prepared = self.prepared.wrapping_add(1);
		match self.prepared % 3 {
			0 => Err("this time it is wrong".into()),
			_ => Ok(()),
		}
	}

	fn execute(
		&mut self,
		candidate: CandidateHash,
		_: ValidationCodeHash,
		_: &PersistedValidationData,
		_: &PoV,
	) -> Execution {
		let unknown = || "nobody built it".into();
		Execution {
			outcome: self.results.get(&candidate).cloned().ok_or_else(unknown),
			fuel: 1,
		}
	}
}

/// Votes go nowhere: the world looks at what is asked for.
struct NoBox;

impl Ballots for NoBox {
	fn submit(&mut self, _: Hash, _: PvfCheckStatement, _: ValidatorSignature) -> Result<(), String> {
		Ok(())
	}
}

impl Signer for Port {
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature> {
		(0..KEYS)
			.find(|index| key(*index) == *validator)
			.map(|index| sign(index, payload))
	}
}

impl Town {
	/// A town with its first block.
	pub fn new(_: &mut Choices<'_>) -> Self {
		let mut town = Self {
			chain: Chain::default(),
			untold: VecDeque::new(),
			streams: BTreeMap::new(),
			cut: BTreeSet::new(),
			last: Last::default(),
			rightful: BTreeSet::new(),
			usurped: BTreeSet::new(),
			wrong: None,
			port: Port::default(),
		};
		town.grow(0, false);
		town
	}

	/// A block on one of the newest, and what can be built on it.
	fn grow(&mut self, back: usize, ends_session: bool) {
		let block = self.chain.grow(back, ends_session);
		for sample in &block.samples {
			self.port.results.insert(sample.hash(), sample.result.clone());
		}
		let facts = block.facts.clone();
		self.untold.push_back(ChainEvent::Imported { facts, fresh: true });
		let known: BTreeSet<_> = self.chain.samples().map(Sample::hash).collect();
		self.port.results.retain(|candidate, _| known.contains(candidate));
	}

	fn block(&self, choices: &mut Choices<'_>) -> Block {
		let back = choices.index(3);
		self.chain.block(back).clone()
	}

	fn sample(&self, choices: &mut Choices<'_>) -> Sample {
		let block = self.block(choices);
		let sample = choices.pick(&block.samples).cloned();
		sample.unwrap_or_else(|| self.chain.block(0).samples[0].clone())
	}

	/// What the validator's own next block hears of; told once it is connected to somebody.
	fn message(
		&self,
		peer: PeerId,
		who: &NodePeer,
		open: &Open<NodeWords>,
		choices: &mut Choices<'_>,
	) -> Stimulus<NodeWords> {
		let identity = &who.identity;
		let is_heard = !self.cut.contains(&peer) && open.peers.contains_key(&peer);
		let at_once = if is_heard { Penalty::AtOnce } else { Penalty::None };
		if open.loud.is_some() && choices.flip() {
			// Of leaves that there will never be.
			let leaf = Hash::from_low_u64_be((1 << 40) + choices.below(1 << 16));
			let unborn = match choices.flip() {
				true => match bitfield(&self.block(choices), ValidatorIndex(1), 1, choices) {
					Message::Bitfield(_, bitfield) => Message::Bitfield(leaf, bitfield),
					other => other,
				},
				false => {
					let said =
						self.sample(choices)
							.statement(ValidatorIndex(1), false, &self.port, &key(1), true);
					Message::Statement(Arc::new(async_backing_backing::SignedStatement {
						scheduling_parent: leaf,
						..said
					}))
				}
			};
			return Stimulus::hostile(Act::Message(peer, unborn), Penalty::None);
		}
		let block = self.block(choices);
		let author = identity
			.authorities
			.first()
			.and_then(|authority| block.facts.validators.iter().position(|known| known == authority))
			.map(|position| ValidatorIndex(position as u32));
		match (author, choices.below(8)) {
			(None, 0..=5) => self.of_collator(peer, who, at_once, choices),
			(None, _) => Stimulus::hostile(
				Act::Message(peer, bitfield(&block, ValidatorIndex(1), 1, choices)),
				Penalty::None,
			),
			(Some(author), 0..=4) => {
				let (sample, seconds) = (self.sample(choices), choices.flip());
				let signer = identity.authorities.first().cloned().unwrap_or_else(|| key(0));
				let is_forged = choices.one_in(8);
				let statement = sample.statement(author, seconds, &self.port, &signer, is_forged);
				let act = Act::Message(peer, Message::Statement(Arc::new(statement)));
				match is_forged {
					true => Stimulus::hostile(act, Penalty::None),
					false => Stimulus::honest(act),
				}
			}
			(Some(author), 5) => {
				let named = if choices.one_in(4) {
					ValidatorIndex(choices.below(9) as u32)
				} else {
					author
				};
				let signer = (0..KEYS).find(|index| identity.authorities.contains(&key(*index)));
				let signer = signer.unwrap_or(0);
				let mut message = bitfield(&block, named, signer, choices);
				let is_forged = choices.one_in(6);
				if let (true, Message::Bitfield(_, sent)) = (is_forged, &mut message) {
					sent.signature = sign(signer, b"something else");
				}
				let act = Act::Message(peer, message);
				match named == author && !is_forged {
					true => Stimulus::honest(act),
					false => Stimulus::hostile(act, Penalty::None),
				}
			}
			// Validators have no stream of the collation protocol: nobody listens.
			(Some(_), _) => {
				let said = collators::advertisement(&self.sample(choices), CollationVersion::V2, choices);
				Stimulus::hostile(Act::Message(peer, said), Penalty::None)
			}
		}
	}
}

fn availability() -> AvailabilityConfig {
	AvailabilityConfig {
		max_bytes: KEPT,
		max_candidates: 256,
		..AvailabilityConfig::default()
	}
}

fn bitfield(block: &Block, named: ValidatorIndex, signer: u8, choices: &mut Choices<'_>) -> Message {
	let is_occupied = block.pending.is_some();
	let bits = [is_occupied && choices.flip(), choices.one_in(16)];
	let payload = AvailabilityBitfield(bits.into_iter().collect());
	let leaf = block.facts.block.hash;
	let signed = payload.signing_payload(&block.facts.signing_context(leaf));
	let bitfield = UncheckedSigned {
		signature: sign(signer, &signed),
		payload,
		validator_index: named,
	};
	Message::Bitfield(leaf, bitfield)
}
