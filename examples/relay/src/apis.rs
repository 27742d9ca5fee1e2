//! The runtime APIs: each method forwards to the function of its name.

use crate::*;
use alloc::{collections::BTreeMap, vec::Vec};
use async_backing_primitives::{
	ports::Slashing, ApprovalVotingParams, AsyncBackingParams, BackingState, CandidateCommitments,
	CandidateEvent, CandidateHash, CandidatePendingAvailability, ClaimQueue, CommittedCandidateReceipt,
	Constraints, ConstraintsExtension, CoreIndex, CoreState, DisputeProof, DisputeState, ExecutorParams,
	GroupRotationInfo, Hash, HostConfiguration, InboundDownwardMessage, InboundHrmpMessage,
	LegacyPendingSlashes, NodeFeatures, OccupiedCoreAssumption, OpaqueKeyOwnershipProof, ParaId,
	PendingSlashes, PersistedValidationData, PvfCheckStatement, RelayParentInfo, ScrapedOnChainVotes,
	SessionIndex, SessionInfo, ValidationCode, ValidationCodeHash, ValidatorId, ValidatorIndex,
	ValidatorSignature,
};
use frame_support::genesis_builder_helper::{build_state, get_preset};
use pallet_async_backing_inclusion::runtime_api as answers;
use sp_api::impl_runtime_apis;
use sp_core::OpaqueMetadata;
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
	traits::Block as BlockT,
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}

		fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(block: <Block as BlockT>::LazyBlock, data: InherentData) -> CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_consensus_babe::BabeApi<Block> for Runtime {
		fn configuration() -> sp_consensus_babe::BabeConfiguration {
			let epoch = Babe::epoch_config().unwrap_or(EPOCH_CONFIGURATION);
			sp_consensus_babe::BabeConfiguration {
				slot_duration: Babe::slot_duration(),
				epoch_length: EPOCH_SLOTS,
				c: epoch.c,
				authorities: Babe::authorities().to_vec(),
				randomness: Babe::randomness(),
				allowed_slots: epoch.allowed_slots,
			}
		}

		fn current_epoch_start() -> sp_consensus_babe::Slot {
			Babe::current_epoch_start()
		}

		fn current_epoch() -> sp_consensus_babe::Epoch {
			Babe::current_epoch()
		}

		fn next_epoch() -> sp_consensus_babe::Epoch {
			Babe::next_epoch()
		}

		fn generate_key_ownership_proof(
			_slot: sp_consensus_babe::Slot,
			_authority_id: sp_consensus_babe::AuthorityId,
		) -> Option<sp_consensus_babe::OpaqueKeyOwnershipProof> {
			// Equivocations are not reported on this chain.
			None
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			_equivocation_proof: sp_consensus_babe::EquivocationProof<<Block as BlockT>::Header>,
			_key_owner_proof: sp_consensus_babe::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			None
		}
	}

	// No pallet for disputes and slashing is in this runtime: what is asked of them answers through the ports of `()`.
	#[api_version(16)]
	impl async_backing_primitives::runtime_api::ParachainHost<Block> for Runtime {
		fn validators() -> Vec<ValidatorId> {
			answers::validators::<Runtime>()
		}

		fn validator_groups() -> (Vec<Vec<ValidatorIndex>>, GroupRotationInfo) {
			answers::validator_groups::<Runtime>()
		}

		fn availability_cores() -> Vec<CoreState> {
			answers::availability_cores::<Runtime>()
		}

		fn persisted_validation_data(
			para: ParaId,
			assumption: OccupiedCoreAssumption,
		) -> Option<PersistedValidationData> {
			answers::persisted_validation_data::<Runtime>(para, assumption)
		}

		fn assumed_validation_data(
			para: ParaId,
			expected_hash: Hash,
		) -> Option<(PersistedValidationData, ValidationCodeHash)> {
			answers::assumed_validation_data::<Runtime>(para, expected_hash)
		}

		fn check_validation_outputs(para: ParaId, outputs: CandidateCommitments) -> bool {
			answers::check_validation_outputs::<Runtime>(para, outputs)
		}

		fn session_index_for_child() -> SessionIndex {
			answers::session_index_for_child::<Runtime>()
		}

		fn validation_code(para: ParaId, assumption: OccupiedCoreAssumption) -> Option<ValidationCode> {
			answers::validation_code::<Runtime>(para, assumption)
		}

		fn candidate_pending_availability(para: ParaId) -> Option<CommittedCandidateReceipt> {
			answers::candidate_pending_availability::<Runtime>(para)
		}

		fn candidate_events() -> Vec<CandidateEvent> {
			answers::candidate_events::<Runtime>()
		}

		fn validation_code_by_hash(hash: ValidationCodeHash) -> Option<ValidationCode> {
			answers::validation_code_by_hash::<Runtime>(hash)
		}

		fn validation_code_hash(para: ParaId, assumption: OccupiedCoreAssumption) -> Option<ValidationCodeHash> {
			answers::validation_code_hash::<Runtime>(para, assumption)
		}

		fn on_chain_votes() -> Option<ScrapedOnChainVotes> {
			answers::on_chain_votes::<Runtime>()
		}

		fn submit_pvf_check_statement(statement: PvfCheckStatement, signature: ValidatorSignature) {
			Paras::submit_verdict(statement, signature);
		}

		fn pvfs_require_precheck() -> Vec<ValidationCodeHash> {
			Paras::pvfs_require_precheck()
		}

		fn session_info(index: SessionIndex) -> Option<SessionInfo> {
			ParaSessionInfo::session_info(index)
		}

		fn disputes() -> Vec<(SessionIndex, CandidateHash, DisputeState)> {
			answers::disputes::<Runtime>()
		}

		fn session_executor_params(index: SessionIndex) -> Option<ExecutorParams> {
			ParaSessionInfo::session_executor_params(index)
		}

		fn unapplied_slashes() -> Vec<(SessionIndex, CandidateHash, LegacyPendingSlashes)> {
			answers::unapplied_slashes::<()>()
		}

		fn key_ownership_proof(validator: ValidatorId) -> Option<OpaqueKeyOwnershipProof> {
			<() as Slashing>::key_ownership_proof(validator)
		}

		fn submit_report_dispute_lost(dispute: DisputeProof, key_ownership: OpaqueKeyOwnershipProof) -> Option<()> {
			<() as Slashing>::submit_report(dispute, key_ownership)
		}

		fn dmq_contents(recipient: ParaId) -> Vec<InboundDownwardMessage> {
			Dmp::dmq_contents(recipient)
		}

		fn inbound_hrmp_channels_contents(recipient: ParaId) -> BTreeMap<ParaId, Vec<InboundHrmpMessage>> {
			Hrmp::inbound_hrmp_channels_contents(recipient)
		}

		fn minimum_backing_votes() -> u32 {
			answers::minimum_backing_votes::<Runtime>()
		}

		fn para_backing_state(para: ParaId) -> Option<BackingState> {
			answers::para_backing_state::<Runtime>(para)
		}

		fn async_backing_params() -> AsyncBackingParams {
			answers::async_backing_params::<Runtime>()
		}

		fn disabled_validators() -> Vec<ValidatorIndex> {
			answers::disabled_validators::<Runtime>()
		}

		fn node_features() -> NodeFeatures {
			answers::node_features::<Runtime>()
		}

		fn approval_voting_params() -> ApprovalVotingParams {
			answers::approval_voting_params::<Runtime>()
		}

		fn claim_queue() -> ClaimQueue {
			answers::claim_queue::<Runtime>()
		}

		fn candidates_pending_availability(para: ParaId) -> Vec<CommittedCandidateReceipt> {
			answers::candidates_pending_availability::<Runtime>(para)
		}

		fn validation_code_bomb_limit() -> u32 {
			answers::validation_code_bomb_limit::<Runtime>()
		}

		fn backing_constraints(para: ParaId) -> Option<Constraints> {
			answers::backing_constraints::<Runtime>(para)
		}

		fn scheduling_lookahead() -> u32 {
			answers::scheduling_lookahead::<Runtime>()
		}

		fn para_ids() -> Vec<ParaId> {
			answers::para_ids::<Runtime>()
		}

		fn unapplied_slashes_v2() -> Vec<(SessionIndex, CandidateHash, PendingSlashes)> {
			<() as Slashing>::unapplied()
		}

		fn max_relay_parent_session_age() -> u32 {
			answers::max_relay_parent_session_age()
		}

		fn ancestor_relay_parent_info(session_index: SessionIndex, relay_parent: Hash) -> Option<RelayParentInfo> {
			answers::ancestor_relay_parent_info::<Runtime>(session_index, relay_parent)
		}
	}

	impl async_backing_primitives::runtime_api::AsyncBackingApi<Block> for Runtime {
		fn constraints_extension(para: ParaId) -> Option<ConstraintsExtension> {
			answers::constraints_extension::<Runtime>(para)
		}

		fn active_configuration() -> HostConfiguration {
			answers::active_configuration::<Runtime>()
		}

		fn pending_configurations() -> Vec<(SessionIndex, HostConfiguration)> {
			Configuration::pending()
		}

		fn session_ends_from_slot() -> u64 {
			answers::session_ends_from_slot(
				pallet_babe::GenesisSlot::<Runtime>::get().into(),
				Babe::current_epoch_start().into(),
				EPOCH_SLOTS,
			)
		}

		fn pending_availability(para: ParaId) -> Vec<CandidatePendingAvailability> {
			answers::pending_availability::<Runtime>(para)
		}

		fn core_of_candidate(candidate: CandidateHash) -> Option<(CoreIndex, u32)> {
			answers::core_of_candidate::<Runtime>(candidate)
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, sp_core::crypto::KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(json: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(json)
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, |_| None)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			Vec::new()
		}
	}
}
