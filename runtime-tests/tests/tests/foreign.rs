//! Parachains that others wrote, on the devnet: the adder always, and Cumulus runtimes where `make interop-paras` has put them
//! (`INTEROP_PARAS` names the folder, `INTEROP_NAMES` those of them that are meant). Tables for `docs/interop.md` go there too.

mod common;
#[path = "foreign/messages.rs"]
mod messages;
#[path = "foreign/tables.rs"]
mod tables;
#[path = "foreign/tampered.rs"]
mod tampered;

use async_backing_collator::{BlockProducer, FuelUse, PovSize, ProduceBlock, ProduceError, ProducedBlock};
use async_backing_devnet::{Devnet, ForeignPara, Model, Parachain, RunConfig, RunReport};
use async_backing_foreign_parachain::{Adder, ParaSpec};
use async_backing_primitives::{AsyncBackingParams, HeadData, ParaId, ValidationCode};
use common::{executor, relay_wasm};
use std::path::{Path, PathBuf};
use tampered::tampered_povs_are_refused;

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
	run_with(config, vec![parachain], |_| ())
}

fn run_with(
	config: RunConfig,
	parachains: Vec<Parachain>,
	prepare: impl FnOnce(&mut Devnet),
) -> (RunReport, Devnet) {
	let mut devnet = Devnet::with_runtime_executor(config, relay_wasm(), parachains, executor())
		.expect("the genesis is valid");
	prepare(&mut devnet);
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
		tampered_povs_are_refused(&devnet, &Adder::validation_code(), "adder");
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

/// Where Cumulus runtimes are, if they are, and those of them that are meant.
fn built() -> Option<(PathBuf, Vec<String>)> {
	let folder = PathBuf::from(std::env::var_os("INTEROP_PARAS")?);
	let names = std::env::var("INTEROP_NAMES").unwrap_or_else(|_| "small penpal".into());
	let names = names.split_whitespace().map(str::to_owned);
	let names = names
		.filter(|name| folder.join(format!("{name}.wasm")).exists())
		.collect();
	Some((folder, names))
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
	let Some((folder, names)) = built() else {
		return;
	};
	let specs = names
		.iter()
		.flat_map(|name| [name.clone(), format!("{name}-upgrade")]);
	for name in specs {
		let spec = folder.join(format!("{name}.toml"));
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
		tampered_povs_are_refused(&devnet, &code, &name);
	}
}

#[test]
fn r_col_2_a_runtime_has_the_relay_blocks_on_top_of_its_relay_parent_proven() {
	let Some((folder, names)) = built() else {
		return;
	};
	if !names.iter().any(|name| name == "small") {
		return;
	}
	let load = || load(&folder.join("small-behind.toml"));
	let (id, code, parachain) = load();
	let (report, devnet) = run(config(ASYNCHRONOUS, id, BLOCKS), parachain);
	let para = &report.paras[0];
	assert!(para.included >= ENOUGH.0, "{para:?}");
	assert!(para.extrinsics_included > 0);
	assert_eq!(report.refused_on_chain, 0);
	tampered_povs_are_refused(&devnet, &code, "small-behind");

	// Without ancestry no relay parent is behind the leaf.
	let (id, _, parachain) = load();
	let (report, _) = run(config(SYNCHRONOUS, id, 8), parachain);
	let para = &report.paras[0];
	assert_eq!(para.included, 0);
	let said = para.idle.iter().any(|idle| {
		idle.reason
			.contains("too few relay blocks are on top of any relay parent")
	});
	assert!(said, "{:?}", para.idle);
}

#[test]
fn a_runtime_that_is_no_parachains_is_refused_before_anything_is_executed() {
	let folder = tempfile::tempdir().expect("there is room");
	std::fs::write(folder.path().join("relay.wasm"), relay_wasm()).expect("it can be written");
	let spec = folder.path().join("relay.toml");
	let text = "id = 2100\nproducer = \"substrate\"\ncode = \"relay.wasm\"\n";
	std::fs::write(&spec, text).expect("it can be written");
	let refused = ParaSpec::load(&spec, 0, &executor()).expect_err("it is the relay chain's");
	let refused = refused.to_string();
	assert!(refused.contains("relay.toml"), "{refused}");
	assert!(refused.contains("does not export `validate_block`"), "{refused}");
}

#[test]
fn code_that_the_chain_does_not_take_is_an_error_with_the_limit() {
	let parachain = Parachain::new(ValidationCode(vec![0; (3 << 20) + 1]), Adder::default());
	let config = config(ASYNCHRONOUS, PARA, 1);
	let refused = Devnet::with_runtime_executor(config, relay_wasm(), vec![parachain], executor()).map(drop);
	let refused = refused.expect_err("the chain takes 3 MiB").to_string();
	let expected = "the validation code of para 2100 has 3145729 bytes, but the relay chain's `max_code_size` is 3145728";
	assert_eq!(refused, expected);
}
