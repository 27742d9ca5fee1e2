#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod claim_impls;
pub mod config_preludes;
mod dispatchable_impls;
mod orders;
mod port_impls;
mod price;
mod queue;
mod types;
mod utility_impls;
pub mod weights;
mod work;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use orders::ORDER_DELAY;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[allow(missing_docs, missing_debug_implementations)] // the macros write undocumented items
#[frame_support::pallet]
pub mod pallet {
	use crate::{
		types::{CoreSchedules, CoreShares, Cores, OnDemandStatus, Orders, RemovedParas, SessionShape},
		WeightInfo,
	};
	use alloc::vec::Vec;
	use async_backing_primitives::{
		ports::{ActiveConfiguration, CurrentSession, ParaState},
		BlockNumber, CoreIndex, ParaId, MAX_CORES,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible,
			tokens::Preservation::{Expendable, Preserve},
			OnUnbalanced,
		},
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What an order was paid with.
	pub type CreditOf<T> = fungible::Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may assign cores: governance, or whoever sells them.
		#[pallet::no_default_bounds]
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Number of cores, lookahead, rotation, and the price of orders.
		#[pallet::no_default_bounds]
		type Configuration: ActiveConfiguration;
		/// Number of validators of the first session, which no session change announces.
		#[pallet::no_default_bounds]
		type Session: CurrentSession;
		/// Which paras may be ordered for.
		#[pallet::no_default_bounds]
		type Paras: ParaState;
		/// What orders are paid in.
		#[pallet::no_default]
		type Currency: fungible::Balanced<Self::AccountId, Balance = u128>;
		/// Receives what orders were paid with. `()` burns it.
		#[pallet::no_default_bounds]
		type OrderRevenue: OnUnbalanced<CreditOf<Self>>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
		/// The chain around the pallet, for its benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::benchmarking::BenchmarkHelper;
	}

	/// Shape of the session. Nothing before the first session change: then it follows from the ports.
	#[pallet::storage]
	pub type CurrentShape<T: Config> = StorageValue<_, SessionShape, OptionQuery>;

	/// What every core does, by index. One value: it is read whole in every block, and changes only where cores are
	/// shared, in the pool, or newly assigned.
	#[pallet::storage]
	pub type CoreClaims<T: Config> = StorageValue<_, Cores, ValueQuery>;

	/// What cores will do from later blocks on.
	#[pallet::storage]
	pub type Schedules<T: Config> = StorageMap<_, Twox64Concat, CoreIndex, CoreSchedules, ValueQuery>;

	/// The last block that claims were handed out for.
	#[pallet::storage]
	pub type LastServed<T: Config> = StorageValue<_, BlockNumber, ValueQuery>;

	/// How many orders are on their way, and the price of the next. Apart from the orders, so that placing one and a block
	/// without any cost the same however many there may be.
	#[pallet::storage]
	pub type OnDemand<T: Config> = StorageValue<_, OnDemandStatus, ValueQuery>;

	/// Orders that wait for a core.
	#[pallet::storage]
	pub type OnDemandOrders<T: Config> = StorageValue<_, Orders, ValueQuery>;

	/// Paras that were removed, whose orders are dropped when claims move next.
	#[pallet::storage]
	pub type Removed<T: Config> = StorageValue<_, RemovedParas, ValueQuery>;

	/// Assignments at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The para that each core is assigned to, for good. A para may have several cores.
		pub assignments: Vec<(CoreIndex, ParaId)>,
		/// Cores that serve on-demand orders.
		pub pool: Vec<CoreIndex>,
		#[serde(skip)]
		#[doc(hidden)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Err(refused) = Pallet::<T>::do_assign_at_genesis(&self.assignments, &self.pool) {
				panic!("{refused}");
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A core was given work from a block on.
		CoreAssigned {
			/// The core.
			core: CoreIndex,
			/// First block of the work. Later than asked for where nodes could see other claims already (R-SCH-5).
			begin: BlockNumber,
		},
		/// A block of a para was ordered (R-SCH-8).
		OrderPlaced {
			/// The para.
			para: ParaId,
			/// What was paid.
			price: u128,
			/// Who paid.
			ordered_by: T::AccountId,
		},
		/// Orders of a para were dropped, because it is gone. What was paid for them is not paid back.
		OrdersDropped {
			/// The para.
			para: ParaId,
			/// How many.
			count: u32,
		},
		/// The next order costs something else.
		PriceChanged {
			/// What it costs.
			price: u128,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The core index is not below [`MAX_CORES`].
		CoreOutOfRange,
		/// The shares of the core do not add up to [`PARTS_OF_A_CORE`](crate::PARTS_OF_A_CORE) (R-SCH-7).
		WrongSumOfShares,
		/// A share has no parts.
		EmptyShare,
		/// An assignment has two shares.
		DuplicateShare,
		/// The work ends before it begins.
		EndsBeforeItBegins,
		/// As many schedules of the core wait as may.
		TooManySchedules,
		/// The para is not active.
		UnknownPara,
		/// As many orders are on their way as may be.
		QueueFull,
		/// An order costs more than the caller would pay.
		PriceTooHigh,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Gives a core work from block `begin` on: shares of paras, of on-demand orders, or idle ones (R-SCH-7).
		///
		/// It lasts until `end`, exclusively, or until another work of the core begins. Work that begins in the same
		/// block as one that waits replaces it. Claims that nodes can see already stay as they are; where there are any,
		/// work begins behind them (R-SCH-5). A core beyond the configured number can be assigned before the number is
		/// raised. A lease is a single task with an end; taking a core away is a single idle share.
		///
		/// # Errors
		/// [`Error::CoreOutOfRange`], [`Error::WrongSumOfShares`], [`Error::EmptyShare`], [`Error::DuplicateShare`],
		/// [`Error::EndsBeforeItBegins`], [`Error::TooManySchedules`]; a bad origin if it is not
		/// [`Config::AdminOrigin`]. Nothing is written then.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::assign_core(shares.len() as u32))]
		pub fn assign_core(
			origin: OriginFor<T>,
			core: CoreIndex,
			begin: BlockNumber,
			end: Option<BlockNumber>,
			shares: CoreShares,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(core.0 < MAX_CORES, Error::<T>::CoreOutOfRange);
			Self::do_assign(core, begin, end, shares)
		}

		/// Orders one block for a para at the current price, but for no more than `max_price` (R-SCH-8).
		///
		/// The order is ready two blocks later and is served by the next pool core that is free for it; if that core
		/// turns out to be occupied by something else, or the session to end, the order queues again behind the others
		/// (R-SCH-6). It is used up by its block, whether or not the para has a candidate for it. Each order makes the
		/// next one dearer. The caller's account stays alive; see [`place_order_allow_death`](Self::place_order_allow_death).
		///
		/// # Errors
		/// [`Error::UnknownPara`], [`Error::PriceTooHigh`], [`Error::QueueFull`], or what the currency says. Nothing is
		/// written then.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::place_order())]
		pub fn place_order_keep_alive(
			origin: OriginFor<T>,
			para: ParaId,
			#[pallet::compact] max_price: u128,
		) -> DispatchResult {
			let payer = ensure_signed(origin)?;
			Self::do_place_order(payer, para, max_price, Preserve)
		}

		/// As [`place_order_keep_alive`](Self::place_order_keep_alive), but the caller's account may end with the payment.
		///
		/// # Errors
		/// As [`place_order_keep_alive`](Self::place_order_keep_alive).
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::place_order())]
		pub fn place_order_allow_death(
			origin: OriginFor<T>,
			para: ParaId,
			#[pallet::compact] max_price: u128,
		) -> DispatchResult {
			let payer = ensure_signed(origin)?;
			Self::do_place_order(payer, para, max_price, Expendable)
		}
	}

	/// Ceilings and delays that are compiled in, for tools that read the metadata.
	#[pallet::extra_constants]
	impl<T: Config> Pallet<T> {
		/// Whom the configuration gives for the pallets that this one speaks to, for tools that check a runtime's blob.
		#[pallet::constant_name(Neighbours)]
		fn neighbours() -> alloc::vec::Vec<async_backing_primitives::wiring::Neighbour> {
			use async_backing_primitives::wiring::{path, Neighbour};
			alloc::vec![
				Neighbour::of::<T::Configuration>("Configuration", path::CONFIGURATION),
				Neighbour::of::<T::Session>("Session", path::SESSIONS),
				Neighbour::of::<T::Paras>("Paras", path::PARAS),
			]
		}

		/// Most cores that can be assigned.
		#[pallet::constant_name(MaxCores)]
		fn max_cores() -> u32 {
			MAX_CORES
		}

		/// Parts that the shares of a core add up to (R-SCH-7).
		#[pallet::constant_name(PartsOfACore)]
		fn parts_of_a_core() -> u16 {
			crate::PARTS_OF_A_CORE
		}

		/// Most shares of a core.
		#[pallet::constant_name(MaxShares)]
		fn max_shares() -> u32 {
			crate::MAX_SHARES
		}

		/// Most orders that are on their way at a time.
		#[pallet::constant_name(MaxOnDemandOrders)]
		fn max_on_demand_orders() -> u32 {
			async_backing_primitives::MAX_ON_DEMAND_ORDERS
		}

		/// Blocks between an order and the first that can serve it (R-SCH-8).
		#[pallet::constant_name(OrderDelay)]
		fn order_delay() -> BlockNumber {
			crate::ORDER_DELAY
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Its name is free, but tools look for `ParaScheduler`.
		#[cfg(feature = "std")]
		fn integrity_test() {
			use async_backing_primitives::wiring::{path, Wiring};
			Wiring::of::<T::RuntimeCall, T::RuntimeEvent>()
				.noted::<T>(path::SCHEDULER)
				.all_given(&Self::neighbours())
				.check();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// What an on-demand order costs now, in the chain's token.
		pub fn order_price() -> u128 {
			OnDemand::<T>::get().price(T::Configuration::active().on_demand_base_fee)
		}

		/// Paras whose orders wait for a core, oldest first.
		pub fn waiting_orders() -> Vec<ParaId> {
			let removed = Removed::<T>::get();
			let paras = OnDemandOrders::<T>::get().into_iter().map(|order| order.para);
			paras.filter(|para| !removed.contains(para)).collect()
		}
	}
}
