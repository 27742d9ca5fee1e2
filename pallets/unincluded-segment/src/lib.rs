#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;
// What programs write names the pallet as runtimes do.
extern crate self as pallet_async_backing_unincluded_segment;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod block_impls;
pub mod config_preludes;
mod error_impls;
mod ports;
mod proof;
mod types;
mod upgrade_impls;
mod utility_impls;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use ports::*;
pub use proof::ProvenRelayState;
pub use types::*;
pub use weights::WeightInfo;

const LOG_TARGET: &str = "runtime::unincluded-segment";

/// Identifies the inherent among those of a block.
pub const UNINCLUDED_SEGMENT_IDENTIFIER: sp_inherents::InherentIdentifier = *b"unincseg";

/// What can be wrong with the inherents of a block, as a collator's check finds it.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, codec::Encode, codec::Decode, scale_info::TypeInfo, thiserror::Error,
)]
pub enum InherentError {
	/// The block does not say what its relay parent is.
	#[error("the block has no validation data (R-SEG-2)")]
	Missing,
}

impl sp_inherents::IsFatalError for InherentError {
	fn is_fatal_error(&self) -> bool {
		true
	}
}

#[allow(missing_docs, missing_debug_implementations)] // the macros write undocumented items
#[frame_support::pallet]
pub mod pallet {
	use crate::{
		ports::{BlockOutputs, CodeUpgrades, RelayStateSource},
		types::{EvidenceOf, ParachainInherentData, RelayParentRecord, SegmentRecord},
		InherentError, WeightInfo, LOG_TARGET, UNINCLUDED_SEGMENT_IDENTIFIER,
	};
	use async_backing_primitives::{
		BlockNumber, ConsensusHook, Hash, Hashing, ParaId, RelayParentNumbers, Slot, UpgradeGoAhead,
		MAX_HRMP_CHANNELS, MAX_UNINCLUDED_LIMIT,
	};
	use frame_support::{
		dispatch::{DispatchResultWithPostInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::TypedGet,
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config<Hash = Hash, Hashing = Hashing> {
		/// Under which id the relay chain knows this chain.
		#[pallet::no_default]
		type ParaId: Get<ParaId>;
		/// Where the state of the relay parent is read from; [`ProvenRelayState`](crate::ProvenRelayState) as a rule.
		type RelayState: RelayStateSource;
		/// How the chain paces its blocks (R-HOO-1).
		#[pallet::no_default]
		type ConsensusHook: TypedGet<Type: ConsensusHook>;
		/// How relay-parent numbers may change (R-SEG-7).
		type RelayParentNumbers: Get<RelayParentNumbers>;
		/// Slot of the block being processed, for hooks that ask for it; `()` on chains without slots.
		type ParaSlot: Get<Option<Slot>>;
		/// What a block sends, and up to where it consumed; `()` for a chain that sends nothing and consumes all.
		#[pallet::no_default_bounds]
		type Outputs: BlockOutputs;
		/// The chain's code upgrades; `()` for a chain that announces none.
		#[pallet::no_default_bounds]
		type Upgrades: CodeUpgrades;
		/// Most blocks that can be unincluded: at least the hook's capacity.
		#[pallet::constant]
		type MaxAncestors: Get<u32>;
		/// Most channels on which one block can send.
		#[pallet::constant]
		type MaxChannels: Get<u32>;
		/// Weights of the inherent and of the end of a block.
		type WeightInfo: WeightInfo;
	}

	/// The blocks that are not included yet, as far as this chain knows, and what else it keeps from block to block.
	#[pallet::storage]
	pub type StoredSegment<T: Config> =
		StorageValue<_, SegmentRecord<T::MaxAncestors, T::MaxChannels>, ValueQuery>;

	/// What the relay parent allows the block being processed. Present from the inherent to the end of the block.
	#[pallet::storage]
	pub type CurrentRelayParent<T: Config> = StorageValue<_, RelayParentRecord, OptionQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// No relay parent is older than this block; `None` for any (R-SEG-7).
		pub relay_parent: Option<BlockNumber>,
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			StoredSegment::<T>::mutate(|record| record.relay_parent = self.relay_parent);
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Blocks left the segment, because the relay parent shows them included (R-SEG-2).
		AncestorsIncluded {
			/// How many.
			count: u32,
		},
		/// This block answered the relay chain's signal about an announced upgrade (R-SEG-5).
		GoAheadAnswered {
			/// The signal.
			signal: UpgradeGoAhead,
			/// Whether there was an upgrade to apply or to discard.
			pending: bool,
		},
	}

	/// Which rule refused something. The log says with which values.
	#[pallet::error]
	pub enum Error<T> {
		/// The block has validation data already.
		SecondInherent,
		/// The validation data are for a block on another parent.
		WrongParentHead,
		/// The relay state is not proven, or not read.
		InvalidRelayState,
		/// R-SEG-7: the relay parent is older than the parent block's, or no newer where it has to be.
		RelayParentMovedBack,
		/// R-HOO-1: the consensus hook refuses the block.
		RefusedByHook,
		/// R-SEG-2: as many blocks are unincluded as may be.
		SegmentFull,
		/// R-SEG-5: the relay chain no longer shows a signal that an unincluded block answered.
		GoAheadVanished,
		/// The stored segment is none.
		CorruptSegment,
		/// The validation data of this block are not there yet.
		NoValidationData,
		/// R-SEG-6: the relay chain allows no announcement now.
		AnnouncementRestricted,
		/// R-SEG-6: an upgrade is under way.
		UpgradePending,
		/// R-CODE-1: the code is smaller or larger than the relay chain takes.
		BadCodeSize,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Charges for the end of the block.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			T::WeightInfo::on_finalize(T::MaxAncestors::get(), T::MaxChannels::get())
		}

		/// Adds the block to the segment.
		///
		/// # Panics
		/// If the block is invalid: it has no inherent, or sends what it may not. See `invalid`, the one
		/// place where this pallet may abort.
		fn on_finalize(_: BlockNumberFor<T>) {
			if let Err(reason) = Self::do_finalize() {
				crate::invalid(reason);
			}
		}

		fn integrity_test() {
			let capacity = T::ConsensusHook::get().max_capacity();
			let ancestors = T::MaxAncestors::get();
			assert!(
				capacity.get() <= ancestors,
				"the hook lets {capacity} blocks be unincluded (R-HOO-1), but storage holds {ancestors}",
			);
			assert!(
				ancestors <= MAX_UNINCLUDED_LIMIT,
				"no relay chain takes more than {MAX_UNINCLUDED_LIMIT} unincluded blocks (R-ABP-4), but storage is for \
				 {ancestors}",
			);
			let channels = T::MaxChannels::get();
			assert!(
				channels <= MAX_HRMP_CHANNELS,
				"no para has more than {MAX_HRMP_CHANNELS} channels, but storage is for {channels}",
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// The inherent: exactly one a block. Says what the relay parent is, and proves what of its state matters: drops
		/// what became included, finds room for the block (R-SEG-2), and hands the answer to an announced upgrade to the
		/// one block that has to act on it (R-SEG-5).
		///
		/// # Errors
		/// [`Error`] names the rule that the block breaks; storage is as before. FRAME refuses a block with an inherent that
		/// fails, so it is invalid.
		#[pallet::call_index(0)]
		#[pallet::weight((Pallet::<T>::booked_weight(&data.relay_state), DispatchClass::Mandatory))]
		pub fn set_validation_data(
			origin: OriginFor<T>,
			data: ParachainInherentData<EvidenceOf<T>>,
		) -> DispatchResultWithPostInfo {
			ensure_none(origin)?;
			let (ancestors, channels) = Self::do_begin(data)?;
			Ok(PostDispatchInfo {
				actual_weight: Some(T::WeightInfo::set_validation_data(ancestors, channels)),
				pays_fee: Pays::No,
			})
		}
	}

	#[pallet::inherent]
	impl<T: Config> ProvideInherent for Pallet<T> {
		type Call = Call<T>;
		type Error = InherentError;
		const INHERENT_IDENTIFIER: InherentIdentifier = UNINCLUDED_SEGMENT_IDENTIFIER;

		fn create_inherent(data: &InherentData) -> Option<Self::Call> {
			match data.get_data(&Self::INHERENT_IDENTIFIER) {
				Ok(data) => Some(Call::set_validation_data { data: data? }),
				Err(error) => {
					log::error!(target: LOG_TARGET, "validation data do not decode: {error:?}");
					None
				}
			}
		}

		fn is_inherent_required(_: &InherentData) -> Result<Option<Self::Error>, Self::Error> {
			Ok(Some(InherentError::Missing))
		}

		fn is_inherent(call: &Self::Call) -> bool {
			matches!(call, Call::set_validation_data { .. })
		}
	}
}

/// Refuses the block that is being executed.
///
/// A validation function has no other way to say that a block is invalid than to abort: what for a relay chain is a block
/// without its inherent (R-INC-1) is for a parachain a block that does not say what its relay parent is, or that sends more
/// than the relay chain takes (R-SEG-3). Such a block must not exist, whoever made it. No collator that asks
/// [`Pallet::room`] makes one.
pub(crate) fn invalid(reason: InvalidBlock) -> ! {
	panic!("{reason}")
}
