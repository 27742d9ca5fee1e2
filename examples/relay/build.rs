//! Compiles the runtime to Wasm. `SKIP_WASM_BUILD=1` leaves that out; then `WASM_BINARY` is `None`.

fn main() {
	#[cfg(feature = "std")]
	{
		const HINT: &str = "WASM_BUILD_WORKSPACE_HINT";
		// The builder looks for Cargo.lock above the target directory, which may be anywhere.
		if std::env::var_os(HINT).is_none() {
			std::env::set_var(HINT, concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
		}
		substrate_wasm_builder::WasmBuilder::build_using_defaults();
	}
}
