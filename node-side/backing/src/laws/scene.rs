//! The world of backing: validators of changing sessions, collators and strangers, honest and not.

use super::{
	actors::{self, VALIDATORS},
	Happening, Said, Who, Whole, WholeWords,
};
use crate::{
	job::{self, Execution, Executor, Signer},
	promises::{PromiseId, LONGEST_ANCESTRY, STORE_PREFIX},
	PovRequest,
};
use async_backing_execution_context::InputMismatch;
use async_backing_machine::{
	laws::{Act, Breach, Choices, Intent, Law, Open, Penalty, Promise, Reply, Stimulus, World},
	Input, JobId, Output, PeerEvent, PeerId, RequestId,
};
use async_backing_primitives::{
	CandidateHash, CompactStatement, Hash, HeadData, PersistedValidationData, PoV, ValidationCodeHash,
	ValidationResult, ValidatorId, ValidatorSignature,
};
use codec::{Decode, Encode};
use std::{
	collections::{BTreeSet, VecDeque},
	sync::Arc,
};

/// Peers at a time.
const MOST_PEERS: usize = 12;
/// Names of candidates.
const NAMES: u64 = 6;
/// Candidates that nobody has heard of: more than one validator may vote for so early.
const UNHEARD: u64 = 40;
/// Blocks of which one is skipped to, as after a long sleep: more than what is promised binds for.
const SLEEP: u32 = 300;
/// Votes that make a candidate backable.
const QUORUM: usize = 2;
/// What the chain view takes, and maps, at rest.
const REST: usize = 256 * 1024;

/// The world of a [`Whole`].
#[derive(Debug, Default)]
pub struct Scene {
	newest: u32,
	/// All blocks so far.
	made: VecDeque<u32>,
	/// Blocks that the core has not heard of since it started.
	untold: VecDeque<u32>,
	/// The newest block that it has heard of.
	pub(super) told: Option<u32>,
	/// Whether it hears of one now, so that scopes change.
	pub(super) is_block: bool,
	/// How many it has heard of: with each of them everybody is asked once more.
	blocks: u64,
	/// The newest final block.
	finalized: u32,
	/// The same, if the core has heard of it since it started.
	finalized_here: u32,
	/// The same, when it heard of the newest leaf.
	pub(super) finalized_at_leaf: u32,
	/// Something was found to be wrong: somebody is to be named now.
	pub(super) is_due: bool,
	/// Jobs that were of use when the last input had been handled.
	wanted: BTreeSet<JobId>,
	/// What was shared so far.
	pub(super) shared: BTreeSet<PromiseId>,
}

/// Runs what candidates of this world do, and signs with the own key.
struct Machinery;

impl Executor for Machinery {
	fn execute(
		&mut self,
		_: CandidateHash,
		_: ValidationCodeHash,
		_: &PersistedValidationData,
		pov: &PoV,
	) -> Execution {
		let head = pov.block_data.0.first().copied().unwrap_or_default();
		let outcome = match head % 6 {
			5 => Err("it is wrong".into()),
			_ => Ok(ValidationResult {
				head_data: HeadData(vec![head]),
				..Default::default()
			}),
		};
		Execution { outcome, fuel: 1 }
	}
}

impl Signer for Machinery {
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature> {
		let key = actors::key_of(validator)?;
		(key == actors::OWN).then(|| actors::sign(key, payload))
	}
}

fn is_seconded(said: CompactStatement) -> bool {
	matches!(said, CompactStatement::Seconded(_))
}

impl Scene {
	/// A world with its first block.
	pub fn new() -> Self {
		Self {
			untold: [0].into(),
			made: [0].into(),
			..Self::default()
		}
	}

	/// Mostly one in scope.
	fn block(&self, choices: &mut Choices<'_>) -> u32 {
		let back = u32::try_from(choices.below(5)).unwrap_or_default();
		match choices.one_in(12) {
			true => self.newest.saturating_add(1),
			false => self.newest.saturating_sub(back),
		}
	}

	/// What a validator states; who is none, statement distribution does not listen to.
	fn statement(
		&self,
		peer: PeerId,
		open: &Open<WholeWords>,
		choices: &mut Choices<'_>,
	) -> Stimulus<WholeWords> {
		let Some(Who::Validator(key)) = open.peers.get(&peer) else {
			return Stimulus::honest(Act::Nothing);
		};
		let (block, name) = (self.block(choices), choices.below(NAMES) as u8 + 1);
		let own = actors::index_of(block, *key);
		let stated = match open.loud.is_some() && !choices.one_in(4) {
			true => actors::blind_vote(choices.below(UNHEARD), block, own, *key),
			false => actors::statement(name, block, own, *key, choices.flip()),
		};
		Stimulus::honest(Act::Message(peer, Said::Statement(Arc::new(stated))))
	}

	fn collation(
		&self,
		peer: PeerId,
		open: &Open<WholeWords>,
		choices: &mut Choices<'_>,
	) -> Stimulus<WholeWords> {
		if open.peers.get(&peer) != Some(&Who::Collator) {
			return Stimulus::honest(Act::Nothing);
		}
		let (block, name) = (self.block(choices), choices.below(NAMES) as u8 + 1);
		let (pov, intent) = match choices.below(6) {
			0 => (actors::pov(name + 1), Intent::Hostile(Penalty::None)),
			1 => {
				let mut pov = actors::pov(name);
				pov.block_data.0.resize(100_000, 0);
				(pov, Intent::Hostile(Penalty::None))
			}
			_ => (actors::pov(name), Intent::Honest),
		};
		let collation = Box::new(actors::collation(name, block, pov));
		Stimulus {
			act: Act::Message(peer, Said::Collation(collation)),
			intent,
		}
	}
}

impl World for Scene {
	type Core = Whole;

	fn core(&mut self) -> Whole {
		Whole::default()
	}

	fn next(&mut self, open: &Open<WholeWords>, choices: &mut Choices<'_>) -> Stimulus<WholeWords> {
		if let Some(block) = self.untold.pop_front() {
			return Stimulus::honest(Act::Chain(Happening::Block(block)));
		}
		let kind = choices.below(16);
		let who = |choices: &mut Choices<'_>| match choices.below(10) {
			0 => Who::Stranger,
			1 | 2 => Who::Collator,
			_ => Who::Validator(choices.below(u64::from(VALIDATORS) - 1) as u8 + 1),
		};
		let Some(peer) = open.speaker(choices) else {
			return Stimulus::honest(Act::Connect(who(choices)));
		};
		match kind {
			_ if open.loud.is_some() && !choices.one_in(8) => self.statement(peer, open, choices),
			0..=7 => self.statement(peer, open, choices),
			8..=10 => self.collation(peer, open, choices),
			11..=12 if open.peers.len() < MOST_PEERS => Stimulus::honest(Act::Connect(who(choices))),
			13 => Stimulus::honest(Act::Request(peer, PovRequest(CandidateHash(Hash::zero())))),
			14 if choices.flip() => {
				let more = if choices.one_in(24) { SLEEP } else { 1 };
				self.newest = self.newest.saturating_add(more);
				self.untold.push_back(self.newest);
				self.made.push_back(self.newest);
				Stimulus::honest(Act::Nothing)
			}
			15 if choices.one_in(12) && self.newest > self.finalized.saturating_add(6) => {
				Stimulus::honest(Act::Chain(Happening::Final(self.newest.saturating_sub(5))))
			}
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: job::Job, _: &mut Choices<'_>) -> job::Done {
		let (done, _) = job::run(job, &mut Machinery, &Machinery);
		let done = done.expect("this machinery finishes what it begins; qed");
		if let job::Done::Validated(Err(job::Invalid::Inputs(InputMismatch::Pov { .. }))) = &done {
			self.is_due = true;
		}
		done
	}

	fn answer(
		&mut self,
		_: PeerId,
		request: &PovRequest,
		_: &Open<WholeWords>,
		choices: &mut Choices<'_>,
	) -> Reply<WholeWords> {
		let name = actors::find(request.0).map_or(0, |(name, _)| name);
		let (pov, intent) = match choices.below(8) {
			0 => (actors::pov(name + 1), Intent::Hostile(Penalty::None)),
			1 => {
				let mut pov = actors::pov(name);
				pov.block_data.0.resize(100_000, 0);
				(pov, Intent::Hostile(Penalty::AtOnce))
			}
			_ => (actors::pov(name), Intent::Honest),
		};
		Reply {
			response: Arc::new(pov),
			intent,
		}
	}

	/// The bounds of [`Backing`](crate::Backing), where no candidate is larger than those of this world: what each validator
	/// seconds and says too early in the scope of two leaves, and what this one promised at all blocks, because none is final.
	/// And the chain view.
	fn memory_bound(&self) -> usize {
		const ENTRIES: usize = 1024;
		let largest = actors::statement(1, 0, 0, 0, true).candidate.bytes() + ENTRIES;
		let (depth, ancestry) = actors::PARAMS;
		let (places, relay_parents) = (depth as usize + 1, 2 * (ancestry as usize + 1));
		let of_group = 3 * places * ENTRIES;
		let seconded = usize::from(VALIDATORS) * relay_parents * (places * largest + of_group);
		let promised = self.made.len() * places * ENTRIES;
		seconded + promised + (1 << 18)
	}

	/// What is promised and in scope, as the core counts it, and the chain view.
	fn rest_bound(&self, whole: &Whole) -> usize {
		whole.backing.held() + whole.backing.promise_count() * 1024 + REST
	}

	fn taken_for_open(&self, whole: &Whole) -> usize {
		whole.backing.taken_for_open()
	}

	fn timers_of_use(&self, whole: &Whole) -> Option<usize> {
		Some(whole.backing.timers_of_use())
	}

	fn is_of_use(&self, whole: &Whole, job: JobId) -> bool {
		whole.backing.is_of_use(job)
	}

	/// Nothing that a peer states is hashed.
	fn light(&self) -> usize {
		0
	}

	/// What the own chain says of a block, and the sessions that come of it. A collation's receipt is hashed, by the
	/// neighbour of backing that hands it over, and by backing.
	fn allowance(&self, input: &Input<WholeWords>) -> usize {
		match input {
			Input::Chain(_) => 1 << 20,
			Input::Restored(_) => 1 << 20,
			Input::Peer(_, PeerEvent::Message(Said::Collation(_))) => 2048,
			_ => 0,
		}
	}

	fn has_successor(
		&self,
		whole: &Whole,
		request: &PovRequest,
		tried: &[PeerId],
		_: &Open<WholeWords>,
	) -> bool {
		let may_be_asked = whole.backing.may_be_asked(request.0, &whole.chain);
		may_be_asked.iter().any(|peer| !tried.contains(peer))
	}

	fn round(&self, _: &Whole, _: &PovRequest) -> u64 {
		self.blocks
	}

	fn is_stranger(&self, peer: PeerId, open: &Open<WholeWords>) -> bool {
		open.peers.get(&peer) == Some(&Who::Stranger)
	}

	fn is_awaited(&self, whole: &Whole, request: RequestId) -> bool {
		whole.backing.awaits(request)
	}

	/// A place for an execution may have become free, and room in the outbox; [`judge`](Self::judge) sees to it that
	/// nothing is sent or asked that was not checked and stored.
	fn would_come_anyway(&self, output: &Output<WholeWords>) -> bool {
		matches!(output, Output::Request { .. } | Output::Notify(..))
	}

	fn promises(&self, output: &Output<WholeWords>) -> Vec<Promise> {
		let Output::Notify(_, Said::Statement(statement)) = output else {
			return Vec::new();
		};
		// Another signature would be another statement (R-TAB-3).
		let (said, signature) = (statement.statement.statement, &statement.statement.signature);
		vec![Promise {
			key: (statement.scheduling_parent, said.candidate_hash()).encode(),
			value: (is_seconded(said), signature).encode(),
		}]
	}

	fn remembers(&self, whole: &Whole, promise: &Promise) -> bool {
		<(Hash, CandidateHash)>::decode(&mut &promise.key[..]).is_ok_and(|id| {
			let is_old = actors::number(id.0).saturating_add(LONGEST_ANCESTRY) < self.finalized;
			is_old || whole.backing.has_promised(id.0, id.1)
		})
	}

	fn is_right_peer(&self, peer: PeerId, request: &PovRequest, open: &Open<WholeWords>) -> bool {
		let Some(Who::Validator(key)) = open.peers.get(&peer) else {
			return false;
		};
		// A backer is in the first group of the session of the relay parent.
		actors::find(request.0).is_some_and(|(_, block)| actors::index_of(block, *key) < 3)
	}

	fn told(&mut self, input: &Input<WholeWords>, _: &Open<WholeWords>) {
		self.is_block = false;
		match input {
			Input::Chain(Happening::Block(block)) => {
				(self.told, self.is_block) = (Some(*block), true);
				self.blocks = self.blocks.saturating_add(1);
				self.finalized_at_leaf = self.finalized_here;
			}
			Input::Chain(Happening::Final(block)) => {
				(self.finalized, self.finalized_here, self.is_block) = (*block, *block, true);
			}
			// Nobody need look at what came of a job that is of no use any more.
			Input::Done(id, _) if !self.wanted.contains(id) => self.is_due = false,
			_ => {}
		}
	}

	fn judge(
		&mut self,
		whole: &Whole,
		outputs: &[Output<WholeWords>],
		open: &Open<WholeWords>,
	) -> Result<(), Breach> {
		self.judge_blame(outputs, open)?;
		self.judge_bounds(whole, open)?;
		self.judge_promises(whole, outputs, open)?;
		for (candidate, scheduling_parent) in &whole.announced {
			let backed = whole.backing.backed(*scheduling_parent, *candidate);
			if backed.is_none_or(|backed| backed.validity_votes.len() < QUORUM) {
				return Err(Breach::new(
					Law::Checked,
					"a candidate is backable that too few have stated",
				));
			}
		}
		let jobs = open
			.jobs
			.keys()
			.copied()
			.filter(|job| whole.backing.is_of_use(*job));
		let new = outputs.iter().filter_map(|output| match output {
			Output::Job { id, .. } => Some(*id),
			_ => None,
		});
		self.wanted = jobs.chain(new).collect();
		if let Some(candidate) = whole
			.backing
			.lacking(&whole.chain)
			.find(|candidate| !whole.lacking.contains(candidate))
		{
			return Err(Breach::new(
				Law::Ends,
				format!("collators are to hand {candidate} over, and nobody was told"),
			));
		}
		for output in outputs {
			match output {
				Output::Request {
					request: PovRequest(candidate),
					..
				} if !self.is_block && whole.backing.candidate(*candidate).is_none() => {
					return Err(Breach::new(
						Law::Checked,
						"a proof of validity is asked for what nobody seconded",
					));
				}
				Output::Notify(_, Said::Statement(statement)) => {
					let said = statement.statement.statement;
					let candidate = said.candidate_hash();
					let id = (statement.scheduling_parent, candidate).encode();
					let is_stored = |kind: &[u8]| {
						open.stored
							.0
							.contains_key(&[STORE_PREFIX, kind, &id[..]].concat())
					};
					let has_data = open.stored.0.contains_key(&actors::data_key(candidate));
					let has_content = !is_seconded(said) || is_stored(b"c/");
					if !(is_stored(b"i/") && is_stored(b"s/") && has_data && has_content) {
						return Err(Breach::new(
							Law::Restart,
							"a statement is shared before it, or the data that it is about, is stored",
						));
					}
				}
				_ => {}
			}
		}
		Ok(())
	}

	fn crashed(&mut self) {
		(self.told, self.is_due) = (None, false);
		(self.finalized_here, self.finalized_at_leaf) = (0, 0);
		self.shared.clear();
		let old = self.made.len().saturating_sub(4);
		self.untold = self.made.iter().skip(old).copied().collect();
	}
}
