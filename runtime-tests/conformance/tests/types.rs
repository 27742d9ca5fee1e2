//! R-BIN: every type of the compatibility table has the published crate's encoding, byte for byte.
//!
//! For each type, two thousand random values: ours encodes to what theirs decodes, theirs encodes to the same bytes,
//! and ours decodes them to the value. Then two thousand damaged encodings: both sides refuse the same ones, and what
//! both accept they encode alike. So the check runs both ways, and over values that neither side would make.

mod common;

use async_backing_primitives as ours;
use codec::{DecodeAll, Encode};
use common::Random;
use polkadot_primitives as theirs;
use std::fmt::Debug;

const VALUES: u32 = 2000;

/// The layout of the published configuration by its parts, with the scheduler parameters of primitives v9, and what comes
/// after them: their struct is in the crate of their pallets, which brings half of their SDK.
type PublishedConfiguration = (
	(
		[u32; 9],
		theirs::AsyncBackingParams,
		[u32; 3],
		[u128; 2],
		[u32; 4],
	),
	(theirs::ExecutorParams, u32, Option<u32>, [u32; 10]),
	(theirs::NodeFeatures, theirs::ApprovalVotingParams),
	(theirs::SchedulerParams<u32>, u32),
	u32,
);

/// Holds a type of ours to one of theirs.
fn conforms<Ours, Theirs>(rule: &str, mut value: impl FnMut(&mut Random) -> Ours)
where
	Ours: Encode + DecodeAll + PartialEq + Debug,
	Theirs: Encode + DecodeAll,
{
	let seed = rule.bytes().map(u64::from).sum();
	let mut random = Random::new(seed);
	let mut refused = 0;
	for case in 0..VALUES {
		let ours = value(&mut random);
		let bytes = ours.encode();
		let theirs = Theirs::decode_all(&mut &bytes[..])
			.unwrap_or_else(|error| panic!("{rule}: case {case}: {ours:?} does not decode there: {error}"));
		assert_eq!(
			theirs.encode(),
			bytes,
			"{rule}: case {case}: {ours:?} reads as something else there"
		);
		let back = Ours::decode_all(&mut &bytes[..]).expect("own encoding");
		assert_eq!(back, ours, "{rule}: case {case}");

		let damaged = random.mutate(bytes);
		match (
			Ours::decode_all(&mut &damaged[..]),
			Theirs::decode_all(&mut &damaged[..]),
		) {
			(Ok(ours), Ok(theirs)) => {
				assert_eq!(ours.encode(), theirs.encode(), "{rule}: case {case}: {damaged:?}");
			}
			(Err(_), Err(_)) => refused += 1,
			(ours, theirs) => panic!(
				"{rule}: case {case}: ours {:?}, theirs {:?}: {damaged:?}",
				ours.map(|_| "accepts"),
				theirs.map(|_| "accepts")
			),
		}
	}
	assert!(
		refused < VALUES,
		"{rule}: some damaged encodings must decode, or the second half says nothing"
	);
}

macro_rules! table {
	($($name:ident: $ours:ty, $theirs:ty, $value:expr;)*) => {
		$(
			#[test]
			fn $name() {
				conforms::<$ours, $theirs>(stringify!($name), $value);
			}
		)*
	};
}

table! {
	r_bin_1_async_backing_params: ours::AsyncBackingParams, theirs::AsyncBackingParams, |random| {
		ours::AsyncBackingParams { max_candidate_depth: random.number(), allowed_ancestry_len: random.number() }
	};
	r_bin_2_constraints: ours::Constraints, theirs::async_backing::Constraints, Random::constraints;
	r_bin_3_candidate_pending_availability:
		ours::CandidatePendingAvailability, theirs::async_backing::CandidatePendingAvailability, Random::pending;
	r_bin_4_backing_state: ours::BackingState, theirs::async_backing::BackingState, |random| ours::BackingState {
		constraints: random.constraints(),
		pending_availability: random.list(3, Random::pending),
	};
	r_bin_5_commitments: ours::CandidateCommitments, theirs::CandidateCommitments, Random::commitments;
	r_bin_6_persisted_validation_data:
		ours::PersistedValidationData, theirs::PersistedValidationData, Random::validation_data;
	r_bin_7_and_r_bin_8_core_state: ours::CoreState, theirs::CoreState, Random::core_state;
	r_bin_7_scheduled_core: ours::ScheduledCore, theirs::ScheduledCore, Random::scheduled_core;
	r_bin_9_group_rotation_info: ours::GroupRotationInfo, theirs::GroupRotationInfo, |random| ours::GroupRotationInfo {
		session_start_block: random.number(),
		group_rotation_frequency: random.number(),
		now: random.number(),
	};
	r_bin_10_availability_bitfield: ours::AvailabilityBitfield, theirs::AvailabilityBitfield, |random| {
		ours::AvailabilityBitfield(random.bits(70))
	};
	r_bin_10_unchecked_signed:
		ours::UncheckedSignedAvailabilityBitfield, theirs::UncheckedSignedAvailabilityBitfield, Random::bitfield;
	r_bin_10_signing_context: ours::SigningContext, theirs::SigningContext, |random| ours::SigningContext {
		session_index: random.number(),
		parent_hash: random.hash(),
	};
	r_bin_11_descriptor: ours::CandidateDescriptor, theirs::CandidateDescriptorV2, Random::descriptor;
	r_bin_11_receipt: ours::CandidateReceipt, theirs::CandidateReceiptV2, Random::receipt;
	r_bin_11_committed_receipt:
		ours::CommittedCandidateReceipt, theirs::CommittedCandidateReceiptV2, Random::committed_receipt;
	r_bin_14_compact_statement: ours::CompactStatement, theirs::CompactStatement, Random::compact_statement;
	r_bin_14_signed_statement:
		ours::SignedCompactStatement, theirs::UncheckedSignedStatement, Random::signed_statement;
	r_bin_15_validity_attestation: ours::ValidityAttestation, theirs::ValidityAttestation, Random::attestation;
	r_bin_16_backed_candidate: ours::BackedCandidate, theirs::BackedCandidate, Random::backed_candidate;
	r_bin_17_inherent_data: ours::ParachainsInherentData, theirs::InherentData, Random::inherent;
	r_bin_17_dispute_statement_set: ours::DisputeStatementSet, theirs::DisputeStatementSet, Random::dispute_set;
	r_bin_18_candidate_event: ours::CandidateEvent, theirs::CandidateEvent, Random::candidate_event;
	r_bin_19_occupied_core_assumption: ours::OccupiedCoreAssumption, theirs::OccupiedCoreAssumption, |random| {
		use ours::OccupiedCoreAssumption::*;
		random.pick(&[Included, TimedOut, Free])
	};
	r_bin_20_ump_signal: ours::UmpSignal, theirs::UMPSignal, Random::signal;
	r_bin_21_upgrade_go_ahead: ours::UpgradeGoAhead, theirs::UpgradeGoAhead, |random| {
		random.pick(&[ours::UpgradeGoAhead::Abort, ours::UpgradeGoAhead::GoAhead])
	};
	r_bin_2_upgrade_restriction: ours::UpgradeRestriction, theirs::UpgradeRestriction, |_| {
		ours::UpgradeRestriction::Present
	};
	r_bin_22_statement_filter:
		ours::StatementFilter, polkadot_node_network_protocol::v3::StatementFilter, Random::filter;
	r_bin_22_statement_distribution_message:
		ours::StatementDistributionMessage,
		polkadot_node_network_protocol::v3::StatementDistributionMessage,
		Random::distribution_message;
	r_bin_30_claim_queue:
		ours::ClaimQueue,
		std::collections::BTreeMap<theirs::CoreIndex, std::collections::VecDeque<theirs::Id>>,
		|random| random.list(4, |random| {
			(ours::CoreIndex(random.number()), random.list(4, Random::para).into())
		}).into_iter().collect();
	r_bin_30_session_info: ours::SessionInfo, theirs::SessionInfo, Random::session_info;
	r_bin_30_on_chain_votes: ours::ScrapedOnChainVotes, theirs::ScrapedOnChainVotes, |random| ours::ScrapedOnChainVotes {
		session: random.number(),
		backing_validators_per_candidate: random.list(3, |random| {
			let votes = random.list(3, |random| (ours::ValidatorIndex(random.number()), random.attestation()));
			(random.receipt(), votes)
		}),
		disputes: random.list(2, Random::dispute_set),
	};
	r_bin_30_dispute_state: ours::DisputeState, theirs::DisputeState, |random| ours::DisputeState {
		validators_for: random.bits(30),
		validators_against: random.bits(30),
		start: random.number(),
		concluded_at: random.option(Random::number),
	};
	r_bin_30_executor_params: ours::ExecutorParams, theirs::ExecutorParams, Random::executor_params;
	r_bin_30_approval_voting_params: ours::ApprovalVotingParams, theirs::ApprovalVotingParams, |random| {
		ours::ApprovalVotingParams { max_approval_coalesce_count: random.number() }
	};
	r_bin_30_node_features: ours::NodeFeatures, theirs::NodeFeatures, |random| random.host_configuration().node_features;
	r_key_1_host_configuration: ours::HostConfiguration, PublishedConfiguration, Random::host_configuration;
	r_bin_30_relay_parent_info:
		ours::RelayParentInfo, theirs::vstaging::RelayParentInfo<theirs::Hash, u32>, |random| ours::RelayParentInfo {
			number: random.number(),
			state_root: random.hash(),
		};
	r_bin_30_pending_slashes: ours::PendingSlashes, theirs::slashing::PendingSlashes, |random| {
		use ours::DisputeOffenceKind::*;
		ours::PendingSlashes {
			keys: random
				.list(4, |random| (ours::ValidatorIndex(random.number()), random.validator_id()))
				.into_iter()
				.collect(),
			kind: random.pick(&[ForInvalidBacked, AgainstValid, ForInvalidApproved]),
		}
	};
	r_code_3_pvf_check_statement: ours::PvfCheckStatement, theirs::PvfCheckStatement, |random| ours::PvfCheckStatement {
		accept: random.flip(),
		subject: ours::ValidationCodeHash(random.hash()),
		session_index: random.number(),
		validator_index: ours::ValidatorIndex(random.number()),
	};
	r_dmp_1_inbound_downward_message:
		ours::InboundDownwardMessage, theirs::InboundDownwardMessage, |random| ours::InboundDownwardMessage {
			sent_at: random.number(),
			msg: random.bytes(40),
		};
	r_hrmp_3_inbound_hrmp_message:
		ours::InboundHrmpMessage, theirs::InboundHrmpMessage, |random| ours::InboundHrmpMessage {
			sent_at: random.number(),
			data: random.bytes(40),
		};
}

/// The hosts of the published crate and ours have one table of methods: same names, so the same calls.
#[test]
fn r_bin_30_the_runtime_api_has_their_identity() {
	use ours::runtime_api::runtime_decl_for_parachain_host as our_api;
	use theirs::runtime_api::runtime_decl_for_parachain_host as their_api;
	assert_eq!(
		our_api::ID,
		their_api::ID,
		"R-BIN-30: nodes look the API up by this"
	);
	assert_eq!(our_api::VERSION, their_api::VERSION, "R-BIN-30: base version");
}
