//! The claims of one core: how they are filled, and what nodes see of them (R-SCH-4, R-SCH-5).
//!
//! A record always reaches as far as the lookahead, idle blocks included, or is empty behind what is known to be idle
//! for good. So the block that a position serves follows from the position alone.

use crate::{block_at, orders::OrderBook, Claim, Core, CoreSchedules, RunningOrder, Work};
use async_backing_primitives::{BlockNumber, ParaId, MAX_LOOKAHEAD};

/// What a core is in a block, before its claim is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Occupancy {
	/// A candidate is pending on it.
	pub(crate) is_occupied: bool,
	/// A candidate that was pending on it was included in this block.
	pub(crate) is_included: bool,
	/// The session ends with this block: nothing is backed, and what is pending will be dropped (R-ABP-9, R-ABP-10).
	pub(crate) session_ends: bool,
}

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

	/// Serves the claim in front, and takes it off: the para that may have a candidate backed on the core (R-SCH-6).
	///
	/// An order whose core is not free goes back, unless the core is not free because of the order itself: its para used
	/// the block before (R-SCH-4). One that runs on a core that is free again is done, whatever became of its candidate.
	/// At the end of a session, what is pending is dropped: an order that gave its para no block so far goes back.
	pub(crate) fn advance(
		&mut self,
		occupancy: Occupancy,
		book: &mut OrderBook,
		now: BlockNumber,
	) -> Option<ParaId> {
		let Occupancy {
			is_occupied,
			is_included,
			session_ends,
		} = occupancy;
		let is_free = !is_occupied && !session_ends;
		self.settle(is_occupied, session_ends, book, now);
		let front = self.front();
		let had_bonus = core::mem::take(&mut self.bonus);
		match self.pop_front() {
			Claim::Pool(Some(para)) => {
				let had_block = had_bonus && is_included;
				if is_free || (had_bonus && is_occupied && !session_ends) {
					book.start();
					self.running = Some(RunningOrder { para, had_block });
				} else if had_block {
					book.start();
					book.finish();
				} else {
					book.hand_back(para, now);
				}
			}
			Claim::Pool(None) | Claim::Idle => {
				self.bonus = is_free && matches!(self.claims.first(), Some(Claim::Pool(Some(_))));
			}
			Claim::Task(_) => {}
		}
		front.filter(|_| is_free)
	}

	/// The order that runs is done if the core is free again, and goes back if its candidate is dropped.
	fn settle(&mut self, is_occupied: bool, session_ends: bool, book: &mut OrderBook, now: BlockNumber) {
		if is_occupied && !session_ends {
			return;
		}
		match self.running.take() {
			Some(order) if is_occupied && !order.had_block => book.hand_back_running(order.para, now),
			Some(_) => book.finish(),
			None => {}
		}
	}

	/// Ends what the session that ends began, where [`advance`](Self::advance) was not asked in its last block.
	pub(crate) fn end_session(&mut self, book: &mut OrderBook, now: BlockNumber) {
		self.settle(true, true, book, now);
		self.bonus = false;
	}

	/// Cuts the queue to `kept` claims; orders behind them go back.
	pub(crate) fn truncate(&mut self, kept: u32, book: &mut OrderBook, now: BlockNumber) {
		let kept = kept as usize;
		for claim in self.claims.iter().skip(kept) {
			if let Claim::Pool(Some(para)) = claim {
				book.hand_back(*para, now);
			}
		}
		self.claims.truncate(kept);
	}

	/// Takes the claim of the next block off, and returns it.
	fn pop_front(&mut self) -> Claim {
		if self.claims.is_empty() {
			Claim::Idle
		} else {
			self.claims.remove(0)
		}
	}
}
