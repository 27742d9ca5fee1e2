//! One validator whose driver does everything at once, and writes down what it does.

use super::fixture::*;
use crate::{
	recording::{Noting, Recorder},
	work::{self, Ballots, Execution, ExecutionFailure, Executor, Price, Signer},
	Done, Event, Job, Message, NodePeer, NodeWords, Request, Response, Validator, ValidatorConfig,
};
use async_backing_backing::job;
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_machine::{
	Core, Input, Instant, JobFailure, JobId, Judgement, Outbox, Output, PeerEvent, PeerId, Recipients,
	Refusal, RequestFailure, RequestId, Snapshot, Ticket, TimerId,
};
use async_backing_primitives::{
	meter, CandidateHash, CompactStatement, Hash, LeafFacts, PersistedValidationData, PoV, PvfCheckStatement,
	SignedCompactStatement, ValidationCodeHash, ValidationResult, ValidatorId, ValidatorSignature,
};
use async_backing_provisioner::Proposal;
use async_backing_statement_distribution::Attested;
use async_backing_wire::AttestedCandidateRequest;
use sp_core::Pair;
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
};

pub(super) type Outputs = Vec<Output<NodeWords>>;

/// Knows what candidates give.
#[derive(Clone, Debug, Default)]
pub(super) struct Results {
	pub(super) known: BTreeMap<CandidateHash, Result<ValidationResult, ExecutionFailure>>,
	pub(super) executed: Vec<CandidateHash>,
	/// What preparations come to; of codes that are not here, to nothing wrong.
	pub(super) codes: BTreeMap<ValidationCodeHash, Result<(), ExecutionFailure>>,
	pub(super) prepared: Vec<ValidationCodeHash>,
}

impl Executor for Results {
	fn prepare(&mut self, code: ValidationCodeHash, _: Hash) -> Result<(), ExecutionFailure> {
		self.prepared.push(code);
		self.codes.get(&code).cloned().unwrap_or(Ok(()))
	}

	fn execute(
		&mut self,
		candidate: CandidateHash,
		_: ValidationCodeHash,
		_: &PersistedValidationData,
		_: &PoV,
	) -> Execution {
		self.executed.push(candidate);
		let unknown = || Err("nobody knows what it gives".into());
		Execution {
			outcome: self.known.get(&candidate).cloned().unwrap_or_else(unknown),
			fuel: 1000,
		}
	}
}

/// All keys of the fixture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys;

/// What was handed over to the chain.
#[derive(Clone, Debug, Default)]
pub(super) struct Urn(pub(super) Vec<(PvfCheckStatement, ValidatorSignature)>);

impl Ballots for Urn {
	fn submit(
		&mut self,
		_: Hash,
		statement: PvfCheckStatement,
		signature: ValidatorSignature,
	) -> Result<(), String> {
		self.0.push((statement, signature));
		Ok(())
	}
}

impl Signer for Keys {
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature> {
		(0..40).map(pair).find_map(|pair| {
			(ValidatorId::from(pair.public()) == *validator).then(|| pair.sign(payload).into())
		})
	}
}

/// A validator and its driver.
#[derive(Debug)]
pub(super) struct Solo {
	pub(super) index: u8,
	pub(super) core: Validator,
	pub(super) out: Outbox<NodeWords>,
	pub(super) now: Instant,
	pub(super) results: Results,
	pub(super) ballots: Urn,
	pub(super) stored: Snapshot,
	pub(super) timers: BTreeMap<TimerId, Instant>,
	/// Jobs are not done until somebody says so.
	pub(super) holds_jobs: bool,
	pub(super) held: VecDeque<(JobId, Job)>,
	/// What was signed.
	pub(super) signed: Vec<Vec<u8>>,
	pub(super) price: Price,
	/// Most bytes that were hashed, coded or verified while one input was handled.
	pub(super) heaviest: u64,
	/// Validators that are connected.
	pub(super) colleagues: BTreeSet<PeerId>,
	/// Blocks that they see, the newest first.
	pub(super) heads: Vec<Hash>,
	/// Whoever is asked for a candidate that was stated hands it over, with these statements.
	pub(super) told: BTreeMap<CandidateHash, Vec<SignedCompactStatement>>,
	/// Nobody does.
	pub(super) is_alone: bool,
	/// What is recorded of it.
	pub(super) tape: Option<Recorder<Vec<u8>>>,
}

impl Solo {
	/// Knows nobody and no block.
	pub(super) fn fresh(index: u8) -> Self {
		Self {
			index,
			core: validator(index),
			out: Outbox::default(),
			now: NOW,
			results: Results::default(),
			ballots: Urn::default(),
			stored: Snapshot::default(),
			timers: BTreeMap::new(),
			holds_jobs: false,
			held: VecDeque::new(),
			signed: Vec::new(),
			price: Price::default(),
			heaviest: 0,
			colleagues: BTreeSet::new(),
			heads: Vec::new(),
			told: BTreeMap::new(),
			is_alone: false,
			tape: None,
		}
	}

	/// Is recorded from here on.
	pub(super) fn record(&mut self) {
		let config = ValidatorConfig::new(key(self.index));
		let mut tape = Recorder::new(Vec::new(), &config).expect("memory takes all");
		tape.started();
		self.tape = Some(tape);
	}

	/// Knows all other validators, a declared collator of the para, and this leaf.
	pub(super) fn at(index: u8, leaf: &LeafFacts) -> Self {
		let mut solo = Self::fresh(index);
		solo.meet_all();
		solo.import(leaf);
		solo
	}

	pub(super) fn meet_all(&mut self) {
		let own = self.index;
		for other in (0..VALIDATORS).filter(|other| *other != own) {
			self.connect(peer(other), Identity::of(key(other)));
		}
		self.join(COLLATOR);
	}

	/// A collator of the para opens a stream and declares itself.
	pub(super) fn join(&mut self, id: PeerId) -> Outputs {
		let mut outputs = self.connect(id, collator(id));
		outputs.extend(self.say(id, declare(id, PARA)));
		outputs
	}

	pub(super) fn knows(mut self, candidates: &[&Candidate]) -> Self {
		for candidate in candidates {
			self.results
				.known
				.insert(candidate.hash(), Ok(candidate.result()));
		}
		self
	}

	/// Gives an input, does what can be done at once, and returns the rest.
	pub(super) fn give(&mut self, input: Input<NodeWords>) -> Outputs {
		self.go_on(VecDeque::from([input]))
	}

	fn go_on(&mut self, mut inputs: VecDeque<Input<NodeWords>>) -> Outputs {
		let mut rest = Vec::new();
		loop {
			while let Some(output) = self.out.pop() {
				match output {
					Output::Store(id, batch) => {
						self.stored.apply(&batch);
						inputs.push_back(Input::Stored(id));
					}
					// Nobody waits for codes: they are ready when a candidate comes. What is hashed is quick.
					Output::Job { id, job, .. }
						if self.holds_jobs && !matches!(job, Job::Code(_) | Job::CheckCollation(_)) =>
					{
						self.held.push_back((id, job));
					}
					Output::Job { id, job, .. } => {
						let done = self.work(job);
						inputs.push_back(Input::Done(id, done));
					}
					Output::SetTimer(id, at) => {
						self.timers.insert(id, at);
					}
					Output::ClearTimer(id) => {
						self.timers.remove(&id);
					}
					Output::Request {
						id,
						request: Request::Attested(request),
						..
					} if !self.is_alone && stated(request.candidate_hash).is_some() => {
						let attested =
							stated(request.candidate_hash).map(|stated| self.attested(&stated, &request));
						let answer = attested.ok_or(RequestFailure::Refused);
						inputs.push_back(Input::Response(id, answer.map(Response::Attested)));
					}
					output => rest.push(output),
				}
			}
			let Some(input) = inputs.pop_front() else {
				return rest;
			};
			let before = meter::bytes();
			match &mut self.tape {
				Some(tape) => tape.handle(&mut self.core, self.now, input, &mut self.out),
				None => self.core.handle(self.now, input, &mut self.out),
			}
			self.heaviest = self.heaviest.max(meter::bytes() - before);
		}
	}

	/// A candidate as whoever is asked for it hands it over.
	fn attested(&self, candidate: &Candidate, request: &AttestedCandidateRequest) -> Attested {
		let is_masked = |statement: &SignedCompactStatement| {
			let masked = match statement.statement {
				CompactStatement::Seconded(_) => &request.mask.seconded_in_group,
				CompactStatement::Valid(_) => &request.mask.validated_in_group,
			};
			masked
				.get(statement.validator_index.as_usize())
				.is_some_and(|bit| *bit)
		};
		let told = self.told.get(&candidate.hash()).into_iter().flatten();
		Attested {
			receipt: Arc::new(candidate.receipt.clone()),
			validation_data: Arc::new(candidate.validation_data.clone()),
			statements: told.filter(|statement| !is_masked(statement)).cloned().collect(),
		}
	}

	/// Hears of a candidate of the first group with these votes, along the grid.
	pub(super) fn learn(&mut self, candidate: &Candidate, votes: &[(u8, bool)]) -> Outputs {
		for (voter, seconds) in votes {
			statement(candidate, *voter, *seconds);
		}
		let statements = votes
			.iter()
			.map(|(voter, seconds)| signed(candidate, *voter, *seconds));
		self.told.insert(candidate.hash(), statements.collect());
		let teller = peer(teller(self.index));
		self.say(teller, manifest(candidate, votes))
	}

	/// Hears another vote about it.
	pub(super) fn learn_more(&mut self, candidate: &Candidate, voter: u8) -> Outputs {
		let teller = peer(teller(self.index));
		self.say(teller, statement(candidate, voter, false))
	}

	/// All others see what this validator sees.
	fn all_see(&mut self) -> Outputs {
		let heads = self.heads.clone();
		let mut outputs = Vec::new();
		if !heads.is_empty() {
			for other in self.colleagues.clone() {
				outputs.extend(self.say(other, sees(heads.clone())));
			}
		}
		outputs
	}

	fn work(&mut self, job: Job) -> Result<Done, JobFailure> {
		match &job {
			Job::Backing(job::Job::Sign { payload, .. }) | Job::SignBitfield { payload, .. } => {
				self.signed.push(payload.clone());
			}
			_ => {}
		}
		let (done, price) = match &mut self.tape {
			Some(tape) => {
				let mut executor = Noting {
					executor: &mut self.results,
					notes: tape.notes(),
				};
				work::run(job, &mut executor, &Keys, &mut self.ballots)
			}
			None => work::run(job, &mut self.results, &Keys, &mut self.ballots),
		};
		self.price.fuel += price.fuel;
		self.price.bytes += price.bytes;
		self.price.signatures += price.signatures;
		done
	}

	/// Does the oldest job that is held.
	pub(super) fn work_next(&mut self) -> Option<Outputs> {
		let (id, job) = self.held.pop_front()?;
		let done = self.work(job);
		Some(self.give(Input::Done(id, done)))
	}

	/// Jobs held that execute something.
	pub(super) fn executing(&self) -> usize {
		let jobs = self.held.iter();
		jobs.filter(|(_, job)| matches!(job, Job::Backing(job::Job::Validate(_))))
			.count()
	}

	/// Imports a block, which all others have.
	pub(super) fn import(&mut self, facts: &LeafFacts) -> Outputs {
		let imported = ChainEvent::Imported {
			facts: Arc::new(facts.clone()),
			fresh: true,
		};
		let mut outputs = self.give(Input::Chain(imported.into()));
		self.heads.insert(0, facts.block.hash);
		if !self.is_alone {
			outputs.extend(self.all_see());
		}
		outputs
	}

	pub(super) fn connect(&mut self, peer: PeerId, who: impl Into<NodePeer>) -> Outputs {
		let who = who.into();
		let is_colleague = !who.identity.authorities.is_empty();
		let mut outputs = self.give(Input::Peer(peer, PeerEvent::Connected(who)));
		if is_colleague && self.colleagues.insert(peer) && !self.heads.is_empty() && !self.is_alone {
			outputs.extend(self.say(peer, sees(self.heads.clone())));
		}
		outputs
	}

	pub(super) fn say(&mut self, peer: PeerId, message: Message) -> Outputs {
		self.give(Input::Peer(peer, PeerEvent::Message(message)))
	}

	pub(super) fn ask(&mut self, peer: PeerId, ticket: u64, request: Request) -> Result<Response, Refusal> {
		let outputs = self.give(Input::Request(peer, Ticket(ticket), request));
		answers(&outputs)
			.into_iter()
			.find_map(|(id, answer)| (id == Ticket(ticket)).then_some(answer))
			.expect("each ticket is answered")
	}

	pub(super) fn answer(&mut self, id: RequestId, answer: Result<Response, RequestFailure>) -> Outputs {
		self.give(Input::Response(id, answer))
	}

	/// Moves on in time; timers run out one by one.
	pub(super) fn wait(&mut self, until: Instant) -> Outputs {
		let mut outputs = Vec::new();
		while let Some((id, at)) = self
			.timers
			.iter()
			.map(|(id, at)| (*id, *at))
			.min_by_key(|(id, at)| (*at, *id))
			.filter(|(_, at)| *at <= until)
		{
			self.timers.remove(&id);
			self.now = self.now.max(at);
			outputs.extend(self.give(Input::Timer(id)));
		}
		self.now = self.now.max(until);
		outputs
	}

	pub(super) fn propose(&mut self, parent: Hash, slot: u64) -> Proposal {
		let proposing = crate::Proposing { parent, slot };
		let id = async_backing_machine::ProposeId(slot);
		let outputs = self.give(Input::Propose(id, proposing, self.now));
		let proposal = outputs.into_iter().find_map(|output| match output {
			Output::Proposal(for_id, proposal) if for_id == id => Some(proposal),
			_ => None,
		});
		proposal.expect("each is answered")
	}

	/// The validator's process ends; another one begins with what was stored.
	pub(super) fn crash(&mut self) -> Outputs {
		let first = self.timers.keys().last().map_or(0, |id| id.0) + 1_000_000;
		self.core = validator(self.index);
		self.colleagues.clear();
		self.heads.clear();
		self.out = Outbox::default().starting_at(first);
		self.timers.clear();
		self.held.clear();
		if let Some(tape) = &mut self.tape {
			tape.started();
		}
		self.give(Input::Restored(self.stored.clone()))
	}
}

pub(super) fn requests(outputs: &[Output<NodeWords>]) -> Vec<(RequestId, PeerId, Request)> {
	let requests = outputs.iter().filter_map(|output| match output {
		Output::Request {
			id, peer, request, ..
		} => Some((*id, *peer, request.clone())),
		_ => None,
	});
	requests.collect()
}

pub(super) fn reports(outputs: &[Output<NodeWords>]) -> Vec<(PeerId, Judgement)> {
	let reports = outputs.iter().filter_map(|output| match output {
		Output::Report(peer, judgement) => Some((*peer, *judgement)),
		_ => None,
	});
	reports.collect()
}

/// Reports of costs.
pub(super) fn costs(outputs: &[Output<NodeWords>]) -> Vec<(PeerId, &'static str)> {
	let costs = reports(outputs)
		.into_iter()
		.filter_map(|(peer, judgement)| match judgement {
			Judgement::Cost(_, reason) => Some((peer, reason)),
			Judgement::Gain(..) => None,
		});
	costs.collect()
}

/// What other validators hear, but for what this one sees.
pub(super) fn said(outputs: &[Output<NodeWords>]) -> Vec<(Vec<PeerId>, Message)> {
	let said = outputs.iter().filter_map(|output| match output {
		Output::Notify(_, Message::Collation(_)) => None,
		Output::Notify(_, message) if message.kind() == "validation view" => None,
		Output::Notify(to, message) => Some((Recipients::as_slice(to).to_vec(), message.clone())),
		_ => None,
	});
	said.collect()
}

/// What collators hear.
pub(super) fn told(outputs: &[Output<NodeWords>]) -> Vec<(Vec<PeerId>, Vec<u8>)> {
	let told = outputs.iter().filter_map(|output| match output {
		Output::Notify(to, Message::Collation(bytes)) => Some((to.as_slice().to_vec(), bytes.clone())),
		_ => None,
	});
	told.collect()
}

/// Who is let go.
pub(super) fn partings(outputs: &[Output<NodeWords>]) -> Vec<PeerId> {
	let parted = outputs.iter().filter_map(|output| match output {
		Output::Disconnect(peer) => Some(*peer),
		_ => None,
	});
	parted.collect()
}

pub(super) fn statements(outputs: &[Output<NodeWords>]) -> Vec<Message> {
	let said = said(outputs).into_iter().map(|(_, message)| message);
	said.filter(|message| as_statement(message).is_some()).collect()
}

pub(super) fn answers(outputs: &[Output<NodeWords>]) -> Vec<(Ticket, Result<Response, Refusal>)> {
	let answers = outputs.iter().filter_map(|output| match output {
		Output::Respond(ticket, answer) => Some((*ticket, answer.clone())),
		_ => None,
	});
	answers.collect()
}

pub(super) fn events(outputs: &[Output<NodeWords>]) -> Vec<Event> {
	let events = outputs.iter().filter_map(|output| match output {
		Output::Event(event) => Some(event.clone()),
		_ => None,
	});
	events.collect()
}

pub(super) fn is_backable(outputs: &[Output<NodeWords>], candidate: &Candidate) -> bool {
	events(outputs).contains(&Event::Backable(candidate.hash()))
}
