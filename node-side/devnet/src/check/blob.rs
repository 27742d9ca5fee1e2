//! What a blob tells by itself: host functions, versions, APIs, session keys.

use super::{Finding, Level};
use crate::{runtime::Runtime, RuntimeExecutor};
use async_backing_runtime_metadata::Blob;

/// The version of ParachainHost that nodes and collators of the field make use of (R-BIN-30).
const PARACHAIN_HOST: u32 = 16;

/// APIs that nobody here asks, and who does.
const OTHERS: [(&str, &str); 5] = [
	("TaggedTransactionQueue", "transaction pools"),
	("SessionKeys", "nodes that make their keys"),
	("AccountNonceApi", "wallets"),
	("OffchainWorkerApi", "nodes with offchain workers"),
	(
		"AuthorityDiscoveryApi",
		"validators and collators that look validators up",
	),
];

/// What the blob imports and says without being executed. Nothing for a file that is no runtime: that is said elsewhere.
pub(super) fn blob(code: &[u8]) -> Vec<Finding> {
	let Ok(blob) = Blob::read(code) else {
		return Vec::new();
	};
	let known = RuntimeExecutor::host_functions();
	// Memory may be imported as well; functions begin like this.
	let host = |name: &&String| name.starts_with("ext_");
	let unknown: Vec<_> = blob
		.imports
		.iter()
		.filter(host)
		.filter(|name| !known.contains(name.as_str()))
		.cloned()
		.collect();
	let imported = blob.imports.iter().filter(host).count();
	vec![
		Finding::if_holds(
			unknown.is_empty(),
			Level::Fail,
			"host functions",
			"those of Substrate",
			match unknown.is_empty() {
				true => format!("{imported} imported, all known"),
				false => format!("also {}", unknown.join(", ")),
			},
			"sp_io::SubstrateHostFunctions",
		),
		Finding::if_holds(
			blob.version.is_some(),
			Level::Warn,
			"version without execution",
			"sections `runtime_version` and `runtime_apis`",
			if blob.version.is_some() {
				"both"
			} else {
				"none; is `#[sp_version::runtime_version]` missing?"
			},
			"sp_version::runtime_version",
		),
	]
}

/// Runtime APIs beyond those without which there is no run.
pub(super) fn apis(runtime: &Runtime) -> Vec<Finding> {
	let host = runtime.blob.api("ParachainHost");
	let mut findings = vec![Finding::if_holds(
		host.is_some_and(|version| version >= PARACHAIN_HOST),
		Level::Warn,
		"API ParachainHost",
		format!("version {PARACHAIN_HOST}"),
		host.map_or_else(|| "none".into(), |version| format!("version {version}")),
		"R-BIN-30",
	)];
	for (name, who) in OTHERS {
		let found = runtime.blob.api(name);
		findings.push(Finding::if_holds(
			found.is_some(),
			Level::Warn,
			format!("API {name}"),
			format!("there for {who}"),
			found.map_or_else(|| "none".into(), |version| format!("version {version}")),
			"docs/guide/adopting.md",
		));
	}
	findings
}

/// Keys that validators bring into a session: one for parachains at least.
pub(super) fn session_keys(runtime: &Runtime) -> Vec<Finding> {
	let Some(names) = runtime.metadata.session_keys() else {
		return vec![Finding::of(
			Level::Fail,
			"session keys",
			"`set_keys` of pallet_session takes them",
			"there is no such call",
			"docs/guide/adopting.md",
		)];
	};
	let size = |path: &String| {
		if path.contains("beefy") || path.contains("ecdsa") {
			33
		} else {
			32
		}
	};
	let keys = vec![1u8; names.iter().map(|(_, path)| size(path)).sum()];
	let kinds: Option<Vec<(Vec<u8>, [u8; 4])>> = runtime
		.executor
		.call(&runtime.code, "SessionKeys_decode_session_keys", keys)
		.unwrap_or_default();
	let kinds: Vec<String> = match kinds {
		Some(kinds) => kinds
			.iter()
			.map(|(_, kind)| String::from_utf8_lossy(kind).into_owned())
			.collect(),
		None => Vec::new(),
	};
	let came = match kinds.is_empty() {
		true => "the runtime does not tell".to_owned(),
		false => kinds.join(", "),
	};
	let has = |kind: &str| kinds.iter().any(|other| other == kind);
	let mut findings = vec![Finding::if_holds(
		has("para"),
		if kinds.is_empty() {
			Level::Warn
		} else {
			Level::Fail
		},
		"session key `para`",
		"the key by which validators back",
		came.clone(),
		"R-ABP-9",
	)];
	let others = ["asgn", "audi"];
	let missing: Vec<_> = others.into_iter().filter(|kind| !has(kind)).collect();
	findings.push(Finding::if_holds(
		missing.is_empty(),
		Level::Warn,
		"session keys `asgn`, `audi`",
		"keys of those who check approvals, and of authority discovery",
		match missing.is_empty() {
			true => came,
			false => format!("no {}", missing.join(", no ")),
		},
		"docs/guide/adopting.md",
	));
	findings
}
