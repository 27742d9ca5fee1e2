//! Relay blocks: an author proposes, the chain grows, and each node imports at its own time.

use super::{Asked, Event, NewBlock, Note, Spread, World};
use crate::{
	relay::{Chain, FIRST_SLOT},
	DevnetError,
};
use async_backing_chain_view::ChainEvent;
use async_backing_collator::REMEMBERED_FOR;
use async_backing_primitives::LeafFacts;
use async_backing_provisioner::Proposal;
use async_backing_sim::{Agenda, Instant, NodeId};
use async_backing_validator::Proposing;
use rand::Rng;
use sp_runtime::OpaqueExtrinsic;
use std::{sync::Arc, time::Duration};

/// How long an author waits for its own node.
const PROPOSAL_TIME: Duration = Duration::from_millis(500);
/// Slots for each block of a run after which nobody waits for more: a plan of faults may leave no author.
const SLOTS_PER_BLOCK: u64 = 16;
/// How many blocks finality is behind the newest one. Nothing forks, so that it could be any number.
pub(super) const FINALITY_LAG: u32 = 3;

impl<C: Chain> World<C> {
	/// The author of a slot asks its node what to put into the block.
	pub(super) fn slot(&mut self, slot: u64, agenda: &mut Agenda<Self>) -> Result<(), DevnetError> {
		let (now, parent) = (agenda.now(), self.head);
		if slot > SLOTS_PER_BLOCK.saturating_mul(self.config.blocks.into()) {
			return Err(DevnetError::Standstill {
				slots: slot,
				blocks: self.relay_blocks,
			});
		}
		let relay_slot = FIRST_SLOT.saturating_add(slot);
		let author = self.relay.author(parent, relay_slot)?;
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
		});
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
			slot, author, parent, ..
		} = asked;
		let mut proposal = proposal;
		if self
			.config
			.faults
			.backs_nothing
			.contains(&self.relay_blocks.saturating_add(1))
		{
			proposal.backed_candidates.clear();
		}
		let offered = proposal
			.backed_candidates
			.iter()
			.map(|backed| backed.hash())
			.collect();
		let mut transactions = self.orders_of_block(agenda)?;
		for (statement, signature) in std::mem::take(&mut self.ballots.0) {
			transactions.extend(self.relay.ballot(parent, statement, signature)?);
		}
		let own = transactions.len();
		let outside = self.outside.as_mut();
		let sent = outside.map_or_else(Vec::new, |outside| outside.transactions(parent));
		transactions.extend(sent.iter().cloned());
		let relay_slot = FIRST_SLOT.saturating_add(slot);
		let imported = self
			.relay
			.grow(parent, relay_slot, author, proposal, transactions)?;
		if let Some(outside) = &mut self.outside {
			for (position, reason) in imported.refused {
				if let Some(transaction) = position.checked_sub(own).and_then(|position| sent.get(position)) {
					outside.refused(parent, transaction, reason);
				}
			}
		}
		self.relay_blocks = self.relay_blocks.saturating_add(1);
		self.head = imported.hash;
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
		self.spread(&facts, agenda);
		agenda.note(Note::RelayBlock(Box::new(NewBlock {
			slot,
			author,
			session,
			turns,
			offered,
			events: imported.events,
			facts,
		})));
		if self.relay_blocks >= self.config.blocks {
			agenda.stop();
		}
		Ok(())
	}

	/// Each node imports a block when it gets there: by `leaf_active_after` into the slot everybody has it.
	fn spread(&mut self, facts: &Arc<LeafFacts>, agenda: &mut Agenda<Self>) {
		let number = facts.block.number;
		let finalized = number
			.checked_sub(FINALITY_LAG)
			.and_then(|number| self.blocks.get(&number))
			.map(|block| ChainEvent::Finalized {
				hash: block.facts.block.hash,
				number: block.facts.block.number,
			});
		if let (Some(outside), Some(ChainEvent::Finalized { hash, .. })) = (&mut self.outside, &finalized) {
			outside.finalized(*hash);
		}
		let model = &self.config.model;
		let everywhere = agenda.after(model.leaf_active_after);
		let spread = model.import_spread.min(model.leaf_active_after);
		let spread = u64::try_from(spread.as_micros()).unwrap_or(u64::MAX);
		let mut times = Vec::new();
		for node in (0..self.config.nodes()).map(NodeId) {
			let earlier = Duration::from_micros(self.random.gen_range(0..=spread));
			let at = everywhere.saturating_sub(earlier);
			times.push(at);
			let event = ChainEvent::Imported {
				facts: facts.clone(),
				fresh: true,
			};
			agenda.chain(at, node, event);
			if let Some(finalized) = &finalized {
				agenda.chain(at, node, finalized.clone());
			}
		}
		let block = Spread {
			facts: facts.clone(),
			at: times,
		};
		self.blocks.insert(number, block);
		let oldest = number.saturating_sub(REMEMBERED_FOR);
		self.blocks.retain(|number, _| *number >= oldest);
	}

	/// Transactions of the next block: in the first one what cores do, and every so many blocks an order for each para that
	/// has some.
	fn orders_of_block(&mut self, agenda: &mut Agenda<Self>) -> Result<Vec<OpaqueExtrinsic>, DevnetError> {
		let Some(desk) = &mut self.orders else {
			return Ok(Vec::new());
		};
		let mut transactions = match self.relay_blocks {
			0 => desk.assign(&self.config.works)?,
			_ => Vec::new(),
		};
		transactions.extend(desk.as_root(self.relay_blocks)?);
		if self.relay_blocks.is_multiple_of(self.config.order_every) {
			let ordering = || {
				self.config
					.on_demand_paras()
					.chain(self.config.orders_for.iter().copied())
			};
			ordering().for_each(|para| agenda.note(Note::Ordered(para)));
			transactions.extend(desk.order(ordering())?);
		}
		Ok(transactions)
	}

	fn slot_start(&self, slot: u64) -> Instant {
		self.config
			.model
			.slot
			.saturating_mul(u32::try_from(slot).unwrap_or(u32::MAX))
	}
}
