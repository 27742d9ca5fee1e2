//! The claims of one core: how they are filled, and what nodes see of them (R-SCH-4, R-SCH-5).
//!
//! A record always reaches as far as the lookahead, idle blocks included, or is empty behind what is known to be idle
//! for good. So the block that a position serves follows from the position alone.

use crate::{block_at, Claim, Core, CoreSchedules, Work};
use async_backing_primitives::{BlockNumber, ParaId, MAX_LOOKAHEAD};

impl Core {
	/// Fills claims up to the lookahead; the first serves block `front`. Claims that are there stay, so that a claim
	/// seen at position `k + 1` is at `k` one block later (R-SCH-5).
	///
	/// `schedules` is asked for only if one of them begins, and what is left of it is handed to `store`.
	///
	/// Cost: linear in the blocks to fill, each linear in the shares of the core; nothing where all is filled.
	pub(crate) fn fill(
		&mut self,
		front: BlockNumber,
		lookahead: u32,
		schedules: impl FnOnce() -> CoreSchedules,
		store: impl FnOnce(CoreSchedules),
	) {
		let lookahead = lookahead.min(MAX_LOOKAHEAD) as usize;
		self.claims.truncate(lookahead);
		let end = block_at(front, lookahead);
		let mut begun = self.next_begin.filter(|begin| *begin < end).map(|_| schedules());
		for position in self.claims.len()..lookahead {
			let block = block_at(front, position);
			if let Some(waiting) = begun.as_mut() {
				self.begin_due(block, waiting);
			}
			if self.work.as_ref().is_some_and(|work| work.is_over(block)) {
				self.work = None;
			}
			let claim = self.work.as_mut().map_or(Claim::Idle, Work::take_turn);
			if self.claims.try_push(claim).is_err() {
				break;
			}
		}
		if self.work.is_none() {
			let idle = |claim: &&Claim| **claim == Claim::Idle;
			let trailing = self.claims.iter().rev().take_while(idle).count();
			self.claims.truncate(self.claims.len().saturating_sub(trailing));
		}
		if let Some(waiting) = begun {
			store(waiting);
		}
	}

	/// Takes up the last schedule that begins at `block` or before.
	fn begin_due(&mut self, block: BlockNumber, waiting: &mut CoreSchedules) {
		let due = waiting.partition_point(|schedule| schedule.begin <= block);
		if let Some(schedule) = waiting.drain(..due).next_back() {
			self.work = Work::begin(&schedule.shares, schedule.end);
		}
		self.next_begin = waiting.first().map(|schedule| schedule.begin);
	}

	/// What nodes see: the paras up to the first block without one. A core that is idle in the first block and not in
	/// the second offers the second's para the first as well (R-SCH-4).
	pub(crate) fn visible(&self) -> impl Iterator<Item = ParaId> + '_ {
		let first = self.front();
		let rest = self.claims.iter().skip(1).map_while(|claim| claim.para());
		first.into_iter().chain(rest.filter(move |_| first.is_some()))
	}

	/// The para that nodes see in front.
	pub(crate) fn front(&self) -> Option<ParaId> {
		let para = |position| self.claims.get(position).and_then(|claim: &Claim| claim.para());
		para(0).or_else(|| para(1))
	}

	/// Whether what the core does in the next blocks may have been seen already: then a new schedule queues behind
	/// (R-SCH-5).
	pub(crate) fn has_work(&self) -> bool {
		self.work.is_some() || !self.claims.is_empty()
	}

	/// Takes the claim of the next block off, and returns it.
	pub(crate) fn pop_front(&mut self) -> Claim {
		if self.claims.is_empty() {
			Claim::Idle
		} else {
			self.claims.remove(0)
		}
	}
}
