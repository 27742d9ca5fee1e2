//! The scenario: a relay chain, the work behind jobs, and what nodes are told.
//!
//! Nodes see only messages and blocks. What the world knows beyond that goes into notes for observers, and into faults.

mod blocks;
mod forks;
mod misconduct;
mod work;

use forks::{jitter, Drawn};
use work::Ballots;

use crate::{
	authoring::{Author, Timing},
	execution::Executes,
	faults::{Faulty, Misled},
	nodes::{Card, CollatorCore, Turns, ValidatorCore, Wired},
	once::Signatures,
	orders::{OrderDesk, Ordered},
	outside::Outside,
	relay::{Chain, FIRST_SLOT},
	tape::{Tape, Writer},
	words::{Answer, DevnetWords, Done, Job},
	DevnetError, Misconduct, Parachain, RunConfig,
};
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_collator::{BlockProducer, BuildOn, CollatorConfig, RelayParentOffset, REMEMBERED_FOR};
use async_backing_machine::{Core, Input, Instant, Output, PeerEvent, ProposeId};
use async_backing_primitives::{
	CandidateCommitments, CandidateEvent, CandidateHash, CoreIndex, Hash, HeadData, LeafFacts, ParaId, PoV,
	PvfCheckStatement, Slot, ValidatorId, ValidatorSignature,
};
use async_backing_provisioner::Proposal;
use async_backing_relay_client::{signing, ValidatorKeys};
use async_backing_sim::{Agenda, Digest, NodeId, Price, Scenario, Sent, What};
use async_backing_validator::{Validator, ValidatorConfig};
use async_backing_wire::{declare_payload, CollatorId, CollatorSignature, Declaration, Protocol};
use codec::Encode;
use rand_chacha::{rand_core::SeedableRng, ChaCha8Rng};
use std::{
	cell::RefCell,
	collections::{BTreeMap, BTreeSet, VecDeque},
	rc::Rc,
	sync::Arc,
	time::Duration,
};

/// What the bytes of a peer id begin with: an identity hash of 36 bytes, of an ed25519 key of 32.
const MULTIHASH: &[u8] = &[0, 36, 8, 1, 18, 32];

/// What the world waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
	/// A slot begins: its author is asked for a proposal.
	Slot(u64),
}

/// What observers are told beside what nodes do.
#[derive(Debug)]
pub(crate) enum Note {
	/// A relay block was built and imported by its author.
	RelayBlock(Box<NewBlock>),
	/// Somebody ordered a block for a para.
	Ordered(ParaId),
	/// The author of a slot was not there.
	NoAuthor {
		/// Slots since the run began.
		slot: u64,
		/// Who should have built.
		author: usize,
	},
	/// Nobody builds in a slot.
	EmptySlot {
		/// Slots since the run began.
		slot: u64,
	},
}

/// A relay block, seen from all sides.
#[derive(Clone, Debug)]
pub(crate) struct NewBlock {
	/// Slots since the run began.
	pub(crate) slot: u64,
	pub(crate) author: usize,
	/// Session that the block itself runs in.
	pub(crate) session: u32,
	/// Whom each core serves in it: claims of its parent's state.
	pub(crate) turns: BTreeMap<CoreIndex, ParaId>,
	/// Candidates that its author offered.
	pub(crate) offered: Vec<CandidateHash>,
	/// Why transactions of the run failed in it, or can be in no block.
	pub(crate) failed: Vec<String>,
	/// What it did with orders.
	pub(crate) orders: Vec<(ParaId, Ordered)>,
	/// What happened to candidates in it.
	pub(crate) events: Vec<CandidateEvent>,
	/// Of candidates that it includes and that somebody executed to the end, whether their code comes to what they say, whatever
	/// whoever executed them says.
	pub(crate) truth: BTreeMap<CandidateHash, bool>,
	/// What nodes learn of it.
	pub(crate) facts: Arc<LeafFacts>,
	/// Whether the chain that ends in it is the best one now.
	pub(crate) leads: bool,
}

/// A relay block that is final, and when each node hears that it is.
#[derive(Debug)]
struct Final {
	number: u32,
	hash: Hash,
	at: Vec<Instant>,
}

/// A relay block on its way to the nodes.
struct Spread {
	facts: Arc<LeafFacts>,
	/// When each node imports it.
	at: Vec<Instant>,
	/// Transactions of the run that it took.
	taken: BTreeSet<u64>,
	/// How many it and its ancestors took.
	transactions: u32,
}

/// A para and who collates for it.
struct Line {
	para: ParaId,
	genesis_head: HeadData,
	producer: Box<dyn BlockProducer>,
	/// Candidates built so far.
	built: u32,
	/// Where the last one was built.
	last: Option<BuildOn>,
	/// Where the last ones before it were that had other relay parents, oldest first: at most [`Line::EARLIER`].
	earlier: VecDeque<BuildOn>,
}

impl Line {
	/// As many as it takes to be behind the relay parent of the block before.
	const EARLIER: usize = 2;

	/// Notes where a block is built. Returns where the one before was.
	fn builds(&mut self, build_on: &BuildOn) -> Option<BuildOn> {
		let last = self.last.replace(build_on.clone());
		let elsewhere = |last: &&BuildOn| last.relay_parent != build_on.relay_parent;
		if let Some(last) = last.as_ref().filter(elsewhere) {
			self.earlier.push_back(last.clone());
			if self.earlier.len() > Self::EARLIER {
				self.earlier.pop_front();
			}
		}
		last
	}
}

/// The slot whose author is being asked.
#[derive(Clone, Copy, Debug)]
struct Asked {
	id: ProposeId,
	slot: u64,
	author: usize,
	parent: Hash,
	/// Whether its block is late somewhere, and what decides where.
	late: Option<u64>,
}

/// Everything around the nodes, over some relay chain.
pub(crate) struct World<C> {
	pub(crate) config: RunConfig,
	pub(crate) relay: C,
	pub(crate) orders: Option<OrderDesk>,
	pub(crate) outside: Option<Box<dyn Outside>>,
	/// Of the validator that is recorded, if one is.
	tape: Option<Tape>,
	/// Validators as they run now, to be looked at.
	pub(crate) validators: Vec<Rc<RefCell<Validator>>>,
	keys: Vec<ValidatorId>,
	/// Collators that were started, each anew at each time.
	collators_started: u32,
	lines: Vec<Line>,
	executor: Box<dyn Executes>,
	/// What anybody verified.
	pub(crate) signatures: Signatures,
	/// Of import times.
	random: ChaCha8Rng,
	/// Slots whose block comes late somewhere.
	late: Drawn,
	/// Slots in which nobody builds.
	empty: Drawn,
	/// Of what nodes have later.
	jitter: ChaCha8Rng,
	/// The newest relay blocks, by number, in the order in which they were built.
	blocks: BTreeMap<(u32, u64), Spread>,
	/// Relay blocks built, on all forks.
	built: u64,
	/// The best relay block: the highest, of several the one that was built first.
	pub(crate) head: Hash,
	/// Its number.
	pub(crate) relay_blocks: u32,
	/// The newest blocks that are final, oldest first.
	finals: VecDeque<Final>,
	asked: Option<Asked>,
	/// Votes about codes that wait for the next block.
	ballots: Ballots,
	/// Votes about codes that came before the last of the blocks of a number: they go into each of them.
	votes: BTreeMap<u32, Vec<(PvfCheckStatement, ValidatorSignature)>>,
	/// Blocks for which is wished what is to be in them.
	wished_for: u32,
	/// Candidates whose data nobody hands out.
	withheld: BTreeSet<CandidateHash>,
	/// What candidates say that they do, of those that say what is not so.
	claims: BTreeMap<CandidateHash, CandidateCommitments>,
	/// What candidates do that exceed a limit of the chain: their code comes to that.
	outputs: BTreeMap<CandidateHash, CandidateCommitments>,
	/// What candidates say that they do, and what it took their collators.
	promised: BTreeMap<CandidateHash, work::Promised>,
	/// Whether the code of candidates that somebody executed comes to what they say.
	truth: BTreeMap<CandidateHash, bool>,
	/// Proofs of validity of all candidates, if they are kept.
	pub(crate) povs: Option<BTreeMap<CandidateHash, Arc<PoV>>>,
}

impl<C> std::fmt::Debug for World<C> {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("World")
			.field("head", &self.head)
			.field("relay_blocks", &self.relay_blocks)
			.finish_non_exhaustive()
	}
}

impl<C: Chain> World<C> {
	/// A world whose candidates `executor` executes, for all nodes.
	pub(crate) fn new(
		config: RunConfig,
		relay: C,
		parachains: Vec<Parachain>,
		executor: impl Executes + 'static,
	) -> Self {
		let keys: Vec<ValidatorId> = relay
			.validators()
			.iter()
			.map(|keys| keys.sr25519_public().into())
			.collect();
		let validators = keys
			.iter()
			.map(|key| Rc::new(RefCell::new(validator(key, &config))))
			.collect();
		let lines = config
			.para_ids()
			.zip(parachains)
			.map(|(para, parachain)| Line {
				para,
				genesis_head: parachain.genesis_head().clone(),
				producer: parachain.into_producer(),
				built: 0,
				last: None,
				earlier: VecDeque::new(),
			})
			.collect();
		let mut random = ChaCha8Rng::seed_from_u64(config.seed);
		// The streams of the simulation are others.
		random.set_stream(u64::MAX);
		Self {
			head: relay.genesis(),
			relay,
			orders: None,
			outside: None,
			tape: None,
			validators,
			keys,
			collators_started: 0,
			lines,
			executor: Box::new(executor),
			signatures: Signatures::default(),
			random,
			late: Drawn::late(config.faults.forks, config.seed),
			empty: Drawn::empty(config.faults.empty_slots, config.seed),
			jitter: jitter(config.seed),
			blocks: BTreeMap::new(),
			built: 0,
			relay_blocks: 0,
			finals: VecDeque::new(),
			asked: None,
			ballots: Ballots::default(),
			votes: BTreeMap::new(),
			wished_for: 0,
			withheld: BTreeSet::new(),
			claims: BTreeMap::new(),
			outputs: BTreeMap::new(),
			promised: BTreeMap::new(),
			truth: BTreeMap::new(),
			povs: None,
			config,
		}
	}

	/// Records a validator from its first start on.
	///
	/// # Errors
	/// There is no such validator, or the beginning cannot be written.
	pub(crate) fn record(&mut self, validator: usize, to: Writer) -> Result<(), DevnetError> {
		let key = self
			.keys
			.get(validator)
			.ok_or(DevnetError::NoValidator(validator))?;
		let config = validator_config(key, &self.config);
		let tape = Tape::new(validator, &config, to).map_err(DevnetError::Recording)?;
		self.tape = Some(tape);
		Ok(())
	}

	/// Ends the recording. Returns the number of inputs in it, `None` if there is none.
	///
	/// # Errors
	/// It was not written to its end.
	pub(crate) fn end_recording(&mut self) -> Result<Option<u64>, DevnetError> {
		let ended = self.tape.take().map(|tape| tape.end()).transpose();
		ended.map_err(DevnetError::Recording)
	}

	/// Key of the collator at a node: parachains choose their authors by it. Nothing is signed with it here.
	fn collator_key(&self, node: usize) -> ValidatorId {
		let index = u32::try_from(node).unwrap_or(u32::MAX);
		ValidatorKeys::of_run(self.config.seed, index)
			.sr25519_public()
			.into()
	}

	/// Who a collator is on the network, in one of its lives (R-NET-67).
	fn card(&mut self, para: ParaId) -> Card {
		self.collators_started = self.collators_started.wrapping_add(1);
		// Apart from those of nodes.
		let keys = ValidatorKeys::of_run(self.config.seed, u32::MAX.wrapping_sub(self.collators_started));
		let key = keys.sr25519_public();
		let peer_id = [MULTIHASH, key.as_ref()].concat();
		let signature = signing::sign(&keys.sr25519, &declare_payload(&peer_id));
		Card {
			declaration: Declaration {
				collator: CollatorId(key.0),
				para_id: para,
				signature: CollatorSignature(signature.0),
			},
			peer_id,
		}
	}

	/// How many blocks a para may have on one relay parent: as many as a foreign one has cores.
	fn velocity(&self, para: ParaId) -> u32 {
		let foreign = self.config.foreign.iter().find(|foreign| foreign.id == para);
		foreign.map_or(self.config.model.velocity, |foreign| foreign.cores)
	}

	/// Collators of a para, in the order of their turns.
	fn authorities(&self, line: usize) -> Vec<ValidatorId> {
		let collators = self.config.collators_of(line);
		collators.map(|node| self.collator_key(node)).collect()
	}
}

fn validator(key: &ValidatorId, run: &RunConfig) -> Validator {
	Validator::new(validator_config(key, run))
}

fn validator_config(key: &ValidatorId, run: &RunConfig) -> ValidatorConfig {
	let model = &run.model;
	let mut config = ValidatorConfig::new(key.clone());
	config.bitfield_after = model.bitfield_after;
	config.availability.keep_included = model.keep_included;
	// The limit is one of execution (R-BAK-11); hashes and coding come on top.
	config.backing.validation = model
		.backing_execution_limit
		.saturating_add(model.collator_margin);
	config.view.selection = run.selection;
	config
}

impl<C: Chain> Scenario for World<C> {
	type Words = DevnetWords;
	type Event = Event;
	type Note = Note;
	type Error = DevnetError;

	fn core(&mut self, node: NodeId) -> Box<dyn Core<Words = DevnetWords>> {
		let model = self.config.model.clone();
		if let Some(key) = self.keys.get(node.0) {
			let core = Rc::new(RefCell::new(validator(key, &self.config)));
			if let Some(running) = self.validators.get_mut(node.0) {
				*running = core.clone();
			}
			let tape = self.tape.clone().filter(|tape| tape.validator == node.0);
			let is_old = u32::try_from(node.0)
				.is_ok_and(|number| self.config.chunk_v1.iter().any(|span| span.contains(number)));
			let speaks: fn(Protocol) -> bool = match is_old {
				true => |protocol| protocol != Protocol::ChunkV2,
				false => |_| true,
			};
			let core = Wired::new(ValidatorCore::new(core, tape), speaks);
			return match self.config.faults.validators.get(&node) {
				Some(misconduct) => {
					let keys =
						ValidatorKeys::of_run(self.config.seed, u32::try_from(node.0).unwrap_or(u32::MAX));
					Box::new(Faulty::new(core, *misconduct, keys.sr25519))
				}
				None => Box::new(core),
			};
		}
		let (position, own) = self
			.config
			.collator(node)
			.expect("nodes are validators and collators; qed");
		let turns = Turns::new(self.authorities(position), own);
		let card = self.card(self.lines[position].para);
		let line = &self.lines[position];
		let config = CollatorConfig {
			para: line.para,
			capacity: model.segment_capacity,
			velocity: self.velocity(line.para),
			relay_parent_offset: match line.producer.relay_parent_offset() {
				Some(demanded) => RelayParentOffset::Exactly(demanded),
				None => RelayParentOffset::UpTo(model.relay_parent_offset),
			},
		};
		let author = Author::new(
			config,
			&line.genesis_head,
			Timing::new(&model, line.producer.fuel(), self.config.collators_per_para),
			line.producer.pov_size(),
			self.config.authoring.hook(),
		);
		let core = CollatorCore::new(line.para, line.genesis_head.clone(), author, turns, card);
		let core = Wired::new(core, |_| true);
		match self.config.faults.collators.get(&node) {
			Some(Misconduct::ExceedDepth) => {
				let calm = self.config.faults.calm_from.map(Slot::from);
				let until = calm.map_or(Slot::MAX, |calm| FIRST_SLOT.saturating_add(calm));
				Box::new(Misled::new(core, until))
			}
			_ => Box::new(core),
		}
	}

	fn identity(&mut self, node: NodeId, seen_by: NodeId) -> Identity {
		match self.keys.get(node.0) {
			Some(key) => Identity::of(key.clone()),
			// Nobody else knows collators.
			None if seen_by.0 >= self.keys.len() => Identity::of(self.collator_key(node.0)),
			None => Identity::stranger(),
		}
	}

	fn work(&mut self, node: NodeId, job: Job) -> Result<(Done, Price), DevnetError> {
		match job {
			Job::Validator(job) => self.validate(node, job),
			Job::Author(order) => Ok(self.author(node, &order)),
		}
	}

	fn bytes(&self, sent: Sent<'_, DevnetWords>) -> usize {
		match sent {
			Sent::Message(message) => message.wire_size(),
			Sent::View(view) => match *view {},
			Sent::Request(request) => request.wire_size(),
			Sent::Response(response) => response.wire_size(),
			Sent::Refusal(_) => 0,
		}
	}

	fn start(&mut self, agenda: &mut Agenda<Self>) -> Result<(), DevnetError> {
		agenda.wait(Duration::ZERO, Event::Slot(0));
		Ok(())
	}

	fn happens(&mut self, event: Event, agenda: &mut Agenda<Self>) -> Result<(), DevnetError> {
		match event {
			Event::Slot(slot) => self.slot(slot, agenda),
		}
	}

	fn proposed(
		&mut self,
		_: NodeId,
		id: ProposeId,
		proposal: Option<Proposal>,
		agenda: &mut Agenda<Self>,
	) -> Result<(), DevnetError> {
		let Some(asked) = self.asked.take_if(|asked| asked.id == id) else {
			return Ok(());
		};
		match proposal {
			Some(proposal) => self.build(asked, proposal, agenda),
			None => {
				agenda.note(Note::NoAuthor {
					slot: asked.slot,
					author: asked.author,
				});
				Ok(())
			}
		}
	}

	fn restarted(&mut self, node: NodeId, agenda: &mut Agenda<Self>) -> Result<(), DevnetError> {
		let now = agenda.now();
		let model = &self.config.model;
		// What it has not imported yet comes at its time.
		let mut imported = self
			.blocks
			.iter()
			.filter(|(_, block)| block.at.get(node.0).is_some_and(|at| *at <= now));
		let Some(((newest, _), block)) = imported.next_back() else {
			return Ok(());
		};
		// Validators need what may be built on. Collators have a parachain to catch up with.
		let window = match self.keys.get(node.0) {
			Some(_) => block.facts.params.relay_parent_window().max(model.finality_lag),
			None => REMEMBERED_FOR,
		};
		let oldest = newest.saturating_sub(window);
		for ((number, _), block) in self.blocks.range((oldest, 0)..=(*newest, u64::MAX)) {
			if block.at.get(node.0).is_none_or(|at| *at > now) {
				continue;
			}
			let event = ChainEvent::Imported {
				facts: block.facts.clone(),
				fresh: number == newest,
			};
			agenda.chain(now, node, event);
		}
		Ok(())
	}

	fn loses(&mut self, _: Instant, _: NodeId, _: NodeId, sent: Sent<'_, DevnetWords>) -> bool {
		// A response does not say of which candidate; nobody can answer what is not heard.
		match sent {
			Sent::Request(question) if !self.withheld.is_empty() => {
				let of_data = question.of_data();
				of_data.is_some_and(|candidate| self.withheld.contains(&candidate))
			}
			_ => false,
		}
	}

	fn digest(&self, what: &What<'_, DevnetWords, Note>, into: &mut Digest) {
		digest(what, into);
	}
}

/// What of a step goes into the hash of the trace: all but the contents of what is large, which its size, and what was
/// hashed before it, stand for.
fn digest(what: &What<'_, DevnetWords, Note>, into: &mut Digest) {
	let response = |response: &Answer| response.wire_size() as u64;
	let entry = match what {
		What::Input(Input::Peer(peer, PeerEvent::Message(message))) => (0u8, peer.0, message.encode()),
		What::Input(Input::Peer(peer, PeerEvent::Connected(identity))) => {
			(1, peer.0, identity.authorities.encode())
		}
		What::Input(Input::Peer(peer, PeerEvent::Disconnected | PeerEvent::View(_))) => {
			(2, peer.0, Vec::new())
		}
		What::Input(Input::Chain(ChainEvent::Imported { facts, fresh })) => {
			(3, u64::from(*fresh), facts.block.hash.encode())
		}
		What::Input(Input::Chain(ChainEvent::Finalized { hash, .. })) => (4, 0, hash.encode()),
		What::Input(Input::Chain(ChainEvent::Reverted { hash })) => (5, 0, hash.encode()),
		What::Input(Input::Request(peer, ticket, request)) => {
			(6, peer.0, (ticket.0, request.bytes()).encode())
		}
		What::Input(Input::Response(id, Ok(answer))) => (7, id.0, response(answer).encode()),
		What::Input(Input::Response(id, Err(failure))) => (8, id.0, failure.to_string().into_bytes()),
		What::Input(Input::Done(id, result)) => (9, id.0, vec![u8::from(result.is_ok())]),
		What::Input(Input::Stored(id)) => (10, id.0, Vec::new()),
		What::Input(Input::Timer(id)) => (11, id.0, Vec::new()),
		What::Input(Input::Propose(id, what, _)) => (12, id.0, what.parent.encode()),
		What::Input(Input::Restored(snapshot)) => (13, snapshot.0.len() as u64, Vec::new()),
		What::Output(Output::Notify(to, message)) => (20, to.as_slice().len() as u64, message.encode()),
		What::Output(Output::Request {
			id, peer, request, ..
		}) => (21, id.0, (peer.0, request.bytes()).encode()),
		What::Output(Output::Respond(ticket, Ok(answer))) => (22, ticket.0, response(answer).encode()),
		What::Output(Output::Respond(ticket, Err(refusal))) => {
			(23, ticket.0, refusal.to_string().into_bytes())
		}
		What::Output(Output::Report(peer, judgement)) => (24, peer.0, judgement.reason().as_bytes().to_vec()),
		What::Output(Output::Job { id, .. }) => (25, id.0, Vec::new()),
		What::Output(Output::Cancel(id)) => (26, id.0, Vec::new()),
		What::Output(Output::Store(id, batch)) => (27, id.0, (batch.writes.len() as u64).encode()),
		What::Output(Output::SetTimer(id, at)) => (28, id.0, at.as_nanos().encode()),
		What::Output(Output::ClearTimer(id)) => (29, id.0, Vec::new()),
		What::Output(Output::Proposal(id, proposal)) => (30, id.0, proposal.backed_candidates.encode()),
		What::Output(Output::Event(event)) => (31, 0, format!("{event:?}").into_bytes()),
		What::Output(Output::Disconnect(peer)) => (32, peer.0, Vec::new()),
		What::Lost(kind, loss) => (40, *kind as u64, vec![*loss as u8]),
		What::Crashed => (41, 0, Vec::new()),
		What::Started => (42, 0, Vec::new()),
		What::NoProposal(id) => (43, id.0, Vec::new()),
		What::Note(Note::RelayBlock(block)) => (44, block.slot, block.facts.block.hash.encode()),
		What::Note(Note::Ordered(para)) => (45, para.0.into(), Vec::new()),
		What::Note(Note::NoAuthor { slot, author }) => (46, *slot, (*author as u64).encode()),
		What::Note(Note::EmptySlot { slot }) => (47, *slot, Vec::new()),
	};
	into.bytes(&entry.encode());
}
