//! Where compiled code becomes executable again: the only unsafe function of this crate (decision 20).

use wasmtime::{Engine, Module};

/// The module that `artifact` is, for an engine with the same settings.
///
/// What is not, wasmtime refuses as far as it can tell: another version, another processor, other settings. It cannot tell
/// whether the machine code is what a compiler wrote. So this is for bytes that came from [`Module::serialize`], by a process
/// that is trusted, over a way that nobody else can write to: [`crate::disk::Disk`], whose files are private and hashed, or
/// the pipe from the process that started this one.
///
/// # Errors
/// What wasmtime says of bytes that it refuses.
#[allow(
	unsafe_code,
	reason = "wasmtime offers no other way to load what was compiled before"
)]
pub(crate) fn load(engine: &Engine, artifact: &[u8]) -> wasmtime::Result<Module> {
	// SAFETY: as said above, the callers hand in what `Module::serialize` wrote, unchanged.
	unsafe { Module::deserialize(engine, artifact) }
}
