//! Compiles the runtime to Wasm. `SKIP_WASM_BUILD=1` leaves that out; then `WASM_BINARY` is `None`.

fn main() {
	#[cfg(feature = "std")]
	{
		const HINT: &str = "WASM_BUILD_WORKSPACE_HINT";
		// The builder looks for Cargo.lock above the target directory, which may be anywhere.
		if std::env::var_os(HINT).is_none() {
			std::env::set_var(HINT, concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
		}
		// The builder makes optimised blobs for unoptimised programs as well, and leaves the rest to cargo's own variables. At
		// this level a devnet is as fast, and the blob is there sooner (decision 21).
		const LEVEL: &str = "CARGO_PROFILE_RELEASE_OPT_LEVEL";
		if std::env::var("PROFILE").is_ok_and(|profile| profile == "debug")
			&& std::env::var_os(LEVEL).is_none()
		{
			std::env::set_var(LEVEL, "1");
		}
		substrate_wasm_builder::WasmBuilder::build_using_defaults();
	}
}
