//! The validator's side.

mod advertising;
mod declaring;
mod fetching;

use crate::{
	run, town::*, Around, Demand, FetchedCollation, Gate, Offer, Outcome, Parting, ValidatorEffect,
	ValidatorSide, ValidatorSideConfig, ValidatorSideWords, Verdict,
};
use crate::{CheckCollation, CollatorPeer};
use async_backing_chain_view::{ChainEvent, ChainView, Limits};
use async_backing_fragment_tree::SharedValidationData;
use async_backing_machine::{
	Cost, Input, Instant, JobId, Judgement, Outbox, Output, PeerEvent, PeerId, RequestFailure, RequestId,
	TimerId,
};
use async_backing_primitives::{CandidateHash, Hash, HeadData, HeadHash, LeafFacts, ParaId};
use async_backing_wire::{
	AdvertisementV2, AdvertisementV3, CollationMessage, CollationRequestV2, CollationResponse,
	CollationVersion, CollatorMessage, Declaration, DescriptorClaim,
};
use std::{
	cell::Cell,
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::Duration,
};

/// Backing, as it is told to be.
#[derive(Default)]
struct Backing {
	verdicts: BTreeMap<CandidateHash, Verdict>,
	demands: BTreeMap<CandidateHash, Demand>,
	/// Heads that nobody knows.
	unknown: BTreeSet<HeadHash>,
	/// How often it was asked about a candidate.
	questions: Cell<usize>,
}

impl Gate for Backing {
	fn judge(&self, offer: &Offer) -> Verdict {
		self.questions.set(self.questions.get() + 1);
		let verdict = self.verdicts.get(&offer.candidate);
		verdict.copied().unwrap_or(Verdict::Fetch)
	}

	fn demand(&self, candidate: CandidateHash) -> Option<Demand> {
		self.questions.set(self.questions.get() + 1);
		self.demands.get(&candidate).copied()
	}

	fn validation_data(
		&self,
		_: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
		sent: Option<&Arc<HeadData>>,
	) -> Option<SharedValidationData> {
		match (self.unknown.contains(&parent_head), sent) {
			(true, None) => None,
			(true, Some(sent)) => {
				let number = relay_parent.to_low_u64_be() as u32 - 1;
				Some(validation_data_on((**sent).clone(), number).into())
			}
			(false, sent) => known_validation_data(relay_parent, parent_head, sent),
		}
	}
}

/// A validator's side with all that it needs.
struct Desk {
	side: ValidatorSide,
	chain: ChainView,
	backing: Backing,
	out: Outbox<ValidatorSideWords>,
	now: Instant,
	effects: Vec<ValidatorEffect>,
	/// What was wanted and has not been looked at.
	requests: Vec<(RequestId, PeerId, CollationRequestV2)>,
	jobs: Vec<(JobId, CheckCollation)>,
	timers: BTreeMap<TimerId, Instant>,
	said: Vec<(PeerId, CollationMessage)>,
	costs: Vec<(PeerId, Cost, &'static str)>,
	gains: Vec<PeerId>,
	cancelled: Vec<JobId>,
}

impl Desk {
	/// At this block.
	fn at(block: u32) -> Self {
		let mut desk = Self::before();
		desk.import(facts(block));
		desk
	}

	/// Before any block is known.
	fn before() -> Self {
		Self {
			side: ValidatorSide::new(ValidatorSideConfig::default()),
			chain: ChainView::new(Some(public(0)), Limits::default()),
			backing: Backing::default(),
			out: Outbox::default(),
			now: Duration::from_secs(100),
			effects: Vec::new(),
			requests: Vec::new(),
			jobs: Vec::new(),
			timers: BTreeMap::new(),
			said: Vec::new(),
			costs: Vec::new(),
			gains: Vec::new(),
			cancelled: Vec::new(),
		}
	}

	fn run(&mut self, run: impl FnOnce(&mut ValidatorSide, Around<'_>, &mut Outbox<ValidatorSideWords>)) {
		let around = Around {
			now: self.now,
			chain: &self.chain,
			gate: &self.backing,
		};
		run(&mut self.side, around, &mut self.out);
		for output in self.out.drain() {
			match output {
				Output::Request {
					id, peer, request, ..
				} => self.requests.push((id, peer, request)),
				Output::Job { id, job, .. } => self.jobs.push((id, job)),
				Output::SetTimer(timer, at) => {
					self.timers.insert(timer, at);
				}
				Output::ClearTimer(timer) => {
					self.timers.remove(&timer);
				}
				Output::Notify(to, message) => {
					let to = to.as_slice().iter();
					self.said.extend(to.map(|peer| (*peer, message.clone())));
				}
				Output::Report(peer, Judgement::Cost(cost, reason)) => self.costs.push((peer, cost, reason)),
				Output::Report(peer, Judgement::Gain(..)) => self.gains.push(peer),
				Output::Cancel(job) => self.cancelled.push(job),
				other => panic!("{other:?}"),
			}
		}
	}

	fn tell(&mut self, input: Input<ValidatorSideWords>) {
		let mut effects = Vec::new();
		self.run(|side, around, out| effects = side.handle(input, around, out));
		self.effects.extend(effects);
	}

	fn import(&mut self, facts: LeafFacts) {
		let update = self.chain.handle(ChainEvent::Imported {
			facts: Arc::new(facts),
			fresh: true,
		});
		self.tell(Input::Chain(update));
	}

	/// Time passes, and timers run out.
	fn wait(&mut self, time: Duration) {
		let until = self.now + time;
		while let Some((timer, at)) = self
			.timers
			.iter()
			.map(|(timer, at)| (*timer, *at))
			.min_by_key(|(_, at)| *at)
		{
			if at > until {
				break;
			}
			self.timers.remove(&timer);
			self.now = self.now.max(at);
			self.tell(Input::Timer(timer));
		}
		self.now = until;
	}

	fn connect_with(&mut self, name: u8, version: CollationVersion) -> PeerId {
		let peer = PeerId(u64::from(name));
		let who = CollatorPeer {
			peer_id: peer_id(name),
			version,
		};
		self.tell(Input::Peer(peer, PeerEvent::Connected(who)));
		peer
	}

	fn connect(&mut self, name: u8) -> PeerId {
		self.connect_with(name, CollationVersion::V2)
	}

	fn say(&mut self, peer: PeerId, message: CollationMessage) {
		self.tell(Input::Peer(peer, PeerEvent::Message(message)));
	}

	/// A collator that has declared.
	fn collator(&mut self, name: u8, para: ParaId) -> PeerId {
		let peer = self.connect(name);
		self.say(peer, declare(declaration(name, para)));
		assert_eq!((self.costs(), self.partings()), (vec![], vec![]), "it is welcome");
		peer
	}

	fn advertise(&mut self, peer: PeerId, candidate: &Named) {
		self.say(peer, advertisement(candidate));
	}

	/// The collator that is asked, with the candidate, oldest first.
	fn asked(&mut self) -> Vec<(PeerId, CandidateHash)> {
		let asked = self.requests.iter();
		asked
			.map(|(_, peer, request)| (*peer, request.candidate_hash))
			.collect()
	}

	fn answer(&mut self, answer: Result<CollationResponse, RequestFailure>) {
		let (id, ..) = self.requests.remove(0);
		self.tell(Input::Response(id, answer));
	}

	/// The oldest job is done.
	fn work(&mut self) {
		let (id, job) = self.jobs.remove(0);
		self.tell(Input::Done(id, Ok(run(&job))));
	}

	/// Asks are answered well until there are none.
	fn fetch(&mut self, candidate: &Named) -> FetchedCollation {
		self.answer(Ok(response(candidate)));
		self.work();
		self.fetched().pop().expect("all was right")
	}

	fn end(&mut self, candidate: &Named, outcome: Outcome) {
		let hash = candidate.hash();
		self.run(|side, around, out| side.ended(hash, outcome, around, out));
	}

	fn fetched(&mut self) -> Vec<FetchedCollation> {
		let effects = std::mem::take(&mut self.effects).into_iter();
		effects
			.filter_map(|effect| match effect {
				ValidatorEffect::Fetched { collation, .. } => Some(*collation),
				ValidatorEffect::Disconnect { .. } => None,
			})
			.collect()
	}

	fn partings(&mut self) -> Vec<(PeerId, Parting)> {
		let effects = std::mem::take(&mut self.effects).into_iter();
		effects
			.filter_map(|effect| match effect {
				ValidatorEffect::Disconnect { peer, why } => Some((peer, why)),
				ValidatorEffect::Fetched { .. } => None,
			})
			.collect()
	}

	fn costs(&mut self) -> Vec<(PeerId, Cost, &'static str)> {
		std::mem::take(&mut self.costs)
	}
}

fn declare(declaration: Declaration) -> CollationMessage {
	CollationMessage::V2(CollatorMessage::Declare(declaration))
}

fn advertisement(candidate: &Named) -> CollationMessage {
	CollationMessage::V2(CollatorMessage::Advertise(AdvertisementV2 {
		scheduling_parent: hash(candidate.block),
		candidate_hash: candidate.hash(),
		parent_head_data_hash: head_hash(candidate.from),
	}))
}

fn advertisement_v3(candidate: &Named, claim: DescriptorClaim, relay_parent: Hash) -> CollationMessage {
	CollationMessage::V3(CollatorMessage::Advertise(AdvertisementV3 {
		scheduling_parent: hash(candidate.block),
		candidate_hash: candidate.hash(),
		parent_head_data_hash: head_hash(candidate.from),
		descriptor_version: claim,
		relay_parent,
	}))
}

fn response(candidate: &Named) -> CollationResponse {
	CollationResponse {
		receipt: candidate.receipt(),
		pov: Arc::new(pov(candidate.to)),
		parent_head_data: None,
	}
}
