//! Judging: each block by what it says, and by what was before it.

mod chains;
mod choice;
mod history;
mod outcomes;
mod prepared;
mod questions;
mod rotation;
mod session;
mod sources;
mod state;

use crate::{
	report::{BlockReport, Moment, ParaReport, Report, RunReport, SCHEMA},
	weight::{Enacted, Load, Messages, Weigh, Weights},
	Block, Question, Verdict,
};
use async_backing_primitives::{
	AsyncBackingParams, CandidateCommitments, CandidateEvent, CandidateHash, RelayChainBlockInfo,
};
use chains::proven_number;
use choice::Leaf;
use history::{Entry, History};
use outcomes::Gone;
use prepared::{prepare, Prepared};
use questions::Known;
use session::Session;
use state::{votes, State};
use std::collections::{BTreeMap, BTreeSet};

/// What is known beside the blocks. By default nothing.
#[derive(Clone, Debug)]
pub struct Options {
	/// Parameters of asynchronous backing that were in force. Without them the least are taken that allow what was backed, and
	/// neither depth nor the age of relay parents is judged.
	pub params: Option<AsyncBackingParams>,
	/// Largest sizes of proofs that are tried, in bytes. A hash says which it is.
	pub max_pov_sizes: Vec<u32>,
}

impl Default for Options {
	/// No parameters; the sizes of proofs that public relay chains have had.
	fn default() -> Self {
		const MIB: u32 = 1024 * 1024;
		Self {
			params: None,
			max_pov_sizes: vec![5 * MIB, 10 * MIB, 16 * MIB, 20 * MIB],
		}
	}
}

/// Judges blocks, in whatever order they come.
pub fn judge(blocks: Vec<Block>, options: &Options, weights: Option<&dyn Weigh>) -> Report {
	let (entries, duplicates) = history::in_order(blocks);
	let blocks: Vec<_> = entries.iter().map(|entry| &entry.block).collect();
	let history = History::of(&blocks);
	let prepared: Vec<_> = blocks
		.iter()
		.map(|block| prepare(block, &history, &options.max_pov_sizes))
		.collect();
	let mut report = Report {
		schema: SCHEMA,
		duplicates,
		weights_of: weights.map(|weights| weights.name().to_owned()),
		..Report::default()
	};
	let mut of_blocks: BTreeMap<usize, BlockReport> = BTreeMap::new();
	for piece in history::runs(&blocks) {
		let run = Run::new(&piece.positions, &entries, &prepared, &history, options);
		report.runs.push(run.report());
		for (at, position) in piece.positions.iter().enumerate().skip(piece.before) {
			of_blocks.insert(*position, run.judge(at, weights));
			run.tell_paras(at, &mut report.paras);
		}
	}
	for block in of_blocks.into_values() {
		report.total.add(&block.name, &block.verdict);
		report.messages.add(&block.messages);
		for (lag, count) in &block.lags {
			*report.lags.entry(*lag).or_default() += count;
		}
		report.blocks.push(block);
	}
	report
}

/// Consecutive blocks, and what is known before each.
struct Run<'a> {
	blocks: Vec<&'a Block>,
	entries: Vec<&'a Entry>,
	/// What is wrong in each block with what became of candidates before.
	faults: Vec<Vec<String>>,
	prepared: Vec<&'a Vec<Prepared>>,
	history: &'a History,
	/// Before each block; one more, after the last.
	states: Vec<State>,
	sessions: Vec<Session>,
	/// Which of them each block's candidates belong to.
	session_of: Vec<usize>,
	params: AsyncBackingParams,
	told_params: Option<AsyncBackingParams>,
	max_pov_sizes: BTreeSet<u32>,
}

impl<'a> Run<'a> {
	fn new(
		positions: &[usize],
		entries: &'a [Entry],
		prepared: &'a [Vec<Prepared>],
		history: &'a History,
		options: &Options,
	) -> Self {
		let entries: Vec<_> = positions
			.iter()
			.filter_map(|position| entries.get(*position))
			.collect();
		let blocks: Vec<_> = entries.iter().map(|entry| &entry.block).collect();
		let prepared: Vec<_> = positions
			.iter()
			.filter_map(|position| prepared.get(*position))
			.collect();
		let mut sessions = vec![Session::default()];
		let mut session_of = Vec::new();
		for (block, candidates) in std::iter::zip(&blocks, &prepared) {
			let ended = history::parent_of(block).is_some_and(|parent| history.ends_session(parent));
			if ended {
				sessions.push(Session::beginning_at(proven_number(block)));
			}
			if let Some(session) = sessions.last_mut() {
				session.see(block, candidates);
			}
			session_of.push(sessions.len() - 1);
		}
		sessions.iter_mut().for_each(Session::conclude);
		let mut states = vec![State::default()];
		let mut state = State::default();
		let mut gone = Gone::default();
		let faults = blocks.iter().map(|block| gone.see(block)).collect();
		let cores = session_of
			.iter()
			.map(|session| sessions.get(*session).map_or(0, |session| session.cores));
		for ((block, candidates), cores) in std::iter::zip(&blocks, &prepared).zip(cores) {
			if history::parent_of(block).is_some_and(|parent| history.ends_session(parent)) {
				state.end_session();
				if let Some(before) = states.last_mut() {
					before.clone_from(&state);
				}
			}
			state.vote(&votes(block, cores));
			state.apply(block, candidates, |hash| history::number_of(history, hash));
			states.push(state.clone());
		}
		let cases = std::iter::zip(&states, prepared.iter().map(|candidates| candidates.as_slice()));
		let params = options.params.unwrap_or_else(|| choice::least_params(cases));
		let max_pov_sizes = prepared::pov_sizes_found(prepared.iter().copied().flatten());
		Self {
			blocks,
			entries,
			faults,
			prepared,
			history,
			states,
			sessions,
			session_of,
			params,
			told_params: options.params,
			max_pov_sizes,
		}
	}

	fn report(&self) -> RunReport {
		let name = |block: Option<&&Block>| block.map(|block| block.name()).unwrap_or_default();
		RunReport {
			blocks: (name(self.blocks.first()), name(self.blocks.last())),
			length: self.blocks.len(),
			params: (self.params.max_candidate_depth, self.params.allowed_ancestry_len),
			are_params_told: self.told_params.is_some(),
			max_pov_sizes: self.max_pov_sizes.iter().copied().collect(),
			validators: self.sessions.iter().map(|session| session.validators).collect(),
			rotation: self
				.sessions
				.iter()
				.map(|session| {
					let rotation = session.rotation.filter(|_| session.has_rotated())?;
					Some(rotation.group_rotation_frequency)
				})
				.collect(),
		}
	}

	/// The block at a place of the run.
	fn judge(&self, at: usize, weights: Option<&dyn Weigh>) -> BlockReport {
		let (Some(block), Some(prepared)) = (self.blocks.get(at), self.prepared.get(at)) else {
			return BlockReport::default();
		};
		let default = State::default();
		let before = self.states.get(at).unwrap_or(&default);
		let session = self
			.session_of
			.get(at)
			.and_then(|session| self.sessions.get(*session));
		let mut verdict = Verdict::default();
		for (question, what) in self.entries.get(at).into_iter().flat_map(|entry| &entry.faults) {
			verdict.disagree(*question, what);
		}
		for what in self.faults.get(at).into_iter().flatten() {
			verdict.disagree(Question::Availability, what);
		}
		outcomes::possible(block, before, &mut verdict);
		questions::form(block, &mut verdict);
		questions::candidates(block, prepared, &mut verdict);
		let mut voted = before.clone();
		let cores = session.map_or(0, |session| session.cores);
		voted.vote(&votes(block, cores));
		if let Some(session) = session.filter(|_| block.inherent.is_some()) {
			questions::lengths(block, session, &mut verdict);
			questions::votes_and_groups(prepared, session, &mut verdict);
			outcomes::availability(block, &voted, session, &mut verdict);
		}
		let mut freed = voted;
		freed.apply(block, &[], |hash| history::number_of(self.history, hash));
		let known = Known {
			params: self.told_params,
			are_sizes_known: !self.max_pov_sizes.is_empty(),
		};
		questions::places(block, prepared, self.history, &freed, known, &mut verdict);
		if let Some(session) = session {
			self.judge_choice(at, block, prepared, session, &mut verdict);
		}
		self.describe(block, prepared, before, cores, verdict, weights)
	}

	/// What the leaf before the block makes of it.
	fn judge_choice(
		&self,
		at: usize,
		block: &Block,
		prepared: &[Prepared],
		session: &Session,
		verdict: &mut Verdict,
	) {
		let taken = prepared
			.iter()
			.filter(|candidate| candidate.taken == Some(true))
			.count();
		let question = Question::Choice;
		let parent = at.checked_sub(1).and_then(|leaf| self.blocks.get(leaf));
		let Some(parent) = parent else {
			return verdict.undecided(question, taken, self.history.why_first(block));
		};
		let leaf = Some(parent).and_then(|parent| {
			let info = RelayChainBlockInfo {
				hash: parent.hash?,
				number: proven_number(parent)?,
				storage_root: parent.state_root?,
			};
			Some((info, self.states.get(at)?))
		});
		let Some((info, state)) = leaf else {
			return verdict.undecided(question, taken, "the state root of the block before is not told");
		};
		let leaf = Leaf {
			history: self.history,
			info,
			state,
			session,
			params: self.params,
		};
		let later = choice::later(self.prepared.iter().skip(at + 1).copied());
		choice::judge(&leaf, block, prepared, &later, verdict);
	}

	/// Counts.
	fn describe(
		&self,
		block: &Block,
		prepared: &[Prepared],
		before: &State,
		cores: usize,
		verdict: Verdict,
		weights: Option<&dyn Weigh>,
	) -> BlockReport {
		let count = |kind: fn(&CandidateEvent) -> bool| {
			let events = block.events.as_ref()?;
			Some(events.iter().filter(|told| kind(&told.event)).count())
		};
		let mut versions: BTreeMap<String, usize> = BTreeMap::new();
		let mut lags: BTreeMap<u32, u64> = BTreeMap::new();
		let mut messages = Messages::default();
		for candidate in prepared {
			let version = candidate.backed.candidate.descriptor.relaxed_version();
			let name = version.map_or("unknown".into(), |version| format!("{version:?}"));
			*versions.entry(name).or_default() += 1;
			if let Some(lag) = candidate.lag {
				*lags.entry(lag).or_default() += 1;
			}
			let number = candidate
				.lag
				.and_then(|lag| proven_number(block)?.checked_sub(lag));
			messages.count(&candidate.backed.candidate.commitments, number);
		}
		let data = block.inherent.as_ref().map(|inherent| &inherent.data);
		BlockReport {
			name: block.name(),
			source: block.source.clone(),
			number: proven_number(block),
			hash: block.hash.map(|hash| format!("{hash:?}")),
			bytes: block
				.inherent
				.as_ref()
				.and_then(|inherent| Some(inherent.bytes.as_ref()?.len())),
			has_inherent: data.is_some(),
			cores: data.map_or(0, |_| cores),
			bitfields: data.map_or(0, |data| data.bitfields.len()),
			candidates: prepared.len(),
			backed: count(|event| matches!(event, CandidateEvent::CandidateBacked(..))),
			included: count(|event| matches!(event, CandidateEvent::CandidateIncluded(..))),
			timed_out: count(|event| matches!(event, CandidateEvent::CandidateTimedOut(..))),
			dispute_votes: data.map_or(0, |data| {
				data.disputes.iter().map(|dispute| dispute.statements.len()).sum()
			}),
			versions,
			lags,
			messages,
			weights: self.weigh(block, before, cores, weights),
			verdict,
		}
	}

	fn weigh(&self, block: &Block, before: &State, cores: usize, weights: Option<&dyn Weigh>) -> Weights {
		let booked = block.booked.map(|booked| booked.ref_time);
		let Some(data) = block.inherent.as_ref().map(|inherent| &inherent.data) else {
			return Weights::default();
		};
		let known: BTreeMap<CandidateHash, (&CandidateCommitments, Option<u32>)> = before
			.pending
			.values()
			.flatten()
			.map(|waiting| {
				let candidate = &waiting.candidate;
				let number = candidate.relay_parent.map(|info| info.number);
				(candidate.hash, (&candidate.backed.candidate.commitments, number))
			})
			.collect();
		let enacted: Vec<_> = block
			.told()
			.iter()
			.filter(|told| matches!(told.event, CandidateEvent::CandidateIncluded(..)))
			.map(|told| {
				let seen = known.get(&told.receipt().hash()).copied();
				Enacted {
					commitments: seen.map(|(commitments, _)| commitments),
					head: told.place().0,
					keeps_watermark: seen.is_some_and(|(commitments, number)| {
						number.is_some_and(|number| number != commitments.hrmp_watermark)
					}),
				}
			})
			.collect();
		let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
		let enacted_unknown = small(
			enacted
				.iter()
				.filter(|enacted| enacted.commitments.is_none())
				.count(),
		);
		let scheduling_parents: BTreeSet<_> = data
			.backed_candidates
			.iter()
			.map(|backed| backed.candidate.descriptor.scheduling_parent())
			.collect();
		let timed_out = block
			.told()
			.iter()
			.filter(|told| matches!(told.event, CandidateEvent::CandidateTimedOut(..)));
		let load = Load {
			cores: small(cores),
			bitfields: small(data.bitfields.len()),
			scheduling_parents: small(scheduling_parents.len()),
			waiting: small(known.len().max(enacted.len())),
			candidates: &data.backed_candidates,
			disputes: &data.disputes,
			timed_out: small(timed_out.count()),
			enacted,
		};
		// Without events nobody knows what was enacted, and bitfields without a number of cores are not to be weighed.
		let ours = weights
			.filter(|_| block.events.is_some() && (cores > 0 || data.bitfields.is_empty()))
			.map(|weights| weights.weigh(&load));
		Weights {
			booked,
			ours,
			enacted_unknown,
		}
	}

	/// What happened to each para in a block.
	fn tell_paras(&self, at: usize, paras: &mut BTreeMap<String, BTreeMap<u32, ParaReport>>) {
		let (Some(block), Some(prepared), Some(before), Some(after)) = (
			self.blocks.get(at),
			self.prepared.get(at),
			self.states.get(at),
			self.states.get(at + 1),
		) else {
			return;
		};
		let chain = self.entries.get(at).map(|entry| entry.chain.clone());
		let of_chain = paras.entry(chain.unwrap_or_default()).or_default();
		for told in block.told() {
			let hash = told.receipt().hash();
			let para = told.receipt().descriptor.para_id();
			let (_, core, group) = told.place();
			let report = of_chain.entry(para.0).or_default();
			let candidate = prepared.iter().find(|candidate| candidate.hash == hash);
			let what = match told.event {
				CandidateEvent::CandidateBacked(..) => {
					report.backed += 1;
					"backed"
				}
				CandidateEvent::CandidateIncluded(..) => {
					report.included += 1;
					let waited = before
						.pending
						.get(&para)
						.into_iter()
						.flatten()
						.find(|waiting| waiting.candidate.hash == hash);
					let blocks =
						waited.and_then(|waiting| proven_number(block)?.checked_sub(waiting.backed_in?));
					if let Some(blocks) = blocks {
						*report.to_inclusion.entry(blocks).or_default() += 1;
					}
					"included"
				}
				CandidateEvent::CandidateTimedOut(..) => {
					report.timed_out += 1;
					"timed out"
				}
			};
			let depth = candidate.filter(|_| what == "backed").and_then(|_| {
				let waiting = after.pending.get(&para)?;
				u32::try_from(
					waiting
						.iter()
						.position(|waiting| waiting.candidate.hash == hash)?,
				)
				.ok()
			});
			report.time_line.push(Moment {
				block: proven_number(block),
				what,
				candidate: format!("{:?}", hash.0),
				core: core.map(|core| core.0),
				group: group.map(|group| group.0),
				lag: candidate
					.filter(|_| what == "backed")
					.and_then(|candidate| candidate.lag),
				depth,
			});
		}
	}
}
