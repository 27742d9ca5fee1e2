//! A validator with all that a driver does for it: it stores at once and does its jobs at once, but for validations, which
//! scenarios let end when they like.

use super::*;
use async_backing_chain_view::{ChainEvent, Identity, Limits};
use async_backing_machine::{
	Input, Instant, JobFailure, Judgement, Outbox, Output, PeerId, RequestFailure, RequestId, Snapshot,
};
use async_backing_primitives::{
	CandidateHash, SignedCompactStatement, ValidationCodeHash, ValidatorId, ValidatorSignature,
};
use std::time::Duration;

/// Whoever collates.
pub(super) const COLLATOR: PeerId = PeerId(1);

/// The connection to a validator.
pub(super) fn peer(validator: u32) -> PeerId {
	PeerId(100 + u64::from(validator))
}

/// What was seen of a validator, in order: what it shared first, of what one input led to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Seen {
	Shared(SignedStatement),
	Fetch { candidate: CandidateHash, from: u32 },
	Validate(CandidateHash),
	Cancelled(CandidateHash),
	Effect(Effect),
}

/// A candidate as statement distribution has it: checked in itself, and hashed.
pub(super) fn checked(seconded: &SecondedCandidate) -> Arc<Candidate> {
	let SecondedCandidate {
		receipt,
		validation_data,
	} = seconded;
	let candidate = Candidate::shared(receipt.clone(), validation_data.clone(), false);
	Arc::new(candidate.expect("it is consistent"))
}

/// What the neighbour is to share, as scenarios write it.
fn as_shared(
	scheduling_parent: Hash,
	statement: SignedCompactStatement,
	candidate: &Candidate,
) -> SignedStatement {
	let content = match statement.statement {
		CompactStatement::Seconded(_) => StatementContent::Seconded(Arc::new(SecondedCandidate {
			receipt: candidate.shared_receipt().clone(),
			validation_data: candidate.shared_validation_data().clone(),
		})),
		CompactStatement::Valid(hash) => StatementContent::Valid(hash),
	};
	SignedStatement {
		scheduling_parent,
		content,
		validator_index: statement.validator_index,
		signature: statement.signature,
	}
}

pub(super) struct Node {
	own: Option<u32>,
	pub(super) backing: Backing,
	pub(super) chain: ChainView,
	pub(super) view: Script,
	pub(super) out: Outbox<BackingWords>,
	pub(super) now: Instant,
	/// What survives a crash.
	pub(super) store: Snapshot,
	/// Validations that have not ended.
	pub(super) validations: BTreeMap<CandidateHash, (JobId, job::ValidationJob)>,
	pub(super) fetches: BTreeMap<(CandidateHash, u32), RequestId>,
	pub(super) reports: Vec<(PeerId, Cost)>,
	pub(super) refused: Vec<(ValidatorIndex, StatementError)>,
	/// Signatures that were made.
	pub(super) signed: Vec<Vec<u8>>,
	/// Own statements that were made, as effects tell.
	pub(super) stated: Vec<Effect>,
	/// Candidates that others seconded first, as effects tell.
	pub(super) vouched: Vec<CandidateHash>,
	/// Candidates whose proofs of validity collators are to hand over, as effects tell.
	pub(super) lacking: Vec<CandidateHash>,
	pub(super) jobs: usize,
	/// Jobs of these kinds come to nothing.
	pub(super) fails: Option<fn(&job::Job) -> bool>,
	/// The validator stops at this many outputs: the rest is lost.
	pub(super) crashes_after: Option<usize>,
}

/// Gives what is told, and knows one key.
pub(super) struct World {
	own: Option<u32>,
	outcome: Option<ValidationResult>,
	refuse: bool,
}

impl World {
	/// Knows the key of a validator.
	pub(super) fn of(own: impl Into<Option<u32>>) -> Self {
		Self {
			own: own.into(),
			outcome: None,
			refuse: false,
		}
	}
}

impl job::Executor for World {
	fn execute(
		&mut self,
		_: CandidateHash,
		_: ValidationCodeHash,
		_: &PersistedValidationData,
		pov: &PoV,
	) -> job::Execution {
		let by_name = || outcome(pov.block_data.0.first().copied().unwrap_or_default());
		job::Execution {
			outcome: match self.refuse {
				true => Err("it is wrong".into()),
				false => Ok(self.outcome.clone().unwrap_or_else(by_name)),
			},
			fuel: 7,
		}
	}
}

impl job::Signer for World {
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature> {
		let key = key(self.own?);
		(key.public() == *validator).then(|| key.sign(payload))
	}
}

impl Node {
	/// A validator, or a node that is none, connected to all validators.
	pub(super) fn new(own: Option<u32>, view: Script) -> Self {
		let mut chain = ChainView::new(own.map(|own| key(own).public()), Limits::default());
		for validator in (0..6).filter(|validator| own != Some(*validator)) {
			let identity = Identity {
				authorities: vec![key(validator).public()],
			};
			chain.connected(peer(validator), identity);
		}
		Self {
			own,
			backing: Backing::default(),
			chain,
			view,
			out: Outbox::default(),
			now: Duration::from_secs(60),
			store: Snapshot::default(),
			validations: BTreeMap::new(),
			fetches: BTreeMap::new(),
			reports: Vec::new(),
			refused: Vec::new(),
			signed: Vec::new(),
			stated: Vec::new(),
			vouched: Vec::new(),
			lacking: Vec::new(),
			jobs: 0,
			fails: None,
			crashes_after: None,
		}
	}

	/// A block is known to the chain view, and an active leaf for backing.
	pub(super) fn activate(&mut self, leaf: &LeafFacts) -> Vec<Seen> {
		let facts = Arc::new(leaf.clone());
		let _ = self.chain.handle(ChainEvent::Imported { facts, fresh: true });
		let effects = self
			.backing
			.leaf_activated(self.now, leaf, &self.chain, &mut self.view, &mut self.out);
		self.settle(effects)
	}

	pub(super) fn deactivate(&mut self, leaf: Hash) -> Vec<Seen> {
		let effects =
			self.backing
				.leaf_deactivated(self.now, leaf, &self.chain, &mut self.view, &mut self.out);
		self.settle(effects)
	}

	pub(super) fn fetch(&mut self, collation: Collation) -> Result<Vec<Seen>, SecondingError> {
		let effects = self.backing.collation_fetched(
			self.now,
			COLLATOR,
			collation,
			&self.chain,
			&mut self.view,
			&mut self.out,
		);
		match effects {
			Ok(effects) => Ok(self.settle(effects)),
			Err(error) => {
				self.settle(Vec::new());
				Err(error)
			}
		}
	}

	pub(super) fn input(&mut self, input: Input<BackingWords>) -> Vec<Seen> {
		let effects = self
			.backing
			.handle(self.now, input, &self.chain, &mut self.view, &mut self.out);
		self.settle(effects)
	}

	/// The neighbour says what a validator states, with the candidate that it is about. One that nobody seconded has another
	/// one's place: a confirmation goes by its hash.
	pub(super) fn hear(&mut self, statement: &SignedStatement) -> Result<Vec<Seen>, StatementError> {
		let before = self.refused.len();
		let candidate = match &statement.content {
			StatementContent::Seconded(seconded) => checked(seconded),
			StatementContent::Valid(hash) => {
				let known = self.candidate(*hash).cloned();
				known.unwrap_or_else(|| checked(&named(1, statement.scheduling_parent)))
			}
		};
		let effects = self.backing.heard(
			self.now,
			statement.scheduling_parent,
			statement.to_compact(),
			&candidate,
			&self.chain,
			&mut self.view,
			&mut self.out,
		);
		let seen = self.settle(effects);
		match self.refused.get(before) {
			Some((_, error)) => Err(error.clone()),
			None => Ok(seen),
		}
	}

	/// A validation ends; without outcome the code refuses the candidate.
	pub(super) fn validated(
		&mut self,
		candidate: CandidateHash,
		outcome: Option<ValidationResult>,
	) -> Vec<Seen> {
		let Some((id, job)) = self.validations.remove(&candidate) else {
			return Vec::new();
		};
		let mut world = World {
			refuse: outcome.is_none(),
			outcome,
			..World::of(self.own)
		};
		let signer = World::of(self.own);
		let (done, price) = job::run(job::Job::Validate(Box::new(job)), &mut world, &signer);
		assert!(price.bytes > 0, "it hashed the proof of validity");
		self.input(Input::Done(id, done))
	}

	/// A validator answers a request for a proof of validity. Without one it refuses.
	pub(super) fn answer(&mut self, from: u32, candidate: CandidateHash, pov: Option<Arc<PoV>>) -> Vec<Seen> {
		self.end_request(from, candidate, pov.ok_or(RequestFailure::Refused))
	}

	pub(super) fn end_request(
		&mut self,
		from: u32,
		candidate: CandidateHash,
		answer: Result<Arc<PoV>, RequestFailure>,
	) -> Vec<Seen> {
		let Some(id) = self.fetches.remove(&(candidate, from)) else {
			return Vec::new();
		};
		self.input(Input::Response(id, answer))
	}

	/// Does what is asked for until nothing is left to do.
	pub(super) fn settle(&mut self, effects: Vec<Effect>) -> Vec<Seen> {
		let mut seen = Vec::new();
		let mut effects: VecDeque<_> = effects.into();
		loop {
			let outputs: Vec<_> = self.out.drain().collect();
			let mut inputs = VecDeque::new();
			self.take_effects(&mut effects, &mut seen);
			for output in outputs {
				if self.is_crashed() {
					return seen;
				}
				inputs.extend(self.carry_out(output, &mut seen));
			}
			self.take_effects(&mut effects, &mut seen);
			if inputs.is_empty() && self.out.is_empty() {
				return seen;
			}
			for input in inputs {
				effects.extend(self.backing.handle(
					self.now,
					input,
					&self.chain,
					&mut self.view,
					&mut self.out,
				));
			}
		}
	}

	fn is_crashed(&mut self) -> bool {
		match &mut self.crashes_after {
			Some(0) => true,
			Some(left) => {
				*left -= 1;
				false
			}
			None => false,
		}
	}

	fn take_effects(&mut self, effects: &mut VecDeque<Effect>, seen: &mut Vec<Seen>) {
		while let Some(effect) = effects.pop_front() {
			match effect {
				Effect::Share {
					scheduling_parent,
					statement,
					candidate,
				} => {
					if self.is_crashed() {
						return effects.clear();
					}
					seen.push(Seen::Shared(as_shared(scheduling_parent, statement, &candidate)));
				}
				Effect::Validated { candidate, coded, .. } => {
					assert_eq!(
						coded.root,
						candidate.receipt().descriptor.erasure_root(),
						"R-BAK-2"
					);
					let mut batch = async_backing_machine::Batch::default();
					batch.put([b"av/", candidate.hash().0.as_bytes()].concat(), b"data".to_vec());
					self.out.store(batch);
					effects.extend(self.backing.data_stored(
						self.now,
						candidate.hash(),
						&self.chain,
						&mut self.view,
						&mut self.out,
					));
				}
				Effect::Seconded { .. } | Effect::Confirmed { .. } => self.stated.push(effect),
				Effect::Vouched { candidate, .. } => self.vouched.push(candidate),
				Effect::Lacking { candidate, .. } => self.lacking.push(candidate),
				other => seen.push(Seen::Effect(other)),
			}
		}
	}

	fn carry_out(
		&mut self,
		output: Output<BackingWords>,
		seen: &mut Vec<Seen>,
	) -> Option<Input<BackingWords>> {
		match output {
			Output::Request {
				id, peer, request, ..
			} => {
				let from = u32::try_from(peer.0 - 100).expect("a validator");
				let candidate = request.0;
				self.fetches.insert((candidate, from), id);
				seen.push(Seen::Fetch { candidate, from });
			}
			Output::Report(peer, Judgement::Cost(cost, _)) => self.reports.push((peer, cost)),
			Output::Job { id, job, .. } => return self.do_job(id, job, seen),
			Output::Cancel(id) => {
				let of = self.validations.iter().find(|(_, (job, _))| *job == id);
				let candidate = *of?.0;
				self.validations.remove(&candidate);
				seen.push(Seen::Cancelled(candidate));
				return Some(Input::Done(id, Err(JobFailure::Cancelled)));
			}
			Output::Store(id, batch) => {
				self.store.apply(&batch);
				return Some(Input::Stored(id));
			}
			Output::Event(crate::Event::Refused { validator, error }) => {
				self.refused.push((validator, error))
			}
			_ => {}
		}
		None
	}

	fn do_job(&mut self, id: JobId, job: job::Job, seen: &mut Vec<Seen>) -> Option<Input<BackingWords>> {
		self.jobs += 1;
		if self.fails.is_some_and(|fails| fails(&job)) {
			return Some(Input::Done(id, Err(JobFailure::Dropped)));
		}
		match &job {
			job::Job::Validate(validation) => {
				seen.push(Seen::Validate(validation.candidate));
				self.validations
					.insert(validation.candidate, (id, (**validation).clone()));
				return None;
			}
			job::Job::Sign { payload, .. } => self.signed.push(payload.clone()),
			job::Job::Recall(_) => {}
		}
		Some(Input::Done(id, self.run(job)))
	}

	/// Does a job.
	pub(super) fn run(&self, job: job::Job) -> Result<job::Done, JobFailure> {
		job::run(job, &mut World::of(self.own), &World::of(self.own)).0
	}

	/// The same validator after a crash: it knows what it stored, and nobody answers what it asked for.
	pub(super) fn restarted(&self, view: Script) -> Self {
		let mut node = Self::new(self.own, view);
		node.store = self.store.clone();
		node.out = Outbox::default().starting_at(1 << 32);
		node.input(Input::Restored(self.store.clone()));
		node
	}

	pub(super) fn candidate(&self, candidate: CandidateHash) -> Option<&Arc<Candidate>> {
		self.backing.candidate(candidate)
	}
}
