//! On-demand orders on their way from payment to a block (R-SCH-6, R-SCH-8).
//!
//! An order **waits** in the book, is **handed out** to a claim of a pool core, and **runs** from its block on until the
//! core is free again. Each step takes it from one place to another, so it is in one of them or finished; it goes back to
//! the end of the book where its core is not free for it. The counts of [`OnDemandStatus`] follow each step.

use crate::{Claim, Core, Cores, OnDemandStatus, Order, Orders};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec,
	vec::Vec,
};
use async_backing_primitives::{BlockNumber, ParaId};

/// Blocks between an order and the first block that serves it: nodes see its claim in the state of the block that
/// carries the order, one block ahead (R-SCH-8).
pub const ORDER_DELAY: BlockNumber = 2;

impl Order {
	/// An order that is placed, or handed back, in block `now`.
	pub(crate) fn at(now: BlockNumber, para: ParaId) -> Self {
		Self {
			para,
			ready_at: now.saturating_add(ORDER_DELAY),
		}
	}
}

/// All orders, in memory while claims move.
#[derive(Debug)]
pub(crate) struct OrderBook {
	/// Those that wait, oldest first.
	pub(crate) orders: Orders,
	/// Whether `orders` differ from what is stored.
	pub(crate) changed: bool,
	/// How many there are, and their price.
	pub(crate) status: OnDemandStatus,
	/// For each para how many of its orders were dropped.
	pub(crate) dropped: BTreeMap<ParaId, u32>,
}

impl OrderBook {
	pub(crate) fn new(orders: Orders, status: OnDemandStatus) -> Self {
		Self {
			orders,
			changed: false,
			status,
			dropped: BTreeMap::new(),
		}
	}

	/// The block of an order that was handed out has come, and its core is free for it or occupied by it.
	pub(crate) fn start(&mut self) {
		self.status.unserved = self.status.unserved.saturating_sub(1);
		self.status.running = self.status.running.saturating_add(1);
	}

	/// An order that runs is done.
	pub(crate) fn finish(&mut self) {
		self.status.running = self.status.running.saturating_sub(1);
	}

	/// An order that was handed out waits again, behind the others.
	pub(crate) fn hand_back(&mut self, para: ParaId, now: BlockNumber) {
		self.changed = true;
		if self.orders.try_push(Order::at(now, para)).is_err() {
			// All orders together are not more than the book holds, so there is room for each.
			frame_support::defensive!("an order that comes back finds the book full");
			self.status.unserved = self.status.unserved.saturating_sub(1);
			self.note_dropped(para);
		}
	}

	/// An order that runs waits again, behind the others.
	pub(crate) fn hand_back_running(&mut self, para: ParaId, now: BlockNumber) {
		self.finish();
		self.status.unserved = self.status.unserved.saturating_add(1);
		self.hand_back(para, now);
	}

	/// Drops the orders of paras that are gone. Their claims stay where nodes saw them (R-SCH-5), as if they were leased:
	/// nobody gets them back.
	///
	/// Cost: linear in orders and claims.
	pub(crate) fn drop_orders_of(&mut self, paras: &BTreeSet<ParaId>, cores: &mut Cores) {
		let mut dropped = Vec::new();
		self.orders.retain(|order| {
			let is_gone = paras.contains(&order.para);
			if is_gone {
				dropped.push(order.para);
			}
			!is_gone
		});
		self.changed |= !dropped.is_empty();
		for core in cores.iter_mut() {
			for claim in core.claims.iter_mut() {
				if let Claim::Pool(Some(para)) = *claim {
					if paras.contains(&para) {
						*claim = Claim::Task(para);
						dropped.push(para);
					}
				}
			}
			if let Some(order) = core.running.take_if(|order| paras.contains(&order.para)) {
				self.finish();
				self.note_dropped(order.para);
			}
		}
		for para in dropped {
			self.status.unserved = self.status.unserved.saturating_sub(1);
			self.note_dropped(para);
		}
	}

	fn note_dropped(&mut self, para: ParaId) {
		let count = self.dropped.entry(para).or_default();
		*count = count.saturating_add(1);
	}

	/// Hands orders to the pool cores of the next blocks, of which the first is `front`.
	///
	/// Oldest orders first, each to the first block that it is ready for, that has a free core, and that no other order
	/// of its para has; within a block, cores and paras are paired ascending. What was handed out before stays as it is
	/// (R-SCH-5).
	///
	/// Cost: linear in claims and orders, up to a logarithm; nothing without orders or without a free core.
	pub(crate) fn hand_out(&mut self, cores: &mut [Core], front: BlockNumber) {
		if self.orders.is_empty() {
			return;
		}
		let mut blocks = blocks_of(cores);
		let mut open: BTreeSet<usize> = (0..)
			.zip(&blocks)
			.filter_map(|(position, block)| (!block.free.is_empty()).then_some(position))
			.collect();
		if open.is_empty() {
			return;
		}
		// Blocks before it have no place for the para any more, since its later orders are not ready earlier.
		let mut next_of = BTreeMap::<ParaId, usize>::new();
		let mut taken = false;
		self.orders.retain(|order| {
			let next = next_of.entry(order.para).or_default();
			let ready = order.ready_at.saturating_sub(front) as usize;
			let has_place = |position: &usize| {
				let block = blocks.get(*position);
				block.is_some_and(|block| !block.paras.contains(&order.para))
			};
			let Some(position) = open.range(ready.max(*next)..).copied().find(has_place) else {
				// Nor for its later orders: however many wait, the blocks are looked through once for a para.
				*next = usize::MAX;
				return true;
			};
			let Some(block) = blocks.get_mut(position) else {
				return true;
			};
			block.paras.insert(order.para);
			block.taken.insert(order.para);
			if block.taken.len() >= block.free.len() {
				open.remove(&position);
			}
			*next = position.saturating_add(1);
			taken = true;
			false
		});
		self.changed |= taken;
		for (position, block) in blocks.into_iter().enumerate() {
			for (index, para) in block.free.into_iter().zip(block.taken) {
				if let Some(claim) = cores
					.get_mut(index)
					.and_then(|core| core.claims.get_mut(position))
				{
					*claim = Claim::Pool(Some(para));
				}
			}
		}
	}
}

/// The pool cores of a block.
#[derive(Clone, Default)]
struct PoolBlock {
	/// Positions of the cores that have no order, ascending.
	free: Vec<usize>,
	/// Paras whose order one of the others serves.
	paras: BTreeSet<ParaId>,
	/// Paras that get the free ones.
	taken: BTreeSet<ParaId>,
}

/// The pool cores of the next blocks.
fn blocks_of(cores: &[Core]) -> Vec<PoolBlock> {
	let lookahead = cores.iter().map(|core| core.claims.len()).max().unwrap_or(0);
	let mut blocks = vec![PoolBlock::default(); lookahead];
	for (index, core) in cores.iter().enumerate() {
		for (block, claim) in blocks.iter_mut().zip(&core.claims) {
			match claim {
				Claim::Pool(None) => block.free.push(index),
				Claim::Pool(Some(para)) => {
					block.paras.insert(*para);
				}
				Claim::Task(_) | Claim::Idle => {}
			}
		}
	}
	blocks
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	/// The rule in its words: block by block, oldest orders first, one for each free core and no para twice.
	fn block_by_block(orders: &mut Vec<Order>, cores: &mut [Core], front: BlockNumber, lookahead: usize) {
		for position in 0..lookahead {
			let claim = |core: &Core| core.claims.get(position).copied();
			let mut paras: BTreeSet<ParaId> = cores
				.iter()
				.filter_map(|core| match claim(core) {
					Some(Claim::Pool(para)) => para,
					_ => None,
				})
				.collect();
			let free: Vec<usize> = (0..cores.len())
				.filter(|index| claim(&cores[*index]) == Some(Claim::Pool(None)))
				.collect();
			let mut taken = BTreeSet::new();
			orders.retain(|order| {
				let takes = taken.len() < free.len()
					&& order.ready_at <= front + position as u32
					&& paras.insert(order.para);
				if takes {
					taken.insert(order.para);
				}
				!takes
			});
			for (index, para) in free.into_iter().zip(taken) {
				cores[index].claims[position] = Claim::Pool(Some(para));
			}
		}
	}

	fn claim() -> impl Strategy<Value = Claim> {
		prop_oneof![
			1 => Just(Claim::Idle),
			1 => (1u32..6).prop_map(|para| Claim::Task(ParaId(para))),
			4 => Just(Claim::Pool(None)),
			2 => (1u32..6).prop_map(|para| Claim::Pool(Some(ParaId(para)))),
		]
	}

	proptest! {
		#[test]
		fn r_sch_8_orders_are_handed_out_block_by_block_oldest_first(
			orders in proptest::collection::vec((1u32..9, 8u32..16), 0..40),
			claims in proptest::collection::vec(proptest::collection::vec(claim(), 0..6), 0..5),
		) {
			let mut orders: Vec<Order> = orders
				.into_iter()
				.map(|(para, ready_at)| Order { para: ParaId(para), ready_at })
				.collect();
			orders.sort_by_key(|order| order.ready_at);
			let mut cores: Vec<Core> = claims
				.into_iter()
				.map(|claims| Core { claims: claims.try_into().expect("few"), ..Core::default() })
				.collect();
			let mut book = OrderBook::new(orders.clone().try_into().expect("few"), OnDemandStatus::default());
			let mut given = cores.clone();
			book.hand_out(&mut given, 10);
			let before = orders.len();
			block_by_block(&mut orders, &mut cores, 10, 6);
			prop_assert_eq!(&given, &cores, "R-SCH-8");
			prop_assert_eq!(book.orders.into_inner(), orders.clone(), "R-SCH-8");
			prop_assert_eq!(book.changed, orders.len() != before);
		}
	}
}
