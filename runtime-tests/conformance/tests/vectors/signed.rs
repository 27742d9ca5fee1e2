//! Candidates, payloads, signatures and votes.

use crate::{bytes, cases, decoded, name, number};
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{DecodeAll, Encode};
use polkadot_primitives as theirs;
use serde_json::{json, Value};
use sp_core::{sr25519, Pair};

fn context(said: &Value) -> theirs::SigningContext {
	theirs::SigningContext {
		session_index: number(&said["session"]),
		parent_hash: decoded(&said["relay_parent"]),
	}
}

#[test]
fn r_stm_2_r_avl_8_payloads() {
	for case in cases("signing", "signing_payload") {
		let question = &case["question"];
		let hash = |said: &Value| theirs::CandidateHash(decoded(&said["candidate_hash"]));
		let said = |kind: &str| question.get(kind);
		let payload = if let Some(said) = said("seconded") {
			theirs::CompactStatement::Seconded(hash(said)).signing_payload(&context(said))
		} else if let Some(said) = said("valid") {
			theirs::CompactStatement::Valid(hash(said)).signing_payload(&context(said))
		} else if let Some(said) = said("bitfield") {
			let digits = said["bits"].as_str().expect("digits");
			let bits: BitVec<u8, Lsb0> = digits.chars().map(|digit| digit == '1').collect();
			(theirs::AvailabilityBitfield(bits), context(said)).encode()
		} else if let Some(said) = said("approval") {
			theirs::ApprovalVote(hash(said)).signing_payload(number(&said["session"]))
		} else if let Some(said) = said("dispute") {
			let vote = theirs::ExplicitDisputeStatement {
				valid: said["valid"] == true,
				candidate_hash: hash(said),
				session: number(&said["session"]),
			};
			vote.signing_payload()
		} else if let Some(said) = said("pvf_check") {
			theirs::PvfCheckStatement {
				accept: said["accept"] == true,
				subject: decoded::<theirs::ValidationCodeHash>(&said["code_hash"]),
				session_index: number(&said["session"]),
				validator_index: theirs::ValidatorIndex(number(&said["validator"])),
			}
			.signing_payload()
		} else {
			let said = said("declare").expect("there is no other");
			let peer = polkadot_node_network_protocol::PeerId::from_bytes(&bytes(&said["peer_id"]));
			polkadot_node_network_protocol::v2::declare_signature_payload(&peer.expect("a peer"))
		};
		assert_eq!(bytes(&case["answer"]["ok"]), payload, "{}", name(&case));
	}
}

#[test]
fn r_stm_2_signatures_verify_as_everywhere() {
	for case in cases("signing", "verify_signature") {
		let question = &case["question"];
		let key: sr25519::Public = decoded(&question["key"]);
		let signature: sr25519::Signature = decoded(&question["signature"]);
		let verified = sr25519::Pair::verify(&signature, bytes(&question["payload"]), &key);
		assert_eq!(case["answer"]["ok"], json!(verified), "{}", name(&case));
	}
}

#[test]
fn r_bkv_votes() {
	let (mut accepted, mut refused) = (0, 0);
	for case in cases("signing", "check_backing_votes") {
		let question = &case["question"];
		let backed: theirs::BackedCandidate = decoded(&question["backed"]);
		let all: BitVec<u8, Lsb0> = {
			let parts: (
				theirs::CommittedCandidateReceiptV2,
				Vec<theirs::ValidityAttestation>,
				_,
			) = decoded(&question["backed"]);
			parts.2
		};
		// Their reading of a group of no members is another one (row 11).
		let bits = &all[..all.len() - 8];
		let keys: Vec<theirs::ValidatorId> = crate::list(&question["keys"]).map(decoded).collect();
		let group = crate::list(&question["group"]).count();
		let there = theirs::check_candidate_backing(
			backed.hash(),
			backed.validity_votes(),
			bits,
			&context(question),
			group,
			|position| keys.get(position).cloned(),
		);
		let minimum = number(&question["minimum_backing_votes"]);
		let needed = theirs::effective_minimum_backing_votes(group, minimum);
		let there = there.ok().filter(|votes| *votes >= needed);
		let kind = case["answer"]["refused"]["kind"].as_str();
		match (case["answer"]["ok"].as_u64(), there) {
			(Some(ours), Some(votes)) => {
				assert_eq!(ours, votes as u64, "{}", name(&case));
				accepted += 1;
			}
			(None, None) => refused += 1,
			// Rows 11 and 12.
			(None, Some(0)) if kind == Some("EmptyGroup") => {}
			(None, Some(_)) if kind == Some("VotesDoNotMatchBits") => {}
			(ours, votes) => panic!("{}: {ours:?}, but there {votes:?}", name(&case)),
		}
	}
	assert!(
		accepted > 1 && refused > 3,
		"{accepted} accepted, {refused} refused"
	);
}

#[test]
fn r_frg_16_r_bin_12_candidates() {
	let (mut accepted, mut unknown) = (0, 0);
	for case in cases("candidates", "check_intrinsic") {
		let (question, answer) = (&case["question"], &case["answer"]);
		let receipt: theirs::CommittedCandidateReceiptV2 = decoded(&question["receipt"]);
		let version = receipt.descriptor.version();
		let v3_enabled = question["v3_enabled"] == true;
		let kind = answer["refused"]["kind"].as_str();
		if let Some(told) = answer.get("ok") {
			let expected = match version {
				theirs::CandidateDescriptorVersion::V1 => "V1",
				theirs::CandidateDescriptorVersion::V2 => "V2",
				_ => "V3",
			};
			assert_eq!(told["version"], expected, "R-BIN-12: {}", name(&case));
			assert_eq!(
				told["candidate_hash"],
				json!(receipt.hash().0),
				"R-GLO-2: {}",
				name(&case)
			);
			assert_eq!(
				told["commitments_hash"],
				json!(receipt.commitments.hash()),
				"R-BIN-32: {}",
				name(&case)
			);
			assert_eq!(
				told["relay_parent"],
				json!(receipt.descriptor.relay_parent()),
				"{}",
				name(&case)
			);
			assert!(
				receipt.descriptor.check_version_acceptance(v3_enabled).is_ok(),
				"R-BIN-12: {}",
				name(&case)
			);
			accepted += 1;
		} else if kind == Some("InconsistentDescriptor") {
			assert!(
				receipt.descriptor.check_version_acceptance(v3_enabled).is_err(),
				"R-BIN-12: {}",
				name(&case)
			);
		} else if kind == Some("UnknownVersion") {
			assert!(
				matches!(version, theirs::CandidateDescriptorVersion::Unknown(_)),
				"R-BIN-12: {}",
				name(&case)
			);
			unknown += 1;
		}
	}
	assert!(accepted > 10 && unknown > 0);
}

#[test]
fn r_bin_2_r_bin_31_constraints_and_backing_states() {
	use theirs::async_backing::{BackingState, Constraints};
	for case in cases("base_constraints", "decode_constraints") {
		let there = Constraints::<u32>::decode_all(&mut &bytes(&case["question"]["bytes"])[..]);
		assert_eq!(
			case["answer"].get("ok").is_some(),
			there.is_ok(),
			"R-BIN-2: {}",
			name(&case)
		);
	}
	for case in cases("base_constraints", "encode_constraints") {
		let there: Constraints<u32> = decoded(&case["answer"]["ok"]);
		let base = &case["question"]["base"];
		assert_eq!(
			json!(there.min_relay_parent_number),
			base["min_relay_parent_number"]
		);
		assert_eq!(json!(there.max_head_data_size), base["max_head_data_size"]);
		assert_eq!(json!(there.ump_remaining_bytes), base["ump_remaining_bytes"]);
		assert_eq!(
			json!(there.hrmp_inbound.valid_watermarks),
			base["valid_watermarks"]
		);
		assert_eq!(there.required_parent.0, bytes(&base["required_parent"]));
	}
	for case in cases("base_constraints", "decode_backing_state") {
		let there = Option::<BackingState<theirs::Hash, u32>>::decode_all(
			&mut &bytes(&case["question"]["bytes"])[..],
		);
		let is_newest = case["answer"]["ok"]["layout"] == 9;
		assert_eq!(is_newest, there.is_ok(), "R-BIN-31: {}", name(&case));
	}
}
