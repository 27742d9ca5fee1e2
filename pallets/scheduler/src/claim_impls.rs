//! The claims of all cores, as stored and as nodes see them.

use crate::{
	core_at, orders::OrderBook, queue::Occupancy, Config, CoreClaims, Cores, CurrentShape, Event, LastServed,
	OnDemand, OnDemandOrders, OnDemandStatus, Pallet, Removed, Schedules, SessionShape,
};
use alloc::{collections::BTreeSet, vec::Vec};
use async_backing_primitives::{
	ports::{ActiveConfiguration, CurrentSession},
	BlockNumber, CoreIndex, HostConfiguration, ParaId,
};
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Shape of the session. Before the first session change it follows from the ports, and block 1 is the first.
	pub fn shape() -> SessionShape {
		CurrentShape::<T>::get().unwrap_or_else(|| {
			SessionShape::new(1, T::Session::validators().len(), &T::Configuration::active())
		})
	}

	/// Number of the block being processed, or of the last one.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The block that claims in front are for: the next one that claims are handed out for.
	///
	/// That is the block being processed until its claims are handed out, and the next one from then on. Blocks whose
	/// claims were never handed out, because backing was frozen, are skipped.
	pub(crate) fn front_block() -> BlockNumber {
		LastServed::<T>::get().saturating_add(1).max(Self::now())
	}

	/// Claims of all cores of the session, filled up to the lookahead, with orders handed out.
	///
	/// Idempotent, and the same before and after it is stored: what nodes see in the state of a block is what the next
	/// block serves.
	fn upcoming(front: BlockNumber, lookahead: u32, store: bool) -> (Cores, OrderBook) {
		let mut cores = CoreClaims::<T>::get();
		let mut book = Self::order_book();
		Self::fill(&mut cores, &mut book, front, lookahead, store);
		// Behind what nodes saw, so that it stays where they saw it (R-SCH-5).
		Self::drop_removed(&mut cores, &mut book, store);
		(cores, book)
	}

	/// Stores what nodes saw of orders in the parent's state, before a call changes what that follows from (R-SCH-5,
	/// R-DEF-29): orders that wait are paired with cores anew whenever claims are looked at, so another core or another
	/// order would move them.
	///
	/// Does nothing once the claims of the block are handed out, or its inherents are through, since nodes see the state
	/// behind what comes then; nor without orders. Cost, else: that of handing the claims out.
	pub(crate) fn keep_seen_orders() {
		let front = Self::front_block();
		let is_seen = front == Self::now() && !frame_system::Pallet::<T>::inherents_applied();
		if !is_seen || OnDemand::<T>::get().unserved == 0 {
			return;
		}
		let config = T::Configuration::active();
		let (cores, book) = Self::upcoming(front, config.scheduling_lookahead, true);
		Self::store_claims(cores);
		Self::store_orders(book, config.on_demand_base_fee, config.on_demand_base_fee);
	}

	/// What the next block's claims follow from.
	#[cfg(test)]
	pub(crate) fn upcoming_claims() -> Cores {
		let lookahead = T::Configuration::active().scheduling_lookahead;
		let count = Self::shape().cores as usize;
		let (mut cores, _) = Self::upcoming(Self::front_block(), lookahead, false);
		cores.truncate(count);
		cores
	}

	/// Fills the claims of the session's cores, and hands orders to them. With `store`, schedules that begin leave storage.
	fn fill(cores: &mut Cores, book: &mut OrderBook, front: BlockNumber, lookahead: u32, store: bool) {
		let count = cores.len().min(Self::shape().cores as usize);
		let Some(cores) = cores.get_mut(..count) else {
			return;
		};
		for (position, core) in cores.iter_mut().enumerate() {
			let index = core_at(position);
			core.truncate(lookahead, book, Self::now());
			core.fill(
				front,
				lookahead,
				|| Schedules::<T>::get(index),
				|left| match (store, left.is_empty()) {
					(false, _) => {}
					(true, true) => Schedules::<T>::remove(index),
					(true, false) => Schedules::<T>::insert(index, left),
				},
			);
		}
		book.hand_out(cores, front);
	}

	/// What nodes see of each core of the session, for the blocks from [`front_block`](Self::front_block) on.
	pub(crate) fn visible_claims() -> Vec<(CoreIndex, Vec<ParaId>)> {
		let lookahead = T::Configuration::active().scheduling_lookahead;
		let (cores, _) = Self::upcoming(Self::front_block(), lookahead, false);
		let count = Self::shape().cores as usize;
		let visible = cores
			.iter()
			.take(count)
			.enumerate()
			.map(|(position, core)| (core_at(position), core.visible().collect::<Vec<_>>()));
		visible.filter(|(_, claims)| !claims.is_empty()).collect()
	}

	/// Hands out the claims of the block being processed, of cores that are free (R-SCH-6).
	///
	/// Cost: linear in claims and orders, up to a logarithm.
	pub(crate) fn serve(
		occupied: &BTreeSet<CoreIndex>,
		included: &BTreeSet<CoreIndex>,
	) -> Vec<(CoreIndex, ParaId)> {
		let config = T::Configuration::active();
		let now = Self::front_block();
		let (mut cores, mut book) = Self::upcoming(now, config.scheduling_lookahead, true);
		let session_ends = T::Session::is_change_buffered();
		let count = Self::shape().cores as usize;
		let mut served = Vec::new();
		for (position, core) in cores.iter_mut().enumerate().take(count) {
			let index = core_at(position);
			let occupancy = Occupancy {
				is_occupied: occupied.contains(&index),
				is_included: included.contains(&index),
				session_ends,
			};
			served.extend(core.advance(occupancy, &mut book, now).map(|para| (index, para)));
		}
		LastServed::<T>::put(now);
		Self::store_claims(cores);
		// What the popped claims leave room for follows from what is stored, in the next block.
		book.status.note_block(&config);
		Self::store_orders(book, config.on_demand_base_fee, config.on_demand_base_fee);
		served
	}

	/// Stores claims if they changed.
	pub(crate) fn store_claims(cores: Cores) {
		if CoreClaims::<T>::get() != cores {
			CoreClaims::<T>::put(cores);
		}
	}

	/// All orders. Those that wait are read only if there may be some.
	fn order_book() -> OrderBook {
		let status = OnDemand::<T>::get();
		let orders = if status.unserved == 0 {
			Default::default()
		} else {
			OnDemandOrders::<T>::get()
		};
		OrderBook::new(orders, status)
	}

	/// Stores orders if they changed, and tells what was dropped and a new price, which was `old` times the base fee.
	fn store_orders(book: OrderBook, old_base_fee: u128, base_fee: u128) {
		for (para, count) in book.dropped {
			Self::deposit_event(Event::OrdersDropped { para, count });
		}
		if book.changed && book.orders.is_empty() {
			OnDemandOrders::<T>::kill();
		} else if book.changed {
			OnDemandOrders::<T>::put(book.orders);
		}
		Self::store_status(book.status, old_base_fee, base_fee);
	}

	/// Stores how many orders there are, and tells a new price.
	pub(crate) fn store_status(status: OnDemandStatus, old_base_fee: u128, base_fee: u128) {
		let before = OnDemand::<T>::get();
		let price = status.price(base_fee);
		if before.price(old_base_fee) != price {
			Self::deposit_event(Event::PriceChanged { price });
		}
		if before != status {
			OnDemand::<T>::put(status);
		}
	}

	/// Drops the orders of paras that were removed since claims moved last.
	fn drop_removed(cores: &mut Cores, book: &mut OrderBook, store: bool) {
		if book.status.is_empty() {
			return;
		}
		let removed: BTreeSet<_> = if store {
			Removed::<T>::take().into_iter().collect()
		} else {
			Removed::<T>::get().into_iter().collect()
		};
		if !removed.is_empty() {
			book.drop_orders_of(&removed, cores);
		}
	}

	/// Drops the orders of a removed para when claims move next: at the end of this block, where a session ends with it.
	///
	/// So each removal costs two accesses, however many orders there are.
	pub(crate) fn forget_orders_of(para: ParaId) {
		if OnDemand::<T>::get().is_empty() || Removed::<T>::try_append(para).is_ok() {
			return;
		}
		// The list has room for every para that there can be, but one may come and go several times.
		let mut cores = CoreClaims::<T>::get();
		let mut book = Self::order_book();
		Self::drop_removed(&mut cores, &mut book, true);
		book.drop_orders_of(&BTreeSet::from([para]), &mut cores);
		Self::store_claims(cores);
		let base_fee = T::Configuration::active().on_demand_base_fee;
		Self::store_orders(book, base_fee, base_fee);
	}

	/// Puts claims under a new configuration: cores that are gone lose theirs, and their orders queue again.
	pub(crate) fn reshape(shape: SessionShape, old: &HostConfiguration, new: &HostConfiguration) {
		let now = Self::now();
		let front = Self::front_block();
		// What follows from assignments alone is visible too: it is stored before the lookahead or cores change (R-SCH-5).
		let (mut cores, mut book) = Self::upcoming(front, old.scheduling_lookahead, true);
		for (position, core) in cores.iter_mut().enumerate() {
			core.end_session(&mut book, now);
			if core_at(position).0 >= shape.cores {
				core.truncate(0, &mut book, now);
			}
		}
		CurrentShape::<T>::put(shape);
		Self::fill(&mut cores, &mut book, front, new.scheduling_lookahead, true);
		Self::store_claims(cores);
		Self::store_orders(book, old.on_demand_base_fee, new.on_demand_base_fee);
	}
}
