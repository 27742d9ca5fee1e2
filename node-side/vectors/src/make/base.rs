//! Base constraints: their bytes in both layouts, and relay parents.

use super::{
	faults::{base, block, made, FUTURE},
	random::Random,
	Case, VectorFile,
};
use crate::{
	hex::hex,
	json::{Base, Block},
};
use async_backing_primitives::{
	BackingState, CandidateCommitments, CandidateDescriptor, CandidateHash, CandidatePendingAvailability,
	Constraints, DescriptorFields, Hash, HeadData, ParaId, UpgradeRestriction,
};
use codec::Encode;
use serde_json::json;

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	constraints(&mut cases);
	states(&mut cases);
	windows(&mut cases);
	VectorFile {
		family: "base_constraints",
		about: "What a leaf says about a para: constraints and backing states out of their bytes, in the layouts of the primitives' versions 8 and 9, and which relay parents are legal.",
		cases,
	}
}

fn full() -> Constraints {
	Constraints {
		dmp_remaining_messages: vec![8, 8, 9],
		upgrade_restriction: Some(UpgradeRestriction::Present),
		future_validation_code: Some((14, FUTURE)),
		required_parent: HeadData(vec![0xaa; 70]),
		..base()
	}
}

fn empty() -> Constraints {
	Constraints {
		hrmp_inbound: Default::default(),
		hrmp_channels_out: vec![],
		required_parent: HeadData(vec![]),
		..base()
	}
}

fn constraints(cases: &mut Vec<Case>) {
	for (name, constraints) in [("plain", base()), ("everything", full()), ("nothing", empty())] {
		let bytes = constraints.encode();
		let mut ask = |name: String, bytes: &[u8]| {
			let question = made(json!({ "ask": "decode_constraints", "bytes": hex(bytes) }));
			cases.push(Case::new("R-BIN-2", name, question));
		};
		ask(format!("{name}: decoded"), &bytes);
		ask(
			format!("{name}: the last byte is missing"),
			&bytes[..bytes.len().saturating_sub(1)],
		);
		ask(format!("{name}: a byte too many"), &[&bytes[..], &[0]].concat());
		let question = made(json!({ "ask": "encode_constraints", "base": Base::from(&constraints) }));
		cases.push(Case::new("R-BIN-2", format!("{name}: encoded"), question));
	}
}

fn pending(number: u8) -> CandidatePendingAvailability {
	let commitments = CandidateCommitments {
		head_data: HeadData(vec![number]),
		hrmp_watermark: 9,
		..Default::default()
	};
	CandidatePendingAvailability {
		candidate_hash: CandidateHash(Hash::repeat_byte(number)),
		descriptor: CandidateDescriptor::v2(DescriptorFields {
			para_id: ParaId(2000),
			relay_parent: block(9).hash,
			core_index: number.into(),
			session_index: 3,
			para_head: commitments.head_data.hash(),
			..Default::default()
		}),
		commitments,
		relay_parent_number: 9,
		max_pov_size: 1024,
	}
}

fn states(cases: &mut Vec<Case>) {
	let mut ask = |rule, name: String, bytes: &[u8]| {
		let question = made(json!({ "ask": "decode_backing_state", "bytes": hex(bytes) }));
		cases.push(Case::new(rule, name, question));
	};
	ask("R-BASE-16", "a para without head".into(), &[0]);
	ask("R-BIN-31", "nothing".into(), &[]);
	ask("R-BIN-31", "no option".into(), &[2]);
	ask("R-BIN-31", "no state, and a byte".into(), &[0, 0]);
	for (name, constraints, waiting) in [
		("plain", base(), vec![]),
		("everything", full(), vec![pending(1), pending(2)]),
	] {
		let state = BackingState {
			constraints,
			pending_availability: waiting,
		};
		let new = Some(state).encode();
		// One byte for Some, three numbers, and then the head-data limit that version 8 does not tell.
		let old = [
			new.get(..13).unwrap_or_default(),
			new.get(17..).unwrap_or_default(),
		]
		.concat();
		for (layout, bytes) in [(9, new), (8, old)] {
			ask("R-BIN-31", format!("{name} in layout {layout}"), &bytes);
			let cut = bytes.get(..bytes.len().saturating_sub(1)).unwrap_or_default();
			ask(
				"R-BIN-31",
				format!("{name} in layout {layout}, the last byte is missing"),
				cut,
			);
			let longer = [&bytes[..], &[7]].concat();
			ask(
				"R-BIN-31",
				format!("{name} in layout {layout}, a byte too many"),
				&longer,
			);
		}
	}
}

fn windows(cases: &mut Vec<Case>) {
	let mut window = |rule, name: String, from: u32, to: u32, ancestry: u32| {
		let blocks: Vec<_> = (from..=to).map(|number| Block::from(block(number))).collect();
		let question = made(json!({
			"ask": "relay_parent_window",
			"blocks": blocks,
			"allowed_ancestry_len": ancestry,
		}));
		cases.push(Case::new(rule, name, question));
	};
	for to in 100..=103 {
		window(
			"R-ABP-12",
			format!("A=2, the session's blocks from 101 on, at {}", to + 1),
			100,
			to,
			2,
		);
	}
	for to in [100, 103, 104] {
		window(
			"R-REL-6",
			format!(
				"A=3, the session's blocks from 101 on, in the state of {}",
				to + 1
			),
			100,
			to,
			3,
		);
	}
	window("R-ABP-3", "A=0: one relay parent".into(), 5, 9, 0);
	let mut random = Random::new(6);
	for n in 0..8 {
		let (from, len, ancestry) = (random.below(50), random.below(9), random.below(6));
		window(
			"R-REL-2",
			format!("random window {n}"),
			from,
			from + len,
			ancestry,
		);
	}
	for (before, earliest, is_pending) in [
		(None, 18, false),
		(Some(15), 18, false),
		(Some(19), 18, false),
		(None, 18, true),
		(Some(15), 18, true),
		(Some(19), 18, true),
	] {
		let question = made(json!({
			"ask": "oldest_relay_parent",
			"before": before,
			"earliest": earliest,
			"is_pending_availability": is_pending,
		}));
		let name = format!("after {before:?}, the window from {earliest} on, pending: {is_pending}");
		cases.push(Case::new("R-TRE-6", name, question));
	}
}
