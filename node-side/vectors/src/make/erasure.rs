//! Erasure coding: roots, chunks, proofs, recovery.

use super::{faults::made, random::Random, Case, VectorFile};
use crate::hex::hex;
use async_backing_availability::{encode, EncodedData};
use async_backing_primitives::{
	recovery_threshold, systematic_recovery_threshold, AvailableData, BlockData, Hash, HeadData,
	PersistedValidationData, PoV,
};
use codec::Encode;
use serde_json::{json, Value};

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	coded(&mut cases);
	recovered(&mut cases);
	proven(&mut cases);
	indices(&mut cases);
	VectorFile {
		family: "erasure",
		about: "Chunks of available data, the root over their hashes, proofs, and recovery. The data are the SCALE encoding of proof of validity and validation data; hash_of_chunk_hashes is the Blake2-256 of the Blake2-256 hashes of all chunks, one behind the other.",
		cases,
	}
}

fn data(random: &mut Random, len: u32) -> AvailableData {
	AvailableData {
		pov: PoV {
			block_data: BlockData(random.bytes(len)),
		},
		validation_data: PersistedValidationData {
			parent_head: HeadData(random.bytes(3)),
			relay_parent_number: random.below(1000),
			relay_parent_storage_root: Hash::repeat_byte(9),
			max_pov_size: 1024,
		},
	}
}

fn coded(cases: &mut Vec<Case>) {
	let mut random = Random::new(1);
	let mut ask = |validators: u32, data: &AvailableData, chunks: &[u32]| {
		let len = data.pov.block_data.0.len();
		let question = made(json!({
			"ask": "erasure_encode",
			"validators": validators,
			"data": hex(data.encode()),
			"chunks": chunks,
		}));
		cases.push(Case::new(
			"R-AVL-4",
			format!("{validators} validators, a proof of {len} bytes"),
			question,
		));
	};
	let golden = AvailableData {
		pov: PoV {
			block_data: BlockData((0..10).collect()),
		},
		validation_data: PersistedValidationData::default(),
	};
	ask(6, &golden, &[0, 5]);
	for (validators, len) in [
		(2, 0),
		(2, 1),
		(3, 1),
		(4, 63),
		(5, 64),
		(7, 100),
		(10, 300),
		(16, 17),
		(17, 18),
		(33, 500),
		(100, 700),
		(300, 2),
		(1000, 1500),
	] {
		ask(validators, &data(&mut random, len), &[0, 1, validators - 1]);
	}
	for validators in [0, 1, 65_537] {
		ask(validators, &golden, &[0]);
	}
}

/// Coded data for as many validators; tests make all vectors, so there is a code for each number that is named here.
fn code(validators: u32, data: &AvailableData) -> EncodedData {
	encode(validators as usize, data).unwrap_or(EncodedData {
		root: Hash::zero(),
		chunks: vec![],
	})
}

fn chunks<'a>(coded: &'a EncodedData, which: impl Iterator<Item = u32> + 'a) -> Vec<Value> {
	which
		.filter_map(|index| coded.chunks.get(index as usize))
		.map(|chunk| json!({ "index": chunk.index, "chunk": hex(&chunk.chunk) }))
		.collect()
}

fn recovered(cases: &mut Vec<Case>) {
	let mut random = Random::new(5);
	let mut ask = |rule, name: String, validators: u32, chunks: Vec<Value>| {
		let question = made(json!({ "ask": "erasure_recover", "validators": validators, "chunks": chunks }));
		cases.push(Case::new(rule, name, question));
	};
	for validators in [2, 4, 7, 10, 20] {
		let data = data(&mut random, 40);
		let coded = code(validators, &data);
		let n = validators as usize;
		let needed = u32::try_from(recovery_threshold(n).unwrap_or_default()).unwrap_or_default();
		let plain = u32::try_from(systematic_recovery_threshold(n).unwrap_or_default()).unwrap_or_default();
		let last = |count: u32| (validators - count..validators).rev();
		ask(
			"R-AVL-1",
			format!("{validators}: the last {needed}"),
			validators,
			chunks(&coded, last(needed)),
		);
		ask(
			"R-AVL-1",
			format!("{validators}: one too few"),
			validators,
			chunks(&coded, last(needed - 1)),
		);
		ask(
			"R-AVL-2",
			format!("{validators}: the first {plain} are the plain data"),
			validators,
			chunks(&coded, 0..plain),
		);
		let twice = (0..needed).map(|_| validators - 1);
		ask(
			"R-AVL-1",
			format!("{validators}: one chunk {needed} times"),
			validators,
			chunks(&coded, twice),
		);
	}
	let coded = code(7, &data(&mut random, 30));
	let three = || chunks(&coded, 4..7);
	let damaged = |change: &dyn Fn(&mut Value)| {
		let mut chunks = three();
		if let Some(chunk) = chunks.get_mut(1) {
			change(chunk);
		}
		chunks
	};
	ask(
		"R-AVL-3",
		"an index beyond the validators".into(),
		7,
		damaged(&|chunk| chunk["index"] = json!(7)),
	);
	ask(
		"R-AVL-3",
		"an odd length".into(),
		7,
		damaged(&|chunk| chunk["chunk"] = json!("0x000000")),
	);
	ask(
		"R-AVL-3",
		"an empty chunk".into(),
		7,
		damaged(&|chunk| chunk["chunk"] = json!("0x")),
	);
	ask(
		"R-AVL-3",
		"an unequal length".into(),
		7,
		damaged(&|chunk| chunk["chunk"] = json!("0x0000")),
	);
	let nonsense = |index: u32| json!({ "index": index, "chunk": "0xffff" });
	ask(
		"R-AVL-1",
		"no data in it".into(),
		7,
		(4..7).map(nonsense).collect(),
	);
	ask("R-AVL-1", "no code for one validator".into(), 1, three());
}

fn proven(cases: &mut Vec<Case>) {
	let coded = code(100, &data(&mut Random::new(7), 200));
	let Some(chunk) = coded.chunks.get(70) else {
		return;
	};
	let proof: Vec<_> = chunk.proof.nodes().iter().map(hex).collect();
	let right = json!({
		"ask": "verify_chunk",
		"root": coded.root,
		"index": 70,
		"chunk": hex(&chunk.chunk),
		"proof": proof,
	});
	let mut ask = |name: &str, change: &dyn Fn(&mut Value)| {
		let mut question = right.clone();
		change(&mut question);
		cases.push(Case::new("R-AVL-4", name, made(question)));
	};
	ask("the proof of chunk 70 of 100", &|_| ());
	ask("another root", &|question| {
		question["root"] = json!(Hash::repeat_byte(1))
	});
	ask("another index", &|question| question["index"] = json!(71));
	ask("another chunk", &|question| question["chunk"] = json!("0x0102"));
	ask("no proof", &|question| question["proof"] = json!([]));
	let first: Vec<_> = proof.iter().take(1).collect();
	ask("the proof's first node alone", &|question| {
		question["proof"] = json!(first)
	});
	let node = "0x".to_owned() + &"00".repeat(613);
	ask("a node of 613 bytes", &|question| {
		question["proof"] = json!([node])
	});
	ask("nine nodes", &|question| {
		question["proof"] = json!(vec!["0x00"; 9])
	});
}

fn indices(cases: &mut Vec<Case>) {
	let mut ask = |validators: u32, core: u32, validator: u32, mapped: bool| {
		let question = made(json!({
			"ask": "chunk_index",
			"validators": validators,
			"core": core,
			"validator": validator,
			"systematic_mapping": mapped,
		}));
		let name = format!("validator {validator} of {validators}, core {core}, feature bit 2: {mapped}");
		cases.push(Case::new("R-AVL-6", name, question));
	};
	for core in [1, 4] {
		(0..7).for_each(|validator| ask(7, core, validator, true));
	}
	ask(7, 4, 3, false);
	ask(7, 4, 7, true);
	ask(1, 0, 0, true);
	ask(1000, u32::MAX, 999, true);
}
