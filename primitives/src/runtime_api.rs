//! Runtime APIs: what a node asks of a relay runtime.
//!
//! [`ParachainHost`] has the method names, arguments and results of Polkadot's, as far as asynchronous backing needs
//! them (R-BIN-30). [`AsyncBackingApi`] adds what that one cannot express. Every method answers for the state of the
//! block at which it is called.

use crate::{
	ApprovalVotingParams, AsyncBackingParams, BackingState, BlockNumber, CandidateEvent, CandidateHash,
	CandidatePendingAvailability, ClaimQueue, CommittedCandidateReceipt, Constraints, ConstraintsExtension,
	CoreState, DisputeProof, DisputeState, ExecutorParams, GroupRotationInfo, Hash, HostConfiguration,
	InboundDownwardMessage, InboundHrmpMessage, LegacyPendingSlashes, NodeFeatures, OccupiedCoreAssumption,
	OpaqueKeyOwnershipProof, ParaId, PendingSlashes, PersistedValidationData, PvfCheckStatement,
	RelayParentInfo, ScrapedOnChainVotes, SessionIndex, SessionInfo, Slot, ValidationCode,
	ValidationCodeHash, ValidatorId, ValidatorIndex, ValidatorSignature,
};
use alloc::{collections::BTreeMap, vec::Vec};

sp_api::decl_runtime_apis! {
	/// What a node asks about parachains.
	#[api_version(5)]
	pub trait ParachainHost {
		/// Keys of the session's validators, in shuffled order.
		fn validators() -> Vec<ValidatorId>;

		/// Backing groups, and how they rotate seen from the child of this block.
		fn validator_groups() -> (Vec<Vec<ValidatorIndex>>, GroupRotationInfo);

		/// State of every core, for the child of this block (R-SCH-1).
		fn availability_cores() -> Vec<CoreState>;

		/// Validation data of a candidate with this block as its relay parent; `None` if the para has no head or the
		/// assumption does not hold (R-ENA-6).
		fn persisted_validation_data(
			para_id: ParaId,
			assumption: OccupiedCoreAssumption,
		) -> Option<PersistedValidationData>;

		/// As `persisted_validation_data`, assuming first no pending candidate and then that all are included, whichever
		/// has the expected hash; with the code hash.
		fn assumed_validation_data(
			para_id: ParaId,
			expected_persisted_validation_data_hash: Hash,
		) -> Option<(PersistedValidationData, ValidationCodeHash)>;

		/// Whether a candidate on the included head with these outputs would be accepted.
		fn check_validation_outputs(para_id: ParaId, outputs: crate::CandidateCommitments) -> bool;

		/// Session that the child of this block runs in.
		fn session_index_for_child() -> SessionIndex;

		/// Code that validates a candidate under this assumption.
		fn validation_code(para_id: ParaId, assumption: OccupiedCoreAssumption) -> Option<ValidationCode>;

		/// The oldest candidate of the para that is pending availability.
		fn candidate_pending_availability(para_id: ParaId) -> Option<CommittedCandidateReceipt>;

		/// What happened to candidates in this block.
		fn candidate_events() -> Vec<CandidateEvent>;

		/// Code with this hash.
		fn validation_code_by_hash(hash: ValidationCodeHash) -> Option<ValidationCode>;

		/// Hash of the code that validates a candidate under this assumption.
		fn validation_code_hash(
			para_id: ParaId,
			assumption: OccupiedCoreAssumption,
		) -> Option<ValidationCodeHash>;

		/// Who backed what in this block, and the dispute votes that it carries; `None` if nothing is known of it.
		fn on_chain_votes() -> Option<ScrapedOnChainVotes>;

		/// Validators, groups and parameters of a session; `None` for one that is not remembered.
		fn session_info(index: SessionIndex) -> Option<SessionInfo>;

		/// Hands in a validator's verdict on new code; it goes into the transaction pool of the node that asks (R-CODE-3).
		fn submit_pvf_check_statement(statement: PvfCheckStatement, signature: ValidatorSignature);

		/// Codes that wait for verdicts, ascending (R-CODE-3).
		fn pvfs_require_precheck() -> Vec<ValidationCodeHash>;

		/// Disputes that are open or were decided of late.
		fn disputes() -> Vec<(SessionIndex, CandidateHash, DisputeState)>;

		/// Limits of parachain execution in a session; `None` for one that is not remembered.
		fn session_executor_params(session_index: SessionIndex) -> Option<ExecutorParams>;

		/// As `unapplied_slashes_v2`, for nodes that know two kinds of offences only.
		fn unapplied_slashes() -> Vec<(SessionIndex, CandidateHash, LegacyPendingSlashes)>;

		/// Proof that the key is a validator's in this session; `None` if it is nobody's, or nobody slashes.
		fn key_ownership_proof(validator_id: ValidatorId) -> Option<OpaqueKeyOwnershipProof>;

		/// Hands in that a validator lost a dispute; the report goes into the transaction pool of the node that asks.
		/// `None` if it can't be made.
		fn submit_report_dispute_lost(
			dispute_proof: DisputeProof,
			key_ownership_proof: OpaqueKeyOwnershipProof,
		) -> Option<()>;

		/// Downward messages that wait for the para.
		fn dmq_contents(recipient: ParaId) -> Vec<InboundDownwardMessage>;

		/// Horizontal messages that wait for the para, by sender.
		fn inbound_hrmp_channels_contents(recipient: ParaId) -> BTreeMap<ParaId, Vec<InboundHrmpMessage>>;

		/// Least number of backing votes (R-BKV-1).
		#[api_version(6)]
		fn minimum_backing_votes() -> u32;

		/// Base constraints of the para and its pending candidates (R-BIN-4); `None` without head or code.
		#[api_version(7)]
		fn para_backing_state(para_id: ParaId) -> Option<BackingState>;

		/// Parameters of asynchronous backing in this session.
		#[api_version(7)]
		fn async_backing_params() -> AsyncBackingParams;

		/// Validators whose votes do not count in this session.
		#[api_version(8)]
		fn disabled_validators() -> Vec<ValidatorIndex>;

		/// Features that the nodes of the network have agreed to use.
		#[api_version(9)]
		fn node_features() -> NodeFeatures;

		/// How approvals are voted for.
		#[api_version(10)]
		fn approval_voting_params() -> ApprovalVotingParams;

		/// Claims of every core for the blocks after this one (R-SCH-4).
		#[api_version(11)]
		fn claim_queue() -> ClaimQueue;

		/// All candidates of the para that are pending availability, in dependency order.
		#[api_version(11)]
		fn candidates_pending_availability(para_id: ParaId) -> Vec<CommittedCandidateReceipt>;

		/// Largest size to which compressed validation code may expand, in bytes.
		#[api_version(12)]
		fn validation_code_bomb_limit() -> u32;

		/// Base constraints of the para; `None` without head or code.
		#[api_version(13)]
		fn backing_constraints(para_id: ParaId) -> Option<Constraints>;

		/// How far ahead the claim queue is filled.
		#[api_version(13)]
		fn scheduling_lookahead() -> u32;

		/// All parachains, ascending.
		#[api_version(14)]
		fn para_ids() -> Vec<ParaId>;

		/// Validators that lost a dispute and are not slashed yet.
		#[api_version(15)]
		fn unapplied_slashes_v2() -> Vec<(SessionIndex, CandidateHash, PendingSlashes)>;

		/// How many sessions back a relay parent may lie; 0 means this session only.
		#[api_version(16)]
		fn max_relay_parent_session_age() -> u32;

		/// A relay parent of that session that is legal for the child of this block (R-REL-1); `None` if it is not.
		#[api_version(16)]
		fn ancestor_relay_parent_info(
			session_index: SessionIndex,
			relay_parent: Hash,
		) -> Option<RelayParentInfo>;
	}

	/// What a collator asks the runtime of its parachain, under the name by which collators of the field ask it.
	pub trait AuraUnincludedSegmentApi {
		/// Whether a block may be built on this one in `slot`, a slot of the relay chain, when `included` is the head that is
		/// included at the relay parent (R-HOO-3).
		fn can_build_upon(included: crate::Hash, slot: Slot) -> bool;
	}

	/// What this project's pallets offer beyond [`ParachainHost`].
	pub trait AsyncBackingApi {
		/// The part of the constraints that their wire format cannot express (R-BASE-17).
		fn constraints_extension(para_id: ParaId) -> Option<ConstraintsExtension>;

		/// Configuration of this session.
		fn active_configuration() -> HostConfiguration;

		/// Staged configurations with the sessions in which they take effect, ascending (R-ABP-5).
		fn pending_configurations() -> Vec<(SessionIndex, HostConfiguration)>;

		/// A child of this block in this slot or a later one ends the session, and nothing is backed in it (R-ABP-10).
		fn session_ends_from_slot() -> Slot;

		/// All pending candidates of the para with what a node needs to place them (R-BIN-3).
		fn pending_availability(para_id: ParaId) -> Vec<CandidatePendingAvailability>;

		/// Block in which a pending candidate was backed, and the core that it occupies.
		fn core_of_candidate(candidate: CandidateHash) -> Option<(crate::CoreIndex, BlockNumber)>;
	}
}
