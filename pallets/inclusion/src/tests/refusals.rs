//! One bad candidate of every kind: it fails the block that carries it, with its own error and storage untouched, and
//! an author leaves out exactly it and keeps the honest rest (R-INC-3, R-INC-4).

use crate::{mock::*, Error, Pallet};
use async_backing_primitives::{
	BackedCandidate, BackingBits, CandidateDescriptor, CommittedCandidateReceipt, CoreIndex, HeadData,
	OutboundHrmpMessage, ParaId, UmpSignal, ValidationCode, ValidatorIndex, MAX_COMMITMENTS_SIZE,
};
use async_backing_primitives::{ClaimQueueOffset, CoreSelector};
use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok};

/// What makes a candidate bad, and the error that says so.
type Row = (&'static str, fn(&mut Candidate), Error<Test>);

/// Offers `bad` beside an honest candidate of another para in block 6.
fn offered(bad: BackedCandidate) -> (BackedCandidate, Vec<BackedCandidate>) {
	let honest = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1).back();
	let mut both = vec![bad, honest.clone()];
	both.sort_by_key(|backed| backed.candidate.para_id());
	(honest, both)
}

fn check_refused(name: &str, bad: BackedCandidate, error: Error<Test>) {
	let (honest, both) = offered(bad);
	let data = with_backed(&attest(&[]), both);
	let root = sp_io::storage::root(sp_runtime::StateVersion::V1);
	assert_noop!(enter(data.clone()), error);
	let filtered = Pallet::<Test>::filter(data.clone());
	assert_eq!(
		sp_io::storage::root(sp_runtime::StateVersion::V1),
		root,
		"{name}: creation changes nothing"
	);
	assert_eq!(
		filtered.backed_candidates,
		[honest],
		"R-INC-4: {name}: exactly the bad one is left out"
	);
	assert_eq!(filtered.bitfields, data.bitfields, "R-INC-4: {name}");
	assert_ok!(enter(filtered));
}

fn message(recipient: u32, len: usize) -> OutboundHrmpMessage {
	OutboundHrmpMessage {
		recipient: ParaId(recipient),
		data: vec![0; len],
	}
}

fn run_rows(rows: Vec<Row>) {
	for (name, spoil, error) in rows {
		Setup::default().run(|| {
			run_to(6);
			neighbours(|state| {
				state.channels.insert((PARA, OTHER), (1, 50, 40));
				state.watermarks.insert(PARA, vec![2, 4]);
			});
			let good = Candidate::first();
			assert_eq!(
				Pallet::<Test>::filter(inherent(&[], &[&good]))
					.backed_candidates
					.len(),
				1,
				"{name}: baseline"
			);
			let bad = good.with(spoil);
			check_refused(name, bad.back(), error);
		});
	}
}

#[test]
fn r_bck_2_where_a_candidate_stands() {
	run_rows(vec![
		(
			"R-REL-3 one block too old",
			|candidate| {
				candidate.on(block(1));
			},
			Error::DisallowedRelayParent,
		),
		(
			"R-REL-3 unknown",
			|candidate| candidate.relay_parent.hash.0[0] ^= 1,
			Error::DisallowedRelayParent,
		),
		(
			"R-REL-4 behind the included candidate",
			|candidate| {
				neighbours(|state| state.contexts.insert(PARA, 4));
				candidate.on(block(3));
			},
			Error::RelayParentMovedBackwards,
		),
		(
			"R-BCK-2 other session",
			|candidate| candidate.session = 1,
			Error::WrongSession,
		),
		(
			"R-UMP-5 another para's core",
			|candidate| candidate.core = CoreIndex(1),
			Error::CoreIndexMismatch,
		),
		(
			"R-UMP-5 no core that far ahead",
			|candidate| {
				let signal = UmpSignal::SelectCore(CoreSelector(0), ClaimQueueOffset(9)).encode();
				candidate.commitments.upward_messages = vec![vec![], signal];
			},
			Error::NoAssignment,
		),
		(
			"R-BASE-16 unknown para",
			|candidate| candidate.para = ParaId(2002),
			Error::UnknownPara,
		),
		(
			"R-TMO-6 concluded invalid",
			|candidate| {
				let hash = candidate.hash();
				neighbours(|state| state.invalid.insert(hash));
			},
			Error::ConcludedInvalid,
		),
	]);
}

#[test]
fn r_frg_what_a_candidate_is_and_where_it_fits() {
	run_rows(vec![
		(
			"R-FRG-8 other parent",
			|candidate| candidate.parent_head = HeadData(vec![7]),
			Error::ValidationDataMismatch,
		),
		(
			"R-PVD-1 other PoV limit",
			|candidate| candidate.max_pov_size += 1,
			Error::ValidationDataMismatch,
		),
		(
			"R-PVD-2 other state root",
			|candidate| candidate.relay_parent.storage_root.0[0] ^= 1,
			Error::ValidationDataMismatch,
		),
		(
			"R-FRG-16 other head",
			|candidate| candidate.para_head = Some(HeadData(vec![7])),
			Error::ParaHeadMismatch,
		),
		(
			"R-FRG-2 other code",
			|candidate| candidate.code = code(5).hash(),
			Error::ValidationCodeMismatch,
		),
		(
			"R-FRG-3 large head",
			|candidate| candidate.commitments.head_data = HeadData(vec![0; 20 * 1024 + 1]),
			Error::HeadDataTooLarge,
		),
		(
			"R-FRG-5 restricted",
			|candidate| {
				neighbours(|state| state.restricted.insert(PARA));
				candidate.commitments.new_validation_code = Some(code(1));
			},
			Error::CodeUpgradeRestricted,
		),
		(
			"R-FRG-6 large code",
			|candidate| {
				candidate.commitments.new_validation_code =
					Some(ValidationCode(vec![0; 3 * 1024 * 1024 + 1]));
			},
			Error::CodeTooLarge,
		),
		(
			"R-CODE-1 no code",
			|candidate| candidate.commitments.new_validation_code = Some(ValidationCode(vec![0; 8])),
			Error::CodeTooSmall,
		),
		(
			"R-FRG-16 oversized everything",
			|candidate| {
				// A block has no room for as much, so give it room.
				BlockBytes::set(2 * MAX_COMMITMENTS_SIZE);
				candidate.commitments.upward_messages = vec![vec![0; MAX_COMMITMENTS_SIZE as usize]];
			},
			Error::CommitmentsTooLarge,
		),
		(
			"R-WGT-1 more than a block",
			|candidate| candidate.commitments.upward_messages = vec![vec![0; 5 * 1024 * 1024]],
			Error::Overweight,
		),
	]);
}

#[test]
fn r_con_what_a_candidate_sends_and_consumes() {
	run_rows(vec![
		(
			"R-FRG-1 order",
			|candidate| candidate.commitments.horizontal_messages = vec![message(2001, 1), message(2001, 1)],
			Error::RecipientsNotAscending,
		),
		(
			"R-FRG-7 count",
			|candidate| {
				candidate.commitments.horizontal_messages = (0..11).map(|para| message(para, 0)).collect()
			},
			Error::TooManyHorizontalMessages,
		),
		(
			"R-CON-2 no channel",
			|candidate| candidate.commitments.horizontal_messages = vec![message(2009, 1)],
			Error::NoSuchChannel,
		),
		(
			"R-CON-2 bytes",
			|candidate| candidate.commitments.horizontal_messages = vec![message(2001, 51)],
			Error::ChannelBytesExceeded,
		),
		(
			"R-CON-2 messages",
			|candidate| {
				neighbours(|state| state.channels.insert((PARA, OTHER), (0, 50, 40)));
				candidate.commitments.horizontal_messages = vec![message(2001, 1)];
			},
			Error::ChannelMessagesExceeded,
		),
		(
			"R-FRG-12 size",
			|candidate| candidate.commitments.horizontal_messages = vec![message(2001, 41)],
			Error::HorizontalMessageTooLarge,
		),
		(
			"R-CON-1 ahead",
			|candidate| candidate.commitments.hrmp_watermark = 6,
			Error::WatermarkAheadOfRelayParent,
		),
		(
			"R-CON-1 elsewhere",
			|candidate| candidate.commitments.hrmp_watermark = 3,
			Error::DisallowedWatermark,
		),
		(
			"R-FRG-9 unprocessed",
			|_| {
				neighbours(|state| state.downward.insert(PARA, vec![5]));
			},
			Error::DownwardMessagesNotProcessed,
		),
		(
			"R-CON-4 too many processed",
			|candidate| candidate.commitments.processed_downward_messages = 1,
			Error::DownwardMessagesExceeded,
		),
		(
			"R-FRG-10 count",
			|candidate| candidate.commitments.upward_messages = vec![vec![1]; 17],
			Error::TooManyUpwardMessages,
		),
		(
			"R-CON-3 messages",
			|candidate| {
				neighbours(|state| {
					state
						.upward
						.insert(PARA, (state.config.max_upward_queue_count, 0))
				});
				candidate.commitments.upward_messages = vec![vec![1]];
			},
			Error::UpwardMessagesExceeded,
		),
		(
			"R-CON-3 bytes",
			|candidate| {
				neighbours(|state| state.upward.insert(PARA, (1, state.config.max_upward_queue_size)));
				candidate.commitments.upward_messages = vec![vec![1]];
			},
			Error::UpwardBytesExceeded,
		),
		(
			"R-FRG-12 size of an upward message",
			|candidate| candidate.commitments.upward_messages = vec![vec![1; 64 * 1024 + 1]],
			Error::UpwardMessageTooLarge,
		),
		(
			"R-UMP-6 leaving",
			|candidate| {
				neighbours(|state| state.leaving.insert(PARA));
				candidate.commitments.upward_messages = vec![vec![1]];
			},
			Error::UpwardMessagesWhileLeaving,
		),
		(
			"R-HRMP-1, R-DEF-33 messages consumed at once",
			|candidate| {
				neighbours(|state| {
					state.config.hrmp_max_messages_consumed_per_candidate = 2;
					state.inbound.insert(PARA, vec![1, 1, 2]);
				});
				assert!(candidate.commitments.hrmp_watermark > 2);
			},
			Error::TooManyMessagesConsumed,
		),
		(
			"R-UMP-3 no signal",
			|candidate| candidate.commitments.upward_messages = vec![vec![], vec![9]],
			Error::InvalidSignals,
		),
	]);
}

#[test]
fn r_bkv_votes_that_do_not_back() {
	run_rows(vec![
		(
			"R-BKV-1 too few",
			|candidate| candidate.voters = vec![0],
			Error::TooFewVotes,
		),
		(
			"R-GRP-1 wrong group",
			|candidate| candidate.group = Some(1),
			Error::BadVoteSignature,
		),
		(
			"R-BKV-3 other session",
			|candidate| candidate.signed_session = Some(7),
			Error::BadVoteSignature,
		),
		(
			"R-BKV-2 order",
			|candidate| candidate.voters = vec![1, 0],
			Error::BadVoteSignature,
		),
	]);
	type Edit = fn(&mut BackedCandidate);
	let rows: [(&str, Edit, Error<Test>); 5] = [
		(
			"R-DEF-19, R-BKV-2 more bits than votes",
			|bad| bad.validator_indices.set(2, true),
			Error::VotesDoNotMatchBits,
		),
		(
			"R-BKV-2 more votes than bits",
			|bad| bad.validator_indices.set(1, false),
			Error::VotesDoNotMatchBits,
		),
		(
			"R-BKV-2 a bit too many",
			|bad| {
				bad.validator_indices.push(false);
			},
			Error::WrongVoteBits,
		),
		(
			"R-BIN-16 no core",
			|bad| bad.validator_indices = BackingBits::repeat(true, 7),
			Error::MalformedVotes,
		),
		(
			"R-BKV-3 forged",
			|bad| bad.validity_votes.swap(0, 1),
			Error::BadVoteSignature,
		),
	];
	for (name, spoil, error) in rows {
		Setup::default().run(|| {
			run_to(6);
			let mut bad = Candidate::first().back();
			spoil(&mut bad);
			check_refused(name, bad, error);
		});
	}
}

#[test]
fn r_bin_12_descriptor_versions() {
	for (name, offset, byte) in [
		("unknown version", 36, 2),
		("R-REL-8 version 3 is off", 36, 1),
		("reserved", 200, 1),
	] {
		Setup::default().run(|| {
			run_to(6);
			let mut bad = Candidate::first().back();
			let mut bytes = bad.candidate.descriptor.encode();
			bytes[offset] = byte;
			bad.candidate.descriptor =
				CandidateDescriptor::decode(&mut &bytes[..]).expect("any bytes decode");
			check_refused(name, bad, Error::UnsupportedDescriptor);
		});
	}
}

#[test]
fn r_def_18_an_empty_group_backs_nothing() {
	// Three cores for two validators: the third group is empty.
	Setup {
		cores: 3,
		validators: 2,
		assignments: vec![(1, OTHER), (2, PARA)],
		..Setup::default()
	}
	.run(|| {
		run_to(6);
		let bad = Candidate::first().with(|candidate| {
			candidate.core = CoreIndex(2);
			candidate.voters = vec![];
		});
		let honest = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1).with(|honest| honest.voters = vec![0]);
		assert_noop!(enter(inherent(&[], &[&bad, &honest])), Error::<Test>::EmptyGroup);
		let filtered = Pallet::<Test>::filter(inherent(&[], &[&bad, &honest]));
		let kept: Vec<_> = filtered
			.backed_candidates
			.iter()
			.map(|backed| backed.hash())
			.collect();
		assert_eq!(kept, [honest.hash()], "R-DEF-18, R-BKV-1");
	});
}

#[test]
fn r_bkv_4_votes_of_disabled_validators_do_not_count() {
	Setup::default().run(|| {
		run_to(6);
		neighbours(|state| state.disabled.insert(ValidatorIndex(1)));
		let enough = Candidate::first().with(|candidate| candidate.voters = vec![0, 1, 2]);
		let data = inherent(&[], &[&enough]);
		assert_noop!(enter(data.clone()), Error::<Test>::DisabledVotes);
		let filtered = Pallet::<Test>::filter(data);
		assert_eq!(
			filtered.backed_candidates[0].validity_votes.len(),
			2,
			"R-BKV-4: removed with its bit"
		);
		assert_ok!(enter(filtered));
		end_block();
		begin_block();
		finish_block_with(inherent(&attest(&[0]), &[]));
		let few = Candidate::new(PARA, 0, &enough.head(), 2).with(|candidate| candidate.voters = vec![0, 1]);
		let filtered = Pallet::<Test>::filter(inherent(&[], &[&few]));
		assert_eq!(filtered.backed_candidates, [], "R-BKV-4: too few are left");
	});
}

#[test]
fn r_bin_11_a_version_1_candidate_takes_the_injected_core() {
	Setup::default().run(|| {
		run_to(6);
		let version_1 = |core| {
			let plain = Candidate::first().receipt();
			let mut bytes = plain.descriptor.encode();
			bytes[36..68].copy_from_slice(&[9; 32]);
			let descriptor = CandidateDescriptor::decode(&mut &bytes[..]).expect("any bytes decode");
			let candidate = CommittedCandidateReceipt { descriptor, ..plain };
			sign_by_first_group(candidate, core)
		};
		assert_noop!(
			enter(with_backed(&[], vec![version_1(1)])),
			Error::<Test>::CoreNotEligible
		);
		assert_ok!(enter(with_backed(&[], vec![version_1(0)])));
	});
}

/// Votes of validators 0 and 1, who are the first two of group 0.
fn sign_by_first_group(candidate: CommittedCandidateReceipt, core: u32) -> BackedCandidate {
	use async_backing_primitives::{CompactStatement, SigningContext, ValidityAttestation};
	use sp_core::Pair;
	let context = SigningContext {
		session_index: 0,
		parent_hash: candidate.descriptor.relay_parent(),
	};
	let payload = CompactStatement::Valid(candidate.hash()).signing_payload(&context);
	let votes = (0..2)
		.map(|index| ValidityAttestation::Explicit(pair(index).sign(&payload)))
		.collect();
	let bits = [true, true, false].into_iter().collect();
	BackedCandidate::new(candidate, votes, bits, CoreIndex(core)).expect("the core fits")
}
