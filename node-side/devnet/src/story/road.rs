//! Roads: what nodes say of a candidate, who checks it, and who votes for it.
//!
//! An observer: it reads the trace and is read by nobody but drawings. Nothing is kept unless somebody asks for it.
//!
//! Invariant: passages of a candidate are in the order of their instants, and none begins after it ends.

use crate::words::{Answer, DevnetWords, Done, Event, Job, Message, Question};
use async_backing_backing::job;
use async_backing_machine::{Input, Instant, JobId, Output, PeerEvent, PeerId, RequestId, Ticket};
use async_backing_primitives::{CandidateHash, StatementDistributionMessage};
use async_backing_sim::{NodeId, Step, What};
use async_backing_validator::{
	Done as ValidatorDone, Event as ValidatorEvent, Job as ValidatorJob, Message as NodeMessage,
	Request as NodeRequest,
};
use async_backing_wire::{
	CollationMessage, CollationVersion, CollatorMessage, Envelope, ValidationMessage, Wire,
};
use codec::Encode;
use sp_io::hashing::blake2_128;
use std::collections::{BTreeMap, VecDeque};

/// Something that happened to a candidate between its making and its inclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
	/// When it began: when a message was sent, an execution was asked for.
	pub began: Instant,
	/// When it was over: when the message arrived, the execution ended.
	pub at: Instant,
	/// The node that it happened at, validators first.
	pub node: usize,
	/// What it was.
	pub what: Passing,
}

/// What happened to a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
	/// Its collator had built it.
	Built,
	/// A message, request or answer about it arrived.
	Heard {
		/// Its kind.
		kind: &'static str,
		/// The node that sent it.
		from: usize,
		/// Encoded bytes.
		bytes: usize,
	},
	/// A validator executed it (R-BAK-11).
	Executed {
		/// Whether it is valid.
		valid: bool,
	},
	/// A validator seconded it.
	Seconded,
	/// A validator confirmed it.
	Confirmed,
	/// A validator knows a quorum for it (R-BAK-7).
	Backable,
}

/// What tells things that are said from one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
	/// A message, by a hash of its bytes.
	Message([u8; 16]),
	/// A request or an answer: a node asks another one once.
	About(&'static str, CandidateHash),
}

impl Said {
	fn message(message: &Message) -> Self {
		Self::Message(blake2_128(&message.encode()))
	}
}

/// What is under way, so that what ends can be told with when it began.
#[derive(Debug, Default)]
pub(crate) struct Roads {
	passages: BTreeMap<CandidateHash, Vec<Passage>>,
	/// When a node said something to another one, oldest first: these bytes, or something of this kind about a candidate. What is
	/// said twice is heard in the same order.
	said: BTreeMap<(NodeId, NodeId, Said), VecDeque<Instant>>,
	/// Which node a node has behind a connection.
	peers: BTreeMap<(NodeId, PeerId), NodeId>,
	asked: BTreeMap<(NodeId, RequestId), CandidateHash>,
	to_answer: BTreeMap<(NodeId, Ticket), (NodeId, Said)>,
	executions: BTreeMap<(NodeId, JobId), (CandidateHash, Instant)>,
}

impl Roads {
	/// What happened to a candidate, in order.
	pub(crate) fn of(&self, candidate: CandidateHash) -> &[Passage] {
		self.passages.get(&candidate).map_or(&[], Vec::as_slice)
	}

	/// Takes note of a step.
	pub(crate) fn see<Note>(&mut self, step: &Step<'_, DevnetWords, Note>) {
		let Some(node) = step.node else { return };
		match step.what {
			What::Input(input) => self.input(step.at, node, step.other, input),
			What::Output(output) => self.output(step.at, node, output),
			What::Crashed => {
				self.asked.retain(|(of, _), _| *of != node);
				self.to_answer.retain(|(of, _), _| *of != node);
				self.executions.retain(|(of, _), _| *of != node);
			}
			_ => {}
		}
	}

	fn input(&mut self, at: Instant, node: NodeId, from: Option<NodeId>, input: &Input<DevnetWords>) {
		if let (Input::Peer(peer, _) | Input::Request(peer, ..), Some(from)) = (input, from) {
			self.peers.insert((node, *peer), from);
		}
		let (candidate, kind, bytes, said) = match input {
			Input::Peer(_, PeerEvent::Message(message)) => {
				let Some(candidate) = of_message(message) else {
					return;
				};
				let said = Said::message(message);
				(candidate, message.kind(), message.wire_size(), said)
			}
			Input::Request(_, ticket, question) => {
				let Some(candidate) = of_question(question) else {
					return;
				};
				if let Some(from) = from {
					let answer = Said::About(answers(question), candidate);
					self.to_answer.insert((node, *ticket), (from, answer));
				}
				let said = Said::About(question.kind(), candidate);
				(candidate, question.kind(), question.wire_size(), said)
			}
			Input::Response(id, answer) => {
				let asked = self.asked.remove(&(node, *id));
				let (Some(candidate), Ok(answer)) = (asked, answer) else {
					return;
				};
				let said = Said::About(answer.kind(), candidate);
				(candidate, answer.kind(), answer.wire_size(), said)
			}
			Input::Done(id, result) => {
				let Some((candidate, began)) = self.executions.remove(&(node, *id)) else {
					return;
				};
				let valid = matches!(
					result,
					Ok(Done::Validator(ValidatorDone::Backing(job::Done::Validated(Ok(
						_
					)))))
				);
				return self.add(candidate, began, at, node, Passing::Executed { valid });
			}
			_ => return,
		};
		let Some(from) = from else { return };
		let began = self.began(from, node, said).unwrap_or(at);
		let heard = Passing::Heard {
			kind,
			from: from.0,
			bytes,
		};
		self.add(candidate, began, at, node, heard);
	}

	fn output(&mut self, at: Instant, node: NodeId, output: &Output<DevnetWords>) {
		match output {
			Output::Notify(to, message) if of_message(message).is_some() => {
				let said = Said::message(message);
				for peer in to.as_slice() {
					self.says(at, node, *peer, said);
				}
			}
			Output::Request {
				id, peer, request, ..
			} => {
				if let Some(candidate) = of_question(request) {
					self.asked.insert((node, *id), candidate);
					self.says(at, node, *peer, Said::About(request.kind(), candidate));
				}
			}
			Output::Respond(ticket, _) => {
				if let Some((to, said)) = self.to_answer.remove(&(node, *ticket)) {
					self.said.entry((node, to, said)).or_default().push_back(at);
				}
			}
			Output::Job {
				id,
				job: Job::Validator(ValidatorJob::Backing(job::Job::Validate(job))),
				..
			} => {
				self.executions.insert((node, *id), (job.candidate, at));
			}
			Output::Event(Event::Built(built)) => self.add(built.candidate, at, at, node, Passing::Built),
			Output::Event(Event::Validator(event)) => {
				let (candidate, what) = match event {
					ValidatorEvent::Seconded(candidate) => (candidate, Passing::Seconded),
					ValidatorEvent::Confirmed(candidate) => (candidate, Passing::Confirmed),
					ValidatorEvent::Backable(candidate) => (candidate, Passing::Backable),
					_ => return,
				};
				self.add(*candidate, at, at, node, what);
			}
			_ => {}
		}
	}

	fn says(&mut self, at: Instant, from: NodeId, to: PeerId, said: Said) {
		if let Some(to) = self.peers.get(&(from, to)) {
			self.said.entry((from, *to, said)).or_default().push_back(at);
		}
	}

	/// When what arrives was said. The last time stays: a link may repeat it.
	fn began(&mut self, from: NodeId, to: NodeId, said: Said) -> Option<Instant> {
		let times = self.said.get_mut(&(from, to, said))?;
		match times.len() {
			0 | 1 => times.front().copied(),
			_ => times.pop_front(),
		}
	}

	fn add(&mut self, candidate: CandidateHash, began: Instant, at: Instant, node: NodeId, what: Passing) {
		self.passages.entry(candidate).or_default().push(Passage {
			began,
			at,
			node: node.0,
			what,
		});
	}
}

/// The kind of what answers a question.
const fn answers(question: &Question) -> &'static str {
	match question {
		Question::Node(question) => async_backing_validator::answer_kind_of(question.protocol),
		Question::Block(_) => Answer::BLOCK,
	}
}

fn of_question(question: &Question) -> Option<CandidateHash> {
	match question {
		Question::Node(question) => NodeRequest::from_wire(question.protocol, &question.bytes)
			.ok()
			.map(|request| request.candidate()),
		Question::Block(candidate) => Some(*candidate),
	}
}

fn of_message(message: &Message) -> Option<CandidateHash> {
	match message {
		Message::Node(NodeMessage::Validation(bytes)) => of_validation(bytes),
		Message::Node(NodeMessage::Collation(bytes)) => of_collation(bytes),
		Message::Block(announcement) => Some(announcement.receipt.hash()),
		Message::Stream(_) => None,
	}
}

fn of_validation(bytes: &[u8]) -> Option<CandidateHash> {
	let Envelope::Message(ValidationMessage::Statement(said)) = Envelope::from_wire(bytes).ok()? else {
		return None;
	};
	Some(match said {
		StatementDistributionMessage::Statement(_, said) => said.statement.candidate_hash(),
		StatementDistributionMessage::BackedCandidateManifest(manifest) => manifest.candidate_hash,
		StatementDistributionMessage::BackedCandidateKnown(known) => known.candidate_hash,
	})
}

/// Which version a stream has is not in its bytes. What is said in versions 2 and 3 differs in length.
fn of_collation(bytes: &[u8]) -> Option<CandidateHash> {
	let read = |version| match CollationMessage::from_wire(version, bytes) {
		Ok(Envelope::Message(message)) => Some(message),
		_ => None,
	};
	let versions = [CollationVersion::V2, CollationVersion::V3];
	match versions.into_iter().find_map(read)? {
		CollationMessage::V2(CollatorMessage::Advertise(said)) => Some(said.candidate_hash),
		CollationMessage::V3(CollatorMessage::Advertise(said)) => Some(said.candidate_hash),
		CollationMessage::V2(CollatorMessage::Seconded { statement, .. })
		| CollationMessage::V3(CollatorMessage::Seconded { statement, .. }) => {
			Some(statement.payload.to_compact().candidate_hash())
		}
		_ => None,
	}
}
