//! Relay runtimes from files: what the command makes of a blob.

mod common;

use common::{refused, run, text};
use std::path::{Path, PathBuf};

/// A file with a runtime, which is gone at the end.
struct File(PathBuf);

impl File {
	fn of(name: &str, code: Option<&[u8]>) -> Self {
		let code = code.expect("these tests need the compiled runtimes: unset SKIP_WASM_BUILD");
		let path = std::env::temp_dir().join(format!("async-backing-{name}-{}.wasm", std::process::id()));
		std::fs::write(&path, code).expect("there is room");
		Self(path)
	}

	/// The runtime of `examples/relay`, of which this program knows nothing.
	fn adopters(name: &str) -> Self {
		Self::of(name, async_backing_example_relay::WASM_BINARY)
	}

	/// The runtime that this program has itself.
	fn own(name: &str) -> Self {
		Self::of(name, async_backing_relay_runtime::WASM_BINARY)
	}

	fn path(&self) -> &Path {
		&self.0
	}
}

impl Drop for File {
	fn drop(&mut self) {
		let _ = std::fs::remove_file(&self.0);
	}
}

/// What a command that ends well says.
fn said(arguments: &str) -> String {
	let output = run(arguments);
	assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
	text(&output.stdout)
}

#[test]
fn each_command_runs_on_the_runtime_and_the_preset_that_are_named() {
	let file = File::own("own");
	let path = file.path().display();
	// The program's own runtime from a file is the same run, whatever it is asked for.
	for command in [
		"compare --blocks 3 --extrinsic-cost-us 100000",
		"tree --at 3 --extrinsic-cost-us 100000",
		"context --at 3 --as backer --leaf 4 --extrinsic-cost-us 100000",
	] {
		let named = said(&format!("{command} --runtime {path} --preset devnet"));
		assert_eq!(named, said(command), "{command}");
		let error = refused(&format!("{command} --runtime {path} --preset rococo"));
		assert!(
			error.contains("no genesis preset named \"rococo\": it has") && error.contains("local_testnet"),
			"{command}: {error}"
		);
	}
	// Presets of this runtime differ by their validators, and those are the run's.
	let head = |preset: &str| {
		let run = said(&format!(
			"dev --blocks 2 --runtime {path} --preset {preset} --json -"
		));
		let report: serde_json::Value = serde_json::from_str(&run).expect("it is JSON");
		report["runs"][0]["head"].clone()
	};
	assert_eq!(head("local"), head("development"));
}

#[test]
fn each_command_runs_on_a_runtime_that_it_does_not_know() {
	let file = File::adopters("unknown");
	let path = file.path().display();
	let json = said(&format!(
		"compare --blocks 6 --extrinsic-cost-us 100000 --runtime {path} --json -"
	));
	let report: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
	let included = |run: usize| report["runs"][run]["paras"][0]["included"].as_u64();
	assert!(included(0) >= Some(1) && included(1) > included(0), "{report}");
	let tree = said(&format!(
		"tree --at 4 --para 2001 --extrinsic-cost-us 100000 --runtime {path}"
	));
	assert!(tree.contains("2001"), "{tree}");
	let context = said(&format!(
		"context --at 3 --as backer --leaf 4 --extrinsic-cost-us 100000 --runtime {path}"
	));
	assert!(context.contains("2000"), "{context}");
	for command in ["compare", "tree", "context"] {
		assert_eq!(
			refused(&format!("{command} --runtime {path}.gone")),
			refused(&format!("dev --runtime {path}.gone")),
		);
	}
}

#[test]
fn an_adopters_runtime_runs_and_includes_parablocks() {
	let file = File::adopters("dev");
	let path = file.path().display();
	let output = run(&format!(
		"dev --runtime {path} --blocks 14 --on-demand 1 --json -"
	));
	assert!(output.status.success(), "{}", text(&output.stderr));
	let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
	let run = &report["runs"][0];
	assert!(
		run["sessions"].as_u64() >= Some(2),
		"its sessions have ten slots: {run}"
	);
	for para in run["paras"].as_array().expect("there are paras") {
		assert!(para["included"].as_u64() >= Some(1), "{para}");
	}

	assert_eq!(
		refused(&format!("dev --runtime {path} --preset rococo")),
		"error: the relay chain does not start: the runtime has no genesis preset named \"rococo\": it has none"
	);
	assert_eq!(
		refused(&format!("dev --runtime {path} --session-length 20")),
		"error: the runtime fixes 10 slots for a session, and its genesis takes no other number (20 asked for)"
	);
}

#[test]
fn check_runtime_says_by_its_exit_code_whether_a_runtime_will_do() {
	let file = File::adopters("check");
	let output = run(&format!("check-runtime {}", file.path().display()));
	let said = text(&output.stdout);
	assert_eq!(output.status.code(), Some(0), "{said}");
	assert!(
		said.starts_with("async-backing-example 1, its default configuration\n"),
		"{said}"
	);
	assert!(said.contains("\nok    blocks of para 2000: "), "{said}");
	assert!(said.ends_with(" 0 failures\n"), "{said}");
	std::fs::write(file.path(), "no runtime").expect("there is room");
	let output = run(&format!("check-runtime --json {}", file.path().display()));
	assert_eq!(output.status.code(), Some(1));
	let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
	assert_eq!(report["findings"][0]["level"], "fail");
	std::fs::remove_file(file.path()).expect("it is ours");
	let gone = refused(&format!("check-runtime {}", file.path().display()));
	assert!(gone.contains("must be a file that can be read"), "{gone}");
}
