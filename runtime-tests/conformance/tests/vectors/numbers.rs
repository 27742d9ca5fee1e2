//! Groups, thresholds, erasure coding.

use crate::{bytes, cases, decoded, list, name, number};
use codec::Encode;
use polkadot_erasure_coding as coding;
use polkadot_primitives as theirs;
use serde_json::{json, Value};
use sp_runtime::traits::{BlakeTwo256, Hash as _};

/// Their rotation, where it is defined: they subtract what may be larger.
fn rotation(question: &Value) -> Option<theirs::GroupRotationInfo> {
	let (start, at) = (number(&question["session_start_block"]), number(&question["at"]));
	(at >= start).then_some(theirs::GroupRotationInfo {
		session_start_block: start,
		group_rotation_frequency: number(&question["group_rotation_frequency"]),
		now: at,
	})
}

#[test]
fn r_grp_2_to_r_grp_4_groups() {
	let mut confirmed = 0;
	for case in cases("groups", "group_for_core") {
		let question = &case["question"];
		let (core, cores) = (number(&question["core"]), number(&question["cores"]));
		let Some(rotation) = rotation(question).filter(|_| core < cores) else {
			assert_eq!(case["answer"]["ok"], Value::Null, "R-GRP-2: {}", name(&case));
			continue;
		};
		let group = rotation.group_for_core(theirs::CoreIndex(core), cores as usize);
		assert_eq!(case["answer"]["ok"], json!(group.0), "R-GRP-2: {}", name(&case));
		confirmed += 1;
	}
	for case in cases("groups", "core_for_group") {
		let question = &case["question"];
		let (group, cores) = (number(&question["group"]), number(&question["cores"]));
		// Their sum of group and cores has 32 bits.
		let is_small = group.checked_add(cores).is_some();
		let Some(rotation) = rotation(question).filter(|_| group < cores && is_small) else {
			continue;
		};
		let core = rotation.core_for_group(theirs::GroupIndex(group), cores as usize);
		assert_eq!(case["answer"]["ok"], json!(core.0), "R-GRP-3: {}", name(&case));
		confirmed += 1;
	}
	for case in cases("groups", "rotation") {
		let Some(rotation) = rotation(&case["question"]).filter(|there| there.group_rotation_frequency > 0)
		else {
			continue;
		};
		let answer = &case["answer"]["ok"];
		assert_eq!(
			answer["last"],
			json!(rotation.last_rotation_at()),
			"R-GRP-4: {}",
			name(&case)
		);
		if answer["next"] != Value::Null {
			assert_eq!(
				answer["next"],
				json!(rotation.next_rotation_at()),
				"R-GRP-4: {}",
				name(&case)
			);
		}
		confirmed += 1;
	}
	assert!(confirmed > 180, "{confirmed} are confirmed");
}

#[test]
fn r_ena_1_thresholds() {
	for case in cases("thresholds", "thresholds") {
		let n = number(&case["question"]["validators"]) as usize;
		let expected = json!({
			"byzantine": theirs::byzantine_threshold(n),
			"supermajority": theirs::supermajority_threshold(n),
			"availability": theirs::supermajority_threshold(n),
			"recovery": coding::recovery_threshold(n).ok(),
			"systematic_recovery": coding::systematic_recovery_threshold(n).ok(),
		});
		assert_eq!(
			case["answer"]["ok"],
			expected,
			"R-ENA-1, R-AVL-1: {}",
			name(&case)
		);
	}
	for case in cases("thresholds", "required_backing_votes") {
		let question = &case["question"];
		let (size, minimum) = (
			number(&question["group_size"]),
			number(&question["minimum_backing_votes"]),
		);
		let votes = theirs::effective_minimum_backing_votes(size as usize, minimum);
		// Row 11: an empty group backs nothing, and nothing is backed by nobody.
		let expected = (size > 0).then(|| votes.max(1));
		assert_eq!(case["answer"]["ok"], json!(expected), "R-BKV-1: {}", name(&case));
	}
}

#[test]
fn r_avl_4_roots_chunks_and_proofs() {
	for case in cases("erasure", "erasure_encode") {
		let (question, answer) = (&case["question"], &case["answer"]);
		let validators = number(&question["validators"]) as usize;
		let data: polkadot_node_primitives::AvailableData = decoded(&question["data"]);
		let Ok(chunks) = coding::obtain_chunks_v1(validators, &data) else {
			assert_eq!(
				answer["refused"]["kind"],
				"UnsupportedValidatorCount",
				"R-AVL-1: {}",
				name(&case)
			);
			continue;
		};
		let branches = coding::branches(&chunks);
		let root = branches.root();
		assert_eq!(answer["ok"]["root"], json!(root), "R-AVL-4: {}", name(&case));
		let proven: Vec<_> = branches.collect();
		for told in list(&answer["ok"]["chunks"]) {
			let (proof, chunk) = &proven[number(&told["index"]) as usize];
			assert_eq!(bytes(&told["chunk"]), *chunk, "R-AVL-0: {}", name(&case));
			let nodes: Vec<_> = list(&told["proof"]).map(bytes).collect();
			assert_eq!(nodes.encode(), proof.encode(), "R-AVL-4: {}", name(&case));
		}
		let hashes: Vec<_> = chunks
			.iter()
			.flat_map(|chunk| BlakeTwo256::hash(chunk).0)
			.collect();
		let told = bytes(&answer["ok"]["hash_of_chunk_hashes"]);
		assert_eq!(told, BlakeTwo256::hash(&hashes).0, "R-AVL-0: {}", name(&case));
	}
}

#[test]
fn r_avl_1_recovery() {
	let (mut recovered, mut refused) = (0, 0);
	for case in cases("erasure", "erasure_recover") {
		let (question, answer) = (&case["question"], &case["answer"]);
		let validators = number(&question["validators"]) as usize;
		let chunks: Vec<_> = list(&question["chunks"])
			.map(|chunk| (bytes(&chunk["chunk"]), number(&chunk["index"]) as usize))
			.collect();
		// The plain data alone are another function there (R-AVL-2).
		let there = coding::reconstruct_v1(validators, chunks.iter().map(|(chunk, at)| (&chunk[..], *at)));
		if answer.get("ok").is_some() && case["rule"] != "R-AVL-2" {
			let data = there.expect("they recover it");
			assert_eq!(bytes(&answer["ok"]), data.encode(), "R-AVL-1: {}", name(&case));
			recovered += 1;
		} else if answer.get("ok").is_some() {
			let plain = chunks.iter().map(|(chunk, _)| chunk.clone()).collect();
			let data = coding::reconstruct_from_systematic_v1(validators, plain).expect("they recover it");
			assert_eq!(bytes(&answer["ok"]), data.encode(), "R-AVL-2: {}", name(&case));
			recovered += 1;
		} else if answer["refused"]["kind"] == "TooFewChunks" && there.is_ok() {
			// Their decoder takes the power of two below the threshold, whichever chunks these are.
			let needed = coding::systematic_recovery_threshold(validators).expect("there is a code");
			assert!(chunks.len() >= needed, "R-AVL-1: {}", name(&case));
		} else {
			assert!(there.is_err(), "R-AVL-1, R-AVL-3: {}", name(&case));
			refused += 1;
		}
	}
	assert!(
		recovered > 8 && refused > 5,
		"{recovered} recovered, {refused} refused"
	);
}

#[test]
fn r_avl_4_proofs_are_verified_alike() {
	for case in cases("erasure", "verify_chunk") {
		let question = &case["question"];
		let nodes: Vec<_> = list(&question["proof"]).map(bytes).collect();
		let verified = theirs_proof(nodes).is_some_and(|proof| {
			let root = decoded(&question["root"]);
			let there = coding::branch_hash(&root, &proof, number(&question["index"]) as usize);
			there.is_ok_and(|hash| hash == BlakeTwo256::hash(&bytes(&question["chunk"])))
		});
		assert_eq!(
			case["answer"].get("ok").is_some(),
			verified,
			"R-AVL-4: {}",
			name(&case)
		);
	}
}

fn theirs_proof(nodes: Vec<Vec<u8>>) -> Option<polkadot_node_primitives::Proof> {
	codec::Decode::decode(&mut &nodes.encode()[..]).ok()
}
