//! Relay blocks: an author builds one, everybody imports it.

use super::{node, Devnet, Event};
use crate::{clock::Instant, log::Occurrence, relay::FIRST_SLOT, DevnetError};
use async_backing_primitives::{CandidateEvent, CandidateHash, Hash, LeafFacts, ParachainsInherentData};
use async_backing_validator::Input;
use sp_runtime::OpaqueExtrinsic;
use std::sync::Arc;

impl Devnet {
	/// The author of a slot assembles the inherent from what it knows, and extends the chain.
	pub(super) fn build_relay_block(&mut self, now: Instant, slot: u64) -> Result<(), DevnetError> {
		let parent = self.head;
		let relay_slot = FIRST_SLOT + slot;
		let author = self.relay.author(parent, relay_slot)?;
		let proposal = match self.leaf {
			Some(leaf) => {
				let validator = self
					.validators
					.get_mut(author)
					.ok_or(DevnetError::NoValidator(author))?;
				validator.state.propose(leaf, relay_slot)
			}
			None => Default::default(),
		};
		let offered: Vec<_> = proposal
			.backed_candidates
			.iter()
			.map(|backed| backed.hash())
			.collect();
		let inherent = ParachainsInherentData {
			bitfields: proposal.bitfields,
			backed_candidates: proposal.backed_candidates,
			disputes: Vec::new(),
			parent_header: self.relay.client().header(parent)?,
		};
		let orders = self.orders_of_block(now);
		let imported = self.relay.extend(parent, relay_slot, author, &inherent, orders)?;
		self.relay_blocks += 1;
		self.head = imported.hash;
		let facts = Arc::new(self.relay.leaf_facts(imported.hash)?);
		let session = self
			.facts
			.get(&parent)
			.map_or(facts.session_index, |parent| parent.session_index);
		self.note_relay_block(now, slot, author, session, &offered, &imported.events, &facts);
		self.facts.insert(imported.hash, facts);
		self.clock.schedule(
			now + self.config.model.leaf_active_after,
			Event::LeafActive(imported.hash),
		);
		self.clock
			.schedule(self.slot_start(slot + 1), Event::Slot(slot + 1));
		Ok(())
	}

	/// Transactions of the next block: for all on-demand paras an order every so many blocks.
	fn orders_of_block(&mut self, now: Instant) -> Vec<OpaqueExtrinsic> {
		let Some(desk) = &mut self.orders else {
			return Vec::new();
		};
		if !self.relay_blocks.is_multiple_of(self.config.order_every) {
			return Vec::new();
		}
		for para in self.config.on_demand_paras() {
			self.tally.ordered(para);
			self.log.push(now, Occurrence::Ordered { para });
		}
		desk.order(self.relay.client().genesis_hash(), self.config.on_demand_paras())
	}

	#[allow(clippy::too_many_arguments)] // one block, seen from all sides
	fn note_relay_block(
		&mut self,
		now: Instant,
		slot: u64,
		author: usize,
		session: u32,
		offered: &[CandidateHash],
		events: &[CandidateEvent],
		facts: &LeafFacts,
	) {
		let (number, hash) = (facts.block.number, facts.block.hash);
		self.log.push(
			now,
			Occurrence::RelayBlock {
				number,
				hash,
				slot,
				author: node(author),
			},
		);
		for event in events {
			let occurrence = match event {
				CandidateEvent::CandidateBacked(receipt, _, core, _) => Occurrence::Backed {
					candidate: receipt.hash(),
					core: *core,
				},
				CandidateEvent::CandidateIncluded(receipt, ..) => {
					let candidate = receipt.hash();
					self.included
						.entry(receipt.descriptor.para_id())
						.or_default()
						.push(candidate);
					Occurrence::Included { candidate }
				}
				CandidateEvent::CandidateTimedOut(receipt, ..) => Occurrence::TimedOut {
					candidate: receipt.hash(),
				},
			};
			self.log.push(now, occurrence);
		}
		self.tally.relay_block(now, slot, session, offered, events);
		if facts.session_index != session {
			self.sessions += 1;
			self.log.push(
				now,
				Occurrence::SessionChanged {
					session: facts.session_index,
				},
			);
		}
	}

	/// All nodes import a relay block: it replaces the leaf that they had.
	pub(super) fn activate_leaf(&mut self, now: Instant, leaf: Hash) -> Result<(), DevnetError> {
		let Some(facts) = self.facts.get(&leaf).cloned() else {
			return Ok(());
		};
		let previous = self.leaf.replace(leaf);
		for validator in 0..self.validators.len() {
			// The new leaf comes first, so that what both need is kept (R-IMP-2).
			self.validator_input(now, validator, Input::LeafActivated(facts.clone()));
			if let Some(previous) = previous {
				self.validator_input(now, validator, Input::LeafDeactivated(previous));
			}
		}
		for position in 0..self.collators.len() {
			for ready_at in self.collators[position].leaf_activated(now, &facts)? {
				self.clock
					.schedule(ready_at, Event::Collated { collator: position });
			}
		}
		// Nothing looks at relay blocks that nobody may build on any more.
		let oldest = facts
			.block
			.number
			.saturating_sub(facts.params.relay_parent_window());
		self.facts.retain(|_, known| known.block.number >= oldest);
		Ok(())
	}
}
