//! What a runtime answers for `ParachainHost` and `AsyncBackingApi`: one generic function a method, by the method's name.
//!
//! `impl_runtime_apis!` wants each method written out, and the crate's front page has them all to copy. These functions ask
//! the ports of [`Config`], so they serve a runtime with pallets of its own as well. What only one pallet knows is asked of
//! that pallet: codes under vote and verdicts of `Paras`, `session_info` and `session_executor_params` of the sessions
//! pallet, contents of queues of `Dmp` and `Hrmp`.

use crate::{Config, Event, Pallet};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{ActiveConfiguration, CoreScheduler, CurrentSession, Disputes, ParaState, Slashing},
	ApprovalVotingParams, AsyncBackingParams, BackingState, CandidateCommitments, CandidateEvent,
	CandidateHash, CandidatePendingAvailability, ClaimQueue, CommittedCandidateReceipt, Constraints,
	ConstraintsExtension, CoreIndex, CoreState, DisputeState, GroupRotationInfo, Hash, HostConfiguration,
	LegacyPendingSlashes, NodeFeatures, OccupiedCoreAssumption, ParaId, PersistedValidationData,
	RelayParentInfo, ScrapedOnChainVotes, SessionIndex, Slot, ValidationCode, ValidationCodeHash,
	ValidatorId, ValidatorIndex, MAX_RELAY_PARENT_SESSION_AGE,
};

/// How many times larger than its compressed form validation code may be.
pub const MAX_CODE_COMPRESSION_RATIO: u32 = 10;

/// Keys of the validators of the session that the child runs in, in shuffled order.
pub fn validators<T: Config>() -> Vec<ValidatorId> {
	T::Session::validators()
}

/// Groups of that session, and how they rotate.
pub fn validator_groups<T: Config>() -> (Vec<Vec<ValidatorIndex>>, GroupRotationInfo) {
	Pallet::<T>::validator_groups()
}

/// What each core does.
pub fn availability_cores<T: Config>() -> Vec<CoreState> {
	Pallet::<T>::availability_cores()
}

/// Validation data of the para's next candidate; `None` for an unknown para, or one without what is assumed.
pub fn persisted_validation_data<T: Config>(
	para: ParaId,
	assumption: OccupiedCoreAssumption,
) -> Option<PersistedValidationData> {
	Pallet::<T>::persisted_validation_data(para, assumption)
}

/// Validation data with this hash, and the code that goes with them, under either assumption.
pub fn assumed_validation_data<T: Config>(
	para: ParaId,
	expected_hash: Hash,
) -> Option<(PersistedValidationData, ValidationCodeHash)> {
	Pallet::<T>::assumed_validation_data(para, expected_hash)
}

/// Whether a candidate with these outputs would be accepted on the included head.
pub fn check_validation_outputs<T: Config>(para: ParaId, outputs: CandidateCommitments) -> bool {
	Pallet::<T>::check_validation_outputs(para, &outputs)
}

/// The session that the child runs in.
pub fn session_index_for_child<T: Config>() -> SessionIndex {
	T::Session::index()
}

/// Code of the para's next candidate.
pub fn validation_code<T: Config>(
	para: ParaId,
	assumption: OccupiedCoreAssumption,
) -> Option<ValidationCode> {
	Pallet::<T>::validation_code(para, assumption)
}

/// The para's first candidate that is pending availability.
pub fn candidate_pending_availability<T: Config>(para: ParaId) -> Option<CommittedCandidateReceipt> {
	Pallet::<T>::candidate_pending_availability(para)
}

/// What happened to candidates in the block.
pub fn candidate_events<T: Config>() -> Vec<CandidateEvent>
where
	<T as frame_system::Config>::RuntimeEvent: TryInto<Event<T>>,
{
	Pallet::<T>::candidate_events()
}

/// Code by its hash.
pub fn validation_code_by_hash<T: Config>(hash: ValidationCodeHash) -> Option<ValidationCode> {
	T::Paras::code_by_hash(hash)
}

/// Hash of the code of the para's next candidate.
pub fn validation_code_hash<T: Config>(
	para: ParaId,
	assumption: OccupiedCoreAssumption,
) -> Option<ValidationCodeHash> {
	Pallet::<T>::validation_code_hash(para, assumption)
}

/// Votes that the block's inherent carried.
pub fn on_chain_votes<T: Config>() -> Option<ScrapedOnChainVotes> {
	Pallet::<T>::on_chain_votes()
}

/// Disputes that are open or were decided of late.
pub fn disputes<T: Config>() -> Vec<(SessionIndex, CandidateHash, DisputeState)> {
	T::Disputes::recent()
}

/// Who lost a dispute and is not slashed yet, in the layout without kinds. What that cannot say is left out.
pub fn unapplied_slashes<S: Slashing>() -> Vec<(SessionIndex, CandidateHash, LegacyPendingSlashes)> {
	S::unapplied()
		.into_iter()
		.filter_map(|(session, candidate, slashes)| Some((session, candidate, slashes.into_legacy()?)))
		.collect()
}

/// Votes that back a candidate at least.
pub fn minimum_backing_votes<T: Config>() -> u32 {
	T::Configuration::active().minimum_backing_votes
}

/// Constraints of the para, and its candidates pending availability; `None` for an unknown para.
pub fn para_backing_state<T: Config>(para: ParaId) -> Option<BackingState> {
	Pallet::<T>::para_backing_state(para)
}

/// Depth and ancestry.
pub fn async_backing_params<T: Config>() -> AsyncBackingParams {
	T::Configuration::active().async_backing_params
}

/// Validators whose votes do not count, ascending.
pub fn disabled_validators<T: Config>() -> Vec<ValidatorIndex> {
	T::Session::disabled().into_iter().collect()
}

/// Features that nodes may rely on.
pub fn node_features<T: Config>() -> NodeFeatures {
	T::Configuration::active().node_features
}

/// Parameters of approval voting.
pub fn approval_voting_params<T: Config>() -> ApprovalVotingParams {
	T::Configuration::active().approval_voting_params
}

/// Who may use each core in the next blocks.
pub fn claim_queue<T: Config>() -> ClaimQueue {
	T::Scheduler::claim_queue()
}

/// The para's candidates that are pending availability, in dependency order.
pub fn candidates_pending_availability<T: Config>(para: ParaId) -> Vec<CommittedCandidateReceipt> {
	Pallet::<T>::candidates_pending_availability(para)
}

/// Bytes that validation code may have when it is decompressed.
pub fn validation_code_bomb_limit<T: Config>() -> u32 {
	T::Configuration::active()
		.max_code_size
		.saturating_mul(MAX_CODE_COMPRESSION_RATIO)
}

/// Constraints of the para.
pub fn backing_constraints<T: Config>(para: ParaId) -> Option<Constraints> {
	Pallet::<T>::base_constraints(para).map(|extended| extended.constraints)
}

/// Blocks that the claim queue reaches ahead.
pub fn scheduling_lookahead<T: Config>() -> u32 {
	T::Configuration::active().scheduling_lookahead
}

/// Paras that may have blocks, ascending.
pub fn para_ids<T: Config>() -> Vec<ParaId> {
	T::Paras::parachains()
}

/// How many sessions old a relay parent may be: none, whatever a configuration says that somebody else's runtime left.
pub fn max_relay_parent_session_age() -> u32 {
	MAX_RELAY_PARENT_SESSION_AGE
}

/// Number and state root of a relay parent of this session; `None` if it is not in the window.
pub fn ancestor_relay_parent_info<T: Config>(
	session_index: SessionIndex,
	relay_parent: Hash,
) -> Option<RelayParentInfo> {
	let found = Pallet::<T>::relay_parent(relay_parent)?;
	(session_index == T::Session::index()).then_some(RelayParentInfo {
		number: found.number,
		state_root: found.storage_root,
	})
}

/// What the constraints lack that the rules know (R-BASE-17).
pub fn constraints_extension<T: Config>(para: ParaId) -> Option<ConstraintsExtension> {
	Pallet::<T>::constraints_extension(para)
}

/// The configuration in force.
pub fn active_configuration<T: Config>() -> HostConfiguration {
	T::Configuration::active()
}

/// Candidates of the para that are pending availability, as nodes put them into a tree (R-VIE-2).
pub fn pending_availability<T: Config>(para: ParaId) -> Vec<CandidatePendingAvailability> {
	Pallet::<T>::pending_availability(para)
}

/// The core of a pending candidate, and the block in which it was backed.
pub fn core_of_candidate<T: Config>(candidate: CandidateHash) -> Option<(CoreIndex, u32)> {
	Pallet::<T>::core_of_candidate(candidate)
}

/// From which slot on the next block ends the session, where a session is one BABE epoch (R-ABP-10): the first slot of the
/// next epoch. `genesis_slot` is `pallet_babe::GenesisSlot`, `epoch_start` is `Babe::current_epoch_start()`.
/// `Slot::MAX` before block 1, which begins the first epoch in its own slot.
pub fn session_ends_from_slot(genesis_slot: Slot, epoch_start: Slot, epoch_slots: u64) -> Slot {
	if genesis_slot == 0 {
		return Slot::MAX;
	}
	epoch_start.saturating_add(epoch_slots)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_abp_10_a_session_ends_with_the_first_slot_of_the_next_epoch() {
		assert_eq!(
			session_ends_from_slot(0, 0, 50),
			Slot::MAX,
			"block 1 never ends one"
		);
		assert_eq!(session_ends_from_slot(1_000, 1_200, 50), 1_250);
	}
}
