//! Compiles the validation function to Wasm.

fn main() {
	#[cfg(feature = "std")]
	{
		// The builder looks for the lock file above the target directory, which may lie outside the workspace. Without
		// it, the Wasm would be built from other versions than everything else.
		const HINT: &str = "WASM_BUILD_WORKSPACE_HINT";
		if std::env::var_os(HINT).is_none() {
			std::env::set_var(HINT, concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
		}
		substrate_wasm_builder::WasmBuilder::init_with_defaults()
			// A validation function is no Substrate runtime: it has no version.
			.disable_runtime_version_section_check()
			.build();
	}
}
