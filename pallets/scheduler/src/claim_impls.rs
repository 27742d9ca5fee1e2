//! The claims of all cores, as stored and as nodes see them.

use crate::{
	core_at, Claim, Config, CoreClaims, Cores, CurrentShape, Event, LastServed, OnDemandOrders, OrderBook,
	Pallet, Schedules, SessionShape,
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
	/// Idempotent, and the same before and after [`store_claims`](Self::store_claims): what nodes see in the state of a
	/// block is what the next block serves.
	fn upcoming(front: BlockNumber, lookahead: u32, store: bool) -> (Cores, OrderBook) {
		let count = Self::shape().cores as usize;
		let mut cores = CoreClaims::<T>::get();
		for (position, core) in cores.iter_mut().enumerate().take(count) {
			let index = core_at(position);
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
		let mut book = OnDemandOrders::<T>::get();
		let served = count.min(cores.len());
		if let Some(cores) = cores.get_mut(..served) {
			book.hand_out(cores, front);
		}
		(cores, book)
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

	/// Hands out the claims of the block being processed: of cores that are not `blocked` to their paras; orders on
	/// blocked ones back to the end of the queue (R-SCH-6).
	pub(crate) fn serve(blocked: &BTreeSet<CoreIndex>) -> Vec<(CoreIndex, ParaId)> {
		let config = T::Configuration::active();
		let now = Self::front_block();
		let (mut cores, mut book) = Self::upcoming(now, config.scheduling_lookahead, true);
		let count = Self::shape().cores as usize;
		let mut served = Vec::new();
		for (position, core) in cores.iter_mut().enumerate().take(count) {
			let index = core_at(position);
			let front = core.front();
			let claim = core.pop_front();
			if !blocked.contains(&index) {
				served.extend(front.map(|para| (index, para)));
			} else if let Claim::Pool(Some(para)) = claim {
				book.push(para, now, u32::MAX);
			}
		}
		LastServed::<T>::put(now);
		Self::store_claims(cores);
		// What the popped claims leave room for follows from what is stored, in the next block.
		book.adjust_traffic(&config);
		Self::store_orders(book, &config);
		served
	}

	/// Stores claims if they changed.
	pub(crate) fn store_claims(cores: Cores) {
		if CoreClaims::<T>::get() != cores {
			CoreClaims::<T>::put(cores);
		}
	}

	/// Stores orders if they changed, and tells a new price.
	pub(crate) fn store_orders(book: OrderBook, config: &HostConfiguration) {
		let before = OnDemandOrders::<T>::get();
		if before == book {
			return;
		}
		let price = book.price(config.on_demand_base_fee);
		if before.price(config.on_demand_base_fee) != price {
			Self::deposit_event(Event::PriceChanged { price });
		}
		OnDemandOrders::<T>::put(book);
	}

	/// Puts claims under a new configuration: cores that are gone lose theirs, and their orders queue again.
	pub(crate) fn reshape(shape: SessionShape, old: &HostConfiguration, new: &HostConfiguration) {
		let front = Self::front_block();
		// What follows from assignments alone is visible too: it is stored before the lookahead or cores change (R-SCH-5).
		let (mut cores, mut book) = Self::upcoming(front, old.scheduling_lookahead, true);
		for core in cores.iter_mut().skip(shape.cores as usize) {
			for claim in core.claims.iter() {
				if let Claim::Pool(Some(para)) = claim {
					book.push(*para, Self::now(), u32::MAX);
				}
			}
			core.claims = Default::default();
		}
		let kept = new.scheduling_lookahead as usize;
		for core in cores.iter_mut() {
			for claim in core.claims.iter().skip(kept) {
				if let Claim::Pool(Some(para)) = claim {
					book.push(*para, Self::now(), u32::MAX);
				}
			}
			core.claims.truncate(kept);
		}
		CurrentShape::<T>::put(shape);
		Self::store_claims(cores);
		Self::store_orders(book, new);
		let (cores, book) = Self::upcoming(front, new.scheduling_lookahead, true);
		Self::store_claims(cores);
		Self::store_orders(book, new);
	}
}
