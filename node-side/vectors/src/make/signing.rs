//! What is signed, and votes of backing groups.

use super::{faults::made, Case, VectorFile};
use crate::hex::hex;
use async_backing_primitives::{
	BackedCandidate, CandidateCommitments, CandidateDescriptor, CommittedCandidateReceipt, CompactStatement,
	CoreIndex, DescriptorFields, Hash, HeadData, ParaId, SigningContext, ValidityAttestation,
};
use codec::{Decode, Encode};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use serde_json::{json, Value};

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	payloads(&mut cases);
	signatures(&mut cases);
	votes(&mut cases);
	VectorFile {
		family: "signing",
		about: "The bytes that validators and collators sign, signatures (sr25519, context \"substrate\"), and the votes of backed candidates. Keys are made of seeds that repeat one byte.",
		cases,
	}
}

fn payloads(cases: &mut Vec<Case>) {
	let (candidate, parent) = (Hash::repeat_byte(0x22), Hash::repeat_byte(0x11));
	let mut ask = |rule, name: &str, payload: Value| {
		let mut question = payload;
		question["ask"] = json!("signing_payload");
		cases.push(Case::new(rule, name, made(question)));
	};
	for kind in ["seconded", "valid"] {
		for session in [0, 7, u32::MAX] {
			let said = json!({ "candidate_hash": candidate, "session": session, "relay_parent": parent });
			ask(
				"R-STM-2",
				&format!("{kind} in session {session}"),
				json!({ kind: said }),
			);
		}
	}
	for bits in ["", "1", "101", "000000000", "11111111", "100000011"] {
		let said = json!({ "bits": bits, "session": 3, "relay_parent": Hash::repeat_byte(9) });
		ask(
			"R-AVL-8",
			&format!("bitfield {bits:?}"),
			json!({ "bitfield": said }),
		);
	}
	ask(
		"R-BIN-23",
		"approval",
		json!({ "approval": { "candidate_hash": candidate, "session": 7 } }),
	);
	for valid in [true, false] {
		let said = json!({ "candidate_hash": candidate, "session": 7, "valid": valid });
		ask(
			"R-BIN-23",
			&format!("dispute, valid: {valid}"),
			json!({ "dispute": said }),
		);
		let said = json!({ "code_hash": candidate, "session": 7, "validator": 5, "accept": valid });
		ask(
			"R-CODE-3",
			&format!("vote on code, accepts: {valid}"),
			json!({ "pvf_check": said }),
		);
	}
	let peer = [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &[0x11; 32]].concat();
	ask(
		"R-NET-67",
		"declaration",
		json!({ "declare": { "peer_id": hex(peer) } }),
	);
}

/// A key out of a seed that repeats a byte.
fn key(seed: u8) -> Option<schnorrkel::Keypair> {
	let secret = schnorrkel::MiniSecretKey::from_bytes(&[seed; 32]).ok()?;
	Some(secret.expand_to_keypair(schnorrkel::ExpansionMode::Ed25519))
}

fn public(seed: u8) -> Vec<u8> {
	key(seed)
		.map(|key| key.public.to_bytes().to_vec())
		.unwrap_or_default()
}

/// A signature that is the same every time. It verifies like any other.
fn sign(seed: u8, message: &[u8]) -> Vec<u8> {
	let transcript = schnorrkel::context::attach_rng(
		schnorrkel::signing_context(b"substrate").bytes(message),
		ChaCha20Rng::from_seed([seed; 32]),
	);
	let signature = key(seed).map(|key| key.sign(transcript).to_bytes());
	signature.map(|signature| signature.to_vec()).unwrap_or_default()
}

fn signatures(cases: &mut Vec<Case>) {
	let signature = sign(1, b"a statement");
	let mut ask = |name: &str, key: u8, payload: &[u8], signature: &[u8]| {
		let question = made(json!({
			"ask": "verify_signature",
			"key": hex(public(key)),
			"payload": hex(payload),
			"signature": hex(signature),
		}));
		cases.push(Case::new("R-STM-2", name, question));
	};
	ask("a signature", 1, b"a statement", &signature);
	ask("of another key", 2, b"a statement", &signature);
	ask("over another payload", 1, b"another one", &signature);
	let mut damaged = signature.clone();
	if let Some(byte) = damaged.first_mut() {
		*byte ^= 1;
	}
	ask("damaged", 1, b"a statement", &damaged);
	ask("zeros", 1, b"a statement", &[0; 64]);
}

fn context(session_index: u32) -> SigningContext {
	SigningContext {
		session_index,
		parent_hash: Hash::repeat_byte(1),
	}
}

/// A candidate with these bits of its group, and votes of these members: seconded by the first, found valid by the others.
fn backed(bits: &[bool], voters: &[u8], session: u32) -> Option<BackedCandidate> {
	let commitments = CandidateCommitments {
		head_data: HeadData(vec![1]),
		..Default::default()
	};
	let candidate = CommittedCandidateReceipt {
		descriptor: CandidateDescriptor::v2(DescriptorFields {
			para_id: ParaId(2000),
			core_index: 3,
			para_head: commitments.head_data.hash(),
			..Default::default()
		}),
		commitments,
	};
	let hash = candidate.hash();
	let votes = voters.iter().enumerate().map(|(position, voter)| {
		let statement = match position {
			0 => CompactStatement::Seconded(hash),
			_ => CompactStatement::Valid(hash),
		};
		let bytes = sign(voter + 1, &statement.signing_payload(&context(session)));
		let signature = Decode::decode(&mut &bytes[..]).ok()?;
		Some(match position {
			0 => ValidityAttestation::Implicit(signature),
			_ => ValidityAttestation::Explicit(signature),
		})
	});
	let votes = votes.collect::<Option<Vec<_>>>()?;
	BackedCandidate::new(candidate, votes, bits.iter().copied().collect(), CoreIndex(3)).ok()
}

fn votes(cases: &mut Vec<Case>) {
	type Row<'a> = (&'static str, &'a str, &'a [u8], &'a [u8], u32, u32);
	let rows: [Row<'_>; 9] = [
		(
			"R-BKV-5",
			"two votes of five, two needed",
			&[1, 0, 1, 0, 0],
			&[0, 2],
			5,
			1,
		),
		("R-BKV-5", "one vote of one", &[1], &[0], 1, 1),
		("R-BKV-1", "one vote of five", &[1, 0, 0, 0, 0], &[0], 5, 1),
		("R-BKV-1", "nobody", &[], &[], 0, 1),
		("R-BKV-2", "more bits than votes", &[1, 1, 1, 0, 0], &[0, 1], 5, 1),
		(
			"R-BKV-2",
			"fewer bits than votes",
			&[1, 1, 0, 0, 0],
			&[0, 1, 2],
			5,
			1,
		),
		(
			"R-BKV-2",
			"a bit list that is too long",
			&[1, 1, 0, 0, 0, 0],
			&[0, 1],
			5,
			1,
		),
		(
			"R-BKV-3",
			"signed by another member",
			&[1, 1, 0, 0, 0],
			&[0, 2],
			5,
			1,
		),
		(
			"R-BKV-3",
			"signed in another session",
			&[1, 1, 0, 0, 0],
			&[0, 1],
			5,
			2,
		),
	];
	for (rule, name, bits, voters, size, session) in rows {
		let bits: Vec<_> = bits.iter().map(|bit| *bit == 1).collect();
		let Some(backed) = backed(&bits, voters, session) else {
			continue;
		};
		let question = made(json!({
			"ask": "check_backing_votes",
			"backed": hex(backed.encode()),
			"group": (0..size).collect::<Vec<_>>(),
			"keys": (1..=5).map(|seed| hex(public(seed))).collect::<Vec<_>>(),
			"minimum_backing_votes": 2,
			"session": 1,
			"relay_parent": context(1).parent_hash,
		}));
		cases.push(Case::new(rule, name, question));
	}
}
