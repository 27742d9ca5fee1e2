//! The runtime APIs.

use crate::{
	genesis_presets, AccountId, AuthorityDiscovery, Babe, Balance, Block, Configuration, Dmp, EpochLength,
	Executive, Grandpa, Hash, Hrmp, InherentDataExt, Nonce, ParaSessionInfo, Paras, Runtime, RuntimeCall,
	RuntimeGenesisConfig, SessionKeys, System, TransactionPayment, VERSION,
};
#[cfg(feature = "runtime-benchmarks")]
use crate::{ParaInclusion, ParaScheduler};
use alloc::{collections::BTreeMap, vec::Vec};
use async_backing_primitives::{
	ports::Slashing, ApprovalVotingParams, AsyncBackingParams, BackingState, CandidateCommitments,
	CandidateEvent, CandidateHash, CandidatePendingAvailability, ClaimQueue, CommittedCandidateReceipt,
	Constraints, ConstraintsExtension, CoreIndex, CoreState, DisputeProof, DisputeState, ExecutorParams,
	GroupRotationInfo, HostConfiguration, InboundDownwardMessage, InboundHrmpMessage, LegacyPendingSlashes,
	NodeFeatures, OccupiedCoreAssumption, OpaqueKeyOwnershipProof, ParaId, PendingSlashes,
	PersistedValidationData, PvfCheckStatement, RelayParentInfo, ScrapedOnChainVotes, SessionIndex,
	SessionInfo, ValidationCode, ValidationCodeHash, ValidatorId, ValidatorIndex, ValidatorSignature,
};
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	traits::Get,
	view_functions::{ViewFunctionDispatchError, ViewFunctionId},
	weights::Weight,
};
use pallet_async_backing_inclusion::runtime_api as answers;
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use sp_api::impl_runtime_apis;
use sp_core::OpaqueMetadata;
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
	traits::Block as BlockT,
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

#[cfg(feature = "runtime-benchmarks")]
frame_benchmarking::define_benchmarks!(
	[pallet_async_backing_configuration, Configuration]
	[pallet_async_backing_dmp, Dmp]
	[pallet_async_backing_hrmp, Hrmp]
	[pallet_async_backing_inclusion, ParaInclusion]
	[pallet_async_backing_paras, Paras]
	[pallet_async_backing_scheduler, ParaScheduler]
);

/// Who slashes the losers of disputes: nobody yet. Whoever brings a pallet for it puts it here.
type DisputeSlashing = ();

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

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
			use frame_benchmarking::BenchmarkList;
			use frame_support::traits::StorageInfoTrait;
			let mut list = Vec::<BenchmarkList>::new();
			list_benchmarks!(list, extra);
			(list, crate::AllPalletsWithSystem::storage_info())
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			use frame_benchmarking::BenchmarkBatch;
			use frame_support::traits::WhitelistedStorageKeys;
			let whitelist = crate::AllPalletsWithSystem::whitelisted_storage_keys();
			let mut batches = Vec::<BenchmarkBatch>::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl crate::benchmark_helper::PredictedWeight<Block> for Runtime {
		fn of_inherent(composition: pallet_async_backing_inclusion::benchmarking::Composition) -> u64 {
			let inherent = composition.build::<Runtime>();
			ParaInclusion::weight_of(&inherent).ref_time()
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

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_consensus_babe::BabeApi<Block> for Runtime {
		fn configuration() -> sp_consensus_babe::BabeConfiguration {
			let epoch = Babe::epoch_config().unwrap_or(crate::config::consensus::EPOCH_CONFIGURATION);
			sp_consensus_babe::BabeConfiguration {
				slot_duration: Babe::slot_duration(),
				epoch_length: <EpochLength as Get<u64>>::get(),
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

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			pallet_grandpa::CurrentSetId::<Runtime>::get()
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			_equivocation_proof: sp_consensus_grandpa::EquivocationProof<
				<Block as BlockT>::Hash,
				sp_runtime::traits::NumberFor<Block>,
			>,
			_key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			None
		}

		fn generate_key_ownership_proof(
			_set_id: sp_consensus_grandpa::SetId,
			_authority_id: sp_consensus_grandpa::AuthorityId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
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
			answers::unapplied_slashes::<DisputeSlashing>()
		}

		fn key_ownership_proof(validator: ValidatorId) -> Option<OpaqueKeyOwnershipProof> {
			DisputeSlashing::key_ownership_proof(validator)
		}

		fn submit_report_dispute_lost(dispute: DisputeProof, key_ownership: OpaqueKeyOwnershipProof) -> Option<()> {
			DisputeSlashing::submit_report(dispute, key_ownership)
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
			DisputeSlashing::unapplied()
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
			crate::session_ends_from_slot()
		}

		fn pending_availability(para: ParaId) -> Vec<CandidatePendingAvailability> {
			answers::pending_availability::<Runtime>(para)
		}

		fn core_of_candidate(candidate: CandidateHash) -> Option<(CoreIndex, u32)> {
			answers::core_of_candidate::<Runtime>(candidate)
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			query_id: ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, ViewFunctionDispatchError> {
			Runtime::execute_view_function(query_id, input)
		}
	}

	impl sp_authority_discovery::AuthorityDiscoveryApi<Block> for Runtime {
		fn authorities() -> Vec<sp_authority_discovery::AuthorityId> {
			AuthorityDiscovery::authorities()
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
		fn query_info(uxt: <Block as BlockT>::Extrinsic, len: u32) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(uxt, len)
		}

		fn query_fee_details(uxt: <Block as BlockT>::Extrinsic, len: u32) -> FeeDetails<Balance> {
			TransactionPayment::query_fee_details(uxt, len)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<Block, Balance, RuntimeCall> for Runtime {
		fn query_call_info(call: RuntimeCall, len: u32) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_call_info(call, len)
		}

		fn query_call_fee_details(call: RuntimeCall, len: u32) -> FeeDetails<Balance> {
			TransactionPayment::query_call_fee_details(call, len)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
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

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(json: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(json)
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, genesis_presets::get_preset)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			genesis_presets::preset_names()
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(
			checks: frame_try_runtime::UpgradeCheckSelect,
		) -> (frame_support::weights::Weight, frame_support::weights::Weight) {
			// Nobody but the tool that asks for it calls this, and it wants a trap for a failure.
			let weight = Executive::try_runtime_upgrade(checks).expect("the upgrade passes its checks");
			let limits = <Runtime as frame_system::Config>::BlockWeights::get();
			(weight, limits.max_block)
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> frame_support::weights::Weight {
			Executive::try_execute_block(block, state_root_check, signature_check, select)
				.expect("the block is good and its state sound")
		}
	}
}
