//! Why code cannot be prepared or a block does not validate.

use thiserror::Error;

/// The machine cannot run the engine at all. Says nothing about any parachain.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EngineError {
	/// The compiler refused its configuration.
	#[error("the Wasm engine cannot be configured on this machine: {reason}")]
	Configuration {
		/// What the engine said.
		reason: String,
	},
	/// Compiled codes cannot be kept where they should be.
	#[error("compiled codes cannot be kept in {}: {reason}", directory.display())]
	Cache {
		/// Where they should be.
		directory: std::path::PathBuf,
		/// Why they cannot be there.
		reason: String,
	},
}

/// A validation code that no block can be checked with. The same code fails the same way on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PrepareError {
	/// Larger than what the engine compiles, after decompression.
	#[error("the code does not fit in {max} bytes when decompressed")]
	TooLarge {
		/// The bound, in bytes.
		max: usize,
	},
	/// It carries the compression prefix and cannot be decompressed.
	#[error("the compressed code is corrupt")]
	CorruptCompression,
	/// Not Wasm, or Wasm that uses features which validation functions may not use.
	#[error("not a valid Wasm module: {reason}")]
	InvalidModule {
		/// What the compiler said.
		reason: String,
	},
	/// Compiling it would take too long.
	#[error("function {function} of the module has {actual} {what}, of which {max} are compiled")]
	TooComplex {
		/// Number of the function among those that the module defines.
		function: u32,
		/// What there is too much of.
		what: &'static str,
		/// As much as there is, or as was seen until then.
		actual: u64,
		/// As much as there may be.
		max: u64,
	},
	/// The module lacks something that the ABI asks for.
	#[error("the module does not export {expected}")]
	MissingExport {
		/// Name and type of what is missing.
		expected: &'static str,
	},
	/// The module exports the right name with another type.
	#[error("the export `{name}` is not {expected}")]
	WrongExport {
		/// Name of the export.
		name: &'static str,
		/// Its type by the ABI.
		expected: &'static str,
	},
	/// The module asks for something other than functions and a memory of the module `env`.
	#[error("the import `{module}::{name}` cannot be satisfied")]
	ImpossibleImport {
		/// Module of the import.
		module: String,
		/// Name of the import.
		name: String,
	},
	/// The module imports a host function under a type that it does not have.
	#[error("the host function `{name}` has type {actual}, not {expected}")]
	WrongImport {
		/// Name of the import.
		name: String,
		/// Type that the module expects.
		expected: String,
		/// Type that the host offers.
		actual: String,
	},
}

/// A block that did not validate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValidateError {
	/// The execution needs more fuel than it was given.
	#[error("execution ran out of its {limit} units of fuel")]
	OutOfFuel {
		/// The fuel that was given.
		limit: u64,
	},
	/// The execution failed after it was refused memory.
	#[error("execution asked for {pages} pages of memory where {limit} are allowed")]
	MemoryLimit {
		/// Pages that the memory would have had, 64 KiB each.
		pages: u32,
		/// Pages that it may have.
		limit: u32,
	},
	/// The guest ended the execution and said why.
	#[error("{reason}")]
	Aborted {
		/// The guest's own words, cut to [`crate::host::MAX_REASON_BYTES`].
		reason: String,
	},
	/// The guest did what Wasm or the host does not allow, and said nothing.
	#[error("execution trapped: {reason}")]
	Trap {
		/// What the engine or the host function said.
		reason: String,
	},
	/// The proof of validity carries the compression prefix and cannot be decompressed.
	#[error("the compressed proof of validity is corrupt")]
	CorruptPov,
	/// The proof of validity decompresses to more than anybody executes.
	#[error("the proof of validity does not fit in {max} bytes when decompressed")]
	PovTooLarge {
		/// The bound, in bytes.
		max: usize,
	},
	/// The input does not fit in the guest's memory.
	#[error("the input of {length} bytes does not fit in the guest's heap")]
	InputTooLarge {
		/// Bytes of the SCALE-encoded parameters.
		length: usize,
	},
	/// The result lies outside the guest's memory.
	#[error("the result at {pointer} with length {length} is outside the memory of {memory} bytes")]
	ResultOutOfBounds {
		/// Where the result should begin.
		pointer: u32,
		/// Its length in bytes.
		length: u32,
		/// Size of the memory in bytes.
		memory: usize,
	},
	/// The result is not the encoding of a `ValidationResult`, or more than that.
	#[error("the result of {length} bytes is not a validation result: {reason}")]
	UndecodableResult {
		/// Length of what the guest returned, in bytes.
		length: usize,
		/// What the decoder said.
		reason: String,
	},
}
