#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod assignments;
mod checker_keys;
pub mod config_preludes;
mod handover_impls;
mod port_impls;
mod session_handler;
mod session_info;
#[cfg(feature = "std")]
mod session_keys;
mod types;
mod utility_impls;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod session_info_tests;
#[cfg(test)]
mod tests;

pub use checker_keys::{KeysByIndex, OneKeyForAll};
pub use pallet::*;
pub use session_info::*;
pub use types::*;

#[allow(missing_docs, missing_debug_implementations)] // the macros write undocumented items
#[frame_support::pallet]
pub mod pallet {
	use crate::{
		session_info::{SessionRecord, MAX_SESSIONS},
		types::BufferedChange,
	};
	use async_backing_primitives::{
		ports::{CheckerKeys, ConfigurationOfSession, CoreScheduler, OnSessionChange},
		SessionIndex, ValidatorId, ValidatorIndex, MAX_VALIDATORS,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{DisabledValidators, Randomness, ValidatorSet},
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Who is told of a session change are types of their own, told in the order in which they stand here, which is protocol
	/// (R-ABP-9). `()` stands for a pallet that the runtime does not have; the integrity test names those that it has.
	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config {
		/// The session pallet, whose index the sessions have (R-DEF-34).
		#[pallet::no_default]
		type Sessions: ValidatorSet<Self::AccountId>;
		/// Brings the configuration of the session that begins into force, before anything else (R-ABP-7).
		#[pallet::no_default_bounds]
		type Configuration: ConfigurationOfSession;
		/// Heads and code: told first.
		#[pallet::no_default_bounds]
		type Paras: OnSessionChange;
		/// Cores and groups, which what is remembered of a session names.
		#[pallet::no_default_bounds]
		type Scheduler: OnSessionChange + CoreScheduler;
		/// Pending candidates, which end with their session. After this the session is remembered.
		#[pallet::no_default_bounds]
		type Inclusion: OnSessionChange;
		/// Disputes and then slashing, where a runtime has them.
		type Disputes: OnSessionChange;
		/// Downward messages. The pallet here has nothing to do: what goes with a para goes with its removal.
		#[pallet::no_default_bounds]
		type Dmp: OnSessionChange;
		/// Upward messages, whose limits may have changed.
		#[pallet::no_default_bounds]
		type Ump: OnSessionChange;
		/// Horizontal messages, whose channels open and close.
		#[pallet::no_default_bounds]
		type Hrmp: OnSessionChange;
		/// Whoever else wants to hear, last.
		type Others: OnSessionChange;
		/// Keys of the validators that later checkers ask for; `()` if the runtime has none.
		#[pallet::no_default_bounds]
		type CheckerKeys: CheckerKeys;
		/// Seeds the shuffling of validators. Nobody may be able to choose it once the validators are known.
		#[pallet::no_default]
		type Randomness: Randomness<Self::Hash, BlockNumberFor<Self>>;
		/// Validators that are disabled, by their index in the session pallet's set (R-BKV-4).
		#[pallet::no_default_bounds]
		type DisabledValidators: DisabledValidators;
	}

	/// Index of the session that was handed out last: the one that the block after the current state runs in. `None` on a
	/// chain that got this pallet later, until a session begins.
	#[pallet::storage]
	pub type CurrentSessionIndex<T: Config> = StorageValue<_, SessionIndex, OptionQuery>;

	/// For each active validator its index in the session pallet's set, in shuffled order.
	#[pallet::storage]
	pub type ActiveValidatorIndices<T: Config> =
		StorageValue<_, BoundedVec<u32, ConstU32<MAX_VALIDATORS>>, ValueQuery>;

	/// Keys of the active validators, in shuffled order.
	#[pallet::storage]
	pub type ActiveValidatorKeys<T: Config> =
		StorageValue<_, BoundedVec<ValidatorId, ConstU32<MAX_VALIDATORS>>, ValueQuery>;

	/// Validators that were disabled at the end of the latest block, by their index here, ascending: by them the candidates
	/// of the next one are judged (R-BAK-14).
	#[pallet::storage]
	pub type NotedDisabled<T: Config> =
		StorageValue<_, BoundedVec<ValidatorIndex, ConstU32<MAX_VALIDATORS>>, ValueQuery>;

	/// The change that the block being processed ends with (R-ABP-10). Never there between blocks.
	#[pallet::storage]
	pub type BufferedSessionChange<T: Config> = StorageValue<_, BufferedChange, OptionQuery>;

	/// Sessions of which something is remembered, ascending.
	#[pallet::storage]
	pub type RememberedSessions<T: Config> =
		StorageValue<_, BoundedVec<SessionIndex, ConstU32<MAX_SESSIONS>>, ValueQuery>;

	/// What is remembered of the current session and of those before whose candidates may be disputed.
	#[pallet::storage]
	pub type Sessions<T: Config> = StorageMap<_, Identity, SessionIndex, SessionRecord>;

	/// The pallet takes nothing at genesis, but that is when it begins the first session.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		#[serde(skip)]
		#[doc(hidden)]
		pub _marker: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// Its presence says that this was built; `on_genesis_session` hands out by itself from here on.
			CurrentSessionIndex::<T>::put(T::Sessions::session_index());
			Pallet::<T>::do_hand_out();
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A session begins with the next block.
		SessionStarts {
			/// Index of the session.
			session: SessionIndex,
			/// Number of its active validators.
			validators: u32,
		},
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
				Neighbour::of::<T::Paras>("Paras", path::PARAS),
				Neighbour::of::<T::Scheduler>("Scheduler", path::SCHEDULER),
				Neighbour::of::<T::Inclusion>("Inclusion", path::INCLUSION),
				Neighbour::of::<T::Dmp>("Dmp", path::DMP),
				Neighbour::of::<T::Ump>("Ump", path::UMP),
				Neighbour::of::<T::Hrmp>("Hrmp", path::HRMP),
			]
		}

		/// Most validators that are active.
		#[pallet::constant_name(MaxValidators)]
		fn max_validators() -> u32 {
			MAX_VALIDATORS
		}

		/// Most sessions that are remembered.
		#[pallet::constant_name(MaxSessions)]
		fn max_sessions() -> u32 {
			MAX_SESSIONS
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_now: BlockNumberFor<T>) -> Weight {
			// What `on_finalize` does. A block that ends a session does more, and the session pallet charges the
			// whole block for it.
			T::DbWeight::get().reads_writes(4, 1)
		}

		fn on_finalize(_now: BlockNumberFor<T>) {
			Self::do_hand_out();
			Self::note_disabled();
		}

		/// The names that this pallet's neighbours must have are theirs to check, and Babe's is checked here (R-KEY-9).
		#[cfg(feature = "std")]
		fn integrity_test() {
			use async_backing_primitives::wiring::{path, Wiring};
			const EARLIER: [&str; 7] = [
				path::CONFIGURATION,
				path::PARAS,
				path::SCHEDULER,
				path::DMP,
				path::UMP,
				path::HRMP,
				path::INCLUSION,
			];
			let without = crate::session_keys::keys_without_para::<T::RuntimeCall>();
			let keys = without
				.as_ref()
				.map(|names| names.join("`, `"))
				.unwrap_or_default();
			Wiring::of::<T::RuntimeCall, T::RuntimeEvent>()
				.noted::<T>(path::SESSIONS)
				.holds(
					without.is_none(),
					&alloc::format!(
						"the session keys are `{keys}`, and none of them is this pallet's: name it in `impl_opaque_keys!`, and \
						 among the `SessionHandler`s of `pallet_session::Config`, or it never hears of a validator (R-ABP-9)"
					),
				)
				.all_given(&Self::neighbours())
				.named(path::BABE, "Babe", "parachains read the slot at its name (R-KEY-9)")
				.after::<T>(
					path::SESSIONS,
					&EARLIER,
					"it begins session 0 with what their genesis built, and hands a session change out when they are done \
					 with the block (R-ABP-9)",
				)
				.check();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
