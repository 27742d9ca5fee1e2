//! The world of a validator, for the laws (feature `laws`).

mod chain;
mod judge;

use crate::{
	work::{self, Ballots, Execution, ExecutionFailure, Executor, Signer},
	Advertisement, CodeJob, Done, FetchedCollation, Job, Message, NodeWords, Proposing, Request, Response,
	Validator, ValidatorConfig,
};
use async_backing_availability::{memory_bound_for, AvailabilityConfig};
use async_backing_backing::MAX_WAITING_PER_PEER;
use async_backing_chain_view::{ChainEvent, EarlyLimits, Identity, Limits};
use async_backing_machine::{
	laws::{Act, Breach, Choices, Intent, Law, Open, Penalty, Promise, Reply, Stimulus, World},
	Input, JobId, Output, PeerEvent, PeerId, RequestId, Ticket,
};
use async_backing_primitives::{
	AvailabilityBitfield, CandidateHash, CompactStatement, Hash, ParaId, PersistedValidationData, PoV,
	PvfCheckStatement, UncheckedSigned, ValidationCodeHash, ValidationResult, ValidatorId, ValidatorIndex,
	ValidatorSignature,
};
use chain::{key, sign, Block, Chain, Sample, KEYS, PARA, REMEMBERED};
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
	declared: BTreeSet<PeerId>,
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
			declared: BTreeSet::new(),
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
		identity: &Identity,
		open: &Open<NodeWords>,
		choices: &mut Choices<'_>,
	) -> Stimulus<NodeWords> {
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
			(None, 0..=1) => {
				Stimulus::hostile(Act::Message(peer, Message::Declare { para: PARA }), Penalty::None)
			}
			(None, 2..=5) => {
				let sample = self.sample(choices);
				let penalty = if self.declared.contains(&peer) {
					Penalty::None
				} else {
					at_once
				};
				Stimulus::hostile(Act::Message(peer, advertise(&sample, choices)), penalty)
			}
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
			(Some(_), 6) => {
				let sample = self.sample(choices);
				let penalty = if self.declared.contains(&peer) {
					Penalty::None
				} else {
					at_once
				};
				Stimulus::hostile(Act::Message(peer, advertise(&sample, choices)), penalty)
			}
			(Some(_), _) => Stimulus::honest(Act::Message(peer, Message::Declare { para: ParaId(1) })),
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

/// The candidate's, or one that nobody built.
fn advertise(sample: &Sample, choices: &mut Choices<'_>) -> Message {
	let mut receipt = sample.receipt.to_plain();
	if choices.one_in(3) {
		receipt.commitments_hash = Hash::from_low_u64_be(choices.below(1 << 16));
	}
	Message::Advertise(Box::new(Advertisement {
		receipt,
		parent_head: sample.validation_data.parent_head.hash(),
	}))
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

impl World for Town {
	type Core = Validator;

	fn core(&mut self) -> Validator {
		Validator::new(ValidatorConfig {
			availability: availability(),
			limits: Limits {
				leaves: LEAVES,
				..Limits::default()
			},
			..ValidatorConfig::new(key(0))
		})
	}

	fn next(&mut self, open: &Open<NodeWords>, choices: &mut Choices<'_>) -> Stimulus<NodeWords> {
		// Others may hear of a block before this validator does.
		if choices.below(3) == 0 {
			if let Some(event) = self.untold.pop_front() {
				return Stimulus::honest(Act::Chain(event));
			}
		}
		let Some(peer) = open.speaker(choices) else {
			return Stimulus::honest(Act::Connect(Identity::of(key(1))));
		};
		let identity = open.peers.get(&peer).cloned().unwrap_or_default();
		match choices.below(24) {
			_ if open.loud.is_some() && !choices.one_in(8) => self.message(peer, &identity, open, choices),
			0..=11 => self.message(peer, &identity, open, choices),
			12..=14 => {
				let sample = self.sample(choices);
				let request = match choices.below(8) {
					0..=2 => Request::Pov(sample.hash()),
					3..=5 => Request::Chunk {
						candidate: sample.hash(),
						index: ValidatorIndex(choices.below(7) as u32),
					},
					6 => Request::AvailableData(sample.hash()),
					_ => Request::Collation(sample.hash()),
				};
				Stimulus::honest(Act::Request(peer, request))
			}
			15..=17 if open.peers.len() < MOST_PEERS => {
				let identity = match choices.below(12) {
					index @ 1..=7 => Identity::of(key(index as u8)),
					_ => Identity::stranger(),
				};
				Stimulus::honest(Act::Connect(identity))
			}
			18 => {
				let block = self.block(choices);
				let proposing = Proposing {
					parent: block.facts.block.hash,
					slot: block.facts.slot + 1,
				};
				Stimulus::honest(Act::Propose(proposing, Duration::from_millis(500)))
			}
			19..=20 => {
				let back = if choices.one_in(6) { 1 } else { 0 };
				self.grow(back, choices.one_in(12));
				Stimulus::honest(Act::Nothing)
			}
			21 if choices.one_in(3) => {
				if let Some((hash, number)) = self.chain.finalize() {
					self.untold.push_back(ChainEvent::Finalized { hash, number });
				}
				Stimulus::honest(Act::Nothing)
			}
			22 if choices.one_in(16) => {
				if let Some(hash) = self.chain.revert() {
					self.untold.push_back(ChainEvent::Reverted { hash });
				}
				Stimulus::honest(Act::Nothing)
			}
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: Job, _: &mut Choices<'_>) -> Done {
		if let Job::CheckBitfields(check) = &job {
			let leaf = check.context.parent_hash;
			let sent = check
				.bitfields
				.iter()
				.map(|(_, sent)| (leaf, sent.validator_index, sent.signature.encode()));
			if let Some((_, named, _)) = sent.into_iter().find(|sent| self.usurped.contains(sent)) {
				let what = format!("a bitfield of {named:?} is checked that somebody else sent");
				self.wrong = Some(Breach::new(Law::Checked, what));
			}
		}
		let signer = self.port.clone();
		let (done, _) = work::run(job, &mut self.port, &signer, &mut NoBox);
		done.expect("this port finishes what it begins; qed")
	}

	fn answer(
		&mut self,
		_: PeerId,
		request: &Request,
		_: &Open<NodeWords>,
		choices: &mut Choices<'_>,
	) -> Reply<NodeWords> {
		let asked = match request {
			Request::Collation(candidate)
			| Request::Pov(candidate)
			| Request::AvailableData(candidate)
			| Request::Chunk { candidate, .. } => *candidate,
		};
		let found = self
			.chain
			.samples()
			.find(|sample| sample.hash() == asked)
			.cloned();
		let (is_right, sample) = match found {
			Some(sample) if !choices.one_in(6) => (true, sample),
			_ => (false, self.sample(choices)),
		};
		if !matches!(request, Request::Pov(_)) && choices.one_in(32) {
			return Reply {
				response: Response::Pov(Arc::new(PoV::default())),
				intent: Intent::Hostile(Penalty::AtOnce),
			};
		}
		let response = match request {
			_ if choices.one_in(32) => Response::Pov(Arc::new(PoV::default())),
			Request::Collation(_) => Response::Collation(FetchedCollation {
				receipt: sample.receipt.to_plain(),
				pov: sample.pov.clone(),
			}),
			Request::Pov(_) => Response::Pov(sample.pov.clone()),
			Request::AvailableData(_) => Response::AvailableData(Arc::new(sample.data())),
			Request::Chunk { index, .. } => {
				let chunks = sample.chunks();
				let index = usize::try_from(index.0).unwrap_or(0) % chunks.len();
				Response::Chunk(chunks[index].clone())
			}
		};
		let is_collation = matches!(request, Request::Collation(_)) && sample.hash() != asked;
		let intent = match is_right {
			true => Intent::Honest,
			false if is_collation => Intent::Hostile(Penalty::AtOnce),
			false => Intent::Hostile(Penalty::None),
		};
		Reply { response, intent }
	}

	/// The sum of the parts' bounds, where nothing is larger than in this world: data; statements that wait for their check
	/// or for their leaf; candidates of six validators in scope, with trees; advertisements; blocks, with bitfields and
	/// promises at each.
	fn memory_bound(&self) -> usize {
		const STATEMENT: usize = 2048;
		let data = memory_bound_for(&availability(), 6, 2, LEAVES, 1024);
		let statements = MOST_PEERS * (MAX_WAITING_PER_PEER + EarlyLimits::validators().per_peer) * STATEMENT;
		let candidates = 6 * 3 * LEAVES * 3 * (2 * STATEMENT);
		let advertised = MOST_PEERS * LEAVES * 3 * 3 * 1024;
		let blocks = REMEMBERED * 3 * 16 * 1024;
		[statements, candidates, advertised, blocks]
			.into_iter()
			.fold(data, usize::saturating_add)
	}

	/// Data, statements and candidates that are in scope, promises, and the chain view.
	fn rest_bound(&self, validator: &Validator) -> usize {
		let store = validator.availability.store();
		store.bytes() + store.len() * 1024 + validator.backing.bytes() + REST
	}

	fn taken_for_open(&self, validator: &Validator) -> usize {
		judge::taken_for_open(validator)
	}

	fn keeps(&self, validator: &Validator, peer: PeerId) -> bool {
		judge::keeps(validator, peer)
	}

	fn timers_of_use(&self, validator: &Validator) -> Option<usize> {
		Some(judge::timers_of_use(validator))
	}

	fn is_of_use(&self, validator: &Validator, job: JobId) -> bool {
		judge::is_of_use(validator, job)
	}

	fn is_awaited(&self, validator: &Validator, request: RequestId) -> bool {
		judge::is_awaited(validator, request)
	}

	/// Less than a proof of validity, more than the receipts that are hashed at once.
	fn light(&self) -> usize {
		LIGHT
	}

	/// A block of the own chain is taken in whole.
	fn allowance(&self, input: &Input<NodeWords>) -> usize {
		match input {
			Input::Chain(_) => 4 << 20,
			Input::Restored(snapshot) => snapshot.0.iter().fold(0, |sum, (key, value)| {
				sum.saturating_add(key.len().saturating_add(value.len()).saturating_mul(8))
			}),
			_ => 0,
		}
	}

	fn is_waiting(&self, validator: &Validator) -> bool {
		validator.availability.is_waiting()
	}

	/// What found no room in the outbox comes with the next input, whatever that is.
	fn would_come_anyway(&self, output: &Output<NodeWords>) -> bool {
		matches!(
			output,
			Output::Notify(_, Message::Statement(_)) | Output::Store(..) | Output::Request { .. }
		)
	}

	fn promises(&self, output: &Output<NodeWords>) -> Vec<Promise> {
		let message = match output {
			Output::Notify(_, message) => message,
			Output::Job {
				job: Job::Code(CodeJob::Vote { statement, .. }),
				..
			} => {
				return vec![Promise {
					key: (VOTE, statement.session_index, statement.subject).encode(),
					value: statement.accept.encode(),
				}]
			}
			_ => return Vec::new(),
		};
		match message {
			Message::Bitfield(leaf, signed) => vec![Promise {
				key: [b"bitfield", leaf.as_bytes()].concat(),
				value: signed.payload.encode(),
			}],
			Message::Statement(statement) => {
				let compact = statement.content.to_compact();
				let candidate = compact.candidate_hash();
				let kind = matches!(compact, CompactStatement::Seconded(_));
				vec![Promise {
					key: (b"statement", statement.scheduling_parent, candidate).encode(),
					value: vec![u8::from(kind)],
				}]
			}
			Message::Declare { .. } | Message::Advertise(_) => Vec::new(),
		}
	}

	/// Statements are remembered by backing, whose own world asks for them.
	fn remembers(&self, validator: &Validator, promise: &Promise) -> bool {
		if let Ok((VOTE, session, code)) = <([u8; 4], _, _)>::decode_all(&mut &promise.key[..]) {
			return match validator.codes.promised(session, code) {
				Some(accept) => accept.encode() == promise.value,
				None => u32::saturating_add(session, 1) < self.chain.newest_session(),
			};
		}
		let Some(leaf) = promise.key.strip_prefix(b"bitfield") else {
			return true;
		};
		let leaf = Hash::from_slice(leaf);
		match validator.bitfields.promised(leaf) {
			Some(bitfield) => bitfield.encode() == promise.value,
			None => !self.chain.may_be_leaf(leaf),
		}
	}

	fn told(&mut self, input: &Input<NodeWords>, open: &Open<NodeWords>) {
		self.last = Last::default();
		match input {
			Input::Peer(peer, PeerEvent::Message(message)) => {
				self.last.peer = Some(*peer);
				match message {
					Message::Declare { .. } => {
						self.declared.insert(*peer);
					}
					Message::Bitfield(leaf, sent) => self.note_bitfield(*peer, *leaf, sent, open),
					_ => {}
				}
			}
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.declared.remove(peer);
				self.cut.remove(peer);
			}
			Input::Request(peer, ticket, _) if self.cut.contains(peer) => {
				self.last.asked_in_vain = Some(*ticket);
			}
			Input::Chain(_) => self.last.is_chain = true,
			Input::Propose(_, proposing, _) => self.last.proposes_on = Some(proposing.parent),
			_ => {}
		}
	}

	fn judge(
		&mut self,
		validator: &Validator,
		outputs: &[Output<NodeWords>],
		open: &Open<NodeWords>,
	) -> Result<(), Breach> {
		// The event may have found no room.
		let ledger = &validator.desk.ledger;
		self.cut
			.extend(open.peers.keys().filter(|peer| ledger.is_cut(**peer)));
		match self.wrong.take() {
			Some(wrong) => Err(wrong),
			None => self.judge_all(validator, outputs, open),
		}
	}

	fn crashed(&mut self) {
		self.declared.clear();
		self.cut.clear();
		self.untold = self.chain.retold().into();
	}
}
