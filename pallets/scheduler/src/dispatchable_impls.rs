//! What the calls and genesis do.

use crate::{
	types::{check_shares, BadShares},
	Config, Core, CoreAssignment, CoreClaims, CoreSchedules, CoreShares, Error, Event, OnDemand,
	OnDemandOrders, Order, Pallet, Schedule, Schedules, Work, PARTS_OF_A_CORE,
};
use alloc::{format, string::String, vec, vec::Vec};
use async_backing_primitives::{
	ports::{ActiveConfiguration, ParaState},
	BlockNumber, CoreIndex, ParaId, MAX_CORES,
};
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{
		fungible::Balanced,
		tokens::{Fortitude::Polite, Precision::Exact, Preservation},
		OnUnbalanced,
	},
};

impl<T> From<BadShares> for Error<T> {
	fn from(bad: BadShares) -> Self {
		match bad {
			BadShares::Sum => Self::WrongSumOfShares,
			BadShares::Empty => Self::EmptyShare,
			BadShares::Duplicate => Self::DuplicateShare,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Gives a core work from `begin` on, or from behind the claims that nodes can see.
	///
	/// # Errors
	/// Those of [`assign_core`](Self::assign_core). Nothing is written then.
	pub(crate) fn do_assign(
		core: CoreIndex,
		begin: BlockNumber,
		end: Option<BlockNumber>,
		shares: CoreShares,
	) -> DispatchResult {
		check_shares(&shares).map_err(Error::<T>::from)?;
		ensure!(core.0 < MAX_CORES, Error::<T>::CoreOutOfRange);
		Self::keep_seen_orders();
		let front = Self::front_block();
		let mut cores = CoreClaims::<T>::get();
		let position = core.0 as usize;
		if cores.len() <= position {
			let size = position.saturating_add(1);
			cores
				.try_extend(core::iter::repeat_n(
					Core::default(),
					size.saturating_sub(cores.len()),
				))
				.map_err(|()| Error::<T>::CoreOutOfRange)?;
		}
		let record = cores.get_mut(position).ok_or(Error::<T>::CoreOutOfRange)?;
		let mut waiting = Schedules::<T>::get(core);
		// A core that the session does not have shows nothing, so its work can begin at once.
		let is_in_session = core.0 < Self::shape().cores;
		let lookahead = T::Configuration::active().scheduling_lookahead;
		if is_in_session && front == Self::now() {
			// The claims of this block are not handed out yet, so nodes saw what follows from schedules in its parent.
			let mut left = None;
			record.fill(front, lookahead, || waiting.clone(), |rest| left = Some(rest));
			waiting = left.unwrap_or(waiting);
		}
		let behind = if is_in_session && record.has_work() {
			front.saturating_add(lookahead)
		} else {
			front
		};
		let begin = begin.max(behind);
		ensure!(end.is_none_or(|end| end > begin), Error::<T>::EndsBeforeItBegins);
		Self::insert_schedule(&mut waiting, Schedule { begin, end, shares })?;
		record.next_begin = waiting.first().map(|schedule| schedule.begin);
		Schedules::<T>::insert(core, waiting);
		Self::store_claims(cores);
		Self::deposit_event(Event::CoreAssigned { core, begin });
		Ok(())
	}

	fn insert_schedule(waiting: &mut CoreSchedules, schedule: Schedule) -> Result<(), Error<T>> {
		match waiting.binary_search_by_key(&schedule.begin, |other| other.begin) {
			Ok(position) => {
				if let Some(other) = waiting.get_mut(position) {
					*other = schedule;
				}
				Ok(())
			}
			Err(position) => waiting
				.try_insert(position, schedule)
				.map_err(|_| Error::<T>::TooManySchedules),
		}
	}

	/// Assigns cores from genesis on.
	///
	/// # Errors
	/// Says which core is beyond the ceiling or assigned twice.
	pub(crate) fn do_assign_at_genesis(
		assignments: &[(CoreIndex, ParaId)],
		pool: &[CoreIndex],
	) -> Result<(), String> {
		let tasks = assignments
			.iter()
			.map(|(core, para)| (*core, CoreAssignment::Task(*para)));
		let pool = pool.iter().map(|core| (*core, CoreAssignment::Pool));
		let mut cores = Vec::<Core>::new();
		for (core, assignment) in tasks.chain(pool) {
			if core.0 >= MAX_CORES {
				return Err(format!(
					"core {core} of the genesis assignments: cores are below {MAX_CORES}"
				));
			}
			let position = core.0 as usize;
			if cores.len() <= position {
				cores.resize(position.saturating_add(1), Core::default());
			}
			let shares = CoreShares::truncate_from(vec![(assignment, PARTS_OF_A_CORE)]);
			if let Some(record) = cores.get_mut(position) {
				if record.work.is_some() {
					return Err(format!("core {core} is assigned twice at genesis"));
				}
				record.work = Work::begin(&shares, None);
			}
		}
		CoreClaims::<T>::put(crate::Cores::truncate_from(cores));
		Ok(())
	}

	/// Takes the price of an order from `payer`, and queues the order.
	///
	/// Cost: the same however many orders wait, but for a call from a hook, which moves claims (`keep_seen_orders`).
	///
	/// # Errors
	/// Those of [`place_order_keep_alive`](Self::place_order_keep_alive). Nothing is written then.
	pub(crate) fn do_place_order(
		payer: T::AccountId,
		para: ParaId,
		max_price: u128,
		preservation: Preservation,
	) -> DispatchResult {
		ensure!(
			T::Paras::current_code_hash(para).is_some(),
			Error::<T>::UnknownPara
		);
		let config = T::Configuration::active();
		let base_fee = config.on_demand_base_fee;
		Self::keep_seen_orders();
		let mut status = OnDemand::<T>::get();
		let price = status.price(base_fee);
		ensure!(price <= max_price, Error::<T>::PriceTooHigh);
		ensure!(
			status.has_room(config.on_demand_queue_max_size),
			Error::<T>::QueueFull
		);
		let payment = T::Currency::withdraw(&payer, price, Exact, preservation, Polite)?;
		// There is room for all that are on their way, so for those that wait.
		OnDemandOrders::<T>::try_append(Order::at(Self::now(), para)).map_err(|()| Error::<T>::QueueFull)?;
		T::OrderRevenue::on_unbalanced(payment);
		status.note_order(&config);
		Self::store_status(status, base_fee, base_fee);
		Self::deposit_event(Event::OrderPlaced {
			para,
			price,
			ordered_by: payer,
		});
		Ok(())
	}
}
