//! Parachains that others wrote, on the devnet: the adder always, and Cumulus runtimes where `make interop-paras` has put them
//! (`INTEROP_PARAS` names the folder).

mod common;

use async_backing_collator::{BlockProducer, FuelUse, PovSize, ProduceBlock, ProduceError, ProducedBlock};
use async_backing_devnet::{Devnet, ForeignPara, Model, Parachain, RunConfig, RunReport};
use async_backing_foreign_parachain::{Adder, ParaSpec};
use async_backing_primitives::{
	AsyncBackingParams, CandidateCommitments, HeadData, ParaId, PersistedValidationData, PoV, ValidationCode,
};
use async_backing_pvf::{validation_params, Limits, PreparedPvf, PvfConfig, PvfEngine};
use common::{executor, relay_wasm};
use std::path::{Path, PathBuf};

const SYNCHRONOUS: AsyncBackingParams = AsyncBackingParams {
	max_candidate_depth: 0,
	allowed_ancestry_len: 0,
};
const ASYNCHRONOUS: AsyncBackingParams = AsyncBackingParams {
	max_candidate_depth: 4,
	allowed_ancestry_len: 3,
};
/// Id of the parachain: none of those that are counted.
const PARA: u32 = 2100;
/// Relay blocks, and the parablocks that have to be included in them with asynchronous backing, and without.
const BLOCKS: u32 = 60;
const ENOUGH: (u32, u32) = (50, 28);

fn config(params: AsyncBackingParams, id: u32, blocks: u32) -> RunConfig {
	RunConfig {
		blocks,
		validators: 2,
		paras: 0,
		foreign: vec![ForeignPara {
			id: ParaId(id),
			cores: 1,
		}],
		params,
		model: Model {
			upgrade_delay: 12,
			..Model::default()
		},
		..RunConfig::default()
	}
}

fn run(config: RunConfig, parachain: Parachain) -> (RunReport, Devnet) {
	let mut devnet = Devnet::with_runtime_executor(config, relay_wasm(), vec![parachain], executor())
		.expect("the genesis is valid");
	devnet.keep_everything();
	devnet.keep_contexts();
	let report = devnet.run(|_| ()).expect("the relay chain runs");
	(report, devnet)
}

fn adder() -> Parachain {
	Parachain::new(Adder::validation_code(), Adder::default())
}

#[test]
fn the_adder_is_included_with_and_without_asynchronous_backing() {
	for (params, enough) in [(ASYNCHRONOUS, ENOUGH.0), (SYNCHRONOUS, ENOUGH.1)] {
		let (report, devnet) = run(config(params, PARA, BLOCKS), adder());
		let para = &report.paras[0];
		assert_eq!((para.id, report.refused_on_chain), (PARA, 0));
		assert!(para.included >= enough, "{params:?}: {para:?}");
		tampered_povs_are_refused(&devnet, &Adder::validation_code());
	}
}

#[test]
fn the_adder_runs_alike_twice_beside_others() {
	let once = || {
		let (mut report, _) = run(config(ASYNCHRONOUS, PARA, 12), adder());
		report.wall_s = 0.0;
		report
	};
	assert_eq!(once(), once());
}

#[test]
fn a_parachain_that_has_no_block_says_why() {
	let parachain = Parachain::new(Adder::validation_code(), Stuck(Adder::default()));
	let (report, _) = run(config(ASYNCHRONOUS, PARA, 8), parachain);
	let para = &report.paras[0];
	assert_eq!(para.included, 0);
	let said = para
		.idle
		.iter()
		.any(|idle| idle.reason.contains("the runtime fails to make its inherents"));
	assert!(said, "{:?}", para.idle);
}

/// A parachain that never has a block.
struct Stuck(Adder);

impl BlockProducer for Stuck {
	fn genesis_head(&self) -> HeadData {
		self.0.genesis_head()
	}

	fn pov_size(&self) -> PovSize {
		self.0.pov_size()
	}

	fn fuel(&self) -> FuelUse {
		self.0.fuel()
	}

	fn produce(&mut self, _: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError> {
		Err(ProduceError::new("the runtime fails to make its inherents"))
	}
}

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

/// Takes an included block, and changes its bytes.
fn tampered_povs_are_refused(devnet: &Devnet, code: &ValidationCode) {
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
	let fuel = code
		.validate(&plain, &Limits::default())
		.map(|validated| validated.fuel_used);
	println!(
		"para {para}: a block of {} bytes takes {fuel:?} of fuel",
		plain.block_data.0.len()
	);
	let mut tampered = vec![("empty", Vec::new()), ("another", vec![0; 100])];
	// Each place of the block in plain, and of what is sent.
	let bytes = &plain.block_data.0;
	for position in (0..bytes.len()).step_by((bytes.len() / 16).max(1)) {
		let mut changed = bytes.clone();
		changed[position] ^= 1;
		tampered.push(("a bit", changed));
	}
	tampered.push(("cut", bytes[..bytes.len() - 1].to_vec()));
	for (what, bytes) in tampered {
		let refused = verdict(&PoV {
			block_data: bytes.into(),
		});
		let reason = refused.expect_err(what);
		assert!(!reason.is_empty(), "{what}");
		println!("para {para}, {what}: {reason}");
	}
}

/// Specifications of parachains that are there.
fn interop(names: [&str; 4]) -> Vec<PathBuf> {
	let folder = std::env::var_os("INTEROP_PARAS").map(PathBuf::from);
	let specs = folder
		.iter()
		.flat_map(|folder| names.map(|name| folder.join(name)));
	let has_code = |spec: &PathBuf| {
		let spec = ParaSpec::read(spec).expect("it is a specification");
		let code = spec.code.unwrap_or_default();
		folder.as_ref().is_some_and(|folder| folder.join(code).exists())
	};
	specs.filter(has_code).collect()
}

fn load(spec: &Path) -> (u32, ValidationCode, Parachain) {
	let para = ParaSpec::load(spec, 0, &executor()).expect("it can be run");
	(
		para.id.0,
		para.code.clone(),
		Parachain::new(para.code, para.producer),
	)
}

#[test]
fn cumulus_runtimes_are_included_and_upgrade() {
	for spec in interop([
		"small.toml",
		"small-upgrade.toml",
		"penpal.toml",
		"penpal-upgrade.toml",
	]) {
		let (id, code, parachain) = load(&spec);
		let (report, devnet) = run(config(ASYNCHRONOUS, id, BLOCKS), parachain);
		let para = &report.paras[0];
		println!(
			"{}: {} included, {} transfers",
			spec.display(),
			para.included,
			para.extrinsics_included
		);
		assert!(para.included >= ENOUGH.0, "{}: {para:?}", spec.display());
		assert!(para.extrinsics_included > 0);
		assert_eq!(report.refused_on_chain, 0);
		let is_current = |code: &ValidationCode| {
			let leaf = devnet.leaf().expect("there are blocks");
			let facts = devnet.relay().leaf_facts(leaf).expect("it is known");
			let para = facts.paras.values().next().expect("it has a core");
			para.backing_state.constraints.validation_code_hash == code.hash()
		};
		let upgrades = spec.to_string_lossy().contains("upgrade");
		assert_eq!(is_current(&code), !upgrades, "{}", spec.display());
		tampered_povs_are_refused(&devnet, &code);
	}
}
