//! A small relay chain, as its nodes would tell of it: six validators, two cores, a para on each.

#![allow(dead_code, unreachable_pub)] // each test uses a part of it

use async_backing_primitives::*;
use async_backing_replay::{read_extrinsic, Block, Booked, Inherent, Told};
use codec::{Compact, Decode, Encode};
use serde_json::{json, Map, Value};
use sp_runtime::{Digest, DigestItem};
use std::collections::BTreeMap;

pub const FIRST: BlockNumber = 100;
pub const POV: u32 = 5 * 1024 * 1024;
pub const PARAS: [ParaId; 2] = [ParaId(2000), ParaId(2001)];
const ROTATION: GroupRotationInfo = GroupRotationInfo {
	session_start_block: 95,
	group_rotation_frequency: 10,
	now: 0,
};

pub fn signature(seed: u8) -> ValidatorSignature {
	Decode::decode(&mut &[seed; 64][..]).expect("any 64 bytes are a signature")
}

fn header(number: BlockNumber, parent_hash: Hash) -> Header {
	let root = |kind: u8| Hash::from([number as u8 ^ kind; 32]);
	Header {
		parent_hash,
		number,
		state_root: root(1),
		extrinsics_root: root(2),
		digest: Digest {
			logs: vec![
				DigestItem::PreRuntime(*b"BABE", vec![3, 1, 2]),
				DigestItem::Seal(*b"BABE", vec![4; 64]),
			],
		},
	}
}

/// So many consecutive blocks. In each both paras have a candidate backed, on the parent and on the block before that, and
/// what the block before backed becomes available.
pub fn chain(length: u32) -> Vec<Block> {
	let mut headers = vec![header(FIRST - 2, Hash::repeat_byte(9))];
	headers.push(header(FIRST - 1, headers[0].hash()));
	let mut heads: BTreeMap<ParaId, HeadData> = PARAS.map(|para| (para, HeadData(vec![para.0 as u8]))).into();
	let mut waiting: Vec<(CommittedCandidateReceipt, CoreIndex, GroupIndex)> = Vec::new();
	let mut blocks = Vec::new();
	for number in FIRST..FIRST + length {
		let parent = headers.last().expect("there are two").clone();
		let older = headers[headers.len() - 2].clone();
		let own = header(number, parent.hash());
		headers.push(own.clone());
		let bits = AvailabilityBitfield([!waiting.is_empty(); 2].into_iter().collect());
		let bitfields = (0..6).map(|index| UncheckedSigned {
			payload: bits.clone(),
			validator_index: ValidatorIndex(index),
			signature: signature(index as u8),
		});
		let mut events: Vec<Told> = waiting
			.drain(..)
			.map(|(receipt, core, group)| {
				let head = receipt.commitments.head_data.clone();
				told(CandidateEvent::CandidateIncluded(
					receipt.to_plain(),
					head,
					core,
					group,
				))
			})
			.collect();
		let mut backed_candidates = Vec::new();
		for (para, core) in std::iter::zip(PARAS, [0, 1].map(CoreIndex)) {
			let relay_parent = if core.0 == 0 { &parent } else { &older };
			let info = RelayChainBlockInfo {
				hash: relay_parent.hash(),
				number: relay_parent.number,
				storage_root: relay_parent.state_root,
			};
			let head = HeadData((para.0, number).encode());
			let parent_head = heads.insert(para, head.clone()).expect("it has one");
			let data = PersistedValidationData {
				parent_head,
				relay_parent_number: info.number,
				relay_parent_storage_root: info.storage_root,
				max_pov_size: POV,
			};
			let fields = DescriptorFields {
				para_id: para,
				relay_parent: info.hash,
				core_index: core.0 as u16,
				session_index: 7,
				..Default::default()
			};
			let commitments = CandidateCommitments {
				head_data: head.clone(),
				hrmp_watermark: info.number,
				upward_messages: vec![vec![1, 2, 3], vec![], vec![0, 0, 0]],
				..Default::default()
			};
			let receipt = CommittedCandidateReceipt::consistent(fields, commitments, &data);
			let group = ROTATION
				.at(info.number + 1)
				.group_for_core(core, 2)
				.expect("there is one");
			let votes = vec![
				ValidityAttestation::Implicit(signature(1)),
				ValidityAttestation::Explicit(signature(2)),
			];
			let bits = [true, false, true].into_iter().collect();
			let backed = BackedCandidate::new(receipt.clone(), votes, bits, core).expect("the core is small");
			events.push(told(CandidateEvent::CandidateBacked(
				receipt.to_plain(),
				head,
				core,
				group,
			)));
			backed_candidates.push(backed);
			waiting.push((receipt, core, group));
		}
		let data = ParachainsInherentData {
			bitfields: bitfields.collect(),
			backed_candidates,
			disputes: vec![],
			parent_header: parent.clone(),
		};
		blocks.push(Block {
			source: format!("block {number}"),
			chain: Some("test".into()),
			number: Some(number),
			hash: Some(own.hash()),
			parent_hash: Some(parent.hash()),
			state_root: Some(own.state_root),
			inherent: Some(inherent(&data)),
			events: Some(events),
			booked: Some(Booked {
				ref_time: 1_000_000_000,
				proof_size: Some(9),
			}),
		});
	}
	blocks
}

fn told(event: CandidateEvent) -> Told {
	let mut told = Told {
		event,
		candidate_hash: None,
		has_core: true,
	};
	told.candidate_hash = Some(told.receipt().hash());
	told
}

/// The extrinsic of an inherent.
pub fn extrinsic(data: &ParachainsInherentData) -> Vec<u8> {
	let body = [vec![4, 54, 0], data.encode()].concat();
	[Compact(body.len() as u32).encode(), body].concat()
}

/// The same, read.
pub fn inherent(data: &ParachainsInherentData) -> Inherent {
	let bytes = extrinsic(data);
	let told_hash = Some(hash_bytes(&bytes));
	Inherent {
		told_hash,
		..read_extrinsic(&bytes).expect("it was just written")
	}
}

/// How names are spelt.
#[derive(Clone, Copy, Debug)]
pub enum Spelling {
	Camel,
	Snake,
}

impl Spelling {
	fn name(self, words: &str) -> String {
		match self {
			Self::Snake => words.replace(' ', "_"),
			Self::Camel => {
				let mut name = String::new();
				for (position, word) in words.split(' ').enumerate() {
					let (first, rest) = word.split_at(1);
					name += &if position == 0 {
						first.to_owned()
					} else {
						first.to_uppercase()
					};
					name += rest;
				}
				name
			}
		}
	}

	fn object<const N: usize>(self, fields: [(&str, Value); N]) -> Value {
		Value::Object(
			fields
				.into_iter()
				.map(|(words, value)| (self.name(words), value))
				.collect::<Map<_, _>>(),
		)
	}
}

fn hex(bytes: impl AsRef<[u8]>) -> Value {
	let digits: String = bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
	Value::String(format!("0x{digits}"))
}

fn encoded(value: &impl Encode) -> Value {
	hex(value.encode())
}

fn text(number: impl ToString) -> Value {
	Value::String(number.to_string())
}

/// A block as a REST service would tell it.
pub fn rest(block: &Block, spelling: Spelling) -> Value {
	let inherent = block.inherent.as_ref().expect("it has one");
	let data = &inherent.data;
	let descriptor = |descriptor: &CandidateDescriptor| {
		let bytes = descriptor.encode();
		spelling.object([
			("para id", text(descriptor.para_id())),
			("relay parent", hex(&bytes[4..36])),
			("version", text(bytes[36])),
			("core index", text(u16::from_le_bytes([bytes[37], bytes[38]]))),
			(
				"session index",
				text(u32::from_le_bytes([bytes[39], bytes[40], bytes[41], bytes[42]])),
			),
			("reserved1", hex(&bytes[43..68])),
			("persisted validation data hash", hex(&bytes[68..100])),
			("pov hash", hex(&bytes[100..132])),
			("erasure root", hex(&bytes[132..164])),
			("reserved2", hex(&bytes[164..228])),
			("para head", hex(&bytes[228..260])),
			("validation code hash", hex(&bytes[260..292])),
		])
	};
	let candidates = data.backed_candidates.iter().map(|backed| {
		let commitments = &backed.candidate.commitments;
		let votes = backed.validity_votes.iter().map(|vote| match vote {
			ValidityAttestation::Implicit(signature) => json!({ "implicit": encoded(signature) }),
			ValidityAttestation::Explicit(signature) => json!({ "Explicit": encoded(signature) }),
		});
		let candidate = spelling.object([
			("descriptor", descriptor(&backed.candidate.descriptor)),
			(
				"commitments",
				spelling.object([
					(
						"upward messages",
						commitments.upward_messages.iter().map(hex).collect(),
					),
					("horizontal messages", json!([])),
					("new validation code", Value::Null),
					("head data", hex(&commitments.head_data.0)),
					(
						"processed downward messages",
						text(commitments.processed_downward_messages),
					),
					("hrmp watermark", text(commitments.hrmp_watermark)),
				]),
			),
		]);
		spelling.object([
			("candidate", candidate),
			("validity votes", votes.collect()),
			("validator indices", hex(backed.validator_indices.as_raw_slice())),
		])
	});
	let header = &data.parent_header;
	let logs = header.digest.logs.iter().map(|log| match log {
		DigestItem::PreRuntime(id, bytes) => json!({ "preRuntime": [hex(id), hex(bytes)] }),
		DigestItem::Seal(id, bytes) => json!({ "seal": [hex(id), hex(bytes)] }),
		_ => panic!("there are no others"),
	});
	let bitfields = data.bitfields.iter().map(|bitfield| {
		spelling.object([
			("payload", hex(bitfield.payload.bytes())),
			("validator index", text(bitfield.validator_index)),
			("signature", encoded(&bitfield.signature)),
		])
	});
	let arguments = spelling.object([
		("bitfields", bitfields.collect()),
		("backed candidates", candidates.collect()),
		("disputes", json!([])),
		(
			"parent header",
			spelling.object([
				("parent hash", encoded(&header.parent_hash)),
				("number", text(header.number)),
				("state root", encoded(&header.state_root)),
				("extrinsics root", encoded(&header.extrinsics_root)),
				("digest", json!({ "logs": logs.collect::<Vec<_>>() })),
			]),
		),
	]);
	let called = |pallet: &str, method: &str| json!({ "pallet": spelling.name(pallet), "method": method });
	let mut events: Vec<_> = block
		.events
		.iter()
		.flatten()
		.map(|told| {
			let (method, head, core, group) = match &told.event {
				CandidateEvent::CandidateBacked(_, head, core, group) => {
					("CandidateBacked", head, core, group)
				}
				CandidateEvent::CandidateIncluded(_, head, core, group) => {
					("CandidateIncluded", head, core, group)
				}
				CandidateEvent::CandidateTimedOut(..) => panic!("there are none"),
			};
			let receipt = spelling.object([
				("descriptor", descriptor(&told.receipt().descriptor)),
				("commitments hash", encoded(&told.receipt().commitments_hash)),
			]);
			json!({
				"method": called("para inclusion", method),
				"data": [receipt, hex(&head.0), text(core), text(group)],
			})
		})
		.collect();
	events.push(json!({
		"method": called("system", "ExtrinsicSuccess"),
		"data": [{ "weight": { "refTime": "1000000000", "proofSize": "9" }, "class": "Mandatory" }],
	}));
	spelling.object([
		("number", text(block.number.expect("it is told"))),
		("hash", encoded(&block.hash.expect("it is told"))),
		("parent hash", encoded(&block.parent_hash.expect("it is told"))),
		("state root", encoded(&block.state_root.expect("it is told"))),
		(
			"extrinsics",
			json!([
				{ "method": called("timestamp", "set"), "args": { "now": "1" }, "events": [] },
				{
					"method": called("para inherent", "enter"),
					"hash": encoded(&inherent.told_hash.expect("it is told")),
					"args": { "data": arguments },
					"events": events,
				},
			]),
		),
	])
}
