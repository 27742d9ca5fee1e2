//! Compiles the relay runtime with its benchmarks to Wasm; `main` embeds the blob.

fn main() {
	const RUNTIME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../runtime-tests/relay-runtime/Cargo.toml");
	const HINT: &str = "WASM_BUILD_WORKSPACE_HINT";
	// The builder looks for Cargo.lock above the target directory. The runtime is built with the lock file of the
	// project, so that what is measured is made from the same versions as what is shipped.
	if std::env::var_os(HINT).is_none() {
		std::env::set_var(HINT, concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
	}
	// The builder compares paths as they are written.
	let runtime = std::fs::canonicalize(RUNTIME).expect("the relay runtime is part of the project");
	substrate_wasm_builder::WasmBuilder::new()
		.with_project(runtime)
		.expect("the relay runtime is part of the project")
		.export_heap_base()
		.import_memory()
		.enable_feature("runtime-benchmarks")
		.build();
}
