//! What ports answer that are asked for no more than they have to, and who hears where several listen.

use super::*;
use crate::{DisputeOffenceKind, DisputesTimeSlot, Hash};
use alloc::vec;
use core::cell::RefCell;
use std::thread_local;

const PARA: ParaId = ParaId(2000);
const CANDIDATE: CandidateHash = CandidateHash(Hash::repeat_byte(3));

thread_local! {
	static HEARD: RefCell<Vec<(u8, u32)>> = const { RefCell::new(Vec::new()) };
}

/// One of several that listen: notes by its number what it hears.
struct Listener<const NUMBER: u8>;

impl<const NUMBER: u8> Listener<NUMBER> {
	fn hears(what: u32) {
		HEARD.with_borrow_mut(|heard| heard.push((NUMBER, what)));
	}
}

impl<const NUMBER: u8> OnSessionChange for Listener<NUMBER> {
	fn on_session_change(change: &SessionChange) {
		Self::hears(change.session_index);
	}
}

impl<const NUMBER: u8> OnParaRemoved for Listener<NUMBER> {
	fn on_para_removed(para: ParaId) {
		Self::hears(para.0);
	}
}

impl<const NUMBER: u8> OnParaOverridden for Listener<NUMBER> {
	fn on_para_overridden(para: ParaId) {
		Self::hears(para.0);
	}
}

#[test]
fn r_abp_9_all_who_listen_hear_of_it_in_their_order() {
	type All = (Listener<1>, (Listener<2>, Listener<3>));
	let change = SessionChange {
		session_index: 7,
		session_start: 1,
		validators: Vec::new(),
		old_configuration: HostConfiguration::default(),
		new_configuration: HostConfiguration::default(),
		random_seed: [0; 32],
	};
	All::on_session_change(&change);
	assert_eq!(HEARD.take(), [(1, 7), (2, 7), (3, 7)], "R-ABP-9");
	All::on_para_removed(PARA);
	assert_eq!(HEARD.take(), [(1, 2000), (2, 2000), (3, 2000)]);
	All::on_para_overridden(PARA);
	assert_eq!(HEARD.take(), [(1, 2000), (2, 2000), (3, 2000)]);
}

/// The para 2000 has a head and code and is leaving; 2001 has a head, 2002 has code; nothing is known of others.
struct Paras;

impl ParaState for Paras {
	fn parachains() -> Vec<ParaId> {
		vec![PARA]
	}

	fn head(para: ParaId) -> Option<HeadData> {
		matches!(para.0, 2000 | 2001).then(|| HeadData(vec![1]))
	}

	fn current_code_hash(para: ParaId) -> Option<ValidationCodeHash> {
		matches!(para.0, 2000 | 2002).then(|| ValidationCodeHash(Hash::repeat_byte(2)))
	}

	fn code_by_hash(_: ValidationCodeHash) -> Option<ValidationCode> {
		None
	}

	fn most_recent_context(_: ParaId) -> Option<BlockNumber> {
		Some(9)
	}

	fn future_code(_: ParaId) -> Option<(BlockNumber, ValidationCodeHash)> {
		Some((11, ValidationCodeHash(Hash::repeat_byte(4))))
	}

	fn is_upgrade_restricted(_: ParaId) -> bool {
		false
	}

	fn is_offboarding(para: ParaId) -> bool {
		para == PARA
	}

	fn schedule_code_upgrade(_: ParaId, _: ValidationCode, _: BlockNumber, _: &HostConfiguration) {}

	fn note_new_head(_: ParaId, _: HeadData, _: BlockNumber) {}
}

#[test]
fn r_base_16_facts_are_what_is_answered_one_by_one_and_none_without_head_or_code() {
	let facts = ParaFacts {
		head: HeadData(vec![1]),
		code_hash: ValidationCodeHash(Hash::repeat_byte(2)),
		most_recent_context: Some(9),
		future_code: Some((11, ValidationCodeHash(Hash::repeat_byte(4)))),
		is_offboarding: true,
	};
	assert_eq!(
		Paras::facts(PARA),
		Some(facts),
		"R-BASE-12, 13, 15; R-REL-4; R-UMP-6"
	);
	for (para, lacks) in [(2001, "code"), (2002, "a head"), (2003, "both")] {
		assert_eq!(
			Paras::facts(ParaId(para)),
			None,
			"R-BASE-16: {para} lacks {lacks}"
		);
	}
}

#[test]
fn r_ump_6_without_another_answer_who_leaves_was_leaving_in_the_parent() {
	assert!(Paras::is_offboarding_in_parent(PARA));
	assert!(!Paras::is_offboarding_in_parent(ParaId(2001)));
}

/// As many messages wait as the number of the para says.
struct Queues;

impl DownwardQueues for Queues {
	fn len(para: ParaId) -> u32 {
		para.0
	}

	fn sent_at(_: ParaId, _: u32) -> Option<BlockNumber> {
		None
	}

	fn prune(_: ParaId, _: u32) {}
}

#[test]
fn r_base_8_a_queue_is_empty_where_no_message_waits() {
	let empty = [0, 1, 2].map(|para| Queues::is_empty(ParaId(para)));
	assert_eq!(empty, [true, false, false]);
}

#[test]
fn r_inc_5_without_disputes_nothing_is_frozen_invalid_or_remembered() {
	assert!(!<()>::is_frozen());
	assert!(!<()>::is_concluded_invalid(1, CANDIDATE));
	assert_eq!(<()>::included_at(1, CANDIDATE), None);
	let disputes = vec![DisputeStatementSet {
		candidate_hash: CANDIDATE,
		session: 1,
		statements: Vec::new(),
	}];
	assert_eq!(<()>::import(disputes), [], "nothing is worth keeping");
	assert_eq!(<() as Disputes>::recent(), []);
}

#[test]
fn r_bin_30_without_approval_voting_no_keys_are_known() {
	let (validators, indices) = (
		crate::test_helpers::validators(2),
		[ValidatorIndex(0), ValidatorIndex(1)],
	);
	assert_eq!(<()>::assignment_keys(&validators, &indices), []);
	assert_eq!(<()>::discovery_keys(&validators, &indices), []);
}

#[test]
fn without_slashing_nobody_is_reported() {
	let validator = crate::test_helpers::validator_id(0);
	assert_eq!(<()>::unapplied(), []);
	assert_eq!(<()>::key_ownership_proof(validator.clone()), None);
	let proof = DisputeProof {
		time_slot: DisputesTimeSlot {
			session_index: 1,
			candidate_hash: CANDIDATE,
		},
		kind: DisputeOffenceKind::ForInvalidBacked,
		validator_index: ValidatorIndex(0),
		validator_id: validator,
	};
	let key_ownership = OpaqueKeyOwnershipProof(vec![1]);
	assert_eq!(
		<()>::submit_report(proof, key_ownership),
		None,
		"no report can be made"
	);
}
