//! The blob of this runtime, as its adopter would have it, on the devnet.

use async_backing_devnet::{
	check::{check_runtime, Level},
	RuntimeExecutor,
};
use async_backing_example_relay::WASM_BINARY;
use std::path::Path;

#[test]
fn check_runtime_takes_it_the_whole_road_and_finds_nothing_wrong() {
	let code = WASM_BINARY.expect("this test needs the compiled runtime: unset SKIP_WASM_BUILD");
	let executor = RuntimeExecutor::new(Some(Path::new(env!("CARGO_TARGET_TMPDIR"))));
	let report = check_runtime(code, None, executor).expect("this machine finishes");
	assert!(report.passes(), "{report:#?}");
	assert_eq!(report.runtime.as_deref(), Some("async-backing-example"));
	assert_eq!(report.preset, None, "it has no presets");
	let ok = |what: &str| {
		let found = report
			.findings
			.iter()
			.find(|finding| finding.what.starts_with(what));
		let found = found.unwrap_or_else(|| panic!("{what} is not among {report:#?}"));
		assert_eq!(found.level, Level::Ok, "{found:#?}");
	};
	for what in [
		"blocks of para 2000",
		"blocks of para 2001",
		"blocks that are ordered, for para 2002",
		"session change",
		"blocks after a session change",
		"a code upgrade of para 2000",
		"whom `ParaSessionInfo` speaks to",
		"order of `ParaSessionInfo`",
	] {
		ok(what);
	}
	let not_tried: Vec<_> = report
		.findings
		.iter()
		.filter(|finding| finding.level == Level::Warn)
		.map(|finding| finding.what.as_str())
		.collect();
	assert_eq!(
		not_tried,
		[
			"API AccountNonceApi",
			"API OffchainWorkerApi",
			"API AuthorityDiscoveryApi",
			"session keys `asgn`, `audi`",
			"governance"
		],
		"it is as small as can be"
	);
}
