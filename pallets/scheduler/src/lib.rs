#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod queue;
mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use weights::WeightInfo;

use alloc::{
	collections::{BTreeSet, VecDeque},
	vec::Vec,
};
use async_backing_primitives::{
	core_count,
	ports::{ActiveConfiguration, CoreScheduler, CurrentSession, OnSessionChange, SessionChange},
	split_into_groups, BlockNumber, ClaimQueue, CoreIndex, GroupRotationInfo, HostConfiguration, ParaId,
	ValidatorIndex, MAX_CORES, MAX_LOOKAHEAD, MAX_VALIDATORS,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Claims of one core, soonest first. Position 0 is the next block's.
pub type Claims = BoundedVec<ParaId, ConstU32<MAX_LOOKAHEAD>>;

/// What the cores and groups of a session follow from.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SessionShape {
	/// First block of the session.
	pub start: BlockNumber,
	/// Number of validators.
	pub validators: u32,
	/// Number of cores, hence of groups (R-GRP-5).
	pub cores: u32,
}

impl SessionShape {
	/// Shape of a session with so many validators. More cores or validators than the ceilings are left out.
	fn new(start: BlockNumber, validators: usize, config: &HostConfiguration) -> Self {
		let cores = core_count(config.num_cores, validators, config.max_validators_per_core).min(MAX_CORES);
		let validators = u32::try_from(validators).unwrap_or(u32::MAX).min(MAX_VALIDATORS);
		Self {
			start,
			validators,
			cores,
		}
	}
}

#[allow(missing_debug_implementations)] // types that the macros write
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may assign cores to parachains.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Number of cores, lookahead and rotation.
		type Configuration: ActiveConfiguration;
		/// Number of validators of the first session, which no session change announces.
		type Session: CurrentSession;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Shape of the session. Nothing before the first session change: then it follows from the ports.
	#[pallet::storage]
	pub type CurrentShape<T: Config> = StorageValue<_, SessionShape, OptionQuery>;

	/// The parachain that a core is assigned to.
	#[pallet::storage]
	pub type Assignments<T: Config> = StorageMap<_, Twox64Concat, CoreIndex, ParaId, OptionQuery>;

	/// Assignments that begin with the next session; `None` takes the core away.
	#[pallet::storage]
	pub type StagedAssignments<T: Config> =
		StorageMap<_, Twox64Concat, CoreIndex, Option<ParaId>, OptionQuery>;

	/// Claims of each core. A core without an entry has the claims that its assignment gives.
	#[pallet::storage]
	pub type ClaimQueues<T: Config> = StorageMap<_, Twox64Concat, CoreIndex, Claims, OptionQuery>;

	/// Assignments at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The para that each core is assigned to. A para may have several cores.
		pub assignments: Vec<(CoreIndex, ParaId)>,
		/// Nothing.
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for (core, para) in &self.assignments {
				assert!(
					core.0 < MAX_CORES,
					"core {core} of the genesis assignments: cores are below {MAX_CORES}"
				);
				assert!(
					!Assignments::<T>::contains_key(core),
					"core {core} is assigned twice at genesis"
				);
				Assignments::<T>::insert(core, para);
			}
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An assignment was staged. It begins with the next session.
		AssignmentStaged {
			/// The core.
			core: CoreIndex,
			/// Its para from then on; `None` if nobody's.
			para: Option<ParaId>,
		},
		/// A staged assignment began.
		AssignmentActivated {
			/// The core.
			core: CoreIndex,
			/// Its para from now on; `None` if nobody's.
			para: Option<ParaId>,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The core index is not below [`MAX_CORES`].
		CoreOutOfRange,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Assigns a core to a para from the next session on, or takes it away.
		///
		/// Claims that nodes can see already stay as they are; the new assignment queues behind them (R-SCH-5). A core
		/// beyond the configured number can be assigned before the number is raised.
		///
		/// # Errors
		/// [`Error::CoreOutOfRange`] beyond [`MAX_CORES`]; a bad origin if it is not [`Config::AdminOrigin`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::assign_core())]
		pub fn assign_core(origin: OriginFor<T>, core: CoreIndex, para: Option<ParaId>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(core.0 < MAX_CORES, Error::<T>::CoreOutOfRange);
			StagedAssignments::<T>::insert(core, para);
			Self::deposit_event(Event::AssignmentStaged { core, para });
			Ok(())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Shape of the session. Before the first session change it follows from the ports, and block 1 is the first.
	pub fn shape() -> SessionShape {
		CurrentShape::<T>::get().unwrap_or_else(|| {
			SessionShape::new(1, T::Session::validators().len(), &T::Configuration::active())
		})
	}

	/// The claims of a core, filled up to the lookahead. Idempotent: what is stored is filled already, unless nothing
	/// was stored yet.
	fn filled_claims(core: CoreIndex, lookahead: u32) -> VecDeque<ParaId> {
		let claims = ClaimQueues::<T>::get(core).unwrap_or_default();
		queue::filled(
			claims.into_iter().collect(),
			Assignments::<T>::get(core),
			lookahead,
		)
	}

	fn store_claims(core: CoreIndex, claims: VecDeque<ParaId>) {
		let claims = Claims::truncate_from(claims.into());
		if claims.is_empty() {
			ClaimQueues::<T>::remove(core);
		} else if ClaimQueues::<T>::get(core).as_ref() != Some(&claims) {
			ClaimQueues::<T>::insert(core, claims);
		}
	}

	fn store_all_claims(cores: u32, lookahead: u32) {
		for core in (0..cores).map(CoreIndex) {
			Self::store_claims(core, Self::filled_claims(core, lookahead));
		}
	}

	fn activate_staged_assignments() {
		let staged: alloc::collections::BTreeMap<_, _> = StagedAssignments::<T>::drain().collect();
		for (core, para) in staged {
			Assignments::<T>::set(core, para);
			Self::deposit_event(Event::AssignmentActivated { core, para });
		}
	}

	/// Checks what always holds between blocks.
	///
	/// # Errors
	/// Names what does not hold.
	pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
		use frame_support::ensure;
		let shape = Self::shape();
		let lookahead = T::Configuration::active().scheduling_lookahead.min(MAX_LOOKAHEAD) as usize;
		for (core, claims) in ClaimQueues::<T>::iter() {
			ensure!(
				core.0 < shape.cores,
				"claims of a core that the session does not have"
			);
			ensure!(!claims.is_empty(), "an empty claim queue is stored");
			ensure!(
				claims.len() <= lookahead,
				"a claim queue is longer than the lookahead (R-SCH-4)"
			);
			if Assignments::<T>::contains_key(core) {
				ensure!(
					claims.len() == lookahead,
					"the claim queue of an assigned core has a hole (R-SCH-4)"
				);
			}
		}
		let out_of_range = |core: CoreIndex| core.0 >= MAX_CORES;
		ensure!(
			!Assignments::<T>::iter_keys().any(out_of_range),
			"an assigned core is beyond the ceiling"
		);
		ensure!(
			!StagedAssignments::<T>::iter_keys().any(out_of_range),
			"a staged core is beyond the ceiling"
		);
		let members: usize = Self::groups().iter().map(Vec::len).sum();
		ensure!(
			shape.cores == 0 || members == shape.validators as usize,
			"a validator is in no group (R-GRP-5)"
		);
		Ok(())
	}
}

impl<T: Config> CoreScheduler for Pallet<T> {
	fn core_count() -> u32 {
		Self::shape().cores
	}

	fn groups() -> Vec<Vec<ValidatorIndex>> {
		let shape = Self::shape();
		split_into_groups(shape.validators, shape.cores)
	}

	fn rotation_info(now: BlockNumber) -> GroupRotationInfo {
		GroupRotationInfo {
			session_start_block: Self::shape().start,
			group_rotation_frequency: T::Configuration::active().group_rotation_frequency,
			now,
		}
	}

	fn claim_queue() -> ClaimQueue {
		let lookahead = T::Configuration::active().scheduling_lookahead;
		(0..Self::shape().cores)
			.map(CoreIndex)
			.map(|core| (core, Self::filled_claims(core, lookahead)))
			.filter(|(_, claims)| !claims.is_empty())
			.collect()
	}

	fn advance(blocked: &BTreeSet<CoreIndex>) -> Vec<(CoreIndex, ParaId)> {
		let lookahead = T::Configuration::active().scheduling_lookahead;
		let mut claims_of_block = Vec::new();
		for core in (0..Self::shape().cores).map(CoreIndex) {
			let mut claims = Self::filled_claims(core, lookahead);
			let claim = claims.pop_front();
			Self::store_claims(
				core,
				queue::filled(claims, Assignments::<T>::get(core), lookahead),
			);
			claims_of_block.extend(
				claim
					.filter(|_| !blocked.contains(&core))
					.map(|para| (core, para)),
			);
		}
		claims_of_block
	}
}

impl<T: Config> OnSessionChange for Pallet<T> {
	fn on_session_change(change: &SessionChange) {
		let config = &change.new_configuration;
		let shape = SessionShape::new(change.session_start, change.validators.len(), config);
		// Claims that follow from assignments alone are visible too: they are stored before assignments change (R-SCH-5).
		Self::store_all_claims(Self::shape().cores, change.old_configuration.scheduling_lookahead);
		let gone: Vec<_> = ClaimQueues::<T>::iter_keys()
			.filter(|core| core.0 >= shape.cores)
			.collect();
		gone.into_iter().for_each(ClaimQueues::<T>::remove);
		CurrentShape::<T>::put(shape);
		Self::activate_staged_assignments();
		Self::store_all_claims(shape.cores, config.scheduling_lookahead);
	}
}
