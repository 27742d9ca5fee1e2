//! A code that comes while a run goes: a para announces it, the validators of the devnet prepare it and vote on it themselves,
//! and the para's blocks go on under it.

mod common;

use async_backing_collator::{BlockProducer, FuelUse, PovSize, ProduceBlock, ProduceError, ProducedBlock};
use async_backing_devnet::{Devnet, Model, Parachain, RunConfig};
use async_backing_primitives::{
	AsyncBackingParams, BlockData, CandidateCommitments, Hash, HeadData, ParaId, PoV, ValidationCode,
	ValidationCodeHash, ValidationResult,
};
use codec::Encode;
use common::{executor, relay_wasm};
use wasm_encoder::{
	CodeSection, ConstExpr, CustomSection, ExportKind, ExportSection, Function, FunctionSection,
	GlobalSection, GlobalType, MemArg, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// Bytes of head data: so many that their length takes two bytes.
const HEAD: usize = 100;
const PARA: ParaId = ParaId(2000);

/// A validation function that returns what the block data is: a validation result. Its length takes two bytes as well.
fn echo(version: u8) -> ValidationCode {
	let (mut types, mut functions, mut memories) =
		(TypeSection::new(), FunctionSection::new(), MemorySection::new());
	types.ty().function([ValType::I32; 2], [ValType::I64]);
	functions.function(0);
	memories.memory(MemoryType {
		minimum: 32,
		maximum: None,
		memory64: false,
		shared: false,
		page_size_log2: None,
	});
	let mut globals = GlobalSection::new();
	let heap = GlobalType {
		val_type: ValType::I32,
		mutable: false,
		shared: false,
	};
	globals.global(heap, &ConstExpr::i32_const(1024));
	let mut exports = ExportSection::new();
	exports
		.export("validate_block", ExportKind::Func, 0)
		.export("memory", ExportKind::Memory, 0)
		.export("__heap_base", ExportKind::Global, 0);
	let length_at = 2 + HEAD as u64;
	let mut function = Function::new([]);
	function
		.instructions()
		.local_get(0)
		.i32_load16_u(MemArg {
			offset: length_at,
			align: 0,
			memory_index: 0,
		})
		.i32_const(2)
		.i32_shr_u()
		.i64_extend_i32_u()
		.i64_const(32)
		.i64_shl()
		.local_get(0)
		.i32_const(length_at as i32 + 2)
		.i32_add()
		.i64_extend_i32_u()
		.i64_or()
		.end();
	let mut code = CodeSection::new();
	code.function(&function);
	let mut module = Module::new();
	module
		.section(&types)
		.section(&functions)
		.section(&memories)
		.section(&globals)
		.section(&exports)
		.section(&code)
		.section(&CustomSection {
			name: "version".into(),
			data: vec![version].into(),
		});
	ValidationCode(module.finish())
}

fn head(number: u32) -> HeadData {
	let mut bytes = number.to_le_bytes().to_vec();
	bytes.resize(HEAD, 0);
	HeadData(bytes)
}

fn number(head: &HeadData) -> u32 {
	u32::from_le_bytes(head.0[..4].try_into().expect("a head is longer"))
}

/// Announces the second version with its first block.
#[derive(Debug)]
struct Echo;

impl BlockProducer for Echo {
	fn genesis_head(&self) -> HeadData {
		head(0)
	}

	fn pov_size(&self) -> PovSize {
		PovSize {
			base: 1000,
			per_extrinsic: 0,
		}
	}

	fn fuel(&self) -> FuelUse {
		FuelUse {
			base: 100_000,
			per_extrinsic: 100_000,
			per_code_byte: 0,
		}
	}

	fn produce(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError> {
		let number = number(block.parent_head) + 1;
		let result = ValidationResult {
			head_data: head(number),
			new_validation_code: (number == 1).then(|| echo(2)),
			hrmp_watermark: block.relay_parent.number,
			..Default::default()
		};
		let pov = PoV {
			block_data: BlockData(result.encode()),
		};
		Ok(ProducedBlock {
			commitments: CandidateCommitments::from(result),
			pov,
			extrinsics: 1,
		})
	}
}

#[test]
fn r_code_3_an_upgrade_in_flight_is_checked_by_the_validators_and_blocks_go_on_under_the_new_code() {
	let config = RunConfig {
		blocks: 26,
		validators: 4,
		paras: 1,
		seed: 5,
		params: AsyncBackingParams {
			max_candidate_depth: 4,
			allowed_ancestry_len: 3,
		},
		model: Model {
			upgrade_delay: 12,
			..Model::default()
		},
		..RunConfig::default()
	};
	let parachain = Parachain::new(echo(1), Echo);
	let mut devnet = Devnet::with_runtime_executor(config, relay_wasm(), vec![parachain], executor())
		.expect("the genesis is valid");
	let report = devnet.run(|_| ()).expect("the relay chain runs");
	let client = devnet.relay().client();
	common::invariants::check_all(client);
	assert_eq!(report.refused_on_chain, 0);

	let mut chain = client.ancestry(client.best().hash, 100).expect("it is known");
	chain.reverse();
	chain.push(client.best().hash);
	// The genesis has one code and nobody to ask about it.
	let seen: Vec<(usize, Option<ValidationCodeHash>)> = chain
		.iter()
		.skip(1)
		.map(|block| {
			let asked: Vec<ValidationCodeHash> = client
				.call(*block, "ParachainHost_pvfs_require_precheck", ())
				.expect("the runtime answers");
			assert!(asked.iter().all(|code| *code == echo(2).hash()));
			(asked.len(), code_of(client, *block))
		})
		.collect();
	let asking = seen.iter().filter(|(asked, _)| *asked > 0).count();
	assert!(
		(1..=2).contains(&asking),
		"R-CODE-3: they vote at once, {asking} blocks"
	);
	let old = seen.iter().filter(|(_, code)| *code == Some(echo(1).hash()));
	assert!(old.count() >= 12, "the delay");
	assert_eq!(
		seen.last().map(|(_, code)| *code),
		Some(Some(echo(2).hash())),
		"R-CODE-6"
	);
	let under_new = seen.iter().filter(|(_, code)| *code == Some(echo(2).hash()));
	assert!(under_new.count() >= 4);
	let included = &report.paras[0].included;
	assert!(*included >= 20, "nothing stopped meanwhile: {included}");
}

/// The code that the para's next candidate is executed with.
fn code_of(client: &async_backing_relay_client::RelayClient, at: Hash) -> Option<ValidationCodeHash> {
	let facts = client.leaf_facts(at).expect("the runtime answers");
	let para = facts.paras.get(&PARA)?;
	Some(para.backing_state.constraints.validation_code_hash)
}
