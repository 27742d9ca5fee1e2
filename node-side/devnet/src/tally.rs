//! What became of each candidate, and the report that follows from it.

use crate::report::{Fates, Idleness, Inclusion, Intervals, ParaReport, Refusal};
use async_backing_primitives::{
	BlockNumber, CandidateEvent, CandidateHash, CoreIndex, Hash, HeadHash, LeafFacts, ParaId,
};
use async_backing_sim::Instant;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

/// A candidate as its collator built it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BuiltCandidate {
	/// Its para.
	pub(crate) para: ParaId,
	/// Head that it builds on.
	pub(crate) parent_head: HeadHash,
	/// Head that it leads to.
	pub(crate) output_head: HeadHash,
	/// Its relay parent.
	pub(crate) relay_parent: Hash,
	/// Core that it names.
	pub(crate) core: CoreIndex,
	/// Extrinsics in it.
	pub(crate) extrinsics: u32,
	/// Encoded size of its proof of validity.
	pub(crate) pov_bytes: usize,
	/// Number of the relay block that was expected to back it.
	pub(crate) due: BlockNumber,
	/// Virtual time that its collator spent on executing it.
	pub(crate) authoring: Duration,
}

/// A candidate and what became of it.
#[derive(Clone, Debug)]
struct Fate {
	built: BuiltCandidate,
	seconded: bool,
	backable_at: Option<Instant>,
	/// The first relay block that backed it, on whatever fork.
	first_backed: Option<Hash>,
	/// What the best chain did with it.
	on_chain: OnChain,
	/// Why the first validator that looked at it does not vote for it.
	refused: Option<String>,
}

/// What a chain did with a candidate.
#[derive(Clone, Copy, Debug, Default)]
struct OnChain {
	/// Relay blocks in which it was its turn, and that did not take it.
	missed: u32,
	/// The relay block that backed it.
	backed: Option<Hash>,
	included: Option<Inclusion>,
	timed_out: bool,
}

impl Fate {
	/// Whether it was included after it had missed its turn: a relay block did not take it, or one took it that was lost to
	/// another fork.
	fn is_reused(&self) -> bool {
		let was_lost = self.first_backed != self.on_chain.backed;
		self.on_chain.included.is_some() && (self.on_chain.missed > 0 || was_lost)
	}

	/// What validators say of a candidate that came to nothing.
	fn refusal(&self) -> Option<&str> {
		self.refused.as_deref().filter(|_| self.on_chain.backed.is_none())
	}

	/// What became of a candidate that came to nothing, though no validator refused it.
	fn loss(&self, lost: &BTreeSet<Hash>) -> Option<&'static str> {
		match self.refusal() {
			Some(_) => None,
			None if lost.contains(&self.built.relay_parent) => {
				Some("a relay parent on a fork that lost (R-COL-5)")
			}
			None if self.on_chain.timed_out => {
				Some("backed, and chunks not received in time (R-TMO-2, R-NET-16)")
			}
			None if self.on_chain.backed.is_some() => Some("backed, behind one that was not included"),
			None if self.backable_at.is_some() => Some("a quorum, but no place on-chain in time (R-COL-6)"),
			None => Some("no quorum in time (R-COL-6)"),
		}
	}
}

/// A relay block, as far as it says what becomes of candidates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
	/// When it was built.
	pub(crate) at: Instant,
	/// Slots since the run began.
	pub(crate) slot: u64,
	/// Session that the block itself runs in.
	pub(crate) session: u32,
	/// Whom each core serves in it: claims of its parent's state.
	pub(crate) turns: &'a BTreeMap<CoreIndex, ParaId>,
	/// Candidates that its author offered.
	pub(crate) offered: &'a [CandidateHash],
	/// What happened to candidates in it.
	pub(crate) events: &'a [CandidateEvent],
	/// The state after it.
	pub(crate) facts: &'a LeafFacts,
}

/// What a relay block changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
	/// What was on-chain before, by position.
	before: BTreeMap<usize, OnChain>,
	/// Whose candidates it included.
	included: Vec<ParaId>,
	refused_on_chain: u32,
}

/// Follows all candidates of a run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
	/// In the order in which they were built.
	fates: Vec<(CandidateHash, Fate)>,
	position: BTreeMap<CandidateHash, usize>,
	inclusions: BTreeMap<ParaId, Vec<Inclusion>>,
	orders: BTreeMap<ParaId, u32>,
	refused_on_chain: u32,
	/// Of the relay block that is being looked at.
	changes: Changes,
	/// Leaves at which a para's collators built nothing, by reason.
	idle: BTreeMap<ParaId, BTreeMap<String, u32>>,
}

/// Reasons that are told apart, of each para: what a parachain says may have a figure or a hash in it.
const MAX_REASONS: usize = 32;

impl Tally {
	/// A collator built a candidate.
	pub(crate) fn built(&mut self, candidate: CandidateHash, built: BuiltCandidate) {
		self.position.insert(candidate, self.fates.len());
		let fate = Fate {
			built,
			seconded: false,
			backable_at: None,
			first_backed: None,
			on_chain: OnChain::default(),
			refused: None,
		};
		self.fates.push((candidate, fate));
	}

	/// Some validator seconded a candidate.
	pub(crate) fn seconded(&mut self, candidate: CandidateHash) {
		self.update(candidate, |fate| fate.seconded = true);
	}

	/// Some validator does not vote for a candidate.
	pub(crate) fn refused(&mut self, candidate: CandidateHash, reason: &str) {
		self.update(candidate, |fate| {
			fate.refused.get_or_insert_with(|| reason.to_owned());
		});
	}

	/// Some validator knows a quorum for a candidate.
	pub(crate) fn backable(&mut self, candidate: CandidateHash, at: Instant) {
		self.update(candidate, |fate| {
			fate.backable_at.get_or_insert(at);
		});
	}

	/// A relay block was built, on whatever fork.
	pub(crate) fn relay_block_built(&mut self, block: Hash, events: &[CandidateEvent]) {
		for event in events {
			if let CandidateEvent::CandidateBacked(receipt, ..) = event {
				self.update(receipt.hash(), |fate| {
					fate.first_backed.get_or_insert(block);
				});
			}
		}
	}

	/// A relay block is the newest of the best chain. Returns what it changes, so that it can be taken back.
	pub(crate) fn relay_block(&mut self, block: &Outcome<'_>) -> Changes {
		let mut taken = BTreeSet::new();
		let mut used = BTreeSet::new();
		for event in block.events {
			match event {
				CandidateEvent::CandidateBacked(receipt, _, core, _) => {
					taken.insert(receipt.hash());
					used.insert(*core);
					let hash = block.facts.block.hash;
					self.change(receipt.hash(), |on_chain| on_chain.backed = Some(hash));
				}
				CandidateEvent::CandidateIncluded(receipt, ..) => {
					let inclusion = Inclusion {
						slot: block.slot,
						session: block.session,
					};
					let para = receipt.descriptor.para_id();
					self.inclusions.entry(para).or_default().push(inclusion);
					self.changes.included.push(para);
					self.change(receipt.hash(), |on_chain| on_chain.included = Some(inclusion));
				}
				CandidateEvent::CandidateTimedOut(receipt, ..) => {
					self.change(receipt.hash(), |on_chain| on_chain.timed_out = true);
				}
			}
		}
		let refused = block
			.offered
			.iter()
			.filter(|candidate| !taken.contains(candidate))
			.count();
		let refused = u32::try_from(refused).unwrap_or(u32::MAX);
		self.refused_on_chain += refused;
		self.changes.refused_on_chain = refused;
		for (core, para) in block.turns {
			if !used.contains(core) {
				self.turn_missed(block, *core, *para);
			}
		}
		std::mem::take(&mut self.changes)
	}

	/// The newest relay block of the best chain is none of it any more.
	pub(crate) fn take_back(&mut self, changes: Changes) {
		for (position, before) in changes.before {
			if let Some((_, fate)) = self.fates.get_mut(position) {
				fate.on_chain = before;
			}
		}
		for para in changes.included {
			self.inclusions.entry(para).or_default().pop();
		}
		self.refused_on_chain -= changes.refused_on_chain;
	}

	/// A core was a para's in this block, and took nothing. If the candidate that comes next on-chain is for this core, and
	/// was backable or should have been, it missed its turn. One that waits for another one, or for a later turn, did not.
	fn turn_missed(&mut self, block: &Outcome<'_>, core: CoreIndex, para: ParaId) {
		let Some(state) = block.facts.paras.get(&para).map(|para| &para.backing_state) else {
			return;
		};
		let latest = state.pending_availability.last().map_or_else(
			|| state.constraints.required_parent.hash(),
			|last| last.descriptor.para_head(),
		);
		let (at, number) = (block.at, block.facts.block.number);
		for (position, (_, fate)) in self.fates.iter_mut().enumerate() {
			let BuiltCandidate {
				para: of,
				parent_head,
				core: named,
				due,
				..
			} = fate.built;
			let is_backed = fate.on_chain.backed.is_some();
			let is_next = (of, named, parent_head) == (para, core, latest) && !is_backed;
			let is_backable = fate.backable_at.is_some_and(|since| since <= at);
			if is_next && (is_backable || due <= number) {
				let before = fate.on_chain;
				self.changes.before.entry(position).or_insert(before);
				fate.on_chain.missed = before.missed.saturating_add(1);
			}
		}
	}

	/// Offered candidates that the chain dropped.
	pub(crate) fn refused_on_chain(&self) -> u32 {
		self.refused_on_chain
	}

	/// Candidates included so far.
	pub(crate) fn included(&self) -> usize {
		self.inclusions.values().map(Vec::len).sum()
	}

	/// A collator whose turn it was built nothing at a leaf.
	pub(crate) fn idle(&mut self, para: ParaId, reason: &str) {
		let reasons = self.idle.entry(para).or_default();
		if reasons.len() < MAX_REASONS || reasons.contains_key(reason) {
			*reasons.entry(reason.to_owned()).or_default() += 1;
		}
	}

	/// Somebody ordered a block for a para.
	pub(crate) fn ordered(&mut self, para: ParaId) {
		*self.orders.entry(para).or_default() += 1;
	}

	/// What became of a para's candidates, seen from the last leaf, where these relay blocks were lost to other forks.
	pub(crate) fn report(
		&self,
		para: ParaId,
		last: &LeafFacts,
		lost: &BTreeSet<Hash>,
		slot: Duration,
	) -> ParaReport {
		let fates: Vec<_> = self
			.fates
			.iter()
			.filter(|(_, fate)| fate.built.para == para)
			.collect();
		let in_flight = self.in_flight(para, last);
		let count = |which: &dyn Fn(&Fate) -> bool| {
			u32::try_from(fates.iter().filter(|(_, fate)| which(fate)).count()).unwrap_or(u32::MAX)
		};
		let included = || {
			fates
				.iter()
				.map(|(_, fate)| fate)
				.filter(|fate| fate.on_chain.included.is_some())
		};
		let authoring: Duration = fates.iter().map(|(_, fate)| fate.built.authoring).sum();
		let no_inclusions = Vec::new();
		let inclusions = self.inclusions.get(&para).unwrap_or(&no_inclusions);
		let intervals = Intervals::of(inclusions, slot.as_secs_f64());
		let is_wasted = |(candidate, fate): &&&(CandidateHash, Fate)| {
			fate.on_chain.included.is_none() && !in_flight.contains(candidate)
		};
		let wasted = fates.iter().filter(is_wasted).count();
		ParaReport {
			id: para.0,
			orders: self.orders.get(&para).copied().unwrap_or_default(),
			built: count(&|_| true),
			seconded: count(&|fate| fate.seconded),
			backable: count(&|fate| fate.backable_at.is_some()),
			backed: count(&|fate| fate.on_chain.backed.is_some()),
			included: count(&|fate| fate.on_chain.included.is_some()),
			timed_out: count(&|fate| fate.on_chain.timed_out),
			wasted: u32::try_from(wasted).unwrap_or(u32::MAX),
			reused: count(&Fate::is_reused),
			mean_interval_s: intervals.within_sessions_s,
			mean_interval_with_session_changes_s: intervals.overall_s,
			session_change_cost_s: intervals.session_change_cost_s,
			authoring_s: (!fates.is_empty()).then(|| authoring.as_secs_f64() / fates.len() as f64),
			extrinsics_included: included().map(|fate| u64::from(fate.built.extrinsics)).sum(),
			pov_bytes_included: included().map(|fate| fate.built.pov_bytes as u64).sum(),
			// Of all that is known of the run's end, they are not for one para's candidates alone.
			confidence: None,
			fates: Fates::default(),
			latency: None,
			order_fates: None,
			refusals: counted(
				fates
					.iter()
					.filter(is_wasted)
					.filter_map(|(_, fate)| fate.refusal()),
			),
			lost: counted(
				fates
					.iter()
					.filter(is_wasted)
					.filter_map(|(_, fate)| fate.loss(lost)),
			),
			idle: self
				.idle
				.get(&para)
				.into_iter()
				.flatten()
				.map(|(reason, leaves)| Idleness {
					reason: reason.clone(),
					leaves: *leaves,
				})
				.collect(),
		}
	}

	/// Candidates that may still be included: pending, or on a legal relay parent above the included head (R-COL-6).
	pub(crate) fn in_flight(&self, para: ParaId, last: &LeafFacts) -> BTreeSet<CandidateHash> {
		let mut alive = BTreeSet::new();
		let Some(state) = last.paras.get(&para).map(|para| &para.backing_state) else {
			return alive;
		};
		alive.extend(
			state
				.pending_availability
				.iter()
				.map(|pending| pending.candidate_hash),
		);
		let mut heads = BTreeSet::from([state.constraints.required_parent.hash()]);
		heads.extend(
			state
				.pending_availability
				.iter()
				.map(|pending| pending.descriptor.para_head()),
		);
		// A candidate comes after its parent, since its collator built it later.
		for (candidate, fate) in self.fates.iter().filter(|(_, fate)| fate.built.para == para) {
			let legal = last.relay_parent(fate.built.relay_parent).is_some() && !fate.on_chain.timed_out;
			if fate.on_chain.included.is_none() && legal && heads.contains(&fate.built.parent_head) {
				heads.insert(fate.built.output_head);
				alive.insert(*candidate);
			}
		}
		alive
	}

	/// Changes what is on-chain of a candidate.
	fn change(&mut self, candidate: CandidateHash, change: impl FnOnce(&mut OnChain)) {
		let Some(position) = self.position.get(&candidate).copied() else {
			return;
		};
		if let Some((_, fate)) = self.fates.get_mut(position) {
			self.changes.before.entry(position).or_insert(fate.on_chain);
			change(&mut fate.on_chain);
		}
	}

	fn update(&mut self, candidate: CandidateHash, change: impl FnOnce(&mut Fate)) {
		if let Some(position) = self.position.get(&candidate) {
			change(&mut self.fates[*position].1);
		}
	}
}

/// How many candidates came to nothing for each reason.
fn counted<'a>(reasons: impl Iterator<Item = &'a str>) -> Vec<Refusal> {
	let mut refusals: Vec<Refusal> = Vec::new();
	for reason in reasons {
		let known = refusals.iter().position(|known| known.reason == *reason);
		if let Some(known) = known.and_then(|known| refusals.get_mut(known)) {
			known.candidates = known.candidates.saturating_add(1);
		} else if refusals.len() < MAX_REASONS {
			refusals.push(Refusal {
				reason: reason.to_owned(),
				candidates: 1,
			});
		}
	}
	refusals
}
