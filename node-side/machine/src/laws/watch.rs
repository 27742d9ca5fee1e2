//! What a core has yet to do: try the next peer, and name those who cheated.

use super::OpenRequest;
use crate::{Instant, PeerId, Words};
use std::{collections::VecDeque, time::Duration};

/// Failed requests that are followed at a time; the oldest are let go.
const FOLLOWED: usize = 64;

/// What a core has yet to do.
#[derive(Debug)]
pub(super) struct Watch<W: Words> {
	failed: VecDeque<Failed<W>>,
	/// Peers that did something hostile which has not been reported, and at which input.
	penalties: Vec<(PeerId, u64)>,
}

/// A request that nobody has answered.
#[derive(Debug)]
pub(super) struct Failed<W: Words> {
	/// What is asked.
	pub(super) request: W::Request,
	/// Who failed in the round, in order.
	pub(super) tried: Vec<PeerId>,
	/// The core's round of questions: in another one everybody may be asked once more.
	round: u64,
	/// When the last one did, unless it is asked again.
	since: Option<Instant>,
	/// At which input.
	step: u64,
	/// The round in which that one was asked.
	asked_in: u64,
}

impl<W: Words> Failed<W> {
	fn enter(&mut self, round: u64) {
		if self.round != round {
			self.round = round;
			self.tried.clear();
		}
	}
}

impl<W: Words> Default for Watch<W> {
	fn default() -> Self {
		Self {
			failed: VecDeque::new(),
			penalties: Vec::new(),
		}
	}
}

impl<W: Words> Watch<W> {
	/// Those who were tried in this round, if the core is about to ask the last of them again without a pause. What it asked in an earlier
	/// round it may ask once more.
	pub(super) fn insists(
		&self,
		request: &W::Request,
		peer: PeerId,
		round: u64,
		step: u64,
	) -> Option<&[PeerId]> {
		let known = self.failed.iter().find(|failed| failed.request == *request)?;
		let is_again = (known.step, known.round, known.asked_in) == (step, round, round)
			&& known.tried.last() == Some(&peer);
		is_again.then_some(&known.tried)
	}

	/// The core asks.
	pub(super) fn asked(&mut self, request: &W::Request, peer: PeerId, round: u64) {
		if let Some(failed) = self.failed.iter_mut().find(|failed| failed.request == *request) {
			failed.enter(round);
			failed.tried.retain(|tried| *tried != peer);
			failed.since = None;
		}
	}

	/// A peer did not answer, or badly.
	pub(super) fn failed(&mut self, open: &OpenRequest<W>, round: u64, (now, step): (Instant, u64)) {
		let request = &open.request;
		let known = self.failed.iter().position(|failed| failed.request == *request);
		let mut failed = known.and_then(|at| self.failed.remove(at)).unwrap_or(Failed {
			request: request.clone(),
			tried: Vec::new(),
			round,
			since: None,
			step,
			asked_in: open.round,
		});
		failed.enter(round);
		failed.tried.push(open.peer);
		(failed.since, failed.step, failed.asked_in) = (Some(now), step, open.round);
		self.failed.push_back(failed);
		if self.failed.len() > FOLLOWED {
			self.failed.pop_front();
		}
	}

	/// Somebody answered.
	pub(super) fn answered(&mut self, request: &W::Request) {
		self.failed.retain(|failed| failed.request != *request);
	}

	/// Time counts from now.
	pub(super) fn begin_again(&mut self, now: Instant) {
		for failed in &mut self.failed {
			failed.since = failed.since.map(|_| now);
		}
	}

	/// A request that failed so long ago, and has not been made again since, with those who were tried in the round that
	/// `round` tells; each is told once. Who was tried stays known.
	pub(super) fn due(
		&mut self,
		now: Instant,
		patience: Duration,
		round: impl FnOnce(&W::Request) -> u64,
	) -> Option<(W::Request, Vec<PeerId>)> {
		let is_due = |failed: &Failed<W>| {
			failed
				.since
				.is_some_and(|since| since.saturating_add(patience) <= now)
		};
		let at = self.failed.iter().position(is_due)?;
		let failed = self.failed.get_mut(at)?;
		failed.enter(round(&failed.request));
		failed.since = None;
		Some((failed.request.clone(), failed.tried.clone()))
	}

	/// A report that names this peer is due.
	pub(super) fn hostile(&mut self, peer: PeerId, step: u64) {
		self.penalties.push((peer, step));
	}

	/// It has come, or the peer is gone.
	pub(super) fn settled(&mut self, peer: PeerId) {
		self.penalties.retain(|(of, _)| *of != peer);
	}

	/// It can't be asked for any more, of nobody.
	pub(super) fn settle_all(&mut self) {
		self.penalties.clear();
	}

	/// The first report that has not come.
	pub(super) fn unsettled(&self) -> Option<(PeerId, u64)> {
		self.penalties.first().copied()
	}
}
