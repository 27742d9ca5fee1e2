//! Holds the length of an epoch, and so of a session, as a genesis value.
//!
//! BABE wants the length as a configuration of the pallet. Baked into the blob it would make every test of a
//! session change wait for the longest session; in the state it is an input like the others.
//!
//! Invariant: the length is positive and never changes after genesis (BABE cannot cope with a change).

// The macro writes items without documentation.
#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]

pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
	use core::marker::PhantomData;
	use frame_support::{pallet_prelude::*, traits::Get};

	/// Length of a session when genesis names none, in slots.
	pub const DEFAULT_SLOTS: u64 = 50;

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// The default of [`Slots`].
	#[pallet::type_value]
	pub fn DefaultSlots() -> u64 {
		DEFAULT_SLOTS
	}

	/// Length of an epoch in slots.
	#[pallet::storage]
	pub type Slots<T: Config> = StorageValue<_, u64, ValueQuery, DefaultSlots>;

	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// Length of an epoch in slots; positive.
		pub slots: u64,
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self {
				slots: DEFAULT_SLOTS,
				_config: PhantomData,
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(self.slots > 0, "an epoch of no slots would end before it begins");
			Slots::<T>::put(self.slots);
		}
	}

	impl<T: Config> Get<u64> for Pallet<T> {
		fn get() -> u64 {
			Slots::<T>::get()
		}
	}
}
