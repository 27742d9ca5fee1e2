//! Candidates in themselves, and the cores that they name.

use super::{faults::made, Case, VectorFile};
use crate::{hex::hex, json::ValidationData};
use async_backing_primitives::{
	CandidateCommitments, CommittedCandidateReceipt, DescriptorFields, Hash, HeadData, ParaId,
	PersistedValidationData, ValidationCode,
};
use codec::Encode;
use serde_json::{json, Value};

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	parts(&mut cases);
	versions(&mut cases);
	signals(&mut cases);
	cores(&mut cases);
	VectorFile {
		family: "candidates",
		about: "What a candidate is in itself, wherever it stands: version, hashes, signals; and whether it may take the core that it names.",
		cases,
	}
}

fn data() -> PersistedValidationData {
	PersistedValidationData {
		parent_head: HeadData(vec![0]),
		relay_parent_number: 9,
		relay_parent_storage_root: Hash::repeat_byte(5),
		max_pov_size: 1024,
	}
}

fn receipt(commitments: CandidateCommitments) -> CommittedCandidateReceipt {
	let fields = DescriptorFields {
		para_id: ParaId(2000),
		relay_parent: Hash::repeat_byte(1),
		core_index: 3,
		session_index: 7,
		validation_code_hash: super::faults::CODE,
		..Default::default()
	};
	CommittedCandidateReceipt::consistent(fields, commitments, &data())
}

fn moves() -> CandidateCommitments {
	CandidateCommitments {
		head_data: HeadData(vec![1]),
		hrmp_watermark: 9,
		..Default::default()
	}
}

fn ask(cases: &mut Vec<Case>, rule: &'static str, name: &str, bytes: &[u8], change: impl FnOnce(&mut Value)) {
	let mut question = json!({
		"ask": "check_intrinsic",
		"receipt": hex(bytes),
		"validation_data": ValidationData::from(&data()),
		"v3_enabled": false,
	});
	change(&mut question);
	cases.push(Case::new(rule, name, made(question)));
}

fn parts(cases: &mut Vec<Case>) {
	let right = receipt(moves());
	let bytes = right.encode();
	ask(cases, "R-FRG-16", "all fits", &bytes, |question| {
		question["commitments_hash"] = json!(right.commitments.hash());
	});
	ask(cases, "R-FRG-16", "other commitments", &bytes, |question| {
		question["commitments_hash"] = json!(Hash::zero());
	});
	ask(cases, "R-FRG-16", "other validation data", &bytes, |question| {
		question["validation_data"]["max_pov_size"] = json!(1);
	});
	let mut other = right;
	other.commitments.head_data = HeadData(vec![2]);
	ask(cases, "R-FRG-16", "other head data", &other.encode(), |_| ());
	for len in [8, 9] {
		let commitments = CandidateCommitments {
			new_validation_code: Some(ValidationCode(vec![0; len])),
			..moves()
		};
		let bytes = receipt(commitments).encode();
		ask(
			cases,
			"R-CODE-1",
			&format!("announces {len} bytes"),
			&bytes,
			|_| (),
		);
	}
}

fn versions(cases: &mut Vec<Case>) {
	let bytes = receipt(moves()).encode();
	let rows: [(&str, usize, u8); 6] = [
		("an unknown version", 36, 2),
		("version 3", 36, 1),
		("version 2 with an offset", 43, 1),
		("version 1 by its collator", 50, 1),
		("version 2 with a byte behind the collator", 60, 1),
		("version 2 with a signature", 200, 1),
	];
	for (name, offset, value) in rows {
		for v3_enabled in [false, true] {
			let mut bytes = bytes.clone();
			if let Some(byte) = bytes.get_mut(offset) {
				*byte = value;
			}
			ask(
				cases,
				"R-BIN-12",
				&format!("{name}, version 3 enabled: {v3_enabled}"),
				&bytes,
				|question| {
					question["v3_enabled"] = json!(v3_enabled);
				},
			);
		}
	}
}

fn signals(cases: &mut Vec<Case>) {
	let select = vec![0, 1, 2];
	let peer = vec![1, 8, 0xaa, 0xbb];
	let rows: [(&str, &str, Vec<Vec<u8>>); 10] = [
		("R-UMP-3", "a separator alone", vec![vec![7], vec![]]),
		("R-UMP-3", "selects a core", vec![vec![], select.clone()]),
		("R-UMP-3", "approves a peer", vec![vec![], peer.clone()]),
		(
			"R-UMP-3",
			"both",
			vec![vec![9], vec![], select.clone(), peer.clone()],
		),
		(
			"R-UMP-3",
			"both, the other way round",
			vec![vec![], peer.clone(), select.clone()],
		),
		(
			"R-UMP-3",
			"one kind twice",
			vec![vec![], select.clone(), select.clone()],
		),
		(
			"R-UMP-3",
			"three",
			vec![vec![], select.clone(), peer, select.clone()],
		),
		("R-UMP-3", "no signal", vec![vec![], vec![9]]),
		("R-UMP-3", "another separator", vec![vec![], vec![]]),
		(
			"R-UMP-3",
			"bytes behind a signal",
			vec![vec![], [select, vec![7]].concat()],
		),
	];
	for (rule, name, upward_messages) in rows {
		let commitments = CandidateCommitments {
			upward_messages,
			..moves()
		};
		let bytes = receipt(commitments).encode();
		ask(cases, rule, name, &bytes, |_| ());
		// The same in the other versions, which may carry none, and must carry some.
		for (version, offset) in [(1, 50), (3, 36)] {
			let mut bytes = bytes.clone();
			if let Some(byte) = bytes.get_mut(offset) {
				*byte = 1;
			}
			ask(
				cases,
				"R-UMP-4",
				&format!("{name}, version {version}"),
				&bytes,
				|question| {
					question["v3_enabled"] = json!(true);
				},
			);
		}
	}
}

fn cores(cases: &mut Vec<Case>) {
	let queue = json!([
		{ "core": 0, "paras": [7, 8] },
		{ "core": 2, "paras": [8, 7] },
		{ "core": 4, "paras": [7, 7] },
		{ "core": 5, "paras": [7] },
	]);
	let mut choose = |para: u32, named: u32, select: Option<(u8, u8)>| {
		let question = made(json!({
			"ask": "check_core_choice",
			"claim_queue": queue,
			"para": para,
			"named": named,
			"select_core": select.map(|(selector, offset)| json!({ "selector": selector, "offset": offset })),
		}));
		cases.push(Case::new(
			"R-UMP-5",
			format!("para {para} names core {named} and selects {select:?}"),
			question,
		));
	};
	for named in [0, 2, 4] {
		choose(7, named, None);
	}
	for selector in 0..4 {
		choose(7, 4, Some((selector, 0)));
	}
	choose(7, 2, Some((0, 1)));
	choose(7, 4, Some((255, 1)));
	choose(7, 4, Some((0, 2)));
	choose(9, 0, None);
	choose(8, 2, None);
	choose(8, 0, None);
}
