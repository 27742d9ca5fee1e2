//! The world of a validator, for the laws (feature `laws`).

mod chain;
mod collators;
mod judge;
mod world;

use crate::{
	translate::of_validators,
	work::{self, Ballots, Execution, ExecutionFailure, Executor, Signer},
	CodeJob, Done, Job, Message, NodeEvent, NodePeer, NodeWords, Proposing, Request, Response, Validator,
	ValidatorConfig, WantedData,
};
use async_backing_availability::{
	memory_bound_for, recoverer_memory_bound, AvailabilityConfig, MAX_RECOVERIES,
};
use async_backing_chain_view::{ChainEvent, EarlyLimits, Identity, Limits};
use async_backing_collator_protocol::memory_bound;
use async_backing_machine::{
	laws::{Act, Breach, Choices, Intent, Law, Open, Penalty, Promise, Reply, Stimulus, World},
	Input, JobId, Output, PeerEvent, PeerId, RequestId, Ticket,
};
use async_backing_primitives::{
	meter, AvailabilityBitfield, BackedCandidateAcknowledgement, CandidateHash, CompactStatement, CoreIndex,
	GroupIndex, Hash, PersistedValidationData, PoV, PvfCheckStatement, StatementDistributionMessage,
	StatementFilter, UncheckedSigned, ValidationCodeHash, ValidationResult, ValidatorId, ValidatorIndex,
	ValidatorSignature,
};
use async_backing_wire::{CollationResponse, CollationVersion, Envelope, ValidationMessage, View};
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
/// What statement distribution takes: its README's bounds at three relay parents of each leaf, where three of a group of three
/// among six may each second three candidates.
const STATED: usize = {
	let (limit, group, all) = (3, 3, 6);
	let cluster = limit * group * group * group * 512;
	let stated = limit * all * (2 * group * 256 + 2048);
	let claims = 2 * limit * group * all * 1536;
	let mutual = limit * all * all * 512;
	3 * LEAVES * (cluster + stated + claims + mutual)
};
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
	port: Port,
}

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

	/// Somebody in the node wants the data of a candidate, or not any more (R-AVL-5). Of a block that is gone, of a core or of a
	/// group that is another one, nothing need come of it.
	fn recovery(&self, choices: &mut Choices<'_>) -> NodeEvent {
		let sample = self.sample(choices);
		if choices.one_in(5) {
			return NodeEvent::ForgetRecovery(sample.hash());
		}
		NodeEvent::Recover(Box::new(WantedData {
			receipt: sample.receipt.to_plain(),
			block: sample.scheduling_parent(),
			core: CoreIndex(choices.below(2) as u32),
			group: GroupIndex(choices.below(3) as u32),
		}))
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
				true => bitfield_at(leaf, &self.block(choices), ValidatorIndex(1), 1, choices),
				false => {
					let said =
						self.sample(choices)
							.statement(ValidatorIndex(1), false, &self.port, &key(1), true);
					say(ValidationMessage::Statement(
						StatementDistributionMessage::Statement(leaf, said),
					))
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
				let message = match choices.below(8) {
					0..=4 => {
						let signed = sample.statement(author, seconds, &self.port, &signer, is_forged);
						let parent = sample.scheduling_parent();
						let statement = StatementDistributionMessage::Statement(parent, signed);
						say(ValidationMessage::Statement(statement))
					}
					5 => {
						let manifest = sample.manifest(filter(choices));
						say(ValidationMessage::Statement(
							StatementDistributionMessage::BackedCandidateManifest(manifest),
						))
					}
					6 => {
						let known = BackedCandidateAcknowledgement {
							candidate_hash: sample.hash(),
							statement_knowledge: filter(choices),
						};
						say(ValidationMessage::Statement(
							StatementDistributionMessage::BackedCandidateKnown(known),
						))
					}
					_ => {
						let heads = [self.block(choices), block].map(|seen| seen.facts.block.hash);
						let view = Envelope::<ValidationMessage>::View(View::new(heads, 0));
						Message::Validation(view.encode())
					}
				};
				match is_forged {
					true => Stimulus::hostile(Act::Message(peer, message), Penalty::None),
					false => Stimulus::honest(Act::Message(peer, message)),
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
				let is_forged = choices.one_in(6);
				// Never the own key, which nobody else has.
				let signer = if is_forged {
					signer % (KEYS - 1) + 1
				} else {
					signer
				};
				let message = bitfield(&block, named, signer, choices);
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

fn say(message: ValidationMessage) -> Message {
	of_validators(message)
}

/// Who of a group of three is said to have stated something.
fn filter(choices: &mut Choices<'_>) -> StatementFilter {
	let mut bits = || (0..3).map(|_| choices.flip()).collect();
	StatementFilter {
		seconded_in_group: bits(),
		validated_in_group: bits(),
	}
}

fn bitfield(block: &Block, named: ValidatorIndex, signer: u8, choices: &mut Choices<'_>) -> Message {
	bitfield_at(block.facts.block.hash, block, named, signer, choices)
}

/// A bitfield as one of `block` is, said to be one of `leaf`.
fn bitfield_at(
	leaf: Hash,
	block: &Block,
	named: ValidatorIndex,
	signer: u8,
	choices: &mut Choices<'_>,
) -> Message {
	let is_occupied = block.pending.is_some();
	let bits = [is_occupied && choices.flip(), choices.one_in(16)];
	let payload = AvailabilityBitfield(bits.into_iter().collect());
	let signed = payload.signing_payload(&block.facts.signing_context(leaf));
	let bitfield = UncheckedSigned {
		signature: sign(signer, &signed),
		payload,
		validator_index: named,
	};
	say(ValidationMessage::Bitfield {
		relay_parent: leaf,
		bitfield,
	})
}
