//! Compiles three runtimes with their benchmarks to Wasm, which the programs embed: the relay runtime, the field's
//! parachains pallets in a small one, and the unincluded segment's pallet in a small parachain.

use std::{env, fs, path::Path};
use substrate_wasm_builder::WasmBuilder;

fn main() {
	let here = Path::new(env!("CARGO_MANIFEST_DIR"));
	// Each with the lock file of its workspace, so that what is measured is made from the versions that are written down.
	build(
		&here.join("../../runtime-tests/relay-runtime"),
		&here.join("../.."),
		"relay_runtime.rs",
	);
	build(&here.join("para-inherent"), here, "para_inherent.rs");
	build(&here.join("para-segment"), here, "para_segment.rs");
}

fn build(runtime: &Path, workspace: &Path, file: &str) {
	// The builder looks for Cargo.lock above the target directory unless it is told, and compares paths as they are
	// written.
	let runtime = fs::canonicalize(runtime.join("Cargo.toml")).expect("it is part of the project");
	let workspace = fs::canonicalize(workspace).expect("it is part of the project");
	env::set_var("WASM_BUILD_WORKSPACE_HINT", workspace);
	WasmBuilder::new()
		.with_project(runtime)
		.expect("it is part of the project")
		.export_heap_base()
		.import_memory()
		.enable_feature("runtime-benchmarks")
		.set_file_name(file)
		.build();
}
