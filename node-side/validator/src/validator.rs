//! The composition: one validator out of view, backing, availability and provisioner.
//!
//! Invariants:
//! - the view hears of a leaf before the others, and of a leaf's end after them;
//! - available data are stored before the statement about them is shared, so that whoever hears it can fetch;
//! - an advertised candidate waits until what it builds on is backable, within bounds;
//! - a candidate is proposed with the votes that count at the leaf, and otherwise not at all (R-BAK-14);
//! - no input makes a validator panic, whoever sent it.

use crate::{view::LeafView, Advertisement, Input, Message, Notice, Output, Peer, Timer};
use async_backing_availability::{Availability, AvailabilityConfig, Output as AvailabilityOutput};
use async_backing_backing::{
	Backing, Collation, Keystore, Output as BackingOutput, SecondingError, ValidationJob, ValidationOutcome,
};
use async_backing_primitives::{
	AvailableData, BackedCandidate, CandidateHash, Hash, LeafFacts, ParaId, PoV, Slot, UncheckedSigned,
	ValidationResult, ValidatorId, ValidatorIndex, ValidatorSignature,
};
use async_backing_prospective_parachains::View;
use async_backing_provisioner::{provision, BackableSource, Bitfields, Proposal};
use sp_core::{sr25519, Pair};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
	time::Duration,
};

/// Signs with a key. Signatures must follow from key and payload alone where runs have to replay.
pub type Signer = fn(&sr25519::Pair, &[u8]) -> sr25519::Signature;

/// What a validator is made from.
#[derive(Clone)]
pub struct ValidatorConfig {
	/// Its parachain key.
	pub key: sr25519::Pair,
	/// Signs with it.
	pub signer: Signer,
	/// How long after a leaf's activation it signs its bitfield (R-AVL-8).
	pub bitfield_after: Duration,
}

impl std::fmt::Debug for ValidatorConfig {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("ValidatorConfig")
			.field("key", &self.key.public())
			.finish_non_exhaustive()
	}
}

/// Advertised candidates that may wait for what they build on. A group sees a few at a time; more is somebody's flood,
/// and the oldest give way.
const MAX_BLOCKED: usize = 64;

/// An active leaf.
#[derive(Debug)]
struct Leaf {
	facts: Arc<LeafFacts>,
	own: Option<ValidatorIndex>,
	bitfields: Bitfields,
}

/// One validator: a deterministic state machine without I/O.
#[derive(Debug)]
pub struct Validator {
	config: ValidatorConfig,
	public: ValidatorId,
	leaves: BTreeMap<Hash, Leaf>,
	/// The leaf that became active last.
	newest: Option<Hash>,
	view: LeafView,
	backing: Backing,
	availability: Availability,
	/// Collations that were asked for.
	fetching: BTreeMap<CandidateHash, Advertisement>,
	/// Advertised candidates that have no place yet, since what they build on is not backable (R-BAK-5): oldest first.
	blocked: VecDeque<(Peer, Advertisement)>,
	/// Candidates that are being executed.
	executing: BTreeMap<CandidateHash, ValidationJob>,
}

struct Key<'a>(&'a ValidatorConfig);

impl Keystore for Key<'_> {
	fn sign(&mut self, payload: &[u8]) -> ValidatorSignature {
		(self.0.signer)(&self.0.key, payload).into()
	}
}

impl Validator {
	/// A validator that knows no leaf yet.
	pub fn new(config: ValidatorConfig) -> Self {
		Self {
			public: config.key.public().into(),
			config,
			leaves: BTreeMap::new(),
			newest: None,
			view: LeafView::default(),
			backing: Backing::new(),
			availability: Availability::new(AvailabilityConfig::default()),
			fetching: BTreeMap::new(),
			blocked: VecDeque::new(),
			executing: BTreeMap::new(),
		}
	}

	/// Takes an input in, at time `now`, and returns what is to be done.
	pub fn handle(&mut self, now: Duration, input: Input) -> Vec<Output> {
		match input {
			Input::LeafActivated(facts) => self.leaf_activated(now, facts),
			Input::LeafDeactivated(leaf) => self.leaf_deactivated(leaf),
			Input::Received { from, message } => self.received(from, message),
			Input::Executed { candidate, outcome } => self.executed(candidate, outcome),
			Input::Timer(Timer::SignBitfield(leaf)) => self.sign_bitfield(leaf),
		}
	}

	/// What this validator thinks the relay chain may accept next, for looking at it.
	pub fn view(&self) -> &View {
		self.view.view()
	}

	/// Content of the inherent of a block in `slot` on `leaf` (R-PRV-1 to R-PRV-13). Empty if the leaf is not active.
	pub fn propose(&mut self, leaf: Hash, slot: Slot) -> Proposal {
		let Some(active) = self.leaves.get(&leaf) else {
			return Proposal::default();
		};
		let mut source = Source {
			leaf,
			view: &self.view,
			backing: &self.backing,
		};
		provision(&active.facts, slot, active.bitfields.chosen(), &mut source)
	}

	fn leaf_activated(&mut self, now: Duration, facts: Arc<LeafFacts>) -> Vec<Output> {
		let hash = facts.block.hash;
		let own = facts.validators.iter().position(|key| *key == self.public);
		let own = own
			.and_then(|position| u32::try_from(position).ok())
			.map(ValidatorIndex);
		let mut outputs: Vec<_> = self
			.view
			.activate_leaf(&facts)
			.into_iter()
			.map(complaint)
			.collect();
		self.backing.activate_leaf(&facts, own, &self.view);
		let fetches = self.availability.activate_leaf(&facts, own);
		let bitfields = Bitfields::new(&facts);
		self.leaves.insert(
			hash,
			Leaf {
				facts,
				own,
				bitfields,
			},
		);
		self.newest = Some(hash);
		outputs.extend(
			fetches
				.into_iter()
				.filter_map(|output| self.availability_output(output)),
		);
		if own.is_some() {
			outputs.push(Output::Wake {
				at: now + self.config.bitfield_after,
				timer: Timer::SignBitfield(hash),
			});
		}
		outputs
	}

	fn leaf_deactivated(&mut self, leaf: Hash) -> Vec<Output> {
		self.leaves.remove(&leaf);
		let regained = self.backing.deactivate_leaf(leaf, &mut self.view);
		self.view.deactivate_leaf(leaf);
		let in_scope = |relay_parent| {
			self.leaves
				.values()
				.any(|leaf| leaf.facts.relay_parent(relay_parent).is_some())
		};
		self.fetching
			.retain(|_, advertisement| in_scope(advertisement.receipt.descriptor.relay_parent()));
		self.blocked
			.retain(|(_, advertisement)| in_scope(advertisement.receipt.descriptor.relay_parent()));
		self.backing_outputs(regained)
	}

	fn received(&mut self, from: Peer, message: Message) -> Vec<Output> {
		match message {
			Message::AdvertiseCollation(advertisement) => self.advertised(from, *advertisement),
			Message::Collation(candidate, pov) => self.collation_received(candidate, pov),
			Message::Statement(statement) => {
				match self.backing.statement_received(&statement, &mut self.view) {
					Ok(outputs) => self.backing_outputs(outputs),
					Err(error) => vec![complaint(error)],
				}
			}
			Message::RequestPov(candidate) => {
				let data = self.availability.store().data(candidate);
				let pov = data.map(|data| Arc::new(data.pov.clone()));
				vec![Output::Send {
					to: from,
					message: Message::Pov(candidate, pov),
				}]
			}
			Message::Pov(candidate, pov) => {
				let Some(index) = self.index_of(&from) else {
					return Vec::new();
				};
				let outputs = self.backing.pov_received(index, candidate, pov);
				self.backing_outputs(outputs)
			}
			Message::RequestChunk(candidate, index) => {
				let chunk = self.availability.store().chunk(candidate, index).cloned();
				vec![Output::Send {
					to: from,
					message: Message::Chunk(candidate, chunk),
				}]
			}
			Message::Chunk(candidate, chunk) => {
				let Some(index) = self.index_of(&from) else {
					return Vec::new();
				};
				let chunk = chunk.map(Arc::unwrap_or_clone);
				let outputs = self.availability.chunk_received(index, candidate, chunk);
				outputs
					.into_iter()
					.filter_map(|output| self.availability_output(output))
					.collect()
			}
			Message::Bitfield(leaf, bitfield) => {
				let Some(active) = self.leaves.get_mut(&leaf) else {
					return Vec::new();
				};
				active
					.bitfields
					.insert(bitfield)
					.err()
					.map(complaint)
					.into_iter()
					.collect()
			}
			// Only collators answer this one.
			Message::RequestCollation(candidate) => {
				vec![complaint(format!("{candidate} is asked of a validator"))]
			}
		}
	}

	/// A collator has a candidate: it is fetched if it may be seconded, and waits if it may be later (R-BAK-5).
	fn advertised(&mut self, from: Peer, advertisement: Advertisement) -> Vec<Output> {
		let receipt = &advertisement.receipt;
		let candidate = receipt.hash();
		let parent_head = advertisement.parent_head;
		match self
			.backing
			.can_second(candidate, &receipt.descriptor, parent_head, &self.view)
		{
			Ok(()) => {
				self.fetching.insert(candidate, advertisement);
				vec![Output::Send {
					to: from,
					message: Message::RequestCollation(candidate),
				}]
			}
			Err(SecondingError::NoDepth) => {
				self.blocked.push_back((from, advertisement));
				if self.blocked.len() > MAX_BLOCKED {
					self.blocked.pop_front();
				}
				Vec::new()
			}
			Err(error) => vec![complaint(error)],
		}
	}

	/// A candidate of a para got its quorum: others of that para may have a place now (R-BAK-7). All that wait are asked
	/// for again, not only its children, since quorums come in any order.
	fn unblock(&mut self, para: ParaId) -> Vec<Output> {
		let (of_para, others) = std::mem::take(&mut self.blocked)
			.into_iter()
			.partition::<VecDeque<_>, _>(|(_, advertisement)| {
				advertisement.receipt.descriptor.para_id() == para
			});
		self.blocked = others;
		of_para
			.into_iter()
			.flat_map(|(from, advertisement)| self.advertised(from, advertisement))
			.collect()
	}

	fn collation_received(&mut self, candidate: CandidateHash, pov: Arc<PoV>) -> Vec<Output> {
		let Some(Advertisement { receipt, parent_head }) = self.fetching.remove(&candidate) else {
			return Vec::new();
		};
		let collation = Collation {
			receipt,
			pov,
			parent_head,
		};
		match self.backing.collation_fetched(collation, &self.view) {
			Ok(outputs) => self.backing_outputs(outputs),
			Err(error) => vec![complaint(error)],
		}
	}

	/// An execution ended: the data are stored for others, then the statement is made (R-BAK-2, R-AVL-5).
	fn executed(
		&mut self,
		candidate: CandidateHash,
		outcome: Result<ValidationResult, String>,
	) -> Vec<Output> {
		let Some(job) = self.executing.remove(&candidate) else {
			return Vec::new();
		};
		let mut outputs = Vec::new();
		let outcome = outcome.and_then(|result| self.keep_data(candidate, &job, result));
		let outcome = outcome.map_err(|reason| outputs.push(complaint(reason))).ok();
		let made = self
			.backing
			.validated(candidate, outcome, &mut self.view, &mut Key(&self.config));
		outputs.extend(self.backing_outputs(made));
		outputs
	}

	fn keep_data(
		&mut self,
		candidate: CandidateHash,
		job: &ValidationJob,
		result: ValidationResult,
	) -> Result<ValidationOutcome, String> {
		let relay_parent = job.descriptor.scheduling_parent();
		let leaf = self
			.leaves
			.values()
			.find(|leaf| leaf.facts.relay_parent(relay_parent).is_some());
		let validators = leaf
			.map(|leaf| leaf.facts.validators.len())
			.ok_or("its relay parent left the view")?;
		let data = AvailableData {
			pov: PoV::clone(&job.pov),
			validation_data: (*job.validation_data).clone(),
		};
		let erasure_root = self
			.availability
			.store_available_data(candidate, Arc::new(data), validators)
			.map_err(|error| error.to_string())?;
		Ok(ValidationOutcome {
			commitments: result.into(),
			erasure_root,
		})
	}

	fn sign_bitfield(&mut self, hash: Hash) -> Vec<Output> {
		let Some(leaf) = self.leaves.get_mut(&hash) else {
			return Vec::new();
		};
		let Some(own) = leaf.own else { return Vec::new() };
		let payload = self.availability.bitfield(&leaf.facts, own);
		let signature = Key(&self.config).sign(&payload.signing_payload(&leaf.facts.signing_context(hash)));
		let signed = UncheckedSigned {
			payload,
			validator_index: own,
			signature,
		};
		match leaf.bitfields.insert(signed.clone()) {
			Ok(_) => vec![Output::Broadcast(Message::Bitfield(hash, signed))],
			Err(error) => vec![complaint(error)],
		}
	}

	fn backing_outputs(&mut self, outputs: Vec<BackingOutput>) -> Vec<Output> {
		outputs
			.into_iter()
			.filter_map(|output| self.backing_output(output))
			.flatten()
			.collect()
	}

	fn backing_output(&mut self, output: BackingOutput) -> Option<Vec<Output>> {
		Some(match output {
			BackingOutput::FetchPov { candidate, from, .. } => {
				vec![Output::Send {
					to: self.peer(from)?,
					message: Message::RequestPov(candidate),
				}]
			}
			BackingOutput::Validate(job) => {
				let execute = Output::Execute {
					candidate: job.candidate,
					code: job.descriptor.validation_code_hash(),
					validation_data: job.validation_data.clone(),
					pov: job.pov.clone(),
				};
				self.executing.insert(job.candidate, job);
				vec![execute]
			}
			BackingOutput::Share(statement) => {
				let seconded = match &statement.content {
					async_backing_backing::StatementContent::Seconded(candidate) => {
						Some(candidate.receipt.hash())
					}
					async_backing_backing::StatementContent::Valid(_) => None,
				};
				let notice = seconded.map(|candidate| Output::Notice(Notice::Seconded(candidate)));
				notice
					.into_iter()
					.chain([Output::Broadcast(Message::Statement(statement))])
					.collect()
			}
			BackingOutput::Backable { candidate, para, .. } => {
				let mut outputs = vec![Output::Notice(Notice::Backable(candidate))];
				outputs.extend(self.unblock(para));
				outputs
			}
			BackingOutput::NotSeconded { candidate, error } => {
				vec![complaint(format!("{candidate} is not seconded: {error}"))]
			}
			BackingOutput::Invalid { candidate, mismatch } => {
				let reason =
					mismatch.map_or_else(|| "execution failed".into(), |mismatch| mismatch.to_string());
				vec![complaint(format!("{candidate} is invalid: {reason}"))]
			}
			BackingOutput::Misbehaviour { misbehaviour, .. } => vec![complaint(format!("{misbehaviour:?}"))],
		})
	}

	fn availability_output(&self, output: AvailabilityOutput) -> Option<Output> {
		match output {
			AvailabilityOutput::Fetch {
				candidate,
				index,
				from,
			} => Some(Output::Send {
				to: self.peer(from)?,
				message: Message::RequestChunk(candidate, index),
			}),
			AvailabilityOutput::Stored { .. } => None,
			AvailabilityOutput::Refused {
				from,
				candidate,
				error,
			} => Some(complaint(format!(
				"validator {from} sent a wrong chunk of {candidate}: {error}"
			))),
			AvailabilityOutput::Unobtainable { candidate } => {
				Some(complaint(format!("nobody hands out a chunk of {candidate}")))
			}
		}
	}

	/// The newest leaf's validator with this index.
	fn peer(&self, index: ValidatorIndex) -> Option<Peer> {
		let leaf = self.leaves.get(&self.newest?)?;
		leaf.facts
			.validators
			.get(index.as_usize())
			.cloned()
			.map(Peer::Validator)
	}

	/// Index of a validator at the newest leaf.
	fn index_of(&self, peer: &Peer) -> Option<ValidatorIndex> {
		let Peer::Validator(key) = peer else { return None };
		let leaf = self.leaves.get(&self.newest?)?;
		let position = leaf.facts.validators.iter().position(|known| known == key)?;
		u32::try_from(position).ok().map(ValidatorIndex)
	}
}

/// Where the provisioner finds candidates.
struct Source<'a> {
	leaf: Hash,
	view: &'a LeafView,
	backing: &'a Backing,
}

impl BackableSource for Source<'_> {
	fn backable(
		&mut self,
		para: ParaId,
		required_path: &[CandidateHash],
		count: usize,
	) -> Vec<(CandidateHash, Hash)> {
		let may_back = |candidate| self.backing.is_backable_at(self.leaf, candidate);
		self.view
			.backable(self.leaf, para, required_path, count, may_back)
	}

	fn backed(&mut self, candidate: CandidateHash, scheduling_parent: Hash) -> Option<BackedCandidate> {
		self.backing.backed_at(self.leaf, candidate, scheduling_parent)
	}
}

fn complaint(reason: impl ToString) -> Output {
	Output::Notice(Notice::Complaint(reason.to_string()))
}
