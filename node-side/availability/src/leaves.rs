//! What leaves wait for: which chunks are to be fetched, and which not any longer.

use crate::{
	availability::{is_mapped, Availability, Cx},
	chunk_index,
	fetch::{Fetch, Key, Step},
};
use async_backing_chain_view::ChainEvent;
use async_backing_machine::Batch;
use async_backing_primitives::{
	BlockNumber, CandidateEvent, CoreIndex, CoreState, Hash, LeafFacts, OccupiedCore,
};
use std::collections::{BTreeMap, BTreeSet};

/// When an own chunk has its turn among those that are new at the same time: the number of the leaf, the core, and which of
/// several leaves. Each validator begins with another core, so that they miss different ones if time is short, and nobody
/// who makes a candidate can choose its turn.
type Turn = (BlockNumber, u32, usize);

impl Availability {
	pub(crate) fn chain_event(&mut self, event: ChainEvent, cx: &mut Cx<'_>) {
		let mut batch = Batch::default();
		let mut new_leaf = None;
		match event {
			ChainEvent::Imported { facts, .. } => {
				let block = facts.block;
				for event in &facts.events {
					if let CandidateEvent::CandidateIncluded(receipt, ..) = event {
						self.store
							.note_included(receipt.hash(), block.number, block.hash, &mut batch);
					}
				}
				new_leaf = cx.chain.is_leaf(block.hash).then_some(block.hash);
			}
			ChainEvent::Finalized { .. } => {}
			ChainEvent::Reverted { hash } => self.store.note_reverted(hash, &mut batch),
		}
		self.follow_leaves(new_leaf, cx);
		self.served.forget(self.newest, cx.now);
		let finalized = cx.chain.finalized_number();
		self.store
			.prune(&self.config, &self.pending, self.newest, finalized, &mut batch);
		self.make_room(batch, cx);
	}

	/// Own chunks that leaves wait for (R-AVL-7) are fetched, others are not any longer.
	fn follow_leaves(&mut self, new_leaf: Option<Hash>, cx: &mut Cx<'_>) {
		let mut leaves: Vec<_> = cx.chain.leaves().collect();
		// Of several leaves with the same candidate the newest counts.
		leaves.sort_by_key(|leaf| leaf.block.number);
		let mut wanted: BTreeMap<Key, (Turn, &LeafFacts, CoreIndex, &OccupiedCore)> = BTreeMap::new();
		self.pending.clear();
		self.cores = leaves.iter().map(|leaf| leaf.cores.len()).max().unwrap_or(0);
		for (nth, leaf) in leaves.into_iter().enumerate() {
			self.newest = self.newest.max(leaf.block.number);
			let session = cx.chain.session_of(leaf.block.hash);
			let mapped = session.is_some_and(|session| is_mapped(session));
			for (core, occupied) in occupied_cores(leaf) {
				let candidate = occupied.candidate_hash;
				self.pending.insert(candidate);
				self.store.note_seen(candidate, leaf.block.number);
				let own = session.and_then(|session| Some((session.validators.len(), session.own?)));
				let index = own.and_then(|(validators, own)| chunk_index(validators, core, own, mapped).ok());
				if let Some(index) = index {
					let cores = u32::try_from(leaf.cores.len()).unwrap_or(u32::MAX);
					let first = own.and_then(|(_, own)| own.0.checked_rem(cores)).unwrap_or(0);
					let after_first = core.0.checked_sub(first);
					let place =
						after_first.unwrap_or_else(|| core.0.saturating_add(cores.saturating_sub(first)));
					let turn = (leaf.block.number, place, nth);
					wanted.insert(Key { candidate, index }, (turn, leaf, core, occupied));
				}
			}
		}
		let ended: Vec<_> = self
			.fetches
			.keys()
			.filter(|key| !wanted.contains_key(key))
			.copied()
			.collect();
		for key in ended {
			self.end_fetch(key, cx);
		}
		// One by one: no input copies much at once (law 1).
		let mut turns = BTreeMap::new();
		for (key, (turn, leaf, core, occupied)) in wanted {
			turns.insert(turn, (key, leaf, core, occupied));
		}
		for (key, leaf, core, occupied) in turns.into_values() {
			if self.store.holds(key.candidate, key.index) || self.pack(key) {
				continue;
			}
			let is_new = new_leaf == Some(leaf.block.hash);
			self.want(key, leaf, core, occupied, is_new, cx);
		}
	}

	fn want(
		&mut self,
		key: Key,
		leaf: &LeafFacts,
		core: CoreIndex,
		occupied: &OccupiedCore,
		is_new: bool,
		cx: &mut Cx<'_>,
	) {
		let Some(session) = cx.chain.session_of(leaf.block.hash) else {
			return;
		};
		let Some(own) = session.own else { return };
		if self
			.fetches
			.get(&key)
			.is_some_and(|fetch| fetch.session != *session)
		{
			self.end_fetch(key, cx);
		}
		let (attempt, mapped) = (self.next_attempt(), is_mapped(session));
		let new = || Fetch {
			leaf: leaf.block.hash,
			session: session.clone(),
			own,
			core,
			occupied: occupied.clone(),
			mapped,
			arrival: attempt,
			failures: 0,
			rounds: 0,
			attempt,
			#[cfg(feature = "laws")]
			begun: attempt,
			liars: BTreeSet::new(),
			step: Step::Pausing(cx.now),
		};
		let fetch = self.fetches.entry(key).or_insert_with(|| Box::new(new()));
		if fetch.leaf != leaf.block.hash || is_new {
			(fetch.leaf, fetch.occupied) = (leaf.block.hash, occupied.clone());
			self.recoveries.set_block(&key.target(), leaf.block.hash);
		}
		if is_new {
			fetch.rounds = 0;
			if matches!(fetch.step, Step::GivenUp) {
				fetch.step = Step::Pausing(cx.now);
			}
		}
	}
}

fn occupied_cores(leaf: &LeafFacts) -> impl Iterator<Item = (CoreIndex, &OccupiedCore)> {
	(0..)
		.map(CoreIndex)
		.zip(&leaf.cores)
		.filter_map(|(core, state)| match state {
			CoreState::Occupied(occupied) => Some((core, occupied)),
			CoreState::Scheduled(_) | CoreState::Free => None,
		})
}
