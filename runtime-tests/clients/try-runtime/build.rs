//! Compiles the relay runtime with its feature `try-runtime`.

use std::{env, fs, path::Path};
use substrate_wasm_builder::WasmBuilder;

fn main() {
	let here = Path::new(env!("CARGO_MANIFEST_DIR"));
	// With the lock file of its workspace: the builder takes the first above the target directory unless it is told.
	let workspace = fs::canonicalize(here.join("../../..")).expect("it is part of the project");
	env::set_var("WASM_BUILD_WORKSPACE_HINT", &workspace);
	WasmBuilder::new()
		.with_project(workspace.join("runtime-tests/relay-runtime/Cargo.toml"))
		.expect("it is part of the project")
		.export_heap_base()
		.import_memory()
		.enable_feature("try-runtime")
		.set_file_name("relay_runtime.rs")
		.build();
}
