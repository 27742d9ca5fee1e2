//! What the runtime has instead of our sessions, paras and scheduler.

pub use pallet::*;

use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use async_backing_primitives::{
	ports::{CoreScheduler, CurrentSession, ParaState, SchedulerLoad},
	split_into_groups, BlockNumber, ClaimQueue, CoreIndex, GroupRotationInfo, HeadData, HostConfiguration,
	ParaId, SessionIndex, ValidationCode, ValidationCodeHash, ValidatorId, ValidatorIndex,
};
use core::marker::PhantomData;

/// Cores, and paras: para 2000 + i has core i.
pub const CORES: u32 = 2;
/// Blocks that claims reach ahead.
const LOOKAHEAD: usize = 3;

#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;
	use async_backing_primitives::{BlockNumber, ParaId, ValidatorId, MAX_HEAD_DATA_SIZE, MAX_VALIDATORS};
	use frame_support::pallet_prelude::*;

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// Validators, for ever.
	#[pallet::storage]
	pub type Validators<T: Config> =
		StorageValue<_, BoundedVec<ValidatorId, ConstU32<MAX_VALIDATORS>>, ValueQuery>;

	/// Heads of paras, with the relay-parent number of the candidate that set them.
	#[pallet::storage]
	pub type Heads<T: Config> = StorageMap<
		_,
		Twox64Concat,
		ParaId,
		(BoundedVec<u8, ConstU32<MAX_HEAD_DATA_SIZE>>, BlockNumber),
		OptionQuery,
	>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Validators, for ever.
		pub validators: Vec<ValidatorId>,
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Validators::<T>::put(BoundedVec::truncate_from(self.validators.clone()));
		}
	}
}

/// Session 0 for ever.
impl<T: Config> CurrentSession for Pallet<T> {
	fn index() -> SessionIndex {
		0
	}

	fn validators() -> Vec<ValidatorId> {
		Validators::<T>::get().into_inner()
	}

	fn disabled() -> BTreeSet<ValidatorIndex> {
		BTreeSet::new()
	}

	fn is_change_buffered() -> bool {
		false
	}
}

fn is_known(para: ParaId) -> bool {
	(2000..2000 + CORES).contains(&para.0)
}

/// Paras with fixed code that begin with an empty head.
impl<T: Config> ParaState for Pallet<T> {
	fn parachains() -> Vec<ParaId> {
		(2000..2000 + CORES).map(ParaId).collect()
	}

	fn head(para: ParaId) -> Option<HeadData> {
		let stored = Heads::<T>::get(para).map(|(head, _)| HeadData(head.into_inner()));
		is_known(para).then(|| stored.unwrap_or_default())
	}

	fn current_code_hash(para: ParaId) -> Option<ValidationCodeHash> {
		is_known(para).then(|| ValidationCode(alloc::vec![0; 16]).hash())
	}

	fn code_by_hash(hash: ValidationCodeHash) -> Option<ValidationCode> {
		let code = ValidationCode(alloc::vec![0; 16]);
		(code.hash() == hash).then_some(code)
	}

	fn most_recent_context(para: ParaId) -> Option<BlockNumber> {
		Heads::<T>::get(para).map(|(_, context)| context)
	}

	fn future_code(_: ParaId) -> Option<(BlockNumber, ValidationCodeHash)> {
		None
	}

	/// Code is fixed.
	fn is_upgrade_restricted(_: ParaId) -> bool {
		true
	}

	fn is_offboarding(_: ParaId) -> bool {
		false
	}

	fn schedule_code_upgrade(_: ParaId, _: ValidationCode, _: BlockNumber, _: &HostConfiguration) {}

	fn note_new_head(para: ParaId, head: HeadData, relay_parent_number: BlockNumber) {
		let head = frame_support::BoundedVec::truncate_from(head.0);
		Heads::<T>::insert(para, (head, relay_parent_number));
	}
}

/// Core i is para 2000 + i's, in every block.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnCores<T>(PhantomData<T>);

fn owner_of(core: CoreIndex) -> ParaId {
	ParaId(core.0.saturating_add(2000))
}

impl<T: Config> CoreScheduler for OwnCores<T> {
	fn core_count() -> u32 {
		CORES
	}

	fn load() -> SchedulerLoad {
		SchedulerLoad {
			cores: CORES,
			lookahead: LOOKAHEAD as u32,
			orders: 0,
			core_bytes: 0,
		}
	}

	fn groups() -> Vec<Vec<ValidatorIndex>> {
		split_into_groups(Pallet::<T>::validator_count() as u32, CORES)
	}

	/// Groups stay at their cores.
	fn rotation_info(now: BlockNumber) -> GroupRotationInfo {
		GroupRotationInfo {
			session_start_block: 1,
			group_rotation_frequency: 0,
			now,
		}
	}

	fn claim_queue() -> ClaimQueue {
		let cores = (0..CORES).map(CoreIndex);
		let claims: BTreeMap<_, _> = cores
			.map(|core| (core, (0..LOOKAHEAD).map(|_| owner_of(core)).collect()))
			.collect();
		claims.into_iter().collect()
	}

	fn advance(occupied: &BTreeSet<CoreIndex>, _: &BTreeSet<CoreIndex>) -> Vec<(CoreIndex, ParaId)> {
		let free = (0..CORES).map(CoreIndex).filter(|core| !occupied.contains(core));
		free.map(|core| (core, owner_of(core))).collect()
	}
}
