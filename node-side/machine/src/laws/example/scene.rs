//! The world of the core.

use super::{Check, Clerk, Document, Flaw, Letter, Notarial, Notary, Session, NUMBERS};
use crate::{
	laws::{Act, Choices, Intent, Open, Penalty, Promise, Reply, Stimulus, World},
	JobId, Output, PeerId, RequestId,
};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
	time::Duration,
};

/// Names of clerks are below this; a session has some of them, in an order of its own.
const CLERKS: Clerk = 8;
/// Clerks of a session.
const PLACES: usize = 4;
/// Peers at a time.
const MOST_PEERS: usize = 24;

/// The world of a notary: clerks, honest and not, and strangers.
#[derive(Debug)]
pub struct Scene {
	flaw: Option<Flaw>,
	sessions: BTreeMap<u32, Vec<Clerk>>,
	/// Sessions that the core has not heard of since it started.
	untold: VecDeque<u32>,
}

impl Scene {
	/// A world with a first session, for a notary with a flaw or without.
	pub fn new(flaw: Option<Flaw>, choices: &mut Choices<'_>) -> Self {
		let mut scene = Self {
			flaw,
			sessions: BTreeMap::new(),
			untold: VecDeque::new(),
		};
		scene.begin_session(choices);
		scene
	}

	fn newest(&self) -> u32 {
		self.sessions.keys().next_back().copied().unwrap_or(0)
	}

	fn begin_session(&mut self, choices: &mut Choices<'_>) {
		let (number, mut names) = (self.newest().saturating_add(1), (0..CLERKS).collect::<Vec<_>>());
		let clerks = (0..PLACES).map(|_| names.remove(choices.index(names.len())));
		self.sessions.insert(number, clerks.collect());
		self.untold.push_back(number);
	}

	/// Mostly one that can be endorsed.
	fn document(&self, choices: &mut Choices<'_>) -> Document {
		let session = match choices.below(16) {
			0..=8 => self.newest(),
			9..=14 => self.newest().saturating_sub(1),
			_ => choices.below(1 << 32) as u32,
		};
		let number = if choices.one_in(16) {
			u32::MAX
		} else {
			choices.below(NUMBERS.into()) as u32
		};
		Document { session, number }
	}

	fn letter(&self, peer: PeerId, open: &Open<Notarial>, choices: &mut Choices<'_>) -> Stimulus<Notarial> {
		let document = self.document(choices);
		let letter = if choices.one_in(6) {
			Letter::Endorse(document)
		} else {
			Letter::Offer(document)
		};
		let act = Act::Message(peer, letter);
		if self.is_stranger(peer, open) || document.number >= NUMBERS {
			Stimulus::hostile(act, Penalty::AtOnce)
		} else {
			Stimulus::honest(act)
		}
	}
}

impl World for Scene {
	type Core = Notary;

	fn core(&mut self) -> Notary {
		Notary::new(self.flaw)
	}

	fn next(&mut self, open: &Open<Notarial>, choices: &mut Choices<'_>) -> Stimulus<Notarial> {
		if let Some(number) = self.untold.pop_front() {
			let clerks = self.sessions.get(&number).cloned().unwrap_or_default();
			return Stimulus::honest(Act::Chain(Session { number, clerks }));
		}
		let kind = choices.below(16);
		let Some(peer) = open.speaker(choices) else {
			return Stimulus::honest(Act::Connect(Some(0)));
		};
		let identity = |choices: &mut Choices<'_>| {
			let name = choices.below(u64::from(CLERKS)) as Clerk;
			(!choices.one_in(5)).then_some(name)
		};
		match kind {
			0..=7 => self.letter(peer, open, choices),
			8..=10 => Stimulus::honest(Act::Request(peer, self.document(choices))),
			11..=12 if open.peers.len() < MOST_PEERS => Stimulus::honest(Act::Connect(identity(choices))),
			13 if self.is_stranger(peer, open) => Stimulus::honest(Act::Identify(peer, identity(choices))),
			14 => Stimulus::honest(Act::Propose((), Duration::from_secs(1))),
			15 if choices.one_in(8) => {
				self.begin_session(choices);
				Stimulus::honest(Act::Nothing)
			}
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: Check, _: &mut Choices<'_>) -> bool {
		*job.content == job.document.content()
	}

	fn answer(
		&mut self,
		_: PeerId,
		document: &Document,
		_: &Open<Notarial>,
		choices: &mut Choices<'_>,
	) -> Reply<Notarial> {
		let (content, intent) = match choices.below(8) {
			0..=5 => (document.content(), Intent::Honest),
			6 => (choices.fill(9), Intent::Hostile(Penalty::Later)),
			_ => (vec![0; 100_000], Intent::Hostile(Penalty::AtOnce)),
		};
		Reply {
			response: Arc::new(content),
			intent,
		}
	}

	/// Two sessions of places, what is wanted, and the peers: with a node of a tree, 64 bytes and the content each.
	fn memory_bound(&self) -> usize {
		let (places, wanted, peers) = (NUMBERS as usize, 16, 64);
		(places + wanted) * (1024 + 192) + (peers + 16) * 64
	}

	/// What it stands by, and what a map takes beside.
	fn rest_bound(&self, notary: &Notary) -> usize {
		(notary.endorsements() + 16) * (1024 + 192)
	}

	fn taken_for_open(&self, notary: &Notary) -> usize {
		usize::from(notary.is_waiting())
	}

	fn keeps(&self, notary: &Notary, peer: PeerId) -> bool {
		notary.knows(peer)
	}

	fn timers_of_use(&self, notary: &Notary) -> Option<usize> {
		Some(notary.timers())
	}

	fn is_of_use(&self, notary: &Notary, job: JobId) -> bool {
		notary.awaits_job(job)
	}

	/// A content is never hashed while an input waits.
	fn light(&self) -> usize {
		0
	}

	fn is_waiting(&self, notary: &Notary) -> bool {
		notary.is_waiting()
	}

	fn has_successor(
		&self,
		notary: &Notary,
		document: &Document,
		tried: &[PeerId],
		open: &Open<Notarial>,
	) -> bool {
		let clerks = self.sessions.get(&document.session);
		let is_clerk = |name: &Clerk| clerks.is_some_and(|clerks| clerks.contains(name));
		let mut peers = open.peers.iter();
		notary.wants(document)
			&& peers.any(|(peer, name)| name.as_ref().is_some_and(is_clerk) && !tried.contains(peer))
	}

	fn patience(&self) -> Duration {
		Duration::from_secs(120)
	}

	fn is_stranger(&self, peer: PeerId, open: &Open<Notarial>) -> bool {
		matches!(open.peers.get(&peer), Some(None))
	}

	fn is_awaited(&self, notary: &Notary, request: RequestId) -> bool {
		notary.awaits(request)
	}

	fn promises(&self, output: &Output<Notarial>) -> Vec<Promise> {
		match output {
			Output::Notify(_, Letter::Endorse(document)) => {
				let (session, place) = document.place();
				vec![Promise {
					key: [session.to_be_bytes(), place.to_be_bytes()].concat(),
					value: document.number.to_be_bytes().to_vec(),
				}]
			}
			_ => Vec::new(),
		}
	}

	fn remembers(&self, notary: &Notary, promise: &Promise) -> bool {
		let Some((session, _)) = promise.key.split_first_chunk::<4>() else {
			return false;
		};
		let Ok(number) = <[u8; 4]>::try_from(&promise.value[..]) else {
			return false;
		};
		let document = Document {
			session: u32::from_be_bytes(*session),
			number: u32::from_be_bytes(number),
		};
		let is_past = document.session.saturating_add(1) < self.newest();
		is_past || notary.endorsed(document.place()) == Some(document)
	}

	fn is_right_peer(&self, peer: PeerId, document: &Document, open: &Open<Notarial>) -> bool {
		let clerks = self.sessions.get(&document.session);
		match (open.peers.get(&peer), clerks) {
			(Some(Some(name)), Some(clerks)) => clerks.contains(name),
			_ => false,
		}
	}

	fn crashed(&mut self) {
		let newest = self.newest();
		self.untold = (newest.saturating_sub(1).max(1)..=newest).collect();
	}
}
