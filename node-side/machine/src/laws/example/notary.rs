//! The core.

use super::{Check, Clerk, Document, Flaw, Letter, Notarial};
use crate::{
	Batch, BatchId, Core, Cost, Input, Instant, JobId, Judgement, Outbox, PeerEvent, PeerId, Priority,
	Recipients, Refusal, RequestId, Snapshot, Ticket, TimerId,
};
use async_backing_primitives::hash_bytes;
use std::{
	collections::{BTreeMap, HashSet},
	sync::Arc,
	time::Duration,
};

/// Documents of a session: numbers below this.
pub const NUMBERS: u32 = 64;
/// Longest content, in bytes.
const MAX_CONTENT: usize = 1024;
/// Peers that it knows at a time; others are nobody to it.
const MAX_PEERS: usize = 64;
/// Documents that it wants at a time: a job each at the most.
const MAX_WANTED: usize = 16;
/// Peers that wait for one document.
const MAX_WAITING: usize = 4;
/// How often all clerks are asked.
const ROUNDS: u32 = 2;
/// How long it rests between two rounds.
const REST: Duration = Duration::from_secs(10);
/// How long it waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(2);
/// What it has stored begins with this.
const PREFIX: &[u8] = b"endorsed/";

type Content = Arc<Vec<u8>>;

/// A notary.
#[derive(Debug, Default)]
pub struct Notary {
	flaw: Option<Flaw>,
	sessions: BTreeMap<u32, Vec<Clerk>>,
	peers: BTreeMap<PeerId, Option<Clerk>>,
	wanted: BTreeMap<Document, Wanted>,
	/// By place; the content is gone after a restart.
	endorsed: BTreeMap<(u32, u32), (Document, Option<Content>)>,
	hoard: BTreeMap<usize, [u8; 256]>,
}

/// A document that is on its way to be endorsed.
#[derive(Debug)]
struct Wanted {
	step: Step,
	/// Clerks that were asked in this round, or are not there.
	tried: usize,
	rounds: u32,
	waiting: Vec<Ticket>,
}

#[derive(Debug)]
enum Step {
	Asking(RequestId, PeerId),
	Checking(JobId, PeerId, Content),
	Storing(BatchId, Content),
	Resting(TimerId),
	/// Nowhere, which is a flaw if it lasts.
	Idle,
}

impl Core for Notary {
	type Words = Notarial;

	fn handle(&mut self, now: Instant, input: Input<Notarial>, out: &mut Outbox<Notarial>) {
		match input {
			Input::Chain(session) => {
				self.sessions.insert(session.number, session.clerks);
				self.forget_before(session.number.saturating_sub(1), out);
			}
			Input::Peer(peer, PeerEvent::Connected(identity)) => self.meet(peer, identity, out),
			Input::Peer(peer, PeerEvent::Disconnected) => {
				if !self.has(Flaw::KeepsTheGone) {
					self.peers.remove(&peer);
				}
			}
			Input::Peer(peer, PeerEvent::Message(letter)) => self.read(now, peer, letter, out),
			Input::Peer(_, PeerEvent::View(never)) => match never {},
			Input::Request(peer, ticket, document) => self.lend(peer, ticket, document, out),
			Input::Response(id, answer) => {
				let Some((document, peer)) = self.find(|step| match step {
					Step::Asking(of, peer) if *of == id => Some(*peer),
					_ => None,
				}) else {
					return;
				};
				match answer {
					Ok(content) if content.len() > MAX_CONTENT => {
						cost(peer, Cost::Major, "a content above the bound", out);
						self.ask(now, document, out);
					}
					Ok(content) => self.check(now, document, peer, content, out),
					Err(_) if self.has(Flaw::Idles) => self.step(document, Step::Idle),
					Err(_) if self.has(Flaw::Procrastinates) => self.rest(now, document, out),
					Err(_) if self.has(Flaw::Insists) && self.is_clerk_of(document, peer) => {
						let again = out.request(peer, document, TIMEOUT);
						let step = again.map_or(Step::Idle, |id| Step::Asking(id, peer));
						self.step(document, step);
					}
					Err(_) => self.ask(now, document, out),
				}
			}
			Input::Done(id, done) => {
				let Some((document, (peer, content))) = self.find(|step| match step {
					Step::Checking(of, peer, content) if *of == id => Some((*peer, content.clone())),
					_ => None,
				}) else {
					return;
				};
				if self.has(Flaw::Remembers) {
					self.hoard.insert(self.hoard.len(), [0; 256]);
				}
				match done {
					Ok(true) => self.store(document, content, out),
					Ok(false) => {
						if !self.has(Flaw::NamesNobodyLater) {
							cost(peer, Cost::Major, "a false content", out);
						}
						self.ask(now, document, out);
					}
					Err(_) => self.rest(now, document, out),
				}
			}
			Input::Stored(id) => {
				let found = self.find(|step| match step {
					Step::Storing(of, content) if *of == id => Some(content.clone()),
					_ => None,
				});
				if let Some((document, content)) = found {
					self.endorse(document, content, out);
				}
			}
			Input::Timer(id) => {
				let found = self.find(|step| matches!(step, Step::Resting(of) if *of == id).then_some(()));
				match found {
					Some((document, ())) if self.has(Flaw::Procrastinates) => self.rest(now, document, out),
					Some((document, ())) => self.ask(now, document, out),
					None => {}
				}
			}
			Input::Propose(id, (), _) => {
				let documents = self.endorsed.values().map(|(document, _)| *document);
				out.propose(id, documents.collect());
			}
			Input::Restored(snapshot) => self.restore(&snapshot),
		}
	}
}

impl Notary {
	/// A notary, with a flaw or without.
	pub fn new(flaw: Option<Flaw>) -> Self {
		Self {
			flaw,
			..Self::default()
		}
	}

	/// Whether it is after this document.
	pub fn wants(&self, document: &Document) -> bool {
		self.wanted.contains_key(document)
	}

	/// Whether it is after any document.
	pub fn is_waiting(&self) -> bool {
		!self.wanted.is_empty()
	}

	/// Whether it waits for the answer to this request.
	pub fn awaits(&self, request: RequestId) -> bool {
		let is = |step: &Step| matches!(step, Step::Asking(of, _) if *of == request).then_some(());
		self.find(is).is_some()
	}

	/// Whether it waits for what comes of this job.
	pub fn awaits_job(&self, job: JobId) -> bool {
		let is = |step: &Step| matches!(step, Step::Checking(of, ..) if *of == job).then_some(());
		self.find(is).is_some()
	}

	/// How many documents it rests from.
	pub fn timers(&self) -> usize {
		let steps = self.wanted.values().map(|wanted| &wanted.step);
		steps.filter(|step| matches!(step, Step::Resting(_))).count()
	}

	/// Whether it knows a peer.
	pub fn knows(&self, peer: PeerId) -> bool {
		self.peers.contains_key(&peer)
	}

	/// How many documents it stands by.
	pub fn endorsements(&self) -> usize {
		self.endorsed.len()
	}

	/// The document that it stands by, of a place.
	pub fn endorsed(&self, place: (u32, u32)) -> Option<Document> {
		self.endorsed.get(&place).map(|(document, _)| *document)
	}

	fn has(&self, flaw: Flaw) -> bool {
		self.flaw == Some(flaw)
	}

	fn is_clerk_of(&self, document: Document, peer: PeerId) -> bool {
		let clerks = self.sessions.get(&document.session);
		let name = self.peers.get(&peer).copied().flatten();
		clerks.is_some_and(|clerks| name.is_some_and(|name| clerks.contains(&name)))
	}

	fn find<T>(&self, of: impl Fn(&Step) -> Option<T>) -> Option<(Document, T)> {
		self.wanted
			.iter()
			.find_map(|(document, wanted)| Some((*document, of(&wanted.step)?)))
	}

	fn step(&mut self, document: Document, step: Step) {
		if let Some(wanted) = self.wanted.get_mut(&document) {
			wanted.step = step;
		}
	}

	fn meet(&mut self, peer: PeerId, identity: Option<Clerk>, out: &mut Outbox<Notarial>) {
		if self.peers.len() >= MAX_PEERS && !self.peers.contains_key(&peer) {
			return;
		}
		self.peers.insert(peer, identity);
		if identity.is_some() {
			// What it has promised, it says again (law 5).
			for (document, _) in self.endorsed.values() {
				out.notify(Recipients::Peer(peer), Letter::Endorse(*document));
			}
		}
	}

	fn read(&mut self, now: Instant, peer: PeerId, letter: Letter, out: &mut Outbox<Notarial>) {
		let is_clerk = matches!(self.peers.get(&peer), Some(Some(_)));
		match letter {
			Letter::Endorse(_) if self.has(Flaw::Believes) => self.tell_everybody(letter, out),
			Letter::Offer(document) | Letter::Endorse(document)
				if !is_clerk || document.number >= NUMBERS =>
			{
				assert!(
					!is_clerk || !self.has(Flaw::Panics),
					"document {}",
					document.number
				);
				if !self.has(Flaw::NamesNobody) {
					cost(peer, Cost::Minor, "not of a clerk, or no document", out);
				}
			}
			Letter::Offer(document) => {
				if self.has(Flaw::Hoards) {
					for _ in 0..4 {
						self.hoard.insert(self.hoard.len(), [0; 256]);
					}
				}
				let place = document.place();
				let is_taken = self.endorsed.contains_key(&place)
					|| self.wanted.keys().any(|wanted| wanted.place() == place);
				if !is_taken
					&& self.sessions.contains_key(&document.session)
					&& self.wanted.len() < MAX_WANTED
				{
					let wanted = Wanted {
						step: Step::Idle,
						tried: 0,
						rounds: 0,
						waiting: Vec::new(),
					};
					self.wanted.insert(document, wanted);
					self.ask(now, document, out);
				}
			}
			Letter::Endorse(_) => {}
		}
	}

	/// Asks the next clerk, by the session of the document (law 7). After a round it rests, and after a few it gives up.
	fn ask(&mut self, now: Instant, document: Document, out: &mut Outbox<Notarial>) {
		let newest = self.sessions.keys().next_back().copied();
		let timeout = TIMEOUT * if self.has(Flaw::WaitsForADay) { 43_200 } else { 1 };
		let session = if self.has(Flaw::MistakesSession) {
			newest
		} else {
			Some(document.session)
		};
		let clerks = session.and_then(|session| self.sessions.get(&session));
		let (Some(clerks), Some(wanted)) = (clerks, self.wanted.get_mut(&document)) else {
			return;
		};
		while wanted.tried < clerks.len() {
			let index = (document.number as usize).saturating_add(wanted.tried) % clerks.len();
			wanted.tried = wanted.tried.saturating_add(1);
			let clerk = clerks.get(index).copied();
			let peer = self.peers.iter().find(|(_, is)| **is == clerk);
			let Some((peer, _)) = peer else { continue };
			match out.request(*peer, document, timeout) {
				Some(id) => wanted.step = Step::Asking(id, *peer),
				None => wanted.step = Step::Resting(out.set_timer(now.saturating_add(REST))),
			}
			return;
		}
		wanted.tried = 0;
		self.rest(now, document, out);
	}

	fn rest(&mut self, now: Instant, document: Document, out: &mut Outbox<Notarial>) {
		let procrastinates = self.has(Flaw::Procrastinates);
		let Some(wanted) = self.wanted.get_mut(&document) else {
			return;
		};
		wanted.rounds = wanted.rounds.saturating_add(1);
		if wanted.rounds < ROUNDS || procrastinates {
			wanted.step = Step::Resting(out.set_timer(now.saturating_add(REST)));
		} else {
			self.give_up(document, out);
		}
	}

	fn give_up(&mut self, document: Document, out: &mut Outbox<Notarial>) {
		let Some(wanted) = self.wanted.remove(&document) else {
			return;
		};
		match wanted.step {
			Step::Checking(job, ..) if !self.has(Flaw::NeverCancels) => out.cancel(job),
			Step::Resting(timer) if !self.has(Flaw::NeverClears) => out.clear_timer(timer),
			_ => {}
		}
		for ticket in wanted.waiting {
			self.answer(ticket, Err(Refusal::Unknown), out);
		}
	}

	fn check(
		&mut self,
		now: Instant,
		document: Document,
		peer: PeerId,
		content: Content,
		out: &mut Outbox<Notarial>,
	) {
		if self.has(Flaw::Hashes) {
			hash_bytes(&content.repeat(100 * 1024 / content.len().max(1) + 1));
		}
		if self.has(Flaw::HashesLittle) {
			hash_bytes(&content);
		}
		if self.has(Flaw::Copies) {
			(0..1000).for_each(|_| drop(std::hint::black_box((*content).clone())));
		}
		let check = Check {
			document,
			content: content.clone(),
		};
		match out.job(
			Priority::Normal,
			now.saturating_add(Duration::from_secs(5)),
			check,
		) {
			Some(job) => self.step(document, Step::Checking(job, peer, content)),
			None => self.rest(now, document, out),
		}
	}

	/// First it is written down, then it is said (law 5).
	fn store(&mut self, document: Document, content: Content, out: &mut Outbox<Notarial>) {
		let mut batch = Batch::default();
		batch.put(key(document.place()), document.number.to_be_bytes());
		let id = out.store(batch);
		self.step(document, Step::Storing(id, content));
		if self.has(Flaw::SignsEarly) {
			self.tell_everybody(Letter::Endorse(document), out);
		}
	}

	fn endorse(&mut self, document: Document, content: Content, out: &mut Outbox<Notarial>) {
		self.tell_everybody(Letter::Endorse(document), out);
		if let Some(wanted) = self.wanted.remove(&document) {
			for ticket in wanted.waiting {
				self.answer(ticket, Ok(content.clone()), out);
			}
		}
		self.endorsed.insert(document.place(), (document, Some(content)));
	}

	fn tell_everybody(&self, letter: Letter, out: &mut Outbox<Notarial>) {
		let clerks = self.peers.iter().filter(|(_, is)| is.is_some());
		let peers: Vec<_> = clerks.map(|(peer, _)| *peer).collect();
		let peers = if self.has(Flaw::Random) {
			peers.into_iter().collect::<HashSet<_>>().into_iter().collect()
		} else {
			peers
		};
		out.notify(Recipients::Peers(peers), letter);
	}

	fn lend(&mut self, peer: PeerId, ticket: Ticket, document: Document, out: &mut Outbox<Notarial>) {
		if !matches!(self.peers.get(&peer), Some(Some(_))) {
			return self.answer(ticket, Err(Refusal::NotAllowed), out);
		}
		if let Some(wanted) = self.wanted.get_mut(&document) {
			if wanted.waiting.len() < MAX_WAITING {
				return wanted.waiting.push(ticket);
			}
			return self.answer(ticket, Err(Refusal::Busy), out);
		}
		let content = match self.endorsed.get(&document.place()) {
			Some((of, Some(content))) if *of == document => Ok(content.clone()),
			_ => Err(Refusal::Unknown),
		};
		self.answer(ticket, content, out);
	}

	fn answer(&self, ticket: Ticket, answer: Result<Content, Refusal>, out: &mut Outbox<Notarial>) {
		if self.has(Flaw::AnswersTwice) {
			out.respond(ticket, Err(Refusal::Busy));
		}
		if !self.has(Flaw::NeverAnswers) {
			out.respond(ticket, answer);
		}
	}

	/// What belongs to a session that does not count any more is of no use.
	fn forget_before(&mut self, session: u32, out: &mut Outbox<Notarial>) {
		self.sessions.retain(|number, _| *number >= session);
		let old = self
			.wanted
			.keys()
			.take_while(|document| document.session < session);
		for document in old.copied().collect::<Vec<_>>() {
			self.give_up(document, out);
		}
		let mut batch = Batch::default();
		self.endorsed.retain(|place, _| {
			if place.0 < session {
				batch.remove(key(*place));
			}
			place.0 >= session
		});
		if !batch.is_empty() {
			out.store(batch);
		}
	}

	fn restore(&mut self, snapshot: &Snapshot) {
		if self.has(Flaw::Forgets) {
			return;
		}
		for (place, number) in snapshot.with_prefix(PREFIX) {
			let (Some((session, _)), Ok(number)) = (place.split_first_chunk(), <[u8; 4]>::try_from(number))
			else {
				continue;
			};
			let document = Document {
				session: u32::from_be_bytes(*session),
				number: u32::from_be_bytes(number),
			};
			self.endorsed.insert(document.place(), (document, None));
		}
	}
}

fn cost(peer: PeerId, cost: Cost, reason: &'static str, out: &mut Outbox<Notarial>) {
	out.report(peer, Judgement::Cost(cost, reason));
}

fn key((session, place): (u32, u32)) -> Vec<u8> {
	[PREFIX, &session.to_be_bytes(), &place.to_be_bytes()].concat()
}
