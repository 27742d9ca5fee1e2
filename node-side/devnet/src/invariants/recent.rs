//! What happened last: kept as it is cheap to keep, and written out when somebody asks.

use crate::{
	words::{DevnetWords, Event},
	world::Note,
};
use async_backing_machine::{Input, Instant, Output, PeerEvent};
use async_backing_sim::{Loss, NodeId, Step, What};
use std::collections::VecDeque;

/// Steps that are remembered.
const REMEMBERED: usize = 64;

/// A step, as a line says it.
#[derive(Clone, Debug)]
enum Told {
	Heard(&'static str),
	Asked(&'static str),
	Answered(&'static str),
	Says(&'static str, usize),
	Asks(&'static str),
	Lost(Loss),
	Event(Event),
	Words(String),
}

/// The same with its place.
#[derive(Debug)]
struct Line {
	number: u64,
	at: Instant,
	node: Option<NodeId>,
	other: Option<NodeId>,
	told: Told,
}

/// The last steps of a run.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Line>);

impl Recent {
	pub(super) fn see(&mut self, step: &Step<'_, DevnetWords, Note>) {
		let Some(told) = told(step.what) else { return };
		if self.0.len() >= REMEMBERED {
			self.0.pop_front();
		}
		self.0.push_back(Line {
			number: step.number,
			at: step.at,
			node: step.node,
			other: step.other,
			told,
		});
	}

	/// A line for each, oldest first.
	pub(super) fn lines(&self) -> Vec<String> {
		let line = |line: &Line| {
			let Line {
				number,
				at,
				node,
				other,
				told,
			} = line;
			let node = node.map_or_else(|| "the relay chain".into(), |node| format!("node {}", node.0));
			let other = other.map_or_else(|| "somebody".into(), |other| format!("node {}", other.0));
			let what = match told {
				Told::Heard(kind) => format!("hears {kind} of {other}"),
				Told::Asked(kind) => format!("is asked for {kind} by {other}"),
				Told::Answered(kind) => format!("gets {kind} of {other}"),
				Told::Says(kind, to) => format!("says {kind} to {to}"),
				Told::Asks(kind) => format!("asks for {kind}"),
				Told::Lost(loss) => format!("is not heard by {other}: {loss:?}"),
				Told::Event(Event::Built(built)) => format!("built {:?}", built.candidate.0),
				Told::Event(Event::Idle(para, reason)) => {
					format!("builds nothing for {}: {reason}", para.0)
				}
				Told::Event(Event::Complaint(reason)) => format!("complains: {reason}"),
				Told::Event(Event::Validator(event)) => format!("{event:?}"),
				Told::Words(words) => words.clone(),
			};
			format!("{number} {:.6} {node} {what}", at.as_secs_f64())
		};
		self.0.iter().map(line).collect()
	}
}

/// What a step says; nothing of timers, jobs and batches, which are most of them.
fn told(what: &What<'_, DevnetWords, Note>) -> Option<Told> {
	Some(match what {
		What::Input(Input::Peer(_, PeerEvent::Message(message))) => Told::Heard(message.kind()),
		What::Input(Input::Peer(_, PeerEvent::Connected(_))) => Told::Words("is connected".into()),
		What::Input(Input::Peer(_, PeerEvent::Disconnected)) => Told::Words("loses a peer".into()),
		What::Input(Input::Request(_, _, request)) => Told::Asked(request.kind()),
		What::Input(Input::Response(_, Ok(response))) => Told::Answered(response.kind()),
		What::Input(Input::Response(_, Err(failure))) => Told::Words(format!("gets no answer: {failure}")),
		What::Output(Output::Notify(to, message)) => Told::Says(message.kind(), to.as_slice().len()),
		What::Output(Output::Request { request, .. }) => Told::Asks(request.kind()),
		What::Output(Output::Report(peer, judgement)) if judgement.value() < 0 => {
			Told::Words(format!("charges peer {}: {}", peer.0, judgement.reason()))
		}
		What::Output(Output::Event(event)) => Told::Event(event.clone()),
		What::Lost(_, loss) => Told::Lost(*loss),
		What::Crashed => Told::Words("crashes".into()),
		What::Started => Told::Words("starts".into()),
		What::NoProposal(_) => Told::Words("proposes nothing".into()),
		What::Note(Note::RelayBlock(block)) => {
			let info = &block.facts.block;
			Told::Words(format!(
				"has block {} {:?} of validator {}",
				info.number, info.hash, block.author
			))
		}
		What::Note(Note::NoAuthor { slot, author }) => Told::Words(format!(
			"has no block in slot {slot}: validator {author} is not there"
		)),
		What::Note(Note::EmptySlot { slot }) => Told::Words(format!("has no block in slot {slot}")),
		What::Note(Note::Ordered(para)) => Told::Words(format!("gets an order for {}", para.0)),
		_ => return None,
	})
}
