//! The world of the validator's side.

use super::{
	validator::{Seen, ValidatorNode, ValidatorNodeWords},
	Deed, Happening,
};
use crate::{memory_bound, run, town::*, CheckCollation, CollatorPeer, Hashes};
use async_backing_machine::{
	laws::{Act, Breach, Choices, Intent, Law, Open, Penalty, Reply, Stimulus, World},
	Input, JobId, Output, PeerEvent, PeerId, RequestId,
};
use async_backing_primitives::{
	meter, BlockData, CandidateHash, Hash, ParaId, PoV, Statement, UncheckedSigned,
};
use async_backing_wire::{
	AdvertisementV2, AdvertisementV3, CollationMessage, CollationRequestV2, CollationResponse,
	CollationVersion, CollatorMessage, DescriptorClaim,
};
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
};

/// Peers at a time.
const MOST_PEERS: usize = 16;
/// Bytes of the chain's view.
const CHAIN: usize = 1 << 20;
/// Name of what is in no proof of validity or head that is as it should be.
const SPOILED: u8 = 0xee;

/// The world of a [`ValidatorNode`]: collators of two paras that share the own core, and of others.
#[derive(Debug, Default)]
pub struct Market {
	newest: u32,
	untold: VecDeque<u32>,
	/// Blocks that the core has heard of since it started.
	told: BTreeSet<u32>,
	/// How many leaves the core has heard of.
	blocks: u64,
	/// What the core knows of peers.
	seen: Seen,
	/// Candidates that were advertised, by hash.
	candidates: BTreeMap<CandidateHash, Named>,
	/// Who advertised what.
	advertised: BTreeSet<(PeerId, CandidateHash)>,
	/// Jobs that were of use when the last input had been handled.
	wanted: BTreeSet<JobId>,
	/// Something spoiled was hashed just now, and is of use.
	is_due: bool,
	/// The same, before it is known whether it is of use.
	is_spoiled: bool,
	strange: u64,
}

impl Market {
	/// A world with its first block.
	pub fn new() -> Self {
		Self {
			untold: [1].into(),
			newest: 1,
			..Self::default()
		}
	}

	/// Mostly one in scope.
	fn block(&self, choices: &mut Choices<'_>) -> u32 {
		let back = u32::try_from(choices.below(4)).unwrap_or_default();
		match choices.one_in(12) {
			true => self.newest.saturating_add(1),
			false => self.newest.saturating_sub(back).max(1),
		}
	}

	fn name(choices: &mut Choices<'_>) -> u8 {
		choices.below(u64::from(NAMES)) as u8
	}

	/// A candidate that some collator of the para could have made.
	fn candidate(&mut self, para: ParaId, choices: &mut Choices<'_>) -> Named {
		let (block, from, to) = (self.block(choices), Self::name(choices), Self::name(choices));
		let candidate = named(para, block, from, to);
		self.candidates.insert(candidate.hash(), candidate);
		candidate
	}

	fn wrap(
		version: CollationVersion,
		of_v2: impl FnOnce() -> CollatorMessage<AdvertisementV2>,
		of_v3: impl FnOnce() -> CollatorMessage<AdvertisementV3>,
	) -> CollationMessage {
		match version {
			CollationVersion::V3 => CollationMessage::V3(of_v3()),
			_ => CollationMessage::V2(of_v2()),
		}
	}

	/// An advertisement; of version 3 with a relay parent that may be wrong.
	fn advertise(
		version: CollationVersion,
		candidate: &Named,
		hash_of: CandidateHash,
		relay_parent: Hash,
	) -> CollationMessage {
		let parent_head_data_hash = head_hash(candidate.from);
		let scheduling_parent = hash(candidate.block);
		Self::wrap(
			version,
			|| {
				CollatorMessage::Advertise(AdvertisementV2 {
					scheduling_parent,
					candidate_hash: hash_of,
					parent_head_data_hash,
				})
			},
			|| {
				CollatorMessage::Advertise(AdvertisementV3 {
					scheduling_parent,
					candidate_hash: hash_of,
					parent_head_data_hash,
					descriptor_version: DescriptorClaim::V2,
					relay_parent,
				})
			},
		)
	}

	fn message(
		&mut self,
		peer: PeerId,
		open: &Open<ValidatorNodeWords>,
		choices: &mut Choices<'_>,
	) -> Stimulus<ValidatorNodeWords> {
		let Some(who) = open.peers.get(&peer) else {
			return Stimulus::honest(Act::Nothing);
		};
		let version = who.version;
		let name = who.peer_id.first().copied().unwrap_or_default();
		let seen = self.seen.get(&peer).copied();
		let penalty = match seen {
			Some(_) => Penalty::AtOnce,
			None => Penalty::None,
		};
		let declare = |name: u8, para: ParaId| {
			let declaration = declaration(name, para);
			Self::wrap(
				version,
				|| CollatorMessage::Declare(declaration.clone()),
				|| CollatorMessage::Declare(declaration.clone()),
			)
		};
		let para = match choices.below(12) {
			0 => NOWHERE,
			1 => THIRD,
			2..=5 => OTHER,
			_ => PARA,
		};
		let declared = seen.flatten();
		if declared.is_none() && !choices.one_in(4) {
			// Somebody else may have its key, or its para no claim.
			let message = declare(name, para);
			return Stimulus::honest(Act::Message(peer, message));
		}
		match choices.below(24) {
			0 if declared.is_none() => {
				let message = declare(name.wrapping_add(1), para);
				Stimulus::hostile(Act::Message(peer, message), penalty)
			}
			0 => Stimulus::hostile(Act::Message(peer, declare(name, para)), penalty),
			1 => {
				let statement = UncheckedSigned {
					payload: Statement::Valid(CandidateHash::default()),
					validator_index: Default::default(),
					signature: sp_core::sr25519::Signature::default().into(),
				};
				let (two, three) = (statement.clone(), statement);
				let message = Self::wrap(
					version,
					|| CollatorMessage::Seconded {
						scheduling_parent: hash(1),
						statement: two,
					},
					|| CollatorMessage::Seconded {
						scheduling_parent: hash(1),
						statement: three,
					},
				);
				Stimulus::hostile(Act::Message(peer, message), penalty)
			}
			2 => {
				let candidate = self.candidate(para, choices);
				let other = match version {
					CollationVersion::V3 => CollationVersion::V2,
					_ => CollationVersion::V3,
				};
				let message = Self::advertise(other, &candidate, candidate.hash(), hash(candidate.block));
				Stimulus::hostile(Act::Message(peer, message), penalty)
			}
			3 if version == CollationVersion::V3 => {
				let candidate = self.candidate(para, choices);
				let message = Self::advertise(version, &candidate, candidate.hash(), Hash::repeat_byte(7));
				Stimulus::hostile(Act::Message(peer, message), penalty)
			}
			4..=6 => {
				// What nobody has.
				self.strange = self.strange.saturating_add(1);
				let made_up = CandidateHash(Hash::from_low_u64_le(
					self.strange.wrapping_mul(0x9e37_79b9_7f4a_7c15),
				));
				let candidate = self.candidate(declared.unwrap_or(para), choices);
				self.advertised.insert((peer, made_up));
				let message = Self::advertise(version, &candidate, made_up, hash(candidate.block));
				match declared {
					Some(_) => Stimulus::honest(Act::Message(peer, message)),
					None => Stimulus::hostile(Act::Message(peer, message), penalty),
				}
			}
			_ => {
				// Of another para it is advertised as well as of the own one: nobody can see that.
				let of = if choices.one_in(12) {
					para
				} else {
					declared.unwrap_or(para)
				};
				let candidate = self.candidate(of, choices);
				self.advertised.insert((peer, candidate.hash()));
				let message = Self::advertise(version, &candidate, candidate.hash(), hash(candidate.block));
				match declared {
					Some(_) => Stimulus::honest(Act::Message(peer, message)),
					None => Stimulus::hostile(Act::Message(peer, message), penalty),
				}
			}
		}
	}
}

impl World for Market {
	type Core = ValidatorNode;

	fn core(&mut self) -> ValidatorNode {
		ValidatorNode::default()
	}

	fn next(
		&mut self,
		open: &Open<ValidatorNodeWords>,
		choices: &mut Choices<'_>,
	) -> Stimulus<ValidatorNodeWords> {
		// Collators may hear of a block before this validator does.
		if choices.below(3) == 0 {
			if let Some(block) = self.untold.pop_front() {
				return Stimulus::honest(Act::Chain(Happening::Block(block)));
			}
		}
		let connect = |choices: &mut Choices<'_>| {
			let version = match choices.below(12) {
				0 => CollationVersion::V1,
				1 => CollationVersion::V4,
				2..=6 => CollationVersion::V3,
				_ => CollationVersion::V2,
			};
			Stimulus::honest(Act::Connect(CollatorPeer {
				peer_id: peer_id(choices.below(24) as u8),
				version,
			}))
		};
		let Some(peer) = open.speaker(choices) else {
			return connect(choices);
		};
		match choices.below(24) {
			_ if open.loud.is_some() && !choices.one_in(8) => self.message(peer, open, choices),
			0..=11 => self.message(peer, open, choices),
			12..=14 if open.peers.len() < MOST_PEERS => connect(choices),
			15..=17 => {
				let deed = match choices.below(8) {
					0..=3 => Deed::Seconded,
					4 => Deed::Invalid,
					5 => Deed::Postponed,
					6 => Deed::Dropped,
					_ => Deed::Nothing,
				};
				Stimulus::honest(Act::Chain(Happening::Ended(deed)))
			}
			18 => {
				let para = if choices.flip() { PARA } else { OTHER };
				Stimulus::honest(Act::Chain(Happening::Grew(para)))
			}
			19 if choices.one_in(4) => Stimulus::honest(Act::Chain(Happening::Mood(choices.below(16) as u8))),
			20 if choices.flip() => {
				self.newest = self.newest.saturating_add(1);
				self.untold.push_back(self.newest);
				Stimulus::honest(Act::Nothing)
			}
			21 if choices.one_in(8) => {
				let block = self.told.iter().nth_back(2).copied().unwrap_or_default();
				Stimulus::honest(Act::Chain(Happening::Final(block)))
			}
			22 if choices.one_in(4) => {
				let request = CollationRequestV2 {
					scheduling_parent: hash(1),
					para_id: PARA,
					candidate_hash: CandidateHash::default(),
				};
				Stimulus::honest(Act::Request(peer, request))
			}
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: CheckCollation, _: &mut Choices<'_>) -> Hashes {
		let is_pov = job.pov.block_data.0.first() == Some(&SPOILED);
		let is_head = job
			.parent_head
			.as_ref()
			.is_some_and(|head| head.0.first() == Some(&SPOILED));
		self.is_spoiled = is_pov || is_head;
		run(&job)
	}

	fn answer(
		&mut self,
		_: PeerId,
		request: &CollationRequestV2,
		_: &Open<ValidatorNodeWords>,
		choices: &mut Choices<'_>,
	) -> Reply<ValidatorNodeWords> {
		let known = self.candidates.get(&request.candidate_hash).copied();
		let fits = |it: &Named| it.para == request.para_id && hash(it.block) == request.scheduling_parent;
		let Some(candidate) = known.filter(fits) else {
			let any = known.unwrap_or(named(PARA, 1, 0, 1));
			let response = CollationResponse {
				receipt: any.receipt(),
				pov: Arc::new(pov(any.to)),
				parent_head_data: None,
			};
			return Reply {
				response,
				intent: Intent::Hostile(Penalty::AtOnce),
			};
		};
		let mut response = CollationResponse {
			receipt: candidate.receipt(),
			pov: Arc::new(pov(candidate.to)),
			parent_head_data: choices.flip().then(|| head(candidate.from)),
		};
		let intent = match choices.below(12) {
			0 => {
				response.receipt = named(candidate.para, candidate.block, candidate.from, 99).receipt();
				Intent::Hostile(Penalty::AtOnce)
			}
			1 => {
				response.pov = Arc::new(PoV {
					block_data: BlockData(vec![0; MAX_POV_SIZE as usize]),
				});
				Intent::Hostile(Penalty::AtOnce)
			}
			// It may be put back before anybody looks at it; if somebody does, `judge` wants the peer named.
			2 => {
				response.pov = Arc::new(pov(SPOILED));
				Intent::Hostile(Penalty::None)
			}
			3 => {
				response.parent_head_data = Some(head(SPOILED));
				Intent::Hostile(Penalty::None)
			}
			_ => Intent::Honest,
		};
		Reply { response, intent }
	}

	/// What the crate says, in the scopes of three leaves; proofs of validity in hand are small here.
	fn memory_bound(&self) -> usize {
		let relay_parents = 3 * (ANCESTRY as usize + 1);
		memory_bound(MOST_PEERS, relay_parents, CLAIMS as usize) + CHAIN
	}

	/// Nobody is there: own candidates in scope, and the chain's view.
	fn rest_bound(&self, _: &ValidatorNode) -> usize {
		CHAIN
	}

	fn taken_for_open(&self, node: &ValidatorNode) -> usize {
		node.side.taken_for_open()
	}

	fn keeps(&self, node: &ValidatorNode, peer: PeerId) -> bool {
		node.side.keeps(peer)
	}

	fn timers_of_use(&self, node: &ValidatorNode) -> Option<usize> {
		Some(node.side.timers_of_use())
	}

	fn is_of_use(&self, node: &ValidatorNode, job: JobId) -> bool {
		node.side.is_of_use(job)
	}

	/// One signature, or a receipt.
	fn light(&self) -> usize {
		meter::SIGNATURE + 512
	}

	fn allowance(&self, input: &Input<ValidatorNodeWords>) -> usize {
		match input {
			Input::Chain(_) => 1 << 20,
			_ => 0,
		}
	}

	fn has_successor(
		&self,
		node: &ValidatorNode,
		request: &CollationRequestV2,
		tried: &[PeerId],
		open: &Open<ValidatorNodeWords>,
	) -> bool {
		let may = node.ask(open.now, |side, around| {
			side.may_be_asked(request.para_id, request.candidate_hash, around)
		});
		may.iter()
			.any(|peer| !tried.contains(peer) && open.peers.contains_key(peer))
	}

	fn round(&self, _: &ValidatorNode, _: &CollationRequestV2) -> u64 {
		self.blocks
	}

	/// Who has not declared is nobody.
	fn is_stranger(&self, peer: PeerId, _: &Open<ValidatorNodeWords>) -> bool {
		self.seen.get(&peer).copied().flatten().is_none()
	}

	fn is_awaited(&self, node: &ValidatorNode, request: RequestId) -> bool {
		node.ask(Default::default(), |side, around| side.awaits(request, around))
	}

	fn is_right_peer(
		&self,
		peer: PeerId,
		request: &CollationRequestV2,
		_: &Open<ValidatorNodeWords>,
	) -> bool {
		self.advertised.contains(&(peer, request.candidate_hash))
	}

	fn told(&mut self, input: &Input<ValidatorNodeWords>, _: &Open<ValidatorNodeWords>) {
		self.is_due = false;
		match input {
			Input::Chain(Happening::Block(block)) => {
				self.told.insert(*block);
				self.blocks = self.blocks.saturating_add(1);
				let old = self.newest.saturating_sub(20);
				self.candidates.retain(|_, candidate| candidate.block >= old);
			}
			Input::Done(id, Ok(_)) => self.is_due = self.is_spoiled && self.wanted.contains(id),
			Input::Peer(peer, PeerEvent::Disconnected) => self.advertised.retain(|(of, _)| of != peer),
			_ => {}
		}
	}

	fn judge(
		&mut self,
		node: &ValidatorNode,
		outputs: &[Output<ValidatorNodeWords>],
		open: &Open<ValidatorNodeWords>,
	) -> Result<(), Breach> {
		let costs =
			|output: &Output<_>| matches!(output, Output::Report(_, judgement) if judgement.value() < 0);
		if self.is_due && !open.has_no_room && !outputs.iter().any(costs) {
			return Err(Breach::new(Law::Checked, "a spoiled collation costs nobody"));
		}
		if self.is_due && node.fetched > 0 {
			return Err(Breach::new(Law::Checked, "a spoiled collation goes to backing"));
		}
		let limit = CLAIMS as usize + 1;
		if node.side.most_heard() > limit {
			return Err(Breach::new(Law::Memory, "a peer advertises more than it may"));
		}
		let known = open.peers.keys().filter(|peer| node.side.knows(**peer));
		self.seen = known.map(|peer| (*peer, node.side.para_of(*peer))).collect();
		let jobs = open.jobs.keys().copied().filter(|job| node.side.is_of_use(*job));
		let new = outputs.iter().filter_map(|output| match output {
			Output::Job { id, .. } => Some(*id),
			_ => None,
		});
		self.wanted = jobs.chain(new).collect();
		Ok(())
	}

	fn crashed(&mut self) {
		self.seen.clear();
		self.advertised.clear();
		self.wanted.clear();
		(self.is_due, self.is_spoiled) = (false, false);
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
