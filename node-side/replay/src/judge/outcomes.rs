//! What became of candidates, by the events: what is possible at all, and what the bitfields made available.

use super::{
	history::told_hashes,
	session::Session,
	state::{votes, State},
};
use crate::{Block, Question, Verdict};
use async_backing_primitives::{enactable_prefix, CandidateEvent, CandidateHash};
use std::collections::{BTreeMap, BTreeSet};

/// Takes out events that a block tells twice of the same candidate, and says which: nothing happens to it twice.
pub(super) fn without_doubles(block: &mut Block) -> Vec<String> {
	let mut seen = BTreeSet::new();
	let mut doubles = Vec::new();
	if let Some(events) = &mut block.events {
		events.retain(|told| {
			let (what, hash) = (kind(&told.event), told.receipt().hash());
			let is_first = seen.insert((what, hash));
			if !is_first {
				doubles.push(format!("{hash:?} is {what} twice in the block"));
			}
			is_first
		});
	}
	doubles
}

pub(super) fn kind(event: &CandidateEvent) -> &'static str {
	match event {
		CandidateEvent::CandidateBacked(..) => "backed",
		CandidateEvent::CandidateIncluded(..) => "included",
		CandidateEvent::CandidateTimedOut(..) => "timed out",
	}
}

/// Candidates that are gone, and what became of them, in consecutive blocks.
#[derive(Default)]
pub(super) struct Gone(BTreeMap<CandidateHash, (&'static str, String)>);

impl Gone {
	/// Takes in a block; says of what became something although it was gone. What is backed again waits again.
	pub(super) fn see(&mut self, block: &Block) -> Vec<String> {
		let mut faults = Vec::new();
		for told in block.told() {
			let (what, hash) = (kind(&told.event), told.receipt().hash());
			if what == "backed" {
				self.0.remove(&hash);
			} else if let Some((before, at)) = self.0.insert(hash, (what, block.name())) {
				// Both in one block is told by that block.
				if at != block.name() {
					faults.push(format!(
						"{hash:?} is {what}, but was {before} in {at} already, and not backed since"
					));
				}
			}
		}
		faults
	}
}

/// What no block can do, whatever was before it. `before` is the state before it.
pub(super) fn possible(block: &Block, before: &State, verdict: &mut Verdict) {
	let question = Question::Availability;
	let of = |wanted: &str| told_hashes(block, |event| kind(event) == wanted);
	let (backed, included, timed_out) = (of("backed"), of("included"), of("timed out"));
	for hash in included.intersection(&backed) {
		verdict.disagree(
			question,
			format!("{hash:?} is included in the block that backs it, where nobody can have voted for it"),
		);
	}
	for hash in included.intersection(&timed_out) {
		verdict.disagree(
			question,
			format!("{hash:?} is included and timed out in one block"),
		);
	}
	let waited: BTreeSet<_> = before
		.pending
		.values()
		.flatten()
		.map(|waiting| waiting.candidate.hash)
		.collect();
	// It is backed again then, which is possible for what waited.
	let unknown = timed_out
		.intersection(&backed)
		.filter(|hash| !waited.contains(hash));
	verdict.undecided(
		question,
		unknown.count(),
		"timed out in the block that backs it: whether it waited before is not in the data",
	);
	for told in block.told() {
		let what = kind(&told.event);
		let hash = told.receipt().hash();
		let mut waiting = before.pending.values().flatten();
		let Some(waiting) = waiting.find(|waiting| waiting.candidate.hash == hash) else {
			continue;
		};
		let (_, core, group) = told.place();
		if let (Some(was), Some(core), true) = (waiting.candidate.core, core, what != "backed") {
			if was != core {
				verdict.disagree(
					Question::Core,
					format!("{hash:?} is {what} on core {core}, and was backed on {was}"),
				);
			}
		}
		if let (Some(was), Some(group), true) = (waiting.candidate.group, group, what != "backed") {
			if was != group {
				verdict.disagree(
					Question::Group,
					format!("{hash:?} is {what} as of group {group}, and was backed by {was}"),
				);
			}
		}
	}
}

/// R-ENA-1 to R-ENA-3. `state` is that before the block, with its votes counted.
pub(super) fn availability(block: &Block, state: &State, session: &Session, verdict: &mut Verdict) {
	let question = Question::Availability;
	if block.events.is_none() {
		let waiting = state.pending.values().map(Vec::len).sum::<usize>().max(1);
		return verdict.undecided(question, waiting, "events are not told");
	}
	let included: BTreeMap<_, _> = block
		.told()
		.iter()
		.filter(|told| matches!(told.event, CandidateEvent::CandidateIncluded(..)))
		.map(|told| (told.receipt().hash(), told.place().1))
		.collect();
	let timed_out = told_hashes(block, |event| {
		matches!(event, CandidateEvent::CandidateTimedOut(..))
	});
	let has_disputes = block
		.inherent
		.as_ref()
		.is_some_and(|inherent| !inherent.data.disputes.is_empty());
	let Some((least, most)) = session.thresholds() else {
		let cases = included.len().max(state.pending.values().map(Vec::len).sum());
		return verdict.undecided(
			question,
			cases,
			"the number of validators does not follow from the data",
		);
	};
	let validators = session.validators.unwrap_or_default();
	let mut judged = BTreeSet::new();
	for (para, waiting) in &state.pending {
		let counts = || waiting.iter().map(|waiting| waiting.voters.len());
		let by_most = enactable_prefix(counts(), validators.1 as usize);
		let by_least = enactable_prefix(counts(), validators.0 as usize);
		for (position, waiting) in waiting.iter().enumerate() {
			let hash = waiting.candidate.hash;
			judged.insert(hash);
			let is_included = included.contains_key(&hash);
			let (sure, possible) = (position < by_most, position < by_least);
			match (sure, possible, is_included) {
				(false, false, false) if timed_out.contains(&hash) => verdict.undecided(
					question,
					1,
					"after how many blocks candidates time out is configured, and in no block (R-TMO-2)",
				),
				(true, true, true) | (false, false, false) => verdict.agree(question, 1),
				(false, true, _) => verdict.undecided(
					question,
					1,
					"the number of validators that fits leaves two thresholds",
				),
				_ if waiting.candidate.core.is_none() => {
					verdict.undecided(question, 1, "the core is not told")
				}
				_ if has_disputes || block.told().is_empty() => {
					verdict.undecided(
						question,
						1,
						"the chain took no note of anything in the inherent, or a dispute interfered",
					);
				}
				_ => verdict.disagree(
					question,
					format!(
						"para {para}: {hash:?} has {} votes of {least} needed, and is {}included",
						waiting.voters.len(),
						if is_included { "" } else { "not " }
					),
				),
			}
		}
	}
	// What waits since before the data: this block's votes may be enough, or there were more before.
	let votes = votes(block, session.cores);
	for (_, core) in included.iter().filter(|(hash, _)| !judged.contains(*hash)) {
		let Some(core) = core else {
			verdict.undecided(question, 1, "the core is not told");
			continue;
		};
		let count = votes.get(core).map_or(0, BTreeSet::len);
		match count >= most {
			true => verdict.agree(question, 1),
			false => verdict.undecided(
				question,
				1,
				"backed before the data, and votes of earlier blocks count as well",
			),
		}
	}
}
