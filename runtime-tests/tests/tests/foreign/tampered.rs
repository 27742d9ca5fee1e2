//! Proofs of validity that were changed: each is refused, with a reason.

use super::{built, tables};
use async_backing_devnet::Devnet;
use async_backing_primitives::{CandidateCommitments, PersistedValidationData, PoV, ValidationCode};
use async_backing_pvf::{validation_params, Limits, PreparedPvf, PvfConfig, PvfEngine, MAX_DECOMPRESSED_POV};
use codec::Encode;
use std::collections::BTreeMap;

/// What a validator checks: the validation function accepts, and says what the candidate says.
fn check(
	code: &PreparedPvf,
	data: &PersistedValidationData,
	pov: &PoV,
	commitments: &CandidateCommitments,
) -> Result<(), String> {
	let params = validation_params(data, pov).map_err(|error| error.to_string())?;
	let validated = code
		.validate(&params, &Limits::default())
		.map_err(|error| error.to_string())?;
	match validated.result.head_data == commitments.head_data {
		true => Ok(()),
		false => Err("the outputs are not those of the receipt".into()),
	}
}

fn packed(bytes: &[u8]) -> Vec<u8> {
	sp_maybe_compressed_blob::compress_weakly(bytes, usize::MAX).expect("it can be compressed")
}

/// What an adversary may send instead of a block of these bytes. More bytes behind it are not among that: Cumulus runtimes do
/// not look at them, here or there, and the PoV's hash tells the candidates apart.
fn changed(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
	const MANY: usize = 16 << 20;
	let mut all = vec![
		("empty", Vec::new()),
		("100 zeros", vec![0; 100]),
		("16 MiB of zeros", vec![0; MANY]),
		("16 MiB of zeros, packed", packed(&vec![0; MANY])),
		(
			"a bomb of 40 MiB and a byte",
			packed(&vec![0; MAX_DECOMPRESSED_POV + 1]),
		),
		("the last byte is missing", bytes[..bytes.len() - 1].to_vec()),
		("packed and cut", {
			let mut packed = packed(bytes);
			packed.pop();
			packed
		}),
	];
	for position in (0..bytes.len()).step_by((bytes.len() / 16).max(1)) {
		let mut changed = bytes.to_vec();
		changed[position] ^= 1;
		all.push(("a bit is another", changed));
	}
	all
}

/// Takes an included block, and changes its bytes.
pub(crate) fn tampered_povs_are_refused(devnet: &Devnet, code: &ValidationCode, name: &str) {
	let known = devnet.contexts().iter().find(|known| known.included_in.is_some());
	let known = known.expect("a block was included");
	let para = known.receipt.descriptor.para_id();
	let povs = devnet.included_povs(para);
	let pov = povs
		.iter()
		.find(|pov| pov.hash() == known.receipt.descriptor.pov_hash())
		.expect("proofs are kept");
	let engine = PvfEngine::new(PvfConfig::default()).expect("the engine starts");
	let code = engine.prepare(code).expect("validators have prepared it");
	let verdict = |pov: &PoV| check(&code, &known.built_with, pov, &known.receipt.commitments);
	assert_eq!(verdict(pov), Ok(()));
	let plain = validation_params(&known.built_with, pov).expect("it was included");
	let valid = code.validate(&plain, &Limits::default()).expect("it is valid");
	println!(
		"{name}: a block of {} bytes takes {} of fuel and {} pages",
		plain.block_data.0.len(),
		valid.fuel_used,
		valid.memory_pages
	);
	if let Some((folder, _)) = built().filter(|(folder, _)| folder.join(format!("{name}.wasm")).exists()) {
		std::fs::write(folder.join(format!("{name}.params")), plain.encode()).expect("it can be written");
	}
	let mut said: BTreeMap<(&str, String), u32> = BTreeMap::new();
	for (what, bytes) in changed(&plain.block_data.0) {
		let refused = verdict(&PoV {
			block_data: bytes.into(),
		});
		let reason = refused.expect_err(what);
		assert!(!reason.is_empty(), "{what}");
		let times = said.entry((what, tables::short(&reason))).or_default();
		*times += 1;
	}
	let rows: Vec<_> = said
		.into_iter()
		.map(|((what, reason), times)| match times {
			1 => format!("| {name} | {what} | {reason} |"),
			times => format!("| {name} | {what} ({times} such) | {reason} |"),
		})
		.collect();
	rows.iter().for_each(|row| println!("{row}"));
	tables::write(
		"tampered",
		name,
		"| para | PoV | refused because |\n|---|---|---|",
		&rows,
	);
}
