//! The world of backing: validators of changing sessions, collators and strangers, honest and not.

use super::{
	actors::{self, VALIDATORS},
	Block, Said, Who, Whole, WholeWords,
};
use crate::{
	job::{self, Execution, Executor, Signer},
	promises::STORE_PREFIX,
	PovRequest, StatementContent, MAX_WAITING_PER_PEER,
};
use async_backing_machine::{
	laws::{Act, Breach, Choices, Intent, Law, Open, Penalty, Promise, Reply, Stimulus, World},
	Input, Output, PeerId, RequestId,
};
use async_backing_primitives::{
	CandidateHash, Hash, HeadData, PersistedValidationData, PoV, ValidationCodeHash, ValidationResult,
	ValidatorId, ValidatorSignature,
};
use codec::{Decode, Encode};
use std::{collections::VecDeque, sync::Arc};

/// Peers at a time.
const MOST_PEERS: usize = 12;
/// Names of candidates.
const NAMES: u64 = 6;

/// The world of a [`Whole`].
#[derive(Debug, Default)]
pub struct Scene {
	newest: u32,
	/// Blocks that the core has not heard of since it started.
	untold: VecDeque<u32>,
	/// The newest block that it has heard of.
	told: Option<u32>,
	/// Whether it hears of one now, so that scopes change.
	is_block: bool,
	/// How many it has heard of: with each of them everybody is asked once more.
	blocks: u64,
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

impl Scene {
	/// A world with its first block.
	pub fn new() -> Self {
		Self {
			untold: [0].into(),
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

	/// Whether the core has this block in scope.
	fn is_in_scope(&self, block: u32) -> bool {
		self.told.is_some_and(|told| {
			block <= told
				&& told - block <= actors::PARAMS.1
				&& actors::session_of(told) == actors::session_of(block)
		})
	}

	fn statement(
		&self,
		peer: PeerId,
		open: &Open<WholeWords>,
		choices: &mut Choices<'_>,
	) -> Stimulus<WholeWords> {
		let (block, name) = (self.block(choices), choices.below(NAMES) as u8 + 1);
		let who = open.peers.get(&peer);
		let seconds = choices.flip();
		let say = |index, key| {
			let statement = actors::statement(name, block, index, key, seconds);
			Act::Message(peer, Said::Statement(Arc::new(statement)))
		};
		let Some(Who::Validator(key)) = who else {
			let index = choices.below(VALIDATORS.into()) as u8;
			let act = say(index, actors::key_at(block, index));
			return match self.is_in_scope(block) {
				true => Stimulus::hostile(act, Penalty::AtOnce),
				false => Stimulus::honest(act),
			};
		};
		let own = actors::index_of(block, *key);
		match choices.below(8) {
			// There is no such validator.
			0 if self.is_in_scope(block) => Stimulus::hostile(say(VALIDATORS, *key), Penalty::AtOnce),
			// Forged. It may be dropped before anybody looks at it.
			1 => {
				let index = (own + 1) % VALIDATORS;
				Stimulus::hostile(say(index, *key), Penalty::None)
			}
			_ => Stimulus::honest(say(own, *key)),
		}
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
			return Stimulus::honest(Act::Chain(Block(block)));
		}
		let kind = choices.below(16);
		let who = |choices: &mut Choices<'_>| match choices.below(10) {
			0 => Who::Stranger,
			1 | 2 => Who::Collator,
			_ => Who::Validator(choices.below(u64::from(VALIDATORS) - 1) as u8 + 1),
		};
		let Some(peer) = choices.pick_from(open.peers.keys()).copied() else {
			return Stimulus::honest(Act::Connect(who(choices)));
		};
		match kind {
			0..=7 => self.statement(peer, open, choices),
			8..=10 => self.collation(peer, open, choices),
			11..=12 if open.peers.len() < MOST_PEERS => Stimulus::honest(Act::Connect(who(choices))),
			13 => Stimulus::honest(Act::Request(peer, PovRequest(CandidateHash(Hash::zero())))),
			14 if choices.one_in(6) => {
				self.newest = self.newest.saturating_add(1);
				self.untold.push_back(self.newest);
				Stimulus::honest(Act::Nothing)
			}
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: job::Job, _: &mut Choices<'_>) -> job::Done {
		let (done, _) = job::run(job, &mut Machinery, &Machinery);
		done.expect("this machinery finishes what it begins; qed")
	}

	fn answer(
		&mut self,
		_: PeerId,
		request: &PovRequest,
		_: &Open<WholeWords>,
		choices: &mut Choices<'_>,
	) -> Reply<WholeWords> {
		let recent = self.newest.saturating_sub(6)..=self.newest;
		let names = 1..=(NAMES as u8);
		let name = recent
			.flat_map(|block| names.clone().map(move |name| (name, block)))
			.find(|(name, block)| actors::candidate_hash(*name, *block) == request.0)
			.map_or(0, |(name, _)| name);
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

	/// The bounds of [`Backing`](crate::Backing), where no candidate is larger than those of this world: what waits for its
	/// check, what each validator seconds and says too early in the scope of two leaves, and what this one promised at all
	/// blocks, because none is final. And the chain view.
	fn memory_bound(&self) -> usize {
		const ENTRIES: usize = 1024;
		let largest = actors::statement(1, 0, 0, 0, true).bytes() + ENTRIES;
		let (depth, ancestry) = actors::PARAMS;
		let (places, relay_parents) = (depth as usize + 1, 2 * (ancestry as usize + 1));
		let waiting = MOST_PEERS * MAX_WAITING_PER_PEER * largest;
		let of_group = 3 * places * ENTRIES;
		let seconded = usize::from(VALIDATORS) * relay_parents * (places * largest + of_group);
		let promised = (self.newest as usize + 1) * places * ENTRIES;
		waiting + seconded + promised + (1 << 18)
	}

	/// What the own chain says of a block, and the sessions that come of it.
	fn allowance(&self, input: &Input<WholeWords>) -> usize {
		match input {
			Input::Chain(_) => 1 << 20,
			Input::Restored(_) => 1 << 20,
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
		let candidate = statement.content.to_compact().candidate_hash();
		let seconds = matches!(statement.content, StatementContent::Seconded(_));
		vec![Promise {
			key: (statement.scheduling_parent, candidate).encode(),
			// Another signature would be another statement (R-TAB-3).
			value: (seconds, &statement.signature).encode(),
		}]
	}

	fn remembers(&self, whole: &Whole, promise: &Promise) -> bool {
		<(Hash, CandidateHash)>::decode(&mut &promise.key[..])
			.is_ok_and(|id| whole.backing.has_promised(id.0, id.1))
	}

	fn is_right_peer(&self, peer: PeerId, request: &PovRequest, open: &Open<WholeWords>) -> bool {
		let Some(Who::Validator(key)) = open.peers.get(&peer) else {
			return false;
		};
		let recent = self.newest.saturating_sub(6)..=self.newest;
		let names = 1..=(NAMES as u8);
		let block = recent
			.flat_map(|block| names.clone().map(move |name| (name, block)))
			.find(|(name, block)| actors::candidate_hash(*name, *block) == request.0)
			.map(|(_, block)| block);
		// A backer is in the first group of the session of the relay parent.
		block.is_some_and(|block| actors::index_of(block, *key) < 3)
	}

	fn told(&mut self, input: &Input<WholeWords>, _: &Open<WholeWords>) {
		self.is_block = false;
		if let Input::Chain(Block(block)) = input {
			(self.told, self.is_block) = (Some(*block), true);
			self.blocks = self.blocks.saturating_add(1);
		}
	}

	fn judge(
		&mut self,
		whole: &Whole,
		outputs: &[Output<WholeWords>],
		open: &Open<WholeWords>,
	) -> Result<(), Breach> {
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
					let candidate = statement.content.to_compact().candidate_hash();
					let id = (statement.scheduling_parent, candidate).encode();
					let is_stored = |kind: &[u8]| {
						open.stored
							.0
							.contains_key(&[STORE_PREFIX, kind, &id[..]].concat())
					};
					let has_data = open.stored.0.contains_key(&actors::data_key(candidate));
					if !(is_stored(b"i/") && is_stored(b"s/") && has_data) {
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
		self.told = None;
		self.untold = (self.newest.saturating_sub(4)..=self.newest).collect();
	}
}
