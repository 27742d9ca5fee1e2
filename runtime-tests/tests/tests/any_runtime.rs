//! A runtime of which the devnet knows nothing but the blob.

mod common;

use async_backing_devnet::{
	check::{check_runtime, Level},
	Devnet, DevnetError, Parachain, RunConfig,
};
use async_backing_primitives::{wiring::path, CoreIndex, Hash, ParaId, ValidationCode};
use async_backing_relay_client::SetupError;
use async_backing_relay_runtime::{
	transactions::{self, CoreAssignment},
	VERSION,
};
use async_backing_runtime_metadata::{BlobError, Chain, Metadata, TransactionError};
use common::{executor, relay_wasm};
use serde_json::json;
use sp_core::{ed25519, Pair};
use sp_maybe_compressed_blob::{compress_weakly, CODE_BLOB_BOMB_LIMIT};

fn metadata(version: u32) -> Metadata {
	let bytes: Option<Vec<u8>> = executor()
		.call(relay_wasm(), "Metadata_metadata_at_version", version)
		.expect("the runtime answers");
	Metadata::decode(&bytes.expect("it has this version")).expect("it is metadata")
}

fn start(code: &[u8], config: RunConfig) -> DevnetError {
	let code_of = ValidationCode(vec![1; 16]);
	let producer = |para| async_backing_counter_parachain::Producer::new(0, para, 2);
	let parachains = config
		.para_ids()
		.map(|para| Parachain::new(code_of.clone(), producer(para)))
		.collect();
	Devnet::with_runtime_executor(config, code, parachains, executor())
		.map(|_| ())
		.expect_err("there is something wrong")
}

#[test]
fn transactions_from_metadata_are_those_of_the_runtime() {
	let genesis = Hash::repeat_byte(7);
	let chain = Chain {
		spec_version: VERSION.spec_version,
		transaction_version: VERSION.transaction_version,
		genesis,
	};
	let signer = ed25519::Pair::from_string("//Alice", None).expect("it is well known");
	for version in [14, 15] {
		let metadata = metadata(version);
		let order = json!({ "para": 2001, "max_price": u128::MAX.to_string() });
		let order = metadata.call(path::SCHEDULER, "place_order_keep_alive", order);
		let order = metadata.signed(&chain, &signer, 3, &order.expect("there is such a pallet"));
		assert_eq!(
			order,
			Ok(transactions::order(3, genesis, ParaId(2001))),
			"version {version}"
		);

		let shares = json!([[{ "Task": 2000 }, 28_800], ["Pool", 28_800]]);
		let work = json!({ "core": 1, "begin": 10, "end": 40, "shares": shares });
		let work = metadata.call(path::SCHEDULER, "assign_core", work);
		let work = json!({ "call": work.expect("there is such a pallet") });
		let work = metadata.call("pallet_sudo", "sudo", work);
		let work = metadata.signed(&chain, &signer, 200, &work.expect("there is such a pallet"));
		let shares = vec![
			(CoreAssignment::Task(ParaId(2000)), 28_800),
			(CoreAssignment::Pool, 28_800),
		];
		let expected = transactions::assign_core(200, genesis, CoreIndex(1), 10, Some(40), shares);
		assert_eq!(work.ok(), expected, "version {version}");
	}
}

#[test]
fn calls_that_do_not_fit_are_named() {
	let metadata = metadata(15);
	let missing = metadata.call("pallet_referenda", "submit", json!({}));
	assert_eq!(
		missing,
		Err(TransactionError::NoPallet("pallet_referenda".into()))
	);
	let wrong = metadata
		.call(
			path::SCHEDULER,
			"place_order_keep_alive",
			json!({ "para": "2001" }),
		)
		.and_then(|call| metadata.encode_call(&call));
	let error = wrong.expect_err("a para is a number").to_string();
	assert!(
		error.starts_with("the call `ParaScheduler::place_order_keep_alive`: ")
			&& error.contains("max_price"),
		"{error}"
	);
}

#[test]
fn what_no_run_can_be_on_is_an_error_that_says_why() {
	let no_wasm = start(b"{}", RunConfig::default());
	assert!(
		matches!(no_wasm, DevnetError::Blob(BlobError::NotWasm { .. })),
		"{no_wasm}"
	);
	let parachain =
		async_backing_counter_parachain::WASM_BINARY.expect("these tests need the compiled parachain");
	let no_runtime = start(parachain, RunConfig::default());
	assert!(
		matches!(no_runtime, DevnetError::Blob(BlobError::NotARuntime { .. })),
		"{no_runtime}"
	);
	let config = RunConfig {
		preset: Some("rococo".into()),
		..RunConfig::default()
	};
	let no_preset = start(relay_wasm(), config);
	assert!(
		matches!(
			&no_preset,
			DevnetError::Setup(SetupError::UnknownPreset { name, known })
				if name == "rococo" && known.contains(&"local_testnet".to_owned())
		),
		"{no_preset}"
	);
	for error in [no_wasm, no_runtime, no_preset] {
		assert!(error.is_of_runtime(), "{error}");
	}
}

#[test]
fn check_runtime_finds_nothing_wrong_with_the_relay_runtime() {
	let report = check_runtime(relay_wasm(), None, executor()).expect("this machine finishes");
	let others: Vec<_> = report
		.findings
		.iter()
		.filter(|finding| finding.level != Level::Ok)
		.map(|finding| (finding.what.as_str(), finding.came.as_str()))
		.collect();
	assert_eq!(others, [], "{report:#?}");
	assert_eq!(report.preset.as_deref(), Some("devnet"));
	for what in ["a parameter that root changes", "a channel that root opens"] {
		assert!(
			report.findings.iter().any(|finding| finding.what == what),
			"{what} is not among {report:#?}"
		);
	}
}

#[test]
fn a_compressed_blob_is_the_same_runtime() {
	let plain = sp_maybe_compressed_blob::decompress(relay_wasm(), CODE_BLOB_BOMB_LIMIT).expect("it is one");
	let packed = compress_weakly(&plain, CODE_BLOB_BOMB_LIMIT).expect("it is small");
	assert!(packed.len() < plain.len());
	let config = RunConfig {
		blocks: 2,
		..RunConfig::default()
	};
	let code = async_backing_counter_parachain::WASM_BINARY.expect("these tests need the compiled parachain");
	let parachain = |para| {
		let producer = async_backing_counter_parachain::Producer::new(0, para, 2);
		Parachain::new(ValidationCode(code.to_vec()), producer)
	};
	let parachains = config.para_ids().map(parachain).collect();
	let devnet = Devnet::with_runtime_executor(config, &packed, parachains, executor());
	let report = devnet
		.expect("the genesis is valid")
		.run(|_| ())
		.expect("the relay chain runs");
	assert_eq!(report.relay_blocks, 2);
}

#[test]
fn check_runtime_says_of_what_is_no_runtime_why() {
	let report = check_runtime(b"\x7fELF", None, executor()).expect("this machine finishes");
	assert!(!report.passes());
	let [finding] = &report.findings[..] else {
		panic!("{report:#?}")
	};
	assert!(finding.came.contains("no Wasm file"), "{finding:?}");
}
