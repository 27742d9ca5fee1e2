//! The world of the collator's side: validators of changing sessions.

use super::collator::{CollatorNode, CollatorNodeWords, Dialled, Trade};
use crate::{
	town::{self, *},
	CollationAnswer, CollationAsked, MAX_COLLATIONS,
};
use async_backing_machine::{
	laws::{Act, Breach, Choices, Law, Open, Penalty, Reply, Stimulus, World},
	Input, Never, Output, PeerEvent, PeerId,
};
use async_backing_primitives::{CandidateHash, Statement, UncheckedSigned, ValidatorIndex};
use async_backing_wire::{
	AdvertisementV2, AdvertisementV3, CollationMessage, CollationRequestV1, CollationRequestV2,
	CollationRequestV3, CollationVersion, CollatorMessage, View,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Peers at a time.
const MOST_PEERS: usize = 12;
/// Bytes of the chain's view.
const CHAIN: usize = 1 << 20;

/// The world of a [`CollatorNode`].
#[derive(Debug, Default)]
pub struct Fair {
	newest: u32,
	untold: VecDeque<u32>,
	told: BTreeSet<u32>,
	/// Number of leaves that came.
	leaves: u64,
	/// What was built.
	built: BTreeMap<CandidateHash, Named>,
	/// Who is listened to.
	seen: BTreeSet<PeerId>,
	/// What each peer said is final.
	finalized: BTreeMap<PeerId, u32>,
	/// Who was told of what.
	advertised: BTreeSet<(PeerId, CandidateHash)>,
	declared: BTreeSet<PeerId>,
	/// Who got what, after how many leaves.
	served: BTreeMap<(PeerId, CandidateHash), u64>,
}

impl Fair {
	/// A world with its first block.
	pub fn new() -> Self {
		Self {
			untold: [1].into(),
			newest: 1,
			..Self::default()
		}
	}

	fn block(&self, choices: &mut Choices<'_>) -> u32 {
		let back = u32::try_from(choices.below(4)).unwrap_or_default();
		match choices.one_in(12) {
			true => self.newest.saturating_add(1),
			false => self.newest.saturating_sub(back).max(1),
		}
	}

	fn some_candidate(&self, choices: &mut Choices<'_>) -> Named {
		let recent = self.built.values().copied();
		let recent: Vec<_> = recent
			.filter(|it| it.block.saturating_add(4) >= self.newest)
			.collect();
		let any = named(
			PARA,
			self.newest,
			choices.below(16) as u8,
			choices.below(16) as u8,
		);
		match choices.one_in(8) {
			true => any,
			false => choices.pick(&recent).copied().unwrap_or(any),
		}
	}

	fn request(&self, choices: &mut Choices<'_>) -> CollationAsked {
		let candidate = self.some_candidate(choices);
		let para_id = if choices.one_in(16) { OTHER } else { PARA };
		let parent = town::hash(candidate.block);
		match choices.below(8) {
			0 => CollationAsked::V1(CollationRequestV1 {
				relay_parent: parent,
				para_id,
			}),
			1 => CollationAsked::V3(CollationRequestV3 {
				scheduling_parent: parent,
				para_id,
				output_head_data_hash: head_hash(candidate.to),
			}),
			_ => CollationAsked::V2(CollationRequestV2 {
				scheduling_parent: parent,
				para_id,
				candidate_hash: candidate.hash(),
			}),
		}
	}

	fn message(
		&mut self,
		peer: PeerId,
		open: &Open<CollatorNodeWords>,
		choices: &mut Choices<'_>,
	) -> Stimulus<CollatorNodeWords> {
		let Some(Dialled { key, version }) = open.peers.get(&peer).copied() else {
			return Stimulus::honest(Act::Nothing);
		};
		let penalty = match self.seen.contains(&peer) {
			true => Penalty::AtOnce,
			false => Penalty::None,
		};
		let wrap =
			|two: CollatorMessage<AdvertisementV2>, three: CollatorMessage<AdvertisementV3>| match version {
				CollationVersion::V3 => CollationMessage::V3(three),
				_ => CollationMessage::V2(two),
			};
		match choices.below(4) {
			0 => {
				let said = declaration(3, PARA);
				let message = wrap(
					CollatorMessage::Declare(said.clone()),
					CollatorMessage::Declare(said),
				);
				Stimulus::hostile(Act::Message(peer, message), penalty)
			}
			kind => {
				let candidate = self.some_candidate(choices);
				let own = key.map_or(0, |key| index_of(candidate.block, key));
				let index = if kind == 1 { own.wrapping_add(1) } else { own };
				let scheduling_parent = town::hash(candidate.block);
				let statement = UncheckedSigned {
					payload: Statement::Seconded(candidate.committed()),
					validator_index: ValidatorIndex(index.into()),
					signature: sp_core::sr25519::Signature::default().into(),
				};
				let (two, three) = (statement.clone(), statement);
				let message = wrap(
					CollatorMessage::Seconded {
						scheduling_parent,
						statement: two,
					},
					CollatorMessage::Seconded {
						scheduling_parent,
						statement: three,
					},
				);
				Stimulus::honest(Act::Message(peer, message))
			}
		}
	}

	fn judge_advertisement(
		&mut self,
		to: PeerId,
		candidate: CandidateHash,
		open: &Open<CollatorNodeWords>,
	) -> Result<(), Breach> {
		let Some(named) = self.built.get(&candidate).copied() else {
			return Err(Breach::new(Law::Checked, "what nobody built is advertised"));
		};
		let key = open.peers.get(&to).and_then(|who| who.key);
		if key.is_none_or(|key| core_of(named.block, key) != named.core()) {
			let what = format!("{named:?} is advertised to {to:?}, which does not back it");
			return Err(Breach::new(Law::Sessions, what));
		}
		if !self.declared.contains(&to) {
			return Err(Breach::new(
				Law::Sessions,
				"it is advertised before it is declared",
			));
		}
		match self.advertised.insert((to, candidate)) {
			true => Ok(()),
			false => Err(Breach::new(Law::Checked, "it is advertised twice")),
		}
	}
}

fn receipt_of(answer: &CollationAnswer) -> CandidateHash {
	match answer {
		CollationAnswer::V1OrV2(answer) => answer.receipt.hash(),
		CollationAnswer::V3(answer) => answer.receipt.hash(),
	}
}

impl World for Fair {
	type Core = CollatorNode;

	fn core(&mut self) -> CollatorNode {
		CollatorNode::default()
	}

	fn next(
		&mut self,
		open: &Open<CollatorNodeWords>,
		choices: &mut Choices<'_>,
	) -> Stimulus<CollatorNodeWords> {
		if choices.below(3) == 0 {
			if let Some(block) = self.untold.pop_front() {
				return Stimulus::honest(Act::Chain(Trade::Block(block)));
			}
		}
		let dialled = |choices: &mut Choices<'_>| Dialled {
			key: match choices.below(8) {
				7 => None,
				key => Some(key as u8 % VALIDATORS),
			},
			version: match choices.below(12) {
				0 => CollationVersion::V1,
				1 => CollationVersion::V4,
				2..=6 => CollationVersion::V3,
				_ => CollationVersion::V2,
			},
		};
		let Some(peer) = open.speaker(choices) else {
			return Stimulus::honest(Act::Connect(dialled(choices)));
		};
		match choices.below(24) {
			_ if open.loud.is_some() && !choices.one_in(4) => {
				let request = self.request(choices);
				Stimulus::honest(Act::Request(peer, request))
			}
			0..=4 => {
				let request = self.request(choices);
				Stimulus::honest(Act::Request(peer, request))
			}
			5..=8 => {
				let heads: Vec<_> = (0..choices.below(4))
					.map(|_| town::hash(self.block(choices)))
					.collect();
				let before = self.finalized.get(&peer).copied().unwrap_or_default();
				if before > 0 && choices.one_in(12) && self.seen.contains(&peer) {
					let act = Act::View(peer, View::new(heads, before - 1));
					return Stimulus::hostile(act, Penalty::AtOnce);
				}
				let finalized = before.saturating_add(choices.below(2) as u32);
				if self.seen.contains(&peer) {
					self.finalized.insert(peer, finalized);
				}
				Stimulus::honest(Act::View(peer, View::new(heads, finalized)))
			}
			9..=10 => self.message(peer, open, choices),
			11..=13 if open.peers.len() < MOST_PEERS => Stimulus::honest(Act::Connect(dialled(choices))),
			14..=17 => {
				let (block, from, to) = (
					self.block(choices),
					choices.below(16) as u8,
					choices.below(16) as u8,
				);
				let candidate = named(PARA, block, from, to);
				self.built.insert(candidate.hash(), candidate);
				Stimulus::honest(Act::Chain(Trade::Built(block, from, to)))
			}
			18 if choices.flip() => {
				self.newest = self.newest.saturating_add(1);
				self.untold.push_back(self.newest);
				Stimulus::honest(Act::Nothing)
			}
			19 if choices.one_in(8) => {
				let block = self.told.iter().nth_back(2).copied().unwrap_or_default();
				Stimulus::honest(Act::Chain(Trade::Final(block)))
			}
			20 => Stimulus::honest(Act::Chain(Trade::Turn(choices.flip()))),
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: Never, _: &mut Choices<'_>) -> Never {
		job
	}

	fn answer(
		&mut self,
		_: PeerId,
		_: &CollationAsked,
		_: &Open<CollatorNodeWords>,
		_: &mut Choices<'_>,
	) -> Reply<CollatorNodeWords> {
		unreachable!("a collator's side asks nobody")
	}

	/// Peers, collations with who knows of them, and questions that wait; and the chain's view.
	fn memory_bound(&self) -> usize {
		let of_collation = 4096 + MOST_PEERS * 256;
		let waiting = async_backing_collator::MAX_ASKS_WAITING * 128;
		MOST_PEERS * 1024 + MAX_COLLATIONS * of_collation + waiting + CHAIN
	}

	fn rest_bound(&self, node: &CollatorNode) -> usize {
		node.side.collations() * 4096 + CHAIN
	}

	fn taken_for_open(&self, node: &CollatorNode) -> usize {
		node.side.timers_of_use()
	}

	fn keeps(&self, node: &CollatorNode, peer: PeerId) -> bool {
		node.side.keeps(peer)
	}

	fn timers_of_use(&self, node: &CollatorNode) -> Option<usize> {
		Some(node.side.timers_of_use())
	}

	/// A receipt, where one is offered.
	fn light(&self) -> usize {
		0
	}

	fn allowance(&self, input: &Input<CollatorNodeWords>) -> usize {
		match input {
			Input::Chain(_) => 1 << 20,
			_ => 0,
		}
	}

	fn is_stranger(&self, peer: PeerId, open: &Open<CollatorNodeWords>) -> bool {
		open.peers.get(&peer).is_none_or(|who| who.key.is_none())
	}

	/// What found no room in the outbox is told with whatever comes next; [`judge`](Self::judge) sees to whom.
	fn would_come_anyway(&self, output: &Output<CollatorNodeWords>) -> bool {
		matches!(output, Output::Notify(..))
	}

	fn told(&mut self, input: &Input<CollatorNodeWords>, _: &Open<CollatorNodeWords>) {
		match input {
			Input::Chain(Trade::Block(block)) => {
				// One that was known before is no new leaf.
				self.leaves = self.leaves.saturating_add(u64::from(self.told.insert(*block)));
				let old = self.newest.saturating_sub(20);
				self.built.retain(|_, candidate| candidate.block >= old);
			}
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.finalized.remove(peer);
				self.declared.remove(peer);
				self.advertised.retain(|(of, _)| of != peer);
			}
			_ => {}
		}
	}

	fn judge(
		&mut self,
		node: &CollatorNode,
		outputs: &[Output<CollatorNodeWords>],
		open: &Open<CollatorNodeWords>,
	) -> Result<(), Breach> {
		for output in outputs {
			match output {
				Output::Notify(to, message) => {
					for peer in to.as_slice() {
						let candidate = match message {
							CollationMessage::V2(CollatorMessage::Advertise(said)) => said.candidate_hash,
							CollationMessage::V3(CollatorMessage::Advertise(said)) => said.candidate_hash,
							_ => {
								self.declared.insert(*peer);
								continue;
							}
						};
						self.judge_advertisement(*peer, candidate, open)?;
					}
				}
				Output::Respond(ticket, Ok(answer)) => {
					let Some(peer) = open.tickets.get(ticket) else {
						continue;
					};
					let key = (*peer, receipt_of(answer));
					if !self.advertised.contains(&key) {
						return Err(Breach::new(Law::Checked, "who was not told gets a collation"));
					}
					if self.served.insert(key, self.leaves) == Some(self.leaves) {
						return Err(Breach::new(Law::Checked, "it is sent to a peer twice at a leaf"));
					}
				}
				_ => {}
			}
		}
		self.seen = open
			.peers
			.keys()
			.copied()
			.filter(|peer| node.side.knows(*peer))
			.collect();
		match node.side.collations() > MAX_COLLATIONS {
			true => Err(Breach::new(Law::Memory, "more is offered than can be")),
			false => Ok(()),
		}
	}

	fn crashed(&mut self) {
		self.seen.clear();
		self.finalized.clear();
		self.advertised.clear();
		self.declared.clear();
		self.served.clear();
		let told = std::mem::take(&mut self.told);
		self.untold = told
			.into_iter()
			.rev()
			.take(3)
			.rev()
			.chain(self.untold.drain(..))
			.collect();
	}
}
