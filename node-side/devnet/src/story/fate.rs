//! What each parablock ends as, out of what was seen of the run.

use super::seen::{Candidate, Seen};
use async_backing_fragment_tree::drawing::short;
use async_backing_machine::Instant;
use async_backing_primitives::{BlockNumber, CandidateHash, Hash, HeadHash, ParaId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What became of a parablock that a collator built. Each ends in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
	/// Its data are available, and the para's head moved to it.
	Included,
	/// It could still be included when the run ended: it is pending, or its relay parent is legal and its parent alive.
	InFlight,
	/// It is of a fork that lost: of the relay chain, or of its para.
	ForkLost,
	/// Its relay parent grew too old before a relay block took it (R-REL-2).
	RelayParentOutOfScope,
	/// The block that it builds on came to nothing.
	ParentLost,
	/// The session ended before it was included (R-ABP-10, R-ABP-11).
	SessionEnd,
	/// Its core was never its para's while its relay parent was legal (R-REL-7).
	NoClaim,
	/// An author offered it, and the relay block did not take it.
	BlockFull,
	/// It was backed, and chunks were not received in time (R-TMO-2).
	AvailabilityLate,
	/// A validator refused it before it was backed.
	Refused,
}

impl Fate {
	/// All of them.
	pub const ALL: [Self; 10] = [
		Self::Included,
		Self::InFlight,
		Self::ForkLost,
		Self::RelayParentOutOfScope,
		Self::ParentLost,
		Self::SessionEnd,
		Self::NoClaim,
		Self::BlockFull,
		Self::AvailabilityLate,
		Self::Refused,
	];

	/// Whether it came to nothing.
	pub fn is_lost(self) -> bool {
		!matches!(self, Self::Included | Self::InFlight)
	}

	/// In words.
	pub fn name(self) -> &'static str {
		match self {
			Self::Included => "included",
			Self::InFlight => "still in flight",
			Self::ForkLost => "fork lost",
			Self::RelayParentOutOfScope => "relay parent out of scope",
			Self::ParentLost => "parent lost",
			Self::SessionEnd => "session end",
			Self::NoClaim => "no claim",
			Self::BlockFull => "block full",
			Self::AvailabilityLate => "availability late",
			Self::Refused => "refused by rule",
		}
	}
}

/// A fate, why, and since when it was certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
	pub(super) fate: Fate,
	pub(super) reason: String,
	pub(super) lost: Option<Instant>,
}

impl Verdict {
	fn good(fate: Fate) -> Self {
		Self {
			fate,
			reason: String::new(),
			lost: None,
		}
	}

	fn lost(fate: Fate, reason: impl Into<String>, at: Instant) -> Self {
		Self {
			fate,
			reason: reason.into(),
			lost: Some(at),
		}
	}
}

/// A run that has ended, as the fates of its candidates follow from it.
#[derive(Debug)]
pub(super) struct Ended<'a> {
	pub(super) blocks: &'a [Seen],
	/// Positions of the blocks of the best chain, by their number.
	pub(super) best: &'a BTreeMap<BlockNumber, usize>,
	/// In the order in which they were built.
	pub(super) candidates: &'a [Candidate],
	/// Candidates that may still be included.
	pub(super) alive: &'a BTreeSet<CandidateHash>,
	/// When the run ended.
	pub(super) end: Instant,
}

impl Ended<'_> {
	/// What became of all candidates, in their order.
	pub(super) fn verdicts(&self) -> Vec<Verdict> {
		let mut verdicts: Vec<Verdict> = Vec::new();
		// Who leads to a head, of those that were built so far.
		let mut leading: BTreeMap<(ParaId, HeadHash), Vec<usize>> = BTreeMap::new();
		for (position, candidate) in self.candidates.iter().enumerate() {
			let built = &candidate.built;
			let parents = leading.get(&(built.para, built.parent_head));
			// Of several that lead to one head, the one that got furthest.
			let parent = parents
				.into_iter()
				.flatten()
				.min_by_key(|parent| verdicts[**parent].fate)
				.map(|parent| (&self.candidates[*parent], &verdicts[*parent]));
			let verdict = self.verdict(candidate, parent);
			verdicts.push(verdict);
			leading
				.entry((built.para, built.output_head))
				.or_default()
				.push(position);
		}
		verdicts
	}

	fn verdict(&self, candidate: &Candidate, parent: Option<(&Candidate, &Verdict)>) -> Verdict {
		if self.on_best(&candidate.included).is_some() {
			return Verdict::good(Fate::Included);
		}
		if self.alive.contains(&candidate.built.candidate) {
			return Verdict::good(Fate::InFlight);
		}
		if let Some((reason, at)) = self.is_of_lost_fork(candidate) {
			return Verdict::lost(Fate::ForkLost, reason, at.max(candidate.at));
		}
		match self.on_best(&candidate.backed) {
			Some(backed) => self.after_backing(candidate, backed, parent),
			None => self.before_backing(candidate, parent),
		}
	}

	/// The last of these blocks that is on the best chain.
	fn on_best(&self, positions: &[usize]) -> Option<usize> {
		positions
			.iter()
			.copied()
			.rev()
			.find(|position| self.is_best(*position))
	}

	fn is_best(&self, position: usize) -> bool {
		let block = self.blocks.get(position);
		block.is_some_and(|block| self.best.get(&block.number) == Some(&position))
	}

	fn position(&self, hash: Hash) -> Option<usize> {
		self.blocks.iter().position(|block| block.hash == hash)
	}

	/// Of a fork of the relay chain: which block of it was on that, and when the best chain had gone on without it.
	fn is_of_lost_fork(&self, candidate: &Candidate) -> Option<(&'static str, Instant)> {
		let went_on = |position: usize| {
			let after = self.blocks.get(position)?.number.saturating_add(1);
			let (_, next) = self.best.range(after..).next()?;
			Some(self.blocks.get(*next)?.at)
		};
		let since = |position| went_on(position).unwrap_or(self.end);
		let parent = self.position(candidate.built.relay_parent);
		if let Some(parent) = parent.filter(|parent| !self.is_best(*parent)) {
			let reason = "its relay parent is on a fork of the relay chain that lost (R-COL-5)";
			return Some((reason, since(parent)));
		}
		let elsewhere = candidate
			.backed
			.last()
			.filter(|_| self.on_best(&candidate.backed).is_none());
		let reason = "the relay block that backed it is on a fork that lost (R-COL-5)";
		elsewhere.map(|backed| (reason, since(*backed)))
	}

	/// It was on-chain, and left it without being included.
	fn after_backing(
		&self,
		candidate: &Candidate,
		backed: usize,
		parent: Option<(&Candidate, &Verdict)>,
	) -> Verdict {
		if let Some(at) = self.on_best(&candidate.timed_out) {
			let reason = "backed, and chunks not received in time (R-TMO-2, R-NET-16)";
			return Verdict::lost(Fate::AvailabilityLate, reason, self.blocks[at].at);
		}
		if let Some((_, verdict)) = parent.filter(|(_, verdict)| verdict.fate == Fate::AvailabilityLate) {
			let at = verdict.lost.unwrap_or(self.end);
			return Verdict::lost(Fate::ParentLost, "backed, behind one that was not included", at);
		}
		let session = self.blocks[backed].session;
		if let Some(change) = self.end_of_session(session, self.blocks[backed].number, BlockNumber::MAX) {
			let reason = "backed, and the session ended before it was included (R-ABP-10)";
			return Verdict::lost(Fate::SessionEnd, reason, self.blocks[change].at);
		}
		Verdict::lost(
			Fate::ParentLost,
			"backed, behind one that was not included",
			self.end,
		)
	}

	/// It never was on-chain.
	fn before_backing(&self, candidate: &Candidate, parent: Option<(&Candidate, &Verdict)>) -> Verdict {
		if let Some((parent, verdict)) = parent.filter(|(_, verdict)| verdict.fate.is_lost()) {
			let reason = behind(parent, verdict);
			let at = verdict.lost.unwrap_or(self.end).max(candidate.at);
			return Verdict::lost(Fate::ParentLost, reason, at);
		}
		let siblings = self.candidates.iter().filter(|other| {
			(other.built.para, other.built.parent_head) == (candidate.built.para, candidate.built.parent_head)
		});
		let taken = siblings.filter_map(|other| self.on_best(&other.included)).min();
		if let Some(at) = taken {
			let at = self.blocks[at].at.max(candidate.at);
			return Verdict::lost(Fate::ForkLost, "another block of its para took its place", at);
		}
		if let Some((at, reason)) = &candidate.refused {
			return Verdict::lost(Fate::Refused, reason.clone(), *at);
		}
		self.never_taken(candidate)
	}

	/// Nobody refused it, and no relay block took it.
	fn never_taken(&self, candidate: &Candidate) -> Verdict {
		let Some(parent) = self.position(candidate.built.relay_parent) else {
			// Nobody saw such a block: it cannot be one of the best chain.
			let reason = "its relay parent is no block of the relay chain";
			return Verdict::lost(Fate::ForkLost, reason, self.end.max(candidate.at));
		};
		let Seen {
			number,
			next_session,
			window,
			..
		} = self.blocks[parent];
		let last = number.saturating_add(window).saturating_add(1);
		let after = number.saturating_add(1);
		if let Some(change) = self.end_of_session(next_session, number, last) {
			let reason = "the session ended while its relay parent was legal (R-ABP-10, R-ABP-11)";
			return Verdict::lost(Fate::SessionEnd, reason, self.blocks[change].at.max(candidate.at));
		}
		let blocks = || {
			self.best
				.range(after..=last)
				.map(|(_, position)| &self.blocks[*position])
		};
		let end = blocks()
			.next_back()
			.map_or(self.end, |block| block.at)
			.max(candidate.at);
		let built = &candidate.built;
		if !blocks().any(|block| block.turns.get(&built.core) == Some(&built.para)) {
			let reason = "its core was never its para's while its relay parent was legal (R-REL-7)";
			return Verdict::lost(Fate::NoClaim, reason, end);
		}
		if blocks().any(|block| block.refused.contains(&built.candidate)) {
			let reason = "an author offered it, and the relay block did not take it";
			return Verdict::lost(Fate::BlockFull, reason, end);
		}
		let reason = match candidate.backable {
			Some(_) => "a quorum, but no place on-chain in time (R-COL-6)",
			None => "no quorum in time (R-COL-6)",
		};
		Verdict::lost(Fate::RelayParentOutOfScope, reason, end)
	}

	/// The block of the best chain after one and up to another that ends a session.
	fn end_of_session(&self, session: u32, after: BlockNumber, last: BlockNumber) -> Option<usize> {
		let from = after.saturating_add(1);
		if from > last {
			return None;
		}
		let mut blocks = self.best.range(from..=last).map(|(_, position)| *position);
		blocks.find(|position| self.blocks[*position].next_session != session)
	}
}

/// Why a block is lost with its parent: who was the first to be lost.
fn behind(parent: &Candidate, verdict: &Verdict) -> String {
	const PARENT: &str = "its parent ";
	const ANCESTOR: &str = "an ancestor, ";
	if let Some(first) = verdict.reason.strip_prefix(PARENT) {
		return format!("{ANCESTOR}{first}");
	}
	if verdict.reason.starts_with(ANCESTOR) {
		return verdict.reason.clone();
	}
	let hash = format!("{:?}", parent.built.candidate.0);
	format!("{PARENT}{}: {}", short(&hash), verdict.fate.name())
}
