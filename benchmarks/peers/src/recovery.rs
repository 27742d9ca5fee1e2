//! Available data that is coded and recovered, beside the published erasure coding. Roots and data of both sides are equal,
//! or there is no row.

use crate::{
	emulator::transcode,
	measure::{compare, timed, timed_with, Comparison},
	report::{Row, Table},
};
use async_backing_availability::{
	encode, run, AvailabilityDone, AvailabilityJob, EncodedData, Recovered, Wanted,
};
use async_backing_primitives::{
	recovery_threshold, systematic_recovery_threshold, AvailableData, BlockData, HeadData,
	PersistedValidationData, PoV,
};
use polkadot_erasure_coding as their_coding;
use polkadot_node_primitives::AvailableData as TheirData;
use polkadot_primitives::{BlakeTwo256, HashT};
use std::sync::Arc;

/// Whose work is compared with ours here.
const PEER: &str = "polkadot-erasure-coding 28";
/// A busy parablock and the largest one, in a small session and in one of Polkadot's size.
const SIZES: [(usize, usize); 4] = [(1, 100), (1, 1000), (5, 100), (5, 1000)];

/// Which chunks there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
	/// Those that are the plain data.
	Plain,
	/// As many as are enough, none of them plain.
	Any,
}

/// Data that do not repeat themselves.
fn data(bytes: usize) -> AvailableData {
	let blocks = (0..bytes / 32).flat_map(|block| BlakeTwo256::hash(&block.to_le_bytes()).0);
	AvailableData {
		pov: PoV {
			block_data: BlockData(blocks.collect()),
		},
		validation_data: PersistedValidationData {
			parent_head: HeadData(vec![1; 300]),
			..Default::default()
		},
	}
}

/// The tables about recovery.
pub fn tables() -> Vec<Table> {
	let rows = |measure: &dyn Fn(usize, &Arc<AvailableData>) -> Comparison| {
		let row = |(mebibytes, validators): (usize, usize)| Row {
			name: format!("{mebibytes} MiB, {validators} validators"),
			comparison: measure(validators, &Arc::new(data(mebibytes << 20))),
		};
		SIZES.into_iter().map(row).collect()
	};
	vec![
		Table {
			title: "Available data is coded, with a proof for each validator",
			peer: PEER,
			note: "The code itself is one library on both sides, reed-solomon-novelpoly; roots are equal.".into(),
			rows: rows(&coding),
		},
		Table {
			title: "Available data is recovered from plain chunks",
			peer: PEER,
			note: "And coded again, to see whether the root is right: it is, on both sides. Chunks were checked before."
				.into(),
			rows: rows(&|validators, data| recovering(validators, data, Way::Plain)),
		},
		Table {
			title: "Available data is recovered from any f + 1 chunks",
			peer: PEER,
			note: "None of them plain, so that all has to be decoded; and coded again.".into(),
			rows: rows(&|validators, data| recovering(validators, data, Way::Any)),
		},
	]
}

fn coding(validators: usize, data: &Arc<AvailableData>) -> Comparison {
	let there: TheirData = transcode(&**data);
	let code_there = || {
		let chunks = their_coding::obtain_chunks_v1(validators, &there).expect("there is a code");
		let mut branches = their_coding::branches(&chunks);
		let root = branches.root();
		let proofs = branches.by_ref().count();
		(root, proofs)
	};
	let here = encode(validators, data).expect("there is a code");
	assert_eq!(code_there(), (here.root, validators), "both sides code alike");
	let mut ours = timed(|| encode(validators, data).expect("there is a code"));
	let mut theirs = timed(code_there);
	let comparison = compare(&mut ours, &mut theirs);
	// Before what they borrow.
	drop((ours, theirs));
	comparison
}

fn recovering(validators: usize, data: &Arc<AvailableData>, way: Way) -> Comparison {
	let coded = encode(validators, data).expect("there is a code");
	let plain = systematic_recovery_threshold(validators).expect("there is a code");
	let any = recovery_threshold(validators).expect("there is a code");
	let range = match way {
		Way::Plain => 0..plain,
		Way::Any => validators - any..validators,
	};
	let chunks = &coded.chunks[range];
	let job = || AvailabilityJob::Recover {
		root: coded.root,
		validators,
		wanted: Wanted::Data,
		chunks: chunks.to_vec(),
	};
	let is_right =
		matches!(run(job()), AvailabilityDone::Recovered(Ok(Recovered::Data(here))) if here == *data);
	assert!(is_right, "ours recovers it");
	let there: TheirData = transcode(&**data);
	assert_eq!(
		recover_there(validators, &coded, way, owned(chunks, way)),
		there,
		"theirs recovers the same"
	);
	let mut ours = timed_with(job, run);
	let mut theirs = timed_with(
		|| owned(chunks, way),
		|chunks| recover_there(validators, &coded, way, chunks),
	);
	let comparison = compare(&mut ours, &mut theirs);
	drop((ours, theirs));
	comparison
}

/// Theirs takes plain chunks by value. They are copied beforehand.
fn owned(chunks: &[Arc<async_backing_availability::ErasureChunk>], way: Way) -> Vec<Vec<u8>> {
	match way {
		Way::Plain => chunks.iter().map(|chunk| chunk.chunk.clone()).collect(),
		Way::Any => Vec::new(),
	}
}

/// As their recovery does it: decodes, codes again and compares roots.
fn recover_there(validators: usize, coded: &EncodedData, way: Way, owned: Vec<Vec<u8>>) -> TheirData {
	let data = match way {
		Way::Plain => their_coding::reconstruct_from_systematic_v1(validators, owned),
		Way::Any => {
			let any = recovery_threshold(validators).expect("there is a code");
			let last = coded.chunks[validators - any..].iter();
			let chunks = last.map(|chunk| (&chunk.chunk[..], chunk.index as usize));
			their_coding::reconstruct_v1(validators, chunks)
		}
	};
	let data = data.expect("these chunks are enough");
	let chunks = their_coding::obtain_chunks_v1(validators, &data).expect("there is a code");
	assert_eq!(
		their_coding::branches(&chunks).root(),
		coded.root,
		"roots are equal"
	);
	data
}
