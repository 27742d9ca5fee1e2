//! The world: validators of changing sessions and strangers, honest and not.

use super::{
	whole::{frontier, OWN, SETTING},
	Happening, Who, Whole, WholeWords,
};
use crate::{
	actors,
	filter::{Filter, Kind, StatementSet},
	job, Attested, Grid,
};
use async_backing_machine::{
	laws::{Act, Breach, Choices, Intent, Law, Open, Penalty, Reply, Stimulus, World},
	Input, JobId, Output, PeerId, RequestId,
};
use async_backing_primitives::{StatementDistributionMessage as Message, StatementFilter, ValidatorIndex};
use async_backing_wire::{AttestedCandidateRequest, View};

/// Peers at a time.
const MOST_PEERS: usize = 14;
/// Names of candidates of a group at a block.
const NAMES: u64 = 4;
/// The same, of one who is loud.
const LOUD_NAMES: u64 = 120;
/// What the chain view takes, and maps.
const CHAIN: usize = 512 * 1024;

/// The world of a [`Whole`].
#[derive(Debug, Default)]
pub struct Scene {
	newest: u32,
	untold: Vec<u32>,
	told: Option<u32>,
}

type Choice<'a, 'b> = &'a mut Choices<'b>;

impl Scene {
	/// A world with its first block.
	pub fn new() -> Self {
		Self {
			untold: vec![1],
			newest: 1,
			told: None,
		}
	}

	/// Mostly one in scope.
	fn block(&self, choices: Choice<'_, '_>) -> u32 {
		let back = choices.below(4) as u32;
		match choices.one_in(16) {
			true => self.newest.saturating_add(1),
			false => self.newest.saturating_sub(back),
		}
	}

	fn is_in_scope(&self, block: u32) -> bool {
		self.told.is_some_and(|told| {
			block <= told
				&& told - block <= SETTING.ancestry
				&& actors::session_of(told) == actors::session_of(block)
		})
	}

	fn name(&self, open: &Open<WholeWords>, choices: Choice<'_, '_>) -> u8 {
		let names = if open.loud.is_some() { LOUD_NAMES } else { NAMES };
		1 + choices.below(names) as u8
	}

	fn group(choices: Choice<'_, '_>) -> u32 {
		choices.below(SETTING.groups().len() as u64) as u32
	}

	fn filter(choices: Choice<'_, '_>, size: usize) -> StatementFilter {
		let mut filter = StatementFilter::blank(size);
		filter.note(Kind::Seconded, choices.index(size));
		for member in 0..size {
			if choices.one_in(3) {
				filter.note(Kind::Seconded, member);
			}
			if !choices.one_in(3) {
				filter.note(Kind::Valid, member);
			}
		}
		filter
	}

	fn message(
		&self,
		peer: PeerId,
		open: &Open<WholeWords>,
		choices: Choice<'_, '_>,
	) -> Stimulus<WholeWords> {
		let (block, name, group) = (
			self.block(choices),
			self.name(open, choices),
			Self::group(choices),
		);
		let size = SETTING.size_of(group);
		let is_stranger = open.peers.get(&peer) == Some(&Who::Stranger);
		// Those with odd numbers forge, until nobody listens.
		let forges = peer.0 % 2 == 1;
		let mut is_malformed = false;
		let message = match choices.below(8) {
			0..=3 => Message::Statement(
				actors::hash(block),
				self.statement(peer, (block, name), forges, open, choices),
			),
			4..=6 => {
				let mut filter = Self::filter(choices, size);
				if choices.one_in(8) {
					filter = StatementFilter::full(size + 1 + choices.index(40));
					is_malformed = true;
				}
				Message::BackedCandidateManifest(actors::manifest(name, group, block, filter))
			}
			_ => {
				Message::BackedCandidateKnown(actors::known(name, group, block, Self::filter(choices, size)))
			}
		};
		let act = Act::Message(peer, message);
		match (is_stranger && self.told.is_some()) || (is_malformed && !forges && self.is_in_scope(block)) {
			true => Stimulus::hostile(act, Penalty::AtOnce),
			false => Stimulus::honest(act),
		}
	}

	/// A statement of somebody of the group of whoever sends it, or of another one.
	fn statement(
		&self,
		peer: PeerId,
		(block, name): (u32, u8),
		forges: bool,
		open: &Open<WholeWords>,
		choices: Choice<'_, '_>,
	) -> async_backing_primitives::SignedCompactStatement {
		let key = match open.peers.get(&peer) {
			Some(Who::Validator(key)) => u32::from(*key),
			_ => 1,
		};
		let index = SETTING.index_of(block, key);
		let (group, _) = SETTING.place(index);
		let author = match choices.below(6) {
			0 => choices.below(u64::from(SETTING.validators) + 1) as u32,
			_ => (group * SETTING.group_size + choices.below(3) as u32) % SETTING.validators,
		};
		let (group, _) = SETTING.place(author);
		let hash = actors::candidate(name, group, block).hash();
		let seconds = !choices.one_in(3);
		let signer = SETTING.key_at(block, author) + u32::from(forges && choices.one_in(2));
		SETTING.statement(hash, seconds, block, author, signer)
	}

	/// Whether a validator may have a candidate: it is in the group, or told us of it on the grid.
	fn is_on_the_way(block: u32, group: u32, key: u8) -> bool {
		let (own, index) = (SETTING.index_of(block, OWN), SETTING.index_of(block, key.into()));
		let routes = Grid::new(&SETTING.seed()).routes(ValidatorIndex(own), &SETTING.groups());
		let is_own_group = SETTING.place(own).0 == group;
		match is_own_group {
			true => SETTING.place(index).0 == group,
			false => routes
				.get(group as usize)
				.is_some_and(|of| of.receiving.contains(&ValidatorIndex(index))),
		}
	}
}

impl World for Scene {
	type Core = Whole;

	fn core(&mut self) -> Whole {
		Whole::default()
	}

	fn next(&mut self, open: &Open<WholeWords>, choices: &mut Choices<'_>) -> Stimulus<WholeWords> {
		if !self.untold.is_empty() {
			return Stimulus::honest(Act::Chain(Happening::Block(self.untold.remove(0))));
		}
		let kind = choices.below(16);
		let who = |choices: Choice<'_, '_>| match choices.below(12) {
			0 => Who::Stranger,
			_ => Who::Validator(choices.below(u64::from(SETTING.validators) - 1) as u8 + 1),
		};
		let Some(peer) = open.speaker(choices) else {
			return Stimulus::honest(Act::Connect(who(choices)));
		};
		match kind {
			_ if open.loud.is_some() && !choices.one_in(8) => self.message(peer, open, choices),
			0..=7 => self.message(peer, open, choices),
			8 => {
				let (block, name, group) = (
					self.block(choices),
					self.name(open, choices),
					Self::group(choices),
				);
				let size = if choices.one_in(6) {
					7
				} else {
					SETTING.size_of(group)
				};
				let request = AttestedCandidateRequest {
					candidate_hash: actors::candidate(name, group, block).hash(),
					mask: StatementFilter::blank(size),
				};
				Stimulus::honest(Act::Request(peer, request))
			}
			9 | 10 => {
				let heads = [self.newest, self.block(choices)].map(actors::hash);
				let act = |heads: Vec<_>| Act::View(peer, View::new(heads, 0));
				match choices.one_in(10) {
					true => Stimulus::hostile(act(Vec::new()), Penalty::AtOnce),
					false => Stimulus::honest(act(heads.to_vec())),
				}
			}
			11 | 12 if open.peers.len() < MOST_PEERS => Stimulus::honest(Act::Connect(who(choices))),
			13 if choices.one_in(3) => {
				self.newest = self.newest.saturating_add(1);
				self.untold.push(self.newest);
				Stimulus::honest(Act::Nothing)
			}
			14 | 15 => Stimulus::honest(Act::Chain(Happening::Stated {
				name: self.name(open, choices),
				block: self.newest.saturating_sub(choices.below(2) as u32),
				seconds: choices.flip(),
			})),
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: job::Job, _: &mut Choices<'_>) -> job::Done {
		job::run(job).0
	}

	fn answer(
		&mut self,
		_: PeerId,
		request: &AttestedCandidateRequest,
		_: &Open<WholeWords>,
		choices: &mut Choices<'_>,
	) -> Reply<WholeWords> {
		let (name, group, block) = actors::find(request.candidate_hash).unwrap_or((1, 0, 1));
		let mask = StatementSet::from(&request.mask);
		let all = |kind| -> Vec<u32> {
			(0..3)
				.filter(|member| !mask.has(kind, *member as usize))
				.collect()
		};
		let honest = || SETTING.attested(name, group, block, &all(Kind::Seconded), &all(Kind::Valid));
		let (response, penalty): (Attested, _) = match choices.below(6) {
			0 => (
				SETTING.attested(name, group, block.saturating_add(1), &[0], &[1]),
				Some(Penalty::AtOnce),
			),
			1 => (
				SETTING.attested(name, (group + 1) % 3, block, &[0], &[1]),
				Some(Penalty::AtOnce),
			),
			2 => {
				let other = SETTING.attested(name + 1, group, block, &[], &[]);
				(
					Attested {
						statements: honest().statements,
						..other
					},
					Some(Penalty::Later),
				)
			}
			_ => (honest(), None),
		};
		Reply {
			response,
			intent: penalty.map_or(Intent::Honest, Intent::Hostile),
		}
	}

	/// What the README says, with what an entry takes here; and the chain view.
	fn memory_bound(&self) -> usize {
		let [limit, group, all] = [
			SETTING.limit(),
			SETTING.group_size as usize,
			SETTING.validators as usize,
		];
		let parents = 2 * (SETTING.ancestry as usize + 1);
		let cluster = limit * group * group * group * 512;
		let stated = limit * all * (2 * group * 256 + 2048);
		let claims = 2 * limit * group * all * 1536;
		let mutual = limit * all * all * 512;
		parents * (cluster + stated + claims + mutual) + CHAIN
	}

	fn taken_for_open(&self, whole: &Whole) -> usize {
		whole.part.taken_for_open()
	}

	fn keeps(&self, whole: &Whole, peer: PeerId) -> bool {
		whole.part.keeps(peer)
	}

	fn timers_of_use(&self, whole: &Whole) -> Option<usize> {
		Some(whole.part.timers_of_use())
	}

	fn is_of_use(&self, whole: &Whole, job: JobId) -> bool {
		whole.part.is_of_use(job)
	}

	/// Nothing that a peer sends is hashed while it waits.
	fn light(&self) -> usize {
		0
	}

	/// What the own chain says of a block, and the grid of its session.
	fn allowance(&self, input: &Input<WholeWords>) -> usize {
		match input {
			Input::Chain(_) | Input::Restored(_) => 1 << 20,
			_ => 0,
		}
	}

	fn is_waiting(&self, whole: &Whole) -> bool {
		whole.part.is_waiting()
	}

	/// Five are asked for at a time, and who did not answer rests: whoever is to be asked next is so as soon as there is a
	/// place (see [`judge`](World::judge)), and each place is free again after a time-out.
	fn has_successor(
		&self,
		whole: &Whole,
		request: &AttestedCandidateRequest,
		tried: &[PeerId],
		open: &Open<WholeWords>,
	) -> bool {
		let may_be_asked = whole
			.part
			.may_be_asked(request, open.now, &whole.chain, &frontier);
		may_be_asked.iter().any(|peer| !tried.contains(peer))
	}

	fn is_stranger(&self, peer: PeerId, open: &Open<WholeWords>) -> bool {
		open.peers.get(&peer) == Some(&Who::Stranger)
	}

	fn is_awaited(&self, whole: &Whole, request: RequestId) -> bool {
		whole.part.awaits(request)
	}

	/// There may be room now for what was owed, or time for the next candidate.
	fn would_come_anyway(&self, output: &Output<WholeWords>) -> bool {
		matches!(output, Output::Request { .. } | Output::Notify(..))
	}

	fn is_right_peer(
		&self,
		peer: PeerId,
		request: &AttestedCandidateRequest,
		open: &Open<WholeWords>,
	) -> bool {
		let Some(Who::Validator(key)) = open.peers.get(&peer) else {
			return false;
		};
		actors::find(request.candidate_hash)
			.is_some_and(|(_, group, block)| Self::is_on_the_way(block, group, *key))
	}

	fn told(&mut self, input: &Input<WholeWords>, _: &Open<WholeWords>) {
		if let Input::Chain(Happening::Block(block)) = input {
			self.told = Some(*block);
		}
	}

	fn judge(&mut self, whole: &Whole, _: &[Output<WholeWords>], _: &Open<WholeWords>) -> Result<(), Breach> {
		if let Some(candidate) = whole.part.neglected(&whole.chain, &frontier) {
			let what = format!("{candidate:?} is wanted and somebody may be asked, but nobody is");
			return Err(Breach::new(Law::Ends, what));
		}
		if whole.twice {
			return Err(Breach::new(Law::Checked, "backing hears a statement twice"));
		}
		for (parent, statement) in &whole.heard {
			let hash = statement.statement.candidate_hash();
			let block = u32::try_from(parent.to_low_u64_be().saturating_sub(1)).unwrap_or_default();
			let seconds = Kind::of(&statement.statement) == Kind::Seconded;
			let right = SETTING.said(hash, seconds, block, statement.validator_index.0);
			if right != *statement {
				return Err(Breach::new(Law::Checked, "backing hears what nobody signed"));
			}
		}
		let [limit, group, all] = [
			SETTING.limit(),
			SETTING.group_size as usize,
			SETTING.validators as usize,
		];
		let bounds = [
			limit * group * group * group,
			limit * all,
			2 * limit * group * all,
			limit * all,
		];
		for (parent, sizes) in whole.part.sizes() {
			if !whole.chain.is_in_scope(parent) {
				return Err(Breach::new(
					Law::Memory,
					"something is kept of what is in no scope",
				));
			}
			if sizes.iter().zip(&bounds).any(|(is, most)| is > most) {
				return Err(Breach::new(
					Law::Memory,
					format!("{sizes:?} entries, but at most {bounds:?} may"),
				));
			}
		}
		Ok(())
	}

	fn crashed(&mut self) {
		self.told = None;
		self.untold = (self.newest.saturating_sub(1)..=self.newest).collect();
	}
}
