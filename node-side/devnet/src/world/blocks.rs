//! Relay blocks: an author proposes, the chain grows, and each node imports at its own time.

use super::{Asked, Event, Final, NewBlock, Note, Spread, World};
use crate::{
	orders::{is_for_later, Brought, Ordered},
	relay::{Chain, FIRST_SLOT},
	DevnetError,
};
use async_backing_chain_view::ChainEvent;
use async_backing_collator::REMEMBERED_FOR;
use async_backing_primitives::{CandidateEvent, Hash, LeafFacts};
use async_backing_provisioner::Proposal;
use async_backing_sim::{Agenda, Instant, NodeId};
use async_backing_validator::Proposing;
use rand::Rng;
use sp_runtime::OpaqueExtrinsic;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// How long an author waits for its own node.
const PROPOSAL_TIME: Duration = Duration::from_millis(500);
/// Slots for each block of a run after which nobody waits for more: a plan of faults may leave no author.
const SLOTS_PER_BLOCK: u64 = 16;

impl<C: Chain> World<C> {
	/// The author of a slot asks its node what to put into the block.
	pub(super) fn slot(&mut self, slot: u64, agenda: &mut Agenda<Self>) -> Result<(), DevnetError> {
		let now = agenda.now();
		if slot > SLOTS_PER_BLOCK.saturating_mul(self.config.blocks.into()) {
			return Err(DevnetError::Standstill {
				slots: slot,
				blocks: self.relay_blocks,
			});
		}
		let relay_slot = FIRST_SLOT.saturating_add(slot);
		let is_calm = self.config.is_calm(slot);
		let late = self.late.next().filter(|_| !is_calm);
		if self.empty.next().is_some() && !is_calm {
			agenda.note(Note::EmptySlot { slot });
		} else if let Some((author, parent)) = self.winner(relay_slot, now)? {
			let what = Proposing {
				parent,
				slot: relay_slot,
			};
			let id = agenda.propose(now, NodeId(author), what, now.saturating_add(PROPOSAL_TIME));
			self.asked = Some(Asked {
				id,
				slot,
				author,
				parent,
				late,
			});
		}
		let next = slot.saturating_add(1);
		agenda.wait(self.slot_start(next), Event::Slot(next));
		Ok(())
	}

	/// The block is built, executed and imported.
	pub(super) fn build(
		&mut self,
		asked: Asked,
		proposal: Proposal,
		agenda: &mut Agenda<Self>,
	) -> Result<(), DevnetError> {
		let Asked {
			slot,
			author,
			parent,
			late,
			..
		} = asked;
		let number = self.number_of(parent).saturating_add(1);
		let mut proposal = proposal;
		if self.config.faults.backs_nothing.contains(&number) && !self.config.is_calm(slot) {
			proposal.backed_candidates.clear();
		}
		let offered = proposal
			.backed_candidates
			.iter()
			.map(|backed| backed.hash())
			.collect();
		let brought = self.brought_to(number, parent, agenda)?;
		let by_run = brought.len();
		let mut transactions: Vec<_> = brought
			.iter()
			.map(|brought| brought.transaction.clone())
			.collect();
		transactions.extend(self.votes_of(number, parent)?);
		let own = transactions.len();
		let outside = self.outside.as_mut();
		let sent = outside.map_or_else(Vec::new, |outside| outside.transactions(parent));
		transactions.extend(sent.iter().cloned());
		let relay_slot = FIRST_SLOT.saturating_add(slot);
		let imported = self
			.relay
			.grow(parent, relay_slot, author, proposal, transactions)?;
		let fate_of = |position: &usize| {
			let refused = imported.refused.iter().find(|(of, _)| of == position);
			if let Some((_, reason)) = refused {
				return match is_for_later(reason) {
					true => Ordered::Again,
					false => Ordered::Refused,
				};
			}
			match imported.failed.iter().any(|(of, _)| of == position) {
				true => Ordered::Failed,
				false => Ordered::Placed,
			}
		};
		let fates: Vec<_> = (0..by_run).map(|position| fate_of(&position)).collect();
		let told = brought.iter().zip(&fates);
		let orders = told
			.clone()
			.filter_map(|(brought, fate)| Some((brought.order?, *fate)))
			.collect();
		let with = |which: &[Ordered]| -> BTreeSet<u64> {
			let those = told.clone().filter(|(_, fate)| which.contains(fate));
			those.map(|(brought, _)| brought.id).collect()
		};
		let taken = with(&[Ordered::Placed, Ordered::Failed]);
		if let Some(desk) = &mut self.orders {
			desk.forget(&with(&[Ordered::Refused]));
		}
		// What is brought again has not failed.
		let refused = imported.refused.iter();
		let refused = refused
			.filter(|(_, reason)| !is_for_later(reason))
			.map(|(position, reason)| (*position, reason.to_string()));
		let failed: Vec<_> = refused
			.chain(imported.failed)
			.filter(|(position, _)| *position < by_run)
			.map(|(_, reason)| reason)
			.collect();
		if let Some(outside) = &mut self.outside {
			for (position, reason) in imported.refused.iter().cloned() {
				if let Some(transaction) = position.checked_sub(own).and_then(|position| sent.get(position)) {
					outside.refused(parent, transaction, reason);
				}
			}
		}
		// What is not on what is final is nobody's best chain, however long it is.
		let leads = number > self.relay_blocks && self.is_on_final(parent);
		if leads {
			(self.relay_blocks, self.head) = (number, imported.hash);
		}
		let facts = Arc::new(self.relay.facts(imported.hash)?);
		let at_parent = self
			.blocks
			.values()
			.find(|known| known.facts.block.hash == parent)
			.map(|parent| &parent.facts);
		let session = at_parent.map_or(facts.session_index, |parent| parent.session_index);
		let claims = at_parent.into_iter().flat_map(|parent| &parent.claim_queue);
		let turns = claims
			.filter_map(|(core, claims)| Some((*core, *claims.front()?)))
			.collect();
		let included = imported.events.iter().filter_map(|event| match event {
			CandidateEvent::CandidateIncluded(receipt, ..) => Some(receipt.hash()),
			_ => None,
		});
		let truth = included
			.filter_map(|candidate| Some((candidate, *self.truth.get(&candidate)?)))
			.collect();
		let late = self.late_nodes(late, imported.hash, relay_slot, author)?;
		self.spread(asked, &facts, taken, &late, agenda);
		agenda.note(Note::RelayBlock(Box::new(NewBlock {
			slot,
			author,
			session,
			turns,
			offered,
			failed,
			orders,
			events: imported.events,
			truth,
			facts,
			leads,
		})));
		if self.relay_blocks >= self.config.blocks {
			agenda.stop();
		}
		Ok(())
	}

	/// Each node imports a block when it gets there: by `leaf_active_after` into the slot everybody has it, but for those where
	/// it is late.
	fn spread(
		&mut self,
		asked: Asked,
		facts: &Arc<LeafFacts>,
		taken: BTreeSet<u64>,
		late: &BTreeSet<NodeId>,
		agenda: &mut Agenda<Self>,
	) {
		let number = facts.block.number;
		let model = &self.config.model;
		let everywhere = agenda.after(model.leaf_active_after);
		let spread = model.import_spread.min(model.leaf_active_after);
		let spread = u64::try_from(spread.as_micros()).unwrap_or(u64::MAX);
		let parent = self
			.blocks
			.values()
			.find(|block| block.facts.block.hash == facts.parent_hash);
		let jitter = match self.config.is_calm(asked.slot) {
			true => Duration::ZERO,
			false => model.import_jitter,
		};
		let before = parent.map_or(0, |parent| parent.transactions);
		let parent = parent.map(|parent| parent.at.clone()).unwrap_or_default();
		let mut times = Vec::new();
		for node in (0..self.config.nodes()).map(NodeId) {
			let earlier = Duration::from_micros(self.random.gen_range(0..=spread));
			let mut at = everywhere.saturating_sub(earlier);
			if late.contains(&node) {
				at = at.saturating_add(self.lateness());
			}
			if !jitter.is_zero() && node.0 != asked.author {
				let later = self.jitter.gen_range(0..=jitter.as_micros());
				at = at.saturating_add(Duration::from_micros(u64::try_from(later).unwrap_or(u64::MAX)));
			}
			at = self.reaches(NodeId(asked.author), node, at);
			// Nobody imports a block before its parent.
			times.push(at.max(parent.get(node.0).copied().unwrap_or_default()));
		}
		let block = Spread {
			facts: facts.clone(),
			at: times.clone(),
			transactions: before.saturating_add(u32::try_from(taken.len()).unwrap_or(u32::MAX)),
			taken,
		};
		self.blocks.insert((number, self.built), block);
		self.built = self.built.saturating_add(1);
		let finalized = self.finalize(facts.block.hash, &times, agenda.now());
		for (node, at) in times.into_iter().enumerate() {
			let node = NodeId(node);
			let event = ChainEvent::Imported {
				facts: facts.clone(),
				fresh: true,
			};
			agenda.chain(at, node, event);
			if let Some(finalized) = &finalized {
				agenda.chain(at, node, finalized.clone());
			}
		}
		let oldest = number.saturating_sub(REMEMBERED_FOR);
		self.settle(oldest);
		self.blocks.retain(|(number, _), _| *number >= oldest);
		self.votes.retain(|number, _| *number >= oldest);
		// The newest counts for all that it may be compared with.
		while self.finals.len() > 1 && self.finals.front().is_some_and(|first| first.number < oldest) {
			self.finals.pop_front();
		}
	}

	/// What is final now that there is this block, which nodes have at these times.
	fn finalize(&mut self, block: Hash, times: &[Instant], now: Instant) -> Option<ChainEvent> {
		let lag = self.config.model.finality_lag;
		let final_now = self.common_ancestor(block, lag)?.facts.block;
		if !self.is_followed(final_now.number, final_now.hash, now) {
			return None;
		}
		let last = self.finals.back().map(|last| last.number);
		let from = last.map_or(final_now.number, |number| number.saturating_add(1));
		if from > final_now.number {
			return None;
		}
		self.finals.push_back(Final {
			number: final_now.number,
			hash: final_now.hash,
			at: times.to_vec(),
		});
		if self.outside.is_some() {
			let before = (from..=final_now.number).filter_map(|number| {
				let ancestor = self.common_ancestor(block, self.number_of(block).checked_sub(number)?)?;
				Some(ancestor.facts.block.hash)
			});
			let hashes: Vec<_> = before.collect();
			if let Some(outside) = &mut self.outside {
				hashes.into_iter().for_each(|hash| outside.finalized(hash));
			}
		}
		Some(ChainEvent::Finalized {
			hash: final_now.hash,
			number: final_now.number,
		})
	}

	/// Votes about codes in a block of this number: those of a block beside it as well, since only one of them stays.
	fn votes_of(&mut self, number: u32, parent: Hash) -> Result<Vec<OpaqueExtrinsic>, DevnetError> {
		let votes = std::mem::take(&mut self.ballots.0);
		let known = self.votes.entry(number).or_default();
		known.extend(votes);
		let mut transactions = Vec::new();
		for (statement, signature) in known.clone() {
			transactions.extend(self.relay.ballot(parent, statement, signature)?);
		}
		Ok(transactions)
	}

	/// What the run brings to a block on this parent: what is due, and what its ancestors had no room for.
	fn brought_to(
		&mut self,
		number: u32,
		parent: Hash,
		agenda: &mut Agenda<Self>,
	) -> Result<Vec<Brought>, DevnetError> {
		while self.wished_for < number {
			let after = self.wished_for;
			self.wished_for = after.saturating_add(1);
			self.wish_after(after, agenda)?;
		}
		let Some(desk) = &self.orders else {
			return Ok(Vec::new());
		};
		let (mut taken, mut at, mut nonce) = (BTreeSet::new(), parent, None);
		for block in self.blocks.values().rev() {
			if block.facts.block.hash == at {
				at = block.facts.parent_hash;
				nonce.get_or_insert(block.transactions);
				taken.extend(&block.taken);
			}
		}
		desk.bring(&taken, nonce.unwrap_or_default())
	}

	/// What is wished of the block after so many: in the first one what cores do, and every so many blocks an order for each
	/// para that has some.
	fn wish_after(&mut self, after: u32, agenda: &mut Agenda<Self>) -> Result<(), DevnetError> {
		let Some(desk) = &mut self.orders else {
			return Ok(());
		};
		if after == 0 {
			desk.wish_work(&self.config.works)?;
		}
		desk.wish_as_root(after)?;
		if after.is_multiple_of(self.config.order_every) {
			let others = self.config.orders_for.iter().copied();
			for para in self.config.on_demand_paras().chain(others) {
				agenda.note(Note::Ordered(para));
				desk.wish_order(para)?;
			}
		}
		Ok(())
	}

	/// Blocks below this number are about to be forgotten: what those of the best chain took is theirs for ever.
	fn settle(&mut self, oldest: u32) {
		let Some(desk) = &mut self.orders else { return };
		let mut at = self.head;
		for ((number, _), block) in self.blocks.iter().rev() {
			if block.facts.block.hash == at {
				at = block.facts.parent_hash;
				if *number < oldest {
					desk.forget(&block.taken);
				}
			}
		}
	}

	fn slot_start(&self, slot: u64) -> Instant {
		self.config
			.model
			.slot
			.saturating_mul(u32::try_from(slot).unwrap_or(u32::MAX))
	}
}
