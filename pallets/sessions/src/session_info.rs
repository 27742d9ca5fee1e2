//! What is remembered of past sessions, for whoever checks or disputes their candidates later.

use crate::{Config, Sessions};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{CheckerKeys, CoreScheduler, CurrentSession, SessionChange},
	AssignmentId, AuthorityDiscoveryId, ExecutorParams, SessionIndex, SessionInfo, ValidatorId,
	ValidatorIndex, MAX_CORES, MAX_DISPUTE_PERIOD, MAX_VALIDATORS,
};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Sessions that are remembered at most: the current one, and those whose candidates may be disputed.
pub const MAX_SESSIONS: u32 = MAX_DISPUTE_PERIOD.saturating_add(1);

type OfValidators<T> = BoundedVec<T, ConstU32<MAX_VALIDATORS>>;

/// What is remembered of a session. Encodes as [`SessionInfo`], with the executor's limits behind it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct SessionRecord {
	active_validator_indices: OfValidators<ValidatorIndex>,
	random_seed: [u8; 32],
	dispute_period: SessionIndex,
	validators: OfValidators<ValidatorId>,
	discovery_keys: OfValidators<AuthorityDiscoveryId>,
	assignment_keys: OfValidators<AssignmentId>,
	validator_groups: BoundedVec<OfValidators<ValidatorIndex>, ConstU32<MAX_CORES>>,
	n_cores: u32,
	zeroth_delay_tranche_width: u32,
	relay_vrf_modulo_samples: u32,
	n_delay_tranches: u32,
	no_show_slots: u32,
	needed_approvals: u32,
	executor_params: ExecutorParams,
}

impl SessionRecord {
	/// Limits of parachain execution in the session.
	pub fn executor_params(&self) -> &ExecutorParams {
		&self.executor_params
	}
}

impl From<SessionRecord> for SessionInfo {
	fn from(record: SessionRecord) -> Self {
		Self {
			active_validator_indices: record.active_validator_indices.into_inner(),
			random_seed: record.random_seed,
			dispute_period: record.dispute_period,
			validators: record.validators.into_inner(),
			discovery_keys: record.discovery_keys.into_inner(),
			assignment_keys: record.assignment_keys.into_inner(),
			validator_groups: record
				.validator_groups
				.into_iter()
				.map(BoundedVec::into_inner)
				.collect(),
			n_cores: record.n_cores,
			zeroth_delay_tranche_width: record.zeroth_delay_tranche_width,
			relay_vrf_modulo_samples: record.relay_vrf_modulo_samples,
			n_delay_tranches: record.n_delay_tranches,
			no_show_slots: record.no_show_slots,
			needed_approvals: record.needed_approvals,
		}
	}
}

impl<T: Config> crate::Pallet<T> {
	/// Remembers the session that begins, and forgets those that are past the dispute period. After the scheduler and the
	/// inclusion pallet were told (R-ABP-9), whose groups are asked for.
	pub(crate) fn remember_session(change: &SessionChange) {
		let config = &change.new_configuration;
		let indices = Self::active_validator_indices();
		let groups = T::Scheduler::groups()
			.into_iter()
			.map(BoundedVec::truncate_from)
			.collect();
		let discovery_keys = T::CheckerKeys::discovery_keys(&change.validators, &indices);
		let assignment_keys = T::CheckerKeys::assignment_keys(&change.validators, &indices);
		let record = SessionRecord {
			active_validator_indices: BoundedVec::truncate_from(indices),
			random_seed: change.random_seed,
			dispute_period: config.dispute_period,
			discovery_keys: BoundedVec::truncate_from(discovery_keys),
			assignment_keys: BoundedVec::truncate_from(assignment_keys),
			validators: BoundedVec::truncate_from(change.validators.clone()),
			validator_groups: BoundedVec::truncate_from(groups),
			n_cores: T::Scheduler::core_count(),
			zeroth_delay_tranche_width: config.zeroth_delay_tranche_width,
			relay_vrf_modulo_samples: config.relay_vrf_modulo_samples,
			n_delay_tranches: config.n_delay_tranches,
			no_show_slots: config.no_show_slots,
			needed_approvals: config.needed_approvals,
			executor_params: config.executor_params.clone(),
		};
		Self::remember(change.session_index, record);
	}

	/// Validators, groups and parameters of a session; `None` for one that is not remembered.
	pub fn session_info(index: SessionIndex) -> Option<SessionInfo> {
		Sessions::<T>::get(index).map(SessionInfo::from)
	}

	/// Limits of parachain execution in a session; `None` for one that is not remembered.
	pub fn session_executor_params(index: SessionIndex) -> Option<ExecutorParams> {
		Sessions::<T>::get(index).map(|record| record.executor_params)
	}

	fn remember(index: SessionIndex, record: SessionRecord) {
		let earliest = index.saturating_sub(record.dispute_period.min(MAX_DISPUTE_PERIOD));
		crate::RememberedSessions::<T>::mutate(|sessions| {
			sessions.retain(|session| {
				let stays = (earliest..index).contains(session);
				if !stays {
					Sessions::<T>::remove(session);
				}
				stays
			});
			// There is room: those that stay are as many as the dispute period at most.
			if sessions.try_push(index).is_ok() {
				Sessions::<T>::insert(index, record);
			}
		});
	}

	/// Checks that what is remembered is what is listed, ascending, and not of a session to come.
	pub(crate) fn try_state_of_records() -> Result<(), sp_runtime::TryRuntimeError> {
		use frame_support::ensure;
		let listed = crate::RememberedSessions::<T>::get();
		ensure!(
			listed.windows(2).all(|pair| pair[0] < pair[1]),
			"remembered sessions do not ascend"
		);
		let mut stored: Vec<SessionIndex> = Sessions::<T>::iter_keys().collect();
		stored.sort_unstable();
		ensure!(
			stored == listed.into_inner(),
			"what is remembered of sessions is not what is listed"
		);
		ensure!(
			stored
				.last()
				.is_none_or(|last| *last <= <Self as CurrentSession>::index()),
			"a session to come is remembered"
		);
		Ok(())
	}
}
