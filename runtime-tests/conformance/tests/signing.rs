//! Identities, payloads and signatures: what one side signs, the other verifies.

mod common;

use async_backing_primitives as ours;
use codec::{Decode, Encode};
use common::{transcode, Random};
use polkadot_primitives as theirs;
use sp_core::Pair;
use std::sync::Arc;

const CASES: u64 = 2000;

#[test]
fn r_bin_32_and_r_glo_2_hashes_are_theirs() {
	let mut random = Random::new(32);
	for _ in 0..CASES {
		let candidate = random.committed_receipt();
		let same: theirs::CommittedCandidateReceiptV2 = transcode(&candidate);
		assert_eq!(candidate.hash().0, same.hash().0, "R-GLO-2: candidate hash");
		assert_eq!(
			candidate.to_plain().encode(),
			same.to_plain().encode(),
			"R-BIN-11: plain receipt"
		);
		assert_eq!(
			candidate.commitments.hash(),
			same.commitments.hash(),
			"R-BIN-32: commitments"
		);

		let data = random.validation_data();
		let same: theirs::PersistedValidationData = transcode(&data);
		assert_eq!(data.hash(), same.hash(), "R-BIN-25: validation data");
		assert_eq!(
			data.parent_head.hash().0,
			same.parent_head.hash(),
			"R-BIN-32: head data"
		);

		let code = ours::ValidationCode(random.bytes(60));
		let same: theirs::ValidationCode = transcode(&code);
		assert_eq!(
			code.hash().encode(),
			same.hash().encode(),
			"R-BIN-32: validation code"
		);
	}
}

#[test]
fn r_bin_12_and_r_bin_13_descriptor_versions_read_alike() {
	use theirs::CandidateDescriptorVersion as Theirs;
	let mut random = Random::new(12);
	let mut seen = std::collections::BTreeMap::<_, u32>::new();
	for _ in 0..10 * CASES {
		let descriptor = random.descriptor();
		let same: theirs::CandidateDescriptorV2 = transcode(&descriptor);
		let version = |version| match version {
			Theirs::V1 => Some(ours::DescriptorVersion::V1),
			Theirs::V2 => Some(ours::DescriptorVersion::V2),
			Theirs::V3 => Some(ours::DescriptorVersion::V3),
			_ => None,
		};
		assert_eq!(
			descriptor.relaxed_version(),
			version(same.version()),
			"R-BIN-12: {descriptor:?}"
		);
		assert_eq!(
			descriptor.strict_version(),
			version(same.version_old_rules()),
			"R-BIN-12: {descriptor:?}"
		);
		for v3_enabled in [false, true] {
			// An unknown version passes their check and is refused behind it; ours refuses it at once.
			let known = version(same.version()).is_some();
			let theirs = known && same.check_version_acceptance(v3_enabled).is_ok();
			let ours = descriptor.accepted_version(v3_enabled);
			assert_eq!(ours.is_ok(), theirs, "R-BIN-12: V3 {v3_enabled}: {descriptor:?}");
			*seen.entry((v3_enabled, ours.ok())).or_default() += 1;
		}
		if same.version() != Theirs::Unknown(0) && version(same.version()).is_some() {
			assert_eq!(
				descriptor.scheduling_parent(),
				same.scheduling_parent(),
				"R-BIN-13"
			);
			assert_eq!(
				descriptor.scheduling_session(),
				same.scheduling_session(),
				"R-BIN-13"
			);
			assert_eq!(
				descriptor.core_index().encode(),
				same.core_index().encode(),
				"R-BIN-11"
			);
		}
	}
	assert_eq!(
		seen.len(),
		7,
		"R-BIN-12: every version and refusal occurs: {seen:?}"
	);
}

fn context(random: &mut Random) -> (ours::SigningContext, theirs::SigningContext) {
	let context = ours::SigningContext {
		session_index: random.number(),
		parent_hash: random.hash(),
	};
	(context, transcode(&context))
}

#[test]
fn r_bin_14_and_r_bin_24_statements_signed_here_verify_there_and_back() {
	let mut random = Random::new(24);
	let pair = ours::ValidatorPair::from_seed(&[7; 32]);
	let keystore = sp_keystore::testing::MemoryKeystore::new();
	let their_key = sp_keystore::Keystore::sr25519_generate_new(
		&keystore,
		theirs::PARACHAIN_KEY_TYPE_ID,
		Some("//Alice"),
	)
	.expect("a new key");
	let our_key: theirs::ValidatorId = transcode(&pair.public());
	for _ in 0..200 {
		let (context, same_context) = context(&mut random);
		let statement = random.compact_statement();
		let same: theirs::CompactStatement = transcode(&statement);
		assert_eq!(
			statement.signing_payload(&context),
			same.signing_payload(&same_context),
			"R-BIN-24"
		);

		let signed = ours::SignedCompactStatement {
			statement,
			validator_index: ours::ValidatorIndex(random.number()),
			signature: pair.sign(&statement.signing_payload(&context)),
		};
		let there: theirs::UncheckedSignedStatement = transcode(&signed);
		assert!(
			there.clone().try_into_checked(&same_context, &our_key).is_ok(),
			"R-BIN-24: ours verifies there"
		);

		let there = theirs::SignedStatement::sign(
			&(Arc::new(sp_keystore::testing::MemoryKeystore::new()) as sp_keystore::KeystorePtr),
			same.clone(),
			&same_context,
			theirs::ValidatorIndex(0),
			&their_key.into(),
		);
		assert!(matches!(there, Ok(None)), "an empty keystore signs nothing");
		let there = sign_there(&keystore, their_key, same, &same_context);
		let here: ours::SignedCompactStatement = transcode(&there);
		assert!(
			here.verify(&context, &their_key.into()),
			"R-BIN-24: theirs verifies here"
		);
	}
}

/// A statement as their node signs it.
fn sign_there(
	keystore: &sp_keystore::testing::MemoryKeystore,
	key: sp_core::sr25519::Public,
	statement: theirs::CompactStatement,
	context: &theirs::SigningContext,
) -> theirs::UncheckedSignedStatement {
	let signature = sp_keystore::Keystore::sr25519_sign(
		keystore,
		theirs::PARACHAIN_KEY_TYPE_ID,
		&key,
		&statement.signing_payload(context),
	)
	.expect("the keystore works")
	.expect("it has the key");
	theirs::SignedStatement::new(
		statement,
		theirs::ValidatorIndex(3),
		signature.into(),
		context,
		&key.into(),
	)
	.expect("signed by that key")
	.into_unchecked()
}

#[test]
fn r_avl_8_bitfields_signed_here_verify_there_and_back() {
	let mut random = Random::new(8);
	let pair = ours::ValidatorPair::from_seed(&[8; 32]);
	let their_key: theirs::ValidatorId = transcode(&pair.public());
	for _ in 0..200 {
		let (context, same_context) = context(&mut random);
		let payload = ours::AvailabilityBitfield(random.bits(300));
		let index = random.number();
		let signature = pair.sign(&payload.signing_payload(&context));
		let signed = ours::UncheckedSignedAvailabilityBitfield {
			payload: payload.clone(),
			validator_index: ours::ValidatorIndex(index),
			signature: signature.clone(),
		};
		let there: theirs::UncheckedSignedAvailabilityBitfield = transcode(&signed);
		let checked = there.try_into_checked(&same_context, &their_key);
		assert!(checked.is_ok(), "R-AVL-8: ours verifies there");

		// Their constructor verifies what it is given; what it hands out is theirs.
		let same: theirs::AvailabilityBitfield = transcode(&payload);
		let there = theirs::SignedAvailabilityBitfield::new(
			same,
			theirs::ValidatorIndex(index),
			transcode(&signature),
			&same_context,
			&their_key,
		)
		.expect("signed by that key");
		let here: ours::UncheckedSignedAvailabilityBitfield = transcode(there.as_unchecked());
		assert!(
			here.verify(&context, &pair.public()),
			"R-AVL-8: theirs verifies here"
		);
	}
}

#[test]
fn r_bin_23_payloads_of_dispute_and_pre_checking_votes_are_theirs() {
	let mut random = Random::new(23);
	for _ in 0..CASES {
		let statement = random.dispute_statement();
		let session = random.number();
		let candidate = match &statement {
			ours::DisputeStatement::Valid(
				ours::ValidDisputeStatementKind::ApprovalCheckingMultipleCandidates(candidates),
			) if !candidates.is_empty() && random.flip() => random.pick(candidates),
			_ => random.candidate_hash(),
		};
		let same: theirs::DisputeStatement = transcode(&statement);
		assert_eq!(
			statement.signing_payload(session, candidate).ok(),
			same.payload_data(transcode(&candidate), session).ok(),
			"R-BIN-23: {statement:?}"
		);
		let check = ours::PvfCheckStatement {
			accept: random.flip(),
			subject: ours::ValidationCodeHash(random.hash()),
			session_index: session,
			validator_index: ours::ValidatorIndex(random.number()),
		};
		let same: theirs::PvfCheckStatement = transcode(&check);
		assert_eq!(check.signing_payload(), same.signing_payload(), "R-CODE-3");
	}
}

#[test]
fn r_stm_3_bytes_that_are_no_statement_are_refused_by_both() {
	let mut random = Random::new(3);
	for _ in 0..CASES {
		let bytes = random.bytes(40);
		let ours = ours::CompactStatement::decode(&mut &bytes[..]).is_ok();
		assert_eq!(
			ours,
			theirs::CompactStatement::decode(&mut &bytes[..]).is_ok(),
			"R-STM-3"
		);
	}
}
