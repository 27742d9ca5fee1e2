//! The committed vectors are what the code makes, small, and of every kind.

use async_backing_vectors::{answer_line, check, families, files, write_to, MAX_FILE};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

fn all() -> Vec<(String, Value)> {
	let files = files().expect("all vectors make sense");
	let vectors = files
		.into_iter()
		.filter(|(name, _)| name.ends_with(".json") && name != "schema.json");
	vectors
		.map(|(name, content)| (name, serde_json::from_str(&content).expect("they are JSON")))
		.collect()
}

#[test]
fn the_committed_vectors_are_what_the_code_makes() {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
	// As `make vectors`, for who has this test built and not the command.
	if std::env::var_os("UPDATE_VECTORS").is_some() {
		write_to(&folder).expect("they can be written");
	}
	if let Err(error) = check(&folder) {
		panic!("{error}; `make vectors` writes them anew");
	}
}

#[test]
fn files_are_small_and_the_same_every_time() {
	let (one, other) = (files(), files());
	assert_eq!(one, other);
	for (name, content) in one.expect("all vectors make sense") {
		assert!(content.len() < MAX_FILE, "{name} has {} bytes", content.len());
	}
}

#[test]
fn names_are_of_one_case_each() {
	for family in families() {
		let mut names = BTreeSet::new();
		for case in &family.cases {
			assert!(
				names.insert((case.rule, case.name.clone())),
				"{}: {} {}",
				family.family,
				case.rule,
				case.name
			);
		}
	}
}

fn kinds(value: &Value, kinds: &mut BTreeSet<String>) {
	match value {
		Value::Object(fields) => {
			if let Some(Value::String(kind)) = fields.get("kind") {
				kinds.insert(kind.clone());
			}
			fields.values().for_each(|value| self::kinds(value, kinds));
		}
		Value::Array(items) => items.iter().for_each(|value| self::kinds(value, kinds)),
		_ => {}
	}
}

#[test]
fn r_frg_1_to_12_every_refusal_is_there_and_so_is_every_acceptance() {
	let expected: [(&str, &[&str]); 9] = [
		(
			"check_fragment.json",
			&[
				"HrmpMessagesDescendingOrDuplicate",
				"ValidationCodeMismatch",
				"HeadDataTooLarge",
				"RelayParentTooOld",
				"CodeUpgradeRestricted",
				"CodeSizeTooLarge",
				"HrmpMessagesPerCandidateOverflow",
				"PersistedValidationDataMismatch",
				"DmpAdvancementRule",
				"UmpMessagesPerCandidateOverflow",
				"WatermarkAheadOfRelayParent",
				"OutputsInvalid",
				"DisallowedHrmpWatermark",
				"NoSuchHrmpChannel",
				"HrmpBytesOverflow",
				"HrmpMessagesOverflow",
				"UmpMessagesOverflow",
				"UmpBytesOverflow",
				"DmpMessagesUnderflow",
				"UmpMessageTooLarge",
				"HrmpMessageTooLarge",
				"UmpWhileOffboarding",
				"HrmpConsumptionOverflow",
			],
		),
		(
			"stacking.json",
			&[
				"AppliedNonexistentCodeUpgrade",
				"HrmpMessagesOverflow",
				"DmpMessagesUnderflow",
			],
		),
		(
			"candidates.json",
			&[
				"UnknownVersion",
				"InconsistentDescriptor",
				"CommitmentsMismatch",
				"ValidationDataMismatch",
				"ParaHeadMismatch",
				"TooManySignals",
				"UndecodableSignal",
				"DuplicateSignal",
				"SignalsNotAllowed",
				"SignalsMissing",
				"CodeTooSmall",
				"NoAssignment",
				"CoreIndexMismatch",
				"InvalidCoreIndex",
			],
		),
		(
			"tree.json",
			&[
				"CandidateAlreadyKnown",
				"ZeroLengthCycle",
				"UnknownCandidate",
				"RelayParentOutOfScope",
				"ParentNotInTree",
				"TooDeep",
				"RelayParentMovesBackwards",
				"OtherPara",
				"TreeFull",
				"CodeTooSmall",
			],
		),
		(
			"tree_histories.json",
			&[
				"WatermarkAheadOfRelayParent",
				"RelayParentMovesBackwards",
				"ValidationCodeMismatch",
				"OutputsInvalid",
			],
		),
		("thresholds.json", &["DepthExceeded"]),
		(
			"erasure.json",
			&[
				"UnsupportedValidatorCount",
				"TooFewChunks",
				"IndexOutOfBounds",
				"OddLength",
				"EmptyChunk",
				"UnequalLength",
				"Undecodable",
				"ProofTooLarge",
				"InvalidProof",
				"HashMismatch",
			],
		),
		(
			"signing.json",
			&[
				"EmptyGroup",
				"WrongBitCount",
				"VotesDoNotMatchBits",
				"TooFewVotes",
				"BadSignature",
			],
		),
		("wire.json", &["Truncated", "TrailingBytes", "UnknownIndex"]),
	];
	let all = all();
	for (name, expected) in expected {
		let (_, vectors) = all.iter().find(|(other, _)| other == name).expect("it is made");
		let mut found = BTreeSet::new();
		kinds(vectors, &mut found);
		for kind in expected {
			assert!(found.contains(*kind), "{name} has no {kind}, but {found:?}");
		}
		let cases = vectors["cases"].as_array().expect("there are cases");
		assert!(
			cases.iter().any(|case| case["answer"].get("ok").is_some()),
			"{name}"
		);
	}
}

#[test]
fn the_target_answers_as_the_vectors_say() {
	for (name, vectors) in all() {
		for case in vectors["cases"].as_array().expect("there are cases") {
			let answer: Value =
				serde_json::from_str(&answer_line(&case["question"].to_string())).expect("JSON");
			assert_eq!(answer, case["answer"], "{name}: {}", case["name"]);
		}
	}
}
