//! What a runtime answers for each method of its APIs: the answer of the port or of the pallet that knows (R-BIN-30).

use super::queries::between_blocks;
use crate::{mock::*, runtime_api as api};
use async_backing_primitives::{
	ports::Slashing, ApprovalVotingParams, AsyncBackingParams, CandidateEvent, CandidateHash, CoreIndex,
	CoreState, DisputeOffenceKind, DisputeProof, GroupIndex, Hash, OccupiedCoreAssumption,
	OpaqueKeyOwnershipProof, ParaId, PendingSlashes, RelayParentInfo, SessionIndex, SlashingOffenceKind,
	ValidatorId, ValidatorIndex,
};
use frame_support::assert_ok;

#[test]
fn r_bin_30_what_is_told_of_the_session() {
	Setup::default().run(|| {
		neighbours(|state| {
			state.session = 3;
			state.disabled = [4, 1].map(ValidatorIndex).into();
		});
		assert_eq!(
			api::validators::<Test>(),
			validators(6),
			"in the order of the session"
		);
		assert_eq!(api::session_index_for_child::<Test>(), 3);
		assert_eq!(
			api::disabled_validators::<Test>(),
			[1, 4].map(ValidatorIndex),
			"ascending"
		);
		let (groups, rotation) = api::validator_groups::<Test>();
		let expected = [[0, 1, 2], [3, 4, 5]].map(|group| group.map(ValidatorIndex));
		assert_eq!(groups, expected);
		assert_eq!(rotation.now, now() + 1, "seen from the child");
	});
}

#[test]
fn r_bin_30_what_is_told_of_the_configuration() {
	Setup {
		params: (7, 2),
		..Setup::default()
	}
	.run(|| {
		let config = neighbours(|state| {
			let config = &mut state.config;
			config.minimum_backing_votes = 5;
			config.max_code_size = 1_001;
			config.scheduling_lookahead = 6;
			config.approval_voting_params = ApprovalVotingParams {
				max_approval_coalesce_count: 9,
			};
			config.node_features.set(3, true);
			config.clone()
		});
		assert_eq!(api::minimum_backing_votes::<Test>(), 5);
		assert_eq!(
			api::async_backing_params::<Test>(),
			AsyncBackingParams {
				max_candidate_depth: 7,
				allowed_ancestry_len: 2,
			}
		);
		assert_eq!(api::scheduling_lookahead::<Test>(), 6);
		assert_eq!(
			api::approval_voting_params::<Test>().max_approval_coalesce_count,
			9
		);
		let features = api::node_features::<Test>();
		assert!(features.is_on(3) && !features.is_on(2));
		assert_eq!(api::active_configuration::<Test>(), config);
		assert_eq!(
			api::validation_code_bomb_limit::<Test>(),
			10_010,
			"ten times what is compressed"
		);
		neighbours(|state| state.config.max_code_size = u32::MAX);
		assert_eq!(api::validation_code_bomb_limit::<Test>(), u32::MAX);
		assert_eq!(
			api::max_relay_parent_session_age(),
			0,
			"R-REL-8: relay parents are of this session"
		);
	});
}

#[test]
fn r_bin_30_what_is_told_of_paras_and_cores() {
	Setup {
		cores: 3,
		..Setup::default()
	}
	.run(|| {
		assert_eq!(api::para_ids::<Test>(), [PARA, OTHER]);
		let claims = api::claim_queue::<Test>();
		let fronts: Vec<_> = claims
			.iter()
			.filter_map(|(core, queue)| Some((core.0, *queue.front()?)))
			.collect();
		assert_eq!(fronts, [(0, PARA), (1, OTHER)]);
		assert_eq!(
			api::availability_cores::<Test>(),
			[
				CoreState::Scheduled(PARA.into()),
				CoreState::Scheduled(OTHER.into()),
				CoreState::Free,
			]
		);
		assert_eq!(
			api::validation_code_by_hash::<Test>(code(2).hash()),
			Some(code(2))
		);
		assert_eq!(api::validation_code_by_hash::<Test>(Default::default()), None);
	});
}

#[test]
fn r_bin_30_what_is_told_of_candidates_that_wait() {
	Setup::elastic(2).run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		finish_block_with(inherent(&[], &[&first, &second]));
		between_blocks(|| {
			assert_eq!(
				api::candidate_pending_availability::<Test>(PARA),
				Some(first.receipt())
			);
			assert_eq!(
				api::candidates_pending_availability::<Test>(PARA),
				[first.receipt(), second.receipt()]
			);
			let hashes = [first.hash(), second.hash()];
			let pending = api::pending_availability::<Test>(PARA);
			let told: Vec<_> = pending.iter().map(|pending| pending.candidate_hash).collect();
			assert_eq!(told, hashes, "R-VIE-2");
			let state = api::para_backing_state::<Test>(PARA).expect("the para is known");
			assert_eq!(state.pending_availability, pending, "R-BIN-4");
			assert_eq!(
				api::backing_constraints::<Test>(PARA),
				Some(state.constraints),
				"R-BIN-31: the pair says what the one says"
			);
			assert_eq!(api::backing_constraints::<Test>(ParaId(2009)), None, "R-BASE-16");
			assert_eq!(
				api::core_of_candidate::<Test>(second.hash()),
				Some((CoreIndex(1), 1))
			);
			assert_eq!(api::core_of_candidate::<Test>(CandidateHash::default()), None);
		});
	});
}

#[test]
fn r_bin_30_what_is_told_under_assumptions() {
	use OccupiedCoreAssumption::{Free, Included, TimedOut};
	Setup::default().run(|| {
		run_to(4);
		neighbours(|state| state.future_codes.insert(PARA, (3, code(1).hash())));
		let waits = Candidate::first();
		finish_block_with(inherent(&[], &[&waits]));
		between_blocks(|| {
			let head = |assumption| {
				api::persisted_validation_data::<Test>(PARA, assumption).map(|data| data.parent_head)
			};
			assert_eq!(head(TimedOut), Some(genesis_head(PARA)), "R-ENA-6");
			assert_eq!(head(Included), Some(waits.head()), "R-ENA-6");
			assert_eq!(head(Free), None, "R-ENA-6");
			let data = api::persisted_validation_data::<Test>(PARA, Included).expect("the para is known");
			assert_eq!(
				api::assumed_validation_data::<Test>(PARA, data.hash()),
				Some((data, code(1).hash())),
				"R-CODE-6: with the code that the candidate puts in force"
			);
			assert_eq!(api::assumed_validation_data::<Test>(PARA, Hash::zero()), None);
			for (assumption, expected) in [(TimedOut, Some(code(0))), (Included, Some(code(1))), (Free, None)]
			{
				let hash = expected.as_ref().map(|code| code.hash());
				assert_eq!(
					api::validation_code_hash::<Test>(PARA, assumption),
					hash,
					"R-ENA-6: {assumption:?}"
				);
				assert_eq!(
					api::validation_code::<Test>(PARA, assumption),
					expected,
					"R-ENA-6: {assumption:?}"
				);
			}
			let mut outputs = waits.commitments.clone();
			outputs.hrmp_watermark = now();
			assert!(api::check_validation_outputs::<Test>(PARA, outputs.clone()));
			outputs.hrmp_watermark = now() + 1;
			assert!(
				!api::check_validation_outputs::<Test>(PARA, outputs),
				"R-CON-1: ahead of the relay parent"
			);
		});
	});
}

#[test]
fn r_bin_30_what_is_told_of_a_block() {
	Setup::default().run(|| {
		let candidate = Candidate::first();
		let data = inherent(&[], &[&candidate]);
		let votes = data.backed_candidates[0].validity_votes.clone();
		assert_ok!(enter(data));
		let receipt = candidate.receipt().to_plain();
		let backed =
			CandidateEvent::CandidateBacked(receipt.clone(), candidate.head(), CoreIndex(0), GroupIndex(0));
		assert_eq!(api::candidate_events::<Test>(), [backed], "R-BIN-18");
		let told = api::on_chain_votes::<Test>().expect("the inherent ran");
		let voters = (0..).map(ValidatorIndex).zip(votes).collect();
		assert_eq!(told.backing_validators_per_candidate, [(receipt, voters)]);
	});
}

#[test]
fn r_bin_30_r_rel_1_relay_parents_of_this_session_are_told() {
	Setup::default().run(|| {
		run_to(4);
		between_blocks(|| {
			let told = block(2);
			assert_eq!(
				api::ancestor_relay_parent_info::<Test>(0, told.hash),
				Some(RelayParentInfo {
					number: 2,
					state_root: told.storage_root,
				})
			);
			assert_eq!(
				api::ancestor_relay_parent_info::<Test>(1, told.hash),
				None,
				"of another session"
			);
			assert_eq!(api::ancestor_relay_parent_info::<Test>(0, Hash::zero()), None);
		});
	});
}

#[test]
fn r_base_17_what_the_constraints_lack_is_told_apart() {
	Setup::default().run(|| {
		neighbours(|state| {
			state.config.max_upward_message_size = 77;
			state.leaving.insert(PARA);
		});
		let told = api::constraints_extension::<Test>(PARA).expect("the para is known");
		assert_eq!(
			(told.max_ump_message_size, told.offboarding),
			(77, true),
			"R-BASE-17"
		);
		assert_eq!(
			api::constraints_extension::<Test>(ParaId(2009)),
			None,
			"R-BASE-16"
		);
	});
}

/// Two lost disputes, of which older nodes have a name for one.
struct Losers;

impl Slashing for Losers {
	fn unapplied() -> Vec<(SessionIndex, CandidateHash, PendingSlashes)> {
		let lost = |session, kind| {
			let keys = [(ValidatorIndex(4), validators(5)[4].clone())].into();
			let candidate = CandidateHash(Hash::repeat_byte(session as u8));
			(session, candidate, PendingSlashes { keys, kind })
		};
		vec![
			lost(7, DisputeOffenceKind::ForInvalidApproved),
			lost(8, DisputeOffenceKind::AgainstValid),
		]
	}

	fn key_ownership_proof(_: ValidatorId) -> Option<OpaqueKeyOwnershipProof> {
		None
	}

	fn submit_report(_: DisputeProof, _: OpaqueKeyOwnershipProof) -> Option<()> {
		None
	}
}

#[test]
fn r_bin_30_older_nodes_are_told_of_the_slashes_that_they_can_report() {
	let told: Vec<_> = api::unapplied_slashes::<Losers>()
		.into_iter()
		.map(|(session, candidate, slashes)| (session, candidate, slashes.kind))
		.collect();
	let candidate = CandidateHash(Hash::repeat_byte(8));
	assert_eq!(
		told,
		[(8, candidate, SlashingOffenceKind::AgainstValid)],
		"R-BIN-30"
	);
}
