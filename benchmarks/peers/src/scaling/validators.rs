//! What validators say, and the data that they hold, beside the published statement table and erasure coding.

use super::{Cost, Curve, Subject, SIZES};
use crate::{
	emulator::transcode,
	measure::{compare, timed, timed_with},
};
use async_backing_availability::{encode, erasure_root_of, verify_chunk};
use async_backing_backing::StatementTable;
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BlockData, CandidateHash, CompactStatement, CoreIndex, Hash, HeadData,
	PersistedValidationData, PoV, SignedCompactStatement, ValidatorIndex, ValidatorSignature,
};
use polkadot_erasure_coding as their_coding;
use polkadot_node_primitives::AvailableData as TheirData;
use polkadot_primitives::{self as theirs, BlakeTwo256, HashT};
use polkadot_statement_table as their_table;
use std::collections::HashMap;
use their_table::generic::{SignedStatement, Statement};

/// Validators of a group.
const GROUP: usize = 5;
/// Length of a proof of validity, in bytes.
const POV: usize = 64 * 1024;

pub(super) fn subject() -> Subject {
	Subject {
		title: "Validators",
		file: "scaling-validators",
		axis: "validators",
		curves: vec![
			Curve::measure(
				"all make a statement",
				Some("statement table, polkadot-statement-table 27"),
				"Groups of five, one candidate each: its first member seconds it, the others confirm it. Signatures were \
				 verified before, and candidates hashed.",
				SIZES,
				statements,
			),
			Curve::measure(
				"data are coded for all, and their root computed",
				Some("polkadot-erasure-coding 28"),
				"A proof of validity of 64 KiB. The code itself is one library on both sides, reed-solomon-novelpoly.",
				SIZES,
				coding,
			),
			Curve::measure(
				"a chunk is checked against the root",
				Some("polkadot-erasure-coding 28"),
				"Of the same data, so that chunks shrink as validators become more.",
				SIZES,
				chunk_check,
			),
		],
	}
}

/// Who votes on which core, for their table.
struct Groups(HashMap<theirs::CoreIndex, Vec<theirs::ValidatorIndex>>);

impl their_table::Context for Groups {
	type AuthorityId = theirs::ValidatorIndex;
	type Digest = theirs::CandidateHash;
	type GroupId = theirs::CoreIndex;
	type Signature = theirs::ValidatorSignature;
	/// Ours keeps candidates elsewhere, so theirs is spared keeping and hashing them.
	type Candidate = theirs::CandidateHash;

	fn candidate_digest(candidate: &Self::Candidate) -> Self::Digest {
		*candidate
	}

	fn is_member_of(&self, authority: &Self::AuthorityId, group: &Self::GroupId) -> bool {
		self.0.get(group).is_some_and(|group| group.contains(authority))
	}

	fn get_group_size(&self, group: &Self::GroupId) -> Option<usize> {
		self.0.get(group).map(Vec::len)
	}
}

fn hash(bytes: &[u8]) -> Hash {
	BlakeTwo256::hash(bytes)
}

/// The statements of so many validators, each with its core: first all that second, then those that confirm.
fn said_by(validators: usize) -> Vec<(CoreIndex, SignedCompactStatement)> {
	let groups = validators / GROUP;
	let statement = |member: usize, group: usize| {
		let candidate = CandidateHash(hash(&group.to_le_bytes()));
		let signature = sp_core::sr25519::Signature::from_raw([member as u8 + 1; 64]);
		SignedCompactStatement {
			statement: match member {
				0 => CompactStatement::Seconded(candidate),
				_ => CompactStatement::Valid(candidate),
			},
			validator_index: ValidatorIndex((group * GROUP + member) as u32),
			signature: ValidatorSignature::from(signature),
		}
	};
	(0..GROUP)
		.flat_map(|member| (0..groups).map(move |group| (member, group)))
		.map(|(member, group)| (CoreIndex(group as u32), statement(member, group)))
		.collect()
}

fn statements(validators: usize) -> Cost {
	let said = said_by(validators);
	let groups: Vec<Vec<_>> = (0..validators / GROUP)
		.map(|group| {
			(0..GROUP)
				.map(|member| ValidatorIndex((group * GROUP + member) as u32))
				.collect()
		})
		.collect();
	let params = AsyncBackingParams {
		max_candidate_depth: 3,
		allowed_ancestry_len: 2,
	};
	let mut ours = timed_with(
		|| (StatementTable::new(params, 2), said.clone()),
		|(mut table, said)| {
			for (core, statement) in said {
				let seconds = matches!(statement.statement, CompactStatement::Seconded(_));
				let group = seconds.then(|| (core, &groups[core.0 as usize][..]));
				assert_eq!(table.import(statement, group), Ok(true));
			}
			table
		},
	);
	let context = Groups(
		(0..)
			.map(theirs::CoreIndex)
			.zip(groups.iter().map(transcode))
			.collect(),
	);
	let translate = |(core, signed): &(CoreIndex, SignedCompactStatement)| {
		let candidate = transcode(&signed.statement.candidate_hash());
		let statement = SignedStatement {
			statement: match signed.statement {
				CompactStatement::Seconded(_) => Statement::Seconded(candidate),
				CompactStatement::Valid(_) => Statement::Valid(candidate),
			},
			signature: transcode(&signed.signature),
			sender: transcode(&signed.validator_index),
		};
		(theirs::CoreIndex(core.0), statement)
	};
	let said_there: Vec<_> = said.iter().map(translate).collect();
	let mut theirs = timed_with(
		|| (their_table::Table::<Groups>::new(), said_there.clone()),
		|(mut table, said)| {
			for (core, statement) in said {
				assert!(table.import_statement(&context, core, statement).is_some());
			}
			table
		},
	);
	Cost::Both(compare(&mut ours, &mut theirs))
}

/// Data that do not repeat themselves.
fn data() -> AvailableData {
	let blocks = (0..POV / 32).flat_map(|block| hash(&block.to_le_bytes()).0);
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

fn coding(validators: usize) -> Cost {
	let data = data();
	let data_there: TheirData = transcode(&data);
	let mut ours = timed(|| erasure_root_of(validators, &data).expect("there is a code"));
	let mut theirs = timed(|| {
		let chunks = their_coding::obtain_chunks_v1(validators, &data_there).expect("there is a code");
		their_coding::branches(&chunks).root()
	});
	Cost::Both(compare(&mut ours, &mut theirs))
}

fn chunk_check(validators: usize) -> Cost {
	let encoded = encode(validators, &data()).expect("there is a code");
	let root = encoded.root;
	// Some of them in turn, all over the trie.
	let step = validators.div_ceil(64);
	let chunks: Vec<_> = encoded.chunks.into_iter().step_by(step).collect();
	let proofs: Vec<_> = chunks
		.iter()
		.map(|chunk| {
			let nodes = chunk.proof.nodes().to_vec();
			polkadot_node_primitives::Proof::try_from(nodes).expect("it is within the bounds")
		})
		.collect();
	let mut turn = 0;
	let mut ours = timed(|| {
		turn = (turn + 1) % chunks.len();
		verify_chunk(root, &chunks[turn]).expect("it belongs to the root");
	});
	let mut turn = 0;
	let mut theirs = timed(|| {
		turn = (turn + 1) % chunks.len();
		let chunk = &chunks[turn];
		let expected = their_coding::branch_hash(&root, &proofs[turn], chunk.index as usize)
			.expect("it belongs to the root");
		assert_eq!(expected, hash(&chunk.chunk));
	});
	Cost::Both(compare(&mut ours, &mut theirs))
}
